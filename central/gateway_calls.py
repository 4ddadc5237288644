"""Signed HTTP calls to a gateway.  What is not signed by the platform, of now and readable, is no answer.

The time-outs bound the connect and each wait for bytes; a body that trickles is given up after ``LONGEST_BODY_S``.
"""

from __future__ import annotations

import json
import secrets
import time
from dataclasses import dataclass
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
from requests.adapters import HTTPAdapter

from central.clock import Clock
from central.gateway import GatewaySilent
from central.gateway_signature import Merchant, Platform, private_key, public_key
from central.settings import GatewaySettings

ANSWER_MOST_BYTES = 64 * 1024
LONGEST_BODY_S = 30.0
BILL_PIECE_BYTES = 16 * 1024
CONNECTIONS = 32


@dataclass(frozen=True)
class Answer:
    """A signed answer below 500.  ``code`` is that of a refusal, empty when the call was carried out."""

    status: int
    told: dict[str, Any]

    @property
    def code(self) -> str:
        return "" if self.status in (200, 204) else str(self.told.get("code", "?"))


class SignedCalls:
    """Called from many threads; requests' pool underneath is safe for that, cookies are refused."""

    def __init__(self, settings: GatewaySettings, window_s: int, clock: Clock) -> None:
        self._settings, self._clock = settings, clock
        self._merchant = Merchant(
            settings.mchid, settings.merchant_serial, private_key(settings.merchant_key)
        )
        self.platform = Platform(settings.platform_serial, public_key(settings.platform_key), window_s)
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        if settings.ca_file is not None:
            self._session.verify = str(settings.ca_file)
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, HTTPAdapter(pool_maxsize=CONNECTIONS, max_retries=0))

    def ask(self, method: str, target: str, told: dict[str, Any] | None = None) -> Answer:
        """One call.  ``target`` is path and query.  Raises GatewaySilent; the call may have been carried out."""
        body = b"" if told is None else json.dumps(told, ensure_ascii=False).encode()
        status, headers, content = self._send(method, target, body, ANSWER_MOST_BYTES)
        if status >= 500 or not self.platform.vouches(headers, content, self._clock.now_ms() / 1000):
            raise GatewaySilent
        try:
            answer = json.loads(content) if content else {}
        except ValueError:
            raise GatewaySilent from None
        if not isinstance(answer, dict):
            raise GatewaySilent
        return Answer(status, answer)

    def fetch(self, target: str, most_bytes: int) -> bytes:
        """A file, which the gateway does not sign: its hash must be known.  Raises GatewaySilent."""
        status, _, content = self._send("GET", target, b"", most_bytes)
        if status != 200:
            raise GatewaySilent
        return content

    def disconnect(self) -> None:
        self._session.close()

    def _send(self, method: str, target: str, body: bytes, most_bytes: int) -> tuple[int, Any, bytes]:
        at_s, nonce = self._clock.now_ms() // 1000, secrets.token_hex(16)
        headers = {
            "Authorization": self._merchant.authorization(method, target, at_s, nonce, body),
            "Accept": "application/json",
            "Content-Type": "application/json",
            "User-Agent": "shebao-central",
        }
        limits = (self._settings.connect_timeout_s, self._settings.answer_timeout_s)
        try:
            with self._session.request(
                method,
                self._settings.address + target,
                data=body or None,
                headers=headers,
                timeout=limits,
                allow_redirects=False,
                stream=True,
            ) as answer:
                return answer.status_code, answer.headers, _body(answer, most_bytes)
        except requests.RequestException:
            raise GatewaySilent from None


def _body(answer: requests.Response, most_bytes: int) -> bytes:
    """The whole body.  Raises GatewaySilent when it is too long or takes too long."""
    content, deadline = bytearray(), time.monotonic() + LONGEST_BODY_S
    piece_bytes = 1 if most_bytes == ANSWER_MOST_BYTES else BILL_PIECE_BYTES  # a piece is waited for whole
    for piece in answer.iter_content(piece_bytes):
        content += piece
        if len(content) > most_bytes or time.monotonic() > deadline:
            raise GatewaySilent
    return bytes(content)
