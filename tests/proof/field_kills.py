"""kill -9 at every step of capturing a visit and of sending it, one after the other, until a whole life has been died through.

For each kind of visit: a life that dies at its first step, then whatever it takes until the visit is captured and sent; a life that
dies at its second step; and so on, until one does all its work without reaching its step.  Half of the lives after a death die too,
at a step drawn by chance: on the way back.  The morning - sign in, fetch the day's people - is died through in the same way, and
before it the first start of a tablet that was never on.

At the end central's own tables are read: everything that staff saw as sealed is there, once, and the tablet's chain is whole.
"""

from __future__ import annotations

import argparse
import json
import pickle
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from tests.proof import field_scan
from tests.proof.field_central import Books, Town, books, found, serving
from tests.proof.field_scan import Hit, Scan
from tests.proof.field_staff import Way
from tests.proof.services import ROOT

Say = Callable[[str], object]
WAYS = (Way.FACE, Way.MANUAL, Way.REVIEW, Way.NOT_MET)
SCAN_EVERY = 25  # deaths


@dataclass(frozen=True)
class Plan:
    """``stride``: every so many steps from ``first``; ``most``: deaths of one kind of visit; ``people`` there are to visit."""

    ways: Sequence[Way]
    people: int
    first: int = 1
    stride: int = 1
    most: int = 10_000
    again_share: float = 0.5
    mornings: bool = True


FULL = Plan(WAYS, people=300)
REDUCED = Plan((Way.FACE, Way.MANUAL), people=50, stride=5, mornings=False)
CONTROL = Plan((Way.FACE,), people=80, again_share=0.0, mornings=False)


@dataclass
class Tally:
    """``kept``: (record, kind) that staff saw as sealed.  ``steps``: of a whole life, by what it is.  ``died_at``: which steps."""

    kills: int = 0
    lives: int = 0
    visits: int = 0
    kept: list[tuple[str, str]] = field(default_factory=list)
    steps: dict[str, int] = field(default_factory=dict)
    died_at: Counter[str] = field(default_factory=Counter)
    hits: list[Hit] = field(default_factory=list)
    scans: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)


class Lives:
    """The maker of lives, and what all of them have in common."""

    def __init__(self, folder: Path, town: Town, url: str, bug: str, suite: str) -> None:
        self.folder, self._bug, self._suite, self._url = folder, bug, suite, url
        self.scan: Scan = field_scan.of_town(town)
        kept = folder / "town.pickle"
        kept.write_bytes(pickle.dumps(town))
        self._maker = subprocess.Popen(
            [sys.executable, "-W", "error", "-m", "tests.proof.field_life", str(kept)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )

    def live(
        self, tally: Tally, way: Way, seed: int, kill_at: int = 0, *, fetch: bool = False
    ) -> dict[str, Any]:
        """One life.  Gives what it said at its end; "steps" is missing when it was killed."""
        order: dict[str, Any] = {"folder": str(self.folder), "url": self._url, "suite": self._suite}
        order |= {
            "way": way.value,
            "until": tally.visits,
            "fetch": fetch,
            "kill_at": kill_at,
            "seed": seed,
            "bug": self._bug,
        }
        assert self._maker.stdin is not None and self._maker.stdout is not None
        self._maker.stdin.write(json.dumps(order) + "\n")
        self._maker.stdin.flush()
        said: dict[str, Any] = {}
        tally.lives += 1
        while True:
            line = self._maker.stdout.readline()
            assert line, "the maker of lives is gone"
            told = json.loads(line)
            if "kept" in told:
                tally.kept.append(tuple(told["kept"]))
            said |= told
            if "code" in told or "signal" in told:
                break
        assert said.get("signal") == 9 or said.get("code") == 0, f"a life ended by itself: {said}"
        if "signal" in said:
            tally.kills += 1
            tally.died_at[said["died"]] += 1
            if tally.kills % SCAN_EVERY == 0:
                self.look(tally)
        return said

    def look(self, tally: Tally) -> None:
        """The disk as it lies there: nobody may be on it."""
        hits, _ = self.scan.folder(self.folder / "data")
        tally.hits += hits
        tally.scans += 1

    def end(self) -> None:
        assert self._maker.stdin is not None and self._maker.stdout is not None
        self._maker.stdin.close()
        self._maker.wait(20)
        self._maker.stdout.close()


def die_through(lives: Lives, plan: Plan, seed: int, tally: Tally, progress: Say) -> None:
    rng = Random(f"{seed} kills")
    if plan.mornings:  # a tablet that was never on: each life finds what the one before had begun
        for kill_at in range(1, 10_000):
            if "steps" in lives.live(tally, Way.FACE, rng.randrange(2**32), kill_at, fetch=True):
                break
        progress(f"first start: {tally.kills} kills")
    left = fetched(lives, tally, rng)
    if plan.mornings:
        for kill_at in range(plan.first, 10_000, plan.stride):
            said = lives.live(tally, Way.FACE, rng.randrange(2**32), kill_at, fetch=True)
            left = fetched(lives, tally, rng)
            if "steps" in said:
                tally.steps["morning"] = said["steps"]
                break
        progress(f"morning: {tally.kills} kills")
    for way in plan.ways:
        before = tally.kills
        for kill_at in range(plan.first + rng.randrange(plan.stride), 10_000, plan.stride):
            if left < 2:
                left = fetched(lives, tally, rng)
            assert left > 0, "nobody is left to be visited"
            tally.visits += 1
            drawn = rng.randrange(2**32)
            said = lives.live(tally, way, drawn, kill_at)
            whole = "steps" in said
            if not whole and rng.random() < plan.again_share:
                said = lives.live(tally, way, drawn, rng.randint(1, kill_at))
            if "steps" not in said:
                said = lives.live(tally, way, drawn)
            left = said["left"]
            if whole:
                tally.steps[way.value] = said["steps"]
            if whole or tally.kills - before >= plan.most:
                break
        progress(f"{way.value}: {tally.kills - before} kills, {tally.visits} visits so far")
    lives.look(tally)


def fetched(lives: Lives, tally: Tally, rng: Random) -> int:
    """A new pack; how many are in it who were not visited."""
    return int(lives.live(tally, Way.FACE, rng.randrange(2**32), fetch=True)["left"])


def reckon(tally: Tally, there: Books) -> None:
    """Central's tables against what staff saw."""
    tally.lost = there.lost(tally.kept)
    if len(there.packets) < tally.visits:
        tally.lost.append(f"{tally.visits} visits were made, {len(there.packets)} are here")
    tally.doubled = there.doubled
    if len(there.packets) > tally.visits:
        tally.doubled.append(f"{tally.visits} visits were made, {len(there.packets)} are here")
    if there.chain:
        tally.lost.append(there.chain)
    if there.refused:
        tally.lost.append(f"{there.refused} packets were refused")


@contextmanager
def scene(
    folder: Path, plan: Plan, seed: int, bug: str = "", suite: str = "x25519"
) -> Iterator[tuple[Lives, Town]]:
    town = found(folder, plan.people, 0, seed)
    with serving(town, folder / "central.log") as central:
        lives = Lives(folder, town, central.url, bug, suite)
        try:
            yield lives, town
        finally:
            lives.end()


def run(
    plan: Plan, seed: int = 7, bug: str = "", suite: str = "x25519", progress: Say = lambda _line: None
) -> Tally:
    """One tablet, died through.  ``bug``: a name of field_bugs.BUGS."""
    tally = Tally()
    with tempfile.TemporaryDirectory(prefix="tablet-") as scratch:
        with scene(Path(scratch), plan, seed, bug, suite) as (lives, town):
            die_through(lives, plan, seed, tally, progress)
        reckon(tally, books(town.data))
    return tally


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--bug", default="")
    parser.add_argument("--seed", type=int, default=7)
    given = parser.parse_args()
    plan = CONTROL if given.bug else FULL if given.full else REDUCED
    tally = run(plan, given.seed, given.bug, progress=print)
    print(
        tally.kills, tally.lives, tally.visits, tally.steps, tally.lost[:5], tally.doubled[:5], tally.hits[:5]
    )
    for label, count in sorted(tally.died_at.items()):
        print(f"{count:4} {label}")


if __name__ == "__main__":
    main()
