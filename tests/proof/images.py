"""The power-cut proof as a whole: the figures of ``make proof`` and, smaller, of ``make test``.

Every part is a life of its own with a seed of its own, so that a finding can be played again alone.  Three things are shown at once:
the shipped settings lose nothing, settings that are known to be good lose nothing either, and settings that are known to be bad
are caught.  A proof in which a bad one passes or a good one fails proves nothing, and ``run`` raises.
"""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from typing import Any

from tests.proof import central_images, journal_images
from tests.proof.tally import Tally


class ProofFailed(Exception):
    """The proof cannot be trusted: a control passed, or a known good mode failed."""


@dataclass(frozen=True)
class Part:
    """One life and so many images of it.  ``expect``: "nothing lost", "good" (a known good mode) or "caught" (a control)."""

    store: str
    mode: Any
    seed: int
    images: int
    expect: str = "nothing lost"
    boots: int = 2
    visits: int = 12

    def look(self) -> Tally:
        started = time.process_time()
        if self.store == "central":
            tally = central_images.proof(self.mode, self.seed, self.images, self.boots)
        else:
            tally = journal_images.proof(self.mode, self.seed, self.images, self.boots, self.visits)
        tally.cpu_s = time.process_time() - started
        return tally

    @property
    def name(self) -> str:
        law = "" if self.store == "central" or self.mode.law.value == "ext4" else f", {self.mode.law.value}"
        return f"{self.store} {self.mode.name}{law}"


def plan(full: bool, seed: int) -> Iterator[Part]:
    journal, central = journal_images, central_images
    lives, entries, answers, few = (8, 800, 300, 400) if full else (1, 200, 70, 60)
    for life in range(seed, seed + lives):
        for mode in (journal.SHIPPED, journal.SHIPPED_POSIX, journal.SMALL_LOG):
            yield Part("journal", mode, life, entries)
        for server in (central.SHIPPED, central.SMALL_LOG, central.THREADS):
            yield Part("central", server, life, answers)
    if full:  # more than 300 commits between two power cuts, and a chain of recoveries
        yield Part("journal", journal.SHIPPED, seed, 800, visits=36)
        yield Part("journal", journal.SMALL_LOG, seed, 800, boots=6, visits=6)
        yield Part("central", central.SMALL_LOG, seed, 600, boots=4)
        yield Part("central", central.LARGE, seed, 400, boots=1)
    for mode in journal.GOOD:
        yield Part("journal", mode, seed, few, expect="good")
    # a machine that loses what it knew cannot be expected to live on: one boot
    for mode in journal.CONTROLS:
        yield Part("journal", mode, seed, few, expect="caught", boots=1)
    for server in central.CONTROLS:
        yield Part("central", server, seed, few, expect="caught", boots=1)


def run(
    *, full: bool, seed: int = 7, processes: int = 2, progress: Callable[[str], object] = print
) -> dict[str, dict[str, object]]:
    """Figures of the proof.  Raises ProofFailed."""
    parts = [*plan(full, seed)]
    started, everything = time.monotonic(), Tally()
    tallies = {"journal": Tally(), "central": Tally()}
    controls: dict[str, dict[str, object]] = {}
    good: dict[str, dict[str, object]] = {}
    for part, tally in zip(parts, _looked(parts, processes), strict=True):
        everything.add(tally)
        progress(f"{part.name}, seed {part.seed}: {_said(tally)}")
        if part.expect == "nothing lost":
            tallies[part.store].add(tally)
        elif part.expect == "good":
            good[part.name] = _figures(tally)
            if not tally.clean:
                raise ProofFailed(f"the fault model blames {part.name}: {tally.examples}")
        else:
            controls[part.name] = _figures(tally)
            if tally.clean:
                raise ProofFailed(
                    f"{part.name} lost nothing on {tally.images} images: the images are too kind"
                )
    seconds = time.monotonic() - started
    total = Tally()
    for tally in tallies.values():
        total.add(tally)
    return {
        "power_cut_images": {
            "value": total.images,
            "unit": "images",
            "journal": tallies["journal"].images,
            "central": tallies["central"].images,
            "started": total.started,
            "acknowledged": total.acknowledged,
            # of all images, the controls' too: the time is theirs as well
            "per_s": round(everything.images / seconds),
            "per_cpu_s": round(everything.images / everything.cpu_s),
            "seed": seed,
        },
        "power_cut_lost": {
            "value": total.lost,
            "unit": "acknowledged commits",
            "corrupt": total.corrupt,
            "examples": total.examples,
            "controls": controls,
            "known_good": good,
        },
    }


def _looked(parts: list[Part], processes: int) -> Iterator[Tally]:
    if processes == 1:
        yield from map(Part.look, parts)
        return
    context = multiprocessing.get_context("spawn")  # nothing of this process is wanted in the others
    with ProcessPoolExecutor(processes, mp_context=context) as pool:
        yield from pool.map(Part.look, parts)


def _figures(tally: Tally) -> dict[str, object]:
    names = ("images", "losing", "corrupt")
    return {**{name: getattr(tally, name) for name in names}, "worst_commits": tally.worst}


def _said(tally: Tally) -> str:
    found = f"{tally.losing} lost something, at worst {tally.worst}; {tally.corrupt} corrupt"
    return f"{tally.images} images, {found}{'; ' if tally.examples else ''}{'; '.join(tally.examples[:1])}"


if __name__ == "__main__":
    run(full=True)
