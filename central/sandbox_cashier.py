"""The trial gateway's own pages: the cashier that a QR code opens, and its books.  Served by whoever is the gateway."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict

from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse

from central.gateway import TradeState
from central.pages import templates
from central.sandbox import Act, Sandbox
from central.sandbox_books import Slip

TRADES_MOST = 50
STATES = {
    TradeState.WAITING: ("go", "等待付款"),
    TradeState.CONFIRMING: ("go", "请确认付款"),
    TradeState.PAID: ("ok", "付款成功"),
    TradeState.REFUSED: ("bad", "没有付款"),
    TradeState.CLOSED: ("bad", "这笔订单已经关闭"),
    TradeState.RETURNED: ("bad", "这笔钱已经退回"),
}


def add_cashier(app: FastAPI, sandbox: Sandbox, after: Callable[[str], None]) -> None:
    """``after`` is given the order's number once its payer has pressed something."""
    environment = templates()
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
            after(slip.order_id)
            slip = sandbox.slip(token)
        if slip is None:
            return show(None)
        if "application/json" in request.headers.get("accept", ""):
            return JSONResponse(_plain(slip))
        return RedirectResponse(f"/sandbox/cashier/{token}", status_code=303)

    @app.get("/sandbox", response_class=HTMLResponse, include_in_schema=False)
    def trades() -> HTMLResponse:
        rows = [(slip, *STATES[slip.state]) for slip in sandbox.slips()[:TRADES_MOST]]
        return HTMLResponse(list_page.render(rows=rows))

    @app.get("/sandbox/trades", include_in_schema=False)
    def trade_list() -> list[dict[str, object]]:
        """The gateway's own books, newest first."""
        return [_plain(slip) for slip in sandbox.slips()]


def _plain(slip: Slip) -> dict[str, object]:
    return {**asdict(slip), "state": slip.state.value}
