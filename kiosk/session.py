"""The session thread: visit after visit, until it is told to stop.

An expected outcome is a view; a surprise is logged once and ends the process, and the service manager starts a clean one.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable

from kiosk import events, texts, views
from kiosk.build import Machine
from kiosk.desk import Cancelled, Stopped
from kiosk.flows import card
from kiosk.flows.attract import Devices, attract
from kiosk.kiosk import Kiosk


class Session:
    """Builds the machine and serves on a thread of its own; ``on_end`` is called there: True after a clean stop."""

    def __init__(self, build: Callable[[], Machine], log: events.Log, on_end: Callable[[bool], None]) -> None:
        self._build, self._log, self._on_end = build, log, on_end
        self._thread = threading.Thread(target=self._run, name="session", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def join(self, timeout_s: float) -> None:
        self._thread.join(timeout_s)

    def _run(self) -> None:
        machine: Machine | None = None
        clean = False
        try:
            machine = self._build()
            machine.kiosk.outbox.start()
            serve(machine.kiosk)
        except Stopped:
            clean = True
        except Exception as error:  # noqa: BLE001 - the last resort: logged once, then the process ends
            self._log.write(events.Surprise.of(error))
        finally:
            if machine is not None:
                machine.close()
            self._on_end(clean)


def serve(kiosk: Kiosk) -> None:
    """Attract, visit, attract, ...  Ends only by an exception: Stopped, or a surprise."""
    devices = Devices(kiosk)
    for number in itertools.count(1):
        visit(kiosk, devices, number)


def visit(kiosk: Kiosk, devices: Devices, number: int) -> None:
    """One visit; however it ends, the card goes back and nothing of the person stays."""
    started, reason = kiosk.clock.monotonic(), "done"
    kiosk.log.write(events.VisitStarted(visit_no=number))
    try:
        attract(kiosk, devices)
    except Cancelled as cancelled:
        reason = cancelled.reason
    card.give_back(kiosk)
    if reason == "done":
        kiosk.desk.show(views.Goodbye(texts.GOODBYE_TITLE, texts.GOODBYE_NOTE))
        kiosk.clock.sleep(kiosk.config.session.goodbye_s)
    seconds = round(kiosk.clock.monotonic() - started)
    kiosk.log.write(events.VisitEnded(visit_no=number, reason=reason, seconds=seconds))
