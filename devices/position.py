"""Where a machine that is carried stands, as a flow sees it.  A port; nothing ever waits for a place, and no visit needs one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Fix:
    """A place on WGS 84: degrees, north and east positive.  ``accuracy_m``: half the width it may be off; None: not known."""

    latitude: float
    longitude: float
    accuracy_m: float | None = None

    def __repr__(self) -> str:
        return "Fix()"  # where somebody lives is personal


class Position(Protocol):
    def where(self) -> Fix | None:
        """The newest place that is not old; None when there is none.  Never raises, never waits."""


class NoPosition:
    """A machine that cannot tell where it is."""

    def where(self) -> Fix | None:
        return None
