"""The signed code on a receipt.

    payload, 34 bytes, big-endian, then 64 bytes Ed25519 over it: 98 bytes = 157 base32 characters
    +---+---+---+------+----------------+------------+------------+--------+
    |ver|key|typ| ts 4 | receipt no. 11 | amount 5   | payer 8    | kiosk 3|
    +---+---+---+------+----------------+------------+------------+--------+
     1   1   1   s UTC  BCD, F at the end fen          keyed hash   serial

A citizen's phone opens ``PUBLIC_URL/V/<code>``, all upper case so that the QR symbol stays alphanumeric.
Anybody with the public keys of /v1/keys can check a code offline.  The payer's hash is keyed, because a plain
one of a citizen number could be searched.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import os
import re
import secrets
import struct
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from kiosk.field.wire import Suite
from kiosk.seal import HybridKey, ReceiverKey

VERSION = 1
PAYMENT = 1  # the type of a payment receipt
PAYLOAD = struct.Struct(">BBBI11s5s8s3s")
SIGNATURE_BYTES = 64
CODE = re.compile(r"[A-Z2-7]{157}")


@dataclass(frozen=True)
class Seal:
    """What a signed code says.  ``payer_hash`` is eight bytes."""

    key_number: int
    kind: int
    paid_s: int
    receipt_no: str
    amount_fen: int
    payer_hash: bytes
    kiosk_serial: int

    def payload(self) -> bytes:
        return PAYLOAD.pack(
            VERSION,
            self.key_number,
            self.kind,
            self.paid_s,
            bytes.fromhex(self.receipt_no.ljust(22, "F")),
            self.amount_fen.to_bytes(5, "big"),
            self.payer_hash,
            self.kiosk_serial.to_bytes(3, "big"),
        )

    @classmethod
    def parse(cls, payload: bytes) -> Seal | None:
        """None for another version or a number that is not BCD."""
        version, key_number, kind, paid_s, number, amount, payer_hash, kiosk = PAYLOAD.unpack(payload)
        receipt_no = number.hex().upper().rstrip("F")
        if version != VERSION or not receipt_no.isdecimal():
            return None
        return cls(
            key_number,
            kind,
            paid_s,
            receipt_no,
            int.from_bytes(amount, "big"),
            payer_hash,
            int.from_bytes(kiosk, "big"),
        )


class Keys:
    """The signing keys, the secret for keyed hashes, and the key faces are sealed to, in files only the service may read."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
        first = folder / "receipt-1.pem"
        if not any(folder.glob("receipt-*.pem")):
            write_private(first, _pem(Ed25519PrivateKey.generate()))
        self._private = {
            int(path.stem.removeprefix("receipt-")): _private_key(path)
            for path in folder.glob("receipt-*.pem")
        }
        self._current = max(self._private)
        secret = folder / "secret.bin"
        if not secret.exists():
            write_private(secret, secrets.token_bytes(32))
        self._secret = secret.read_bytes()
        review = folder / "review.bin"
        if not review.exists():
            write_private(review, X25519PrivateKey.generate().private_bytes_raw())
        self.review = ReceiverKey(review.read_bytes())
        self.record = _record_keys(folder)

    def public(self) -> dict[int, str]:
        """Key number -> 32 raw bytes as hex."""
        return {number: _raw(key.public_key()).hex() for number, key in sorted(self._private.items())}

    def keyed_hash(self, purpose: str, text: str) -> bytes:
        """HMAC-SHA256 with this central's own secret; ``purpose`` keeps uses apart."""
        return hmac.digest(self._secret, f"{purpose}|{text}".encode(), sha256)

    def sign(
        self, receipt_no: str, amount_fen: int, paid_ms: int, payer_number: str, kiosk_serial: int
    ) -> str:
        """The code of one receipt."""
        payer_hash = self.keyed_hash("payer", f"{receipt_no}|{payer_number}")[:8]
        seal = Seal(self._current, PAYMENT, paid_ms // 1000, receipt_no, amount_fen, payer_hash, kiosk_serial)
        payload = seal.payload()
        signed = payload + self._private[self._current].sign(payload)
        return base64.b32encode(signed).decode("ascii").rstrip("=")

    def read(self, code: str) -> Seal | None:
        """What a code says when it is ours and unaltered, else None.  Upper and lower case are the same."""
        code = code.upper() if code.isascii() else ""
        if not CODE.fullmatch(code):
            return None
        try:
            signed = base64.b32decode(code + "===")
        except binascii.Error:
            return None
        if base64.b32encode(signed).decode("ascii").rstrip("=") != code:
            return None  # the one spare bit of the last character: only one spelling is genuine
        payload, signature = signed[:-SIGNATURE_BYTES], signed[-SIGNATURE_BYTES:]
        seal = Seal.parse(payload)
        if seal is None or seal.key_number not in self._private:
            return None
        try:
            self._private[seal.key_number].public_key().verify(signature, payload)
        except InvalidSignature:
            return None
        return seal


def _record_keys(folder: Path) -> dict[Suite, ReceiverKey | HybridKey]:
    """What packets of tablets are sealed to, one key for each suite; made when there is none yet."""
    plain, hybrid = (folder / f"record-{suite.value}.bin" for suite in (Suite.X25519, Suite.HYBRID))
    if not plain.exists():
        write_private(plain, X25519PrivateKey.generate().private_bytes_raw())
    if not hybrid.exists():
        write_private(hybrid, HybridKey().private_bytes())
    return {Suite.X25519: ReceiverKey(plain.read_bytes()), Suite.HYBRID: HybridKey(hybrid.read_bytes())}


def write_private(path: Path, content: bytes) -> None:
    """Writes a file only its owner can read; after a power cut it is whole or absent."""
    part = path.with_suffix(".part")
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        os.write(handle, content)
        os.fsync(handle)
    finally:
        os.close(handle)
    part.rename(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _pem(key: Ed25519PrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _private_key(path: Path) -> Ed25519PrivateKey:
    key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise ValueError(f"{path.name} is not an Ed25519 key")
    return key


def _raw(key: Ed25519PublicKey) -> bytes:
    return key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
