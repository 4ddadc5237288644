"""Sealing for one receiver: HPKE (RFC 9180, base mode), HKDF-SHA256 and ChaCha20-Poly1305.

    X25519   seal, ReceiverKey               48 bytes more than the content
    hybrid   seal_hybrid, HybridKey          1,136 bytes more; ML-KEM-768 beside X25519 (draft-ietf-hpke-pq): whoever keeps it
                                             for a quantum computer has to break both

Whoever seals cannot open it again.  ``info`` says what it is for; opened for anything else it does not open.
"""

from __future__ import annotations

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import (
    AEAD,
    KDF,
    KEM,
    MLKEM768X25519PrivateKey,
    MLKEM768X25519PublicKey,
    Suite,
)

SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)
HYBRID_SUITE = Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)
X25519_BYTES = 32  # private and public
MLKEM_SEED_BYTES, MLKEM_PUBLIC_BYTES = 64, 1184
HYBRID_PRIVATE_BYTES = MLKEM_SEED_BYTES + X25519_BYTES
HYBRID_PUBLIC_BYTES = MLKEM_PUBLIC_BYTES + X25519_BYTES


class NotSealedForUs(Exception):
    """Altered, for another receiver, or for another purpose."""


def seal(content: bytes, key: bytes, info: bytes) -> bytes:
    """``key``: the receiver's public key, 32 bytes.  Raises ValueError when it is none."""
    return SUITE.encrypt(content, X25519PublicKey.from_public_bytes(key), info=info)


def seal_hybrid(content: bytes, key: bytes, info: bytes) -> bytes:
    """``key``: a HybridKey's public half, 1,216 bytes.  Raises ValueError when it is none."""
    public = MLKEM768X25519PublicKey(
        MLKEM768PublicKey.from_public_bytes(key[:MLKEM_PUBLIC_BYTES]),
        X25519PublicKey.from_public_bytes(key[MLKEM_PUBLIC_BYTES:]),
    )
    return HYBRID_SUITE.encrypt(content, public, info=info)


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


class HybridKey:
    """A private key of the hybrid suite: ML-KEM's seed, 64 bytes, then X25519's 32; without ``private`` a new one.

    ``public``: ML-KEM's 1,184 bytes, then X25519's 32.
    """

    def __init__(self, private: bytes | None = None) -> None:
        """Raises ValueError when ``private`` is none."""
        if private is None:
            self._mlkem, self._x25519 = MLKEM768PrivateKey.generate(), X25519PrivateKey.generate()
        else:
            self._mlkem = MLKEM768PrivateKey.from_seed_bytes(private[:MLKEM_SEED_BYTES])
            self._x25519 = X25519PrivateKey.from_private_bytes(private[MLKEM_SEED_BYTES:])
        self._key = MLKEM768X25519PrivateKey(self._mlkem, self._x25519)
        self.public = (
            self._mlkem.public_key().public_bytes_raw() + self._x25519.public_key().public_bytes_raw()
        )

    def private_bytes(self) -> bytes:
        """96 bytes, for a file that only the receiver reads."""
        return self._mlkem.private_bytes_raw() + self._x25519.private_bytes_raw()

    def unseal(self, sealed: bytes, info: bytes) -> bytes:
        """Raises NotSealedForUs."""
        try:
            return HYBRID_SUITE.decrypt(sealed, self._key, info=info)
        except (InvalidTag, ValueError) as error:
            raise NotSealedForUs("cannot be opened") from error
