"""``make bench``: measures ours and the peer in one run, prints a report, writes bench/out/main.json and main.md."""

from __future__ import annotations

import argparse
import json
import shutil
import time
from collections.abc import Callable
from pathlib import Path

from bench import card_to_page, cold_start, journal, machine, receipt, tap_feedback
from bench.figures import Figure, report
from bench.scene import SEED, Scene, scene

OUT = Path(__file__).parent / "out"
MEASURES: dict[str, Callable[[Scene, bool], list[Figure]]] = {
    "cold_start": cold_start.measure,
    "card_to_page": card_to_page.measure,
    "tap_feedback": tap_feedback.measure,
    "receipt": receipt.measure,
    "journal": journal.measure,
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--only", choices=sorted(MEASURES), action="append", help="measure only this")
    parser.add_argument("--quick", action="store_true", help="fewer runs: for a look, not for a claim")
    given = parser.parse_args()
    scratch = OUT / "scratch"  # on the real disk: a journal in memory would flatter itself
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    facts = machine.describe(SEED)
    facts["command"] = " ".join(["python -m bench", *(["--quick"] if given.quick else [])])
    facts["filesystem"] = machine.filesystem(scratch)
    figures: list[Figure] = []
    began_s = time.monotonic()
    for name, measure in MEASURES.items():
        if given.only and name not in given.only:
            continue
        print(f"{name} ...", flush=True)
        folder = scratch / name
        folder.mkdir()
        with scene(folder) as stage:
            figures += measure(stage, given.quick)
        facts[f"load average after {name}"] = machine.load()
    facts["seconds"] = f"{time.monotonic() - began_s:.0f}"
    shutil.rmtree(scratch)
    text = report(facts, figures)
    print(text)
    found = {one.name: one.as_json() for one in figures}
    (OUT / "main.json").write_text(
        json.dumps({**found, "machine": facts}, ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
    )
    (OUT / "main.md").write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
