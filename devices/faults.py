"""A bad cable.  Seeded: the same Random and the same portions give the same damage.

A portion is what travels at once (a few bytes).  Each fault has its own probability for a portion;
several may strike the same one.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random


@dataclass(frozen=True, slots=True)
class Faults:
    """Probabilities from 0 to 1.

    ``delay_s`` is the longest time a portion is held back; later ones wait behind it.
    """

    random: Random
    drop: float = 0.0  # the portion never arrives
    truncate: float = 0.0  # its tail never arrives
    flip: float = 0.0  # one bit of it is wrong
    duplicate: float = 0.0  # it arrives twice
    noise: float = 0.0  # foreign bytes arrive before it
    delay: float = 0.0  # it arrives late
    delay_s: float = 0.05

    def spoil(self, portion: bytes) -> tuple[bytes, float]:
        """What arrives of one portion, and how many seconds late."""
        spoiled = bytearray(portion)
        if self._strikes(self.flip) and spoiled:
            spoiled[self.random.randrange(len(spoiled))] ^= 1 << self.random.randrange(8)
        if self._strikes(self.truncate) and spoiled:
            del spoiled[self.random.randrange(len(spoiled)) :]
        if self._strikes(self.duplicate):
            spoiled *= 2
        if self._strikes(self.drop):
            spoiled.clear()
        if self._strikes(self.noise):
            spoiled[:0] = self.random.randbytes(self.random.randint(1, 8))
        late_s = self.random.uniform(0, self.delay_s) if self._strikes(self.delay) else 0.0
        return bytes(spoiled), late_s

    def _strikes(self, probability: float) -> bool:
        return probability > 0 and self.random.random() < probability
