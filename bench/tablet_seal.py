"""What sealing one visit costs and how large it is: the records of a real day, both suites."""

from __future__ import annotations

import hashlib
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from bench.figures import Figure, median, percentile
from kiosk import seal
from kiosk.field import wire
from kiosk.field.keys import TabletKeys
from kiosk.seal import HybridKey, ReceiverKey
from tests.proof.field_central import TABLET

GOAL_MS = 2.0
ROUNDS = 40
SUITES = (wire.Suite.X25519, wire.Suite.HYBRID)


def measure(records: Sequence[wire.Record], keep_ms: Sequence[float], rounds: int = ROUNDS) -> list[Figure]:
    """``records`` of a day; ``keep_ms``: what keeping each took in that day, with the disk.  Warm: the first round is thrown away."""
    publics = {wire.Suite.X25519: ReceiverKey().public, wire.Suite.HYBRID: HybridKey().public}
    took_ms: dict[wire.Suite, list[float]] = {suite: [] for suite in SUITES}
    busy_ms: dict[wire.Suite, list[float]] = {suite: [] for suite in SUITES}
    sizes: dict[wire.Suite, dict[str, list[int]]] = {suite: {} for suite in SUITES}
    with tempfile.TemporaryDirectory(prefix="tablet-keys-") as folder:
        keys = TabletKeys.open(Path(folder))
        for turn in range(rounds + 1):
            for seq, record in enumerate(records, start=1):
                for suite in SUITES:  # by turns
                    began_s, began_busy_s = time.perf_counter(), time.thread_time()
                    sealed = seal_one(record, suite, publics[suite], seq, keys)
                    if turn:
                        busy_ms[suite].append((time.thread_time() - began_busy_s) * 1000)
                        took_ms[suite].append((time.perf_counter() - began_s) * 1000)
                    else:
                        sizes[suite].setdefault(size_of(record), []).append(len(sealed))
    return [*_times(took_ms, busy_ms, keep_ms), _sizes(sizes)]


def seal_one(record: wire.Record, suite: wire.Suite, public: bytes, seq: int, keys: TabletKeys) -> bytes:
    """All of it but the disk, as kiosk.field.packets has it: JSON, seal, digest, chain, signature."""
    content, info = record.model_dump_json().encode(), wire.packet_info(TABLET, seq)
    sealed = (seal.seal if suite is wire.Suite.X25519 else seal.seal_hybrid)(content, public, info)
    digest = hashlib.sha256(sealed).hexdigest()
    keys.sign(wire.packet_hash(TABLET, seq, suite, wire.GENESIS, digest))
    return sealed


def size_of(record: wire.Record) -> str:
    """The kinds that differ in size."""
    return "face_with_picture" if record.picture else record.kind.value


def _times(
    took_ms: dict[wire.Suite, list[float]], busy_ms: dict[wire.Suite, list[float]], keep_ms: Sequence[float]
) -> list[Figure]:
    figures = []
    for suite, name in ((wire.Suite.X25519, "seal_ms"), (wire.Suite.HYBRID, "seal_hybrid_ms")):
        samples = took_ms[suite]
        more: dict[str, float | int | str | bool] = {
            "p99": percentile(samples, 0.99),
            "p99_of_processor_time": percentile(
                busy_ms[suite], 0.99
            ),  # others' work on the same cores left out
            "suite": suite.value,
            "counts": "record to JSON, sealed, digest, chained, signed; no disk; median of all records of the day, by turns",
        }
        if suite is wire.Suite.X25519:
            more |= {"kept_on_disk_ms": median(keep_ms), "kept_on_disk_p99_ms": percentile(keep_ms, 0.99)}
        figures.append(
            Figure(
                name,
                median(samples),
                "ms",
                goal=GOAL_MS,
                goal_on="value",
                low=min(samples),
                high=max(samples),
                runs=len(samples),
                more=more,
            )
        )
    return figures


def _sizes(sizes: dict[wire.Suite, dict[str, list[int]]]) -> Figure:
    ours, hybrid = sizes[wire.Suite.X25519], sizes[wire.Suite.HYBRID]
    everything = [size for of_kind in ours.values() for size in of_kind]
    more: dict[str, float | int | str | bool] = {
        **{f"{kind}_x25519": median(of_kind) for kind, of_kind in sorted(ours.items())},
        **{f"{kind}_hybrid": median(of_kind) for kind, of_kind in sorted(hybrid.items())},
        "counts": "sealed bytes, median of visits by face accepted at once; on the line base64 and about 600 bytes more",
    }
    low, high = min(everything), max(everything)
    return Figure(
        "packet_bytes", median(ours["face"]), "bytes", low=low, high=high, runs=len(everything), more=more
    )
