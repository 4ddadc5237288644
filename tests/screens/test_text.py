"""Which font draws which character, and where lines break."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw, ImageFont

from kiosk import texts
from screens.environment import FONTS
from screens.text import (
    BOLD,
    COMMON_BOLD,
    COMMON_REGULAR,
    PLACEHOLDER,
    REGULAR,
    FontChain,
    break_lines,
    pieces,
)

HANAZONO = Path("/usr/share/fonts/truetype/hanazono/HanaMinB.ttf")
DEBIAN = Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc")


@pytest.fixture
def chain() -> FontChain:
    return FontChain(FONTS, HANAZONO)


def test_common_characters_are_of_the_face_asked_for(chain: FontChain) -> None:
    assert [Path(run.font).name for run in chain.runs("张秀英￥1,000.00（儿）", True)] == [COMMON_BOLD]
    assert [Path(run.font).name for run in chain.runs("张秀英·3710••••0042", False)] == [COMMON_REGULAR]


def test_what_is_less_common_comes_from_the_whole_face(chain: FontChain) -> None:
    """淼 is of GB 2312 level 2, 㛃 of extension A: only the regular face has it."""
    assert [Path(run.font).name for run in chain.runs("张淼", True)] == [COMMON_BOLD, BOLD]
    assert [Path(run.font).name for run in chain.runs("张㛃", True)] == [COMMON_BOLD, REGULAR]
    assert [Path(run.font).name for run in chain.runs("张淼㛃", False)] == [COMMON_REGULAR, REGULAR]


def test_every_fixed_word_is_of_the_common_fonts(chain: FontChain) -> None:
    words = "".join(str(value) for name, value in vars(texts).items() if name.isupper())
    for bold in (False, True):
        assert {Path(run.font).name for run in chain.runs(words, bold)} == {
            COMMON_BOLD if bold else COMMON_REGULAR
        }


@pytest.mark.skipif(not HANAZONO.is_file(), reason="fonts-hanazono is not installed")
def test_an_extension_b_character_is_drawn_by_the_rare_font(chain: FontChain) -> None:
    runs = chain.runs("张𪚥𠮷英", False)
    assert [run.text for run in runs if Path(run.font) == HANAZONO] == ["𪚥𠮷"]
    assert chain.drawable("张𪚥𠮷英")


def test_without_the_rare_font_a_placeholder_stands_and_staff_are_told() -> None:
    chain = FontChain(FONTS, Path("/nowhere/HanaMinB.ttf"))
    assert not chain.drawable("张𪚥英")
    assert "".join(run.text for run in chain.runs("张𪚥英", False)) == f"张{PLACEHOLDER}英"
    assert chain.drawable(PLACEHOLDER)


def test_markup_is_only_text(chain: FontChain) -> None:
    nasty = "[font=x][b]&amp;张[/b]"
    assert "".join(run.text for run in chain.runs(nasty, False)) == nasty


def ink(image: Image.Image) -> Any:
    return image.crop(image.getbbox()).resize((64, 64))


def glyph(font: ImageFont.FreeTypeFont, character: str) -> Image.Image:
    image = Image.new("L", (300, 300))
    ImageDraw.Draw(image).text((40, 20), character, font=font, fill=255)
    return ink(image)


def difference(one: Image.Image, other: Image.Image) -> float:
    return sum(abs(a - b) for a, b in zip(one.tobytes(), other.tobytes(), strict=True)) / 64 / 64


@pytest.mark.parametrize("bold", [False, True])
@pytest.mark.skipif(not DEBIAN.is_file(), reason="fonts-noto-cjk is not installed: nothing to compare with")
@pytest.mark.parametrize("character", "骨直角令")
def test_the_face_is_the_simplified_chinese_one(character: str, bold: bool, window: Any, stage: Any) -> None:
    """Face 0 of the Debian collection is Japanese, face 2 Simplified Chinese; these characters differ."""
    ((texture, _, _),) = stage.app.setter.runs(character, bold, 200)
    drawn = ink(Image.frombytes("RGBA", texture.size, texture.pixels).getchannel("A"))
    debian = DEBIAN.with_name("NotoSansCJK-Bold.ttc") if bold else DEBIAN
    japanese, chinese = (
        glyph(ImageFont.truetype(str(debian), 200, index=face), character) for face in (0, 2)
    )
    assert difference(japanese, chinese) > 5
    assert difference(drawn, chinese) < difference(drawn, japanese) / 2


@pytest.mark.parametrize("name", [REGULAR, BOLD, COMMON_REGULAR, COMMON_BOLD])
def test_the_shipped_fonts_say_that_they_are_simplified_chinese(name: str) -> None:
    family = ImageFont.truetype(str(FONTS / name), 20).getname()[0]
    assert "SC" in family.split()


def test_a_character_that_fonts_lack_is_never_a_box(stage: Any) -> None:
    """U+0378 is unassigned: it must not be drawn as the font's empty box."""
    drawn = stage.app.setter.runs("\u0378", False, 60)
    placeholder = stage.app.setter.runs(PLACEHOLDER, False, 60)
    assert [texture.pixels for texture, _, _ in drawn] == [texture.pixels for texture, _, _ in placeholder]


def lines(text: str, width: int, balance: bool = True) -> list[str]:
    found = break_lines(text, width, lambda start, end: end - start, balance)
    return [text[start:end] for start, end in found]


def test_a_line_never_begins_with_closing_punctuation() -> None:
    assert lines("一二三四，五六", 4, balance=False) == ["一二三", "四，五六"]


def test_numbers_and_their_units_stay_together() -> None:
    assert pieces("缴1,000.00元") == ["缴", "1,000.00元"]
    assert "2026年度" in pieces("居民养老2026年度")
    assert pieces("再缴 8 个月") == ["再", "缴", " ", "8 个月"]


def test_a_time_from_and_until_stays_together() -> None:
    assert "13:30–17:00" in pieces("今天 08:00–11:30、13:30–17:00 有人值班")
    assert lines("今天 08:00–11:30、13:30–17:00 有人值班", 19)[0] == "今天 08:00–11:30、"


def test_the_words_of_our_screens_are_not_torn() -> None:
    assert lines("以后在任何一台机器上放身份证", 8, balance=False) == ["以后在任何一台", "机器上放身份证"]
    assert lines("要工作人员看过才有结果", 7) == ["要工作人员", "看过才有结果"]


def test_the_name_of_a_button_is_not_torn_and_a_long_quotation_may_be() -> None:
    assert lines("办的时候点“上一步”", 8, balance=False) == ["办的时候点", "“上一步”"]
    long = "他说“照片没能核对出来不要紧”"
    assert len(lines(long, 8)) == 2
    assert "".join(pieces(long)) == long


def test_a_word_wider_than_its_line_is_broken_all_the_same() -> None:
    assert lines("工作人员", 3, balance=False) == ["工作人", "员"]


def test_lines_end_where_the_sense_does() -> None:
    assert lines("凭证可以存到手机，也可以在别处补打。", 14) == ["凭证可以存到手机，", "也可以在别处补打。"]


def test_lines_are_about_equally_long() -> None:
    assert lines("一二三四五六七八九十甲", 10) == ["一二三四五六", "七八九十甲"]


def test_given_breaks_are_kept_and_nothing_is_lost() -> None:
    assert lines("您好，\n请放身份证开始", 20) == ["您好，", "请放身份证开始"]
    text = "欧阳阿卜杜热合曼 ABCDEFGHIJKLMNOPQRSTUVWXYZ 2026年11月23日，再见。"
    assert "".join(lines(text, 7)).replace(" ", "") == text.replace(" ", "")
    assert max(map(len, lines(text, 7, balance=False))) <= 7 or "2026年11月23日，" in text
