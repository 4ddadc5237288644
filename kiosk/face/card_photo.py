"""The picture on a card's chip: a port, because the codec of those 1,024 bytes belongs to somebody else.

An operator who is licensed to decode it installs a program: the chip's bytes go to its standard input, one JPEG, PNG or BMP
comes from its standard output, exit 0.  Its digest is pinned, and the very bytes that were compared are run, from sealed memory: it
is one file, and finds nothing beside itself.  It runs inside the worker's process tree, may write no file, and ends with the worker.
Without one the chip's picture is not used; with one it is still judged by the bytes it had on the chip.
"""

from __future__ import annotations

import fcntl
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from kiosk.config import FaceChip
from kiosk.face.weights import ModelError, read_checked
from kiosk.process import end_with_parent, writing

ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}
MOST_BYTES = 4_000_000
MFD_EXEC = 0x10  # linux/memfd.h, since 6.3; an older kernel refuses the word and runs it without


class CardPhotoUnreadable(Exception):
    """No picture came out of it.  A person compares, or the other references do."""


def decode(coded: bytes, chip: FaceChip) -> bytes:
    """A coded picture of the chip's bytes.  Raises CardPhotoUnreadable."""
    if chip.decoder is None:
        raise CardPhotoUnreadable("no decoder is installed")
    try:
        with in_memory(read_checked(chip.decoder, chip.sha256)) as program:
            ended = subprocess.run(
                [str(chip.decoder)],
                executable=f"/proc/self/fd/{program}",
                pass_fds=(program,),  # a script's interpreter reads it there
                preexec_fn=end_with_parent,  # one system call, found before
                input=coded,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=ENVIRONMENT,
                timeout=chip.timeout_s,
                check=False,
            )
    except (ModelError, OSError, subprocess.SubprocessError) as error:
        raise CardPhotoUnreadable(f"the decoder cannot be used: {type(error).__name__}") from error
    if ended.returncode != 0 or not 0 < len(ended.stdout) <= MOST_BYTES:
        raise CardPhotoUnreadable("the decoder gave no picture")
    return ended.stdout


@contextmanager
def in_memory(program: bytes) -> Iterator[int]:
    """A file number of these bytes, to be run; nobody can change them any more.  Raises OSError."""
    flags = os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING
    try:
        number = os.memfd_create("decoder", flags | MFD_EXEC)
    except OSError:
        number = os.memfd_create("decoder", flags)
    try:
        with writing(len(program)), open(number, "wb", closefd=False) as memory:
            memory.write(program)
        os.fchmod(number, 0o500)
        fcntl.fcntl(
            number,
            fcntl.F_ADD_SEALS,
            fcntl.F_SEAL_WRITE | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_SEAL,
        )
        yield number
    finally:
        os.close(number)
