"""From a finger's arrival to the frame that shows the button pressed, while the session thread reads, asks and prints.

Real visits at a paced wire, every call of central taking 2.5 s so that there is time to tap.  Fingers arrive on a thread of their
own through a Kivy input provider; counted are those whose wait met a card read, an API call or a print.
"""

from __future__ import annotations

import time
from collections import Counter
from typing import Any

from bench.figures import Figure, median, percentile
from bench.kiosk_process import KioskProcess, kiosk_process
from bench.scene import SEED, Scene
from devices.idcard import IdCard
from stand.proxy import Fault

GOAL_MS = 100.0
SLOW_S = 2.5
GUARD_S = 0.7  # taps do not count just after a change of screen


def measure(scene: Scene, quick: bool) -> list[Figure]:
    wanted = 60 if quick else 320
    visitors = [card for number, card in enumerate(scene.cards(40)) if scene.receipt(card, number)][:12]
    assert visitors, "nobody of the township could pay"
    events: list[dict[str, Any]] = []
    visits = 0
    with kiosk_process(scene.toml) as kiosk:
        time.sleep(2.0)
        scene.stand.network.delay_s, scene.stand.network.choose = SLOW_S, lambda: Fault.DELAY
        kiosk.order(fingers=SEED)
        while (len(under_way(kiosk.told)) < wanted or visits < (1 if quick else 5)) and visits < 20:
            visit(scene, kiosk, visitors[visits % len(visitors)])
            visits += 1
        kiosk.order(rest=True)
        scene.stand.network.healthy()
        events = list(kiosk.told)
    counted = under_way(events)
    every = [e["tap_ms"] for e in events if "tap_ms" in e]
    waits = [tap["tap_ms"] for tap, _ in counted]
    during = Counter(kind for _, kinds in counted for kind in kinds)
    return [
        Figure(
            "tap_feedback_p99_ms",
            percentile(waits, 0.99),
            "ms",
            goal=GOAL_MS,
            goal_on="value",
            low=min(waits),
            high=max(waits),
            runs=len(waits),
            more={
                "median_ms": median(waits),
                "visits": visits,
                "during_a_read": during["read"],
                "during_a_call": during["call"],
                "during_a_print": during["print"],
                "screens": len({tap["on"] for tap, _ in counted}),
                "all_taps": len(every),
                "all_taps_p99_ms": percentile(every, 0.99),
                "never_looked_pressed": sum("lost" in e for e in events),
            },
        )
    ]


def visit(scene: Scene, kiosk: KioskProcess, card: IdCard) -> None:
    """Card, my page, records, one more copy of a receipt, home."""
    time.sleep(GUARD_S)
    since = len(kiosk.told)
    scene.stand.reader.place(card)
    first = kiosk.wait(since, lambda e: e.get("view") in ("MyPage", "Attention"))
    scene.stand.reader.take()
    if first["view"] == "Attention":  # an expired card is talked about first; somebody else comes
        kiosk.order(home=True)
        kiosk.view("Home", since)
        return
    kiosk.view("MyPage", since, card_present=False)
    for answer, then, having in (
        ("records", "Records", {}),
        ("reprint", "ChooseReceipt", {}),
        ("37", "Paid", {"paper": "printed"}),
    ):
        time.sleep(GUARD_S)
        kiosk.order(tap=answer)
        kiosk.view(then, since, **having)
    kiosk.order(home=True)
    kiosk.view("Home", len(kiosk.told) - 1)


def under_way(events: list[dict[str, Any]]) -> list[tuple[dict[str, Any], set[str]]]:
    """The taps that met something on the session thread, and what."""
    busy = [e for e in events if "busy" in e]
    found = []
    for tap in (e for e in events if "tap_ms" in e):
        kinds = {e["busy"] for e in busy if e["from_s"] < tap["to_s"] and tap["at_s"] < e["to_s"]}
        if kinds:
            found.append((tap, kinds))
    return found
