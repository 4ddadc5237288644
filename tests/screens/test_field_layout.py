"""Nothing is cut off on a tablet: every view of it, plain and nasty, both ways up, both themes, both text sizes."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from typing import Any

import pytest
from field_views import FIELD, FIELD_EVERY, LONG_BOARD, visit
from sample_views import LONG_NAME, REASONS

from kiosk import views
from kiosk.field.views import Link, SignPanel, VisitButton
from tests.screens.conftest import CONFIG
from tests.screens.test_layout import (
    apart,
    boxes,
    cut_texts,
    faint,
    outside,
    overlapping,
    page_of,
    too_small,
)

ACROSS, UPRIGHT = ((1280, 800), 149.0), ((800, 1280), 149.0)
SITE = replace(CONFIG.site, kiosk_id="TB01", profile="tablet")
MODES = [
    (theme, large, panel)
    for theme in ("DEFAULT", "HIGH_CONTRAST")
    for large in (False, True)
    for panel in (ACROSS, UPRIGHT)
]
SHARED: dict[str, views.View[Any]] = {  # what a kiosk shows too
    "working": views.Working("正在加密保存，请稍等"),
    "choose-reason": views.ChooseReason(REASONS),
    "attention": views.Attention(
        "circle-alert",
        "没有存下来",
        ("平板的存储空间可能满了，这一次没有存下来。", "老人的待遇不受影响。腾出空间后请再办一次。"),
        "再试一次",
        "先不办",
        tone="bad",
    ),
    "attention-name": views.Attention(
        "circle-alert",
        f"登记 {LONG_NAME} 去世，对吗？",
        ("只登记，由中心核实，今天什么也不变。",),
        "对，登记",
        "不是，返回",
    ),
}
SHOWN = {**FIELD_EVERY, **SHARED}


def in_lists(page: Any) -> set[Any]:
    """The rows that are drawn."""
    from screens.scroll import Scroll

    return {box for box in boxes(page) if isinstance(box.parent, Scroll)}


def near(page: Any) -> list[str]:
    """As ``too_near``: the rows among themselves, and the list as one against whatever else is pressed."""
    from screens.scroll import Scroll

    rows = [row.boxes[0] for row in in_lists(page)]
    lists = [box for box in boxes(page) if isinstance(box, Scroll)]
    others = [press for press in page.presses() if press not in rows]
    least = 2.5 * page.look.pixels_per_mm - 1
    pairs = [*combinations(rows, 2), *combinations([*others, *lists], 2)]
    return [
        f"{one} and {other}: {apart(one, other):.0f}" for one, other in pairs if apart(one, other) < least
    ]


def checked(page: Any) -> list[str]:
    """A row at the edge of a list goes beyond it: it is clipped there, and a finger brings it."""
    rows = [found for found in outside(page) if not found.startswith("BoardRow")]
    assert all(row.width == row.parent.width for row in in_lists(page))
    return [*cut_texts(page), *rows, *overlapping(page), *too_small(page), *near(page), *faint(page)]


@pytest.mark.parametrize(("theme", "large", "panel"), MODES)
@pytest.mark.parametrize("name", SHOWN)
def test_nothing_is_cut_off(name: str, theme: str, large: bool, panel: Any, shell_for: Any) -> None:
    assert checked(page_of(SHOWN[name], shell_for, theme, large, panel, SITE)) == []


@pytest.mark.parametrize("large", [False, True])
@pytest.mark.parametrize("name", ["field-visit", "field-visit-long"])
def test_the_list_that_was_opened_is_not_cut_off(name: str, large: bool, shell_for: Any) -> None:
    page = page_of(SHOWN[name], shell_for, "DEFAULT", large, UPRIGHT, SITE)
    page._toggle_list()
    assert len(in_lists(page)) >= 3
    assert checked(page) == []


@pytest.mark.parametrize("large", [False, True])
@pytest.mark.parametrize("panel", [ACROSS, UPRIGHT])
def test_every_row_of_a_long_list_fits(panel: Any, large: bool, shell_for: Any) -> None:
    """Also those that one sees only by scrolling."""
    page = page_of(SHOWN["field-day-long"], shell_for, "DEFAULT", large, panel, SITE)
    seen: set[Any] = set()
    at = 0.0
    while True:
        page.rows.move_to(at)
        assert cut_texts(page) == []
        seen |= in_lists(page)
        if at >= page.rows.most():
            break
        at += page.rows.height / 2
    assert seen == set(page.rows.rows)
    assert len(seen) == len(LONG_BOARD.rows)


@pytest.mark.parametrize("panel", [ACROSS, UPRIGHT])
@pytest.mark.parametrize("name", FIELD)
def test_a_tablet_has_neither_home_nor_help(name: str, panel: Any, shell_for: Any) -> None:
    page = page_of(SHOWN[name], shell_for, "DEFAULT", False, panel, SITE)
    answers = {press.answer for press in page.presses() if isinstance(press.answer, str)}
    assert {"contrast", "large"} <= answers
    assert not answers & {"home", "help"}


@pytest.mark.parametrize("name", SHARED)
def test_nor_have_the_kiosks_own_pages_on_a_tablet(name: str, shell_for: Any) -> None:
    page = page_of(SHARED[name], shell_for, "DEFAULT", False, ACROSS, SITE)
    assert not {press.answer for press in page.presses()} & {"home", "help"}
    in_a_hall = page_of(SHARED[name], shell_for, "DEFAULT", False, ACROSS)
    assert "help" in {press.answer for press in in_a_hall.presses()}


@pytest.mark.parametrize("panel", [ACROSS, UPRIGHT])
@pytest.mark.parametrize("large", [False, True])
def test_who_is_met_is_in_the_list_as_it_opens(panel: Any, large: bool, shell_for: Any) -> None:
    page = page_of(SHOWN["field-day-long"], shell_for, "DEFAULT", large, panel, SITE)
    row = page.rows.rows[44]
    assert row in in_lists(page)
    assert row.selected
    assert row.y + page.rows.at >= page.rows.y - 1
    assert row.top + page.rows.at <= page.rows.top + 1


@pytest.mark.parametrize(
    ("link", "unsent", "words"),
    [
        (Link.OFFLINE, 5, "离线中 · 5 份已加密保存，联网后自动上传"),
        (Link.OFFLINE, 0, "离线中 · 没有要上传的"),
        (Link.SENDING, 5, "正在上传 · 5 份待上传，2.3 MB"),
        (Link.ONLINE, 5, "已联网 · 5 份待上传，2.3 MB"),
        (Link.ONLINE, 0, "已联网 · 全部上传好了"),
        (Link.FULL, 5, "5 份待上传，2.3 MB · 请先联网上传，再去下一户"),
    ],
)
def test_the_foot_says_what_is_with_central(link: Link, unsent: int, words: str, shell_for: Any) -> None:
    page = page_of(SHOWN[f"field-link-{link.value}-{unsent}"], shell_for, "DEFAULT", False, ACROSS, SITE)
    assert words in [box.text for box in page.foot.walk(restrict=True) if hasattr(box, "text_size")]


@pytest.mark.parametrize(
    ("size_bytes", "words"), [(2_300_000, "2.3 MB"), (999_999, "1000 KB"), (48_400, "48 KB"), (12, "1 KB")]
)
def test_a_size_is_said_in_few_digits(size_bytes: int, words: str) -> None:
    from screens.board import size_words

    assert size_words(size_bytes) == words


@pytest.mark.parametrize("panel", [ACROSS, UPRIGHT])
def test_a_field_to_sign_is_wide_enough_for_a_name(panel: Any, shell_for: Any) -> None:
    view = visit(SignPanel("见证人"), 3, VisitButton.LEAVE, VisitButton.SAVE)
    page = page_of(view, shell_for, "DEFAULT", False, panel, SITE)
    millimetres = page.look.pixels_per_mm
    assert page.stage.field.width >= 110 * millimetres
    assert page.stage.field.height >= 50 * millimetres


@pytest.mark.parametrize("panel", [ACROSS, UPRIGHT])
@pytest.mark.parametrize("name", ["field-visit-looking", "field-visit-blink", "field-visit-hint"])
def test_a_face_is_seen_large(name: str, panel: Any, shell_for: Any) -> None:
    page = page_of(SHOWN[name], shell_for, "DEFAULT", False, panel, SITE)
    _, _, wide, high = page.stage.mirror._oval()
    assert high >= 45 * page.look.pixels_per_mm
    assert wide >= 34 * page.look.pixels_per_mm
