"""Money is integer fen.  No float is ever made of it, and nothing here rounds.

Capitals follow 银发〔1997〕393号, annex 1 (正确填写票据和结算凭证的基本规定): one 零 for a run of zeros
inside, none at the end of a group; 零 after 元 whenever the 元 or the 角 digit is 0 and something follows;
整 after 元, nothing after 角 or 分.  Where the rule leaves 零 to the writer, we write the first of its two
examples.
"""

from __future__ import annotations

import re

MOST_FEN = 9_999_999_999  # 99,999,999.99 yuan: no amount of this house reaches 亿

SIGN = "￥"  # U+FFE5, full width, as on the screens and on paper

_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_PLACES = ("仟", "佰", "拾", "")
_YUAN = re.compile(r"(0|[1-9][0-9]*|[1-9][0-9]{0,2}(?:,[0-9]{3})+)(?:\.([0-9]{1,2}))?")


def yuan(fen: int) -> str:
    """1,000.00.  Raises ValueError below 0 or above MOST_FEN."""
    whole, rest = divmod(_checked(fen), 100)
    return f"{whole:,}.{rest:02d}"


def with_sign(fen: int) -> str:
    """￥1,000.00.  Raises ValueError below 0 or above MOST_FEN."""
    return SIGN + yuan(fen)


def bare_yuan(fen: int) -> str:
    """1000, 12.5: where the word 元 stands elsewhere.  Raises ValueError below 0 or above MOST_FEN."""
    whole, rest = divmod(_checked(fen), 100)
    return f"{whole}.{rest:02d}".rstrip("0").rstrip(".")


def plain_yuan(fen: int) -> str:
    """1000 元, 12.5 元: as one says it.  Raises ValueError below 0 or above MOST_FEN."""
    return bare_yuan(fen) + " 元"


def capitals(fen: int) -> str:
    """壹仟肆佰零玖元伍角, without the word 人民币.  Raises ValueError below 0 or above MOST_FEN."""
    whole, rest = divmod(_checked(fen), 100)
    jiao, last = divmod(rest, 10)
    if not whole and not rest:
        return "零元整"
    said = _whole(whole) + "元" if whole else ""
    if not rest:
        return said + "整"
    if whole and (whole % 10 == 0 or jiao == 0):
        said += "零"
    if jiao:
        said += _DIGITS[jiao] + "角"
    if last:
        said += _DIGITS[last] + "分"
    return said


def parse_yuan(text: str) -> int:
    """Fen of "1000", "1,000.00" or "12.5".

    ASCII digits, at most two decimals, no sign, no spaces: ValueError for anything else, and above MOST_FEN.
    """
    match = _YUAN.fullmatch(text)
    if match is None:
        raise ValueError("not an amount in yuan")
    whole, decimals = match.group(1).replace(",", ""), (match.group(2) or "").ljust(2, "0")
    if len(whole) > len(str(MOST_FEN)):  # before int(), which takes quadratic time over a long text
        raise ValueError("more than the most")
    return _checked(int(whole + decimals))


def _whole(number: int) -> str:
    """1 to 99,999,999 in capitals."""
    high, low = divmod(number, 10_000)
    if not high:
        return _group(low)
    if not low:
        return _group(high) + "万"
    # 壹拾万零伍佰: the zeros reach the 千 place.  Only the 万 digit 0: 壹拾万柒仟, the first example.
    return _group(high) + "万" + ("零" if low < 1_000 else "") + _group(low)


def _group(number: int) -> str:
    """1 to 9,999 in capitals, without zeros at either end."""
    said, zeros = "", False
    for digit, place in zip(f"{number:04d}", _PLACES, strict=True):
        if digit == "0":
            zeros = bool(said)
            continue
        said += ("零" if zeros else "") + _DIGITS[int(digit)] + place
        zeros = False
    return said


def _checked(fen: int) -> int:
    if not 0 <= fen <= MOST_FEN:
        raise ValueError("an amount is from 0 to 99,999,999.99 yuan")
    return fen
