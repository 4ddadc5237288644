"""The session thread: visit after visit, until it is told to stop.

An expected outcome is a view; a surprise is logged once and ends the process, and the service manager starts a clean one.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from devices.clock import Clock
from kiosk import events, texts, views
from kiosk.config import Config
from kiosk.desk import Desk, Stopped
from kiosk.events import JournalFault

if TYPE_CHECKING:
    from kiosk.build import Machine

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
        from kiosk.flows.visits import serve  # here, so that the first screen is drawn meanwhile
        from kiosk.journal import JournalBroken, JournalError

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
