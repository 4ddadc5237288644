"""What this process gives to nobody: its memory.  Faces go through it to the screen; names and numbers are in it for a visit."""

from __future__ import annotations

import ctypes
import resource

PR_SET_DUMPABLE = 4  # linux/prctl.h


def control(option: int, value: int) -> None:
    """prctl(2).  Raises OSError."""
    system = ctypes.CDLL(None, use_errno=True)
    if system.prctl(option, ctypes.c_ulong(value), 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")


def close_memory() -> None:
    """No core dump, and no other process but root's may look into the memory or take an open file from here.  Raises OSError.

    Afterwards this process may not write in its own /proc directory any more.  What it starts with exec begins without this.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    control(PR_SET_DUMPABLE, 0)
