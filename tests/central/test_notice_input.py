"""Notices that are none: whatever is sent to the gateway's door, central answers at once, believes nothing and books nothing.

The door speaks the gateway's own language, not wire.Problem: 200 taken, 400 unreadable, 401 not the gateway's, 404 for an
order nobody knows (``gateway_inbox.Verdict``).
"""

import json
from random import Random

import pytest
from sqlcipher3 import dbapi2

from central.gateway_signature import seal
from central.gateway_trial_keys import APPID, MCHID, publish, trial_keys
from central.gateway_trial_notices import signed_headers
from central.server import running
from central.settings import Settings
from tests.central.money_bench import ZHANG, Line, StoodClock, order, request
from tests.central.spoiling import JSON_TYPE, Spoilt, spoil, spoil_value

EACH = 250
STATUSES = {200, 400, 401, 404}
NOBODY = "http://127.0.0.1:9"  # the gateway does not answer: nothing a notice says can be checked
NOW_S = StoodClock().now_ms() // 1000


class Door:
    """A central whose gateway is silent, with one order, and the keys of both ends."""

    def __init__(self, central, keys):
        self.keys, self.line = keys, Line(central.url)
        self._books = dbapi2.connect(str(central.service.settings.data / "central.sqlite3"))
        asked = request("POST", "/v1/visits", {"number": ZHANG, "name": "张秀英"})
        person_id = json.loads(self.line.send(asked)[2])["person_id"]
        put = self.line.send(request("PUT", "/v1/orders/WD001-NOTICED", order("WD001-NOTICED", person_id)))
        assert put[0] == 503, put  # asked for, and the gateway says nothing

    def told(self):
        """What a payment's notice says inside its seal."""
        return {
            "mchid": MCHID,
            "appid": APPID,
            "out_trade_no": "WD001-NOTICED",
            "transaction_id": "4200000000202611230000000001",
            "trade_state": "SUCCESS",
            "amount": {"total": 100_000, "payer_total": 100_000, "currency": "CNY"},
        }

    def notice(self, told):
        """The body round it."""
        plain = json.dumps(told).encode("utf-8", "surrogatepass")
        resource = seal(self.keys.notice, "0123456789ab", "transaction", plain)
        return {
            "id": "EV-0001",
            "event_type": "TRANSACTION.SUCCESS",
            "resource": {"original_type": "transaction", **resource},
        }

    def signed(self, body, at_s=NOW_S):
        headers = [
            (name.encode(), value.encode()) for name, value in signed_headers(self.keys, body, at_s).items()
        ]
        return Spoilt("POST", b"/gateway/notify", [*headers, JSON_TYPE], body, [])

    def send(self, asked):
        """The status, and whether it left a row."""
        before = self.state()
        status, kind, _ = self.line.send(asked)
        assert status in STATUSES | {413}, (status, asked.faults)
        assert kind == "application/json", (kind, asked.faults)
        after = self.state()
        changed = {name for name in after if after[name] != before[name]}
        assert changed <= ({"gateway_inbox"} if status == 200 else set()), (changed, status, asked.faults)
        return status, bool(changed)

    def state(self):
        names = self._books.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        return {name: self._books.execute(f'SELECT * FROM "{name}"').fetchall() for (name,) in names}

    def close(self):
        self.line.close()
        self._books.close()


@pytest.fixture(scope="module")
def door(tmp_path_factory):
    folder = tmp_path_factory.mktemp("noticed")
    keys = trial_keys(folder / "trial")
    told = publish(keys, NOBODY, "wechat", real_times=False)
    settings = Settings(
        folder / "data", sandbox=True, gateway=told, township=3, sweep_interval_s=0, clock=StoodClock()
    )
    with running(settings) as central:
        door = Door(central, keys)
        yield door
        door.close()


def test_a_genuine_notice_is_taken_once_and_books_nothing(door):
    body = json.dumps(door.notice(door.told())).encode()
    assert door.send(door.signed(body)) == (200, True)
    assert door.send(door.signed(body)) == (200, False)


def test_whatever_is_inside_the_seal(door):
    """The gateway's own hand writing nonsense: read, and noted once at most."""
    seen = set()
    for number in range(EACH):
        told = spoil_value(Random(f"told {number}"), door.told(), [])
        seen.add(door.send(door.signed(json.dumps(door.notice(told)).encode()))[0])
    assert seen == {200, 400, 404}


def test_whatever_is_round_the_seal(door):
    seen = set()
    for number in range(EACH):
        notice = spoil_value(Random(f"notice {number}"), door.notice(door.told()), [])
        seen.add(door.send(door.signed(json.dumps(notice).encode("utf-8", "surrogatepass")))[0])
    assert seen >= {200, 400}


def test_any_bytes_under_a_good_signature(door):
    good = door.notice(door.told())
    for number in range(EACH):
        spoilt = spoil(Random(f"bytes {number}"), door.signed(json.dumps(good).encode()), good)
        door.send(door.signed(spoilt.body))


def test_a_notice_without_the_gateways_own_signature_of_now_is_nothing(door):
    body = json.dumps(door.notice(door.told()) | {"id": "EV-FALSE"}).encode()
    good = door.signed(body)
    for name in ("Wechatpay-Timestamp", "Wechatpay-Nonce", "Wechatpay-Serial", "Wechatpay-Signature"):
        for value in (
            None,
            b"",
            b"0",
            b"-1",
            b"\xff\xfe",
            b"A" * 400,
            b"9" * 5000,
            b"1e9",
            "１".encode(),
            b"AAAA====",
        ):
            headers = [each for each in good.headers if each[0] != name.encode()]
            headers += [] if value is None else [(name.encode(), value)]
            assert door.send(Spoilt("POST", b"/gateway/notify", headers, body, [name])) == (401, False)
    for at_s in (0, NOW_S - 301, NOW_S + 301, 10**11):
        assert door.send(door.signed(body, at_s)) == (401, False)
    assert door.send(Spoilt("POST", b"/gateway/notify", good.headers, body + b" ", [])) == (401, False)
    another = Spoilt("POST", b"/gateway/notify", [*good.headers, *door.signed(b"{}").headers], b"{}", [])
    assert door.send(another) == (401, False)  # two signatures are none
