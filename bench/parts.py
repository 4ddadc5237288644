"""A benchmark in parts that were measured at different times, each with what it was measured on.  Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bench.figures import Figure, report

ABOUT = ("part", "command", "seed", "seconds", "load", "machine")

Found = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class About:
    """How and on what figures were measured.  ``load``: the averages before and after; ``seconds``: what took them, shared out."""

    part: str
    command: str
    seed: int
    seconds: int
    load: str
    machine: Mapping[str, str]

    def as_json(self) -> dict[str, Any]:
        return {key: getattr(self, key) for key in ABOUT}


def written(title: str, lost: Sequence[str], found: Found) -> str:
    """Markdown: what is ``lost``, not measured yet, then each part with its machine, its figures, and what stands beside them."""
    lines = [title, ""]
    if lost:
        lines += [f"Not measured yet: {', '.join(lost)}.", ""]
    for about, names in parts(found):
        facts = {
            "command": about["command"],
            "seconds": str(about["seconds"]),
            "load average before, after": about["load"],
            **about["machine"],
            "seed": str(about["seed"]),
        }
        figures = [Figure.from_json(name, without_about(found[name])) for name in names]
        lines += [report(facts, figures).replace("# Benchmarks", f"## {about['part']}", 1)]
    return "\n".join(lines)


def parts(found: Found) -> Iterable[tuple[dict[str, Any], list[str]]]:
    """Figures that were measured together, in the order of the file."""
    groups: dict[tuple[str, ...], list[str]] = {}
    for name, figure in found.items():
        key = (figure["part"], figure["command"], figure["machine"]["time"])
        groups.setdefault(key, []).append(name)
    for names in groups.values():
        seconds = sum(found[name]["seconds"] for name in names)
        yield {**{key: found[names[-1]][key] for key in ABOUT}, "seconds": seconds}, names


def without_about(figure: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in figure.items() if key not in ABOUT}
