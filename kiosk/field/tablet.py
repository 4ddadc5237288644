"""Every port a tablet's flow may touch, in one value.  Built once, in ``kiosk.field.build``."""

from __future__ import annotations

from dataclasses import dataclass, field

from devices.clock import Clock
from devices.idcard import IdCardReader
from devices.position import NoPosition, Position
from devices.printer import ReceiptPrinter
from kiosk import config, events
from kiosk.desk import Desk
from kiosk.face.booth import Booth, NoBooth
from kiosk.field.api import FieldApi
from kiosk.field.badges import Badges
from kiosk.field.courier import Courier
from kiosk.field.packets import Packets
from kiosk.field.packs import Packs


@dataclass(frozen=True)
class Tablet:
    desk: Desk
    reader: IdCardReader
    printer: ReceiptPrinter | None
    api: FieldApi
    badges: Badges
    packs: Packs
    packets: Packets
    courier: Courier
    clock: Clock
    log: events.Log
    config: config.Config
    booth: Booth = field(default_factory=NoBooth)
    position: Position = field(default_factory=NoPosition)
    boot_id: str = "unknown"  # as the journal has it
