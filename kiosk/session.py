"""The session thread: visit after visit, until it is told to stop.

An expected outcome is a view; a surprise is logged once and ends the process, and the service manager starts a clean one.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable

from devices.clock import Clock
from kiosk import events, texts, views
from kiosk.build import Machine
from kiosk.config import Config
from kiosk.desk import Cancelled, Desk, Stopped
from kiosk.events import JournalFault
from kiosk.flows import card
from kiosk.flows.attract import Devices, attract
from kiosk.journal import JournalBroken, JournalError
from kiosk.kiosk import Kiosk

REFUSED_S = 60.0  # the service manager then starts the program anew, which looks at the journal again


class Session:
    """Builds the machine and serves on a thread of its own.

    ``refuse`` says to people that the machine cannot serve; ``on_end`` is called at the end, True after a clean stop.
    """

    def __init__(
        self,
        build: Callable[[], Machine],
        log: events.Log,
        refuse: Callable[[], None],
        on_end: Callable[[bool], None],
    ) -> None:
        self._build, self._log, self._refuse, self._on_end = build, log, refuse, on_end
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
        except (
            JournalError
        ) as error:  # no money may move without it, so nobody is served, and nobody meets a dark screen
            fault = JournalFault.BROKEN if isinstance(error, JournalBroken) else JournalFault.UNWRITABLE
            self._log.write(events.JournalRefused(fault=fault.value))
            self._refuse()
        except Exception as error:  # noqa: BLE001 - the last resort: logged once, then the process ends
            self._log.write(events.Surprise.of(error))
        finally:
            if machine is not None:
                machine.close()
            self._on_end(clean)


def out_of_service(desk: Desk, clock: Clock, config: Config) -> None:
    """这台机器正在检修, and where else to go; for a while, then the caller ends."""
    desk.show(views.OutOfService(texts.NO_SERVICE_NOTE.format(hotline=config.site.hotline)))
    clock.sleep(REFUSED_S)


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
