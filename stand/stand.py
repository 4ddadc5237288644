"""One kiosk's surroundings: reader, printer and scanner on pseudo-terminals, a camera that streams, and a network that can fail."""

from __future__ import annotations

from pathlib import Path

from devices.clock import SystemClock
from devices.farend import FarEnd
from devices.idcard_emulator import IdCardEmulator
from devices.printer_emulator import PrinterEmulator
from devices.printer_profiles import PROFILES
from devices.scanner_emulator import ScannerEmulator
from stand.camera import Stage
from stand.proxy import Proxy

RARE = "𠮷䶮堃喆𬭊㛃淼焱𫖯昇"  # of the township's names: so that a sheet's text can name a glyph that was sent as dots


class Stand:
    """``central`` is (host, port).  ``baud`` None does not pace the wires; ``feed_mm_s`` 0 prints at once."""

    def __init__(
        self,
        central: tuple[str, int],
        fonts: tuple[Path, ...],
        baud: int | None = 115200,
        feed_mm_s: float = 150.0,
        profile: str = "epson-80",
    ) -> None:
        self.reader = IdCardEmulator()
        self.printer = PrinterEmulator(
            PROFILES[profile], fonts, SystemClock(), mm_per_s=feed_mm_s, reads=RARE
        )
        self.scanner = ScannerEmulator()
        self.camera = Stage()
        self.network = Proxy(central)
        self.baud = baud
        self.reader_wire = FarEnd(self.reader, baud)
        self.printer_wire = FarEnd(self.printer, baud)
        self.scanner_wire = FarEnd(self.scanner, None if baud is None else 9600)
        self.wires = (self.reader_wire, self.printer_wire, self.scanner_wire)

    def start(self) -> Stand:
        self.network.start()
        for wire in self.wires:
            wire.start()
        self.camera.plug()
        return self

    def stop(self) -> None:
        for wire in self.wires:
            wire.stop()
        self.camera.pull()
        self.network.stop()

    def toml(self, folder: Path, kiosk_id: str, token: str, display: bool = False) -> str:
        """The kiosk's configuration for this stand: what a technician would write for real devices."""
        return f"""\
# Made by the bench stand; a real machine has the same keys.
[site]
kiosk_id = "{kiosk_id}"
place = "泽头镇社会保障服务中心"
machine = "01号机"
helper = "村协办员 8476809"

[central]
url = "http://127.0.0.1:{self.network.port}"
token = "{token}"

[reader]
port = "{self.reader_wire.port}"
profile = "sam-v"

[printer]
port = "{self.printer_wire.port}"
profile = "epson-80"

[scanner]
port = "{self.scanner_wire.port}"

[camera]
port = "{self.camera.far_end.port}"

[screen]
fullscreen = false
show_cursor = {"true" if display else "false"}

[storage]
folder = "{folder}"
"""
