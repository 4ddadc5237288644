"""The far end of a SAM_V wire: a reader with hands that put cards on it.

Follows the documented habits: FIND, SELECT and READ for each card, and a card that was read is not found
again until it has left the field.  Two cards at once are found but cannot be selected.
"""

from __future__ import annotations

import threading

from devices import idcard_text, sdt
from devices.idcard import IdCard

SAM_NUMBER_DATA = bytes.fromhex("0500 0100 8DFD3401 01000000 01000000")  # 05.01-20250001-..., invented
FORGET_TICKS = 10  # after about 100 ms of silence a half command is forgotten
NO_PHOTO = bytes(sdt.PHOTO_BYTES)


class IdCardEmulator:
    """An EmulatedDevice.  Control methods and flags may be used from any thread.

    Flags: ``mute`` answers nothing; ``sam_fault`` answers everything with 66, module not authorised;
    ``unsupported`` does not know the kind of card; ``garble`` spoils every reply; ``find_repeats`` is the
    other family of readers, where a card that was read is found again while it lies there.
    """

    def __init__(self, *, find_repeats: bool = False) -> None:
        self.mute = False
        self.sam_fault = False
        self.unsupported = False
        self.garble = False
        self.find_repeats = find_repeats
        self._lock = threading.Lock()
        self._field: tuple[IdCard, ...] = ()
        self._selected = False
        self._was_read = False
        self._cut_next_read: int | None = None
        self._commands = sdt.Decoder(command=True)
        self._silent_ticks = 0

    # --- hands ---

    def place(self, card: IdCard) -> None:
        """Puts one card on the reader, in place of whatever lay there."""
        self._put((card,))

    def place_two(self, first: IdCard, second: IdCard) -> None:
        """Puts two cards on the reader at once."""
        self._put((first, second))

    def take(self) -> None:
        """Takes everything away."""
        self._put(())

    def pull_mid_read(self, after_bytes: int) -> None:
        """The next READ reply breaks off after so many bytes, and the card is gone."""
        with self._lock:
            self._cut_next_read = after_bytes

    @property
    def cards(self) -> tuple[IdCard, ...]:
        """What lies there now."""
        with self._lock:
            return self._field

    @property
    def was_read(self) -> bool:
        """Whether the card that lies there has been read."""
        with self._lock:
            return self._was_read

    def _put(self, cards: tuple[IdCard, ...]) -> None:
        with self._lock:
            self._field = cards
            self._selected = self._was_read = False

    # --- the wire ---

    def receive(self, data: bytes) -> bytes:
        with self._lock:
            self._silent_ticks = 0
            replies = b"".join(self._reply(command) for command in self._commands.payloads(data))
            if self.mute:
                return b""
            return _spoiled(replies) if self.garble and replies else replies

    def tick(self) -> bytes:
        with self._lock:
            self._silent_ticks += 1
            if self._silent_ticks == FORGET_TICKS:
                self._commands = sdt.Decoder(command=True)
            return b""

    def _reply(self, command: bytes | sdt.Garbled) -> bytes:
        if isinstance(command, sdt.Garbled):
            return _word(0x10 if command.reason == "check" else 0x11)
        if self.sam_fault:
            return _word(0x66)
        if command == sdt.FIND:
            return self._find()
        if command == sdt.SELECT:
            return self._select()
        if command == sdt.READ:
            return self._read()
        if command == sdt.READ_NEW_ADDRESS:
            return _word(sdt.ITEM_EMPTY if self._selected else sdt.READ_FAILED)
        if command == sdt.SAM_NUMBER:
            return _word(sdt.OK, SAM_NUMBER_DATA)
        if command in (sdt.STATUS, sdt.RESET, sdt.SET_RF_FRAME):
            return _word(sdt.OK)
        return _word(sdt.COMMAND_UNKNOWN)

    def _find(self) -> bytes:
        if not self._field or (self._was_read and not self.find_repeats):
            return _word(sdt.NOT_FOUND)
        self._selected = False
        return _word(sdt.FOUND, bytes(4))

    def _select(self) -> bytes:
        if len(self._field) != 1 or (self._was_read and not self.find_repeats):
            return _word(sdt.SELECT_FAILED)
        self._selected = True
        return _word(sdt.OK, bytes(8))

    def _read(self) -> bytes:
        if not self._selected:
            return _word(sdt.READ_FAILED)
        if self.unsupported:
            return _word(sdt.UNKNOWN_CARD)
        card = self._field[0]
        photo = card.photo or NO_PHOTO
        lengths = sdt.TEXT_BYTES.to_bytes(2, "big") + len(photo).to_bytes(2, "big")
        frame = _word(sdt.OK, lengths + idcard_text.render(card) + photo)
        if self._cut_next_read is not None:
            frame, self._cut_next_read = frame[: self._cut_next_read], None
            self._field, self._selected = (), False
            return frame
        self._was_read = True
        return frame


def _word(sw3: int, data: bytes = b"") -> bytes:
    return sdt.encode(bytes([0, 0, sw3]) + data)


def _spoiled(reply: bytes) -> bytes:
    return reply[:-1] + bytes([reply[-1] ^ 0x55])
