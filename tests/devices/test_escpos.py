"""Documents to bytes.  Literals are from GB 2312, GBK and the Epson manual, not from our output."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devices import escpos
from devices.errors import UncoveredCharacter
from devices.escpos_layout import CLOSING, TextRow, balanced, cells, clean, layout, wrap
from devices.glyphs import FontChain, Raster
from devices.printer import Document, Feed, Line, Pair, Qr, Rule
from devices.printer_profiles import PROFILES, PrinterProfile

NOTO = Path("assets/fonts/NotoSansSC-Regular.otf")
GLYPHS = FontChain((NOTO,))

GB2312 = PrinterProfile("gb2312", charset="gb2312")
GB2312_6 = PrinterProfile("gb2312+6", charset="gb2312", user_glyphs=6)
GBK_6 = PrinterProfile("gbk+6", charset="gbk", user_glyphs=6)
GB18030_94 = PrinterProfile("gb18030+94", charset="gb18030", user_glyphs=94)
FAST = PrinterProfile("fast", link="fast")

USER_1 = b"\xfe\xa1"
DEFINE_1 = b"\x1c2\xfe\xa1"


def encoded(document: Document, profile: PrinterProfile) -> bytes:
    return b"".join(escpos.encode(document, profile, GLYPHS))


@pytest.mark.parametrize(
    ("text", "profile", "expected"),
    [
        ("你好", GB2312, b"\xc4\xe3\xba\xc3\n"),
        ("〇", GBK_6, b"\xa9\x96\n"),  # not in GB 2312
        ("〇", GB2312_6, USER_1 + b"\n"),
        ("㐂", GBK_6, USER_1 + b"\n"),
        ("￥3,400.00", GB2312, b"\xa3\xa43,400.00\n"),
        ("\u00a53,400.00", GB2312, b"\xa3\xa43,400.00\n"),
        ("A：B", GB2312, b"A\xa3\xbaB\n"),
        ("王𠅤昇", GBK_6, b"\xcd\xf5" + USER_1 + b"\x95N\n"),  # never 95 32 A6 32
        ("王𠅤昇", GB18030_94, b"\xcd\xf5" + USER_1 + b"\x95N\n"),
        ("䶮", GB18030_94, b"\xfe\x9f\n"),  # two bytes in GB 18030, none in GBK
        ("䶮", GBK_6, USER_1 + b"\n"),
        (
            "提·艾——",
            GB2312,
            b"\xcc\xe1\xa1\xa4\xb0\xac\xa1\xaa\xa1\xaa\n",
        ),  # Python's gb2312 has neither · nor —
    ],
)
def test_each_character_is_sent_as_one_the_firmware_has(text, profile, expected):
    sheet = encoded((Line(text),), profile)
    assert sheet.startswith(b"\x1c&")
    assert expected in sheet
    assert sheet.count(DEFINE_1) == expected.count(USER_1)


def test_a_rare_character_is_loaded_before_its_line_and_only_once():
    sheet = encoded((Line("甲喆乙"), Line("喆")), GB2312_6)
    assert sheet.count(b"\x1c2") == 1
    assert sheet.index(b"\x1c2\xfe\xa1") < sheet.index("甲".encode("gbk"))
    assert sheet.count(USER_1) == 3  # its definition and two uses


def test_places_are_used_again_for_the_next_line():
    sheet = encoded((Line("喆堃龑祎玥昇"), Line("頔")), GB2312_6)
    places = [sheet[m.end() + 1] for m in re.finditer(rb"\x1c2", sheet)]
    assert places == [0xA1, 0xA2, 0xA3, 0xA4, 0xA5, 0xA6, 0xA1]  # the one used longest ago is given up
    again = encoded((Line("喆堃龑祎玥昇"), Line("喆"), Line("頔")), GB2312_6)
    assert [again[m.end() + 1] for m in re.finditer(rb"\x1c2", again)][-1] == 0xA2


def test_a_line_with_more_rare_characters_than_places_becomes_a_picture():
    sheet = encoded((Line("喆堃龑祎玥昇頔"), Line("你好")), GB2312_6)
    assert b"\x1c2" not in sheet
    assert sheet.count(b"\x1dv0\x00") == 1
    assert "你好".encode("gb2312") in sheet  # the other line stays text
    start = sheet.index(b"\x1dv0\x00")
    assert sheet[start + 4 : start + 8] == b"\x15\x00\x18\x00"  # 7 * 24 dots = 21 bytes, 24 rows


def test_doubling_is_set_for_both_kinds_of_character_and_taken_back():
    sheet = encoded((Line("大", 2), Line("小")), GB2312)
    big, small = b"\x1d!\x11\x1cW\x01", b"\x1d!\x00\x1cW\x00"
    assert (
        sheet.index(big)
        < sheet.index("大".encode("gbk"))
        < sheet.index(small)
        < sheet.index("小".encode("gbk"))
    )


def test_native_qr_is_the_five_functions_of_the_manual():
    assert escpos.native_qr("AB12", 6) == (
        bytes.fromhex("1D286B04003141 3200")
        + bytes.fromhex("1D286B03003143 06")
        + bytes.fromhex("1D286B03003145 31")
        + bytes.fromhex("1D286B07003150 30 41423132")
        + bytes.fromhex("1D286B03003151 30")
    )


def test_the_request_asks_by_number_only_where_the_printer_knows_numbers():
    assert escpos.request(b"0042", PROFILES["epson-80"]) == bytes.fromhex("1D28480600303030303432 1D7201")
    assert escpos.request(b"0042", PROFILES["masung"]) == b"\x1dr\x01"


def test_the_prelude_switches_reports_on_only_beside_numbers():
    assert escpos.prelude(PROFILES["epson-80"]) == b"\x1b@\x1da\x0e"
    # GS r could not be told from a torn report
    assert escpos.prelude(PROFILES["sprt-gb2312"]) == b"\x1b@\x1da\x00"


@pytest.mark.parametrize("profile", [GB2312, GB18030_94, FAST], ids=lambda p: p.name)
@pytest.mark.parametrize(
    "char", ["\U00030000", "\ue000", "\U0010ffff", "\x1b", "\x07", "\x9b", "\ud800", "\t"]
)
def test_a_character_nobody_has_fails_the_job_and_is_not_named(profile, char):
    for element in (Line(f"王{char}"), Pair("姓名", char), Pair(char, "")):
        with pytest.raises(UncoveredCharacter) as raised:
            escpos.encode((Line("好"), element), profile, GLYPHS)
        assert raised.value.codepoint == ord(char)
        assert char not in str(raised.value)
    assert not escpos.covered(f"王{char}", profile, GLYPHS)


def test_a_code_takes_printable_ascii_only():
    for payload in ("凭", "A\nB", "\x1b@"):
        with pytest.raises(UncoveredCharacter):
            escpos.encode((Qr(payload),), GB2312, GLYPHS)


def test_covers_what_firmware_or_fonts_have():
    nothing = FontChain((Path("/missing/font.ttf"),))
    assert escpos.covered("王㐂 ¥1\n第二行", GB2312, GLYPHS)
    assert escpos.covered("王", GB2312, nothing)
    assert not escpos.covered("㐂", GB2312, nothing)
    assert not escpos.covered("王", FAST, nothing)  # a picture needs a font for everything


RECEIPT: Document = (  # 24 lines and a code of 137 characters: the sample the byte counts were measured on
    Line("某市社会保险缴费凭条", 2, "center"),
    Line("本凭证不作报销依据", 1, "center"),
    *(Pair("缴费项目", "城乡居民养老保险") for _ in range(16)),
    Pair("姓名", "王喆"),
    Pair("金额", "￥3,400.00"),
    *(Line("请妥善保管，遗失可在任意一台终端补打。") for _ in range(4)),
    Qr("SB1:" + "7WQ2K4T8MZ0R5Y3XBCDEF" * 6 + "1234567"),
)


@pytest.mark.parametrize(
    ("profile", "measured"),
    [
        (PrinterProfile("c1", charset="gb2312", user_glyphs=6, native_qr=True), 1_357),
        (PrinterProfile("c2", charset="gb2312"), 15_956),
        (PrinterProfile("b", link="fast"), 76_977),
    ],
    ids=lambda v: getattr(v, "name", None),
)
def test_the_receipt_is_about_as_short_as_it_can_be(profile, measured):
    assert measured * 0.7 < len(encoded(RECEIPT, profile)) < measured * 1.15


@pytest.mark.parametrize("profile", PROFILES.values(), ids=lambda p: p.name)
def test_no_real_time_command_hides_in_a_sheet(profile):
    assert not re.search(rb"\x10[\x04\x05\x14]", encoded(RECEIPT, profile))


def test_real_time_commands_in_dots_are_broken_within_a_row_and_between_rows():
    rows = (b"\x10\x04\x10", b"\x05\x10\x10", b"\x14\x00\x10", b"\x10\x00\x04")
    (band,) = escpos.picture(Raster(3, rows), 128)
    assert band == b"\x1dv0\x00\x03\x00\x04\x00" + bytes.fromhex("300430 051030 140010 100004")


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.sampled_from([b"\x10", b"\x04", b"\x05", b"\x14", b"\x00", b"\xff"]), max_size=40).map(
        b"".join
    )
)
def test_breaking_adds_one_dot_and_takes_none(data):
    safe = escpos.harmless(data)
    assert not re.search(rb"\x10[\x04\x05\x14]", safe)
    assert len(safe) == len(data)
    assert all(after & before == before for before, after in zip(data, safe, strict=True))


def test_bands_have_at_most_128_rows_and_all_the_dots():
    raster = Raster(1, tuple(bytes((i & 0xF,)) for i in range(300)))
    bands = list(escpos.picture(raster, 128))
    assert [int.from_bytes(band[6:8], "little") for band in bands] == [128, 128, 44]
    assert b"".join(band[8:] for band in bands) == b"".join(raster.rows)


def test_a_flush_is_as_long_as_the_longest_command():
    for profile in PROFILES.values():
        sheet = escpos.encode((*RECEIPT, Line("喆堃龑祎玥昇頔" * 2, 2)), profile, GLYPHS)
        assert len(escpos.flush(profile)) >= max(map(len, sheet))
        assert not any(escpos.flush(profile))


# --- layout ---


@pytest.mark.parametrize(
    ("text", "columns", "lines"),
    [
        ("缴费成功", 8, ["缴费成功"]),
        ("缴费成功了", 8, ["缴费成功", "了"]),
        ("缴费成功。", 8, ["缴费成", "功。"]),  # a closing mark is never first
        ("已缴费（成功）", 8, ["已缴费", "（成功）"]),  # an opening mark is never last
        ("金额合计￥12.50", 14, ["金额合计", "￥12.50"]),  # the sign stays with its number
        ("order 2026-11 ok", 12, ["order", "2026-11 ok"]),
        ("ABCDEFGHIJ", 4, ["ABCD", "EFGH", "IJ"]),
        ("甲——乙", 4, ["甲", "——", "乙"]),
        ("一\n二", 8, ["一", "二"]),
        ("", 8, [""]),
    ],
)
def test_wraps_by_width_and_by_rule(text, columns, lines):
    assert wrap(text, columns) == lines


def test_a_pair_fills_the_line_exactly():
    (row,) = layout((Pair("姓名", "王喆"),), 384)
    assert row == TextRow("姓名" + " " * 24 + "王喆")
    assert row.dots == 384


def test_a_value_that_does_not_fit_goes_below():
    one = layout((Pair("办理机构名称", "某市某区社会保险中心"),), 384)
    assert one == (TextRow("办理机构名称"), TextRow(" " * 12 + "某市某区社会保险中心"))
    two = layout((Pair("地址", "某市某区某某街道某某路一百零一号"),), 288)
    assert two == (TextRow("地址"), TextRow("某市某区某某街道"), TextRow("某某路一百零一号"))


@pytest.mark.parametrize(
    ("text", "columns", "lines"),
    [
        ("社会保险费缴费凭证", 16, ["社会保险费", "缴费凭证"]),
        ("凭证", 16, ["凭证"]),
        ("一\n二三四五", 8, ["一", "二三四五"]),
        ("ABCDEFGH AB", 8, ["ABCDEFGH", "AB"]),  # not at the price of a word
    ],
)
def test_a_title_leaves_no_single_character_behind(text, columns, lines):
    assert balanced(text, columns) == lines


def test_right_is_padded_and_center_is_left_to_the_printer():
    assert layout((Line("甲", 1, "right"), Line("甲", 2, "center")), 384) == (
        TextRow(" " * 30 + "甲"),
        TextRow("甲", 2, True),
    )


TEXT = st.text(st.sampled_from("城乡居民，。（）￥“”—…·AZaz09 .,:-\n喆㐂"), max_size=60)


@settings(max_examples=300, deadline=None)
@given(
    TEXT,
    TEXT,
    st.sampled_from((384, 512, 576)),
    st.sampled_from((1, 2)),
    st.sampled_from(("left", "center", "right")),
)
def test_no_row_is_ever_wider_than_the_paper_and_nothing_is_lost(one, two, dots, size, align):
    rows = layout((Line(one, size, align), Rule(), Pair(one, two, size), Feed(1)), dots)
    text = [row for row in rows if isinstance(row, TextRow)]
    assert all(row.dots <= dots for row in text)
    printed = re.sub(r"\s", "", "".join(row.text for row in text))
    assert printed == re.sub(r"\s", "", clean(one + one + two))


@settings(max_examples=200, deadline=None)
@given(st.text(st.sampled_from("城乡居民，。）：；"), min_size=1, max_size=40))
def test_no_line_begins_with_a_closing_mark_where_it_can_be_helped(text):
    lines = wrap(text, 16)
    for before, line in pairwise(lines):
        assert line[0] not in CLOSING or all(char in CLOSING for char in before[1:])
    assert all(cells(line) <= 16 for line in lines)
