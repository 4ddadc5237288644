"""Throw-away keys of a trial merchant and a trial platform, and the file that ``central run --gateway`` takes.

DIR/merchant.toml          what central is told; written again at every start, since the address may change
DIR/merchant-key.pem       signs what central asks
DIR/platform-key.pem       signs what the trial gateway answers
DIR/platform-public.pem    checks it
DIR/notice.key             seals notices
DIR/trial.secret           numbers of the trial gateway's own
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from central.gateway_signature import notice_key, private_key
from central.settings import GatewaySettings
from central.verification import write_private

MCHID, APPID = "1900009990", "wxtrial0000000001"
SHORT_TIMES = {
    "close_after_s": 2.0,
    "reverse_after_s": 1.0,
    "scan_poll_s": 5.0,
}  # nobody waits five minutes in a trial


@dataclass(frozen=True)
class TrialKeys:
    """Both ends' keys, in a folder."""

    folder: Path
    merchant: rsa.RSAPrivateKey
    platform: rsa.RSAPrivateKey
    notice: bytes
    secret: bytes

    @property
    def merchant_serial(self) -> str:
        return _serial(self.merchant)

    @property
    def platform_serial(self) -> str:
        return "PUB_KEY_ID_" + _serial(self.platform)

    def digest(self, purpose: str, text: str) -> str:
        """A keyed hash as hex."""
        return hmac.digest(self.secret, f"{purpose}|{text}".encode(), sha256).hex()


def trial_keys(folder: Path) -> TrialKeys:
    """The folder's keys, made when they are not there."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("merchant-key.pem", "platform-key.pem"):
        if not (folder / name).exists():
            write_private(folder / name, _new_pem())
    if not (folder / "notice.key").exists():
        # 32 letters, as a merchant types them
        write_private(folder / "notice.key", secrets.token_hex(16).encode())
    if not (folder / "trial.secret").exists():
        write_private(folder / "trial.secret", secrets.token_bytes(32))
    platform = private_key(folder / "platform-key.pem")
    public = platform.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    (folder / "platform-public.pem").write_bytes(public)
    return TrialKeys(
        folder,
        private_key(folder / "merchant-key.pem"),
        platform,
        notice_key(folder / "notice.key"),
        (folder / "trial.secret").read_bytes(),
    )


def publish(keys: TrialKeys, address: str, profile: str, *, real_times: bool) -> GatewaySettings:
    """Writes merchant.toml and gives what it says."""
    lines = {
        "profile": profile,
        "address": address,
        "mchid": MCHID,
        "appid": APPID,
        "merchant_serial": keys.merchant_serial,
        "merchant_key": "merchant-key.pem",
        "platform_serial": keys.platform_serial,
        "platform_key": "platform-public.pem",
        "notice_key": "notice.key",
    }
    text = "".join(f'{name} = "{value}"\n' for name, value in lines.items())
    if not real_times:
        text += "".join(f"{name} = {value}\n" for name, value in SHORT_TIMES.items())
    path = keys.folder / "merchant.toml"
    part = path.with_suffix(".part")
    part.write_text(text, encoding="utf-8")
    part.rename(path)
    return GatewaySettings.read(path)


def _new_pem() -> bytes:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _serial(key: rsa.RSAPrivateKey) -> str:
    public = key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return sha256(public).hexdigest()[:40].upper()
