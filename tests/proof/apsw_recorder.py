"""Writes down what the kiosk's SQLite asks of one folder, and passes it on to the real file system.

SQLite is called back in the process that uses it, so the log is in the order of things.  ``cheat`` says of which files a sync is
neither made nor written down, although SQLite is told that it was: a disk that lies, for planting.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

import apsw

from kiosk import journal
from tests.proof.disk import Create, Operation, Sync, SyncFolder, Truncate, Unlink, Write

NAME = "recorder"


class _File(apsw.VFSFile):
    def __init__(self, path: Path, name: apsw.URIFilename | str, flags: list[int], vfs: _Vfs) -> None:
        new = not path.exists()
        super().__init__("unix", name, flags)
        self._name, self._vfs = path.name, vfs
        if new:
            vfs.log.append(Create(self._name))

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802 - SQLite's names
        super().xWrite(data, offset)
        self._vfs.log.append(Write(self._name, offset, bytes(data)))

    def xTruncate(self, size: int) -> None:  # noqa: N802
        super().xTruncate(size)
        self._vfs.log.append(Truncate(self._name, size))

    def xSync(self, flags: int) -> None:  # noqa: N802
        if not self._vfs.cheats(self._name):
            begun = len(self._vfs.log)
            super().xSync(flags)
            self._vfs.log.append(Sync(self._name, begun))


class _Vfs(apsw.VFS):
    def __init__(self, folder: Path, log: list[Operation], cheats: Callable[[str], bool]) -> None:
        super().__init__(NAME, "unix", makedefault=True)
        self.folder, self.log, self.cheats = folder, log, cheats

    def xOpen(self, name: apsw.URIFilename | str | None, flags: list[int]) -> apsw.VFSFile:  # noqa: N802
        text = name.filename() if isinstance(name, apsw.URIFilename) else name
        if name is None or text is None or Path(text).parent != self.folder:
            return apsw.VFSFile("unix", name, flags)
        return _File(Path(text), name, flags, self)

    def xDelete(self, filename: str, syncdir: bool) -> None:  # noqa: N802
        super().xDelete(filename, syncdir)
        if Path(filename).parent == self.folder:
            self.log.append(Unlink(Path(filename).name))
            if syncdir:
                self.log.append(SyncFolder())


@contextmanager
def recorded(
    folder: Path, log: list[Operation], cheats: Callable[[str], bool] = lambda _name: False
) -> Iterator[None]:
    """Everything apsw does in ``folder`` is added to ``log``; so is the journal's own sync of the folder."""
    sync_folder = journal._sync_folder

    def sync_and_say(path: Path) -> None:
        sync_folder(path)
        if path == folder:
            log.append(SyncFolder())

    vfs = _Vfs(folder, log, cheats)
    try:
        with patch.object(journal, "_sync_folder", sync_and_say):
            yield
    finally:
        vfs.unregister()
