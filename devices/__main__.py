"""python -m devices: what a technician asks of one device at a time.

Stop the kiosk first: a port has one owner.

Exit codes: 0 well; 1 nothing came in time; 2 wrong command line; 3 port; 4 silence; 5 not understood; 6
device fault; 7 not ready; 8 card not read; 9 no font; 10 not printed, or nobody knows.  Nothing of a
person is written out in full.
"""

from __future__ import annotations

import sys
from contextlib import closing
from enum import StrEnum
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from devices import discover
from devices.clock import Clock, SystemClock
from devices.errors import (
    CardFault,
    CardNotRead,
    DeviceError,
    HardwareError,
    NotReady,
    ProtocolError,
    Timeout,
    TransportLost,
    UncoveredCharacter,
)
from devices.idcard import IdCard
from devices.idcard_sdt import SdtReader
from devices.position_nmea import NmeaPosition
from devices.printer import Document, Feed, Line, Pair, Qr, ReceiptPrinter, Rule, Verdict
from devices.status import DeviceState
from devices.transport import SerialTransport

SHIPPED_FONT = Path(__file__).parent.parent / "assets" / "fonts" / "NotoSansSC-Regular.otf"
RARE_FONT = Path("/usr/share/fonts/truetype/hanazono/HanaMinB.ttf")  # Debian's fonts-hanazono, if it is there
RARE_CHARACTERS = "䶮㐂〇堃喆"
POLL_INTERVAL_S = 0.05
NOTHING_CAME, USAGE, NOT_PRINTED = 1, 2, 10
EXIT_CODES: dict[type[DeviceError], int] = {
    TransportLost: 3,
    Timeout: 4,
    ProtocolError: 5,
    HardwareError: 6,
    NotReady: 7,
    CardNotRead: 8,
    UncoveredCharacter: 9,
}
ADVICE: dict[type[DeviceError], str] = {
    TransportLost: "Is the cable in, the path right, the kiosk stopped, this user in the group dialout?",
    Timeout: "The port is there, but nobody answers. Check power, cable and baud.",
    ProtocolError: "Somebody answers, but not in this language. Check baud, profile and cable.",
    HardwareError: "A fault of the device itself. Reader: 60 self-test failed; 66, 23 module not authorised.",
    NotReady: "Load paper, close the cover, clear the cutter, then try again.",
    UncoveredCharacter: "Give another font with --font.",
}
CARD_ADVICE = {
    CardFault.PULLED: "The card left too early. Put it down and leave it there.",
    CardFault.UNSUPPORTED: "Not a kind of card this reader or this program knows.",
    CardFault.UNREADABLE: "Put one card down, flat, nothing else beside it. Then try another card and cable.",
    CardFault.INVALID: "Read well, but the card contradicts itself. If every card does: wrong profile.",
}

FORGOTTEN = (
    "It says that it has forgotten the page. Load paper: nothing may come but a white slip and what hung out."
)
NOT_FORGOTTEN = (
    "It does not say that it forgot the page. Load paper: the rest will come. See docs/devices/printer.md."
)

app = typer.Typer(help="Looks at one device at a time. Stop the kiosk first.", no_args_is_help=True)


class Kind(StrEnum):
    READER = "reader"
    PRINTER = "printer"
    SCANNER = "scanner"


PortArgument = Annotated[str, typer.Argument(help="/dev/ttyUSB0, /dev/kiosk-reader, or socket://host:port")]
ProfileOption = Annotated[str, typer.Option(help="The model's profile; docs/devices lists them")]
BaudOption = Annotated[int | None, typer.Option(min=1200, help="Instead of the profile's own speed")]
FontOption = Annotated[list[Path] | None, typer.Option(help="Font for what the firmware lacks; repeatable")]


@app.command("list")
def list_ports() -> None:
    """The serial ports of this machine."""
    found = discover.ports()
    for port in found:
        typer.echo(f"{port.path}\t{port.description}")
    if not found:
        typer.echo("No serial port. Is the adapter plugged in?")


@app.command()
def probe(
    ports: Annotated[list[str] | None, typer.Argument(help="Ports to ask; all when none is given")] = None,
    listen_s: Annotated[float, typer.Option(min=0, max=60, help="Wait for a scan on a silent port")] = 0.0,
) -> None:
    """Who answers on which port.  Asks for status only."""
    clock = SystemClock()
    anybody = False
    for port in ports or [one.path for one in discover.ports()]:
        try:
            found = discover.probe(port, clock)
            if found:
                anybody = True
                typer.echo(f"{port}\t{found.kind}, {found.baud} baud")
            elif listen_s and _scans(port, listen_s, clock):
                anybody = True
                typer.echo(f"{port}\tscanner, 9600 baud")
            else:
                typer.echo(f"{port}\tsilent; a scanner is silent too: try --listen-s 20 and scan something")
        except DeviceError as error:
            typer.echo(f"{port}\tcannot be asked: {error}")
    if not anybody:
        raise typer.Exit(NOTHING_CAME)


def _scans(port: str, listen_s: float, clock: Clock) -> bool:
    typer.echo(f"{port}\tsilent; scan something within {listen_s:g} s")
    return discover.listen_for_scan(port, 9600, listen_s, clock)


@app.command()
def read(
    port: PortArgument,
    profile: ProfileOption = "sam-v",
    baud: BaudOption = None,
    wait_s: Annotated[float, typer.Option(min=0, max=600, help="For a card, and for its removal")] = 20.0,
) -> None:
    """Reads one card, shows masked fields, and waits until it is taken away."""
    with closing(_reader(port, profile, baud)) as reader:
        try:
            _read(reader, wait_s, SystemClock())
        except DeviceError as error:
            _fail(error)


def _read(reader: SdtReader, wait_s: float, clock: Clock) -> None:
    typer.echo("Put a card on the reader.")
    card = _wait_for_card(reader, wait_s, clock)
    if card is None:
        typer.echo("No card came.", err=True)
        raise typer.Exit(NOTHING_CAME)
    for label, value in _masked(card):
        typer.echo(f"{label}\t{value}")
    typer.echo("Take the card away.")
    if not _wait_for_removal(reader, wait_s, clock):
        typer.echo("Not noticed leaving. If it was taken away, try another profile.", err=True)
        raise typer.Exit(NOTHING_CAME)
    typer.echo("Taken.")


@app.command()
def status(
    kind: Annotated[Kind, typer.Argument()],
    port: PortArgument,
    profile: Annotated[str | None, typer.Option(help="The model's profile")] = None,
    baud: BaudOption = None,
) -> None:
    """What one device says of itself.  Exit code 0 only when it can be used."""
    if kind is Kind.READER:
        with closing(_reader(port, profile or "sam-v", baud)) as reader:
            state = reader.status().device
            words = f"module {_module(reader)}" if state is DeviceState.ONLINE else "no module number"
    elif kind is Kind.SCANNER:
        settings = discover.ScannerSettings(port, baud or 9600)
        with closing(discover.open_scanner(settings, SystemClock())) as scanner:
            state = scanner.status()
        words = "its port; it speaks only when it scans"
    else:
        paper = _printer(port, profile or "epson-80", baud, None).status()
        state, words = paper.device, f"paper: {paper.paper.value}, cover: {paper.cover.value}"
    typer.echo(f"{kind.value}: {state.value} ({words})")
    exit_code = {
        DeviceState.ONLINE: 0,
        DeviceState.NO_DEVICE: EXIT_CODES[Timeout],
        DeviceState.HARDWARE_ERROR: EXIT_CODES[HardwareError],
        DeviceState.UNKNOWN: EXIT_CODES[ProtocolError],
    }.get(state, EXIT_CODES[NotReady])
    raise typer.Exit(exit_code)


@app.command()
def where(
    port: PortArgument,
    baud: Annotated[int, typer.Option(min=1200, help="Of the receiver; on USB it means nothing")] = 9600,
    wait_s: Annotated[
        float, typer.Option(min=0, max=600, help="For a place; a cold start takes a minute")
    ] = 60.0,
) -> None:
    """Whether a satellite receiver finds its place.  Shown to a tenth of a degree, some kilometres."""
    clock = SystemClock()
    position = NmeaPosition(SerialTransport(port, baud), clock)
    try:
        deadline_s = clock.monotonic() + wait_s
        while (fix := position.where()) is None and clock.monotonic() < deadline_s:
            if position.status() is DeviceState.NO_DEVICE:
                break
            clock.sleep(POLL_INTERVAL_S)
        state = position.status()
    finally:
        position.close()
    if fix is not None:
        accuracy = "not known" if fix.accuracy_m is None else f"about {fix.accuracy_m:g} m"
        typer.echo(f"place\t{fix.latitude:.1f}, {fix.longitude:.1f}\naccuracy\t{accuracy}")
        return
    words, exit_code = {
        DeviceState.NO_DEVICE: (ADVICE[TransportLost], EXIT_CODES[TransportLost]),
        DeviceState.ONLINE: ("It speaks, and has no place yet. Go under the open sky.", NOTHING_CAME),
    }.get(state, (f"No NMEA is heard. {ADVICE[Timeout]}", EXIT_CODES[Timeout]))
    typer.echo(words, err=True)
    raise typer.Exit(exit_code)


@app.command("print-test")
def print_test(
    port: PortArgument,
    profile: ProfileOption = "epson-80",
    baud: BaudOption = None,
    font: FontOption = None,
    clear: Annotated[bool, typer.Option(help="Have it forget a page that paper was pulled from")] = False,
) -> None:
    """Prints one test page: sizes, a rare character, a code, the cut."""
    printer = _printer(port, profile, baud, font)
    try:
        verdict = printer.print(page_to_look_at(printer, profile))
    except DeviceError as error:
        _fail(error)
    words = {
        Verdict.PRINTED: "Printed: the printer says so.",
        Verdict.NOT_PRINTED: "Not printed, and nothing will come.",
        Verdict.UNKNOWN: "Unknown: it may be on the paper, or come out later. Look.",
    }
    typer.echo(words[verdict])
    if clear and verdict is Verdict.UNKNOWN:
        typer.echo(FORGOTTEN if printer.clear() else NOT_FORGOTTEN)
    if verdict is not Verdict.PRINTED:
        raise typer.Exit(NOT_PRINTED)


def page_to_look_at(printer: ReceiptPrinter, profile: str) -> Document:
    """What a technician looks at.

    Both sizes, both columns, a rare character, a code that scans, a clean cut.
    """
    return (
        Line("打印测试", size=2, align="center"),
        Rule(),
        Pair("型号配置", profile),
        Pair("金额", "￥1,234.56"),
        Line("生僻字：" + " ".join(filter(printer.covers, RARE_CHARACTERS))),
        Line("ABCDEFGHIJKLMNOPQRSTUVWXYZ 0123456789"),
        Qr("https://example.invalid/test"),
        Rule(),
        Line("切纸应在此行下方", align="center"),
        Feed(1),
    )


def _reader(port: str, profile: str, baud: int | None) -> SdtReader:
    try:
        return discover.open_reader(discover.ReaderSettings(port, profile, baud), SystemClock())
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error


def _module(reader: SdtReader) -> str:
    try:
        return reader.sam_number().hex()
    except DeviceError:
        return "number unknown"


def _printer(port: str, profile: str, baud: int | None, fonts: list[Path] | None) -> ReceiptPrinter:
    from devices.printer_escpos import PrinterSettings  # late: see discover.open_printer

    chain = tuple(fonts or [SHIPPED_FONT, *(font for font in (RARE_FONT,) if font.is_file())])
    if missing := [str(font) for font in chain if not font.is_file()]:
        raise typer.BadParameter(f"no font at {', '.join(missing)}: give one with --font")
    try:
        return discover.open_printer(PrinterSettings(port, profile, baud), chain, SystemClock())
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error


def _wait_for_card(reader: SdtReader, wait_s: float, clock: Clock) -> IdCard | None:
    deadline_s = clock.monotonic() + wait_s
    while (card := reader.poll()) is None and clock.monotonic() < deadline_s:
        clock.sleep(POLL_INTERVAL_S)
    return card


def _wait_for_removal(reader: SdtReader, wait_s: float, clock: Clock) -> bool:
    deadline_s = clock.monotonic() + wait_s
    while not (taken := reader.media_taken()) and clock.monotonic() < deadline_s:
        clock.sleep(POLL_INTERVAL_S)
    return taken


def _masked(card: IdCard) -> list[tuple[str, str]]:
    hidden = len(card.number) - 5
    return [
        ("kind", card.kind.value),
        ("name", card.name[:1] + "*" * (len(card.name) - 1)),
        ("number", card.number[:3] + "*" * hidden + card.number[-2:]),
        ("birth", card.birth[:4] + "****"),
        ("sex", card.sex),
        ("nation", card.nation or "-"),
        ("valid", f"{card.valid_from} - {card.valid_to}"),
        ("address", f"{len(card.address)} characters"),
        ("photo", f"{len(card.photo)} bytes"),
    ]


def _fail(error: DeviceError) -> NoReturn:
    typer.echo(f"{error}.", err=True)
    advice = CARD_ADVICE[error.fault] if isinstance(error, CardNotRead) else ADVICE[type(error)]
    typer.echo(advice, err=True)
    raise typer.Exit(EXIT_CODES[type(error)])


if __name__ == "__main__":
    sys.exit(app())
