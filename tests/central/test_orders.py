"""Orders over HTTP: same number same order, one payment a due, nothing decided without the gateway."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import update

from central import sandbox as trial

WECHAT_CODE = "13512229863846829"  # seventeen digits; the eighteenth says what happens
ALIPAY_CODE = "28943186936271464"


def test_pays_by_the_code_on_the_screen(kiosk):
    body = kiosk.pension()
    status, order = kiosk.put(body)
    assert (status, order["state"], order["total_fen"], order["expires_in_s"]) == (
        200,
        "created",
        100_000,
        300,
    )
    kiosk.press(order["pay_url"], "pay")
    _, paid = kiosk.get(body["order_id"])
    assert (paid["state"], paid["pay_url"]) == ("paid", None)
    (receipt,) = paid["receipts"]
    assert (receipt["amount_fen"], receipt["year"], receipt["name"]) == (100_000, 2026, "张秀英")
    assert receipt["paid_at"] == "2026-11-23T10:00:00+08:00"
    (due, _medical) = kiosk.visit()["dues"]
    assert (due["state"], due["paid_on"], due["paid_fen"]) == ("paid", "2026-11-23", 100_000)


def test_the_same_body_gets_the_same_order_and_another_body_a_conflict(kiosk, another_kiosk):
    body = kiosk.pension()
    first = kiosk.put(body)
    assert kiosk.put(body) == first
    other = kiosk.pension("300", 30_000, order_id=body["order_id"])
    status, problem = kiosk.put(other)
    assert (status, problem["code"]) == (409, "order_conflict")
    assert another_kiosk.put(body)[1]["code"] == "order_conflict"
    kiosk.press(first[1]["pay_url"], "pay")
    assert kiosk.put(body)[1]["state"] == "paid"
    assert len(kiosk.ledger()) == 1


def test_a_due_with_an_open_order_is_being_checked_and_a_paid_one_is_paid(kiosk, another_kiosk):
    body = kiosk.pension()
    _, order = kiosk.put(body)
    second = another_kiosk.pension()
    assert another_kiosk.put(second)[1]["code"] == "being_checked"
    assert another_kiosk.visit()["dues"][0]["state"] == "being_checked"
    (open_order,) = another_kiosk.visit()["open_orders"]
    assert open_order["order_id"] == body["order_id"]
    kiosk.press(order["pay_url"], "pay")
    status, problem = another_kiosk.put(second)
    assert (status, problem["code"]) == (409, "already_paid")


def test_only_a_close_frees_the_due(kiosk):
    body = kiosk.pension()
    kiosk.put(body)
    assert kiosk.close(body["order_id"])[1]["state"] == "closed"
    assert kiosk.put(body)[1]["code"] == "order_closed"
    assert kiosk.put(kiosk.pension())[0] == 200


def test_closing_an_unknown_order_stops_a_create_that_comes_later(kiosk):
    body = kiosk.pension()
    status, closed = kiosk.close(body["order_id"])
    assert (status, closed["state"], closed["total_fen"]) == (200, "closed", 0)
    status, problem = kiosk.put(body)
    assert (status, problem["code"]) == (409, "order_closed")
    assert kiosk.close(body["order_id"]) == (200, closed)
    assert kiosk.visit()["dues"][0]["state"] == "due"


def test_a_close_that_loses_to_the_money_says_paid(kiosk):
    body = kiosk.pension()
    _, order = kiosk.put(body)
    kiosk.press(order["pay_url"], "silence")
    kiosk.press(order["pay_url"], "pay")  # central cannot have heard
    kiosk.press(order["pay_url"], "release")
    status, closed = kiosk.close(body["order_id"])
    assert (status, closed["state"], len(closed["receipts"])) == (200, "paid", 1)


def test_a_refusal_closes_the_order(kiosk):
    body = kiosk.pension()
    _, order = kiosk.put(body)
    kiosk.press(order["pay_url"], "refuse")
    _, reply = kiosk.get(body["order_id"])
    assert (reply["state"], reply["reason"]) == ("closed", "payer_refused")


def test_an_order_expires_after_300_seconds(kiosk, clock, central):
    body = kiosk.pension()
    kiosk.put(body)
    clock.move_s(299)
    assert kiosk.get(body["order_id"])[1]["expires_in_s"] == 1
    clock.move_s(1)
    central.service.orders.sweep()  # nobody has to ask
    _, reply = kiosk.get(body["order_id"])
    assert (reply["state"], reply["reason"]) == ("closed", "expired")


def test_money_after_the_close_is_sent_back(kiosk, clock, central):
    body = kiosk.pension()
    _, order = kiosk.put(body)
    kiosk.press(order["pay_url"], "late")
    assert kiosk.close(body["order_id"])[1]["state"] == "closed"
    retry = kiosk.paid()  # the citizen was free to pay again; the card tap before it found the late money
    states = []
    for _ in range(4):
        clock.move_s(3)
        central.service.orders.sweep()
        states.append(kiosk.get(body["order_id"])[1]["state"])
    assert set(states) <= {"refunding", "refunded"}
    assert states[-1] == "refunded"
    assert kiosk.get(body["order_id"])[1]["reason"] == "paid_late"
    rows = [(row["kind"], row["amount_fen"]) for row in kiosk.ledger() if row["order_id"] == body["order_id"]]
    assert rows == [("late_payment", 100_000), ("refund", -100_000)]
    assert retry["state"] == "paid"


def test_a_card_tap_looks_for_late_money_itself(kiosk):
    """Before any sweep or notice: whoever paid late learns it before paying again."""
    body = kiosk.pension()
    _, order = kiosk.put(body)
    kiosk.press(order["pay_url"], "late")
    kiosk.close(body["order_id"])
    (open_order,) = kiosk.visit()["open_orders"]
    assert (open_order["state"], open_order["total_fen"]) == ("refunding", 100_000)


def test_money_on_its_way_back_is_on_the_next_page(kiosk, clock):
    body = kiosk.pension()
    _, order = kiosk.put(body)
    kiosk.press(order["pay_url"], "late")
    kiosk.close(body["order_id"])
    kiosk.get(body["order_id"])  # looks at the gateway: the money has come
    (open_order,) = kiosk.visit()["open_orders"]
    assert (open_order["state"], open_order["total_fen"]) == ("refunding", 100_000)


def test_a_silent_gateway_settles_nothing(kiosk, clock, central):
    body = kiosk.pension()
    _, order = kiosk.put(body)
    kiosk.press(order["pay_url"], "silence")
    kiosk.press(order["pay_url"], "pay")
    for answer in (kiosk.get(body["order_id"]), kiosk.close(body["order_id"])):
        assert (answer[0], answer[1]["code"]) == (503, "gateway_silent")
    assert kiosk.visit()["dues"][0]["state"] == "being_checked"
    clock.move_s(600)  # long past the expiry: still nothing is known
    central.service.orders.sweep()
    assert kiosk.visit()["dues"][0]["state"] == "being_checked"
    kiosk.press(order["pay_url"], "release")
    assert kiosk.get(body["order_id"])[1]["state"] == "paid"


def test_another_amount_than_asked_is_sent_back(kiosk, central, clock):
    body = kiosk.pension()
    _, order = kiosk.put(body)
    with central.service.trial_books.write() as connection:
        connection.execute(update(trial.trades).values(amount_fen=1))
    kiosk.press(order["pay_url"], "pay")
    _, reply = kiosk.get(body["order_id"])
    assert (reply["state"], reply["reason"], reply["receipts"]) == ("refunding", "wrong_amount", [])
    clock.move_s(2)
    assert kiosk.get(body["order_id"])[1]["state"] == "refunded"
    assert sum(row["amount_fen"] for row in kiosk.ledger()) == 0


# --- what may not be ordered ---


def changed(body, **line):
    body["lines"][0].update(line)
    body["total_fen"] = body["lines"][0]["amount_fen"]
    return body


@pytest.mark.parametrize(
    "line",
    [
        {"tier": "400", "amount_fen": 40_000},  # no such tier
        {"tier": "300", "amount_fen": 100_000},  # the price of another
        {"year": 2025},  # not this year's
        {"product": "lottery"},
        {"product": "flexible_pension"},  # not hers
    ],
)
def test_what_is_not_offered_today_is_not_payable(kiosk, line):
    status, problem = kiosk.put(changed(kiosk.pension(), **line))
    assert (status, problem["code"]) == (409, "not_payable")
    assert kiosk.visit()["dues"][0]["state"] == "due"


def test_nothing_can_be_paid_outside_its_window(kiosk, clock):
    daughter = kiosk.visit()["household"][1]
    line = {"product": "resident_medical", "year": 2027, "tier": "standard", "amount_fen": 42_000}
    body = changed(kiosk.pension(), person_id=daughter["person_id"], **line)
    clock.move_s(-60 * 86_400)  # 24 September: the window opens on 1 October
    status, problem = kiosk.put(body)
    assert (status, problem["code"]) == (409, "not_payable")


def test_one_may_pay_for_the_household_and_nobody_else(kiosk, central):
    page = kiosk.visit()
    husband, daughter = page["household"]
    body = kiosk.pension()
    body["lines"].append({**body["lines"][0], "person_id": daughter["person_id"]})
    body["total_fen"] = 200_000
    _, order = kiosk.put(body)
    kiosk.press(order["pay_url"], "pay")
    _, paid = kiosk.get(body["order_id"])
    assert [receipt["name"] for receipt in paid["receipts"]] == ["张秀英", "于晓琳"]
    assert husband["relation"] == "配偶"

    stranger = kiosk.good("GET", "/sandbox/people?q=hmt")[0]
    stranger_id = kiosk.visit(stranger["number"], stranger["name"])["person_id"]
    status, problem = kiosk.put(changed(kiosk.pension(), person_id=stranger_id))
    assert (status, problem["code"]) == (409, "not_payable")


def test_an_unknown_person_and_an_unknown_order(kiosk):
    assert kiosk.put(kiosk.pension(person_id="nobody0000"))[1]["code"] == "person_unknown"
    assert kiosk.get("WD001-999999")[0] == 404
    assert kiosk.scan("WD001-999999", WECHAT_CODE + "3")[1]["code"] == "order_unknown"


# --- a payer's code ---


def test_a_scanned_code_pays_at_once_and_only_once(kiosk, another_kiosk):
    body = kiosk.pension()
    kiosk.put(body)
    _, reply = kiosk.scan(body["order_id"], WECHAT_CODE + "3")
    assert (reply["state"], reply["receipts"][0]["channel"]) == ("paid", "微信支付")
    assert kiosk.scan(body["order_id"], WECHAT_CODE + "3")[1] == reply  # the answer was lost: ask again
    daughter = kiosk.visit()["household"][1]["person_id"]
    second = kiosk.pension(person_id=daughter)
    kiosk.put(second)
    status, problem = kiosk.scan(second["order_id"], WECHAT_CODE + "3")
    assert (status, problem["code"]) == (422, "code_invalid")
    _, reply = kiosk.scan(second["order_id"], ALIPAY_CODE + "5")
    assert (reply["state"], reply["receipts"][0]["channel"]) == ("paid", "支付宝")


def test_a_code_that_must_be_confirmed_waits_for_the_phone(kiosk):
    body = kiosk.pension()
    _, order = kiosk.put(body)
    assert kiosk.scan(body["order_id"], WECHAT_CODE + "7")[1]["state"] == "created"
    kiosk.press(order["pay_url"], "pay")
    assert kiosk.get(body["order_id"])[1]["state"] == "paid"


def test_a_refused_code_closes_the_order(kiosk):
    body = kiosk.pension()
    kiosk.put(body)
    _, reply = kiosk.scan(body["order_id"], WECHAT_CODE + "8")
    assert (reply["state"], reply["reason"]) == ("closed", "payer_refused")


def test_a_code_whose_answer_is_lost_stays_open_until_the_gateway_speaks(kiosk):
    body = kiosk.pension()
    _, order = kiosk.put(body)
    assert kiosk.scan(body["order_id"], WECHAT_CODE + "9")[0] == 503
    kiosk.press(order["pay_url"], "release")
    assert kiosk.close(body["order_id"])[1]["state"] == "paid"


@pytest.mark.parametrize("code", ["1" * 17, "160000000000000001", "6" * 19, "9" * 24, "371081196203150042"])
def test_what_is_no_payers_code_is_refused(kiosk, code):
    body = kiosk.pension()
    kiosk.put(body)
    status, problem = kiosk.scan(body["order_id"], code)
    assert (status, problem["code"]) == (422, "code_invalid")
    assert kiosk.get(body["order_id"])[1]["state"] == "created"


def test_no_code_is_stored_anywhere(kiosk, central):
    body = kiosk.pension()
    kiosk.put(body)
    kiosk.scan(body["order_id"], WECHAT_CODE + "3")
    files = [path for path in central.service.settings.data.rglob("*") if path.is_file()]
    assert files
    assert not [path.name for path in files if (WECHAT_CODE + "3").encode() in path.read_bytes()]


# --- at the same instant ---


def test_of_many_kiosks_at_once_one_gets_the_due(central, kiosk_at):
    kiosks = [kiosk_at(central, f"WD00{1 + n % 3}") for n in range(12)]
    bodies = [kiosk.pension(order_id=f"RACE-{n:06d}") for n, kiosk in enumerate(kiosks)]
    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda pair: pair[0].put(pair[1]), zip(kiosks, bodies, strict=True)))
    codes = sorted(answer.get("code", "created") for _, answer in answers)
    assert codes == ["being_checked"] * 11 + ["created"]
