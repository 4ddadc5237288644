"""What the tests of the yearly check share: people who draw a benefit, what a worker says, a desk that looks on while it is looked.

Central runs by the machine's own clock here: what a check says of its time has to agree with the answers' dates.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import date
from random import Random
from typing import Any

from central import references, staff, township
from central.identity import check_character
from central.server import Running
from kiosk import wire
from kiosk.face.booth import BoothState
from kiosk.face.guidance import Action, Asked, Comparison, End, Outcome
from kiosk.face.weights import RESNET, detector_digest
from kiosk.face.zones import START, Source, Zone
from kiosk.registrar import CHECK, HOME_VISIT
from kiosk.views import FaceLook, MyPageButton, Service, Signature, View
from tests.booth import FakeBooth, asking, looking
from tests.desk import WORLD, Do, ScriptedDesk
from tests.visitor import Visitor

LEAVE, CERTIFY = MyPageButton.LEAVE, MyPageButton.CERTIFICATION
TILE = Service.CERTIFICATION
PHOTO = b"\xff\xd8\xff a photograph of nobody"
SIGNED = Signature((((100, 500), (500, 480), (900, 510)),))
WATCHING = (looking(), asking(Action.BLINK, 1), asking(Action.TURN_LEFT, 2))
CHECKS_MADE = itertools.count()


@dataclass
class Drawer:
    """Somebody who draws a benefit, as their card and as central know them."""

    card: dict[str, Any]
    page: wire.MyPage

    @property
    def secrets(self) -> tuple[str, ...]:
        card = self.card
        return (card["name"], card["number"], card["address"], card["number"][6:14])


def can_be_tried(card: dict[str, Any]) -> bool:
    """No card that has something to say for itself first."""
    return card["kind"] == "resident" and "expired" not in card["tags"]


class Township:
    """One central and its people, each given away once."""

    def __init__(self, central: Running) -> None:
        self.central = central
        settings = central.service.settings
        hour = central.service.rulebook._rules["certification", "grants_an_hour"]
        hour[:] = [replace(rule, value=10_000) for rule in hour]  # a test file's people come within minutes
        cards = [asdict(card) for card in township.cards(settings.township, settings.seed)]
        self._nobody = cards[0]
        self._coming = iter([card for card in cards if can_be_tried(card)])
        self._waiting: list[Drawer] = []
        self.staff = self._hire()

    def somebody(self, *states: str, photo: bool = True, early: bool = False) -> Drawer:
        """The next person whose certification is in one of these states.

        ``photo``: central has one to compare with.  ``early``: one that holds can already be renewed.
        """
        for drawer in itertools.chain(tuple(self._waiting), self._arrivals()):
            known = drawer.page.certification
            if known.state.value in states and (not early or known.ways):
                self._waiting.remove(drawer)
                if photo:
                    self.give_photo(drawer.page.person_id)
                return drawer
        raise AssertionError(f"nobody left who is {states}")

    def _arrivals(self) -> Iterator[Drawer]:
        for card in self._coming:
            lookup = wire.Lookup(number=card["number"], name=card["name"], card_kind=card["kind"])
            page = self.central.service.people.visit(lookup, "WD001")
            if page.name_matches:
                self._waiting.append(Drawer(card, page))
                yield self._waiting[-1]

    def give_photo(self, person_id: str) -> None:
        service = self.central.service
        now_ms = service.settings.clock.now_ms()
        with service.database.write() as connection:
            references.add_picture(
                connection,
                service.keys,
                person_id,
                wire.ReferenceSource.PHOTO,
                PHOTO,
                taken_on=date(2020, 5, 4),
                at_ms=now_ms,
            )

    def _hire(self) -> dict[str, Any]:
        """A member of staff, invented like everybody."""
        first = "37108119881201901"
        card = {
            **self._nobody,
            "number": first + check_character(first),
            "name": "宋核验",
            "birth": "19881201",
            "kind": "resident",
        }
        with self.central.service.database.write() as connection:
            staff.add(connection, card["number"], card["name"])
        return card


@dataclass(frozen=True)
class Tap:
    """A tap while the camera looks."""

    answer: Any


class WatchedDesk(ScriptedDesk):
    """While the camera looks the world answers, unless a Tap or a Do is next in the script."""

    def _next(self, view: View[Any]) -> Any:
        if not isinstance(view, FaceLook):
            return super()._next(view)
        if self._answers and isinstance(self._answers[0], Tap):
            return super()._next(view).answer
        if self._answers and isinstance(self._answers[0], Do):
            return super()._next(view)
        return WORLD


def outcome(end: End = End.ACCEPTED, **more: Any) -> Outcome:
    """What a worker that looked at somebody ends with; ``more`` are fields that differ."""
    compared = {
        End.ACCEPTED: (Comparison(Source.PHOTO, Zone.ACCEPT, 0.31),),
        End.REVIEW: (Comparison(Source.PHOTO, Zone.REVIEW, 0.45),),
        End.NO_MATCH: (Comparison(Source.PHOTO, Zone.NO_MATCH, 0.71),),
    }.get(end, ())
    fields: dict[str, Any] = {
        "asked": answered(next(CHECKS_MADE)),
        "comparisons": compared,
        "engine": "dlib",
        "model": RESNET.sha256,
        "thresholds": START[0].digest,
        "detector": detector_digest(),
        "frames": 114,
        "duration_ms": 8300,
        "quality": {"sharpness": 120.5, "brightness": 131.0},
        "has_picture": end in (End.ACCEPTED, End.REVIEW, End.NO_MATCH),
        **more,
    }
    return Outcome(end, **fields)


def answered(number: int) -> tuple[Asked, ...]:
    """What check ``number`` asked, and when it was done: nobody else's times."""
    times = Random(number)
    blinked, turned, nodded, again = (times.randint(300, 1300) for _ in range(4))
    return (
        Asked(Action.BLINK, 1200, 1200 + blinked),
        Asked(Action.TURN_LEFT, 3000, 3000 + turned),
        Asked(Action.NOD, 4700, 4700 + nodded),
        Asked(Action.TURN_LEFT, 6600, 6600 + again),
    )


def booth(*ends: Outcome, state: BoothState = BoothState.READY) -> FakeBooth:
    """One sitting for each outcome."""
    return FakeBooth(*((*WATCHING, end) for end in ends), state=state)


def visit(
    visitor: Visitor, person: dict[str, Any], *answers: Any, wish: Service | None = None
) -> WatchedDesk:
    """One visit: the tile, the card, the card away, then these answers.  With a ``wish`` the home screen is not asked."""
    first = (visitor.place(person), WORLD, visitor.take)
    desk = WatchedDesk(visitor.clock, ((TILE,) if wish is None else ()) + first + answers)
    visitor.desk = desk
    visitor.visit_of(desk, wish)
    return desk


def entries(visitor: Visitor, prefix: str = CHECK) -> list[list[str]]:
    """The events of every check (or wish for a visit at home) in the journal, each a list."""
    journal = visitor.start_if_off().journal
    return [[entry.event for entry in journal.entries(subject)] for subject in journal.subjects_last(prefix)]


def newest(visitor: Visitor, prefix: str = CHECK) -> str:
    """The id of the last one."""
    return list(visitor.start_if_off().journal.subjects_last(prefix))[-1].removeprefix(prefix)


def visits_at_home(visitor: Visitor) -> list[list[str]]:
    return entries(visitor, HOME_VISIT)


def states_of(township_: Township, check_id: str) -> list[str]:
    """What central made of a check, state after state."""
    from sqlalchemy import select

    from central import tables

    table = tables.check_states
    with township_.central.service.database.read() as connection:
        rows = connection.execute(
            select(table.c.state).where(table.c.check_id == check_id).order_by(table.c.state_id)
        )
        return list(rows.scalars())


def kept_on_disk(visitor: Visitor) -> bytes:
    """Every byte this kiosk wrote."""
    files = (visitor.folder / "data").rglob("*")
    kept = b"".join(path.read_bytes() for path in files if path.is_file())
    return kept + visitor.log_text.getvalue().encode()
