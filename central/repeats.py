"""Evidence that was told before, of whomever: no two people answer the same questions at the same milliseconds.

Only the questions and answers are looked at.  What is easily changed, the end of the check or a count of frames, hides nothing.
"""

from __future__ import annotations

from hashlib import sha256

from sqlalchemy import Connection, insert, select

from central import evidence, tables
from kiosk.wire import CheckEvidence

MARKS = tables.evidence_marks


def is_repeat(connection: Connection, check_id: str, told: CheckEvidence) -> bool:
    """Whether another check was told like this one; remembers it, inside the caller's write transaction."""
    if not told.asked:
        return False
    mark = mark_of(told)
    of = connection.execute(select(MARKS.c.check_id).where(MARKS.c.mark == mark)).scalar()
    if of is None:
        connection.execute(insert(MARKS).values(mark=mark, check_id=check_id))
    return of not in (None, check_id)


def mark_of(told: CheckEvidence) -> str:
    asked = [each.model_dump(mode="json") for each in told.asked]
    return sha256(evidence.canonical(asked).encode()).hexdigest()
