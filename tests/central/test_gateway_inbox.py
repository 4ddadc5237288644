"""Notices from anybody: the documented answer, 4xx for what is not the gateway's, never half a row, never a fen."""

import json
import random
import secrets
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from sqlalchemy import func, select

from central import tables
from central.gateway_signature import seal
from central.gateway_trial_notices import signed_headers
from central.sandbox import Act


@pytest.fixture
def order(wired_kiosk):
    body = wired_kiosk.pension()
    return wired_kiosk.good("PUT", f"/v1/orders/{body['order_id']}", body)


def told(order, **changes):
    """What a payment's notice says."""
    words = {
        "appid": "wxtrial0000000001",
        "mchid": "1900009990",
        "out_trade_no": order["order_id"],
        "transaction_id": "4200000000000000001",
        "trade_state": "SUCCESS",
        "amount": {"total": 100_000, "payer_total": 100_000, "currency": "CNY"},
    }
    return {**words, **changes}


class Sender:
    """Sends notices as the platform would, or not quite."""

    def __init__(self, trial, wired, clock):
        self.trial, self.wired, self.clock = trial, wired, clock
        self.url = wired.url + "/gateway/notify"

    def notice(self, words, event="TRANSACTION.SUCCESS", **changes):
        resource = seal(self.trial.keys.notice, "0123456789ab", "transaction", json.dumps(words).encode())
        resource["original_type"] = "transaction"
        notice = {"id": secrets.token_hex(16), "event_type": event, "resource_type": "encrypt-resource"}
        return json.dumps({**notice, "resource": resource, **changes}).encode()

    def headers(self, body, late_s=0):
        return signed_headers(self.trial.keys, body, self.clock.ms // 1000 + late_s)

    def send(self, body, headers=None, method="POST"):
        headers = self.headers(body) if headers is None else headers
        answer = requests.request(
            method, self.url, data=body, headers={**headers, "Content-Type": "application/json"}, timeout=20
        )
        return answer.status_code, answer.json()

    def rows(self):
        with self.wired.service.database.read() as connection:
            names = ("gateway_inbox", "ledger", "refunds", "receipts", "disputes")
            return {
                name: connection.execute(
                    select(func.count()).select_from(tables.metadata.tables[name])
                ).scalar()
                for name in names
            }


@pytest.fixture
def sender(trial, wired, clock):
    return Sender(trial, wired, clock)


def test_a_notice_is_answered_with_the_documented_words(sender, order):
    body = sender.notice(told(order))
    assert sender.send(body) == (200, {"code": "SUCCESS", "message": "taken"})
    assert sender.send(body) == (200, {"code": "SUCCESS", "message": "taken"})  # and again
    assert sender.rows()["gateway_inbox"] == 1


def test_the_words_of_a_notice_move_no_money(sender, wired, wired_kiosk, order):
    """Well signed, well sealed, about a payment the gateway has never heard of."""
    before = sender.rows()
    for amount in (1, 100_000, 10**9):
        body = sender.notice(told(order, amount={"total": amount, "currency": "CNY"}))
        assert sender.send(body)[0] == 200
    wired.service.inbox.work()
    assert {**sender.rows(), "gateway_inbox": 0} == {**before, "gateway_inbox": 0}
    assert wired_kiosk.get(order["order_id"])[1]["state"] == "created"


def test_a_notice_that_is_not_the_gateways_is_401(sender, order, trial):
    body = sender.notice(told(order))
    good, before = sender.headers(body), sender.rows()
    refused = (401, {"code": "FAIL", "message": "not_yours"})
    assert sender.send(body, {}) == refused
    assert sender.send(body, sender.headers(body, late_s=-301)) == refused
    assert sender.send(body, sender.headers(body, late_s=301)) == refused
    for name in good:
        assert sender.send(body, {**good, name: "x"}) == refused
        assert sender.send(body, {other: value for other, value in good.items() if other != name}) == refused
    other = sender.notice(told(order))
    assert sender.send(other, good) == refused  # an old signature over other data
    rng = random.Random(1)
    for _ in range(30):
        at = rng.randrange(len(body))
        assert (
            sender.send(body[:at] + bytes([body[at] ^ 1 << rng.randrange(8)]) + body[at + 1 :], good)
            == refused
        )
    assert sender.rows() == before
    assert sender.send(body, good)[0] == 200


def test_a_signed_notice_that_says_nothing_usable_is_400(sender, order, trial):
    before = sender.rows()
    words = told(order)
    sealed = json.loads(sender.notice(words))
    bodies = [
        b"",
        b"null",
        b"[]",
        b"7",
        b"{",
        b"\xff\xfe",
        b"[" * 20_000,
        b"{}",
        sender.notice(words, resource=None),
        sender.notice(words, resource={}),
        sender.notice(words, resource={**sealed["resource"], "ciphertext": "AAAA"}),
        sender.notice(words, resource={**sealed["resource"], "algorithm": "AES"}),
        sender.notice(words, resource={**sealed["resource"], "nonce": ""}),
        sender.notice(words, resource={**sealed["resource"], "nonce": "\ud800"}),
        sender.notice(words, id=None),
        sender.notice(words, id=""),
        sender.notice(words, id="x" * 65),
        sender.notice(words, id=["x"]),
        sender.notice(words, event_type=None),
        sender.notice(words, event_type="E" * 41),
        sender.notice([]),
        sender.notice(told(order, mchid="1900000001")),
        sender.notice(told(order, mchid=None)),
        sender.notice(told(order, appid="wx0000000000000000")),
        sender.notice(told(order, out_trade_no=None)),
        sender.notice(told(order, out_trade_no="x" * 41)),
        sender.notice(told(order, out_trade_no={"a": 1})),
        sender.notice(told(order, transaction_id=None)),
        sender.notice(told(order, transaction_id="x" * 65)),
        sender.notice(told(order, transaction_id="' OR 1=1 --")),
    ]
    for body in bodies:
        assert sender.send(body) == (400, {"code": "FAIL", "message": "unreadable"}), body[:120]
    assert sender.rows() == before


def test_a_notice_of_an_order_nobody_made_is_404(sender, order):
    before = sender.rows()
    answer = sender.send(sender.notice(told(order, out_trade_no="WD009-000001")))
    assert answer == (404, {"code": "FAIL", "message": "unknown_order"})
    assert sender.rows() == before


def test_too_much_and_the_wrong_verb_are_typed_too(sender, order):
    body = sender.notice(told(order)) + b" " * 70_000
    assert sender.send(body)[0] == 413
    assert sender.send(b"{}", method="GET")[0] == 405


def test_a_central_without_a_gateway_takes_no_notices(kiosk):
    answer = requests.post(kiosk.url + "/gateway/notify", data=b"{}", timeout=20)
    assert (answer.status_code, answer.json()["code"]) == (404, "invalid_request")


def test_news_of_a_refund_makes_central_ask_about_it(sender, trial, wired, wired_kiosk, order, clock):
    clock.move_s(300)
    trial.quirks.set("late_money=1x")
    wired_kiosk.close(order["order_id"])
    clock.move_s(2)
    trial.notices.deliver()
    wired.service.inbox.work()
    wired_kiosk.get(order["order_id"])
    clock.move_s(2)
    words = {"mchid": "1900009990", "out_trade_no": order["order_id"], "refund_status": "SUCCESS"}
    assert sender.send(sender.notice(words, event="REFUND.SUCCESS"))[0] == 200
    wired.service.inbox.work()
    assert sum(row["amount_fen"] for row in wired_kiosk.ledger()) == 0


def test_many_copies_at_once_are_one_row_and_one_payment(sender, trial, wired, wired_kiosk, order):
    slip = trial.sandbox.slip_of_order(order["order_id"])
    trial.sandbox.act(slip.token, Act.PAY)
    number = trial.sandbox.query(order["order_id"]).transaction
    body = sender.notice(told(order, transaction_id=number))
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: sender.send(body)[0], range(16)))
    wired.service.inbox.work()
    assert answers == [200] * 16
    assert sender.rows()["gateway_inbox"] == 1
    assert [row["kind"] for row in wired_kiosk.ledger()] == ["payment"]


def test_old_news_is_not_asked_about_for_ever(sender, trial, wired, wired_kiosk, order, clock):
    sender.send(sender.notice(told(order)))
    with wired.service.database.write() as connection:
        connection.exec_driver_sql("UPDATE gateway_inbox SET settled_ms = NULL")
    clock.move_s(86_401)
    trial.quirks.set("system_error=1")
    assert wired.service.inbox.work() == 0
    assert trial.quirks.happens("system_error")  # it was not even asked: every ask would have met this
