"""From a card on the field to my page drawn, against the time that nobody can save.

The peer is the read on the wire (FIND, SELECT and READ with their answers, ten bits a byte, both ways) and one round trip of
``POST /v1/visits`` over a kept connection, asked for the same person in the same run.
"""

from __future__ import annotations

import time
from random import Random

from bench.figures import Figure, median, percentile
from bench.kiosk_process import kiosk_process
from bench.scene import BAUD, SEED, Scene, lookup
from devices import sdt
from devices.idcard import IdCard
from devices.idcard_emulator import IdCardEmulator
from kiosk.api import Refused

GOAL = 1.5


def wire_s(card: IdCard) -> tuple[int, float]:
    """Bytes both ways and seconds of the literal frames of one undisturbed read."""
    reader = IdCardEmulator()
    reader.place(card)
    count = 0
    for command in (sdt.FIND, sdt.SELECT, sdt.READ):
        question = sdt.encode(command)
        count += len(question) + len(reader.receive(question))
    return count, count * 10 / BAUD


def measure(scene: Scene, quick: bool) -> list[Figure]:
    rng, reader, api = Random(SEED), scene.stand.reader, scene.api()
    took_s: list[float] = []
    trip_s: list[float] = []
    bytes_both_ways, read_s = 0, 0.0
    reads_ms: list[float] = []
    calls_ms: list[float] = []
    with kiosk_process(scene.toml) as kiosk:
        time.sleep(2.0)  # a kiosk has been on for a while when somebody comes
        for card in scene.cards(10 if quick else 40):
            try:
                api.visit(lookup(card))
            except Refused:
                continue
            began_s = time.monotonic()
            api.visit(lookup(card))
            trip_s.append(time.monotonic() - began_s)
            bytes_both_ways, read_s = wire_s(card)
            time.sleep(rng.uniform(0.7, 1.0))  # at any moment of the reader's polling
            since = len(kiosk.told)
            placed_s = time.monotonic()
            reader.place(card)
            drawn = kiosk.wait(since, lambda e: e.get("view") in ("MyPage", "Attention"))
            if drawn["view"] == "MyPage":
                took_s.append(drawn["at_s"] - placed_s)
                busy = [e for e in kiosk.told[since:] if "busy" in e]
                reads_ms += [(e["to_s"] - e["from_s"]) * 1000 for e in busy if e["busy"] == "read"]
                calls_ms += [(e["to_s"] - e["from_s"]) * 1000 for e in busy if e["busy"] == "call"]
            else:
                trip_s.pop()
            reader.take()
            kiosk.order(home=True)
            kiosk.view("Home", since)
    trip = median(trip_s)
    return [
        Figure(
            "card_to_page",
            median(took_s),
            "s",
            read_s + trip,
            "wire time of the read + one API round trip",
            GOAL,
            low=min(took_s),
            high=max(took_s),
            runs=len(took_s),
            more={
                "p95_s": percentile(took_s, 0.95),
                "bytes_both_ways": bytes_both_ways,
                "baud": BAUD,
                "wire_s": read_s,
                "api_round_trip_s": trip,
                "read_as_the_driver_saw_it_ms": median(reads_ms),
                "call_as_the_kiosk_saw_it_ms": median(calls_ms),
            },
        )
    ]
