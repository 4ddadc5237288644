"""The stand as a process of its own: ``python -m stand --folder DIR``; its network by itself: ``python -m stand proxy``.

Starts central (a process again), the emulated devices and the panel; prints one line of JSON when everything answers; ends when its
standard input closes or on SIGTERM, so that no stand outlives its demo.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from random import Random

import requests
import uvicorn

from kiosk.build import FONTS
from kiosk.config import Fonts
from stand.panel import create_panel
from stand.proxy import Fault, Proxy, shares_of
from stand.stand import Stand

KIOSK_ID, TOKEN = "WD001", "demo-token-WD001"
START_TIMEOUT_S = 60.0


def main() -> None:
    if sys.argv[1:2] == ["proxy"]:
        relay(sys.argv[2:])
        return
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--panel-port", type=int, default=0)
    parser.add_argument("--people", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--display", action="store_true")
    given = parser.parse_args()

    central_port = free_port()
    central = start_central(given.folder / "central", central_port, given.people, given.seed)
    stand = Stand(("127.0.0.1", central_port), (FONTS / "NotoSansSC-Regular.otf", Fonts().rare)).start()
    try:
        central_url = f"http://127.0.0.1:{central_port}"
        wait_for(f"{central_url}/v1/health", central)
        config = given.folder / "kiosk.toml"
        config.write_text(
            stand.toml(given.folder / "kiosk", KIOSK_ID, TOKEN, given.display), encoding="utf-8"
        )
        serve_panel(stand, central_url, free_port(given.panel_port), config)
    finally:
        stand.stop()
        central.terminate()
        central.wait(15)


def relay(arguments: list[str]) -> None:
    """A bad network between two other processes, until SIGTERM or Ctrl-C; then what it did to how many exchanges."""
    names = ", ".join(fault.value for fault in Fault)
    parser = argparse.ArgumentParser(prog="python -m stand proxy", description=relay.__doc__)
    parser.add_argument("--listen", type=int, default=0, help="port; 0 takes a free one")
    parser.add_argument("--to", required=True, metavar="HOST:PORT")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--faults", type=shares_of, default={}, metavar="FAULT=SHARE,...", help=names)
    given = parser.parse_args(arguments)
    host, _, port = given.to.rpartition(":")
    proxy = Proxy((host, int(port)), port=given.listen)
    proxy.faulty(Random(given.seed), given.faults)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        proxy.start()
        print(f"proxy ready at 127.0.0.1:{proxy.port}", flush=True)  # noqa: T201
        while True:
            signal.pause()
    except KeyboardInterrupt:
        pass
    finally:
        proxy.stop()
        counts = {fault.value: proxy.counts[fault] for fault in Fault}
        print(json.dumps(counts), flush=True)  # noqa: T201


def start_central(folder: Path, port: int, people: int, seed: int) -> subprocess.Popen[bytes]:
    """``central run`` itself, with the sandbox gateway and a synthetic township."""
    folder.mkdir(parents=True, exist_ok=True)
    command = [
        sys.executable,
        "-m",
        "central",
        "run",
        "--data",
        str(folder),
        "--port",
        str(port),
        "--sandbox",
    ]
    return subprocess.Popen(
        [*command, "--township", str(people), "--seed", str(seed)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )


def serve_panel(stand: Stand, central_url: str, port: int, config: Path) -> None:
    """Runs the panel until the parent goes away."""
    server = uvicorn.Server(
        uvicorn.Config(create_panel(stand, central_url), host="127.0.0.1", port=port, log_level="warning")
    )
    signal.signal(signal.SIGTERM, lambda *_: setattr(server, "should_exit", True))

    def announce() -> None:
        panel = f"http://127.0.0.1:{port}"
        wait_for(f"{panel}/state", None)
        print(json.dumps({"panel": panel, "central": central_url, "config": str(config)}), flush=True)  # noqa: T201
        while os.read(0, 4096):  # the parent's end of the pipe
            continue
        server.should_exit = True

    threading.Thread(target=announce, name="announce", daemon=True).start()
    server.run()


def wait_for(url: str, process: subprocess.Popen[bytes] | None) -> None:
    """Until ``url`` answers.  Raises SystemExit when it does not come up."""
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline:
        if process is not None and process.poll() is not None:
            raise SystemExit("central ended while it was starting")
        with suppress(requests.RequestException):
            if requests.get(url, timeout=2).status_code == 200:
                return
        time.sleep(0.05)
    raise SystemExit(f"{url} did not answer in {START_TIMEOUT_S:.0f} s")


def free_port(wanted: int = 0) -> int:
    """``wanted`` if nobody has it, else any free one."""
    try:
        with socket.create_server(("127.0.0.1", wanted)) as probe:
            port: int = probe.getsockname()[1]
            return port
    except OSError:
        return free_port()


if __name__ == "__main__":
    main()
