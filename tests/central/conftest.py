"""A real central over HTTP, on its own copy of one seeded data folder, with a clock that tests move."""

from __future__ import annotations

import shutil
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime

import pytest
import requests

from central import operators, visit_proof
from central.gateway_trial import trial_gateway
from central.gateway_trial_keys import trial_keys
from central.operators import Role
from central.server import running
from central.service import open_service
from central.settings import Settings
from tests.central.far_tablet import FarTablet
from tests.central.sitter import card_number

TOWNSHIP = 150
ZHANG = "371081196203150042"
FIELD = {"sandbox": True, "township": 300, "tablets": 2, "sweep_interval_s": 0}


class MovedClock:
    """2026-11-23 10:00 in Wendeng, until moved."""

    def __init__(self):
        self.ms = int(datetime.fromisoformat("2026-11-23T10:00:00+08:00").timestamp() * 1000)

    def now_ms(self):
        return self.ms

    def move_s(self, seconds):
        self.ms += int(seconds * 1000)


class Kiosk:
    """What a kiosk sends, and the hands of the payer at the cashier page."""

    def __init__(self, central, kiosk_id="WD001"):
        self.url, self.kiosk_id, self.central = central.url, kiosk_id, central
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.headers.update({"Authorization": f"Bearer demo-token-{kiosk_id}", "X-Kiosk": kiosk_id})
        self._count = 0

    def call(self, method, path, body=None):
        """(status, JSON)"""
        answer = self._session.request(method, self.url + path, json=body, timeout=20)
        return answer.status_code, answer.json()

    def good(self, method, path, body=None):
        status, answer = self.call(method, path, body)
        assert status == 200, answer
        return answer

    def visit(self, number=ZHANG, name="张秀英"):
        return self.good("POST", "/v1/visits", {"number": number, "name": name})

    def proof(self, person_id):
        """What the page of somebody says whose card lies here."""
        service = self.central.service
        now_ms = service.settings.clock.now_ms()
        return visit_proof.issue(service.keys, self.kiosk_id, person_id, now_ms)

    def next_id(self):
        self._count += 1
        return f"{self.kiosk_id}-{self._count:06d}"

    def pension(self, tier="1000", amount_fen=100_000, order_id=None, person_id=None):
        """An order body for 张秀英's pension of 2026, or another's."""
        person_id = person_id or self.visit()["person_id"]
        line = {
            "person_id": person_id,
            "product": "resident_pension",
            "year": 2026,
            "tier": tier,
            "amount_fen": amount_fen,
        }
        order_id = order_id or self.next_id()
        return {"order_id": order_id, "payer_id": person_id, "lines": [line], "total_fen": amount_fen}

    def put(self, body):
        return self.call("PUT", f"/v1/orders/{body['order_id']}", body)

    def get(self, order_id):
        return self.call("GET", f"/v1/orders/{order_id}")

    def close(self, order_id, reason="given_up"):
        return self.call("POST", f"/v1/orders/{order_id}/close", {"reason": reason})

    def scan(self, order_id, code):
        return self.call("POST", f"/v1/orders/{order_id}/pay-code", {"code": code})

    def press(self, pay_url, act):
        answer = self._session.post(f"{pay_url}/{act}", headers={"Accept": "application/json"}, timeout=20)
        assert answer.status_code == 200
        return answer.json()

    def paid(self, **kwargs):
        """A paid order's reply."""
        body = self.pension(**kwargs)
        status, order = self.put(body)
        assert status == 200, order
        self.press(order["pay_url"], "pay")
        return self.good("GET", f"/v1/orders/{body['order_id']}")

    def ledger(self):
        return self.good("GET", "/sandbox/ledger")

    def page(self, path):
        answer = self._session.get(self.url + path, timeout=20)
        return answer.status_code, answer.text


@pytest.fixture
def clock():
    return MovedClock()


@pytest.fixture(scope="session")
def seeded_folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("seeded")
    settings = Settings(folder, sandbox=True, township=TOWNSHIP, sweep_interval_s=0, clock=MovedClock())
    _with_reviewer(settings, "孙复核")
    return folder


def _with_reviewer(settings, name):
    """A service that has somebody who may decide about checks."""
    service = open_service(settings)
    with service.database.write() as connection:
        operators.add(connection, name, Role.REVIEWER, card_number(900), at_ms=0)
    service.close()


@pytest.fixture
def start(seeded_folder, tmp_path, clock):
    """Starts a central on the test's own copy; call it again for a restart on the same data."""
    folder = tmp_path / "data"
    shutil.copytree(seeded_folder, folder)
    settings = Settings(folder, sandbox=True, township=TOWNSHIP, sweep_interval_s=0, clock=clock)
    with ExitStack() as stack:
        yield lambda: stack.enter_context(running(settings))


@pytest.fixture
def central(start):
    return start()


@pytest.fixture
def kiosk(central):
    return Kiosk(central)


@pytest.fixture
def another_kiosk(central):
    return Kiosk(central, "WD002")


@pytest.fixture
def kiosk_at():
    """Makes a kiosk of any running central."""
    return Kiosk


@pytest.fixture(scope="module")
def shared_central(seeded_folder, tmp_path_factory):
    """One central for many examples, swept in the background; nothing is reset between them."""
    folder = tmp_path_factory.mktemp("shared") / "data"
    shutil.copytree(seeded_folder, folder)
    with running(Settings(folder, sandbox=True, township=TOWNSHIP, clock=MovedClock())) as central:
        yield central


# --- a central whose gateway is another server ---


@pytest.fixture(scope="session")
def trial_keys_folder(tmp_path_factory):
    """RSA keys take a while to make: once for all tests."""
    folder = tmp_path_factory.mktemp("keys")
    trial_keys(folder)
    return folder


@pytest.fixture
def start_trial(trial_keys_folder, tmp_path, clock):
    """Starts a trial gateway with the published times; notices leave when the test delivers them."""
    folder = tmp_path / "trial"
    shutil.copytree(trial_keys_folder, folder)
    with ExitStack() as stack:
        yield lambda **options: stack.enter_context(
            trial_gateway(folder, clock=clock, **{"real_times": True, "deliver": False, **options})
        )


@pytest.fixture
def trial(start_trial):
    return start_trial()


@pytest.fixture
def start_wired(seeded_folder, tmp_path, clock):
    """Starts a central that pays through a trial gateway; ``changes`` are its gateway settings."""
    folder = tmp_path / "wired"
    shutil.copytree(seeded_folder, folder)

    def start(trial, **changes):
        merchant = replace(trial.settings, **changes)
        settings = Settings(
            folder, sandbox=True, gateway=merchant, township=TOWNSHIP, sweep_interval_s=0, clock=clock
        )
        return stack.enter_context(running(settings))

    with ExitStack() as stack:
        yield start


@pytest.fixture
def wired(start_wired, trial):
    return start_wired(trial)


@pytest.fixture
def wired_kiosk(wired):
    return Kiosk(wired)


# --- visits at home ---


@pytest.fixture(scope="session")
def field_folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("field")
    _with_reviewer(Settings(folder, **FIELD, clock=MovedClock()), "陈复核")
    return folder


@pytest.fixture
def start_field(field_folder, tmp_path, clock):
    """Starts a central with tablets, on the test's own copy; call it again for a restart on the same data."""
    folder = tmp_path / "field"
    shutil.copytree(field_folder, folder)
    with ExitStack() as stack:
        yield lambda: stack.enter_context(running(Settings(folder, **FIELD, clock=clock)))


@pytest.fixture
def field(start_field):
    return start_field()


@pytest.fixture
def tablet(field, clock):
    """Enrolled and signed in, with a pack."""
    tablet = FarTablet(field, clock).ready()
    clock.move_s(600)  # to the first house
    return tablet
