"""What the slips say, word for word."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

from devices.printer import Document, Line, Pair, Qr
from kiosk import dates, receipts, wire
from kiosk.config import Site
from tests.kiosk.test_my_page import NOW, receipt

SITE = Site(kiosk_id="WD01", place="示例镇便民服务中心", hotline="12333")


def pairs(document: Document) -> dict[str, str]:
    return {part.label: part.value for part in document if isinstance(part, Pair)}


def lines(document: Document) -> list[str]:
    return [part.text for part in document if isinstance(part, Line)]


def test_an_original_says_everything_and_is_not_marked() -> None:
    document = receipts.receipt(receipt(42), 0, SITE)
    assert pairs(document) == {
        "凭证号": "3710 8126 1122 0042",
        "缴费人": "示例",
        "证件号码": "3710••••••••0017",
        "险种": "城乡居民基本养老保险",
        "所属年度": "2026年度",
        "缴费档次": "300 元/年",
        "金额": "￥300.00",
        "大写": "叁佰元整",
        "缴费时间": "2026-11-22 09:26",
        "支付方式": "微信支付",
        "订单号": "WD001-00000001-AAAAAAAAAA",
        "办理地点": "示例镇",
    }
    assert lines(document)[0] == "社会保险费缴费凭证"
    assert not any("补打" in line for line in lines(document))
    assert [part.payload for part in document if isinstance(part, Qr)] == ["HTTP://X/V/1"]
    assert lines(document)[-1] == "服务热线 12333"


def test_a_copy_has_the_same_number_and_its_mark() -> None:
    original, copy = (receipts.receipt(receipt(42), n, SITE) for n in (0, 3))
    assert pairs(copy) == pairs(original)
    assert lines(copy)[:2] == ["社会保险费缴费凭证", "补打 3"]
    assert replace(copy[1], text="") == Line("", size=2, align="center")  # as large as the title


def test_a_pending_slip_is_never_taken_for_a_receipt() -> None:
    document = receipts.pending(
        "WD001-00000001-AAAAAAAAAA", 30000, "今天 12:00 前有结果", "2026-11-23 09:26", SITE
    )
    words = "".join(lines(document))
    assert lines(document)[:2] == ["付款结果待核对单", "结果待核对"]
    assert "请不要再付一次" in words and "不是缴费凭证" in words and "今天 12:00 前有结果" in words
    assert pairs(document) == {"订单号": "WD001-00000001-AAAAAAAAAA", "金额": "￥300.00"}
    assert not any(word in words for word in ("成功", "失败"))
    assert not any(isinstance(part, Qr) for part in document)


def test_records_add_up_and_prove_nothing() -> None:
    payment = wire.Payment(paid_on=date(2026, 11, 23), title="居民养老", year=2026, amount_fen=30000)
    record = wire.Records(
        months_paid=185,
        months_needed=0,
        minimum_years=15,
        balance_fen=1_234_567,
        interest_fen=4567,
        bars=(),
        this_year_paid=True,
        payments=(payment,),
        as_of=NOW,
    )
    document = receipts.records(record, "示例", "3710••••••••0017", SITE)
    said = pairs(document)
    assert said["累计缴费"] == "15 年 5 个月"
    assert said["个人账户余额"] == "￥12,345.67"
    assert said["2026-11-23 居民养老 2026年度"] == "￥300.00"
    assert said["查询时间"] == "2026-11-23 09:26"
    assert any("不作证明使用" in line for line in lines(document))


def test_numbers_are_grouped_from_the_left() -> None:
    assert receipts.grouped("37108126112300421") == "3710 8126 1123 0042 1"
    assert receipts.grouped("") == ""


def test_the_time_on_paper_is_local_wherever_central_stands() -> None:
    slip = receipt(1).model_copy(update={"paid_at": datetime.fromisoformat("2026-11-22T20:00:00+00:00")})
    assert pairs(receipts.receipt(slip, 0, SITE))["缴费时间"] == "2026-11-23 04:00"
    assert dates.to_minute(slip.paid_at) == "2026-11-23 04:00"
