"""The only way a flow meets a citizen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from kiosk.views import View

A = TypeVar("A")


class Cancelled(Exception):
    """The citizen went home, or went away.  ``reason`` is "home" or "idle"."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Stopped(Exception):
    """The desk is closed for good: the program is ending.  Only the session catches it."""


class Desk(Protocol):
    def show(self, view: View[Any]) -> None:
        """Draws a view and goes on.  Never raises: 首页 pressed meanwhile is heard by the next question."""

    def ask(self, view: View[A], watch: Callable[[], A | None] | None = None, every_s: float = 0.05) -> A:
        """Draws a view and waits for its answer.

        ``watch`` is called on this thread about every ``every_s``: what it returns (not None) is the answer, so that a card
        on the reader or news from the centre counts like a tap; what it raises ends the question.  Taps before the view was
        drawn answer nobody.  Raises Cancelled, Stopped.
        """
