"""What printers say.  Vectors from the Epson, Bixolon and Citizen manuals and from Masung's own example."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.escpos_status import Changed, Cleared, Completed, Demultiplexer, InTurn, RealTime, judge
from devices.printer import PrinterStatus
from devices.status import Cover, DeviceState, PaperSupply


def answers(four: str) -> dict[int, int]:
    return dict(enumerate(bytes.fromhex(four), start=1))


@pytest.mark.parametrize(
    ("four", "device", "paper", "cover"),
    [
        ("12 12 12 12", DeviceState.ONLINE, PaperSupply.FULL, Cover.CLOSED),
        ("1A 32 12 7E", DeviceState.OFFLINE, PaperSupply.OUT, Cover.CLOSED),
        ("1A 16 12 12", DeviceState.OFFLINE, PaperSupply.FULL, Cover.OPEN),
        ("1A 52 1A 12", DeviceState.HARDWARE_ERROR, PaperSupply.FULL, Cover.CLOSED),
        ("12 12 12 1E", DeviceState.ONLINE, PaperSupply.LOW, Cover.CLOSED),
        ("1A 52 32 12", DeviceState.HARDWARE_ERROR, PaperSupply.FULL, Cover.CLOSED),  # unrecoverable
        ("1A 52 52 12", DeviceState.OFFLINE, PaperSupply.FULL, Cover.CLOSED),  # head hot: passes by itself
        ("16 12 12 12", DeviceState.ONLINE, PaperSupply.FULL, Cover.CLOSED),  # Masung idle
        (
            "52 12 12 12",
            DeviceState.ONLINE,
            PaperSupply.FULL,
            Cover.CLOSED,
        ),  # somebody leans on the feed button
        ("12 12 12 32", DeviceState.ONLINE, PaperSupply.FULL, Cover.CLOSED),  # one bit of two says nothing
        (
            "12 12 12 52",
            DeviceState.ONLINE,
            PaperSupply.FULL,
            Cover.CLOSED,
        ),  # Citizen: a sheet in the presenter
        ("12 12 12 16", DeviceState.ONLINE, PaperSupply.FULL, Cover.CLOSED),
    ],
)
def test_four_answers_make_a_status(four, device, paper, cover):
    assert judge(answers(four)) == PrinterStatus(device, paper, cover)


def test_a_masung_sets_bit_2_of_the_error_byte_while_idle():
    assert judge(answers("16 12 16 16"), fault_mask=0x28).can_print is True
    assert judge(answers("16 12 16 16")).device is DeviceState.HARDWARE_ERROR
    assert judge(answers("1E 52 1E 16"), fault_mask=0x28).device is DeviceState.HARDWARE_ERROR


def test_silence_is_no_printer_and_never_plenty():
    status = judge({})
    assert status == PrinterStatus(DeviceState.NO_DEVICE, PaperSupply.UNKNOWN, Cover.UNKNOWN)
    assert status.can_print is False


@pytest.mark.parametrize("missing", [1, 2, 3, 4])
def test_what_nobody_answered_stays_unknown(missing):
    good = answers("12 12 12 12")
    del good[missing]
    status = judge(good)
    assert status.can_print is None
    assert (status.device is DeviceState.UNKNOWN) == (missing in (1, 2, 3))
    assert (status.cover is Cover.UNKNOWN) == (missing == 2)
    assert (status.paper is PaperSupply.UNKNOWN) == (missing == 4)


def test_bad_news_counts_even_alone():
    assert judge({1: 0x1A}).device is DeviceState.OFFLINE
    assert judge({2: 0x32}).paper is PaperSupply.OUT


MIXED = bytes.fromhex("11 12 18000F00 13 3722 30303432 00 03 16 11 10000000 0F")
EVENTS = [
    RealTime(0x12),
    Changed(bytes.fromhex("18000F00")),
    Completed(b"0042"),
    InTurn(0x03),
    RealTime(0x16),
    Changed(bytes.fromhex("10000000")),
    InTurn(0x0F),
]


@pytest.mark.parametrize("portion", [1, 2, 3, 5, 100])
def test_replies_are_told_apart_in_any_portions(portion):
    heard = Demultiplexer()
    found = [e for at in range(0, len(MIXED), portion) for e in heard.feed(MIXED[at : at + portion])]
    assert found == EVENTS


def test_flow_control_and_answers_may_stand_inside_an_automatic_status():
    found = Demultiplexer().feed(bytes.fromhex("18 13 00 12 0F 11 00"))
    assert found == [RealTime(0x12), Changed(bytes.fromhex("18000F00"))]


def test_flow_control_may_stand_inside_a_number():
    assert Demultiplexer().feed(bytes.fromhex("3722 30 13 30 34 11 32 00")) == [Completed(b"0042")]


def test_a_status_that_lost_bytes_gives_way_to_the_next():
    assert Demultiplexer().feed(bytes.fromhex("1800 10000000")) == [Changed(bytes.fromhex("10000000"))]


def test_other_blocks_are_skipped_whole():
    name = b"\x5fTM-T88V\x00"
    assert Demultiplexer().feed(name + b"\x35\x22\x31\x00" + b"\x12") == [RealTime(0x12)]


def test_an_endless_block_is_given_up():
    assert Demultiplexer().feed(b"\x37" + b"A" * 79 + b"\x12") == [RealTime(0x12)]


@given(st.binary(max_size=300))
def test_no_noise_breaks_it(data):
    for event in Demultiplexer().feed(data):
        assert isinstance(event, RealTime | Changed | InTurn | Completed | Cleared)


def test_the_answer_to_clear_is_no_number_and_no_change():
    """37 25 00: TM-T90 specification, DLE DC4 (fn = 8).  XOFF may stand inside."""
    assert Demultiplexer().feed(bytes.fromhex("372500")) == [Cleared()]
    assert Demultiplexer().feed(bytes.fromhex("12 37 13 25 00 18000F00")) == [
        RealTime(0x12),
        Cleared(),
        Changed(bytes.fromhex("18000F00")),
    ]
    assert Demultiplexer().feed(bytes.fromhex("372600")) == []
