"""The mirror: the newest picture and nothing else, in one texture, the right way round; what changes does not flicker."""

from __future__ import annotations

import time
from itertools import pairwise
from typing import Any

import pytest
from sample_views import EVERY, check

from kiosk import texts, views
from kiosk.face.booth import Picture
from kiosk.face.guidance import Action, Guidance, Phase
from kiosk.face.verdicts import Hint
from tests.screens.test_layout import KIOSK, TABLET, page_of

LEFT = Guidance(Phase.ACTING, Action.TURN_LEFT, 2, 3, progress=0.4)
SAID = [
    Guidance(),
    *(Guidance(Phase.ACTING, action, 2, 3) for action in Action),
    *(Guidance(Phase.RETURNING, action, 2, 3) for action in (Action.NOD, Action.TURN_LEFT)),
    Guidance(Phase.COMPARING, None, 3, 3),
    *(Guidance(Phase.LOOKING, hint=hint) for hint in (Hint.COME_TO_THE_SCREEN, Hint.HOLD_STILL)),
]


class Camera:
    """A preview that a test points at something."""

    def __init__(self) -> None:
        self.newest: Picture | None = None
        self.asked: list[int] = []

    def read(self, after: int) -> Picture | None:
        self.asked.append(after)
        return self.newest if self.newest is not None and self.newest.number > after else None

    def sees(self, number: int, rows: list[bytes]) -> None:
        """``rows`` of RGB pixels from the top."""
        self.newest = Picture(number, len(rows[0]) // 3, len(rows), b"".join(rows))


def next_look(stage: Any, camera: Camera) -> None:
    """Frames until the page has looked for a picture again, and has drawn what it found."""
    looked, until_s = len(camera.asked), time.monotonic() + 10
    while time.monotonic() < until_s:
        stage.frames(1)
        if len(camera.asked) > looked:
            stage.frames(1)
            return
    raise AssertionError("the page does not look")


RED, GREEN, BLUE, WHITE = b"\xff\0\0", b"\0\xff\0", b"\0\0\xff", b"\xff\xff\xff"


def plain(colour: bytes, width: int = 161, height: int = 120) -> list[bytes]:
    """An odd width: rows of RGB need no padding."""
    return [colour * width] * height


def quarters() -> list[bytes]:
    """Red and green above, blue and white below."""
    return [RED * 80 + GREEN * 80] * 60 + [BLUE * 80 + WHITE * 80] * 60


def stands(stage: Any, camera: Camera, guidance: Guidance = LEFT) -> Any:
    """The page, with the first frames drawn."""
    page = stage.mount(views.FaceLook(check(2), guidance, camera))
    stage.frames()
    return page


def pixel(stage: Any, across: float, down: float) -> tuple[int, ...]:
    """What is drawn in the oval, ``across`` and ``down`` from its middle in shares of its half sizes."""
    from screens import camera_roll

    x, y, wide, high = stage.app.page.mirror._oval()
    width, height, data = camera_roll.pixels()
    column = round(x + wide / 2 * (1 + across))
    row = round(height - (y + high / 2 * (1 - down)))
    at = (row * width + column) * 3
    return tuple(data[at : at + 3])


def test_the_picture_is_the_right_way_up_and_mirrored_no_second_time(stage: Any) -> None:
    camera = Camera()
    camera.sees(1, quarters())
    stands(stage, camera)
    found = [pixel(stage, x, y) for y in (-0.4, 0.4) for x in (-0.4, 0.4)]
    assert found == [(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)]


def test_the_picture_keeps_its_shape_in_the_oval(stage: Any) -> None:
    """A disc of a third of the picture's height stays a disc of that size on the screen."""
    camera = Camera()
    side = 240
    rows = [
        b"".join(RED if (x - 160) ** 2 + (y - 120) ** 2 < 40**2 else BLUE for x in range(320))
        for y in range(side)
    ]
    camera.sees(1, rows)
    page = stands(stage, camera)
    _, _, wide, high = page.mirror._oval()
    radius = 40 / side * high * 1.29  # the picture is 1.29 times as high as the oval
    inside, outside = 0.93 * radius, 1.07 * radius
    for across, down in ((1, 0), (-1, 0), (0, 1), (0, -1)):
        assert pixel(stage, across * inside / (wide / 2), down * inside / (high / 2)) == (255, 0, 0)
        assert pixel(stage, across * outside / (wide / 2), down * outside / (high / 2)) == (0, 0, 255)


def test_nothing_is_drawn_beyond_the_oval(stage: Any) -> None:
    camera = Camera()
    camera.sees(1, plain(RED))
    stands(stage, camera)
    assert pixel(stage, 0.9, 0.9) == pixel(stage, -0.95, -0.95) == (0x15, 0x23, 0x2A)


def test_twelve_pictures_take_one_texture_and_the_newest_is_shown(stage: Any) -> None:
    camera = Camera()
    page = stands(stage, camera)
    used = set()
    for number in range(1, 13):
        camera.sees(number, plain(bytes((number, 2 * number, 3 * number))))
        next_look(stage, camera)
        used.add((id(page.mirror.texture), page.mirror.texture.id))
    assert len(used) == 1
    assert page.mirror.number == 12
    assert pixel(stage, 0, 0) == (12, 24, 36)


def test_a_picture_is_taken_within_two_of_the_cameras_frames_and_an_old_one_not_again(stage: Any) -> None:
    camera = Camera()
    page = stands(stage, camera)
    camera.sees(7, plain(GREEN))
    next_look(stage, camera)
    assert page.mirror.number == 7
    assert pixel(stage, 0, 0) == (0, 255, 0)
    next_look(stage, camera)
    assert camera.asked[-1] == 7


def test_the_bytes_of_a_picture_are_zeroed_once_it_is_shown(stage: Any) -> None:
    camera = Camera()
    page = stands(stage, camera)
    rows = plain(RED)
    camera.newest = Picture(3, len(rows[0]) // 3, len(rows), bytearray(b"".join(rows)))
    next_look(stage, camera)
    assert page.mirror.number == 3
    assert pixel(stage, 0, 0) == (255, 0, 0)
    assert not any(camera.newest.pixels)


def test_the_texture_is_wiped_when_the_page_leaves(stage: Any) -> None:
    camera = Camera()
    camera.sees(1, plain(RED))
    page = stands(stage, camera)
    texture = page.mirror.texture
    assert set(texture.pixels[0::4]) == {255}
    stage.mount(EVERY["face-other-ways"])
    assert not any(texture.pixels[0::4]) and not any(texture.pixels[1::4]) and not any(texture.pixels[2::4])
    assert page.mirror.texture is None
    before = len(camera.asked)
    stage.frames()
    assert len(camera.asked) == before


def test_before_the_first_picture_the_screen_says_what_it_does(stage: Any) -> None:
    camera = Camera()
    page = stands(stage, camera, Guidance())
    assert page.mirror.opening.opacity == 1
    assert texts.FACE_OPENING in words(page)
    camera.sees(1, plain(RED))
    next_look(stage, camera)
    assert page.mirror.opening.opacity == 0


def words(page: Any) -> list[str]:
    from screens.drawing import Text

    return [box.text for box in page.content.walk(restrict=True) if isinstance(box, Text)]


def test_other_guidance_changes_the_words_and_builds_nothing_anew(stage: Any) -> None:
    camera = Camera()
    camera.sees(1, plain(RED))
    page = stands(stage, camera)
    content, mirror, texture = page.content, page.mirror, page.mirror.texture
    assert texts.FACE_LEFT in words(page)
    for guidance in SAID:
        stage.app.draw(views.FaceLook(check(2), guidance, camera))
        next_look(stage, camera)
    assert stage.app.page is page
    assert (page.content, page.mirror, page.mirror.texture) == (content, mirror, texture)
    assert texts.FACE_HOLD_STILL in words(page)
    assert texts.FACE_LEFT not in words(page)


def places(page: Any) -> list[tuple[Any, ...]]:
    """What stands where on the page."""
    from screens.drawing import Icon, Text

    return [
        (
            type(box).__name__,
            box.text if isinstance(box, Text) else box.name,
            *box.pos,
            *box.size,
            box.role,
            box.opacity,
        )
        for box in page.content.walk(restrict=True)
        if isinstance(box, Text | Icon)
    ]


@pytest.mark.parametrize("large", [False, True])
@pytest.mark.parametrize("panel", [KIOSK, TABLET])
def test_other_guidance_stands_where_it_would_on_a_page_built_for_it(
    large: bool, panel: Any, shell_for: Any
) -> None:
    camera = Camera()

    def built(guidance: Guidance) -> Any:
        return page_of(views.FaceLook(check(2), guidance, camera), shell_for, "DEFAULT", large, panel)

    page = built(SAID[0])
    for guidance in [*SAID, *reversed(SAID)]:
        page.update(views.FaceLook(check(2), guidance, camera))
        page.mirror._frame(1 / 60)
        assert places(page) == places(built(guidance))


def test_another_check_is_another_mirror(stage: Any) -> None:
    camera, other = Camera(), Camera()
    camera.sees(9, plain(RED))
    page = stands(stage, camera)
    stage.app.draw(views.FaceLook(check(2), LEFT, other))
    assert page.mirror.preview is other
    assert page.mirror.number == -1
    assert page.mirror.texture is None


@pytest.mark.parametrize("large", [False, True])
@pytest.mark.parametrize("panel", [KIOSK, TABLET])
def test_the_oval_stands_still_whatever_is_said(large: bool, panel: Any, shell_for: Any) -> None:
    places = set()
    camera = Camera()
    for guidance in SAID:
        page = page_of(views.FaceLook(check(2), guidance, camera), shell_for, "DEFAULT", large, panel)
        places.add(tuple(round(value) for value in page.mirror._oval()))
    assert len(places) == 1


def test_the_ring_fills_clockwise_from_the_top(stage: Any) -> None:
    camera = Camera()
    camera.sees(1, plain(WHITE))
    page = stands(stage, camera, Guidance(Phase.ACTING, Action.NOD, 1, 2, progress=0.25))
    green, grey = (0x37, 0xC9, 0x7E), (0x6B, 0x77, 0x7D)
    edge = 0.7071
    ring = [pixel(stage, x, y) for x, y in ((edge, -edge), (edge, edge), (-edge, edge), (-edge, -edge))]
    assert ring == [green, grey, grey, grey]
    stage.app.draw(
        views.FaceLook(check(2), Guidance(Phase.ACTING, Action.NOD, 1, 2, progress=0.5), page.view.preview)
    )
    next_look(stage, camera)
    ring = [pixel(stage, x, y) for x, y in ((edge, -edge), (edge, edge), (-edge, edge), (-edge, -edge))]
    assert ring == [green, green, grey, grey]


@pytest.mark.parametrize(
    ("action", "sides"),
    [
        (Action.TURN_LEFT, [-1]),
        (Action.TURN_RIGHT, [1]),
        (Action.NOD, [-1, 1]),
        (Action.BLINK, [-1, 1]),
    ],
)
def test_the_sign_stands_where_the_persons_own_side_is(action: Action, sides: list[int], stage: Any) -> None:
    page = stands(stage, Camera(), Guidance(Phase.ACTING, action, 1, 2))
    x, _, wide, _ = page.mirror._oval()
    middle = x + wide / 2
    centres = [sign.pos[0] + sign.size[0] / 2 for sign in page.mirror._signs]
    assert [-1 if centre < middle else 1 for centre in centres] == sides
    assert all(abs(centre - middle) > wide / 2 for centre in centres)


def test_an_arrow_leans_its_way_and_an_eye_shuts(stage: Any) -> None:
    page = stands(stage, Camera(), Guidance(Phase.ACTING, Action.TURN_LEFT, 1, 2))
    leans = []
    for passed_s in (0.1, 0.3, 0.5, 0.7):
        page.mirror._passed_s = passed_s
        page.mirror._animate()
        leans.append(page.mirror._move.x)
    assert all(one > other for one, other in pairwise(leans))
    page = stands(stage, Camera(), Guidance(Phase.ACTING, Action.BLINK, 1, 2))
    open_eye = page.mirror._signs[0].texture
    page.mirror._passed_s = 1.5
    page.mirror._animate()
    assert page.mirror._signs[0].texture is not open_eye


def test_while_faces_are_compared_something_moves(stage: Any) -> None:
    page = stands(stage, Camera(), Guidance(Phase.COMPARING, None, 3, 3, progress=1.0))
    before = list(page.mirror._ring.points)
    page.mirror._passed_s += 0.5
    page.mirror._animate()
    assert list(page.mirror._ring.points) != before
