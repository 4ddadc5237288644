"""A wire without a kernel.

An emulated device, a clock that only moves when somebody waits, and a seeded bad cable.
"""

from __future__ import annotations

from devices.errors import TransportLost
from devices.farend import EmulatedDevice
from devices.faults import Faults


class FakeClock:
    """Time moves only by ``sleep``."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def monotonic(self) -> float:
        return self.now_s

    def wall_ms(self) -> int:
        return 0

    def sleep(self, seconds: float) -> None:
        self.now_s += seconds


class DirectWire:
    """A Transport.  ``portion`` bytes travel at once, 1 ms apart; ``log`` keeps what the host wrote.

    ``deaf_while_sending``: a device that does not listen before its reply is out.
    """

    def __init__(
        self, device: EmulatedDevice, clock: FakeClock, faults: Faults | None = None, portion: int = 4096
    ) -> None:
        self.device, self.clock, self.faults, self.portion = device, clock, faults, portion
        self.lost = self.deaf_while_sending = False
        self.log: list[bytes] = []
        self._coming: list[tuple[float, bytes]] = []

    def discard(self) -> None:
        self._check()
        self._coming = [(at_s, data) for at_s, data in self._coming if at_s > self.clock.now_s]

    def write(self, data: bytes) -> None:
        self._check()
        self.log.append(data)
        if self.deaf_while_sending and self._coming:
            return
        for portion, late_s in self._travel(data):
            self._send(self.device.receive(portion), late_s)

    def read(self, max_bytes: int, timeout_s: float) -> bytes:
        self._check()
        until_s = self.clock.now_s + timeout_s
        if not self._coming or self._coming[0][0] > until_s:
            self._pass(timeout_s)
        if not self._coming or self._coming[0][0] > until_s:
            return b""
        at_s, data = self._coming.pop(0)
        self._pass(max(0.0, at_s - self.clock.now_s))
        if data[max_bytes:]:
            self._coming.insert(0, (at_s, data[max_bytes:]))
        return data[:max_bytes]

    def held(self) -> bool:
        self._check()
        return False

    def interrupt(self, data: bytes) -> None:
        self.write(data)  # nothing is ever left on this side

    def close(self) -> None:
        self._coming = []

    def _send(self, data: bytes, late_s: float) -> None:
        at_s = max(self.clock.now_s + late_s, self._coming[-1][0] if self._coming else 0.0)
        for portion, more_s in self._travel(data):
            at_s += 0.001 + more_s
            self._coming.append((at_s, portion))

    def _travel(self, data: bytes) -> list[tuple[bytes, float]]:
        portions = [data[at : at + self.portion] for at in range(0, len(data), self.portion)]
        arrived = [self.faults.spoil(one) if self.faults else (one, 0.0) for one in portions]
        return [(one, late_s) for one, late_s in arrived if one]

    def _pass(self, seconds: float) -> None:
        self.clock.now_s += seconds
        for _ in range(min(20, round(seconds / 0.01))):
            self._send(self.device.tick(), 0.0)

    def _check(self) -> None:
        if self.lost:
            raise TransportLost("pulled by the test")
