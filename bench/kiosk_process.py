"""A ``bench.glass`` process, from the bench's side: what it tells, and orders to it."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

PATIENCE_S = 30.0


class KioskProcess:
    """``told`` is everything so far, oldest first."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._changed = threading.Condition()
        self.told: list[dict[str, Any]] = []
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            with self._changed:
                self.told.append(json.loads(line))
                self._changed.notify_all()

    def order(self, **what: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(what) + "\n")
        self._process.stdin.flush()

    def wait(self, since: int, good: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The first event from number ``since`` on that is good.  Raises SystemExit when it does not come."""
        found: list[dict[str, Any]] = []

        def there() -> bool:
            found[:] = [event for event in self.told[since:] if good(event)]
            return bool(found)

        with self._changed:
            if not self._changed.wait_for(there, PATIENCE_S):
                raise SystemExit(f"never came; last were {self.told[-5:]}")
        return found[0]

    def view(self, name: str, since: int, **having: object) -> dict[str, Any]:
        """The first frame of a view from number ``since`` on."""
        return self.wait(
            since, lambda e: e.get("view") == name and all(e.get(k) == v for k, v in having.items())
        )

    def end(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(30)


@contextmanager
def kiosk_process(toml: Path) -> Iterator[KioskProcess]:
    command = [sys.executable, "-m", "bench.glass", str(toml)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    kiosk = KioskProcess(process)
    try:
        kiosk.view("Home", 0)
        yield kiosk
    finally:
        kiosk.end()
