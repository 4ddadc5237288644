"""``kiosk doctor`` finds what was broken on purpose, and says what to do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from central.server import Running
from kiosk import doctor
from kiosk.api import Api
from kiosk.doctor import Finding
from tests.visitor import Visitor

HASTY = {
    'profile = "sam-v"': 'profile = "sam-v"\nanswer_timeout_s = 0.2',
    'profile = "epson-80"': 'profile = "epson-80"\nstatus_timeout_s = 0.3',
}


@pytest.fixture
def visitor(central: Running, people: Iterator[dict[str, Any]], tmp_path: Path) -> Iterator[Visitor]:
    kiosk = Visitor(central, tmp_path, people, change=HASTY)
    yield kiosk
    kiosk.stop()


def found(visitor: Visitor) -> dict[str, Finding]:
    return {finding.part: finding for finding in doctor.findings_of(visitor.config)}


def test_a_sound_machine(visitor: Visitor) -> None:
    said: list[str] = []
    parts = found(visitor)
    assert doctor.examine(visitor.config, said.append) is all(part.good for part in parts.values())
    good = {name for name, part in parts.items() if part.good}
    assert good >= {"disk", "journal", "reader", "printer", "scanner", "central"}


def test_everything_broken_is_named(visitor: Visitor) -> None:
    stand = visitor.stand
    stand.reader_wire.unplug()
    stand.printer.paper_out()
    stand.scanner_wire.unplug()
    stand.network.cut = True
    said: list[str] = []
    assert not doctor.examine(visitor.config, said.append)
    for part in ("reader", "printer", "scanner", "central"):
        assert part in said[-1]
        assert any(line.startswith("BAD") and part in line for line in said)
    words = "\n".join(said)
    assert "Check cable, power, port and baud" in words and "Check paper" in words
    assert "Check the network cable" in words


def test_a_printer_that_says_nothing_is_not_good(visitor: Visitor) -> None:
    visitor.stand.printer.mute()
    assert not found(visitor)["printer"].good


def test_a_roll_that_is_nearly_out(visitor: Visitor) -> None:
    visitor.stand.printer.near_end()
    printer = found(visitor)["printer"]
    assert printer.good and "new roll" in printer.words


def test_no_printer_is_said(visitor: Visitor) -> None:
    bare = replace(visitor.config, printer=type(visitor.config.printer)())
    finding = doctor.printer(bare)
    assert finding.good is None and "owed" in finding.words


def test_a_wrong_token_is_found(visitor: Visitor) -> None:
    """Health needs no token, so health alone would call this machine well."""
    central = replace(visitor.config.central, token="nobody's")
    finding = doctor.central(replace(visitor.config, central=central))
    assert finding.good is False and "token" in finding.words
    assert "nobody's" not in finding.words


def test_a_journal_in_use_is_not_called_broken(visitor: Visitor) -> None:
    visitor.start()
    finding = found(visitor)["journal"]
    assert finding.good is False and "Stop the kiosk first" in finding.words


def test_a_journal_that_was_altered(visitor: Visitor) -> None:
    visitor.start().journal.append("order:WD001-00000001-AAAAAAAAAA", "intent", {"text": "x" * 64})
    visitor.power_cut()
    (file,) = (visitor.folder / "data").glob("journal.sqlite")
    data = bytearray(file.read_bytes())
    place = data.find(b"x" * 64)
    data[place] = ord("y")
    file.write_bytes(data)
    finding = found(visitor)["journal"]
    assert finding.good is False and "keep the file" in finding.words


def test_a_folder_that_cannot_be_used(visitor: Visitor) -> None:
    taken = visitor.folder / "taken"
    taken.write_text("a file", encoding="utf-8")
    storage = replace(visitor.config.storage, folder=taken / "data")
    (finding,) = doctor.storage(replace(visitor.config, storage=storage))
    assert (finding.part, finding.good) == ("disk", False)


def test_a_missing_font(visitor: Visitor) -> None:
    fonts = replace(visitor.config.fonts, rare=visitor.folder / "none.ttf")
    finding = doctor.fonts(replace(visitor.config, fonts=fonts))
    assert finding.good is False and "fonts-hanazono" in finding.words


@pytest.mark.parametrize(
    ("limits", "part", "good"), [((0.001, 3600), "central", False), ((0.001, 0.002), "clock", False)]
)
def test_a_clock_that_is_off(
    visitor: Visitor, monkeypatch: pytest.MonkeyPatch, limits: tuple[float, float], part: str, good: bool
) -> None:
    """Any clock is off by a millisecond or two when the limits are as narrow as that."""
    real = doctor.SystemClock

    class Late(real):  # type: ignore[misc,valid-type]
        def wall_ms(self) -> int:
            return super().wall_ms() + 1_500

    monkeypatch.setattr(doctor, "SystemClock", Late)
    payment = replace(visitor.config.payment, warn_clock_skew_s=limits[0], max_clock_skew_s=limits[1])
    finding = doctor.central(replace(visitor.config, payment=payment))
    assert (finding.part, finding.good) == (part, good)
    assert "Set the machine's clock" in finding.words


def test_a_central_that_tells_no_time(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Api, "_note_time", lambda *_: None)
    finding = doctor.central(visitor.config)
    assert (finding.part, finding.good) == ("clock", False)
    assert "does not tell the time" in finding.words
