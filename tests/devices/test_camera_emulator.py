"""The emulated camera: what it draws is what the real engine sees, and the same seed draws the same."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import cv2
import numpy as np
import pytest

from devices.camera_emulator import (
    PRESENTATIONS,
    Cast,
    FlatPhoto,
    Living,
    Nobody,
    ReplayedVideo,
    SwappedHalfway,
    TakingTurns,
)
from devices.camera_manner import Between, Body, Hand, Manner
from devices.camera_scene import Lit, Person, Scene, any_scene
from devices.camera_sheets import Print, Sheet
from devices.camera_sitter import Portrait
from devices.camera_surface import Field, Image, Turn
from kiosk.config import Face
from kiosk.face import iris, matcher_dlib, models
from kiosk.face.detection import detect
from kiosk.face.mesh import Mesh, landmarks
from kiosk.face.models import Models
from kiosk.face.pose import Pose, pose
from kiosk.face.quality import Quality
from kiosk.face.seeing import see
from kiosk.face.tracking import NEW
from kiosk.face.verdicts import Hint
from stand.camera import cast as whole_cast

CLEAN = Scene(noise=0.0)
PROMPT = Manner(delay_s=Between(0.5, 0.6), sway_deg=0.0, sway_px=0.0)


@pytest.fixture(scope="module")
def networks() -> Models:
    cv2.setNumThreads(1)
    return models.load()


@pytest.fixture(scope="module")
def cast(networks: Models) -> Cast:
    return whole_cast(networks)


@pytest.fixture(scope="module")
def person(cast: Cast) -> Person:
    return Person(cast.sitter, CLEAN, Lit(CLEAN, dice(0)), dice(0))


def dice(seed: int) -> np.random.Generator:
    return np.random.default_rng(seed)


def drawn(person: Person, turn: Turn, closed: float = 0.0) -> Image:
    frame = person.still.copy()
    person.draw(frame, turn, closed)
    return frame


def mesh_of(networks: Models, image: Image) -> Mesh:
    boxes = detect(networks, image)
    assert boxes, "no face found"
    return landmarks(networks, image, landmarks(networks, image, boxes[0].crop()).crop)


def pose_of(networks: Models, image: Image) -> Pose:
    found = pose(mesh_of(networks, image), image.shape[1])
    assert found is not None
    return found


def openness(networks: Models, image: Image) -> float:
    return iris.eyes(networks, image, mesh_of(networks, image)).openness


# --- a living head ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("yaw", [-30.0, -25.0, -12.0, 12.0, 25.0, 30.0])
def test_the_engine_sees_a_turn_as_far_as_it_was_drawn(networks: Models, person: Person, yaw: float) -> None:
    straight, turned = (pose_of(networks, drawn(person, Turn(yaw=y))) for y in (0.0, yaw))
    assert turned.yaw - straight.yaw == pytest.approx(yaw, abs=5)
    assert abs(turned.pitch - straight.pitch) < 8


@pytest.mark.parametrize("pitch", [-15.0, 15.0])
def test_the_engine_sees_a_nod(networks: Models, person: Person, pitch: float) -> None:
    straight, nodding = (pose_of(networks, drawn(person, Turn(pitch=p))) for p in (0.0, pitch))
    assert (nodding.pitch - straight.pitch) * np.sign(pitch) > 9
    assert abs(nodding.yaw - straight.yaw) < 4


def test_the_engine_sees_a_leaning_head(networks: Models, person: Person) -> None:
    straight, leaning = (pose_of(networks, drawn(person, Turn(roll=r))) for r in (0.0, 12.0))
    assert leaning.roll - straight.roll == pytest.approx(12, abs=4)


def test_the_engine_sees_the_eyes_close_and_narrow(networks: Models, person: Person) -> None:
    wide, narrow, shut = (openness(networks, drawn(person, Turn(), closed)) for closed in (0.0, 0.5, 1.0))
    assert shut < 0.65 * wide and shut < 0.8 * narrow < 0.8 * wide


def test_a_head_turns_before_a_still_room(person: Person) -> None:
    straight, turned = (drawn(person, Turn(yaw=yaw)).astype(int) for yaw in (0.0, 25.0))
    changed = np.abs(straight - turned).max(axis=2) > 8
    left, right = person.mesh[:, 0].min(), person.mesh[:, 0].max()
    wide = int(right - left)
    assert changed[:, int(left) : int(right)].any()
    assert not changed[:, : int(left) - wide].any() and not changed[:, int(right) + wide :].any()
    assert not changed[-20:].any()  # and shoulders stay


def test_a_head_at_rest_is_the_portrait(person: Person, cast: Cast) -> None:
    rest = drawn(person, Turn()).astype(int)
    again = drawn(person, Turn(yaw=0.01)).astype(int)
    assert np.abs(rest - again).mean() < 0.5
    face = person.mesh[:, :2].mean(axis=0).astype(int)
    source = cast.sitter.portrait
    middle = source.mesh[:, :2].mean(axis=0).astype(int)
    here = rest[face[1] - 20 : face[1] + 20, face[0] - 20 : face[0] + 20].mean(axis=(0, 1))
    there = source.picture[middle[1] - 8 : middle[1] + 8, middle[0] - 8 : middle[0] + 8].mean(axis=(0, 1))
    assert np.abs(here - there).max() < 12


# --- sheets -------------------------------------------------------------------------------------------------


def test_a_photo_has_no_relief_and_a_head_has(networks: Models, person: Person, cast: Cast) -> None:
    sheet = Print(cast.sitter, CLEAN, dice(1))
    room = np.full((720, 1280, 3), 90, np.uint8)

    def photo(turn: Turn) -> Image:
        frame = room.copy()
        sheet.layer.draw(frame, turn)
        return frame

    flat = off_plane(*(mesh_of(networks, photo(Turn(yaw=yaw))) for yaw in (0.0, 25.0)))
    head = off_plane(*(mesh_of(networks, drawn(person, Turn(yaw=yaw))) for yaw in (0.0, 25.0)))
    assert head > 4 * flat


def off_plane(before: Mesh, after: Mesh) -> float:
    """How far points are from where a plane would have taken them, by the distance of the eyes."""
    homography, _ = cv2.findHomography(before.points[:, :2], after.points[:, :2])
    goal = cv2.perspectiveTransform(before.points[None, :, :2], homography)[0]
    return float(np.hypot(*(goal - after.points[:, :2]).T).mean() / after.eye_distance)


@pytest.mark.parametrize("turn", [Turn(), Turn(yaw=35), Turn(pitch=-30, roll=15, x=60, y=-20, nearer=80)])
def test_every_pixel_comes_from_where_the_surface_took_it(turn: Turn) -> None:
    surface = Sheet(400, 200, 800, 600).surface(CLEAN)
    moves = surface.moved(turn, surface.bent(0.002, 20))
    grid, origin = surface.origin(moves, 1280, 720)
    left, top, right, bottom = grid.box
    at = (origin - np.array((surface.grid.left + 3.5, surface.grid.top + 3.5), np.float32)) / np.float32(8)
    inside = ((origin >= (400, 200)) & (origin <= (800, 600))).all(axis=2)
    there = origin + cv2.remap(moves, at, None, cv2.INTER_LINEAR)
    x, y = np.meshgrid(np.arange(left, right), np.arange(top, bottom))
    missed = np.hypot(there[..., 0] - x, there[..., 1] - y)[inside]
    assert inside.sum() > 50000 and missed.max() < 2 and missed.mean() < 0.1


def test_paper_bends_without_stretching() -> None:
    surface = Sheet(400, 200, 800, 600).surface(CLEAN)
    x, y = surface.grid.nodes()
    flat = np.stack(np.broadcast_arrays(x, y, np.float32(0)), axis=-1)
    rolled = flat + surface.bent(0.004, 30)
    assert np.ptp(rolled[..., 2]) > 50
    for axis in (0, 1):
        steps = np.linalg.norm(np.diff(rolled, axis=axis), axis=-1)
        assert steps == pytest.approx(8.0, abs=0.1)


def test_a_photo_held_still_does_not_turn(networks: Models, cast: Cast) -> None:
    photo = FlatPhoto(cast.sitter, CLEAN, dice(2))
    photo.ask("turn_left", 0.0)
    yaws = [pose_of(networks, photo.image(at_s)).yaw for at_s in (0.0, 2.0, 4.0)]
    assert max(yaws) - min(yaws) < 6


def test_a_hand_answers_what_is_asked_and_comes_back() -> None:
    hand = Hand(dice(3), 200.0, ("tilt",))
    hand.ask("turn_right", 0.0)
    tilts = [hand.grip(at_s).turn.yaw for at_s in np.arange(0, 10, 0.1)]
    assert min(tilts) < -18 and max(tilts) < 4 and abs(tilts[-1]) < 4


def test_eyes_behind_a_print_close_when_asked(networks: Models, cast: Cast) -> None:
    photo = PRESENTATIONS["eye_holes"](cast, CLEAN, dice(4))
    before = openness(networks, photo.image(0.0))
    photo.ask("blink", 0.1)
    assert (
        min(openness(networks, photo.image(float(at_s))) for at_s in np.arange(0.2, 2.6, 0.1)) < 0.7 * before
    )


def test_a_recording_hears_nothing(cast: Cast) -> None:
    pictures = []
    for word in ("turn_left", "nod"):
        video = ReplayedVideo(cast.sitter, CLEAN, dice(5), recorded=("blink",))
        video.image(0.0)
        video.ask(word, 0.1)
        pictures.append(video.image(3.0))
    assert np.array_equal(pictures[0], pictures[1])


def test_a_recording_plays_what_was_asked_then(networks: Models, cast: Cast) -> None:
    video = ReplayedVideo(cast.sitter, CLEAN, dice(6), recorded=("turn_left",))
    poses = [pose_of(networks, video.image(at_s)).yaw for at_s in np.arange(0.0, 6.0, 0.5)]
    assert max(poses) - poses[0] > 15


# --- people -------------------------------------------------------------------------------------------------


def test_somebody_turns_to_their_own_left_after_a_while_and_comes_back() -> None:
    body = Body(dice(7), PROMPT, 230.0)
    body.ask("turn_left", 1.0)
    yaws = {at_s: body.turn(at_s).yaw for at_s in np.round(np.arange(0.0, 12.0, 0.1), 1)}
    assert yaws[1.4] == 0
    assert max(yaws.values()) >= PROMPT.turn_deg.least and min(yaws.values()) > -1
    assert abs(yaws[11.9]) < 0.1


def test_straight_ends_a_turn() -> None:
    body = Body(dice(8), replace(PROMPT, hold_s=Between(50, 60)), 230.0)
    body.ask("turn_right", 0.0)
    assert body.turn(4.0).yaw < -20
    body.ask("straight", 4.0)
    assert body.turn(8.0).yaw == pytest.approx(0, abs=0.1)


def test_somebody_may_begin_to_the_wrong_side() -> None:
    body = Body(dice(9), replace(PROMPT, wrong_first=1.0), 230.0)
    body.ask("turn_left", 0.0)
    yaws = [body.turn(at_s).yaw for at_s in np.arange(0.0, 6.0, 0.1)]
    wrong, right = int(np.argmin(yaws)), int(np.argmax(yaws))
    assert yaws[wrong] < -12 and yaws[right] > 20 and wrong < right


def test_a_nod_goes_down_first() -> None:
    body = Body(dice(10), PROMPT, 230.0)
    body.ask("nod", 0.0)
    pitches = [body.turn(at_s).pitch for at_s in np.arange(0.0, 8.0, 0.05)]
    assert min(pitches) <= -PROMPT.nod_deg.least and abs(pitches[-1]) < 0.5


@pytest.mark.parametrize("seed", range(50))
def test_nobody_is_quicker_or_slower_than_a_person(seed: int) -> None:
    body = Body(dice(seed), Manner(sway_deg=0.0, sway_px=0.0), 230.0)
    body.ask("turn_left", 1.0)
    began = next(at_s for at_s in np.arange(1.0, 6.0, 0.02) if body.turn(at_s).yaw > 0.5)
    assert 1.4 <= began <= 1.0 + 2.5 + 0.6


def test_people_blink_by_themselves_and_when_asked() -> None:
    body = Body(dice(11), Manner(), 230.0)
    closed = [body.closed(at_s) > 0.9 for at_s in np.arange(0.0, 120.0, 0.02)]
    blinks = sum(now and not before for before, now in pairwise(closed))
    assert 120 / 9 - 1 <= blinks <= 120 / 2
    still = Body(dice(12), replace(PROMPT, own_blink_every_s=Between(50, 60)), 230.0)
    still.ask("blink", 0.0)
    assert max(still.closed(at_s) for at_s in np.arange(0.0, 0.5, 0.02)) == 0
    assert max(still.closed(at_s) for at_s in np.arange(0.5, 2.0, 0.02)) == 1


def test_the_same_word_again_is_not_a_second_request() -> None:
    once, twice = Body(dice(13), PROMPT, 230.0), Body(dice(13), PROMPT, 230.0)
    once.ask("nod", 0.0)
    twice.ask("nod", 0.0)
    twice.ask("nod", 0.4)
    assert once.turn(1.0) == twice.turn(1.0)


def test_two_people_are_two_faces_of_nearly_one_size(networks: Models, cast: Cast) -> None:
    seen = see(networks, PRESENTATIONS["two_faces"](cast, Scene(), dice(14)).image(0.0), NEW, Face())[0]
    assert Hint.ONE_PERSON in seen.quality.hints


def test_after_the_first_action_it_is_somebody_else(networks: Models, cast: Cast) -> None:
    network = matcher_dlib.load()

    def embedded(image: Image) -> Field:
        return network.embed(image, mesh_of(networks, image))

    swapped = SwappedHalfway(cast.sitter, cast.other, CLEAN, dice(15))
    living = Living(cast.sitter, CLEAN, dice(16))
    swapped.ask("look", 0.0)
    first, same = embedded(swapped.image(0.5)), embedded(living.image(0.5))
    swapped.ask("turn_left", 1.0)
    swapped.ask("straight", 3.0)
    other = embedded(swapped.image(9.0))
    assert network.score(first, same) < 0.3 and network.score(first, other) > 0.5


def test_a_change_of_people_changes_neither_pose_nor_room(networks: Models, cast: Cast) -> None:
    swapped = SwappedHalfway(cast.sitter, cast.other, replace(CLEAN, noise=0.0), dice(15))
    swapped.ask("look", 0.0)
    swapped.ask("blink", 1.0)
    swapped.ask("straight", 3.0)
    before, after = swapped.image(2.9), swapped.image(9.0)
    one, other = pose_of(networks, before), pose_of(networks, after)
    assert abs(other.pitch - one.pitch) < 8 and abs(other.yaw - one.yaw) < 8
    assert np.array_equal(before[:, :200], after[:, :200]) and np.array_equal(
        before[:, -200:], after[:, -200:]
    )


def test_a_photo_and_its_holder_take_turns(networks: Models, cast: Cast) -> None:
    """Whose face is to be seen at every step, by the engine that compares."""
    network = matcher_dlib.load()
    turns = TakingTurns(cast.sitter, cast.other, CLEAN, dice(19))
    person = network.embed(
        picture := Living(cast.sitter, CLEAN, dice(16)).image(0.5), mesh_of(networks, picture)
    )
    holder = network.embed(
        picture := Living(cast.other, CLEAN, dice(16)).image(0.5), mesh_of(networks, picture)
    )

    def photo(at_s: float) -> bool:
        vector = network.embed(image := turns.image(at_s), mesh_of(networks, image))
        return network.score(vector, person) < network.score(vector, holder)

    def covered(at_s: float) -> bool:
        return float(turns.image(at_s).mean()) < 40

    turns.ask("look", 0.0)
    assert photo(0.5)
    turns.read(1, False)
    turns.ask("blink", 2.0)
    assert covered(2.1) and not covered(2.7) and not photo(2.7)
    turns.ask("straight", 5.0)
    assert not photo(5.3)
    turns.read(2, False)
    turns.ask("turn_left", 6.0)
    assert covered(6.1) and photo(6.7)
    turns.ask("straight", 10.0)
    assert photo(10.3)
    turns.read(3, False)
    turns.ask("turn_right", 11.0)  # the photo has had its turn
    assert covered(11.1) and not photo(11.7)
    turns.ask("straight", 13.0)  # told to come back: the end is not yet
    assert not photo(14.5)
    turns.read(3, True)
    turns.ask("straight", 15.0)
    assert covered(15.1) and photo(17.0)


def test_an_empty_room_has_no_face(networks: Models) -> None:
    assert not detect(networks, Nobody(Scene(), dice(17)).image(0.0))


# --- scenes -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("scene", "hint"),
    [
        (Scene(), None),
        (Scene(behind=20), None),
        (Scene(light=0.2), Hint.TOO_DARK),
        (Scene(light=2.0), Hint.TOO_BRIGHT),
        (Scene(face_px=100), Hint.COME_CLOSER),
        (Scene(face_px=520, y=0.5), Hint.GO_BACK),
        (Scene(mask=True), Hint.TAKE_OFF_MASK),
        (Scene(sunglasses=True), Hint.TAKE_OFF_SUNGLASSES),
        (Scene(blur=6.0), Hint.HOLD_STILL),
    ],
)
def test_the_engine_says_what_is_wrong_with_a_scene(
    networks: Models, cast: Cast, scene: Scene, hint: Hint | None
) -> None:
    quality: Quality = see(networks, Living(cast.sitter, scene, dice(18)).image(0.0), NEW, Face())[0].quality
    assert quality.hints == () if hint is None else hint in quality.hints


@pytest.mark.parametrize("name", PRESENTATIONS)
def test_the_same_seed_gives_the_same_pixels_and_no_two_pictures_are_one(name: str, cast: Cast) -> None:
    def pictures(seed: int) -> list[Image]:
        small = replace(any_scene(dice(seed)), width=640, height=360, face_px=110.0, noise=2.0)
        shown = PRESENTATIONS[name](cast, small, dice(seed))
        shown.ask("blink", 0.0)
        return [shown.image(at_s) for at_s in (0.0, 1.1, 1.2)]

    one, again, other = pictures(1), pictures(1), pictures(2)
    assert all(np.array_equal(a, b) for a, b in zip(one, again, strict=True))
    assert not any(np.array_equal(a, b) for a, b in zip(one, other, strict=True))
    assert not np.array_equal(one[1], one[2])
    assert one[0].shape == (360, 640, 3) and one[0].dtype == np.uint8


def test_pictures_come_unevenly_at_the_rate_of_the_scene() -> None:
    times = list(Scene(fps=20, fps_jitter=0.2).moments(dice(19), 50.0))
    steps = np.diff(times)
    assert len(times) == pytest.approx(1000, rel=0.05)
    assert steps.min() > 0 and steps.std() == pytest.approx(0.01, rel=0.3)


def test_a_portrait_needs_its_mesh() -> None:
    with pytest.raises(ValueError, match="468"):
        Portrait(np.zeros((10, 10, 3), np.uint8), np.zeros((5, 3), np.float32))
