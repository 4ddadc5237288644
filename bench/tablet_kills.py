"""kill -9 at every step of a morning, a visit and its upload, with both suites; and two planted bugs that must be found."""

from __future__ import annotations

from collections.abc import Callable

from bench.figures import Figure
from tests.proof import field_kills
from tests.proof.field_kills import CONTROL, FULL, REDUCED, Tally

GOAL = 500
SUITES = ("x25519", "mlkem768-x25519")


def measure(seed: int, quick: bool, say: Callable[[str], object]) -> list[Figure]:
    tallies = []
    for number, suite in enumerate(SUITES[:1] if quick else SUITES):
        say(f"{suite}:")
        tallies.append(field_kills.run(REDUCED if quick else FULL, seed + number, suite=suite, progress=say))
    early = field_kills.run(CONTROL, seed, bug="journal_first")
    again = field_kills.run(CONTROL, seed, bug="shown_when_sent")
    return figures(tallies, len(early.lost), len(again.doubled))


def figures(tallies: list[Tally], control_lost: int, control_doubled: int) -> list[Figure]:
    kills = sum(tally.kills for tally in tallies)
    steps = {label for tally in tallies for label in tally.died_at}
    lost = [one for tally in tallies for one in tally.lost]
    doubled = [one for tally in tallies for one in tally.doubled]
    hits = [hit for tally in tallies for hit in tally.hits]
    lives = {f"steps_{what}": count for tally in tallies for what, count in tally.steps.items()}
    whole = Figure(
        "kills",
        kills,
        "SIGKILLs",
        goal=GOAL,
        goal_on="value",
        at_least=True,
        more={
            "visits": sum(tally.visits for tally in tallies),
            "lives": sum(tally.lives for tally in tallies),
            "kinds_of_steps": len(steps),
            **lives,
            "lost": len(lost),
            "doubled": len(doubled),
            "what": "; ".join([*lost, *doubled][:5]),
            "control_journal_before_file_lost": control_lost,
            "control_list_of_what_was_sent_doubled": control_doubled,
            "counts": "every step of a life, one after the other; half of the lives after a death die too, at a step by chance",
        },
    )
    return [
        whole,
        Figure("kills_lost", len(lost), "visits", goal=0, goal_on="value", runs=kills),
        Figure("kills_doubled", len(doubled), "visits", goal=0, goal_on="value", runs=kills),
        Figure(
            "kills_disk_hits",
            len(hits),
            "hits",
            goal=0,
            goal_on="value",
            runs=sum(tally.scans for tally in tallies),
        ),
    ]
