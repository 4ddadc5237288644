"""Bad input on the calls of the device log and on the operations pages: a typed 4xx, never a 5xx, never half a row."""

import base64
import json

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from central import operators, tables
from central.app import BODY_MOST_BYTES
from kiosk.wire import MAX_LOG_ENTRIES, Problem
from tests.central.test_devicelog import chain

HEADERS = {"Authorization": "Bearer demo-token-WD001", "X-Kiosk": "WD001", "Content-Type": "application/json"}
MANY = settings(
    max_examples=120,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
PATHS = ("/v1/device-log", "/v1/day-totals")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)
ODD = JSON | st.sampled_from(
    [-1, 0, 2**31, 2**63, 1e300, "1", "", "\x00", "\ud800", [], {}, True, "a" * 64, "A" * 64, "é" * 64]
)
FULL = chain(3)
TOTALS = {"day": "2026-11-22", "journal_id": FULL[0]["hash"], "count": 0, "sum_fen": 0, "last_seq": 3}
TOTALS["chain_hash"] = FULL[2]["hash"]


@pytest.fixture(scope="module")
def session():
    with requests.Session() as session:
        session.trust_env = False
        yield session


def counts(central):
    names = ("device_log", "device_journals", "day_totals", "alarms", "totals_requests", "alarm_clearings")
    with central.service.database.read() as connection:
        return {
            name: connection.execute(select(func.count()).select_from(tables.metadata.tables[name])).scalar()
            for name in names
        }


def refused(answer):
    assert 400 <= answer.status_code < 500, answer.text
    return Problem.model_validate_json(answer.text)


@pytest.mark.parametrize("path", PATHS)
def test_any_json(shared_central, session, path):
    before = counts(shared_central)

    @MANY
    @given(body=JSON)
    def tries(body):
        url = shared_central.url + path
        refused(session.post(url, json.dumps(body), headers=HEADERS, timeout=20))

    tries()
    assert counts(shared_central) == before


@pytest.mark.parametrize("path", PATHS)
def test_any_bytes(shared_central, session, path):
    @MANY
    @given(body=st.binary(max_size=200))
    def tries(body):
        refused(session.post(shared_central.url + path, body, headers=HEADERS, timeout=20))

    tries()
    for body in (b"[" * 30_000, b'{"entries":' * 5_000, b'{"journal_id": NaN}', b"1e999999"):
        refused(session.post(shared_central.url + path, body, headers=HEADERS, timeout=20))


def test_a_batch_with_one_thing_of_the_wrong_shape(shared_central, session):
    """Whatever replaces a field either is refused or leaves at most an alarm: no altered entry is ever kept."""
    whole = [("journal_id",), ("entries",), ("extra",)]
    parts = [("entries", 1, name) for name in (*FULL[1], "extra")]

    @settings(MANY, max_examples=300)
    @given(path=st.sampled_from(whole + parts), value=ODD)
    def tries(path, value):
        body = {"journal_id": FULL[0]["hash"], "entries": [dict(entry) for entry in FULL]}
        place = body
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] = value
        answer = session.post(
            shared_central.url + "/v1/device-log", json.dumps(body), headers=HEADERS, timeout=20
        )
        assert answer.status_code < 500
        if answer.status_code != 200:
            refused(answer)

    tries()
    table = tables.device_log
    with shared_central.service.database.read() as connection:
        kept = {row.hash for row in connection.execute(select(table))}
    assert kept <= {entry["hash"] for entry in FULL}


def test_totals_with_one_thing_of_the_wrong_shape(shared_central, session):
    url = shared_central.url
    batch = {"journal_id": FULL[0]["hash"], "entries": FULL}
    assert (
        session.post(url + "/v1/device-log", json.dumps(batch), headers=HEADERS, timeout=20).status_code
        == 200
    )
    before = counts(shared_central)["day_totals"]

    @settings(MANY, max_examples=200)
    @given(name=st.sampled_from([*TOTALS, "extra"]), value=ODD)
    def tries(name, value):
        body = {**TOTALS, name: value}
        if body != TOTALS and name not in ("count", "sum_fen", "last_seq", "chain_hash"):
            refused(session.post(url + "/v1/day-totals", json.dumps(body), headers=HEADERS, timeout=20))
        elif body != TOTALS:
            answer = session.post(url + "/v1/day-totals", json.dumps(body), headers=HEADERS, timeout=20)
            assert answer.status_code < 500

    tries()
    assert counts(shared_central)["day_totals"] >= before


def test_the_largest_batch_is_taken_and_a_larger_is_not(central, session):
    url = central.url + "/v1/device-log"
    entries = chain(MAX_LOG_ENTRIES + 1)
    body = json.dumps({"journal_id": entries[0]["hash"], "entries": entries[:-1]})
    assert len(body) < BODY_MOST_BYTES
    assert session.post(url, body, headers=HEADERS, timeout=20).json()["last_seq"] == MAX_LOG_ENTRIES
    body = json.dumps({"journal_id": entries[0]["hash"], "entries": entries})
    assert refused(session.post(url, body, headers=HEADERS, timeout=20)).code.value == "invalid_request"
    fat = chain(8, data='{"x":"' + "y" * 7_900 + '"}')
    body = json.dumps({"journal_id": fat[0]["hash"], "entries": fat + fat})
    assert session.post(url, body, headers=HEADERS, timeout=20).status_code == 413
    assert counts(central)["device_log"] == MAX_LOG_ENTRIES


@pytest.mark.parametrize(
    "data", ['{"lines":' + "[" * 3_000 + "}", '{"receipts":[1]}', '{"receipts":{}}', '{"a":1}', "{no json}"]
)
def test_data_that_is_no_order_is_kept_as_it_is(central, session, data):
    """The hash is right, so it is what the kiosk has; reading it later must not fall over it."""
    entries = [
        *chain(1, data=data),
    ]
    entries += chain(2, start=2, prev=entries[0]["hash"], data=data, event="paid")
    url = central.url + "/v1/device-log"
    body = json.dumps({"journal_id": entries[0]["hash"], "entries": entries})
    assert session.post(url, body, headers=HEADERS, timeout=20).json()["last_seq"] == 3
    from datetime import date

    assert central.service.reconciler.run(date(2026, 11, 23)).figures.matched == 0


def test_without_a_token_nothing_is_taken(shared_central, session):
    for path in PATHS:
        answer = session.post(shared_central.url + path, "{}", timeout=20)
        assert refused(answer).code.value == "unauthorised"


def test_any_form(shared_central, session):
    """Of an operator who is let in: nothing but its own form clears anything."""
    with shared_central.service.database.write() as connection:
        passphrase = operators.add(connection, "fuzz", operators.Role.SUPERVISOR, at_ms=0)
    basic = base64.b64encode(f"fuzz:{passphrase}".encode()).decode()
    before = counts(shared_central)

    @settings(MANY, max_examples=25)  # each looks at a passphrase, which costs what it should
    @given(body=st.binary(max_size=100), part=st.text(min_size=1, max_size=12))
    def tries(body, part):
        part = requests.utils.quote(part.encode("utf-8", "surrogatepass"), safe="")
        for path in (
            f"/operations/alarms/{part}/clear",
            "/operations/alarms/1/clear",
            f"/operations/kiosks/{part}/lift",
        ):
            answer = session.post(
                shared_central.url + path, body, headers={"Authorization": f"Basic {basic}"}, timeout=20
            )
            assert 400 <= answer.status_code < 500

    tries()
    assert counts(shared_central) == before
