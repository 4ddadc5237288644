"""Central, the gateway and other commands as processes of their own, which can be killed and come back as they were."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

import requests

ROOT = Path(__file__).resolve().parents[2]
START_TIMEOUT_S = 60.0


class Service:
    """One command that serves ``url``.  The process that is killed is the one that answers.

    ``restarts_s``: from each restart's beginning until it answered.
    """

    def __init__(self, url: str, command: Sequence[str], log: Path, answers: str = "/v1/health") -> None:
        """``answers``: a path that is answered with 200 once it serves.  What it writes goes to ``log``."""
        self.url, self._command, self._log, self._answers = url, command, log, answers
        self.kills = 0
        self.restarts_s: list[float] = []
        self._process: subprocess.Popen[bytes] | None = None
        self._began_s = 0.0

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def begin(self) -> None:
        """Starts it and does not wait."""
        self._began_s = time.monotonic()
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, *self._command], stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=ROOT
            )

    def wait(self) -> None:
        """Until it answers.  Raises RuntimeError when it ends instead."""
        assert self._process is not None
        deadline = time.monotonic() + START_TIMEOUT_S
        while not self.answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{self._command[:3]} does not start, see {self._log}")
            time.sleep(0.01)
        self.restarts_s.append(time.monotonic() - self._began_s)

    def start(self) -> None:
        self.begin()
        self.wait()

    def answers(self) -> bool:
        try:
            return requests.get(self.url + self._answers, timeout=5).status_code == 200
        except requests.RequestException:
            return False

    @property
    def runs(self) -> bool:
        """Whether its process lives; it may not answer yet."""
        return self._process is not None and self._process.poll() is None

    def kill(self) -> None:
        """SIGKILL."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()
        self.kills += 1

    def stop(self) -> int:
        """SIGTERM; the exit code, 0 also when it did not run or was only starting."""
        if self._process is None or self._process.poll() is not None:
            return 0
        self._process.terminate()
        try:
            code = self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            code = self._process.wait()
        self._process = None
        return 0 if code == -signal.SIGTERM else code

    def restart_s_median(self) -> float:
        """Of all starts but the first, which also makes the township."""
        return median(self.restarts_s[1:]) if len(self.restarts_s) > 1 else 0.0
