"""A day's bill: the published form, to the fen, and nothing that is not of it."""

from datetime import date, datetime

import pytest

from central.gateway import BillLine, GatewaySilent
from central.gateway_bill import BillBroken, fen, read_bill, write_bill
from central.sandbox import Act

MCHID, APPID = "1900009990", "wxtrial0000000001"
TODAY = date(2026, 11, 23)

# As in the documents: a head, one line a movement with a ` before each cell, a head of the sums, the sums.
HEAD = (
    "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,"
    "应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,"
    "手续费,费率,订单金额,申请退款金额,费率备注"
)
PAID = (
    "`2026-11-23 10:00:01,`wxtrial0000000001,`1900009990,`0,`,`4200000000000000001,`WD001-000001,`oUser,`NATIVE,`SUCCESS,"
    "`OTHERS,`CNY,`1000.00,`0.00,`0,`0,`0.00,`0.00,`,`,`社保,`,`6.00000,`0.60%,`1000.00,`0.00,`"
)
BACK = (
    "`2026-11-23 10:00:09,`wxtrial0000000001,`1900009990,`0,`,`4200000000000000001,`WD001-000001,`oUser,`NATIVE,`REFUND,"
    "`OTHERS,`CNY,`0.00,`0.00,`50300000000000000001,`R-4200000000000000001,`1000.00,`0.00,`ORIGINAL,`SUCCESS,`社保,`,"
    "`-6.00000,`0.60%,`0.00,`1000.00,`"
)
REVERSED = (
    "`2026-11-23 23:59:59,`wxtrial0000000001,`1900009990,`0,`,`4200000000000000002,`WD001-000002,`oUser,`MICROPAY,`REVOKED,"
    "`OTHERS,`CNY,`0.00,`0.00,`0,`0,`0.05,`0.00,`,`,`社保,`,`0.00000,`0.60%,`0.00,`0.05,`"
)
SUMS_HEAD = "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额"
TEN = int(datetime.fromisoformat("2026-11-23T10:00:00+08:00").timestamp() * 1000)


def bill(*lines, sums="`3,`1000.00,`1000.05,`0.00,`0.00,`1000.00,`1000.05"):
    return "\r\n".join([HEAD, *lines, SUMS_HEAD, sums, ""])


def test_the_published_form_is_read():
    assert read_bill("\ufeff" + bill(PAID, BACK, REVERSED), MCHID) == (
        BillLine("WD001-000001", "4200000000000000001", 100_000, TEN + 1_000),
        BillLine("WD001-000001", "50300000000000000001", -100_000, TEN + 9_000),
        BillLine("WD001-000002", "4200000000000000002-reversed", -5, TEN + 50_399_000),
    )


def test_the_trial_gateways_bill_is_of_that_form():
    lines = read_bill(bill(PAID, BACK, REVERSED), MCHID)
    text = write_bill(lines, MCHID, APPID)
    assert read_bill(text, MCHID) == lines
    assert text.split("\r\n")[0] == HEAD
    assert text.split("\r\n")[-2] == "`3,`1000.00,`1000.05,`0.00,`0.00,`1000.00,`1000.05"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\r\n",
        "<html>",
        HEAD,
        bill(PAID, BACK),  # three were counted
        bill(PAID, BACK, REVERSED, sums="`3,`999.99,`1000.05,`0.00,`0.00,`1000.00,`1000.05"),
        bill(PAID, BACK, REVERSED, sums="`3,`1000.00,`1000.04,`0.00,`0.00,`1000.00,`1000.05"),
        bill(PAID, BACK, REVERSED).replace("1900009990", "1900000001"),
        bill(PAID, BACK, REVERSED).replace("`CNY", "`USD"),
        bill(PAID, BACK, REVERSED).replace("`1000.00,`0.00,`0,", "`1000.0,`0.00,`0,"),
        bill(PAID, BACK, REVERSED).replace("2026-11-23 10:00:01", "yesterday"),
        bill(PAID, BACK, REVERSED).replace(",`6.00000", ""),
        bill(PAID, BACK, REVERSED).replace("交易时间", "时间"),
    ],
)
def test_what_is_not_of_the_form_or_does_not_add_up_is_no_bill(text):
    with pytest.raises(BillBroken):
        read_bill(text, MCHID)


@pytest.mark.parametrize(
    ("text", "expected"), [("0.00", 0), ("0.05", 5), ("1000.00", 100_000), ("12.34", 1234)]
)
def test_yuan_are_read_without_floats(text, expected):
    assert fen(text) == expected


@pytest.mark.parametrize(
    "text", ["", "1", "1.", "1.0", "1.000", "-1.00", "1,000.00", "1e2.00", "٣.00", ".50"]
)
def test_what_is_no_amount_is_refused(text):
    with pytest.raises(ValueError, match=r"."):
        fen(text)


# --- over the wire ---


@pytest.fixture
def paid(trial, wired_kiosk):
    body = wired_kiosk.pension()
    wired_kiosk.put(body)
    trial.sandbox.act(trial.sandbox.slip_of_order(body["order_id"]).token, Act.PAY)
    return body["order_id"]


def test_yesterdays_bill_is_out_at_ten_and_says_what_moved(trial, wired, paid, clock):
    gateway = wired.service.gateway
    with pytest.raises(GatewaySilent):
        gateway.bill(TODAY)
    clock.move_s(24 * 3600 - 1)  # 09:59:59 of the next day
    with pytest.raises(GatewaySilent):
        gateway.bill(TODAY)
    clock.move_s(1)
    (line,) = gateway.bill(TODAY)
    assert (line.order_id, line.amount_fen, line.at_ms) == (paid, 100_000, TEN)
    assert line.transaction == trial.sandbox.query(paid).transaction


def test_a_day_without_money_has_an_empty_bill_once_it_could_be_out(wired, clock):
    gateway = wired.service.gateway
    with pytest.raises(GatewaySilent):
        gateway.bill(TODAY)
    clock.move_s(24 * 3600)
    assert gateway.bill(TODAY) == ()


def test_a_bill_that_was_altered_on_the_way_is_silence(trial, wired, paid, clock):
    clock.move_s(24 * 3600)
    gateway = wired.service.gateway
    genuine = trial.wire.bill_file
    for old, new in (("1000.00", "9000.00"), ("SUCCESS", "REVOKED"), ("\r\n", "\n"), ("WD001", "WD002")):
        trial.wire.bill_file = lambda token, old=old, new=new: genuine(token).replace(old, new)
        with pytest.raises(GatewaySilent):
            gateway.bill(TODAY)
    trial.wire.bill_file = lambda _token: None
    with pytest.raises(GatewaySilent):
        gateway.bill(TODAY)
    trial.wire.bill_file = genuine
    assert len(gateway.bill(TODAY)) == 1


def test_a_bill_is_fetched_from_our_gateway_whatever_host_it_names(trial, wired, paid, clock):
    clock.move_s(24 * 3600)
    trial.wire.address = "http://192.0.2.1:1"  # nobody is ever there
    assert len(wired.service.gateway.bill(TODAY)) == 1


def test_reversals_and_second_payments_are_in_the_bill(trial, wired, wired_kiosk, paid, clock):
    slip = trial.sandbox.slip_of_order(paid)
    trial.sandbox.act(slip.token, Act.AGAIN)
    trial.sandbox.act(slip.token, Act.TAKE_BACK)
    clock.move_s(24 * 3600)
    lines = wired.service.gateway.bill(TODAY)
    assert sorted(line.amount_fen for line in lines) == [-100_000, 100_000, 100_000]
    (back,) = (line for line in lines if line.amount_fen < 0)
    assert back.transaction.removesuffix("-reversed") in {line.transaction for line in lines}
