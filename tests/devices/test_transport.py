"""The real pyserial over a real pseudo-terminal."""

from __future__ import annotations

import fcntl
import os
import select
import socket
import struct
import termios
import threading
import time
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from devices.errors import Timeout, TransportLost
from devices.farend import FarEnd
from devices.transport import SerialTransport


class Echo:
    """Sends everything back; keeps the portions it saw."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []
        self.unasked: list[bytes] = []

    def receive(self, data: bytes) -> bytes:
        self.heard.append(data)
        return data

    def tick(self) -> bytes:
        return self.unasked.pop(0) if self.unasked else b""


@contextmanager
def echo_line(baud: int | None = None) -> Iterator[tuple[FarEnd, SerialTransport]]:
    with FarEnd(Echo(), baud) as end:
        line = SerialTransport(end.port, 115200)
        yield end, line
        line.close()


def read_all(line: SerialTransport, size: int) -> bytes:
    got = b""
    while len(got) < size:
        portion = line.read(4096, 2.0)
        assert portion, f"the line fell silent after {len(got)} of {size} bytes"
        got += portion
    return got


@pytest.mark.parametrize("baud", [None, 115200])
def test_every_byte_value_survives_both_ways(baud: int | None) -> None:
    with echo_line(baud) as (_, line):
        everything = bytes(range(256)) * 4
        line.write(everything)
        assert read_all(line, len(everything)) == everything


def test_more_than_the_kernel_buffers_in_both_directions() -> None:
    with echo_line() as (_, line):
        line.discard()  # opens, before a second thread is there
        sent = bytes(range(256)) * 64
        got = bytearray()
        writer = threading.Thread(target=line.write, args=(sent,))
        writer.start()
        while len(got) < len(sent):
            portion = line.read(512, 2.0)
            assert portion
            got += portion
        writer.join()
        assert bytes(got) == sent


def test_a_device_waits_while_the_host_does_not_read() -> None:
    with echo_line() as (end, line):
        line.discard()
        assert isinstance(end.device, Echo)
        sent = bytes(range(256)) * 200  # more than a terminal holds
        end.device.unasked.append(sent)
        time.sleep(0.1)
        assert read_all(line, len(sent)) == sent


def test_a_portion_is_at_most_sixteen_bytes() -> None:
    with echo_line(115200) as (end, line):
        line.write(bytes(100))
        read_all(line, 100)
        assert isinstance(end.device, Echo)
        assert max(map(len, end.device.heard)) <= 16


def test_silence_is_an_empty_read() -> None:
    with echo_line() as (_, line):
        assert line.read(10, 0.0) == b""
        assert line.read(10, 0.02) == b""


def test_read_does_not_wait_for_all_it_may_take() -> None:
    with echo_line() as (_, line):
        line.write(b"x")
        assert line.read(4096, 3600.0) == b"x"


def test_unasked_bytes_arrive() -> None:
    with echo_line() as (end, line):
        assert line.read(10, 0.0) == b""  # opens
        assert isinstance(end.device, Echo)
        end.device.unasked.append(b"6901234")
        assert read_all(line, 7) == b"6901234"


def test_a_device_that_speaks_before_anybody_listens_does_not_hear_itself() -> None:
    echo = Echo()
    echo.unasked.append(b"6901234\r")
    with FarEnd(echo, None):
        while echo.unasked:
            time.sleep(0.005)
        time.sleep(0.05)
    assert echo.heard == []


def test_discard_forgets_what_arrived() -> None:
    with echo_line() as (_, line):
        line.write(b"old")
        assert line.read(1, 2.0) == b"o"
        line.discard()
        line.write(b"N")
        assert line.read(1, 2.0) == b"N"


def test_an_unplugged_line_is_lost_and_the_same_path_works_after_replug() -> None:
    with echo_line() as (end, line):
        line.write(b"a")
        assert read_all(line, 1) == b"a"
        for _ in range(3):
            end.unplug()
            for use in (lambda: line.read(1, 0.1), lambda: line.write(b"b"), line.discard):
                with pytest.raises(TransportLost):
                    use()
            end.replug()
            line.write(b"c")
            assert read_all(line, 1) == b"c"


def test_unplugged_while_a_read_waits() -> None:
    with echo_line() as (end, line):
        line.discard()
        puller = threading.Timer(0.05, end.unplug)
        puller.start()
        with pytest.raises(TransportLost):
            line.read(1, 3600.0)
        puller.join()


@pytest.mark.parametrize(
    "use",
    [
        lambda line: line.read(1, 0.1),
        lambda line: line.write(b"b"),
        lambda line: line.discard(),
        lambda line: line.interrupt(b"b"),
    ],
    ids=["read", "write", "discard", "interrupt"],
)
def test_every_first_use_of_a_lost_line_says_lost(use: Callable[[SerialTransport], object]) -> None:
    with echo_line() as (end, line):
        line.discard()
        end.unplug()
        with pytest.raises(TransportLost):
            use(line)


def test_a_missing_port_and_a_nonsense_address_are_lost() -> None:
    for port in ("/dev/does-not-exist", "nonsense://x"):
        with pytest.raises(TransportLost):
            SerialTransport(port, 9600).read(1, 0.0)


def test_a_second_program_is_kept_out() -> None:
    with echo_line() as (end, line):
        line.discard()
        second = SerialTransport(end.port, 9600)
        with pytest.raises(TransportLost, match="in use by another program"):
            second.discard()
        line.close()
        second.discard()
        second.close()


def test_a_line_that_takes_no_more_is_a_timeout_not_a_loss() -> None:
    master, slave = os.openpty()  # nobody reads the master
    try:
        line = SerialTransport(os.ttyname(slave), 9600, stall_timeout_s=0.05)
        with pytest.raises(Timeout):
            line.write(bytes(200_000))
        assert line.read(1, 0.0) == b""  # still open
        line.close()
    finally:
        os.close(master)
        os.close(slave)


@contextmanager
def bare_terminal() -> Iterator[tuple[int, SerialTransport]]:
    """The master in packet mode: each read begins with what happened to the line (tty_ioctl(4), TIOCPKT)."""
    master, slave = os.openpty()
    tty.setraw(slave)
    fcntl.ioctl(master, termios.TIOCPKT, struct.pack("i", 1))
    line = SerialTransport(os.ttyname(slave), 115200, rtscts=True)
    line.discard()
    packet(master)  # the input that was discarded
    try:
        yield master, line
    finally:
        os.close(master)  # first: a line that still has something to send would wait
        line.close()
        os.close(slave)


def packet(master: int) -> bytes:
    assert select.select([master], [], [], 2.0)[0], "nothing happened on the line"
    return os.read(master, 4096)


def flow_control(terminal: int) -> bool:
    return bool(termios.tcgetattr(terminal)[2] & termios.CRTSCTS)


def test_a_terminal_without_modem_lines_is_not_held() -> None:
    with bare_terminal() as (_, line):
        assert line.held() is False


def test_a_lost_line_cannot_be_asked_whether_it_is_held() -> None:
    with FarEnd(Echo(), None) as end:
        line = SerialTransport(end.port, 115200, rtscts=True)
        assert line.held() is False
        end.unplug()
        with pytest.raises(TransportLost):
            line.held()


def test_an_interrupt_drops_what_waits_before_it_sends() -> None:
    with bare_terminal() as (master, line):
        line.interrupt(b"now")
        assert packet(master) == bytes((termios.TIOCPKT_FLUSHWRITE,))
        assert packet(master) == b"\x00now"


def test_an_interrupt_is_sent_though_the_line_is_held() -> None:
    """Flow control is off while it is on its way, and on again afterwards."""
    with bare_terminal() as (master, line):
        assert flow_control(master)
        sent = bytes(30_000)  # more than the terminal takes at once
        sender = threading.Thread(target=line.interrupt, args=(sent,), daemon=True)
        sender.start()
        held = time.monotonic() + 2
        while flow_control(master) and time.monotonic() < held:
            time.sleep(0.001)
        assert not flow_control(master)
        got = b""
        while len(got) < len(sent):
            portion = packet(master)
            got += portion[1:] if portion[0] == 0 else b""
        sender.join()
        assert got == sent
        assert flow_control(master)


def test_an_interrupt_of_nothing_only_drops() -> None:
    with bare_terminal() as (master, line):
        line.interrupt(b"")
        assert packet(master) == bytes((termios.TIOCPKT_FLUSHWRITE,))
        assert flow_control(master)


def test_an_interrupt_on_a_line_that_takes_nothing_is_a_timeout() -> None:
    with bare_terminal() as (master, line):
        line._opened().write_timeout = 0.05
        with pytest.raises(Timeout):
            line.interrupt(bytes(200_000))
        assert flow_control(master)


def test_a_serial_server_over_tcp() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        line = SerialTransport(f"socket://127.0.0.1:{server.getsockname()[1]}", 115200)
        line.discard()
        peer, _ = server.accept()
        with peer:
            line.write(b"question")
            assert peer.recv(8, socket.MSG_WAITALL) == b"question"
            peer.sendall(b"answer")
            assert read_all(line, 6) == b"answer"
            assert line.read(1, 0.0) == b""
            assert line.held() is False
            line.interrupt(b"now")
            assert peer.recv(3, socket.MSG_WAITALL) == b"now"
        with pytest.raises(TransportLost):
            line.read(1, 2.0)
        line.close()


def test_stop_leaves_nothing_behind() -> None:
    end = FarEnd(Echo(), None)
    end.start()
    folder = Path(end.port).parent
    end.stop()
    end.stop()
    assert not folder.exists()
    assert not [thread for thread in threading.enumerate() if thread.name == "farend"]
