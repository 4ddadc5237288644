"""``python -m bench.face --faces FOLDER``: the face check beside the library, written to bench/out/face.json and face.md."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path

from bench import face_comparison, face_frames, machine
from bench.figures import Figure, report
from bench.scene import SEED

OUT = Path(__file__).parent / "out"
Measure = Callable[[argparse.Namespace], list[Figure]]
MEASURES: dict[str, Measure] = {
    "frames": lambda given: face_frames.measure(given.quick),
    "comparison": lambda given: face_comparison.measure(given.faces, given.quick, given.onnx),
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.face", description=__doc__)
    parser.add_argument(
        "--faces", type=Path, help="folder with orl/ and yale/; without it nothing is compared"
    )
    parser.add_argument("--onnx", type=Path, help="an embedder of the operator's, to be measured as well")
    parser.add_argument("--only", choices=sorted(MEASURES), action="append", help="measure only this")
    parser.add_argument("--quick", action="store_true", help="fewer runs: for a look, not for a claim")
    given = parser.parse_args()
    facts = machine.describe(SEED)
    began_s = time.monotonic()
    figures: list[Figure] = []
    for name, measure in MEASURES.items():
        if given.only and name not in given.only:
            continue
        print(f"{name} ...", flush=True)
        figures += measure(given)
        facts[f"load average after {name}"] = machine.load()
    facts["seconds"] = f"{time.monotonic() - began_s:.0f}"
    text = report(facts, figures)
    print(text)
    OUT.mkdir(exist_ok=True)
    found = {one.name: one.as_json() for one in figures}
    (OUT / "face.json").write_text(
        json.dumps({**found, "machine": facts}, ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
    )
    (OUT / "face.md").write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
