"""The service manager is told only what is true: both threads live."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk.watchdog import FRESH_S, Watchdog


@pytest.fixture
def manager(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "notify"))
        listener.setblocking(False)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        yield listener


def heard(manager: socket.socket) -> list[bytes]:
    said = []
    while True:
        try:
            said.append(manager.recv(100))
        except BlockingIOError:
            return said


def test_ready_and_pings_arrive(manager: socket.socket) -> None:
    watchdog = Watchdog(lambda: 100.0, lambda: 100.0 + FRESH_S)
    watchdog.ready()
    assert watchdog.ping()
    assert heard(manager) == [b"READY=1", b"WATCHDOG=1"]


def test_a_session_that_hangs_is_not_covered_for(manager: socket.socket) -> None:
    watchdog = Watchdog(lambda: 100.0, lambda: 100.1 + FRESH_S)
    assert not watchdog.ping()
    assert heard(manager) == []


def test_the_pings_go_on_when_the_session_lives_again(manager: socket.socket) -> None:
    now, last = [100.0 + FRESH_S * 2], [100.0]
    watchdog = Watchdog(lambda: last[0], lambda: now[0])
    assert not watchdog.ping()
    last[0] = now[0]
    assert watchdog.ping()
    assert heard(manager) == [b"WATCHDOG=1"]


def test_an_abstract_address(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind("\0kiosk-watchdog-of-a-test")
        monkeypatch.setenv("NOTIFY_SOCKET", "@kiosk-watchdog-of-a-test")
        Watchdog(lambda: 0.0, lambda: 0.0).ready()
        assert listener.recv(100) == b"READY=1"


def test_without_a_manager_nobody_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    assert Watchdog(lambda: 0.0, lambda: 1.0).ping()


def test_a_manager_that_is_gone_ends_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "nobody"))
    Watchdog(lambda: 0.0, lambda: 0.0).ready()
