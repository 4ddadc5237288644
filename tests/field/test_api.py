"""A packet gets through a line that is slow, and not only through one that is fast."""

from __future__ import annotations

import io
import socket
import threading

from devices.clock import SystemClock
from kiosk import config, events
from kiosk.field import wire
from kiosk.field.api import FieldApi

MOST_S = 2.0  # before a connection counts as dead
PAUSE_S = 1.2  # less than that, and twice it is more


def listening(server: socket.socket, heard: list[int]) -> None:
    """Takes a large body in three pieces, with two pauses; then answers."""
    connection, _ = server.accept()
    with connection:
        connection.settimeout(30)
        taken, piece = 0, b""
        for until in (0, 6_000_000):
            while taken < until:
                taken += len(piece := connection.recv(1 << 20))
            SystemClock().sleep(PAUSE_S)
        while not piece.endswith(b'"}'):
            taken += len(piece := connection.recv(1 << 20))
        heard.append(taken)
        said = f'{{"seq": 1, "hash": "{"0" * 64}", "state": "accepted", "result": "noted"}}'.encode()
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(said) + said)


def test_a_body_may_take_longer_than_a_connection_does() -> None:
    """Larger than any packet, because the buffers of a line within one machine are."""
    clock, zeros, heard = SystemClock(), "0" * 64, list[int]()
    packet = wire.Packet.model_construct(
        seq=1,
        suite=wire.Suite.X25519,
        prev_hash=zeros,
        digest=zeros,
        hash=zeros,
        signature=zeros * 2,
        sealed="A" * 20_000_000,
    )
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
        thread = threading.Thread(target=listening, args=(server, heard))
        thread.start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}/"
        settings = config.Central(
            url=url, token="token-of-a-tablet", connect_timeout_s=MOST_S, answer_timeout_s=MOST_S
        )
        api = FieldApi(settings, "T001", clock, events.Log(io.StringIO(), clock))
        reply = api.send_packet(packet)
        thread.join()
        api.close_connections()
    assert (reply.seq, reply.result) == (1, wire.PacketResult.NOTED)
    assert heard[0] > 20_000_000
