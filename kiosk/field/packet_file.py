"""The file of one packet: a line of JSON, then the sealed record.

    {"said": "...", "sha256": "..."} LF sealed

``said`` is a Line as JSON with a version, and the digest is of that text, so that a file which the journal does not know can be told
from a broken one.  There is no name in it, no number, no address.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, fields

VERSION = 1


class Broken(Exception):
    """A packet's file is not what was written."""


@dataclass(frozen=True)
class Line:
    """What is said of a packet in the clear, in its file and in the journal.  ``bytes``: of the sealed record."""

    record_id: str
    pack_id: str
    assignment_id: str
    kind: str
    initial: str
    local_no: int
    seq: int
    suite: str
    prev_hash: str
    digest: str
    hash: str
    signature: str
    bytes: int
    sealed_ms: int


def written(line: Line) -> bytes:
    """The file's first line."""
    said = json.dumps({"version": VERSION, **asdict(line)}, ensure_ascii=False, sort_keys=True)
    return json.dumps({"said": said, "sha256": _sha256(said)}, ensure_ascii=False).encode() + b"\n"


def parted(content: bytes) -> tuple[Line, bytes]:
    """A file's line and its sealed record.  Raises Broken."""
    head, _, sealed = content.partition(b"\n")
    try:
        outer = json.loads(head)
        if outer["sha256"] != _sha256(outer["said"]):
            raise Broken
        said = json.loads(outer["said"])
        if said.pop("version") != VERSION or set(said) != {field.name for field in fields(Line)}:
            raise Broken
        return Line(**said), sealed
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Broken from error


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
