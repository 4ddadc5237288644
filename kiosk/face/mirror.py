"""The small mirrored picture for the screen, in memory that has no name: a memfd, on no disk and not in /dev/shm.

    newest | before 0, after 0, size 0 | before 1, after 1, size 1 | -          eight numbers of eight bytes
    picture 0                                                                   RGB, row by row
    picture 1

The worker writes, the kiosk's own process reads, and neither waits.  Pictures go to the two places in turn; ``before`` is set first
and ``after`` last, so whoever has copied a picture and finds both equal to ``newest`` has a whole one.  The size is sealed: no worker
can make the memory shorter under the reader.  Both sides wipe it; who reads a picture has a copy, and forgets that.
"""

from __future__ import annotations

import ctypes
import fcntl
import mmap
import os

from kiosk.face.booth import Picture

MOST_WIDTH, MOST_HEIGHT = 444, 480  # the panel of the screen is about 12 by 13
HEADER_BYTES = 64
PICTURE_BYTES = MOST_WIDTH * MOST_HEIGHT * 3
SIZE_BYTES = HEADER_BYTES + 2 * PICTURE_BYTES


def new_memory() -> int:
    """A file number, zeroed, of fixed size; closed by the caller once both sides have it.  Raises OSError."""
    number = os.memfd_create("mirror", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    os.ftruncate(number, SIZE_BYTES)
    fcntl.fcntl(number, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL)
    return number


class Mirror:
    """One side of the memory.  ``read`` is called by any thread, the rest by the one that owns it."""

    def __init__(self, number: int) -> None:
        """Maps the memory; ``number`` may be closed afterwards.  Raises OSError, ValueError when it is not of our size."""
        self._memory: mmap.mmap | None = mmap.mmap(number, SIZE_BYTES)
        self._memory.madvise(mmap.MADV_DONTDUMP)
        # Not into swap, where that is allowed: the service's own limit on swap is the rule, this is the second line.
        address = ctypes.addressof(ctypes.c_char.from_buffer(self._memory))
        ctypes.CDLL(None).mlock(ctypes.c_void_p(address), ctypes.c_size_t(SIZE_BYTES))

    def write(self, number: int, width: int, height: int, pixels: bytes | memoryview) -> None:
        """``number`` from 1, growing by one.  Raises ValueError when the picture is larger than its place."""
        memory, length = self._memory, width * height * 3
        if memory is None or length > PICTURE_BYTES or len(pixels) != length:
            raise ValueError("no room for this picture")
        with memoryview(memory) as whole, whole[:HEADER_BYTES].cast("Q") as header:
            place = number % 2
            start = HEADER_BYTES + place * PICTURE_BYTES
            header[1 + 3 * place] = number
            header[3 + 3 * place] = width << 32 | height
            memory[start : start + length] = pixels
            header[2 + 3 * place] = number
            header[0] = number

    def read(self, after: int) -> Picture | None:
        """The newest picture when its number is above ``after`` and nobody wrote while it was copied."""
        memory = self._memory
        if memory is None:
            return None
        with memoryview(memory) as whole, whole[:HEADER_BYTES].cast("Q") as header:
            number = header[0]
            place = number % 2
            width, height = header[3 + 3 * place] >> 32, header[3 + 3 * place] & 0xFFFFFFFF
            length, start = width * height * 3, HEADER_BYTES + place * PICTURE_BYTES
            if number <= after or header[2 + 3 * place] != number or not 0 < length <= PICTURE_BYTES:
                return None
            picture = Picture(number, width, height, bytearray(whole[start : start + length]))
            if header[1 + 3 * place] != number:
                picture.forget()
                return None
        return picture

    def wipe(self) -> None:
        """Zeroes all of it and lets it go: nothing is read from here again.  May be called twice."""
        memory, self._memory = self._memory, None
        if memory is not None:
            memory[:] = bytes(SIZE_BYTES)  # one call: no reader of this process sees half of it

    def clear(self) -> None:
        """Zeroes all of it and keeps it."""
        if self._memory is not None:
            self._memory[:] = bytes(SIZE_BYTES)
