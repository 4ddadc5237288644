"""What is asked, in which order and after which pauses, and the transcript of it.  Pure; chance is an argument.

Of every draw one action is a blink and the others are movements of the head, none the same as the one before it.  They may come
again later: if each came once, the last would be known by elimination, and a film that runs through all of them in circles would fit
one draw in six.  So three movements are twelve sequences, and every further one doubles them.
"""

from __future__ import annotations

from functools import cache
from itertools import pairwise, product
from random import Random

from kiosk.config import FaceCheck
from kiosk.face.guidance import Action, Asked

MOVEMENTS = (Action.TURN_LEFT, Action.TURN_RIGHT, Action.NOD)
LEAST_PAUSE = 0.2  # of the longest


@cache
def orders(actions: int) -> tuple[tuple[Action, ...], ...]:
    """All that can be drawn of so many actions, each as likely as any other."""
    return tuple(
        (*moves[:place], Action.BLINK, *moves[place:])
        for moves in product(MOVEMENTS, repeat=actions - 1)
        if all(one is not other for one, other in pairwise(moves))
        for place in range(actions)
    )


class Questions:
    """Of one check."""

    def __init__(self, rules: FaceCheck, rng: Random) -> None:
        self._rules, self._rng = rules, rng
        self._todo: list[Action] = []
        self._asked: list[tuple[Action, float, float | None]] = []
        self.steps = rules.actions  # of this draw
        self.pause_s = 0.0  # before the next one
        self.before: Action | None = None  # the last one done of this draw

    def draw(self, mistakes: int) -> None:
        """A new draw, with an action more for every mistake."""
        self.steps = self._rules.actions + mistakes
        self._todo = list(self._rng.choice(orders(self.steps)))
        self.before = None
        self._pause()

    @property
    def now(self) -> Action:
        """What is asked, or will be after the pause."""
        return self._todo[0]

    @property
    def done(self) -> int:
        """So many of this draw."""
        return self.steps - len(self._todo)

    @property
    def all_done(self) -> bool:
        return not self._todo

    @property
    def asked_s(self) -> float:
        """When the last one was asked."""
        return self._asked[-1][1]

    def ask(self, at_s: float) -> None:
        self._asked.append((self.now, at_s, None))

    def answered(self, at_s: float) -> None:
        """What was asked last is done."""
        action, asked_s, _ = self._asked[-1]
        self._asked[-1] = (action, asked_s, at_s)
        self.before = self._todo.pop(0)
        self._pause()

    def transcript(self, start_s: float) -> tuple[Asked, ...]:
        """Of all draws."""

        def ms(at_s: float) -> int:
            return max(0, round((at_s - start_s) * 1000))

        return tuple(Asked(a, ms(t), None if done is None else ms(done)) for a, t, done in self._asked)

    def _pause(self) -> None:
        most_s = self._rules.most_pause_s
        self.pause_s = self._rng.uniform(LEAST_PAUSE * most_s, most_s)
