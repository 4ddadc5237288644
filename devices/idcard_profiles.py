"""What differs from one model of ID-card reader to the next.  No figure here was measured on a real reader
yet.

docs/devices/idcard.md says where each comes from and how to find the right profile for a new model.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Removal(Enum):
    """How the reader is asked whether a card that was read still lies there."""

    FIND = "find"  # this reader goes on answering FIND with "found" while the card lies there
    ADDRESS_PROBE = "address_probe"  # FIND says "not found" at once: the card is asked for its new address


@dataclass(frozen=True, slots=True)
class ReaderProfile:
    """Times in seconds.  A READ gets ``read_timeout_s`` plus twice its time on the wire."""

    name: str
    baud: int = 115200
    answer_timeout_s: float = 1.0
    read_timeout_s: float = 2.0
    stall_s: float = 0.5  # a reply that pauses longer than this is broken off
    tries: int = 3  # of one command on a bad line, and of one card
    patience_s: float = 1.5  # after this long no new try begins
    removal: Removal = Removal.ADDRESS_PROBE


PROFILES = {
    profile.name: profile
    for profile in (
        ReaderProfile("sam-v"),
        ReaderProfile("sam-v-9600", baud=9600),  # CVR-100 readers over RS-232
        ReaderProfile("sam-v-find", removal=Removal.FIND),
    )
}


def reader_profile(name: str) -> ReaderProfile:
    """Raises ValueError that lists the known names."""
    if name not in PROFILES:
        raise ValueError(f"no reader profile {name!r}; known: {', '.join(sorted(PROFILES))}")
    return PROFILES[name]
