"""Where straight ahead is for this person: learnt in about a second, and followed when they sit down differently.  Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import median

from kiosk.face.iris import Eyes
from kiosk.face.movements import Straight
from kiosk.face.pose import Pose

LEAST_LOOKS = 5  # frames that make a straight look, however slow the camera is
STEADY_DEG = 7.0  # the poses of a straight look span no more
LOOK_BROKEN_S = 0.7  # a look with a longer hole starts anew
NARROWEST = 0.05  # openness that is no eye
EYES_EVERY_S = 0.1  # in frames that come faster, every second one says enough of the eyes: two looks cost as much as all the rest
MOVED_SEAT_S = 0.8  # steady for so long, somewhere else: that is where straight is now
MOVED_SEAT_DEG = 15.0


@dataclass(frozen=True)
class _Look:
    """One good frame."""

    at_s: float
    pose: Pose
    eyes: Eyes | None


class Looking:
    """The straight look while it is being learnt: medians of so many seconds of good, steady frames."""

    def __init__(self, look_s: float) -> None:
        self._look_s = look_s
        self._looks: list[_Look] = []

    def forget(self) -> None:
        self._looks.clear()

    @property
    def anew(self) -> bool:
        """It has just begun."""
        return len(self._looks) <= 1

    @property
    def wants_eyes(self) -> bool:
        """Whether the next frame should say how far the eyes are open."""
        last = self._looks[-2:]
        return len(last) < 2 or last[1].eyes is None or last[1].at_s - last[0].at_s > EYES_EVERY_S

    @property
    def progress(self) -> float:
        return min(1.0, self._lasted_s / self._look_s)

    def see(self, pose: Pose, eyes: Eyes | None, followed: bool, at_s: float) -> bool:
        """A good frame, with its eyes when they were asked for.  False: the head did not hold still.

        ``followed``: the face is that of the frame before.
        """
        if self._looks and (at_s - self._looks[-1].at_s > LOOK_BROKEN_S or not followed):
            self._looks.clear()  # another face may have taken the place
        self._looks.append(_Look(at_s, pose, eyes))
        if _span([look.pose for look in self._looks]) > STEADY_DEG:
            del self._looks[0]
            return False
        return True

    @property
    def straight(self) -> Straight | None:
        """None: not long enough yet."""
        looks, eyes = self._looks, [look.eyes for look in self._looks if look.eyes is not None]
        if self._lasted_s < self._look_s or len(eyes) < LEAST_LOOKS:
            return None
        return Straight(
            median(look.pose.yaw for look in looks),
            median(look.pose.pitch for look in looks),
            max(NARROWEST, median(one.left for one in eyes)),
            max(NARROWEST, median(one.right or 0.0 for one in eyes)),
        )

    @property
    def _lasted_s(self) -> float:
        return self._looks[-1].at_s - self._looks[0].at_s if self._looks else 0.0


class Seat:
    """Whether the person has sat down differently and looks straight from there."""

    def __init__(self) -> None:
        self._settled: list[tuple[float, Pose]] = []

    def forget(self) -> None:
        self._settled.clear()

    def see(self, pose: Pose, at_s: float) -> None:
        self._settled = [(then_s, one) for then_s, one in self._settled if at_s - then_s <= MOVED_SEAT_S]
        self._settled.append((at_s, pose))

    def moved(self, straight: Straight) -> Straight | None:
        """When the last frame was not straight by ``straight``: where straight is now.  None: where it was."""
        poses = [one for _, one in self._settled]
        if (
            self._settled[-1][0] - self._settled[0][0] < 0.75 * MOVED_SEAT_S
            or len(poses) < LEAST_LOOKS
            or _span(poses) > STEADY_DEG / 2
            or max(map(abs, straight.away(poses[-1]))) > MOVED_SEAT_DEG
        ):
            return None
        return replace(straight, yaw=median(p.yaw for p in poses), pitch=median(p.pitch for p in poses))


def _span(poses: Sequence[Pose]) -> float:
    """Degrees, of the wider of both angles."""
    yaws, pitches = [pose.yaw for pose in poses], [pose.pitch for pose in poses]
    return max(max(yaws) - min(yaws), max(pitches) - min(pitches))
