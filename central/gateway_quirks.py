"""What the trial gateway may do wrong, as real ones do, drawn from a seed.

A SPEC is a list such as ``slow=0.1,duplicate_notice=0.5,bad_signature=2x``: a number from 0 to 1 is a probability,
``2x`` means the next two times, and a name that ends in ``_s`` is a length.  What is not named does not happen.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from random import Random

CHANCES = {
    "slow": "the answer comes after slow_s",
    "system_error": "500 SYSTEM_ERROR, and nothing was done",
    "error_after": "502 without a signature, and the work was done",
    "bad_signature": "one byte of the answer's signature is wrong; the work was done",
    "stale_signature": "the answer is signed with a time of six minutes ago; the work was done",
    "wrong_echo": "the answer names another merchant; the work was done",
    "user_paying": "a scanned code that would pay says USERPAYING first, for paying_s",
    "reverse_undecided": "a reverse says USERPAYING and does nothing",
    "close_refused": "a close is refused as too early, whatever the time",
    "late_money": "the payer's money comes after the close",
    "paid_twice": "the payer's money comes twice, as two transactions of one order",
    "refund_refused": "a refund ends ABNORMAL and is never carried out",
    "no_notice": "a payment is not told",
    "early_notice": "a payment is told before the answer of the very call that made it",
    "duplicate_notice": "a notice is sent twice under one number",
    "shuffled_notices": "notices wait and are sent in another order",
    "wrong_amount_notice": "a well signed notice names another amount",
    "bad_notice": "one byte of the notice's signature is wrong",
    "replayed_notice": "the notice is followed by an old signature over another order's data, and by itself, six minutes old",
}
LENGTHS = {"slow_s": 0.3, "paying_s": 2.0}


def describe() -> str:
    """The help of a SPEC, one paragraph a quirk."""
    lines = [f"{name}: {meaning}" for name, meaning in CHANCES.items()]
    lines += [f"{name}: seconds, {seconds:g} unless given" for name, seconds in LENGTHS.items()]
    head = "A SPEC is name=value, ...: 0.2 is a probability, 3x means the next three times."
    return "\n\n".join([head, *lines])


@dataclass(frozen=True)
class Quirk:
    """``left`` None: by ``chance``; else that many more times."""

    chance: float = 0.0
    left: int | None = None


class Quirks:
    """The dice.  Called from many threads."""

    def __init__(self, spec: str = "", seed: int = 0) -> None:
        self._random, self._lock = Random(seed), threading.Lock()  # noqa: S311 - a replayable fault is no secret
        self._spec = ""
        self._quirks: dict[str, Quirk] = {}
        self._lengths: dict[str, float] = {}
        self.set(spec)

    @property
    def spec(self) -> str:
        return self._spec

    def set(self, spec: str) -> None:
        """Replaces every quirk.  Raises ValueError for a name or a number that means nothing."""
        quirks: dict[str, Quirk] = {}
        lengths = dict(LENGTHS)
        for part in filter(None, (each.strip() for each in spec.split(","))):
            name, _, value = part.partition("=")
            if name in LENGTHS:
                lengths[name] = float(value)
            elif name in CHANCES and value.endswith("x"):
                quirks[name] = Quirk(left=int(value[:-1]))
            elif name in CHANCES and 0 <= float(value) <= 1:
                quirks[name] = Quirk(chance=float(value))
            else:
                raise ValueError(f"no such quirk: {part}")
        with self._lock:
            self._spec, self._quirks, self._lengths = spec, quirks, lengths

    def happens(self, name: str) -> bool:
        """Whether it happens this time."""
        assert name in CHANCES
        with self._lock:
            quirk = self._quirks.get(name, Quirk())
            if quirk.left is None:
                return quirk.chance > 0 and self._random.random() < quirk.chance
            self._quirks[name] = Quirk(left=max(0, quirk.left - 1))
            return quirk.left > 0

    def length(self, name: str) -> float:
        with self._lock:
            return self._lengths[name]

    def shuffled(self, count: int) -> list[int]:
        """The numbers below ``count`` in a drawn order."""
        with self._lock:
            return self._random.sample(range(count), count)
