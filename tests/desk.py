"""A desk without glass: the citizen's answers in, the views out."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from devices.clock import SystemClock
from kiosk.desk import Cancelled
from kiosk.views import Attention, View

A = TypeVar("A")
V = TypeVar("V", bound=View[Any])


class Clock(SystemClock):
    """Virtual for deadlines: sleeping costs nothing.  The wall is the machine's, because central's answers are dated by it."""

    def __init__(self, start_s: float = 1_000.0) -> None:
        self.now = start_s

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


class World:
    """An answer that no tap gives: the desk waits for ``watch``."""


WORLD = World()


class Home:
    """The home button."""


HOME = Home()


class Do:
    """Something the world does while the view is on the screen; then the desk goes on with the next answer."""

    def __init__(self, action: Callable[[], object]) -> None:
        self.action = action


class ScriptedDesk:
    """Answers questions from a script.  Running out of answers is a failure of the test, not of the flow."""

    def __init__(self, clock: Clock, answers: Iterable[Any], patience: int = 5_000) -> None:
        self._clock, self._answers, self._patience = clock, list(answers), patience
        self.seen: list[View[Any]] = []
        self.asked: list[View[Any]] = []

    @property
    def trace(self) -> list[str]:
        """The names of the views, repeats in place left out."""
        names = [type(view).__name__ for view in self.seen]
        return [name for i, name in enumerate(names) if i == 0 or names[i - 1] != name]

    @property
    def told(self) -> list[Attention]:
        """What was explained, in order."""
        return [view for view in self.asked if isinstance(view, Attention)]

    def last(self, kind: type[V]) -> V:
        """The last view of a kind that was drawn."""
        return [view for view in self.seen if isinstance(view, kind)][-1]

    def show(self, view: View[Any]) -> None:
        self.seen.append(view)

    def ask(self, view: View[A], watch: Callable[[], A | None] | None = None, every_s: float = 0.05) -> A:
        self.seen.append(view)
        self.asked.append(view)
        while True:
            answer = self._next(view)
            if isinstance(answer, Do):
                answer.action()
                continue
            if answer is HOME:
                raise Cancelled("home")
            if answer is not WORLD:
                return answer  # type: ignore[no-any-return]
            assert watch is not None, f"{type(view).__name__} watches nothing"
            for _ in range(self._patience):
                if (news := watch()) is not None:
                    return news
                self._clock.sleep(every_s)
            raise AssertionError(f"the world never answered {type(view).__name__}")

    def _next(self, view: View[Any]) -> Any:
        assert self._answers, f"no answer left for {view}; trace {self.trace}"
        return self._answers.pop(0)
