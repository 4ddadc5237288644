"""Makes the vendored fonts and their coverage table.  Run by a developer, never on a kiosk.

    python assets/build_fonts.py --regular NotoSansSC-Regular.otf --cjk-bold NotoSansCJK-Bold.ttc \
        --rare HanaMinB.ttf --icons lucide.ttf --icon-codes codepoints.json

Face 0 of the Debian collection is Japanese: 2,933 of the 6,763 GB2312 characters are drawn differently there,
so the bold face is taken by its name.  Needs fontTools.
"""

import argparse
import json
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTCollection, TTFont

FONTS = Path(__file__).parent / "fonts"

ICONS = """
landmark id-card scan-face wallet file-search receipt-text receipt signature circle-help phone-call volume-2
a-large-small contrast arrow-left arrow-right house check circle-check clock printer qr-code credit-card shield-check
badge-check stethoscope users hand-coins briefcase smartphone triangle-alert wifi-off scan-line x plus minus
hourglass user-round circle-alert refresh-cw hand nfc wrench ban smile heart-handshake pen-line message-circle-question-mark
user-round-check user-search map-pin map-pin-house tablet-smartphone store arrow-down eye eye-closed rotate-ccw undo-2 square
square-check camera scroll-text
delete cloud-upload cloud-check cloud-download list log-out chevron-down chevron-up ellipsis user-x keyboard
""".split()


def gb2312() -> set[int]:
    """Every character of GB 2312: the everyday set that headings are written in."""
    chars = set()
    for row in range(0xA1, 0xF8):
        for cell in range(0xA1, 0xFF):
            try:
                chars.add(ord(bytes((row, cell)).decode("gb2312")))
            except UnicodeDecodeError:
                continue
    return chars


def level_1() -> set[int]:
    """The 3,755 characters of GB 2312 level 1: rows B0 to D7."""
    return {code for code in gb2312() if 0xB0 <= chr(code).encode("gb2312")[0] <= 0xD7}


def gbk_level() -> set[int]:
    """The unified ideographs block: names in bold headings fall back to regular only beyond it."""
    return set(range(0x4E00, 0x9FFF + 1))


def cut(font: TTFont, codes: set[int], target: Path, hinting: bool = False) -> None:
    options = subset.Options(layout_features=[], hinting=hinting, notdef_outline=True, name_IDs=["*"])
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=codes)
    cutter.subset(font)
    font.save(target)
    print(f"{target.name}: {target.stat().st_size / 1e6:.1f} MB, {len(font.getBestCmap())} characters")


def _keep_the_air_of_icons(path: Path) -> None:
    """Lucide's metrics say that every icon begins at x = 0: FreeType then moves a narrow one to the left of its square."""
    font = TTFont(path)
    for name in font.getGlyphOrder():
        glyph = font["glyf"][name]
        if glyph.numberOfContours:
            font["hmtx"][name] = (font["hmtx"][name][0], glyph.xMin)
    font["head"].flags &= ~0x2  # "left side bearing at x = 0" no longer holds
    font.save(path)


def ranges(codes: set[int]) -> list[list[int]]:
    """Sorted code points as [first, last] pairs."""
    pairs: list[list[int]] = []
    for code in sorted(codes):
        if pairs and pairs[-1][1] == code - 1:
            pairs[-1][1] = code
        else:
            pairs.append([code, code])
    return pairs


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("regular", "cjk-bold", "rare", "icons", "icon-codes"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    given = parser.parse_args()

    latin = (
        set(range(0x20, 0x250))
        | set(range(0x2000, 0x2070))
        | set(range(0x3000, 0x3040))
        | set(range(0xFF00, 0xFFF0))
    )
    regular = TTFont(given.regular)
    (FONTS / "NotoSansSC-Regular.otf").write_bytes(given.regular.read_bytes())

    bold = next(
        f for f in TTCollection(given.cjk_bold).fonts if f["name"].getBestFamilyName() == "Noto Sans CJK SC"
    )
    cut(bold, gb2312() | gbk_level() | latin | {0xB7, 0x2022, 0x25CF}, FONTS / "NotoSansSC-Bold.otf")

    # FreeType opens these in a thirtieth of the time, once for each size: the first screen needs nothing else
    marks = set(range(0x20, 0x7F)) | set(range(0x3000, 0x3020)) | set(range(0xFF01, 0xFF5F)) | {0xFFE5}
    common = level_1() | marks | {ord(mark) for mark in "·•–“”…"}
    for face in ("Regular", "Bold"):
        whole = TTFont(FONTS / f"NotoSansSC-{face}.otf")
        cut(whole, common, FONTS / f"NotoSansSC-Common-{face}.otf", hinting=True)

    codes = json.loads(given.icon_codes.read_text())
    missing = [name for name in ICONS if name not in codes]
    if missing:
        raise SystemExit(f"icons not in the font: {missing}")
    chosen = {name: codes[name] for name in ICONS}
    cut(TTFont(given.icons), set(chosen.values()), FONTS / "lucide.ttf")
    (FONTS / "icons.json").write_text(json.dumps(chosen, indent=1) + "\n")
    _keep_the_air_of_icons(FONTS / "lucide.ttf")

    coverage = {
        "NotoSansSC-Regular.otf": ranges(set(regular.getBestCmap())),
        "NotoSansSC-Bold.otf": ranges(set(TTFont(FONTS / "NotoSansSC-Bold.otf").getBestCmap())),
        "NotoSansSC-Common-Regular.otf": ranges(
            set(TTFont(FONTS / "NotoSansSC-Common-Regular.otf").getBestCmap())
        ),
        "NotoSansSC-Common-Bold.otf": ranges(set(TTFont(FONTS / "NotoSansSC-Common-Bold.otf").getBestCmap())),
        "HanaMinB.ttf": ranges(set(TTFont(given.rare).getBestCmap())),
    }
    (FONTS / "coverage.json").write_text(json.dumps(coverage, separators=(",", ":")) + "\n")
    print("coverage.json:", (FONTS / "coverage.json").stat().st_size)


if __name__ == "__main__":
    main()
