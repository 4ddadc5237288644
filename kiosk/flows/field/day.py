"""The day: who is next on the route, one visit after the other, and what has still to reach central.

In a care home the next room's person comes at once; between houses the list is seen, and the way.
"""

from __future__ import annotations

from kiosk import dates, texts, views
from kiosk.api import Refused, Unreachable
from kiosk.field.packs import PackExpired, PackUnreadable
from kiosk.field.views import DayButton, FieldDay, Pick, RowState
from kiosk.flows.field import board
from kiosk.flows.field.shift import Shift, SignedOut, Why
from kiosk.flows.field.visit import visit
from kiosk.wire import ProblemCode


def day(shift: Shift) -> None:
    """Until they sign out.  Raises SignedOut, Stopped."""
    while True:
        if not shift.tablet.badges.valid(shift.signed_in):
            raise SignedOut(Why.EXPIRED)
        look_after_pack(shift)
        index = ask(shift)
        while index is not None and not shift.full:
            index = visit(shift, index)


def ask(shift: Shift) -> int | None:
    """The day's screen, until somebody is to be visited, or something has to be looked at anew."""
    answer = shift.look(day_view(shift), news=lambda: expired(shift))
    if answer is DayButton.SIGN_OUT:
        raise SignedOut(Why.ASKED)
    if answer is DayButton.FETCH:
        shift.note = fetch(shift)
    elif answer is DayButton.SYNC:
        shift.note = "" if shift.tablet.packets.unsent else texts.FIELD_NOTHING_TO_SEND
        shift.tablet.courier.wake()
    elif answer is DayButton.NEXT:
        shift.note = ""
        return shift.waiting()
    elif isinstance(answer, Pick):
        return picked(shift, answer.index)
    return None


def day_view(shift: Shift) -> FieldDay:
    seen = shift.board()
    index = None if shift.full else shift.waiting()
    title = note = ""
    if index is not None:
        row = board.open_row(shift.people[index], shift.now().date(), RowState.WAITING)
        title, note = row.title, row.note
    return FieldDay(seen, title, note, notes(shift, index is None), buttons(shift, index is not None))


def buttons(shift: Shift, somebody_waits: bool) -> tuple[DayButton, ...]:
    """At the limit nothing but the upload; otherwise what comes next is the main one."""
    if shift.full:
        return (DayButton.SIGN_OUT, DayButton.SYNC)
    unsent = shift.tablet.packets.unsent > 0
    if somebody_waits:
        return (DayButton.SIGN_OUT, DayButton.SYNC if unsent else DayButton.FETCH, DayButton.NEXT)
    if unsent and shift.pack is not None:
        return (DayButton.SIGN_OUT, DayButton.FETCH, DayButton.SYNC)
    return (DayButton.SIGN_OUT, *((DayButton.SYNC,) if unsent else ()), DayButton.FETCH)


def notes(shift: Shift, nobody_waits: bool) -> tuple[str, ...]:
    """What is to be known, the newest first."""
    said = [shift.note] if shift.note else []
    if shift.full:
        said.append(texts.FIELD_FULL)
    if shift.pack is None:
        said += [] if shift.note else [texts.FIELD_NO_PACK]
    elif nobody_waits and not shift.full:
        said.append(texts.FIELD_ALL_DONE)
    else:
        until = shift.pack.expires_at.astimezone(dates.CHINA)
        said.append(texts.FIELD_PACK_UNTIL.format(day=dates.short_date(until.date()), time=f"{until:%H:%M}"))
    parked = [row for row in shift.board().rows if row.state is RowState.PARKED]
    if parked:
        said.append(texts.FIELD_PARKED.format(count=len(parked)))
    return tuple(said)


def picked(shift: Shift, index: int) -> int | None:
    """Whoever was not visited yet, or not met."""
    if shift.full or not 0 <= index < len(shift.people):
        return None
    shift.note, state = "", shift.board().rows[index].state
    return index if state in (RowState.WAITING, RowState.NOT_MET) else None


# --- the day's people ------------------------------------------------------------------------------------------------


def look_after_pack(shift: Shift) -> None:
    """Opened after a sign-in; gone when its time is over, or when everybody was visited and central has it all."""
    tablet = shift.tablet
    try:
        found = tablet.packs.open(shift.signed_in)
        shift.pack = shift.pack or found  # on a full disk it is in memory only
        if expired(shift):
            raise PackExpired
    except PackExpired:
        give_up_pack(shift, texts.FIELD_PACK_EXPIRED)
    except PackUnreadable:
        give_up_pack(shift, texts.FIELD_PACK_UNREADABLE)
    if shift.people and shift.waiting() is None and not tablet.packets.unsent:
        give_up_pack(shift, texts.FIELD_ENDED)


def expired(shift: Shift) -> bool:
    return shift.pack is not None and shift.now() >= shift.pack.expires_at


def give_up_pack(shift: Shift, note: str) -> None:
    shift.tablet.packs.drop(shift.signed_in)
    shift.pack, shift.note, shift.left = None, note, []


def fetch(shift: Shift) -> str:
    """Asks central for today's people.  Returns what to say of it, "" when they are here."""
    tablet = shift.tablet
    tablet.desk.show(views.Working(texts.FIELD_FETCHING))
    try:
        shift.pack = tablet.packs.fetch(shift.signed_in)
    except Unreachable:
        return texts.FIELD_PACK_UNREACHABLE
    except Refused as refused:
        if refused.code is ProblemCode.TABLET_REVOKED:
            raise SignedOut(Why.REVOKED) from None
        return texts.FIELD_PACK_REFUSED
    except PackExpired:
        return texts.FIELD_PACK_EXPIRED
    except PackUnreadable:
        return texts.FIELD_PACK_UNREADABLE
    shift.left = []
    shift.set_time()
    return ""
