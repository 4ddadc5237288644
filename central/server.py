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
class Server:
    """An application that answers from a thread."""

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


@dataclass(frozen=True)
class Running:
    """``url`` has no slash at the end.  ``service`` is the same objects the requests use."""

    url: str
    service: Service
    _server: Server

    def stop(self) -> None:
        """Answers what is under way, then ends.  May be called twice."""
        self._server.stop()

    def kill(self) -> None:
        """Drops every connection without an answer."""
        self._server.kill()


@contextmanager
def running(settings: Settings, port: int = 0) -> Iterator[Running]:
    """Serves on 127.0.0.1; port 0 takes a free one.  ``public_url`` is set to the address it really has."""
    listener, url = listen(port)
    with listener:
        app = create_app(replace(settings, public_url=url))
        with serving(app, listener, "central") as server:
            yield Running(url, app.state.service, server)


def listen(port: int, host: str = "127.0.0.1") -> tuple[socket.socket, str]:
    """A bound socket and its address; port 0 takes a free one."""
    listener = socket.socket(proto=socket.IPPROTO_TCP)  # named, so that asyncio turns Nagle off
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    return listener, f"http://{host}:{listener.getsockname()[1]}"


@contextmanager
def serving(app: FastAPI, listener: socket.socket, name: str) -> Iterator[Server]:
    """Answers on a bound socket, in a thread, until the block ends."""
    uvicorn_server = uvicorn.Server(server_config(app))
    run, sockets = uvicorn_server.run, [listener]
    thread = threading.Thread(target=run, kwargs={"sockets": sockets}, name=name, daemon=True)
    thread.start()
    server = Server(uvicorn_server, thread)
    try:
        _wait_until_started(uvicorn_server, thread)
        yield server
    finally:
        server.stop()


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
    raise RuntimeError("the server did not start")
