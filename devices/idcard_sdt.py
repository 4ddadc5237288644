"""Driver of a SAM_V reader: time-outs, retries, and when to believe a reading.

A reading is believed when the card agrees with itself and its number carries a check digit, on a line that
spoiled nothing lately; otherwise when it came twice the same (docs/adr/0006-one-reading-with-checks.md).  A
card that was read, or could not be read, is not looked at again until the field was seen empty twice
running: a card somebody forgot must never begin the next person's visit.
"""

from __future__ import annotations

from devices import idcard_checks, idcard_text, sdt
from devices.clock import Clock
from devices.errors import (
    CardFault,
    CardNotRead,
    DeviceError,
    HardwareError,
    ProtocolError,
    Timeout,
    TransportLost,
)
from devices.idcard import IdCard, ReaderStatus
from devices.idcard_profiles import ReaderProfile, Removal
from devices.status import DeviceState, Media
from devices.transport import Transport

READINGS_MOST = 4
EMPTY_LOOKS = 2  # a card at the edge of the field flickers
RETRY_PAUSE_S = 0.05
QUIET_S = 0.03
DOUBT_S = 60.0  # how long one spoiled reply makes us read every card twice


class SdtReader:
    """An IdCardReader over SAM_V.

    The clock may be the patient one: it sleeps only between two tries of a card.
    """

    def __init__(self, transport: Transport, profile: ReaderProfile, clock: Clock) -> None:
        self._transport = transport
        self._profile = profile
        self._clock = clock
        self._media = Media.UNKNOWN
        self._lying = False  # a card we are done with may still be there
        self._can_probe = profile.removal is Removal.ADDRESS_PROBE
        self._empty_looks = 0
        self._doubt_until_s = clock.monotonic()

    def status(self) -> ReaderStatus:
        try:
            self._ask(sdt.STATUS)
        except HardwareError:
            return ReaderStatus(DeviceState.HARDWARE_ERROR, self._media)
        except (TransportLost, Timeout):
            return ReaderStatus(DeviceState.NO_DEVICE, Media.UNKNOWN)
        except DeviceError:
            return ReaderStatus(DeviceState.UNKNOWN, self._media)  # somebody answers, nobody understands
        return ReaderStatus(DeviceState.ONLINE, self._media)

    def sam_number(self) -> bytes:
        """The module's own 16 bytes, as they come.  Raises what ``poll`` raises."""
        return self._ask(sdt.SAM_NUMBER).data

    def poll(self) -> IdCard | None:
        if self._lying and not self._has_left():
            return None
        if not self._find():
            self._media = Media.NOT_PRESENT
            return None
        self._media = Media.PRESENT
        try:
            card = self._read_found()
        except CardNotRead as error:
            if error.fault is CardFault.PULLED:
                self._media = Media.NOT_PRESENT
            else:
                self._must_leave()
            raise
        self._must_leave()
        return card

    def media_taken(self) -> bool:
        if not self._lying:
            return True
        try:
            return self._has_left()
        except DeviceError:
            return True  # nobody is kept waiting before a dead reader; poll goes on looking for the card

    def close(self) -> None:
        """Gives the port back; the next use opens it again."""
        self._transport.close()

    # --- the field ---

    def _find(self) -> bool:
        return self._ask(sdt.FIND).sw3 == sdt.FOUND

    def _must_leave(self) -> None:
        self._lying = True
        self._empty_looks = 0

    def _has_left(self) -> bool:
        self._empty_looks = 0 if self._still_there() else self._empty_looks + 1
        if self._empty_looks < EMPTY_LOOKS:
            return False
        self._lying = False
        self._media = Media.NOT_PRESENT
        return True

    def _still_there(self) -> bool:
        if self._can_probe:
            answer = self._answer(sdt.READ_NEW_ADDRESS)
            if answer.sw3 in (sdt.OK, sdt.ITEM_EMPTY):
                return True
            self._can_probe = answer.sw3 != sdt.COMMAND_UNKNOWN
        # found again may be the same card after a power cut of the reader: ours until the field was empty
        return self._ask(sdt.FIND).sw3 != sdt.NOT_FOUND

    # --- one card ---

    def _read_found(self) -> IdCard:
        """Reads the card that FIND has just found.

        Raises CardNotRead, Timeout, TransportLost, HardwareError.
        """
        give_up_s = self._clock.monotonic() + self._profile.patience_s
        for attempt in range(self._profile.tries):
            if attempt:
                self._clock.sleep(RETRY_PAUSE_S)
                if not self._find():
                    raise CardNotRead(CardFault.PULLED)
            try:
                card = self._select_and_read()
            except ProtocolError:
                raise CardNotRead(CardFault.UNREADABLE) from None
            except Timeout:
                # nothing came: either the reader is dead, and FIND times out too, or the card was pulled
                raise CardNotRead(CardFault.UNREADABLE if self._find() else CardFault.PULLED) from None
            if card is not None:
                return card
            if self._clock.monotonic() >= give_up_s:
                break
        raise CardNotRead(CardFault.UNREADABLE if self._find() else CardFault.PULLED)

    def _select_and_read(self) -> IdCard | None:
        """None when the card did not follow, which a new FIND may mend."""
        selected = self._ask(sdt.SELECT)
        if selected.meaning is sdt.Meaning.UNSUPPORTED:
            raise CardNotRead(CardFault.UNSUPPORTED)
        if selected.meaning is not sdt.Meaning.GOOD:
            return None
        before = b""
        for _ in range(READINGS_MOST):
            answer = self._ask(sdt.READ)
            if answer.meaning is sdt.Meaning.UNSUPPORTED:
                raise CardNotRead(CardFault.UNSUPPORTED)
            if answer.meaning is not sdt.Meaning.GOOD:
                return None
            verdict = judge(answer.data)
            if answer.data == before:
                if isinstance(verdict, IdCard):
                    return verdict
                raise CardNotRead(verdict)
            if isinstance(verdict, IdCard) and idcard_checks.has_check_digit(verdict) and not self._doubted:
                return verdict
            before = answer.data
        raise CardNotRead(CardFault.UNREADABLE)

    # --- one question ---

    def _ask(self, command: bytes) -> sdt.Response:
        """An answer to this command, asked again while the line spoils it or the reader reports a fault.

        Raises TransportLost, Timeout, ProtocolError; HardwareError for a fault reported every time.
        """
        answer = self._answer(command)
        if answer.meaning is sdt.Meaning.FAULT:
            raise HardwareError(answer.code)
        if answer.meaning is sdt.Meaning.LINE:
            raise ProtocolError(f"{command.hex()} not understood: {answer.code}")
        return answer

    def _answer(self, command: bytes) -> sdt.Response:
        """The same, but a reader that says every time that it is at fault, or lost, has answered."""
        give_up_s = self._clock.monotonic() + self._profile.patience_s
        last: sdt.Response | DeviceError = Timeout("not asked")
        for _ in range(self._profile.tries):
            try:
                last = self._exchange(command)
            except (Timeout, ProtocolError) as error:
                self._doubt()
                self._settle()
                last = error
            else:
                if last.meaning not in (sdt.Meaning.LINE, sdt.Meaning.FAULT):
                    return last
                if last.sw3 != sdt.COMMAND_UNKNOWN:
                    self._doubt()
            if self._clock.monotonic() >= give_up_s:
                break
        if isinstance(last, DeviceError):
            raise last
        return last

    def _exchange(self, command: bytes) -> sdt.Response:
        self._transport.discard()  # a late answer must not pass for this one
        self._transport.write(sdt.encode(command))
        decoder = sdt.Decoder()
        deadline_s = self._clock.monotonic() + self._timeout_s(command)
        while (left_s := deadline_s - self._clock.monotonic()) > 0:
            wait_s = min(left_s, self._profile.stall_s) if decoder.inside else left_s
            portion = self._transport.read(4096, wait_s)
            if not portion and decoder.inside:
                raise ProtocolError(f"answer to {command.hex()} broke off")
            heard = decoder.feed(portion)
            answers = [one for one in heard if isinstance(one, sdt.Response) and fits(command, one)]
            if len(answers) < len(heard):
                self._doubt()
            if answers:
                return answers[-1]
            if any(isinstance(one, sdt.Garbled) for one in heard):
                raise ProtocolError(f"answer to {command.hex()} is garbled")
        raise Timeout(f"{command.hex()} unanswered")

    def _settle(self) -> None:
        """Lets a spoiled reply run out, because a reader that is still sending may not listen."""
        deadline_s = self._clock.monotonic() + 2 * self._wire_s(sdt.READ_REPLY_BYTES)
        while self._clock.monotonic() < deadline_s and self._transport.read(4096, QUIET_S):
            pass

    def _timeout_s(self, command: bytes) -> float:
        if command == sdt.READ:
            return self._profile.read_timeout_s + 2 * self._wire_s(sdt.READ_REPLY_BYTES)
        return self._profile.answer_timeout_s

    def _wire_s(self, size: int) -> float:
        return size * 10 / self._profile.baud

    def _doubt(self) -> None:
        self._doubt_until_s = self._clock.monotonic() + DOUBT_S

    @property
    def _doubted(self) -> bool:
        return self._clock.monotonic() < self._doubt_until_s


def judge(data: bytes) -> IdCard | CardFault:
    """What one READ reply says: a card that agrees with itself, or why it is none."""
    reading = sdt.split_reading(data)
    if reading is None:
        return CardFault.INVALID
    try:
        card = idcard_text.parse(reading.text, reading.photo)
    except CardNotRead as error:
        return error.fault
    return CardFault.INVALID if idcard_checks.contradictions(card) else card


def fits(command: bytes, answer: sdt.Response) -> bool:
    """Whether this can be the answer to that command, and not a late one to an earlier command."""
    if answer.sw3 in (sdt.FOUND, sdt.NOT_FOUND):
        return command == sdt.FIND
    if answer.sw3 != sdt.OK:
        return True
    size = len(answer.data)
    if command == sdt.READ:
        return size >= sdt.TEXT_BYTES
    if command == sdt.STATUS:
        return size == 0
    return command != sdt.FIND and size < sdt.TEXT_BYTES
