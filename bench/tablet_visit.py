"""One visit with the packaged tablet, from the sign-in to central's answer, by somebody who sees a screen and has a finger and cards.

Central, the reader and the camera are the far ends that every trial uses, each a process or a thread outside; the program is told
nothing but its configuration.  The visit goes by hand: a card, a reason, a photo that its worker takes, a witness's signature.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from bench.glass_eyes import SETTLED_S, Display, NotSeen, display
from bench.processes import Started, start
from central import sandbox_field, tables, tables_field
from central.database import Database, sqlite_url
from devices.farend import FarEnd
from devices.idcard import IdCard
from devices.idcard_emulator import IdCardEmulator
from kiosk import texts
from stand import people
from stand.__main__ import free_port, start_central, wait_for
from stand.camera import Stage

WIDTH, HEIGHT = 1280, 800
TABLET, CODE, PIN = "WDT01", sandbox_field.CODES[0], sandbox_field.PINS[0]
TOWNSHIP, SEED = 200, 7
SENT_WITHIN_S = 90.0
NOT_SEEN = Path("build/tablet_not_seen.png")
SIGNED = texts.SIGN_DONE
SIGNATURE = ((0.2, 0.6), (0.3, 0.3), (0.4, 0.7), (0.5, 0.3), (0.6, 0.7), (0.75, 0.5))

Command = Callable[[Sequence[str], Mapping[str, str]], list[str]]


class WentWrong(Exception):
    """The visit could not be made; the message says where."""


@dataclass(frozen=True)
class Town:
    """What is outside of the tablet.  ``central`` is an address."""

    central: str
    data: Path
    reader: IdCardEmulator
    camera: Stage

    def cards(self) -> list[IdCard]:
        """Cards of those who asked for a visit."""
        asked, persons = tables_field.assignments, tables.persons
        database = Database(sqlite_url(self.data / "central.sqlite3"))
        try:
            with database.read() as connection:
                rows = connection.execute(select(persons.c.name).join(asked).distinct()).scalars().all()
        finally:
            database.close()
        return [one.card for name in rows for one in people.find(self.central, name)]

    def results(self) -> list[str]:
        """Central's results of the packets it has, the oldest first."""
        packets = tables_field.packets
        database = Database(sqlite_url(self.data / "central.sqlite3"))
        try:
            with database.read() as connection:
                return list(connection.execute(select(packets.c.result).order_by(packets.c.seq)).scalars())
        finally:
            database.close()


@contextmanager
def town(folder: Path) -> Iterator[tuple[Town, Path]]:
    """Central with its trial's requests, a reader, a camera, and the configuration of a tablet among them."""
    port = free_port()
    process = start_central(folder / "central", port, TOWNSHIP, SEED)
    reader, camera = IdCardEmulator(), Stage()
    wire = FarEnd(reader, 115200)
    wire.start()
    camera.plug()
    try:
        wait_for(f"http://127.0.0.1:{port}/v1/health", process)
        camera.put("living")
        toml = folder / "visit.toml"
        toml.write_text(
            f"""\
[site]
profile = "tablet"
kiosk_id = "{TABLET}"
place = "泽头镇社会保障服务中心"
[central]
url = "http://127.0.0.1:{port}"
token = "{sandbox_field.demo_token(TABLET)}"
[reader]
port = "{wire.port}"
profile = "sam-v"
[camera]
port = "{camera.far_end.port}"
[screen]
width = {WIDTH}
height = {HEIGHT}
dpi = 149
[tablet]
sync_every_s = 2
[storage]
folder = "{folder / "tablet"}"
""",
            encoding="utf-8",
        )
        yield Town(f"http://127.0.0.1:{port}", folder / "central", reader, camera), toml
    finally:
        camera.pull()
        wire.stop()
        process.terminate()
        process.wait(15)


def one_visit(folder: Path, command: Command) -> str:
    """Makes one and says what came of it.  ``command`` starts the program.  Raises WentWrong."""
    with town(folder) as (outside, toml), display(folder / "display", WIDTH, HEIGHT) as glass:
        program = start(command(["run", "--config", str(toml)], glass.env))
        try:
            began_s = time.monotonic()
            taps = visit(glass, outside)
            result = answer(outside)
            seconds = time.monotonic() - began_s
        except NotSeen as error:
            NOT_SEEN.write_bytes(error.picture.read_bytes())
            raise WentWrong(f"{error.words} was not on the screen; {NOT_SEEN} is what was there") from error
        finally:
            ended = quiet_stop(program)
    if ended != 0:
        raise WentWrong(f"it ended with {ended}")
    return f"one visit by hand in {taps} taps and {seconds:.0f} s, central says {result}"


def quiet_stop(program: Started) -> int:
    """Its exit status, also when it is gone already."""
    return program.stop() if program.process.poll() is None else program.process.returncode


def visit(glass: Display, outside: Town) -> int:
    """From the first screen to the sealed record.  Returns the taps of the visit itself.  Raises NotSeen, WentWrong."""
    glass.tap(texts.STAFF_SIGN_IN_CODE)
    enter(glass, texts.FIELD_CODE_TITLE, CODE)
    enter(glass, texts.FIELD_PIN_TITLE, PIN)
    glass.tap(texts.DAY_FETCH)
    glass.wait(texts.DAY_NEXT)
    card = next((card for card in outside.cards() if glass.find(card.name)), None)
    if card is None:
        raise WentWrong("nobody of the pack is on the screen")
    taps = glass.taps
    glass.tap(card.name)
    glass.wait(texts.FIELD_CARD[0])
    outside.reader.place(card)
    glass.tap(texts.VISIT_BY_HAND)
    outside.reader.take()
    glass.tap(texts.FIELD_BY_HAND_REASONS["cannot_do_it"])
    glass.tap(texts.VISIT_AGREE_PERSON)
    glass.tap(texts.VISIT_SHOOT)
    glass.tap(texts.VISIT_KEEP_PHOTO)
    sign(glass)
    glass.tap(texts.VISIT_SAVE)
    return glass.taps - taps


def enter(glass: Display, title: str, digits: str) -> None:
    """On the keypad, whose keys are larger than any other digit."""
    glass.wait(title)
    time.sleep(SETTLED_S)
    for digit in digits:
        place = glass.wait(digit)
        glass.touch(place.x, place.y)
    glass.tap(texts.DIGITS_DONE)


def sign(glass: Display) -> None:
    """In the field below the words, once the page takes a finger."""
    words = texts.VISIT_SIGN.format(who=texts.FIELD_WITNESS)
    glass.wait(words)
    time.sleep(SETTLED_S)
    place = glass.wait(words)
    glass.draw([(place.x + round(400 * x) - 200, place.y + 60 + round(150 * y)) for x, y in SIGNATURE])
    glass.tap(SIGNED)


def answer(outside: Town) -> str:
    """Central's result of the one packet.  Raises WentWrong when it does not come, or more than one."""
    until_s = time.monotonic() + SENT_WITHIN_S
    while not (found := outside.results()):
        if time.monotonic() > until_s:
            raise WentWrong("central has no packet")
        time.sleep(0.2)
    if len(found) != 1:
        raise WentWrong(f"central has {len(found)} packets of one visit")
    return found[0]
