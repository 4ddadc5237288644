"""The cable to central loses what it is told to lose, and nothing else."""

from __future__ import annotations

import socket
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from random import Random

import pytest

from stand.network import Fault, Network


class Upstream:
    """Answers every line with the same line in capitals, and remembers what it heard."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []
        self._server = socket.create_server(("127.0.0.1", 0))
        self.address: tuple[str, int] = self._server.getsockname()
        threading.Thread(target=self._accept, daemon=True).start()

    def stop(self) -> None:
        with suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._server.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, suppress(OSError):
            while line := client.recv(1000):
                self.heard.append(line)
                client.sendall(line.upper())


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    upstream = Upstream()
    yield upstream
    upstream.stop()


@pytest.fixture
def network(upstream: Upstream) -> Iterator[Network]:
    network = Network(upstream.address, delay_s=0.01).start()
    yield network
    network.stop()


def ask(network: Network, *lines: bytes) -> list[bytes]:
    """The answers over one connection; b"" when it is gone."""
    answers = []
    with socket.create_connection(("127.0.0.1", network.port), timeout=5) as client:
        for line in lines:
            try:
                client.sendall(line)
                answers.append(client.recv(1000))
            except (ConnectionError, BrokenPipeError):
                answers.append(b"")
    return answers


def always(fault: Fault) -> Callable[[], Fault]:
    return lambda: fault


def test_a_sound_cable_carries_everything(network: Network, upstream: Upstream) -> None:
    assert ask(network, b"one", b"two") == [b"ONE", b"TWO"]
    assert upstream.heard == [b"one", b"two"]


def test_a_lost_request_was_never_heard(network: Network, upstream: Upstream) -> None:
    network.choose = always(Fault.LOSE_REQUEST)
    assert ask(network, b"pay") == [b""]
    assert upstream.heard == []


def test_a_lost_reply_was_carried_out(network: Network, upstream: Upstream) -> None:
    network.choose = always(Fault.LOSE_REPLY)
    assert ask(network, b"pay") == [b""]
    assert upstream.heard == [b"pay"]


def test_a_late_answer_is_the_right_one(network: Network) -> None:
    network.choose = always(Fault.DELAY)
    assert ask(network, b"one", b"two") == [b"ONE", b"TWO"]


def test_a_cut_cable_carries_nothing_and_healing_mends_it(network: Network, upstream: Upstream) -> None:
    network.cut = True
    assert ask(network, b"one") == [b""]
    assert upstream.heard == []
    network.healthy()
    assert ask(network, b"two") == [b"TWO"]


def test_an_open_connection_feels_the_cut(network: Network, upstream: Upstream) -> None:
    with socket.create_connection(("127.0.0.1", network.port), timeout=5) as client:
        client.sendall(b"one")
        assert client.recv(100) == b"ONE"
        network.cut = True
        with suppress(ConnectionError, BrokenPipeError):
            client.sendall(b"two")
            assert client.recv(100) == b""
    assert upstream.heard == [b"one"]


def test_a_fault_is_drawn_once_an_exchange(network: Network) -> None:
    drawn: list[Fault] = []

    def choose() -> Fault:
        drawn.append(Fault.NONE)
        return Fault.NONE

    network.choose = choose
    ask(network, b"one", b"two", b"three")
    assert len(drawn) == 3


def test_faults_come_as_often_as_they_were_asked_for(network: Network) -> None:
    network.faulty(Random(5), 0.1, 0.2, 0.3)
    drawn = Counter(network.choose() for _ in range(10_000))
    expected = {Fault.LOSE_REQUEST: 1000, Fault.LOSE_REPLY: 2000, Fault.DELAY: 3000, Fault.NONE: 4000}
    assert all(abs(drawn[fault] - count) < 200 for fault, count in expected.items())


def test_the_same_seed_draws_the_same_faults(network: Network) -> None:
    runs = []
    for _ in range(2):
        network.faulty(Random(9), 0.2, 0.2, 0.2)
        runs.append([network.choose() for _ in range(50)])
    assert runs[0] == runs[1]


def test_healthy_forgets_the_faults(network: Network) -> None:
    network.faulty(Random(1), 1.0, 0.0, 0.0)
    network.healthy()
    assert network.choose() is Fault.NONE and not network.cut
