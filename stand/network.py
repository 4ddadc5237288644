"""The cable between a kiosk and central: a TCP relay that can be cut, slowed, or made to lose questions and answers.

Faults are chosen once an exchange (from the first byte of a request to the end of its reply), so that "the answer was lost" means
that central did the work.  One thread a connection; everything stays on this machine.
"""

from __future__ import annotations

import select
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from enum import Enum
from random import Random


class Fault(Enum):
    NONE = "none"
    LOSE_REQUEST = "lose_request"  # central never hears it
    LOSE_REPLY = "lose_reply"  # central does it, the kiosk never hears
    DELAY = "delay"  # the answer comes late


class Network:
    """Listens on ``port`` and relays to ``upstream``.  ``cut`` and ``choose`` may be changed from any thread."""

    def __init__(self, upstream: tuple[str, int], delay_s: float = 0.5) -> None:
        self._upstream, self._delay_s = upstream, delay_s
        self.cut = False
        self.choose: Callable[[], Fault] = lambda: Fault.NONE
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]
        self._stopping = False
        self._thread = threading.Thread(target=self._accept, name="network", daemon=True)

    def start(self) -> Network:
        self._thread.start()
        return self

    def stop(self) -> None:
        self._stopping = True
        with suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self._thread.join(5)

    def faulty(self, rng: Random, lose_request: float, lose_reply: float, delay: float) -> None:
        """Draws a fault for each exchange with these probabilities."""

        def choose() -> Fault:
            draw = rng.random()
            for fault, share in (
                (Fault.LOSE_REQUEST, lose_request),
                (Fault.LOSE_REPLY, lose_reply),
                (Fault.DELAY, delay),
            ):
                if draw < share:
                    return fault
                draw -= share
            return Fault.NONE

        self.choose = choose

    def healthy(self) -> None:
        self.cut = False
        self.choose = lambda: Fault.NONE

    def _accept(self) -> None:
        while not self._stopping:
            try:
                client, _ = self._server.accept()
            except OSError:
                return
            if self.cut:
                client.close()
                continue
            threading.Thread(target=self._relay, args=(client,), daemon=True).start()

    def _relay(self, client: socket.socket) -> None:
        with client, suppress(OSError), socket.create_connection(self._upstream, timeout=5) as server:
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            fault, asking = Fault.NONE, False
            while not self._stopping and not self.cut:
                ready, _, _ = select.select([client, server], [], [], 0.05)
                if client in ready and not self.cut:
                    data = client.recv(65536)
                    if not data:
                        return
                    if not asking:
                        fault, asking = self.choose(), True
                    if fault is Fault.LOSE_REQUEST:
                        return
                    server.sendall(data)
                if server in ready and not self.cut:
                    data = server.recv(65536)
                    if not data or fault is Fault.LOSE_REPLY:
                        return
                    if fault is Fault.DELAY and asking:
                        time.sleep(self._delay_s)
                    asking = False
                    client.sendall(data)
