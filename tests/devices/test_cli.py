"""python -m devices over emulated devices: what it says, and with which exit code."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from devices import __main__ as cli
from devices import discover, errors, printer_escpos
from devices.clock import SystemClock
from devices.errors import DeviceError
from devices.farend import FarEnd
from devices.idcard_emulator import IdCardEmulator
from devices.position_emulator import PositionEmulator
from devices.printer import Document, Verdict
from devices.printer_emulator import PrinterEmulator
from devices.printer_profiles import PROFILES
from devices.scanner_emulator import ScannerEmulator
from tests.devices.people import CONTRADICTORY, FOREIGNER_2023, OTHER, RESIDENT

RARE_FONT = Path("/usr/share/fonts/truetype/hanazono/HanaMinB.ttf")


@pytest.fixture
def hands() -> IdCardEmulator:
    return IdCardEmulator()


@pytest.fixture
def port(hands: IdCardEmulator) -> Iterator[str]:
    with FarEnd(hands, None) as end:
        yield end.port


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli.app, list(arguments))


def take_when_read(hands: IdCardEmulator) -> threading.Thread:
    def watch() -> None:
        while not hands.was_read:
            time.sleep(0.005)
        hands.take()

    watcher = threading.Thread(target=watch)
    watcher.start()
    return watcher


@pytest.mark.parametrize("card", [RESIDENT, FOREIGNER_2023])
def test_read_shows_masked_fields_only(hands: IdCardEmulator, port: str, card: cli.IdCard) -> None:
    hands.place(card)
    watcher = take_when_read(hands)
    result = run("read", port)
    watcher.join()
    assert result.exit_code == 0, result.output
    assert "Taken." in result.output
    for personal in (card.name, card.number, card.birth, card.address, card.english_name):
        assert not personal or personal not in result.output
    assert f"name\t{card.name[0]}**\n" in result.output
    assert f"number\t{card.number[:3]}*************{card.number[-2:]}\n" in result.output


def test_read_without_a_card(port: str) -> None:
    result = run("read", port, "--wait-s", "0.1")
    assert (result.exit_code, "No card came." in result.output) == (1, True)


def test_read_of_a_card_that_stays(hands: IdCardEmulator, port: str) -> None:
    hands.place(RESIDENT)
    result = run("read", port, "--wait-s", "0.1")
    assert (result.exit_code, "Not noticed leaving" in result.output) == (1, True)


def test_read_tells_why_a_card_was_not_read(hands: IdCardEmulator, port: str) -> None:
    for place, words in (
        (lambda: hands.place(CONTRADICTORY), "contradicts itself"),
        (lambda: hands.place_two(RESIDENT, OTHER), "one card"),
    ):
        place()
        result = run("read", port)
        assert result.exit_code == 8
        assert words in result.output
    hands.unsupported = True
    hands.place(RESIDENT)
    assert "Not a kind" in run("read", port).output


def test_read_over_a_missing_port_and_from_a_broken_module(hands: IdCardEmulator, port: str) -> None:
    result = run("read", "/dev/does-not-exist")
    assert result.exit_code == 3
    assert "dialout" in result.output and "Traceback" not in result.output
    hands.sam_fault = True
    result = run("read", port)
    assert result.exit_code == 6
    assert "000066" in result.output and "not authorised" in result.output


def test_an_unknown_profile_is_a_wrong_command_line(port: str) -> None:
    result = run("read", port, "--profile", "nonsense")
    assert result.exit_code == 2
    assert "sam-v" in result.output


def test_status_of_a_reader(hands: IdCardEmulator, port: str) -> None:
    result = run("status", "reader", port)
    assert (result.exit_code, result.output) == (
        0,
        "reader: online (module 050001008dfd34010100000001000000)\n",
    )
    hands.sam_fault = True
    assert run("status", "reader", port).exit_code == 6
    assert run("status", "reader", "/dev/does-not-exist").exit_code == 4


def test_status_of_a_scanner() -> None:
    with FarEnd(ScannerEmulator(), None) as end:
        assert run("status", "scanner", end.port).exit_code == 0
    assert run("status", "scanner", end.port).exit_code == 4


def test_probe_names_who_answers(port: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(discover, "PROBE_TIMEOUT_S", 0.05)
    result = run("probe", port)
    assert (result.exit_code, result.output) == (0, f"{port}\treader, 115200 baud\n")
    result = run("probe", "/dev/does-not-exist")
    assert result.exit_code == 1
    assert "cannot be asked" in result.output


def test_probe_listens_for_a_scan(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(discover, "PROBE_TIMEOUT_S", 0.01)
    window = ScannerEmulator()
    with FarEnd(window, None) as end:
        hand = threading.Timer(0.3, window.scan, ("130000000000000001",))
        hand.start()
        result = run("probe", end.port, "--listen-s", "20")
        hand.join()
    assert result.exit_code == 0
    assert "scanner" in result.output and "130000" not in result.output
    with FarEnd(window, None) as end:
        result = run("probe", end.port)
        assert (result.exit_code, "silent" in result.output) == (1, True)


def test_list_names_a_port_or_says_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(discover, "ports", lambda: [discover.Port("/dev/ttyUSB0", "adapter")])
    assert run("list").output == "/dev/ttyUSB0\tadapter\n"
    monkeypatch.setattr(discover, "ports", lambda: [])
    assert "No serial port" in run("list").output


def test_every_error_has_advice_and_a_code_of_its_own() -> None:
    kinds = {one for one in vars(errors).values() if isinstance(one, type) and issubclass(one, DeviceError)}
    kinds.remove(DeviceError)
    assert set(cli.EXIT_CODES) == kinds == {*cli.ADVICE, errors.CardNotRead}
    assert set(cli.CARD_ADVICE) == set(errors.CardFault)
    codes = [*cli.EXIT_CODES.values(), cli.NOTHING_CAME, cli.USAGE, cli.NOT_PRINTED]
    assert len(set(codes)) == len(codes)


def test_print_test_prints_what_a_technician_looks_at(monkeypatch: pytest.MonkeyPatch) -> None:
    paper = PrinterEmulator(PROFILES["epson-80"], (cli.SHIPPED_FONT, RARE_FONT), SystemClock(), mm_per_s=0)
    with FarEnd(paper, None) as end:
        fonts = ("--font", str(cli.SHIPPED_FONT), "--font", str(RARE_FONT))
        result = run("print-test", end.port, *fonts)
        assert (result.exit_code, result.output) == (0, "Printed: the printer says so.\n")
        assert len(paper.sheets) == 1
        paper.open_cover()
        result = run("print-test", end.port)
        assert result.exit_code == 7
        assert "cover" in result.output
        assert len(paper.sheets) == 1
    assert run("print-test", end.port, "--font", "/no/such/font").exit_code == 2
    assert run("print-test", end.port, "--profile", "nonsense").exit_code == 2


@pytest.mark.parametrize(("verdict", "words"), [(Verdict.UNKNOWN, "Look."), (Verdict.NOT_PRINTED, "nothing")])
def test_print_test_does_not_call_a_lost_page_printed(
    verdict: Verdict, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Losing:
        def covers(self, text: str) -> bool:
            return text != "䶮"

        def print(self, document: Document) -> Verdict:
            assert "㐂" in repr(document) and "䶮" not in repr(document)
            return verdict

    monkeypatch.setattr(discover, "open_printer", lambda *_: Losing())
    result = run("print-test", "/dev/does-not-exist")
    assert result.exit_code == 10
    assert words in result.output


@pytest.mark.parametrize(
    ("profile", "words"), [("epson-80", "has forgotten"), ("sprt-gb2312", "does not say")]
)
def test_print_test_shows_whether_a_stopped_page_is_forgotten(
    profile: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a technician does with a new model: pull the paper, clear, load it, and see what comes."""
    hasty = {name: replace(one, completion_timeout_s=0.3) for name, one in PROFILES.items()}
    monkeypatch.setattr(printer_escpos, "PROFILES", hasty)
    paper = PrinterEmulator(PROFILES[profile], (cli.SHIPPED_FONT,), SystemClock(), mm_per_s=0)
    with FarEnd(paper, None) as end:
        paper.paper_out_after(300)
        result = run("print-test", end.port, "--profile", profile, "--clear")
    assert result.exit_code == 10
    assert words in result.output
    paper.load_paper()
    paper.tick()
    assert len(paper.sheets) == (profile != "epson-80")


def test_status_of_a_printer() -> None:
    paper = PrinterEmulator(PROFILES["epson-80"], (cli.SHIPPED_FONT,), SystemClock(), mm_per_s=0)
    with FarEnd(paper, None) as end:
        assert run("status", "printer", end.port).output == "printer: online (paper: full, cover: closed)\n"
        paper.open_cover()
        assert run("status", "printer", end.port).exit_code == 7


def test_the_page_names_every_command_and_exit_code() -> None:
    page = (Path(__file__).parents[2] / "docs" / "devices" / "README.md").read_text(encoding="utf-8")
    for code in (0, cli.NOTHING_CAME, cli.USAGE, *cli.EXIT_CODES.values(), cli.NOT_PRINTED):
        assert f"\n| {code} | " in page
    for command in ("list", "probe", "read", "status", "print-test"):
        assert f"\n| `{command}" in page
        assert run(command, "--help").exit_code == 0


def test_where_shows_a_place_roughly() -> None:
    sky = PositionEmulator(every_ticks=5)
    sky.stand(37.19512, 122.05734, hdop=0.8)
    with FarEnd(sky, None) as end:
        result = run("where", end.port)
    assert (result.exit_code, result.output) == (0, "place\t37.2, 122.1\naccuracy\tabout 4 m\n")


def test_where_under_a_roof_in_silence_and_without_a_port(tmp_path: Path) -> None:
    sky = PositionEmulator(every_ticks=5)
    with FarEnd(sky, None) as end:
        roofed = run("where", end.port, "--wait-s", "1")
    sky = PositionEmulator()
    sky.silent = True  # from the beginning: nothing it said before is still on the wire
    with FarEnd(sky, None) as end:
        silent = run("where", end.port, "--wait-s", "0.3")
    gone = run("where", str(tmp_path / "no-port"))
    assert (roofed.exit_code, silent.exit_code, gone.exit_code) == (1, 4, 3)
    assert "open sky" in roofed.output and "No NMEA" in silent.output and "cable" in gone.output
