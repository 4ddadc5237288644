"""Explores central's schedules: all of them down to a depth, or a seeded choice of deeper ones.

    python -m tests.proof.central_explorer                     the full proof
    python -m tests.proof.central_explorer SCENARIO 3:1 17:2   one schedule again, told turn by turn

A depth is a number of deviations: crashes, lost messages, moves that come in between.  Complete at depth n means that
every schedule with at most n of them was lived through, in every scenario.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from queue import Empty
from random import Random
from typing import Any

from tests.proof.central_scenarios import SCENARIOS, Scenario
from tests.proof.central_visit import Visit
from tests.proof.central_world import Bench, Drawn, Schedule, bench

COMPLETE_DEPTH = 2
SAMPLED_DEPTHS = (3, 4)
SAMPLES_FULL, SAMPLES_REDUCED = 60_000, 200
SAMPLES_AT_ONCE = 200
KEPT_MOST = 20  # violations told in full; the rest are counted
Choices = tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Violation:
    """A schedule that broke a law: ``replay(scenario, choices)`` lives it again."""

    scenario: str
    choices: Choices
    laws: tuple[str, ...]
    story: tuple[str, ...]


@dataclass
class Report:
    """Schedules lived through, by depth, and those that broke a law."""

    schedules: Counter[int] = field(default_factory=Counter)
    broken: int = 0
    violations: list[Violation] = field(default_factory=list)
    laws: Counter[str] = field(default_factory=Counter)

    def add(self, other: Report) -> None:
        self.schedules += other.schedules
        self.broken += other.broken
        self.laws += other.laws
        self.violations = (self.violations + other.violations)[:KEPT_MOST]


def live(bench: Bench, scenario: Scenario, schedule: Schedule) -> tuple[str, ...]:
    """The laws one schedule broke."""
    visit = Visit(bench, scenario, schedule)
    try:
        visit.live()
    except Exception as error:  # noqa: BLE001 - whatever leaves central unforeseen is a broken law
        visit.broke(f"unforeseen: {type(error).__name__}")
    return tuple(visit.broken)


def explore(
    bench: Bench,
    depth: int,
    scenarios: Iterable[Scenario] = SCENARIOS,
    start: Choices = (),
    until_broken: bool = False,
) -> Report:
    """Every schedule with at most ``depth`` deviations that begins with ``start``, shallow ones first."""
    report = Report()
    for scenario in scenarios:
        layer: list[Choices] = [start]
        while layer:
            deeper: list[Choices] = []
            for choices in layer:
                schedule = Schedule(choices)
                _note(report, scenario, schedule, live(bench, scenario, schedule))
                if report.broken and until_broken:
                    return report
                if len(choices) < depth:
                    deeper += _next(choices, schedule.turns)
            layer = deeper
    return report


def sample(
    bench: Bench, count: int, seed: int, first: int = 0, scenarios: Sequence[Scenario] = SCENARIOS
) -> Report:
    """``count`` schedules of the depths SAMPLED_DEPTHS; the one with number n is the same for every ``first`` and count."""
    report = Report()
    lengths: dict[str, int] = {}
    for number in range(first, first + count):
        chance = Random(f"{seed}/{number}")
        scenario = chance.choice(scenarios)
        if scenario.name not in lengths:
            plain = Schedule()
            live(bench, scenario, plain)
            lengths[scenario.name] = len(plain.turns)
        turns = [chance.randrange(lengths[scenario.name]) for _ in range(chance.choice(SAMPLED_DEPTHS))]
        schedule = Drawn(chance, turns)
        _note(report, scenario, schedule, live(bench, scenario, schedule))
    return report


def replay(scenario_name: str, choices: Choices) -> tuple[tuple[str, ...], list[str]]:
    """The laws a schedule breaks, and its story."""
    schedule = Schedule(choices)
    with bench() as built:
        laws = live(built, next(each for each in SCENARIOS if each.name == scenario_name), schedule)
    return laws, schedule.story


def run(
    *, full: bool, seed: int = 7, processes: int = 2, progress: Callable[[str], object] = print
) -> dict[str, dict[str, Any]]:
    """The figures of the proof.  Reduced: complete at depth 1 and a few hundred deeper ones."""
    began = time.monotonic()
    depth, samples = (COMPLETE_DEPTH, SAMPLES_FULL) if full else (COMPLETE_DEPTH - 1, SAMPLES_REDUCED)
    complete, sampled = Report(), Report()
    for done, (kind, report) in enumerate(_work(_tasks(depth, samples, seed), processes), 1):
        (complete if kind == "explore" else sampled).add(report)
        for violation in report.violations:
            progress(
                f"central explorer: {violation.scenario} {violation.choices}: {'; '.join(violation.laws)}"
            )
        if done % 100 == 0:
            lived = sum(complete.schedules.values()) + sum(sampled.schedules.values())
            rate = lived / (time.monotonic() - began)
            progress(
                f"central explorer: {lived} schedules, {rate:.0f}/s, {complete.broken + sampled.broken} broken"
            )
    took_s = time.monotonic() - began
    lived = sum(complete.schedules.values()) + sum(sampled.schedules.values())
    violations = complete.violations + sampled.violations
    return {
        "central_explorer_schedules": {
            "value": lived,
            "unit": "schedules",
            "scenarios": len(SCENARIOS),
            "complete_depth": depth,
            "complete": {str(at): count for at, count in sorted(complete.schedules.items())},
            "sampled": {str(at): count for at, count in sorted(sampled.schedules.items())},
            "per_s": round(lived / took_s, 1),
            "seed": seed,
        },
        "central_explorer_violations": {
            "value": complete.broken + sampled.broken,
            "unit": "schedules",
            "laws": dict(complete.laws + sampled.laws),
            "first": [[each.scenario, list(each.choices), list(each.laws)] for each in violations[:5]],
        },
    }


# --- the work, shared out ---

Task = tuple[str, tuple[Any, ...]]  # explore: scenario, depth, start; sample: count, seed, first


def _tasks(depth: int, samples: int, seed: int) -> list[Task]:
    """Each scenario's plain schedule, each of its first deviations with all that follows, and the samples in portions."""
    tasks: list[Task] = []
    with bench() as built:
        for number, scenario in enumerate(SCENARIOS):
            plain = Schedule()
            live(built, scenario, plain)
            tasks.append(("explore", (number, 0, ())))
            tasks += [("explore", (number, depth, start)) for start in _next((), plain.turns)]
    firsts = range(0, samples, SAMPLES_AT_ONCE)
    tasks += [("sample", (min(SAMPLES_AT_ONCE, samples - first), seed, first)) for first in firsts]
    return tasks


def _work(tasks: list[Task], processes: int) -> Iterator[tuple[str, Report]]:
    if processes == 1:
        with bench() as built:
            yield from (_do(built, task) for task in tasks)
        return
    context = multiprocessing.get_context("spawn")  # a connection does not survive a fork
    queue, reports = context.Queue(), context.Queue()
    for task in [*tasks, *[None] * processes]:
        queue.put(task)
    workers = [context.Process(target=_worker, args=(queue, reports)) for _ in range(processes)]
    for worker in workers:
        worker.start()
    try:
        for _ in tasks:
            yield _next_report(reports, workers)
    finally:
        for worker in workers:
            worker.terminate()
            worker.join()


def _next_report(reports: Any, workers: Sequence[Any]) -> tuple[str, Report]:
    while True:
        try:
            report: tuple[str, Report] = reports.get(timeout=5)
        except Empty:
            if any(worker.exitcode for worker in workers):
                raise RuntimeError("a worker has died") from None
        else:
            return report


def _worker(queue: Any, reports: Any) -> None:
    with bench() as built:
        gc.freeze()  # a fifth of the time is otherwise spent looking through what never goes away
        gc.set_threshold(100_000)
        parent = os.getppid()
        for task in iter(queue.get, None):
            if os.getppid() != parent:
                return  # nobody is left to report to
            reports.put(_do(built, task))


def _do(built: Bench, task: Task) -> tuple[str, Report]:
    kind, what = task
    if kind == "sample":
        count, seed, first = what
        return kind, sample(built, count, seed, first)
    number, depth, start = what
    return kind, explore(built, depth, (SCENARIOS[number],), start)


def _next(choices: Choices, turns: Sequence[int]) -> list[Choices]:
    """One deviation more, later than all others."""
    after = choices[-1][0] + 1 if choices else 0
    return [
        (*choices, (turn, option)) for turn in range(after, len(turns)) for option in range(1, turns[turn])
    ]


def _note(report: Report, scenario: Scenario, schedule: Schedule, laws: tuple[str, ...]) -> None:
    report.schedules[len(schedule.taken)] += 1
    if laws:
        report.broken += 1
        report.laws.update(laws)
        if len(report.violations) < KEPT_MOST:
            report.violations.append(
                Violation(scenario.name, tuple(schedule.taken), laws, tuple(schedule.story))
            )


if __name__ == "__main__":
    if len(sys.argv) > 1:
        pairs = [each.split(":") for each in sys.argv[2:]]
        told = replay(sys.argv[1], tuple((int(turn), int(option)) for turn, option in pairs))
        print(*told[1], *(f"broken: {law}" for law in told[0]), sep="\n")
    else:
        print(run(full=True))
