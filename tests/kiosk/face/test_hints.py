"""Which hint is shown: one at a time, none that flickers, none that nobody who does as asked can follow."""

from __future__ import annotations

import pytest

from kiosk.face.guidance import Phase
from kiosk.face.hints import Hints
from kiosk.face.verdicts import Hint

DARK, STRAIGHT, STILL = Hint.TOO_DARK, Hint.LOOK_STRAIGHT, Hint.HOLD_STILL
LONG_S = 2.0  # in a phase


def shown(
    *hints: Hint, phase: Phase = Phase.LOOKING, lasted_s: float = LONG_S, away: bool = False
) -> Hint | None:
    """After the same frame for half a second."""
    one = Hints()
    for number in range(6):
        one.see(hints, phase, lasted_s, away, 100 + number / 10)
    return one.now


def test_a_hint_that_lasts_is_shown_and_goes_at_once() -> None:
    hints = Hints()
    hints.see((), Phase.LOOKING, LONG_S, False, 100.0)
    hints.see((DARK,), Phase.LOOKING, LONG_S, False, 100.3)
    assert hints.now is None
    hints.see((DARK,), Phase.LOOKING, LONG_S, False, 100.45)
    assert hints.now is DARK
    hints.see((), Phase.LOOKING, LONG_S, False, 100.5)
    assert hints.now is None


def test_a_hint_that_comes_and_goes_is_never_shown() -> None:
    hints = Hints()
    for number in range(30):
        hints.see((DARK,) if number % 2 else (), Phase.LOOKING, LONG_S, False, 100 + number / 10)
        assert hints.now is None


def test_the_most_pressing_takes_the_place_of_another_at_once() -> None:
    hints = Hints()
    for at_s, said in ((100.0, ()), (100.5, (STILL,)), (100.55, (DARK, STILL))):
        hints.see(said, Phase.LOOKING, LONG_S, False, at_s)
    assert hints.now is DARK


@pytest.mark.parametrize("hint", [STRAIGHT, STILL])
def test_who_acts_or_is_on_the_way_back_is_not_told_to_sit_straight_and_still(hint: Hint) -> None:
    assert shown(hint, phase=Phase.ACTING) is None
    assert shown(hint, phase=Phase.RETURNING, lasted_s=1.0) is None
    assert shown(hint, phase=Phase.RETURNING) is hint
    assert shown(hint, phase=Phase.LOOKING, lasted_s=1.0) is hint


def test_what_the_person_can_help_is_told_while_they_act() -> None:
    assert shown(DARK, STILL, phase=Phase.ACTING) is DARK
    assert shown(STILL, DARK, phase=Phase.ACTING) is DARK


def test_who_does_not_come_back_is_told_to_look_straight() -> None:
    assert shown(phase=Phase.RETURNING, away=True) is STRAIGHT
    assert shown(phase=Phase.RETURNING, away=True, lasted_s=1.0) is None
    assert shown(phase=Phase.RETURNING, away=False) is None
    assert shown(phase=Phase.ACTING, away=True) is None
    assert shown(DARK, phase=Phase.RETURNING, away=True) is DARK
