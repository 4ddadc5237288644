"""The names of what leaves this machine: orders, copies, checks, visits."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from kiosk.journal import Journal


def new_key(journal: Journal, kiosk_id: str, content: Mapping[str, Any]) -> str:
    """Kiosk, the journal's next number and 40 bits of what it is for: unique, and the same for every retry."""
    number = journal.last_seq() + 1
    digest = hashlib.sha256(
        json.dumps([number, journal.boot_id, content], sort_keys=True).encode()
    ).hexdigest()
    return f"{kiosk_id}-{number:08d}-{digest[:10].upper()}"
