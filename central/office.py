"""What every page for staff shares: who asks, what each may see, the token of a form, the frame round a page.

HTTP Basic for operators (``central operator add``); TLS ends before this process.  A form carries a token that only its own
operator's pages hold, because a browser sends the passphrase to whoever asks.  It is void with the passphrase, and after the day that
follows the page's; one that is about something is good for nothing else.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Mapping
from datetime import timedelta
from urllib.parse import parse_qs

from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse
from jinja2 import Environment

from central import alarms
from central.clock import legal_day, legal_time
from central.evidence import canonical
from central.operators import Door, Operator, Role
from central.pages import templates
from central.service import Service

NOTE_LEAST, NOTE_MOST = 2, 300
ALARMS_MOST = 500
ROLES = {
    Role.AUDITOR: "会计审计",
    Role.TECHNICIAN: "技术员",
    Role.SUPERVISOR: "值班主管",
    Role.REVIEWER: "复核员",
}
NOTHING_BUT = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'"
HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": NOTHING_BUT,
}


class NotLetIn(Exception):
    """Nobody we know, or somebody who has to wait: 401 or 429 with seconds."""

    def __init__(self, wait_s: int = 0) -> None:
        super().__init__("not let in")
        self.wait_s = wait_s


class NotTheirs(Exception):
    """Somebody we know, at a page of another role: 403."""


class Office:
    """One a service: it counts the wrong passphrases."""

    def __init__(self, service: Service) -> None:
        self.service, self.database, self.clock = service, service.database, service.settings.clock
        self._door = Door(service.database, service.settings.clock)
        self.templates: Environment = templates()
        self.templates.filters["moment"] = lambda at_ms: f"{legal_time(at_ms):%Y-%m-%d %H:%M}"

    def answer_errors(self, app: FastAPI) -> None:
        @app.exception_handler(NotLetIn)
        async def _not_let_in(_request: Request, refused: NotLetIn) -> Response:
            if refused.wait_s:
                headers = {**HEADERS, "Retry-After": str(refused.wait_s)}
                words = f"试错次数过多，请过 {refused.wait_s} 秒再试。"
                return HTMLResponse(words, status_code=429, headers=headers)
            headers = {**HEADERS, "WWW-Authenticate": 'Basic realm="operations", charset="UTF-8"'}
            return HTMLResponse("请用运营人员的姓名和口令进入。", status_code=401, headers=headers)

        @app.exception_handler(NotTheirs)
        async def _not_theirs(_request: Request, _refused: NotTheirs) -> Response:
            return refuse(403, "这一页不由您这个岗位查看。")

    # --- who ---

    def who(self, request: Request) -> Operator:
        """The operator who asks.  Raises NotLetIn."""
        name, passphrase = _basic(request.headers.get("authorization", ""))
        if not name:
            raise NotLetIn
        if wait_ms := self._door.wait_ms(name):
            raise NotLetIn(-(-wait_ms // 1000))
        operator = self._door.enter(name, passphrase)
        if operator is None:
            raise NotLetIn
        return operator

    def book_keeper(self, request: Request) -> Operator:
        """The operator who asks for the books.  Raises NotLetIn, NotTheirs."""
        who = self.who(request)
        if not who.may_see_books():
            raise NotTheirs
        return who

    def reviewer(self, request: Request) -> Operator:
        """The operator who asks for somebody's check.  Raises NotLetIn, NotTheirs."""
        who = self.who(request)
        if not who.may_review():
            raise NotTheirs
        return who

    # --- forms ---

    def token(self, who: Operator, about: str = "", days_ago: int = 0) -> str:
        """``about``: the one thing the form is for, as a check's number."""
        day = legal_day(self.clock.now_ms()) - timedelta(days=days_ago)
        covered = canonical([who.name, who.salt, about, day.isoformat()])
        return self.service.keys.keyed_hash("operations form", covered).hex()

    def form(self, who: Operator, body: bytes, about: str = "") -> Mapping[str, str] | None:
        """The fields of a form, the first of each name; None when it is not from this operator's own page about this."""
        try:
            fields = {name: found[0] for name, found in parse_qs(body.decode(), max_num_fields=8).items()}
        except ValueError:
            return None
        token = fields.get("token", "").encode()
        good = [hmac.compare_digest(token, self.token(who, about, days_ago).encode()) for days_ago in (0, 1)]
        return fields if any(good) else None

    def note(self, fields: Mapping[str, str] | None) -> str | None:
        """What the form says; None when there is no form, or it says nothing."""
        note = (fields or {}).get("note", "").strip()
        clean = NOTE_LEAST <= len(note) <= NOTE_MOST and note.isprintable()
        return note if clean else None

    # --- pages ---

    def show(self, template: str, who: Operator, status: int = 200, **values: object) -> Response:
        with self.database.read() as connection:
            count = len(alarms.known(connection, open_only=True, most=ALARMS_MOST))
        common = {
            "who": who,
            "role": ROLES[who.role],
            "open_alarms": count,
            "trial": self.service.settings.sandbox,
        }
        text = self.templates.get_template(template).render(**common, **values)
        return HTMLResponse(text, status_code=status, headers=HEADERS)


def refuse(status: int, words: str) -> Response:
    return HTMLResponse(words, status_code=status, headers=HEADERS)


def _basic(header: str) -> tuple[str, str]:
    """Name and passphrase of HTTP Basic (RFC 7617, UTF-8); empty when there are none."""
    kind, _, coded = header.partition(" ")
    if kind.lower() != "basic":
        return "", ""
    try:
        name, _, passphrase = base64.b64decode(coded, validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return "", ""
    return name[:80], passphrase[:200]
