"""Web pages for those who keep the books: the day's reconciliation, alarms, kiosks that take no money.

    GET  /operations                         the first page of one's role
    GET  /operations/reconciliation          the last days
    GET  /operations/reconciliation/{day}    one day, fit for paper
    GET  /operations/alarms                  what somebody must look at
    POST /operations/alarms/{id}/clear       note
    POST /operations/kiosks/{id}/lift        note

The door, the forms and the frame are ``office``'s.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Any

from fastapi import FastAPI, Path, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse
from sqlalchemy import Connection, Row, select

from central import alarms, tables
from central.clock import legal_day, legal_time
from central.day_report import at_stake_fen, sums
from central.differences import DEVICE_KINDS, FACE_KINDS, MEANINGS, VISIT_KINDS, Kind, yuan
from central.matching import Figures, Finding
from central.office import ALARMS_MOST, HEADERS, Office, refuse
from central.operators import Operator

DAYS_MOST = 62
CLEARED_MOST = 50
BOOKS = {"gateway": "支付通道账单", "ledger": "中心台账", "kiosks": "自助机日结"}
HOW = {"settled": "已平", "explained": "已说明"}
RUNS, DIFFERENCES, RESOLUTIONS = tables.reconciliations, tables.differences, tables.resolutions

Day = Annotated[date, Path()]


@dataclass(frozen=True)
class Shown:
    """One difference as the page shows it."""

    finding: Finding
    how: str  # "", settled, explained
    run_ms: int

    @property
    def meaning(self) -> Any:
        return MEANINGS[self.finding.kind]

    @property
    def state(self) -> str:
        return HOW.get(self.how, "未平")

    @property
    def tone(self) -> str:
        return "ok" if self.how else "bad"

    @property
    def note(self) -> str:
        """When it ended, or since when it is there."""
        at = legal_time(self.run_ms if self.how else self.finding.since_ms)
        return f"{at:%m-%d %H:%M}" if self.how else f"自 {at:%m-%d %H:%M}"


def add_pages(app: FastAPI, office: Office) -> None:
    pages = _Pages(office)

    @app.get("/operations", include_in_schema=False)
    def front(request: Request) -> Response:
        who = office.who(request)
        if not who.may_see_books():
            return RedirectResponse("/operations/reviews", status_code=303, headers=HEADERS)
        return pages.days(who)

    @app.get("/operations/reconciliation", include_in_schema=False)
    def days(request: Request) -> Response:
        return pages.days(office.book_keeper(request))

    @app.get("/operations/reconciliation/{day}", include_in_schema=False)
    def one_day(request: Request, day: Day) -> Response:
        return pages.one_day(office.book_keeper(request), day)

    @app.get("/operations/alarms", include_in_schema=False)
    def all_alarms(request: Request) -> Response:
        return pages.alarms(office.book_keeper(request))

    @app.post("/operations/alarms/{alarm_id}/clear", include_in_schema=False)
    async def clear(request: Request, alarm_id: Annotated[int, Path(ge=1, le=2**53)]) -> Response:
        body = await request.body()
        return await run_in_threadpool(pages.clear, request, body, alarm_id)

    @app.post("/operations/kiosks/{kiosk_id}/lift", include_in_schema=False)
    async def lift(request: Request, kiosk_id: Annotated[str, Path(pattern=r"^[A-Z0-9]{2,12}$")]) -> Response:
        body = await request.body()
        return await run_in_threadpool(pages.lift, request, body, kiosk_id)


class _Pages:
    def __init__(self, office: Office) -> None:
        self._office, self._database, self._clock = office, office.database, office.clock
        office.templates.filters["signed"] = lambda fen: "—" if fen is None else yuan(fen)
        office.templates.filters["long_day"] = lambda day: f"{day.year}年{day.month}月{day.day}日"

    def days(self, who: Operator) -> Response:
        today = legal_day(self._clock.now_ms())
        with self._database.read() as connection:
            first = today - timedelta(days=DAYS_MOST)
            runs = {
                row.day: row
                for row in connection.execute(select(RUNS).where(RUNS.c.day >= first).order_by(RUNS.c.run_id))
            }
            ends: dict[date, Counter[str]] = defaultdict(Counter)
            for row in _rows(connection, first, today):
                ends[row.day][row.how or ""] += 1
            shown = []
            # the days that are over, back to the first one that was ever reckoned
            for n in range((today - min(runs, default=today)).days + 1):
                day = today - timedelta(days=n)
                if day == today and day not in runs:
                    continue
                shown.append(
                    {"day": day, **_standing(runs.get(day), ends[day]), "figures": _figures(runs.get(day))}
                )
        return self._office.show("reconciliations.html", who, days=shown, most=DAYS_MOST)

    def one_day(self, who: Operator, day: date) -> Response:
        with self._database.read() as connection:
            query = select(RUNS).where(RUNS.c.day == day).order_by(RUNS.c.run_id.desc()).limit(1)
            run = connection.execute(query).first()
            differences = [_shown(row) for row in _rows(connection, day, day)]
        ends = Counter(each.how for each in differences)
        figures = _figures(run)
        return self._office.show(
            "reconciliation.html",
            who,
            status=200 if run else 404,
            day=day,
            **_standing(run, ends),
            figures=figures,
            sums=[(BOOKS[name], *rest) for name, *rest in sums(figures)] if figures else [],
            classes=_classes(differences),
            differences=sorted(differences, key=lambda each: bool(each.how)),
            at=run.at_ms if run else 0,
        )

    def alarms(self, who: Operator) -> Response:
        with self._database.read() as connection:
            every = alarms.known(connection, most=ALARMS_MOST)
            still_open = alarms.known(connection, open_only=True, most=ALARMS_MOST)
            stopped = alarms.stopped(connection)
        return self._office.show(
            "alarms.html",
            who,
            open=still_open,
            cleared=[alarm for alarm in every if alarm.cleared_by][:CLEARED_MOST],
            stopped=stopped,
            meanings=MEANINGS,
            titles={kind.value: meaning.title for kind, meaning in MEANINGS.items()},
            clearers={kind: _clearer(kind) for kind in Kind},
            token=self._office.token(who),
        )

    def clear(self, request: Request, body: bytes, alarm_id: int) -> Response:
        who = self._office.book_keeper(request)
        note = self._office.note(self._office.form(who, body))
        with self._database.write() as connection:
            alarm = alarms.find(connection, alarm_id)
            if alarm is None:
                return refuse(404, "没有这条告警。")
            if note is None or not who.may_clear(alarm.kind):
                return refuse(403, "没有解除：请从告警页面填写说明，由有权的人员解除。")
            alarms.clear(connection, alarm_id, who.name, note, at_ms=self._clock.now_ms())
        return RedirectResponse("/operations/alarms", status_code=303, headers=HEADERS)

    def lift(self, request: Request, body: bytes, kiosk_id: str) -> Response:
        who = self._office.book_keeper(request)
        note = self._office.note(self._office.form(who, body))
        if note is None or not who.may_lift():
            return refuse(403, "没有恢复：请由值班主管从告警页面填写说明后恢复。")
        with self._database.write() as connection:
            if not alarms.lift(connection, kiosk_id, who.name, note, at_ms=self._clock.now_ms()):
                return refuse(404, "这台自助机没有停收。")
        return RedirectResponse("/operations/alarms", status_code=303, headers=HEADERS)


def _clearer(kind: Kind) -> str:
    if kind in FACE_KINDS | VISIT_KINDS:
        return "由值班主管"
    return "由技术员" if kind in DEVICE_KINDS else "由会计"


def _rows(connection: Connection, first: date, last: date) -> list[Row[Any]]:
    """Differences of these days, with how each ended."""
    query = (
        select(DIFFERENCES, RESOLUTIONS.c.how, RESOLUTIONS.c.at_ms.label("run_ms"))
        .outerjoin(RESOLUTIONS, RESOLUTIONS.c.difference_id == DIFFERENCES.c.difference_id)
        .where(DIFFERENCES.c.day.between(first, last))
        .order_by(DIFFERENCES.c.difference_id)
    )
    return list(connection.execute(query))


def _shown(row: Row[Any]) -> Shown:
    finding = Finding(
        Kind(row.kind),
        row.kiosk_id,
        row.subject,
        row.detail,
        row.since_ms,
        row.gateway_fen,
        row.ledger_fen,
        row.kiosk_fen,
    )
    return Shown(finding, row.how or "", row.run_ms or 0)


def _figures(run: Row[Any] | None) -> Figures | None:
    return Figures(**json.loads(run.figures)) if run else None


def _standing(run: Row[Any] | None, ends: Counter[str]) -> dict[str, str]:
    """``ends``: how many differences ended how; "" is open."""
    if run is None:
        return {"tone": "go", "result": "未对账"}
    if ends[""]:
        return {"tone": "bad", "result": f"有 {ends['']} 笔差异未平"}
    return {"tone": "ok", "result": "差异都已核实" if ends["explained"] else "三方相符"}


def _classes(differences: list[Shown]) -> list[dict[str, object]]:
    """One row for each class that occurs, the gravest first."""
    found: dict[Kind, list[Shown]] = defaultdict(list)
    for each in differences:
        found[each.finding.kind].append(each)
    return [
        {
            "meaning": MEANINGS[kind],
            "open": sum(not each.how for each in found[kind]),
            "settled": sum(bool(each.how) for each in found[kind]),
            "fen": sum(at_stake_fen(each.finding) for each in found[kind] if not each.how),
        }
        for kind in Kind
        if kind in found
    ]
