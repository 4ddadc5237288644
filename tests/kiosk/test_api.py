"""Every answer that a network can give becomes a value, Refused or Unreachable; nothing personal travels in an address."""

from __future__ import annotations

import io
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from devices.clock import SystemClock
from kiosk import config, dates, events, wire
from kiosk.api import Api, Refused, Unreachable

ORDER = "WD001-00000001-AAAAAAAAAA"
NUMBER, NAME = "371081190001010016", "示例"
GOOD = f'{{"order_id": "{ORDER}", "state": "created", "total_fen": 30000, "news": "of a later version"}}'


class Answers(HTTPServer):
    """A server that says what it was told, and remembers what it was asked."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.status, self.headers_out, self.body = 200, {}, b"{}"  # type: ignore[var-annotated]
        self.asked: list[tuple[str, str, dict[str, str], bytes]] = []


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Answers

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.asked.append((self.command, self.path, dict(self.headers), body))
        self.send_response(self.server.status)
        for name, value in self.server.headers_out.items():
            self.send_header(name, value)
        if "Content-Length" not in self.server.headers_out:
            self.send_header("Content-Length", str(len(self.server.body)))
        # said, so that nobody asks again on a line that is being closed
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(self.server.body)

    do_GET = do_PUT = do_POST = _answer  # noqa: N815 - the library's names

    def log_message(self, *_: Any) -> None: ...


@pytest.fixture
def server() -> Iterator[Answers]:
    with Answers() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def log() -> io.StringIO:
    return io.StringIO()


@contextmanager
def api_of(port: int, log: io.StringIO, clock: SystemClock | None = None) -> Iterator[Api]:
    settings = config.Central(
        url=f"http://127.0.0.1:{port}/base/", token="secret-of-a-test", answer_timeout_s=5.0
    )
    clock = clock or SystemClock()
    api = Api(settings, "WD001", clock, events.Log(log, clock))
    yield api
    api.close_connections()


@pytest.fixture
def api(server: Answers, log: io.StringIO) -> Iterator[Api]:
    with api_of(server.server_port, log) as api:
        yield api


def test_a_good_answer_is_a_value_and_news_of_later_versions_are_ignored(server: Answers, api: Api) -> None:
    server.body = GOOD.encode()
    reply = api.order(ORDER)
    assert (reply.state, reply.total_fen) == (wire.OrderState.CREATED, 30000)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>Sign in to the network</html>",
        b"{}",
        b"null",
        GOOD.encode()[:-5],
        GOOD.replace("30000", "300.5").encode(),
        GOOD.replace("30000", '"30000"').encode(),
        GOOD.replace("30000", "-1").encode(),
        GOOD.replace("created", "lost").encode(),
        GOOD.encode("utf-16"),
        b"\xff\xfe",
    ],
)
def test_an_answer_that_cannot_be_read_is_no_answer(server: Answers, api: Api, body: bytes) -> None:
    server.body = body
    with pytest.raises(Unreachable):
        api.order(ORDER)


@pytest.mark.parametrize("code", wire.ProblemCode)
@pytest.mark.parametrize("status", [401, 404, 409, 422])
def test_a_problem_is_a_refusal_with_its_code(
    server: Answers, api: Api, log: io.StringIO, code: wire.ProblemCode, status: int
) -> None:
    server.status, server.body = status, f'{{"code": "{code.value}", "detail": "for staff"}}'.encode()
    with pytest.raises(Refused) as caught:
        api.order(ORDER)
    assert caught.value.code is code
    assert f'"code": "{code.value}"' in log.getvalue() and "for staff" not in log.getvalue()


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (500, b'{"code": "busy"}'),
        (502, b"bad gateway"),
        (503, b'{"code": "gateway_silent"}'),
        (503, b'{"code": "busy"}'),
        (409, b'{"code": "something_of_next_year"}'),
        (404, b"<html>not found</html>"),
        (403, b""),
        (204, b""),
        (201, GOOD.encode()),
        (301, b""),
    ],
)
def test_whatever_is_not_of_the_contract_is_no_answer(
    server: Answers, api: Api, status: int, body: bytes
) -> None:
    """Above all no refusal: a refusal closes an order, and a proxy's page must never do that."""
    server.status, server.body = status, body
    if status == 204:
        server.headers_out = {"Content-Length": "0"}
    with pytest.raises(Unreachable):
        api.order(ORDER)


def test_a_redirection_is_not_followed(server: Answers, api: Api) -> None:
    server.status, server.headers_out = 307, {"Location": f"http://127.0.0.1:{server.server_port}/elsewhere"}
    with pytest.raises(Unreachable):
        api.visit(wire.Lookup(number=NUMBER, name=NAME))
    assert [path for _, path, _, _ in server.asked] == ["/base/v1/visits"]


def test_a_body_cut_short_is_no_answer(server: Answers, api: Api) -> None:
    server.body, server.headers_out = GOOD.encode(), {"Content-Length": "5000"}
    with pytest.raises(Unreachable):
        api.order(ORDER)


def test_nobody_listens(log: io.StringIO) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with api_of(port, log) as api, pytest.raises(Unreachable) as caught:
        api.health()
    assert caught.value.call == "health"
    assert '"central_unreachable"' in log.getvalue()


def test_nobody_answers(log: io.StringIO) -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf, api_of(deaf.getsockname()[1], log) as api:
        api._settings = replace(api._settings, answer_timeout_s=0.05)
        with pytest.raises(Unreachable):
            api.visit(wire.Lookup(number=NUMBER, name=NAME))


def test_numbers_and_names_travel_in_bodies_only(server: Answers, api: Api, log: io.StringIO) -> None:
    for question in (
        lambda: api.visit(wire.Lookup(number=NUMBER, name=NAME)),
        lambda: api.pay_code(ORDER, "134567890123456780"),
        lambda: api.records("p00000001"),
    ):
        with pytest.raises(Unreachable):
            question()
    for _, path, headers, _ in server.asked:
        told = path + repr(headers)
        assert not any(secret in told for secret in (NUMBER, NAME, "134567890123456780"))
    assert NUMBER.encode() in server.asked[0][3] and NAME.encode() in server.asked[0][3]
    assert not any(secret in log.getvalue() for secret in (NUMBER, NAME, "134567890123456780", "secret-of"))


def test_every_call_says_who_asks(server: Answers, api: Api) -> None:
    server.body = GOOD.encode()
    api.order(ORDER)
    ((method, path, headers, _),) = server.asked
    assert (method, path) == ("GET", f"/base/v1/orders/{ORDER}")
    assert headers["Authorization"] == "Bearer secret-of-a-test" and headers["X-Kiosk"] == "WD001"


def test_no_proxy_of_the_environment_is_used(
    server: Answers, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    server.body = GOOD.encode()
    assert api.order(ORDER).order_id == ORDER


class Travelling(SystemClock):
    """Time passes only on the way: ``there_s`` before central writes its Date, ``back_s`` after."""

    def __init__(self, start_ms: int) -> None:
        self.start_ms, self.passed_s = start_ms, 0.0

    def monotonic(self) -> float:
        return self.passed_s

    def wall_ms(self) -> int:
        return self.start_ms + round(self.passed_s * 1000)


def asked_at(
    server: Answers, log: io.StringIO, start_ms: int, date: str, there_s: float = 0.0, back_s: float = 0.0
) -> float | None:
    """The skew that is found when the question leaves at ``start_ms`` and the answer is dated ``date``."""
    clock = Travelling(start_ms)

    class Dated(Handler):
        def date_time_string(self, timestamp: float | None = None) -> str:
            clock.passed_s += there_s
            return date

        def end_headers(self) -> None:
            clock.passed_s += back_s
            super().end_headers()

    server.RequestHandlerClass = Dated
    server.body = GOOD.encode()
    with api_of(server.server_port, log, clock) as api:
        api.order(ORDER)
        return api.skew_s


AT = 1_795_397_460_000  # 2026-11-23T01:31:00Z


@pytest.mark.parametrize(
    ("date", "skew_s"),
    [
        ("Mon, 23 Nov 2026 01:26:00 GMT", 299),  # the fraction of a second is not written
        ("Mon, 23 Nov 2026 01:36:00 GMT", -300),
        ("Mon, 23 Nov 2026 01:31:00 GMT", 0),
        ("Mon, 23 Nov 2026 01:30:59 GMT", 0),
        ("tomorrow", None),
        ("", None),
    ],
)
def test_the_clock_is_compared_with_centrals(
    server: Answers, log: io.StringIO, date: str, skew_s: float | None
) -> None:
    assert asked_at(server, log, AT, date) == skew_s


@pytest.mark.parametrize(("there_s", "back_s"), [(5, 0), (0, 5), (2.5, 2.5), (0.2, 7.9)])
@pytest.mark.parametrize("skew_s", [0, 118, 598, -118, -598, 3600, -3600])
def test_the_way_is_no_skew(
    server: Answers, log: io.StringIO, there_s: float, back_s: float, skew_s: int
) -> None:
    """An answer eight seconds under way never makes a clock look worse than it is, nor much better."""
    date = formatdate(AT / 1000 + there_s - skew_s, usegmt=True)
    found = asked_at(server, log, AT, date, there_s, back_s)
    assert found is not None
    assert abs(found) <= abs(skew_s)
    assert abs(found - skew_s) <= there_s + back_s + 1
    assert (found > 0) is (skew_s > 0) and (found < 0) is (skew_s < 0)


class Set(Travelling):
    """A wall that somebody sets."""

    def wall_ms(self) -> int:
        return self.start_ms


def test_the_legal_time_goes_on_from_centrals_last_answer_whatever_the_wall_does(
    server: Answers, log: io.StringIO
) -> None:
    clock = Set(AT)
    server.body = GOOD.encode()
    with api_of(server.server_port, log, clock) as api:
        assert api.legal_now() == dates.now(clock)  # nobody has said better
        server.RequestHandlerClass = dated("Mon, 23 Nov 2026 01:26:00 GMT")
        api.order(ORDER)
        told = datetime(2026, 11, 23, 9, 26, 1, tzinfo=dates.CHINA)
        assert api.legal_now() == told
        for start_ms in (AT + 3_600_000, AT - 50 * 365 * 86_400_000):
            clock.start_ms, clock.passed_s = start_ms, clock.passed_s + 60
            told += timedelta(minutes=1)
            assert api.legal_now() == told
        server.RequestHandlerClass = Undated
        api.order(ORDER)
        assert api.legal_now() == told


def dated(date: str) -> type[Handler]:
    class Dated(Handler):
        def date_time_string(self, timestamp: float | None = None) -> str:
            return date

    return Dated


def test_an_answer_without_a_date_leaves_what_was_known(server: Answers, log: io.StringIO) -> None:
    with api_of(server.server_port, log, Travelling(AT)) as api:
        api.skew_s = 7.0
        server.RequestHandlerClass = Undated
        server.body = GOOD.encode()
        api.order(ORDER)
        assert api.skew_s == 7.0


class Undated(Handler):
    def date_time_string(self, timestamp: float | None = None) -> str:
        return ""


def test_secrets_are_in_no_repr() -> None:
    assert NUMBER not in repr(wire.Lookup(number=NUMBER, name=NAME))
    assert "1345" not in repr(wire.PayCode(code="134567890123456780"))
