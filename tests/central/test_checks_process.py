"""kill -9 in the middle of checks: what was acknowledged is there, nothing is there twice, no check is half."""

import os
import random
import threading
import time

import requests

from central import audit
from central.database import Database, sqlite_url
from kiosk.seal import ReceiverKey
from tests.central.sitter import evidence
from tests.central.test_process import command

KILLS = 3
CHIP = [{"source": "chip", "zone": "accept", "score": 0.3}]


class Hall(threading.Thread):
    """People are checked until the line goes dead; remembers what was acknowledged."""

    def __init__(self, kiosk, people, seed):
        super().__init__()
        self.kiosk, self.people, self.random = kiosk, people, random.Random(seed)
        self.told = {}  # check id -> (evidence, the answer or None)

    def run(self):
        try:
            while True:
                self.one_check()
        except (requests.RequestException, ValueError):
            pass  # killed in the middle

    def one_check(self):
        check_id = f"{self.kiosk.kiosk_id}-{os.urandom(5).hex().upper()}"
        start = {"check_id": check_id, "kiosk_key": ReceiverKey().public.hex()}
        card = self.random.choice(self.people)
        page = self.kiosk.visit(card["number"], card["name"])
        start |= {"person_id": page["person_id"], "visit": page["visit"]}
        status, _ = self.kiosk.call("PUT", f"/v1/checks/{check_id}", {**start, "consent_version": "2026-01"})
        if status == 409:
            return
        end = self.random.choice(("accepted", "not_done", "review"))
        body = evidence(time.time() * 1000, end=end, comparisons=CHIP)
        self.told[check_id] = (body, None)
        self.told[check_id] = (body, self.kiosk.call("POST", f"/v1/checks/{check_id}/evidence", body))


def due(kiosk):
    """Their cards."""

    def state(card):
        return kiosk.visit(card["number"], card["name"])["certification"]["state"]

    return [card for card in kiosk.good("GET", "/sandbox/people") if state(card) in ("due", "overdue")]


def test_kill_9_loses_no_check_and_certifies_nobody_twice(tmp_path, kiosk_at):
    chance, told, people = random.Random(4), {}, []
    for round_number in range(KILLS + 1):
        with command(tmp_path, "--sandbox", "--township", "120") as central:
            kiosk = kiosk_at(central)
            people = people or due(kiosk)
            assert len(people) > 3
            for check_id, (body, answer) in told.items():
                again = kiosk_at(central, check_id[:5]).call("POST", f"/v1/checks/{check_id}/evidence", body)
                assert again[0] == 200
                assert answer in (None, again), check_id
            if round_number == KILLS:
                break
            halls = [Hall(kiosk_at(central, f"WD00{n}"), people, chance.random()) for n in (1, 2)]
            for hall in halls:
                hall.start()
            halls[0].join(0.2 + 0.3 * chance.random())
            central.process.kill()
            for hall in halls:
                hall.join()
                told |= hall.told
    database = Database(sqlite_url(tmp_path / "central.sqlite3"))
    with database.read() as connection:
        assert [finding.words for finding in audit.findings(connection) if not finding.good] == []
    database.close()
    assert {answer[1]["state"] for _, answer in told.values() if answer} >= {"not_recognised"}
