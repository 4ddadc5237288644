"""The closed lists of words the engine says about a picture.  No arrays here: screens and logs may know these words."""

from __future__ import annotations

from enum import Enum


class Hint(Enum):
    """What to tell the person, the most pressing first; the value is the name of the words in ``kiosk.texts``."""

    COME_TO_THE_SCREEN = "FACE_COME_TO_THE_SCREEN"
    SHOW_WHOLE_FACE = "FACE_SHOW_WHOLE_FACE"
    ONE_PERSON = "FACE_ONE_PERSON"
    COME_CLOSER = "FACE_COME_CLOSER"
    GO_BACK = "FACE_GO_BACK"
    INTO_THE_FRAME = "FACE_INTO_THE_FRAME"
    TOO_DARK = "FACE_TOO_DARK"
    TOO_BRIGHT = "FACE_TOO_BRIGHT"
    TAKE_OFF_MASK = "FACE_TAKE_OFF_MASK"
    TAKE_OFF_SUNGLASSES = "FACE_TAKE_OFF_SUNGLASSES"
    LOOK_STRAIGHT = "FACE_LOOK_STRAIGHT"
    HOLD_STILL = "FACE_HOLD_STILL"


class Flaw(Enum):
    """Why a reference is too poor; for the log and the person who compares."""

    NO_FACE = "no_face"
    SEVERAL_FACES = "several_faces"
    FEW_BYTES = "few_bytes"
    SMALL = "small"
    BLURRED = "blurred"
    DARK = "dark"
    BRIGHT = "bright"
    TURNED = "turned"
    UNREADABLE = "unreadable"  # no picture and no vector
    OTHER_ENGINE = "other_engine"  # a vector of other weights
