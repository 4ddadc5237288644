"""One whole check: frames in, guidance out, and in the end what is known.  Pure: no clock, no thread; time and chance are arguments.

    check = Check(models, matcher, thresholds, face, references, rng, gentle)      the references are made ready here
    while check.outcome is None:
        guidance = check.feed(image, at_s)                 COMPARING: all was done, the next call compares
    check.outcome, check.best
    check.blank()                                          once the outcome is told: it takes as long as some frames
    check.forget()

The challenge decides whether somebody lives (``challenge``, ``continuity``).  The nose must stand out in every turn and nod
(``moves``, ``parallax``); nothing may speak for a hand that holds the face (``surroundings``) or a screen that draws it
(``raster``); the face of the straight look, of every turn and nod and of the end must be one face.  Only then it is compared with
the references.  A check that is not believed ends NOT_DONE, like one that was not understood.

A mistake that was forgiven is no doubt: the outcome of a check that was passed tells the draw that was done, and only counts the
mistakes before it (``quality["mistakes"]``).

Of the frames a cut-out of either straight look and of every movement is kept in colour, and two in grey while a movement lasts.
After the end one is left, ``best``, the sharpest straight one; ``forget`` writes zeroes over all.  Vectors are dropped with the
call that needs them; ``blank`` overwrites what the networks keep of their last input.
"""

from __future__ import annotations

from collections.abc import Iterable
from random import Random

from kiosk.config import Face
from kiosk.face.challenge import Challenge, Event
from kiosk.face.continuity import Film, fingerprint
from kiosk.face.crops import Image
from kiosk.face.given import Given, Ready, ready
from kiosk.face.guidance import Action, Comparison, Doubt, End, Guidance, Outcome, Phase
from kiosk.face.kept import Kept, cut_out, forgotten, measured
from kiosk.face.matcher import Matcher, Vector
from kiosk.face.mesh import Mesh
from kiosk.face.models import Models
from kiosk.face.moves import Moves
from kiosk.face.pad import Pad
from kiosk.face.quality import Light
from kiosk.face.raster import Raster
from kiosk.face.seeing import Seen, see
from kiosk.face.seeing import forget as forget_seen
from kiosk.face.surroundings import Surroundings
from kiosk.face.tracking import NEW
from kiosk.face.weights import detector_digest
from kiosk.face.zones import Source, Thresholds, Zone, together

ENDS = {Zone.ACCEPT: End.ACCEPTED, Zone.REVIEW: End.REVIEW, Zone.NO_MATCH: End.NO_MATCH}


class Check:
    """One person's check.  Belongs to one thread, like ``models`` and ``matcher``.  ``at_s``: monotonic seconds."""

    def __init__(
        self,
        models: Models,
        matcher: Matcher,
        thresholds: Thresholds,
        face: Face,
        references: Iterable[Given],
        rng: Random,
        gentle: bool = False,
        pad: Pad | None = None,
    ) -> None:
        self._models, self._matcher, self._thresholds, self._face = models, matcher, thresholds, face
        self._pad = pad
        self._references = [ready(given, models, matcher, face) for given in references]
        self._challenge = Challenge(face.check, rng, gentle)
        self._film, self._track = Film(), NEW
        self._first_s: float | None = None
        self._last_s = 0.0
        self._fresh_s: float | None = None  # the last picture that was not the one before it
        self._frames = 0
        self._first: Kept | None = None  # of the straight look
        self._moves = Moves()
        self._final: Kept | None = None
        self._raster = Raster()
        self._around: Surroundings | None = None
        self._blinked = self._blank = False
        self.outcome: Outcome | None = None
        self.best: Image | None = None

    # --- frames ----------------------------------------------------------------------------------------------------

    def feed(self, image: Image, at_s: float) -> Guidance:
        """Takes one frame in, (h, w, 3) BGR, not mirrored.  When all is done, the next call compares and sets ``outcome``."""
        challenge = self._challenge
        if self.outcome is not None:
            return challenge.guidance
        if self._first_s is None:
            self._first_s = at_s
        self._last_s = at_s
        if challenge.passed:
            self._compare()
            return challenge.guidance
        mark = fingerprint(image)
        resumes = self._fresh_s is not None and at_s - self._fresh_s > self._face.check.most_gap_s
        if resumes:
            self._film.resume()
        if self._film.is_still(mark):
            self.wait(at_s)
            return challenge.guidance
        self._fresh_s = at_s
        self._frames += 1
        if resumes and self._interrupted(at_s):
            return challenge.guidance
        asked = challenge.action
        seen, self._track = see(
            self._models, image, self._track, self._face, challenge.look, challenge.plainly_open
        )
        if seen.sight.mesh is not None and self._film.came_before(mark):
            challenge.refuse(Doubt.REPEATED)
            self._end(End.NOT_DONE)
            return challenge.guidance
        self._happened(challenge.see(seen, at_s), asked, at_s)
        if challenge.end is not None:
            self._end(challenge.end)
        else:
            self._keep(image, seen)
            self._look_around(image, seen, at_s)
        return challenge.guidance

    def wait(self, at_s: float) -> None:
        """The camera has given nothing new; time passes all the same."""
        if self.outcome is None:
            self._last_s = max(self._last_s, at_s)
            self._challenge.wait(at_s)
            if self._challenge.end is not None:
                self._end(self._challenge.end)

    def lost(self, at_s: float) -> None:
        """The camera is gone; the check ends."""
        if self.outcome is None:
            self._last_s = max(self._last_s, at_s)
            self._end(End.CAMERA_LOST)

    def blank(self) -> None:
        """The networks see black: no vector and no face can be had from them.  After the end; the best frame stays."""
        if not self._blank:
            self._blank = True
            forget_seen(self._models)
            self._matcher.forget()

    def forget(self) -> None:
        """Zeroes every pixel and vector that is left.  The outcome stays: it has none."""
        self.blank()
        self._drop_frames()
        if self.best is not None:
            self.best.fill(0)
            self.best = None
        for reference in self._references:
            reference.forget()
        self._references = []

    def _interrupted(self, at_s: float) -> bool:
        """Nothing new had come for longer than a face may be away.  Whether that ends the check."""
        self._happened(self._challenge.interrupted(at_s), None, at_s)
        if self._challenge.end is not None:
            self._end(self._challenge.end)
        return self._challenge.end is not None

    # --- what is kept of them --------------------------------------------------------------------------------------

    def _happened(self, event: Event | None, asked: Action | None, at_s: float) -> None:
        """What the challenge saw in this frame changes what is kept."""
        if event in (Event.LEARNT, Event.OVER, Event.LOST):
            self._start_over(learnt=event is Event.LEARNT)
        elif event is Event.DONE and asked is Action.BLINK:
            self._blinked = True
        elif event is Event.DONE and asked is not None and not self._moves.done(asked):
            self._happened(self._challenge.not_measured(at_s), asked, at_s)

    def _start_over(self, learnt: bool) -> None:
        """A new draw: nothing that was shown before it counts, and a screen may have come after the straight look."""
        forgotten(self._final)
        self._final = None
        self._moves.forget()
        self._moves = Moves()
        self._blinked = False
        if learnt:
            self._raster = Raster()

    def _keep(self, image: Image, seen: Seen) -> None:
        """What this frame is good for."""
        mesh, light, challenge = seen.sight.mesh, seen.quality.light, self._challenge
        if mesh is None or light is None:
            return
        if challenge.guidance.phase is Phase.LOOKING or challenge.last_look or challenge.passed:
            if seen.quality.good:
                self._keep_straight(image, mesh, light)
            return
        action = challenge.action
        if action is None or action is Action.BLINK:
            return
        if not challenge.moving:
            self._moves.straight(image, mesh)
            return
        turn, lift = challenge.away
        degrees = lift if action is Action.NOD else turn
        self._moves.moving(image, mesh, light, action, degrees, seen.sight.followed)

    def _look_around(self, image: Image, seen: Seen, at_s: float) -> None:
        """What is not the face's own: a screen's lines over it, a hand that holds it."""
        mesh = seen.sight.mesh
        if mesh is None:
            return
        self._raster.see(image, mesh, at_s)
        if not self._challenge.straight_now or not self._face.check.camera_stands:
            return
        if self._around is None:
            self._around = Surroundings(image, mesh.box)
        else:
            self._around.see(image, at_s)

    def _keep_straight(self, image: Image, mesh: Mesh, light: Light) -> None:
        """The sharpest of the straight look, and of the end."""
        first = self._challenge.guidance.phase is Phase.LOOKING
        if first and self._challenge.looks_anew:
            forgotten(self._first)
            self._first = None
        kept = self._first if first else self._final
        if kept is not None and kept.light.sharpness >= light.sharpness:
            return
        forgotten(kept)
        fresh = cut_out(image, mesh, light)
        if first:
            self._first = fresh
        else:
            self._final = fresh

    # --- the end ---------------------------------------------------------------------------------------------------

    def _compare(self) -> None:
        """All actions are done: depth, one face all the way, and the references."""
        doubts = self._instruments()
        if doubts:
            self._refuse(*doubts)
            return
        frames = [kept for kept in (self._first, *self._moves.faces, self._final) if kept is not None]
        if self._first is None or self._final is None or len(frames) < 2 + len(self._moves.faces):
            self._refuse(Doubt.JUMPED)
            return
        vectors = [self._embedded(kept) for kept in frames]
        if not self._same(vectors):
            self._refuse(Doubt.SWAPPED)
            return
        best = self._sharper()
        vector = vectors[0] if best is self._first else vectors[-1]
        assert vector is not None, "the same face cannot be seen without a vector"
        comparisons = tuple(self._compared(reference, vector) for reference in self._references)
        self._end(ENDS[together(comparison.zone for comparison in comparisons)], comparisons)

    def _instruments(self) -> list[Doubt]:
        """What speaks for paper or a screen."""
        doubts = []
        if self._is_flat():
            doubts += [Doubt.FLAT, Doubt.EYES_ONLY] if self._blinked else [Doubt.FLAT]
        if self._around is not None and self._around.carried:
            doubts.append(Doubt.CARRIED)
        if self._raster.on_a_screen:
            doubts.append(Doubt.SCREEN)
        return doubts

    def _is_flat(self) -> bool:
        """Whether a movement of the head was that of a sheet.  One that could not be measured is no depth either."""
        least = self._moves.least_relief
        return least is None or least < self._face.check.least_relief

    def _same(self, vectors: list[Vector | None]) -> bool:
        """Whether all are one face, by the limit beyond which a person is never accepted."""
        first, *others = vectors
        limit, closer = (
            self._thresholds.of(Source.CERTIFIED).review,
            self._matcher.direction.closer_or_equal,
        )
        return first is not None and all(
            other is not None and closer(self._matcher.score(first, other), limit) for other in others
        )

    def _embedded(self, kept: Kept) -> Vector | None:
        try:
            return self._matcher.embed(kept.image, kept.mesh)
        except ValueError:  # a mesh without extent
            return None

    def _compared(self, reference: Ready, vector: Vector) -> Comparison:
        """Too poor, unreadable or of another engine: a person compares, no limit is lowered."""
        if reference.vector is None:
            return Comparison(reference.source, Zone.REVIEW, None, reference.flaws)
        score = self._matcher.score(reference.vector, vector)
        zone = self._thresholds.zone(score, reference.source, self._matcher.direction)
        return Comparison(reference.source, zone, score)

    def _refuse(self, *doubts: Doubt) -> None:
        self._challenge.refuse(*doubts)
        self._end(End.NOT_DONE)

    def _sharper(self) -> Kept | None:
        kept = [one for one in (self._first, self._final) if one is not None]
        return max(kept, key=lambda one: one.light.sharpness, default=None)

    def _end(self, end: End, comparisons: tuple[Comparison, ...] = ()) -> None:
        best = self._sharper() if end in ENDS.values() else None
        quality: dict[str, float] = {}
        if best is not None:
            self.best = best.image.copy() if end is not End.ACCEPTED else None  # nobody has to look at it
            quality = measured(best)
            if self._pad is not None:
                quality["pad"] = self._pad.score(best.image, best.mesh)
        if (least := self._moves.least_relief) is not None:
            quality["relief"] = round(least, 4)
        quality["raster"] = round(self._raster.peak, 2)
        self._drop_frames()
        passed, challenge = end in ENDS.values(), self._challenge
        quality["mistakes"] = float(challenge.mistakes)
        self.outcome = Outcome(
            end,
            challenge.asked[-challenge.steps_done :] if passed else challenge.asked,
            () if passed else tuple(challenge.doubts),
            comparisons,
            self._matcher.name,
            self._matcher.digest,
            self._thresholds.digest,
            detector_digest(),
            self._frames,
            round((self._last_s - (self._last_s if self._first_s is None else self._first_s)) * 1000),
            quality,
            self.best is not None,
        )

    def _drop_frames(self) -> None:
        for kept in (self._first, self._final):
            forgotten(kept)
        self._first = self._final = None
        self._moves.forget()
        if self._around is not None:
            self._around.forget()
        self._track = NEW
