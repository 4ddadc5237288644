"""The paper: what the encoder sends must come out of a printer that knows only its own firmware."""

from __future__ import annotations

import re
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageDraw, ImageFont

from devices import escpos
from devices.escpos_layout import layout
from devices.glyphs import FontChain
from devices.printer import Document, Feed, Line, Pair, Qr, Rule
from devices.printer_emulator import PrinterEmulator
from devices.printer_paper import PICTURE, Sheet
from devices.printer_profiles import PROFILES, PrinterProfile
from tests.devices.wire import FakeClock

NOTO = Path("assets/fonts/NotoSansSC-Regular.otf")
HANA = Path("/usr/share/fonts/truetype/hanazono/HanaMinB.ttf")
FONTS = (NOTO, HANA)
GLYPHS = FontChain(FONTS)
TOP = 96  # 12 mm of white between head and knife

RARE = "㐂䶮堃𬭎龘𫍯喆玥" + ("𠮷" if HANA.exists() else "")
CHARSETS = ("gb2312", "gbk", "gb18030")
TEXT_PROFILES = [
    PrinterProfile(f"{charset}+{places}", charset=charset, user_glyphs=places, native_qr=places > 0)
    for charset in CHARSETS
    for places in (0, 6, 94)
]
ALL_PROFILES = [*TEXT_PROFILES, PrinterProfile("fast", link="fast")]
PAYLOAD = "SB1:" + "7WQ2K4T8MZ0R5Y3XBCDEF" * 6


def printed(document: Document, profile: PrinterProfile) -> tuple[Sheet, PrinterEmulator]:
    """One sheet, printed without a wire; the printer understood every byte."""
    printer = PrinterEmulator(profile, FONTS, FakeClock(), mm_per_s=0, reads=RARE + "〇")
    for command in (escpos.prelude(profile), *escpos.encode(document, profile, GLYPHS)):
        printer.receive(command)
    assert not printer.unknown
    assert (printer.tofu, printer.overflows, printer.obeyed_in_data) == (0, 0, 0)
    (sheet,) = printer.sheets
    return sheet, printer


def grey(sheet: Sheet) -> np.ndarray:
    return np.asarray(sheet.image.convert("L"))


def glyph(char: str) -> Image.Image:
    """Pillow's own drawing."""
    font, threshold = (HANA, 190) if char == "𠮷" else (NOTO, 150)
    picture = Image.new("L", (24, 24), 255)
    face = ImageFont.truetype(font, 24)
    ImageDraw.Draw(picture).text((0, 21), char, font=face, fill=0, anchor="ls")
    return picture.point(lambda level: 0 if level < threshold else 255)


@pytest.mark.parametrize("profile", ALL_PROFILES, ids=lambda p: p.name)
def test_rare_names_come_out_as_their_glyphs(profile):
    sheet, _ = printed((Line(RARE),), profile)
    for place, char in enumerate(RARE):
        cell = sheet.image.crop((24 * place, TOP, 24 * place + 24, TOP + 24)).convert("L")
        # a lone dot before 04, 05 or 14 is made two dots wide
        different = np.asarray(ImageChops.difference(cell, glyph(char)))
        assert np.count_nonzero(different) <= 1


@pytest.mark.parametrize("profile", ALL_PROFILES, ids=lambda p: p.name)
def test_a_phone_reads_the_code(profile):
    sheet, _ = printed((Line("扫码验真伪"), Qr(PAYLOAD), Line("谢谢")), profile)
    read, _, _ = cv2.QRCodeDetector().detectAndDecode(grey(sheet))
    assert read == PAYLOAD
    assert sheet.codes == ((PAYLOAD,) if profile.native_qr else ())


RECEIPT: Document = (
    Line("社会保险缴费凭条", 2, "center"),
    Rule(),
    Pair("姓名", "王喆"),
    Pair("金额", "\u00a53,400.00", 2),
    Line("第一行"),
    Feed(2),
    Line("居中", 1, "center"),
)


def test_the_sheet_says_what_the_document_says():
    sheet, _ = printed(RECEIPT, PrinterProfile("p", user_glyphs=6))
    lines = [" ".join(line.split()) for line in sheet.text]
    assert lines == ["社会保险缴费凭条", "─" * 24, "姓名 王喆", "金额 ￥3,400.00", "第一行", "居中"]


def test_text_and_picture_are_the_same_paper():
    """A fast printer's page and a serial printer's text differ only where the firmware draws for itself."""
    document = (Line("缴费 2026-11-22"), Pair("姓名", "王堃"), Line("居中", 1, "center"), Feed(1), Line("完"))
    text, _ = printed(document, PrinterProfile("t", charset="gb18030"))
    page, _ = printed(document, PrinterProfile("f", link="fast"))
    assert np.array_equal(grey(text), grey(page))


def test_what_a_fast_printer_prints_is_the_preview():
    sheet, _ = printed(RECEIPT, PrinterProfile("f", link="fast"))
    preview = GLYPHS.sheet(layout(RECEIPT, 576), 576)
    below = sheet.image.crop((0, TOP, 576, TOP + preview.height))
    different = np.asarray(ImageChops.difference(below.convert("L"), preview.convert("L")))
    assert np.count_nonzero(different) <= 3


def test_a_picture_line_among_text_keeps_its_place():
    sheet, _ = printed((Line("甲"), Line("㐂"), Line("乙")), PrinterProfile("p"))
    assert sheet.text == ("甲", PICTURE, "乙")
    for place, char in enumerate("甲㐂乙"):
        cell = sheet.image.crop((0, TOP + 34 * place, 24, TOP + 34 * place + 24)).convert("L")
        assert ImageChops.difference(cell, glyph(char)).getbbox() is None


EVERY = st.text(st.sampled_from("城乡居民，。（）￥\u00a5“”—·AZaz09 .,:㐂堃龘喆玥〇䶮"), max_size=60)


@settings(max_examples=60, deadline=None)
@given(EVERY, st.sampled_from(ALL_PROFILES), st.sampled_from((1, 2)))
def test_every_text_is_printed_whole_within_the_paper(text, profile, size):
    sheet, _ = printed((Line(text, size), Pair(text, text), Qr("A1")), profile)
    if profile.user_glyphs == 94:
        expected = re.sub(r"\s", "", text * 3).replace("\u00a5", "\uffe5")
        assert re.sub(r"\s", "", "".join(sheet.text)) == expected


# --- the printer itself ---


def a_printer(**more: object) -> PrinterEmulator:
    return PrinterEmulator(PROFILES["epson-80"], FONTS, FakeClock(), mm_per_s=0, **more)  # type: ignore[arg-type]


def test_a_four_byte_code_is_misread_as_by_real_firmware():
    printer = a_printer()
    printer.receive(b"\x1b@\x1c&" + "𠮷".encode("gb18030") + b"\n")
    assert printer.tofu == 2


def test_chinese_without_kanji_mode_is_rubbish():
    printer = a_printer()
    printer.receive(b"\x1b@" + "你".encode("gbk") + b"\n")
    assert printer.tofu == 2


def test_a_glyph_that_was_not_loaded_is_a_box():
    printer = a_printer()
    printer.receive(b"\x1b@\x1c&\xfe\xa1\n")
    assert printer.tofu == 1


def test_a_line_that_is_too_long_runs_over():
    printer = a_printer()
    printer.receive(b"\x1b@" + b"x" * 49 + b"\n")
    assert printer.overflows == 1


def test_unknown_commands_are_counted():
    printer = a_printer()
    printer.receive(b"\x1bt\x00\x1d(Z\x02\x00ab")
    assert list(printer.unknown) == ["1b 74 00", "1d 28 5a 02"]


@pytest.mark.parametrize("portion", [1, 7, 16])
def test_bytes_may_come_in_any_portions(portion):
    data = b"".join((escpos.INITIALISE, *escpos.encode(RECEIPT, PROFILES["sprt-gb2312"], GLYPHS)))
    printer = PrinterEmulator(PROFILES["sprt-gb2312"], FONTS, FakeClock(), mm_per_s=0, reads=RARE)
    for at in range(0, len(data), portion):
        printer.receive(data[at : at + portion])
    whole, _ = printed(RECEIPT, PROFILES["sprt-gb2312"])
    (sheet,) = printer.sheets
    assert sheet.text == whole.text
    assert np.array_equal(grey(sheet), grey(whole))
    assert sheet.byte_count == len(data)


def test_faults_are_answered_in_real_time():
    printer = a_printer()
    ask = b"".join(map(escpos.status_query, (1, 2, 3, 4)))
    assert printer.receive(ask) == bytes.fromhex("12121212")
    printer.paper_out()
    assert printer.receive(ask) == bytes.fromhex("1A32127E")
    printer.load_paper()
    printer.open_cover()
    assert printer.receive(ask) == bytes.fromhex("1A161212")
    printer.close_cover()
    printer.jam()
    assert printer.receive(ask) == bytes.fromhex("1A521A12")
    printer.clear_jam()
    printer.near_end()
    assert printer.receive(ask) == bytes.fromhex("1212121E")
    printer.mute()
    assert printer.receive(ask) == b""
    printer.mute(False)
    printer.power_off()
    assert printer.receive(ask) == b""


def test_its_condition_can_be_looked_at_and_not_changed_by_looking():
    printer = a_printer()
    printer.near_end()
    seen = printer.condition
    assert (seen.is_low, seen.offline) == (True, False)
    seen.is_jammed = True
    assert printer.receive(escpos.status_query(3)) == b"\x12"


def test_a_masung_idles_at_16():
    assert a_printer(drawer_high=True).receive(escpos.status_query(1)) == b"\x16"


def test_changes_are_reported_when_asked_for():
    printer = a_printer()
    assert printer.receive(b"\x1da\x0e") == bytes.fromhex("10000000")
    printer.paper_out()
    assert printer.tick() == bytes.fromhex("18000F00")
    assert printer.tick() == b""
    printer.load_paper()
    assert printer.tick() == bytes.fromhex("10000000")


def test_words_are_given_in_turn_and_only_when_all_is_out():
    clock = FakeClock()
    printer = PrinterEmulator(PROFILES["epson-80"], FONTS, clock, mm_per_s=100)
    said = printer.receive(
        b"\x1b@" + b"x\n" * 10 + escpos.CUT + escpos.request(b"0042", PROFILES["epson-80"])
    )
    while not said and clock.now_s < 1010:
        clock.now_s += 0.01
        said = printer.tick()
    assert said == b"\x37\x220042\x00\x00"
    # ten lines, the way to the knife and 24 dots more, at 100 mm/s
    assert clock.now_s - 1000 > (340 + 96 + 24) / 8 / 100
    assert len(printer.sheets) == 1


def test_paper_that_ends_keeps_the_rest_for_later():
    printer = a_printer()
    printer.paper_out_after(100)
    printer.receive(b"\x1b@" + b"a\nb\nc\nd\n" + escpos.CUT)
    assert printer.sheets == ()
    assert printer.hanging_dots == 2 * 34
    printer.load_paper()
    printer.tick()
    assert printer.sheets[0].text == ("a", "b", "c", "d")


def test_power_off_forgets_what_was_not_printed():
    printer = a_printer()
    printer.paper_out_after(40)
    printer.receive(b"\x1b@a\nb\n" + escpos.CUT)
    printer.power_off()
    printer.power_on()
    printer.load_paper()
    printer.receive(b"\x1b@c\n" + escpos.CUT)
    assert [sheet.text for sheet in printer.sheets] == [("a", "c")]


CLEAR = bytes.fromhex("10140801031401060208")  # TM-T90 specification, DLE DC4 (fn = 8)
CLEARED = bytes.fromhex("372500")


@pytest.mark.parametrize("portion", [1, 3, 16, 100])
@pytest.mark.parametrize(
    ("waits", "hangs"),
    [
        ([PrinterEmulator.paper_out], 0),
        ([PrinterEmulator.open_cover], 0),
        ([PrinterEmulator.jam], 0),
        ([lambda printer: printer.paper_out_after(40)], 34),
    ],
)
def test_a_printer_told_to_clear_prints_nothing_of_what_waited(waits, hangs, portion):
    """In real time, offline, in whatever portions; what has passed the head hangs on."""
    printer = a_printer()
    for trouble in waits:
        trouble(printer)
    said = b""
    for data in (b"a\nb\nc", CLEAR):
        said += b"".join(printer.receive(data[at : at + portion]) for at in range(0, len(data), portion))
    assert said == CLEARED
    assert printer.hanging_dots == hangs
    for mend in (printer.load_paper, printer.close_cover, printer.clear_jam):
        mend()
    assert printer.tick() == b""
    assert printer.hanging_dots == hangs
    printer.receive(b"d\n" + escpos.CUT)
    assert [sheet.text for sheet in printer.sheets] == [("a", "d") if hangs else ("d",)]
    assert not printer.unknown


def test_clearing_forgets_the_unprinted_line_and_keeps_the_settings():
    printer = a_printer()
    printer.receive(b"\x1b@\x1ba\x01abc")
    printer.receive(CLEAR + b"x\n" + escpos.CUT)
    (sheet,) = printer.sheets
    assert sheet.text == ("x",)
    assert grey(sheet)[TOP : TOP + 24, :200].min() == 255  # still centred


def test_clearing_in_the_middle_of_a_picture_ends_the_picture():
    """Another command in processing is cancelled: Epson, ESC/POS reference, DLE DC4 (fn=8)."""
    printer = a_printer()
    assert printer.receive(b"\x1dv0\x00\x48\x00\xff\x00" + bytes(500) + CLEAR) == CLEARED
    printer.receive(b"x\n" + escpos.CUT)
    assert [sheet.text for sheet in printer.sheets] == [("x",)]


def test_what_comes_after_clear_is_printed():
    printer = a_printer()
    printer.paper_out()
    printer.receive(b"a\n" + CLEAR + b"b\n" + escpos.CUT)
    printer.load_paper()
    printer.tick()
    assert [sheet.text for sheet in printer.sheets] == [("b",)]


def test_questions_that_were_cleared_are_not_taken_for_data():
    printer = a_printer()
    printer.paper_out()
    printer.receive(escpos.status_query(1) + CLEAR)
    assert printer.obeyed_in_data == 0


def test_a_clear_that_is_not_whole_is_none():
    printer = a_printer()
    assert printer.receive(CLEAR[:-1] + b"\x09" + b"x\n" + escpos.CUT) == b""
    assert [sheet.text for sheet in printer.sheets] == [("x",)]
    assert list(printer.unknown) == ["10 14 08 01"]


def test_a_printer_that_does_not_know_clear_ignores_it():
    printer = PrinterEmulator(PROFILES["sprt-gb2312"], FONTS, FakeClock(), mm_per_s=0)
    printer.paper_out()
    assert printer.receive(b"a\n" + CLEAR) == b""
    printer.load_paper()
    printer.receive(escpos.CUT)
    assert [sheet.text for sheet in printer.sheets] == [("a",)]
    assert printer.unknown["10 14"] == 1


def test_a_cut_of_white_paper_is_no_sheet():
    printer = a_printer()
    printer.receive(escpos.CUT)
    assert (printer.sheets, printer.blank_cuts) == ((), 1)


def test_graphics_commands_print_too():
    """GS ( L: store, then print."""
    printer = a_printer()
    store = b"\x1d(L\x0b\x000p0\x01\x011\x08\x00\x01\x00\xff"
    printer.receive(store + b"\x1d(L\x02\x0002" + escpos.CUT)
    assert grey(printer.sheets[0])[TOP].tolist() == [0] * 8 + [255] * 568


def test_a_png_has_the_rolls_width(tmp_path):
    sheet, _ = printed(RECEIPT, PROFILES["epson-80"])
    sheet.png(tmp_path / "sheet.png")
    with Image.open(tmp_path / "sheet.png") as picture:
        assert picture.size == (640, sheet.image.height)


LEADS = [
    b"\x1b",
    b"\x1c",
    b"\x1d",
    b"\x1d(",
    b"\x1d(k",
    b"\x1d(L",
    b"\x1d(H",
    b"\x1dv0",
    b"\x10",
    b"\x1c&",
    b"\n",
    b"\x1dV",
]
GARBAGE = st.lists(st.sampled_from(LEADS) | st.binary(max_size=6) | st.just(b"\x00\x00"), max_size=40).map(
    b"".join
)


@settings(max_examples=400, deadline=None)
@given(GARBAGE)
def test_no_garbage_breaks_it(data):
    printer = a_printer()
    for portion in (data[: len(data) // 2], data[len(data) // 2 :]):
        printer.receive(portion)
    printer.receive(bytes(2_000))  # ends most commands that are open
    assert printer.receive(escpos.status_query(1))
