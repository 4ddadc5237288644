"""My page: what is due, certified, owed and still open, the most pressing first."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from kiosk import dates, texts, views, wire
from kiosk.flows import my_page
from kiosk.flows.card import Citizen
from kiosk.identity import parse
from kiosk.views import BACK, AttentionButton, CardNews, ItemKind, MyPageButton, PaidButton, Service, Tone
from tests.desk import HOME, WORLD
from tests.visitor import PENSION, Visitor, card_of

LEAVE = MyPageButton.LEAVE
NOW = datetime(2026, 11, 23, 9, 26, tzinfo=dates.CHINA)


def due(product: str = "resident_pension", state: str = "due", **more: Any) -> wire.Due:
    fields = {"title": "居民养老", "insurance": "城乡居民基本养老保险", "year": 2026, **more}
    return wire.Due(product=product, state=wire.DueState(state), **fields)


def receipt(number: int) -> wire.Receipt:
    return wire.Receipt(
        receipt_no=f"{3710812611220000 + number}",
        order_id="WD001-00000001-AAAAAAAAAA",
        person_id="p00000001",
        name="示例",
        masked_number="3710••••••••0017",
        title="居民养老",
        insurance="城乡居民基本养老保险",
        year=2026,
        tier_label="300 元/年",
        amount_fen=30000,
        paid_at=NOW - timedelta(days=1),
        channel="微信支付",
        place="示例镇",
        verify_url="HTTP://X/V/1",
        owed=True,
    )


def page(**more: Any) -> wire.MyPage:
    fields: dict[str, Any] = {
        "person_id": "p00000001",
        "name": "示例",
        "name_matches": True,
        "masked_number": "3710••••••••0017",
        "dues": (),
        "certification": wire.Certification(state=wire.CertificationState.NOT_NEEDED),
        "server_time": NOW,
        **more,
    }
    return wire.MyPage(**fields)


@pytest.fixture
def citizen(visitor: Visitor) -> Citizen:
    person = visitor.somebody()
    return Citizen(card_of(person), parse(person["number"], NOW.date()))


def rows(citizen: Citizen, **more: Any) -> tuple[views.Item, ...]:
    return my_page.draw(page(**more), citizen, True).items


def test_what_is_due_comes_first(citizen: Citizen) -> None:
    items = rows(
        citizen,
        dues=(
            due(state="not_open"),
            due("resident_medical", "paid", paid_on=date(2026, 3, 1), paid_fen=42000),
            due("flexible_pension", "being_checked"),
            due(state="due", deadline=date(2026, 12, 31)),
        ),
    )
    assert [item.badge for item in items] == ["待缴", "核对中", "已缴", "未开始"]
    assert [item.tone for item in items] == [Tone.GO, Tone.GO, Tone.OK, Tone.SOFT]
    assert items[0].note == "还没缴，12月31日截止"
    assert items[2].note == "2026-03-01 已缴 420 元"


def test_only_what_is_due_can_be_tapped(citizen: Citizen) -> None:
    items = rows(citizen, dues=tuple(due(state=state.value) for state in wire.DueState))
    assert [bool(item.key) for item in items] == [item.badge == "待缴" for item in items]


def test_at_most_six_rows_and_paper_is_never_pushed_out(citizen: Citizen) -> None:
    many = tuple(
        wire.OpenOrder(
            order_id=f"WD001-0000000{n}-AAAAAAAAAA",
            state=wire.OrderState.REFUNDING,
            total_fen=30000,
            created_at=NOW,
        )
        for n in range(9)
    )
    items = rows(
        citizen, dues=tuple(due(year=2010 + n) for n in range(12)), open_orders=many, owed=(receipt(1),)
    )
    assert len(items) == my_page.MOST_ROWS == 6
    assert [item.key for item in items].count("owed") == 1
    assert [item.badge for item in items].count("待缴") == 2


def test_a_receipt_of_these_days_comes_first_and_an_older_one_after_what_is_due(citizen: Citizen) -> None:
    """Somebody finishes a visit that was cut short; paper that nobody fetched for a month is in nobody's way."""
    dues = (due(state="due"), due("resident_medical", "paid"), due("flexible_pension", "being_checked"))
    for days, badges in (
        (0, ["补打", "待缴", "核对中", "已缴"]),
        (2, ["补打", "待缴", "核对中", "已缴"]),
        (3, ["待缴", "核对中", "补打", "已缴"]),
        (30, ["待缴", "核对中", "补打", "已缴"]),
    ):
        slip = receipt(1).model_copy(update={"paid_at": NOW - timedelta(days=days)})
        assert [item.badge for item in rows(citizen, dues=dues, owed=(slip,))] == badges


def test_an_owed_receipt_says_what_was_paid(citizen: Citizen) -> None:
    (one,) = rows(citizen, owed=(receipt(1),))
    assert (one.title, one.note) == ("有 1 张凭证还没打印", "居民养老 2026年度 已缴 300 元，点这里补打")
    (two,) = rows(citizen, owed=(receipt(1), receipt(2)))
    assert (two.title, two.note) == ("有 2 张凭证还没打印", "都已经缴费成功，点这里补打")


def test_a_refund_says_how_much_and_where_it_goes(citizen: Citizen) -> None:
    order = {"order_id": "WD001-00000001-AAAAAAAAAA", "total_fen": 30000, "created_at": NOW}
    back, done = (
        wire.OpenOrder(state=wire.OrderState(state), **order) for state in ("refunding", "refunded")
    )
    first, second = rows(citizen, open_orders=(back, done))
    assert (first.kind, first.badge) == (ItemKind.REFUND, "退款中")
    assert "300" in first.note and "原路退回" in first.note
    assert "三个工作日内到账" in first.note and "没有用来缴费" in first.note
    assert (second.kind, second.badge, second.tone) == (ItemKind.REFUND, "已退款", Tone.OK)
    assert "300" in second.note and "已经退回" in second.note and "到账" not in second.note


def test_an_open_order_is_said_once(citizen: Citizen) -> None:
    order = wire.OpenOrder(
        order_id="WD001-00000001-AAAAAAAAAA", state=wire.OrderState.CREATED, total_fen=30000, created_at=NOW
    )
    (alone,) = rows(citizen, open_orders=(order,))
    assert alone.kind is ItemKind.CHECKING and "不要再付一次" in alone.note
    (once,) = rows(citizen, dues=(due(state="being_checked"),), open_orders=(order,))
    assert once.badge == "核对中"


@pytest.mark.parametrize(
    ("state", "tone", "title"),
    [
        ("valid", Tone.OK, "资格认证：今年不用来"),
        ("due", Tone.GO, "资格认证：该做这一次了"),
        ("overdue", Tone.GO, "资格认证：请尽快做"),
        ("under_review", Tone.SOFT, "资格认证：正在核对"),
    ],
)
def test_the_banner_of_certification(state: str, tone: Tone, title: str) -> None:
    certification = wire.Certification(
        state=wire.CertificationState(state),
        valid_until=date(2027, 6, 30),
        certified_on=date(2026, 6, 30),
        source="手机",
    )
    told = my_page.banner(page(certification=certification))
    assert told is not None
    assert (told.title, told.tone) == (title, tone)
    assert not any(word in told.title + told.note for word in ("停", "取消", "失效"))


def test_who_draws_nothing_has_no_banner() -> None:
    certification = wire.Certification(state=wire.CertificationState.NOT_NEEDED)
    assert my_page.banner(page(certification=certification)) is None


def test_a_valid_certification_without_a_day_promises_nothing() -> None:
    certification = wire.Certification(state=wire.CertificationState.VALID)
    assert my_page.banner(page(certification=certification)) is None


@pytest.mark.parametrize(
    ("state", "opens_on", "action"),
    [
        ("valid", None, ""),
        ("valid", date(2026, 11, 24), ""),  # tomorrow
        ("valid", date(2026, 11, 23), "提前做一次"),
        ("due", None, "现在就做"),
        ("overdue", None, "现在就做"),
        ("under_review", None, "看一看"),
    ],
)
def test_what_the_banners_button_says(state: str, opens_on: date | None, action: str) -> None:
    certification = wire.Certification(
        state=wire.CertificationState(state), valid_until=date(2027, 1, 20), opens_on=opens_on
    )
    told = my_page.banner(page(certification=certification))
    assert told is not None and told.action == action


def test_the_centres_own_words_stand_in_the_banner() -> None:
    certification = wire.Certification(
        state=wire.CertificationState.DUE, title="遗属待遇：今年还没确认", note="请在生日前做好"
    )
    told = my_page.banner(page(certification=certification))
    assert told is not None
    assert (told.title, told.note, told.action) == ("遗属待遇：今年还没确认", "请在生日前做好", "现在就做")


# --- from the first tile ---------------------------------------------------------------------------------------------


def test_one_thing_due_is_gone_to_at_once(visitor: Visitor) -> None:
    person = visitor.somebody()
    while sum(d.state is wire.DueState.DUE for d in visitor.page(person).dues) != 1:
        person = visitor.somebody()
    desk = visitor.visit(Service.PAY, visitor.place(person), WORLD, visitor.take, BACK, LEAVE)
    assert desk.trace == [
        *("Home", "PresentCard", "Working", "ChooseTier", "Working", "MyPage", "Goodbye"),
    ]


def test_nothing_due_is_said_before_the_page(visitor: Visitor) -> None:
    person = visitor.somebody()
    while sum(d.state is wire.DueState.DUE for d in visitor.page(person).dues) != 1:
        person = visitor.somebody()
    pay = (PENSION, "300", True, visitor.cashier(), WORLD, PaidButton.DONE)
    visitor.visit(*visitor.come(person), *pay)
    visitor.sweep()  # central knows that the paper came
    place = visitor.place(person)
    desk = visitor.visit(Service.PAY, place, WORLD, visitor.take, AttentionButton.FIRST, LEAVE)
    assert [view.title for view in desk.told] == [texts.NOTHING_DUE_TITLE]
    row = next(item for item in desk.last(views.MyPage).items if item.kind is ItemKind.PENSION)
    assert (row.badge, row.key) == ("已缴", "")
    assert row.note.endswith("已缴 300 元")


def test_paying_again_is_not_offered(visitor: Visitor) -> None:
    person = visitor.somebody()
    pay = (PENSION, "300", True, visitor.cashier(), WORLD, PaidButton.DONE)
    visitor.visit(*visitor.come(person), *pay)
    desk = visitor.visit(*visitor.come(person), LEAVE)
    assert PENSION not in [item.key for item in desk.last(views.MyPage).items]


def test_back_on_the_page_leaves(visitor: Visitor) -> None:
    assert visitor.visit(*visitor.come(visitor.somebody()), BACK).trace[-2:] == ["MyPage", "Goodbye"]


def test_home_on_the_page_ends_the_visit_at_once(visitor: Visitor) -> None:
    desk = visitor.visit(*visitor.come(visitor.somebody()), HOME)
    assert desk.trace[-1] == "MyPage"
    assert '"reason": "home"' in visitor.log_text.getvalue()


def test_the_page_says_when_the_card_has_gone(visitor: Visitor, citizen: Citizen) -> None:
    visitor.start()
    person = visitor.somebody()
    place, card, take, _ = visitor.come(person)
    desk = visitor.visit(place, card, take, WORLD, LEAVE)
    drawn = [view.card_present for view in desk.seen if isinstance(view, views.MyPage)]
    assert drawn == [True, False]
    assert my_page.card_news(visitor.start_if_off().kiosk) is CardNews.TAKEN


def test_nothing_of_the_person_stays(visitor: Visitor) -> None:
    """Journal, log and what is left in the flow's objects hold no name and no number."""
    person = visitor.somebody()
    visitor.visit(*visitor.come(person), PENSION, "300", True, visitor.cashier(), WORLD, PaidButton.DONE)
    visitor.sweep()
    on_disk = b"".join(path.read_bytes() for path in sorted((visitor.folder / "data").iterdir()))
    for secret in (person["number"], person["name"], person["address"]):
        assert secret.encode() not in on_disk
        assert secret not in visitor.log_text.getvalue()
