"""A tablet without glass: real reader and printer drivers on emulated wires, real journal, keys and seals, a booth from a script."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from central.identity import check_character
from devices.clock import SystemClock
from devices.idcard import CardKind, IdCard
from kiosk import build as hall
from kiosk import config, events
from kiosk.desk import Stopped
from kiosk.face.booth import Booth
from kiosk.field import build, wire
from kiosk.field.api import FieldApi
from kiosk.field.badges import Badges, SignedIn
from kiosk.field.keys import Cost, TabletKeys
from kiosk.field.packs import Packs
from kiosk.field.tablet import Tablet
from kiosk.field.views import EnterDigits, FieldVisit, MirrorPanel
from kiosk.flows.field import work
from kiosk.views import Signature, View
from kiosk.wire import ReferenceSource
from stand.stand import Stand
from tests.booth import FakeBooth
from tests.desk import WORLD, Clock, Do, ScriptedDesk
from tests.field.centre import Centre

CODE, PIN = "371081000042", "240816"
SIGNED = Signature((((100, 500), (500, 480), (900, 510)),))
REFERENCE = b"\x01\xff\xd8\xff a photograph of nobody"
CHEAP = Cost(2**4)  # what a guess costs is not what these tests are about


def number_of(order: int, birth: str) -> str:
    first = f"371081{birth}{order:03d}"
    return first + check_character(first)


def assignment(order: int, name: str, birth: str, **more: Any) -> wire.Assignment:
    fields: dict[str, Any] = {
        "assignment_id": f"A-{order:08d}",
        "person_id": f"person{order:04d}",
        "name": name,
        "number": number_of(order, birth),
        "birth": date(int(birth[:4]), int(birth[4:6]), int(birth[6:])),
        "village": "岛集村",
        "address": f"{order}号",
        "references": (
            wire.PackReference(source=ReferenceSource.PHOTO, content=base64.b64encode(REFERENCE).decode()),
        ),
        **more,
    }
    return wire.Assignment(**fields)


WANG = assignment(12, "王德山", "19400305", phone="138****0042")
LIU = assignment(27, "刘桂兰", "19350917", due_by=date(2030, 1, 1), certified_on=date(2025, 11, 30))
YU = assignment(203, "于占海", "19470101", home="夏庄敬老院", room="203")
JIANG = assignment(204, "姜淑华", "19430202", home="夏庄敬老院", room="204")
CONG = assignment(5, "丛培英", "19380808", village="石羽村")
EVERYBODY = (WANG, LIU, YU, JIANG, CONG)
STAFF = IdCard(
    CardKind.RESIDENT, "于佳", number_of(881, "19880812"), "1", "19880812", "20200101", "20400101", "01"
)


def card_of(person: wire.Assignment, **changes: Any) -> IdCard:
    birth = f"{person.birth:%Y%m%d}"
    sex = "1" if int(person.number[16]) % 2 else "2"
    fields = {"sex": sex, "birth": birth, "valid_from": "20200101", "valid_to": "长期", "nation": "01"}
    return IdCard(kind=CardKind.RESIDENT, name=person.name, number=person.number, **(fields | changes))


class FieldDesk(ScriptedDesk):
    """While the camera looks the world answers, unless a tap is next in the script.  Counts taps as fingers would."""

    def __init__(self, clock: Clock, answers: Iterable[Any]) -> None:
        super().__init__(clock, answers)
        self.taps = 0

    def _next(self, view: View[Any]) -> Any:
        if (
            isinstance(view, FieldVisit)
            and isinstance(view.panel, MirrorPanel)
            and not (self._answers and isinstance(self._answers[0], Tap | Do))
        ):
            return WORLD
        answer = super()._next(view)
        if isinstance(answer, Tap):
            answer = answer.answer
        if answer is not WORLD and not isinstance(answer, Do | BaseException):
            self.taps += len(answer) + 1 if isinstance(view, EnterDigits) and isinstance(answer, str) else 1
        return answer

    def visits(self) -> list[FieldVisit]:
        return [view for view in self.asked if isinstance(view, FieldVisit)]


class FieldClock(Clock):
    """Its wall can be put ahead."""

    def __init__(self) -> None:
        super().__init__()
        self.ahead_ms = 0

    def wall_ms(self) -> int:
        return super().wall_ms() + self.ahead_ms

    def pass_(self, seconds: float) -> None:
        """Time goes by."""
        self.now += seconds
        self.ahead(seconds)

    def ahead(self, seconds: float) -> None:
        """Somebody sets the clock.  The machine's own time goes on."""
        self.ahead_ms += round(seconds * 1000)


def stop() -> None:
    """The program ends."""
    raise Stopped


STOP = Do(stop)


class Tap:
    """A tap while the camera looks."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer


class NotedPacks(Packs):
    """A test may know who is in a pack that it did not make."""

    def __init__(self, folder: Path, api: FieldApi, clock: Clock, noted: list[wire.Pack]) -> None:
        super().__init__(folder, api, clock)
        self._noted = noted

    def fetch(self, signed_in: SignedIn) -> wire.Pack:
        self._noted.append(super().fetch(signed_in))
        return self._noted[-1]


class Fieldwork:
    """One tablet and its surroundings."""

    def __init__(
        self,
        folder: Path,
        people: tuple[wire.Assignment, ...] = EVERYBODY,
        printer: bool = False,
        centre_at: tuple[str, int] | None = None,
        tablet_id: str = "WT001",
        clock: Clock | None = None,
    ) -> None:
        """``centre_at``: a real central's address instead of the test's own."""
        self.centre = Centre(people, codes={CODE: PIN}, cards={STAFF.number: PIN})
        self.packs: list[wire.Pack] = []  # what came, as the tablet opened it
        self.folder = folder / "data"
        self.folder.mkdir()
        fonts = (hall.FONTS / "NotoSansSC-Regular.otf", config.Fonts().rare)
        self.stand = Stand(centre_at or self.centre.address, fonts, None, 0.0).start()
        text = self.stand.toml(self.folder, tablet_id, f"demo-token-{tablet_id}")
        text = text.replace("[site]", '[site]\nprofile = "tablet"')
        (folder / "tablet.toml").write_text(text, encoding="utf-8")
        loaded = config.load(folder / "tablet.toml")
        self.config = loaded if printer else replace(loaded, printer=config.Printer())
        self.turns = FieldClock()
        self.clock, self.log_text = clock or self.turns, io.StringIO()
        self.booth: Booth = FakeBooth()
        self.machine: build.FieldMachine | None = None
        self.desk = FieldDesk(self.clock, ())

    @property
    def tablet(self) -> Tablet:
        return self.start().tablet

    def start(self) -> build.FieldMachine:
        """Power on, without the courier's thread: ``sync`` is its work."""
        if self.machine is None:
            log = events.Log(self.log_text, self.clock)
            machine = build.build(self.config, self.desk, self.clock, SystemClock(), log)
            tablet, keys = machine.tablet, TabletKeys.open(self.folder)
            cheap = Badges(self.folder, keys, tablet.api, self.clock, cost=CHEAP)
            packs = NotedPacks(self.folder, tablet.api, self.clock, self.packs)
            made = replace(tablet, badges=cheap, packs=packs, booth=self.booth)
            self.machine = replace(machine, tablet=made)
        return self.machine

    def power_cut(self) -> None:
        """The machine is gone; only the disk stays."""
        if self.machine is not None:
            machine, self.machine = self.machine, None
            for device in (machine.tablet.reader, machine.tablet.printer):
                if device is not None:
                    device._transport.close()  # type: ignore[union-attr]
            machine.tablet.api.close_connections()
            machine.courier_api.close_connections()
            machine.journal.close()

    def stop(self) -> None:
        self.power_cut()
        self.stand.stop()
        self.centre.stop()

    def shift(self, *answers: Any) -> FieldDesk:
        """One member of staff with these answers, from signing in to signing out."""
        desk = FieldDesk(self.clock, answers)
        self.desk = desk
        machine = self.start()
        object.__setattr__(machine.tablet, "desk", desk)
        object.__setattr__(machine.tablet, "booth", self.booth)
        self.said = work.shift(machine.tablet)
        return desk

    def sync(self) -> None:
        """The courier's work, without its thread."""
        self.tablet.courier.sweep()

    # --- hands ---

    def place(self, card: IdCard) -> Do:
        def act() -> None:
            self.stand.reader.take()
            while not self.tablet.reader.media_taken():
                continue
            self.stand.reader.place(card)

        return Do(act)

    def put(self, person: wire.Assignment, **changes: Any) -> tuple[Any, ...]:
        """Their card goes onto the reader, and is read."""
        return (self.place(card_of(person, **changes)), WORLD)

    def do(self, action: Any) -> Do:
        return Do(action)

    def on_disk(self) -> bytes:
        """Every byte this tablet wrote."""
        files = b"".join(path.read_bytes() for path in self.folder.rglob("*") if path.is_file())
        return files + self.log_text.getvalue().encode()
