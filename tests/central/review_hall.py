"""What a kiosk sends for a yearly check, over HTTP, and the staff who look at it afterwards."""

from __future__ import annotations

import base64
import io
import json
from datetime import date, timedelta
from pathlib import Path

from PIL import Image
from sqlalchemy import select

from central import references, staff, tables
from central.clock import legal_time
from kiosk.face.weights import RESNET, detector_digest
from kiosk.face.zones import START
from kiosk.seal import ReceiverKey, seal
from kiosk.wire import CONSENT_VERSION, ReferenceSource, picture_info
from tests.central.sitter import DRAWN, answers

PORTRAIT = Path(__file__).parents[2] / "stand" / "faces" / "astronaut.png"  # public domain
STROKES = [
    [[80, 500], [200, 300], [320, 640], [460, 420]],
    [[560, 380], [700, 620], [900, 340]],
    [[950, 700]],
]


def jpeg(height=360, quality=80, mirrored=False):
    """The portrait as a JPEG file."""
    with Image.open(PORTRAIT) as portrait:
        image = portrait.convert("RGB").resize((height, height))
    if mirrored:
        image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    file = io.BytesIO()
    image.save(file, "JPEG", quality=quality)
    return file.getvalue()


def comparison(source="photo", zone="review", score=0.47, **more):
    return {"source": source, "zone": zone, "score": score, **more}


class Hall:
    """One kiosk, and those who are due at it."""

    def __init__(self, central, kiosk, clock):
        self.central, self.kiosk, self.clock = central, kiosk, clock
        self.database, self.keys = central.service.database, central.service.keys
        self._count = 0

    def people(self):
        """Rows of persons who draw a benefit and were certified long ago."""
        last, persons = tables.certifications, tables.persons
        long_ago = legal_time(self.clock.now_ms()).date() - timedelta(days=400)
        with self.database.read() as connection:
            recent = select(last.c.person_id).where(
                (last.c.certified_on > long_ago) | (last.c.verdict == "review")
            )
            of = select(persons).where(persons.c.benefit != "", persons.c.person_id.not_in(recent))
            return connection.execute(of.order_by(persons.c.person_id)).all()

    def keep_reference(self, person, source=ReferenceSource.PHOTO, coded=None, taken_on=date(2019, 5, 6)):
        with self.database.write() as connection:
            references.add_picture(
                connection,
                self.keys,
                person.person_id,
                source,
                coded or jpeg(quality=60, mirrored=True),
                taken_on=taken_on,
                at_ms=0,
            )

    def begin(self, person):
        """(check_id, review_key)"""
        self._count += 1
        check_id = f"WD001-CHECK-{self._count:04d}"
        key = ReceiverKey()
        body = {
            "check_id": check_id,
            "person_id": person.person_id,
            "consent_version": CONSENT_VERSION,
            "kiosk_key": key.public.hex(),
            "visit": self.kiosk.proof(person.person_id),
        }
        grant = self.kiosk.good("PUT", f"/v1/checks/{check_id}", body)
        return check_id, bytes.fromhex(grant["review_key"])

    def tell(self, check_id, end="review", doubts=(), comparisons=None, asked=None):
        """The evidence, as the kiosk has it a moment after the check."""
        self.clock.move_s(40)
        asked = asked or answers(check_id, *DRAWN)
        body = {
            "end": end,
            "asked": asked,
            "doubts": list(doubts),
            "comparisons": [comparison()] if comparisons is None else comparisons,
            "engine": "dlib",
            "model": RESNET.sha256,
            "detector": detector_digest(),
            "thresholds": START[0].digest,
            "frames": 214,
            "duration_ms": 21_400,
            "quality": {"sharpness": 412.5, "brightness": 131.0},
            "ended_at": legal_time(self.clock.now_ms()).isoformat(),
        }
        return self.kiosk.good("POST", f"/v1/checks/{check_id}/evidence", body)

    def sign(self, check_id, review_key, picture=None, strokes=None):
        """The person signs, and the picture leaves."""
        coded = base64.b64encode(picture or jpeg()).decode()
        inside = json.dumps({"picture": coded, "strokes": strokes or STROKES}).encode()
        sealed = base64.b64encode(seal(inside, review_key, picture_info(check_id))).decode()
        body = {"consent_version": CONSENT_VERSION, "sealed": sealed}
        return self.kiosk.good("POST", f"/v1/checks/{check_id}/picture", body)

    def compared(self, person, **evidence):
        """A check whose picture waits for a person; its id."""
        check_id, key = self.begin(person)
        self.tell(check_id, **evidence)
        assert self.sign(check_id, key)["state"] == "under_review"
        return check_id

    def employ(self, number, name, operator=None):
        with self.database.write() as connection:
            staff.add(connection, number, name, operator)

    def assist(self, person, number, name, reason="cannot_do_it"):
        """Staff confirm the person at the machine; the check's id."""
        self._count += 1
        check_id = f"WD001-STAFF-{self._count:04d}"
        body = {
            "check_id": check_id,
            "person_id": person.person_id,
            "staff": {"number": number, "name": name},
            "reason": reason,
            "visit": self.kiosk.proof(person.person_id),
        }
        assert self.kiosk.good("PUT", f"/v1/assisted-checks/{check_id}", body)["state"] == "under_review"
        return check_id

    def state(self, check_id):
        """(state, operator, note) of the row that holds."""
        states = tables.check_states
        with self.database.read() as connection:
            row = connection.execute(
                select(states)
                .where(states.c.check_id == check_id)
                .order_by(states.c.state_id.desc())
                .limit(1)
            ).one()
        return row.state, row.operator, row.note

    def rows(self, table):
        with self.database.read() as connection:
            return connection.execute(select(table)).all()
