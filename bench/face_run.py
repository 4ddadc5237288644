"""One presentation before one check, in virtual time: ``python -m bench.face_run SPECIES NUMBER`` tells what happens in a run.

Every run is drawn anew from its number: the light, the size and place of the face, noise, blur, 8 to 16 pictures a second that
come unevenly, and what the person or the attacker does with it.  The check is the real one, with its real networks, fed picture by
picture; the presentation is asked what the guidance says.  Nothing waits: a run takes what its pictures cost.

``held``, last on the command line: the same run before a tablet in somebody's hands, set as a tablet is (camera_stands = false).
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from functools import cache
from random import Random

import cv2
import numpy as np

from bench.scene import SEED
from devices.camera_emulator import PRESENTATIONS, Cast, Living, Presentation, TakingTurns
from devices.camera_held import HandHeld
from devices.camera_manner import Manner, Rng
from devices.camera_scene import Scene, any_scene
from kiosk.config import Face, FaceCheck
from kiosk.face import models, reference_format
from kiosk.face.check import Check
from kiosk.face.given import Given
from kiosk.face.guidance import End, Guidance, Phase
from kiosk.face.matcher import Matcher, open_matcher
from kiosk.face.models import Models
from kiosk.face.references import prepare_reference
from kiosk.face.zones import Source, Thresholds, thresholds_for
from stand import camera

CAP_S = 240.0  # a check ends by itself before
LIVING = "living"
COMPARED = (End.ACCEPTED, End.REVIEW, End.NO_MATCH)
GENTLE = 0.1  # how often somebody is given the gentle check
HELD_SWAY = (0.005, 0.016)  # of the frame's width: about a quarter to a whole degree of a usual lens
FPS = (8.0, 16.0)  # the kiosk asks its camera for 15; a poor one gives fewer

Tell = Callable[[float, Guidance], None]
Draw = Callable[[Cast, Scene, Rng], Presentation]


def living(cast: Cast, scene: Scene, rng: Rng) -> Presentation:
    """An old person who does what is asked, the eyes more or less open, now and then to the wrong side first."""
    manner = Manner(wrong_first=0.05)
    return Living(cast.sitter, scene, rng, manner, squint=float(rng.uniform(0.0, 0.35)))


DRAWS: Mapping[str, Draw] = {
    "eye_hole": PRESENTATIONS["eye_holes"],
    **{
        name: PRESENTATIONS[name]
        for name in ("flat", "bent", "moved", "replayed", "two_faces", "swapped", "nobody", "taking_turns")
    },
    LIVING: living,
}
# A species' place here is part of what its runs are drawn from: new ones go last, so that the others keep their runs.
SEEDED = (
    "bent",
    "eye_hole",
    "flat",
    LIVING,
    "moved",
    "nobody",
    "replayed",
    "swapped",
    "two_faces",
    "taking_turns",
)


@dataclass(frozen=True)
class Run:
    """What came of it.  ``end`` "endless" when CAP_S were over; ``scene``: how it was drawn, in words."""

    species: str
    number: int
    end: str
    doubts: tuple[str, ...]
    steps: tuple[str, ...]
    gentle: bool
    hint: str
    relief: float | None
    frames: int
    seconds: float
    render_cpu_s: float
    check_cpu_s: float
    scene: str

    @property
    def compared(self) -> bool:
        """Whether the challenge was passed."""
        return self.end in {end.value for end in COMPARED}


@dataclass(frozen=True, eq=False)
class Room:
    """What every run of a process shares."""

    models: Models
    matcher: Matcher
    thresholds: Thresholds
    cast: Cast
    reference: Given


@cache
def room() -> Room:
    """Loaded once a process; OpenCV on one thread, because the other core has runs of its own."""
    cv2.setNumThreads(1)
    networks, face = models.load(), Face()
    matcher = open_matcher(face)
    limits = thresholds_for(face, matcher.name, matcher.digest, matcher.direction)
    cast = camera.cast(networks)
    picture = cast.sitter.portrait.picture
    found = prepare_reference(networks, picture, face.reference, picture.size)
    assert found.mesh is not None and not found.too_poor, found.flaws
    numbers = tuple(float(one) for one in matcher.embed(found.image, found.mesh))
    stored = reference_format.write(reference_format.StoredVector(matcher.digest, numbers))
    return Room(networks, matcher, limits, cast, Given(Source.CERTIFIED, stored))


def draw_scene(rng: Rng, size: tuple[int, int]) -> Scene:
    scene = any_scene(rng)
    return replace(scene, width=size[0], height=size[1], fps=float(np.exp(rng.uniform(*np.log(FPS)))))


def run(
    species: str, number: int, size: tuple[int, int], tell: Tell | None = None, held: bool = False
) -> Run:
    """One run; the same species and number, the same run."""
    here = room()
    rng = np.random.default_rng((SEED, SEEDED.index(species), number))
    scene = draw_scene(rng, size)
    gentle = bool(rng.random() < GENTLE)
    shown = presentation = DRAWS[species](here.cast, scene, rng)
    dice = Random(int(rng.integers(2**63)))
    if held:
        presentation = HandHeld(presentation, size[0] * float(rng.uniform(*HELD_SWAY)), rng)
    face = Face(check=FaceCheck(camera_stands=not held))
    check = Check(here.models, here.matcher, here.thresholds, face, [here.reference], dice, gentle)
    presentation.ask("look", 0.0)
    rendered = checked = at_s = 0.0
    said = Guidance()
    for at_s in scene.moments(rng, CAP_S):
        began_s = time.process_time()
        image = presentation.image(at_s)
        drawn_s = time.process_time()
        guidance = check.feed(image, at_s)
        rendered, checked = rendered + drawn_s - began_s, checked + time.process_time() - drawn_s
        if isinstance(shown, TakingTurns):
            shown.read(guidance.step, guidance.phase is Phase.RETURNING and guidance.progress == 1.0)
        presentation.ask(word(guidance), at_s)
        if guidance != said:
            said = guidance
            if tell is not None:
                tell(at_s, guidance)
        if check.outcome is not None:
            break
    outcome = check.outcome
    check.forget()
    return Run(
        species,
        number,
        "endless" if outcome is None else outcome.end.value,
        () if outcome is None else tuple(doubt.value for doubt in outcome.doubts),
        () if outcome is None else tuple(f"{a.action.value} {a.asked_ms} {a.done_ms}" for a in outcome.asked),
        gentle,
        "" if said.hint is None else said.hint.value,
        None if outcome is None else outcome.quality.get("relief"),
        0 if outcome is None else outcome.frames,
        at_s,
        rendered,
        checked,
        in_words(scene),
    )


def word(guidance: Guidance) -> str:
    """What the presentation hears."""
    if guidance.phase is Phase.ACTING and guidance.action is not None:
        return guidance.action.value
    return "look" if guidance.phase is Phase.LOOKING else "straight"


def in_words(scene: Scene) -> str:
    plain = Scene()
    return ", ".join(
        f"{name} {value:.3g}" if isinstance(value, float) else f"{name} {value}"
        for name, value in asdict(scene).items()
        if value != getattr(plain, name)
    )


def main() -> int:
    words = [one for one in sys.argv[1:] if one != "held"]
    species, number = words[0], int(words[1])
    size = (int(words[2]), int(words[3])) if len(words) > 3 else (1280, 720)

    def tell(at_s: float, guidance: Guidance) -> None:
        action = guidance.action.value if guidance.action else ""
        hint = guidance.hint.value if guidance.hint else ""
        print(f"{at_s:7.2f} {guidance.phase.value:10} {action:10} {guidance.step}/{guidance.steps} {hint}")

    for name, value in asdict(run(species, number, size, tell, "held" in sys.argv)).items():
        print(f"{name}: {value}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
