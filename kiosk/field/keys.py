"""The tablet's own keys, and the key of whoever works with it.

    sign.key     Ed25519, made at the first start; says "this tablet" under a packet, opens nothing
    secret.key   32 random bytes; without them no card and no PIN opens what is on this disk

A member of staff's key is on no disk:  HKDF(scrypt(PIN, token), secret)  ->  X25519.
The token is what their card or their code says (kiosk.field.badges).
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from kiosk.field.disk import Disk
from kiosk.seal import ReceiverKey

SIGN_FILE, SECRET_FILE = "sign.key", "secret.key"
KEY_BYTES = 32
MOST_SCRYPT_BYTES = 600_000_000
_SIGNED = b"visit packet "  # kiosk.field.wire.SIGNED; pydantic is not loaded for it
_INFO = b"tablet staff key|1"


class KeysBroken(Exception):
    """The signing key's file is there and is no key: this tablet needs a new name at central."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What one guess costs: scrypt's parameters.  About 0.3 s and 128 MiB on the machines we know."""

    n: int = 2**17
    r: int = 8
    p: int = 1

    @property
    def possible(self) -> bool:
        """Whether scrypt knows it, and a tablet has the memory."""
        power = self.n > 1 and self.n & (self.n - 1) == 0
        return power and 1 <= self.r <= 32 and self.p == 1 and 128 * self.n * self.r <= MOST_SCRYPT_BYTES // 2


class TabletKeys:
    """Built by ``TabletKeys.open``.  ``sign_public``: 32 bytes."""

    def __init__(self, folder: Path, disk: Disk, sign_key: Ed25519PrivateKey) -> None:
        self._folder, self._disk, self._sign_key = folder, disk, sign_key
        self._secret = b""
        self.sign_public = sign_key.public_key().public_bytes_raw()

    @classmethod
    def open(cls, folder: Path, disk: Disk | None = None) -> TabletKeys:
        """The keys in ``folder``, made when there are none.  Raises KeysBroken, OSError."""
        disk = disk or Disk()
        disk.folder(folder)
        private = _read(folder / SIGN_FILE)
        if private is None:
            private = Ed25519PrivateKey.generate().private_bytes_raw()
            disk.put(folder / SIGN_FILE, private)
        if len(private) != KEY_BYTES:
            raise KeysBroken
        return cls(folder, disk, Ed25519PrivateKey.from_private_bytes(private))

    @property
    def secret(self) -> bytes:
        """32 bytes, made when there are none.  Raises OSError when they cannot be kept."""
        if not self._secret:
            kept = _read(self._folder / SECRET_FILE)
            # zeros: the power went while it was wiped
            if kept is None or len(kept) != KEY_BYTES or not any(kept):
                kept = os.urandom(KEY_BYTES)
                self._disk.put(self._folder / SECRET_FILE, kept)
            self._secret = kept
        return self._secret

    def sign(self, packet_hash: str) -> str:
        """The signature under a packet's hash; both hexadecimal."""
        return self._sign_key.sign(_SIGNED + bytes.fromhex(packet_hash)).hex()

    def signed(self, packet_hash: str, signature: str) -> bool:
        """Whether it was this tablet that signed."""
        try:
            self._sign_key.public_key().verify(bytes.fromhex(signature), _SIGNED + bytes.fromhex(packet_hash))
        except (InvalidSignature, ValueError):
            return False
        return True

    def destroy(self) -> None:
        """The secret is gone: nothing that was sealed to anybody's key opens here again.  The next one is another.

        The signing key stays: it opens nothing, and packets that wait are central's to judge.  Raises OSError.
        """
        self._secret = b""
        if (self._folder / SECRET_FILE).exists():
            self._disk.wipe(self._folder / SECRET_FILE)


def staff_key(token: bytes, pin: str, secret: bytes, cost: Cost) -> ReceiverKey:
    """The key of who holds this card or code and knows this PIN, on this tablet alone.  Takes as long as ``cost`` says."""
    slow = hashlib.scrypt(
        pin.encode(), salt=token, n=cost.n, r=cost.r, p=cost.p, maxmem=MOST_SCRYPT_BYTES, dklen=KEY_BYTES
    )
    return ReceiverKey(HKDF(SHA256(), KEY_BYTES, salt=secret, info=_INFO).derive(slow))


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
