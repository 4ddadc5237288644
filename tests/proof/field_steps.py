"""Every step at which a tablet's process can die: each call that changes its disk, each piece that goes over the line.

    open, write, fsync, rename, unlink, mkdir    of the tablet's own files; what is written at once by the program is written in two
                                                 pieces here, as a system may
    sql write, sync, truncate, delete            what SQLite asks of the journal's files
    send, answer, answered                       a request piece by piece, before its answer is read, and after

A step is named before it is done, so that dying at the next one is dying after it.  Only in a process that is meant to die.
"""

from __future__ import annotations

import http.client
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import apsw

NAME = "steps"
Report = Callable[[dict[str, Any]], None]


class Steps:
    """``kill_at`` 0: never."""

    def __init__(self, folder: Path, kill_at: int, report: Report) -> None:
        self.folder, self._kill_at, self._report = folder, kill_at, report
        self.count = 0
        self._handles: dict[int, str] = {}
        self._fill_in()
        self._vfs = _Vfs(self)

    def __call__(self, label: str) -> None:
        self.count += 1
        if self.count == self._kill_at:
            self._report({"died": label})
            os.kill(os.getpid(), signal.SIGKILL)

    def ours(self, path: object) -> str:
        """The file's name below the folder with numbers made one, "" for a file that is not the tablet's."""
        if not isinstance(path, str | os.PathLike):
            return ""
        text = os.fspath(path)
        if not isinstance(text, str) or not text.startswith(f"{self.folder}{os.sep}"):
            return ""
        name = text[len(str(self.folder)) + 1 :]
        return "".join("#" if character.isdigit() else character for character in name)

    def _fill_in(self) -> None:
        """This process's own system calls go through here from now on."""
        handles, real = (
            self._handles,
            {name: getattr(os, name) for name in ("open", "write", "fsync", "close")},
        )

        def open_(path: Any, flags: int, *args: Any, **more: Any) -> int:
            name = self.ours(path)
            if name and flags & os.O_CREAT:
                self(f"open {name}")
            handle: int = real["open"](path, flags, *args, **more)
            if name:
                handles[handle] = name
            return handle

        def write(handle: int, data: Any) -> int:
            if handle not in handles:
                return int(real["write"](handle, data))
            self(f"write {handles[handle]}")
            return int(real["write"](handle, data[: max(len(data) // 2, 1)] if len(data) > 64 else data))

        def fsync(handle: int) -> None:
            if handle in handles:
                self(f"fsync {handles[handle]}")
            real["fsync"](handle)

        def close(handle: int) -> None:
            handles.pop(handle, None)
            real["close"](handle)

        os.open, os.write, os.fsync, os.close = open_, write, fsync, close  # type: ignore[assignment]
        for name in ("replace", "unlink", "mkdir"):
            setattr(os, name, self._stepped(name, getattr(os, name)))
        http.client.HTTPConnection.send = self._stepped_send(http.client.HTTPConnection.send)  # type: ignore[method-assign]
        http.client.HTTPConnection.getresponse = self._stepped_answer(  # type: ignore[method-assign]
            http.client.HTTPConnection.getresponse
        )

    def _stepped(self, what: str, real: Callable[..., None]) -> Callable[..., None]:
        def call(path: Any, *args: Any, **more: Any) -> None:
            if name := self.ours(path):
                self(f"{what} {name}")
            real(path, *args, **more)

        return call

    def _stepped_send(self, real: Callable[..., None]) -> Callable[..., None]:
        def send(connection: Any, data: Any) -> None:
            self("send")
            real(connection, data)

        return send

    def _stepped_answer(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def getresponse(connection: Any, *args: Any, **more: Any) -> Any:
            self("answer")
            answer = real(connection, *args, **more)
            self("answered")
            return answer

        return getresponse


class _File(apsw.VFSFile):
    def __init__(self, name: apsw.URIFilename | str, flags: list[int], steps: Steps, label: str) -> None:
        super().__init__("unix", name, flags)
        self._steps, self._label = steps, label

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802 - SQLite's names
        self._steps(f"sql write {self._label}")
        super().xWrite(data, offset)

    def xTruncate(self, size: int) -> None:  # noqa: N802
        self._steps(f"sql truncate {self._label}")
        super().xTruncate(size)

    def xSync(self, flags: int) -> None:  # noqa: N802
        self._steps(f"sql sync {self._label}")
        super().xSync(flags)


class _Vfs(apsw.VFS):
    def __init__(self, steps: Steps) -> None:
        super().__init__(NAME, "unix", makedefault=True)
        self._steps = steps

    def xOpen(self, name: apsw.URIFilename | str | None, flags: list[int]) -> apsw.VFSFile:  # noqa: N802
        text = name.filename() if isinstance(name, apsw.URIFilename) else name
        label = self._steps.ours(text)
        if name is None or not label:
            return apsw.VFSFile("unix", name, flags)
        return _File(name, flags, self._steps, label)

    def xDelete(self, filename: str, syncdir: bool) -> None:  # noqa: N802
        if label := self._steps.ours(filename):
            self._steps(f"sql delete {label}")
        super().xDelete(filename, syncdir)
