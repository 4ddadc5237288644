"""Is a living person there, who does what was asked just now?  Pure: one frame's words in, what to say to the person out.

    LOOKING     the person's own straight face is learnt: medians of about a second of good, steady frames
    RETURNING   straight and quiet for a moment, and then for a pause that nobody can foresee
    ACTING      one action is asked; it counts when it begins after a person can have heard it, and is over
                ... RETURNING and ACTING until all are done; then straight once more: passed

Actions are drawn without repetition from blink, turn left, turn right and nod, by the generator that is given.

What a film of somebody else's check can do, and what it cannot.  It cannot hear.  Its turns and nods come at its own times and in its
own order; every one of them that was not asked for at that moment starts everything over: a new draw with an action more.  The
other side is one mistake, any other action is two, and more than ``most_mistakes`` end the check.  Nothing done before a mistake
is kept, so a film that runs on, or in circles, has to show a whole new draw in its order, in the pauses that were drawn with it;
what it has already shown is used up.  Movements before the first question only put the question off, as starting the film later
would.  Blinks come by themselves and prove little, therefore nothing is held against them; of three actions at least two are
movements of the head.  What remains is luck: two or three movements in the right order are one in six or less for each draw,
less the times that do not fit.  Tries are therefore counted by central, and ``check`` looks for a screen by other means.

Old people take left for right and start too early: a mistake is never named, the question is only asked anew.
A face that is lost, jumps or shares the picture with another one begins again at LOOKING, and that is a mistake too.  A camera that
gives nothing for a while is no mistake of anybody's: it begins again at LOOKING as well, with a new draw; but who could have new
draws by touching a cable would go on until one fits a film, so a second time ends the check.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from random import Random
from statistics import median

from kiosk.config import FaceCheck
from kiosk.face.continuity import Place, place
from kiosk.face.guidance import Action, Asked, Doubt, End, Guidance, Phase
from kiosk.face.iris import Eyes
from kiosk.face.movements import OPEN_AGAIN, Head, Lids, Movement, Straight
from kiosk.face.pose import Pose
from kiosk.face.seeing import Look, Seen
from kiosk.face.verdicts import Hint

LEAST_LOOKS = 5  # frames that make a straight look, however slow the camera is
STEADY_DEG = 7.0  # the poses of a straight look span no more
LOOK_BROKEN_S = 0.7  # a look with a longer hole starts anew
QUIET_S = 0.4
MOVED_SEAT_S = 0.8  # steady for so long, somewhere else: that is where straight is now
MOVED_SEAT_DEG = 15.0
ONCE_MORE_S = (
    1.0  # who nods once nods twice: the same again, so soon after the next question, is no answer to it
)
LAST_LOOKS = 3
MOST_INTERRUPTIONS = 1  # by the camera, once there was a draw
HINT_AFTER_S = 0.4  # shorter is a flicker
LOOK_BACK_AFTER_S = 1.5
NARROWEST = 0.05  # openness that is no eye
BY_ACTING = (Hint.LOOK_STRAIGHT, Hint.HOLD_STILL)  # who does as asked cannot help these


class Event(Enum):
    """What a frame brought about."""

    LEARNT = "learnt"
    ASKED = "asked"
    DONE = "done"
    OVER = "over"  # everything starts over, from the straight look that is known
    LOST = "lost"  # everything starts over from LOOKING: it may be somebody else
    PASSED = "passed"


@dataclass(frozen=True)
class _Look:
    """One good frame of LOOKING."""

    at_s: float
    pose: Pose
    eyes: Eyes


class Challenge:
    """One person's challenge.  ``see`` every frame, with the eyes that ``look`` and ``plainly_open`` ask for."""

    def __init__(self, rules: FaceCheck, rng: Random, gentle: bool = False) -> None:
        self._rules, self._rng = rules, rng
        self._step_s = rules.gentle_step_s if gentle else rules.step_s
        self._phase = Phase.LOOKING
        self._looks: list[_Look] = []
        self._straight: Straight | None = None
        self._head, self._lids = Head(rules), Lids(rules)
        self._todo: list[Action] = []
        self._steps = rules.actions
        self._before: Action | None = None  # the last one done of this draw
        self._asked: list[tuple[Action, float, float | None]] = []
        self._pause_s = 0.0
        self._quiet_s: float | None = None  # since when the head is straight
        self._settled: list[tuple[float, Pose]] = []
        self._last_looks = 0
        self._began_s: float | None = None
        self._phase_s = 0.0  # since when
        self._good_s = 0.0  # the last good frame, or the start
        self._place: Place | None = None
        self._seen_s = 0.0  # the last frame, whatever it showed
        self._interruptions = 0
        self._several_s: float | None = None
        self._several_in_gap = False
        self._hint: Hint | None = None
        self._hint_s = 0.0
        self.mistakes = 0
        self.doubts: list[Doubt] = []
        self.end: End | None = None
        self.passed = False
        self.away = (0.0, 0.0)  # degrees of this frame, to the person's left and upwards
        self.straight_now = False

    # --- what the others ask ---------------------------------------------------------------------------------------

    @property
    def look(self) -> Look:
        """How much of the eyes the next frame needs."""
        if self._phase is Phase.LOOKING:
            return Look.BOTH
        blinking = self._phase is Phase.ACTING and self._todo[0] is Action.BLINK
        return Look.UNTIL_OPEN if blinking else Look.NOT

    @property
    def plainly_open(self) -> float | None:
        return None if self._straight is None else OPEN_AGAIN * self._straight.left

    @property
    def action(self) -> Action | None:
        """What is asked now."""
        return self._todo[0] if self._phase is Phase.ACTING else None

    @property
    def moving(self) -> bool:
        return self._head.moving

    @property
    def looks_anew(self) -> bool:
        """This frame is the first of a new straight look: what was kept of earlier ones may show somebody else."""
        return self._phase is Phase.LOOKING and len(self._looks) <= 1

    @property
    def last_look(self) -> bool:
        """All actions are done; the person only has to look straight once more."""
        return self._phase is Phase.RETURNING and not self._todo

    @property
    def steps_done(self) -> int:
        return self._steps - len(self._todo) if self._straight else 0

    @property
    def asked(self) -> tuple[Asked, ...]:
        """The transcript, of all draws."""
        start_s = self._began_s or 0.0

        def ms(at_s: float) -> int:
            return max(0, round((at_s - start_s) * 1000))

        return tuple(Asked(a, ms(t), None if done is None else ms(done)) for a, t, done in self._asked)

    @property
    def guidance(self) -> Guidance:
        if self.passed:
            return Guidance(Phase.COMPARING, None, self._steps, self._steps, None, 1.0)
        if self._phase is Phase.LOOKING:
            looked = self._looks[-1].at_s - self._looks[0].at_s if self._looks else 0.0
            return Guidance(
                Phase.LOOKING, None, 0, self._steps, self._hint, min(1.0, looked / self._rules.look_s)
            )
        done = self.steps_done
        step = min(done + 1, self._steps) if self._phase is Phase.ACTING else done
        return Guidance(self._phase, self.action, step, self._steps, self._hint, done / self._steps)

    # --- one frame -------------------------------------------------------------------------------------------------

    def see(self, seen: Seen, at_s: float) -> Event | None:
        """Takes one frame in.  After the end, or when passed, nothing happens any more."""
        if self.end is not None or self.passed:
            return None
        if self._began_s is None:
            self._began_s = self._phase_s = self._good_s = at_s
        self._seen_s = at_s
        if seen.quality.good:
            self._good_s = at_s
        self.straight_now = False
        self._tell(seen, at_s)
        if self._is_over(at_s):
            return self._finish(End.NOT_DONE)
        if self._shared(seen, at_s):
            return None
        mesh, pose = seen.sight.mesh, seen.pose
        if self._phase is Phase.LOOKING:
            self._place = None if mesh is None or pose is None else place(mesh, pose, at_s)
            return self._learn(seen, at_s)
        if mesh is None or pose is None or Hint.ONE_PERSON in seen.quality.hints:
            return self._missing(at_s)
        here, before = place(mesh, pose, at_s), self._place
        if before is not None and at_s - before.at_s > self._rules.most_gap_s:
            return self._lose(Doubt.SEVERAL if self._several_in_gap else Doubt.JUMPED, at_s)
        if before is not None and not before.leads_to(here):
            return self._lose(Doubt.JUMPED, at_s)
        self._place, self._several_in_gap = here, False
        return self._follow(pose, seen, at_s)

    def not_measured(self, at_s: float) -> Event | None:
        """What was just done cannot be told from a sheet, because the face was lost on the way: all is asked anew."""
        return self._mistake(None, at_s)

    def wait(self, at_s: float) -> None:
        """Time has passed and nothing new was seen."""
        if self.end is None and not self.passed and self._is_over(at_s):
            self._finish(End.NOT_DONE)

    def interrupted(self, at_s: float) -> Event | None:
        """No new picture had come for longer than ``most_gap_s``.  Call it before the frame is seen that came at last.

        Whose face was gone before the pictures were has nothing to thank the camera for: ``see`` says what that means.
        """
        if self.end is not None or self.passed or self._phase is Phase.LOOKING:
            return None
        if self._place is None or self._place.at_s < self._seen_s:
            return None
        self._interruptions += 1
        if self._interruptions > MOST_INTERRUPTIONS:
            return self._finish(End.CAMERA_LOST)
        return self._learn_anew(at_s)

    def refuse(self, *doubts: Doubt) -> None:
        """Something outside of this machine was not believed."""
        for doubt in doubts:
            self._doubt(doubt)
        self.passed = False
        self._finish(End.NOT_DONE)

    # --- who is there ----------------------------------------------------------------------------------------------

    def _shared(self, seen: Seen, at_s: float) -> bool:
        """Whether the picture is shared for so long that it ends."""
        if Hint.ONE_PERSON not in seen.quality.hints:
            self._several_s = None
            return False
        self._several_in_gap = True
        if self._several_s is None:
            self._several_s = at_s
        if at_s - self._several_s <= self._rules.several_s:
            return False
        self._doubt(Doubt.SEVERAL)
        self._finish(End.NOT_DONE)
        return True

    def _missing(self, at_s: float) -> Event | None:
        """A frame without one plain face, after LOOKING."""
        self._lids.forget()
        self._quiet_s = None
        if self._place is not None and at_s - self._place.at_s > self._rules.most_gap_s:
            return self._lose(Doubt.SEVERAL if self._several_in_gap else Doubt.JUMPED, at_s)
        return None

    def _learn(self, seen: Seen, at_s: float) -> Event | None:
        """LOOKING."""
        if not seen.quality.good or seen.pose is None or seen.eyes is None or seen.eyes.right is None:
            if at_s - self._good_s > self._rules.nobody_s:
                return self._finish(End.NOBODY)
            return None
        if self._looks and (
            at_s - self._looks[-1].at_s > LOOK_BROKEN_S or not seen.sight.followed
        ):  # another face may have taken the place
            self._looks.clear()
        self._looks.append(_Look(at_s, seen.pose, seen.eyes))
        looks = self._looks
        for angles in ([look.pose.yaw for look in looks], [look.pose.pitch for look in looks]):
            if max(angles) - min(angles) > STEADY_DEG:
                del looks[0]
                if at_s - self._phase_s > self._rules.nobody_s:
                    return self._finish(End.NOBODY)
                return None
        if looks[-1].at_s - looks[0].at_s < self._rules.look_s or len(looks) < LEAST_LOOKS:
            return None
        self._straight = Straight(
            median(look.pose.yaw for look in looks),
            median(look.pose.pitch for look in looks),
            max(NARROWEST, median(look.eyes.left for look in looks)),
            max(NARROWEST, median(look.eyes.right or 0.0 for look in looks)),
        )
        looks.clear()
        self._draw(at_s)
        return Event.LEARNT

    # --- what the head does ----------------------------------------------------------------------------------------

    def _follow(self, pose: Pose, seen: Seen, at_s: float) -> Event | None:
        assert self._straight is not None, "nothing is asked before the person's own straight look is known"
        turn, lift = self.away = self._straight.away(pose)
        self.straight_now = self._head.straight(turn, lift)
        if not self.straight_now:
            self._quiet_s = None
        elif self._quiet_s is None:
            self._quiet_s = at_s
        movement = self._head.see(turn, lift, at_s)
        if movement is not None and movement.action is not None:
            return self._moved(movement, at_s)
        return self._return(pose, seen, at_s) if self._phase is Phase.RETURNING else self._act(seen, at_s)

    def _moved(self, movement: Movement, at_s: float) -> Event | None:
        """A clear turn or nod is over."""
        same_again = movement.action is self._before
        if self._phase is Phase.RETURNING:
            if same_again:
                return None
            if not self._answered():  # nothing has been asked yet: begin again, and no harm done
                self._draw(at_s)
                return Event.OVER
            return self._mistake(Doubt.OTHER_ACTION, at_s)
        action, asked_s, _ = self._asked[-1]
        if same_again and movement.began_s < asked_s + ONCE_MORE_S:
            return None
        if movement.action is not action:
            # left for right is what people take; a turn for a nod, or for a blink, is rather a film's mistake
            other_side = {movement.action, action} == {Action.TURN_LEFT, Action.TURN_RIGHT}
            return self._mistake(Doubt.OTHER_ACTION, at_s, 1 if other_side else 2)
        if movement.began_s < asked_s + self._rules.soonest_s:
            return self._mistake(Doubt.TOO_SOON, at_s)
        return self._done(at_s)

    def _act(self, seen: Seen, at_s: float) -> Event | None:
        """ACTING: a blink, or time that runs out."""
        assert self._straight is not None
        action, asked_s, _ = self._asked[-1]
        turn, lift = self.away
        if abs(turn) >= self._rules.least_turn_deg or abs(lift) >= self._rules.least_nod_deg:
            self._lids.forget()
        elif action is Action.BLINK and seen.eyes is not None:
            blinked_s = self._lids.see(seen.eyes, self._straight, at_s)
            if blinked_s is not None and blinked_s >= asked_s + self._rules.soonest_s:
                return self._done(at_s)
        if at_s - asked_s > self._step_s and not self._head.moving:
            return self._mistake(None, at_s)
        return None

    def _return(self, pose: Pose, seen: Seen, at_s: float) -> Event | None:
        """RETURNING: quiet, a pause, the next question; or, when all is done, the last straight frames."""
        self._follow_seat(pose, at_s)
        if not self._todo:
            self._last_looks += self.straight_now and seen.quality.good
            if self._last_looks >= LAST_LOOKS:
                self.passed = True
                return Event.PASSED
        elif self._quiet_s is not None and at_s - self._quiet_s >= QUIET_S + self._pause_s:
            self._enter(Phase.ACTING, at_s)
            self._lids.forget()
            self._asked.append((self._todo[0], at_s, None))
            return Event.ASKED
        if at_s - self._phase_s > self._step_s + self._pause_s:
            return self._mistake(None, at_s)
        return None

    def _follow_seat(self, pose: Pose, at_s: float) -> None:
        """Who has sat down differently looks straight from there."""
        assert self._straight is not None
        self._settled.append((at_s, pose))
        while at_s - self._settled[0][0] > MOVED_SEAT_S:
            del self._settled[0]
        yaws, pitches = [p.yaw for _, p in self._settled], [p.pitch for _, p in self._settled]
        turn, lift = self.away
        if (
            self.straight_now
            or at_s - self._settled[0][0] < 0.75 * MOVED_SEAT_S
            or len(self._settled) < LEAST_LOOKS
            or max(max(yaws) - min(yaws), max(pitches) - min(pitches)) > STEADY_DEG / 2
            or max(abs(turn), abs(lift)) > MOVED_SEAT_DEG
        ):
            return
        self._straight = replace(self._straight, yaw=median(yaws), pitch=median(pitches))
        self._head.forget()

    # --- moves -----------------------------------------------------------------------------------------------------

    def _enter(self, phase: Phase, at_s: float) -> None:
        self._phase, self._phase_s = phase, at_s
        self._settled.clear()

    def _draw(self, at_s: float) -> None:
        """A new draw, from the straight look that is known."""
        self._steps = min(len(Action), self._rules.actions + self.mistakes)
        self._todo = self._rng.sample(list(Action), self._steps)
        self._before = None
        self._head.forget()
        self._pause(at_s)

    def _pause(self, at_s: float) -> None:
        self._enter(Phase.RETURNING, at_s)
        self._pause_s = self._rng.uniform(0, self._rules.most_pause_s)
        self._quiet_s, self._last_looks = None, 0

    def _answered(self) -> bool:
        """Whether anything of this draw is done."""
        return len(self._todo) < self._steps

    def _done(self, at_s: float) -> Event:
        action, asked_s, _ = self._asked[-1]
        self._asked[-1] = (action, asked_s, at_s)
        self._before = self._todo.pop(0)
        self._pause(at_s)
        return Event.DONE

    def _mistake(self, doubt: Doubt | None, at_s: float, weight: int = 1) -> Event | None:
        if doubt is not None:
            self._doubt(doubt)
        self.mistakes += weight
        if self.mistakes > self._rules.most_mistakes:
            return self._finish(End.NOT_DONE)
        self._draw(at_s)
        return Event.OVER

    def _lose(self, doubt: Doubt, at_s: float) -> Event | None:
        """Another face may be there now: everything is learnt anew."""
        return None if self._mistake(doubt, at_s) is None else self._learn_anew(at_s)

    def _learn_anew(self, at_s: float) -> Event:
        self._straight, self._place, self._several_in_gap = None, None, False
        self._lids.forget()
        self._looks.clear()
        self._good_s = at_s
        self._enter(Phase.LOOKING, at_s)
        return Event.LOST

    def _doubt(self, doubt: Doubt) -> None:
        if doubt not in self.doubts:
            self.doubts.append(doubt)

    def _is_over(self, at_s: float) -> bool:
        return self._began_s is not None and at_s - self._began_s > self._rules.most_s

    def _finish(self, end: End) -> Event | None:
        self.end = end
        return None

    def _tell(self, seen: Seen, at_s: float) -> None:
        """Chooses the hint: the most pressing one that has lasted."""
        hints = seen.quality.hints
        if self._phase is Phase.ACTING or (
            self._phase is Phase.RETURNING and at_s - self._phase_s < LOOK_BACK_AFTER_S
        ):
            hints = tuple(hint for hint in hints if hint not in BY_ACTING)
        hint = hints[0] if hints else None
        if (
            hint is None
            and self._phase is Phase.RETURNING
            and self._quiet_s is None
            and at_s - self._phase_s > LOOK_BACK_AFTER_S
        ):
            hint = Hint.LOOK_STRAIGHT
        if hint is None:
            self._hint, self._hint_s = None, at_s
        elif self._hint is not None or at_s - self._hint_s >= HINT_AFTER_S:
            self._hint = hint
