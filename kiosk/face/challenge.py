"""Is a living person there, who does what was asked just now?  Pure: one frame's words in, what to say to the person out.

    LOOKING     the person's own straight face is learnt: medians of about a second of good, steady frames
    RETURNING   straight again, then a pause that nobody can foresee; a head may tremble in it, and is quiet for a moment after it
    ACTING      one action is asked; it counts when it begins after a person can have heard it, and is over
                ... RETURNING and ACTING until all are done; then straight once more: passed

``questions`` draws what is asked, by the generator that is given; ``straight`` knows the person's own straight look.

What a film of somebody else's check can do, and what it cannot.  It cannot hear.  Its turns and nods come at its own times and in its
own order; every one of them that was not asked for at that moment starts everything over: a new draw with an action more.  The
other side is one mistake, any other action is two, and more than ``most_mistakes`` end the check.  Nothing done before a mistake
is kept, so a film that runs on, or in circles, has to show a whole new draw in its order, in the pauses that were drawn with it;
what it has already shown is used up.  Movements before the first question only put the question off, as starting the film later
would.  Blinks come by themselves and prove little, therefore nothing is held against them; of four actions three are movements of
the head.  What remains is luck: one in twelve for each draw, less the times that do not fit.  Tries are therefore counted by
central, and ``check`` looks for a screen by other means.

Old people take left for right and start too early: a mistake is never named, the question is only asked anew.
A face that is lost, jumps or shares the picture with another one begins again at LOOKING, and that is a mistake too.  A camera that
gives nothing for a while is no mistake of anybody's: it begins again at LOOKING as well, with a new draw; but who could have new
draws by touching a cable would go on until one fits a film, so a second time ends the check.
"""

from __future__ import annotations

from enum import Enum
from random import Random

from kiosk.config import FaceCheck
from kiosk.face.continuity import Place, place
from kiosk.face.guidance import Action, Asked, Doubt, End, Guidance, Phase
from kiosk.face.hints import Hints
from kiosk.face.movements import LONGEST_FRAME_S, OPEN_AGAIN, Head, Lids, Movement, Straight
from kiosk.face.pose import Pose
from kiosk.face.questions import Questions
from kiosk.face.seeing import Look, Seen
from kiosk.face.straight import Looking, Seat
from kiosk.face.verdicts import Hint

QUIET_S = 0.4
# who nods once nods twice: the same again, so soon after the next question, is no answer to it
ONCE_MORE_S = 1.0
THERE_S = 1.0  # a turn that has come far enough may go on for so long before it is called back
LAST_LOOKS = 3
MOST_INTERRUPTIONS = 1  # by the camera or a busy machine, once there was a draw


class Event(Enum):
    """What a frame brought about."""

    LEARNT = "learnt"
    ASKED = "asked"
    DONE = "done"
    OVER = "over"  # everything starts over, from the straight look that is known
    LOST = "lost"  # everything starts over from LOOKING: it may be somebody else
    PASSED = "passed"


class Challenge:
    """One person's challenge.  ``see`` every frame, with the eyes that ``look`` and ``plainly_open`` ask for."""

    def __init__(self, rules: FaceCheck, rng: Random, gentle: bool = False) -> None:
        self._rules = rules
        self._step_s = rules.gentle_step_s if gentle else rules.step_s
        self._phase = Phase.LOOKING
        self._looking, self._seat = Looking(rules.look_s), Seat()
        self._straight: Straight | None = None
        self._head, self._lids = Head(rules), Lids(rules)
        self._questions = Questions(rules, rng)
        self._back_s: float | None = None  # since when it has been straight, more or less
        self._quiet_s: float | None = None  # since when it is straight without a break
        self._there_s: float | None = None  # since when it is as far away as was asked
        self._come_back = False
        self._last_looks = 0
        self._began_s: float | None = None
        self._phase_s = 0.0  # since when
        self._phase_frames = 0  # so many since then
        self._good_s = 0.0  # the last good frame, or the start
        self._place: Place | None = None
        self._seen_s = 0.0  # the last frame, whatever it showed
        self._interruptions = 0
        self._several_s: float | None = None
        self._several_in_gap = False
        self._hints = Hints()
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
            return Look.BOTH if self._looking.wants_eyes else Look.NOT
        return Look.UNTIL_OPEN if self.action is Action.BLINK else Look.NOT

    @property
    def plainly_open(self) -> float | None:
        return None if self._straight is None else OPEN_AGAIN * self._straight.left

    @property
    def action(self) -> Action | None:
        """What is asked now."""
        return self._questions.now if self._phase is Phase.ACTING else None

    @property
    def moving(self) -> bool:
        return self._head.moving

    @property
    def looks_anew(self) -> bool:
        """This frame is the first of a new straight look: what was kept of earlier ones may show somebody else."""
        return self._phase is Phase.LOOKING and self._looking.anew

    @property
    def last_look(self) -> bool:
        """All actions are done; the person only has to look straight once more."""
        return self._phase is Phase.RETURNING and self._questions.all_done

    @property
    def steps_done(self) -> int:
        return self._questions.done if self._straight else 0

    @property
    def asked(self) -> tuple[Asked, ...]:
        """The transcript, of all draws."""
        return self._questions.transcript(self._began_s or 0.0)

    @property
    def guidance(self) -> Guidance:
        steps, done = self._questions.steps, self.steps_done
        if self.passed:
            return Guidance(Phase.COMPARING, None, steps, steps, None, 1.0)
        if self._phase is Phase.LOOKING:
            return Guidance(Phase.LOOKING, None, 0, steps, self._hints.now, self._looking.progress)
        step = min(done + 1, steps) if self._phase is Phase.ACTING else done
        # who is told to turn waits to be told to turn back
        phase = Phase.RETURNING if self._come_back else self._phase
        return Guidance(phase, self.action, step, steps, self._hints.now, done / steps)

    # --- one frame -------------------------------------------------------------------------------------------------

    def see(self, seen: Seen, at_s: float) -> Event | None:
        """Takes one frame in.  After the end, or when passed, nothing happens any more."""
        if self.end is not None or self.passed:
            return None
        if self._began_s is None:
            self._began_s = self._phase_s = self._good_s = at_s
        self._seen_s = at_s
        self._phase_frames += 1
        if seen.quality.good:
            self._good_s = at_s
        self.straight_now = False
        self._hints.see(seen.quality.hints, self._phase, at_s - self._phase_s, self._quiet_s is None, at_s)
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
        return self._interrupt(at_s)

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
        if not seen.quality.good or seen.pose is None:
            if at_s - self._good_s > self._rules.nobody_s:
                return self._finish(End.NOBODY)
            return None
        if not self._looking.see(seen.pose, seen.eyes, seen.sight.followed, at_s):
            return self._finish(End.NOBODY) if at_s - self._phase_s > self._rules.nobody_s else None
        if (straight := self._looking.straight) is None:
            return None
        self._straight = straight
        self._looking.forget()
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
            self._back_s = at_s if self._back_s is None else self._back_s
        movement = self._head.see(turn, lift, at_s)
        if movement is not None and movement.action is not None:
            self._back_s = at_s  # a whole movement is no tremor: the pause begins anew
            return self._moved(movement, at_s)
        return self._return(pose, seen, at_s) if self._phase is Phase.RETURNING else self._act(seen, at_s)

    def _moved(self, movement: Movement, at_s: float) -> Event | None:
        """A clear turn or nod is over."""
        questions = self._questions
        same_again = movement.action is questions.before
        if self._phase is Phase.RETURNING:
            if same_again:
                return None
            if not questions.done:  # nothing has been asked yet: begin again, and no harm done
                self._draw(at_s)
                return Event.OVER
            return self._mistake(Doubt.OTHER_ACTION, at_s)
        action, asked_s = questions.now, questions.asked_s
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
        action, asked_s = self._questions.now, self._questions.asked_s
        self._tell_to_come_back(action, at_s)
        turn, lift = self.away
        if abs(turn) >= self._rules.least_turn_deg or abs(lift) >= self._rules.least_nod_deg:
            self._lids.forget()
        elif action is Action.BLINK and seen.eyes is not None:
            blinked_s = self._lids.see(seen.eyes, self._straight, at_s)
            if blinked_s is not None and blinked_s >= asked_s + self._rules.soonest_s:
                return self._done(at_s)
        if at_s - asked_s > self._step_s and not self._head.moving:
            return self._out_of_time(at_s)
        return None

    def _tell_to_come_back(self, action: Action, at_s: float) -> None:
        """Once said it stays, or who is on the way back would hear that they should turn."""
        if not self._head.far(action, *self.away):
            self._there_s = None
        elif self._there_s is None:
            self._there_s = at_s
        elif at_s - self._there_s >= THERE_S:
            self._come_back = True

    def _return(self, pose: Pose, seen: Seen, at_s: float) -> Event | None:
        """RETURNING: quiet, a pause, the next question; or, when all is done, the last straight frames."""
        self._follow_seat(pose, at_s)
        pause_s = self._questions.pause_s
        if self._questions.all_done:
            self._last_looks += self.straight_now and seen.quality.good
            if self._last_looks >= LAST_LOOKS:
                self.passed = True
                return Event.PASSED
        elif self._may_ask(at_s):
            self._enter(Phase.ACTING, at_s)
            self._lids.forget()
            self._questions.ask(at_s)
            return Event.ASKED
        if at_s - self._phase_s > self._step_s + pause_s:
            return self._out_of_time(at_s)
        return None

    def _may_ask(self, at_s: float) -> bool:
        """The pause is over, and the head is quiet.  Who trembles need not be quiet all the while."""
        if self._quiet_s is None or self._back_s is None:
            return False
        return at_s - self._quiet_s >= QUIET_S and at_s - self._back_s >= QUIET_S + self._questions.pause_s

    def _follow_seat(self, pose: Pose, at_s: float) -> None:
        """Who has sat down differently looks straight from there."""
        assert self._straight is not None
        self._seat.see(pose, at_s)
        moved = None if self.straight_now else self._seat.moved(self._straight)
        if moved is not None:
            self._straight = moved
            self._head.forget()

    # --- moves -----------------------------------------------------------------------------------------------------

    def _enter(self, phase: Phase, at_s: float) -> None:
        self._phase, self._phase_s, self._phase_frames = phase, at_s, 0
        self._there_s, self._come_back = None, False
        self._seat.forget()

    def _draw(self, at_s: float) -> None:
        """A new draw, from the straight look that is known."""
        self._questions.draw(self.mistakes)
        self._head.forget()
        self._return_again(at_s)

    def _return_again(self, at_s: float) -> None:
        self._enter(Phase.RETURNING, at_s)
        self._quiet_s = self._back_s = None
        self._last_looks = 0

    def _done(self, at_s: float) -> Event:
        self._questions.answered(at_s)
        self._return_again(at_s)
        return Event.DONE

    def _out_of_time(self, at_s: float) -> Event | None:
        """Nothing was seen to be done; with pictures so rare that lids cannot be followed, that is the machine's doing."""
        if at_s - self._phase_s > self._phase_frames * LONGEST_FRAME_S:
            return self._interrupt(at_s)
        return self._mistake(None, at_s)

    def _interrupt(self, at_s: float) -> Event | None:
        self._interruptions += 1
        if self._interruptions > MOST_INTERRUPTIONS:
            return self._finish(End.CAMERA_LOST)
        return self._learn_anew(at_s)

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
        self._looking.forget()
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
