"""The bad network does to each exchange what was drawn for it, and nothing else.

The far end of most tests is a small server that remembers what it heard; of the last ones it is central itself.
"""

from __future__ import annotations

import asyncio
import io
import json
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from random import Random
from threading import Event, Lock, Thread

import pytest
import requests

from central.server import Running, running
from central.settings import Settings
from devices.clock import SystemClock
from kiosk import config, events, wire
from kiosk.api import Api, Refused, Unreachable
from stand import framing
from stand.framing import NotHttp
from stand.proxy import Fault, Pace, Proxy, shares_of
from tests.kiosk.conftest import FixedClock
from tests.visitor import owing

SOUND = (Fault.NONE, Fault.DELAY, Fault.TRICKLE, Fault.DUPLICATE)  # the client hears the right answer
UNHEARD = (Fault.LOSE_REQUEST, Fault.CUT)  # the server hears nothing
BROKEN = tuple(fault for fault in Fault if fault not in (*SOUND, *UNHEARD, Fault.HALF_CLOSE))
SAID = b"The answer is long enough to be broken off in many places. " * 20


class Server:
    """Answers every POST with SAID and remembers the bodies; one that says ``wait`` is answered when the gate opens."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.gate = Event()
        self.connections = 0
        lock, server = Lock(), self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def setup(self) -> None:
                super().setup()
                server.connections += 1

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                with lock:
                    server.heard.append(body)
                if server.heard.count("wait") == 2:
                    server.gate.set()
                if body == "wait":
                    server.gate.wait(10)
                with suppress(OSError):
                    self.send_response(200)
                    self.send_header("Content-Length", str(len(SAID)))
                    self.end_headers()
                    self.wfile.write(SAID)

            def log_message(self, *_: object) -> None:
                pass

        class Quiet(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_: object) -> None:  # a broken connection is what is being tested
                pass

        self._server = Quiet(("127.0.0.1", 0), Handler)
        self.address: tuple[str, int] = ("127.0.0.1", self._server.server_address[1])
        Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.stop()


@pytest.fixture
def proxy(server: Server) -> Iterator[Proxy]:
    proxy = Proxy(server.address, delay_s=0.01).start()
    proxy.trickle_s = proxy.late_s = 0.05
    yield proxy
    proxy.stop()


@pytest.fixture
def session() -> Iterator[requests.Session]:
    with requests.Session() as session:
        yield session


def ask(session: requests.Session, proxy: Proxy, body: str = "pay") -> bytes | None:
    """The answer; None when there was none, or not all of it."""
    try:
        return session.post(f"http://127.0.0.1:{proxy.port}/", data=body, timeout=20).content
    except requests.RequestException:
        return None


def always(fault: Fault) -> Callable[[], Fault]:
    return lambda: fault


def heard(server: Server, proxy: Proxy, count: int) -> list[str]:
    """What the server heard once nothing is on its way and it had time to hear ``count``."""
    proxy.settle()
    for _ in range(200):
        if len(server.heard) >= count:
            break
        time.sleep(0.01)
    return server.heard


# --- one fault -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", SOUND)
def test_the_right_answer_comes(
    proxy: Proxy, server: Server, session: requests.Session, fault: Fault
) -> None:
    proxy.choose = always(fault)
    assert [ask(session, proxy, body) for body in ("one", "two")] == [SAID, SAID]
    times = 2 if fault is Fault.DUPLICATE else 1
    assert Counter(heard(server, proxy, 2 * times)) == {"one": times, "two": times}
    assert server.connections == (3 if fault is Fault.DUPLICATE else 1), "a connection is kept"


@pytest.mark.parametrize("fault", UNHEARD)
def test_a_lost_request_was_never_heard(
    proxy: Proxy, server: Server, session: requests.Session, fault: Fault
) -> None:
    proxy.choose = always(fault)
    assert ask(session, proxy) is None
    assert heard(server, proxy, 0) == []


@pytest.mark.parametrize("fault", BROKEN)
def test_the_work_is_done_once_and_the_answer_never_comes(
    proxy: Proxy, server: Server, session: requests.Session, fault: Fault
) -> None:
    proxy.choose = always(fault)
    assert ask(session, proxy) is None
    assert heard(server, proxy, 1) == ["pay"]
    proxy.healthy()
    assert ask(session, proxy, "again") == SAID
    assert heard(server, proxy, 2) == ["pay", "again"]


def test_every_fault_is_tested_above() -> None:
    assert {*SOUND, *UNHEARD, *BROKEN, Fault.HALF_CLOSE} == set(Fault)


def test_a_server_that_is_told_that_no_more_comes_was_asked(
    proxy: Proxy, server: Server, session: requests.Session
) -> None:
    """Whether it still answers is its own affair; this one does."""
    proxy.choose = always(Fault.HALF_CLOSE)
    assert ask(session, proxy) == SAID
    assert ask(session, proxy, "two") == SAID
    assert (server.heard, server.connections) == (["pay", "two"], 2)


def test_a_late_request_arrives_after_what_was_asked_later(
    proxy: Proxy, server: Server, session: requests.Session
) -> None:
    proxy.late_s, faults = 1.0, [Fault.LATE]
    proxy.choose = lambda: faults.pop() if faults else Fault.NONE
    assert ask(session, proxy, "create") is None
    assert ask(session, proxy, "close") == SAID
    assert heard(server, proxy, 2) == ["close", "create"]


def test_a_doubled_request_is_heard_twice_at_once(
    proxy: Proxy, server: Server, session: requests.Session
) -> None:
    proxy.choose = always(Fault.DUPLICATE)
    assert ask(session, proxy, "wait") == SAID  # which nobody would have heard without the second
    assert server.heard == ["wait", "wait"]


@pytest.mark.parametrize(("fault", "breaks"), [(Fault.RESET, True), (Fault.LOSE_REPLY, False)])
def test_a_reset_is_a_reset_and_a_close_is_a_close(
    proxy: Proxy, server: Server, fault: Fault, breaks: bool
) -> None:
    proxy.choose = always(fault)
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=5) as client:
        client.sendall(b"POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\npay")
        try:
            assert client.recv(1) == b""
            assert not breaks
        except ConnectionResetError:
            assert breaks


@pytest.mark.parametrize(("fault", "breaks"), [(Fault.RESET_REPLY, True), (Fault.CUT_SHORT, False)])
def test_part_of_a_reply_comes_before_the_end(proxy: Proxy, fault: Fault, breaks: bool) -> None:
    proxy.choose = always(fault)
    lengths = set()
    for _ in range(12):
        with socket.create_connection(("127.0.0.1", proxy.port), timeout=5) as client:
            client.sendall(b"POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\npay")
            got, broke = b"", False
            try:
                while part := client.recv(65536):
                    got += part
            except ConnectionResetError:
                broke = True
            assert broke is breaks
            assert len(got) < len(SAID) + 150 and b"HTTP/1.1 200 OK".startswith(got[:15])
            lengths.add(len(got))
    assert len(lengths) > 6, "it breaks off anywhere"


def test_a_trickled_reply_comes_in_pieces(proxy: Proxy) -> None:
    proxy.choose = always(Fault.TRICKLE)
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=5) as client:
        client.sendall(b"POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\npay")
        pieces: list[bytes] = []
        while not b"".join(pieces).endswith(SAID):
            pieces.append(client.recv(65536))
    assert max(len(piece) for piece in pieces) < len(SAID)


def test_a_request_in_pieces_is_one_exchange(proxy: Proxy, server: Server) -> None:
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=5) as client:
        for byte in b"POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\npay":
            client.sendall(bytes((byte,)))
        assert client.recv(15) == b"HTTP/1.1 200 OK"
    assert (server.heard, proxy.counts) == (["pay"], {Fault.NONE: 1})


def test_half_a_request_is_not_passed_on(proxy: Proxy, server: Server, session: requests.Session) -> None:
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=5) as client:
        client.sendall(b"POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\npa")
    assert ask(session, proxy, "whole") == SAID
    assert server.heard == ["whole"]


# --- the line itself -------------------------------------------------------------------------------------------------


def test_a_cut_cable_carries_nothing_and_healing_mends_it(
    proxy: Proxy, server: Server, session: requests.Session
) -> None:
    proxy.cut = True
    assert ask(session, proxy) is None
    assert server.heard == []
    proxy.healthy()
    assert ask(session, proxy, "two") == SAID


def test_an_open_connection_feels_the_cut(proxy: Proxy, server: Server, session: requests.Session) -> None:
    assert ask(session, proxy, "one") == SAID
    proxy.cut = True
    assert ask(session, proxy, "two") is None
    proxy.cut = False
    assert ask(session, proxy, "three") == SAID
    assert server.heard == ["one", "three"]


def test_an_answer_under_way_feels_the_cut(proxy: Proxy, server: Server, session: requests.Session) -> None:
    answers: list[bytes | None] = []
    asking = Thread(target=lambda: answers.append(ask(session, proxy, "wait")))
    asking.start()
    while not server.heard:
        time.sleep(0.005)
    proxy.cut = True
    server.gate.set()
    asking.join(5)
    assert answers == [None]


def test_a_cut_that_is_drawn_lasts_and_ends_by_itself(
    proxy: Proxy, server: Server, session: requests.Session
) -> None:
    proxy.cut_s = 1.0
    faults = [Fault.CUT]
    proxy.choose = lambda: faults.pop() if faults else Fault.NONE
    assert ask(session, proxy) is None
    assert ask(session, proxy) is None
    tries = 2
    while ask(session, proxy, "later") is None:
        tries += 1
        time.sleep(0.1)
    assert server.heard == ["later"]
    assert proxy.counts == {Fault.CUT: tries, Fault.NONE: 1}


def test_a_server_that_is_not_there_answers_nothing_until_it_is(session: requests.Session) -> None:
    server = Server()
    proxy = Proxy(server.address).start()
    try:
        assert ask(session, proxy, "one") == SAID
        proxy.upstream = ("127.0.0.1", 1)
        proxy.cut = True
        proxy.healthy()
        assert ask(session, proxy, "two") is None
        proxy.upstream = server.address
        assert ask(session, proxy, "three") == SAID
        assert server.heard == ["one", "three"]
    finally:
        proxy.stop()
        server.stop()


def test_a_proxy_that_was_never_started_ends_quietly() -> None:
    proxy = Proxy(("127.0.0.1", 1))
    proxy.cut = True
    proxy.settle()
    proxy.stop()
    proxy.stop()


# --- drawing ---------------------------------------------------------------------------------------------------------


def test_a_fault_is_drawn_once_an_exchange(proxy: Proxy, session: requests.Session) -> None:
    drawn: list[int] = []

    def choose() -> Fault:
        drawn.append(1)
        return Fault.NONE

    proxy.choose = choose
    for body in ("one", "two", "three"):
        ask(session, proxy, body)
    assert len(drawn) == 3


def test_faults_come_as_often_as_they_were_asked_for(proxy: Proxy) -> None:
    proxy.faulty(Random(5), {Fault.LOSE_REQUEST: 0.1, Fault.LOSE_REPLY: 0.2, Fault.DELAY: 0.3})
    drawn = Counter(proxy.choose() for _ in range(10_000))
    expected = {Fault.LOSE_REQUEST: 1000, Fault.LOSE_REPLY: 2000, Fault.DELAY: 3000, Fault.NONE: 4000}
    assert all(abs(drawn[fault] - count) < 200 for fault, count in expected.items())


def test_the_same_seed_does_the_same_to_the_same_exchanges(
    proxy: Proxy, server: Server, session: requests.Session
) -> None:
    runs = []
    for _ in range(2):
        proxy.faulty(Random(9), {Fault.LOSE_REQUEST: 0.3, Fault.LOSE_REPLY: 0.3})
        runs.append([ask(session, proxy) is None for _ in range(30)])
    assert runs[0] == runs[1] and 8 < sum(runs[0]) < 28
    proxy.settle()
    assert sum(proxy.counts.values()) == 60
    assert len(server.heard) == proxy.counts[Fault.NONE] + proxy.counts[Fault.LOSE_REPLY]


def test_faults_are_read_from_a_line_of_text() -> None:
    assert shares_of("lose_reply=0.25, delay=0.5") == {Fault.LOSE_REPLY: 0.25, Fault.DELAY: 0.5}
    assert shares_of("") == {}
    for wrong in ("lose_replies=0.1", "delay", "delay=1.5", "delay=0.6,trickle=0.6", "delay=-1"):
        with pytest.raises(ValueError, match=r".+"):
            shares_of(wrong)


# --- where a message ends --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (b"", b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
        (b"", b"PUT / HTTP/1.1\r\ncontent-LENGTH:  5 \r\n\r\n\r\n\r\n."),
        (b"GET", b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"),
        (b"GET", b"HTTP/1.1 204 No Content\r\n\r\n"),
        (b"HEAD", b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n"),
        (b"GET", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n"),
        (b"GET", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nTrailer: b\r\n\r\n"),
    ],
)  # fmt: skip
def test_a_message_ends_where_it_says(asked: bytes, message: bytes) -> None:
    for end in range(len(message)):
        assert framing.length(message[:end], asked) is None, message[:end]
    assert framing.length(message, asked) == framing.length(message + b"HTTP/1.1 ", asked) == len(message)


def test_a_reply_without_a_length_ends_with_its_connection() -> None:
    assert framing.length(b"HTTP/1.1 200 OK\r\n\r\nbody", b"GET") is None


@pytest.mark.parametrize(
    "raw",
    [
        b"GET / HTTP/1.1\r\nno colon\r\n\r\n",
        b"GET / HTTP/1.1\r\nContent-Length: many\r\n\r\n",
        b"x" * 70_000,
    ],
)
def test_what_is_no_http_is_said(raw: bytes) -> None:
    with pytest.raises(NotHttp):
        framing.length(raw)


# --- central itself, and the command ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def central(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    data = tmp_path_factory.mktemp("central")
    settings = Settings(data, sandbox=True, township=150, seed=5, sweep_interval_s=0, clock=FixedClock())
    with running(settings) as service:
        yield service


def client(central_port: int) -> Api:
    settings = config.Central(url=f"http://127.0.0.1:{central_port}", token="demo-token-WD001")
    return Api(settings, "WD001", SystemClock(), events.Log(io.StringIO(), SystemClock()))


def lines_due(central: Running, api: Api) -> Iterator[tuple[wire.OrderLine, ...]]:
    """What somebody owes, one person after the other."""
    for person in owing(central):
        page = api.visit(wire.Lookup(number=person["number"], name=person["name"], card_kind=person["kind"]))
        due = next(d for d in page.dues if d.product == "resident_pension")
        tier = due.tiers[0]
        yield (
            wire.OrderLine(
                person_id=page.person_id,
                product=due.product,
                year=due.year,
                tier=tier.code,
                amount_fen=tier.amount_fen,
            ),
        )


def test_central_makes_one_order_whatever_happens_to_the_question(central: Running) -> None:
    proxy = Proxy(("127.0.0.1", int(central.url.rsplit(":", 1)[1])), delay_s=0.01).start()
    proxy.trickle_s, proxy.late_s, proxy.cut_s = 0.02, 0.05, 0.01
    direct = client(int(central.url.rsplit(":", 1)[1]))
    api = client(proxy.port)
    try:
        for number, (fault, lines) in enumerate(zip(Fault, lines_due(central, direct), strict=False)):
            proxy.choose = always(fault)
            total_fen = lines[0].amount_fen
            order = wire.OrderRequest(
                order_id=f"WD001-{number:08d}-PROXY", payer_id=lines[0].person_id, lines=lines, total_fen=total_fen
            )  # fmt: skip
            with suppress(Unreachable):
                assert api.create(order).state is wire.OrderState.CREATED
            with suppress(Unreachable):
                api.close(order.order_id)
            proxy.healthy()
            proxy.settle()
            for _ in range(100):  # whom a reset took the answer, the work may still be under way
                try:
                    state = direct.close(order.order_id).state
                except Unreachable:
                    continue
                break
            assert state is wire.OrderState.CLOSED, fault
            with pytest.raises(Refused):
                direct.create(order)
    finally:
        proxy.stop()
        api.close_connections()
        direct.close_connections()
    assert {fault for fault, count in proxy.counts.items() if count} == set(Fault)
    rows = requests.get(f"{central.url}/sandbox/trades", timeout=5).json()
    assert {row["state"] for row in rows} <= {"closed"}


def test_a_create_that_comes_after_the_close_opens_nothing(central: Running) -> None:
    proxy = Proxy(("127.0.0.1", int(central.url.rsplit(":", 1)[1]))).start()
    proxy.late_s = 1.0
    api = client(proxy.port)
    try:
        lines = next(lines_due(central, api))
        order_id, total_fen = "WD001-00000001-LATER", lines[0].amount_fen
        order = wire.OrderRequest(
            order_id=order_id, payer_id=lines[0].person_id, lines=lines, total_fen=total_fen
        )
        proxy.choose = always(Fault.LATE)
        with pytest.raises(Unreachable):
            api.create(order)
        proxy.healthy()
        assert api.close(order_id).state is wire.OrderState.CLOSED
        proxy.settle()
        assert api.order(order_id).state is wire.OrderState.CLOSED
    finally:
        proxy.stop()
        api.close_connections()


def test_the_command_relays_and_says_what_it_did(server: Server) -> None:
    host, port = server.address
    command = [sys.executable, "-m", "stand", "proxy", "--to", f"{host}:{port}", "--seed", "3"]
    process = subprocess.Popen([*command, "--faults", "lose_reply=1"], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        address = process.stdout.readline().split()[-1]
        with pytest.raises(requests.ConnectionError):
            requests.post(f"http://{address}/", data="pay", timeout=5)
        process.send_signal(signal.SIGTERM)
        said = json.loads(process.stdout.readline())
    finally:
        process.wait(20)
        process.stdout.close()
    assert server.heard == ["pay"]
    assert process.returncode == 0 and said.keys() == {fault.value for fault in Fault}
    assert {name: count for name, count in said.items() if count} == {"lose_reply": 1}


def test_a_slow_line_carries_so_many_bytes_a_second_whoever_they_belong_to(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    waited_s: list[float] = []

    async def sleep(seconds: float) -> None:
        waited_s.append(seconds)

    monkeypatch.setattr(asyncio, "sleep", sleep)

    async def carry() -> None:
        pace = Pace(1000.0)
        for count in (500, 500, 1000):
            await pace.carry(count)
        await Pace().carry(10**9)

    asyncio.run(carry())
    assert [round(each, 1) for each in waited_s] == [0.5, 1.0, 2.0]


def test_a_slow_line_changes_no_byte(server: Server, session: requests.Session) -> None:
    proxy = Proxy(server.address, bytes_a_second=100_000.0).start()
    body = "0123456789" * 1500
    assert ask(session, proxy, body) == SAID and server.heard == [body]
    proxy.stop()
