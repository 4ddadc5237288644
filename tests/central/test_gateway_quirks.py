"""Whatever the trial gateway does wrong: what central books, what the citizen is told, and that nobody loses a fen."""

from pathlib import Path

import pytest

from central.gateway_quirks import CHANCES, Quirks
from central.sandbox import Act

WECHAT_CODE = "13512229863846829"


@pytest.fixture
def order(wired_kiosk):
    body = wired_kiosk.pension()
    return wired_kiosk.good("PUT", f"/v1/orders/{body['order_id']}", body)


@pytest.fixture
def world(trial, wired, wired_kiosk, order, clock):
    return World(trial, wired, wired_kiosk, order, clock)


class World:
    """One order, the payer's phone, the notices, and time."""

    def __init__(self, trial, wired, kiosk, order, clock):
        self.trial, self.wired, self.kiosk, self.order, self.clock = trial, wired, kiosk, order, clock
        self.order_id = order["order_id"]

    def quirk(self, spec):
        self.trial.quirks.set(spec)

    def press(self, act):
        return self.trial.sandbox.act(self.trial.sandbox.slip_of_order(self.order_id).token, act)

    def notice(self):
        """Delivers what is due, and waits for nothing: central works it off here."""
        count = self.trial.notices.deliver()
        self.wired.service.inbox.work()
        return count

    def get(self):
        return self.kiosk.get(self.order_id)

    def state(self):
        status, reply = self.get()
        return reply["state"] if status == 200 else reply["code"]

    def later(self, seconds=3.0, times=4):
        for _ in range(times):
            self.clock.move_s(seconds)
            self.wired.service.orders.sweep()

    def ledger(self):
        return [(row["kind"], row["amount_fen"]) for row in self.kiosk.ledger()]

    def kept(self):
        """(at the gateway, in the ledger)"""
        return (
            sum(slip.kept_fen for slip in self.trial.sandbox.slips()),
            sum(fen for _, fen in self.ledger()),
        )

    def inbox(self):
        with self.wired.service.database.read() as connection:
            return connection.exec_driver_sql("SELECT event, settled_ms FROM gateway_inbox").all()


# --- the SPEC ---


def test_a_spec_draws_the_same_faults_from_the_same_seed():
    one, other = (Quirks("slow=0.5,bad_signature=2x", seed=7) for _ in range(2))
    faults = [[each.happens("slow") for _ in range(200)] for each in (one, other)]
    assert faults[0] == faults[1]
    assert 60 < sum(faults[0]) < 140
    assert [one.happens("bad_signature") for _ in range(4)] == [True, True, False, False]
    assert not any(one.happens("late_money") for _ in range(100))


@pytest.mark.parametrize(
    "spec", ["fast=1", "slow=2", "slow=-0.1", "slow", "slow=x", "slow_s=long", "slow=1.5x"]
)
def test_a_spec_that_means_nothing_is_refused_and_changes_nothing(spec):
    quirks = Quirks("slow=1x")
    with pytest.raises(ValueError, match=r"."):
        quirks.set(spec)
    assert quirks.spec == "slow=1x"
    assert quirks.happens("slow")


def test_every_quirk_has_a_test_of_its_own():
    """Named in a test's own words below."""
    text = Path(__file__).read_text(encoding="utf-8")
    assert [name for name in CHANCES if f"{name}=" not in text.replace("slow=0.5", "")] == []


# --- answers ---


@pytest.mark.parametrize(
    "spec",
    [
        "slow=1x,slow_s=1.2",
        "system_error=1x",
        "error_after=1x",
        "bad_signature=1x",
        "stale_signature=1x",
        "wrong_echo=1x",
    ],
)
def test_an_answer_that_cannot_be_trusted_says_nothing_and_is_asked_again(
    start_trial, start_wired, kiosk_at, clock, spec
):
    trial = start_trial()
    wired = start_wired(trial, answer_timeout_s=0.8)
    kiosk = kiosk_at(wired)
    body = kiosk.pension()
    order = kiosk.good("PUT", f"/v1/orders/{body['order_id']}", body)
    world = World(trial, wired, kiosk, order, clock)
    world.press(Act.PAY)
    world.quirk(spec)
    assert world.state() == "gateway_silent"
    assert world.ledger() == []
    assert world.state() == "paid"
    assert world.kept() == (100_000, 100_000)


def test_a_payer_who_is_still_typing_pays_in_the_end(world):
    world.quirk("user_paying=1x,paying_s=6")
    assert world.kiosk.scan(world.order_id, WECHAT_CODE + "3")[1]["state"] == "created"
    world.clock.move_s(5)
    assert world.state() == "created"
    world.clock.move_s(1)
    assert world.state() == "paid"


def test_a_reverse_that_is_undecided_is_asked_for_again(world):
    world.kiosk.scan(world.order_id, WECHAT_CODE + "7")
    world.clock.move_s(20)
    world.quirk("reverse_undecided=1x")
    assert world.kiosk.close(world.order_id)[1]["state"] == "created"
    world.later()
    assert world.state() == "closed"


def test_a_close_that_is_refused_is_asked_for_again(world):
    world.clock.move_s(299)
    world.kiosk.close(world.order_id)
    world.clock.move_s(1)
    world.quirk("close_refused=3x")
    world.later(10, times=12)
    assert world.state() == "closed"


# --- money that is not as it should be ---


def close_after_300_seconds(world):
    world.clock.move_s(300)
    assert world.kiosk.close(world.order_id)[1]["state"] == "closed"


def test_money_after_the_close_goes_back(world):
    again = world.kiosk.pension()
    world.quirk("late_money=1x")
    close_after_300_seconds(world)
    assert world.kiosk.put(again)[0] == 200  # the citizen was free to pay again
    world.clock.move_s(2)
    assert world.notice() > 0
    assert world.state() == "refunding"
    (open_order, refund) = world.kiosk.visit()["open_orders"]
    assert (open_order["order_id"], open_order["state"]) == (again["order_id"], "created")
    assert (refund["order_id"], refund["state"], refund["total_fen"]) == (
        world.order_id,
        "refunding",
        100_000,
    )
    world.later()
    assert world.get()[1] == {**world.get()[1], "state": "refunded", "reason": "paid_late"}
    assert world.ledger() == [("late_payment", 100_000), ("refund", -100_000)]
    assert world.kept() == (0, 0)


def test_an_order_that_is_paid_twice_keeps_the_first_and_sends_the_second_back(world):
    world.quirk("paid_twice=1x")
    world.press(Act.PAY)
    world.notice()
    world.later(61, times=8)
    _, reply = world.get()
    assert (reply["state"], len(reply["receipts"])) == ("paid", 1)
    assert world.ledger() == [("payment", 100_000), ("second_payment", 100_000), ("refund", -100_000)]
    assert world.kept() == (100_000, 100_000)
    (refund,) = world.kiosk.visit()["open_orders"]
    assert (refund["state"], refund["total_fen"]) == ("refunded", 100_000)
    assert world.kiosk.visit()["dues"][0]["state"] == "paid"


def test_a_second_payment_nobody_told_of_is_found_once_the_code_has_run_out(world):
    world.press(Act.PAY)
    assert world.state() == "paid"
    world.quirk("no_notice=1")
    world.press(Act.AGAIN)
    assert world.notice() == 1  # of the first one; the second is kept quiet about
    world.later(61, times=8)
    assert world.kept() == (100_000, 100_000)
    assert world.state() == "paid"


def test_a_refund_the_gateway_refuses_is_disputed_and_the_citizen_still_reads_that_money_comes_back(world):
    world.quirk("late_money=1x,refund_refused=1x")
    close_after_300_seconds(world)
    world.later()
    assert state_of(world) == ("disputed", ["refund_refused"])
    assert (world.state(), world.get()[1]["receipts"]) == ("refunding", [])
    (refund,) = world.kiosk.visit()["open_orders"]
    assert refund["state"] == "refunding"
    assert world.kept() == (100_000, 100_000)  # it is still here, and both books say so
    free_the_refund(world)
    world.later(3600, times=3)
    assert world.state() == "refunded"
    assert world.kept() == (0, 0)
    assert state_of(world) == ("refunded", ["refund_refused"])


def state_of(world):
    with world.wired.service.database.read() as connection:
        state = connection.exec_driver_sql(
            "SELECT state FROM orders WHERE order_id = ?", (world.order_id,)
        ).scalar()
        reasons = connection.exec_driver_sql("SELECT reason FROM disputes").scalars().all()
    return state, reasons


def free_the_refund(world):
    """Somebody at the gateway has seen to it by hand."""
    with world.trial.books.write() as connection:
        connection.exec_driver_sql("DELETE FROM stuck_refunds")


def test_a_second_payment_whose_refund_is_refused_leaves_the_order_paid_for_the_citizen(world):
    world.quirk("paid_twice=1x,refund_refused=1x")
    world.press(Act.PAY)
    world.notice()
    world.later(61, times=8)
    assert state_of(world) == ("disputed", ["refund_refused"])
    _, reply = world.get()
    assert (reply["state"], len(reply["receipts"])) == ("paid", 1)
    assert [row["state"] for row in world.kiosk.visit()["open_orders"]] == ["refunding"]
    free_the_refund(world)
    world.later(3600, times=3)
    assert state_of(world) == ("paid", ["refund_refused"])


def test_a_payment_the_gateway_took_back_is_disputed_and_stays_paid_for_the_citizen(world):
    world.press(Act.PAY)
    assert world.state() == "paid"
    world.press(Act.TAKE_BACK)
    world.later(61, times=8)
    assert state_of(world) == ("disputed", ["taken_back"])
    _, reply = world.get()
    assert (reply["state"], len(reply["receipts"])) == ("paid", 1)
    assert world.ledger() == [("payment", 100_000)]  # a person decides what happens to it


# --- notices ---


def test_a_payment_nobody_tells_of_is_found_by_asking(world):
    world.quirk("no_notice=1x")
    world.press(Act.PAY)
    assert world.notice() == 0
    assert world.state() == "paid"


def test_a_notice_books_what_the_gateway_says_when_it_is_asked(world):
    world.press(Act.PAY)
    assert world.notice() == 1
    assert world.ledger() == [("payment", 100_000)]
    assert [event for event, _ in world.inbox()] == ["TRANSACTION.SUCCESS"]


def test_a_notice_before_the_answer_of_the_very_call_is_one_payment(world):
    world.quirk("early_notice=1x")
    assert world.kiosk.scan(world.order_id, WECHAT_CODE + "3")[1]["state"] == "paid"
    world.wired.service.inbox.work()
    assert len(world.inbox()) == 1
    assert world.ledger() == [("payment", 100_000)]


def test_a_duplicate_notice_is_taken_once(world):
    world.quirk("duplicate_notice=1x")
    world.press(Act.PAY)
    assert world.notice() == 2
    assert len(world.inbox()) == 1
    assert world.ledger() == [("payment", 100_000)]


def test_notices_in_another_order_say_the_same(world):
    world.quirk("shuffled_notices=1,paid_twice=1x,duplicate_notice=1")
    world.press(Act.PAY)
    assert world.notice() == 4
    world.later(61, times=8)
    assert world.ledger() == [("payment", 100_000), ("second_payment", 100_000), ("refund", -100_000)]


def test_another_amount_in_a_notice_books_nothing_of_it(world):
    world.quirk("wrong_amount_notice=1x")
    world.press(Act.PAY)
    assert world.notice() == 1
    assert world.ledger() == [("payment", 100_000)]
    assert world.state() == "paid"


def test_a_notice_with_a_wrong_signature_is_not_taken_and_comes_again(world):
    world.quirk("bad_notice=1x")
    world.press(Act.PAY)
    world.notice()
    assert world.inbox() == []
    assert world.ledger() == []
    world.clock.move_s(1)  # the gateway's next try
    world.notice()
    assert world.ledger() == [("payment", 100_000)]


def test_a_replayed_notice_is_not_taken(world):
    """Six minutes old, and an old signature over another order's data."""
    world.press(Act.PAY)
    world.notice()
    second = world.kiosk.pension(person_id=world.kiosk.visit()["household"][1]["person_id"])
    assert world.kiosk.put(second)[0] == 200
    world.quirk("replayed_notice=1x,no_notice=0")
    other = world.trial.sandbox.slip_of_order(second["order_id"])
    world.trial.sandbox.act(other.token, Act.PAY)
    assert world.notice() == 3
    assert len(world.inbox()) == 2  # the two genuine ones


def test_a_notice_waits_when_the_gateway_is_silent_and_is_worked_off_later(world):
    world.press(Act.PAY)
    world.quirk("system_error=1")
    assert world.notice() == 1
    assert [settled for _, settled in world.inbox()] == [None]
    assert world.ledger() == []
    world.quirk("")
    assert world.wired.service.inbox.work() == 1
    assert world.ledger() == [("payment", 100_000)]
    assert world.wired.service.inbox.work() == 0
