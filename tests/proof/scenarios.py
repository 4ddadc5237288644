"""What people and payers do, before anything goes wrong: the scenarios whose schedules are explored.

    paid       seen at the first look, the second, never x jams 0, 1, 3 x tapped twice or not x the printer can tell or not
    payers     everything a payer and a gateway can do to one order, with a second visit that pays or finds it paid
    leaving    上一步, 首页 or walking away, before and after the first look, with money that comes or not
    family     two people in one order, two slips
    meeting    two kiosks and one person, or two people who pay for the same
    paper      owed paper and copies, at this kiosk and at another, from printers that can tell or not
    busy       the outbox still works on the last visit while the next one pays
    expiry     central's own clockwork, machines without power for longer than an order lives
    ended      the program ends by itself: told to stop, or because its disk is full

The schedules of a scenario grow with the cube of its effects, so the product is cut where two axes do not touch: three jams
are not tapped twice, a second visit is only played where the first leaves something to do, and machines are off for long
only where central's clockwork runs.  Nothing is cut from what can go wrong.
"""

from __future__ import annotations

from collections.abc import Iterator

from tests.proof.person import FATHER, MOTHER, Come
from tests.proof.play import Scenario

Plan = tuple[tuple[float, str], ...]

FIRST: Plan = ((5.0, "pay"),)  # before the kiosk's first look, at ten seconds
SECOND: Plan = ((15.0, "pay"),)
LAST: Plan = ((25.0, "pay"),)  # after its last: the close finds the money
NEVER: Plan = ()
LATE: Plan = ((5.0, "late"),)  # the money comes after the gateway has closed
RACE: Plan = ((5.0, "race"),)  # and while central closes
BOTH = (FATHER, MOTHER)
CODE = "13400000000000000"  # seventeen digits of a WeChat code; the eighteenth says what the bank does

AGAIN, ELSEWHERE = Come(), Come(kiosk=1)


def _paid() -> Iterator[Scenario]:
    for words, plan in (("first look", FIRST), ("second look", SECOND), ("never", NEVER)):
        for jams in (0, 1, 3):
            for twice in (False, True)[: 1 if jams == 3 else 2]:
                for tells in (True, False):
                    more = jams if jams or tells else 1
                    visits = more + (plan is NEVER and not more)
                    name = f"paid: {words}, {jams} jams{', twice' * twice}{'' if tells else ', cannot tell'}"
                    script = (Come(twice=twice), *[AGAIN] * visits)
                    yield Scenario(name, script, (plan, FIRST), tells=tells, jams=jams)


def _payers() -> Iterator[Scenario]:
    plans: dict[str, Plan] = {
        "after the last look": LAST,
        "refuses": ((5.0, "refuse"),),
        "refuses at the second": ((15.0, "refuse"),),
        "late": LATE,
        "races the close": RACE,
        "another amount": ((5.0, "pay_wrong"),),
        "pays twice": ((5.0, "pay"), (5.0, "again")),
        "pays twice, the second after": ((15.0, "pay"), (400.0, "again")),
        "may not be closed yet": ((5.0, "hold"), (36.0, "let go")),
        "notice before the look": ((15.0, "pay"), (15.0, "notify")),
        "notice twice, late": ((5.0, "late"), (31.0, "notify"), (31.0, "notify"), (45.0, "notify")),
        "gateway silent, then paid": ((5.0, "pay"), (5.0, "silence"), (12.0, "release")),
        "gateway silent until after": ((15.0, "pay"), (15.0, "silence"), (33.0, "release")),
    }
    for name, plan in plans.items():
        yield Scenario(f"payer: {name}", (Come(), ELSEWHERE), (plan, FIRST))
    codes: dict[str, tuple[str, Plan]] = {
        "pays": ("5", NEVER),
        "pays, and the other code too": ("5", FIRST),
        "confirms": ("7", SECOND),
        "never confirms": ("7", NEVER),
        "refused": ("8", NEVER),
        "paid, gateway silent": ("9", ((15.0, "release"),)),
    }
    for name, (digit, plan) in codes.items():
        yield Scenario(f"code: {name}", (Come(scans=CODE + digit), ELSEWHERE), (plan, FIRST))
    yield Scenario("code: of no wallet", (Come(scans="9" + CODE), AGAIN), (FIRST, FIRST))
    yield Scenario(
        "code: used again elsewhere",
        (Come(scans=CODE + "5"), Come(kiosk=1, who=MOTHER, lines=(MOTHER,), scans=CODE + "5")),
        (NEVER, FIRST),
    )


def _leaving() -> Iterator[Scenario]:
    for how in ("back", "home", "idle"):
        for looks in (0, 1):
            yield Scenario(
                f"leaves: {how}, {looks}", (Come(leaves=how, looks=looks), ELSEWHERE), (FIRST, FIRST)
            )
    yield Scenario("leaves: late", (Come(leaves="back"), ELSEWHERE), (LATE, FIRST))
    yield Scenario("leaves: late, twice paid", (Come(leaves="home", looks=1), AGAIN), (LATE, LATE))
    yield Scenario("leaves: races", (Come(leaves="back", looks=1), AGAIN), (RACE, FIRST))
    yield Scenario("leaves: home after", (Come(leaves="home after"), AGAIN), (FIRST, FIRST), jams=1)


def _family() -> Iterator[Scenario]:
    pays = Come(lines=BOTH)
    for tells in (True, False):
        for jams in (0, 1):
            words = f"family: {jams} jams{'' if tells else ', cannot tell'}"
            yield Scenario(words, (pays, *[AGAIN] * jams), (SECOND, FIRST), tells=tells, jams=jams)
    yield Scenario("family: then one alone", (Come(lines=BOTH, leaves="back"), AGAIN), (LATE, FIRST))
    yield Scenario(
        "family: one is paid", (AGAIN, Come(kiosk=1, who=MOTHER, lines=BOTH, stale=True)), (FIRST, FIRST)
    )


def _meeting() -> Iterator[Scenario]:
    stale = Come(kiosk=1, stale=True)
    mother = Come(kiosk=1, who=MOTHER, lines=BOTH, stale=True)
    for name, plan in (("first look", FIRST), ("second look", SECOND), ("never", NEVER), ("late", LATE)):
        yield Scenario(f"meet: {name}", (Come(meanwhile=((1, stale),)), AGAIN), (plan, FIRST))
    yield Scenario("meet: before the first look", (Come(meanwhile=((0, stale),)),), (SECOND, FIRST))
    yield Scenario("meet: both pay for one", (Come(meanwhile=((1, mother),)), mother), (NEVER, FIRST))
    yield Scenario(
        "meet: mother leaves, father pays",
        (Come(kiosk=1, who=MOTHER, lines=BOTH, leaves="back", meanwhile=((0, Come(stale=True)),)), AGAIN),
        (LATE, FIRST),
    )
    yield Scenario("meet: at once elsewhere", (Come(leaves="back"), stale), (LATE, FIRST), prompt=False)
    yield Scenario(
        "meet: at once elsewhere, paid", (Come(leaves="idle", looks=1), stale), (FIRST, FIRST), prompt=False
    )
    yield Scenario(
        "meet: two others",
        (Come(meanwhile=((1, Come(kiosk=1, who=MOTHER, lines=(MOTHER,))),)),),
        (SECOND, FIRST),
    )


def _paper() -> Iterator[Scenario]:
    copy, copy_elsewhere = Come(copies=True), Come(kiosk=1, copies=True)
    for tells in (True, False):
        words = "" if tells else ", cannot tell"
        yield Scenario(f"paper: copy elsewhere{words}", (Come(), copy_elsewhere), (FIRST, FIRST), tells=tells)
        yield Scenario(
            f"paper: two copies{words}", (Come(), copy_elsewhere, copy), (FIRST, FIRST), tells=tells
        )
        yield Scenario(
            f"paper: owed elsewhere{words}", (Come(), ELSEWHERE), (FIRST, FIRST), tells=tells, jams=1
        )
    yield Scenario(
        "paper: elsewhere before it is known", (Come(), ELSEWHERE, copy), (FIRST, FIRST), jams=1, prompt=False
    )
    yield Scenario("paper: copy jams", (Come(), copy_elsewhere, ELSEWHERE), (FIRST, FIRST), jams=2)


def _busy() -> Iterator[Scenario]:
    mother = Come(who=MOTHER, lines=(MOTHER,), meanwhile=((0, "outbox"), (1, "outbox")))
    for name, plan in (("leaves", NEVER), ("late", LATE), ("pays", FIRST)):
        yield Scenario(f"busy: {name}", (Come(leaves="back"), mother), (plan, SECOND), prompt=False)
    yield Scenario(
        "busy: the same person",
        (Come(leaves="back"), Come(meanwhile=((1, "outbox"),))),
        (NEVER, SECOND),
        prompt=False,
    )
    yield Scenario("busy: paper", (Come(), Come(copies=True), mother), (FIRST, SECOND), jams=1, prompt=False)


def _expiry() -> Iterator[Scenario]:
    for name, plan in (
        ("first look", FIRST),
        ("never", NEVER),
        ("late", LATE),
        ("refuses", ((5.0, "refuse"),)),
    ):
        yield Scenario(f"expiry: {name}", (Come(), ELSEWHERE), (plan, FIRST), off_s=400.0, watchful=True)
    yield Scenario("expiry: paid while off", (Come(),), (((100.0, "pay"),),), off_s=200.0, watchful=True)
    yield Scenario(
        "expiry: late, both",
        (Come(leaves="back"), Come(kiosk=1, leaves="back"), AGAIN),
        (LATE, LATE, FIRST),
        watchful=True,
    )
    yield Scenario("expiry: another amount", (Come(), AGAIN), (((15.0, "pay_wrong"),), FIRST), watchful=True)


def _ended() -> Iterator[Scenario]:
    stopped = Come(leaves="stopped", looks=1)
    yield Scenario("ended: stopped", (stopped, AGAIN), (FIRST, FIRST))
    yield Scenario("ended: stopped, late", (stopped, AGAIN), (LATE, FIRST))
    yield Scenario("ended: full, first look", (Come(), AGAIN), (FIRST, FIRST), jams=1, disk_fails=True)
    yield Scenario("ended: full, never", (Come(), AGAIN), (NEVER, SECOND), disk_fails=True)


SCENARIOS: tuple[Scenario, ...] = (
    *_paid(),
    *_payers(),
    *_leaving(),
    *_family(),
    *_meeting(),
    *_paper(),
    *_busy(),
    *_expiry(),
    *_ended(),
)
BY_NAME = {scenario.name: scenario for scenario in SCENARIOS}
assert len(BY_NAME) == len(SCENARIOS)
