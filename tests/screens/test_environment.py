"""The window is where a citizen can see it, or the program does not start."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from screens import environment
from screens.theme import DEFAULT, HIGH_CONTRAST, ROLES, Look, rgb

ROOT = Path(__file__).resolve().parents[2]


def run(code: str, **env: str) -> subprocess.CompletedProcess[str]:
    clean = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(("SDL_", "KIVY_", "DISPLAY", "WAYLAND"))
    }
    return subprocess.run(
        [sys.executable, "-c", code],
        env={**clean, **env},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_no_display_refuses_to_start() -> None:
    done = run(
        "from kiosk.config import Screen\nfrom screens import environment\nenvironment.prepare(Screen())\nprint('started')"
    )
    assert done.returncode != 0
    assert "WrongDriver" in done.stderr
    assert "started" not in done.stdout


def test_a_dead_display_refuses_to_start() -> None:
    done = run(
        "from kiosk.config import Screen\nfrom screens import environment\nenvironment.prepare(Screen())\n"
        "from kivy.core.window import Window\nenvironment.check_driver('x11')\nprint('started')",
        DISPLAY=":4711",
    )
    assert done.returncode != 0
    assert "started" not in done.stdout


def test_drawing_off_screen_is_not_taken_for_a_panel(window: Any) -> None:
    with pytest.raises(environment.WrongDriver, match="offscreen"):
        environment.check_driver(environment.ON_SCREEN)


def test_the_settings_hold(window: Any) -> None:
    from kivy.config import Config

    assert Config.get("graphics", "multisamples") == "0"
    assert Config.get("kivy", "exit_on_escape") == "0"
    assert Config.options("input") == ["mouse"]
    assert Config.get("input", "mouse") == "mouse,disable_multitouch"
    assert "NotoSansSC-Regular.otf" in Config.get("kivy", "default_font")
    assert tuple(window.system_size) == (1080, 1920)


def test_the_start_imports_little() -> None:
    done = run(
        "import sys\nfrom kiosk.config import Screen\nfrom screens import environment\n"
        "environment.prepare(Screen(fullscreen=False), 'offscreen')\nimport screens.app, screens.home\n"
        "names = ('PIL', 'segno', 'kivy.uix.label', 'kivy.uix.button', 'screens.records', 'screens.voice', 'kiosk.spoken',\n"
        "    'screens.mirror', 'kiosk.face.booth', 'kivy.core.audio')\n"
        "print([m for m in names if m in sys.modules])"
    )
    assert done.stdout.strip() == "[]", done.stderr


def test_millimetres_are_the_panels() -> None:
    look = Look(DEFAULT, (1080, 1920), 102.5 / 1080, large=False)
    assert look.px(148) == 148
    assert look.least_target == 52  # 12.7 mm at 102.5 dpi are 51.25 dots
    assert look.least_gap == 11  # 2.54 mm are 10.25
    scaled = Look(DEFAULT, (540, 960), 102.5 / 1080, large=False)
    assert scaled.px(148) == 74
    assert scaled.least_target == 26


def test_themes_have_every_role_as_a_colour() -> None:
    for theme in (DEFAULT, HIGH_CONTRAST):
        for role in ROLES:
            assert len(theme.colour(role)) == 4
    assert rgb("#FF8000") == (1.0, 128 / 255, 0.0, 1.0)


def test_the_roles_are_the_designs() -> None:
    wanted = {
        "paper": ("#F7F5F0", "#000000"),
        "card": ("#FFFFFF", "#0B0B0B"),
        "ink": ("#16242B", "#FFFFFF"),
        "ink_soft": ("#4A5B63", "#F2E9A0"),
        "line": ("#DAD6CC", "#FFFFFF"),
        "brand": ("#0B5A5E", "#FFE600"),
        "brand_deep": ("#073E41", "#000000"),
        "brand_soft": ("#DDEDEB", "#222222"),
        "go": ("#C2570C", "#FFE600"),
        "go_soft": ("#FBE9DA", "#222222"),
        "ok": ("#1B7A43", "#7CFF9B"),
        "ok_soft": ("#DFF1E5", "#0D2A16"),
        "bad": ("#B3261E", "#FF9B94"),
        "bad_soft": ("#FBE3E1", "#2B0F0D"),
    }
    assert {role: (getattr(DEFAULT, role), getattr(HIGH_CONTRAST, role)) for role in wanted} == wanted


def test_every_view_has_its_screen() -> None:
    from importlib.util import find_spec

    from kiosk import views
    from screens.catalogue import module_name

    classes = [
        c
        for c in vars(views).values()
        if isinstance(c, type) and issubclass(c, views.View) and c is not views.View
    ]
    assert len(classes) >= 19
    assert [c.__name__ for c in classes if find_spec(module_name(c.__name__)) is None] == []
