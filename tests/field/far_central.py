"""A central of a test's own: real HTTP, the contract of kiosk.field.wire, and hands that lose calls or forget packets.

It checks what it is sent with the published rules (SHA-256, Ed25519, HPKE) and not with the tablet's code.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from devices.clock import SystemClock
from kiosk import config, events
from kiosk.field import wire
from kiosk.field.api import FieldApi
from kiosk.seal import HybridKey, ReceiverKey, seal

MONDAY_MS = 1_795_397_160_000  # 2026-11-23 09:26 in Wendeng
TABLET, STAFF = "T001", "staff7"
LOSE_REQUEST, LOSE_REPLY = "lose_request", "lose_reply"
Answer = tuple[int, dict[str, Any]]


class WallClock(SystemClock):
    """Moved by a test; the monotonic time goes on with it or without."""

    def __init__(self, wall_ms: int = MONDAY_MS) -> None:
        self.wall, self.mono_s = wall_ms, 500.0

    def wall_ms(self) -> int:
        return self.wall

    def monotonic(self) -> float:
        return self.mono_s

    def sleep(self, seconds: float) -> None:
        self.pass_(seconds)

    def pass_(self, seconds: float) -> None:
        self.wall += round(seconds * 1000)
        self.mono_s += seconds


@dataclass
class FarCentral:
    """``clock`` is the tablet's, shared: what its wall says is central's time.  ``faults``: one a call, used up from the front."""

    clock: WallClock
    pin: str = "135790"
    token: str = "token-of-a-tablet"
    receiver: ReceiverKey = field(default_factory=ReceiverKey)
    hybrid: HybridKey = field(default_factory=HybridKey)
    assignments: tuple[wire.Assignment, ...] = ()
    sign_key: bytes = b""
    revoked: bool = False
    valid_h: float = 12.0
    faults: list[str] = field(default_factory=list)
    kept: dict[int, wire.Packet] = field(default_factory=dict)
    heard: list[str] = field(default_factory=list)  # method and path, in order
    refuse: dict[int, str] = field(default_factory=dict)  # seq -> problem code
    pack_for: tuple[str, str] = (TABLET, STAFF)
    base_url: str = ""

    # --- what it answers ---------------------------------------------------------------------------------------------

    def answer(self, method: str, path: str, body: bytes) -> Answer:
        kind = path.removeprefix("/v1/tablet/")
        if self.revoked and not (kind.startswith("packets/") and method == "PUT"):
            return problem(403, "tablet_revoked")
        if kind == "key":
            return self._key(wire.TabletKey.model_validate_json(body))
        if kind == "sign-in":
            return self._sign_in(wire.SignIn.model_validate_json(body))
        if kind == "packs":
            return self._pack(wire.PackRequest.model_validate_json(body))
        if kind == "packets":
            return 200, {"last_seq": len(self.kept), "last_hash": self._head()}
        return self._packet(wire.Packet.model_validate_json(body))

    def _key(self, key: wire.TabletKey) -> Answer:
        told = bytes.fromhex(key.sign_key)
        if self.sign_key not in (b"", told):
            return problem(409, "tablet_key_known")
        self.sign_key = told
        return 200, {"kept": True}

    def _sign_in(self, who: wire.SignIn) -> Answer:
        if who.pin != self.pin:
            return problem(404, "staff_unknown")
        badge = wire.Badge(
            staff_id=f"staff{who.code[-1]}" if who.code else STAFF,
            name="林小禾",
            valid_until=self.now() + timedelta(hours=self.valid_h),
            record_keys=(self.key(wire.Suite.X25519), self.key(wire.Suite.HYBRID)),
        )
        return 200, badge.model_dump(mode="json")

    def _pack(self, asked: wire.PackRequest) -> Answer:
        tablet_id, staff_id = self.pack_for
        pack = wire.Pack(
            pack_id="PACK-0001",
            tablet_id=tablet_id,
            staff_id=staff_id,
            made_at=self.now(),
            expires_at=self.now() + timedelta(hours=24),
            day_code="4711",
            assignments=self.assignments,
        )
        info = wire.pack_info("PACK-0001", tablet_id, staff_id)
        sealed = seal(pack.model_dump_json().encode(), bytes.fromhex(asked.pack_key), info)
        return 200, {"pack_id": "PACK-0001", "sealed": base64.b64encode(sealed).decode()}

    def _packet(self, packet: wire.Packet) -> Answer:
        if packet.seq in self.refuse:
            return problem(422, self.refuse[packet.seq])
        if packet.seq > len(self.kept) + 1:
            return problem(409, "packet_gap")
        known = self.kept.get(packet.seq)
        if known is None:
            if not self._holds(packet):
                return problem(422, "packet_refused")
            self.kept[packet.seq] = packet
        elif known.hash != packet.hash:
            return problem(422, "packet_refused")
        return 200, self.word_on(self.kept[packet.seq])

    def word_on(self, packet: wire.Packet) -> dict[str, Any]:
        said = {"seq": packet.seq, "hash": packet.hash, "state": "accepted", "result": "noted"}
        if packet.sealed is None:
            said |= {"state": "parked", "result": "not_readable"}
        if self.revoked:
            said |= {"state": "parked", "result": "tablet_revoked"}
        return said

    def _holds(self, packet: wire.Packet) -> bool:
        """The chain, the digest and the signature, by the words of kiosk.field.wire."""
        said = f'["{TABLET}",{packet.seq},"{packet.suite.value}","{packet.prev_hash}","{packet.digest}"]'
        if packet.prev_hash != self._head() or hashlib.sha256(said.encode()).hexdigest() != packet.hash:
            return False
        if packet.sealed and hashlib.sha256(base64.b64decode(packet.sealed)).hexdigest() != packet.digest:
            return False
        try:
            Ed25519PublicKey.from_public_bytes(self.sign_key).verify(
                bytes.fromhex(packet.signature), b"visit packet " + bytes.fromhex(packet.hash)
            )
        except InvalidSignature:
            return False
        return True

    # --- for tests ---------------------------------------------------------------------------------------------------

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.clock.wall_ms() / 1000, UTC)

    def key(self, suite: wire.Suite) -> wire.RecordKey:
        public = self.receiver.public if suite is wire.Suite.X25519 else self.hybrid.public
        return wire.RecordKey(suite=suite, key=public.hex())

    def records(self) -> list[dict[str, Any]]:
        """What central reads of every packet it has, in order."""
        found = []
        for seq, packet in sorted(self.kept.items()):
            assert packet.sealed is not None
            key = self.receiver if packet.suite is wire.Suite.X25519 else self.hybrid
            info = f"visit|1|{TABLET}|{seq}".encode()
            found.append(json.loads(key.unseal(base64.b64decode(packet.sealed), info)))
        return found

    @contextmanager
    def api(self) -> Iterator[FieldApi]:
        settings = config.Central(url=self.base_url, token=self.token, answer_timeout_s=5.0)
        api = FieldApi(settings, TABLET, self.clock, events.Log(io.StringIO(), self.clock))
        yield api
        api.close_connections()

    def _head(self) -> str:
        return self.kept[len(self.kept)].hash if self.kept else "0" * 64


def problem(status: int, code: str) -> Answer:
    return status, {"code": code}


@contextmanager
def serving(far: FarCentral) -> Iterator[FarCentral]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            fault = far.faults.pop(0) if far.faults else ""
            self.close_connection = True
            if fault == LOSE_REQUEST:
                return
            far.heard.append(f"{self.command} {self.path}")
            assert self.headers["Authorization"] == f"Bearer {far.token}"
            assert self.headers["X-Kiosk"] == TABLET
            status, said = far.answer(self.command, self.path, body)
            if fault == LOSE_REPLY:
                return
            content = json.dumps(said).encode()
            self.send_response_only(status)
            self.send_header("Date", formatdate(far.clock.wall_ms() / 1000, usegmt=True))
            self.send_header("Connection", "close")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_PUT = do_POST = _answer  # noqa: N815 - the library's names

        def log_message(self, *_: Any) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        far.base_url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield far
        server.shutdown()
        thread.join()
