"""What is sealed reaches central once, in order, over any line; nothing is dropped, and what central says is kept."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any

import pytest

from devices.clock import SystemClock
from kiosk import events
from kiosk.field import wire
from kiosk.field.api import FieldApi
from kiosk.field.courier import Courier, CourierDied
from kiosk.field.packets import KeptState
from kiosk.field.views import Link
from tests.field.far_central import LOSE_REPLY, LOSE_REQUEST, FarCentral, WallClock
from tests.field.visits import Life, files, record

EVERY_S = 60.0


class Round:
    """A life with a courier that is moved by hand: ``sweep`` on the test's own thread."""

    def __init__(self, life: Life, far: FarCentral, api: FieldApi, clock: WallClock) -> None:
        self.life, self.far = life, far
        self.out = io.StringIO()
        far.sign_key = life.keys.sign_public
        self.courier = Courier(life.packets, api, clock, events.Log(self.out, clock), EVERY_S)

    def keep(self, *numbers: int) -> None:
        for no in numbers:
            self.life.packets.keep(record(no), self.far.key(wire.Suite.X25519), "王**")

    @property
    def logged(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.getvalue().splitlines()]

    @property
    def states(self) -> list[tuple[KeptState, wire.PacketResult | None]]:
        return [(visit.state, visit.result) for visit in self.life.packets.kept()]

    @property
    def sent(self) -> list[int]:
        """The numbers of the packets that central heard, in order."""
        return [int(line.rsplit("/", 1)[1]) for line in self.far.heard if line.startswith("PUT")]


DONE = (KeptState.ACCEPTED, wire.PacketResult.NOTED)


@pytest.fixture
def round_(folder: Path, far: FarCentral, api: FieldApi, clock: WallClock) -> Iterator[Round]:
    with Life(folder, clock) as life:
        yield Round(life, far, api, clock)


def test_everything_goes_in_order_and_then_it_is_quiet(round_: Round, folder: Path) -> None:
    round_.keep(1, 2, 3)
    assert round_.courier.sweep() == EVERY_S
    assert round_.sent == [1, 2, 3]
    assert round_.states == [DONE] * 3
    assert files(folder) == []
    assert [said["up_ms"] for said in round_.far.records()] == [1001, 1002, 1003]
    assert [line["id"] for line in round_.logged] == ["packet_answered"] * 3


def test_with_nothing_to_send_central_is_asked_whether_it_is_there(round_: Round) -> None:
    assert round_.courier.progress.link is Link.OFFLINE
    assert round_.courier.sweep() == EVERY_S
    assert (round_.far.heard, round_.courier.progress.link) == (["GET /v1/tablet/packets"], Link.ONLINE)
    round_.far.faults = [LOSE_REQUEST]
    assert round_.courier.sweep() < EVERY_S
    assert round_.courier.progress.link is Link.OFFLINE


@pytest.mark.parametrize("seed", range(30))
def test_a_line_that_loses_half_of_everything(
    folder: Path, far: FarCentral, api: FieldApi, clock: WallClock, seed: int
) -> None:
    """Lost before or after central heard it, and the program ends now and then."""
    rng = Random(seed)
    far.faults = rng.choices(["", LOSE_REQUEST, LOSE_REPLY], [2, 1, 1], k=24)
    for no in range(1, 7):
        with Life(folder, clock) as life:
            trip = Round(life, far, api, clock)
            trip.keep(no)
            for _ in range(rng.randrange(3)):
                trip.courier.sweep()
    with Life(folder, clock) as life:
        trip = Round(life, far, api, clock)
        sweeps = 0
        while life.packets.unsent:
            trip.courier.sweep()
            sweeps += 1
            assert sweeps < 40
        assert trip.states == [DONE] * 6
    assert [said["up_ms"] for said in far.records()] == [1001, 1002, 1003, 1004, 1005, 1006]


def test_waits_grow_while_there_is_no_line_and_start_anew_with_the_first_answer(round_: Round) -> None:
    round_.keep(1, 2)
    round_.far.faults = [LOSE_REQUEST] * 8 + ["", LOSE_REQUEST, LOSE_REQUEST]
    waits = [round_.courier.sweep() for _ in range(8)]
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60]
    assert round_.courier.sweep() == 1
    assert round_.courier.sweep() == 2
    assert round_.courier.sweep() == EVERY_S


def test_progress_is_told_with_a_number_that_grows(round_: Round) -> None:
    told = []
    far_answer = round_.far.answer

    def answer(method: str, path: str, body: bytes) -> tuple[int, dict[str, Any]]:
        told.append(round_.courier.progress)
        return far_answer(method, path, body)

    round_.far.answer = answer  # type: ignore[method-assign]
    round_.keep(1, 2)
    round_.courier.sweep()
    told.append(round_.courier.progress)
    assert [(one.link, one.unsent) for one in told] == [
        *((Link.SENDING, 2), (Link.SENDING, 1), (Link.ONLINE, 0)),
    ]
    assert told[0].unsent_bytes > told[1].unsent_bytes > told[2].unsent_bytes == 0
    assert told[0].number < told[1].number < told[2].number


# --- what central may answer -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", ["packet_refused", "invalid_request"])
def test_what_central_refuses_is_parked_and_stays(round_: Round, folder: Path, code: str) -> None:
    round_.keep(1)
    round_.far.refuse[1] = code
    assert round_.courier.sweep() == EVERY_S
    assert round_.states == [(KeptState.PARKED, None)]
    assert files(folder) == ["00000001.sealed"]
    assert {"packet_parked", "central_refused"} >= {line["id"] for line in round_.logged}
    assert (round_.courier.progress.unsent, round_.sent) == (0, [1])
    round_.courier.sweep()
    assert round_.sent == [1]


def test_behind_a_refused_one_the_others_wait_and_it_is_offered_again_with_them(round_: Round) -> None:
    round_.keep(1, 2, 3)
    round_.far.refuse[2] = "packet_refused"
    assert round_.courier.sweep() < EVERY_S
    assert round_.states == [DONE, (KeptState.PARKED, None), (KeptState.SEALED, None)]
    round_.far.refuse.clear()  # somebody has set it right
    assert round_.courier.sweep() == EVERY_S
    assert round_.states == [DONE] * 3


@pytest.mark.parametrize("code", ["unauthorised", "too_many_tries"])
def test_another_no_is_no_word_on_the_packet(round_: Round, code: str) -> None:
    round_.keep(1)
    round_.far.refuse[1] = code
    assert round_.courier.sweep() < EVERY_S
    assert round_.states == [(KeptState.SEALED, None)]


def test_an_answer_to_another_question_is_no_answer(round_: Round) -> None:
    round_.keep(1)
    word_on = round_.far.word_on
    round_.far.word_on = lambda packet: word_on(packet) | {"hash": "ab" * 32}  # type: ignore[method-assign]
    assert round_.courier.sweep() < EVERY_S
    assert round_.states == [(KeptState.SEALED, None)]
    round_.far.word_on = word_on  # type: ignore[method-assign]
    round_.courier.sweep()
    assert round_.states == [DONE]


def test_a_central_that_has_lost_packets_is_given_what_is_left_of_them(round_: Round) -> None:
    round_.keep(1, 2, 3)
    round_.courier.sweep()
    for seq in (2, 3):
        del round_.far.kept[seq]
    round_.keep(4)
    assert round_.courier.sweep() == EVERY_S
    assert sorted(round_.far.kept) == [1, 2, 3, 4]
    assert [packet.sealed is None for packet in round_.far.kept.values()] == [False, True, True, False]
    lost = (KeptState.PARKED, wire.PacketResult.NOT_READABLE)  # central's last word, plainly
    assert round_.states == [DONE, lost, lost, DONE]


def test_a_central_that_contradicts_itself_is_not_asked_without_end(round_: Round) -> None:
    round_.keep(1)
    round_.far.refuse[1] = "packet_gap"
    assert round_.courier.sweep() < EVERY_S
    assert len(round_.far.heard) < 5
    assert round_.states == [(KeptState.SEALED, None)]


def test_a_central_that_has_it_and_misses_what_was_before_is_not_asked_without_end(round_: Round) -> None:
    round_.keep(1, 2)
    round_.far.faults = ["", LOSE_REPLY]
    round_.courier.sweep()
    round_.far.refuse[2] = "packet_gap"
    heard = len(round_.far.heard)
    assert round_.courier.sweep() < EVERY_S
    assert len(round_.far.heard) - heard < 4
    assert round_.states == [DONE, (KeptState.SEALED, None)]


@pytest.mark.parametrize("waiting", [0, 1])
def test_a_revoked_tablet_learns_it_and_its_packets_go_all_the_same(round_: Round, waiting: int) -> None:
    round_.keep(*range(1, waiting + 1))
    round_.far.revoked = True
    round_.courier.sweep()
    assert round_.courier.revoked
    assert [line["id"] for line in round_.logged].count("tablet_revoked") == 1
    assert round_.states == [(KeptState.PARKED, wire.PacketResult.TABLET_REVOKED)] * waiting


# --- on its own thread -----------------------------------------------------------------------------------------------


@contextmanager
def running(life: Life, far: FarCentral) -> Iterator[Courier]:
    far.sign_key = life.keys.sign_public
    with far.api() as api:
        courier = Courier(life.packets, api, SystemClock(), events.Log(io.StringIO(), SystemClock()), 600.0)
        courier.start()
        yield courier
        courier.stop()


def test_it_sends_by_itself_when_it_is_woken_and_stops_when_it_is_told(
    folder: Path, clock: WallClock, far: FarCentral
) -> None:
    with Life(folder, clock) as life:
        life.packets.keep(record(1), far.key(wire.Suite.X25519), "")
        with running(life, far) as courier:
            until(lambda: life.packets.unsent == 0)
            life.packets.keep(record(2), far.key(wire.Suite.X25519), "")
            for _ in range(10):
                courier.wake()
            until(lambda: life.packets.unsent == 0)
            courier.check()
        assert not [thread for thread in threading.enumerate() if thread.name == "courier"]
        assert [visit.state for visit in life.packets.kept()] == [KeptState.ACCEPTED] * 2


def test_it_stops_between_two_packets_and_the_next_start_sends_the_rest(round_: Round) -> None:
    round_.keep(1, 2, 3)
    far_answer = round_.far.answer

    def answer(method: str, path: str, body: bytes) -> tuple[int, dict[str, Any]]:
        round_.courier.stop()  # somebody switches the tablet off just now
        return far_answer(method, path, body)

    round_.far.answer = answer  # type: ignore[method-assign]
    round_.courier.sweep()
    assert round_.sent == [1]
    assert round_.life.packets.unsent == 2


def test_visits_are_kept_while_others_are_sent(folder: Path, clock: WallClock, far: FarCentral) -> None:
    """Session and courier at once, over one journal."""
    with Life(folder, clock) as life:
        with running(life, far) as courier:
            for no in range(1, 31):
                life.packets.keep(record(no), far.key(wire.Suite.X25519), "")
                courier.wake()
                life.packets.kept()
            until(lambda: life.packets.unsent == 0)
        assert life.journal.verify() == 60
    assert [said["up_ms"] for said in far.records()] == list(range(1001, 1031))


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_courier_that_dies_says_so(folder: Path, clock: WallClock, far: FarCentral) -> None:
    with Life(folder, clock) as life:
        life.packets.keep(record(1), far.key(wire.Suite.X25519), "")
        life.journal.close()  # the answer cannot be written
        with running(life, far) as courier:
            until(lambda: not alive(courier))
            with pytest.raises(CourierDied):
                courier.check()
    with Life(folder, clock) as life:
        assert life.packets.unsent == 1


def test_what_a_power_cut_left_is_in_the_log(round_: Round, folder: Path, clock: WallClock) -> None:
    (folder / "packets" / "00000001.sealed").write_bytes(b"nothing of ours")
    round_.life.packets.recover()
    round_.courier.start()
    round_.courier.stop()
    (line,) = [line for line in round_.logged if line["id"] == "packets_recovered"]
    assert (line["adopted"], line["aside"]) == (0, 1)


def alive(courier: Courier) -> bool:
    try:
        courier.check()
    except CourierDied:
        return False
    return True


def until(done: Any) -> None:
    clock = SystemClock()
    end_s = clock.monotonic() + 20
    while not done():
        assert clock.monotonic() < end_s
        clock.sleep(0.01)
