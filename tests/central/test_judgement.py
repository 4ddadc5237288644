"""Which actions a kiosk can have drawn, and how quickly anybody can have done them."""

from collections import Counter
from itertools import product

import pytest

from central.face_limits import trusted
from central.judgement import Reason, can_be_drawn, flaw_of
from kiosk.face.guidance import Action
from kiosk.face.questions import orders
from kiosk.wire import CheckEvidence
from tests.central.draws import NEVER_DRAWN, words
from tests.central.sitter import evidence

ENDED_MS = 1_800_000_000_000
MOVEMENTS_OF_FOUR = ["LNL", "LNR", "LRL", "LRN", "NLN", "NLR", "NRL", "NRN", "RLN", "RLR", "RNL", "RNR"]
DRAWS_OF_FOUR = {moves[:at] + "B" + moves[at:] for moves in MOVEMENTS_OF_FOUR for at in range(4)}


def flaw(**changes):
    return flaw_of(CheckEvidence.model_validate(evidence(ENDED_MS, **changes)), ["photo"], trusted())


def in_time(drawn, each_ms=1_000):
    """Every action asked and done ``each_ms`` after the one before."""
    return [
        {"action": action, "asked_ms": each_ms * n, "done_ms": each_ms * (n + 1)}
        for n, action in enumerate(words(drawn))
    ]


# --- what is drawn ---------------------------------------------------------------------------------------------------


def test_of_four_actions_there_are_48_orders_and_no_others():
    taken = {"".join(drawn) for drawn in product("BLRN", repeat=4) if can_be_drawn(words(drawn))}
    assert len(DRAWS_OF_FOUR) == 48
    assert taken == DRAWS_OF_FOUR


@pytest.mark.parametrize(
    "drawn", ["BLNLN", "LNBLN", "RLRLB", "NRBLR", "LNRBNL", "NLNLNB", "BRNLRN", "LRLBNLNR"]
)
def test_more_are_asked_after_mistakes(drawn):
    assert can_be_drawn(words(drawn))
    assert flaw(asked=in_time(drawn)) is Reason.NONE


def test_each_further_question_doubles_the_draws_of_movements():
    """A film shows one order of movements: this is what it can hope for, wherever the blink falls."""
    orders = Counter()
    for asked in (4, 5, 6):
        drawn = {"".join(each) for each in product("BLRN", repeat=asked) if can_be_drawn(words(each))}
        orders[asked] = len({each.replace("B", "") for each in drawn})
    assert orders == {4: 12, 5: 24, 6: 48}


@pytest.mark.parametrize("actions", range(4, 10))  # six by the settings, and three mistakes
def test_whatever_a_kiosk_draws_is_taken(actions):
    assert all(can_be_drawn([action.value for action in order]) for order in orders(actions))


@pytest.mark.parametrize("actions", [4, 5, 6])
def test_and_nothing_else_is(actions):
    taken = {
        order for order in product(Action, repeat=actions) if can_be_drawn([each.value for each in order])
    }
    assert taken == set(orders(actions))


@pytest.mark.parametrize("drawn", NEVER_DRAWN, ids=NEVER_DRAWN.values())
def test_what_no_kiosk_draws_is_not_asked(drawn):
    assert not can_be_drawn(words(drawn))
    assert flaw(asked=in_time(drawn)) is Reason.NOT_ASKED


def test_nothing_asked_is_no_draw():
    assert not can_be_drawn([])
    assert not can_be_drawn(["blink"])


# --- how quickly -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("duration_ms", "flawed"), [(3_999, Reason.IMPOSSIBLE), (4_000, Reason.NONE)])
def test_nobody_is_looked_at_and_does_four_actions_in_less_than_four_seconds(duration_ms, flawed):
    assert flaw(asked=in_time("BLNL", 900), duration_ms=duration_ms) is flawed


@pytest.mark.parametrize(("done_ms", "flawed"), [(249, Reason.IMPOSSIBLE), (250, Reason.NONE)])
def test_nobody_does_what_they_have_not_heard_yet(done_ms, flawed):
    asked = in_time("BLNL")
    asked[3]["done_ms"] = asked[3]["asked_ms"] + done_ms
    assert flaw(asked=asked) is flawed


@pytest.mark.parametrize(("frames", "flawed"), [(14, Reason.IMPOSSIBLE), (15, Reason.NONE)])
def test_a_face_that_is_not_seen_for_a_second_was_lost(frames, flawed):
    assert flaw(frames=frames) is flawed
