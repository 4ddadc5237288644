"""The adapter against the trial gateway over real HTTP: every published rule, every answer that must not be believed."""

import json
import socket
import threading
from dataclasses import replace
from datetime import date, datetime
from urllib.parse import urlsplit

import pytest
import requests
from sqlalchemy import delete

from central import sandbox_books
from central.gateway import GatewaySilent, Refund, Trade, TradeState
from central.gateway_asked import AskedTrade
from central.gateway_calls import Answer, SignedCalls
from central.gateway_profile import ALIPAY_F2F, PROFILES, WECHAT_PAY, profile_of
from central.gateway_signature import Merchant
from central.gateway_trial_keys import publish, trial_keys
from central.gateway_trial_notices import signed_headers
from central.gateway_v3 import V3Gateway
from central.sandbox import Act

WECHAT_CODE = "13512229863846829"  # seventeen digits; the eighteenth says what happens
ALIPAY_CODE = "28943186936271464"
TODAY = date(2026, 11, 23)
TEN_MS = int(datetime.fromisoformat("2026-11-23T10:00:00+08:00").timestamp() * 1000)
SPEAKS = "orders close reverse refunds native codepay tradebill"


class Line:
    """Every call that leaves central, as METHOD and the last word of its path that means something."""

    def __init__(self, gateway):
        self.calls, self._ask = [], gateway.calls.ask
        gateway.calls.ask = self._noted  # the object is this test's own central

    def _noted(self, method, target, told=None):
        words = [word for word in urlsplit(target).path.split("/") if word in SPEAKS.split()]
        self.calls.append(f"{method} {words[-1] if words else 'query'}")
        return self._ask(method, target, told)

    def since(self):
        calls, self.calls = self.calls, []
        return calls


@pytest.fixture
def gateway(wired):
    return wired.service.gateway


class Books:
    """Stands for what central wrote down."""

    def trade(self, _order_id):
        return AskedTrade(100_000, TEN_MS, TEN_MS, None)

    def payment_of(self, _refund_id):
        return "4200000000000000001"


@pytest.fixture(scope="session")
def keys(trial_keys_folder):
    return trial_keys(trial_keys_folder)


@pytest.fixture(scope="session")
def merchant(keys):
    return publish(keys, "http://127.0.0.1:1", "wechat", real_times=True)


@pytest.fixture
def bare(merchant, clock):
    """The adapter alone, for answers whose signature was right: what is in them still has to be."""
    profile = profile_of(merchant)
    gateway = V3Gateway(merchant, profile, Books(), clock, payee="x", notify_url="http://127.0.0.1:1/")
    yield gateway
    gateway.calls.disconnect()


@pytest.fixture
def line(gateway):
    return Line(gateway)


@pytest.fixture
def order(wired_kiosk):
    """A created order of 1,000 yuan."""
    body = wired_kiosk.pension()
    status, reply = wired_kiosk.put(body)
    assert status == 200, reply
    return reply


def press(trial, order_id, act):
    return trial.sandbox.act(trial.sandbox.slip_of_order(order_id).token, act)


# --- an order's life on the wire ---


def test_an_order_is_opened_paid_and_in_the_bill(trial, wired, wired_kiosk, order):
    assert order["pay_url"].startswith(trial.url + "/sandbox/cashier/")
    wired_kiosk.press(order["pay_url"], "pay")
    paid = wired_kiosk.good("GET", f"/v1/orders/{order['order_id']}")
    assert (paid["state"], paid["receipts"][0]["channel"]) == ("paid", "微信支付")
    (line,) = trial.sandbox.bill(TODAY)
    assert (line.order_id, line.amount_fen) == (order["order_id"], 100_000)


def test_the_create_asks_what_the_documents_say(trial, wired, wired_kiosk, gateway):
    asked = []
    ask = gateway.calls.ask
    gateway.calls.ask = lambda method, target, told=None: (
        asked.append((method, target, told)) or ask(method, target, told)
    )
    wired_kiosk.put(wired_kiosk.pension())
    assert asked == [
        (
            "POST",
            "/v3/pay/transactions/native",
            {
                "appid": "wxtrial0000000001",
                "mchid": "1900009990",
                "description": "威海市文登区社会保险征缴（演示）",
                "out_trade_no": "WD001-000001",
                "amount": {"total": 100_000, "currency": "CNY"},
                "time_expire": "2026-11-23T10:05:00+08:00",
                "notify_url": wired.url + "/gateway/notify",
            },
        )
    ]


def test_a_create_is_repeated_under_the_same_number_with_the_same_words(
    trial, wired_kiosk, gateway, line, clock
):
    trial.quirks.set("error_after=1x")  # it was done, and central cannot know
    body = wired_kiosk.pension()
    assert wired_kiosk.put(body)[1]["code"] == "gateway_silent"
    clock.move_s(40)
    assert wired_kiosk.put(body)[0] == 200
    assert line.since() == ["POST native", "POST native"]
    assert [slip.order_id for slip in trial.sandbox.slips()] == [body["order_id"]]


def test_an_order_number_no_gateway_takes_is_refused_before_anything_is_written(wired_kiosk, wired):
    body = wired_kiosk.pension(order_id="A" * 33)
    status, problem = wired_kiosk.put(body)
    assert (status, problem["code"]) == (422, "invalid_request")
    assert wired_kiosk.get("A" * 33)[0] == 404
    assert wired_kiosk.put({**body, "order_id": "A" * 32})[0] == 200


# --- closing ---


def test_a_close_is_asked_after_a_query_and_not_before_300_seconds(trial, wired_kiosk, line, order, clock):
    assert WECHAT_PAY.close_after_s == 300
    line.since()
    clock.move_s(299)
    status, reply = wired_kiosk.close(order["order_id"])
    assert (status, reply["state"], reply["pay_url"], reply["expires_in_s"]) == (200, "created", None, 0)
    assert set(line.since()) == {"GET query"}  # central knows the rule: it does not even ask
    clock.move_s(1)
    assert wired_kiosk.close(order["order_id"])[1]["state"] == "closed"
    assert line.since()[-2:] == ["GET query", "POST close"]


def test_a_gateway_that_finds_it_too_early_leaves_the_order_open(trial, wired, wired_kiosk, order, clock):
    clock.move_s(300)
    trial.quirks.set("close_refused=2x")
    assert wired_kiosk.close(order["order_id"])[1]["state"] == "created"
    assert wired_kiosk.visit()["dues"][0]["state"] == "being_checked"  # the visit asks as well
    _, reply = wired_kiosk.close(order["order_id"])
    assert (reply["state"], reply["reason"]) == ("closed", "given_up")


def test_the_sweep_closes_what_the_kiosk_never_came_back_for(wired, wired_kiosk, order, clock):
    wired_kiosk.close(order["order_id"])
    for _ in range(40):
        clock.move_s(10)
        wired.service.orders.sweep()
    _, reply = wired_kiosk.get(order["order_id"])
    assert (reply["state"], reply["reason"]) == ("closed", "given_up")
    assert wired_kiosk.put(wired_kiosk.pension())[0] == 200


def test_an_order_that_is_to_be_closed_is_paid_when_the_money_is_faster(
    trial, wired, wired_kiosk, order, clock
):
    wired_kiosk.close(order["order_id"])
    press(trial, order["order_id"], Act.PAY)  # the payer had the code on the phone already
    clock.move_s(2)
    wired.service.orders.sweep()
    _, reply = wired_kiosk.get(order["order_id"])
    assert (reply["state"], reply["reason"], len(reply["receipts"])) == ("paid", "", 1)


def test_a_paid_trade_is_never_closed(trial, wired_kiosk, line, order, clock):
    press(trial, order["order_id"], Act.PAY)
    clock.move_s(600)
    assert wired_kiosk.close(order["order_id"])[1]["state"] == "paid"
    assert "POST close" not in line.calls


def test_alipay_closes_at_once(start_trial, start_wired, kiosk_at):
    assert ALIPAY_F2F.close_after_s == 0
    kiosk = kiosk_at(start_wired(start_trial(profile="alipay")))
    body = kiosk.pension()
    kiosk.put(body)
    assert kiosk.close(body["order_id"])[1]["state"] == "closed"


def test_alipays_success_is_success_and_finished_alone():
    paid = {word for word, state in ALIPAY_F2F.words.items() if state is TradeState.PAID}
    assert paid == {"TRADE_SUCCESS", "TRADE_FINISHED"}
    assert {word for word, state in WECHAT_PAY.words.items() if state is TradeState.PAID} == {"SUCCESS"}


@pytest.mark.parametrize("profile", PROFILES)
def test_the_words_of_each_profile_are_understood(start_trial, start_wired, kiosk_at, profile):
    trial = start_trial(profile=profile)
    kiosk = kiosk_at(start_wired(trial))
    body = kiosk.pension()
    kiosk.put(body)
    press(trial, body["order_id"], Act.PAY)
    reply = kiosk.good("GET", f"/v1/orders/{body['order_id']}")
    channel = {"wechat": "微信支付", "alipay": "支付宝"}[profile]
    assert (reply["state"], reply["receipts"][0]["channel"]) == ("paid", channel)


def test_closing_an_order_the_gateway_never_heard_of_closes_it(trial, wired_kiosk, clock):
    trial.quirks.set("system_error=1x")
    body = wired_kiosk.pension()
    assert wired_kiosk.put(body)[0] == 503
    assert wired_kiosk.close(body["order_id"])[1]["state"] == "closed"
    assert trial.sandbox.slips() == []


def test_an_order_that_is_to_be_closed_is_not_opened_any_more(trial, wired, wired_kiosk, line, clock):
    trial.quirks.set("system_error=2x")
    body = wired_kiosk.pension()
    assert wired_kiosk.put(body)[0] == 503
    assert wired_kiosk.close(body["order_id"])[0] == 503
    line.since()
    status, reply = wired_kiosk.put(body)  # a repetition that was under way
    assert (status, reply["state"], reply["pay_url"]) == (200, "created", None)
    assert line.since() == []
    clock.move_s(2)
    wired.service.orders.sweep()
    assert wired_kiosk.get(body["order_id"])[1]["state"] == "closed"


# --- a scanned code ---


def scan(kiosk, order, last, code=WECHAT_CODE):
    return kiosk.scan(order["order_id"], code + last)


def test_a_scanned_code_pays(wired_kiosk, order, line):
    status, reply = scan(wired_kiosk, order, "3")
    assert (status, reply["state"]) == (200, "paid")
    assert line.since() == ["POST codepay"]


def test_a_scanned_code_that_is_asked_about_again_is_one_payment(trial, wired_kiosk, order):
    trial.quirks.set("error_after=1x")
    assert scan(wired_kiosk, order, "3")[0] == 503
    assert scan(wired_kiosk, order, "3")[1]["state"] == "paid"  # ORDERPAID: the trade itself says what it is
    assert len(trial.sandbox.bill(TODAY)) == 1


def test_a_code_of_another_wallet_or_used_before_is_invalid_and_the_order_stays(
    trial, wired_kiosk, order, another_order
):
    assert scan(wired_kiosk, order, "3", ALIPAY_CODE)[1]["code"] == "code_invalid"
    assert scan(wired_kiosk, order, "3")[1]["state"] == "paid"
    assert scan(wired_kiosk, another_order, "3")[1]["code"] == "code_invalid"
    assert wired_kiosk.get(another_order["order_id"])[1]["state"] == "created"


@pytest.fixture
def another_order(wired_kiosk):
    daughter = wired_kiosk.visit()["household"][1]["person_id"]
    body = wired_kiosk.pension(person_id=daughter)
    return wired_kiosk.good("PUT", f"/v1/orders/{body['order_id']}", body)


def test_a_code_that_must_be_confirmed_has_thirty_seconds_and_is_then_reversed(
    trial, wired, wired_kiosk, order, line, clock
):
    assert (WECHAT_PAY.poll_every_s, WECHAT_PAY.scan_poll_s, WECHAT_PAY.reverse_after_s) == (5, 30, 15)
    _, reply = scan(wired_kiosk, order, "7")
    assert (reply["state"], reply["expires_in_s"]) == ("created", 30)
    line.since()
    for _ in range(5):
        clock.move_s(5)
        assert wired_kiosk.get(order["order_id"])[1]["state"] == "created"
    assert set(line.since()) == {"GET query"}
    clock.move_s(5)
    wired.service.orders.sweep()
    assert "POST reverse" in line.since()
    _, reply = wired_kiosk.get(order["order_id"])
    assert (reply["state"], reply["reason"]) == ("closed", "expired")
    assert trial.sandbox.bill(TODAY) == ()


def test_a_scanned_trade_is_not_reversed_before_fifteen_seconds(trial, wired_kiosk, order, line, clock):
    scan(wired_kiosk, order, "7")
    clock.move_s(14)
    assert wired_kiosk.close(order["order_id"])[1]["state"] == "created"
    assert not {"POST reverse", "POST close"} & set(line.calls)
    clock.move_s(1)
    assert wired_kiosk.close(order["order_id"])[1]["state"] == "closed"
    assert line.calls[-2:] == ["POST reverse", "GET query"]


def test_a_reverse_may_itself_be_undecided_and_then_nothing_is_reversed(
    trial, wired_kiosk, order, line, clock
):
    scan(wired_kiosk, order, "7")
    clock.move_s(15)
    trial.quirks.set("reverse_undecided=1x")
    assert wired_kiosk.close(order["order_id"])[1]["state"] == "created"
    press(trial, order["order_id"], Act.PAY)
    assert wired_kiosk.close(order["order_id"])[1]["state"] == "paid"


def test_a_scanned_trade_is_reversed_within_seven_days_and_not_later(
    trial, wired, gateway, line, order, clock
):
    assert WECHAT_PAY.reverse_within_s == 7 * 86_400
    trial.sandbox.charge(order["order_id"], WECHAT_CODE + "7")
    trial.wire._asked.change_trade(order["order_id"], trade_type="MICROPAY", scanned_ms=clock.ms)
    note_scan(wired, order["order_id"])
    clock.move_s(7 * 86_400 + 1)
    assert gateway.close(order["order_id"]).state is TradeState.CONFIRMING
    assert "POST reverse" not in line.calls  # it would be refused
    clock.move_s(-1)
    assert gateway.close(order["order_id"]).state is TradeState.CLOSED


def note_scan(wired, order_id):
    wired.service.orders._note_scan(order_id)


def test_the_payer_who_confirms_in_the_instant_of_the_reverse_gets_the_money_back(
    trial, wired, wired_kiosk, order, gateway, clock
):
    scan(wired_kiosk, order, "7")
    clock.move_s(15)
    ask = gateway.calls.ask

    def confirm_first(method, target, told=None):
        if target.endswith("/reverse"):
            press(trial, order["order_id"], Act.PAY)
        return ask(method, target, told)

    gateway.calls.ask = confirm_first
    _, reply = wired_kiosk.close(order["order_id"])
    assert (reply["state"], reply["reason"]) == ("refunded", "reversed")
    rows = [(row["kind"], row["amount_fen"]) for row in wired_kiosk.ledger()]
    assert rows == [("late_payment", 100_000), ("refund", -100_000)]
    assert sorted(line.amount_fen for line in trial.sandbox.bill(TODAY)) == [-100_000, 100_000]
    assert wired_kiosk.put(wired_kiosk.pension())[0] == 200  # the due is free


def test_a_refused_code_waits_its_fifteen_seconds_and_is_closed(trial, wired, wired_kiosk, order, clock):
    _, reply = scan(wired_kiosk, order, "8")
    assert (reply["state"], reply["pay_url"], reply["reason"]) == ("created", None, "payer_refused")
    for _ in range(10):
        clock.move_s(2)
        wired.service.orders.sweep()
    _, reply = wired_kiosk.get(order["order_id"])
    assert (reply["state"], reply["reason"]) == ("closed", "payer_refused")


def test_a_charge_that_may_still_arrive_keeps_an_unknown_trade_open(wired, gateway, order, trial, clock):
    """The code left, the gateway knows nothing: it may be on its way, and its payer has thirty seconds."""
    forget(trial, order["order_id"])
    note_scan(wired, order["order_id"])
    assert gateway.close(order["order_id"]).state is TradeState.UNKNOWN
    clock.move_s(30)
    assert gateway.close(order["order_id"]).state is TradeState.CLOSED


def forget(trial, order_id):
    with trial.books.write() as connection:
        connection.execute(delete(sandbox_books.trades).where(sandbox_books.trades.c.order_id == order_id))


def test_no_code_is_stored_at_either_end(trial, wired, wired_kiosk, order):
    scan(wired_kiosk, order, "3")
    folders = (wired.service.settings.data, trial.keys.folder)
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    assert len(files) > 6
    assert not [path.name for path in files if (WECHAT_CODE + "3").encode() in path.read_bytes()]


def test_a_payer_who_confirms_after_the_kiosk_died_is_found_by_the_sweep(
    trial, wired, wired_kiosk, order, clock
):
    scan(wired_kiosk, order, "7")
    press(trial, order["order_id"], Act.PAY)
    clock.move_s(5)
    wired.service.orders.sweep()
    assert [row["kind"] for row in wired_kiosk.ledger()] == ["payment"]


def test_a_payer_pays_while_the_gateway_is_silent_about_the_trade(trial, wired_kiosk, order):
    """On its cashier page as well as by a code that ends in 9."""
    wired_kiosk.press(order["pay_url"], "silence")
    wired_kiosk.press(order["pay_url"], "pay")
    assert wired_kiosk.get(order["order_id"])[0] == 503
    wired_kiosk.press(order["pay_url"], "release")
    assert wired_kiosk.get(order["order_id"])[1]["state"] == "paid"


# --- the way back ---


@pytest.mark.parametrize("profile", PROFILES)
def test_money_goes_back_by_the_words_of_each_profile(start_trial, start_wired, kiosk_at, profile, clock):
    trial = start_trial(profile=profile)
    wired = start_wired(trial)
    kiosk = kiosk_at(wired)
    body = kiosk.pension()
    kiosk.put(body)
    for act in (Act.PAY, Act.AGAIN):
        press(trial, body["order_id"], act)
        kiosk.get(body["order_id"])
        wired.service.orders.settle([body["order_id"]])
    for _ in range(4):
        clock.move_s(61)
        # the gateway shows the second one, which has gone back
        wired.service.orders.settle([body["order_id"]])
    kinds = [row["kind"] for row in kiosk.ledger()]
    assert kinds == ["payment", "second_payment", "refund"]
    assert kiosk.get(body["order_id"])[1]["state"] == "paid"


@pytest.fixture
def late_money(trial, wired, wired_kiosk, order, clock):
    """The order's money came after its close and is booked."""
    clock.move_s(300)
    trial.quirks.set("late_money=1x")
    assert wired_kiosk.close(order["order_id"])[1]["state"] == "closed"
    clock.move_s(2)
    assert trial.notices.deliver() >= 1
    wired.service.inbox.work()
    return order


def test_late_money_goes_back_under_one_number_however_often_it_is_asked(
    trial, wired, wired_kiosk, line, late_money, clock
):
    assert wired_kiosk.get(late_money["order_id"])[1]["state"] == "refunding"
    for _ in range(4):
        wired.service.orders.settle([late_money["order_id"]])
    assert line.calls.count("POST refunds") == 1  # GET knows it from then on
    clock.move_s(2)
    wired.service.orders.settle([late_money["order_id"]])
    assert wired_kiosk.get(late_money["order_id"])[1]["state"] == "refunded"
    assert sorted(line.amount_fen for line in trial.sandbox.bill(TODAY)) == [-100_000, 100_000]


def test_a_refund_whose_answer_was_lost_is_asked_for_under_the_same_number(
    trial, wired, wired_kiosk, late_money, clock
):
    for quirk in ("error_after=1x", "bad_signature=2x", "system_error=2x", "slow=0"):
        trial.quirks.set(quirk)
        wired.service.orders.settle([late_money["order_id"]])
    clock.move_s(2)
    wired.service.orders.settle([late_money["order_id"]])
    assert wired_kiosk.get(late_money["order_id"])[1]["state"] == "refunded"
    assert sum(line.amount_fen for line in trial.sandbox.bill(TODAY)) == 0


def refund_answer(**changes):
    told = {
        "refund_id": "50300000000000000001",
        "out_refund_no": "R-T",
        "transaction_id": "4200000000000000001",
        "out_trade_no": "WD001-000001",
        "status": "SUCCESS",
        "amount": {"total": 100, "refund": 100, "currency": "CNY"},
    }
    return {**told, **changes}


def test_a_refund_is_done_when_every_word_of_it_is_ours(bare):
    bare.calls.ask = answers(200, refund_answer())
    assert bare.refund("WD001-000001", "R-T", 100) == Refund(True, "50300000000000000001")
    wrong = [
        {"out_refund_no": "R-U"},
        {"transaction_id": "4200000000000000002"},
        {"out_trade_no": "WD001-000002"},
        {"amount": {"total": 100, "refund": 99, "currency": "CNY"}},
        {"amount": {"total": 101, "refund": 100, "currency": "CNY"}},
        {"amount": {"total": 100, "refund": 100, "currency": "USD"}},
        {"amount": 100},
        {"status": "DONE"},
        {"refund_id": None},
        {"refund_id": "a b"},
    ]
    for changes in wrong:
        bare.calls.ask = answers(200, refund_answer(**changes))
        with pytest.raises(GatewaySilent):
            bare.refund("WD001-000001", "R-T", 100)


@pytest.mark.parametrize(
    ("status", "code", "refused"),
    [(403, "NOT_ENOUGH", False), (429, "FREQUENCY_LIMITED", False), (400, "INVALID_REQUEST", True)],
)
def test_a_refund_that_is_refused_for_good_needs_a_person(bare, status, code, refused):
    bare.calls.ask = answers(status, {"code": code})
    assert bare.refund("WD001-000001", "R-T", 100) == Refund(False, refused=refused)


@pytest.mark.parametrize(("status", "refused"), [("PROCESSING", False), ("CLOSED", True), ("ABNORMAL", True)])
def test_the_states_of_a_refund(bare, status, refused):
    bare.calls.ask = answers(200, refund_answer(status=status))
    assert bare.refund("WD001-000001", "R-T", 100) == Refund(False, refused=refused)


# --- answers that are none ---


def answers(status, told):
    return lambda _method, _target, _told=None: Answer(status, told)


def trade_answer(**changes):
    told = {
        "appid": "wxtrial0000000001",
        "mchid": "1900009990",
        "out_trade_no": "WD001-000001",
        "trade_state": "SUCCESS",
        "transaction_id": "4200000000000000001",
        "amount": {"total": 100_000, "currency": "CNY"},
    }
    return {**told, **changes}


def test_a_trade_is_believed_when_every_word_of_it_is_ours(bare):
    bare.calls.ask = answers(200, trade_answer())
    assert bare.query("WD001-000001") == Trade(TradeState.PAID, 100_000, "4200000000000000001", "微信支付")


@pytest.mark.parametrize(
    "changes",
    [
        {"appid": "wx0000000000000000"},
        {"mchid": "1900000001"},
        {"mchid": None},
        {"out_trade_no": "WD001-000002"},
        {"trade_state": "PAID"},
        {"trade_state": None},
        {"transaction_id": None},
        {"transaction_id": ""},
        {"transaction_id": 4200000000000000001},
        {"transaction_id": "4" * 33},
        {"transaction_id": "42-1"},
        {"amount": None},
        {"amount": {"total": 100_000}},
        {"amount": {"total": 100_000, "currency": "USD"}},
        {"amount": {"total": "100000", "currency": "CNY"}},
        {"amount": {"total": 1e5, "currency": "CNY"}},
        {"amount": {"total": True, "currency": "CNY"}},
        {"amount": {"total": 0, "currency": "CNY"}},
        {"amount": {"total": -100_000, "currency": "CNY"}},
    ],
    ids=str,
)
def test_a_trade_that_is_not_ours_in_every_word_is_silence(bare, changes):
    bare.calls.ask = answers(200, trade_answer(**changes))
    with pytest.raises(GatewaySilent):
        bare.query("WD001-000001")


def test_a_charge_of_another_amount_than_asked_is_silence(bare):
    told = trade_answer(out_trade_no="WD001-000001", amount={"total": 1, "currency": "CNY"})
    bare.calls.ask = answers(200, told)
    with pytest.raises(GatewaySilent):
        bare.charge("WD001-000001", WECHAT_CODE + "3")


@pytest.mark.parametrize(
    ("status", "code"), [(403, "OUT_TRADE_NO_USED"), (403, "TRADE_ERROR"), (400, "PARAM_ERROR")]
)
def test_a_code_payment_that_is_refused_leaves_the_order_to_its_qr_code(bare, status, code):
    """As where a gateway takes no code under the number of a QR trade: the code itself was not at fault."""
    unpaid = trade_answer(out_trade_no="WD001-000001", trade_state="NOTPAY", transaction_id="")
    said = iter([Answer(status, {"code": code}), Answer(200, unpaid)])
    bare.calls.ask = lambda *_: next(said)
    assert bare.charge("WD001-000001", WECHAT_CODE + "3") == Trade(TradeState.WAITING)


@pytest.mark.parametrize("url", [None, "", 7, "x" * 301, "weixin://wxpay/\n", "微信"])
def test_an_address_no_code_can_carry_is_silence(bare, url):
    bare.calls.ask = answers(200, {"code_url": url})
    with pytest.raises(GatewaySilent):
        bare.create("WD001-000001", 100_000, "x")


@pytest.mark.parametrize(
    ("status", "told"), [(400, {"code": "PARAM_ERROR"}), (429, {}), (302, {}), (204, {})], ids=str
)
def test_a_refusal_is_no_news_of_money(bare, status, told):
    bare.calls.ask = answers(status, told)
    with pytest.raises(GatewaySilent):
        bare.query("WD001-000001")


def test_one_payment_is_asked_about_by_its_number(trial, gateway, order, another_order):
    press(trial, order["order_id"], Act.PAY)
    number = trial.sandbox.query(order["order_id"]).transaction
    assert gateway.query_payment(order["order_id"], number).state is TradeState.PAID
    assert gateway.query_payment(another_order["order_id"], number).state is TradeState.UNKNOWN
    assert gateway.query_payment(order["order_id"], "4200000000000000001").state is TradeState.UNKNOWN


# --- what arrives on the wire ---


class FarEnd(threading.Thread):
    """A server that answers every request with the same bytes, and may close in the middle."""

    def __init__(self, content):
        super().__init__(daemon=True)
        self._content, self._listener = content, socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.start()

    def run(self):
        try:
            while True:
                connection, _ = self._listener.accept()
                with connection:
                    connection.settimeout(5)
                    connection.recv(65536)
                    connection.sendall(self._content)
        except OSError:
            return

    def stop(self):
        self._listener.shutdown(socket.SHUT_RDWR)  # wakes the accept
        self._listener.close()
        self.join(5)


def http(status, body, headers=()):
    lines = [f"HTTP/1.1 {status} x", f"Content-Length: {len(body)}", "Connection: close"]
    return "\r\n".join([*lines, *(f"{name}: {value}" for name, value in headers), "", ""]).encode() + body


def signed(keys, body, at_s):
    return signed_headers(keys, body, at_s)


@pytest.fixture
def ask_far_end(merchant, clock):
    """Asks a server that answers with these bytes."""
    stops = []

    def ask(content):
        far_end = FarEnd(content)
        settings = replace(merchant, address=far_end.url, answer_timeout_s=1.0)
        calls = SignedCalls(settings, 300, clock)
        stops.extend([calls.disconnect, far_end.stop])
        return calls.ask("GET", "/v3/x")

    yield ask
    for stop in stops:
        stop()


def test_a_signed_answer_is_heard(keys, ask_far_end, clock):
    body = b'{"code_url": "x"}'
    answer = ask_far_end(http(200, body, signed(keys, body, clock.ms // 1000).items()))
    assert (answer.status, answer.told, answer.code) == (200, {"code_url": "x"}, "")
    body = b'{"code": "ORDERPAID"}'
    answer = ask_far_end(http(400, body, signed(keys, body, clock.ms // 1000).items()))
    assert (answer.status, answer.code) == (400, "ORDERPAID")
    answer = ask_far_end(http(204, b"", signed(keys, b"", clock.ms // 1000).items()))
    assert (answer.status, answer.told, answer.code) == (204, {}, "")


def test_one_byte_in_any_place_is_silence(keys, ask_far_end, clock):
    body = b'{"code_url": "x"}'
    headers = signed(keys, body, clock.ms // 1000)
    with pytest.raises(GatewaySilent):
        ask_far_end(http(200, body))
    for at in range(0, len(body), 4):
        with pytest.raises(GatewaySilent):
            ask_far_end(http(200, body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :], headers.items()))
    for name, value in headers.items():
        spoilt = {**headers, name: value[:-1] + ("0" if value[-1] != "0" else "1")}
        with pytest.raises(GatewaySilent):
            ask_far_end(http(200, body, spoilt.items()))


@pytest.mark.parametrize("late_s", [-301, 301])
def test_a_stale_answer_is_silence(keys, ask_far_end, clock, late_s):
    headers = signed(keys, b"{}", clock.ms // 1000 + late_s)
    with pytest.raises(GatewaySilent):
        ask_far_end(http(200, b"{}", headers.items()))


@pytest.mark.parametrize("status", [500, 502, 503])
def test_a_server_error_is_silence_signed_or_not(keys, ask_far_end, clock, status):
    body = b'{"code": "SYSTEM_ERROR"}'
    with pytest.raises(GatewaySilent):
        ask_far_end(http(status, body, signed(keys, body, clock.ms // 1000).items()))


@pytest.mark.parametrize("body", [b"[]", b"7", b"null", b"{", b"\xff", b"<html>"])
def test_a_signed_answer_that_is_no_object_is_silence(keys, ask_far_end, clock, body):
    with pytest.raises(GatewaySilent):
        ask_far_end(http(200, body, signed(keys, body, clock.ms // 1000).items()))


def test_half_an_answer_too_long_an_answer_and_none_at_all_are_silence(keys, ask_far_end, clock):
    body = b'{"code_url": "x"}'
    whole = http(200, body, signed(keys, body, clock.ms // 1000).items())
    for cut in (0, 5, 40, len(whole) - 1):
        with pytest.raises(GatewaySilent):
            ask_far_end(whole[:cut])
    long = json.dumps({"code_url": "x" * 70_000}).encode()
    with pytest.raises(GatewaySilent):
        ask_far_end(http(200, long, signed(keys, long, clock.ms // 1000).items()))


def test_a_gateway_that_is_not_there_is_silence(merchant, clock):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"http://127.0.0.1:{taken.getsockname()[1]}"
        calls = SignedCalls(replace(merchant, address=address, answer_timeout_s=0.2), 300, clock)
        with pytest.raises(GatewaySilent):
            calls.ask("GET", "/v3/x")  # nobody accepts: the answer's time runs out
    with pytest.raises(GatewaySilent):
        calls.ask("GET", "/v3/x")
    calls.disconnect()


def test_the_trial_gateway_refuses_what_is_not_the_merchants(trial, clock):
    def ask(**headers):
        return requests.get(
            trial.url + "/v3/pay/transactions/id/1?mchid=1900009990", headers=headers, timeout=5
        )

    assert ask().json()["code"] == "SIGN_ERROR"
    merchant = Merchant(trial.settings.mchid, trial.settings.merchant_serial, trial.keys.merchant)
    target = "/v3/pay/transactions/id/1?mchid=1900009990"
    good = merchant.authorization("GET", target, clock.ms // 1000, "nonce", b"")
    assert ask(Authorization=good).json()["code"] == "ORDER_NOT_EXIST"
    stale = merchant.authorization("GET", target, clock.ms // 1000 - 301, "nonce", b"")
    other = merchant.authorization("GET", target + "0", clock.ms // 1000, "nonce", b"")
    for header in (stale, other, good.replace('nonce_str="nonce"', 'nonce_str="other"')):
        assert ask(Authorization=header).status_code == 401
