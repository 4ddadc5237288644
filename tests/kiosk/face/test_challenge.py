"""The challenge over what frames say: no pictures, no networks, a clock that is counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

import numpy as np
import pytest

from kiosk.config import FaceCheck
from kiosk.face.challenge import Challenge, Event
from kiosk.face.detection import Box
from kiosk.face.guidance import Action, Doubt, End, Phase
from kiosk.face.iris import Eyes
from kiosk.face.mesh import Mesh
from kiosk.face.movements import OPEN_AGAIN
from kiosk.face.pose import Pose
from kiosk.face.quality import Light, Quality
from kiosk.face.questions import Questions
from kiosk.face.seeing import Look, Seen
from kiosk.face.tracking import Sight
from kiosk.face.verdicts import Hint

L, R, NOD, BLINK = Action.TURN_LEFT, Action.TURN_RIGHT, Action.NOD, Action.BLINK
LIGHT = Light(120.0, 0.0, 100.0, None, 20.0)
QUICK = FaceCheck(most_pause_s=0.0, step_s=5.0, nobody_s=6.0, several_s=4.0)


UNHURRIED = FaceCheck(most_pause_s=10.0)


class Order(Random):
    """Draws what it is told, then as it comes."""

    def __init__(self, *orders: tuple[Action, ...]) -> None:
        super().__init__(1)
        self._orders = list(orders)

    def choice(self, seq):  # type: ignore[no-untyped-def]
        if not self._orders:
            return super().choice(seq)
        drawn = self._orders.pop(0)
        assert drawn in seq, f"{drawn} cannot be drawn"
        return drawn


@dataclass
class Film:
    """A person, frame by frame.  Angles in degrees, openness as the engine gives it."""

    challenge: Challenge
    fps: float = 15.0
    open_eyes: float = 0.32
    at_s: float = 100.0
    events: list[object] = field(default_factory=list)

    def frame(
        self,
        yaw: float = 0.0,
        pitch: float = 0.0,
        eyes: float = 1.0,
        x: float = 640.0,
        high: float = 250.0,
        hints: tuple[Hint, ...] = (),
        there: bool = True,
        told: bool = True,
    ) -> None:
        points = np.zeros((468, 3), np.float32)
        points[:, 0], points[:, 1] = (
            np.linspace(x - 90, x + 90, 468),
            np.linspace(360 - high / 2, 360 + high / 2, 468),
        )
        others = (Box(0, 0, 200, 240, 0.9),) if Hint.ONE_PERSON in hints else ()
        sight = Sight(Mesh(points, 1.0) if there else None, others, True, True)
        open_now = self.open_eyes * eyes
        seen = Seen(
            sight,
            Quality(hints if there else (Hint.COME_TO_THE_SCREEN,), LIGHT),
            Pose(yaw + 3.0, pitch - 12.0, 0.0) if there else None,  # nobody looks straight at 0
            Eyes(open_now, open_now) if there and told else None,
        )
        event = self.challenge.see(seen, self.at_s)
        if event is not None:
            self.events.append(event)
        self.at_s += 1 / self.fps

    def still(self, seconds: float, **how: object) -> None:
        for _ in range(max(1, round(seconds * self.fps))):
            self.frame(**how)  # type: ignore[arg-type]

    def until(self, phase: Phase, **how: object) -> None:
        for _ in range(round(20 * self.fps)):
            if self.challenge.guidance.phase is phase or self.challenge.end:
                return
            self.frame(**how)  # type: ignore[arg-type]
        raise AssertionError(f"never came to {phase}")

    def swing(self, yaw: float = 0.0, pitch: float = 0.0, seconds: float = 1.0) -> None:
        frames = max(3, round(seconds * self.fps))
        for share in np.sin(np.linspace(0, np.pi, frames)):
            self.frame(yaw * float(share), pitch * float(share))
        self.frame()

    def do(self, action: Action) -> None:
        if action is BLINK:
            self.still(0.2, eyes=0.4)
            self.frame()
        else:
            self.swing(*{L: (25.0, 0.0), R: (-25.0, 0.0), NOD: (0.0, -15.0)}[action])

    def answer(self) -> Action:
        """Waits for a question and does what it says."""
        self.until(Phase.ACTING)
        action = self.challenge.action
        assert action is not None
        self.still(0.6)
        self.do(action)
        return action


def film(
    *orders: tuple[Action, ...], rules: FaceCheck = QUICK, fps: float = 15.0, gentle: bool = False
) -> Film:
    return Film(Challenge(rules, Order(*orders), gentle), fps)


@pytest.mark.parametrize("fps", [8.0, 15.0, 30.0])
@pytest.mark.parametrize("order", [(BLINK, L, R, L), (NOD, R, BLINK, L), (R, NOD, R, BLINK)])
def test_who_does_what_is_asked_passes(order: tuple[Action, ...], fps: float) -> None:
    seen = film(order, fps=fps)
    assert tuple(seen.answer() for _ in order) == order
    seen.still(0.5)
    assert seen.challenge.passed
    assert not seen.challenge.doubts
    assert [asked.action for asked in seen.challenge.asked] == list(order)
    assert all(asked.done_ms is not None and asked.done_ms > asked.asked_ms for asked in seen.challenge.asked)
    assert seen.challenge.guidance.phase is Phase.COMPARING


def test_every_sequence_that_is_no_movement_twice_running_is_drawn_and_no_other() -> None:
    drawn: Counter[tuple[Action, ...]] = Counter()
    for seed in range(3000):
        questions = Questions(QUICK, Random(seed))
        questions.draw(mistakes=0)
        asked = []
        while not questions.all_done:
            asked.append(questions.now)
            questions.ask(1.0)
            questions.answered(2.0)
        drawn[tuple(asked)] += 1
    for order in drawn:
        heads = [action for action in order if action is not BLINK]
        assert (len(order), len(heads)) == (4, 3), order
        assert heads[0] is not heads[1] is not heads[2], order
    assert len(drawn) == 3 * 2 * 2 * 4, "three movements in twelve sequences, the blink in one of four places"
    assert max(drawn.values()) < 2.5 * min(drawn.values()), "each as likely as any other"


def test_every_mistake_makes_the_next_draw_longer() -> None:
    questions = Questions(QUICK, Random(4))
    for mistakes in range(4):
        questions.draw(mistakes)
        assert questions.steps == 4 + mistakes


def test_pauses_cannot_be_foreseen_and_are_never_short() -> None:
    rules, pauses = FaceCheck(most_pause_s=5.0), []
    for seed in range(200):
        questions = Questions(rules, Random(seed))
        questions.draw(mistakes=0)
        pauses.append(questions.pause_s)
    assert min(pauses) >= 1.0
    assert max(pauses) <= 5.0
    assert max(pauses) - min(pauses) > 3.5


def test_who_trembles_is_asked_as_soon_as_the_pause_is_over() -> None:
    seen = film((L, R, NOD, BLINK), rules=UNHURRIED)
    seen.until(Phase.RETURNING)
    began_s, pause_s = seen.at_s, seen.challenge._questions.pause_s
    tremor = 0.7 * UNHURRIED.least_nod_deg  # not straight, and no nod
    while seen.challenge.guidance.phase is Phase.RETURNING and seen.challenge.end is None:
        seen.still(0.6)
        seen.still(0.2, pitch=tremor)
    assert pause_s <= seen.at_s - began_s <= pause_s + 1.0
    assert not seen.challenge.mistakes


def test_nobody_is_asked_while_the_head_is_away() -> None:
    seen = film((L, R, NOD, BLINK), rules=UNHURRIED)
    seen.until(Phase.RETURNING)
    seen.still(0.6)
    for _ in range(30):  # quiet for less than a question takes
        seen.still(0.2, pitch=0.7 * UNHURRIED.least_nod_deg)
        seen.still(0.3)
        assert seen.challenge.guidance.phase is Phase.RETURNING


def test_after_a_whole_movement_the_pause_begins_anew() -> None:
    seen = film((NOD, R, L, BLINK), rules=UNHURRIED)
    seen.answer()
    seen.still(1.0)
    seen.swing(pitch=-15.0)  # once more: no mistake, and no answer
    began_s, pause_s = seen.at_s, seen.challenge._questions.pause_s
    seen.until(Phase.ACTING)
    assert pause_s <= seen.at_s - began_s <= pause_s + 1.0
    assert not seen.challenge.mistakes


def test_gentle_asks_as_much_and_waits_longer() -> None:
    seen = film((BLINK, L, R, L), gentle=True)
    seen.until(Phase.ACTING)
    seen.still(QUICK.step_s + 5)
    assert seen.challenge.action is BLINK
    seen.do(BLINK)
    for _ in range(3):
        seen.answer()
    seen.still(0.5)
    assert seen.challenge.passed


@pytest.mark.parametrize("open_eyes", [0.20, 0.45])
def test_narrow_and_wide_eyes_blink_by_their_own_measure(open_eyes: float) -> None:
    seen = film((BLINK, L, R, L))
    seen.open_eyes = open_eyes
    seen.until(Phase.ACTING)
    seen.still(0.6)
    seen.still(0.2, eyes=0.9)  # lids that droop are no blink
    seen.frame()
    assert seen.challenge.action is BLINK
    seen.still(0.2, eyes=0.55)
    seen.frame()
    assert seen.challenge.steps_done == 1


def test_eyes_closed_for_long_are_no_blink() -> None:
    seen = film((BLINK, L, R, L))
    seen.until(Phase.ACTING)
    seen.still(0.6)
    seen.still(2.5, eyes=0.3)
    seen.still(0.3)
    assert seen.challenge.action is BLINK


def test_one_frame_among_many_is_noise_and_one_among_few_a_blink() -> None:
    for fps, counts in ((60.0, False), (30.0, False), (8.0, True)):
        seen = film((BLINK, L, R, L), fps=fps)
        seen.until(Phase.ACTING)
        seen.still(0.6)
        seen.frame(eyes=0.4)
        seen.frame()
        assert (seen.challenge.action is not BLINK) is counts, fps


@pytest.mark.parametrize(("fps", "share"), [(8.0, 1.0), (15.0, 0.5), (30.0, 0.5)])
def test_of_quick_frames_every_second_one_tells_of_the_eyes(fps: float, share: float) -> None:
    """Two eyes cost as much as all the rest of a frame; what is not asked for is not there."""
    seen, asked = film((BLINK, L, R, L), fps=fps), []
    while seen.challenge.guidance.phase is Phase.LOOKING:
        asked.append(seen.challenge.look)
        seen.frame(told=asked[-1] is Look.BOTH)
    assert set(asked) <= {Look.BOTH, Look.NOT}
    assert asked.count(Look.BOTH) / len(asked) == pytest.approx(share, abs=0.1)
    assert seen.challenge.plainly_open == pytest.approx(OPEN_AGAIN * seen.open_eyes)
    assert [seen.answer() for _ in range(2)] == [BLINK, L]


def test_no_question_before_the_straight_look_is_known() -> None:
    seen = film((L, R, NOD, BLINK))
    for _ in range(40):
        seen.frame(yaw=12.0)
        seen.frame(yaw=-12.0)
    assert seen.challenge.guidance.phase is Phase.LOOKING
    assert seen.challenge.look is Look.BOTH


def test_a_turn_that_does_not_come_back_is_none() -> None:
    seen = film((L, R, NOD, BLINK))
    seen.until(Phase.ACTING)
    seen.still(0.6)
    for yaw in (5.0, 12.0, 20.0, 25.0):
        seen.frame(yaw)
    seen.still(1.0, yaw=25.0)
    assert seen.challenge.steps_done == 0
    for yaw in (15.0, 8.0, 0.0):
        seen.frame(yaw)
    assert seen.challenge.steps_done == 1


@pytest.mark.parametrize(("action", "yaw", "pitch"), [(L, 22.0, 0.0), (R, -22.0, 0.0), (NOD, 0.0, -14.0)])
def test_who_has_turned_and_waits_is_told_to_come_back(action: Action, yaw: float, pitch: float) -> None:
    others = [other for other in (L, R, NOD) if other is not action]
    seen = film((action, *others, BLINK))
    seen.until(Phase.ACTING)
    seen.still(0.6)
    seen.still(0.8, yaw=yaw, pitch=pitch)
    assert seen.challenge.guidance.phase is Phase.ACTING, "the turn may go on"
    seen.still(0.4, yaw=yaw, pitch=pitch)
    told = seen.challenge.guidance
    assert (told.phase, told.action, told.step, told.progress) == (Phase.RETURNING, action, 1, 0.0)
    seen.still(0.2, yaw=yaw / 2 + 2, pitch=pitch / 2 - 1)
    assert seen.challenge.guidance.phase is Phase.RETURNING, (
        "nobody on the way back hears that they should turn"
    )
    seen.frame()
    seen.frame()
    assert seen.challenge.steps_done == 1
    assert seen.challenge.guidance.action is None
    assert seen.answer() is others[0]


def test_who_has_turned_to_the_other_side_is_not_told_to_stay_there() -> None:
    seen = film((L, R, NOD, BLINK))
    seen.until(Phase.ACTING)
    seen.still(0.6)
    seen.still(3.0, yaw=-22.0)
    assert seen.challenge.guidance.phase is Phase.ACTING


def test_the_wrong_side_once_is_forgiven_and_everything_is_drawn_anew() -> None:
    seen = film((L, R, NOD, BLINK), (NOD, BLINK, R, L, R))
    seen.until(Phase.ACTING)
    seen.still(0.6)
    seen.do(R)
    assert seen.challenge.doubts == [Doubt.OTHER_ACTION]
    assert [seen.answer() for _ in range(5)] == [NOD, BLINK, R, L, R]
    seen.still(0.5)
    assert seen.challenge.passed


def test_what_was_done_before_a_mistake_does_not_count() -> None:
    seen = film((NOD, L, R, BLINK), (NOD, R, BLINK, L, R))
    assert seen.answer() is NOD
    seen.until(Phase.ACTING)
    seen.still(0.6)
    seen.do(R)
    assert seen.challenge.steps_done == 0
    assert seen.answer() is NOD


def test_another_action_than_a_turn_counts_twice() -> None:
    seen = film((L, NOD, BLINK, L), (L, NOD, BLINK, R, L, R))
    for _ in range(2):
        assert seen.challenge.end is None
        seen.until(Phase.ACTING)
        seen.still(0.6)
        seen.do(NOD)
    assert seen.challenge.end is End.NOT_DONE


def test_mistakes_come_to_an_end() -> None:
    seen = film((L, NOD, BLINK, L), (L, NOD, BLINK, R, L), (L, NOD, BLINK, R, L, R))
    for _ in range(QUICK.most_mistakes + 1):
        seen.until(Phase.ACTING)
        seen.still(0.6)
        seen.do(R)
    assert seen.challenge.end is End.NOT_DONE
    assert seen.challenge.doubts == [Doubt.OTHER_ACTION]


def test_an_answer_before_the_question_could_be_heard_does_not_count() -> None:
    seen = film((L, R, NOD, BLINK))
    seen.until(Phase.ACTING)
    seen.do(L)
    assert seen.challenge.steps_done == 0
    assert seen.challenge.doubts == [Doubt.TOO_SOON]


def test_who_nods_twice_has_nodded() -> None:
    seen = film((NOD, L, R, BLINK))
    assert seen.answer() is NOD
    seen.do(NOD)
    assert not seen.challenge.doubts
    assert seen.challenge.steps_done == 1


def test_a_film_in_another_order_never_passes() -> None:
    """Every order but its own, shown once with blinks in between."""
    shown = (L, NOD, R)
    for seed in range(60):
        seen = Film(Challenge(FaceCheck(most_pause_s=0.5), Random(seed)))
        seen.until(Phase.RETURNING)
        heads = [action for action in seen.challenge._questions._todo if action is not BLINK]
        for action in shown:
            seen.still(2.0)
            seen.do(BLINK)
            seen.still(2.0)
            seen.do(action)
        seen.still(3.0)
        seen.do(BLINK)
        seen.still(2.0)
        if heads != list(shown):
            assert not seen.challenge.passed, seed


def test_time_that_runs_out_asks_anew_and_ends() -> None:
    seen = film((L, R, NOD, BLINK))
    seen.until(Phase.ACTING)
    seen.still((QUICK.step_s + 2) * (QUICK.most_mistakes + 1) + 3)
    assert seen.challenge.end is End.NOT_DONE
    assert len(seen.challenge.asked) == QUICK.most_mistakes + 1
    assert all(asked.done_ms is None for asked in seen.challenge.asked)


def test_nobody() -> None:
    seen = film()
    seen.still(QUICK.nobody_s + 1, there=False)
    assert seen.challenge.end is End.NOBODY
    assert seen.challenge.guidance.hint is Hint.COME_TO_THE_SCREEN


def test_two_faces_are_first_told_and_then_ended() -> None:
    seen = film((L, R, NOD, BLINK))
    seen.until(Phase.ACTING)
    seen.still(0.8, hints=(Hint.ONE_PERSON,))
    assert seen.challenge.guidance.hint is Hint.ONE_PERSON
    assert seen.challenge.end is None
    seen.still(QUICK.several_s + 1, hints=(Hint.ONE_PERSON,))
    assert seen.challenge.end is End.NOT_DONE
    assert Doubt.SEVERAL in seen.challenge.doubts


def test_nothing_is_done_while_the_picture_is_shared() -> None:
    seen = film((L, R, NOD, BLINK))
    seen.until(Phase.ACTING)
    seen.still(0.5)
    for yaw in (8.0, 16.0, 24.0, 16.0, 8.0, 0.0):
        seen.frame(yaw, hints=(Hint.ONE_PERSON,))
    seen.frame()
    assert seen.challenge.steps_done == 0


def jump(seen: Film) -> None:
    seen.frame(x=940.0)


def grow(seen: Film) -> None:
    seen.frame(high=420.0)


def spin(seen: Film) -> None:
    seen.frame(yaw=60.0)


def leave(seen: Film) -> None:
    seen.still(QUICK.most_gap_s + 0.5, there=False)
    seen.frame()


def time_stands(seen: Film) -> None:
    seen.at_s += QUICK.most_gap_s + 0.5
    seen.frame()


@pytest.mark.parametrize("break_it", [jump, grow, spin, leave, time_stands])
def test_a_face_that_does_not_go_on_is_learnt_anew(break_it: Callable[[Film], None]) -> None:
    seen = film((L, R, NOD, BLINK), (NOD, L, R, BLINK, L))
    seen.answer()
    seen.until(Phase.ACTING)
    break_it(seen)
    assert Doubt.JUMPED in seen.challenge.doubts
    assert seen.challenge.guidance.phase is Phase.LOOKING
    assert seen.challenge.steps_done == 0


def camera_away(seen: Film, seconds: float = QUICK.most_gap_s + 2.0) -> None:
    """Nothing comes, then a frame."""
    seen.at_s += seconds
    event = seen.challenge.interrupted(seen.at_s)
    if event is not None:
        seen.events.append(event)
    seen.frame()


def test_a_camera_that_was_away_is_nobodys_mistake() -> None:
    seen = film((L, R, NOD, BLINK), (NOD, R, BLINK, L))
    seen.answer()
    seen.until(Phase.ACTING)
    camera_away(seen)
    assert seen.challenge.guidance.phase is Phase.LOOKING
    assert (seen.challenge.mistakes, seen.challenge.doubts, seen.events[-1]) == (0, [], Event.LOST)
    assert [seen.answer() for _ in range(4)] == [NOD, R, BLINK, L], "a new draw, of as many"
    seen.still(0.5)
    assert seen.challenge.passed


def test_nobody_gets_new_draws_by_touching_the_cable() -> None:
    seen = film((L, R, NOD, BLINK), (NOD, R, L, BLINK), (R, L, NOD, BLINK))
    for _ in range(2):
        assert seen.challenge.end is None
        seen.until(Phase.ACTING)
        camera_away(seen)
    assert seen.challenge.end is End.CAMERA_LOST
    assert seen.challenge.doubts == []


def wait_out(seen: Film) -> None:
    """A question, and nothing that can be seen of an answer."""
    seen.until(Phase.ACTING)
    while seen.challenge.action is not None and seen.challenge.end is None:
        seen.frame()


def test_pictures_too_rare_for_lids_are_nobodys_mistake() -> None:
    seen = film((BLINK, L, NOD, R), (NOD, R, BLINK, L), fps=3.0)
    wait_out(seen)
    assert (seen.challenge.mistakes, seen.events[-1]) == (0, Event.LOST)
    seen.fps = 15.0  # whatever else the machine had to do is done
    assert [seen.answer() for _ in range(4)] == [NOD, R, BLINK, L], "a new draw, of as many"
    seen.still(0.5)
    assert seen.challenge.passed


def test_a_machine_that_stays_too_slow_says_that_it_is_the_machine() -> None:
    seen = film((L, NOD, BLINK, R), (NOD, R, L, BLINK), fps=3.0)
    for _ in range(2):
        assert seen.challenge.end is None
        wait_out(seen)
    assert seen.challenge.end is End.CAMERA_LOST
    assert (seen.challenge.mistakes, seen.challenge.doubts) == (0, [])


def test_who_does_nothing_before_a_poor_camera_has_done_nothing() -> None:
    seen = film((BLINK, L, NOD, R), (NOD, R, BLINK, L, R), fps=5.0)
    wait_out(seen)
    assert (seen.challenge.mistakes, seen.events[-1]) == (1, Event.OVER)


def test_a_camera_that_is_away_before_anything_is_asked_may_be_so_often() -> None:
    seen = film((L, R, NOD, BLINK))
    for _ in range(4):
        seen.still(0.3)
        camera_away(seen)
    assert seen.challenge.end is None
    seen.answer()


def test_who_left_before_the_camera_did_has_left() -> None:
    seen = film((L, R, NOD, BLINK), (NOD, L, R, BLINK, L))
    seen.until(Phase.ACTING)
    seen.frame(there=False)
    camera_away(seen)
    assert seen.challenge.doubts == [Doubt.JUMPED]
    assert seen.challenge.mistakes == 1


def test_time_passes_without_frames() -> None:
    seen = film((L, R, NOD, BLINK))
    seen.until(Phase.ACTING)
    seen.challenge.wait(100.0 + QUICK.most_s - 1)
    assert seen.challenge.end is None
    seen.challenge.wait(100.0 + QUICK.most_s + 1)
    assert seen.challenge.end is End.NOT_DONE


def test_a_face_that_is_hidden_for_a_moment_goes_on() -> None:
    seen = film((L, R, NOD, BLINK))
    seen.until(Phase.ACTING)
    seen.still(0.5)
    seen.still(0.4, there=False)
    seen.do(L)
    assert seen.challenge.steps_done == 1
    assert not seen.challenge.doubts


def test_who_sits_down_differently_is_straight_there() -> None:
    seen = film((L, R, NOD, BLINK))
    seen.answer()
    seen.still(2.5, pitch=-8.0)
    seen.until(Phase.ACTING, pitch=-8.0)
    assert seen.challenge.steps_done == 1
    assert not seen.challenge.doubts


def test_the_eyes_are_only_looked_at_when_they_matter() -> None:
    looks: list[Look] = []
    seen = film((BLINK, L, R, L))
    for _ in range(3):
        seen.until(Phase.ACTING)
        looks.append(seen.challenge.look)
        seen.answer()
        looks.append(seen.challenge.look)
    assert looks == [Look.UNTIL_OPEN, Look.NOT, Look.NOT, Look.NOT, Look.NOT, Look.NOT]
