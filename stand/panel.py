"""The bench panel: a small page on localhost with a hand for every device."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import requests
from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse

from devices.camera_emulator import PRESENTATIONS
from stand import people
from stand.proxy import Fault
from stand.stand import Stand

PAGE = Path(__file__).parent / "templates" / "panel.html"
LOSE_REPLIES = {Fault.LOSE_REPLY: 0.5}
PRINTER_HANDS = (
    *("paper_out", "load_paper", "near_end", "jam", "clear_jam"),
    *("open_cover", "close_cover", "power_off", "power_on"),
)


def create_panel(stand: Stand, central_url: str) -> FastAPI:
    """``central_url`` is central itself, past the network that the panel can cut."""
    app = FastAPI(openapi_url=None)
    found: dict[str, people.Person] = {}

    def person(body: dict[str, Any]) -> people.Person:
        key = str(body.get("key", ""))
        if key not in found:
            for one in people.find(central_url, key):
                found[one.key] = one
        if key not in found:
            raise HTTPException(404, "no such person in the township")
        return found[key]

    def place(body: dict[str, Any]) -> None:
        stand.reader.unsupported = False
        stand.reader.place(person(body).card)

    def place_two(body: dict[str, Any]) -> None:
        card = person(body).card
        stand.reader.place_two(card, card)

    def pull(body: dict[str, Any]) -> None:
        stand.reader.pull_mid_read(400)
        stand.reader.place(person(body).card)

    def unsupported(_: dict[str, Any]) -> None:
        stand.reader.unsupported = True
        stand.reader.place(people.find(central_url, "")[0].card)

    def take(_: dict[str, Any]) -> None:
        stand.reader.unsupported = False
        stand.reader.take()

    def cut(_: dict[str, Any]) -> None:
        stand.network.cut = True

    def restore(_: dict[str, Any]) -> None:
        stand.network.healthy()

    def lose_replies(_: dict[str, Any]) -> None:
        stand.network.faulty(Random(), LOSE_REPLIES)

    def scan(body: dict[str, Any]) -> None:
        stand.scanner.scan(str(body.get("code", "")))

    def ask(body: dict[str, Any]) -> None:
        stand.camera.far_end.ask(str(body.get("word", "")))

    acts: dict[str, Callable[[dict[str, Any]], None]] = {
        "card/place": place,
        "card/two": place_two,
        "card/pulled": pull,
        "card/unsupported": unsupported,
        "card/take": take,
        "network/cut": cut,
        "network/restore": restore,
        "network/lose_replies": lose_replies,
        "scanner": scan,
        "camera/ask": ask,
        "camera/pull": lambda _: stand.camera.pull(),
        "camera/plug": lambda _: stand.camera.plug(),
    }
    acts.update({f"camera/{name}": presented(stand, name) for name in PRESENTATIONS})
    acts.update({f"printer/{name}": hand(stand, name) for name in PRINTER_HANDS})

    @app.get("/")
    def page() -> HTMLResponse:
        return HTMLResponse(PAGE.read_text(encoding="utf-8"))

    @app.get("/state")
    def state() -> JSONResponse:
        return JSONResponse(
            {
                "card": card_words(stand),
                "printer": printer_words(stand),
                "camera": camera_words(stand),
                "network": network_words(stand),
                "network_ok": not stand.network.cut,
                "sheets": len(stand.printer.sheets),
                "cashier": cashier(central_url),
            }
        )

    @app.get("/people")
    def who(q: str = "") -> JSONResponse:
        rows = people.find(central_url, q)
        found.update({row.key: row for row in rows})
        return JSONResponse([{"key": row.key, "label": row.label} for row in rows])

    @app.get("/sheets/{number}.png")
    def sheet(number: int) -> Response:
        sheets = stand.printer.sheets
        if not 0 <= number < len(sheets):
            raise HTTPException(404, "no such sheet")
        out = io.BytesIO()
        sheets[number].image.save(out, "PNG")
        return Response(out.getvalue(), media_type="image/png")

    @app.get("/sheets")
    def sheet_texts() -> JSONResponse:
        return JSONResponse([sheet.text for sheet in stand.printer.sheets])

    @app.post("/{act:path}")
    async def do(act: str, request: Request) -> JSONResponse:
        if act not in acts:
            raise HTTPException(404, "no such act")
        raw = await request.body()
        acts[act](json.loads(raw) if raw else {})
        return JSONResponse({"done": act})

    return app


def hand(stand: Stand, name: str) -> Callable[[dict[str, Any]], None]:
    """One of the printer's hands as an act."""

    def do(_: dict[str, Any]) -> None:
        getattr(stand.printer, name)()

    return do


def presented(stand: Stand, name: str) -> Callable[[dict[str, Any]], None]:
    """One of the presentations before the camera, as an act."""

    def do(_: dict[str, Any]) -> None:
        stand.camera.put(name)

    return do


def card_words(stand: Stand) -> str:
    count = len(stand.reader.cards)
    return {0: "读卡区是空的", 1: "读卡区上有一张卡"}.get(count, "读卡区上有两张卡")


def printer_words(stand: Stand) -> str:
    words = {
        "is_out": "没有纸",
        "is_open": "盖子开着",
        "is_jammed": "卡纸",
        "is_low": "纸快用完",
    }
    now = stand.printer.condition
    return "、".join(text for name, text in words.items() if getattr(now, name)) or "有纸，正常"


def camera_words(stand: Stand) -> str:
    words = {"living": "真人坐在镜头前", "nobody": "镜头前没有人"}
    shown = words.get(stand.camera.shown, f"镜头前是冒充：{stand.camera.shown}")
    return shown if stand.camera.plugged else "摄像头拔掉了"


def network_words(stand: Stand) -> str:
    return "网线断开" if stand.network.cut else "网络接通"


def cashier(central_url: str) -> list[dict[str, str]]:
    """Orders that wait for a payer, newest first."""
    try:
        rows = requests.get(f"{central_url}/sandbox/trades", timeout=2).json()
    except (requests.RequestException, ValueError):
        return []
    waiting = [row for row in rows if row["state"] in ("waiting", "confirming")]
    return [
        {"url": f"{central_url}/sandbox/cashier/{row['token']}", "label": f"￥{row['amount_fen'] / 100:,.2f}"}
        for row in waiting[:5]
    ]
