"""Whether what a card says can be true.  Finds damage that the line's own check byte cannot see.

Who a person is and whether the card still counts is not decided here: no register of places, no expiry,
no age.
"""

from __future__ import annotations

import re
from datetime import datetime

from devices.idcard import CardKind, IdCard

FOREVER = "长期"
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)  # 2 ** (17 - i) mod 11; GB 11643-1999
_CHECK_DIGITS = "10X98765432"
_SEXES = "0129"  # GB/T 2261.1: unknown, male, female, not stated
_NUMBERS = {
    CardKind.RESIDENT: re.compile(r"[1-8][0-9]{16}[0-9X]", re.ASCII),
    CardKind.HMT: re.compile(r"8[123]0000[0-9]{11}[0-9X]", re.ASCII),
    CardKind.FOREIGNER_2017: re.compile(r"[A-Z]{3}[0-9]{12}", re.ASCII),
    CardKind.FOREIGNER_2023: re.compile(r"9[0-9]{16}[0-9X]", re.ASCII),
}


def has_check_digit(card: IdCard) -> bool:
    """Whether the number protects itself; the 15 characters of 2017 do not."""
    return card.kind is not CardKind.FOREIGNER_2017


def check_digit(number: str) -> str:
    """MOD 11-2 of the first 17 digits (ISO 7064, GB 11643)."""
    return _CHECK_DIGITS[sum(w * int(d) for w, d in zip(_WEIGHTS, number[:17], strict=True)) % 11]


def contradictions(card: IdCard) -> tuple[str, ...]:
    """Names of what cannot be true, empty for a card that agrees with itself.  Never a value of the card."""
    found = []
    if not card.name or any(character < " " for character in card.name + card.english_name + card.address):
        found.append("text")
    if card.sex not in _SEXES or len(card.sex) != 1:
        found.append("sex")
    if not _real(card.birth):
        found.append("birth")
    if not _validity(card):
        found.append("validity")
    if not _NUMBERS[card.kind].fullmatch(card.number):
        return (*found, "number")
    if has_check_digit(card):
        found += _number_against_fields(card)
    return tuple(found)


def _number_against_fields(card: IdCard) -> list[str]:
    found = []
    if check_digit(card.number) != card.number[17]:
        found.append("check_digit")
    if card.number[6:14] != card.birth:
        found.append("birth_in_number")
    # odd is male; said of residents and HMT permits only (GB 11643), and a stated sex only
    male = int(card.number[16]) % 2 == 1
    if card.kind is not CardKind.FOREIGNER_2023 and card.sex in "12" and male != (card.sex == "1"):
        found.append("sex_in_number")
    return found


def _validity(card: IdCard) -> bool:
    if not _real(card.valid_from):
        return False
    return card.valid_to == FOREVER or (_real(card.valid_to) and card.valid_from <= card.valid_to)


def _real(date: str) -> bool:
    if not re.fullmatch(r"[0-9]{8}", date, re.ASCII):
        return False
    try:
        datetime.strptime(date, "%Y%m%d")  # noqa: DTZ007 - a date of a card has no zone
    except ValueError:
        return False
    return True
