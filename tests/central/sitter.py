"""A check as a kiosk makes it: a key of its own, what was done, a signed picture.  All of it invented."""

from __future__ import annotations

import base64
import json
from datetime import datetime, timedelta, timezone
from random import Random

from sqlalchemy import insert, select

from central import check_states, enrolment, tables
from central.identity import check_character
from central.judgement import Reason
from kiosk.face.weights import RESNET, detector_digest
from kiosk.face.zones import START
from kiosk.seal import ReceiverKey, seal
from kiosk.wire import CheckState, ReferenceSource, picture_info, reference_info

ZHANG = "371081196203150042"
DUE_S = 129 * 86_400  # from the stood clock to 2027-04-01 10:00: her certification ended the day before
JPEG = b"\xff\xd8\xff" + bytes(range(256)) * 8
STAFF = {"number": "371081198512050028", "name": "丛海燕"}  # decides on pages under her own name
OTHER_STAFF = {"number": "371081199012180015", "name": "毕文斌"}
CHINA = timezone(timedelta(hours=8))


class Sitter:
    """One person at one kiosk.  ``keys``: of each check's sitting, the worker's."""

    def __init__(self, kiosk, clock, person_id=None):
        self.kiosk, self.clock, self.keys = kiosk, clock, {}
        self.person_id = person_id or kiosk.visit()["person_id"]

    def key_of(self, check_id):
        return self.keys.setdefault(check_id, ReceiverKey())

    def start(self, check_id="WD001-CHECK-1", **changes):
        body = {
            "check_id": check_id,
            "person_id": self.person_id,
            "consent_version": "2026-01",
            "kiosk_key": self.key_of(check_id).public.hex(),
            "visit": self.kiosk.proof(self.person_id),
        }
        return {**body, **changes}

    def begin(self, check_id="WD001-CHECK-1", **changes):
        """(status, JSON)"""
        return self.kiosk.call("PUT", f"/v1/checks/{check_id}", self.start(check_id, **changes))

    def begun(self, check_id="WD001-CHECK-1"):
        status, grant = self.begin(check_id)
        assert status == 200, grant
        return grant

    def told(self, check_id="WD001-CHECK-1", **changes):
        told = self.evidence(check_id, **changes)
        return self.kiosk.call("POST", f"/v1/checks/{check_id}/evidence", told)

    def evidence(self, check_id="WD001-CHECK-1", **changes):
        return evidence(self.clock.ms, check_id, **changes)

    def send_picture(self, sealed, check_id="WD001-CHECK-1"):
        body = {"consent_version": "2026-01", "sealed": sealed}
        return self.kiosk.call("POST", f"/v1/checks/{check_id}/picture", body)

    def withdraw(self, check_id="WD001-CHECK-1"):
        return self.kiosk.call("POST", f"/v1/checks/{check_id}/withdraw")

    def assist(self, check_id="WD001-CHECK-A", staff=STAFF, reason="chosen", person_id=None):
        person_id = person_id or self.person_id
        body = {"check_id": check_id, "person_id": person_id, "staff": staff, "reason": reason}
        body["visit"] = self.kiosk.proof(person_id)
        return self.kiosk.call("PUT", f"/v1/assisted-checks/{check_id}", body)

    def open_reference(self, given, check_id="WD001-CHECK-1"):
        return self.key_of(check_id).unseal(base64.b64decode(given["sealed"]), reference_info(check_id))

    def state(self):
        return self.kiosk.visit()["certification"]


DRAWN = ("turn_left", "blink", "nod", "turn_left")  # as a kiosk draws: a movement may come again, not at once


def answers(check_id, *actions):
    """Questions and answers that are this check's alone, each within 3.2 seconds."""
    rng, asked, at_ms = Random(check_id), [], 1_500
    for action in actions:
        asked_ms = at_ms + rng.randint(400, 1_200)
        at_ms = asked_ms + rng.randint(600, 2_000)
        asked.append({"action": action, "asked_ms": asked_ms, "done_ms": at_ms})
    return asked


def evidence(ended_ms, check_id="WD001-CHECK-1", **changes):
    """What bears itself out; ``ended_ms`` by the kiosk's clock."""
    told = {
        "end": "accepted",
        "asked": answers(check_id, *DRAWN),
        "doubts": [],
        "comparisons": [{"source": "photo", "zone": "accept", "score": 0.31, "flaws": []}],
        "engine": "dlib",
        "model": RESNET.sha256,
        "detector": detector_digest(),
        "thresholds": START[0].digest,
        "frames": 140,
        "duration_ms": 14_800,
        "quality": {"sharpness": 210.5},
        "ended_at": datetime.fromtimestamp(ended_ms / 1000, CHINA).isoformat(),
    }
    return {**told, **changes}


def signed_picture(review_key, check_id="WD001-CHECK-1", jpeg=JPEG, **changes):
    """Base64 of what a worker seals."""
    content = {"picture": base64.b64encode(jpeg).decode(), "strokes": [[[10, 20], [500, 600]]], **changes}
    return sealed_text(json.dumps(content).encode(), review_key, check_id)


def sealed_text(content, review_key, check_id="WD001-CHECK-1"):
    return base64.b64encode(seal(content, bytes.fromhex(review_key), picture_info(check_id))).decode()


def card_number(n):
    """Of somebody invented who is nobody's neighbour."""
    first17 = f"37108119700101{n:03d}"
    return first17 + check_character(first17)


def look(central, check_id, operator, at_ms):
    """As the page writes down that an operator was shown the faces of a check."""
    row = {"check_id": check_id, "operator": operator, "shown": "taken", "at_ms": at_ms}
    with central.service.database.write() as connection:
        connection.execute(insert(tables.picture_looks).values(**row))


def give_face(central, number=ZHANG, source="photo", coded=JPEG):
    service = central.service
    with service.database.write() as connection:
        of = ReferenceSource(source)
        enrolment.add_reference(connection, service.keys, number, of, coded, at_ms=0)


def waits_unseen(central, check_id, at_ms):
    """A check in review without any picture, as earlier versions left them."""
    waits = CheckState.UNDER_REVIEW
    with central.service.database.write() as connection:
        check_states.enter(connection, check_id, waits, Reason.DOUBTED, at_ms=at_ms)


def rows(central, table, *where):
    with central.service.database.read() as connection:
        return connection.execute(select(tables.metadata.tables[table]).where(*where)).all()


def states(central, check_id="WD001-CHECK-1"):
    """(state, reason, operator) of every state so far."""
    table = tables.check_states
    found = rows(central, "check_states", table.c.check_id == check_id)
    return [(row.state, row.reason, row.operator) for row in sorted(found, key=lambda row: row.state_id)]
