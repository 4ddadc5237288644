"""Files that are on the disk whole or not at all: a new file, fsync, rename, fsync of the folder.

``Disk`` is an argument, so that a test can fill it up or cut its power at any step.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

NEW = ".new"  # under way; what a power cut leaves of it is thrown away at the next start


class Disk:
    """The machine's own.  Everything but ``remove`` raises OSError."""

    def put(self, path: Path, content: bytes) -> None:
        """Once it returns the file is there whatever happens.  After an error there is the old one or the new, each of them whole."""
        fresh = path.with_name(path.name + NEW)
        try:
            self.write(fresh, content)
            self.rename(fresh, path)
        except OSError:
            self.remove(fresh)
            raise
        self.sync_folder(path.parent)

    def folder(self, path: Path) -> None:
        """Makes a folder that only the program's own user can read; its name is on the disk too."""
        if not path.is_dir():
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.sync_folder(path.parent)

    def write(self, path: Path, content: bytes) -> None:
        """A file for the program's own user, its content on the disk."""
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        try:
            left = memoryview(content)
            while left:
                left = left[os.write(handle, left) :]
            self.sync(handle)
        finally:
            os.close(handle)

    def sync(self, handle: int) -> None:
        """What was written to an open file is on the disk."""
        os.fsync(handle)

    def wipe(self, path: Path) -> None:
        """Zeros over it, then it is gone.  A flash disk may keep the old cells all the same (docs/field.md)."""
        try:
            # not truncated: the same blocks are written over
            handle = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
            try:
                os.write(handle, bytes(os.fstat(handle).st_size))
                self.sync(handle)
            finally:
                os.close(handle)
        finally:
            self.remove(path)
            self.sync_folder(path.parent)

    def rename(self, path: Path, to: Path) -> None:
        path.replace(to)

    def sync_folder(self, path: Path) -> None:
        handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

    def remove(self, path: Path) -> None:
        """Gone, or it was not there.  What cannot be removed is tried again at the next start."""
        with suppress(OSError):
            path.unlink(missing_ok=True)

    def free_bytes(self, path: Path) -> int:
        """What this program may still write into the folder."""
        found = os.statvfs(path)
        return found.f_bavail * found.f_frsize
