"""Processes from outside: when they are ready, what they weigh, what they cost while nothing happens."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

READY_TIMEOUT_S = 60.0
TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Started:
    """A process that has said that its first frame is there."""

    process: subprocess.Popen[bytes]
    ready_s: float
    ear: socket.socket  # stays open: the kiosk goes on telling its service manager that it lives

    def cpu_s(self) -> float:
        """Processor seconds so far, user and system, all threads."""
        stat = Path(f"/proc/{self.process.pid}/stat").read_text(encoding="ascii")
        fields = stat.rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS_A_SECOND

    def rss_mb(self) -> float:
        """Resident memory in MB (10^6 bytes)."""
        for line in Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii").splitlines():
            if line.startswith("VmRSS"):
                return int(line.split()[1]) * 1024 / 1e6
        raise ValueError("no VmRSS")

    def stop(self) -> int:
        """Ends it cleanly.  Raises TimeoutExpired when it does not end."""
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(60)
        self.ear.close()
        return status


def start(command: Sequence[str]) -> Started:
    """Starts it and waits for READY=1 on its notify socket, the word systemd waits for.  Raises SystemExit when it never comes."""
    address = f"@bench-{os.getpid()}-{time.monotonic_ns()}"
    ear = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    ear.bind("\0" + address[1:])
    ear.settimeout(READY_TIMEOUT_S)
    environment = {**os.environ, "NOTIFY_SOCKET": address}
    began_s = time.perf_counter()
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        said = ear.recv(64)
    except TimeoutError:
        process.kill()
        raise SystemExit(f"never ready: {' '.join(command)}") from None
    ready_s = time.perf_counter() - began_s
    assert said == b"READY=1", said
    return Started(process, ready_s, ear)
