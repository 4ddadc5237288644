"""A kiosk that central has stopped takes no money and says so calmly; everything else goes on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from central import alarms
from central.server import Running
from kiosk import texts
from kiosk.payment import State
from kiosk.views import BACK, Attention, AttentionButton, MyPageButton, PaidButton
from tests.desk import WORLD
from tests.visitor import PENSION, Visitor

LEAVE = MyPageButton.LEAVE


@pytest.fixture
def stopped(central: Running) -> Iterator[None]:
    """WD001 takes no money; lifted afterwards, because all flow tests share one central."""
    database = central.service.database
    with database.write() as connection:
        alarms.stop(connection, "WD001", "amount_differs", "test", at_ms=0)
    yield
    with database.write() as connection:
        alarms.lift(connection, "WD001", "test", "test", at_ms=0)


@pytest.mark.usefixtures("stopped")
def test_nothing_is_charged_and_the_screen_says_where_to_go(visitor: Visitor) -> None:
    person = visitor.somebody()
    desk = visitor.visit(*visitor.come(person), PENSION, "300", True, AttentionButton.FIRST, LEAVE)
    (page,) = [view for view in desk.asked if isinstance(view, Attention)]
    assert (page.title, page.body) == (texts.STOPPED_TITLE, texts.STOPPED_BODY)
    assert "没有扣钱" in page.body[0]
    assert visitor.order().money is State.CLOSED
    visitor.agree()


@pytest.mark.usefixtures("stopped")
def test_records_go_on(visitor: Visitor) -> None:
    person = visitor.somebody()
    desk = visitor.visit(*visitor.come(person), MyPageButton.RECORDS, BACK, LEAVE)
    assert "Records" in desk.trace


def test_once_lifted_it_takes_money_again(visitor: Visitor) -> None:
    person = visitor.somebody()
    visitor.visit(*visitor.come(person), PENSION, "300", True, visitor.cashier(), WORLD, PaidButton.DONE)
    assert visitor.order().money is State.PAID
