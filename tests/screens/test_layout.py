"""Nothing is cut off: every screen, plain and nasty, both themes, both text sizes, kiosk and tablet."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from itertools import combinations
from typing import Any

import pytest
from sample_views import EVERY, PLAIN

from kiosk import texts, views
from tests.screens.conftest import CONFIG

KIOSK = ((1080, 1920), 102.5)
TABLET = ((1280, 800), 149.0)
MODES = [
    (theme, large, panel)
    for theme in ("DEFAULT", "HIGH_CONTRAST")
    for large in (False, True)
    for panel in (KIOSK, TABLET)
]


def page_of(view: Any, shell_for: Any, theme: str, large: bool, panel: Any, site: Any = CONFIG.site) -> Any:
    from screens import theme as themes
    from screens.catalogue import page_for

    size, dpi = panel
    page = page_for(view, shell_for(getattr(themes, theme), large, size, dpi, site), {})
    page.put(0, 0, *size)
    page.stop()
    return page


def boxes(page: Any) -> list[Any]:
    return [box for box in page.walk(restrict=True) if box is not page]


def cut_texts(page: Any) -> list[str]:
    from screens.drawing import Text

    return [
        f"{box.text}: {box.ink_width():.0f}x{box.ink_height():.0f} in {box.width}x{box.height}"
        for box in boxes(page)
        if isinstance(box, Text)
        and box.text.strip()
        and (box.ink_width() > box.width + 2 or box.ink_height() > box.height + 2)
    ]


def outside(page: Any) -> list[str]:
    found = []
    for box in boxes(page):
        parent = box.parent
        if (
            box.x < parent.x - 2
            or box.y < parent.y - 2
            or box.right > parent.right + 2
            or box.top > parent.top + 2
        ):
            found.append(
                f"{type(box).__name__} {box.pos}{box.size} in {type(parent).__name__} {parent.pos}{parent.size}"
            )
    return found


def overlapping(page: Any) -> list[str]:
    found = []
    for parent in page.walk(restrict=True):
        for one, other in combinations([c for c in parent.children if c.width > 0 and c.height > 0], 2):
            wide = min(one.right, other.right) - max(one.x, other.x)
            high = min(one.top, other.top) - max(one.y, other.y)
            if wide > 2 and high > 2:
                found.append(f"{type(one).__name__} and {type(other).__name__} in {type(parent).__name__}")
    return found


def apart(one: Any, other: Any) -> float:
    return max(one.x - other.right, other.x - one.right, one.y - other.top, other.y - one.top)


def too_small(page: Any) -> list[str]:
    return [
        f"{press.words} {press.width}x{press.height}"
        for press in page.presses()
        if min(press.width, press.height) < 12.7 * page.look.pixels_per_mm
    ]


def too_near(page: Any) -> list[str]:
    return [
        f"{one.words} and {other.words}: {apart(one, other):.0f}"
        for one, other in combinations(page.presses(), 2)
        if apart(one, other) < 2.5 * page.look.pixels_per_mm - 1  # whole pixels
    ]


def luminance(colour: tuple[float, ...]) -> float:
    """WCAG 2.2, relative luminance."""
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour[:3])
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: tuple[float, ...], other: tuple[float, ...]) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def ground(text: Any, page: Any) -> str:
    """The role a text stands on."""
    from screens.buttons import Press
    from screens.drawing import Panel
    from screens.figures import StepBar
    from screens.frame import Bar, Header

    box = text
    while box is not page:
        parent = box.parent
        if isinstance(parent, StepBar) and text in parent.marks:
            return "brand" if parent.marks.index(text) == parent.now else "card"
        if isinstance(parent, Panel | Press) and parent.fill:
            return str(parent.fill)
        if isinstance(parent, Header):
            return "brand_deep"
        if isinstance(parent, Bar):
            return "card"
        box = parent
    return "paper"


def faint(page: Any) -> list[str]:
    from screens.drawing import Text

    colour = page.look.theme.colour
    return [
        f"{span.text} {span.role or box.role} on {ground(box, page)}"
        for box in boxes(page)
        if isinstance(box, Text)
        for span in box.spans
        if span.text.strip()
        and contrast(colour(span.role or box.role), colour(ground(box, page)))
        < 4.495  # #C2570C on white is 4.50
    ]


@pytest.mark.parametrize(("theme", "large", "panel"), MODES)
@pytest.mark.parametrize("name", EVERY)
def test_nothing_is_cut_off(name: str, theme: str, large: bool, panel: Any, shell_for: Any) -> None:
    page = page_of(EVERY[name], shell_for, theme, large, panel)
    assert cut_texts(page) == []
    assert outside(page) == []
    assert overlapping(page) == []
    assert too_small(page) == []
    assert too_near(page) == []
    assert faint(page) == []


@pytest.mark.parametrize("large", [False, True])
@pytest.mark.parametrize("panel", [KIOSK, TABLET])
def test_a_long_place_and_a_long_helper_fit(large: bool, panel: Any, shell_for: Any) -> None:
    from screens.help_over import Help, HelpOver

    site = replace(
        CONFIG.site,
        place="威海市文登区泽头镇岛集村党群服务中心便民服务大厅社会保障窗口",
        helper="欧阳阿卜杜热合曼（东门值班室）",
    )
    size, dpi = panel
    from screens.theme import DEFAULT

    page = HelpOver(Help(), shell_for(DEFAULT, large, size, dpi, site), {})
    page.put(0, 0, *size)
    page.stop()
    assert [*cut_texts(page), *outside(page), *overlapping(page), *too_small(page), *too_near(page)] == []
    assert page.presses()[0].answer == "close"


@pytest.mark.parametrize("large", [False, True])
@pytest.mark.parametrize("panel", [KIOSK, TABLET])
@pytest.mark.parametrize("name", EVERY)
def test_type_is_never_under_thirty_units(name: str, panel: Any, large: bool, shell_for: Any) -> None:
    """30 pixels of the kiosk's panel, 18 of the tablet's, which is held nearer; however full the page is."""
    from screens.drawing import Text

    page = page_of(EVERY[name], shell_for, "DEFAULT", large, panel)
    body = [box for box in page.content.walk(restrict=True) if isinstance(box, Text)]
    frame = [box for box in boxes(page) if isinstance(box, Text) and box not in body]
    small = [
        box.text
        for box in body
        for span in box.spans
        if box.pixels(span) < 30 * page.look.unit - 0.5  # whole pixels
    ]
    page.look.shrink = 1.0  # header and bar are drawn before the page is fitted
    small += [box.text for box in frame for span in box.spans if box.pixels(span) < 30 * page.look.unit - 0.5]
    assert body and small == []


@pytest.mark.parametrize("panel", [KIOSK, TABLET])
@pytest.mark.parametrize("name", EVERY)
def test_large_type_makes_nothing_smaller(name: str, panel: Any, shell_for: Any) -> None:
    from screens.drawing import Text

    def smallest(large: bool) -> dict[str, int]:
        """The least size of each text of the page."""
        found: dict[str, int] = {}
        page = page_of(EVERY[name], shell_for, "DEFAULT", large, panel)
        for box in boxes(page.content):
            if isinstance(box, Text) and box.spans:
                size = min(box.pixels(span) for span in box.spans)
                found[box.text] = min(size, found.get(box.text, size))
        return found

    normal, large = smallest(False), smallest(True)
    assert {words for words, size in normal.items() if large.get(words, size) < size} == set()
    assert len(normal.keys() & large.keys()) >= 1


def test_a_payment_for_six_people_is_larger_in_large_type(shell_for: Any) -> None:
    from screens.drawing import Text

    lines = tuple(
        views.ConfirmLine(name, "居民医疗 2027年度", "", 42_000)
        for name in ("张秀英", "王*山", "王*", "王*明", "李*", "王*华")
    )
    view = views.ConfirmPayment(views.Steps(views.PAYING_STEPS, 2), lines, 252_000)
    normal, large = (
        [box.pixels(box.spans[0]) for box in boxes(page.content) if isinstance(box, Text) and not box.fit]
        for page in (page_of(view, shell_for, "DEFAULT", big, KIOSK) for big in (False, True))
    )
    assert all(big >= 1.15 * small for small, big in zip(normal, large, strict=True))


# --- a list that is longer than its room


@pytest.mark.parametrize("large", [False, True])
@pytest.mark.parametrize("panel", [KIOSK, TABLET])
@pytest.mark.parametrize("name", ["my-page-full", "my-page-due-full", "choose-members-none"])
def test_every_row_is_reached_and_the_button_says_how_many_there_are(
    name: str, panel: Any, large: bool, shell_for: Any
) -> None:
    from screens.row_pages import NEXT, RowPages

    page = page_of(EVERY[name], shell_for, "DEFAULT", large, panel)
    (rows,) = (box for box in boxes(page) if isinstance(box, RowPages))
    seen: list[Any] = []
    while True:
        now = [row for row in rows.rows if row.parent is rows]
        if seen and now[0] is seen[0]:
            break
        seen += now
        assert [*cut_texts(page), *outside(page), *overlapping(page), *too_small(page), *too_near(page)] == []
        turn = [press for press in page.presses() if press.answer == NEXT]
        if not turn:
            break
        behind = len(rows.rows) - len(seen)
        words = texts.MORE_ROWS.format(count=behind) if behind else texts.FIRST_ROWS
        assert turn[0].words == words
        place = (turn[0].pos, turn[0].size)
        turn[0].action()
        assert (turn[0].pos, turn[0].size) == place  # where the finger is
    assert seen == rows.rows


def test_the_rows_that_were_brought_outlive_a_redraw(stage: Any) -> None:
    from screens.row_pages import NEXT

    page = stage.mount(EVERY["my-page-due-full"])
    first = [press.answer for press in page.presses()]
    stage.tap(lambda press: press.answer == NEXT)
    after = [press.answer for press in page.presses()]
    assert after != first and not stage.answers
    page.update(replace(EVERY["my-page-due-full"], card_present=False))  # type: ignore[type-var]
    assert [press.answer for press in page.presses()] == after


def test_a_list_with_room_has_no_button(shell_for: Any) -> None:
    from screens.row_pages import NEXT

    page = page_of(EVERY["my-page"], shell_for, "DEFAULT", False, KIOSK)
    assert NEXT not in [press.answer for press in page.presses()]


def test_the_clock_keeps_its_size_on_a_full_page(shell_for: Any) -> None:
    from kivy.graphics import Rectangle

    page = page_of(EVERY["confirm-payment-six"], shell_for, "DEFAULT", True, KIOSK)
    assert page.look.shrink < 1

    def drawn() -> list[Any]:
        return [each.size for each in page.header.clock.canvas.children if isinstance(each, Rectangle)]

    before = drawn()
    page.tick(datetime(2026, 11, 23, 9, 26))  # noqa: DTZ001 - what the header shows
    assert before and drawn() == before


@pytest.mark.parametrize("name", PLAIN)
def test_large_type_is_larger(name: str, shell_for: Any) -> None:
    from screens.drawing import Text

    normal, large = (page_of(PLAIN[name], shell_for, "DEFAULT", big, KIOSK) for big in (False, True))
    sizes = [
        [
            (box.text, box.pixels(box.spans[0]))
            for box in boxes(page.content)
            if isinstance(box, Text) and box.spans and not box.fit
        ]
        for page in (normal, large)
    ]
    before, after = sizes
    if name == "records":  # in large type the chart has the room of the oldest payment
        before = before[:-5] + before[-2:]
    assert [words for words, _ in after] == [words for words, _ in before]
    for (_, small), (_, big) in zip(before, after, strict=True):
        assert big >= 1.15 * small


def test_the_walk_sees_what_is_cut(shell_for: Any) -> None:
    """The checks have teeth: a page put into too small a box fails each of them."""
    from screens.drawing import Text

    page = page_of(EVERY["choose-tier"], shell_for, "DEFAULT", False, KIOSK)
    page.content.put(56, 600, 968, 500)
    assert outside(page)
    choice, other = page.presses()[0:2]
    choice.put(choice.x, choice.y, 40, 40)
    title = next(box for box in boxes(page) if isinstance(box, Text) and "缴费档次" in box.text)
    title.put(*title.pos, title.width / 3, title.height)
    assert cut_texts(page)
    assert too_small(page)
    choice.put(*other.pos, *other.size)
    assert too_near(page)
    page.shell.ink.look.theme = replace(page.look.theme, ink_soft="#B0B0B0")
    assert faint(page)


@pytest.mark.parametrize("hint", views.CardHint)
def test_a_card_that_was_not_read_costs_nobody_anything(hint: views.CardHint, shell_for: Any) -> None:
    """What happened, what it means for the money, what to do now: the hint says the first and the last."""
    from screens.drawing import Text

    view = views.PresentCard(views.Steps(views.IDENTIFY_STEPS, 0), hint)
    page = page_of(view, shell_for, "DEFAULT", False, KIOSK)
    words = "".join(box.text for box in boxes(page.content) if isinstance(box, Text))
    assert ("没有扣钱" in words) == (hint is not views.CardHint.PLACE)
