"""The hands of one kiosk's surroundings, reached from another process: the emulators outlive the kiosk that is killed.

One pickled (what, path, arguments) a call, one answer each; what a call returns stays where it was made.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from functools import reduce
from multiprocessing.connection import Client, Connection, Listener
from pathlib import Path
from typing import Any


class Hands:
    """Lets one process at a time reach into ``thing``.  ``address`` is what it must be told."""

    def __init__(self, thing: object, folder: Path) -> None:
        self._thing = thing
        self.address = str(folder / "hands")
        self._listener = Listener(self.address)
        self._ending = False
        self._thread = threading.Thread(target=self._run, name="hands", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._ending = True
        with suppress(OSError):
            Client(self.address).close()  # wakes it
        self._thread.join(5)
        self._listener.close()

    def _run(self) -> None:
        while not self._ending:
            with suppress(OSError), self._listener.accept() as connection:
                self._obey(connection)

    def _obey(self, connection: Connection) -> None:
        with suppress(EOFError):  # killed
            while True:
                what, path, arguments = connection.recv()
                *way, last = path
                target: Any = reduce(getattr, way, self._thing)
                if what == "set":
                    setattr(target, last, *arguments)
                else:
                    getattr(target, last)(*arguments)
                connection.send(None)


class Far:
    """``far.printer.jam()`` and ``far.reader.mute = True`` happen at the other end."""

    def __init__(self, tell: Callable[..., None], path: tuple[str, ...] = ()) -> None:
        # no names that anything at the other end could have
        vars(self).update({"tell of": tell, "path of": path})

    @classmethod
    def reach(cls, address: str) -> Far:
        connection = Client(address)

        def tell(what: str, path: tuple[str, ...], *arguments: object) -> None:
            connection.send((what, path, arguments))
            connection.recv()

        return cls(tell)

    def __getattr__(self, name: str) -> Far:
        return Far(vars(self)["tell of"], (*vars(self)["path of"], name))

    def __setattr__(self, name: str, value: object) -> None:
        vars(self)["tell of"]("set", (*vars(self)["path of"], name), value)

    def __call__(self, *arguments: object) -> None:
        vars(self)["tell of"]("call", vars(self)["path of"], *arguments)
