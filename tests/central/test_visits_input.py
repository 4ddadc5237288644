"""Bad input at the pages about visits at home: a page for people that says so, never a 5xx, never half a list."""

from __future__ import annotations

import base64
import re
from urllib.parse import urlencode

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from central import operators, tables
from central.operators import Role
from tests.central.sitter import rows

HERE, LIST = "/operations/visits", "/operations/visits/assignments"
TABLES = (
    "assignments",
    "packets",
    "packet_decisions",
    "refused_packets",
    "packet_contents",
    "tickets",
    "checks",
)
MANY = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
ODD = st.text(max_size=30) | st.sampled_from(
    [
        "",
        " ",
        "\x00",
        "\u202e",
        "take",
        "aside",
        "confirm",
        "close",
        "relative",
        "withdrawn",
        "-1",
        "٣",
        "9" * 40,
        "370000000000000000",
        "101 371081\n\n102",
        "房" * 400,
        "<script>",
        "' OR 1=1 --",
    ]
)
FORMS = {
    f"{HERE}/packets/WDT01/1/decide": ("refusal", "decision", "note"),
    f"{HERE}/packets/WDT99/{2**31 - 1}/decide": ("refusal", "decision", "note"),
    f"{HERE}/tickets/GD261124000001/close": ("decision", "note"),
    LIST: ("number", "asked_by", "address", "home", "room"),
    f"{HERE}/homes": ("home", "address", "residents"),
    f"{LIST}/A-000000000000/withdraw": ("why",),
}
ODD_PATHS = (
    f"{HERE}/packets/WDT01/0/decide",
    f"{HERE}/packets/WDT01/{2**31}/decide",
    f"{HERE}/packets/wdt01/1/decide",
    f"{HERE}/packets/%00/1/decide",
    f"{HERE}/tickets/GD1/close",
    f"{HERE}/tickets/..%2F..%2Fkeys/close",
    f"{LIST}/%E4%BA%BA/withdraw",
)


@pytest.fixture
def post(field):
    """Sends a form of a supervisor's own page, as bytes or as fields."""
    with field.service.database.write() as connection:
        key = operators.add(connection, "王主管", Role.SUPERVISOR, at_ms=0)
    who = "Basic " + base64.b64encode(f"王主管:{key}".encode()).decode()
    with requests.Session() as session:
        session.trust_env = False
        session.headers.update({"Authorization": who, "Content-Type": "application/x-www-form-urlencoded"})
        page = session.get(field.url + LIST, timeout=20).text
        token = re.search(r'name="token" value="([0-9a-f]+)"', page)[1]

        def send(path, body):
            if isinstance(body, dict):
                body = urlencode({"token": token, **body}, errors="replace").encode()
            return session.post(field.url + path, body, allow_redirects=False, timeout=20)

        yield send


def kept(field):
    return {name: rows(field, name) for name in TABLES}


@pytest.mark.parametrize("path", FORMS)
def test_any_form_is_answered_and_leaves_nothing(field, post, path):
    before = kept(field)

    @MANY
    @given(values=st.fixed_dictionaries({}, optional=dict.fromkeys(FORMS[path], ODD)))
    def tries(values):
        answer = post(path, values)
        assert 400 <= answer.status_code < 500, (values, answer.status_code)
        assert "<script>" not in answer.text

    tries()
    assert kept(field) == before


@pytest.mark.parametrize("path", FORMS)
def test_any_bytes_are_answered_and_leave_nothing(field, post, path):
    before = kept(field)

    @MANY
    @given(body=st.binary(max_size=120))
    def tries(body):
        assert 400 <= post(path, body).status_code < 500

    tries()
    for body in (b"&" * 10_000, b"token=" + b"0" * 64, b"note=" + b"%ff" * 500, b"\xff" * 2_000_000):
        assert 400 <= post(path, body).status_code < 500
    assert kept(field) == before


@pytest.mark.parametrize("path", ODD_PATHS)
def test_an_address_of_nothing_is_nothing(post, path):
    assert post(path, {"decision": "aside", "note": "问过了", "why": "withdrawn"}).status_code in (404, 422)


def test_a_list_of_a_home_is_entered_whole_or_not_at_all(field, post):
    with field.service.database.read() as connection:
        persons = tables.persons
        drawing = select(persons.c.number).where(persons.c.benefit != "").limit(3)
        numbers = list(connection.execute(drawing).scalars())
    before = kept(field)
    good = [f"10{n} {number}" for n, number in enumerate(numbers)]
    for bad in ("104", "104 370000000000000000", f"104 {numbers[0]} 多", "\x00 \x00"):
        answer = post(
            f"{HERE}/homes", {"home": "夕阳红", "address": "泽头镇", "residents": "\n".join([*good, bad])}
        )
        assert answer.status_code == 422 and "第 4 行" in answer.text
    assert kept(field) == before
    whole = post(f"{HERE}/homes", {"home": "夕阳红", "address": "泽头镇", "residents": "\n".join(good)})
    assert whole.status_code == 303
    assert {row.room for row in rows(field, "assignments") if row.home == "夕阳红"} == {"100", "101", "102"}
