"""Money that is not as it should be: each payment is entered once, goes back once, and a person is asked when books differ."""

from contextlib import suppress
from datetime import date

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import delete, event, insert, select, text, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import IntegrityError
from sqlalchemy.sql import ClauseElement

from central import ledger, tables
from central.database import Database, sqlite_url
from central.gateway import GatewaySilent, Trade, TradeState
from central.orders import Orders
from central.problems import Refused
from central.receipts import ReceiptBook
from central.sandbox import Act
from kiosk.wire import ProblemCode


@pytest.fixture
def sandbox(central):
    return central.service.sandbox


@pytest.fixture
def orders(central):
    return central.service.orders


def press(sandbox, order_id, act):
    return sandbox.act(sandbox.slip_of_order(order_id).token, act)


def state_of(central, order_id):
    with central.service.database.read() as connection:
        return connection.execute(
            select(tables.orders.c.state).where(tables.orders.c.order_id == order_id)
        ).scalar()


def reasons(central):
    with central.service.database.read() as connection:
        return [
            tuple(row)
            for row in connection.execute(select(tables.disputes.c.order_id, tables.disputes.c.reason))
        ]


def rows(kiosk):
    return [(row["kind"], row["amount_fen"]) for row in kiosk.ledger()]


def later(orders, clock, seconds=61, times=8):
    for _ in range(times):
        clock.move_s(seconds)
        orders.sweep()


# --- disputes ---


def test_a_paid_order_that_is_disputed_stays_paid_for_the_citizen(central, kiosk, orders):
    paid = kiosk.paid()
    order_id = paid["order_id"]
    assert orders.dispute(order_id, "ledger_only") is True
    assert orders.dispute(order_id, "ledger_only") is True  # once more changes nothing
    assert reasons(central) == [(order_id, "ledger_only")]
    assert state_of(central, order_id) == "disputed"
    assert kiosk.get(order_id)[1] == paid
    assert kiosk.visit()["dues"][0]["state"] == "paid"
    assert kiosk.put(kiosk.pension())[1]["code"] == "already_paid"
    code = paid["receipts"][0]["verify_url"].rpartition("/")[2]
    assert "凭证真实有效" in kiosk.page(f"/V/{code}")[1]


def test_a_closed_order_that_is_disputed_stays_closed_for_the_citizen(central, kiosk, orders):
    body = kiosk.pension()
    kiosk.put(body)
    kiosk.close(body["order_id"])
    assert orders.dispute(body["order_id"], "kiosk_only") is True
    assert kiosk.get(body["order_id"])[1]["state"] == "closed"
    assert kiosk.put(kiosk.pension())[0] == 200


def test_late_money_of_a_disputed_order_still_goes_back(central, kiosk, orders, sandbox, clock):
    body = kiosk.pension()
    kiosk.put(body)
    press(sandbox, body["order_id"], Act.LATE)
    kiosk.close(body["order_id"])
    orders.dispute(body["order_id"], "kiosk_only")
    later(orders, clock)
    assert rows(kiosk) == [("late_payment", 100_000), ("refund", -100_000)]
    assert kiosk.get(body["order_id"])[1]["state"] == "refunded"
    assert state_of(central, body["order_id"]) == "disputed"  # the person's reason is still there


def test_an_open_order_is_asked_about_and_not_disputed(central, kiosk, orders):
    body = kiosk.pension()
    _, order = kiosk.put(body)
    assert orders.dispute(body["order_id"], "still_open") is False
    assert kiosk.get(body["order_id"])[1] == order
    assert reasons(central) == [(body["order_id"], "still_open")]


def test_an_order_nobody_made_cannot_be_disputed(orders):
    with pytest.raises(Refused) as refused:
        orders.dispute("WD001-999999", "ledger_only")
    assert refused.value.code is ProblemCode.ORDER_UNKNOWN
    with pytest.raises(Refused) as refused:
        orders.look_for("WD001-999999", "T")
    assert refused.value.code is ProblemCode.ORDER_UNKNOWN


class Altered:
    """The trial gateway with some answers of its own."""

    def __init__(self, gateway, **answers):
        self._gateway, self._answers = gateway, answers

    def __getattr__(self, name):
        return self._answers.get(name) or getattr(self._gateway, name)


def orders_over(central, gateway):
    service = central.service
    book = ReceiptBook(service.settings, service.keys)
    return Orders(service.database, service.settings, gateway, service.rulebook, book)


def test_another_payment_instead_of_the_booked_one_is_disputed_and_not_sent_back(central, kiosk, sandbox):
    """Sent back, it would leave a citizen with a receipt and no money at the gateway."""
    order_id = kiosk.paid()["order_id"]
    other = Trade(TradeState.PAID, 100_000, "OTHER", "微信支付")
    changed = Altered(
        sandbox,
        query=lambda _order_id: other,
        query_payment=lambda _order_id, number: other if number == "OTHER" else Trade(TradeState.UNKNOWN),
    )
    orders_over(central, changed).settle([order_id])
    assert reasons(central) == [(order_id, "another_payment")]
    assert rows(kiosk) == [("payment", 100_000)]


def test_the_number_of_another_orders_payment_is_no_answer(central, kiosk, sandbox):
    kiosk.paid()
    number = sandbox.query(sandbox.slips()[0].order_id).transaction
    daughter = kiosk.visit()["household"][1]["person_id"]
    body = kiosk.pension(person_id=daughter)
    kiosk.put(body)
    same = Trade(TradeState.PAID, 100_000, number, "微信支付")
    with pytest.raises(Refused) as refused:
        orders_over(central, Altered(sandbox, query=lambda _order_id: same)).get(body["order_id"])
    assert refused.value.code is ProblemCode.GATEWAY_SILENT
    assert rows(kiosk) == [("payment", 100_000)]
    assert kiosk.get(body["order_id"])[1]["state"] == "created"


def test_a_second_look_at_a_silent_gateway_comes_again(central, kiosk, orders, sandbox, clock):
    order_id = kiosk.paid()["order_id"]
    press(sandbox, order_id, Act.AGAIN)
    press(sandbox, order_id, Act.SILENCE)
    later(orders, clock)
    assert rows(kiosk) == [("payment", 100_000)]
    press(sandbox, order_id, Act.RELEASE)
    later(orders, clock, seconds=600)
    assert rows(kiosk) == [("payment", 100_000), ("second_payment", 100_000), ("refund", -100_000)]
    assert state_of(central, order_id) == "paid"


def test_every_payment_too_much_goes_back_by_itself(central, kiosk, orders, sandbox, clock):
    order_id = kiosk.paid()["order_id"]
    for _ in range(3):
        press(sandbox, order_id, Act.AGAIN)
        orders.settle([order_id])  # sees the last one
    for line in sandbox.bill(date(2026, 11, 23)):
        orders.look_for(order_id, line.transaction)  # and the bill names the others
    later(orders, clock)
    kinds = sorted(kind for kind, _ in rows(kiosk))
    assert kinds == ["payment"] + ["refund"] * 3 + ["second_payment"] * 3
    assert sandbox.slips()[0].kept_fen == 100_000
    with central.service.database.read() as connection:
        payments = ledger.payments(connection, order_id)
        answers = connection.execute(
            select(tables.ledger.c.answers).where(tables.ledger.c.kind == "refund")
        ).scalars()
        assert sorted(answers) == [row.entry_id for row in payments if row.kind == "second_payment"]
        assert [row.answered is None for row in payments] == [True, False, False, False]
        asked = {row.refund_id: row.reason for row in connection.execute(select(tables.refunds))}
    assert set(asked.values()) == {"paid_twice"}
    assert set(asked) == {f"R-{row.gateway_txn}" for row in payments[1:]}


def test_a_silent_gateway_costs_a_sweep_five_questions(central, kiosk, orders, clock):
    """Ten open orders, ten seconds of waiting each: the sweep gives up early and comes again."""
    people = [kiosk.visit()["person_id"], *(row["person_id"] for row in kiosk.visit()["household"])]
    asked = []

    def silent(order_id):
        asked.append(order_id)
        raise GatewaySilent

    for card in kiosk.good("GET", "/sandbox/people"):
        person_id = kiosk.visit(card["number"], card["name"])["person_id"]
        if person_id not in people:
            kiosk.put(kiosk.pension("300", 30_000, person_id=person_id))
    clock.move_s(301)
    over = orders_over(central, Altered(central.service.sandbox, query=silent))
    assert over.sweep() == 5
    assert len(asked) == 5
    over.sweep()
    assert len(set(asked)) == 10  # those that were asked wait for a while, so the others have their turn


def test_a_refund_is_on_the_page_for_a_week(central, kiosk, orders, sandbox, clock):
    body = kiosk.pension()
    kiosk.put(body)
    press(sandbox, body["order_id"], Act.LATE)
    kiosk.close(body["order_id"])
    later(orders, clock)
    (refund,) = kiosk.visit()["open_orders"]
    assert (refund["order_id"], refund["state"], refund["total_fen"]) == (
        body["order_id"],
        "refunded",
        100_000,
    )
    clock.move_s(7 * 86_400)
    assert kiosk.visit()["open_orders"] == []


def test_whoever_is_paid_for_sees_the_refund_too(central, kiosk, orders, sandbox, clock):
    daughter = next(row for row in kiosk.visit()["household"] if row["relation"] == "女儿")
    body = kiosk.pension()
    body["lines"][0]["person_id"] = daughter["person_id"]
    kiosk.put(body)
    press(sandbox, body["order_id"], Act.LATE)
    kiosk.close(body["order_id"])
    later(orders, clock)
    (card,) = (card for card in kiosk.good("GET", "/sandbox/people") if card["name"] == "于晓琳")
    (refund,) = kiosk.visit(card["number"], card["name"])["open_orders"]
    assert (refund["order_id"], refund["state"]) == (body["order_id"], "refunded")


# --- what the database itself refuses ---


def test_no_payment_can_be_sent_back_twice(central, kiosk, orders, sandbox, clock):
    order_id = kiosk.paid()["order_id"]
    press(sandbox, order_id, Act.AGAIN)
    later(orders, clock)
    with central.service.database.read() as connection:
        (entry,) = connection.execute(
            select(tables.ledger.c.answers).where(tables.ledger.c.kind == "refund")
        ).scalars()
    with pytest.raises(IntegrityError), central.service.database.write() as connection:
        ledger.enter(connection, order_id, ledger.Kind.REFUND, -1, gateway_txn="X", at_ms=0, answers=entry)
    row = {"order_id": order_id, "amount_fen": 1, "reason": "x", "at_ms": 0}
    with pytest.raises(IntegrityError), central.service.database.write() as connection:
        connection.execute(insert(tables.refunds).values(refund_id="R-other", entry_id=entry, **row))


@pytest.mark.parametrize("name", tables.FROZEN_MONEY)
def test_refunds_and_disputes_are_only_ever_inserted(central, kiosk, orders, sandbox, clock, name):
    order_id = kiosk.paid()["order_id"]
    press(sandbox, order_id, Act.AGAIN)
    later(orders, clock)
    orders.dispute(order_id, "ledger_only")
    table = tables.metadata.tables[name]
    for statement in (update(table).values(at_ms=0), delete(table)):
        with (
            pytest.raises(IntegrityError, match="only ever inserted"),
            central.service.database.write() as connection,
        ):
            connection.execute(statement)


def test_a_refund_under_way_survives_the_migration_under_its_old_number(tmp_path):
    """As written by the first version: the gateway was asked under R-<order>, and must be asked so again."""
    database = Database(sqlite_url(tmp_path / "old.sqlite3"))
    migrate(database, "0001")
    order = "'SEED-00000{}', 'WD001', 'p0000000001', 'd', '{}', 100, 'paid_late', 1, 2, 0"
    entry = "'SEED-00000{}', '{}', {}, '{}', '2026-11-23', 5"
    with database.write() as connection:
        for number, state in ((1, "refunding"), (2, "refunded"), (3, "paid")):
            columns = "order_id, kiosk_id, payer_id, request_digest, state, total_fen, reason, created_ms, expires_ms, looks"
            connection.execute(text(f"INSERT INTO orders ({columns}) VALUES ({order.format(number, state)})"))
        columns = "order_id, kind, amount_fen, gateway_txn, day, at_ms"
        for values in (
            (1, "late_payment", 100, "T1"),
            (2, "late_payment", 100, "T2"),
            (2, "refund", -100, "T3"),
            (3, "payment", 100, "T4"),
        ):
            connection.execute(text(f"INSERT INTO ledger ({columns}) VALUES ({entry.format(*values)})"))
    database.migrate()
    with database.read() as connection:
        refunds = connection.execute(select(tables.refunds)).all()
        sent = connection.execute(select(tables.ledger.c.entry_id).where(tables.ledger.c.gateway_txn == "T1"))
        assert [tuple(row) for row in refunds] == [
            ("R-SEED-000001", sent.scalar_one(), "SEED-000001", 100, "paid_late", 5)
        ]
    database.close()


def migrate(database, revision):
    config = Config()
    config.set_main_option("script_location", "central/migrations")
    with database.write() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


def test_every_statement_of_a_life_with_money_is_postgresql_too(central, kiosk, orders, sandbox, clock):
    """Late, twice, refused, taken back and disputed: what SQLite is told, PostgreSQL would understand."""
    seen = set()

    def note(_connection, statement, *_rest):
        if isinstance(statement, ClauseElement):
            seen.add(str(statement.compile(dialect=postgresql.dialect())))

    event.listen(central.service.database.engine, "before_execute", note)
    order_id = kiosk.paid()["order_id"]
    press(sandbox, order_id, Act.AGAIN)
    later(orders, clock)
    press(sandbox, order_id, Act.TAKE_BACK)
    orders.settle([order_id])
    daughter = kiosk.visit()["household"][1]["person_id"]
    body = kiosk.pension(person_id=daughter)
    kiosk.put(body)
    press(sandbox, body["order_id"], Act.LATE)
    kiosk.close(body["order_id"])
    later(orders, clock)
    with suppress(Refused):
        orders.look_for(order_id, "nothing")
    kiosk.visit()
    assert len(seen) > 20
    assert not [one for one in seen if "OR IGNORE" in one or "OR REPLACE" in one or "PRAGMA" in one]
