"""The contract: addresses, keys to the door, and every error as a Problem."""

import re
from pathlib import Path

import pytest
import requests

from central.problems import STATUS
from kiosk import wire
from kiosk.field import wire as field_wire

ROOT = Path(__file__).parents[2]


def promised():
    """(method, address) of every call in the docstrings of kiosk/wire.py and kiosk/field/wire.py."""
    told = wire.__doc__ + field_wire.__doc__
    calls = re.findall(r"^    (GET|PUT|POST) +(/v1/\S+)", told, re.MULTILINE)
    assert len(calls) == 18 + 5
    return {(method, re.sub(r"{\w+}", "{}", path)) for method, path in calls}


def test_openapi_has_exactly_the_calls_of_the_contract_and_the_keys(kiosk):
    paths = kiosk.good("GET", "/openapi.json")["paths"]
    offered = {
        (method.upper(), re.sub(r"{\w+}", "{}", path)) for path, calls in paths.items() for method in calls
    }
    assert offered == promised() | {("GET", "/v1/keys")}


def test_every_refusal_of_the_contract_has_a_status():
    assert set(STATUS) == set(wire.ProblemCode)
    comments = re.findall(r'= "(\w+)"  # (\d{3})', (ROOT / "kiosk/wire.py").read_text(encoding="utf-8"))
    assert {code.value: status for code, status in STATUS.items()} == {
        code: int(status) for code, status in comments
    }


def test_the_documents_name_every_call_and_every_refusal():
    told = (ROOT / "docs/api.md").read_text(encoding="utf-8")
    for method, path in promised():
        assert f"{method} `{path}`" in re.sub(r"{\w+}", "{}", told)
    assert [code.value for code in wire.ProblemCode if f"`{code.value}`" not in told] == []


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Kiosk": "WD001"},
        {"Authorization": "Bearer demo-token-WD001"},
        {"Authorization": "demo-token-WD001", "X-Kiosk": "WD001"},
        {"Authorization": "Bearer demo-token-WD002", "X-Kiosk": "WD001"},
        {"Authorization": "Bearer demo-token-WD001", "X-Kiosk": "WD009"},
        {"Authorization": "Bearer ", "X-Kiosk": ""},
        {"Authorization": b"Bearer \xff\xfe", "X-Kiosk": b"\xff"},
    ],
)
def test_nobody_without_the_kiosks_token_comes_in(central, headers):
    calls = [
        ("POST", "/v1/visits"),
        ("POST", "/v1/device-log"),
        ("POST", "/v1/day-totals"),
        ("GET", "/v1/orders/WD001-000001"),
        ("POST", "/v1/people/p0000000/records"),
    ]
    for method, path in calls:
        body = {"number": "371081196203150042", "name": "张秀英"}
        answer = requests.request(method, central.url + path, json=body, headers=headers, timeout=20)
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthorised")


def test_tokens_are_kept_only_as_digests(central):
    content = (central.service.settings.data / "central.sqlite3").read_bytes()
    assert b"WD001" in content
    assert b"demo-token" not in content


def test_health_needs_no_token(central):
    health = requests.get(central.url + "/v1/health", timeout=20).json()
    assert (health["status"], health["server_time"]) == ("ok", "2026-11-23T10:00:00+08:00")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/nothing", 404),
        ("DELETE", "/v1/visits", 405),
        ("GET", "/v1/orders/lower-case", 422),
        ("GET", "/v1/orders/short", 422),
        ("POST", "/v1/people/UPPER000/records", 422),
    ],
)
def test_other_addresses_answer_with_a_problem_too(kiosk, method, path, status):
    answered, problem = kiosk.call(method, path)
    assert (answered, problem["code"]) == (status, "invalid_request")


def test_a_body_is_not_echoed_and_not_endless(kiosk):
    status, problem = kiosk.call("POST", "/v1/visits", {"number": "SECRET", "name": "SECRET", "SECRET": 1})
    assert (status, problem["code"]) == (422, "invalid_request")
    assert "SECRET" not in str({**problem, "detail": problem["detail"].replace("body.SECRET", "")})
    status, problem = kiosk.call("POST", "/v1/visits", {"number": "1" * 18, "name": "张" * 40_000})
    assert (status, problem["code"]) == (413, "invalid_request")


def test_the_order_in_the_address_is_the_order_in_the_body(kiosk):
    status, problem = kiosk.call("PUT", "/v1/orders/WD001-777777", kiosk.pension())
    assert (status, problem["code"]) == (422, "invalid_request")


def test_without_the_sandbox_no_money_and_no_trial_pages(start, central, kiosk, tmp_path):
    from dataclasses import replace

    from central.server import running

    order = kiosk.pension()
    central.stop()
    with running(replace(central.service.settings, sandbox=False)) as plain:
        kiosk.url = plain.url
        assert kiosk.put(order) == (503, {"code": "gateway_silent", "detail": ""})
        assert kiosk.visit()["dues"][0]["state"] == "being_checked"
        for path in ("/sandbox/ledger", "/sandbox/people", "/sandbox"):
            assert kiosk.call("GET", path)[0] == 404


def test_an_unforeseen_error_is_503_and_puts_nothing_personal_in_the_log(central, kiosk, caplog, capfd):
    person_id = kiosk.visit()["person_id"]
    central.service.rulebook._rules.clear()  # as if the book had been lost
    status, problem = kiosk.call("POST", f"/v1/people/{person_id}/records")
    assert (status, problem) == (503, {"code": "busy", "detail": ""})
    logged = caplog.text + capfd.readouterr().err
    assert "unforeseen RuleError at rules.py" in logged
    assert "nothing holds on" not in logged  # no message, no traceback: either could carry a person's data
