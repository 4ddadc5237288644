"""The day's people.  On disk a pack is only sealed to the key of whoever works (kiosk.field.keys), one a person.

It lives until central's ``expires_at``, 24 h at the most, or until the sync that ends it, by a clock that cannot be set back
(kiosk.field.mark).  What is expired is deleted by whoever comes next, also when it is somebody else's: until when stands outside
the seal, and says nothing about anybody.

    PackExpired      it is deleted; or the clock was set back, and it stays shut until central is heard
    PackUnreadable   for another tablet or member of staff, altered, or sealed with another PIN; it is deleted
"""

from __future__ import annotations

import base64
import hashlib
import json
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from devices.clock import Clock
from kiosk.field.api import FieldApi
from kiosk.field.badges import SignedIn
from kiosk.field.disk import Disk
from kiosk.field.mark import ClockSetBack, TimeMark
from kiosk.seal import NotSealedForUs, seal

if TYPE_CHECKING:
    from kiosk.field.wire import Pack

FOLDER = "packs"
VERSION = 1
MOST_LIFE_S = 24 * 3600


class PackExpired(Exception):
    """Its time is over, or the clock was set back and nobody knows."""


class PackUnreadable(Exception):
    """Not for this tablet and this member of staff, or not what was written."""


class Packs:
    """Belongs to the session thread."""

    def __init__(self, folder: Path, api: FieldApi, clock: Clock, disk: Disk | None = None) -> None:
        self._folder, self._api, self._disk = folder / FOLDER, api, disk or Disk()
        self._mark = TimeMark(folder, clock, self._disk)

    def fetch(self, signed_in: SignedIn) -> Pack:
        """Today's work, from central and on the disk.  Raises Refused, Unreachable, PackExpired, PackUnreadable.

        On a full disk it is given all the same and is gone with the program.
        """
        from kiosk.field import wire  # late, as in kiosk.api

        asked = wire.PackRequest(staff_id=signed_in.staff_id, pack_key=signed_in.key.public.hex())
        given = self._api.pack(asked)
        info = wire.pack_info(given.pack_id, self._api.tablet_id, signed_in.staff_id)
        try:
            content = signed_in.key.unseal(base64.b64decode(given.sealed, validate=True), info)
            pack = wire.Pack.model_validate_json(content)
        except (NotSealedForUs, ValueError) as error:
            raise PackUnreadable from error
        if (pack.pack_id, pack.tablet_id, pack.staff_id) != (
            *(given.pack_id, self._api.tablet_id, signed_in.staff_id),
        ):
            raise PackUnreadable
        now_ms = self._mark.believe()
        central_ms = now_ms - round((self._api.skew_s or 0.0) * 1000)
        left_ms = round(pack.expires_at.timestamp() * 1000) - central_ms
        if left_ms <= 0:
            raise PackExpired
        with suppress(OSError):
            self._keep(pack, signed_in, now_ms + min(left_ms, MOST_LIFE_S * 1000))
        return pack

    def open(self, signed_in: SignedIn) -> Pack | None:
        """The pack of whoever has signed in; None: none is here.  Raises PackExpired, PackUnreadable.

        Quick enough to be asked at every return to the day's list: that is how a pack ends while the tablet is on.
        """
        from kiosk.field import wire

        path = self._path(signed_in.staff_id)
        try:
            now_ms = self._mark.now_ms()
        except ClockSetBack:
            if path.exists():
                raise PackExpired from None
            return None
        if path in self._sweep(now_ms, path):
            raise PackExpired
        try:
            _, sealed = path.read_bytes().split(b"\n", 1)
            kept = json.loads(signed_in.key.unseal(sealed, self._info(signed_in.staff_id)))
            until_ms = int(kept["until_ms"])
            pack = wire.Pack.model_validate_json(kept["pack"])
        except FileNotFoundError:
            return None
        except (OSError, NotSealedForUs, ValueError, KeyError, TypeError) as error:
            self._disk.remove(path)
            raise PackUnreadable from error
        if until_ms <= now_ms:  # what stands outside the seal was altered
            self._disk.remove(path)
            raise PackExpired
        return pack

    def drop(self, signed_in: SignedIn | None = None) -> None:
        """The pack has ended, or the tablet is revoked; without ``signed_in`` everybody's."""
        paths = self._folder.glob("*") if signed_in is None else [self._path(signed_in.staff_id)]
        for path in paths:
            self._disk.remove(path)

    def _keep(self, pack: Pack, signed_in: SignedIn, until_ms: int) -> None:
        self._disk.folder(self._folder)
        content = json.dumps({"pack": pack.model_dump_json(), "until_ms": until_ms}).encode()
        sealed = seal(content, signed_in.key.public, self._info(signed_in.staff_id))
        head = json.dumps({"version": VERSION, "until_ms": until_ms}).encode()
        self._disk.put(self._path(signed_in.staff_id), head + b"\n" + sealed)

    def _sweep(self, now_ms: int, own: Path) -> set[Path]:
        """Deletes what is expired, and of others what has no head to tell.  Returns what was expired."""
        expired = set()
        for path in self._folder.glob("*"):
            until_ms = None
            with suppress(OSError, ValueError, KeyError, TypeError), path.open("rb") as file:
                until_ms = int(json.loads(file.readline(200))["until_ms"])
            if until_ms is not None and until_ms <= now_ms:
                expired.add(path)
            if path in expired or (until_ms is None and path != own):
                self._disk.remove(path)
        return expired

    def _path(self, staff_id: str) -> Path:
        return self._folder / f"{hashlib.sha256(b'pack' + staff_id.encode()).hexdigest()[:20]}.pack"

    def _info(self, staff_id: str) -> bytes:
        return f"kept pack|{VERSION}|{self._api.tablet_id}|{staff_id}".encode()
