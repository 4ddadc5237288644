"""Whether a tablet's times can be right, and whether it held more than it may: both from what the packets before it say.

A clock is wrong that runs ahead of central's, ends before it began, was before its own pack, goes backwards from packet to packet, or
was set back against its own uptime within one start; uptime stands still while a tablet sleeps, so the clock may run ahead
of it.  Before a tablet has seen central's time (``clock_known`` false) its clock may be corrected once, and not be moved otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from central import tables_field
from central.judgement import CLOCKS_APART_MS
from central.staff_door import MOST_DAYS, MOST_PACKETS

TABLE = tables_field.packets

DAY_MS = 24 * 3600 * 1000


@dataclass(frozen=True)
class Moment:
    """When a record says it was made, and when it came; ``up_ms`` at its end."""

    begun_ms: int
    ended_ms: int
    received_ms: int
    boot_id: str
    up_ms: int
    clock_known: bool


def clock_flaw(connection: Connection, tablet_id: str, seq: int, now: Moment, pack_made_ms: int) -> str:
    """Words for staff, "" when the times can be."""
    if now.ended_ms > now.received_ms + CLOCKS_APART_MS:
        return "it ended after it came"
    if now.ended_ms < now.begun_ms - CLOCKS_APART_MS:
        return "it ended before it began"
    if now.begun_ms < pack_made_ms - CLOCKS_APART_MS:
        return "it began before its pack was made"
    known = (TABLE.c.tablet_id == tablet_id) & (TABLE.c.seq < seq) & TABLE.c.ended_ms.is_not(None)
    before = connection.execute(select(TABLE).where(known).order_by(TABLE.c.seq.desc()).limit(1)).first()
    if before is None:
        return ""
    corrected = now.clock_known and not before.clock_known
    if corrected or before.ended_ms > before.at_ms + CLOCKS_APART_MS:  # that one was wrong, not this
        return ""
    if now.ended_ms < before.ended_ms - CLOCKS_APART_MS:
        return "it ended before the packet before it"
    if now.boot_id != before.boot_id:
        return ""
    moved_ms = (now.ended_ms - before.ended_ms) - (now.up_ms - before.up_ms)
    return "the clock was set back" if moved_ms < -CLOCKS_APART_MS else ""


def limits_flaw(connection: Connection, tablet_id: str, seq: int, ended_ms: int) -> str:
    """Whether the tablet held too many packets, or one for too long, when this record was made."""
    held = (TABLE.c.tablet_id == tablet_id) & (TABLE.c.seq < seq) & (TABLE.c.at_ms > ended_ms)
    query = select(func.count(), func.min(TABLE.c.ended_ms)).where(held)
    count, oldest_ms = connection.execute(query).one()
    if count >= MOST_PACKETS:
        return f"{count} packets were held"
    if oldest_ms is not None and ended_ms - oldest_ms > MOST_DAYS * DAY_MS:
        return "a packet was held too long"
    return ""
