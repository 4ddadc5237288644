"""One kiosk under the explorer: the real journal, till, outbox and flows, between far ends that fail by schedule.

A power cut is an exception that nothing catches: whatever Python held is dropped, and ``boot`` builds everything anew over the
same database.  Each append is one statement that SQLite has carried out or not, so what the connection holds is what a disk
would hold; that a disk does hold it is proved elsewhere (the power cuts).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, cast

import apsw

from devices.errors import NotReady
from devices.printer import Document, Line, Pair, PrinterStatus, Verdict
from devices.status import Cover, DeviceState, PaperSupply
from kiosk import config, events, journal, money, payment, texts, wire
from kiosk.api import Api, Refused, Unreachable
from kiosk.desk import Desk
from kiosk.device_log import DeviceLog
from kiosk.journal import Entry, Journal
from kiosk.kiosk import Kiosk
from kiosk.outbox import Outbox
from kiosk.payment import Order
from kiosk.till import COPY, ORDER, Till
from tests.proof import faults
from tests.proof.faults import Kind, Schedule
from tests.proof.world import Central
from tests.proof.world_gateway import Silent

START_S = 1_000.0
START_MS = 1_795_399_200_000  # 2026-11-23 10:00 in Wendeng, when the virtual clock says START_S
POLL_S = 10.0
CONFIG = config.Config(
    site=config.Site(kiosk_id="WD001", place="测试大厅"),
    central=config.Central(url="http://central.invalid", token="none"),
    reader=config.Reader(port="none"),
    payment=config.Payment(qr_seconds=30, poll_interval_s=POLL_S),  # two looks, then time is up
    storage=config.Storage(folder=Path("/nonexistent")),
)
HEALTH = wire.Health(status="ok", server_time=datetime.fromtimestamp(START_MS / 1000, UTC), version="0")
GATEWAY_FAULTS = {faults.GATEWAY_LOST: "lost", faults.GATEWAY_MUTE: "mute"}
METHODS = {
    "create": "put",
    "order": "get",
    "pay_code": "charge",
    "close": "close",
    "grant_copy": "grant",
    "report_sheet": "outcome",
}
READY = PrinterStatus(DeviceState.ONLINE, PaperSupply.FULL, Cover.CLOSED)
COPY_MARK = texts.SLIP_COPY.split("{", maxsplit=1)[0]


class PowerCut(BaseException):
    """A machine is gone, in the middle of whatever it did."""

    def __init__(self, machine: Machine) -> None:
        super().__init__()
        self.machine = machine


class Clock:
    """One virtual time for everybody.  ``watch`` is called whenever time has passed."""

    def __init__(self) -> None:
        self.now = START_S
        self.watch: Callable[[], object] = int

    def monotonic(self) -> float:
        return self.now

    def wall_ms(self) -> int:
        return START_MS + int((self.now - START_S) * 1000)

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.watch()


@dataclass(frozen=True, slots=True)
class Sheet:
    """What one receipt on paper says, and where it was printed.  ``copy_number`` 0 is unmarked."""

    kiosk_id: str
    receipt_no: str
    amount_fen: int
    copy_number: int


class Surroundings:
    """What all machines of a run share: central and the gateway, the paper, the schedule, the requests still under way.

    ``tells``: the printers can tell whether a sheet came out.  ``jams``: how many sheets jam before one comes out.
    """

    def __init__(self, central: Central, clock: Clock, schedule: Schedule, tells: bool, jams: int) -> None:
        self.central, self.clock, self.schedule = central, clock, schedule
        self.tells, self.jams = tells, jams
        self.sent: list[Sheet] = []  # given to a printer, whatever became of them
        self.out: list[Sheet] = []
        self.inside: list[Sheet] = []  # in a printer, and comes out later
        self.slips = 0  # pieces of paper that are no receipts
        self.under_way: list[
            tuple[str, str, tuple[object, ...]]
        ] = []  # about what, central's method, its arguments

    def arrive(self, key: str | None = None) -> None:
        """What was delayed arrives: of one order or receipt, or all of it.  Nobody waits for the answers any more."""
        if not self.under_way:
            return
        here = [late for late in self.under_way if key in (None, late[0])]
        self.under_way = [late for late in self.under_way if key not in (None, late[0])]
        for _, method, arguments in here:
            with suppress(Silent, Refused):
                getattr(self.central, method)(*arguments)

    def standing(self) -> Hashable:
        """Everything outside the machines that the rest of a run depends on."""
        paper = tuple(self.sent), tuple(self.out), tuple(self.inside), self.jams
        return self.clock.now, self.central.standing(), paper, tuple(self.under_way)

    def come_out(self) -> None:
        self.out += self.inside
        self.inside = []


class Machine:
    """One kiosk.  ``order_id`` is that of the last INTENT."""

    def __init__(self, kiosk_id: str, connection: apsw.Connection, around: Surroundings) -> None:
        self.kiosk_id, self.around, self._connection = kiosk_id, around, connection
        self.boots, self.order_id, self.down, self.code = 0, "", False, ""
        self.kiosk: Kiosk | None = None  # None: switched off
        self.journal: CutJournal

    def boot(self, desk: Desk) -> None:
        """Power on, as ``kiosk.build`` does it.  May be cut again while it recovers."""
        self.boots += 1
        self.down = False
        log, clock = Nowhere(), self.around.clock
        self.journal = CutJournal(self, self._connection)
        line, background = (cast(Api, FarApi(self, in_flow)) for in_flow in (True, False))
        outbox = Outbox(
            Till(self.journal, background, log, self.kiosk_id),
            cast(DeviceLog, MuteLog()),
            background,
            self.journal,
            clock,
            log,
            cast(Any, Even()),
        )
        outbox.recover()
        self.kiosk = Kiosk(
            desk=desk,
            reader=cast(Any, None),
            printer=FarPrinter(self),
            scanner=cast(Any, FarScanner(self)),
            api=line,
            till=Till(self.journal, line, log, self.kiosk_id),
            outbox=outbox,
            clock=clock,
            log=log,
            config=CONFIG,
        )

    def cut(self) -> PowerCut:
        """The exception to raise: from here on this machine does nothing."""
        self.kiosk = None
        return PowerCut(self)

    def take_in(self) -> None:
        """The outbox's thread hears at once of what a flow has handed over."""
        if self.kiosk is not None:
            outbox = self.kiosk.outbox
            while not outbox._inbox.empty():
                outbox.receive(0)

    def work(self, rounds: int) -> bool:
        """The outbox's own thread, for a while: asks about what it has.  True when nothing is left."""
        assert self.kiosk is not None
        outbox, clock = self.kiosk.outbox, self.around.clock
        if not outbox._cases:
            return True
        for _ in range(rounds):
            outbox.sweep()
            if not outbox._cases:
                return True
            wait_s = min(case.due for case in outbox._cases.values()) - clock.now
            clock.sleep(max(wait_s, 0.0))
            self.around.schedule.fresh = True
        return False

    def orders(self) -> dict[str, Order]:
        """Every order as the disk has it.  Raises IllegalEvent."""
        steps: dict[str, tuple[tuple[str, str], ...]] = {}
        for subject, event, data in self._connection.execute(
            "SELECT subject, event, data FROM entry ORDER BY seq"
        ):
            if subject.startswith(ORDER):
                steps[subject] = (*steps.get(subject, ()), (event, data))
        return {subject.removeprefix(ORDER): _order(subject, told) for subject, told in steps.items()}

    def standing(self) -> Hashable:
        """Everything in this machine that the rest of a run depends on, while no flow runs on it."""
        if self.kiosk is None:
            return self.boots, self.boots and self.journal._hash
        outbox = self.kiosk.outbox
        cases = tuple((case.subject, case.due, case.wait_s) for case in outbox._cases.values())
        return self.boots, self.journal._hash, self.order_id, cases

    def intents(self) -> int:
        """How often an order was begun, as the disk has it."""
        ((number,),) = self._connection.execute("SELECT count(*) FROM entry WHERE event = 'intent'")
        return int(number)

    def copies(self) -> dict[str, tuple[str, int, str]]:
        """Every sheet that was sent to the printer as a copy: its receipt, its number, and how it ended."""
        found: dict[str, tuple[str, int, str]] = {}
        for entry in self.journal.entries():
            if entry.subject.startswith(COPY) and "copy_number" in entry.data:
                verdict = str(entry.data.get("verdict", "unknown"))
                found[entry.subject.removeprefix(COPY)] = (
                    entry.data["receipt_no"],
                    entry.data["copy_number"],
                    verdict,
                )
        return found

    def last_event(self, subject: str) -> str:
        """The newest entry of a subject on the disk, "" when there is none."""
        query = "SELECT event FROM entry WHERE subject = ? ORDER BY seq DESC LIMIT 1"
        rows = self._connection.execute(query, (subject,)).fetchall()
        return str(rows[0][0]) if rows else ""


class CutJournal(Journal):
    """The real journal, at one of whose entries the power may go: before it is on the disk, or after."""

    def __init__(self, machine: Machine, connection: apsw.Connection) -> None:
        self._machine, self._schedule = machine, machine.around.schedule
        super().__init__(connection, machine.around.clock, f"boot-{machine.boots}")

    def append(self, subject: str, event: str, data: Mapping[str, object]) -> Entry:
        fault = self._schedule.choose(faults.ENTRY)
        if fault == faults.CUT_BEFORE:
            raise self._machine.cut()
        entry = super().append(subject, event, data)
        if event == "intent":
            self._machine.order_id = subject.removeprefix(ORDER)
        if fault == faults.CUT_AFTER:
            raise self._machine.cut()
        return entry


class FarApi:
    """The client's calls, carried to the model of central over a bad line.  ``skew_s`` as in ``kiosk.api``."""

    skew_s = 0.0

    def __init__(self, machine: Machine, in_flow: bool) -> None:
        self._machine, self._around, self._in_flow = machine, machine.around, in_flow
        self._central, self._schedule = machine.around.central, machine.around.schedule

    def health(self) -> wire.Health:
        return HEALTH

    def create(self, order: wire.OrderRequest) -> wire.OrderReply:
        return cast(wire.OrderReply, self._call("create", faults.CREATE, order.order_id, order))

    def order(self, order_id: str) -> wire.OrderReply:
        return cast(wire.OrderReply, self._call("order", faults.QUERY, order_id, order_id))

    def pay_code(self, order_id: str, code: str) -> wire.OrderReply:
        return cast(wire.OrderReply, self._call("pay_code", faults.CODE, order_id, order_id, code))

    def close(self, order_id: str) -> wire.OrderReply:
        kind = faults.CLOSE if self._in_flow else faults.BACKGROUND_CLOSE
        return cast(wire.OrderReply, self._call("close", kind, order_id, order_id))

    def grant_copy(self, receipt_no: str, print_id: str) -> wire.PrintGrant:
        answer = self._call("grant_copy", faults.PAPER_CALL, receipt_no, receipt_no, print_id)
        return cast(wire.PrintGrant, answer)

    def report_sheet(self, receipt_no: str, outcome: wire.PrintOutcome) -> wire.PrintGrant:
        answer = self._call("report_sheet", faults.PAPER_CALL, receipt_no, receipt_no, outcome)
        return cast(wire.PrintGrant, answer)

    def _call(self, name: str, kind: Kind, key: str, *arguments: object) -> wire.Reply:
        """One call about the order or the receipt ``key``.  Raises Refused, Unreachable, PowerCut."""
        machine = self._machine
        if machine.down and self._in_flow:
            raise Unreachable(name)
        another = self._another(name, arguments)
        fault = self._schedule.choose(kind if another is None else faults.MIXED[kind])
        if fault == faults.GO_ON:
            return self._carry(name, key, arguments)
        if fault == faults.ANOTHERS:
            assert another is not None
            return another()
        if fault == faults.CUT_BEFORE:
            raise machine.cut()
        if fault == faults.DELAYED:
            self._around.under_way.append((key, METHODS[name], (machine.kiosk_id, *arguments)))
            raise Unreachable(name)
        if fault in (faults.LOST, faults.DOWN):
            machine.down = fault == faults.DOWN
            raise Unreachable(name)
        if fault in GATEWAY_FAULTS:  # one call to the gateway, if this one makes any
            self._central.gateway.fault = GATEWAY_FAULTS[fault]
            try:
                return self._carry(name, key, arguments)
            finally:
                self._central.gateway.fault = ""
        with suppress(Unreachable, Refused):
            self._carry(name, key, arguments)
        if fault == faults.CUT_AFTER:
            raise machine.cut()
        machine.down = fault == faults.DOWN_AFTER
        raise Unreachable(name)

    def _another(self, name: str, arguments: tuple[object, ...]) -> Callable[[], wire.Reply] | None:
        """The answer that somebody else would get now: about the newest other order, or the newest other sheet."""
        central = self._central
        if name in ("grant_copy", "report_sheet"):
            about = arguments[1].print_id if isinstance(arguments[1], wire.PrintOutcome) else arguments[1]
            for print_id in reversed(central.prints):
                if print_id != about:
                    return partial(central._granted, print_id, central.prints[print_id])
            return None
        about = arguments[0].order_id if isinstance(arguments[0], wire.OrderRequest) else arguments[0]
        for order_id in reversed(central.orders):
            if order_id != about:
                return partial(central._reply, central.orders[order_id])
        return None

    def _carry(self, name: str, key: str, arguments: tuple[object, ...]) -> wire.Reply:
        """The request reaches central, and the answer comes back."""
        try:
            return cast(wire.Reply, getattr(self._central, METHODS[name])(self._machine.kiosk_id, *arguments))
        except Silent:
            raise Unreachable(name) from None
        finally:
            if self._around.under_way and name in ("close", "grant_copy", "report_sheet"):
                self._around.arrive(key)


class FarPrinter:
    """A receipt printer with real paper."""

    def __init__(self, machine: Machine) -> None:
        self._machine, self._around = machine, machine.around

    def status(self) -> PrinterStatus:
        return READY

    def covers(self, text: str) -> bool:
        return True

    def clear(self) -> bool:
        """Nothing here is thrown away: at worst all of it comes out, and the laws hold for that."""
        return True

    def print(self, document: Document) -> Verdict:
        around = self._around
        sheet = read(self._machine.kiosk_id, document)
        if sheet is None:
            around.slips += 1
            return Verdict.PRINTED
        if around.jams:
            around.jams -= 1
            raise NotReady(PaperSupply.JAMMED.value)
        fault = around.schedule.choose(faults.SHEET if around.tells else faults.MUTE_SHEET)
        if fault == faults.CUT_BEFORE:
            raise self._machine.cut()
        around.sent.append(sheet)
        around.come_out()
        if fault == faults.NOT_PRINTED:
            return Verdict.NOT_PRINTED
        if fault in (faults.GO_ON, faults.CUT_OUT, faults.UNKNOWN_OUT):
            around.out.append(sheet)
        elif fault != faults.UNKNOWN_GONE:
            around.inside.append(sheet)
        if fault in (faults.CUT_OUT, faults.CUT_LATER):
            raise self._machine.cut()
        return Verdict.PRINTED if fault == faults.GO_ON and around.tells else Verdict.UNKNOWN


class FarScanner:
    """Holds one code that somebody shows, until it is read."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine

    def discard(self) -> None:
        return

    def poll(self) -> str | None:
        code, self._machine.code = self._machine.code, ""
        return code or None


class Nowhere(events.Log):
    """A log that is not kept."""

    def __init__(self) -> None:
        return

    def write(self, event: events.Event) -> None:
        return


class MuteLog:
    """The device log is another proof's: here nothing is ever left to send."""

    def send(self) -> bool:
        return True


class Even:
    """A Random whose waits are all the same: the explorer chooses, nobody else does."""

    def uniform(self, low: float, high: float) -> float:
        return (low + high) / 2


@lru_cache(maxsize=50_000)
def _order(subject: str, steps: tuple[tuple[str, str], ...]) -> Order:
    """The same steps make the same order, whichever run they are from."""
    return payment.replay(subject.removeprefix(ORDER), [(event, json.loads(data)) for event, data in steps])


def read(kiosk_id: str, document: Document) -> Sheet | None:
    """What a receipt says, from its document; None for paper that is no receipt."""
    title = document[0]
    if not isinstance(title, Line) or title.text != texts.SLIP_TITLE:
        return None
    copy_number, receipt_no, amount_fen = 0, "", -1
    for element in document[1:]:
        if isinstance(element, Line) and element.text.startswith(COPY_MARK):
            copy_number = int(element.text.removeprefix(COPY_MARK))
        elif isinstance(element, Pair) and element.label == texts.RECEIPT_NO:
            receipt_no = element.value.replace(" ", "")
        elif isinstance(element, Pair) and element.label == texts.AMOUNT:
            amount_fen = money.parse_yuan(element.value.strip("￥").replace(",", ""))
    return Sheet(kiosk_id, receipt_no, amount_fen, copy_number)


def empty_disk() -> apsw.Connection:
    """A journal's database in memory, with nothing in it."""
    connection = apsw.Connection(":memory:")
    connection.execute(journal._SCHEMA)
    return connection
