"""Visits that a power cut may end anywhere.  Run by test_power_cut, as ``python -m tests.kiosk.power_cut_child``.

One JSON line in for each visit, one out.  Every visit runs in a forked child, so that SIGKILL takes exactly what a power cut
takes: everything that is not on the disk or on the wire.

    in    {"config": path, "scenario": "pay", "fuse": "before", "at": 3}
    out   {"killed": true} or {"killed": false, "burnt": {"before": 7, "after": 7, "sent": 9, "wrote": 21}}

The fuse burns  ``before`` and ``after`` each journal entry,  when a request was ``sent`` and its answer not yet read,  and when
bytes were ``wrote`` to the printer.
"""

from __future__ import annotations

import io
import json
import os
import signal
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import requests
import urllib3.connection

from devices.clock import SystemClock
from devices.transport import SerialTransport
from kiosk import build, config, events
from kiosk.flows.attract import Devices, attract
from kiosk.journal import Journal
from kiosk.views import BACK, AttentionButton, MyPageButton, PaidButton
from tests.desk import WORLD, Clock, Do, ScriptedDesk

PENSION = "due:resident_pension:2026"


class Fuse:
    """Counts; at the chosen point the process is gone."""

    def __init__(self, kind: str, at: int) -> None:
        self._target, self.burnt = (kind, at), Counter[str]()

    def burn(self, kind: str) -> None:
        self.burnt[kind] += 1
        if (kind, self.burnt[kind]) == self._target:
            os.kill(os.getpid(), signal.SIGKILL)


class FusedJournal:
    """The journal, with a fuse at every entry."""

    def __init__(self, journal: Journal, fuse: Fuse) -> None:
        self._journal, self._fuse = journal, fuse

    def append(self, *arguments: Any) -> Any:
        self._fuse.burn("before")
        entry = self._journal.append(*arguments)
        self._fuse.burn("after")
        return entry

    def __getattr__(self, name: str) -> Any:
        return getattr(self._journal, name)


def visit(order: dict[str, Any]) -> dict[str, Any]:
    """One visit and the outbox's work after it.  The card lies on the reader already."""
    settings, clock, fuse = config.load(Path(order["config"])), Clock(), Fuse(order["fuse"], order["at"])
    desk = ScriptedDesk(clock, ())
    machine = build.build(settings, desk, clock, SystemClock(), events.Log(io.StringIO(), clock))
    kiosk, journal = machine.kiosk, FusedJournal(machine.journal, fuse)
    for till in (kiosk.till, kiosk.outbox._till):
        till._journal = journal  # type: ignore[assignment]
    light(fuse, settings.printer.port)
    desk._answers = [*answers(order["scenario"], lambda: kiosk.till.pay_url)]
    attract(kiosk, Devices(kiosk))
    while not kiosk.outbox._inbox.empty():
        kiosk.outbox.receive(0)
    for _ in range(3):
        clock.sleep(max(kiosk.outbox.sweep(), 0) + 1)
    machine.journal.close()
    return {"killed": False, "burnt": dict(fuse.burnt)}


def answers(scenario: str, pay_url: Callable[[], str]) -> tuple[Any, ...]:
    """What the citizen does."""
    leave = MyPageButton.LEAVE

    def pay() -> None:
        requests.post(
            f"{pay_url()}/pay", headers={"Accept": "application/json"}, timeout=5
        ).raise_for_status()

    if scenario == "pay":
        return (WORLD, PENSION, "300", True, Do(pay), WORLD, PaidButton.DONE)
    if scenario == "give up":
        return (WORLD, PENSION, "300", True, BACK, AttentionButton.FIRST, leave)
    if scenario == "pay and give up":
        return (WORLD, PENSION, "300", True, Do(pay), BACK, PaidButton.DONE)
    assert scenario == "copy"
    return (WORLD, "owed", PaidButton.DONE, leave)


def light(fuse: Fuse, printer_port: str) -> None:
    """Lays the fuse to the wires."""
    get, put = urllib3.connection.HTTPConnection.getresponse, SerialTransport.write

    def getresponse(connection: Any) -> Any:
        fuse.burn("sent")
        return get(connection)

    def write(transport: SerialTransport, data: bytes) -> None:
        put(transport, data)
        if transport.port == printer_port:
            fuse.burn("wrote")

    urllib3.connection.HTTPConnection.getresponse = getresponse  # type: ignore[assignment,method-assign]
    SerialTransport.write = write  # type: ignore[method-assign]


def main() -> None:
    import kiosk.flows.pay
    import kiosk.wire  # noqa: F401 - before the forks, so that each child starts at once

    for line in sys.stdin:
        told, tell = os.pipe()
        child = os.fork()
        if child == 0:
            os.write(tell, json.dumps(visit(json.loads(line))).encode())
            os._exit(0)
        os.close(tell)
        with os.fdopen(told, "rb") as words:
            said = words.read()
        _, status = os.waitpid(child, 0)
        killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
        if not killed and status != 0:
            said = json.dumps({"broken": status}).encode()
        sys.stdout.write((json.dumps({"killed": True}) if killed else said.decode()) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
