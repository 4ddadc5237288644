"""Central over HTTP: every call ends in a value, ``Refused`` or ``Unreachable``; nothing is retried here.

    Unreachable   no answer, or one that cannot be read: it may or may not have been carried out
    Refused       central understood and said no; ``code`` says why

503 counts as no answer.  An instance belongs to one thread.  Numbers and names travel in bodies, never in an address or a log.
``wire`` and requests are imported by the first call: pydantic alone would keep the first screen waiting for a tenth of a second.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from io import BytesIO
from typing import TYPE_CHECKING, TypeVar

from devices.clock import Clock
from kiosk import config, dates, events

if TYPE_CHECKING:
    import requests

    from kiosk import wire

R = TypeVar("R", bound="wire.Reply")

QUERY_TIMEOUT_S = 3.0  # a question that is asked again in a second need not wait long; Back stays quick


class Unreachable(Exception):
    """No readable answer.  ``call`` is the name of the call."""

    def __init__(self, call: str) -> None:
        super().__init__(call)
        self.call = call


class Refused(Exception):
    """Central said no."""

    def __init__(self, call: str, code: wire.ProblemCode) -> None:
        super().__init__(f"{call}: {code.value}")
        self.call, self.code = call, code


class Api:
    """``skew_s``: this machine's clock minus central's, when it last answered, at the least; None before the first."""

    def __init__(self, settings: config.Central, kiosk_id: str, clock: Clock, log: events.Log) -> None:
        self._settings, self._kiosk_id, self._clock, self._log = settings, kiosk_id, clock, log
        self._session: requests.Session | None = None
        self.skew_s: float | None = None
        self._heard: tuple[datetime, float] | None = None  # central's time, and our monotonic then

    def legal_now(self) -> datetime:
        """Central's time of its last answer and what has passed since, however the wall was set meanwhile.

        Before the first answer the machine's own time.
        """
        if self._heard is None:
            return dates.now(self._clock)
        then, monotonic_s = self._heard
        return then + timedelta(seconds=self._clock.monotonic() - monotonic_s)

    def health(self) -> wire.Health:
        from kiosk import wire

        return self._call("health", "GET", "/v1/health", wire.Health, timeout_s=QUERY_TIMEOUT_S)

    def visit(self, lookup: wire.Lookup) -> wire.MyPage:
        from kiosk import wire

        return self._call("visit", "POST", "/v1/visits", wire.MyPage, lookup)

    def records(self, person_id: str) -> wire.Records:
        from kiosk import wire

        return self._call("records", "POST", f"/v1/people/{person_id}/records", wire.Records)

    def receipts(self, person_id: str) -> tuple[wire.Receipt, ...]:
        from kiosk import wire

        return self._call("receipts", "POST", f"/v1/people/{person_id}/receipts", wire.ReceiptList).receipts

    def create(self, order: wire.OrderRequest) -> wire.OrderReply:
        from kiosk import wire

        return self._call("create", "PUT", f"/v1/orders/{order.order_id}", wire.OrderReply, order)

    def order(self, order_id: str) -> wire.OrderReply:
        from kiosk import wire

        return self._call(
            "order", "GET", f"/v1/orders/{order_id}", wire.OrderReply, timeout_s=QUERY_TIMEOUT_S
        )

    def pay_code(self, order_id: str, code: str) -> wire.OrderReply:
        from kiosk import wire

        return self._call(
            "pay_code", "POST", f"/v1/orders/{order_id}/pay-code", wire.OrderReply, wire.PayCode(code=code)
        )

    def close(self, order_id: str) -> wire.OrderReply:
        from kiosk import wire

        return self._call(
            "close", "POST", f"/v1/orders/{order_id}/close", wire.OrderReply, wire.CloseRequest()
        )

    def grant_copy(self, receipt_no: str, print_id: str) -> wire.PrintGrant:
        from kiosk import wire

        body = wire.PrintRequest(print_id=print_id)
        return self._call("grant_copy", "POST", f"/v1/receipts/{receipt_no}/prints", wire.PrintGrant, body)

    def report_sheet(self, receipt_no: str, outcome: wire.PrintOutcome) -> wire.PrintGrant:
        from kiosk import wire

        return self._call(
            "report_sheet", "POST", f"/v1/receipts/{receipt_no}/outcome", wire.PrintGrant, outcome
        )

    def start_check(self, start: wire.CheckStart) -> wire.CheckGrant:
        from kiosk import wire

        return self._call("start_check", "PUT", f"/v1/checks/{start.check_id}", wire.CheckGrant, start)

    def send_evidence(self, check_id: str, evidence: wire.CheckEvidence) -> wire.CheckReply:
        from kiosk import wire

        path = f"/v1/checks/{check_id}/evidence"
        return self._call("send_evidence", "POST", path, wire.CheckReply, evidence)

    def send_picture(self, check_id: str, picture: wire.ReviewPicture) -> wire.CheckReply:
        from kiosk import wire

        return self._call("send_picture", "POST", f"/v1/checks/{check_id}/picture", wire.CheckReply, picture)

    def withdraw_check(self, check_id: str, visit: str = "") -> wire.CheckReply:
        from kiosk import wire

        path, body = f"/v1/checks/{check_id}/withdraw", wire.Withdrawal(visit=visit)
        return self._call("withdraw_check", "POST", path, wire.CheckReply, body)

    def assisted_check(self, check: wire.AssistedCheck) -> wire.CheckReply:
        from kiosk import wire

        path = f"/v1/assisted-checks/{check.check_id}"
        return self._call("assisted_check", "PUT", path, wire.CheckReply, check)

    def home_visit(self, visit: wire.HomeVisit) -> wire.HomeVisitReply:
        from kiosk import wire

        path = f"/v1/home-visits/{visit.request_id}"
        return self._call("home_visit", "PUT", path, wire.HomeVisitReply, visit)

    def device_log(self, batch: wire.LogBatch) -> wire.LogReply:
        from kiosk import wire

        return self._call(
            "device_log", "POST", "/v1/device-log", wire.LogReply, batch, timeout_s=QUERY_TIMEOUT_S
        )

    def day_totals(self, totals: wire.DayTotals) -> wire.TotalsReply:
        from kiosk import wire

        return self._call(
            "day_totals", "POST", "/v1/day-totals", wire.TotalsReply, totals, timeout_s=QUERY_TIMEOUT_S
        )

    def close_connections(self) -> None:
        if self._session is not None:
            self._session.close()

    def _call(
        self,
        call: str,
        method: str,
        path: str,
        reply: type[R],
        body: wire.Request | None = None,
        timeout_s: float | None = None,
    ) -> R:
        import requests

        from kiosk import wire

        session = self._session = self._session or self._connect(requests.Session)
        started = self._clock.monotonic()
        try:
            answer = session.request(
                method,
                self._settings.url.rstrip("/") + path,
                # read in pieces: each may take connect_timeout_s on its way out, on a slow line the whole would not get through
                data=None if body is None else BytesIO(body.model_dump_json().encode()),
                timeout=(self._settings.connect_timeout_s, timeout_s or self._settings.answer_timeout_s),
                allow_redirects=False,
            )
            content = answer.content
        except requests.RequestException:
            self._missed(call, started)
            raise Unreachable(call) from None
        self._note_time(answer.headers.get("Date", ""), started)
        if answer.status_code == 200:
            try:
                return reply.model_validate_json(content)
            except ValueError:
                self._missed(call, started)
                raise Unreachable(call) from None
        try:
            code = wire.Problem.model_validate_json(content).code
        except ValueError:  # a proxy's page or a newer central's code: not central's answer to us
            code = None
        if code is None or answer.status_code >= 500:
            self._missed(call, started)
            raise Unreachable(call)
        self._log.write(events.CentralRefused(call=call, code=code.value))
        raise Refused(call, code)

    def _connect(self, new: Callable[[], requests.Session]) -> requests.Session:
        session = new()
        session.trust_env = False  # no proxy of the environment ever sees a citizen number
        session.headers.update(
            {
                "Authorization": f"Bearer {self._settings.token}",
                "X-Kiosk": self._kiosk_id,
                "Content-Type": "application/json",
            }
        )
        if self._settings.ca_file is not None:
            session.verify = str(self._settings.ca_file)
        return session

    def _missed(self, call: str, started: float) -> None:
        ms = round((self._clock.monotonic() - started) * 1000)
        self._log.write(events.CentralUnreachable(call=call, ms=ms))

    def _note_time(self, date: str, started: float) -> None:
        """A slow answer is no skew: central's time is anything from what it wrote, in whole seconds, to the whole way later."""
        try:
            written_s = parsedate_to_datetime(date).timestamp()
        except ValueError:
            return
        wall_s, now_s = self._clock.wall_ms() / 1000, self._clock.monotonic()
        central_s = min(max(wall_s, written_s), written_s + 1 + now_s - started)
        self.skew_s = wall_s - central_s
        self._heard = datetime.fromtimestamp(central_s, dates.CHINA), now_s
