"""A tablet as central sees it: its own signing key and chain, over HTTP.  All people are the township's, invented."""

from __future__ import annotations

import base64
import json
from datetime import datetime, timedelta, timezone
from hashlib import sha256

import requests
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kiosk.field.wire import GENESIS, SIGNED, Suite, pack_info, packet_hash, packet_info
from kiosk.seal import ReceiverKey, seal
from kiosk.wire import picture_info
from tests.central.sitter import JPEG, STAFF, evidence

CHINA = timezone(timedelta(hours=8))
PIN, CODE = "246810", "100200300401"
OTHER_PIN, OTHER_CODE = "135790", "100200300402"
MINUTE_MS = 60_000


class FarTablet:
    """``clock``: central's; the tablet's own runs ``wrong_ms`` beside it."""

    def __init__(self, central, clock, tablet_id="WDT01"):
        self.url, self.clock, self.tablet_id = central.url, clock, tablet_id
        self.sign_key, self.key = Ed25519PrivateKey.generate(), ReceiverKey()
        self.seq, self.last_hash, self.wrong_ms, self.count = 0, GENESIS, 0, 0
        self.badge = self.pack = None
        self.clock_known, self.boot_id, self.booted_ms = True, "boot-1", clock.ms - 3_600_000
        self._session = requests.Session()
        self._session.trust_env = False
        token = f"demo-token-{tablet_id}"
        self._session.headers.update({"Authorization": f"Bearer {token}", "X-Kiosk": tablet_id})

    def call(self, method, path, body=None):
        """(status, JSON)"""
        answer = self._session.request(method, self.url + path, json=body, timeout=20)
        return answer.status_code, answer.json()

    def good(self, method, path, body=None):
        status, answer = self.call(method, path, body)
        assert status == 200, answer
        return answer

    # --- the morning ---

    def tell_key(self):
        public = self.sign_key.public_key().public_bytes_raw().hex()
        return self.call("PUT", "/v1/tablet/key", {"sign_key": public})

    def sign_in(self, pin=PIN, **who):
        who = who or {"staff": STAFF}
        return self.call("POST", "/v1/tablet/sign-in", {"pin": pin, "pack_key": self.key.public.hex(), **who})

    def ask_pack(self, **changes):
        body = {"staff_id": self.badge["staff_id"], "pack_key": self.key.public.hex(), **changes}
        return self.call("POST", "/v1/tablet/packs", body)

    def open_pack(self, answer):
        info = pack_info(answer["pack_id"], self.tablet_id, self.badge["staff_id"])
        return json.loads(self.key.unseal(base64.b64decode(answer["sealed"]), info))

    def ready(self, **who):
        """Enrolled, signed in, with a pack."""
        assert self.tell_key() == (200, {"kept": True})
        status, self.badge = self.sign_in(**who)
        assert status == 200, self.badge
        return self.take_pack()

    def take_pack(self):
        status, answer = self.ask_pack()
        assert status == 200, answer
        self.pack = self.open_pack(answer)
        return self

    @property
    def record_key(self):
        (key,) = [each["key"] for each in self.badge["record_keys"] if each["suite"] == "x25519"]
        return bytes.fromhex(key)

    # --- a visit ---

    def now_ms(self):
        return self.clock.ms + self.wrong_ms

    def record(self, n=0, kind="face", **changes):
        """Of the nth person of the pack, ended now."""
        self.count += 1
        person, ended_ms = self.pack["assignments"][n], self.now_ms()
        told = {
            "record_id": f"{self.tablet_id}-R-{self.count:06d}",
            "pack_id": self.pack["pack_id"],
            "assignment_id": person["assignment_id"],
            "person_id": person["person_id"],
            "staff_id": self.pack["staff_id"],
            "kind": kind,
            "begun_at": iso(ended_ms - 4 * MINUTE_MS),
            "ended_at": iso(ended_ms),
            "boot_id": self.boot_id,
            "up_ms": self.clock.ms - self.booted_ms,
            "clock_known": self.clock_known,
        }
        identified = {"by": "card", "number": person["number"]}
        if kind == "face":
            source = person["references"][0]["source"] if person["references"] else "chip"
            seen = evidence(
                ended_ms - MINUTE_MS,
                told["record_id"],
                comparisons=[{"source": source, "zone": "accept", "score": 0.3}],
            )
            told |= {
                "identified": identified,
                "consent": {"by": "person", "version": "2026-11"},
                "evidence": seen,
            }
        if kind == "manual":
            manual = {"reason": "cannot_do_it", "day_code": self.pack["day_code"]}
            manual["photo"] = self.photo(told["record_id"])
            manual["witness"] = [[[100, 100], [300, 400]]]
            told |= {"identified": identified, "manual": manual}
        return {**told, **changes}

    def photo(self, record_id, jpeg=JPEG):
        content = json.dumps({"picture": base64.b64encode(jpeg).decode()}).encode()
        key = bytes.fromhex(self.pack["review_key"])
        return base64.b64encode(seal(content, key, picture_info(record_id))).decode()

    # --- packets ---

    def packet(self, record, **changes):
        """The next one of the chain; the tablet remembers it as sent."""
        seq = self.seq + 1
        sealed = self.sealed(record, seq)
        packet = self.signed(seq, self.last_hash, sealed)
        self.seq, self.last_hash = seq, packet["hash"]
        return {**packet, **changes}

    def sealed(self, record, seq):
        return seal(json.dumps(record).encode(), self.record_key, packet_info(self.tablet_id, seq))

    def signed(self, seq, prev_hash, sealed, suite="x25519"):
        digest = sha256(sealed).hexdigest()
        hashed = packet_hash(self.tablet_id, seq, Suite(suite), prev_hash, digest)
        return {
            "seq": seq,
            "suite": suite,
            "prev_hash": prev_hash,
            "digest": digest,
            "hash": hashed,
            "signature": self.sign_key.sign(SIGNED + bytes.fromhex(hashed)).hex(),
            "sealed": base64.b64encode(sealed).decode(),
        }

    def send(self, packet):
        """(status, JSON)"""
        return self.call("PUT", f"/v1/tablet/packets/{packet['seq']}", packet)

    def brought(self, *args, **kwargs):
        """(state, result) of a record of the next packet."""
        status, reply = self.send(self.packet(self.record(*args, **kwargs)))
        assert status == 200, reply
        return reply["state"], reply["result"]


def iso(at_ms):
    return datetime.fromtimestamp(at_ms / 1000, CHINA).isoformat()
