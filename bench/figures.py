"""What a figure is, and the arithmetic over samples.  Pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

WRITTEN = {
    "value",
    "unit",
    "peer",
    "ratio",
    "peer_is",
    "goal",
    "goal_on",
    "goal_is",
    "met",
    "min",
    "max",
    "runs",
}


@dataclass(frozen=True)
class Figure:
    """One line of main.json.  ``ratio`` is value over peer, both in ``unit``; ``goal`` says which of them it limits.

    ``at_least``: the goal is the least it may be; otherwise the most.
    """

    name: str
    value: float
    unit: str
    peer: float | None = None
    peer_is: str = ""
    goal: float | None = None
    goal_on: str = "ratio"  # or "value"
    low: float | None = None
    high: float | None = None
    runs: int = 1
    at_least: bool = False
    more: Mapping[str, float | int | str | bool] = field(default_factory=dict)

    @classmethod
    def from_json(cls, name: str, found: Mapping[str, Any]) -> Figure:
        """The figure that ``as_json`` was asked for, with four digits.  Raises KeyError when something of it is missing."""
        return cls(
            name,
            found["value"],
            found["unit"],
            found["peer"],
            found["peer_is"],
            found["goal"],
            found["goal_on"],
            found["min"],
            found["max"],
            found["runs"],
            found["goal_is"] == "at least",
            {key: value for key, value in found.items() if key not in WRITTEN},
        )

    @property
    def ratio(self) -> float | None:
        return None if not self.peer else self.value / self.peer

    @property
    def met(self) -> bool | None:
        """None when there is no goal."""
        limited = self.ratio if self.goal_on == "ratio" else self.value
        if self.goal is None or limited is None:
            return None
        return limited >= self.goal if self.at_least else limited <= self.goal

    def as_json(self) -> dict[str, object]:
        return {
            "value": rounded(self.value),
            "unit": self.unit,
            "peer": rounded(self.peer),
            "ratio": rounded(self.ratio),
            "peer_is": self.peer_is,
            "goal": self.goal,
            "goal_on": self.goal_on,
            "goal_is": "at least" if self.at_least else "at most",
            "met": self.met,
            "min": rounded(self.low),
            "max": rounded(self.high),
            "runs": self.runs,
            **{
                key: rounded(value) if isinstance(value, float) else value for key, value in self.more.items()
            },
        }


def median(samples: Sequence[float]) -> float:
    """The middle one, or the mean of the two in the middle.  Raises ValueError when there is none."""
    if not samples:
        raise ValueError("no samples")
    ordered, half = sorted(samples), len(samples) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2


def percentile(samples: Sequence[float], share: float) -> float:
    """Nearest rank: the smallest sample that at least ``share`` of all do not exceed.  Raises ValueError when there is none."""
    if not samples or not 0 < share <= 1:
        raise ValueError("no samples, or a share outside 0 to 1")
    return sorted(samples)[math.ceil(share * len(samples)) - 1]


def exact_interval(errors: int, trials: int, confidence: float = 0.95) -> tuple[float, float]:
    """Clopper and Pearson's two-sided interval of a share (Biometrika 26, 1934): never too narrow.

    Raises ValueError without trials.
    """
    if trials < 1 or not 0 <= errors <= trials:
        raise ValueError("no trials, or more errors than trials")
    tail = (1 - confidence) / 2
    low = 0.0 if errors == 0 else crossing(lambda share: at_most(trials - errors, trials, 1 - share) - tail)
    high = 1.0 if errors == trials else crossing(lambda share: tail - at_most(errors, trials, share))
    return low, high


def at_most(errors: int, trials: int, share: float) -> float:
    """How likely so many errors or fewer are, when each trial errs with this probability, above 0 and below 1."""
    return math.fsum(
        math.exp(
            math.lgamma(trials + 1)
            - math.lgamma(one + 1)
            - math.lgamma(trials - one + 1)
            + one * math.log(share)
            + (trials - one) * math.log1p(-share)
        )
        for one in range(errors + 1)
    )


def crossing(rising: Callable[[float], float]) -> float:
    """Where a rising function of 0 to 1 passes nothing, to 12 digits."""
    low, high = 0.0, 1.0
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if rising(middle) < 0 else (low, middle)
    return (low + high) / 2


def rounded(value: float | None) -> float | None:
    """Four significant digits; None stays."""
    return None if value is None else float(f"{value:.4g}")


def report(machine: Mapping[str, str], figures: Sequence[Figure]) -> str:
    """main.md: the machine, a line for each figure, then what stands beside it."""
    lines = ["# Benchmarks", "", *(f"- {key}: {value}" for key, value in machine.items()), ""]
    lines += [
        "| figure | ours | peer | ratio | goal | met | min - max | runs |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for one in figures:
        sign = ">=" if one.at_least else "<="
        goal = "" if one.goal is None else f"{one.goal_on} {sign} {one.goal:g}"
        met = {True: "yes", False: "**no**", None: ""}[one.met]
        spread = "" if one.low is None or one.high is None else f"{one.low:.4g} - {one.high:.4g}"
        peer = "" if one.peer is None else f"{one.peer:.4g} {one.unit} ({one.peer_is})"
        ratio = "" if one.ratio is None else f"{one.ratio:.3g}"
        lines.append(
            f"| {one.name} | {one.value:.4g} {one.unit} | {peer} | {ratio} | {goal} | {met} | {spread} | {one.runs} |"
        )
    for one in figures:
        if one.more:
            lines += ["", f"**{one.name}**", ""]
            lines += [
                f"- {key}: {rounded(value) if isinstance(value, float) else value}"
                for key, value in one.more.items()
            ]
    return "\n".join(lines) + "\n"
