"""The far end of a camera: presentations streamed as JPEG over HTTP on this machine, and the portrait they are made from."""

from __future__ import annotations

import contextlib
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import cv2
import numpy as np

from devices.camera_emulator import PRESENTATIONS, Cast, Nobody, Presentation
from devices.camera_manner import Rng
from devices.camera_scene import Scene
from devices.camera_sitter import Portrait, Sitter
from devices.camera_surface import Image
from devices.camera_wear import stranger
from devices.clock import Clock, SystemClock
from kiosk.face.detection import detect
from kiosk.face.mesh import landmarks
from kiosk.face.models import Models, load

PORTRAIT = Path(__file__).parent / "faces" / "astronaut.png"
LARGER = 3  # the engine finds a small face better in a larger picture


def portrait(models: Models, path: Path = PORTRAIT) -> Portrait:
    """The public-domain portrait with its mesh.  Raises FileNotFoundError, ValueError when no face is found."""
    picture = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if picture is None:
        raise FileNotFoundError(path)
    return with_mesh(models, np.asarray(picture, np.uint8))


def with_mesh(models: Models, picture: Image) -> Portrait:
    """The largest face of a picture (h, w, 3), with its mesh.  Raises ValueError when there is none."""
    large = cv2.resize(picture, None, fx=LARGER, fy=LARGER, interpolation=cv2.INTER_CUBIC)
    boxes = detect(models, large)
    if not boxes:
        raise ValueError("no face in the picture")
    found = landmarks(models, large, boxes[0].crop())
    points = landmarks(models, large, found.crop).points / np.float32(LARGER)
    points[:, :2] += np.float32((1 / LARGER - 1) / 2)  # a pixel of the large picture is a part of one
    return Portrait(picture, points)


def sitter(models: Models) -> Sitter:
    """The one person of the stand, ready to be put before a camera; about half a second."""
    return Sitter(portrait(models))


def cast(models: Models) -> Cast:
    """The one person of the stand, and somebody made from them, ready to be put before a camera; about a second."""
    first = sitter(models)
    return Cast(first, Sitter(with_mesh(models, stranger(first.portrait).picture)))


class CameraFarEnd:
    """A camera on a port of this machine: a presentation as a stream of JPEG pictures, at the scene's rate.

    ``port`` stays the same address over every unplug and replug.  Hands may be used from any thread.  A context manager.
    """

    def __init__(self, presentation: Presentation, scene: Scene, rng: Rng, clock: Clock) -> None:
        self._presentation, self._scene, self._rng, self._clock = presentation, scene, rng, clock
        self._since_s = clock.monotonic()  # a presentation's time begins with it
        self._showing = threading.Lock()  # a presentation belongs to one thread at a time
        self._control = threading.RLock()
        self._server: _Server | None = None
        self._number = 0
        self.muted = False  # the stream stays open, and no picture comes

    @property
    def port(self) -> str:
        """For [camera] port.  Nobody answers there while it is unplugged."""
        return f"http://127.0.0.1:{self._number}/"

    def show(self, presentation: Presentation) -> None:
        """Puts somebody or something else before the camera."""
        with self._showing:
            self._presentation, self._since_s = presentation, self._clock.monotonic()

    def ask(self, word: str) -> None:
        """What the machine asks just now."""
        with self._showing:
            self._presentation.ask(word, self._clock.monotonic() - self._since_s)

    def start(self) -> CameraFarEnd:
        self.replug()
        return self

    def stop(self) -> None:
        """May be called twice."""
        self.unplug()

    def replug(self) -> None:
        with self._control:
            if self._server is None:
                self._server = _Server(self._number, self)
                self._number = self._server.server_port
                threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def unplug(self) -> None:
        """The cable is pulled: streams break off, a new one is refused."""
        with self._control:
            if self._server is not None:
                self._server.end()
                self._server = None

    def jpeg(self) -> bytes:
        """The next picture."""
        with self._showing:
            image = self._presentation.image(self._clock.monotonic() - self._since_s)
        return bytes(cv2.imencode(".jpg", image, (cv2.IMWRITE_JPEG_QUALITY, 90))[1])

    def rest_s(self) -> float:
        """Until the picture after this one."""
        with self._showing:
            times = self._scene.moments(self._rng, 1.0)
            first, second = next(times), next(times)
        return second - first

    def __enter__(self) -> CameraFarEnd:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()


class Stage:
    """Who is before the stand's camera.  The portrait and the engine are read when somebody first comes, which takes a second."""

    def __init__(self, seed: int = 7) -> None:
        self._rng = np.random.default_rng(seed)
        self._scene = Scene()
        self.shown = "nobody"
        self.plugged = False
        self.far_end = CameraFarEnd(Nobody(self._scene, self._rng), self._scene, self._rng, SystemClock())
        self._cast: Cast | None = None

    def put(self, name: str) -> None:
        """One of PRESENTATIONS.  Raises KeyError."""
        draw = PRESENTATIONS[name]
        if self._cast is None:
            self._cast = cast(load())
        self.far_end.show(draw(self._cast, self._scene, np.random.default_rng(self._rng.integers(2**32))))
        self.shown = name

    def plug(self) -> None:
        self.far_end.replug()
        self.plugged = True

    def pull(self) -> None:
        """May be called twice."""
        self.far_end.unplug()
        self.plugged = False


class _Server(ThreadingHTTPServer):
    """From plug to unplug."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, number: int, camera: CameraFarEnd) -> None:
        super().__init__(("127.0.0.1", number), _Stream)
        self.camera = camera
        self.ended = threading.Event()
        self.streams: set[socket.socket] = set()

    def end(self) -> None:
        self.ended.set()
        self.shutdown()
        self.server_close()
        for stream in list(self.streams):
            with contextlib.suppress(OSError):  # it may have ended by itself
                stream.shutdown(socket.SHUT_RDWR)


class _Stream(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        server = self.server
        assert isinstance(server, _Server)
        server.streams.add(self.connection)
        try:
            self.send_response(200)
            self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=picture")
            self.end_headers()
            while not server.ended.is_set():
                if not server.camera.muted:
                    self._send(server.camera.jpeg())
                server.ended.wait(server.camera.rest_s())
        except OSError:
            return  # who watched is gone
        finally:
            server.streams.discard(self.connection)

    def _send(self, picture: bytes) -> None:
        head = f"--picture\r\nContent-Type: image/jpeg\r\nContent-Length: {len(picture)}\r\n\r\n"
        self.wfile.write(head.encode() + picture + b"\r\n")

    def log_message(self, format: str, *args: object) -> None:
        """A camera writes no log."""
