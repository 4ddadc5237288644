"""Appends to a journal until something stops it, and says on stdout what was acknowledged.

Run by test_journal:

    journal_child.py FOLDER APPENDS [kill CALL before|after] [limit BYTES]

``kill``: SIGKILL at the n-th call that reaches the disk (write, sync, truncate, delete) after opening.
``limit``: no file may grow beyond so many bytes, which is how a full disk looks to SQLite.
"""

from __future__ import annotations

import os
import resource
import signal
import sys
from pathlib import Path
from typing import Any

import apsw

from devices.clock import SystemClock
from kiosk.journal import Journal, JournalUnwritable


class Fuse:
    """Counts calls that reach the disk, once armed; at the chosen one the process is gone."""

    def __init__(self, call: int, when: str) -> None:
        self._left, self._when, self.armed = call, when, False

    def burn(self, when: str) -> None:
        if not self.armed or when != self._when:
            return
        self._left -= 1
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


class FusedFile(apsw.VFSFile):
    def __init__(self, name: Any, flags: list[int], fuse: Fuse) -> None:
        super().__init__("unix", name, flags)
        self._fuse = fuse

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802 - SQLite's name
        self._fuse.burn("before")
        super().xWrite(data, offset)
        self._fuse.burn("after")

    def xSync(self, flags: int) -> None:  # noqa: N802
        self._fuse.burn("before")
        super().xSync(flags)
        self._fuse.burn("after")

    def xTruncate(self, size: int) -> None:  # noqa: N802
        self._fuse.burn("before")
        super().xTruncate(size)
        self._fuse.burn("after")


class FusedVFS(apsw.VFS):
    def __init__(self, fuse: Fuse) -> None:
        super().__init__("fused", "unix", makedefault=True)
        self._fuse = fuse

    def xOpen(self, name: Any, flags: list[int]) -> FusedFile:  # noqa: N802
        return FusedFile(name, flags, self._fuse)

    def xDelete(self, name: str, syncdir: bool) -> None:  # noqa: N802
        self._fuse.burn("before")
        super().xDelete(name, syncdir)
        self._fuse.burn("after")


def main(arguments: list[str]) -> None:
    folder, appends, *rest = arguments
    fuse = Fuse(int(rest[1]), rest[2]) if rest[:1] == ["kill"] else Fuse(0, "never")
    vfs = FusedVFS(fuse)
    journal = Journal.open(Path(folder), SystemClock(), "boot-of-a-child")
    sys.stdout.write(f"open {journal.last_seq()}\n")
    sys.stdout.flush()
    if rest[:1] == ["limit"]:
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(rest[1]), int(rest[1])))
    fuse.armed = True
    try:
        for number in range(int(appends)):
            entry = journal.append(f"order:{number % 3}", "intent", {"text": "x" * 400})
            sys.stdout.write(f"{entry.seq}\n")
            sys.stdout.flush()  # acknowledged: it must be there for ever
    except JournalUnwritable:
        sys.stdout.write("unwritable\n")
    journal.close()
    vfs.unregister()


if __name__ == "__main__":
    main(sys.argv[1:])
