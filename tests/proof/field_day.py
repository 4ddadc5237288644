"""A day of visits without a network, and the evening's upload over a bad one.

    morning   with a network: sign in, fetch the day's people
    day       without: sign in by the badge, every visit of the plan, a care home room after room
    evening   everything goes to central, while the link drops, loses, doubles and cuts

Each begins with a tablet that was just switched on.  Whether a visit is lost or there twice is read in central's own tables.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from random import Random

from kiosk.desk import Stopped
from kiosk.field.packets import KeptVisit
from kiosk.flows.field.work import serve
from stand.proxy import Fault, Proxy
from tests.proof.field_central import Books, Town
from tests.proof.field_staff import Counted, Plan, Staff, Way
from tests.proof.field_tablet import Place, Seams, power_on

FAULTS = {
    Fault.LOSE_REQUEST: 0.05,
    Fault.LOSE_REPLY: 0.1,
    Fault.RESET: 0.05,
    Fault.RESET_REPLY: 0.05,
    Fault.CUT_SHORT: 0.05,
    Fault.DUPLICATE: 0.05,
    Fault.LATE: 0.05,
    Fault.TRICKLE: 0.05,
}
MIX = {
    Way.REVIEW: 3,
    Way.MANUAL: 4,
    Way.TYPED: 2,
    Way.NOT_MET: 3,
    Way.DEATH: 1,
}  # of fifty; the others by face
PHONES, QUESTIONS = 3, 2
LONGEST_S = 900.0


@dataclass
class Day:
    """``kept``: (record, kind) of everything staff saw as sealed, in order."""

    kept: list[tuple[str, str]] = field(default_factory=list)
    counted: list[Counted] = field(default_factory=list)
    unsent_bytes: int = 0
    taken: list[bytes] = field(default_factory=list, repr=False)  # pictures that were made and sealed

    def told(self, kept: KeptVisit) -> None:
        self.kept.append((kept.record_id, kept.kind.value))


def plans(town: Town, rng: Random, of: int = 50) -> dict[str, Plan]:
    """A plan for each person; ``of``: the mix above is for so many people, and one of each kind is there at the least.

    In the care home everybody is met, and all but one are recognised.
    """
    homely = [person.person_id for person in town.people if person.home]
    houses = [person.person_id for person in town.people if not person.home]
    rng.shuffle(houses)
    made = {homely.pop(): Plan(Way.MANUAL)} if homely else {}
    for way, count in MIX.items():
        for _ in range(max(1, round(count * len(town.people) / of)) - (way is Way.MANUAL and len(made) > 0)):
            made[houses.pop()] = Plan(way)
    for n, person_id in enumerate([*houses, *homely]):
        errand = ("phone",) if n < PHONES else ("question",) if n < PHONES + QUESTIONS else ()
        made[person_id] = Plan(Way.FACE, errand)
    return made


def live(place: Place, staff: Staff, rng: Random, day: Day, seams: Seams | None = None) -> None:
    """Switched on, used until the staff are done, switched off."""
    machine = power_on(place, staff, rng, seams)
    try:
        staff.sit_down(machine)
        machine.tablet.courier.start()
        with suppress(Stopped):
            serve(machine.tablet)
    finally:
        machine.close()
    day.counted += staff.counted
    day.taken += machine.booth.taken
    day.unsent_bytes = machine.tablet.packets.unsent_bytes


def morning(place: Place, town: Town, rng: Random, day: Day) -> None:
    live(place, Staff(town, {}, 0, fetch=True), rng, day)


def visits(
    place: Place, town: Town, plan: dict[str, Plan], rng: Random, day: Day, seams: Seams | None = None
) -> None:
    live(place, Staff(town, plan, len(town.people), told=day.told), rng, day, seams)


def evening(place: Place, town: Town, rng: Random, day: Day) -> float:
    """Until central has answered for everything; gives the seconds from switching on."""
    began_s = time.monotonic()
    live(place, Staff(town, {}, 0, sync=True, told=day.told), rng, day)
    return time.monotonic() - began_s


def send_all(place: Place, town: Town, rng: Random, look_s: float = 0.01) -> tuple[float, int]:
    """The courier alone, nobody signs in: (seconds until central has answered for everything, bytes that were to go)."""
    machine = power_on(place, Staff(town, {}, 0), rng)
    size = machine.tablet.packets.unsent_bytes
    began_s = time.monotonic()
    machine.tablet.courier.start()
    while machine.tablet.packets.unsent and time.monotonic() < began_s + LONGEST_S:
        time.sleep(look_s)
    took_s = time.monotonic() - began_s
    left = machine.tablet.packets.unsent
    machine.close()
    assert left == 0, f"{left} packets are still here"
    return took_s, size


@contextmanager
def dropping(network: Proxy, up_s: float, down_s: float) -> Iterator[list[float]]:
    """A link that works for ``up_s``, then is dead for ``down_s``; gives the times of its drops."""
    drops: list[float] = []
    over = threading.Event()

    def drop() -> None:
        while not over.wait(up_s):
            network.cut = True
            drops.append(time.monotonic())
            over.wait(down_s)
            network.cut = False

    thread = threading.Thread(target=drop, name="drops")
    thread.start()
    try:
        yield drops
    finally:
        over.set()
        thread.join()
        network.healthy()


def results(found: Books) -> Counter[str]:
    """What central made of the packets, by kind."""
    return Counter(f"{row.kind}: {row.result}" for row in found.packets)


def ordinary(counted: Sequence[Counted]) -> list[int]:
    """The taps of visits by card and face, accepted at once; errands apart."""
    return [one.taps for one in counted if one.way is Way.FACE]
