"""The command itself: one line when ready, a clean end, and nothing acknowledged lost to kill -9."""

import os
import random
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager
from types import SimpleNamespace

import pytest
import requests

KILLS = 5


@contextmanager
def command(data, *options):
    """A real ``central run``; gives its address and process."""
    arguments = [sys.executable, "-m", "central", "run", "--data", str(data), "--port", "0", *options]
    process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        line = process.stdout.readline()
        assert line.startswith("central ready at http://"), process.stderr.read()
        yield SimpleNamespace(url=line.split()[-1], process=process)
    finally:
        process.kill()
        process.communicate()


def test_says_one_line_and_stops_on_sigterm(tmp_path):
    with command(tmp_path, "--sandbox", "--township", "20") as central:
        assert requests.get(central.url + "/v1/health", timeout=20).json()["status"] == "ok"
        central.process.send_signal(signal.SIGTERM)
        rest, errors = central.process.communicate(timeout=20)
    assert (central.process.returncode, rest, errors) == (0, "", "")


def run(*arguments):
    done = subprocess.run(
        [sys.executable, "-m", "central", *map(str, arguments)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_migrate_keys_and_ledger(start, kiosk_at):
    central = start()
    kiosk_at(central).paid()
    data, public = central.service.settings.data, central.service.keys.public()
    central.stop()
    assert run("migrate", "--data", data) == "up to date\n"
    assert run("keys", "--data", data) == f"1 {public[1]}\n"
    lines = run("ledger", "--data", data, "--day", "2026-11-23").splitlines()
    assert lines[0].split() == ["2026-11-23", "payment", "1", "1,000.00"]
    assert lines[1].split() == ["2026-11-23", "all", "1", "100000", "fen"]


class Writer(threading.Thread):
    """Opens, pays and closes orders until the line goes dead; remembers only what was acknowledged."""

    def __init__(self, kiosk, people, seed):
        super().__init__()
        self.kiosk, self.people, self.random = kiosk, people, random.Random(seed)
        self.states, self.receipts = {}, {}

    def run(self):
        try:
            while True:
                self.one_order()
        except (requests.RequestException, ValueError):
            pass  # killed in the middle: this order was not acknowledged

    def one_order(self):
        body = self.kiosk.pension("300", 30_000, person_id=self.random.choice(self.people))
        order_id = body["order_id"] = f"{self.kiosk.kiosk_id}-{os.urandom(5).hex().upper()}"
        status, order = self.kiosk.put(body)
        if status == 409:
            return
        assert status == 200, order
        self.states[order_id] = "created"
        if self.random.random() < 0.5:
            self.kiosk.press(order["pay_url"], "pay")
            _, order = self.kiosk.get(order_id)
        else:
            _, order = self.kiosk.close(order_id)
        self.states[order_id] = order["state"]
        self.receipts[order_id] = [row["receipt_no"] for row in order["receipts"]]


def people_with_a_pension_due(kiosk):
    due = []
    for card in kiosk.good("GET", "/sandbox/people"):
        page = kiosk.visit(card["number"], card["name"])
        states = {each["product"]: each["state"] for each in page["dues"]}
        if states.get("resident_pension") == "due":
            due.append(page["person_id"])
    return due


@pytest.mark.filterwarnings("error")
def test_kill_9_loses_nothing_acknowledged_and_doubles_nothing(tmp_path, kiosk_at):
    chance = random.Random(20261123)
    states, receipts, people = {}, {}, []
    for round_number in range(KILLS + 1):
        with command(tmp_path, "--sandbox", "--township", "120") as central:
            kiosk = kiosk_at(central)
            people = people or people_with_a_pension_due(kiosk)
            assert len(people) > 5
            for order_id, state in states.items():
                status, order = kiosk.get(order_id)
                assert status == 200
                assert order["state"] in ({"created", "closed", "paid"} if state == "created" else {state})
                assert [row["receipt_no"] for row in order["receipts"]] == receipts.get(
                    order_id, []
                ) or state == "created"
            rows = kiosk.ledger()
            assert (
                len({row["order_id"] for row in rows})
                == len({row["receipt_no"] for row in rows})
                == len(rows)
            )
            trades = kiosk.good("GET", "/sandbox/trades")
            for trade in trades:  # what the gateway took, central has or finds by asking
                if trade["state"] == "paid":
                    assert kiosk.get(trade["order_id"])[1]["state"] == "paid"
            paid = [trade["order_id"] for trade in trades if trade["state"] == "paid"]
            assert sorted(row["order_id"] for row in kiosk.ledger()) == sorted(paid)
            if round_number == KILLS:
                break
            writers = [Writer(kiosk_at(central, f"WD00{n}"), people, chance.random()) for n in (1, 2)]
            for writer in writers:
                writer.start()
            writers[0].join(0.2 + 0.5 * chance.random())
            central.process.kill()
            for writer in writers:
                writer.join()
                states |= writer.states
                receipts |= writer.receipts
    assert {"closed", "paid"} <= set(states.values())
