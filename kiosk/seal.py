"""Sealing for one receiver: HPKE (RFC 9180, base mode) with X25519, HKDF-SHA256 and ChaCha20-Poly1305.

Whoever seals cannot open it again.  ``info`` says what it is for; opened for anything else it does not open.
"""

from __future__ import annotations

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)


class NotSealedForUs(Exception):
    """Altered, for another receiver, or for another purpose."""


def seal(content: bytes, key: bytes, info: bytes) -> bytes:
    """``key``: the receiver's public key, 32 bytes.  Raises ValueError when it is none."""
    return SUITE.encrypt(content, X25519PublicKey.from_public_bytes(key), info=info)


class ReceiverKey:
    """A private key; without ``private`` (32 bytes) a new one that exists in this process only."""

    def __init__(self, private: bytes | None = None) -> None:
        self._key = (
            X25519PrivateKey.generate() if private is None else X25519PrivateKey.from_private_bytes(private)
        )
        self.public = self._key.public_key().public_bytes_raw()

    def unseal(self, sealed: bytes, info: bytes) -> bytes:
        """Raises NotSealedForUs."""
        try:
            return SUITE.decrypt(sealed, self._key, info=info)
        except (InvalidTag, ValueError) as error:
            raise NotSealedForUs("cannot be opened") from error
