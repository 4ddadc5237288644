"""Money: figures, words and capitals, against the rule's own examples."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk import money

amounts = st.integers(0, money.MOST_FEN)


# 银发〔1997〕393号, annex 1, and the amounts of a pension tier or a medical fee
@pytest.mark.parametrize(
    ("fen", "text"),
    [
        (140950, "壹仟肆佰零玖元伍角"),
        (600714, "陆仟零柒元壹角肆分"),
        (168032, "壹仟陆佰捌拾元零叁角贰分"),
        (10700053, "壹拾万柒仟元零伍角叁分"),
        (1640902, "壹万陆仟肆佰零玖元零贰分"),
        (32504, "叁佰贰拾伍元零肆分"),
        (100000, "壹仟元整"),
        (30000, "叁佰元整"),
        (1000, "壹拾元整"),
        (100100, "壹仟零壹元整"),
        (10005000, "壹拾万零伍拾元整"),
        (10050000, "壹拾万零伍佰元整"),
        (1000000, "壹万元整"),
        (2000300, "贰万零叁元整"),
        (10, "壹角"),
        (1, "壹分"),
        (15, "壹角伍分"),
        (0, "零元整"),
        (9999999999, "玖仟玖佰玖拾玖万玖仟玖佰玖拾玖元玖角玖分"),
    ],
)
def test_capitals(fen: int, text: str) -> None:
    assert money.capitals(fen) == text


@given(amounts)
def test_capitals_can_be_read_back(fen: int) -> None:
    assert _read(money.capitals(fen)) == fen


@given(amounts)
def test_capitals_never_double_a_zero_or_end_in_one(fen: int) -> None:
    text = money.capitals(fen)
    assert "零零" not in text
    assert "零万" not in text
    assert fen == 0 or "零元" not in text


@pytest.mark.parametrize(
    ("fen", "text"),
    [(0, "0.00"), (1, "0.01"), (10, "0.10"), (100000, "1,000.00"), (123456789, "1,234,567.89")],
)
def test_yuan(fen: int, text: str) -> None:
    assert money.yuan(fen) == text
    assert money.with_sign(fen) == "\uffe5" + text


@pytest.mark.parametrize(
    ("fen", "text"), [(100000, "1000 元"), (1250, "12.5 元"), (5, "0.05 元"), (0, "0 元")]
)
def test_plain_yuan(fen: int, text: str) -> None:
    assert money.plain_yuan(fen) == text
    assert money.bare_yuan(fen) + " 元" == text


@pytest.mark.parametrize(
    "say", [money.yuan, money.with_sign, money.bare_yuan, money.plain_yuan, money.capitals]
)
@pytest.mark.parametrize("fen", [-1, -100, 10_000_000_000])
def test_no_amount_below_nothing_or_above_the_most(say, fen: int) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ValueError, match="an amount is from 0"):
        say(fen)


@pytest.mark.parametrize(
    ("text", "fen"),
    [
        ("1000", 100000),
        ("1,000.00", 100000),
        ("12.5", 1250),
        ("0", 0),
        ("0.01", 1),
        ("99,999,999.99", 9999999999),
    ],
)
def test_parses(text: str, fen: int) -> None:
    assert money.parse_yuan(text) == fen


@pytest.mark.parametrize(
    "text",
    [
        *[
            "",
            " 1",
            "1 ",
            "-1",
            "+1",
            "1.",
            ".5",
            "1.234",
            "01",
            "1,00",
            "1,0000",
            "10,00.00",
            ",100",
            "1_000",
            "1e3",
        ],
        *["１００", "٣", "￥1", "1元", "NaN", "100000000", "1" * 5000],
    ],
)
def test_parses_nothing_else(text: str) -> None:
    with pytest.raises(ValueError, match=r"not an amount|more than|an amount is"):
        money.parse_yuan(text)


@given(amounts)
def test_parses_what_it_wrote(fen: int) -> None:
    assert money.parse_yuan(money.yuan(fen)) == fen


def _read(text: str) -> int:
    """Capitals back to fen, by another road: a running total over the characters."""
    units = {"拾": 1000, "佰": 10_000, "仟": 100_000}
    total = group = digit = 0
    for character in text:
        if character in "零壹贰叁肆伍陆柒捌玖":
            digit = "零壹贰叁肆伍陆柒捌玖".index(character)
        elif character in units:
            group, digit = group + digit * units[character], 0
        elif character in "万元":
            total, group, digit = total + group + digit * 100, 0, 0
            total *= 10_000 if character == "万" else 1
        elif character in "角分":
            total, digit = total + digit * (10 if character == "角" else 1), 0
    return total
