"""Brings sealed packets to central, in order, one at a time, for ever.  One thread, an Api of its own.

What central has answered is on disk before its content goes.  A lost answer changes nothing: the same packet is sent again and
central says the same.  When central misses earlier ones it is given them again, what is left of them (PACKET_GAP).  Nothing is
dropped: what central refuses is parked for a person.
"""

from __future__ import annotations

import queue
import sys
import threading
from dataclasses import dataclass

from devices.clock import Clock
from kiosk import events
from kiosk.api import Refused, Unreachable
from kiosk.field.api import FieldApi
from kiosk.field.packets import Packets
from kiosk.field.views import Link

FIRST_WAIT_S = 1.0
LONGEST_WAIT_S = 60.0


class CourierDied(Exception):
    """Its thread ended by a surprise, already logged: the process must end too; everything sealed is on the disk."""


@dataclass(frozen=True)
class Progress:
    """``link`` as the last call left it, never FULL; ``number`` grows with every change."""

    link: Link
    unsent: int
    unsent_bytes: int
    number: int


class Courier:
    """``wake`` and ``stop`` from any thread; ``progress`` and ``revoked`` may be read from any."""

    def __init__(
        self, packets: Packets, api: FieldApi, clock: Clock, log: events.Log, every_s: float
    ) -> None:
        self._packets, self._api, self._clock, self._log, self._every_s = packets, api, clock, log, every_s
        self.revoked = False
        self.progress = Progress(Link.OFFLINE, packets.unsent, packets.unsent_bytes, 0)
        self._wait_s = FIRST_WAIT_S
        self._inbox: queue.SimpleQueue[bool] = queue.SimpleQueue()  # False: stop
        self._died = self._stopping = False
        self._thread = threading.Thread(target=self._run, name="courier", daemon=True)

    def start(self) -> None:
        recovered = self._packets.recovered
        if recovered.adopted or recovered.aside:
            self._log.write(events.PacketsRecovered(recovered.adopted, recovered.aside))
        self._thread.start()

    def stop(self) -> None:
        """No further packet is begun; one that is under way for longer than 10 s is sent again after the next start."""
        self._stopping = True
        self._inbox.put(False)
        if self._thread.ident is not None:
            self._thread.join(timeout=10)

    def wake(self) -> None:
        """A visit was sealed, or somebody wants everything sent now."""
        self._inbox.put(True)

    def check(self) -> None:
        """Raises CourierDied when nobody would bring what is sealed."""
        if self._died:
            raise CourierDied

    def sweep(self) -> float:
        """Sends what waits, or just listens.  Returns seconds until it is to be tried again."""
        try:
            done = self._send_all()
        except Unreachable:
            self._tell(Link.OFFLINE)
            done = False
        if done:
            self._wait_s = FIRST_WAIT_S
            return self._every_s
        wait_s, self._wait_s = self._wait_s, min(self._wait_s * 2, LONGEST_WAIT_S)
        return min(wait_s, self._every_s)

    def receive(self, wait_s: float) -> bool:
        """Waits for a call.  False when it is time to stop."""
        try:
            go_on = self._inbox.get(timeout=max(wait_s, 0.01))
            while go_on and not self._inbox.empty():  # ten calls at once are one
                go_on = self._inbox.get_nowait()
        except queue.Empty:
            return True
        self._wait_s = FIRST_WAIT_S
        return go_on

    def _send_all(self) -> bool:
        """True when nothing waits any more.  Raises Unreachable."""
        if self._packets.unsent == 0:
            return self._listen()
        while (packet := self._packets.next_unsent()) is not None and not self._stopping:
            self._tell(Link.SENDING)
            if not self._send(packet.seq):
                self._tell(Link.ONLINE)
                return False
            self._wait_s = FIRST_WAIT_S
        self._tell(Link.ONLINE)
        return True

    def _listen(self) -> bool:
        """Whether central is there, and whether this tablet is still wanted."""
        try:
            self._api.packets()
        except Refused as refused:
            self._note_refusal(refused)
            self._tell(Link.ONLINE)
            return False
        self._tell(Link.ONLINE)
        return True

    def _send(self, seq: int) -> bool:
        """Brings one packet, after those that central misses.  False: later again.  Raises Unreachable."""
        from kiosk import wire  # late, as in kiosk.api

        try:
            return self._bring(seq)
        except Refused as refused:
            if refused.code is not wire.ProblemCode.PACKET_GAP:
                return False
        try:
            first = self._api.packets().last_seq + 1
            for missing in range(first, seq + 1):
                if not self._bring(missing):
                    return False
        except Refused as refused:
            self._note_refusal(refused)
            return False
        return first <= seq  # else central contradicts itself: later again

    def _bring(self, seq: int) -> bool:
        """One packet, once.  True: answered or parked.  Raises Unreachable; Refused for a gap."""
        from kiosk import wire
        from kiosk.field.wire import PacketResult

        packet = self._packets.packet(seq)
        if packet is None:
            return False
        if packet.sealed is None:
            self._log.write(events.PacketLost(seq))
        try:
            reply = self._api.send_packet(packet)
        except Refused as refused:
            self._note_refusal(refused)
            if refused.code is wire.ProblemCode.PACKET_GAP:
                raise
            if refused.code in (wire.ProblemCode.PACKET_REFUSED, wire.ProblemCode.INVALID_REQUEST):
                self._packets.refused(seq, refused.code)
                self._log.write(events.PacketParked(seq, refused.code.value))
                return True
            return False
        if (reply.seq, reply.hash) != (packet.seq, packet.hash):
            raise Unreachable("send_packet")  # an answer to another question is no answer
        self._packets.answered(reply)
        self._log.write(events.PacketAnswered(seq, reply.state.value, reply.result.value))
        if reply.result is PacketResult.TABLET_REVOKED:
            self._note_revoked()
        return True

    def _note_refusal(self, refused: Refused) -> None:
        from kiosk import wire

        if refused.code is wire.ProblemCode.TABLET_REVOKED:
            self._note_revoked()

    def _note_revoked(self) -> None:
        if not self.revoked:
            self.revoked = True
            self._log.write(events.TabletRevoked())

    def _tell(self, link: Link) -> None:
        old, packets = self.progress, self._packets
        now = (link, packets.unsent, packets.unsent_bytes)
        if now != (old.link, old.unsent, old.unsent_bytes):
            self.progress = Progress(*now, old.number + 1)

    def _run(self) -> None:
        wait_s = 0.0
        try:
            while self.receive(wait_s):
                wait_s = self.sweep()
        finally:
            if (error := sys.exception()) is not None:
                self._died = True  # the session ends the process
                self._log.write(events.Surprise.of(error))
