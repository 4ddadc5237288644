"""A tablet that is switched on, captures, sends, and is killed at a step: ``python -m tests.proof.field_life TOWN``.

One JSON line in for each life; then lines out, the last of them when the process is gone.  Each life is a forked process, so that it
starts at once; SIGKILL takes it alone, with everything that is not on the disk or on the wire.

    in    {"folder": path, "url": url, "suite": "x25519", "way": "face", "until": 7, "fetch": false, "kill_at": 31,
           "seed": 7, "bug": ""}
    out   {"kept": [record_id, kind]}     the list shows it as sealed: from here on it must never be lost
          {"died": label}                 the step before which it dies
          {"steps": 97, "left": 12}       it did all it had to do; so many are still to be visited
          {"signal": 9}  {"code": 0}      gone; another code is a defect, and what it said is on standard error

``until``: visits are made until the tablet knows so many records.  A life with ``fetch`` has a network from the start and fetches a
pack; another has none until everything is captured, and then sends.  The courier's own turns are taken on this thread, so that a
step's number always means the same step.
"""

from __future__ import annotations

import json
import os
import pickle
import sys
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any

from devices.clock import SystemClock
from kiosk.desk import Stopped
from kiosk.field.keys import Cost
from kiosk.field.packets import KeptVisit
from kiosk.flows.field.work import serve
from tests.proof.field_bugs import BUGS
from tests.proof.field_central import Town
from tests.proof.field_staff import Plan, Staff, Way
from tests.proof.field_steps import Steps
from tests.proof.field_tablet import NOWHERE, Place, Seams, power_on

CHEAP = Cost(n=16)  # what a guess costs changes no step
MOST_SWEEPS = 20


def live(order: dict[str, Any], town: Town) -> None:
    steps = Steps(Path(order["folder"]) / "data", order["kill_at"], say)
    url, fetch, rng = order["url"], order["fetch"], Random(order["seed"])
    place = Place(Path(order["folder"]), url if fetch else NOWHERE, url, order["suite"], CHEAP)
    plan = dict.fromkeys((person.person_id for person in town.people), Plan(Way(order["way"])))

    def told(kept: KeptVisit) -> None:
        say({"kept": [kept.record_id, kept.kind.value]})

    staff = Staff(town, plan, 0, fetch=fetch, told=told)
    machine = power_on(place, staff, rng, BUGS.get(order["bug"], Seams()))
    staff.visits = max(0, order["until"] - len(machine.tablet.packets.kept()))
    staff.sit_down(machine)
    with suppress(Stopped):
        serve(machine.tablet)
    for _ in range(MOST_SWEEPS):
        if machine.tablet.packets.unsent == 0:
            break
        SystemClock().sleep(min(machine.tablet.courier.sweep(), 0.1))
    seen = {kept.assignment_id for kept in machine.tablet.packets.kept()}
    people = staff.pack.assignments if staff.pack else ()
    machine.close()
    say({"steps": steps.count, "left": sum(one.assignment_id not in seen for one in people)})


def say(line: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def main() -> None:
    import requests  # noqa: F401 - before the forks, so that each life starts at once

    import kiosk.field.wire
    import kiosk.flows.field.by_hand
    import kiosk.flows.field.errands
    import kiosk.wire  # noqa: F401

    town: Town = pickle.loads(Path(sys.argv[1]).read_bytes())
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            sys.stdin.close()
            live(json.loads(line), town)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        killed = os.WIFSIGNALED(status)
        say({"signal": os.WTERMSIG(status)} if killed else {"code": os.waitstatus_to_exitcode(status)})


if __name__ == "__main__":
    main()
