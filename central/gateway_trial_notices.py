"""The trial gateway's notices: signed, sealed, sent again until they are taken, and as unreliable as the quirks say."""

from __future__ import annotations

import json
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

import requests

from central.clock import Clock, legal_time
from central.gateway_quirks import Quirks
from central.gateway_signature import answer_text, seal, sign
from central.gateway_trial_keys import TrialKeys

WAITS_MS = (0, 1_000, 2_000, 5_000, 15_000, 30_000)  # the real one: 15 s, 15 s, 30 s, 3 min ... for a day
TIMEOUT_S = 5.0
LONG_AGO_S = 360


@dataclass
class Letter:
    """One notice on its way.  ``headers`` set: sent as they are, once."""

    url: str
    body: bytes
    due_ms: int
    tries: int = 0
    headers: dict[str, str] = field(default_factory=dict)


class Notices:
    """``deliver`` sends what is due; a process does so in a thread, a test by hand."""

    def __init__(self, keys: TrialKeys, quirks: Quirks, clock: Clock) -> None:
        self._keys, self._quirks, self._clock = keys, quirks, clock
        self._letters: list[Letter] = []
        self._jobs: list[tuple[int, Callable[[], None]]] = []
        self._sent: list[Letter] = []
        self._lock = threading.Lock()
        self._session = requests.Session()
        self._session.trust_env = False

    def later(self, wait_ms: int, job: Callable[[], None]) -> None:
        """Does something of the gateway's own in a while."""
        with self._lock:
            self._jobs.append((self._clock.now_ms() + wait_ms, job))

    def post(
        self,
        url: str,
        event: str,
        kind: str,
        told: dict[str, object],
        *,
        wait_ms: int = 0,
        at_once: bool = False,
    ) -> None:
        """A notice about a payment or a refund.  ``at_once``: sent before this returns."""
        if not url or self._quirks.happens("no_notice"):
            return
        if self._quirks.happens("wrong_amount_notice"):
            told = {**told, "amount": {**_dict(told["amount"]), "total": 1, "payer_total": 1}}
        body = self._body(event, kind, told)
        letters = [Letter(url, body, self._clock.now_ms() + wait_ms)]
        if self._quirks.happens("duplicate_notice"):
            letters.append(Letter(url, body, self._clock.now_ms() + wait_ms))
        if self._quirks.happens("replayed_notice"):
            letters += self._replays(url, event, kind, told, body)
        if at_once:
            self._send(letters.pop(0))
        with self._lock:
            self._letters += letters

    def deliver(self) -> int:
        """Sends what is due and gives how much that was."""
        now_ms = self._clock.now_ms()
        with self._lock:
            jobs = [job for due_ms, job in self._jobs if due_ms <= now_ms]
            self._jobs = [each for each in self._jobs if each[0] > now_ms]
        for job in jobs:
            job()
        with self._lock:
            letters = [letter for letter in self._letters if letter.due_ms <= now_ms]
            self._letters = [letter for letter in self._letters if letter.due_ms > now_ms]
        if len(letters) > 1 and self._quirks.happens("shuffled_notices"):
            letters = [letters[at] for at in self._quirks.shuffled(len(letters))]
        for letter in letters:
            self._send(letter)
        return len(jobs) + len(letters)

    def close(self) -> None:
        self._session.close()

    def _send(self, letter: Letter) -> None:
        """One try; what was not taken is due again later, as often as there are waits."""
        headers = letter.headers or self._headers(letter.body)
        try:
            answer = self._session.post(
                letter.url,
                data=letter.body,
                headers={**headers, "Content-Type": "application/json"},
                timeout=TIMEOUT_S,
                allow_redirects=False,
            )
            taken = answer.status_code in (200, 204)
        except requests.RequestException:
            taken = False
        letter.tries += 1
        with self._lock:
            if taken:
                self._sent = [*self._sent[-20:], Letter(letter.url, letter.body, 0, headers=dict(headers))]
            elif not letter.headers and letter.tries < len(WAITS_MS):
                letter.due_ms = self._clock.now_ms() + WAITS_MS[letter.tries]
                self._letters.append(letter)

    def _replays(self, url: str, event: str, kind: str, told: dict[str, object], body: bytes) -> list[Letter]:
        """This notice as of six minutes ago, and its data under the signature of an earlier one."""
        now_ms = self._clock.now_ms()
        stale = Letter(url, body, now_ms, headers=self._headers(body, ago_s=LONG_AGO_S))
        with self._lock:
            earlier = self._sent[-1:]
        return [stale] + [
            Letter(url, self._body(event, kind, told), now_ms, headers=dict(each.headers)) for each in earlier
        ]

    def _body(self, event: str, kind: str, told: dict[str, object]) -> bytes:
        plain = json.dumps(told, ensure_ascii=False).encode()
        resource = seal(self._keys.notice, secrets.token_hex(6), kind, plain)
        notice = {
            "id": secrets.token_hex(16),
            "create_time": legal_time(self._clock.now_ms()).isoformat(timespec="seconds"),
            "event_type": event,
            "resource_type": "encrypt-resource",
            "summary": "",
            "resource": {"original_type": kind, **resource},
        }
        return json.dumps(notice, ensure_ascii=False).encode()

    def _headers(self, body: bytes, ago_s: int = 0) -> dict[str, str]:
        headers = signed_headers(self._keys, body, self._clock.now_ms() // 1000 - ago_s)
        if self._quirks.happens("bad_notice"):
            headers["Wechatpay-Signature"] = spoilt(headers["Wechatpay-Signature"])
        return headers


def signed_headers(keys: TrialKeys, body: bytes, at_s: int) -> dict[str, str]:
    """What the platform puts over an answer or a notice."""
    nonce = secrets.token_hex(16)
    return {
        "Wechatpay-Timestamp": str(at_s),
        "Wechatpay-Nonce": nonce,
        "Wechatpay-Serial": keys.platform_serial,
        "Wechatpay-Signature": sign(keys.platform, answer_text(at_s, nonce, body)),
    }


def spoilt(signature: str) -> str:
    """The signature with one letter changed."""
    return ("B" if signature[0] == "A" else "A") + signature[1:]


def _dict(value: object) -> dict[str, object]:
    assert isinstance(value, dict)
    return value
