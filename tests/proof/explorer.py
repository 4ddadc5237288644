"""Every schedule of faults up to a depth, and random deeper ones, over the real payment core.

``explore`` is complete: it runs a scenario without faults, then with one fault at every effect in every way, and from what each of
these runs met, with one more fault later on.  So no schedule is tried whose faults are not reached, and none is tried twice.
A run that has all its faults behind it stops where another one has stood before, with the same disks, the same central, the same
paper at the same moment, and come to a good end.  ``sample`` draws schedules of four and five faults by chance, none twice.
A violation carries its choices; ``replay`` plays them again.  ``run`` does all of it on several processes.

    python -m tests.proof.explorer          the whole of it, as ``make proof`` does
    python -m tests.proof.explorer quick
"""

from __future__ import annotations

import gc
import multiprocessing
import sys
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from random import Random

from tests.proof.faults import Choice, Drawn, Schedule
from tests.proof.machine import empty_disk
from tests.proof.play import Play, Scenario
from tests.proof.scenarios import BY_NAME, SCENARIOS

DEPTH = 3  # complete
DEEPER = (4, 5)  # sampled
SAMPLED = 3_100_000
MOST_KEPT = 20
SIBLINGS = 12  # of one drawn schedule, how many with one fault more
TRIES = 3  # some schedules were drawn before, or do not reach their last fault


@dataclass(frozen=True)
class Violation:
    """What went wrong in one schedule.  ``replay(BY_NAME[scenario], choices)`` shows it again."""

    scenario: str
    choices: tuple[Choice, ...]
    what: tuple[str, ...]


@dataclass
class Result:
    """``schedules``: how many were run, by depth.  ``violated`` counts all violations, ``violations`` has the first few.

    ``met``: how often each fault was played, and how often each thing was told to somebody.
    """

    schedules: Counter[int] = field(default_factory=Counter)
    violated: int = 0
    violations: list[Violation] = field(default_factory=list)
    met: Counter[str] = field(default_factory=Counter)

    @property
    def total(self) -> int:
        return self.schedules.total()

    def note(self, play: Play, choices: Sequence[Choice]) -> None:
        self.schedules[len(choices)] += 1
        self.met.update(fault for _, fault in choices)
        self.met.update(told.what for told in play.told)
        if play.violations:
            self.violated += 1
            if len(self.violations) < MOST_KEPT:
                what = tuple(dict.fromkeys(play.violations))
                self.violations.append(Violation(play.scenario.name, tuple(choices), what))

    def add(self, other: Result) -> None:
        self.schedules += other.schedules
        self.met += other.met
        self.violated += other.violated
        self.violations = (self.violations + other.violations)[:MOST_KEPT]


class Theatre:
    """Two disks, empty again before every run, and what is known of one scenario."""

    def __init__(self) -> None:
        self._disks = (empty_disk(), empty_disk())
        self.known: set[int] = set()

    def run(self, scenario: Scenario, schedule: Schedule, whole: bool = True) -> Play:
        """One run.  What the real code raises and no flow expects is a violation too: it would end the process.

        Not ``whole``: it may stop where the rest is known; then what it met is not all that it would have met.
        """
        for disk in self._disks:
            disk.execute("BEGIN")
        play = Play(scenario, schedule, self._disks, frozenset() if whole else self.known)
        try:
            play.run()
        except Exception as error:  # noqa: BLE001 - any surprise is what we look for
            play.violations.append(f"surprise: {type(error).__name__}: {error}")
        finally:
            for disk in self._disks:
                disk.execute("ROLLBACK")
        if not play.violations:
            self.known.update(play.passed)
        return play


def explore(
    scenarios: Iterable[Scenario], depth: int, *, budget: int | None = None, whole: bool = False
) -> Result:
    """Every schedule with up to ``depth`` faults.  ``budget``: at most so many runs.  ``whole``: every run to its very end."""
    result = Result()
    for scenario in scenarios:
        theatre = Theatre()
        waiting: list[tuple[Choice, ...]] = [()]
        while waiting and (budget is None or result.total < budget):
            choices = waiting.pop()
            play = theatre.run(scenario, Schedule(choices), whole=whole or len(choices) < depth)
            assert play.schedule.spent
            result.note(play, choices)
            if len(choices) < depth:
                waiting += one_more(choices, play.schedule)
    return result


def find(scenarios: Iterable[Scenario], depth: int) -> Result:
    """As ``explore``, but schedules with fewer faults first, and no further once something is wrong."""
    result, theatre = Result(), Theatre()
    waiting: deque[tuple[Scenario, tuple[Choice, ...]]] = deque((scenario, ()) for scenario in scenarios)
    while waiting and not result.violated:
        scenario, choices = waiting.popleft()
        play = theatre.run(scenario, Schedule(choices))
        result.note(play, choices)
        if len(choices) < depth:
            waiting.extend((scenario, longer) for longer in one_more(choices, play.schedule))
    return result


def one_more(choices: tuple[Choice, ...], schedule: Schedule) -> Iterator[tuple[Choice, ...]]:
    """Every schedule with one fault more than this one, behind its last."""
    first = choices[-1][0] + 1 if choices else 0
    for number in range(first, len(schedule.trace)):
        for fault in schedule.trace[number]:
            yield *choices, (number, fault)


def sample(scenarios: Iterable[Scenario], depths: Sequence[int], count: int, seed: int) -> Result:
    """``count`` different schedules of each scenario, with as many faults as ``depths`` allow, drawn from the seed.

    All faults but the last are drawn; of the schedules with one fault more, some are run.
    """
    result = Result()
    for scenario in scenarios:
        theatre, rng = Theatre(), Random(f"{seed} {scenario.name}")
        length = len(theatre.run(scenario, Schedule()).schedule.trace)
        tried: set[tuple[Choice, ...]] = set()
        left, draws = count, count * TRIES
        while left and draws:
            draws -= 1
            drawn = Drawn(rng, rng.choice(depths) - 1, length)
            play = theatre.run(scenario, drawn)
            trunk = tuple(drawn.choices)
            if play.violations:
                result.note(play, trunk)
            if not drawn.spent or trunk in tried:
                continue
            tried.add(trunk)
            longer = list(one_more(trunk, drawn))
            for choices in rng.sample(longer, min(len(longer), SIBLINGS, left)):
                result.note(theatre.run(scenario, Schedule(choices), whole=False), choices)
                left -= 1
    return result


def replay(scenario: Scenario, choices: Sequence[Choice]) -> Play:
    """The same run again."""
    return Theatre().run(scenario, Schedule(choices))


# --- all of it -------------------------------------------------------------------------------------------------------


def run(
    *, full: bool, seed: int = 7, processes: int = 2, progress: Callable[[str], object] = print
) -> dict[str, dict[str, object]]:
    """Complete to depth 3, then samples at 4 and 5; or a small part of it that ends within a minute."""
    started = time.monotonic()
    count = SAMPLED // len(SCENARIOS) + 1 if full else 40
    tasks = [("explore", s.name, DEPTH if full else 1, seed) for s in SCENARIOS]
    tasks += [("sample", s.name, count, seed) for s in SCENARIOS]
    complete, sampled = Result(), Result()
    with multiprocessing.get_context("spawn").Pool(processes, _prepare) as pool:
        for done, (task, result) in enumerate(pool.imap_unordered(_task, tasks), start=1):
            (complete if task == "explore" else sampled).add(result)
            if done % 10 == 0 or result.violated:
                total = complete.total + sampled.total
                spent_s = time.monotonic() - started
                violated = complete.violated + sampled.violated
                progress(
                    f"{done}/{len(tasks)} tasks, {total} schedules, {total / spent_s:.0f}/s, {violated} violations"
                )
    for violation in complete.violations + sampled.violations:
        progress(f"{violation}")
    spent_s = time.monotonic() - started
    deeper = sum(sampled.schedules[depth] for depth in DEEPER)
    total = complete.total + deeper
    return {
        "explorer_schedules": {
            "value": total,
            "unit": "schedules",
            **{f"depth_{depth}": complete.schedules[depth] for depth in range(DEPTH + 1)},
            "sampled": deeper,
            "sampled_depths": list(DEEPER),
            "scenarios": len(SCENARIOS),
            "per_s": round(total / spent_s),
            "processes": processes,
            "seed": seed,
        },
        "explorer_violations": {"value": complete.violated + sampled.violated, "unit": "violations"},
    }


def _prepare() -> None:
    # A run leaves few cycles behind; to look for them at every 700th object costs a tenth of the time.
    gc.freeze()
    gc.set_threshold(100_000)


def _task(task: tuple[str, str, int, int]) -> tuple[str, Result]:
    kind, name, number, seed = task
    scenario = BY_NAME[name]
    if kind == "explore":
        return kind, explore([scenario], number)
    return kind, sample([scenario], DEEPER, number, seed)


if __name__ == "__main__":
    print(run(full="quick" not in sys.argv))
