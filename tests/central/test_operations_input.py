"""Bad input at the pages of those who keep the books: nothing is explained and no kiosk lifted but by a form of their own.

Refusals are pages for people, not wire.Problem: 401, 403, 404, 413, 422, and 429 for whoever has tried too often.
"""

import base64
import re
from random import Random
from urllib.parse import quote, urlencode

import pytest
from sqlcipher3 import dbapi2

from central import alarms, operators
from central.differences import Kind
from central.operators import Role
from central.server import running
from central.settings import Settings
from tests.central.money_bench import Line, StoodClock
from tests.central.spoiling import Spoilt

FORM = (b"Content-Type", b"application/x-www-form-urlencoded")
PAGES = (
    "/operations",
    "/operations/reconciliation",
    "/operations/reconciliation/2026-11-23",
    "/operations/alarms",
    "/operations/reviews",
    "/operations/reviews/WD001-CHECK-0001",
    "/operations/metrics",
)
DECIDE = "/operations/reviews/WD001-CHECK-0001/decide"
CLEAR, LIFT = "/operations/alarms/1/clear", "/operations/kiosks/WD002/lift"
REFUSED = {400, 401, 403, 404, 413, 422, 429}
NOTES = ("", " ", "x", "\x00\x00", "a\nb", "a\rb", "\u202e\u202e", "长" * 301, "\ufffd" * 400, "\x7f\x7f")


class House:
    """A central with one alarm about money and one stopped kiosk, and two who keep its books."""

    def __init__(self, central):
        database = central.service.database
        self.line = Line(central.url)
        with database.write() as connection:
            alarms.sound(connection, Kind.AMOUNT_DIFFERS, "WD002", "2026-11-23 ORDER-1", "one fen", at_ms=0)
            alarms.stop(connection, "WD002", alarms.STOPPED_AMOUNT, "one fen", at_ms=0)
            self.passphrases = {
                role: operators.add(connection, role.value, role, at_ms=0)
                for role in (Role.SUPERVISOR, Role.TECHNICIAN)
            }
        self._books = dbapi2.connect(str(central.service.settings.data / "central.sqlite3"))
        self.tokens = {role: self._token(role) for role in self.passphrases}

    def asked(self, method, path, role=Role.SUPERVISOR, body=b""):
        coded = base64.b64encode(f"{role.value}:{self.passphrases[role]}".encode())
        return Spoilt(method, path.encode(), [(b"Authorization", b"Basic " + coded), FORM], body, [])

    def form(self, role=Role.SUPERVISOR, **fields):
        return urlencode({"token": self.tokens[role], "note": "核实过了", **fields}).encode()

    def send(self, asked):
        """The status; nothing is written unless it is a redirect."""
        before = self.state()
        status, _, _ = self.line.send(asked)
        assert status in REFUSED | {200, 303, 307}, (status, asked.target, asked.body[:100])
        if status != 303:
            assert self.state() == before, (status, asked.target, asked.body[:100])
        return status

    def state(self):
        names = self._books.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        return {name: self._books.execute(f'SELECT * FROM "{name}"').fetchall() for (name,) in names}

    def close(self):
        self.line.close()
        self._books.close()

    def _token(self, role):
        status, _, page = self.line.send(self.asked("GET", "/operations/alarms", role))
        found = re.search(rb'name="token" value="([0-9a-f]+)"', page)
        assert status == 200
        return found[1].decode() if found else "0" * 64


@pytest.fixture
def house(tmp_path):
    settings = Settings(tmp_path / "data", sandbox=True, township=3, sweep_interval_s=0, clock=StoodClock())
    with running(settings) as central:
        house = House(central)
        yield house
        house.close()


def test_only_a_form_of_ones_own_page_and_role_explains_an_alarm(house):
    token = house.tokens[Role.SUPERVISOR]
    bodies = [
        *(b"", b"\xff\xfe", b"{}", b"token", b"note=fine", b"&" * 5000, b"a=1&" * 20, b"token=%ff&note=%ff"),
        *(
            house.form(token=bad)
            for bad in ("", "0" * 64, token[:-1], token.upper() + "A", "\x00", "张" * 32)
        ),
        *(house.form(note=note) for note in NOTES),
        f"token={'0' * 64}&token={token}&note=".encode() + quote("核实过了").encode(),  # the first one counts
        f'{{"token": "{token}", "note": "核实过了"}}'.encode(),
    ]
    for path in (CLEAR, LIFT):
        assert {house.send(house.asked("POST", path, body=body)) for body in bodies} == {403}
        technician = house.asked("POST", path, Role.TECHNICIAN, house.form(Role.TECHNICIAN))
        assert house.send(technician) == 403
        assert house.send(house.asked("POST", path, body=b"a" * 70_000)) == 413
    for alarm in ("0", "-1", "2", "999999999999", "1e3", "9" * 400, "one", "%00", "１", "?", "1/../1"):
        path = (
            f"/operations/alarms/{alarm}/clear"
            if alarm.isascii()
            else f"/operations/alarms/{quote(alarm)}/clear"
        )
        assert house.send(house.asked("POST", path, body=house.form())) != 303, alarm
    for kiosk in ("WD001", "WD009", "wd002", "W", "W" * 13, "WD%00", "%ff", "WD002%0A", "' OR 1=1"):
        path = f"/operations/kiosks/{quote(kiosk, safe='%')}/lift"
        assert house.send(house.asked("POST", path, body=house.form())) != 303, kiosk
    assert house.send(house.asked("POST", CLEAR, body=house.form())) == 303
    assert house.send(house.asked("POST", LIFT, body=house.form())) == 303


def test_nobody_else_comes_in_and_nobody_tries_for_ever(house):
    right = base64.b64encode(f"supervisor:{house.passphrases[Role.SUPERVISOR]}".encode())
    keys = [
        b"",
        b"Basic",
        b"Basic ",
        b"Basic !!!!",
        b"Basic /////w==",
        b"Bearer " + right,
        right,
        b"Digest " + right,
    ]
    for path in (*PAGES, CLEAR, LIFT, DECIDE):
        method = "POST" if path in (CLEAR, LIFT, DECIDE) else "GET"
        for key in keys:
            asked = Spoilt(method, path.encode(), [(b"Authorization", key), FORM], house.form(), [])
            assert house.send(asked) == 401
        assert house.send(Spoilt(method, path.encode(), [FORM], house.form(), [])) == 401
    wrong = [
        b"supervisor:",
        b"supervisor:x",
        b":",
        b"nobody:x",
        b"\x00:\x00",
        "李主管:x".encode(),
        b"supervisor:" + b"x" * 3000,
    ]
    chance = Random(7)
    wrong += [chance.randbytes(40) for _ in range(20)] + [b"nobody%d:x" % n for n in range(5)]
    seen = set()
    for name in wrong:
        headers = [(b"Authorization", b"Basic " + base64.b64encode(name)), FORM]
        seen.add(house.send(Spoilt("POST", CLEAR.encode(), headers, house.form(), [])))
    assert seen == {401, 429}


def test_odd_days_are_no_days(house):
    for day in (
        "2026-02-30",
        "0",
        "1",
        "-1",
        "1e9",
        "９９９９-01-01",
        "2026-11-23T00:00",
        "%00",
        "9" * 400,
        "today",
    ):
        asked = house.asked("GET", f"/operations/reconciliation/{quote(day, safe='%')}")
        assert house.send(asked) in (404, 422), day
