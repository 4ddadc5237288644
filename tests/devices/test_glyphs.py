"""Pictures of characters, against Pillow's own drawing."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageDraw, ImageFont

from devices.errors import UncoveredCharacter
from devices.escpos_layout import BlankRow, QrRow, RuleRow, TextRow
from devices.glyphs import FontChain, qr_modules, qr_picture

NOTO = Path("assets/fonts/NotoSansSC-Regular.otf")
HANA = Path("/usr/share/fonts/truetype/hanazono/HanaMinB.ttf")
needs_hana = pytest.mark.skipif(not HANA.exists(), reason="package fonts-hanazono is not installed")
GLYPHS = FontChain((NOTO, HANA))


def drawn(char: str, font: Path, threshold: int, pixels: int = 24) -> Image.Image:
    """What Pillow makes of a full-width character: 880 of 1000 above the line."""
    face = ImageFont.truetype(font, pixels)
    grey = Image.new("L", (pixels, pixels), 255)
    ImageDraw.Draw(grey).text((0, round(pixels * 0.88)), char, font=face, fill=0, anchor="ls")
    return grey.point(lambda level: 0 if level < threshold else 255, "1")


def same(one: Image.Image, other: Image.Image) -> bool:
    return (
        one.size == other.size
        and ImageChops.difference(one.convert("L"), other.convert("L")).getbbox() is None
    )


@pytest.mark.parametrize("char", "㐂堃龘喆玥䶮￥：")
def test_a_cell_is_the_first_fonts_glyph(char):
    assert same(GLYPHS.cell(char), drawn(char, NOTO, 150))
    assert same(GLYPHS.cell(char, 2), drawn(char, NOTO, 150, 48))


@needs_hana
def test_the_next_font_draws_what_the_first_lacks():
    assert same(GLYPHS.cell("𠮷"), drawn("𠮷", HANA, 190))
    assert not FontChain((NOTO,)).covers("𠮷")


@needs_hana
def test_hairlines_of_a_rare_character_survive():
    """𠮷 has four horizontal strokes down its middle; at the first font's threshold one of them is lost."""
    cell = GLYPHS.cell("𠮷").convert("L")
    column = [cell.getpixel((15, y)) == 0 for y in range(24)]
    assert sum(ink and not above for above, ink in zip([False, *column], column, strict=False)) == 4


@pytest.mark.parametrize("char", [chr(code) for code in range(0x21, 0x7F)])
def test_ascii_is_half_as_wide_and_legible(char):
    cell = GLYPHS.cell(char)
    assert cell.size == (12, 24)
    assert ImageChops.invert(cell.convert("L")).getbbox() is not None


def test_no_two_digits_or_capitals_look_alike():
    cells = {GLYPHS.cell(char).tobytes() for char in "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"}
    assert len(cells) == 36


@pytest.mark.parametrize("char", "永㐂")
def test_columns_run_from_top_to_bottom(char):
    columns = GLYPHS.columns(char)
    assert len(columns) == 72
    expected = drawn(char, NOTO, 150).convert("L")
    for x in range(24):
        for y in range(24):
            bit = columns[3 * x + y // 8] >> (7 - y % 8) & 1
            assert bit == (expected.getpixel((x, y)) == 0)


def test_a_font_that_is_missing_or_no_font_covers_nothing(tmp_path):
    broken = tmp_path / "broken.ttf"
    broken.write_bytes(b"not a font at all")
    empty = tmp_path / "empty.ttf"
    empty.write_bytes(b"")
    chain = FontChain((Path("/missing.ttf"), broken, empty))
    assert not chain.covers("王")
    with pytest.raises(UncoveredCharacter):
        chain.cell("王")


@pytest.mark.parametrize("font", [NOTO, pytest.param(HANA, marks=needs_hana)], ids=lambda path: path.name)
def test_coverage_is_the_fonts_character_map(font):
    """coverage.json was made by another program, from the same fonts."""
    ranges = json.loads(Path("assets/fonts/coverage.json").read_text())[font.name]
    chain = FontChain((font,))
    for first, last in ranges:
        assert chain.covers(chr(first)) and chain.covers(chr(last))
    covered = {code for first, last in ranges for code in range(first, last + 1)}
    for code in [*(first - 1 for first, _ in ranges), *(last + 1 for _, last in ranges), 0x10FFFF]:
        assert chain.covers(chr(code)) == (code in covered)


def test_a_line_puts_each_character_into_its_cell():
    raster = GLYPHS.line(TextRow("A永", 1), 576)
    assert (raster.width_bytes, len(raster.rows)) == (72, 24)
    picture = Image.frombytes("1", (576, 24), bytes(0xFF ^ byte for row in raster.rows for byte in row))
    assert same(picture.crop((12, 0, 36, 24)), drawn("永", NOTO, 150))
    assert not any(any(row[5:]) for row in raster.rows)


def test_a_page_has_the_firmwares_pitch():
    rows = (TextRow("甲"), TextRow("乙", 2, True), RuleRow(), BlankRow(3), QrRow("SB1:ABC"))
    raster = GLYPHS.page(rows, 384)
    code = qr_picture("SB1:ABC")
    assert raster.width_bytes == 48
    assert len(raster.rows) == 34 + 60 + 34 + 3 * 34 + code.height + 2 * 24


def test_paper_that_is_no_multiple_of_eight_keeps_its_edge_white():
    raster = GLYPHS.page((TextRow("甲"),), 380)
    assert all(row[-1] & 0x0F == 0 for row in raster.rows)


@pytest.mark.parametrize(
    ("payload", "modules", "module_dots"),
    [("A", 21, 8), ("SB1:" + "A1B2C3D" * 21, 41, 6)],  # version 1; version 6 holds 154 at level M
)
def test_codes_are_as_large_as_paper_and_phones_like(payload, modules, module_dots):
    assert qr_modules(payload) == modules
    assert qr_picture(payload).size == (modules * module_dots,) * 2


def test_neither_pillow_nor_fonts_are_loaded_before_they_are_needed():
    program = (
        "import sys, devices.printer_escpos as p; from pathlib import Path;"
        "from devices.clock import SystemClock;"
        "printer = p.open_printer(p.PrinterSettings('/dev/none'), (Path('/missing'),), SystemClock());"
        "assert printer.covers('王'); printer.status();"
        "loaded = {'PIL', 'segno', 'numpy'} & set(sys.modules); assert not loaded, loaded"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
