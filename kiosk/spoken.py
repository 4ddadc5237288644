"""What the kiosk says aloud: the very words that the screen shows, where the catalogue has a clip of them.

A view says the passages that ``speech`` reads off it; their sentences are looked up in the catalogue by their words, so that
nothing is ever said that is not shown.  What nobody has recorded is only shown: a sentence with a day or a number in it, above all.
``Prompter`` decides when: a title once, a hint again while it stays but never often, and nothing is cut off by what comes next.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kiosk import texts, views, way_words
from kiosk.face.guidance import Action, Guidance, Phase
from kiosk.face.verdicts import Hint
from kiosk.field.views import FieldVisit, MirrorPanel

HINT_EVERY_S = 6.0  # the same one
OTHER_HINT_S = 3.0
HINT_SETTLES_S = 0.6  # a hint that comes and goes with the light is not worth a word
ACTIONS = {
    Action.BLINK: texts.FACE_BLINK,
    Action.TURN_LEFT: texts.FACE_LEFT,
    Action.TURN_RIGHT: texts.FACE_RIGHT,
    Action.NOD: texts.FACE_NOD,
}
Passages = list[tuple[str, ...]]
TURNS = (Action.TURN_LEFT, Action.TURN_RIGHT)


def asked(guidance: Guidance) -> str:
    """What the person is to do now, in one short sentence; a line break where the screen may break it."""
    if guidance.phase is Phase.COMPARING:
        return texts.FACE_COMPARING
    if guidance.phase is Phase.RETURNING:
        return texts.FACE_TURN_BACK if guidance.action in TURNS else texts.FACE_AHEAD
    if guidance.phase is Phase.ACTING and guidance.action is not None:
        return ACTIONS[guidance.action]
    return "\n".join(texts.FACE_LOOK)


def hint_words(hint: Hint) -> str:
    words: str = getattr(texts, hint.value)
    return words


# --- the catalogue


def plain(words: str) -> str:
    """Words without punctuation and air: what a voice has of them."""
    return "".join(character for character in words if character.isalnum())


class Book:
    """The catalogue: clips by the words they say."""

    def __init__(self, lines: dict[str, str]) -> None:
        """``lines``: the text of each key."""
        self._keys = {plain(text): key for key, text in lines.items()}

    @classmethod
    def read(cls, catalogue: Path) -> Book:
        """Raises OSError, tomllib.TOMLDecodeError, KeyError."""
        lines = tomllib.loads(catalogue.read_text(encoding="utf-8"))["lines"]
        return cls({key: line["text"] for key, line in lines.items()})

    def key(self, *words: str) -> str:
        """The clip of these words said one after the other, "" when there is none."""
        return self._keys.get(plain("".join(words)), "")


@dataclass(frozen=True)
class Speech:
    """Keys of the catalogue.  ``lines`` are said in order, once; ``hint`` while it stays."""

    lines: tuple[str, ...] = ()
    hint: str = ""


def speech(view: views.View[Any], book: Book) -> Speech:
    """What a view says."""
    guidance = _guidance(view)
    if guidance is not None:
        hint = guidance.hint
        return Speech(
            _found([book.key(asked(guidance))]), book.key(hint_words(hint)) if hint is not None else ""
        )
    keys = [key for passage in passages(view) for key in _said(passage, book)]
    return Speech(tuple(dict.fromkeys(keys)))


def _guidance(view: views.View[Any]) -> Guidance | None:
    """What a mirror says to the person before it: a kiosk's, or a tablet's that is held before them."""
    if isinstance(view, views.FaceLook):
        return view.guidance
    if isinstance(view, FieldVisit) and isinstance(view.panel, MirrorPanel):
        return view.panel.guidance
    return None


def _found(keys: Iterable[str]) -> tuple[str, ...]:
    return tuple(key for key in keys if key)


def passages(view: views.View[Any]) -> Passages:
    """What of a view is worth saying, in the order it is shown.  A passage begins with its heading."""
    if isinstance(view, views.MyPage):
        banner = view.certification
        card: Passages = [(texts.TAKE_CARD,)] if view.card_present else []
        return [*card, *([(banner.title, banner.note)] if banner is not None else [])]
    if isinstance(view, views.TakeCard):
        return [(texts.TAKE_CARD_TITLE, texts.TAKE_CARD_NOTE)]
    if isinstance(view, views.Attention):
        return [(view.title, *view.body)]
    if isinstance(view, views.FaceOtherWays):
        return [(view.title, view.note), *(way_words.row_of(option, view) for option in view.options)]
    if isinstance(view, views.ChooseWay):
        due: Passages = [(view.title, view.note), (view.due,)]
        return [*due, (texts.WAY_TITLE, texts.WAY_NOTE), *way_words.read_out(view)]
    if isinstance(view, views.ConsentRules):
        return [(texts.RULES_TITLE, *view.lines)]
    if isinstance(view, views.SignForReview):
        return [(texts.SIGN_TITLE,), (texts.SIGN_TICK,), (texts.SIGN_NOTE,)]
    if isinstance(view, views.Certified):
        return _of_certified(view)
    if isinstance(view, views.ChildrensPhone):
        return [(texts.CHILDREN_TITLE,)]
    if isinstance(view, views.PresentCard):
        return [(texts.STAFF_CARD_TITLE,)] if view.staff else []
    if isinstance(view, views.ChooseReason):
        return [(texts.REASON_TITLE, texts.REASON_NOTE)]
    return []


def _of_certified(view: views.Certified) -> Passages:
    said: Passages = [CERTIFIED[view.state]]
    if view.next_date:
        # the day itself stands below, in the largest type, and on the slip
        said.append((texts.CERTIFIED_NEXT,))
    if view.state is not views.CertifiedState.ACCEPTED:
        said.append((texts.CERTIFIED_SEE,))
    if view.printing or view.printed:
        said.append((texts.CERTIFIED_PRINTING if view.printing else texts.CERTIFIED_PRINTED,))
    return said


def sentences(*words: str) -> list[str]:
    """The pieces that a clip can be of: sentences, and the lines that a title is broken into."""
    return [part for each in words for part in re.split("[。\n]", each) if plain(part)]


def _said(passage: tuple[str, ...], book: Book) -> list[str]:
    """As many sentences in one clip as were recorded together.  Without its heading nothing of a passage is said."""
    parts = sentences(*passage)
    keys: list[str] = []
    at = 0
    while at < len(parts):
        key, at = longest(parts, at, book)
        if key:
            keys.append(key)
        elif not keys:
            return []
    return keys


def longest(parts: list[str], start: int, book: Book) -> tuple[str, int]:
    """The clip of the most sentences from ``start`` on, "" when there is none, and where the next one begins."""
    for end in range(len(parts), start, -1):
        key = book.key(*parts[start:end])
        if key:
            return key, end
    return "", start + 1


CERTIFIED = {
    views.CertifiedState.ACCEPTED: (texts.CERTIFIED_TITLE, texts.CERTIFIED_NOTE),
    views.CertifiedState.PENDING: (texts.CERTIFIED_PENDING_TITLE, texts.CERTIFIED_PENDING_NOTE),
    views.CertifiedState.UNDER_REVIEW: (texts.CERTIFIED_REVIEW_TITLE, texts.CERTIFIED_REVIEW_NOTE),
}


def check_lines() -> list[str]:
    """Everything a face check may say, so that it can be made ready before the camera opens."""
    said = ["\n".join(texts.FACE_LOOK), texts.FACE_TURN_BACK, texts.FACE_AHEAD, texts.FACE_COMPARING]
    return [*said, *ACTIONS.values(), *(hint_words(hint) for hint in Hint)]


# --- when


class Prompter:
    """Which clip is due.  Whoever plays asks ``due`` when the clip before has ended, however long that took."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._speech = Speech()
        self._waiting: list[str] = []
        self._hint_since = 0.0
        self._hinted, self._hinted_at = "", 0.0

    def show(self, speech: Speech, redrawn: bool = False) -> None:
        """Another view is on the screen.  What waited for the one before is not said any more.

        ``redrawn``: the same page with something else on it.  What it has said already it does not say once more.
        """
        said = [key for key in self._speech.lines if key not in self._waiting] if redrawn else []
        if redrawn or speech.lines != self._speech.lines:
            self._waiting = [key for key in speech.lines if key not in said]
        if speech.hint != self._speech.hint:
            self._hint_since = self._monotonic()
        self._speech = speech

    def again(self) -> None:
        """重听: everything the view says, once more, after what is being said."""
        self._waiting = list(self._speech.lines)
        self._hinted = ""

    def silence(self) -> None:
        """The visit is over."""
        self._speech, self._waiting, self._hinted = Speech(), [], ""

    @property
    def waits(self) -> bool:
        """Something is due now or may be due soon."""
        return bool(self._waiting or self._speech.hint)

    def due(self) -> str:
        """The key to say now, "" for none; it counts as said."""
        if self._waiting:
            return self._waiting.pop(0)
        hint, now = self._speech.hint, self._monotonic()
        if not hint or now - self._hint_since < HINT_SETTLES_S or now - self._hinted_at < self._pause_s(hint):
            return ""
        self._hinted, self._hinted_at = hint, now
        return hint

    def _pause_s(self, hint: str) -> float:
        if not self._hinted:
            return 0.0
        return HINT_EVERY_S if hint == self._hinted else OTHER_HINT_S
