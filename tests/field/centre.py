"""A centre that fits into a test: the tablet's five calls over HTTP, real keys and seals, and books one can look into.

It judges nothing by itself: ``results`` says what is answered to a record of a kind.
"""

from __future__ import annotations

import base64
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from kiosk.field import wire
from kiosk.field.wire import PacketReply, PacketResult, PacketState, RecordKind
from kiosk.seal import ReceiverKey, seal
from kiosk.wire import Problem, ProblemCode, Reply

DAY_CODE = "4071"


class Says(Exception):
    def __init__(self, status: int, code: ProblemCode) -> None:
        super().__init__(code.value)
        self.status, self.code = status, code


@dataclass
class Centre:
    """``people``: of the next pack.  ``codes``, ``cards``: who may sign in, with their PIN."""

    people: tuple[wire.Assignment, ...] = ()
    codes: dict[str, str] = field(default_factory=dict)
    cards: dict[str, str] = field(default_factory=dict)
    results: dict[RecordKind, PacketResult] = field(default_factory=dict)
    silent: bool = False
    revoked: bool = False
    most_packets: int = 100
    with_review_key: bool = True
    pack_hours: float = 24.0
    badge_hours: float = 12.0

    def __post_init__(self) -> None:
        self.key, self.review = ReceiverKey(), ReceiverKey()
        self.packets: list[wire.Packet] = []
        self.records: list[wire.Record] = []
        self.packs = 0
        self._keys: dict[str, bytes] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler_of(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=lambda: self._server.serve_forever(0.02), daemon=True)
        self._thread.start()

    @property
    def address(self) -> tuple[str, int]:
        return "127.0.0.1", self._server.server_address[1]

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def answer(self, method: str, path: str, tablet_id: str, body: bytes) -> Reply:
        sends = path.startswith("/v1/tablet/packets/")
        if self.revoked and not sends:
            raise Says(403, ProblemCode.TABLET_REVOKED)
        if path == "/v1/tablet/key":
            return wire.TabletKeyReply(kept=True)
        if path == "/v1/tablet/sign-in":
            return self._sign_in(wire.SignIn.model_validate_json(body))
        if path == "/v1/tablet/packs":
            return self._pack(tablet_id, wire.PackRequest.model_validate_json(body))
        if sends:
            return self._take(tablet_id, wire.Packet.model_validate_json(body))
        last = self.packets[-1] if self.packets else None
        return wire.PacketsReply(
            last_seq=last.seq if last else 0, last_hash=last.hash if last else wire.GENESIS
        )

    def _sign_in(self, who: wire.SignIn) -> wire.Badge:
        pin = self.cards.get(who.staff.number) if who.staff else self.codes.get(who.code)
        if pin is None or pin != who.pin:
            raise Says(404, ProblemCode.STAFF_UNKNOWN)
        return wire.Badge(
            staff_id="staff01",
            name="于佳",
            valid_until=datetime.now(UTC) + timedelta(hours=self.badge_hours),
            record_keys=(wire.RecordKey(suite=wire.Suite.X25519, key=self.key.public.hex()),),
            most_packets=self.most_packets,
        )

    def _pack(self, tablet_id: str, asked: wire.PackRequest) -> wire.SealedPack:
        self.packs += 1
        now = datetime.now(UTC)
        pack = wire.Pack(
            pack_id=f"P-{self.packs:08d}",
            tablet_id=tablet_id,
            staff_id=asked.staff_id,
            made_at=now,
            expires_at=now + timedelta(hours=self.pack_hours),
            day_code=DAY_CODE,
            assignments=self.people,
            review_key=self.review.public.hex() if self.with_review_key else None,
        )
        info = wire.pack_info(pack.pack_id, tablet_id, asked.staff_id)
        sealed = seal(pack.model_dump_json().encode(), bytes.fromhex(asked.pack_key), info)
        return wire.SealedPack(pack_id=pack.pack_id, sealed=base64.b64encode(sealed).decode())

    def _take(self, tablet_id: str, packet: wire.Packet) -> PacketReply:
        assert packet.sealed is not None
        if all(known.seq != packet.seq for known in self.packets):
            opened = self.key.unseal(base64.b64decode(packet.sealed), wire.packet_info(tablet_id, packet.seq))
            self.packets.append(packet)
            self.records.append(wire.Record.model_validate_json(opened))
        record = self.records[packet.seq - 1]
        result = self.results.get(record.kind, PacketResult.NOTED)
        parked = result in PARKED
        state = PacketState.PARKED if parked else PacketState.ACCEPTED
        return PacketReply(seq=packet.seq, hash=packet.hash, state=state, result=result)


PARKED = (PacketResult.PERSON_MOVED, PacketResult.ASSIGNMENT_WITHDRAWN, PacketResult.TABLET_REVOKED)


def handler_of(centre: Centre) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: Any) -> None:
            """Quiet."""

        def _do(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if centre.silent:
                self.close_connection = True
                return
            status, reply = self._answered(lambda: self._reply(body))
            content = reply.model_dump_json().encode()
            self.send_response_only(status)
            self.send_header("Date", formatdate(usegmt=True))
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def _reply(self, body: bytes) -> Reply:
            return centre.answer(self.command, self.path, self.headers["X-Kiosk"], body)

        def _answered(self, act: Callable[[], Reply]) -> tuple[int, Reply]:
            try:
                return 200, act()
            except Says as said:
                return said.status, Problem(code=said.code)

        do_GET = do_PUT = do_POST = _do  # noqa: N815 - the library's names

    return Handler
