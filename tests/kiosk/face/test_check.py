"""A whole check, with the real networks and the built-in engine, over rendered presentations."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Any

import cv2
import numpy as np
import pytest

from devices.camera_emulator import Living, MovedPhoto, Presentation
from devices.camera_scene import Lit, Person, Scene
from devices.camera_sheets import raster
from devices.camera_sitter import Portrait, Sitter
from devices.camera_surface import Turn
from kiosk.config import Face, FaceCheck
from kiosk.face import matcher_dlib
from kiosk.face.check import Check
from kiosk.face.crops import Image
from kiosk.face.given import Given
from kiosk.face.guidance import Action, Doubt, End, Guidance, Phase
from kiosk.face.matcher import Matcher
from kiosk.face.mesh import OUTPUTS, Mesh
from kiosk.face.models import Models
from kiosk.face.moves import Moves
from kiosk.face.raster import Raster
from kiosk.face.reference_format import (
    ReferenceUnreadable,
    StoredPicture,
    StoredVector,
    read,
    write,
)
from kiosk.face.surroundings import Surroundings
from kiosk.face.verdicts import Flaw, Hint
from kiosk.face.zones import Source, Zone, thresholds_for
from tests.kiosk.face.conftest import mesh_of

SCENE = Scene(fps=12.0, face_px=200.0)
DIGEST = "ab" * 32
# frames 0.31 s apart: a screen's lines are looked at a hundred times, 0.3 s apart
LONGER_THAN_ALL_LOOKS = 112


@pytest.fixture(scope="module")
def engine() -> Matcher:
    return matcher_dlib.load()


@pytest.fixture(scope="module")
def sitter(networks: Models, portrait: Image) -> Sitter:
    head = cv2.resize(portrait[0:330, 80:400], None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)
    picture = np.asarray(head, np.uint8)
    return Sitter(Portrait(picture, mesh_of(networks, picture).points))


def jpeg(image: Image, quality: int) -> bytes:
    _, coded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return coded.tobytes()


@pytest.fixture(scope="module")
def picture(portrait: Image) -> bytes:
    return write(StoredPicture(jpeg(portrait[0:330, 80:400], 90)))


def begun(
    networks: Models, engine: Matcher, *references: Given, gentle: bool = False, face: Face | None = None
) -> Check:
    face = face or Face()
    limits = thresholds_for(face, engine.name, engine.digest, engine.direction)
    return Check(networks, engine, limits, face, references, Random(4), gentle)


def word(said: Guidance) -> str:
    return said.action.value if said.phase is Phase.ACTING and said.action else "straight"


def played(check: Check, shown: Presentation, seconds: float) -> list[Guidance]:
    """Everything that was said."""
    said = [Guidance()]
    for at_s in SCENE.moments(np.random.default_rng(3), seconds):
        if check.outcome is not None:
            break
        shown.ask(word(said[-1]), at_s)
        said.append(check.feed(shown.image(at_s), at_s))
    return said


def test_a_living_person_is_compared_with_every_reference(
    networks: Models, engine: Matcher, sitter: Sitter, picture: bytes, portrait: Image
) -> None:
    given = (
        Given(Source.PHOTO, picture),
        Given(Source.CHIP, write(StoredPicture(jpeg(cv2.resize(portrait[20:260, 130:330], (102, 126)), 8)))),
        Given(Source.CERTIFIED, write(StoredVector(DIGEST, (0.1,) * 128))),
    )
    check = begun(networks, engine, *given)
    said = played(check, Living(sitter, SCENE, np.random.default_rng(1)), 60.0)
    outcome = check.outcome
    assert outcome is not None
    assert outcome.end is End.ACCEPTED
    photo, chip, certified = outcome.comparisons
    assert photo.zone is Zone.ACCEPT
    assert photo.score is not None
    assert (chip.zone, chip.score) == (Zone.REVIEW, None)
    assert Flaw.FEW_BYTES in chip.flaws, chip.flaws
    assert (certified.zone, certified.flaws) == (Zone.REVIEW, (Flaw.OTHER_ENGINE,))
    assert len(outcome.asked) == 4
    assert not outcome.doubts
    assert {phase.phase for phase in said} >= {Phase.LOOKING, Phase.ACTING, Phase.RETURNING, Phase.COMPARING}
    assert outcome.quality["sharpness"] > Face().quality.least_sharpness
    assert (outcome.engine, outcome.model) == (engine.name, engine.digest)
    assert check.best is None, "nobody has to look at who was accepted"
    check.forget()


def test_twenty_people_behind_are_nobodys_trouble(
    networks: Models, engine: Matcher, sitter: Sitter, picture: bytes
) -> None:
    check = begun(networks, engine, Given(Source.PHOTO, picture))
    crowded = replace(SCENE, behind=20)
    said = played(check, Living(sitter, crowded, np.random.default_rng(1)), 60.0)
    assert check.outcome is not None
    assert (check.outcome.end, check.outcome.doubts) == (End.ACCEPTED, ())
    assert not [each.hint for each in said if each.hint]


@pytest.mark.parametrize(
    ("scene", "hint"),
    [
        (replace(SCENE, mask=True), Hint.TAKE_OFF_MASK),
        (replace(SCENE, sunglasses=True), Hint.TAKE_OFF_SUNGLASSES),
        (replace(SCENE, light=0.2), Hint.TOO_DARK),
        (replace(SCENE, light=2.0), Hint.TOO_BRIGHT),
    ],
    ids=lambda value: value.name if isinstance(value, Hint) else "",
)
def test_what_hides_a_face_is_said_and_nothing_is_asked_until_it_is_gone(
    networks: Models, engine: Matcher, sitter: Sitter, scene: Scene, hint: Hint
) -> None:
    check = begun(networks, engine)
    said = played(check, Living(sitter, scene, np.random.default_rng(1)), 6.0)
    assert {each.hint for each in said} == {None, hint}
    assert {each.phase for each in said} == {Phase.OPENING, Phase.LOOKING}
    seen = Living(sitter, SCENE, np.random.default_rng(1))
    for at_s in SCENE.moments(np.random.default_rng(3), 12.0, 6.0):  # it is taken off, a lamp is lit
        asked = check.feed(seen.image(at_s), at_s)
        if asked.phase is Phase.ACTING:
            break
    assert asked.phase is Phase.ACTING


def test_without_a_reference_a_person_compares_and_the_picture_can_be_wiped(
    networks: Models, engine: Matcher, sitter: Sitter
) -> None:
    check = begun(networks, engine, Given(Source.PHOTO, b"\x01no picture"), gentle=True)
    played(check, Living(sitter, SCENE, np.random.default_rng(2)), 90.0)
    outcome = check.outcome
    assert outcome is not None
    assert outcome.end is End.REVIEW
    assert outcome.comparisons[0].flaws == (Flaw.UNREADABLE,)
    assert len(outcome.asked) == 4
    assert outcome.has_picture
    best = check.best
    assert best is not None
    assert best.shape[0] < SCENE.height, "the head, not the hall"
    assert mesh_of(networks, best).presence > 0.9
    check.forget()
    assert check.best is None
    assert not best.any()


def test_a_photo_that_is_moved_about_does_not_pass(
    networks: Models, engine: Matcher, sitter: Sitter, picture: bytes
) -> None:
    check = begun(networks, engine, Given(Source.PHOTO, picture))
    played(check, MovedPhoto(sitter, SCENE, np.random.default_rng(5)), 15.0)
    assert check.outcome is None or check.outcome.end is End.NOT_DONE
    if check.outcome is None:
        check.lost(16.0)
    assert check.outcome is not None
    assert not check.outcome.comparisons
    assert check.best is None


def test_pictures_that_come_again_end_it(networks: Models, engine: Matcher, sitter: Sitter) -> None:
    person = Living(sitter, SCENE, np.random.default_rng(6))
    person.ask("look", 0.0)
    loop = [person.image(number / 12) for number in range(6)]
    check = begun(networks, engine)
    for number in range(7):
        check.feed(loop[number % 6], number / 12)
    assert check.outcome is not None
    assert (check.outcome.end, check.outcome.doubts) == (End.NOT_DONE, (Doubt.REPEATED,))


def test_a_frame_that_a_slow_camera_gives_twice_is_passed_over(
    networks: Models, engine: Matcher, sitter: Sitter
) -> None:
    person = Living(sitter, SCENE, np.random.default_rng(6))
    check = begun(networks, engine)
    for number in range(6):
        image = person.image(number / 12)
        check.feed(image, number / 12)
        check.feed(image, number / 12 + 0.04)
    assert check.outcome is None


@pytest.mark.parametrize(
    ("levels", "hint"), [((0, 3), Hint.TOO_DARK), ((255, 252), Hint.TOO_BRIGHT), ((0, 0), Hint.TOO_DARK)]
)
def test_a_picture_without_light_is_no_film(
    networks: Models, engine: Matcher, levels: tuple[int, int], hint: Hint
) -> None:
    """A lens that is covered, or blinded: what it gives is alike, and comes again and again."""
    rules = Face(check=FaceCheck(nobody_s=5.0, most_s=10.0))
    check = begun(networks, engine, face=rules)
    plates = [np.full((480, 640, 3), level, np.uint8) for level in levels]
    said = [check.feed(plates[number // 4 % 2], number / 12) for number in range(12 * 11)]
    assert check.outcome is not None
    # the very same picture is a camera that has frozen: only the end of the time ends it
    nobody = levels[0] != levels[1]
    assert (check.outcome.end, check.outcome.doubts) == (End.NOBODY if nobody else End.NOT_DONE, ())
    assert not nobody or {each.hint for each in said} == {None, hint}


def test_a_camera_that_was_away_for_a_moment_costs_nothing(
    networks: Models, engine: Matcher, sitter: Sitter, picture: bytes
) -> None:
    check = begun(networks, engine, Given(Source.PHOTO, picture))
    person = Living(sitter, SCENE, np.random.default_rng(1))
    said, gap_s = Guidance(), (0.0, 0.0)
    for at_s in SCENE.moments(np.random.default_rng(3), 60.0):
        if gap_s[0] < at_s < gap_s[1]:
            continue
        if check.outcome is not None:
            break
        person.ask(word(said), at_s)
        image = person.image(at_s)
        said = check.feed(image, at_s)
        if said.phase is Phase.ACTING and not gap_s[1]:
            gap_s = (at_s, at_s + 3.0)
    assert gap_s[1]
    assert check.outcome is not None
    assert (check.outcome.end, check.outcome.doubts) == (End.ACCEPTED, ())
    assert (check.outcome.quality["mistakes"], len(check.outcome.asked)) == (0.0, 4)


def test_a_film_goes_on_to_be_one_when_the_camera_was_away(
    networks: Models, engine: Matcher, sitter: Sitter
) -> None:
    person = Living(sitter, SCENE, np.random.default_rng(6))
    person.ask("look", 0.0)
    loop = [person.image(number / 12) for number in range(6)]
    check = begun(networks, engine)
    for number in range(4):
        check.feed(loop[number], number / 12)
    # what a camera that was away still has to give
    for number, image in enumerate((loop[1], loop[3], loop[2])):
        check.feed(image, 4.0 + number / 12)
    assert check.outcome is None
    check.feed(loop[4], 5.0)
    assert check.outcome is None
    check.feed(loop[1], 5.1)
    assert check.outcome is not None
    assert (check.outcome.end, check.outcome.doubts) == (End.NOT_DONE, (Doubt.REPEATED,))


def test_a_camera_that_is_lost(networks: Models, engine: Matcher, frame: Image) -> None:
    check = begun(networks, engine)
    check.feed(frame, 5.0)
    check.lost(7.5)
    assert check.outcome is not None
    assert check.outcome.end is End.CAMERA_LOST
    assert check.outcome.duration_ms == 2500
    check.feed(frame, 8.0)
    assert check.outcome.frames == 1


class Swapping:
    """Vectors of one face, and of another in one moment: what an embedder says of two people."""

    def __init__(self, engine: Matcher, odd: int) -> None:
        """``odd``: the moment; 0 is the reference, 1 the straight look, -1 none."""
        self.name, self.digest, self.direction = engine.name, engine.digest, engine.direction
        self._engine, self._odd = engine, odd
        self.faces = 0

    def embed(self, image: Image, mesh: object) -> object:
        self.faces += 1
        return np.eye(128, dtype=np.float32)[1 if self.faces - 1 == self._odd else 0]

    def score(self, one: object, other: object) -> float:
        return self._engine.score(one, other)  # type: ignore[arg-type]

    def forget(self) -> None:
        """It keeps nothing."""


@pytest.mark.parametrize("odd", [1, 2, 3, 4, 5])
def test_another_face_in_one_moment_is_not_believed(
    networks: Models, engine: Matcher, sitter: Sitter, picture: bytes, odd: int
) -> None:
    """In the straight look, in any movement of the head, at the end."""
    swapping = Swapping(engine, odd)
    check = begun(networks, swapping, Given(Source.PHOTO, picture), gentle=True)  # type: ignore[arg-type]
    played(check, Living(sitter, SCENE, np.random.default_rng(2)), 90.0)
    assert check.outcome is not None
    moved = [asked for asked in check.outcome.asked if asked.action is not Action.BLINK]
    assert swapping.faces == 1 + 1 + len(moved) + 1 == 6, "reference, straight look, movements, end"
    assert check.outcome.end is End.NOT_DONE
    assert check.outcome.doubts == (Doubt.SWAPPED,)
    assert check.best is None


def test_after_the_end_the_networks_hold_no_face(
    networks: Models, sitter: Sitter, picture: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A network of OpenCV keeps its last input: asked again, with nothing, it would give the person's vector once more."""
    engine = matcher_dlib.load()
    vectors: list[np.ndarray[Any, Any]] = []

    def embed(image: Image, mesh: Mesh) -> Any:
        vectors.append(matcher_dlib.DlibMatcher.embed(engine, image, mesh).copy())
        return vectors[-1]

    monkeypatch.setattr(engine, "embed", embed)
    check = begun(networks, engine, Given(Source.PHOTO, picture))
    person = Living(sitter, SCENE, np.random.default_rng(2))
    played(check, person, 60.0)
    assert check.outcome is not None

    def kept() -> list[np.ndarray[Any, Any]]:
        points, _ = networks.mesh.forward(OUTPUTS)
        return [engine._encoder._network.forward().reshape(-1).copy(), points.reshape(-1).copy()]

    vector, points = kept()
    assert np.linalg.norm(vector - vectors[-1]) < 0.01, "what this is about"
    check.blank()
    black_vector, black_points = kept()
    assert min(np.linalg.norm(black_vector - one) for one in vectors) > 0.3
    assert not np.allclose(black_points, points)
    if check.best is not None:
        assert check.best.any(), "a person may have to compare"
    check.forget()


@pytest.mark.parametrize(
    ("instrument", "name", "says", "doubts"),
    [
        (Moves, "least_relief", 0.0, (Doubt.FLAT, Doubt.EYES_ONLY)),
        (Moves, "least_relief", None, (Doubt.FLAT, Doubt.EYES_ONLY)),
        (Surroundings, "carried", True, (Doubt.CARRIED,)),
        (Raster, "on_a_screen", True, (Doubt.SCREEN,)),
    ],
)
def test_each_instrument_alone_stops_a_check(
    networks: Models,
    engine: Matcher,
    sitter: Sitter,
    picture: bytes,
    monkeypatch: pytest.MonkeyPatch,
    instrument: type,
    name: str,
    says: object,
    doubts: tuple[Doubt, ...],
) -> None:
    monkeypatch.setattr(instrument, name, property(lambda _: says))
    check = begun(networks, engine, Given(Source.PHOTO, picture), gentle=True)
    played(check, Living(sitter, SCENE, np.random.default_rng(2)), 90.0)
    assert check.outcome is not None
    assert (check.outcome.end, check.outcome.doubts) == (End.NOT_DONE, doubts)
    assert not check.outcome.comparisons
    assert check.best is None


def test_a_movement_that_cannot_be_measured_is_asked_anew_and_holds_nothing_against_anybody(
    networks: Models, engine: Matcher, sitter: Sitter, picture: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    measured = Moves.done
    tried: list[Action] = []

    def done(moves: Moves, action: Action) -> bool:
        tried.append(action)
        return measured(moves, action) and len(tried) > 1

    monkeypatch.setattr(Moves, "done", done)
    check = begun(networks, engine, Given(Source.PHOTO, picture), gentle=True)
    played(check, Living(sitter, SCENE, np.random.default_rng(7)), 90.0)
    assert check.outcome is not None
    assert (check.outcome.end, check.outcome.doubts) == (End.ACCEPTED, ())
    assert check.outcome.quality["mistakes"] == 1
    assert len(check.outcome.asked) == 5, "a new draw, an action longer"


def test_a_screen_that_comes_after_half_a_minute_of_a_face_is_seen(
    networks: Models, engine: Matcher, sitter: Sitter
) -> None:
    """Looks at the lines begin with the straight look that counts, however long somebody was before the camera until then."""
    scene = replace(SCENE, width=1280, height=720, face_px=230.0, noise=3.0)
    rng = np.random.default_rng(50)
    lit = Lit(scene, rng)
    somebody, aside = Person(sitter, scene, lit, rng), Turn(yaw=31.0)
    person, lines = Living(sitter, scene, rng), raster(scene, rng)
    check = begun(networks, engine)
    for number in range(LONGER_THAN_ALL_LOOKS):
        frame = somebody.still.copy()
        somebody.draw(frame, Turn() if number % 25 == 24 else aside, 0.0)  # straight for a moment: not nobody
        lit.grain(frame)
        said = check.feed(frame, 0.31 * number)
        assert said.phase is Phase.LOOKING, "the straight look does not come about"
    for at_s in SCENE.moments(np.random.default_rng(3), 120.0, 36.0):
        if check.outcome is not None:
            break
        person.ask(word(said), at_s)
        shown = cv2.subtract(cv2.add(person.image(at_s), lines[0]), lines[1])
        said = check.feed(np.asarray(shown, np.uint8), at_s)
    assert check.outcome is not None
    assert Doubt.SCREEN in check.outcome.doubts


@pytest.mark.parametrize(
    "stored",
    [
        StoredPicture(b"\xff\xd8\xff\xe0 and so on"),
        StoredVector(DIGEST, tuple(float(n) for n in range(1, 129))),
    ],
)
def test_a_reference_is_written_and_read(stored: StoredPicture | StoredVector) -> None:
    assert read(write(stored)) == stored


def test_the_bytes_of_a_vector() -> None:
    content = write(StoredVector(DIGEST, (1.0,) * 16))
    assert content[:1] == b"\x02"
    assert content[1:33] == bytes.fromhex(DIGEST)
    assert content[33:37] == b"\x00\x00\x80\x3f"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x01",
        b"\x01GIF89a",
        b"\x04\xff\xd8\xff",
        b"\x02" + bytes(32),
        b"\x02" + bytes(32 + 63),
        b"\x02" + bytes(32 + 64),
        b"\x02" + bytes(32) + b"\x00\x00\xc0\x7f" * 16,
        b"\x01\xff\xd8\xff" + bytes(400_000),
    ],
)
def test_what_is_no_reference(content: bytes) -> None:
    with pytest.raises(ReferenceUnreadable):
        read(content)


def test_nothing_of_a_person_is_in_what_is_printed(picture: bytes) -> None:
    assert "xff" not in repr(Given(Source.PHOTO, picture))
    assert "1.5" not in repr(StoredVector(DIGEST, (1.5,) * 16))
    assert "xff" not in repr(StoredPicture(b"\xff\xd8\xff"))
