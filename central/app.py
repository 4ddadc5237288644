"""The HTTP face: routes of the contract in kiosk/wire.py, and every error as a wire.Problem.

Bodies are never logged and never echoed.  Nothing answers 5xx but 503, which means: ask the same again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from hashlib import sha256
from hmac import compare_digest
from importlib.metadata import version
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Header, Request, Response
from fastapi import Path as InPath
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.background import BackgroundTask
from starlette.exceptions import HTTPException

from central import (
    operations_pages,
    pages,
    review_pages,
    sandbox_cashier,
    sandbox_pages,
    sweep,
    tables,
    tablet_routes,
    visit_pages,
)
from central.clock import legal_time
from central.face_count import FaceWatch
from central.gateway_inbox import Inbox, Verdict
from central.office import Office
from central.problems import STATUS, Refused, where
from central.service import Service, open_service
from central.settings import Settings
from kiosk import wire
from kiosk.wire import Problem, ProblemCode

BODY_MOST_BYTES = 64 * 1024
log = logging.getLogger("central")

Reply = Callable[[Request], Awaitable[Response]]
OrderNo = Annotated[str, InPath(pattern=r"^[A-Z0-9-]{8,40}$")]
PersonNo = Annotated[str, InPath(pattern=r"^[a-z0-9]{8,40}$")]
ReceiptNo = Annotated[str, InPath(pattern=r"^\d{16,22}$")]
CheckNo = Annotated[str, InPath(pattern=r"^[A-Z0-9-]{8,40}$")]


def create_app(settings: Settings) -> FastAPI:
    """The whole service over one data folder.  The background sweep lives as long as the app does."""
    service = open_service(settings)
    watch = FaceWatch(service.database, settings.clock)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        sweeping = asyncio.create_task(sweep.for_ever(service, watch)) if settings.sweep_interval_s else None
        yield
        if sweeping is not None:
            sweeping.cancel()
            await asyncio.gather(sweeping, return_exceptions=True)
        service.close()

    app = FastAPI(
        title="社保自助服务中心接口",
        version=version("shebao-kiosk"),
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
    )
    app.state.service = service
    _answer_errors(app)
    _add_routes(app, service)
    pages.add_pages(app, service)
    office = Office(service)
    office.answer_errors(app)
    operations_pages.add_pages(app, office)
    review_pages.add_pages(app, office, watch)
    visit_pages.add_pages(app, office)
    if service.inbox is not None:
        _add_notify(app, service.inbox, at_once=settings.sweep_interval_s > 0)
    if settings.sandbox:
        sandbox_pages.add_pages(app, service)
    if service.sandbox is not None:
        # as the gateway's notice would; a silent one stays silent
        sandbox_cashier.add_cashier(app, service.sandbox, lambda order_id: service.orders.settle([order_id]))
    return app


def authorised_kiosk(
    request: Request, authorization: Annotated[str, Header()] = "", x_kiosk: Annotated[str, Header()] = ""
) -> str:
    """The kiosk that asks, by its token.  Raises Refused."""
    service: Service = request.app.state.service
    kiosks = tables.kiosks
    token = authorization.removeprefix("Bearer ")
    offered = sha256(token.encode("utf-8", "surrogateescape")).hexdigest()
    with service.database.read() as connection:
        digest = connection.execute(
            select(kiosks.c.token_digest).where(kiosks.c.kiosk_id == x_kiosk)
        ).scalar()
    if token == authorization or not compare_digest(offered, digest or ""):
        raise Refused(ProblemCode.UNAUTHORISED)
    return x_kiosk


Kiosk = Annotated[str, Depends(authorised_kiosk)]


def _add_routes(app: FastAPI, service: Service) -> None:
    people, orders, print_desk = service.people, service.orders, service.print_desk
    device_logs = service.device_logs

    problems: dict[int | str, dict[str, Any]] = {
        code: {"model": Problem} for code in sorted(set(STATUS.values()))
    }

    @app.get("/v1/health")
    def health() -> wire.Health:
        now = legal_time(service.settings.clock.now_ms())
        return wire.Health(status="ok", server_time=now, version=app.version)

    @app.get("/v1/keys")
    def public_keys() -> dict[int, str]:
        """Key number -> Ed25519 public key as hex; open to everybody."""
        return service.keys.public()

    @app.post("/v1/visits", responses=problems)
    def visit(kiosk_id: Kiosk, body: wire.Lookup) -> wire.MyPage:
        return people.visit(body, kiosk_id)

    @app.post("/v1/people/{person_id}/records", responses=problems)
    def records(_kiosk: Kiosk, person_id: PersonNo) -> wire.Records:
        return people.records(person_id)

    @app.post("/v1/people/{person_id}/receipts", responses=problems)
    def receipts(_kiosk: Kiosk, person_id: PersonNo) -> wire.ReceiptList:
        return people.receipts(person_id)

    @app.put("/v1/orders/{order_id}", responses=problems)
    def put_order(kiosk_id: Kiosk, order_id: OrderNo, body: wire.OrderRequest) -> wire.OrderReply:
        if body.order_id != order_id:
            raise Refused(ProblemCode.INVALID_REQUEST, "order_id differs from the address")
        return orders.put(kiosk_id, body)

    @app.get("/v1/orders/{order_id}", responses=problems)
    def get_order(_kiosk: Kiosk, order_id: OrderNo) -> wire.OrderReply:
        return orders.get(order_id)

    @app.post("/v1/orders/{order_id}/pay-code", responses=problems)
    def pay_code(_kiosk: Kiosk, order_id: OrderNo, body: wire.PayCode) -> wire.OrderReply:
        return orders.charge(order_id, body.code)

    @app.post("/v1/orders/{order_id}/close", responses=problems)
    def close_order(kiosk_id: Kiosk, order_id: OrderNo, body: wire.CloseRequest) -> wire.OrderReply:
        return orders.close(kiosk_id, order_id, body.reason)

    @app.post("/v1/receipts/{receipt_no}/prints", responses=problems)
    def grant_print(kiosk_id: Kiosk, receipt_no: ReceiptNo, body: wire.PrintRequest) -> wire.PrintGrant:
        return print_desk.grant(kiosk_id, receipt_no, body.print_id)

    @app.post("/v1/receipts/{receipt_no}/outcome", responses=problems)
    def print_outcome(kiosk_id: Kiosk, receipt_no: ReceiptNo, body: wire.PrintOutcome) -> wire.PrintGrant:
        return print_desk.outcome(kiosk_id, receipt_no, body)

    @app.post("/v1/device-log", responses=problems)
    def device_log(kiosk_id: Kiosk, body: wire.LogBatch) -> wire.LogReply:
        return device_logs.take(kiosk_id, body)

    @app.post("/v1/day-totals", responses=problems)
    def day_totals(kiosk_id: Kiosk, body: wire.DayTotals) -> wire.TotalsReply:
        return device_logs.note_totals(kiosk_id, body)

    _add_check_routes(app, service, problems)
    tablet_routes.add_routes(app, service, problems)


def _add_check_routes(app: FastAPI, service: Service, problems: dict[int | str, dict[str, Any]]) -> None:
    checks, home_visits = service.checks, service.home_visits

    @app.put("/v1/checks/{check_id}", responses=problems)
    def begin_check(kiosk_id: Kiosk, check_id: CheckNo, body: wire.CheckStart) -> wire.CheckGrant:
        _same(body.check_id, check_id)
        return checks.begin(kiosk_id, body)

    @app.post("/v1/checks/{check_id}/evidence", responses=problems)
    def evidence(kiosk_id: Kiosk, check_id: CheckNo, body: wire.CheckEvidence) -> wire.CheckReply:
        return checks.take_evidence(kiosk_id, check_id, body)

    @app.post("/v1/checks/{check_id}/picture", responses=problems)
    def picture(kiosk_id: Kiosk, check_id: CheckNo, body: wire.ReviewPicture) -> wire.CheckReply:
        return checks.take_picture(kiosk_id, check_id, body)

    @app.post("/v1/checks/{check_id}/withdraw", responses=problems)
    def withdraw(kiosk_id: Kiosk, check_id: CheckNo, body: wire.Withdrawal | None = None) -> wire.CheckReply:
        return checks.withdraw(kiosk_id, check_id, body.visit if body is not None else "")

    @app.put("/v1/assisted-checks/{check_id}", responses=problems)
    def assisted_check(kiosk_id: Kiosk, check_id: CheckNo, body: wire.AssistedCheck) -> wire.CheckReply:
        _same(body.check_id, check_id)
        return checks.assist(kiosk_id, body)

    @app.put("/v1/home-visits/{request_id}", responses=problems)
    def home_visit(kiosk_id: Kiosk, request_id: CheckNo, body: wire.HomeVisit) -> wire.HomeVisitReply:
        _same(body.request_id, request_id)
        return home_visits.ask(kiosk_id, body)


def _same(told: str, address: str) -> None:
    if told != address:
        raise Refused(ProblemCode.INVALID_REQUEST, "the id differs from the address")


def _add_notify(app: FastAPI, inbox: Inbox, at_once: bool) -> None:
    @app.post("/gateway/notify", include_in_schema=False)
    async def notify(request: Request) -> JSONResponse:
        """Answered as soon as it is on disk; the gateway waits five seconds, asking it may take longer."""
        verdict = await run_in_threadpool(inbox.receive, request.headers, await request.body())
        working = BackgroundTask(_work_off, inbox) if at_once and verdict is Verdict.TAKEN else None
        return JSONResponse(verdict.body, status_code=verdict.status, background=working)


def _work_off(inbox: Inbox) -> None:
    try:
        inbox.work()
    except (DBAPIError, PoolTimeout) as error:
        log.error("notices put off: %s", type(error).__name__)


def _answer_errors(app: FastAPI) -> None:
    @app.exception_handler(Refused)
    async def _refused(_request: Request, refused: Refused) -> JSONResponse:
        return problem(refused.code, refused.detail)

    @app.exception_handler(RequestValidationError)
    async def _invalid(_request: Request, error: RequestValidationError) -> JSONResponse:
        # the place and the kind of each error, never what was sent
        places = {f"{'.'.join(str(part)[:30] for part in e['loc'][:2])}: {e['type']}" for e in error.errors()}
        return problem(ProblemCode.INVALID_REQUEST, "; ".join(sorted(places))[:300])

    @app.exception_handler(HTTPException)
    async def _http(_request: Request, error: HTTPException) -> JSONResponse:
        status = error.status_code if error.status_code in (404, 405, 413) else 422
        return problem(ProblemCode.INVALID_REQUEST, "", status)

    @app.exception_handler(DBAPIError)
    async def _database(_request: Request, error: DBAPIError) -> JSONResponse:
        log.error("database refused: %s", type(error.orig).__name__)
        return problem(ProblemCode.BUSY)

    @app.exception_handler(PoolTimeout)
    async def _crowded(_request: Request, _error: PoolTimeout) -> JSONResponse:
        return problem(ProblemCode.BUSY)

    @app.exception_handler(Exception)
    async def _unforeseen(_request: Request, error: Exception) -> JSONResponse:
        log.error("unforeseen %s", where(error))  # the server logs it too, as ``server.Formatter`` writes it
        return problem(ProblemCode.BUSY)

    @app.middleware("http")
    async def _limit(request: Request, reply: Reply) -> Response:
        length = request.headers.get("content-length", "0")
        chunked = "transfer-encoding" in request.headers
        packet = request.url.path.startswith(tablet_routes.PACKETS)
        most_bytes = tablet_routes.PACKET_BODY_MOST_BYTES if packet else BODY_MOST_BYTES
        if chunked or not length.isdecimal() or len(length) > 9 or int(length) > most_bytes:
            return problem(ProblemCode.INVALID_REQUEST, "body too large", 413)
        return await reply(request)


def problem(code: ProblemCode, detail: str = "", status: int | None = None) -> JSONResponse:
    body = Problem(code=code, detail=detail)
    return JSONResponse(body.model_dump(mode="json"), status_code=status or STATUS[code])
