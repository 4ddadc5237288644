"""A kiosk that serves random citizens until it is killed.  ``python -m tests.proof.kiosk_life`` makes such kiosks.

One JSON line in for each life; one out when its process is there, one when it is gone.  Each life is a forked process, so that it
starts at once; SIGKILL takes it alone, at any instant, with everything that is not on the disk or on the wire.

    in    {"config": path, "hands": address, "people": path, "seed": "7 3"}
    out   {"pid": 4711}
    out   {"signal": 9}  or  {"code": 1}, which is a defect: what it said is on standard error

The flows wait in virtual time; the outbox works on its own thread, as in the real program.
"""

from __future__ import annotations

import itertools
import json
import os
import sys
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

import requests

from devices.clock import SystemClock
from kiosk import build, config, events
from kiosk.flows import visits
from kiosk.flows.attract import Devices
from kiosk.till import Till
from tests.desk import Clock, Do
from tests.kiosk.citizens import Citizen
from tests.proof.far_hands import Far
from tests.visitor import JSON, card_of


class Place:
    """What a citizen needs of a kiosk and of the world around it; everything but the flow is in another process."""

    def __init__(self, rng: Random, stand: Far, clock: Clock, till: Till) -> None:
        self.rng, self.stand, self.clock, self._till = rng, stand, clock, till
        self.met: Counter[str] = Counter()

    def place(self, person: dict[str, Any], **changes: Any) -> Do:
        return Do(lambda: self.stand.reader.place(card_of({**person, **changes})))

    def meddle(self, _visitor: Place) -> None:
        """Paper runs out and is loaded."""
        if self.rng.random() < 0.02:
            self.rng.choice([self.stand.printer.paper_out, self.stand.printer.jam, self.stand.printer.mute])()
        if self.rng.random() < 0.1:
            for mend in ("load_paper", "clear_jam", "close_cover", "power_on"):
                getattr(self.stand.printer, mend)()
            self.stand.printer.mute(False)

    def cashier(self, _visitor: Place, act: str) -> None:
        try:
            requests.post(f"{self._till.pay_url}/{act}", headers=JSON, timeout=5)
        except requests.RequestException:
            self.met["cashier away"] += 1

    def time_passes(self, _seconds: int) -> None:
        """Only here, by waiting."""

    def elsewhere(self, _visitor: Place, _person: dict[str, Any]) -> None:
        """The other kiosk is a process of its own, and the same people go there."""


def live(order: dict[str, Any]) -> None:
    """Power on, and one visit after the other."""
    settings, clock, rng = config.load(Path(order["config"])), Clock(), Random(order["seed"])
    people = json.loads(Path(order["people"]).read_text(encoding="utf-8"))
    stand = Far.reach(order["hands"])
    with Path(os.devnull).open("w") as nowhere:
        log = events.Log(nowhere, clock)
        machine = build.build(settings, None, clock, SystemClock(), log)  # type: ignore[arg-type]
        kiosk = machine.kiosk
        kiosk.outbox.start()
        devices, place = Devices(kiosk), Place(rng, stand, clock, kiosk.till)
        for number in itertools.count(1):
            citizen = Citizen(place, place, rng.choice(people))  # type: ignore[arg-type]
            object.__setattr__(kiosk, "desk", citizen)
            visits.visit(kiosk, devices, number)


def main() -> None:
    import kiosk.flows.my_page
    import kiosk.wire  # noqa: F401 - before the forks, so that each life starts at once

    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            sys.stdin.close()
            live(json.loads(line))
            os._exit(0)
        print(json.dumps({"pid": child}), flush=True)
        _, status = os.waitpid(child, 0)
        ended = (
            {"signal": os.WTERMSIG(status)}
            if os.WIFSIGNALED(status)
            else {"code": os.waitstatus_to_exitcode(status)}
        )
        print(json.dumps(ended), flush=True)


if __name__ == "__main__":
    main()
