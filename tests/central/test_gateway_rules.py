"""The rules every gateway has, seen from its own side of the port."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from central.gateway import GatewaySilent
from central.orders import Orders
from central.problems import Refused
from central.receipts import ReceiptBook
from central.sandbox import Act
from kiosk.wire import OrderRequest, ProblemCode


class Watched:
    """The trial gateway; notes every call, and lets something happen before one."""

    def __init__(self, gateway):
        self._gateway, self.calls, self.before = gateway, [], {}

    def __getattr__(self, name):
        def call(*arguments):
            self.calls.append(name)
            self.before.pop(name, lambda: None)()
            return getattr(self._gateway, name)(*arguments)

        return call


@pytest.fixture
def gateway(central):
    return Watched(central.service.sandbox)


@pytest.fixture
def orders(central, gateway):
    service = central.service
    book = ReceiptBook(service.settings, service.keys)
    return Orders(service.database, service.settings, gateway, service.rulebook, book)


@pytest.fixture
def request_(kiosk):
    return OrderRequest.model_validate_json(json.dumps(kiosk.pension()))


def test_a_query_comes_before_every_close(orders, gateway, request_, clock):
    orders.put("WD001", request_)
    orders.close("WD001", request_.order_id, "given_up")
    assert gateway.calls == ["create", "query", "close"]


def test_a_paid_trade_is_never_closed(orders, gateway, request_, central):
    orders.put("WD001", request_)
    central.service.sandbox.act(central.service.sandbox.slips()[0].token, Act.PAY)
    assert orders.close("WD001", request_.order_id, "given_up").state.value == "paid"
    assert "close" not in gateway.calls


def test_a_close_that_overtakes_the_create_wins(orders, gateway, request_, kiosk):
    gateway.before["create"] = lambda: orders.close("WD001", request_.order_id, "given_up")
    with pytest.raises(Refused) as refused:
        orders.put("WD001", request_)
    assert refused.value.code is ProblemCode.ORDER_CLOSED
    assert orders.get(request_.order_id).state.value == "closed"
    assert kiosk.put(kiosk.pension())[0] == 200  # the due is free again


def test_a_create_without_an_answer_is_asked_again_under_the_same_number(orders, gateway, request_, central):
    def silence():
        raise GatewaySilent

    gateway.before["create"] = silence
    with pytest.raises(Refused) as refused:
        orders.put("WD001", request_)
    assert refused.value.code is ProblemCode.GATEWAY_SILENT
    assert orders.put("WD001", request_).pay_url is not None
    assert [slip.order_id for slip in central.service.sandbox.slips()] == [request_.order_id]


def test_asking_for_an_order_finishes_its_create(orders, gateway, request_):
    def silence():
        raise GatewaySilent

    gateway.before["create"] = silence
    with pytest.raises(Refused):
        orders.put("WD001", request_)
    assert orders.get(request_.order_id).pay_url is not None


def test_a_late_payer_is_looked_for_less_and_less_and_for_three_days(orders, gateway, request_, clock):
    orders.put("WD001", request_)
    orders.close("WD001", request_.order_id, "given_up")
    gateway.calls.clear()
    for _ in range(60):
        clock.move_s(1)
        orders.sweep()
    assert gateway.calls == ["query"] * 5  # after 2, 4, 8, 16 ... seconds
    for _ in range(100):
        clock.move_s(3600)
        orders.sweep()
    assert 70 <= len(gateway.calls) <= 90
    asked = len(gateway.calls)
    clock.move_s(30 * 86_400)
    assert orders.sweep() == 0
    assert len(gateway.calls) == asked


def test_a_refund_is_asked_for_under_one_number_until_it_is_done(
    orders, gateway, request_, clock, central, kiosk
):
    orders.put("WD001", request_)
    central.service.sandbox.act(central.service.sandbox.slips()[0].token, Act.LATE)
    orders.close("WD001", request_.order_id, "given_up")
    for _ in range(8):
        clock.move_s(2)
        orders.sweep()
    assert gateway.calls.count("refund") == 2
    assert orders.get(request_.order_id).state.value == "refunded"
    assert sum(row["amount_fen"] for row in kiosk.ledger()) == 0


def test_the_same_money_seen_by_many_at_once_is_booked_once(orders, request_, central, kiosk):
    orders.put("WD001", request_)
    central.service.sandbox.act(central.service.sandbox.slips()[0].token, Act.PAY)
    with ThreadPoolExecutor(8) as pool:
        asked = [pool.submit(orders.get, request_.order_id) for _ in range(8)]
        asked += [pool.submit(orders.close, "WD001", request_.order_id, "given_up") for _ in range(8)]
        numbers = {each.result().receipts[0].receipt_no for each in asked}
    assert len(numbers) == 1
    assert [row["kind"] for row in kiosk.ledger()] == ["payment"]
