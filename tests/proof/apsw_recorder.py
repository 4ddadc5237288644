"""Writes down what the kiosk's SQLite asks of one folder, and passes it on to the real file system.

SQLite calls back in the thread that uses it, so the log is in the order of things.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

import apsw

from tests.proof.disk import Create, Operation, Sync, SyncFolder, Truncate, Unlink, Write

NAME = "recorder"


class RecordedFile(apsw.VFSFile):
    def __init__(self, path: Path, name: apsw.URIFilename | str, flags: list[int], vfs: _Vfs) -> None:
        new = not path.exists()
        super().__init__("unix", name, flags)
        self.name, self._vfs = path.name, vfs
        if new:
            vfs.log.append(Create(self.name))

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802 - SQLite's names
        super().xWrite(data, offset)
        self._vfs.log.append(Write(self.name, offset, bytes(data)))

    def xTruncate(self, size: int) -> None:  # noqa: N802
        super().xTruncate(size)
        self._vfs.log.append(Truncate(self.name, size))

    def xSync(self, flags: int) -> None:  # noqa: N802
        begun = len(self._vfs.log)
        super().xSync(flags)
        self._vfs.log.append(Sync(self.name, begun))


class _Vfs(apsw.VFS):
    def __init__(self, folder: Path, log: list[Operation]) -> None:
        super().__init__(NAME, "unix", makedefault=True)
        self.folder, self.log = folder, log

    def xOpen(self, name: apsw.URIFilename | str | None, flags: list[int]) -> apsw.VFSFile:  # noqa: N802
        text = name.filename() if isinstance(name, apsw.URIFilename) else name
        if name is None or text is None or Path(text).parent != self.folder:
            return apsw.VFSFile("unix", name, flags)
        return RecordedFile(Path(text), name, flags, self)

    def xDelete(self, filename: str, syncdir: bool) -> None:  # noqa: N802
        super().xDelete(filename, syncdir)
        if Path(filename).parent == self.folder:
            self.log.append(Unlink(Path(filename).name))
            if syncdir:
                self.log.append(SyncFolder())


@contextmanager
def recorded(folder: Path, log: list[Operation]) -> Iterator[None]:
    """Everything apsw does in ``folder`` is added to ``log``; so is a sync of the folder itself, whoever makes it."""
    fsync, there = os.fsync, folder.stat()

    def fsync_and_say(handle: int) -> None:
        fsync(handle)
        if os.path.samestat(os.fstat(handle), there):
            log.append(SyncFolder())

    vfs = _Vfs(folder, log)
    try:
        with patch.object(os, "fsync", fsync_and_say):
            yield
    finally:
        vfs.unregister()
