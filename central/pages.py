"""Web pages for citizens' phones: is this receipt genuine?"""

from __future__ import annotations

from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from central.service import Service

STANDINGS = {
    "valid": ("ok", "凭证真实有效"),
    "revoked": ("bad", "这张凭证已经作废"),
    "refunded": ("bad", "这笔钱已经退回，凭证作废"),
}


def yuan(fen: int) -> str:
    """123456 -> 1,234.56"""
    return f"{fen // 100:,}.{fen % 100:02d}"


def templates() -> Environment:
    """Pages with everything escaped; an undefined name is an error."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["yuan"] = yuan
    environment.filters["fours"] = fours
    return environment


def fours(number: str) -> str:
    """3710 8126 1123 0042: as on the paper, so that the two can be held side by side."""
    return " ".join(number[at : at + 4] for at in range(0, len(number), 4))


def add_pages(app: FastAPI, service: Service) -> None:
    page = templates().get_template("verify.html")
    trial = service.settings.sandbox

    def verify(code: str) -> HTMLResponse:
        found = service.print_desk.verify(code)
        if found is None:
            return HTMLResponse(
                page.render(found=None, tone="bad", title="不是我们的凭证", trial=trial), status_code=404
            )
        tone, title = STANDINGS[found.standing]
        return HTMLResponse(page.render(found=found, tone=tone, title=title, trial=trial))

    # a phone opens the upper-case form of the QR code; people and chat programs like the lower-case one
    for path in ("/V/{code}", "/v/{code}"):
        app.get(path, response_class=HTMLResponse, include_in_schema=False)(verify)
