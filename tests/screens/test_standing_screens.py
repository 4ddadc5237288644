"""What is due over the choice of ways, and from when to when on the result: on the screen, not only in the view."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sample_views import EVERY
from test_check_screens import said

from kiosk import texts


@pytest.mark.parametrize("name", ["choose-way-due", "choose-way-refused"])
def test_what_is_due_is_the_title_and_the_choice_stands_under_it(name: str, stage: Any) -> None:
    view = EVERY[name]
    shown = said(stage.mount(view))
    assert view.title in shown and view.note in shown
    assert texts.WAY_TITLE in shown and texts.WAY_NOTE in shown  # in the words that are spoken


def test_who_does_it_early_reads_only_the_choice(stage: Any) -> None:
    assert "资格认证" not in said(stage.mount(EVERY["choose-way"]))


def test_the_result_says_from_when(stage: Any) -> None:
    view = EVERY["certified"]
    words = texts.CERTIFIED_FROM.format(day=view.next_from)
    assert view.next_from and words in said(stage.mount(view))
    assert "起就可以办" not in said(stage.mount(replace(view, next_from="")))
