"""A bad network between two machines: a TCP relay that is told, or draws from a seed, what goes wrong with each exchange.

An exchange is one request and its reply, on a connection that may carry many.  A request is taken up whole before anything is done
with it, so that "lost" means that the server never heard it, and "the reply was lost" means that the work was done.

    client ---request---> proxy ---request---> server
                           |  drawn here: one Fault for each exchange
    client <---reply----- proxy <---reply----- server

One event loop on one thread, whatever the number of connections; everything stays on this machine.
As a command:  python -m stand proxy --listen 9000 --to 127.0.0.1:8080 --seed 7 --faults lose_reply=0.1,delay=0.05
"""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
from collections import Counter
from collections.abc import Callable, Coroutine, Mapping
from contextlib import suppress
from enum import Enum
from random import Random
from typing import Any

from stand import framing

PIECES = 24  # of a trickled reply
PATIENCE_S = 30.0  # with a server that never answers, and a client that never hangs up
READ_BYTES, NARROW_BYTES = 65536, 4096  # at once, on a fast line and on a slow one
RESET = struct.pack("ii", 1, 0)  # SO_LINGER on, for 0 s: close sends RST and forgets what was not sent


class Fault(Enum):
    """What goes wrong with one exchange.  After all of them but the first four the client's connection is gone."""

    NONE = "none"
    DELAY = "delay"  # the reply comes ``delay_s`` late
    TRICKLE = "trickle"  # the reply comes in small pieces, over ``trickle_s``
    DUPLICATE = "duplicate"  # the server hears the request twice at once, on two connections
    LOSE_REQUEST = "lose_request"  # the server never hears it
    LOSE_REPLY = "lose_reply"  # the server does it, the client never hears
    LATE = "late"  # as lost for the client; the server hears it ``late_s`` afterwards
    HALF_CLOSE = "half_close"  # the server is told at once that the client will say no more
    CUT_SHORT = "cut_short"  # part of the reply, then the client is told that no more will come
    RESET = "reset"  # the request arrives, then both connections break
    RESET_REPLY = "reset_reply"  # part of the reply, then the connection breaks
    CUT = "cut"  # this exchange and all others fail for ``cut_s``


class Proxy:
    """Listens on ``port`` and relays to ``upstream``.

    Every attribute and method may be used from any thread; ``choose`` is called on the proxy's own, once an exchange.
    ``counts``: what was done how often; CUT counts everything that failed because the line was dead.
    """

    def __init__(
        self,
        upstream: tuple[str, int],
        delay_s: float = 0.5,
        port: int = 0,
        bytes_a_second: float | None = None,
    ) -> None:
        """``bytes_a_second``: of the whole line between client and proxy, each way; None: as fast as it goes."""
        self.upstream = upstream
        self._up, self._down = Pace(bytes_a_second), Pace(bytes_a_second)
        self.delay_s, self.trickle_s, self.late_s, self.cut_s = delay_s, 0.3, 2.0, 1.0
        self.choose: Callable[[], Fault] = sound
        self.counts: Counter[Fault] = Counter()
        self._listener = socket.socket(proto=socket.IPPROTO_TCP)  # named, so that asyncio turns Nagle off
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if bytes_a_second is not None:  # what waits in the machine's own buffers has not crossed a slow line
            self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, NARROW_BYTES)
        self._listener.bind(("127.0.0.1", port))
        self.port: int = self._listener.getsockname()[1]
        self._cut, self._dead_until = False, 0.0
        self._sides: set[Side] = set()
        self._serving: set[asyncio.Task[None]] = set()
        self._on_the_way: set[asyncio.Task[None]] = set()
        self._places = Random(0)  # where replies break off; what is drawn per exchange belongs to ``choose``
        self._loop: asyncio.AbstractEventLoop | None = None
        self._started, self._ending = threading.Event(), asyncio.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), name="proxy", daemon=True)

    # --- hands ---

    def start(self) -> Proxy:
        self._thread.start()
        self._started.wait()
        return self

    def stop(self) -> None:
        """Drops everything.  May be called twice, and without a start."""
        if self._loop is not None and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._ending.set)
            self._thread.join(10)
        self._listener.close()

    @property
    def cut(self) -> bool:
        """While True nothing gets through.  Once it is set, every open connection is gone."""
        return self._cut

    @cut.setter
    def cut(self, cut: bool) -> None:
        self._cut = cut
        if cut:
            self._do(self._drop_all())

    def faulty(self, rng: Random, shares: Mapping[Fault, float]) -> None:
        """Draws a fault for each exchange: one number of ``rng`` each, so that a seed gives the same order of faults."""

        def choose() -> Fault:
            draw = rng.random()
            for fault, share in shares.items():
                if draw < share:
                    return fault
                draw -= share
            return Fault.NONE

        self.choose = choose

    def healthy(self) -> None:
        """Everything gets through from now on; what is still on its way arrives."""
        self._cut, self._dead_until = False, 0.0
        self.choose = sound

    def settle(self) -> None:
        """Waits until nothing late or doubled is on its way any more."""
        self._do(self._arrived())

    # --- the loop ---

    async def _run(self) -> None:
        self._loop = asyncio.get_running_loop()
        limit = READ_BYTES if self._up.bytes_a_second is None else NARROW_BYTES
        server = await asyncio.start_server(self._serve, sock=self._listener, limit=limit)
        self._started.set()
        await self._ending.wait()
        server.close()
        while self._serving:  # each ends once its connections are gone, and none is cancelled in the middle
            await self._drop_all()
            await asyncio.wait(self._serving, timeout=0.1)

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        """Runs on the loop and waits until it is done; on the loop's own thread it is only begun."""
        if self._loop is None or not self._thread.is_alive():
            work.close()
        elif threading.current_thread() is self._thread:
            self._begin(work)
        else:
            asyncio.run_coroutine_threadsafe(work, self._loop).result(PATIENCE_S)

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._on_the_way.add(task)
        task.add_done_callback(self._on_the_way.discard)

    async def _arrived(self) -> None:
        while self._on_the_way:
            await asyncio.wait(set(self._on_the_way))

    async def _drop_all(self) -> None:
        for side in list(self._sides):
            await side.reset()

    @property
    def _dead(self) -> bool:
        return self._cut or asyncio.get_running_loop().time() < self._dead_until

    # --- one connection ---

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        client = Side(reader, writer, self._up, self._down)
        server, task = None, asyncio.current_task()
        assert task is not None
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)
        self._sides.add(client)
        try:
            while request := await client.message():
                if self._dead:
                    self.counts[Fault.CUT] += 1
                    return
                fault = self.choose()
                self.counts[fault] += 1
                if not self._sends(request, fault):
                    return
                if server is None or server.gone:
                    server = await self._connected(server)
                if not await self._exchange(client, server, request, fault):
                    return
        except (OSError, framing.NotHttp):  # a TimeoutError is an OSError
            return
        finally:
            for side in (client, server):
                if side is not None:
                    self._sides.discard(side)
                    await side.close()

    def _sends(self, request: bytes, fault: Fault) -> bool:
        """What is decided before the server hears anything.  True when it is to hear it now."""
        if fault is Fault.LATE:
            self._begin(self._deliver(request, self.late_s))
        elif fault is Fault.DUPLICATE:
            self._begin(self._deliver(request, 0.0))
        elif fault is Fault.CUT:
            self._dead_until = asyncio.get_running_loop().time() + self.cut_s
            self._begin(self._drop_all())
        return fault not in (Fault.LOSE_REQUEST, Fault.LATE, Fault.CUT)

    async def _exchange(self, client: Side, server: Side, request: bytes, fault: Fault) -> bool:
        """Request to the server, reply to the client.  False when the client's connection is to be closed."""
        await server.send(request)
        if fault is Fault.RESET:
            await server.reset()
            await client.reset()
            return False
        if fault is Fault.HALF_CLOSE:
            server.say_no_more()
        reply = await asyncio.wait_for(server.message(framing.method(request)), PATIENCE_S)
        if fault is Fault.DELAY:
            await asyncio.sleep(self.delay_s)
        if not reply or self._dead or fault is Fault.LOSE_REPLY:
            return False
        if fault in (Fault.CUT_SHORT, Fault.RESET_REPLY):
            await client.send(reply[: self._places.randrange(len(reply))])
            if fault is Fault.RESET_REPLY:
                await client.reset()
            else:
                client.say_no_more()
                await asyncio.wait_for(client.hung_up(), PATIENCE_S)
            return False
        size = -(-len(reply) // PIECES) if fault is Fault.TRICKLE else len(reply)
        for start in range(0, len(reply), size):
            if start:
                await asyncio.sleep(self.trickle_s / PIECES)
            await client.send(reply[start : start + size])
        if fault is Fault.HALF_CLOSE:
            await server.close()
        # else only the end of it tells the end
        return framing.length(reply, framing.method(request)) is not None

    async def _connected(self, before: Side | None) -> Side:
        if before is not None:
            self._sides.discard(before)
            await before.close()
        server = Side(*await asyncio.open_connection(*self.upstream))
        self._sides.add(server)
        return server

    async def _deliver(self, request: bytes, after_s: float) -> None:
        """The request by itself, on a connection of its own; nobody hears the reply."""
        await asyncio.sleep(after_s)
        with suppress(OSError, framing.NotHttp):
            server = await self._connected(None)
            try:
                await server.send(request)
                await asyncio.wait_for(server.message(framing.method(request)), PATIENCE_S)
            finally:
                self._sides.discard(server)
                await server.close()


class Pace:
    """A line that carries so many bytes a second, whoever's they are; belongs to one loop."""

    def __init__(self, bytes_a_second: float | None = None) -> None:
        self.bytes_a_second, self._free_at = bytes_a_second, 0.0

    async def carry(self, count: int) -> None:
        """Waits as long as ``count`` bytes take behind those that came before."""
        if self.bytes_a_second is not None:
            now = asyncio.get_running_loop().time()
            self._free_at = max(self._free_at, now) + count / self.bytes_a_second
            await asyncio.sleep(self._free_at - now)


FAST = Pace()


class Side:
    """One end of a connection, read message by message; what comes ``up`` from it and goes ``down`` to it has its pace."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, up: Pace = FAST, down: Pace = FAST
    ) -> None:
        self._reader, self._writer, self._raw = reader, writer, b""
        self._up, self._down = up, down

    @property
    def gone(self) -> bool:
        """The other end has closed, and nothing of it is left to read."""
        return self._reader.at_eof() or self._writer.is_closing()

    async def message(self, asked: bytes = b"") -> bytes:
        """The next message.  When the other end closes first: what there is of a reply, nothing of a request.

        ``asked`` as in framing.length.
        """
        while (end := framing.length(self._raw, asked)) is None:
            data = await self._reader.read(READ_BYTES if self._up.bytes_a_second is None else NARROW_BYTES)
            if not data:
                return self._raw if asked else b""
            await self._up.carry(len(data))
            self._raw += data
        message, self._raw = self._raw[:end], self._raw[end:]
        return message

    async def send(self, data: bytes) -> None:
        size = len(data) if self._down.bytes_a_second is None else NARROW_BYTES
        for start in range(0, len(data), max(size, 1)):
            await self._down.carry(len(data[start : start + size]))
            self._writer.write(data[start : start + size])
            await self._writer.drain()

    def say_no_more(self) -> None:
        """FIN, while the other direction stays open."""
        self._writer.write_eof()

    async def hung_up(self) -> None:
        """Until the other end closes."""
        while await self._reader.read(65536):
            continue

    async def reset(self) -> None:
        """RST."""
        if not self._writer.is_closing():
            self._writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        self._writer.transport.abort()
        await self.close()

    async def close(self) -> None:
        self._writer.close()
        with suppress(OSError):
            await self._writer.wait_closed()


def sound() -> Fault:
    """A network in which nothing goes wrong."""
    return Fault.NONE


def shares_of(spec: str) -> dict[Fault, float]:
    """``lose_reply=0.1,delay=0.05`` as probabilities.  Raises ValueError."""
    shares = {}
    for part in filter(None, spec.split(",")):
        name, _, share = part.partition("=")
        shares[Fault(name.strip())] = float(share)
    if not all(0 <= share <= 1 for share in shares.values()) or sum(shares.values()) > 1:
        raise ValueError("probabilities are at least 0 and together at most 1")
    return shares
