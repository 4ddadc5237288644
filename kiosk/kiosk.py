"""Every port a flow may touch, in one value.  Built once, in ``__main__``."""

from __future__ import annotations

from dataclasses import dataclass, field

from devices.clock import Clock
from devices.idcard import IdCardReader
from devices.printer import ReceiptPrinter
from devices.scanner import CodeScanner
from kiosk import config, events
from kiosk.api import Api
from kiosk.desk import Desk
from kiosk.face.booth import Booth, NoBooth
from kiosk.outbox import Outbox
from kiosk.registrar import Registrar
from kiosk.till import Till


@dataclass(frozen=True)
class Kiosk:
    desk: Desk
    reader: IdCardReader
    printer: ReceiptPrinter | None
    scanner: CodeScanner | None
    api: Api
    till: Till
    registrar: Registrar
    outbox: Outbox
    clock: Clock
    log: events.Log
    config: config.Config
    booth: Booth = field(default_factory=NoBooth)
