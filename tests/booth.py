"""A booth without camera and process: what the worker says comes from a script.  Keys and seals are real.

booth = FakeBooth([looking(), asking(Action.NOD), Outcome(End.ACCEPTED)])       one list for each sitting
visitor.booth = booth                                                           before the kiosk is started
booth.sittings[0].references                                                    what central's seals held, opened
booth.sittings[0].shots                                                         how often a photograph was taken
FakeBooth(..., shoots=False), booth.sittings[0].lose_camera()                   no picture stands still; no more pictures come
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable

from kiosk.face.booth import BoothState, BoothUnusable, Brief, Picture, Strokes
from kiosk.face.guidance import Action, End, Guidance, Outcome, Phase
from kiosk.face.verdicts import Hint
from kiosk.face.zones import Source
from kiosk.seal import ReceiverKey, seal

News = Guidance | Outcome
PHOTO = b"\xff\xd8\xff a photograph of nobody \xff\xd9"
PICTURE = b"\xff\xd8\xff a picture of nobody \xff\xd9"
WIDTH, HEIGHT = 4, 6


def looking(hint: Hint | None = None) -> Guidance:
    return Guidance(Phase.LOOKING, hint=hint)


def asking(action: Action, step: int = 1, steps: int = 2, progress: float = 0.0) -> Guidance:
    return Guidance(Phase.ACTING, action, step, steps, None, progress)


class FakePreview:
    """A new grey picture at every look."""

    def __init__(self) -> None:
        self._number, self.open = 0, False

    def read(self, after: int) -> Picture | None:
        if not self.open:
            return None
        self._number = max(self._number, after) + 1
        return Picture(self._number, WIDTH, HEIGHT, bytes([128]) * (WIDTH * HEIGHT * 3))


class FakeSitting:
    """Every ``news`` is the next line of the script; the last one stays."""

    def __init__(self, script: Iterable[News], shoots: bool = True) -> None:
        """``shoots``: whether a picture comes to stand still."""
        self._script, self._key, self._shoots = list(script), ReceiverKey(), shoots
        self.posing = self.still = False
        self.shots = 0
        self._said: News = Guidance()
        self.preview = FakePreview()
        self.brief: Brief | None = None
        self.references: list[tuple[Source, bytes]] = []
        self.closed = False

    @property
    def key(self) -> bytes:
        return self._key.public

    def begin(self, brief: Brief) -> None:
        """Raises NotSealedForUs when a reference was not sealed to this sitting's key and with the brief's info."""
        assert self.brief is None and not self.posing, "a sitting begins once"
        assert not self.closed, "this sitting was closed"
        self.brief = brief
        self.references = [(one.source, self._key.unseal(one.sealed, brief.info)) for one in brief.references]
        self.preview.open = True

    def news(self) -> News:
        if self.posing or self.brief is None or isinstance(self._said, Outcome):
            return self._said
        self._said = Outcome(End.BROKEN) if self.closed else self._next()
        return self._said

    def _next(self) -> News:
        return self._script.pop(0) if self._script else self._said

    def seal_picture(self, key: bytes, info: bytes, strokes: Strokes = ()) -> bytes | None:
        if self.closed or not isinstance(self._said, Outcome) or not self._said.has_picture:
            return None
        signed = {"picture": base64.b64encode(PICTURE).decode(), "strokes": strokes}
        return seal(json.dumps(signed).encode(), key, info)

    def photograph(self) -> None:
        """Pictures come at once."""
        assert not self.closed, "this sitting was closed"
        assert self.posing or self.brief is None or isinstance(self._said, Outcome), (
            "no photograph amid a check"
        )
        self.posing, self.still = True, False
        self._said = Guidance(Phase.LOOKING)
        self.preview.open = True

    def shoot(self) -> bool:
        if self.closed or not self.posing or isinstance(self._said, Outcome) or not self._shoots:
            return False
        self.still = True
        self.shots += 1
        return True

    def seal_photo(self, key: bytes, info: bytes) -> bytes | None:
        if self.closed or not self.still:
            return None
        content = {"picture": base64.b64encode(PHOTO).decode(), "strokes": []}
        return seal(json.dumps(content).encode(), key, info)

    def lose_camera(self) -> None:
        """While nothing stands still."""
        self.still = self.preview.open = False
        self._said = Outcome(End.CAMERA_LOST)

    def close(self) -> None:
        self.closed, self.still = True, False
        self.preview.open = False
        if self.posing:
            self._said = Outcome(End.BROKEN)


class FakeBooth:
    """``scripts``: one for each sitting, in order.  Without a script left nobody can sit down."""

    def __init__(
        self, *scripts: Iterable[News], state: BoothState = BoothState.READY, shoots: bool = True
    ) -> None:
        self._scripts, self.state, self._shoots = list(scripts), state, shoots
        self.sittings: list[FakeSitting] = []
        self.prepared = 0

    def status(self) -> BoothState:
        return self.state

    def prepare(self) -> None:
        self.prepared += 1

    def sit(self) -> FakeSitting:
        if not self._scripts:
            raise BoothUnusable("no script is left")
        self.sittings.append(FakeSitting(self._scripts.pop(0), self._shoots))
        return self.sittings[-1]

    def close(self) -> None:
        """Nothing waits here."""
