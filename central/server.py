"""A running central in a thread, for tests and the demo."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import uvicorn
from fastapi import FastAPI

from central.app import create_app
from central.problems import where
from central.service import Service
from central.settings import Settings

START_TIMEOUT_S = 30.0
STOP_TIMEOUT_S = 10.0
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"()": "central.server.Formatter", "format": "%(levelname)s %(name)s %(message)s"}
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "loggers": {"uvicorn": {"handlers": ["stderr"], "level": "WARNING", "propagate": False}},
}


@dataclass(frozen=True)
class Running:
    """``url`` has no slash at the end.  ``service`` is the same objects the requests use."""

    url: str
    service: Service
    _server: uvicorn.Server
    _thread: threading.Thread

    def stop(self) -> None:
        """Answers what is under way, then ends.  May be called twice."""
        self._server.should_exit = True
        self._thread.join(STOP_TIMEOUT_S)

    def kill(self) -> None:
        """Drops every connection without an answer."""
        self._server.force_exit = True
        self.stop()


@contextmanager
def running(settings: Settings, port: int = 0) -> Iterator[Running]:
    """Serves on 127.0.0.1; port 0 takes a free one.  ``public_url`` is set to the address it really has."""
    listener = socket.socket(proto=socket.IPPROTO_TCP)  # named, so that asyncio turns Nagle off
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    app = create_app(replace(settings, public_url=url))
    server = uvicorn.Server(server_config(app))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="central", daemon=True)
    thread.start()
    central = Running(url, app.state.service, server, thread)
    try:
        _wait_until_started(server, thread)
        yield central
    finally:
        central.stop()
        listener.close()


class Formatter(logging.Formatter):
    """A log line without a traceback: exceptions are named by kind and place only."""

    def formatException(self, ei: Any) -> str:  # noqa: N802 - the library's name
        return where(ei[1])


def server_config(app: FastAPI, host: str = "127.0.0.1", port: int = 0) -> uvicorn.Config:
    """No access log: addresses of receipts are in it."""
    return uvicorn.Config(
        app,
        host=host,
        port=port,
        access_log=False,
        log_config=LOGGING,
        timeout_graceful_shutdown=5,
        ws="none",
    )


def _wait_until_started(server: uvicorn.Server, thread: threading.Thread) -> None:
    waiting = threading.Event()
    for _ in range(int(START_TIMEOUT_S / 0.02)):
        if server.started:
            return
        if not thread.is_alive():
            break
        waiting.wait(0.02)
    raise RuntimeError("central did not start")
