"""What one movement of a head was, by its farthest angles."""

from __future__ import annotations

import pytest

from kiosk.config import FaceCheck
from kiosk.face.guidance import Action
from kiosk.face.movements import Head

RULES = FaceCheck()


@pytest.mark.parametrize(
    ("turn", "lift", "action"),
    [
        (RULES.least_turn_deg, 0.0, Action.TURN_LEFT),
        (-RULES.least_turn_deg, 0.0, Action.TURN_RIGHT),
        (0.0, -RULES.least_nod_deg, Action.NOD),
        (0.0, RULES.least_nod_deg, Action.NOD),
        (-28.0, 18.0, Action.TURN_RIGHT),  # a camera that hangs high sees a wide turn lift the head
        (12.0, -14.0, Action.NOD),
        (16.0, -17.0, Action.NOD),
        (14.0, -10.0, Action.NOD),  # hardly a turn at all
        (RULES.least_turn_deg - 0.1, RULES.least_nod_deg - 0.1, None),
    ],
)
def test_the_larger_angle_says_what_it_was(turn: float, lift: float, action: Action | None) -> None:
    head = Head(RULES)
    assert head.see(turn, lift, 1.0) is None
    assert head.see(turn / 2, lift, 1.1) is None  # the farthest of each counts, whenever it was
    done = head.see(0.0, 0.0, 1.2)
    assert done is not None and (done.action, done.began_s) == (action, 1.0)
    assert head.see(0.0, 0.0, 1.3) is None


def test_a_turn_is_a_turn_where_nods_must_be_deeper() -> None:
    head = Head(FaceCheck(least_turn_deg=15.0, least_nod_deg=20.0))
    head.see(16.0, 17.0, 1.0)
    done = head.see(0.0, 0.0, 1.1)
    assert done is not None and done.action is Action.TURN_LEFT
