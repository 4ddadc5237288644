"""The kiosk's voice: plays what ``kiosk.spoken`` says is due, one clip after the other.  Kivy's thread only.

Sound never drives anything.  Without a sound card Kivy's sounds have length 0 and ``on_stop`` never comes, so a clip ends when its
length has passed, and one without a length is not waited for.  Nothing here blocks or raises; a clip that is missing is silence.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kivy.clock import Clock
from kivy.core.audio import SoundLoader

from kiosk import views
from kiosk.field.views import FieldVisit
from kiosk.spoken import Book, Prompter, Speech, check_lines, speech
from screens.environment import ASSETS

CATALOGUE = ASSETS / "voice" / "catalogue.toml"
CLIPS = ASSETS / "voice" / "yunxi"
TURN_S = 0.1
PAUSE_S = 0.25  # between two sentences
AHEAD_S = 0.2  # loading takes some milliseconds: one clip at a time, long before the camera opens


class Voice:
    """One for the whole window."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        """Raises nothing: without a catalogue there is nothing to say."""
        self._monotonic = monotonic
        self._book = _book()
        self._prompter = Prompter(monotonic)
        self._sounds: dict[str, Any] = {}
        self._shown: type[views.View[Any]] | None = None
        self._playing: Any = None
        self._until = 0.0
        self._turning: Any = None
        self._ahead: list[str] = []
        self._loading: Any = None
        self.said: list[str] = []  # keys, the newest last; for those who test it

    def speech(self, view: views.View[Any]) -> Speech:
        return speech(view, self._book)

    def show(self, view: views.View[Any]) -> None:
        """A view is on the screen: says it, after what is being said."""
        self._prompter.show(self.speech(view), redrawn=type(view) is self._shown)
        self._shown = type(view)
        if isinstance(view, views.ChooseWay | FieldVisit):
            self._get_ready()
        self._turn_soon()

    def again(self) -> None:
        """重听."""
        self._prompter.again()
        self._turn_soon()

    def silence(self) -> None:
        """The window closes: nothing more is said."""
        self._prompter.silence()
        for event in (self._turning, self._loading):
            if event is not None:
                event.cancel()
        self._turning = self._loading = None
        if self._playing is not None:
            self._playing.stop()
            self._playing = None

    # --- playing

    def _turn_soon(self) -> None:
        if self._turning is None:
            self._turning = Clock.schedule_interval(self._turn, TURN_S)

    def _turn(self, _passed_s: float) -> bool | None:
        """False, which ends an interval of Kivy's clock, when there is nothing left to say."""
        if self._playing is not None and self._monotonic() < self._until:
            return None
        self._playing = None
        key = self._prompter.due()
        if key:
            self._play(key)
        elif not self._prompter.waits:
            self._turning = None
            return False
        return None

    def _play(self, key: str) -> None:
        self.said = [*self.said[-20:], key]
        sound = self._sound(key)
        length_s = sound.length if sound is not None else 0
        if length_s <= 0:
            return  # no sound card, or no clip
        sound.play()
        self._playing, self._until = sound, self._monotonic() + length_s + PAUSE_S

    def _sound(self, key: str) -> Any:
        if key not in self._sounds:
            path = CLIPS / f"{key}.ogg"
            self._sounds[key] = SoundLoader.load(str(path)) if path.is_file() else None
        return self._sounds[key]

    # --- before the check

    def _get_ready(self) -> None:
        if self._loading is None:
            keys = [self._book.key(words) for words in check_lines()]
            self._ahead = [key for key in keys if key and key not in self._sounds]
            self._loading = Clock.schedule_interval(self._load_one, AHEAD_S)

    def _load_one(self, _passed_s: float) -> bool | None:
        if self._ahead:
            self._sound(self._ahead.pop())
            return None
        self._loading = None
        return False


def _book() -> Book:
    try:
        return Book.read(CATALOGUE)
    except (OSError, ValueError, KeyError):  # an installation without the clips is a silent kiosk
        return Book({})
