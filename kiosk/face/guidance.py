"""What a face check says while it runs and when it has ended.  No arrays: screens, flows and logs may know these words."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from kiosk.face.verdicts import Flaw, Hint
from kiosk.face.zones import Source, Zone


class Action(Enum):
    """What the person is asked to do.  Left and right are the person's own."""

    BLINK = "blink"
    TURN_LEFT = "turn_left"
    TURN_RIGHT = "turn_right"
    NOD = "nod"


class Phase(Enum):
    OPENING = "opening"  # the camera and the reference are made ready
    LOOKING = "looking"  # look here: the person's own straight face is learnt
    ACTING = "acting"  # ``action`` is asked
    RETURNING = "returning"  # look straight again; ``action``: from where, None: and wait for the next one
    COMPARING = "comparing"


@dataclass(frozen=True)
class Guidance:
    """``step`` of ``steps`` counts actions from 1; ``hint``: what is wrong just now, None: all is well; ``progress``: 0 to 1."""

    phase: Phase = Phase.OPENING
    action: Action | None = None
    step: int = 0
    steps: int = 0
    hint: Hint | None = None
    progress: float = 0.0


class End(Enum):
    """How a check ended.  Only ACCEPTED, REVIEW and NO_MATCH compared faces."""

    ACCEPTED = "accepted"
    REVIEW = "review"  # a person compares: no reference, a poor one, or a score between
    NO_MATCH = "no_match"
    NOT_DONE = "not_done"  # the actions were not seen in time, or what was seen was no living person: never said which
    NOBODY = "nobody"  # no usable face in time
    CAMERA_LOST = "camera_lost"
    BROKEN = "broken"  # the worker is gone


class Doubt(Enum):
    """Why the challenge did not believe what it saw; evidence, never shown."""

    FLAT = "flat"  # moved like a plane
    OTHER_ACTION = "other_action"  # something else than what was asked
    SWAPPED = "swapped"  # not the same face all the way
    JUMPED = "jumped"  # the face, or time, did not go on
    REPEATED = "repeated"  # the same pictures again
    SEVERAL = "several"  # more than one face
    TOO_SOON = "too_soon"  # done before a person could have heard it
    EYES_ONLY = "eyes_only"  # eyes that move in a face that does not
    CARRIED = "carried"  # what surrounds the face is held in a hand
    SCREEN = "screen"  # drawn in the lines of a screen


@dataclass(frozen=True)
class Asked:
    """One line of the transcript; milliseconds since the check began.  ``done_ms`` None: not seen."""

    action: Action
    asked_ms: int
    done_ms: int | None


@dataclass(frozen=True)
class Comparison:
    """One reference.  ``score`` None when it was too poor to compare."""

    source: Source
    zone: Zone
    score: float | None = None
    flaws: tuple[Flaw, ...] = ()


@dataclass(frozen=True)
class Outcome:
    """All that is left of a check: no picture, no vector.  Digests are SHA-256 in hexadecimal.

    ``has_picture``: the worker still holds the best frame, sealed on request and only for a person who compares.
    """

    end: End
    asked: tuple[Asked, ...] = ()
    doubts: tuple[Doubt, ...] = ()
    comparisons: tuple[Comparison, ...] = ()
    engine: str = ""
    model: str = ""  # of the comparing network
    thresholds: str = ""  # of the limits that gave the zones
    detector: str = ""  # of the four networks together
    frames: int = 0
    duration_ms: int = 0
    # of the best frame, as kiosk.face.quality names it
    quality: dict[str, float] = field(default_factory=dict)
    has_picture: bool = False
