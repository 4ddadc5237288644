"""Bugs that somebody could write tomorrow, planted in the real code or in the model of central.  Each must be caught.

A mutant that survived would show a hole in the model: then the model is mended, not the list.  Two are equivalent, and say why.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass

from tests.proof import planted
from tests.proof.explorer import Violation, find
from tests.proof.person import Come
from tests.proof.play import Scenario
from tests.proof.scenarios import BY_NAME

Plant = Callable[[ExitStack], None]

PAID, NEVER = BY_NAME["paid: first look, 0 jams"], BY_NAME["paid: never, 0 jams"]
LAST, MUTE = BY_NAME["payer: after the last look"], BY_NAME["paid: first look, 0 jams, cannot tell"]
LATE, TWICE = BY_NAME["leaves: late"], BY_NAME["paid: never, 0 jams, twice"]
MEET, AT_ONCE = BY_NAME["meet: second look"], BY_NAME["meet: at once elsewhere"]
FAMILY, COPIES = BY_NAME["family: 0 jams"], BY_NAME["paper: two copies"]
WRONG, BUSY = BY_NAME["payer: another amount"], BY_NAME["busy: pays"]
OLD_PAGE = Scenario("comes back with the old page", (Come(), Come(stale=True)), ((), ((5.0, "pay"),)))
SILENT = Scenario(
    "gateway silent for long", (Come(),), (((5.0, "pay"), (5.0, "silence"), (60.0, "release")),)
)


@dataclass(frozen=True)
class Mutant:
    """``scenarios``: where it is looked for, up to ``depth`` faults.  ``equivalent``: why nobody can tell, "" when somebody must."""

    name: str
    breaks: str
    plant: Plant
    scenarios: tuple[Scenario, ...]
    depth: int = 3
    equivalent: str = ""

    def planted(self) -> AbstractContextManager[None]:
        """The bug is there inside of this block."""
        return _planted(self.plant)


@dataclass(frozen=True)
class Kill:
    """``schedules``: how many were run until it was caught."""

    mutant: Mutant
    caught: bool
    schedules: int
    violation: Violation | None


def kill(mutant: Mutant) -> Kill:
    """Looks for it, with few faults first."""
    with mutant.planted():
        result = find(mutant.scenarios, mutant.depth)
    first = result.violations[0] if result.violations else None
    return Kill(mutant, bool(result.violated), result.total, first)


def run_mutants(mutants: Iterable[Mutant] | None = None) -> tuple[Kill, ...]:
    """One after the other."""
    return tuple(kill(mutant) for mutant in (MUTANTS if mutants is None else mutants))


@contextmanager
def _planted(plant: Plant) -> Iterator[None]:
    with ExitStack() as stack:
        plant(stack)
        yield


MUTANTS: tuple[Mutant, ...] = (
    Mutant("send before journal", "an order leaves that no disk knows", planted.send_before_journal, (PAID,)),
    Mutant("time-out is failure", "the money moves and is forgotten", planted.time_out_is_failure, (LAST,)),
    Mutant("close answer ignored", "paid is called closed", planted.close_answer_ignored, (LAST,)),
    Mutant(
        "refund decided on the kiosk",
        "central keeps what the kiosk calls returned",
        planted.refund_decided_here,
        (LAST,),
    ),
    Mutant(
        "another order's answer taken",
        "somebody else's money pays",
        planted.anothers_answer_taken,
        (MEET, BUSY),
    ),
    Mutant(
        "refusal ends an unheard order",
        "a late request opens what nobody closes",
        planted.refusal_ends_unheard_order,
        (AT_ONCE,),
    ),
    Mutant(
        "money on its way back called no money",
        "the screen and the phone differ",
        planted.money_back_called_no_money,
        (WRONG,),
    ),
    Mutant(
        "key reused after restart", "two orders under one number", planted.key_reused_after_restart, (NEVER,)
    ),
    Mutant(
        "new order on every retry", "the first try is nobody's", planted.new_order_on_every_retry, (PAID,)
    ),
    Mutant(
        "shown before it is written",
        "a code outlives its record",
        planted.shown_before_it_is_written,
        (PAID,),
    ),
    Mutant("reported before heard", "central owes what was printed", planted.reported_before_heard, (PAID,)),
    Mutant("no PRINTING record", "a sheet is out that was never begun", planted.no_printing_record, (PAID,)),
    Mutant("UNKNOWN counts as printed", "nobody gets paper", planted.unknown_counts_as_printed, (PAID,)),
    Mutant("UNKNOWN printed again unmarked", "two originals", planted.unknown_is_printed_again, (PAID,)),
    Mutant(
        "cut while printing is not printed",
        "an original is denied",
        planted.cut_while_printing_is_not_printed,
        (PAID,),
    ),
    Mutant("copies unmarked", "two originals", planted.copies_unmarked, (MUTE,)),
    Mutant("blind marked reprint", "two sheets with one number", planted.blind_marked_reprint, (MUTE,)),
    Mutant("another's leave taken", "somebody else's paper", planted.anothers_leave_taken, (COPIES,)),
    Mutant("any answer is heard", "central never hears of a sheet", planted.any_answer_is_heard, (FAMILY,)),
    Mutant("any code is shown", "somebody pays another's order", planted.any_code_is_shown, (MEET,)),
    Mutant(
        "amount taken from the screen",
        "a slip with another's money",
        planted.amount_from_the_screen,
        (FAMILY,),
    ),
    Mutant("copy without leave", "two sheets with one number", planted.copy_printed_without_leave, (COPIES,)),
    Mutant(
        "code shown again after restart",
        "an order is paid that nobody watches",
        planted.code_shown_again_after_restart,
        (OLD_PAGE,),
    ),
    Mutant("pending called not paid", "somebody pays twice", planted.pending_called_not_paid, (PAID,)),
    Mutant("nothing handed over", "orders wait for the next restart", planted.nothing_handed_over, (PAID,)),
    Mutant(
        "case dropped after three tries",
        "an order stays open",
        planted.case_dropped_after_three_tries,
        (SILENT,),
    ),
    Mutant(
        "recovery skips CLOSING",
        "a cut while closing leaves it open",
        planted.recovery_skips_closing,
        (NEVER,),
    ),
    Mutant(
        "recovery forgets copies",
        "central never hears of a sheet",
        planted.recovery_forgets_copies,
        (COPIES,),
    ),
    Mutant("no tombstone", "a late request opens a closed order", planted.no_tombstone, (PAID,)),
    Mutant(
        "late payment dropped", "the gateway keeps what nobody booked", planted.late_payment_dropped, (LATE,)
    ),
    Mutant("no claim check", "a due is paid twice", planted.no_claim_check, (MEET, TWICE)),
    Mutant("silence closes", "closed, and paid", planted.silence_closes, (SILENT,)),
    Mutant("same copy number again", "two sheets with one number", planted.same_copy_number_again, (COPIES,)),
    Mutant(
        "random order number",
        "nothing",
        planted.random_order_number,
        (NEVER, MEET, FAMILY, COPIES),
        depth=1,
        equivalent="a number need not be derived from anything: it is on the disk before its first use, and read from there",
    ),
    Mutant(
        "marked reprint with leave",
        "nothing",
        planted.marked_reprint_with_leave,
        (PAID, MUTE, FAMILY, COPIES),
        depth=1,
        equivalent="a sheet that nobody asked for, but central numbered it and it is marked: paper is lost, no law is",
    ),
)
