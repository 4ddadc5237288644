"""Web pages and lists of the trial gateway; they exist only with the sandbox on."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

from fastapi import FastAPI, Query, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse

from central import ledger, township
from central.gateway import TradeState
from central.pages import templates
from central.sandbox import Act, Sandbox, Slip
from central.service import Service

PEOPLE_MOST = 50
STATES = {
    TradeState.WAITING: ("go", "等待付款"),
    TradeState.CONFIRMING: ("go", "请确认付款"),
    TradeState.PAID: ("ok", "付款成功"),
    TradeState.REFUSED: ("bad", "没有付款"),
    TradeState.CLOSED: ("bad", "这笔订单已经关闭"),
}


def add_pages(app: FastAPI, service: Service, sandbox: Sandbox) -> None:
    environment = templates()
    cards = (
        township.cards(service.settings.township, service.settings.seed) if service.settings.township else []
    )
    cashier_page, list_page = (
        environment.get_template("cashier.html"),
        environment.get_template("trades.html"),
    )

    def show(slip: Slip | None) -> HTMLResponse:
        if slip is None:
            return HTMLResponse(
                cashier_page.render(slip=None, tone="bad", title="没有这笔订单"), status_code=404
            )
        tone, title = STATES[slip.state]
        pending = slip.state in (TradeState.WAITING, TradeState.CONFIRMING)
        return HTMLResponse(cashier_page.render(slip=slip, tone=tone, title=title, pending=pending))

    @app.get("/sandbox/cashier/{token}", response_class=HTMLResponse, include_in_schema=False)
    def cashier(token: str) -> HTMLResponse:
        return show(sandbox.slip(token))

    @app.post("/sandbox/cashier/{token}/{act}", include_in_schema=False)
    def press(request: Request, token: str, act: Act) -> Response:
        """What the payer does.  A browser goes back to the page, ``Accept: application/json`` gets JSON."""
        slip = sandbox.act(token, act)
        if slip is not None:
            service.orders.settle([slip.order_id])  # as the gateway's notice would; a silent one stays silent
            slip = sandbox.slip(token)
        if slip is None:
            return show(None)
        if "application/json" in request.headers.get("accept", ""):
            return JSONResponse(_plain(slip))
        return RedirectResponse(f"/sandbox/cashier/{token}", status_code=303)

    @app.get("/sandbox", response_class=HTMLResponse, include_in_schema=False)
    def trades() -> HTMLResponse:
        rows = [(slip, *STATES[slip.state]) for slip in sandbox.slips()[:PEOPLE_MOST]]
        return HTMLResponse(list_page.render(rows=rows))

    @app.get("/sandbox/trades", include_in_schema=False)
    def trade_list() -> list[dict[str, object]]:
        """The gateway's own books, newest first."""
        return [_plain(slip) for slip in sandbox.slips()]

    @app.get("/sandbox/ledger", include_in_schema=False)
    def ledger_rows() -> list[dict[str, object]]:
        """Central's money movements since it began: order_id, receipt_no, amount_fen, kind, state."""
        with service.database.read() as connection:
            return ledger.movements(connection)

    @app.get("/sandbox/people", include_in_schema=False)
    def people(q: Annotated[str, Query(max_length=40)] = "") -> list[dict[str, object]]:
        """What the cards of the synthetic residents say; ``q`` is part of a name, number, kind or tag."""
        found = (card for card in cards if not q or any(q in text for text in card.searchable()))
        return [asdict(card) for card, _ in zip(found, range(PEOPLE_MOST), strict=False)]


def _plain(slip: Slip) -> dict[str, object]:
    return {**asdict(slip), "state": slip.state.value}
