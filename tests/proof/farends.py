"""The far ends of one kiosk: a bad line to central, a printer with real paper, a scanner, and what all kiosks of a run share."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, cast

from devices.errors import NotReady
from devices.printer import Document, Line, Pair, PrinterStatus, Verdict
from devices.status import Cover, DeviceState, PaperSupply
from kiosk import events, money, texts, wire
from kiosk.api import Refused, Unreachable
from tests.proof import faults
from tests.proof.faults import Kind, Schedule
from tests.proof.world import Central
from tests.proof.world_gateway import Silent

if TYPE_CHECKING:
    from tests.proof.machine import Machine

START_S = 1_000.0
START_MS = 1_795_399_200_000  # 2026-11-23 10:00 in Wendeng, when the virtual clock says START_S
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
    ``disk_fails``: a disk may be full.
    """

    def __init__(
        self,
        central: Central,
        clock: Clock,
        schedule: Schedule,
        *,
        tells: bool,
        jams: int,
        disk_fails: bool,
    ) -> None:
        self.central, self.clock, self.schedule = central, clock, schedule
        self.tells, self.jams, self.disk_fails = tells, jams, disk_fails
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
            around.schedule.fresh = True  # paper was moved
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
