"""The reminder for the wall, the slip of a visit at home: what they say, how large, and what a printer without paper spoils."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

import pytest

from devices import escpos
from devices.escpos_layout import BigRow, layout
from devices.glyphs import FontChain
from devices.printer import Big, Document, Line, Pair
from devices.printer_profiles import PROFILES
from kiosk import build, dates, receipts, texts, views, wire
from kiosk.config import Site
from kiosk.face.guidance import End
from kiosk.views import AttentionButton, CertifiedButton, FaceWay, WayKey
from tests.kiosk.qualifying import LEAVE, SIGNED, Township, booth, outcome, visit
from tests.visitor import Visitor

SITE = Site(kiosk_id="WD01", place="示例镇便民服务中心", hotline="12333")
AT = datetime(2026, 11, 23, 9, 26, tzinfo=dates.CHINA)
ACCEPTED = receipts.Reminder(
    state="accepted",
    name="示例",
    masked_number="3710••••••••0017",
    how="本机刷脸",
    number="RZ261123010042",
    at=AT,
    next_date=date(2027, 11, 22),
    consent_version="2026-01",
)
DONE, PRINT = CertifiedButton.DONE, CertifiedButton.PRINT
FIRST, SECOND, FACE = AttentionButton.FIRST, AttentionButton.SECOND, WayKey.FACE


def pairs(document: Document) -> dict[str, str]:
    return {part.label: part.value for part in document if isinstance(part, Pair)}


def words(document: Document) -> str:
    return "".join(part.text for part in document if isinstance(part, Line))


def test_the_reminder_says_what_was_done_and_the_date_largest() -> None:
    document = receipts.reminder(ACCEPTED, SITE)
    assert pairs(document) == {
        "姓名": "示例",
        "证件号码": "3710••••••••0017",
        "认证方式": "本机刷脸",
        "回执号": "RZ 2611 2301 0042",
        "办理时间": "2026-11-23 09:26",
        "办理地点": "示例镇便民服务中心",
        "同意书": "刷脸处理规则 2026-01 版",
    }
    assert [part for part in document if isinstance(part, Big)] == [Big("2027年11月22日", 60)]
    assert "社保中心已经收到" in words(document) and "12333" in words(document)


@pytest.mark.parametrize("state", ["pending", "under_review"])
def test_what_the_centre_has_not_decided_promises_no_date(state: str) -> None:
    said = replace(ACCEPTED, state=state, next_date=None, number="WD001-00000012-0A1B2C3D4E")
    document = receipts.reminder(said, SITE)
    assert not any(isinstance(part, Big) for part in document)
    assert "认证通过" not in words(document) and "已经收到，不用再跑" not in words(document)
    assert "待遇不受影响" in words(document)
    assert pairs(document)["办理号"] == "WD001-00000012-0A1B2C3D4E"


def test_from_when_stands_under_by_when() -> None:
    document = receipts.reminder(replace(ACCEPTED, next_from=date(2027, 9, 23)), SITE)
    at = document.index(Big("2027年11月22日", 60))
    first = document[at + 1]
    assert isinstance(first, Line) and (first.text, first.size) == ("2027年9月23日起就可以办", 2)
    assert "起就可以办" not in words(receipts.reminder(ACCEPTED, SITE))  # an older central does not say


@pytest.mark.parametrize(("state", "next_thing"), [("pending", "网络好了"), ("under_review", "不用再做一次")])
def test_without_a_date_the_next_thing_to_know_is_large(state: str, next_thing: str) -> None:
    document = receipts.reminder(replace(ACCEPTED, state=state, next_date=None), SITE)
    said = [part for part in document if isinstance(part, Line) and next_thing in part.text]
    assert [part.size for part in said] == [2]


def test_before_the_centre_has_seen_it_nothing_is_called_done() -> None:
    assert "做完了，等社保中心确认" in words(receipts.reminder(replace(ACCEPTED, state="pending"), SITE))


def test_without_a_camera_there_was_no_consent_to_print() -> None:
    assert "同意书" not in pairs(receipts.reminder(replace(ACCEPTED, consent_version=""), SITE))


def test_sixty_points_are_a_hundred_and_sixty_nine_dots_where_the_paper_is_wide_enough() -> None:
    big = (Big("2027年11月22日"),)
    assert layout(big, 576) == (BigRow("2027年", 169), BigRow("11月22日", 169))
    assert layout(big, 384) == (BigRow("2027年", 152), BigRow("11月", 169), BigRow("22日", 169))
    for dots in (384, 576):
        assert all(row.dots <= dots for row in layout(big, dots) if isinstance(row, BigRow))


def test_the_figures_stand_on_one_ground_and_in_the_middle() -> None:
    fonts = FontChain((build.FONTS / "NotoSansSC-Regular.otf",))
    raster = fonts.big(BigRow("22日", 169), 384)
    assert len(raster.rows) == 169
    inked = [index for index, row in enumerate(raster.rows) if any(row)]
    assert inked[-1] - inked[0] > 169 * 0.7  # a figure is nearly as high as its type
    columns = 0
    for row in raster.rows:
        columns |= int.from_bytes(row)
    bits = f"{columns:0384b}"
    left, right = bits.index("1"), len(bits) - 1 - bits.rindex("1")
    assert abs(left - right) < 30


@pytest.mark.parametrize("profile", sorted(PROFILES))
def test_every_printer_prints_the_reminder(profile: str) -> None:
    fonts = FontChain((build.FONTS / "NotoSansSC-Regular.otf",))
    commands = escpos.encode(receipts.reminder(ACCEPTED, SITE), PROFILES[profile], fonts)
    assert sum(map(len, commands)) > 5_000  # the figures are a picture


# --- in a visit ------------------------------------------------------------------------------------------------------


@pytest.fixture
def visitor(kiosk_for_checks: Visitor) -> Visitor:
    return kiosk_for_checks


def lines(visitor: Visitor) -> str:
    return "".join(visitor.stand.printer.sheets[-1].text).replace(" ", "")


def test_the_reminder_is_printed_when_it_is_asked_for_and_once(folks: Township, visitor: Visitor) -> None:
    visitor.booth = booth(outcome())
    somebody = folks.somebody("due", "overdue")
    desk = visit(visitor, somebody.card, FACE, PRINT, DONE)
    shown = [(v.can_print, v.printing, v.printed) for v in desk.seen if isinstance(v, views.Certified)]
    assert shown == [(True, False, False), (False, True, False), (False, False, True)]
    certification = visitor.page(somebody.card).certification
    number = next(row.value for row in desk.last(views.Certified).rows if row.label == "回执号")
    assert number.replace(" ", "") in lines(visitor)
    assert certification.valid_until is not None
    assert len(visitor.stand.printer.sheets) == 1


def test_a_printer_without_paper_spoils_nothing(folks: Township, visitor: Visitor) -> None:
    visitor.booth = booth(outcome())
    visitor.stand.printer.paper_out()
    desk = visit(visitor, folks.somebody("due", "overdue").card, FACE, DONE)
    assert not desk.last(views.Certified).can_print
    assert not visitor.stand.printer.sheets


def test_paper_that_ends_on_the_way_is_said_and_can_be_asked_for_again(
    folks: Township, visitor: Visitor
) -> None:
    visitor.booth = booth(outcome())
    jam, mend = visitor.do(visitor.stand.printer.jam), visitor.do(visitor.stand.printer.clear_jam)
    desk = visit(visitor, folks.somebody("due", "overdue").card, FACE, jam, PRINT, mend, FIRST, PRINT, DONE)
    assert [view.title for view in desk.told] == [texts.REMINDER_NOT_PRINTED_TITLE]
    assert desk.last(views.Certified).printed


def test_what_the_centre_has_not_decided_is_not_called_certified_when_the_paper_ends(
    folks: Township, visitor: Visitor
) -> None:
    visitor.booth = booth(outcome(End.REVIEW))
    jam = visitor.do(visitor.stand.printer.jam)
    answers = (FACE, FaceWay.COMPARE, SIGNED, jam, PRINT, FIRST, DONE)
    desk = visit(visitor, folks.somebody("due", "overdue").card, *answers)
    (told,) = desk.told
    assert told.title == texts.REMINDER_NOT_PRINTED_TITLE
    assert "认证照样有效" not in "".join(told.body) and "照样算数" in "".join(told.body)


def test_a_picture_under_review_has_a_slip_without_a_date(folks: Township, visitor: Visitor) -> None:
    visitor.booth = booth(outcome(End.REVIEW))
    visit(visitor, folks.somebody("due", "overdue").card, FACE, FaceWay.COMPARE, SIGNED, PRINT, DONE)
    assert "正在核对" in lines(visitor)


def test_the_slip_of_a_visit_at_home(folks: Township, visitor: Visitor) -> None:
    desk = visit(
        visitor, folks.somebody("due", "overdue").card, WayKey.HOME_VISIT, FIRST, SECOND, FIRST, LEAVE
    )
    assert desk.told[-1].body == (texts.VISIT_PRINTED,)
    assert "上门认证预约单" in lines(visitor) and "个工作日内到" in lines(visitor)


def test_a_visit_that_waits_for_the_line_promises_no_day() -> None:
    reply = wire.HomeVisitReply(request_id="WD001-00000012-0A1B2C3D4E", within_days=3, phone="138••••0001")
    booked, kept = (
        receipts.home_visit("示例", "3710••••••••0017", reply.request_id, said, "2026-11-23 09:26", SITE)
        for said in (reply, None)
    )
    assert "3个工作日内到" in words(booked) and pairs(booked)["您的电话"] == "138••••0001"
    assert "个工作日" not in words(kept) and "自动替您预约" in words(kept)
    # central may have another
    assert "预约号" not in pairs(kept) and pairs(kept)["办理号"] == reply.request_id


def test_the_number_on_the_slip_is_the_one_the_centre_has() -> None:
    reply = wire.HomeVisitReply(request_id="WD001-00000012-A", within_days=3, booked_id="WD002-00000007-B")
    slip = receipts.home_visit("示例", "3710••••••••0017", "WD001-00000012-A", reply, "", SITE)
    assert pairs(slip)["预约号"] == "WD002-00000007-B"
    older = reply.model_copy(update={"booked_id": ""})
    assert receipts.visit_number("WD001-00000012-A", older) == "WD001-00000012-A"


def test_a_rare_name_is_left_out_and_the_reminder_still_comes(
    folks: Township, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor.booth = booth(outcome())
    kiosk = visitor.start_if_off().kiosk
    assert kiosk.printer is not None
    monkeypatch.setattr(kiosk.printer, "covers", lambda _: False)
    visit(visitor, folks.somebody("due", "overdue").card, FACE, PRINT, DONE)
    assert "证件号码" in lines(visitor) and "姓名" not in lines(visitor)
