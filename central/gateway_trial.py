"""The trial gateway as a service of its own: the wire of ``gateway_trial_wire``, its cashier pages, its faults.

/v3/...                  signed calls of a merchant
/sandbox, /sandbox/...   the payer's cashier, the gateway's books
GET, POST /sandbox/quirks   what may go wrong from now on, as a SPEC in the body
POST /sandbox/notices    sends the notices that are due, and says how many
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from fastapi import FastAPI, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import PlainTextResponse

from central.clock import Clock, SystemClock
from central.database import Database, sqlite_url
from central.gateway import GatewaySilent
from central.gateway_profile import profile_of
from central.gateway_quirks import Quirks
from central.gateway_signature import is_signed, read_authorization, request_text
from central.gateway_trial_books import AskedBooks
from central.gateway_trial_keys import MCHID, TrialKeys, publish, trial_keys
from central.gateway_trial_notices import LONG_AGO_S, Notices, signed_headers, spoilt
from central.gateway_trial_wire import Denied, TrialWire
from central.sandbox import Sandbox
from central.sandbox_cashier import add_cashier
from central.server import listen, serving
from central.settings import GatewaySettings

LOOK_EVERY_S = 0.05
BODY_MOST_BYTES = 64 * 1024


@dataclass(frozen=True)
class TrialGateway:
    """``settings`` is what central must be told; ``sandbox`` has the payer's hands and the books."""

    url: str
    settings: GatewaySettings
    sandbox: Sandbox
    quirks: Quirks
    notices: Notices
    wire: TrialWire
    keys: TrialKeys
    books: Database
    clock: Clock

    def serve(self, method: str, target: str, authorization: str, body: bytes) -> Response:
        """One call, with everything that may go wrong around it."""
        if self.quirks.happens("slow"):
            time.sleep(self.quirks.length("slow_s"))
        if not self._from_merchant(method, target, authorization, body):
            return self._signed(401, {"code": "SIGN_ERROR", "message": ""})
        if self.quirks.happens("system_error"):
            return self._signed(500, {"code": "SYSTEM_ERROR", "message": ""})
        try:
            status, told = self.wire.answer(method, target, body)
        except Denied as denied:
            status, told = denied.status, {"code": denied.code, "message": ""}
        except GatewaySilent:
            return Response(status_code=502)
        if self.quirks.happens("error_after"):
            return Response(status_code=502)
        if told.get("mchid") and self.quirks.happens("wrong_echo"):
            told["mchid"] = "1900000001"
        return self._signed(status, told)

    def close(self) -> None:
        self.notices.close()
        self.books.close()

    def _from_merchant(self, method: str, target: str, authorization: str, body: bytes) -> bool:
        told = read_authorization(authorization)
        at = told.get("timestamp", "")
        if told.get("mchid") != MCHID or told.get("serial_no") != self.keys.merchant_serial:
            return False
        if not at.isdecimal() or abs(self.clock.now_ms() / 1000 - int(at)) > 300:
            return False
        text = request_text(method, target, int(at), told.get("nonce_str", ""), body)
        return is_signed(self.keys.merchant.public_key(), text, told.get("signature", ""))

    def _signed(self, status: int, told: dict[str, object]) -> Response:
        body = json.dumps(told, ensure_ascii=False).encode() if told else b""
        ago_s = LONG_AGO_S if self.quirks.happens("stale_signature") else 0
        headers = signed_headers(self.keys, body, self.clock.now_ms() // 1000 - ago_s)
        if self.quirks.happens("bad_signature"):
            headers["Wechatpay-Signature"] = spoilt(headers["Wechatpay-Signature"])
        return Response(body, status_code=status, headers=headers, media_type="application/json")


def open_trial_gateway(
    folder: Path,
    url: str,
    quirks: str = "",
    seed: int = 0,
    clock: Clock | None = None,
    *,
    profile: str = "wechat",
    real_times: bool = False,
) -> TrialGateway:
    """Puts one together over a folder.  Raises ValueError for a SPEC or a profile nobody knows."""
    clock = clock or SystemClock()
    keys, dice = trial_keys(folder), Quirks(quirks, seed)
    settings = publish(keys, url, profile, real_times=real_times)
    books = Database(sqlite_url(folder / "gateway.sqlite3"))
    sandbox = Sandbox(books, clock, url, keys.digest)
    notices = Notices(keys, dice, clock)
    wire = TrialWire(sandbox, AskedBooks(books, clock), profile_of(settings), dice, notices, clock)
    wire.address, wire.bills_wait = url, real_times
    return TrialGateway(url, settings, sandbox, dice, notices, wire, keys, books, clock)


def create_trial_app(gateway: TrialGateway, *, deliver: bool = True) -> FastAPI:
    """``deliver``: sends notices in the background."""

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        sending = asyncio.create_task(_deliver_for_ever(gateway.notices)) if deliver else None
        yield
        if sending is not None:
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)
        gateway.close()

    app = FastAPI(title="试用支付通道", lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    add_cashier(app, gateway.sandbox, lambda _order_id: None)

    @app.api_route("/v3/{path:path}", methods=["GET", "POST"])
    async def call(request: Request) -> Response:
        if request.url.path == "/v3/billdownload/file":
            text = await run_in_threadpool(gateway.wire.bill_file, request.query_params.get("token", ""))
            return Response(status_code=404) if text is None else Response(text, media_type="text/plain")
        body = await request.body()
        target = request.scope["raw_path"].decode("ascii")
        if query := request.scope["query_string"].decode("ascii"):
            target += "?" + query
        header = request.headers.get("authorization", "")
        return await run_in_threadpool(gateway.serve, request.method, target, header, body)

    @app.get("/sandbox/quirks", response_class=PlainTextResponse)
    def quirks() -> str:
        return gateway.quirks.spec

    @app.post("/sandbox/quirks", response_class=PlainTextResponse)
    async def set_quirks(request: Request) -> Response:
        try:
            gateway.quirks.set((await request.body())[:BODY_MOST_BYTES].decode("utf-8", "replace").strip())
        except ValueError:
            return PlainTextResponse("no such quirk", status_code=422)
        return PlainTextResponse(gateway.quirks.spec)

    @app.post("/sandbox/notices")
    def send_notices() -> int:
        return gateway.notices.deliver()

    return app


@contextmanager
def trial_gateway(
    folder: Path,
    port: int = 0,
    quirks: str = "",
    seed: int = 0,
    clock: Clock | None = None,
    *,
    profile: str = "wechat",
    real_times: bool = False,
    deliver: bool = True,
) -> Iterator[TrialGateway]:
    """Serves one on 127.0.0.1 from a thread, for tests; port 0 takes a free one.

    ``deliver`` False: notices are sent by ``gateway.notices.deliver()`` only.
    """
    listener, url = listen(port)
    with listener:
        gateway = open_trial_gateway(folder, url, quirks, seed, clock, profile=profile, real_times=real_times)
        with serving(create_trial_app(gateway, deliver=deliver), listener, "trial gateway"):
            yield gateway


async def _deliver_for_ever(notices: Notices) -> None:
    while True:
        await asyncio.sleep(LOOK_EVERY_S)
        await run_in_threadpool(notices.deliver)
