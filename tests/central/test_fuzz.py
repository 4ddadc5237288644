"""Bad input on every call that touches money or a person: a typed 4xx, never a 5xx, never half a row."""

import json
import string

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from central import tables
from kiosk.wire import Problem

HEADERS = {"Authorization": "Bearer demo-token-WD001", "X-Kiosk": "WD001", "Content-Type": "application/json"}
MANY = settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
PATHS = (
    ("POST", "/v1/visits"),
    ("PUT", "/v1/orders/WD001-FUZZ01"),
    ("POST", "/v1/orders/WD001-FUZZ01/pay-code"),
    ("POST", "/v1/receipts/3710812611239999/prints"),
    ("POST", "/v1/receipts/3710812611239999/outcome"),
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)
ODD = JSON | st.sampled_from(
    [-1, 0, 1, 2**63, 1e300, "1", "", "\x00", "\ud800", [], {}, True, "371081196203150042"]
)


@pytest.fixture(scope="module")
def session():
    with requests.Session() as session:
        session.trust_env = False
        yield session


@pytest.fixture(scope="module")
def zhang(shared_central, session):
    body = json.dumps({"number": "371081196203150042", "name": "张秀英"})
    return session.post(shared_central.url + "/v1/visits", body, headers=HEADERS, timeout=20).json()[
        "person_id"
    ]


def order_of(person_id):
    line = {
        "person_id": person_id,
        "product": "resident_pension",
        "year": 2026,
        "tier": "1000",
        "amount_fen": 100_000,
    }
    return {"order_id": "WD001-FUZZ01", "payer_id": person_id, "lines": [line], "total_fen": 100_000}


def counts(central):
    names = ("orders", "order_lines", "claims", "ledger", "receipts", "contributions", "prints")
    with central.service.database.read() as connection:
        return {
            name: connection.execute(select(func.count()).select_from(tables.metadata.tables[name])).scalar()
            for name in names
        }


def refused(answer):
    assert 400 <= answer.status_code < 500, answer.text
    return Problem.model_validate_json(answer.text)


@pytest.mark.parametrize(("method", "path"), PATHS)
def test_any_json(shared_central, session, method, path):
    before = counts(shared_central)

    @MANY
    @given(body=JSON)
    def tries(body):
        refused(
            session.request(
                method, shared_central.url + path, data=json.dumps(body), headers=HEADERS, timeout=20
            )
        )

    tries()
    assert counts(shared_central) == before


@pytest.mark.parametrize(("method", "path"), [PATHS[0], PATHS[1]])
def test_any_bytes(shared_central, session, method, path):
    @MANY
    @given(body=st.binary(max_size=200))
    def tries(body):
        refused(session.request(method, shared_central.url + path, data=body, headers=HEADERS, timeout=20))

    tries()
    for body in (b"[" * 30_000, b'{"number":' * 5_000, b"\xef\xbb\xbf{}", b'{"number": NaN}', b"1e999999"):
        refused(session.request(method, shared_central.url + path, data=body, headers=HEADERS, timeout=20))


def test_an_order_with_one_thing_wrong(shared_central, session, zhang):
    """A good order with one or two fields replaced opens nothing."""
    before = counts(shared_central)
    whole = [("order_id",), ("payer_id",), ("lines",), ("total_fen",), ("extra",)]
    parts = [("lines", 0, name) for name in ("person_id", "product", "year", "tier", "amount_fen", "extra")]

    @settings(MANY, max_examples=400)
    @given(changes=st.lists(st.tuples(st.sampled_from(whole + parts), ODD), min_size=1, max_size=2))
    def tries(changes):
        body = order_of(zhang)
        for path, value in changes:
            place = body
            try:
                for step in path[:-1]:
                    place = place[step]
                place[path[-1]] = value
            except (TypeError, IndexError, KeyError):
                continue  # an earlier change has taken the place away
        if body == order_of(zhang):
            return
        data = json.dumps(body)
        refused(
            session.put(f"{shared_central.url}/v1/orders/WD001-FUZZ01", data, headers=HEADERS, timeout=20)
        )

    tries()
    assert counts(shared_central) == before


def test_any_code_for_an_open_order(shared_central, session, zhang):
    """Digits that are no wallet's code leave the order as it was."""
    body = {**order_of(zhang), "order_id": "WD001-FUZZ02"}
    url = f"{shared_central.url}/v1/orders/WD001-FUZZ02"
    assert session.put(url, json.dumps(body), headers=HEADERS, timeout=20).status_code == 200
    wallets = tuple(str(prefix) for prefix in (*range(10, 16), *range(25, 31), 62))

    @MANY
    @given(
        code=st.text(string.digits, min_size=14, max_size=26).filter(
            lambda code: not code.startswith(wallets)
        )
    )
    def tries(code):
        body = json.dumps({"code": code})
        answer = session.post(url + "/pay-code", body, headers=HEADERS, timeout=20)
        assert refused(answer).code.value in ("code_invalid", "invalid_request")

    tries()
    assert session.get(url, headers=HEADERS, timeout=20).json()["state"] == "created"
    assert session.post(url + "/close", "{}", headers=HEADERS, timeout=20).json()["state"] == "closed"


def test_any_address(shared_central, session):
    """Odd order, person and receipt numbers, and odd codes on the public page."""

    @MANY
    @given(part=st.text(min_size=1, max_size=60).filter(lambda text: text not in (".", "..")))
    def tries(part):
        part = requests.utils.quote(part.encode("utf-8", "surrogatepass"), safe="")
        paths = (
            f"/v1/orders/{part}",
            f"/v1/people/{part}/records",
            f"/v1/receipts/{part}/prints",
            f"/V/{part}",
        )
        for method, path in zip(("GET", "POST", "POST", "GET"), paths, strict=True):
            answer = session.request(
                method, shared_central.url + path, data="{}", headers=HEADERS, timeout=20
            )
            assert 400 <= answer.status_code < 500

    tries()
