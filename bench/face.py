"""``python -m bench.face --faces FOLDER``: the face check beside the library, against attacks, and in the kiosk.

    frames       what a camera frame costs, beside the library's loop
    comparison   what each engine gets wrong on public sets; needs --faces
    worker       start and memory of the worker, and how long a willing person takes
    window       the gaps between the window's frames while somebody is being checked, beside the idle window
    luck         how often a film of another check happens to show what is asked, before the challenge alone
    attacks      presentations that are no living person, and living people, rendered: hours of all cores

Figures go into bench/out/face.json as soon as they are there and leave those of other parts as they are; face.md is drawn from the
whole.  A look (--quick, or fewer --runs than a claim takes) goes to face_look.json and face_look.md instead.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from bench import (
    face_attacks,
    face_comparison,
    face_frames,
    face_luck,
    face_report,
    face_window,
    face_worker,
    machine,
)
from bench.face_run import DRAWS
from bench.figures import Figure
from bench.parts import About, Found
from bench.scene import SEED

OUT = Path(__file__).parent / "out"
CLAIM = 500  # rendered runs of each species
QUICK = 20

Measure = Callable[[argparse.Namespace], Iterable[list[Figure]]]  # a list whenever there is something
MEASURES: Mapping[str, Measure] = {
    "frames": lambda given: [face_frames.measure(given.quick)],
    "comparison": lambda given: face_comparison.measure(given.faces, given.quick, given.onnx),
    "worker": lambda given: [face_worker.measure(given.quick)],
    "window": lambda given: [face_window.measure(given.quick)],
    "luck": lambda given: face_luck.measure(given.quick),
    "attacks": lambda given: face_attacks.measure(given.runs, given.processes, given.species or (), say),
}


def say(line: str) -> None:
    print(line, flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m bench.face", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--faces", type=Path, help="folder with orl/ and yale/")
    parser.add_argument("--onnx", type=Path, help="an embedder of the operator's, to be measured as well")
    parser.add_argument("--only", choices=sorted(MEASURES), action="append", help="measure only this")
    parser.add_argument("--quick", action="store_true", help="fewer runs: for a look, not for a claim")
    parser.add_argument("--runs", type=int, help=f"rendered runs of each species, {CLAIM} if not given")
    parser.add_argument("--species", choices=sorted(DRAWS), action="append", help="only this presentation")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    given = parser.parse_args()
    given.runs = given.runs or (QUICK if given.quick else CLAIM)
    stem = OUT / ("face_look" if given.quick or given.runs < CLAIM else "face")
    for name, measure in MEASURES.items():
        if given.only and name not in given.only:
            continue
        say(f"--- {name}")
        facts, began_s = machine.describe(SEED), time.monotonic()
        before = facts.pop("load average at the start")
        for figures in measure(given):
            now_s = time.monotonic()
            about = About(
                name,
                command(given, name),
                SEED,
                round((now_s - began_s) / len(figures)),
                f"{before}; {machine.load()}",
                facts,
            )
            write(stem, face_report.merged(read(stem), figures, about))
            for one in figures:
                say(f"{one.name}: {one.value:.4g} {one.unit}")
            began_s = now_s
    if lost := face_report.missing(read(stem)):
        say(f"not measured yet: {', '.join(lost)}")
    return 0


def command(given: argparse.Namespace, part: str) -> str:
    """What to type for this part again, without folders."""
    words = ["python -m bench.face", "--only", part]
    words += ["--quick"] if given.quick else []
    words += ["--faces FOLDER"] if given.faces and part == "comparison" else []
    words += ["--onnx FILE"] if given.onnx and part == "comparison" else []
    words += [f"--runs {given.runs}", f"--processes {given.processes}"] if part == "attacks" else []
    words += [f"--species {one}" for one in given.species or () if part == "attacks"]
    return " ".join(words)


def read(stem: Path) -> Found:
    """The figures so far.  Those of a file of another form are not figures of ours: they are left out."""
    path = stem.with_suffix(".json")
    raw: Found = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return {name: one for name, one in raw.items() if "part" in one}


def write(stem: Path, found: Found) -> None:
    stem.parent.mkdir(exist_ok=True)
    stem.with_suffix(".json").write_text(
        json.dumps(found, ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
    )
    stem.with_suffix(".md").write_text(face_report.render(found), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
