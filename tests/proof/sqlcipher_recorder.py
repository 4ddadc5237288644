"""Writes down what central's SQLite asks of one folder, and passes it on to the real file system.

That SQLite is compiled into sqlcipher3's extension, which exports SQLite's C interface; so the recorder is a VFS made of ctypes.
It is a copy of SQLite's own "unix" VFS (sqlite3.h, struct sqlite3_vfs) with other xOpen and xDelete.  A file opened through it is the
unix VFS's own file, whose table of methods is replaced by a copy with other xWrite, xTruncate and xSync.  Everything else, locks and
shared memory among it, is untouched: shared memory means nothing after a power cut and is not in the log.

Calls come from many threads.  An operation is written down when it has returned, and a sync remembers where the log was when it
began: so a sync never covers a write that was not finished before it.
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from ctypes import CFUNCTYPE, POINTER, c_char_p, c_int, c_int64, c_void_p
from dataclasses import dataclass
from pathlib import Path

from sqlcipher3 import _sqlite3

from tests.proof.disk import Create, Operation, Sync, SyncFolder, Truncate, Unlink, Write

NAME = b"recorder"
VFS_VERSION = 3
OK = 0

_Open = CFUNCTYPE(c_int, c_void_p, c_void_p, c_void_p, c_int, c_void_p)
_Delete = CFUNCTYPE(c_int, c_void_p, c_char_p, c_int)
_Write = CFUNCTYPE(c_int, c_void_p, c_void_p, c_int, c_int64)
_Truncate = CFUNCTYPE(c_int, c_void_p, c_int64)
_Sync = CFUNCTYPE(c_int, c_void_p, c_int)


class _VfsStruct(ctypes.Structure):
    _fields_ = (
        ("iVersion", c_int),
        ("szOsFile", c_int),
        ("mxPathname", c_int),
        ("pNext", c_void_p),
        ("zName", c_char_p),
        ("pAppData", c_void_p),
        ("xOpen", _Open),
        ("xDelete", _Delete),
        ("others", c_void_p * 14),  # xAccess to xNextSystemCall, version 3
    )


class _MethodsStruct(ctypes.Structure):
    _fields_ = (
        ("iVersion", c_int),
        ("xClose", c_void_p),
        ("xRead", c_void_p),
        ("xWrite", _Write),
        ("xTruncate", _Truncate),
        ("xSync", _Sync),
        ("others", c_void_p * 13),  # xFileSize to xUnfetch, version 3
    )


class _FileStruct(ctypes.Structure):
    _fields_ = (("pMethods", POINTER(_MethodsStruct)),)


@dataclass(frozen=True)
class _Methods:
    """One of the unix VFS's tables and our copy of it: a database file has locks, its journal and log have none."""

    plain: _MethodsStruct
    ours: _MethodsStruct


class Recorder:
    """Holds on to everything that SQLite has a pointer to.  ``log_of`` gives the log for the name of a file."""

    def __init__(self, folder: Path, log_of: Callable[[str], list[Operation]]) -> None:
        self._folder, self._log_of = folder, log_of
        self._library = ctypes.CDLL(_sqlite3.__file__)
        self._library.sqlite3_vfs_find.restype = POINTER(_VfsStruct)
        self._unix = self._library.sqlite3_vfs_find(b"unix").contents
        assert self._unix.iVersion == VFS_VERSION
        self._vfs = _VfsStruct.from_buffer_copy(self._unix)
        self._vfs.zName, self._vfs.pNext = NAME, None
        self._vfs.xOpen, self._vfs.xDelete = _Open(self._open), _Delete(self._delete)
        self._methods: dict[bytes, _Methods] = {}
        self._files: dict[
            int, tuple[str, _MethodsStruct]
        ] = {}  # address of a file -> name, the unix VFS's methods

    def register(self) -> None:
        assert self._library.sqlite3_vfs_register(ctypes.byref(self._vfs), 1) == OK

    def unregister(self) -> None:
        """Nothing is written down any more.  A file that was left open still calls us when it is collected, so we stay for ever."""
        assert self._library.sqlite3_vfs_unregister(ctypes.byref(self._vfs)) == OK
        self._log_of = lambda _name: []
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(self))

    def sync(self, name: str, make: Callable[[], int]) -> int:
        """One sync of a file, written down when it was made.  A planted fault takes the place of this."""
        log = self._log_of(name)
        begun, code = len(log), make()
        if code == OK:
            log.append(Sync(name, begun))
        return code

    def _open(self, _vfs: int, name: int | None, file: int, flags: int, out_flags: int) -> int:
        path = Path(os.fsdecode(ctypes.string_at(name))) if name else Path()
        new = not path.exists()
        code = int(self._unix.xOpen(ctypes.addressof(self._unix), name, file, flags, out_flags))
        if code == OK and path.parent == self._folder:
            if new:
                self._log_of(path.name).append(Create(path.name))
            self._watch(file, path.name)
        return code

    def _watch(self, address: int, name: str) -> None:
        file = _FileStruct.from_address(address)
        table = bytes(file.pMethods.contents)
        if table not in self._methods:
            plain, ours = (_MethodsStruct.from_buffer_copy(file.pMethods.contents) for _ in range(2))
            ours.xWrite = _Write(self._write)
            ours.xTruncate, ours.xSync = _Truncate(self._truncate), _Sync(self._sync)
            self._methods[table] = _Methods(plain, ours)
        self._files[address] = name, self._methods[table].plain
        file.pMethods = ctypes.pointer(self._methods[table].ours)

    def _delete(self, _vfs: int, name: bytes, sync_folder: int) -> int:
        code = int(self._unix.xDelete(ctypes.addressof(self._unix), name, sync_folder))
        path = Path(os.fsdecode(name))
        if code == OK and path.parent == self._folder:
            log = self._log_of(path.name)
            log.append(Unlink(path.name))
            if sync_folder:
                log.append(SyncFolder())
        return code

    def _write(self, file: int, data: int, size: int, offset: int) -> int:
        name, plain = self._files[file]
        code = int(plain.xWrite(file, data, size, offset))
        if code == OK:
            self._log_of(name).append(Write(name, offset, ctypes.string_at(data, size)))
        return code

    def _truncate(self, file: int, size: int) -> int:
        name, plain = self._files[file]
        code = int(plain.xTruncate(file, size))
        if code == OK:
            self._log_of(name).append(Truncate(name, size))
        return code

    def _sync(self, file: int, flags: int) -> int:
        name, plain = self._files[file]
        return self.sync(name, lambda: int(plain.xSync(file, flags)))


@contextmanager
def recorded(folder: Path, log_of: Callable[[str], list[Operation]]) -> Iterator[None]:
    """Everything sqlcipher3 does to a file of ``folder`` is added to the log that ``log_of`` gives for its name."""
    recorder, broken = Recorder(folder, log_of), list[BaseException | None]()
    hook = sys.unraisablehook
    sys.unraisablehook = lambda what: broken.append(what.exc_value)  # ctypes cannot raise through SQLite
    recorder.register()
    try:
        yield
    finally:
        recorder.unregister()
        sys.unraisablehook = hook
    assert not broken, broken
