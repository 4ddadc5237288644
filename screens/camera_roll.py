"""Takes the window's picture.  Works off screen too, where a frame must have been drawn first."""

from __future__ import annotations

from pathlib import Path

from kivy.base import EventLoop
from kivy.core.window import Window
from kivy.graphics.opengl import GL_RGB, GL_UNSIGNED_BYTE, glReadPixels


def pixels() -> tuple[int, int, bytes]:
    """(width, height, RGB rows from the top) of what is drawn now.  Kivy's thread only."""
    EventLoop.window.dispatch("on_draw")
    width, height = Window.system_size
    Window.canvas.ask_update()
    raw = glReadPixels(0, 0, width, height, GL_RGB, GL_UNSIGNED_BYTE)
    row = width * 3
    return width, height, b"".join(raw[at : at + row] for at in range((height - 1) * row, -1, -row))


def save(path: Path) -> None:
    """Writes the window as PNG.  Raises OSError."""
    from PIL import Image  # only pictures for people need it

    width, height, data = pixels()
    Image.frombytes("RGB", (width, height), data).save(path, optimize=False, compress_level=4)
