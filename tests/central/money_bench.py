"""A central with an order in every state, a line to it that says anything, and its tables to lay side by side."""

from __future__ import annotations

import json
import socket
from dataclasses import dataclass
from hashlib import sha256
from http.client import HTTPException, HTTPResponse

from sqlcipher3 import dbapi2

from kiosk import wire
from tests.central.spoiling import JSON_TYPE, Spoilt

ZHANG = "371081196203150042"
CODE = "135122298638468293"  # a wallet's code that pays at once
KIOSK = [(b"Authorization", b"Bearer demo-token-WD001"), (b"X-Kiosk", b"WD001"), JSON_TYPE]


class StoodClock:
    """2026-11-23 10:00 in Wendeng, for as long as it takes: nothing expires."""

    def now_ms(self):
        return 1_795_399_200_000


@dataclass(frozen=True)
class Good:
    """A request that is taken.  ``writes``: tables that even a spoilt one may write to, as docs/api.md says."""

    path: str
    body: object = None
    model: type[wire.Request] | None = None
    writes: tuple[str, ...] = ()


class Line:
    """One connection, byte for byte: nothing is set right on the way out."""

    def __init__(self, url):
        host, port = url.removeprefix("http://").split(":")
        self._place, self._socket = (host, int(port)), None

    def send(self, request):
        """(status, kind of content, content)"""
        headers = [(b"Host", b"central"), (b"Content-Length", b"%d" % len(request.body)), *request.headers]
        head = [request.method.encode() + b" " + request.target + b" HTTP/1.1"]
        head += [name + b": " + value for name, value in headers]
        return self.send_raw(b"\r\n".join(head) + b"\r\n\r\n" + request.body)

    def send_raw(self, content):
        if self._socket is None:
            self._socket = socket.create_connection(self._place, timeout=20)
        self._socket.sendall(content)
        with HTTPResponse(self._socket) as response:
            response.begin()
            answer = response.status, response.headers.get_content_type(), response.read()
            if response.will_close:
                self.close()
        return answer

    def answer_or_hang_up(self, content):
        """The status of the answer to something that is sent and not gone on with; None without an answer."""
        with socket.create_connection(self._place, timeout=20) as line:
            try:
                line.sendall(content)
                line.shutdown(socket.SHUT_WR)
                with HTTPResponse(line) as response:
                    response.begin()
                    return response.status
            except (HTTPException, OSError):
                return None

    def close(self):
        if self._socket is not None:
            self._socket.close()
            self._socket = None


class Household:
    """A central, a line to it, and the three who live there."""

    def __init__(self, central):
        self.line, self.app = Line(central.url), central.service
        folder = central.service.settings.data
        names = {"": "central", "gateway ": "gateway"}
        self._books = {
            prefix: dbapi2.connect(str(folder / f"{name}.sqlite3")) for prefix, name in names.items()
        }
        page = self.good("POST", "/v1/visits", {"number": ZHANG, "name": "张秀英"})
        self.zhang = page["person_id"]
        self.husband, self.daughter = (member["person_id"] for member in page["household"])

    def good(self, method, path, body=None):
        status, _, content = self.line.send(request(method, path, body))
        assert status == 200, content
        return json.loads(content)

    def state(self):
        """Every table of central and of the trial gateway -> all its rows."""
        return {
            prefix + name: books.execute(f'SELECT * FROM "{name}"').fetchall()
            for prefix, books in self._books.items()
            for (name,) in books.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        }

    def close(self):
        self.line.close()
        for books in self._books.values():
            books.close()


class Bench(Household):
    """A central with an order in every state, and the requests that made them so."""

    def __init__(self, central):
        super().__init__(central)
        self.orders = {
            name: order(f"WD001-{name}", person)
            for name, person in (("CLOSED", self.zhang), ("PAID", self.daughter), ("SHOWN", self.zhang))
        }
        self.good("PUT", "/v1/orders/WD001-CLOSED", self.orders["CLOSED"])
        self.good("POST", "/v1/orders/WD001-CLOSED/close", {"reason": "given_up"})
        self.good("POST", "/v1/orders/WD001-NEVER/close", {"reason": "restart"})
        self.good("PUT", "/v1/orders/WD001-PAID", self.orders["PAID"])
        paid = self.good("POST", "/v1/orders/WD001-PAID/pay-code", {"code": CODE})
        self.receipt_no = paid["receipts"][0]["receipt_no"]
        self.good("PUT", "/v1/orders/WD001-SHOWN", self.orders["SHOWN"])
        self.goods = self._goods()
        for (method, _), good in self.goods.items():
            self.good(method, good.path, good.body)

    def _goods(self):
        """(method, path of the route) -> a request that is taken, and may come again."""
        log = log_batch()
        totals = {"day": "2026-11-22", "journal_id": log["journal_id"], "count": 0, "sum_fen": 0}
        totals |= {"last_seq": 1, "chain_hash": log["journal_id"]}
        sheet = {"print_id": "WD001-PRINT-0", "copy_number": 0, "verdict": "printed"}
        person, orders, receipt = f"/v1/people/{self.zhang}", "/v1/orders", f"/v1/receipts/{self.receipt_no}"
        closed, shown = f"{orders}/WD001-CLOSED", f"{orders}/WD001-SHOWN"
        return {
            ("POST", "/v1/visits"): Good("/v1/visits", {"number": ZHANG, "name": "张秀英"}, wire.Lookup),
            ("POST", "/v1/people/{person_id}/records"): Good(f"{person}/records"),
            ("POST", "/v1/people/{person_id}/receipts"): Good(f"{person}/receipts"),
            ("PUT", "/v1/orders/{order_id}"): Good(shown, self.orders["SHOWN"], wire.OrderRequest),
            ("GET", "/v1/orders/{order_id}"): Good(shown),
            ("POST", "/v1/orders/{order_id}/pay-code"): Good(
                f"{orders}/WD001-PAID/pay-code", {"code": CODE}, wire.PayCode
            ),
            # an order nobody knows gets a tombstone
            ("POST", "/v1/orders/{order_id}/close"): Good(
                f"{closed}/close", {"reason": "given_up"}, wire.CloseRequest, ("orders",)
            ),
            ("POST", "/v1/receipts/{receipt_no}/prints"): Good(
                f"{receipt}/prints", {"print_id": "WD001-PRINT-1"}, wire.PrintRequest, ("prints",)
            ),
            ("POST", "/v1/receipts/{receipt_no}/outcome"): Good(
                f"{receipt}/outcome", sheet, wire.PrintOutcome, ("prints",)
            ),
            # an entry whose hash does not fit is no bad request but an alarm
            ("POST", "/v1/device-log"): Good("/v1/device-log", log, wire.LogBatch, ("alarms",)),
            ("POST", "/v1/day-totals"): Good(
                "/v1/day-totals", totals, wire.DayTotals, ("alarms", "day_totals")
            ),
        }


def request(method, path, body=None, headers=KIOSK):
    content = b"" if body is None else json.dumps(body).encode()
    return Spoilt(method, path.encode(), headers, content, [])


def order(order_id, person_id, **line):
    line = {
        "person_id": person_id,
        "product": "resident_pension",
        "year": 2026,
        "tier": "1000",
        "amount_fen": 100_000,
    } | line
    return {"order_id": order_id, "payer_id": person_id, "lines": [line], "total_fen": line["amount_fen"]}


def log_batch():
    """The first entry of a journal."""
    fields = [1, "order:WD001-SHOWN", "intent", "{}", 1_795_399_200_000, 12_345, "boot"]
    text = json.dumps([*fields, "0" * 64], ensure_ascii=False, separators=(",", ":"))
    digest = sha256(text.encode()).hexdigest()
    names = ("seq", "subject", "event", "data", "wall_ms", "mono_ms", "boot_id")
    return {
        "journal_id": digest,
        "entries": [{**dict(zip(names, fields, strict=True)), "prev_hash": "0" * 64, "hash": digest}],
    }
