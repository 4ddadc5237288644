"""The session's thread: the first question, the machine behind it, visit after visit, until it is told to stop.

An expected outcome is a view; a surprise ends the process, and the service manager starts a clean one.  What the first screen
does not need is imported and built after it is asked: people look at a screen that answers while the journal is read.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

from devices.clock import Clock
from kiosk import texts, views
from kiosk.config import Config
from kiosk.desk import Cancelled, Desk, Stopped
from kiosk.views import HomeNews, View

if TYPE_CHECKING:
    from kiosk import events

REFUSED_S = 60.0  # the service manager then starts the program anew, which looks at the journal again
FIRST_LOOK_S = 0.02  # the first screen is mounted and drawn before its own thread starts to build


class Machine(Protocol):
    """A kiosk of a hall (kiosk.build) or a tablet (kiosk.field.build)."""

    def start(self) -> None:
        """What works beside the session begins."""

    def serve(self, answer: object = None) -> None:
        """Until Stopped.  ``answer``: of the first screen; one that says nothing is none."""

    def close(self) -> None: ...


class Session:
    """``build`` makes the machine, after the first screen is asked: ``first``, the home screen; ``ready`` has it asked again.

    ``refuse`` says to people that the machine cannot serve, because its journal cannot be used; ``on_end`` is told the error that
    ended it, None after a clean stop.  All of them are called on the session's thread.
    """

    def __init__(
        self,
        desk: Desk,
        build: Callable[[], Machine],
        refuse: Callable[[Exception], None],
        on_end: Callable[[Exception | None], None],
        first: View[Any] | None = None,
        ready: object = HomeNews.CHANGED,
    ) -> None:
        self._desk, self._build, self._refuse, self._on_end = desk, build, refuse, on_end
        self._first, self._ready = first or views.Home(), ready
        self._machine: Machine | None = None
        self._thread = threading.Thread(target=self._run, name="session", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def join(self, timeout_s: float) -> None:
        self._thread.join(timeout_s)

    def _run(self) -> None:
        ended: Exception | None = None
        try:
            self._serve()
        except Stopped:
            pass
        except Exception as error:  # noqa: BLE001 - the last resort: told once, then the process ends
            ended = error
            if is_journals(error):
                self._refuse(error)
        finally:
            if self._machine is not None:
                self._machine.close()
            self._on_end(ended)

    def _serve(self) -> None:
        try:
            answer = self._desk.ask(self._first, watch=self._get_ready, every_s=FIRST_LOOK_S)
        except Cancelled:
            answer = self._ready
        self._get_ready()
        assert self._machine is not None
        self._machine.serve(answer)

    def _get_ready(self) -> object:
        """Builds the machine, once; then the first screen is asked again, with everything behind it."""
        if self._machine is None:
            self._machine = self._build()
            self._machine.start()
        return self._ready


def is_journals(error: Exception) -> bool:
    """Whether the journal cannot be used: no money may move without it, so nobody is served, and nobody meets a dark screen."""
    from kiosk.journal import JournalError

    return isinstance(error, JournalError)


def note(log: events.Log, error: Exception) -> None:
    """Writes down what ended the session."""
    from kiosk import events
    from kiosk.journal import JournalBroken

    if is_journals(error):
        fault = (
            events.JournalFault.BROKEN if isinstance(error, JournalBroken) else events.JournalFault.UNWRITABLE
        )
        log.write(events.JournalRefused(fault=fault.value))
    else:
        log.write(events.Surprise.of(error))


def out_of_service(desk: Desk, clock: Clock, config: Config) -> None:
    """这台机器正在检修, and where else to go; for a while, then the caller ends."""
    desk.show(views.OutOfService(texts.NO_SERVICE_NOTE.format(hotline=config.site.hotline)))
    clock.sleep(REFUSED_S)
