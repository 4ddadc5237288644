"""Somebody's card lay on a kiosk: proved by central's own keyed hash over kiosk, person and time.  Nothing is stored.

    proof   <milliseconds>-<the first 32 hex digits of the hash>

It is on the page of whoever's number and name the kiosk read, and of nobody else.  It says no more than that: who steals a kiosk's
token and knows number and name gets one too.
"""

from __future__ import annotations

import re
from hmac import compare_digest

from central.verification import Keys

PURPOSE = "visit"
FORM = re.compile(r"(\d{1,15})-([0-9a-f]{32})", re.ASCII)
CHECK_WITHIN_MS = 30 * 60 * 1000  # a check begins while the person is still there
# a kiosk that was offline tells so late; no picture waits longer
WITHDRAW_WITHIN_MS = 30 * 24 * 60 * 60 * 1000


def issue(keys: Keys, kiosk_id: str, person_id: str, at_ms: int) -> str:
    return f"{at_ms}-{_hash(keys, kiosk_id, person_id, at_ms)}"


def holds(keys: Keys, proof: str, kiosk_id: str, person_id: str, now_ms: int, within_ms: int) -> bool:
    """Whether it was given to this kiosk for this person, and not too long ago."""
    told = FORM.fullmatch(proof)
    if told is None:
        return False
    at_ms = int(told[1])
    return now_ms - at_ms <= within_ms and compare_digest(told[2], _hash(keys, kiosk_id, person_id, at_ms))


def _hash(keys: Keys, kiosk_id: str, person_id: str, at_ms: int) -> str:
    return keys.keyed_hash(PURPOSE, f"{kiosk_id}|{person_id}|{at_ms}").hex()[:32]
