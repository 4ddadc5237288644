"""Web pages about visits at home.

    GET  /operations/visits                                     counts, what waits, tickets
    POST /operations/visits/packets/{tablet_id}/{seq}/decide    refusal, decision (take, aside), note
    POST /operations/visits/tickets/{ticket_no}/close           decision (confirm, close), note
    GET  /operations/visits/assignments                         who is visited; the form to enter one
    POST /operations/visits/assignments                         number, asked_by, address, home, room
    POST /operations/visits/homes                               home, address, residents: room and number a line
    POST /operations/visits/assignments/{id}/withdraw           why

Who decides about yearly checks works here; the counts are for every operator.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import FastAPI, Path, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse

from central import assignments, field_enrolment, parked, tablets, tickets, visit_count, visit_words
from central.assignments import Why
from central.clock import legal_day, legal_midnight_ms
from central.identity import mask_name, mask_number, mask_phone
from central.office import HEADERS, Office, refuse
from central.operators import Operator
from kiosk.field.wire import AskedBy

COUNTED_DAYS = 30
HERE, LIST = "/operations/visits", "/operations/visits/assignments"
TabletId = Annotated[str, Path(pattern=r"^[A-Z0-9]{2,12}$")]
SeqNo = Annotated[int, Path(ge=1, le=2**31 - 1)]
TicketNo = Annotated[str, Path(pattern=r"^GD[0-9]{12}$")]
AssignmentId = Annotated[str, Path(pattern=r"^[A-Z0-9-]{8,40}$")]
GONE = "这一件已经有人处理了。"
WRONG = "没有登记：{words}"
WRONG_WORDS = {
    "nobody with this number is registered here": "没有这个人",
    "the person draws no benefit here": "这个人在这里不领待遇",
    "no address is registered: name one": "没有登记住址，请填写",
    "no resident is named": "没有填写人员，每行写房间和身份证号码",
}


def add_pages(app: FastAPI, office: Office) -> None:
    pages = _Pages(office)

    @app.get(HERE, include_in_schema=False)
    def overview(request: Request) -> Response:
        return pages.overview(office.who(request))

    @app.get(LIST, include_in_schema=False)
    def people(request: Request) -> Response:
        return pages.people(office.reviewer(request))

    @app.post(HERE + "/packets/{tablet_id}/{seq}/decide", include_in_schema=False)
    async def decide(request: Request, tablet_id: TabletId, seq: SeqNo) -> Response:
        return await run_in_threadpool(pages.decide, request, await request.body(), tablet_id, seq)

    @app.post(HERE + "/tickets/{ticket_no}/close", include_in_schema=False)
    async def close(request: Request, ticket_no: TicketNo) -> Response:
        return await run_in_threadpool(pages.close, request, await request.body(), ticket_no)

    @app.post(LIST, include_in_schema=False)
    async def enter(request: Request) -> Response:
        return await run_in_threadpool(pages.enter, request, await request.body())

    @app.post(HERE + "/homes", include_in_schema=False)
    async def enter_home(request: Request) -> Response:
        return await run_in_threadpool(pages.enter_home, request, await request.body())

    @app.post(LIST + "/{assignment_id}/withdraw", include_in_schema=False)
    async def withdraw(request: Request, assignment_id: AssignmentId) -> Response:
        return await run_in_threadpool(pages.withdraw, request, await request.body(), assignment_id)


class _Pages:
    def __init__(self, office: Office) -> None:
        self._office, self._database, self._clock = office, office.database, office.clock
        self._field = office.service.field

    def overview(self, who: Operator) -> Response:
        now_ms = self._clock.now_ms()
        today = legal_day(now_ms)
        first_ms = legal_midnight_ms(today - timedelta(days=COUNTED_DAYS))
        with self._database.read() as connection:
            counts = visit_count.figures(connection, first_ms, now_ms + 1)
            waiting = parked.waiting(connection) if who.may_review() else []
            open_tickets = [_ticket(row) for row in tickets.waiting(connection)] if who.may_review() else []
            machines = tablets.known(connection)
        return self._office.show(
            "visits.html",
            who,
            places=visit_count.ordered(counts),
            townships=visit_count.by_township(counts).items(),
            homes=visit_count.by_home(counts).items(),
            total=sum(counts.values(), visit_count.Counts()),
            days=COUNTED_DAYS,
            waiting=waiting,
            tickets=open_tickets,
            tablets=machines,
            words=visit_words,
            token=self._office.token(who),
        )

    def decide(self, request: Request, body: bytes, tablet_id: str, seq: int) -> Response:
        who = self._office.reviewer(request)
        fields = self._office.form(who, body)
        note, decision = self._office.note(fields), (fields or {}).get("decision", "")
        refusal = (fields or {}).get("refusal", "")
        if note is None or decision not in ("take", "aside") or not (refusal.isdecimal() or not refusal):
            return refuse(403, "没有处理：请从上门服务页面填写说明后处理。")
        key = (tablet_id, seq, int(refusal[:12]) if refusal else None)
        taken, at_ms = decision == "take", self._clock.now_ms()
        try:
            with self._database.write() as connection:
                parked.decide(
                    connection,
                    self._field.packets,
                    self._field.visits,
                    key,
                    who.name,
                    note,
                    taken=taken,
                    at_ms=at_ms,
                )
        except parked.NotOpen:
            return refuse(409, GONE)
        except parked.NotTheirs:
            return refuse(403, "没有处理：自己上门做的记录，须由另一个人处理。")
        except parked.CannotBeTaken:
            return refuse(409, "没有处理：这一份打不开或者对不上，只能搁置；需要的话请重新上门。")
        return RedirectResponse(HERE, status_code=303, headers=HEADERS)

    def close(self, request: Request, body: bytes, ticket_no: str) -> Response:
        who = self._office.reviewer(request)
        fields = self._office.form(who, body)
        note, decision = self._office.note(fields), (fields or {}).get("decision", "")
        if note is None or decision not in ("confirm", "close"):
            return refuse(403, "没有办结：请从上门服务页面填写说明后办结。")
        confirmed, at_ms = decision == "confirm", self._clock.now_ms()
        try:
            with self._database.write() as connection:
                tickets.close(connection, ticket_no, who.name, note, confirmed=confirmed, at_ms=at_ms)
        except tickets.NotOpen:
            return refuse(409, GONE)
        return RedirectResponse(HERE, status_code=303, headers=HEADERS)

    def people(self, who: Operator) -> Response:
        with self._database.write() as connection:
            assignments.take_in(connection, at_ms=self._clock.now_ms())
            found = assignments.open_ones(connection)
            homes = assignments.known_homes(connection)
        rows = [
            {
                "id": row.assignment_id,
                "where": f"{row.home} {row.room}".strip() or row.address,
                "village": row.village,
                "name": mask_name(row.name),
                "number": mask_number(row.number),
                "asked_by": visit_words.ASKED_BY[row.asked_by],
                "asked_ms": row.asked_ms,
            }
            for row in found
        ]
        token = self._office.token(who)
        return self._office.show(
            "assignments.html",
            who,
            rows=rows,
            homes=homes,
            words=visit_words,
            token=token,
            list=LIST,
            here=HERE,
        )

    def enter(self, request: Request, body: bytes) -> Response:
        who = self._office.reviewer(request)
        fields = self._office.form(who, body)
        if fields is None or fields.get("asked_by", "") not in {each.value for each in AskedBy}:
            return refuse(403, "没有登记：请从上门名单页面登记。")
        address, home, room = (fields.get(name, "").strip() for name in ("address", "home", "room"))
        try:
            with self._database.write() as connection:
                field_enrolment.add_assignment(
                    connection,
                    fields.get("number", "").strip(),
                    AskedBy(fields["asked_by"]),
                    who.name,
                    place=(address, home, room),
                    staff_number="",
                    at_ms=self._clock.now_ms(),
                )
        except ValueError as error:
            return refuse(422, WRONG.format(words=_in_chinese(str(error))))
        return RedirectResponse(LIST, status_code=303, headers=HEADERS)

    def enter_home(self, request: Request, body: bytes) -> Response:
        who = self._office.reviewer(request)
        fields = self._office.form(who, body)
        if fields is None:
            return refuse(403, "没有登记：请从上门名单页面登记。")
        home = fields.get("home", "").strip(), fields.get("address", "").strip()
        lines, at_ms = fields.get("residents", "").splitlines(), self._clock.now_ms()
        try:
            with self._database.write() as connection:
                field_enrolment.add_home(connection, home, lines, who.name, staff_number="", at_ms=at_ms)
        except ValueError as error:
            return refuse(422, WRONG.format(words=_in_chinese(str(error))))
        return RedirectResponse(LIST, status_code=303, headers=HEADERS)

    def withdraw(self, request: Request, body: bytes, assignment_id: str) -> Response:
        who = self._office.reviewer(request)
        fields = self._office.form(who, body)
        why = (fields or {}).get("why", "")
        if why not in (Why.WITHDRAWN.value, Why.MOVED.value, Why.DIED.value):
            return refuse(403, "没有撤回：请从上门名单页面选择原因。")
        at_ms = self._clock.now_ms()
        with self._database.write() as connection:
            found = assignments.withdraw(connection, assignment_id, Why(why), who.name, at_ms=at_ms)
        return RedirectResponse(LIST, status_code=303, headers=HEADERS) if found else refuse(409, GONE)


def _ticket(row: object) -> dict[str, object]:
    """One line of the page: a name in full, because somebody is called; the number is masked, a new telephone shown."""
    told = row._mapping  # type: ignore[attr-defined]
    title, about, done = visit_words.TICKETS[told["kind"]]
    more = {
        "death": f"告知的日期：{told['died_on']}" if told["died_on"] else "",
        "phone": f"新号码 {told['phone']}，原号码 {mask_phone(told['known'] or '') or '没有登记'}",
        "question": visit_words.TOPICS.get(told["topic"], told["topic"]),
    }
    return {
        "ticket_no": told["ticket_no"],
        "title": title,
        "about": about,
        "done": done,
        "more": more.get(told["kind"], ""),
        "name": told["name"],
        "number": mask_number(told["number"]),
        "staff": told["staff"],
        "at_ms": told["at_ms"],
    }


def _in_chinese(words: str) -> str:
    """The commonest reasons; the others as the command says them."""
    line, _, reason = words.partition(": ") if words.startswith("line ") else ("", "", words)
    return f"{line.replace('line', '第')} 行：" * bool(line) + WRONG_WORDS.get(reason, reason)
