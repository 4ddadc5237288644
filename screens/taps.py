"""Finds a button by what it means and presses it with real touch events.  For the demo and the tests; Kivy's thread only."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kivy.base import EventLoop
from kivy.input.motionevent import MotionEvent

from screens.buttons import Press
from screens.page import Page


class NothingToTap(Exception):
    """No button of the page means that."""


class Finger(MotionEvent):
    """A touch at window pixels."""

    def __init__(self, x: float, y: float) -> None:
        self.at = (float(x), float(y))
        super().__init__("finger", id(self), {"x": x, "y": y}, is_touch=True, type_id="touch")

    def depack(self, args: dict[str, float]) -> None:
        window = EventLoop.window
        self.sx, self.sy = args["x"] / window.width, args["y"] / window.height
        self.profile = ["pos"]
        super().depack(args)

    def down(self) -> None:
        EventLoop.post_dispatch_input("begin", self)

    def move(self, x: float, y: float) -> None:
        self.move_to(x, y)
        EventLoop.post_dispatch_input("update", self)

    def up(self) -> None:
        EventLoop.post_dispatch_input("end", self)

    def move_to(self, x: float, y: float) -> None:
        self.move_args = {"x": x, "y": y}
        self.depack(self.move_args)


def find(page: Page, wanted: Callable[[Press], bool]) -> Press:
    """The first enabled button that ``wanted`` accepts.  Raises NothingToTap."""
    for press in page.presses():
        if wanted(press):
            return press
    raise NothingToTap(type(page.view).__name__)


def by_answer(answer: Any) -> Callable[[Press], bool]:
    """A button that answers ``answer``; those of the bar are BACK, "home", "large", "contrast", "help"."""
    return lambda press: press.answer is not None and press.answer == answer


def by_words(words: str) -> Callable[[Press], bool]:
    return lambda press: words in press.words


def tap(press: Press) -> None:
    """Down and up in the middle of a button."""
    finger = Finger(*press.to_window(*press.center))
    finger.down()
    finger.up()
