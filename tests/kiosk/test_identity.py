"""Citizen numbers and names.  Numbers are published specimens, or invented with order numbers 001 and 002."""

from __future__ import annotations

import contextlib
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.idcard import CardKind
from kiosk import identity
from kiosk.identity import Flaw, InvalidNumber

TODAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("text", "kind", "birth", "sex"),
    [
        ("11010519491231002X", CardKind.RESIDENT, date(1949, 12, 31), "2"),  # the standard's own example
        ("440524188001010014", CardKind.RESIDENT, date(1880, 1, 1), "1"),  # the standard's second
        ("360426199101010071", CardKind.RESIDENT, date(1991, 1, 1), "1"),
        ("44011320141005001X", CardKind.RESIDENT, date(2014, 10, 5), "1"),
        ("110199196001010017", CardKind.RESIDENT, date(1960, 1, 1), "1"),  # an area code no list has
        ("37108119450612001X", CardKind.RESIDENT, date(1945, 6, 12), "1"),  # Wendeng as it was until 2014
        ("371003194802290022", CardKind.RESIDENT, date(1948, 2, 29), "2"),
        ("810000199408230021", CardKind.HMT, date(1994, 8, 23), "2"),
        ("830000196201010013", CardKind.HMT, date(1962, 1, 1), "1"),
        ("932682198501010017", CardKind.FOREIGNER_2023, date(1985, 1, 1), None),  # the agency's specimen
        ("ABC123456789012", CardKind.FOREIGNER_2017, None, None),
    ],
)
def test_reads(text: str, kind: CardKind, birth: date | None, sex: str | None) -> None:
    number = identity.parse(text, TODAY)
    assert (number.number, number.kind, number.birth, number.sex) == (text, kind, birth, sex)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", Flaw.LENGTH),
        ("412423293451216231X", Flaw.LENGTH),  # nineteen characters, as seen in the field
        ("37108119450612001", Flaw.LENGTH),
        ("610104620927690", Flaw.CHARACTER),  # the fifteen digits of before 1999: no card holds them now
        ("T60426199101010078", Flaw.CHARACTER),
        ("011010519491231002", Flaw.CHARACTER),
        ("1101051949123100X2", Flaw.CHARACTER),
        ("11010519491231002x", Flaw.CHARACTER),  # lower case is never on a chip
        ("３60426199101010071", Flaw.CHARACTER),  # full width
        ("36042619910101007１", Flaw.CHARACTER),
        ("3６0426199101010071", Flaw.CHARACTER),
        ("٣60426199101010071", Flaw.CHARACTER),
        ("36042619910101007\n", Flaw.CHARACTER),
        ("abc123456789012", Flaw.CHARACTER),
        ("ABC12345678901X", Flaw.CHARACTER),
        ("ＡBC123456789012", Flaw.CHARACTER),
        ("440308199901101513", Flaw.CHECK_DIGIT),
        ("110105194912310020", Flaw.CHECK_DIGIT),
        ("932682198501010011", Flaw.CHECK_DIGIT),
        ("440308199902301516", Flaw.BIRTH_DATE),  # 30 February, check character right
    ],
)
def test_refuses(text: str, reason: Flaw) -> None:
    with pytest.raises(InvalidNumber) as refusal:
        identity.parse(text, TODAY)
    assert refusal.value.reason is reason


@pytest.mark.parametrize(
    ("first", "reason"),
    [
        ("37100319000229001", Flaw.BIRTH_DATE),  # 1900 was no leap year
        ("37100319451301001", Flaw.BIRTH_DATE),
        ("37100300000101001", Flaw.BIRTH_DATE),
        ("37100320261124001", Flaw.FUTURE),
        ("81000020990101001", Flaw.FUTURE),
    ],
)
def test_refuses_a_birthday_that_cannot_be(first: str, reason: Flaw) -> None:
    with pytest.raises(InvalidNumber) as refusal:
        identity.parse(_with_check(first), TODAY)
    assert refusal.value.reason is reason


def test_born_today_is_no_future() -> None:
    assert identity.parse(_with_check("37100320261123001"), TODAY).birth == TODAY


@given(
    area=st.integers(100000, 999999),
    born=st.dates(date(1900, 1, 1), TODAY),
    order=st.integers(0, 999),
)
def test_nobody_is_refused_for_an_area_code(area: int, born: date, order: int) -> None:
    number = identity.parse(_with_check(f"{area}{born:%Y%m%d}{order:03d}"), TODAY)
    assert number.birth == born


@given(
    born=st.dates(date(1900, 1, 1), TODAY),
    place=st.integers(0, 16),
    step=st.integers(1, 9),
)
def test_one_wrong_digit_is_always_found(born: date, place: int, step: int) -> None:
    right = _with_check(f"371003{born:%Y%m%d}001")
    wrong = right[:place] + str((int(right[place]) + step) % 10) + right[place + 1 :]
    with pytest.raises(InvalidNumber):
        identity.parse(wrong, TODAY)


@given(st.text(max_size=24))
def test_any_text_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(InvalidNumber):  # any other exception would be a crash on what somebody typed
        assert identity.parse(text, TODAY).number == text


def test_shows_no_number_by_accident() -> None:
    number = identity.parse("371003194802290022", TODAY)
    assert repr(number) == "CitizenNumber(3710••••••••0022)"
    with pytest.raises(InvalidNumber) as refusal:
        identity.parse("371003194802290023", TODAY)
    assert str(refusal.value) == "not a citizen number: check_digit"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("371003194802290042", "3710••••••••0042"),
        ("ABC123456789012", "ABC1••••••••9012"),
        ("123456", "••••••••"),
        ("", "••••••••"),
    ],
)
def test_masks_numbers(text: str, shown: str) -> None:
    assert identity.masked(text) == shown


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("张秀英", "张*英"),
        ("张三", "张*"),
        ("欧阳秀英", "欧**英"),
        ("𠮷野一", "𠮷*一"),  # one character of two UTF-16 units
        ("阿卜杜热合曼·买买提", "阿***提"),
        ("JOHN SMITH", "J***H"),
        ("张", "*"),
        ("", ""),
    ],
)
def test_masks_names(name: str, shown: str) -> None:
    assert identity.mask_name(name) == shown


@pytest.mark.parametrize(
    ("card", "central", "same"),
    [
        ("张秀英", "张秀英", True),
        ("王\ue863", "王\u4dae", True),  # 䶮, the best known of them
        ("王\u4dae", "王\ue863", True),
        ("\ue816", "\U00020087", True),  # GB 18030 FE51
        ("\ue81e", "\u9fb4", True),  # FE59
        ("\ue815", "\u2e81", True),  # FE50, the first
        ("\ue864", "\u9fbb", True),  # FEA0, the last
        ("\ue814", "\ue815", False),
        ("温", "溫", False),
        ("张秀英 ", "张秀英", False),
        ("\ue865", "\u4dae", False),
        ("é", "e\u0301", False),  # no normalisation: exact code points
    ],
)
def test_compares_names(card: str, central: str, same: bool) -> None:
    assert identity.names_equal(card, central) is same


def test_private_points_are_those_of_the_standard() -> None:
    """Python's own GB 18030 table is of the year 2000: some are private points there still, the rest real."""
    for place in range(80):
        second = 0x50 + place + (place >= 47)  # 7F is no second byte
        known = bytes((0xFE, second)).decode("gb18030")
        private = chr(0xE815 + place)
        assert known == private or identity.names_equal(private, known)
        assert not identity.names_equal(private, "\ue000")


@pytest.mark.parametrize(
    ("valid_to", "is_expired"),
    [("20261123", False), ("20261122", True), ("20261124", False), ("长期", False), ("20060228", True)],
)
def test_expiry(valid_to: str, is_expired: bool) -> None:
    assert identity.expired(valid_to, TODAY) is is_expired
    assert not identity.expired("99991231", TODAY)


@pytest.mark.parametrize(
    "valid_to", ["", "20261301", "20260230", "2026-11-23", "２０２６１１２３", "长期有效", "2026112"]
)
def test_an_impossible_expiry_is_no_answer(valid_to: str) -> None:
    with pytest.raises(ValueError, match="no date"):
        identity.expired(valid_to, TODAY)


def _with_check(first: str) -> str:
    """By the definition of ISO 7064, not by weights: the whole, read to base 2, is 1 modulo 11."""
    remainder = 0
    for digit in first:
        remainder = (remainder + int(digit)) * 2 % 11
    return first + "0123456789X"[(1 - remainder) % 11]


def test_the_oracle_knows_the_standards_example() -> None:
    assert _with_check("11010519491231002") == "11010519491231002X"
    assert _with_check("37100319480229002") == "371003194802290022"
