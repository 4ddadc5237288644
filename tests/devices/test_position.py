"""Sentences of every talker, and what must never pass for a place; the driver over a pseudo-terminal, which nobody ever waits for."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices import nmea, position_nmea
from devices.clock import SystemClock
from devices.errors import TransportLost
from devices.farend import FarEnd
from devices.faults import Faults
from devices.nmea import Said, Sentences
from devices.position import Fix, NoPosition
from devices.position_emulator import PositionEmulator, sentence, written
from devices.position_nmea import BAUD, MOST_AGE_S, NmeaPosition, open_position
from devices.status import DeviceState
from devices.transport import SerialTransport
from tests.devices.wire import FakeClock

# Of many manuals: near Munich.
GGA = b"$GPGGA,123519,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,*47"
RMC = b"$GPRMC,123519,A,4807.038,N,01131.000,E,022.4,084.4,230394,003.1,W*6A"
MUNICH = (48 + 7.038 / 60, 11 + 31 / 60)
TOWN = (37.195, 122.057)
WAIT_S = 20.0


def one(line: bytes) -> Said | None:
    fields = nmea.parse(line.strip())
    return None if fields is None else nmea.said(fields)


def body(text: str) -> Said | None:
    return one(sentence(text))


def until(true: Callable[[], object]) -> bool:
    deadline_s = time.monotonic() + WAIT_S
    while not true() and time.monotonic() < deadline_s:
        time.sleep(0.01)
    return bool(true())


# --- sentences -------------------------------------------------------------------------------------------------------


def test_the_sentences_of_every_manual() -> None:
    assert one(GGA) == Said("GGA", Fix(*MUNICH, 4.5))
    assert one(RMC) == Said("RMC", Fix(*MUNICH))


@pytest.mark.parametrize("talker", ["GP", "GN", "BD", "GB", "GA", "GL"])
def test_every_talker(talker: str) -> None:
    said = body(f"{talker}GGA,010203.00,3711.70000,N,12203.42000,E,1,12,0.80,31.5,M,8.1,M,,")
    assert said is not None and said.fix is not None
    assert (said.fix.latitude, said.fix.longitude) == pytest.approx(TOWN, abs=1e-9)
    assert said.fix.accuracy_m == 4.0


def test_south_and_west_are_negative() -> None:
    said = body("GNRMC,010203,A,3711.7,S,12203.42,W,0,0,010126,,,A")
    assert said is not None and said.fix is not None
    assert (said.fix.latitude, said.fix.longitude) == pytest.approx((-37.195, -122.057))


@pytest.mark.parametrize(
    "text",
    [
        "GNGGA,010203,3711.7,N,12203.42,E,0,00,99.99,,,,,,",
        "GNGGA,010203,3711.7,N,12203.42,E,6,00,1.0,,,,,,",  # dead reckoning
        "GNGGA,010203,3711.7,N,12203.42,E,7,00,1.0,,,,,,",  # typed in
        "GNGGA,010203,3711.7,N,12203.42,E,8,00,1.0,,,,,,",  # a simulator
        "GNGGA,010203,3711.7,N,12203.42,E,12,00,1.0,,,,,,",
        "GNGGA,010203,3711.7,N,12203.42,E,,00,1.0,,,,,,",
        "GNGGA,,,,,,0,00,99.99,,,,,,",
        "GNRMC,010203,V,3711.7,N,12203.42,E,0,0,010126,,,A",
        "GNRMC,010203,A,3711.7,N,12203.42,E,0,0,010126,,,N",
        "GNRMC,010203,A,3711.7,N,12203.42,E,0,0,010126,,,E",
        "GNRMC,010203,A,3711.7,N,12203.42,E,0,0,010126,,,S",
        "GNRMC,,V,,,,,,,,,,N",
    ],
)
def test_it_says_that_there_is_no_place(text: str) -> None:
    said = body(text)
    assert said is not None and said.fix is None


@pytest.mark.parametrize(
    "text",
    [
        "GNGGA,010203,9100.0,N,12203.42,E,1,12,0.8,31.5,M,8.1,M,,",
        "GNGGA,010203,9000.1,N,12203.42,E,1,12,0.8,31.5,M,8.1,M,,",
        "GNGGA,010203,3711.7,N,18000.1,E,1,12,0.8,31.5,M,8.1,M,,",
        "GNGGA,010203,3760.0,N,12203.42,E,1,12,0.8,31.5,M,8.1,M,,",
        "GNGGA,010203,3711.7,E,12203.42,E,1,12,0.8,31.5,M,8.1,M,,",
        "GNGGA,010203,3711.7,N,12203.42,,1,12,0.8,31.5,M,8.1,M,,",
        "GNGGA,010203,-3711.7,N,12203.42,E,1,12,0.8,31.5,M,8.1,M,,",
        "GNGGA,010203,3711.7e1,N,12203.42,E,1,12,0.8,31.5,M,8.1,M,,",
        "GNGGA,010203,nan,N,12203.42,E,1,12,0.8,31.5,M,8.1,M,,",
        "GNGGA,010203,,N,,E,1,12,0.8,31.5,M,8.1,M,,",
        "GNGGA,010203,711.7,N,2203.42,E,1,12,0.8,31.5,M,8.1,M,,",
        "GNGGA,010203,3711.7,N,12203.42,E,1,12",
        "GNRMC,010203,A,3711.7,N,12203.42,E",
        "GNGSA,A,3,01,03,,,,,,,,,,,1.5,0.9,1.2",
        "PUBX,00,010203,3711.7,N,12203.42,E,31.5,G3",
        "XXGGA,010203,3711.7,N,12203.42,E,1,12,0.8,31.5,M,8.1,M,,",
        "",
        ",",
    ],
)  # fmt: skip
def test_what_contradicts_itself_or_is_something_else_says_nothing(text: str) -> None:
    assert body(text) is None


@pytest.mark.parametrize("hdop", ["", "99.99", "50", "0", "0.0", "-1", "x", "1e3", "1.2.3"])
def test_a_place_without_a_known_accuracy(hdop: str) -> None:
    said = body(f"GNGGA,010203,3711.7,N,12203.42,E,1,12,{hdop},31.5,M,8.1,M,,")
    assert said is not None and said.fix is not None and said.fix.accuracy_m is None


@given(st.integers(0, len(GGA) - 1), st.integers(0, 7))
def test_a_bit_that_fell_over_is_noticed(place: int, bit: int) -> None:
    spoilt = bytearray(GGA)
    spoilt[place] ^= 1 << bit
    if bytes(spoilt).upper() != GGA:  # the sum may be written either way
        assert one(bytes(spoilt)) is None


@pytest.mark.parametrize(
    "line",
    [GGA[:-3], GGA[:-1], GGA[1:], GGA + b"0", GGA.replace(b"*", b""), b"", b"$*00", b"$", GGA.replace(b"N", b"\xce")],
)  # fmt: skip
def test_half_a_sentence_is_none(line: bytes) -> None:
    assert one(line) is None


def test_a_sentence_that_is_far_too_long_is_none() -> None:
    assert one(sentence("GNGGA,010203,3711.7,N,12203.42,E,1,12,0.8,31.5,M,8.1,M,," + "0" * 120)) is None


def test_a_sentence_begins_where_it_begins() -> None:
    assert one(b"$GPGGA,1235" + GGA) == Said("GGA", Fix(*MUNICH, 4.5))  # the receiver was restarted


@given(st.lists(st.integers(0, 300), max_size=30), st.sampled_from([b"\r\n", b"\n", b"\r"]))
def test_any_portions(cuts: list[int], ending: bytes) -> None:
    stream = (b"half a line" + ending + GGA + ending + RMC + ending) * 2 + GGA
    edges = sorted({0, *(min(cut, len(stream)) for cut in cuts), len(stream)})
    sentences = Sentences()
    got = [fields[0] for a, b in pairwise(edges) for fields in sentences.feed(stream[a:b])]
    assert got == ["GPGGA", "GPRMC"] * 2


def test_a_line_without_an_end_fills_no_memory() -> None:
    sentences = Sentences()
    for _ in range(1000):
        assert sentences.feed(b"$GPGGA" * 100) == []
    assert len(sentences._rest) <= 2 * nmea.LONGEST_BYTES
    assert [fields[0] for fields in sentences.feed(b"\r\n" + GGA + b"\r\n")] == ["GPGGA"]


@given(st.binary(max_size=400))
def test_any_bytes_are_a_place_or_nothing(data: bytes) -> None:
    for fields in Sentences().feed(data + b"\r\n"):
        nmea.said(fields)


@given(
    st.lists(
        st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E, exclude_characters="$*,"), max_size=12),
        max_size=16,
    ),
    st.sampled_from(["GNGGA", "GNRMC"]),
)
def test_any_fields_are_a_place_on_earth_or_nothing(fields: list[str], address: str) -> None:
    said = body(",".join([address, *fields]))
    if said is not None and said.fix is not None:
        assert abs(said.fix.latitude) <= 90 and abs(said.fix.longitude) <= 180


@given(st.floats(-90, 90), st.floats(-180, 180))
def test_what_is_written_is_read(latitude: float, longitude: float) -> None:
    ns, ew = "S" if latitude < 0 else "N", "W" if longitude < 0 else "E"
    said = body(f"GNRMC,1,A,{written(latitude, 2)},{ns},{written(longitude, 3)},{ew},0,0,010126,,,A")
    assert said is not None and said.fix is not None
    assert (said.fix.latitude, said.fix.longitude) == pytest.approx((latitude, longitude), abs=1e-7)


def test_a_place_is_not_written_out() -> None:
    assert repr(Fix(*TOWN, 4.0)) == "Fix()" and str(Fix(*TOWN)) == "Fix()"


def test_a_machine_without_a_receiver() -> None:
    assert NoPosition().where() is None
    assert isinstance(open_position("", SystemClock()), NoPosition)


# --- the driver ------------------------------------------------------------------------------------------------------


class Late(SystemClock):
    """The machine's clock, and some seconds that a test adds."""

    added_s = 0.0

    def monotonic(self) -> float:
        return super().monotonic() + self.added_s


@pytest.fixture
def sky() -> PositionEmulator:
    return PositionEmulator(every_ticks=5)


@pytest.fixture
def end(sky: PositionEmulator) -> Iterator[FarEnd]:
    with FarEnd(sky, None) as end:
        yield end


@pytest.fixture
def clock() -> Late:
    return Late()


@pytest.fixture
def position(end: FarEnd, clock: Late) -> Iterator[NmeaPosition]:
    device = NmeaPosition(SerialTransport(end.port, BAUD), clock, reopen_s=0.05)
    yield device
    device.close()


def near(fix: Fix | None, place: tuple[float, float]) -> bool:
    return fix is not None and (fix.latitude, fix.longitude) == pytest.approx(place, abs=1e-6)


def test_a_place_comes_moves_and_is_lost_under_a_roof(sky: PositionEmulator, position: NmeaPosition) -> None:
    assert until(lambda: position.status() is DeviceState.ONLINE)
    assert position.where() is None  # it speaks, and has no place
    sky.stand(*TOWN, hdop=1.2)
    assert until(lambda: near(position.where(), TOWN))
    assert until(lambda: (fix := position.where()) is not None and fix.accuracy_m == 6.0)
    sky.stand(-33.5, -70.25)
    assert until(lambda: near(position.where(), (-33.5, -70.25)))
    sky.hide()
    assert until(lambda: position.where() is None)
    assert position.status() is DeviceState.ONLINE


@pytest.mark.parametrize("word", ["GNGGA,010203,,,,,0,00,99.99,,,,,,", "GNRMC,010203,V,,,,,,,010126,,,N"])
def test_a_receiver_that_has_no_place_is_believed_at_once(
    word: str, sky: PositionEmulator, end: FarEnd
) -> None:
    """By a clock that stands still: nothing grows old."""
    device = NmeaPosition(SerialTransport(end.port, BAUD), FakeClock())
    sky.silent = True
    sky.send(GGA + b"\r\n" + RMC + b"\r\n")
    assert until(lambda: len(device._fixes) == 2) and device.where() is not None
    sky.send(sentence(word))
    assert until(lambda: not device._fixes) and device.where() is None
    device.close()


def test_an_old_place_is_none(sky: PositionEmulator, position: NmeaPosition, clock: Late) -> None:
    sky.stand(*TOWN)
    assert until(position.where)
    sky.silent = True
    time.sleep(0.2)  # what was on its way is through
    clock.added_s = MOST_AGE_S - 5
    assert position.where() is not None
    clock.added_s = MOST_AGE_S + 1
    assert position.where() is None and position.status() is DeviceState.UNKNOWN


def test_rmc_alone_is_a_place_without_an_accuracy(
    sky: PositionEmulator, position: NmeaPosition, clock: Late
) -> None:
    sky.silent = True
    sky.send(GGA + b"\r\n")
    assert until(position.where)
    clock.added_s += MOST_AGE_S + 1
    sky.send(RMC + b"\r\n")
    assert until(lambda: position.where() == Fix(*MUNICH))


def test_pulled_out_and_put_back(sky: PositionEmulator, end: FarEnd, position: NmeaPosition) -> None:
    sky.stand(*TOWN)
    assert until(position.where)
    end.unplug()
    assert until(lambda: position.where() is None and position.status() is DeviceState.NO_DEVICE)
    end.replug()
    assert until(lambda: near(position.where(), TOWN))


def test_a_port_that_is_not_there(clock: Late) -> None:
    device = open_position("/dev/there-is-no-such-port", clock)
    assert isinstance(device, NmeaPosition)
    assert until(lambda: device.status() is DeviceState.NO_DEVICE)
    assert device.where() is None
    device.close()
    device.close()
    assert not device._thread.is_alive()


@pytest.mark.parametrize("seed", range(4))
def test_a_bad_cable_never_makes_another_place(seed: int, clock: Late) -> None:
    """A town is seen or nothing is: half sentences and doubled bytes are noticed."""
    sky = PositionEmulator(every_ticks=3)
    sky.stand(*TOWN)
    seen = []
    with FarEnd(sky, None, Faults(random.Random(seed), drop=0.03, duplicate=0.03)) as end:
        device = NmeaPosition(SerialTransport(end.port, BAUD), clock)
        assert until(device.where)
        deadline_s = time.monotonic() + 0.4
        while time.monotonic() < deadline_s:
            seen.append(device.where())
            time.sleep(0.01)
        device.close()
    assert all(fix is None or near(fix, TOWN) for fix in seen)


class Hanging:
    """A port that takes its time to open, as over Bluetooth."""

    def __init__(self) -> None:
        self.go_on = threading.Event()

    def read(self, max_bytes: int, timeout_s: float) -> bytes:
        self.go_on.wait(WAIT_S)
        raise TransportLost("in the end it does not open")

    def __getattr__(self, name: str) -> Callable[..., None]:
        assert name in ("close", "discard"), "a receiver is never written to"
        return lambda: None


def test_nobody_waits_for_a_port_that_hangs(clock: Late, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(position_nmea, "LET_GO_S", 0.05)
    port = Hanging()
    device = NmeaPosition(port, clock)  # type: ignore[arg-type]
    assert device.where() is None and device.status() is DeviceState.UNKNOWN
    device.close()  # the thread is left behind
    assert device.where() is None and device._thread.is_alive()
    port.go_on.set()
    device._thread.join(WAIT_S)
    assert not device._thread.is_alive()
