"""Puts the parts of visits at home together."""

from __future__ import annotations

from dataclasses import dataclass

from central.certification import Certifications
from central.clock import Clock
from central.database import Database
from central.face_limits import FaceLimits
from central.packets import Packets
from central.packs import Packs
from central.staff_door import StaffDoor
from central.verification import Keys
from central.visits import Visits


@dataclass(frozen=True)
class Field:
    door: StaffDoor
    packs: Packs
    packets: Packets
    visits: Visits


def open_field(
    database: Database, certifications: Certifications, keys: Keys, clock: Clock, limits: FaceLimits
) -> Field:
    door, visits = StaffDoor(database, keys, clock), Visits(certifications, keys, limits)
    packs = Packs(database, certifications, door, keys, clock)
    return Field(door, packs, Packets(database, visits, keys, clock), visits)
