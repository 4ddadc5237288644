"""The booth of a machine with a camera: one worker process for each sitting, and none shared by two people.

    prepare  a worker starts and waits; one that nobody needs ends by itself after some minutes
    sit      the waiting worker becomes the sitting's; the sitting before, if somebody forgot it, ends
    close    the worker ends

No thread: the pipe is read whenever somebody asks, and nobody waits for it but ``sit``, ``shoot`` and a seal, some seconds at most.
A worker that dies, hangs or speaks nonsense costs one try and never the kiosk: its sitting ends as BROKEN, the next one gets a new
worker.  Two in a row: something here ends them all, and face is not offered for a while.
"""

from __future__ import annotations

from collections.abc import Callable

from devices.clock import Clock
from kiosk import events
from kiosk.config import Camera, Face
from kiosk.face import talk
from kiosk.face.booth import BoothFault, BoothState, BoothUnusable, Brief, Preview, Strokes
from kiosk.face.child import Child
from kiosk.face.guidance import End, Guidance, Outcome
from kiosk.face.talk import PipeBroken

UP_S = 10.0  # a slow machine with a cold disk; a second on others
SILENT_S = 6.0  # a worker says every second that it lives; it may compare faces meanwhile, or wait for a camera to let go
MOST_WORDS = 1000  # heard at once: a worker that never stops talking does not hold the screen
ANSWER_WAIT_S = 5.0
GRACE_S = 1.5
MOST_BROKEN = 2  # sittings in a row: the next person would not fare better
REFUSED_S = 300.0  # so long a machine that could not is not tried again


class FaceSitting:
    """One person before one worker.  Belongs to the session's thread; ``preview.read`` to any."""

    def __init__(
        self,
        child: Child,
        key: bytes,
        clock: Clock,
        log: events.Log,
        on_opened: Callable[[bool], None],
        silent_s: float,
        on_broken: Callable[[], None] = lambda: None,
    ) -> None:
        """``on_opened`` is told whether the camera gave a picture, once the check has ended; ``on_broken`` that the
        worker is gone before.
        """
        self._child, self._key, self._clock, self._log, self._on_opened = child, key, clock, log, on_opened
        self._silent_s, self._on_broken = silent_s, on_broken
        self._said: Guidance | Outcome = Guidance()
        self._began_s = self._heard_s = clock.monotonic()
        self._begun = self._posing = self._closed = False

    @property
    def key(self) -> bytes:
        return self._key

    @property
    def preview(self) -> Preview:
        return self._child.mirror

    def begin(self, brief: Brief) -> None:
        assert not self._begun and not self._posing, "a sitting begins once"
        self._begun = True
        self._start(talk.Begin(brief))

    def news(self) -> Guidance | Outcome:
        try:
            for _ in range(MOST_WORDS):
                if isinstance(self._said, Outcome) or (message := self._child.take(0)) is None:
                    break
                self._heard_s = self._clock.monotonic()
                self._hear(message)
        except PipeBroken:
            self._break()
        if not isinstance(self._said, Outcome) and self._clock.monotonic() - self._heard_s > self._silent_s:
            self._break()
        return self._said

    def seal_picture(self, key: bytes, info: bytes, strokes: Strokes = ()) -> bytes | None:
        if self._closed or not isinstance(self._said, Outcome) or not self._said.has_picture:
            return None
        match self._answer(talk.Seal(key, info, strokes)):
            case talk.Sealed(content):
                return content
        self.close()
        return None

    def photograph(self) -> None:
        ended = isinstance(self._said, Outcome)
        assert ended or self._posing or not self._begun, "no photograph amid a check"
        if ended or not self._posing:
            self._posing, self._said = True, Guidance()
            self._start(talk.Photograph())
        else:
            self._post(talk.GoOn())

    def shoot(self) -> bool:
        if not self._poses:
            return False
        match self._answer(talk.Shoot()):
            case talk.Shot(taken):
                return taken
        self._break()
        return False

    def seal_photo(self, key: bytes, info: bytes) -> bytes | None:
        if not self._poses:
            return None
        match self._answer(talk.SealPhoto(key, info)):
            case talk.Sealed(content):
                return content
        self._break()
        return None

    def close(self) -> None:
        self._closed = True
        self._child.end(GRACE_S)
        if not isinstance(self._said, Outcome):
            self._said = Outcome(End.BROKEN)  # whoever still asks does not ask for ever

    @property
    def _runs(self) -> bool:
        return (self._begun or self._posing) and not isinstance(self._said, Outcome)

    def _may_end_so(self, outcome: Outcome) -> bool:
        return outcome.end is End.CAMERA_LOST or not self._posing  # a photograph accepts nobody

    @property
    def _poses(self) -> bool:
        return self._posing and not isinstance(self.news(), Outcome)

    def _start(self, message: talk.Message) -> None:
        """The camera is to open."""
        self._began_s = self._heard_s = self._clock.monotonic()
        self._post(message)

    def _post(self, message: talk.Message) -> None:
        try:
            self._child.post(message)
        except PipeBroken:
            self._break()

    def _answer(self, message: talk.Message) -> talk.Message | None:
        """What comes back; hears what else is said meanwhile.  None: nothing did in time, or the worker is gone."""
        until_s = self._clock.monotonic() + ANSWER_WAIT_S
        try:
            self._child.post(message)
            while (left_s := until_s - self._clock.monotonic()) > 0:
                match came := self._child.take(left_s):
                    case talk.Sealed() | talk.Shot():
                        self._heard_s = self._clock.monotonic()
                        return came
                    case None:
                        continue
                    case _:
                        self._hear(came)
        except PipeBroken:
            pass
        return None

    def _hear(self, message: talk.Message) -> None:
        match message:
            case talk.Said(guidance) if self._runs:
                self._said = guidance
            case talk.Ended(outcome, opened) if self._runs and self._may_end_so(outcome):
                self._end(outcome)
                self._on_opened(opened)
            case talk.Died(kind, where):
                self._log.write(events.Surprise(kind, where))
            case talk.Alive():
                pass
            case _:
                raise PipeBroken("not now")

    def _break(self) -> None:
        if not isinstance(self._said, Outcome):
            ms = round((self._clock.monotonic() - self._began_s) * 1000)
            self._end(Outcome(End.BROKEN, duration_ms=ms))
            self._on_broken()
        self._child.end(0)

    def _end(self, outcome: Outcome) -> None:
        self._said = outcome
        if not self._posing:  # a photograph checks nothing
            self._log.write(
                events.FaceChecked(outcome.end, outcome.duration_ms, outcome.frames, len(outcome.asked))
            )


class FaceRoom:
    """Starts workers and gives each to one sitting.  Belongs to the session's thread."""

    def __init__(self, camera: Camera, face: Face, clock: Clock, log: events.Log) -> None:
        """``clock`` is the real one: processes do not live in a test's time."""
        self._settings, self._clock, self._log = talk.Settings(camera, face), clock, log
        self._waiting: Child | None = None
        self._key: bytes | None = None  # of the waiting worker, once it is ready
        self._sitting: FaceSitting | None = None
        self._state, self._why, self._refused_s = BoothState.UNKNOWN, "", 0.0
        self._broken = 0  # sittings, one after the other

    def status(self) -> BoothState:
        self._look(0)
        refused = self._state in (BoothState.NO_CAMERA, BoothState.UNUSABLE)
        if refused and self._clock.monotonic() - self._refused_s > REFUSED_S:
            self._state = BoothState.UNKNOWN  # a technician was here, perhaps
        return self._state

    def prepare(self) -> None:
        self._look(0)
        if self._waiting is None:
            try:
                self._waiting = Child(self._settings)
            except OSError as error:
                self._refuse(BoothFault.NOT_STARTED, "", f"no process can be started: {error.strerror}")

    def sit(self) -> FaceSitting:
        if self._sitting is not None:
            self._sitting.close()
            self._sitting = None
        self.prepare()
        until_s = self._clock.monotonic() + UP_S
        while self._waiting is not None and self._key is None:
            left_s = until_s - self._clock.monotonic()
            if left_s <= 0:
                self._refuse(BoothFault.NOT_STARTED, "", "the worker is not up in time")
            else:
                self._look(left_s)
        if self._waiting is None or self._key is None:
            raise BoothUnusable(self._why)
        silent_s = SILENT_S + self._settings.camera.silent_s
        self._sitting = FaceSitting(
            self._waiting, self._key, self._clock, self._log, self._on_opened, silent_s, self._on_broken
        )
        self._waiting = self._key = None
        return self._sitting

    def close(self) -> None:
        self._drop(GRACE_S)
        if self._sitting is not None:
            self._sitting.close()
            self._sitting = None

    def _look(self, wait_s: float) -> None:
        """Hears what the waiting worker has said.  Waits for the first word only."""
        try:
            for _ in range(MOST_WORDS):
                if self._waiting is None or (message := self._waiting.take(wait_s)) is None:
                    break
                wait_s = 0
                self._hear(message)
        except PipeBroken:
            if self._key is None:
                self._refuse(BoothFault.NOT_STARTED, "", "the worker ended before it was ready")
            else:
                self._drop(0)  # it waited too long, or somebody killed it: the next one starts afresh

    def _hear(self, message: talk.Message) -> None:
        match message:
            case talk.Ready(key) if self._key is None and len(key) == 32:
                self._key = key
                stays = self._state is BoothState.UNUSABLE and self._broken >= MOST_BROKEN
                # that it starts was never the trouble
                if self._state is not BoothState.NO_CAMERA and not stays:
                    self._state = BoothState.READY
            case talk.Unusable(fault, file, words) if self._key is None:
                self._refuse(fault, file, words)
            case talk.Died(kind, where):
                self._log.write(events.Surprise(kind, where))
            case talk.Alive() if self._key is not None:
                pass
            case _:
                raise PipeBroken("not now")

    def _on_broken(self) -> None:
        self._broken += 1
        if self._broken >= MOST_BROKEN:
            self._refuse(BoothFault.BROKEN, "", "the worker ended amid a check, more than once")

    def _on_opened(self, opened: bool) -> None:
        self._broken = 0
        if opened:
            self._state = BoothState.READY
        else:
            self._refuse(BoothFault.NO_CAMERA, "", "the camera gives no picture")

    def _refuse(self, fault: BoothFault, file: str, words: str) -> None:
        if fault is not BoothFault.NO_CAMERA:
            self._drop(0)
        self._state = BoothState.NO_CAMERA if fault is BoothFault.NO_CAMERA else BoothState.UNUSABLE
        self._why, self._refused_s = words, self._clock.monotonic()
        self._log.write(events.FaceUnusable(fault, file))

    def _drop(self, grace_s: float) -> None:
        """Ends the waiting worker."""
        waiting, self._waiting, self._key = self._waiting, None, None
        if waiting is not None:
            waiting.end(grace_s)
