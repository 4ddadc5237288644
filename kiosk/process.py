"""What this process gives to nobody: its memory.  Faces go through it to the screen; names and numbers are in it for a visit.

And what it leaves: no core dump, no file when it forbids itself to write one, nobody it has started when it ends.
"""

from __future__ import annotations

import ctypes
import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager

PR_SET_PDEATHSIG, PR_SET_DUMPABLE = 1, 4  # linux/prctl.h
# found before any fork: a child of many threads may look for nothing
SYSTEM = ctypes.CDLL(None, use_errno=True)


def control(option: int, value: int) -> None:
    """prctl(2).  Raises OSError."""
    if SYSTEM.prctl(option, ctypes.c_ulong(value), 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")


def close_memory() -> None:
    """No core dump, and no other process but root's may look into the memory or take an open file from here.  Raises OSError.

    Afterwards this process may not write in its own /proc directory any more.  What it starts with exec begins without this.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    control(PR_SET_DUMPABLE, 0)


def end_with_parent() -> None:
    """It is killed when the *thread* that started it ends, however that ends; exec keeps this.  Raises OSError."""
    control(PR_SET_PDEATHSIG, int(signal.SIGKILL))


def write_no_file() -> None:
    """From now on no byte of this process, or of what it starts, goes into any file, wherever it is: the kernel refuses."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))


@contextmanager
def writing(size: int) -> Iterator[None]:
    """For memory that has no name and is a file all the same: so many bytes may be written meanwhile."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    if soft == resource.RLIM_INFINITY or soft >= size:
        yield
        return
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
