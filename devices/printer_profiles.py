"""What one model of receipt printer can do.  A fact of the firmware, not a setting; docs/devices/printer.md
says how well each is proved.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

Link = Literal["serial", "fast"]
Charset = Literal["gb2312", "gbk", "gb18030"]


@dataclass(frozen=True, slots=True)
class PrinterProfile:
    """``link`` fast sends the whole sheet as a picture, serial sends text.  ``dots`` is the printable width
    at 8 dots a mm.
    """

    name: str
    link: Link = "serial"
    charset: Charset = "gb2312"  # what the firmware's font has; gb18030 means its two-byte codes only
    user_glyphs: int = 0  # how many FS 2 characters can be loaded at a time
    native_qr: bool = False  # GS ( k
    gs_h: bool = False  # GS ( H: a number that comes back when the sheet is out
    clears: bool = False  # DLE DC4 8: what waits in the printer can be thrown away, and it says so
    asb: bool = True  # GS a: the printer reports changes by itself; used only together with gs_h
    dots: int = 576
    fault_mask: int = 0x2C  # which bits of DLE EOT 3 are faults a person must clear
    rtscts: bool = True
    baud: int = 115200
    status_timeout_s: float = 0.3  # the whole of one status()
    stall_timeout_s: float = 5.0  # how long the line may refuse bytes
    completion_timeout_s: float = 30.0  # from the last byte to the printer's word, reloading paper included


PROFILES: Mapping[str, PrinterProfile] = MappingProxyType(
    {
        profile.name: profile
        for profile in (
            PrinterProfile(
                "epson-80", charset="gb18030", user_glyphs=94, native_qr=True, gs_h=True, clears=True
            ),
            PrinterProfile("sprt-gb2312", charset="gb2312", user_glyphs=6, native_qr=True, baud=9600),
            # bit 2 of its DLE EOT 3 is documented nowhere, and set elsewhere while idle: no fault here
            PrinterProfile("masung", charset="gb2312", native_qr=True, fault_mask=0x28),
            PrinterProfile("generic-58", charset="gb2312", asb=False, dots=384, rtscts=False, baud=9600),
            # on a belt, over Bluetooth: slow to answer; over /dev/rfcomm0 the speed means nothing, and there are no lines to ask
            PrinterProfile(
                "belt-58",
                charset="gb2312",
                asb=False,
                dots=384,
                rtscts=False,
                status_timeout_s=1.0,
                stall_timeout_s=10.0,
                completion_timeout_s=12.0,  # a visit does not stand still for a printer that cannot say so
            ),
            PrinterProfile("fast-raster", link="fast", gs_h=True, clears=True, rtscts=False),
        )
    }
)
