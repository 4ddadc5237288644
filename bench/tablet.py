"""``python -m bench.tablet``: the tablet for visits at home.

    day     fifty visits without a network, sealed; then to central over a bad line and over a slow one; the disk searched for people
    kills   kill -9 at every step of a visit and of its upload
    bundle  size, start and memory of the packaged program, where it was built (``make tablet``)

Figures go into bench/out/tablet.json as soon as they are there and leave those of other parts as they are; tablet.md is drawn from
the whole.  A look (--quick) goes to tablet_look.json and tablet_look.md instead.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from bench import machine, tablet_bundle, tablet_day, tablet_kills, tablet_report
from bench.figures import Figure
from bench.parts import About, Found
from bench.scene import SEED

OUT = Path(__file__).parent / "out"

Measure = Callable[[argparse.Namespace], Iterable[list[Figure]]]  # a list whenever there is something


def measure_bundle(given: argparse.Namespace) -> Iterable[list[Figure]]:
    if not (tablet_bundle.FOLDER / "kiosk").is_file():
        say("not built here: make tablet")
        return []
    with tempfile.TemporaryDirectory(prefix="tablet-bundle-") as folder:
        ratios = tablet_bundle.against_source(Path(folder), given.quick)
    size = Figure("bundle_mb", tablet_bundle.size_mb(), "MB")
    return [[size, *ratios]]


MEASURES: Mapping[str, Measure] = {
    "day": lambda given: tablet_day.measure(given.seed, given.quick),
    "kills": lambda given: [tablet_kills.measure(given.seed, given.quick, say)],
    "bundle": measure_bundle,
}


def say(line: str) -> None:
    print(line, flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m bench.tablet",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--only", choices=sorted(MEASURES), action="append", help="measure only this")
    parser.add_argument(
        "--quick", action="store_true", help="a short day and few kills: for a look, not for a claim"
    )
    parser.add_argument("--seed", type=int, default=SEED)
    given = parser.parse_args()
    stem = OUT / ("tablet_look" if given.quick else "tablet")
    for name, measure in MEASURES.items():
        if given.only and name not in given.only:
            continue
        say(f"--- {name}")
        facts, began_s = machine.describe(given.seed), time.monotonic()
        before = facts.pop("load average at the start")
        for figures in measure(given):
            seconds = round((time.monotonic() - began_s) / max(len(figures), 1))
            load = f"{before}; {machine.load()}"
            about = About(name, command(given, name), given.seed, seconds, load, facts)
            write(stem, tablet_report.merged(read(stem), figures, about))
            for one in figures:
                say(
                    f"{one.name}: {one.value:.4g} {one.unit}{'' if one.met is not False else ' (goal not met)'}"
                )
            began_s = time.monotonic()
    found = read(stem)
    if lost := tablet_report.missing(found):
        say(f"not measured yet: {', '.join(lost)}")
    return 1 if any(found[name]["met"] is False for name in tablet_report.MUST_HOLD if name in found) else 0


def command(given: argparse.Namespace, part: str) -> str:
    """What to type for this part again."""
    words = ["python -m bench.tablet", "--only", part]
    words += ["--quick"] if given.quick else []
    words += [f"--seed {given.seed}"] if given.seed != SEED else []
    return " ".join(words)


def read(stem: Path) -> Found:
    path = stem.with_suffix(".json")
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def write(stem: Path, found: Found) -> None:
    stem.parent.mkdir(exist_ok=True)
    text = json.dumps(found, ensure_ascii=False, indent=1) + "\n"
    stem.with_suffix(".json").write_text(text, encoding="utf-8")
    stem.with_suffix(".md").write_text(tablet_report.render(found), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
