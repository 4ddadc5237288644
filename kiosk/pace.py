"""How long a person may be quiet before the machine asks 还在吗: six times their own median gap between taps, within bounds.

Pure arithmetic over monotonic seconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

PATIENCE = 6
REMEMBERED = 12


def quiet_s(taps: Sequence[float], least_s: float, most_s: float) -> float:
    """The quiet time for the times of the last taps, oldest first; ``least_s`` until there are two gaps.

    Only the last twelve count: people get faster as they go.
    """
    last = list(taps)[-REMEMBERED:]
    gaps = [later - earlier for earlier, later in pairwise(last)]
    if len(gaps) < 2:
        return least_s
    return min(max(_median(gaps) * PATIENCE, least_s), max(most_s, least_s))


def _median(values: list[float]) -> float:
    """As statistics.median, whose import alone would cost the start two milliseconds."""
    ordered, middle = sorted(values), len(values) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2
