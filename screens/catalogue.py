"""Which screen draws which view.  Imported late: the first screen must not wait for the others."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import import_module
from typing import Any

from kiosk import views
from screens.frame import Shell
from screens.page import Page


def page_for(view: Any, shell: Shell, state: dict[str, Any]) -> Page:
    """The page of a view: class ChooseTier is drawn by ChooseTierScreen in screens/choose_tier.py."""
    name = type(view).__name__
    page: Page = getattr(import_module(module_name(name)), f"{name}Screen")(view, shell, state)
    return page


def other_modules() -> list[str]:
    """What the first screen did not need; imported one a frame once it is there, so that no later tap waits for it."""
    names = [c.__name__ for c in vars(views).values() if isinstance(c, type) and issubclass(c, views.View)]
    return [
        "segno",
        "screens.help_over",
        "screens.voice",
        *(module_name(name) for name in names if name != "View"),
    ]


def import_next(rest: Iterator[str]) -> bool:
    """Imports one; False, which ends an interval of Kivy's clock, when there is nothing left."""
    name = next(rest, None)
    if name is not None:
        import_module(name)
    return name is not None


def module_name(view_name: str) -> str:
    return "screens." + re.sub(r"(?<!^)(?=[A-Z])", "_", view_name).lower()
