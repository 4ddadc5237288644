"""Movements of a head and of its lids, told from one frame to the next.  Pure: time is an argument.

    a turn or a nod     straight -> at least so many degrees away -> straight again; one that never comes back is none
    a blink             open -> closed for a short while -> open again, both eyes, the head straight

Everything is against the same person looking straight, so narrow eyes and a camera that hangs high are as good as any.  Nothing
counts frames: a blink is one frame long at 8 a second and ten at 60, and a single frame among 60 is noise.
"""

from __future__ import annotations

from dataclasses import dataclass

from kiosk.config import FaceCheck
from kiosk.face.guidance import Action
from kiosk.face.iris import Eyes
from kiosk.face.pose import Pose

STRAIGHT = 0.5  # of the angle that counts: nearer than this is straight
OPEN_AGAIN = 0.8  # of the person's own open eyes
BOTH_CLOSED = 0.78  # the wider of the two eyes, by its own measure: one eye alone is a wink, or noise
# from the last open frame to the next; shorter is a spike of one frame at 30 a second
SHORTEST_BLINK_S = 0.09
LONGEST_FRAME_S = 0.3  # a hole in time has no blink in it


@dataclass(frozen=True)
class Straight:
    """The person's own straight look: degrees, and the openness of each eye, left and right in the image."""

    yaw: float
    pitch: float
    left: float
    right: float

    def away(self, pose: Pose) -> tuple[float, float]:
        """Degrees to the person's own left, and upwards."""
        return pose.yaw - self.yaw, pose.pitch - self.pitch


@dataclass(frozen=True)
class Movement:
    """``action`` None: neither far enough nor plainly one thing.  ``began_s``: when the head was no longer straight."""

    action: Action | None
    began_s: float


class Head:
    """Turns and nods of one head."""

    def __init__(self, rules: FaceCheck) -> None:
        self._rules = rules
        self._began_s: float | None = None
        self._turn = self._lift = 0.0  # the farthest of this movement

    @property
    def moving(self) -> bool:
        return self._began_s is not None

    def forget(self) -> None:
        """The face was lost: what went on is not finished by another one."""
        self._began_s, self._turn, self._lift = None, 0.0, 0.0

    def straight(self, turn: float, lift: float) -> bool:
        """Whether a head so many degrees away is straight."""
        return (
            abs(turn) < STRAIGHT * self._rules.least_turn_deg
            and abs(lift) < STRAIGHT * self._rules.least_nod_deg
        )

    def far(self, action: Action, turn: float, lift: float) -> bool:
        """Whether a head so many degrees away has come as far as the action goes; a blink goes nowhere."""
        side = {Action.TURN_LEFT: turn, Action.TURN_RIGHT: -turn}.get(action, 0.0)
        nods = action is Action.NOD and abs(lift) >= self._rules.least_nod_deg
        return nods or side >= self._rules.least_turn_deg

    def see(self, turn: float, lift: float, at_s: float) -> Movement | None:
        """The movement that ends with this frame."""
        if self.straight(turn, lift):
            return self._ended()
        half = STRAIGHT * self._rules.least_turn_deg
        across = min(turn, self._turn) < -half and max(turn, self._turn) > half
        ended = self._ended() if across else None  # from one side to the other between two frames
        if self._began_s is None:
            self._began_s = at_s
        self._turn = max(self._turn, turn, key=abs)
        self._lift = max(self._lift, lift, key=abs)
        return ended

    def _ended(self) -> Movement | None:
        if self._began_s is None:
            return None
        began_s, turn, lift = self._began_s, self._turn, self._lift
        self.forget()
        turned, nodded = abs(turn) >= self._rules.least_turn_deg, abs(lift) >= self._rules.least_nod_deg
        # By degrees, though less of a nod is asked for: before a camera that hangs high a wide turn lifts the head as well.
        if turned and (abs(turn) >= abs(lift) or not nodded):
            return Movement(Action.TURN_LEFT if turn > 0 else Action.TURN_RIGHT, began_s)
        return Movement(Action.NOD if nodded else None, began_s)


class Lids:
    """Blinks of one person."""

    def __init__(self, rules: FaceCheck) -> None:
        self._rules = rules
        self._open_s: float | None = None  # the last frame with open eyes
        self._closed = False  # between it and now both were closed
        self._before_s: float | None = None

    def forget(self) -> None:
        """The head is not straight, or the face was lost: a closure across it is none."""
        self._open_s, self._closed, self._before_s = None, False, None

    def see(self, eyes: Eyes, straight: Straight, at_s: float) -> float | None:
        """When the blink that ends with this frame began; None: none does."""
        if self._before_s is not None and at_s - self._before_s > LONGEST_FRAME_S:
            self.forget()
        self._before_s = at_s
        left = eyes.left / straight.left
        right = left if eyes.right is None else eyes.right / straight.right
        mean = (left + right) / 2
        if mean < self._rules.blink_ratio and max(left, right) < BOTH_CLOSED:
            self._closed = True
        if mean < OPEN_AGAIN:
            return None
        began_s, closed = self._open_s, self._closed
        self._open_s, self._closed = at_s, False
        if not closed or began_s is None:
            return None
        lasted_s = at_s - began_s
        return began_s if SHORTEST_BLINK_S <= lasted_s <= self._rules.most_blink_s else None
