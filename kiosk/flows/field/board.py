"""The list of the day as it is drawn.  Pure: the day's people and what was sealed in, rows out.

Whoever is still to be visited has a name and an age; once sealed 王** and a local number are all that is left, and central's word.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from kiosk import texts
from kiosk.field.packets import KeptState, KeptVisit
from kiosk.field.views import Row, RowState
from kiosk.field.wire import Assignment, Pack, RecordKind

FINISHES = (RecordKind.FACE, RecordKind.MANUAL, RecordKind.DEATH, RecordKind.NOT_MET)
MOST_WITHOUT_PACK = 50  # rows of what was done when the day's people are gone


def visited(pack: Pack, kept: Iterable[KeptVisit]) -> dict[str, KeptVisit]:
    """The last visit of each assignment; an errand on the way is none.

    Of an earlier pack only what central has not answered counts: whom it gives again it wants visited again.
    """
    return {
        one.assignment_id: one
        for one in kept
        if one.kind in FINISHES and (one.pack_id == pack.pack_id or one.state is KeptState.SEALED)
    }


def rows(pack: Pack | None, kept: tuple[KeptVisit, ...], today: date, now: int | None) -> tuple[Row, ...]:
    """In the order of the route.  Without a pack: what was done last, oldest first."""
    if pack is None:
        return tuple(sealed_row(one) for one in kept[-MOST_WITHOUT_PACK:])
    done = visited(pack, kept)
    return tuple(
        sealed_row(done[person.assignment_id])
        if person.assignment_id in done and index != now
        else open_row(person, today, RowState.NOW if index == now else RowState.WAITING)
        for index, person in enumerate(pack.assignments)
    )


def open_row(person: Assignment, today: date, state: RowState) -> Row:
    title = texts.FIELD_AGE.format(name=person.name, age=age(person.birth, today))
    return Row(title, where(person), state)


def sealed_row(one: KeptVisit) -> Row:
    title = texts.FIELD_SEALED.format(initial=one.initial, local_no=one.local_no)
    if one.result is not None:
        note = texts.FIELD_RESULTS[one.result.value]
    else:
        note = texts.FIELD_KEPT if one.state is KeptState.SEALED else texts.FIELD_NOT_TAKEN
    return Row(title, note, state_of(one))


def state_of(one: KeptVisit) -> RowState:
    if one.state is KeptState.PARKED:
        return RowState.PARKED
    if one.kind is RecordKind.NOT_MET:
        return RowState.NOT_MET
    return RowState.ACCEPTED if one.state is KeptState.ACCEPTED else RowState.DONE


def where(person: Assignment) -> str:
    if person.home:
        return texts.FIELD_ROOM.format(home=person.home, room=person.room).strip()
    return texts.FIELD_HOUSE.format(village=person.village, address=person.address).strip()


def age(birth: date, today: date) -> int:
    """Full years."""
    return today.year - birth.year - ((today.month, today.day) < (birth.month, birth.day))


def due(person: Assignment, today: date) -> str:
    """上次认证 2025-11-30 · 7天后到期."""
    last = person.certified_on
    said = texts.FIELD_LAST_TIME.format(day=last.isoformat()) if last else texts.FIELD_NEVER
    if person.due_by is None:
        return said
    days = (person.due_by - today).days
    if days > 0:
        return f"{said} · {texts.FIELD_DUE_IN.format(days=days)}"
    return f"{said} · {texts.FIELD_DUE_SINCE if days else texts.FIELD_DUE_TODAY}"
