"""The far end of a wire: an emulated device behind a real pseudo-terminal.

The driver under test opens ``port`` with pyserial as it would a real device.  Speed is enforced here, because
a pseudo-terminal has none: 10 bits a byte, both ways, in portions of at most 16 bytes, each due at a time
counted from the one before, so that a late wake-up is caught up and nothing drifts.
"""

from __future__ import annotations

import os
import select
import shutil
import tempfile
import threading
import time
import tty
from pathlib import Path
from typing import Protocol

from devices.faults import Faults

PORTION_BYTES = 16
TICK_S = 0.01


class EmulatedDevice(Protocol):
    """What an emulator must offer.  Both calls come from one thread, the far end's."""

    def receive(self, data: bytes) -> bytes:
        """Bytes the host wrote, in any portions.  Returns what the device sends back at once."""

    def tick(self) -> bytes:
        """Called about every 10 ms: unsolicited or delayed bytes, or b""."""


class FarEnd:
    """Runs one device on a thread of its own.  ``port`` stays the same path over every unplug and replug.

    ``baud`` None is as fast as the machine.  ``faults`` may be exchanged at any time.  The control methods
    may be called from any thread but the device's.  A context manager: started inside, stopped after.
    """

    def __init__(self, device: EmulatedDevice, baud: int | None, faults: Faults | None = None) -> None:
        self.device = device
        self.faults = faults
        self._byte_s = 10 / baud if baud else 0.0
        self._folder = Path(tempfile.mkdtemp(prefix="farend-"))
        self._link = self._folder / "tty"
        self._control = threading.RLock()
        self._plugged: _Plugged | None = None

    @property
    def port(self) -> str:
        """Path for pyserial.  Missing while unplugged, as with a USB adapter."""
        return str(self._link)

    def start(self) -> None:
        """Plugs the device in.  Call before the driver opens the port: what is sent to nobody is lost."""
        self.replug()

    def stop(self) -> None:
        """Unplugs for good.  May be called twice."""
        self.unplug()
        shutil.rmtree(self._folder, ignore_errors=True)

    def unplug(self) -> None:
        """The cable is pulled: an open port fails at its next use, a new open finds no such path."""
        with self._control:
            if self._plugged is None:
                return
            self._link.unlink()  # first, so that nobody opens a number the system gives to somebody else
            self._plugged.end()
            self._plugged = None

    def replug(self) -> None:
        """The same path works again.  The device itself kept its state."""
        with self._control:
            if self._plugged is None:
                self._plugged = _Plugged(self)
                self._link.symlink_to(self._plugged.path)
                self._plugged.thread.start()

    def spoil(self, portion: bytes) -> tuple[bytes, float]:
        """What the cable makes of a portion, and how many seconds late."""
        faults = self.faults
        return faults.spoil(portion) if faults else (portion, 0.0)

    @property
    def byte_s(self) -> float:
        """Seconds a byte takes on this wire."""
        return self._byte_s

    def __enter__(self) -> FarEnd:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


class Direction:
    """Bytes on their way.  ``free_at_s``: when the wire has carried everything before ``waiting``."""

    def __init__(self, byte_s: float) -> None:
        self._byte_s = byte_s
        self.waiting = bytearray()
        self.free_at_s = 0.0

    def put(self, data: bytes, now_s: float) -> None:
        if data and not self.waiting:
            self.free_at_s = max(self.free_at_s, now_s)  # an idle wire starts now
        self.waiting += data

    @property
    def due_s(self) -> float:
        return self.free_at_s + min(len(self.waiting), PORTION_BYTES) * self._byte_s

    def take(self) -> bytes:
        """The next portion; it occupied the wire until ``due_s``."""
        self.free_at_s = self.due_s
        portion = bytes(self.waiting[:PORTION_BYTES])
        del self.waiting[:PORTION_BYTES]
        return portion


class _Plugged:
    """One pseudo-terminal from plug to unplug."""

    def __init__(self, end: FarEnd) -> None:
        self._end = end
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)  # before anybody knows the path: a cooked terminal echoes and eats bytes
        os.set_blocking(self._master, False)
        self.path = os.ttyname(self._slave)
        self._in, self._out = Direction(end.byte_s), Direction(end.byte_s)
        self._ended = threading.Event()
        self.thread = threading.Thread(target=self._run, name="farend", daemon=True)

    def end(self) -> None:
        self._ended.set()
        self.thread.join()
        os.close(self._master)
        os.close(self._slave)

    def _run(self) -> None:
        tick_s = time.monotonic()
        while not self._ended.is_set():
            now_s = time.monotonic()
            if now_s >= tick_s:
                self._out.put(self._end.device.tick(), now_s)
                tick_s = now_s + TICK_S
            self._carry_in(now_s)
            blocked = self._carry_out(now_s)
            self._rest(tick_s, blocked)

    def _carry_in(self, now_s: float) -> None:
        """Host to device.  The next portion is fetched when the last is through: back-pressure."""
        back_to_back = False
        while not self._ended.is_set():
            if not self._in.waiting:
                arrived = self._fetch()
                if not arrived:
                    return
                # after a portion the next one followed at once; on an idle wire it starts now
                self._in.put(arrived, self._in.free_at_s if back_to_back else now_s)
            if self._in.due_s > now_s:
                return
            portion, late_s = self._end.spoil(self._in.take())
            self._in.free_at_s += late_s
            back_to_back = True
            if portion:
                self._out.put(self._end.device.receive(portion), now_s)

    def _carry_out(self, now_s: float) -> bool:
        """Device to host.  True when the host's buffer is full and must be waited for."""
        while self._out.waiting and self._out.due_s <= now_s:
            if not select.select([], [self._master], [], 0)[1]:
                return True
            portion, late_s = self._end.spoil(self._out.take())
            self._out.free_at_s += late_s
            if portion:
                os.write(self._master, portion)
        return False

    def _rest(self, tick_s: float, blocked: bool) -> None:
        wake_s = tick_s
        if self._in.waiting:
            wake_s = min(wake_s, self._in.due_s)
        if self._out.waiting and not blocked:
            wake_s = min(wake_s, self._out.due_s)
        listen = [] if self._in.waiting else [self._master]
        select.select(listen, [], [], max(0.0, wake_s - time.monotonic()))

    def _fetch(self) -> bytes:
        try:
            return os.read(self._master, PORTION_BYTES)
        except BlockingIOError:
            return b""
