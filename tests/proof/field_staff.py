"""A practised member of staff before a tablet: answers every view as the plan for this person says, and counts the taps.

A tap is a touch of the glass: a button, a row, a key of the keypad, a stroke of a signature.  A card laid on the reader is none, and
neither is a face that looks into the camera.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, TypeVar

from kiosk import texts
from kiosk.dates import CHINA
from kiosk.desk import Stopped
from kiosk.face.guidance import End
from kiosk.field.packets import KeptVisit
from kiosk.field.views import (
    DayButton,
    EnterDigits,
    FieldChoose,
    FieldDay,
    FieldVisit,
    MirrorPanel,
    PhotoPanel,
    SignInByCard,
    SignPanel,
    VisitButton,
)
from kiosk.field.wire import Assignment, Pack
from kiosk.views import Signature, View
from tests.proof.field_central import PIN, Person, Town
from tests.proof.field_tablet import Machine

A = TypeVar("A")
LOOK_S, PATIENCE_S = 0.002, 300.0
NEW_PHONE = "10055501234"
SIGNED = Signature(
    tuple(tuple((100 + 8 * x + 90 * y, 300 + 40 * y + x % 5) for x in range(40)) for y in range(3))
)
STROKES = len(SIGNED.strokes)


class Way(Enum):
    """What a visit comes to."""

    FACE = "face"
    TYPED = "typed"  # no card: the number is typed, then the face
    REVIEW = "review"  # the face is compared by a person, from a signed picture
    MANUAL = "manual"  # by hand: a photo with the day's code, a witness
    NOT_MET = "not_met"
    DEATH = "death"


@dataclass(frozen=True)
class Plan:
    way: Way = Way.FACE
    errands: tuple[str, ...] = ()  # "phone", "question": on the way, each a record of its own


class Wait:
    """The world answers, by the view's watch."""


WAIT = Wait()
CHOICES = {
    texts.FIELD_WHY_TYPED: "lost",
    texts.FIELD_WHY_BY_HAND: "cannot_do_it",
    texts.FIELD_NOT_MET_TITLE: "away",
    texts.FIELD_DEATH_TITLE: "known",
    texts.FIELD_TOPIC_TITLE: "amount",
    texts.FIELD_ANSWERED_TITLE: "no",
}
YES = "yes"


def yesterday() -> str:
    return f"{datetime.now(CHINA) - timedelta(days=1):%Y%m%d}"


@dataclass(frozen=True)
class Counted:
    """One visit that ended: how many taps it took, its errands' apart."""

    way: Way
    taps: int
    errand_taps: int
    in_home: bool


@dataclass
class Staff:
    """A desk.  ``visits``: how many to make at the most; ``sync``: then wait at the list until nothing is left to send.

    ``pack`` is what the tablet opened; ``told`` hears of each sealed visit when the list first shows it.
    """

    town: Town
    plans: Mapping[str, Plan]
    visits: int
    fetch: bool = False
    sync: bool = False
    told: Callable[[KeptVisit], None] = lambda _kept: None
    machine: Machine | None = None
    pack: Pack | None = None
    counted: list[Counted] = field(default_factory=list)
    begun: int = 0
    _known: set[str] = field(default_factory=set)
    _people: dict[str, Person] = field(default_factory=dict)
    _at: int | None = None
    _taps: int = 0
    _errand_taps: int = 0
    _errands: list[str] = field(default_factory=list)
    _busy: bool = False  # with an errand
    _tried: int = 0
    _synced: bool = False

    def __post_init__(self) -> None:
        self._people = {person.person_id: person for person in self.town.people}

    def sit_down(self, machine: Machine) -> None:
        """Takes the tablet in hand; sealed visits of before are known."""
        self.machine = machine
        packs = machine.tablet.packs
        fetch, open_ = packs.fetch, packs.open

        def fetched(signed_in: Any) -> Pack:
            self.pack = fetch(signed_in)
            return self.pack

        def opened(signed_in: Any) -> Pack | None:
            found = open_(signed_in)
            self.pack = found or self.pack
            return found

        packs.fetch, packs.open = fetched, opened  # type: ignore[method-assign]
        self._known = {kept.record_id for kept in machine.tablet.packets.kept()}

    # --- the desk ---

    def show(self, view: View[Any]) -> None:
        """Nothing is asked."""

    def ask(self, view: View[A], watch: Callable[[], A | None] | None = None, every_s: float = 0.05) -> A:
        self._notice(view)
        answer, taps = self._answer(view)
        if self._busy:
            self._errand_taps += taps
        else:
            self._taps += taps
        if answer is not WAIT:
            return answer  # type: ignore[no-any-return]
        assert watch is not None, f"{type(view).__name__} watches nothing"
        until_s = time.monotonic() + PATIENCE_S
        while time.monotonic() < until_s:
            if (news := watch()) is not None:
                return news
            time.sleep(min(every_s, LOOK_S))
        raise AssertionError(f"the world never answered {type(view).__name__}")

    def _notice(self, view: View[Any]) -> None:
        """What the list shows as sealed; and whether a visit has ended."""
        assert self.machine is not None
        for kept in self.machine.tablet.packets.kept():
            if kept.record_id not in self._known:
                self._known.add(kept.record_id)
                self.told(kept)
        if isinstance(view, FieldDay):
            self._end()
        elif isinstance(view, FieldVisit) and view.board.selected != self._at:
            in_row = self._at is not None
            self._end()
            self._begin(view.board.selected, 0 if in_row else 1)  # 去下一户 was the first tap

    def _begin(self, at: int | None, taps: int) -> None:
        if self.begun == self.visits:
            raise Stopped
        self.begun += 1
        self._at, self._taps, self._errand_taps = at, taps, 0
        self._errands = list(self._plan.errands)

    def _end(self) -> None:
        self._busy = False
        if self._at is not None:
            counted = Counted(self._plan.way, self._taps, self._errand_taps, bool(self._assignment.home))
            self.counted.append(counted)
            self._at = None

    @property
    def _assignment(self) -> Assignment:
        assert self.pack is not None and self._at is not None
        return self.pack.assignments[self._at]

    @property
    def _person(self) -> Person:
        return self._people[self._assignment.person_id]

    @property
    def _plan(self) -> Plan:
        return self.plans.get(self._assignment.person_id, Plan())

    # --- answers ---

    def _answer(self, view: View[Any]) -> tuple[Any, int]:
        """The answer, or WAIT, and how many taps it takes."""
        assert self.machine is not None
        if isinstance(view, SignInByCard):
            self._tried += 1
            assert self._tried < 10, f"cannot sign in: {view.note}"
            self.machine.reader.lay(self.town.staff)
            return WAIT, 0
        if isinstance(view, EnterDigits):
            digits = self._digits(view.title)
            return digits, len(digits) + 1
        if isinstance(view, FieldChoose):
            return self._choice(view), 1
        if isinstance(view, FieldDay):
            return self._next(view)
        assert isinstance(view, FieldVisit), view
        return self._visit(view)

    def _next(self, view: FieldDay) -> tuple[Any, int]:
        if self.fetch and DayButton.FETCH in view.buttons:
            self.fetch = False
            return DayButton.FETCH, 1
        if DayButton.NEXT in view.buttons and self.begun < self.visits:
            return DayButton.NEXT, 0  # counted with the visit
        if self.sync and view.board.unsent:
            if self._synced:
                return WAIT, 0
            self._synced = True
            return DayButton.SYNC, 1
        raise Stopped

    def _digits(self, title: str) -> str:
        if title == texts.FIELD_PIN_TITLE:
            return PIN
        if title == texts.FIELD_PHONE_TITLE:
            return NEW_PHONE
        return yesterday() if title == texts.FIELD_DEATH_DAY else self._person.card.number

    def _choice(self, view: FieldChoose) -> str:
        if view.title == texts.FIELD_MORE_TITLE:
            return self._errands.pop(0) if self._errands else self._plan.way.value
        return CHOICES.get(view.title, YES)

    def _visit(self, view: FieldVisit) -> tuple[Any, int]:
        assert self.machine is not None
        way, buttons = self._plan.way, view.buttons
        self._busy = False
        if isinstance(view.panel, MirrorPanel):
            return WAIT, 0
        if isinstance(view.panel, SignPanel):
            return SIGNED, STROKES + 1
        if isinstance(view.panel, PhotoPanel):
            return (VisitButton.KEEP_PHOTO if view.panel.taken else VisitButton.SHOOT), 1
        if VisitButton.TYPE_NUMBER in buttons:
            if way in (Way.NOT_MET, Way.DEATH):
                return VisitButton.MORE, 1
            if way is Way.TYPED:
                return VisitButton.TYPE_NUMBER, 1
            self.machine.reader.lay(self._person.card)
            return WAIT, 0
        if self._errands and VisitButton.MORE in buttons:
            self._busy = True
            return VisitButton.MORE, 1
        if way is Way.MANUAL and VisitButton.BY_HAND in buttons:
            return VisitButton.BY_HAND, 1
        self.machine.booth.next_end = End.REVIEW if way is Way.REVIEW else End.ACCEPTED
        for button in (
            VisitButton.COMPARE,
            VisitButton.AGREE_PERSON,
            VisitButton.START_FACE,
            VisitButton.SAVE,
        ):
            if button in buttons:
                return button, 1
        raise AssertionError(f"no answer to {buttons}: {view.panel}")
