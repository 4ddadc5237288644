"""The bad cable damages as told, and the same seed damages the same way."""

from __future__ import annotations

from random import Random

from devices.farend import Direction, FarEnd
from devices.faults import Faults
from devices.transport import SerialTransport
from tests.devices.test_transport import Echo

PORTION = bytes(range(16))


def test_a_good_cable_changes_nothing() -> None:
    assert Faults(Random(1)).spoil(PORTION) == (PORTION, 0.0)


def test_each_fault_does_what_its_name_says() -> None:
    for seed in range(50):
        assert Faults(Random(seed), drop=1).spoil(PORTION) == (b"", 0.0)
        assert Faults(Random(seed), duplicate=1).spoil(PORTION) == (PORTION + PORTION, 0.0)
        flipped, _ = Faults(Random(seed), flip=1).spoil(PORTION)
        assert sum((a ^ b).bit_count() for a, b in zip(PORTION, flipped, strict=True)) == 1
        cut, _ = Faults(Random(seed), truncate=1).spoil(PORTION)
        assert len(cut) < 16 and PORTION.startswith(cut)
        noisy, _ = Faults(Random(seed), noise=1).spoil(PORTION)
        assert len(noisy) > 16 and noisy.endswith(PORTION)
        same, late_s = Faults(Random(seed), delay=1, delay_s=0.2).spoil(PORTION)
        assert same == PORTION and 0 <= late_s <= 0.2


def test_the_seed_is_the_damage() -> None:
    def damage(seed: int) -> list[tuple[bytes, float]]:
        cable = Faults(Random(seed), drop=0.1, truncate=0.1, flip=0.3, duplicate=0.1, noise=0.1, delay=0.2)
        return [cable.spoil(PORTION) for _ in range(100)]

    assert damage(7) == damage(7)
    assert damage(7) != damage(8)


def test_probability_is_a_portion() -> None:
    cable = Faults(Random(3), drop=0.25)
    lost = sum(cable.spoil(PORTION)[0] == b"" for _ in range(4000))
    assert 850 < lost < 1150  # 1000 expected, over five standard deviations of room


def test_the_far_end_spoils_both_directions() -> None:
    with FarEnd(Echo(), None, Faults(Random(1), duplicate=1)) as end:
        line = SerialTransport(end.port, 9600)
        line.write(b"ab")
        got = b""
        while portion := line.read(64, 0.2):
            got += portion
        assert got == b"abab" * 2
        end.faults = None
        line.write(b"ab")
        assert line.read(64, 2.0)
        line.close()


def test_the_wire_is_busy_ten_bits_a_byte_and_idle_time_is_not_saved_up() -> None:
    wire = Direction(byte_s=1.0)
    wire.put(bytes(40), now_s=100.0)
    due = []
    while wire.waiting:
        due.append((wire.due_s, len(wire.take())))
    assert due == [(116.0, 16), (132.0, 16), (140.0, 8)]
    wire.put(b"a", now_s=120.0)  # while the wire is still busy with the last portion
    assert wire.due_s == 141.0
    wire.take()
    wire.put(b"a", now_s=500.0)
    assert wire.due_s == 501.0
