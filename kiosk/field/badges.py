"""Who works with the tablet.  With a network central checks card or code and PIN; without one, opening the badge does.

    card or code  ->  token  ->  with PIN and the tablet's secret  ->  a key, in memory only (kiosk.field.keys)
    badge         what central answered, sealed to that key; on disk until it is no longer valid

A wrong PIN and a wrong card look the same: no badge opens.  Each wrong try is counted on disk before it is made, and the waits grow.
One badge a person: a new sign-in, by card or by code, takes the old one's place.

    WrongPin      wait_s: before the next try
    NoBadge       nobody has signed in here with a network
    BadgeExpired  it was the right PIN; a network is needed
"""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from devices.clock import Clock
from devices.idcard import IdCard
from kiosk.api import Refused, Unreachable
from kiosk.field.api import FieldApi
from kiosk.field.disk import Disk
from kiosk.field.keys import Cost, TabletKeys, staff_key
from kiosk.field.mark import ClockSetBack, TimeMark
from kiosk.seal import NotSealedForUs, ReceiverKey, seal

if TYPE_CHECKING:
    from kiosk.field.wire import Badge, RecordKey
    from kiosk.wire import Lookup

FOLDER, TRIES = "badges", "tries"
VERSION = 1
MOST_BADGES = 12  # each costs an offline sign-in a fraction of a second
MOST_LIFE_S = 24 * 3600
FREE_TRIES = 3
FIRST_WAIT_S, LONGEST_WAIT_S = 30.0, 3600.0


class WrongPin(Exception):
    """No badge here opens with it.  ``wait_s``: before the next try; 0: at once."""

    def __init__(self, wait_s: float) -> None:
        super().__init__("wrong pin")
        self.wait_s = wait_s


class NoBadge(Exception):
    """Nobody can sign in here without a network."""


class BadgeExpired(Exception):
    """Not valid any more, or the clock was set back and nobody knows."""


class NoPhoto(Exception):
    """The card was read without its photo: number and name alone are known to too many people."""


@dataclass(frozen=True)
class SignedIn:
    """Who works.  ``until_ms``: by this machine's own clock.  Nothing of it is printed."""

    staff_id: str
    name: str
    valid_until: datetime
    record_key: RecordKey
    most_packets: int
    most_days: int
    key: ReceiverKey = field(repr=False)
    until_ms: int

    def __repr__(self) -> str:
        return "SignedIn()"


def card_token(card: IdCard) -> bytes:
    """32 bytes that only this card gives: number, name, and what its chip holds of the photo.  Raises NoPhoto."""
    if not card.photo:
        raise NoPhoto
    parts = (b"card", card.number.encode(), card.name.encode(), card.photo)
    return hashlib.sha256(b"".join(len(part).to_bytes(4, "big") + part for part in parts)).digest()


def code_token(code: str) -> bytes:
    """32 bytes that only these twelve digits give."""
    return hashlib.sha256(b"code" + code.encode()).digest()


class Badges:
    """Belongs to the session thread.  ``suite``: config's [tablet] suite."""

    def __init__(
        self,
        folder: Path,
        keys: TabletKeys,
        api: FieldApi,
        clock: Clock,
        suite: str = "x25519",
        cost: Cost | None = None,
        disk: Disk | None = None,
    ) -> None:
        self._folder, self._keys, self._api, self._clock = folder / FOLDER, keys, api, clock
        self._suite, self._cost, self._disk = suite, cost or Cost(), disk or Disk()
        self._mark = TimeMark(folder, clock, self._disk)
        self._wrong, self._next_try = 0, clock.monotonic()
        self._recall()
        self._told = False

    def online(self, token: bytes, staff: Lookup | None, code: str, pin: str) -> SignedIn:
        """Central looks.  The badge is on disk for later, sealed.  Raises Refused, Unreachable."""
        from kiosk.field import wire  # late, as in kiosk.api
        from kiosk.wire import ProblemCode

        key = staff_key(token, pin, self._keys.secret, self._cost)
        if not self._told:
            self._api.tell_key(wire.TabletKey(sign_key=self._keys.sign_public.hex()))
            self._told = True
        who = wire.SignIn(staff=staff, code=code, pin=pin, pack_key=key.public.hex())
        try:
            badge = self._api.sign_in(who)
        except Refused as refused:
            if refused.code is ProblemCode.STAFF_UNKNOWN:
                self._forget(key)  # who may no longer sign in there may not do it here
            raise
        now_ms = self._mark.believe()
        central_ms = now_ms - round((self._api.skew_s or 0.0) * 1000)
        left_ms = round(badge.valid_until.timestamp() * 1000) - central_ms
        signed_in = self._signed_in(badge, key, now_ms + min(left_ms, MOST_LIFE_S * 1000))
        with suppress(OSError):  # a full disk: today's work goes on, and only signing in needs a network
            self._keep(badge, signed_in)
        self._count(0)
        return signed_in

    def offline(self, token: bytes, pin: str) -> SignedIn:
        """Raises WrongPin, NoBadge, BadgeExpired."""
        wait_s = self._wait_s()
        if wait_s > 0:
            raise WrongPin(wait_s)
        paths = self._kept()
        if not paths:
            raise NoBadge
        self._count(self._wrong + 1)  # before it is tried: pulling the plug gives no free guess
        keys: dict[Cost, ReceiverKey] = {}
        for path in paths:
            cost = _cost(path)
            if cost is None:
                continue
            if cost not in keys:
                keys[cost] = staff_key(token, pin, self._keys.secret, cost)
            signed_in = self._opened(path, keys[cost])
            if signed_in is not None:
                self._count(0)
                if not self.valid(signed_in):
                    raise BadgeExpired
                return signed_in
        raise WrongPin(self._wait_s())

    def valid(self, signed_in: SignedIn) -> bool:
        """Whether they may still work without signing in again."""
        try:
            return self._mark.now_ms() < signed_in.until_ms
        except ClockSetBack:
            return False

    def forget_all(self) -> None:
        """The tablet is revoked: no badge, and no secret that could open one.  Raises OSError."""
        for path in self._folder.glob("*"):
            self._disk.remove(path)
        self._keys.destroy()

    # --- on the disk -------------------------------------------------------------------------------------------------

    def _keep(self, badge: Badge, signed_in: SignedIn) -> None:
        self._disk.folder(self._folder)
        name = hashlib.sha256(self._keys.secret + b"badge" + badge.staff_id.encode()).hexdigest()[:20]
        head = {"version": VERSION, "n": self._cost.n, "r": self._cost.r, "p": self._cost.p}
        content = json.dumps({"badge": badge.model_dump(mode="json"), "until_ms": signed_in.until_ms})
        sealed = seal(content.encode(), signed_in.key.public, self._info())
        path = self._folder / f"{name}.badge"
        self._disk.put(path, json.dumps(head).encode() + b"\n" + sealed)
        for old in self._kept()[MOST_BADGES:]:
            self._disk.remove(old)

    def _opened(self, path: Path, key: ReceiverKey) -> SignedIn | None:
        """Whose badge it is, when it is the key's."""
        from kiosk.field import wire

        try:
            _, sealed = path.read_bytes().split(b"\n", 1)
            kept = json.loads(key.unseal(sealed, self._info()))
            badge = wire.Badge.model_validate_json(json.dumps(kept["badge"]))
            return self._signed_in(badge, key, int(kept["until_ms"]))
        except (OSError, ValueError, KeyError, TypeError, NotSealedForUs):
            return None

    def _forget(self, key: ReceiverKey) -> None:
        for path in self._kept():
            if self._opened(path, key) is not None:
                self._disk.remove(path)

    def _kept(self) -> list[Path]:
        """The newest first."""
        paths = [path for path in self._folder.glob("*.badge") if path.is_file()]
        return sorted(paths, key=lambda path: path.stat().st_mtime_ns, reverse=True)

    def _info(self) -> bytes:
        return f"badge|{VERSION}|{self._api.tablet_id}".encode()

    def _signed_in(self, badge: Badge, key: ReceiverKey, until_ms: int) -> SignedIn:
        """Central alone says which keys there are; the configured suite's is taken where there is one."""
        for record_key in sorted(badge.record_keys, key=lambda each: each.suite.value != self._suite):
            return SignedIn(
                *(badge.staff_id, badge.name, badge.valid_until, record_key),
                *(badge.most_packets, badge.most_days, key, until_ms),
            )
        raise Unreachable("sign_in")  # an answer without a key to seal to is none

    # --- wrong tries -------------------------------------------------------------------------------------------------

    def _wait_s(self) -> float:
        return max(self._next_try - self._clock.monotonic(), 0.0)

    def _recall(self) -> None:
        """What was tried before this program was started.  A clock that was set back waits the whole time again."""
        with suppress(OSError, ValueError, KeyError, TypeError):
            kept = json.loads((self._folder / TRIES).read_bytes())
            self._wrong = int(kept["wrong"])
            passed_s = max(self._clock.wall_ms() - int(kept["wall_ms"]), 0) / 1000
            self._next_try = self._clock.monotonic() + _wait_after(self._wrong) - passed_s

    def _count(self, wrong: int) -> None:
        self._wrong = wrong
        self._next_try = self._clock.monotonic() + _wait_after(wrong)
        tries = self._folder / TRIES
        if wrong == 0:
            self._disk.remove(tries)  # a power cut here brings the waits back, no more
            return
        kept = {"wrong": wrong, "wall_ms": self._clock.wall_ms()}
        with suppress(OSError):  # whoever can fill the disk can also empty this file
            self._disk.put(tries, json.dumps(kept).encode())


def _wait_after(wrong: int) -> float:
    if wrong < FREE_TRIES:
        return 0.0
    return min(FIRST_WAIT_S * 2.0 ** min(wrong - FREE_TRIES, 20), LONGEST_WAIT_S)


def _cost(path: Path) -> Cost | None:
    """What a badge's key costs; None for a file of another version, or one that cannot be read."""
    try:
        said = json.loads(path.read_bytes().split(b"\n", 1)[0])
        cost = Cost(int(said["n"]), int(said["r"]), int(said["p"]))
        return cost if said["version"] == VERSION and cost.possible else None
    except (OSError, ValueError, KeyError, TypeError):
        return None
