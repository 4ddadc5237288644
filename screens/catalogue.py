"""Which screen draws which view.  Imported late: the first screen must not wait for the others."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import import_module
from types import ModuleType
from typing import Any

from kiosk import views
from kiosk.config import Site
from screens.frame import Shell
from screens.page import Page

SHARED = (views.Attention, views.Working)  # of a kiosk's views: those that a tablet shows too


def page_for(view: Any, shell: Shell, state: dict[str, Any]) -> Page:
    """The page of a view: class ChooseTier is drawn by ChooseTierScreen in screens/choose_tier.py."""
    name = type(view).__name__
    page: Page = getattr(import_module(module_name(name)), f"{name}Screen")(view, shell, state)
    return page


def first_view(site: Site) -> views.View[Any]:
    """What is drawn while the session is still getting ready."""
    if site.profile == "hall":
        return views.Home()
    from kiosk.field.views import SignInByCard  # a kiosk in a hall has none of them

    return SignInByCard(site.kiosk_id)


def other_modules(site: Site) -> list[str]:
    """What the first screen did not need; imported one a frame once it is there, so that no later tap waits for it."""
    names = _views_in(views)
    if site.profile == "tablet":
        from kiosk.field import views as field_views

        names = [*_views_in(field_views), *(kind.__name__ for kind in SHARED)]
    return ["segno", "screens.help_over", "screens.voice", *map(module_name, names)]


def _views_in(module: ModuleType) -> list[str]:
    """The views that a module itself has."""
    kinds = (kind for kind in vars(module).values() if isinstance(kind, type))
    return [
        kind.__name__
        for kind in kinds
        if issubclass(kind, views.View)
        and kind.__module__ == module.__name__
        and kind.__name__ not in ("View", "FieldView")
    ]


def import_next(rest: Iterator[str]) -> bool:
    """Imports one; False, which ends an interval of Kivy's clock, when there is nothing left."""
    name = next(rest, None)
    if name is not None:
        import_module(name)
    return name is not None


def module_name(view_name: str) -> str:
    return "screens." + re.sub(r"(?<!^)(?=[A-Z])", "_", view_name).lower()
