"""One receipt on its way to the paper: bytes and seconds as text over a serial line, against the same receipt as one picture.

A fast receipt that is wrong wins nothing: the emulated paper is read back, line by line, its QR code from the picture too.
"""

from __future__ import annotations

import time

import cv2
import numpy as np

from bench.figures import Figure, median
from bench.scene import BAUD, Scene
from devices import escpos
from devices.clock import SystemClock
from devices.escpos_layout import TextRow, layout
from devices.farend import FarEnd
from devices.glyphs import FontChain
from devices.printer import Document, Qr, Verdict
from devices.printer_emulator import PrinterEmulator
from devices.printer_escpos import PrinterSettings, open_printer
from devices.printer_paper import Sheet
from devices.printer_profiles import PROFILES
from kiosk import build, receipts, wire
from kiosk.config import Config, Fonts

PROFILE, RASTER = "epson-80", "fast-raster"
FACTS_RASTER_BYTES = 76_977  # 24 lines and a code of 137 characters, GS v 0 in bands of 128 rows
RARE_NAME = "𠮷䶮㐂"  # U+20BB7 of extension B, U+4DAE and U+3402 of extension A
FONTS = (build.FONTS / "NotoSansSC-Regular.otf", Fonts().rare)


def measure(scene: Scene, quick: bool) -> list[Figure]:
    runs = 2 if quick else 5
    assert Fonts().rare.is_file(), "no font for rare names is installed (fonts-hanazono)"
    slip = next(filter(None, (scene.receipt(card, number) for number, card in enumerate(scene.cards(40)))))
    rare = slip.model_copy(update={"name": RARE_NAME})
    plain = one(scene.config, slip, runs)
    odd = one(scene.config, rare, runs)
    picture_s = printed(receipts.receipt(slip, 0, scene.config.site), RASTER)[0]
    return [
        figure("receipt_bytes", plain, runs),
        figure("receipt_rare_name_bytes", odd, runs),
        Figure(
            "receipt_printed_s",
            median(plain.printed_s),
            "s",
            picture_s,
            "the same receipt as one picture, one run",
            low=min(plain.printed_s),
            high=max(plain.printed_s),
            runs=runs,
            more={
                "baud": BAUD,
                "until": "the printer's word PRINTED; the paper moves at 150 mm/s",
                "rare_name_s": median(odd.printed_s),
            },
        ),
    ]


class Printed:
    """Sizes of one receipt both ways, and what its paper said."""

    def __init__(
        self, text_bytes: int, raster_bytes: int, encode_ms: list[float], printed_s: list[float]
    ) -> None:
        self.text_bytes, self.raster_bytes = text_bytes, raster_bytes
        self.encode_ms, self.printed_s = encode_ms, printed_s


def one(config: Config, slip: wire.Receipt, runs: int) -> Printed:
    document = receipts.receipt(slip, 0, config.site)
    glyphs = FontChain(FONTS)
    escpos.encode(document, PROFILES[PROFILE], glyphs)  # opens the fonts
    encode_ms: list[float] = []
    printed_s: list[float] = []
    text_bytes = 0
    for _ in range(runs):
        began_s = time.perf_counter()
        text_bytes = sum(map(len, escpos.encode(document, PROFILES[PROFILE], glyphs)))
        encode_ms.append((time.perf_counter() - began_s) * 1000)
        seconds, sheet = printed(document)
        printed_s.append(seconds)
        check(document, sheet)
    raster_bytes = sum(map(len, escpos.encode(document, PROFILES[RASTER], glyphs)))
    return Printed(text_bytes, raster_bytes, encode_ms, printed_s)


def printed(document: Document, profile: str = PROFILE) -> tuple[float, Sheet]:
    """Seconds until the printer says PRINTED over a paced wire, and the sheet."""
    clock = SystemClock()
    rows = (row for row in layout(document, PROFILES[PROFILE].dots) if isinstance(row, TextRow))
    loaded = {
        c for row in rows for c in row.text if escpos.firmware_code(c, PROFILES[PROFILE].charset) is None
    }
    paper = PrinterEmulator(PROFILES[profile], FONTS, clock, reads="".join(loaded))
    with FarEnd(paper, BAUD) as wire_end:
        printer = open_printer(PrinterSettings(wire_end.port, profile, BAUD), FONTS, clock)
        printer.status()
        began_s = time.perf_counter()
        verdict = printer.print(document)
        seconds = time.perf_counter() - began_s
    assert verdict is Verdict.PRINTED, verdict
    assert not paper.tofu and not paper.overflows and not paper.unknown
    return seconds, paper.sheets[-1]


def check(document: Document, sheet: Sheet) -> None:
    """The paper says what the document says, character by character; the code is read from the dots."""
    meant = [row.text.strip() for row in layout(document, PROFILES[PROFILE].dots) if isinstance(row, TextRow)]
    said = [line.strip() for line in sheet.text if line.strip(" ─")]
    wanted = [line for line in meant if line]
    assert said == wanted, (
        f"the paper differs: {[pair for pair in zip(said, wanted, strict=False) if pair[0] != pair[1]]}"
    )
    payloads = [element.payload for element in document if isinstance(element, Qr)]
    assert [code_on(sheet)] == payloads == list(sheet.codes), "the code on the paper cannot be read"


def code_on(sheet: Sheet) -> str:
    """The code as a phone reads it from the dots, nearer and nearer; "" when it cannot."""
    for scale in (2, 3, 4):
        size = (sheet.image.width * scale, sheet.image.height * scale)
        dots = np.array(sheet.image.convert("L").resize(size), dtype=np.uint8)
        read, _, _ = cv2.QRCodeDetector().detectAndDecode(np.pad(dots, 40, constant_values=255))
        if read:
            return str(read)
    return ""


def figure(name: str, what: Printed, runs: int) -> Figure:
    return Figure(
        name,
        what.text_bytes,
        "bytes",
        what.raster_bytes,
        "the same receipt as one picture",
        runs=runs,
        more={
            "ratio_to_the_facts_77_kB": what.text_bytes / FACTS_RASTER_BYTES,
            "s_at_9600": what.text_bytes * 10 / 9600,
            "s_at_115200": what.text_bytes * 10 / 115200,
            "picture_s_at_9600": what.raster_bytes * 10 / 9600,
            "picture_s_at_115200": what.raster_bytes * 10 / 115200,
            "encode_ms": median(what.encode_ms),
            "paper_checked": True,
        },
    )
