"""Drives an ESC/POS receipt printer: asks first, prints once, and believes only the printer's own word.

    encode -> DLE EOT 1-4 -> ESC @, GS a -> the sheet and its cut -> GS ( H number, GS r -> wait for the
    number

Up to the first byte of the sheet every trouble is an exception; from then on it is a verdict.  After
UNKNOWN the printer keeps its buffer while the visit lasts: a sheet stopped by the end of the paper comes
out whole when paper is loaded.  Then ``clear`` has it forgotten, wherever it waits, before anybody else
comes: what a system buffer has not sent, what the printer holds, and a half sheet still hanging is cut off.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path

from devices import escpos
from devices.clock import Clock
from devices.errors import DeviceError, NotReady, Timeout
from devices.escpos_status import (
    QUESTIONS,
    Changed,
    Cleared,
    Completed,
    Demultiplexer,
    InTurn,
    RealTime,
    judge,
)
from devices.glyphs import FontChain
from devices.printer import Document, PrinterStatus, ReceiptPrinter, Verdict
from devices.printer_profiles import PROFILES, PrinterProfile
from devices.status import Cover, DeviceState, PaperSupply
from devices.transport import SerialTransport, Transport

LISTEN_S = 0.05
NUMBER_GRACE_S = 2.0  # after GS r is answered a printer that knows GS ( H has sent its number long ago
ALIVE_INTERVAL_S = 1.0
DEAD_AFTER_S = 3.5  # without a sign of life: the printer was switched off, and its buffer is gone
SLICE_BYTES = 512
READ_BYTES = 64
LAST_NUMBER = 9999
# unanswered: the profile is wrong, or the answers are lost; a wait in every idle look helps nobody
MOST_CLEARS = 3


class _Held(Enum):
    """What may still come out of the printer without being asked for."""

    NOTHING = "nothing"
    PERHAPS = "perhaps"  # of a program that died, or from before the printer fell silent
    SHEET = "sheet"  # one that ended UNKNOWN


@dataclass(frozen=True, slots=True)
class PrinterSettings:
    """What the configuration says; None is the profile's own figure.  ``port`` is a path or
    socket://host:port.
    """

    port: str
    profile: str = "epson-80"
    baud: int | None = None
    status_timeout_s: float | None = None
    completion_timeout_s: float | None = None


def open_printer(settings: PrinterSettings, fonts: tuple[Path, ...], clock: Clock) -> ReceiptPrinter:
    """A printer whose port is opened when it is first used.  Raises ValueError for a profile that does not
    exist.
    """
    if settings.profile not in PROFILES:
        raise ValueError(f"no printer profile {settings.profile}; there are {', '.join(PROFILES)}")
    profile = PROFILES[settings.profile]
    profile = replace(
        profile,
        baud=settings.baud or profile.baud,
        status_timeout_s=settings.status_timeout_s or profile.status_timeout_s,
        completion_timeout_s=settings.completion_timeout_s or profile.completion_timeout_s,
    )
    transport = SerialTransport(
        settings.port, profile.baud, rtscts=profile.rtscts, stall_timeout_s=profile.stall_timeout_s
    )
    # A program that lost its power in the middle of a sheet left half of it hanging there.
    return EscposPrinter(transport, profile, FontChain(fonts), clock, unfinished=True)


class EscposPrinter:
    """A ReceiptPrinter.  Used from one thread."""

    def __init__(
        self,
        transport: Transport,
        profile: PrinterProfile,
        glyphs: FontChain,
        clock: Clock,
        unfinished: bool = False,
    ) -> None:
        """``unfinished``: a part of a sheet may hang out of the printer; it is cut off before the first one."""
        self._transport, self._profile, self._glyphs, self._clock = transport, profile, glyphs, clock
        # Not from 1: an older program's sheet may still be waiting in the printer for paper.
        self._number = clock.wall_ms() // 100 % LAST_NUMBER
        self._unfinished = unfinished
        self._maybe_open = True  # a command may be open, of a program that died or a job cut short
        self._held = _Held.PERHAPS if unfinished else _Held.NOTHING
        self._awaited = False  # somebody who is here waits for what is held
        self._clears = 0  # tries, of what is held
        self._was_silent = False

    def status(self) -> PrinterStatus:
        """Asks DLE EOT 1 to 4, in ``status_timeout_s`` all told.  Never raises; a lost link is NO_DEVICE."""
        try:
            return self._ask()
        except DeviceError:
            return self._silent()

    def covers(self, text: str) -> bool:
        """Whether every character can be printed; a line break counts as one that can."""
        return escpos.covered(text, self._profile, self._glyphs)

    def print(self, document: Document) -> Verdict:
        """Prints one sheet and waits for the printer's word, at most about ``completion_timeout_s`` after
        its last byte.

        Raises UncoveredCharacter, NotReady, TransportLost: nothing of the sheet was sent.
        """
        sheet = escpos.encode(document, self._profile, self._glyphs)
        self._require_ready()
        if self._held is not _Held.NOTHING and not self._awaited:
            self._forget()
        try:
            self._prepare()
        except Timeout as error:
            raise NotReady(DeviceState.OFFLINE.value) from error  # the line is held: it takes nothing now
        verdict, self._awaited = Verdict.UNKNOWN, True
        try:
            job = _Job(self._transport, self._profile, self._clock, self._next_number())
            job.send(sheet)
            verdict = job.wait()
        except DeviceError:
            pass  # too late for an exception: a part may be on the paper
        self._unfinished = self._maybe_open = verdict is Verdict.UNKNOWN
        self._hold(_Held.SHEET if verdict is Verdict.UNKNOWN else _Held.NOTHING)
        return verdict

    def clear(self) -> bool:
        """Has everything forgotten that was not printed, at most about ``status_timeout_s`` twice; cuts off what hangs out.

        False when a sheet may still come: the printer cannot forget (profile), or has not said that it did.
        """
        self._awaited = False
        if self._held is not _Held.NOTHING and self._clears < MOST_CLEARS:
            self._forget()
        if self._unfinished:
            self._cut_off()
        return self._held is not _Held.SHEET

    def _hold(self, held: _Held) -> None:
        self._held, self._clears = held, 0

    def _forget(self) -> None:
        """Nothing leaves this machine any more, and the printer empties its buffers, if it can."""
        self._clears += 1
        try:
            self._transport.discard()
            self._transport.interrupt(escpos.CLEAR if self._profile.clears else b"")
            if self._profile.clears and self._heard_cleared():
                self._hold(_Held.NOTHING)
        except DeviceError:
            pass  # it is not there: asked again

    def _heard_cleared(self) -> bool:
        """Nothing may be sent before the answer has come: it would be cleared too.  Raises TransportLost."""
        heard, deadline_s = Demultiplexer(), self._clock.monotonic() + self._profile.status_timeout_s
        while (left_s := deadline_s - self._clock.monotonic()) > 0:
            if Cleared() in heard.feed(self._transport.read(READ_BYTES, left_s)):
                return True
        return False

    def _cut_off(self) -> None:
        """Whoever loads the paper finds the half sheet, and not the next person."""
        try:
            if self._ask().can_print:
                self._prepare()
                self._unfinished = self._maybe_open = False
        except DeviceError:
            pass

    def _prepare(self) -> None:
        """Everything but the sheet.  One person's half sheet is cut off, not joined to the next one's."""
        flush = escpos.flush(self._profile) if self._maybe_open else b""
        cut = escpos.INITIALISE + escpos.CUT if self._unfinished else b""
        self._transport.write(flush + cut + escpos.prelude(self._profile))

    def _require_ready(self) -> None:
        status = self._ask()
        if status.device in (DeviceState.NO_DEVICE, DeviceState.UNKNOWN):
            status = self._ask()  # one answer can be lost on a bad cable
        if status.paper in (PaperSupply.OUT, PaperSupply.JAMMED):
            raise NotReady(status.paper.value)
        if status.cover is Cover.OPEN:
            raise NotReady(status.cover.value)
        if status.device is not DeviceState.ONLINE:
            raise NotReady(status.device.value)

    def _ask(self) -> PrinterStatus:
        """One question at a time, so that answers cannot be taken for one another.  Raises TransportLost,
        Timeout.
        """
        deadline_s = self._clock.monotonic() + self._profile.status_timeout_s
        self._transport.discard()  # a late answer must not pass for this one
        heard, answers = Demultiplexer(), dict[int, int]()
        held = self._transport.held()  # without paper many printers do, by their factory setting
        if held and self._awaited:
            return judge({})  # the rest of a sheet waits in the line: nothing can be asked past it
        send = self._transport.interrupt if held else self._transport.write
        for question in QUESTIONS:
            send(escpos.status_query(question))
            while question not in answers and (left_s := deadline_s - self._clock.monotonic()) > 0:
                for event in heard.feed(self._transport.read(READ_BYTES, left_s)):
                    if isinstance(event, RealTime):
                        answers[question] = event.value
            if question not in answers:
                break
        if not answers:
            return self._silent()
        if self._was_silent:
            self._was_silent, self._clears = False, 0
        status = judge(answers, self._profile.fault_mask)
        # busy, or a cable that does not carry its ready line
        if held and status.device is DeviceState.ONLINE:
            return replace(status, device=DeviceState.OFFLINE)
        return status

    def _silent(self) -> PrinterStatus:
        """Switched off, unplugged or in somebody else's hands: what it holds afterwards is nobody's sheet."""
        self._awaited, self._was_silent = False, True
        if self._held is _Held.NOTHING:
            self._hold(_Held.PERHAPS)
        return judge({})

    def _next_number(self) -> bytes:
        self._number = self._number % LAST_NUMBER + 1
        return b"%04d" % self._number


class _Job:
    """One sheet on its way.  Every method raises TransportLost and Timeout."""

    def __init__(self, transport: Transport, profile: PrinterProfile, clock: Clock, number: bytes) -> None:
        self._transport, self._profile, self._clock, self._number = transport, profile, clock, number
        self._heard = Demultiplexer()
        self._offline = False
        self._completed = False
        self._words = 0  # answers to GS r
        self._sign_s = 0.0  # the last sign of life
        self._through_s = 0.0  # when the line has carried the last byte

    def send(self, sheet: tuple[bytes, ...]) -> None:
        """The sheet, its cut and the request for a word.  Holds while the printer says that it is offline."""
        data = b"".join(sheet)
        line_s = len(data) * 10 / self._profile.baud
        deadline_s = self._clock.monotonic() + line_s + self._profile.completion_timeout_s
        for start in range(0, len(data), SLICE_BYTES):
            self._listen(0.0)
            while self._offline:
                if self._clock.monotonic() >= deadline_s:
                    raise Timeout("offline in the middle of a sheet")
                self._listen(LISTEN_S)
            self._transport.write(data[start : start + SLICE_BYTES])
        self._listen(0.0)
        self._words = 0  # noise: the question has not been put yet
        self._transport.write(escpos.request(self._number, self._profile))
        # the system's buffer may hold it all
        self._sign_s = self._through_s = self._clock.monotonic() + line_s

    def wait(self) -> Verdict:
        """Until the number comes back, or GS r is answered by a printer that knows no numbers."""
        deadline_s = self._through_s + self._profile.completion_timeout_s
        ask_s = self._through_s
        word_s: float | None = None
        while (now_s := self._clock.monotonic()) < deadline_s:
            self._listen(LISTEN_S)
            if self._completed:
                return Verdict.PRINTED
            if self._words and word_s is None:
                word_s = now_s
                # one byte of noise looks like a word; two do not come
                self._transport.write(escpos.ASK_IN_TURN)
            number_s = NUMBER_GRACE_S if self._profile.gs_h else 0.0
            if word_s is not None and self._words >= 2 and now_s - word_s >= number_s:
                return Verdict.PRINTED
            if now_s - self._sign_s > DEAD_AFTER_S:
                return Verdict.UNKNOWN
            if now_s >= ask_s:
                self._transport.write(escpos.status_query(1))
                ask_s = now_s + ALIVE_INTERVAL_S
        return Verdict.UNKNOWN

    def _listen(self, timeout_s: float) -> None:
        for event in self._heard.feed(self._transport.read(READ_BYTES, timeout_s)):
            self._sign_s = max(self._sign_s, self._clock.monotonic())
            match event:
                case Completed(digits):
                    self._completed |= digits == self._number
                case Changed():
                    self._offline = event.offline
                case InTurn() if not event.paper_out:  # without paper it is a word on nothing
                    self._words += 1
