"""查我的社保 and 打印凭证: looking costs nothing, and paper trouble is only paper trouble."""

from __future__ import annotations

from typing import Any

import pytest

from kiosk import texts, views
from kiosk.flows import records
from kiosk.views import BACK, AttentionButton, MyPageButton, PaidButton, RecordsButton, Service
from tests.desk import WORLD, Do
from tests.visitor import PENSION, Visitor

LEAVE = MyPageButton.LEAVE
FIRST, SECOND = AttentionButton.FIRST, AttentionButton.SECOND


def cut(visitor: Visitor) -> Do:
    return Do(lambda: setattr(visitor.stand.network, "cut", True))


def paid(visitor: Visitor) -> dict[str, Any]:
    """Somebody who has just paid, with paper."""
    person = visitor.somebody()
    visitor.visit(*visitor.come(person), PENSION, "300", True, visitor.cashier(), WORLD, PaidButton.DONE)
    visitor.sweep()
    return person


def test_looks_and_prints(visitor: Visitor) -> None:
    desk = visitor.visit(
        *visitor.come(visitor.somebody()), MyPageButton.RECORDS, RecordsButton.PRINT, FIRST, BACK, LEAVE
    )
    assert [v.title for v in desk.told] == [texts.RECORDS_PRINTED_TITLE]
    (sheet,) = visitor.stand.printer.sheets
    words = "\n".join(sheet.text)
    assert words.startswith("个人缴费记录") and "不作证明使用" in words
    assert visitor.sheets() == []  # it is no receipt
    assert visitor.orders() == {}


def test_what_was_paid_is_there_at_once(visitor: Visitor) -> None:
    person = paid(visitor)
    desk = visitor.visit(*visitor.come(person), MyPageButton.RECORDS, BACK, LEAVE)
    view = desk.last(views.Records)
    assert view.this_year_paid
    assert view.rows[0].amount_fen == 30000 and "居民养老" in view.rows[0].title
    assert [bar.current for bar in view.bars] == [False] * 5 + [True]
    assert view.bars[-1].amount_fen == 30000


@pytest.mark.parametrize(
    ("trouble", "words"),
    [("paper_out", "没有纸"), ("jam", "检修"), ("open_cover", "检修"), ("power_off", "检修")],
)
def test_records_that_do_not_come_out(visitor: Visitor, trouble: str, words: str) -> None:
    fail = Do(getattr(visitor.stand.printer, trouble))
    desk = visitor.visit(
        *visitor.come(visitor.somebody()), MyPageButton.RECORDS, fail, RecordsButton.PRINT, FIRST, BACK, LEAVE
    )
    (told,) = desk.told
    assert told.title == texts.RECORDS_NOT_PRINTED_TITLE
    assert words in told.body[0] and "没有扣钱" in told.body[1] and "换一台机器" in told.body[1]


def test_central_goes_away_before_the_records(visitor: Visitor) -> None:
    """Asked again as often as the person likes; then back to the page, which needs central too."""
    desk = visitor.visit(
        *(*visitor.come(visitor.somebody()), cut(visitor), MyPageButton.RECORDS, FIRST, SECOND, SECOND)
    )
    assert {v.title for v in desk.told} == {texts.NO_CENTRE_TITLE} and len(desk.told) == 3
    assert "Records" not in desk.trace
    assert "钱和待遇不受影响" in desk.told[0].body[0]


def test_central_comes_back_for_the_records(visitor: Visitor) -> None:
    heal = Do(visitor.stand.network.healthy)
    desk = visitor.visit(
        *(*visitor.come(visitor.somebody()), cut(visitor), MyPageButton.RECORDS, heal, FIRST, BACK, LEAVE)
    )
    assert len(desk.told) == 1 and "Records" in desk.trace


def test_central_goes_away_before_a_reprint(visitor: Visitor) -> None:
    person = paid(visitor)
    desk = visitor.visit(*visitor.come(person), cut(visitor), MyPageButton.REPRINT, SECOND, SECOND)
    assert {v.title for v in desk.told} == {texts.NO_CENTRE_TITLE}
    assert len(visitor.stand.printer.sheets) == 1


def test_reprint_from_the_records_comes_back_to_them(visitor: Visitor) -> None:
    person = paid(visitor)
    number = visitor.order().slips[0].receipt_no
    desk = visitor.visit(
        *(*visitor.come(person), MyPageButton.RECORDS, RecordsButton.REPRINT, number, PaidButton.DONE),
        *(BACK, LEAVE),
    )
    assert desk.trace[3:-1] == [
        "Working",
        "Records",
        "Working",
        "ChooseReceipt",
        "Working",
        "Paid",
        "Records",
        "Working",
        "MyPage",
    ]
    assert [sheet.copy for sheet in visitor.sheets()] == [False, True]


def test_the_reprint_tile(visitor: Visitor) -> None:
    person = paid(visitor)
    number = visitor.order().slips[0].receipt_no
    desk = visitor.visit(
        *(Service.REPRINT, visitor.place(person), WORLD, visitor.take, number, PaidButton.DONE, LEAVE)
    )
    chosen = desk.last(views.ChooseReceipt)
    newest = chosen.options[0]
    assert (newest.key, newest.amount_fen, newest.owed) == (number, 30000, False)
    assert not chosen.more


def test_a_copy_can_go_to_the_phone(visitor: Visitor) -> None:
    person = paid(visitor)
    number = visitor.order().slips[0].receipt_no
    desk = visitor.visit(
        *(*visitor.come(person), MyPageButton.REPRINT, number, PaidButton.PHONE, None, PaidButton.DONE, LEAVE)
    )
    assert desk.last(views.SaveToPhone).receipt_no == number


def test_more_receipts_than_a_page_holds_go_round(visitor: Visitor) -> None:
    """Five, five, two, and from the beginning again."""
    from tests.kiosk.test_my_page import receipt

    kiosk = visitor.start().kiosk
    pages: list[int] = []

    class Turner:
        def show(self, view: Any) -> None: ...

        def ask(self, view: views.ChooseReceipt, **_: Any) -> Any:
            pages.append(len(view.options))
            assert view.more
            return "more" if len(pages) < 4 else BACK

    object.__setattr__(kiosk, "desk", Turner())
    records.choose_and_print(kiosk, tuple(receipt(n) for n in range(12)))
    assert pages == [5, 5, 2, 5]


def test_back_from_the_receipts_prints_nothing(visitor: Visitor) -> None:
    person = paid(visitor)
    visitor.visit(*visitor.come(person), MyPageButton.REPRINT, BACK, LEAVE)
    assert len(visitor.stand.printer.sheets) == 1
