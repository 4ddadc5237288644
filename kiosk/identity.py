"""Citizen numbers and names: what a number says, whether it can be true, how little of it is shown.  Pure.

    resident, HMT     aaaaaa YYYYMMDD sss c    GB 11643; a: area, s: order (odd: male), c: ISO 7064 MOD 11-2
    foreigner 2023    9aannn YYYYMMDD sss c    a: province, n: numeric country code; same check character
    foreigner 2017    LLL dddddddddddd         L: country letters; the digits have no published layout

Nobody is refused for an area code: counties are renamed and abolished, and Wendeng alone has had six codes.
Digits are ASCII 0-9.  A chip holds the check character X in upper case, so a lower-case x was typed or
garbled: it is refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import Literal

from devices.idcard import CardKind

Sex = Literal["1", "2"]  # GB/T 2261.1, as on the chip: 1 male, 2 female

LONG_TERM = "长期"

_EIGHTEEN = re.compile(r"[1-9][0-9]{16}[0-9X]")
_FIFTEEN = re.compile(r"[A-Z]{3}[0-9]{12}")
_DAY = re.compile(r"[0-9]{8}")
_HMT_AREAS = ("810000", "820000", "830000")
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"
_HIDDEN = "•" * 8

# Unicode had no code for these 80 characters of GBK (FE50-FEA0, in order): old systems, and the chips they
# wrote, hold the private points U+E815-E864 instead.  GB 18030 gave each its real code point.
_GBK_EXTRA = (
    "⺁𠂇𠂉𠃌⺄㑳㑇⺈⺋龴㖞㘚㘎⺌⺗㥮㤘龵㧏㧟㩳㧐龶龷㭎㱮㳠⺧𡗗龸⺪䁖䅟⺮䌷⺳⺶⺷𢦏䎱"
    "䎬⺻䏝䓖䙡䙌龹䜣䜩䝼䞍⻊䥇䥺䥽䦂䦃䦅䦆䦟䦛䦷䦶龺𤇾䲣䲟䲠䲡䱷䲢䴓䴔䴕䴖䴗䴘䴙䶮龻"
)
_FIRST_PRIVATE = 0xE815
_TO_REAL = {_FIRST_PRIVATE + place: character for place, character in enumerate(_GBK_EXTRA)}


class Flaw(Enum):
    """Why a text is no citizen number."""

    LENGTH = "length"  # neither 15 nor 18 characters
    CHARACTER = "character"  # a character that cannot stand where it stands
    CHECK_DIGIT = "check_digit"  # one character was misread, or two were swapped
    BIRTH_DATE = "birth_date"  # no such day
    FUTURE = "future"  # born after today


class InvalidNumber(ValueError):
    """The text is no citizen number; ``reason`` says why.  The text itself is never in the message."""

    def __init__(self, reason: Flaw) -> None:
        super().__init__(f"not a citizen number: {reason.value}")
        self.reason = reason


@dataclass(frozen=True, slots=True)
class CitizenNumber:
    """A number that passed every check.  ``birth`` and ``sex`` are None where the number does not say them.

    The sex of a foreigner's 2023 number is None: no published rule ties it to the order number.
    """

    number: str
    kind: CardKind
    birth: date | None
    sex: Sex | None

    def __repr__(self) -> str:
        return f"CitizenNumber({masked(self.number)})"


def parse(text: str, today: date) -> CitizenNumber:
    """Reads 18 or 15 characters; ``today`` is the last possible birthday.  Raises InvalidNumber."""
    if len(text) == 15:
        if not _FIFTEEN.fullmatch(text):
            raise InvalidNumber(Flaw.CHARACTER)
        return CitizenNumber(text, CardKind.FOREIGNER_2017, None, None)
    if len(text) != 18:
        raise InvalidNumber(Flaw.LENGTH)
    if not _EIGHTEEN.fullmatch(text):
        raise InvalidNumber(Flaw.CHARACTER)
    if text[17] != check_character(text[:17]):
        raise InvalidNumber(Flaw.CHECK_DIGIT)
    birth = _day(text[6:14])
    if birth is None:
        raise InvalidNumber(Flaw.BIRTH_DATE)
    if birth > today:
        raise InvalidNumber(Flaw.FUTURE)
    if text[0] == "9":
        return CitizenNumber(text, CardKind.FOREIGNER_2023, birth, None)
    kind = CardKind.HMT if text.startswith(_HMT_AREAS) else CardKind.RESIDENT
    return CitizenNumber(text, kind, birth, "1" if int(text[16]) % 2 else "2")


def check_character(first: str) -> str:
    """The last character of an 18-character number, from the 17 before it (GB 11643, ISO 7064 MOD 11-2)."""
    return _CHECKS[sum(int(digit) * weight for digit, weight in zip(first, _WEIGHTS, strict=True)) % 11]


def masked(number: str) -> str:
    """First four, eight dots, last four: 3710••••••••0042.

    The dots hide the whole birthday of an 18-character number.  A text of neither length is all dots.
    """
    if len(number) not in (15, 18):
        return _HIDDEN
    return number[:4] + _HIDDEN + number[-4:]


def mask_name(name: str) -> str:
    """张*英; of two characters the first: 张*; never more than three stars, which would tell the length."""
    if len(name) <= 1:
        return "*" * len(name)
    if len(name) == 2:
        return name[0] + "*"
    return name[0] + "*" * min(len(name) - 2, 3) + name[-1]


def names_equal(card: str, central: str) -> bool:
    """Whether two spellings are the same name: equal code points, once GBK's 80 private points are made real.

    Nothing else is folded: 温 and 溫, or two middle dots, are for a person to judge.
    """
    return card.translate(_TO_REAL) == central.translate(_TO_REAL)


def expired(valid_to: str, today: date) -> bool:
    """Whether a card is past its last day, on which it is still valid.

    ``valid_to`` is YYYYMMDD or 长期, as on the chip; ValueError for anything else.
    """
    if valid_to == LONG_TERM:
        return False
    last = _day(valid_to)
    if last is None:
        raise ValueError("the end of validity is no date")
    return today > last


def _day(text: str) -> date | None:
    if not _DAY.fullmatch(text):
        return None
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        return None
