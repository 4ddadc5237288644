"""A worker seen from the kiosk: a process started afresh (nothing of ours is forked into it), its pipe, its mirror.

It inherits two file numbers and an environment of a few words.  When it is gone, however it went, its mirror is wiped here too.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from kiosk.face import talk
from kiosk.face.mirror import Mirror, new_memory
from kiosk.face.talk import Pipe, PipeBroken

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = (sys.executable, "-B", "-s", "-m", "kiosk.face.worker")  # -B: it writes no file at all
# deploy/tablet/program.py: there is no interpreter beside a packaged program
PACKAGED = (sys.executable, "face-worker")
ENVIRONMENT = {
    "PATH": "/usr/bin:/bin",
    "LANG": "C.UTF-8",
    # numpy would start a thread for each core at import; the other cores are the screen's
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
}
KILL_WAIT_S = 2.0


class Child:
    """One worker process.  Belongs to one thread; ``mirror.read`` to any."""

    def __init__(self, settings: talk.Settings) -> None:
        """Starts it; returns at once.  Raises OSError when no process can be started."""
        ours, theirs = socket.socketpair()
        memory = new_memory()
        try:
            self.mirror = Mirror(memory)
            numbers = (theirs.fileno(), memory)
            program = PACKAGED if hasattr(sys, "frozen") else PROGRAM
            self._process = subprocess.Popen(
                [*program, *map(str, numbers), str(os.getpid())],
                cwd=ROOT,
                env=ENVIRONMENT,
                pass_fds=numbers,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,  # Ctrl-C at a terminal is the kiosk's; and it leads a group of its own
            )
        except OSError:
            ours.close()
            raise
        finally:
            theirs.close()
            os.close(memory)
        self._pipe = Pipe(ours)
        try:
            self._pipe.post(settings)
        except PipeBroken:
            return  # it ended at once: the next ``take`` says so

    @property
    def pid(self) -> int:
        return self._process.pid

    def post(self, message: talk.Message) -> None:
        """Never waits.  Raises PipeBroken."""
        self._pipe.post(message)

    def take(self, wait_s: float) -> talk.Message | None:
        """Raises PipeBroken when it is gone or speaks nonsense."""
        return self._pipe.take(wait_s)

    def end(self, grace_s: float) -> None:
        """Asks it to end, waits so long, kills it, and wipes what is left.  May be called twice."""
        if self._process.returncode is None:
            try:
                self._pipe.post(talk.Close())
                self._process.wait(grace_s)
            except (PipeBroken, subprocess.TimeoutExpired):
                self._kill()
        self._pipe.close()
        self.mirror.wipe()

    def _kill(self) -> None:
        """It and what it has started: a program that decodes a card's picture may hang longer than it."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        try:
            self._process.wait(KILL_WAIT_S)
        except subprocess.TimeoutExpired:
            return  # it hangs in a driver; it will not run a line of its own any more
