"""Kivy's settings, made before Kivy is first imported.  Nothing here imports Kivy at the top.

On a kiosk the SDL video driver is x11 and is checked: with no display SDL silently picks one that draws off screen, and the
program looks healthy while the panel is dark.
"""

from __future__ import annotations

import ctypes
import gc
import os
import sys
from importlib.util import find_spec
from pathlib import Path

from kiosk.config import Screen
from screens.text import BOLD, REGULAR

ASSETS = Path(__file__).resolve().parent.parent / "assets"
FONTS = ASSETS / "fonts"
ON_SCREEN = "x11"
OFF_SCREEN = "offscreen"


class WrongDriver(Exception):
    """The window is not where a citizen can see it."""


def prepare(screen: Screen, driver: str = ON_SCREEN) -> None:
    """Sets environment and Kivy's Config.  ``driver`` is the SDL video driver, x11 or offscreen.

    Raises WrongDriver when x11 is wanted and there is no display, RuntimeError when Kivy was imported already.
    """
    if "kivy" in sys.modules and os.environ.get("SDL_VIDEODRIVER") != driver:
        raise RuntimeError("Kivy was imported before its settings were made")
    if driver == ON_SCREEN and not os.environ.get("DISPLAY"):
        raise WrongDriver("no display: DISPLAY is not set")
    gc.disable()  # nothing of the start is garbage; KioskApp turns it on again with the first frame
    os.environ.update(
        {
            "SDL_VIDEODRIVER": driver,
            "KIVY_NO_ARGS": "1",
            "KIVY_NO_CONFIG": "1",
            "KIVY_NO_FILELOG": "1",
            "KIVY_NO_CONSOLELOG": "1",
            "KIVY_LOG_MODE": "PYTHON",  # its own mode takes over the root logger
            "KIVY_IMAGE": "sdl2",  # the PIL provider alone costs a sixth of a second
            "KIVY_AUDIO": "sdl2",
            "KIVY_CLOCK": "interrupt",  # what the session thread draws need not wait for the end of a frame's rest
        }
    )
    if driver == OFF_SCREEN:
        os.environ.setdefault("SDL_AUDIODRIVER", "dummy")  # nobody listens, and there may be no sound card
    width, height = (screen.width, screen.height) if driver == OFF_SCREEN else window_size(screen)
    from kivy.config import Config  # only after the environment is set

    settings = {
        "kivy": {"exit_on_escape": "0", "default_font": _default_font(), "log_level": "warning"},
        "graphics": {
            "width": str(width),
            "height": str(height),
            "multisamples": "0",  # the biggest lever on start, memory and frame rate
            "maxfps": "60",
            "resizable": "0",
            "show_cursor": str(int(screen.show_cursor)),
            "fullscreen": "auto" if screen.fullscreen and driver == ON_SCREEN else "0",
        },
        # SDL itself reports fingers; one source, so that a touch is not a click as well
        "input": {"mouse": "mouse,disable_multitouch"},
    }
    for name in list(Config.options("input")):
        if name != "mouse":
            Config.remove_option("input", name)
    for section, values in settings.items():
        for key, value in values.items():
            Config.set(section, key, value)
    _leave_styles_out()


def _leave_styles_out() -> None:
    """Lets Kivy's language read our empty style.kv: the rules of widgets that we do not have take a seventh of its import."""
    import kivy

    whole = kivy.kivy_data_dir
    kivy.kivy_data_dir = str(ASSETS / "kivy")
    try:
        import kivy.lang  # reads the file
    finally:
        kivy.kivy_data_dir = whole


def check_driver(wanted: str) -> None:
    """Raises WrongDriver unless SDL really uses ``wanted``.  Call once the window is there."""
    found = _sdl().SDL_GetCurrentVideoDriver()
    name = found.decode() if found else "none"
    if name != wanted:
        raise WrongDriver(f"SDL draws with {name}, not {wanted}")


def window_size(screen: Screen) -> tuple[int, int]:
    """The configured panel, or the largest scaled copy of it that the desktop can show."""
    if screen.fullscreen:
        return screen.width, screen.height
    mode = _DisplayMode()
    sdl = _sdl()
    if sdl.SDL_InitSubSystem(0x20) != 0 or sdl.SDL_GetDesktopDisplayMode(0, ctypes.byref(mode)) != 0:
        return screen.width, screen.height
    # a title bar and a task bar want room too
    scale = min(1.0, mode.w / screen.width, (mode.h - 80) / screen.height)
    return int(screen.width * scale), int(screen.height * scale)


class _DisplayMode(ctypes.Structure):
    """SDL_DisplayMode of SDL 2."""

    _fields_ = (
        ("format", ctypes.c_uint32),
        ("w", ctypes.c_int),
        ("h", ctypes.c_int),
        ("refresh_rate", ctypes.c_int),
        ("driverdata", ctypes.c_void_p),
    )


def _sdl() -> ctypes.CDLL:
    """The very SDL that Kivy's extension modules link to."""
    spec = find_spec("kivy")
    assert spec is not None and spec.origin is not None
    beside = Path(spec.origin).parent.parent
    found = sorted(beside.glob("[Kk]ivy.libs/libSDL2-2*.so*"))
    sdl = ctypes.CDLL(str(found[0]) if found else "libSDL2-2.0.so.0")
    sdl.SDL_GetCurrentVideoDriver.restype = ctypes.c_char_p
    return sdl


def _default_font() -> str:
    regular, bold = str(FONTS / REGULAR), str(FONTS / BOLD)
    return str(["NotoSansSC", regular, regular, bold, bold])
