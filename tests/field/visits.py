"""Records of invented visits, and a tablet's packets on a disk."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from kiosk.field import wire
from kiosk.field.disk import Disk
from kiosk.field.keys import TabletKeys
from kiosk.field.packets import Packets
from kiosk.journal import Journal
from tests.field.far_central import TABLET, WallClock

NUMBER, PHONE = "371081194003050127", "13800138042"
AT = datetime(2026, 11, 23, 1, 26, tzinfo=UTC)


def record(no: int, **changes: Any) -> wire.Record:
    said: dict[str, Any] = {
        "record_id": f"{TABLET}-{no:08d}",
        "pack_id": "PACK-0001",
        "assignment_id": f"A-{no:08d}",
        "person_id": f"person{no:05d}",
        "staff_id": "staff7",
        "kind": wire.RecordKind.PHONE,
        "begun_at": AT,
        "ended_at": AT,
        "boot_id": "boot",
        "up_ms": 1000 + no,
        "clock_known": True,
        "identified": wire.Identified(by=wire.IdentifiedBy.CARD, number=NUMBER),
        "phone": PHONE,
    }
    return wire.Record(**said | changes)


class Life:
    """One run of the program over the tablet's folder: journal, keys, packets."""

    def __init__(self, folder: Path, clock: WallClock, disk: Disk | None = None) -> None:
        self.journal = Journal.open(folder, clock, "boot")
        self.keys = TabletKeys.open(folder)
        self.packets = Packets(folder, self.journal, self.keys, clock, TABLET, disk)
        self.recovered = self.packets.recover()

    def __enter__(self) -> Life:
        return self

    def __exit__(self, *_: object) -> None:
        self.journal.close()


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "packets").iterdir())
