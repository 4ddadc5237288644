"""Signatures and seals of APIv3 (WeChat Pay merchant documents, "signature" and "notices").

    request   METHOD \\n path?query \\n timestamp \\n nonce \\n body \\n     signed by the merchant
    answer    timestamp \\n nonce \\n body \\n                           signed by the platform; notices alike

RSA with PKCS #1 v1.5 over SHA-256, as base64.  A notice's resource is sealed with AES-256-GCM under the notice key.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

SCHEME = "WECHATPAY2-SHA256-RSA2048"
ALGORITHM = "AEAD_AES_256_GCM"
FIELD = re.compile(r'(\w+)="([^"]*)"')


def request_text(method: str, target: str, at_s: int, nonce: str, body: bytes) -> bytes:
    return f"{method}\n{target}\n{at_s}\n{nonce}\n".encode() + body + b"\n"


def answer_text(at_s: int, nonce: str, body: bytes) -> bytes:
    return f"{at_s}\n{nonce}\n".encode() + body + b"\n"


def sign(key: RSAPrivateKey, text: bytes) -> str:
    return base64.b64encode(key.sign(text, padding.PKCS1v15(), hashes.SHA256())).decode("ascii")


def is_signed(key: RSAPublicKey, text: bytes, signature: str) -> bool:
    try:
        key.verify(base64.b64decode(signature, validate=True), text, padding.PKCS1v15(), hashes.SHA256())
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True


@dataclass(frozen=True)
class Merchant:
    """Signs what we ask.  ``serial`` is the number of the merchant's certificate."""

    mchid: str
    serial: str
    key: RSAPrivateKey

    def authorization(self, method: str, target: str, at_s: int, nonce: str, body: bytes) -> str:
        """The Authorization header."""
        signature = sign(self.key, request_text(method, target, at_s, nonce, body))
        return (
            f'{SCHEME} mchid="{self.mchid}",nonce_str="{nonce}",signature="{signature}",'
            f'timestamp="{at_s}",serial_no="{self.serial}"'
        )


@dataclass(frozen=True)
class Platform:
    """Knows whether an answer or a notice is the gateway's, and of now."""

    serial: str
    key: RSAPublicKey
    window_s: int

    def vouches(self, headers: Mapping[str, str], body: bytes, now_s: float) -> bool:
        """``headers`` are looked up in any case.  A wrong serial, a bad signature or a stale time is a no."""
        at = headers.get("Wechatpay-Timestamp", "")
        if headers.get("Wechatpay-Serial") != self.serial or not re.fullmatch(r"\d{1,12}", at, re.ASCII):
            return False
        if abs(now_s - int(at)) > self.window_s:
            return False
        text = answer_text(int(at), headers.get("Wechatpay-Nonce", ""), body)
        return is_signed(self.key, text, headers.get("Wechatpay-Signature", ""))


def read_authorization(header: str) -> dict[str, str]:
    """The fields of an Authorization header; empty for another scheme."""
    scheme, _, rest = header.partition(" ")
    return dict(FIELD.findall(rest)) if scheme == SCHEME else {}


def seal(key: bytes, nonce: str, associated: str, plain: bytes) -> dict[str, str]:
    """A notice's resource."""
    sealed = AESGCM(key).encrypt(nonce.encode(), plain, associated.encode())
    return {
        "algorithm": ALGORITHM,
        "ciphertext": base64.b64encode(sealed).decode("ascii"),
        "nonce": nonce,
        "associated_data": associated,
    }


def unseal(key: bytes, resource: Mapping[str, Any]) -> bytes | None:
    """What a resource says, None when it was altered or sealed for another."""
    parts = [resource.get(name) for name in ("algorithm", "nonce", "associated_data", "ciphertext")]
    if parts[0] != ALGORITHM or not all(isinstance(part, str) for part in parts):
        return None
    _, nonce, associated, ciphertext = (str(part).encode("utf-8", "surrogatepass") for part in parts)
    try:
        return AESGCM(key).decrypt(nonce, base64.b64decode(ciphertext, validate=True), associated)
    except (InvalidTag, binascii.Error, ValueError):
        return None


def private_key(path: Path) -> RSAPrivateKey:
    """Raises ValueError for anything but an RSA private key in PEM."""
    key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, RSAPrivateKey):
        raise ValueError(f"{path.name} is not an RSA private key")
    return key


def public_key(path: Path) -> RSAPublicKey:
    """Raises ValueError for anything but an RSA public key in PEM."""
    key = serialization.load_pem_public_key(path.read_bytes())
    if not isinstance(key, RSAPublicKey):
        raise ValueError(f"{path.name} is not an RSA public key")
    return key


def notice_key(path: Path) -> bytes:
    """The 32 bytes of the notice key.  Raises ValueError."""
    key = path.read_bytes().strip()
    if len(key) != 32:
        raise ValueError(f"{path.name} is not a key of 32 bytes")
    return key
