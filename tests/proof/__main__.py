"""``make proof``: every proof in full, one after the other; figures in bench/out/proof.json, the story on the terminal.

    python -m tests.proof [--quick] [--only PART]... [--processes N] [--seed N]

Parts: explorer, central_explorer, images, mutants, kills, chaos.  Each writes its figures as soon as it has them, with the commit and
the time, and leaves those of the other parts as they are.  The exit status is 1 when anything was lost, doubled, or left standing.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from bench import machine
from tests.proof import (
    central_explorer,
    central_mutants,
    chaos,
    disk_mutants,
    explorer,
    images,
    kills,
    mutants,
)
from tests.proof.central_world import bench

OUT = Path(__file__).resolve().parents[2] / "bench" / "out" / "proof.json"
CHAOS_VISITS, CHAOS_KIOSKS = 1000, 8
MUST_BE_ZERO = (
    "explorer_violations",
    "central_explorer_violations",
    "power_cut_lost",
    "kills_lost",
    "kills_doubled",
    "mutants_survived",
    "chaos_difference_fen",
)

Figures = dict[str, dict[str, object]]


def explore(given: argparse.Namespace) -> Figures:
    return explorer.run(full=not given.quick, seed=given.seed, processes=given.processes, progress=say)


def explore_central(given: argparse.Namespace) -> Figures:
    return central_explorer.run(
        full=not given.quick, seed=given.seed, processes=given.processes, progress=say
    )


def cut_power(given: argparse.Namespace) -> Figures:
    return images.run(full=not given.quick, seed=given.seed, processes=given.processes, progress=say)


def plant_bugs(given: argparse.Namespace) -> Figures:
    """Every planted bug against its explorer or its images.  An equivalent one that is caught was not equivalent: it survived us."""
    caught, survived, equivalent = list[str](), list[str](), dict[str, str]()

    def judge(name: str, found: bool, reason: str = "") -> None:
        if reason:
            equivalent[name] = reason
        (survived if found == bool(reason) else caught).append(name)
        say(f"{name}: {'caught' if found else reason or 'SURVIVED'}")

    for kill in mutants.run_mutants():
        judge(f"kiosk: {kill.mutant.name}", kill.caught, kill.mutant.equivalent)
    with bench() as built:
        for mutant in central_mutants.CENTRAL_MUTANTS:
            report = central_mutants.kill(mutant, built)
            judge(f"central: {mutant.name}", bool(report.violations), mutant.equivalent)
    for name, _plant in disk_mutants.DISK_MUTANTS:
        judge(f"disk: {name}", disk_mutants.killed(name, given.seed))
    planted = len(caught) + len(survived)
    return {
        "mutants_planted": {
            "value": planted,
            "unit": "mutants",
            "equivalent": equivalent,
            "caught": planted - len(equivalent),
        },
        "mutants_survived": {"value": len(survived), "unit": "mutants", "which": survived},
    }


def kill(given: argparse.Namespace) -> Figures:
    return kills.run(full=not given.quick, seed=given.seed, progress=say)


def day(given: argparse.Namespace) -> Figures:
    result = chaos.run_day(
        visits=60 if given.quick else CHAOS_VISITS,
        kiosks=CHAOS_KIOSKS,
        seed=given.seed,
        progress=say,
    )
    say(result.table())
    return result.figures(CHAOS_KIOSKS, given.seed)


PARTS: Mapping[str, Callable[[argparse.Namespace], Figures]] = {
    "images": cut_power,
    "mutants": plant_bugs,
    "kills": kill,
    "chaos": day,
    "central_explorer": explore_central,
    "explorer": explore,
}


def say(line: str) -> None:
    print(line, flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.proof",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--only", choices=sorted(PARTS), action="append", help="prove only this")
    parser.add_argument("--quick", action="store_true", help="the reduced forms: for a look, not for a claim")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--seed", type=int, default=7)
    given = parser.parse_args()
    figures: Figures = json.loads(OUT.read_text(encoding="utf-8")) if OUT.exists() else {}
    for name, prove in PARTS.items():
        if given.only and name not in given.only:
            continue
        say(f"--- {name}")
        began_s = time.monotonic()
        found = prove(given)
        about = {
            "seconds": round(time.monotonic() - began_s),
            "command": f"python -m tests.proof --only {name}{' --quick' if given.quick else ''} --seed {given.seed}",
            "machine": machine.describe(given.seed),
        }
        figures.update({key: {**figure, **about} for key, figure in found.items()})
        OUT.parent.mkdir(parents=True, exist_ok=True)
        OUT.write_text(json.dumps(figures, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        for key, figure in found.items():
            say(f"{key}: {figure['value']} {figure['unit']}")
    return int(any(figures.get(key, {}).get("value", 0) for key in MUST_BE_ZERO))


if __name__ == "__main__":
    sys.exit(main())
