"""What is wrong with an emulated printer, and how it says so."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Condition:
    """``drawer_high`` sets bit 2 of the idle answer, as a Masung does."""

    drawer_high: bool = False
    is_out: bool = False
    is_low: bool = False
    is_open: bool = False
    is_jammed: bool = False

    @property
    def offline(self) -> bool:
        """It takes bytes but works none of them."""
        return self.is_out or self.is_open or self.is_jammed

    def dle_eot(self, number: int) -> int:
        """The answer to DLE EOT 1 to 4."""
        bits = {
            1: 0x04 * self.drawer_high | 0x08 * self.offline,
            2: 0x04 * self.is_open | 0x20 * self.is_out | 0x40 * self.is_jammed,
            3: 0x08 * self.is_jammed,
            4: 0x0C * (self.is_low or self.is_out) | 0x60 * self.is_out,
        }
        return 0x12 | bits[number]

    def asb(self) -> bytes:
        """The automatic status; its third byte is also the answer to GS r 1."""
        first = 0x10 | 0x08 * self.offline | 0x20 * self.is_open
        return bytes(
            (first, 0x08 * self.is_jammed, 0x03 * (self.is_low or self.is_out) | 0x0C * self.is_out, 0)
        )
