"""Bad input at every call that takes money, paper or news of them: a typed 4xx, never a 5xx, and not a row changed.

The calls are those the application has, read from its routes, so that none can be forgotten.  For a known call a good
request is spoilt, one thing or a few at a time; a call that is not known here gets nonsense.  Every good request is one
that was taken before: even where a spoilt one is still good, nothing but ``Good.writes`` may change.
"""

import json
import re
from collections import Counter
from random import Random

import pytest
from fastapi.routing import APIRoute

from central import alarms
from central.app import create_app
from central.problems import STATUS
from central.server import running
from central.settings import Settings
from kiosk.wire import Problem, ProblemCode
from tests.central.money_bench import CODE, ZHANG, Bench, Good, StoodClock, log_batch, order, request
from tests.central.spoiling import JSON_TYPE, spoil

EACH = 300  # spoilt requests a call
OTHER_STATUSES = (404, 405, 413, 422)  # what invalid_request may come with: addresses and sizes
READ_BY_ALL = ("/v1/health", "/v1/keys", "/V/", "/v/", "/openapi.json")


@pytest.fixture(scope="module")
def seeded(tmp_path_factory):
    folder = tmp_path_factory.mktemp("household") / "data"
    return Settings(folder, sandbox=True, township=3, sweep_interval_s=0, clock=StoodClock())


@pytest.fixture(scope="module")
def routes(seeded):
    """(method, path) of every call the application has."""
    app = create_app(seeded)
    app.state.service.close()
    return sorted(
        (method, route.path)
        for route in app.routes
        if isinstance(route, APIRoute)
        for method in route.methods
    )


@pytest.fixture(scope="module")
def bench(seeded, routes):
    with running(seeded) as central:
        bench = Bench(central)
        yield bench
        bench.close()


def nonsense(path):
    """A request for a call that is not known here: an address of the right shape, and a body that means nothing."""
    names = {
        "{order_id}": "WD001-SHOWN",
        "{person_id}": "z000000000",
        "{receipt_no}": "9" * 16,
        "{act}": "pay",
    }
    for name, value in names.items():
        path = path.replace(name, value)
    return Good(
        re.sub(r"{\w+}", "00000000", path), {"order_id": "WD001-SHOWN", "amount_fen": 1, "nonsense": [1, "2"]}
    )


def refused(answer):
    """The code of a typed refusal."""
    status, kind, content = answer
    assert 400 <= status < 500, answer
    assert kind == "application/json", answer
    code = Problem.model_validate_json(content).code
    assert status == STATUS[code] or (code is ProblemCode.INVALID_REQUEST and status in OTHER_STATUSES), (
        answer
    )
    return code


def is_still_good(good, spoilt):
    """The body says what its model allows, with every figure in its own type."""
    if good.model is None:
        return True  # a call without a body does not read one
    try:
        value = json.loads(spoilt.body)  # JSON in UTF-16 is the same JSON
        # half a character is free text too
        text = json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")
        good.model.model_validate_json(text, strict=True)
    except (ValueError, RecursionError):
        return False
    return True


def changed(before, after):
    return {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}


def test_a_spoilt_request_is_refused_and_leaves_nothing(bench, routes):
    before, codes = bench.state(), Counter()
    for method, path in routes:
        good = bench.goods.get((method, path))
        ours = good is not None
        if not ours and (method == "GET" or path in READ_BY_ALL):
            continue
        good = good or nonsense(path)
        for number in range(EACH):
            spoilt = spoil(
                Random(f"{method} {path} {number}"), request(method, good.path, good.body), good.body
            )
            status, _, content = answer = bench.line.send(spoilt)
            place = f"{method} {path} number {number}, {spoilt.faults}: {status} {content[:200]!r}"
            after = bench.state()
            if ours and status < 300:
                assert is_still_good(good, spoilt), place
                assert changed(before, after) <= set(good.writes), place
            else:
                assert after == before, place
                assert 300 <= status < 500, place
                if ours:
                    codes[refused(answer)] += 1
            before = after
    assert codes.total() > 7 * EACH  # calls without a body do not read one
    assert codes.keys() > {ProblemCode.INVALID_REQUEST, ProblemCode.UNAUTHORISED, ProblemCode.ORDER_UNKNOWN}


def test_odd_addresses_of_pages_and_lists_change_nothing(bench, routes):
    before = bench.state()
    for method, path in routes:
        if method != "GET" or (method, path) in bench.goods:
            continue
        for number in range(40):
            asked = request(method, nonsense(path).path, None, [])
            status, *_ = bench.line.send(spoil(Random(f"{path} {number}"), asked, None))
            assert status < 500, (path, number)
    assert bench.state() == before


def wrong(bench):
    """(what is wrong, method, address, body, refusal) of requests of the right shape."""
    shown, paid, closed = (bench.orders[name] for name in ("SHOWN", "PAID", "CLOSED"))
    fresh = order("WD001-FRESH", bench.zhang)
    twice = {**order("WD001-FRESH", bench.husband), "total_fen": 200_000}
    twice["lines"] = twice["lines"] * 2
    receipt = f"/v1/receipts/{bench.receipt_no}"
    batch = log_batch()
    orders = [
        ("nobody pays", {**fresh, "payer_id": "z000nobody"}, "person_unknown"),
        ("for nobody", order("WD001-FRESH", "z000nobody"), "person_unknown"),
        ("being paid already", fresh, "being_checked"),
        ("paid already", order("WD001-FRESH", bench.daughter), "already_paid"),
        ("the same due twice", twice, "not_payable"),
        ("no such tier", order("WD001-FRESH", bench.husband, tier="999"), "not_payable"),
        ("not its price", order("WD001-FRESH", bench.husband, amount_fen=1), "not_payable"),
        ("nothing at all", order("WD001-FRESH", bench.husband, amount_fen=0), "invalid_request"),
        ("another sum", {**fresh, "total_fen": 99_999}, "invalid_request"),
        ("another year", order("WD001-FRESH", bench.husband, year=2025), "not_payable"),
        ("no such product", order("WD001-FRESH", bench.husband, product="lottery"), "not_payable"),
        (
            "a number in use, another tier",
            {**order("WD001-SHOWN", bench.zhang, tier="300", amount_fen=30_000)},
            "order_conflict",
        ),
        ("a number in use, another payer", {**shown, "payer_id": bench.husband}, "order_conflict"),
        ("a paid number, another body", {**paid, "payer_id": bench.zhang}, "order_conflict"),
        ("closed", closed, "order_closed"),
        ("a tombstone", order("WD001-NEVER", bench.husband), "order_closed"),
    ]
    yield from ((what, "PUT", f"/v1/orders/{body['order_id']}", body, code) for what, body, code in orders)
    yield "another address", "PUT", "/v1/orders/WD001-OTHER", fresh, "invalid_request"
    for code in ("1" * 16, "9" * 24, "160000000000000001", ZHANG):
        yield "no wallet's code", "POST", "/v1/orders/WD001-SHOWN/pay-code", {"code": code}, "code_invalid"
    yield "a closed order", "POST", "/v1/orders/WD001-CLOSED/pay-code", {"code": CODE}, "order_closed"
    yield "a tombstone's code", "POST", "/v1/orders/WD001-NEVER/pay-code", {"code": CODE}, "order_closed"
    yield "nobody's order", "POST", "/v1/orders/WD001-NOBODY/pay-code", {"code": CODE}, "order_unknown"
    yield "nobody's order", "GET", "/v1/orders/WD001-NOBODY", None, "order_unknown"
    yield (
        "no such person",
        "POST",
        "/v1/visits",
        {"number": "371081199901010019", "name": "无"},
        "person_unknown",
    )
    yield "no such person", "POST", "/v1/people/z000nobody/records", None, "person_unknown"
    yield "no such person", "POST", "/v1/people/z000nobody/receipts", None, "person_unknown"
    sheet = {"print_id": "WD001-PRINT-0", "copy_number": 0, "verdict": "printed"}
    copy = {"print_id": "WD001-PRINT-1", "copy_number": 1, "verdict": "printed"}
    yield (
        "no such receipt",
        "POST",
        f"/v1/receipts/{'9' * 16}/prints",
        {"print_id": "WD001-PRINT-9"},
        "receipt_unknown",
    )
    yield "no such receipt", "POST", f"/v1/receipts/{'9' * 16}/outcome", sheet, "receipt_unknown"
    yield "an original's number", "POST", f"{receipt}/prints", {"print_id": "WD001-PRINT-0"}, "order_conflict"
    for changes in ({"verdict": "unknown"}, {"verdict": "not_printed"}, {"copy_number": 1}):
        yield "told otherwise", "POST", f"{receipt}/outcome", {**sheet, **changes}, "order_conflict"
    yield "another copy", "POST", f"{receipt}/outcome", {**copy, "copy_number": 2}, "order_conflict"
    ungranted = {**copy, "print_id": "WD001-PRINT-8"}
    yield "never granted", "POST", f"{receipt}/outcome", ungranted, "order_conflict"
    unheard = {"day": "2026-11-22", "journal_id": "0" * 64, "count": 0, "sum_fen": 0, "last_seq": 1}
    yield "no such journal", "POST", "/v1/day-totals", {**unheard, "chain_hash": "0" * 64}, "invalid_request"
    tomorrow = {**unheard, "day": "2026-11-24", "journal_id": batch["journal_id"]}
    yield (
        "tomorrow",
        "POST",
        "/v1/day-totals",
        {**tomorrow, "chain_hash": batch["journal_id"]},
        "invalid_request",
    )


def test_what_is_well_formed_and_wrong_has_its_own_refusal(bench):
    before, found, expected = bench.state(), [], []
    for what, method, address, body, code in wrong(bench):
        found.append((what, refused(bench.line.send(request(method, address, body))).value))
        expected.append((what, code))
        assert bench.state() == before, what
    assert found == expected


def test_of_a_code_that_was_used_before_only_its_time_is_kept(bench):
    """That a code was sent is on disk before it leaves; nothing else is."""
    before = bench.state()
    asked = request("POST", "/v1/orders/WD001-SHOWN/pay-code", {"code": CODE})
    assert refused(bench.line.send(asked)) is ProblemCode.CODE_INVALID
    after = bench.state()
    assert changed(before, after) <= {"orders"}
    (was,), (now_is,) = (
        [row for row in state["orders"] if row[0] == "WD001-SHOWN"] for state in (before, after)
    )
    assert sum(left != right for left, right in zip(was, now_is, strict=True)) == 1


def test_a_stopped_kiosk_opens_nothing_and_may_close_what_it_never_opened(bench):
    headers = [(b"Authorization", b"Bearer demo-token-WD003"), (b"X-Kiosk", b"WD003"), JSON_TYPE]
    with bench.app.database.write() as connection:
        alarms.stop(connection, "WD003", alarms.STOPPED_AMOUNT, "test", at_ms=0)
    before = bench.state()
    asked = request("PUT", "/v1/orders/WD003-FRESH", order("WD003-FRESH", bench.husband), headers)
    assert refused(bench.line.send(asked)) is ProblemCode.KIOSK_STOPPED
    assert bench.state() == before
    assert bench.line.send(request("POST", "/v1/orders/WD003-FRESH/close", {}, headers))[0] == 200
    assert changed(before, bench.state()) == {"orders"}


def test_another_kiosk_may_not_take_an_order_over(bench):
    headers = [(b"Authorization", b"Bearer demo-token-WD002"), (b"X-Kiosk", b"WD002"), JSON_TYPE]
    before = bench.state()
    asked = request("PUT", "/v1/orders/WD001-SHOWN", bench.orders["SHOWN"], headers)
    assert refused(bench.line.send(asked)) is ProblemCode.ORDER_CONFLICT
    assert bench.state() == before


HEAD = b"PUT /v1/orders/WD001-SHOWN HTTP/1.1\r\nHost: c\r\nAuthorization: Bearer demo-token-WD001\r\nX-Kiosk: WD001\r\n"
CLOSE = HEAD.replace(b"PUT /v1/orders/WD001-SHOWN", b"POST /v1/orders/WD001-SHOWN/close")


@pytest.mark.parametrize(
    "content",
    [
        CLOSE + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        CLOSE + b"Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        CLOSE + b"Transfer-Encoding: gzip\r\n\r\n{}",
        CLOSE + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{} ",
        CLOSE + b"Content-Length: -2\r\n\r\n{}",
        CLOSE + b"Content-Length: 0x2\r\n\r\n{}",
        CLOSE + b"Content-Length: 2, 2\r\n\r\n{}",
        CLOSE + b"Content-Length: 99999999999999999999\r\n\r\n{}",
        CLOSE + b"Content-Length: 70000\r\n\r\n" + b" " * 70_000,
        CLOSE + b"Content-Length: 20\r\n\r\n{}",  # and no more: the kiosk has gone
        CLOSE + b"X-Odd\x00: 1\r\nContent-Length: 2\r\n\r\n{}",
        CLOSE + b"X-Long: " + b"a" * 100_000 + b"\r\nContent-Length: 2\r\n\r\n{}",
        CLOSE.replace(b"HTTP/1.1", b"HTTP/9.9") + b"Content-Length: 2\r\n\r\n{}",
        CLOSE.replace(b"POST", b"BREW") + b"Content-Length: 2\r\n\r\n{}",
        CLOSE.replace(b"POST", b"post") + b"Content-Length: 2\r\n\r\n{}",
        CLOSE.replace(b"/v1/", b" /v1/") + b"Content-Length: 2\r\n\r\n{}",
        CLOSE.replace(b"/v1/", b"/v1\x00/") + b"Content-Length: 2\r\n\r\n{}",
        CLOSE.replace(b"/close", b"/close/") + b"Content-Length: 2\r\n\r\n{}",
        CLOSE.replace(b"X-Kiosk: WD001", b"X-Kiosk: WD001\r\nX-Kiosk: WD002").replace(
            b"WD001\r\nX-K", b"WD002\r\nX-K"
        )
        + b"Content-Length: 2\r\n\r\n{}",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"
        + b"\x00" * 200,  # a kiosk that speaks TLS to a plain port
        b"\r\n" * 50 + b"HELLO\r\n\r\n",
    ],
)
def test_what_is_no_request_at_all_closes_no_order(bench, content):
    """The server itself may answer these, or hang up; it has no Problem to give."""
    before = bench.state()
    bench.line.close()
    status = bench.line.answer_or_hang_up(content)
    assert status is None or 400 <= status < 500 or status == 307, status
    assert bench.state() == before
    assert json.loads(bench.line.send(request("GET", "/v1/orders/WD001-SHOWN"))[2])["state"] == "created"
