"""Web pages for those who decide about yearly checks.

    GET  /operations/reviews                      what waits, the oldest first
    GET  /operations/reviews/{check_id}           one of them: the evidence in words, the faces when the person signed for that
    POST /operations/reviews/{check_id}/decide    decision (accept, another_way), note
    GET  /operations/metrics                      three gauges in Prometheus' text format

A face is on the page itself and nowhere else: no address gives one, nothing may be kept.  Whoever is shown one is written down in the
same transaction that opens it, and only who has been shown a picture can accept it.  A decision deletes the picture.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from fastapi import FastAPI, Path, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import PlainTextResponse, RedirectResponse
from sqlalchemy import Connection, insert, select

from central import face_count, tables
from central.face_count import FILED_FROM, FaceWatch
from central.office import HEADERS, NOTHING_BUT, Office, refuse
from central.operators import Operator
from central.review_case import Brief, Shown, brief, case, faces, history, shown_words, strokes
from central.review_words import waited
from central.reviews import Bar, Barred, NothingToCompare, NotSeen, NotWaiting, Waiting

LISTED_MOST = 100
ACCEPT, ANOTHER_WAY = "accept", "another_way"
WITH_PICTURES = f"{NOTHING_BUT}; img-src data:"
GONE = "这一件不在等待复核：别人已经决定了，或者本人撤回了同意。"
BARS = {
    Bar.NO_NUMBER: "您的账号还没有登记您的身份证号码，暂时不能复核；请管理员登记（central operator number）。",
    Bar.CONFIRMED: "这一件是您本人当面核对的，须由另一个人复核。",
    Bar.OWN: "这一件可能是您本人的认证，或者您与本人同名，须由另一个人复核。",
    Bar.HOUSEHOLD: "这一件是您同户家人的认证，须由另一个人复核。",
}
PICTURES = tables.review_pictures

CheckNo = Annotated[str, Path(pattern=r"^[A-Z0-9-]{8,40}$")]


def add_pages(app: FastAPI, office: Office, watch: FaceWatch) -> None:
    pages = _Pages(office, watch)

    @app.get("/operations/reviews", include_in_schema=False)
    def queue(request: Request) -> Response:
        return pages.queue(office.reviewer(request))

    @app.get("/operations/reviews/{check_id}", include_in_schema=False)
    def one(request: Request, check_id: CheckNo) -> Response:
        return pages.one(office.reviewer(request), check_id)

    @app.post("/operations/reviews/{check_id}/decide", include_in_schema=False)
    async def decide(request: Request, check_id: CheckNo) -> Response:
        body = await request.body()
        return await run_in_threadpool(pages.decide, request, body, check_id)

    @app.get("/operations/metrics", include_in_schema=False)
    def metrics(request: Request) -> Response:
        return pages.metrics(office.who(request))


class _Pages:
    def __init__(self, office: Office, watch: FaceWatch) -> None:
        self._office, self._watch = office, watch
        self._database, self._clock, self._reviews = office.database, office.clock, office.service.reviews
        office.templates.filters["waited"] = waited

    def queue(self, who: Operator) -> Response:
        now_ms = self._clock.now_ms()
        self._watch.look()
        with self._database.read() as connection:
            waiting = self._reviews.waiting(connection)[:LISTED_MOST]
            rows = [self._brief(connection, row, who) for row in waiting]
            found = face_count.figures(connection, now_ms)
        return self._office.show(
            "reviews.html",
            who,
            waiting=rows,
            number_missing="" if who.has_number else BARS[Bar.NO_NUMBER],
            more=found.reviews_waiting - len(rows),
            figures=found,
            filed_from=FILED_FROM,
            now_ms=now_ms,
        )

    def one(self, who: Operator, check_id: str) -> Response:
        """A picture is shown to those who may decide, and to nobody else."""
        with self._database.read() as connection:
            events = history(connection, check_id)
            row = self._reviews.find(connection, check_id)
            allowed = self._reviews.bar(connection, check_id, who.name) is None
        if not events:
            return refuse(404, "没有这一件。")
        if row is None:
            return self._office.show("review_over.html", who, words=GONE, history=events, check_id=check_id)
        shows = row.has_picture and allowed
        with self._database.write() if shows else self._database.read() as connection:
            picture = self._reviews.picture(connection, check_id) if shows else None
            shown: tuple[Shown, ...] = ()
            if picture is not None:
                stored = self._reviews.references(connection, check_id)
                shown = faces(picture, stored, visited=bool(row.staff))
                self._write_down(connection, check_id, who, shown_words(stored))
            found = case(self._reviews, connection, row, who.name, picture, shown)
            found = replace(found, brief=self._brief(connection, row, who))
            consent = self._consent(connection, row)
            events = history(connection, check_id)
        answer = self._office.show(
            "review.html",
            who,
            case=found,
            faces=shown,
            strokes=strokes(picture) if picture is not None else (),
            picture_consent=consent,
            history=events,
            token=self._office.token(who, check_id),
            now_ms=self._clock.now_ms(),
        )
        if shown:
            answer.headers["Content-Security-Policy"] = WITH_PICTURES
        return answer

    def decide(self, request: Request, body: bytes, check_id: str) -> Response:
        who = self._office.reviewer(request)
        fields = self._office.form(who, body, check_id)
        note, decision = self._office.note(fields), (fields or {}).get("decision", "")
        if note is None or decision not in (ACCEPT, ANOTHER_WAY):
            return refuse(403, "没有决定：请从复核页面写明依据后决定。")
        try:
            with self._database.write() as connection:
                at_ms = self._clock.now_ms()
                self._reviews.decide(connection, check_id, who.name, decision == ACCEPT, note, at_ms=at_ms)
        except NotWaiting:
            return refuse(409, GONE)
        except Barred as barred:
            return refuse(403, f"没有决定：{BARS[barred.bar]}")
        except NotSeen:
            return refuse(403, "没有决定：您还没有看过这张照片，请打开复核页面看过再决定。")
        except NothingToCompare:
            return refuse(403, "没有决定：没有照片可看，不能认定；请选“请换一种方式”。")
        return RedirectResponse("/operations/reviews", status_code=303, headers=HEADERS)

    def metrics(self, _who: Operator) -> Response:
        self._watch.look()
        with self._database.read() as connection:
            text = face_count.exposition(face_count.figures(connection, self._clock.now_ms()))
        return PlainTextResponse(text, headers=HEADERS, media_type="text/plain; version=0.0.4; charset=utf-8")

    def _brief(self, connection: Connection, row: Waiting, who: Operator) -> Brief:
        """With why this operator may not decide."""
        bar = self._reviews.bar(connection, row.check_id, who.name)
        return replace(brief(self._reviews, connection, row, who.name), bar=BARS[bar] if bar else "")

    def _write_down(self, connection: Connection, check_id: str, who: Operator, shown: str) -> None:
        row = {"check_id": check_id, "operator": who.name, "shown": shown, "at_ms": self._clock.now_ms()}
        connection.execute(insert(tables.picture_looks).values(**row))

    def _consent(self, connection: Connection, row: Waiting) -> str:
        """The version of what the person signed for the picture, "" without one."""
        of = select(PICTURES.c.consent_version).where(PICTURES.c.check_id == row.check_id)
        return connection.execute(of).scalar() or ""
