"""The four layouts, byte by byte as the sources give them, and what a card may not say."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices import idcard_text
from devices.errors import CardFault, CardNotRead
from devices.idcard import CardKind, IdCard
from devices.idcard_checks import check_digit, contradictions
from tests.devices.people import CONTRADICTORY, EVERYBODY, FOREIGNER_2017, FOREIGNER_2023, HMT, RESIDENT


def block(*fields: tuple[int, str]) -> bytes:
    """A text block from offsets in bytes; the rest is spaces."""
    whole = bytearray(b"\x20\x00" * 128)
    for offset, text in fields:
        data = text.encode("utf-16-le")
        whole[offset : offset + len(data)] = data
    return bytes(whole)


RESIDENT_BLOCK = block(
    (0, "测试甲"),
    (30, "2"),
    (32, "01"),
    (36, "19491231"),
    (52, "某省某市某区测试路一号"),
    (122, "11010519491231002X"),
    (158, "某市公安局某分局"),
    (188, "20200101"),
    (204, "长期"),
)
HMT_BLOCK = block(
    (0, "测试丙"),
    (30, "2"),
    (36, "19940823"),
    (52, "某省某市某区测试路三号"),
    (122, "810000199408230021"),
    (158, "某市公安局"),
    (188, "20190901"),
    (204, "20240901"),
    (220, "H12345678"),
    (238, "01"),
    (248, "J"),
)
FOREIGNER_2017_BLOCK = block(
    (0, "SPECIMEN, JOHN"),
    (120, "1"),
    (122, "CAN110085010100"),
    (152, "CAN"),
    (158, "测试丁"),
    (188, "20180601"),
    (204, "20280601"),
    (220, "19850101"),
    (236, "01"),
    (240, "1500"),
    (248, "I"),
)
FOREIGNER_2023_BLOCK = block(
    (0, "测试戊"),
    (30, "1"),
    (32, "00"),
    (36, "19850101"),
    (52, "SPECIMEN, ALEXANDER BARTHOLOMEW CHR"),  # 35 characters
    (122, "932682198501010017"),
    (188, "20231201"),
    (204, "20331201"),
    (220, "ISTOPHER"),
    (242, "SAU"),
    (248, "Y"),
    (250, "001"),
)


@pytest.mark.parametrize(
    ("text", "card"),
    [
        (RESIDENT_BLOCK, RESIDENT),
        (HMT_BLOCK, HMT),
        (FOREIGNER_2017_BLOCK, FOREIGNER_2017),
        (FOREIGNER_2023_BLOCK, FOREIGNER_2023),
    ],
    ids=["resident", "hmt", "2017", "2023"],
)
def test_the_four_layouts(text: bytes, card: IdCard) -> None:
    assert len(text) == 256
    assert idcard_text.parse(text) == card


def test_the_resident_renders_to_the_same_bytes() -> None:
    assert idcard_text.render(RESIDENT) == RESIDENT_BLOCK


@pytest.mark.parametrize("card", EVERYBODY, ids=lambda card: card.kind.value)
def test_what_is_rendered_is_read_back(card: IdCard) -> None:
    assert idcard_text.parse(idcard_text.render(card)) == card


def test_the_photo_comes_along() -> None:
    assert idcard_text.parse(RESIDENT_BLOCK, b"photo").photo == b"photo"


@pytest.mark.parametrize("flag", ["A", "X", "\0", "j"])
def test_an_unknown_flag_is_an_unsupported_card(flag: str) -> None:
    with pytest.raises(CardNotRead) as caught:
        idcard_text.parse(block((0, "测试"), (248, flag)))
    assert caught.value.fault is CardFault.UNSUPPORTED


def test_a_block_of_another_size_is_no_block() -> None:
    for size in (0, 255, 257):
        with pytest.raises(ValueError, match="bytes"):
            idcard_text.parse(bytes(size))


def test_a_full_address_with_spaces_inside() -> None:
    address = "某省某市某县某镇某村 测试小区 12 号楼 3 单元 401 室（东户".ljust(35, "东")
    assert len(address) == 35
    card = idcard_text.parse(idcard_text.render(replace(RESIDENT, address=address)))
    assert card.address == address  # all 70 bytes
    assert card.number == RESIDENT.number


@pytest.mark.parametrize(
    "name",
    [
        "\U00020087试",
        "\ue43b\ue863",
        "䶮",
        "阿卜杜拉·买买提",
        "\U00020087" * 7,
        "一二三四五六七八九十一二三四五",
    ],
    ids=["extension B", "private use", "GB18030-2022", "dotted", "seven extension B", "fifteen"],
)
def test_names_keep_their_code_points(name: str) -> None:
    assert idcard_text.parse(idcard_text.render(replace(RESIDENT, name=name))).name == name


def test_a_name_cut_inside_a_rare_character_is_still_read() -> None:
    eight = ("\U00020087" * 8).encode("utf-16-le")[:30]
    card = idcard_text.parse(eight + RESIDENT_BLOCK[30:])
    assert card.name == "\U00020087" * 7 + "\ufffd"
    assert contradictions(card) == ()


def test_a_name_padded_with_zeros() -> None:
    padded = "测试甲".encode("utf-16-le").ljust(30, b"\0")
    assert idcard_text.parse(padded + RESIDENT_BLOCK[30:]).name == "测试甲"


@pytest.mark.parametrize("nation", ["57", "58", "81", "97", "98", "", "XX"])
def test_unknown_nations_are_passed_on(nation: str) -> None:
    card = idcard_text.parse(idcard_text.render(replace(RESIDENT, nation=nation)))
    assert card.nation == nation
    assert contradictions(card) == ()


@pytest.mark.parametrize("sex", ["0", "9"])
def test_an_unstated_sex_is_passed_on(sex: str) -> None:
    card = idcard_text.parse(idcard_text.render(replace(RESIDENT, sex=sex)))
    assert card.sex == sex
    assert contradictions(card) == ()


def test_a_foreigner_without_a_chinese_name_is_called_by_the_english_one() -> None:
    for whole in (FOREIGNER_2017, FOREIGNER_2023):
        card = replace(whole, name=whole.english_name)
        assert idcard_text.parse(idcard_text.render(card)) == card
    assert idcard_text.parse(block((0, "SPECIMEN"), (248, "I"))).name == "SPECIMEN"


def test_an_english_name_cut_at_a_space() -> None:
    name = "SPECIMEN, ALEXANDER BARTHOLOMEW CH RIS"
    assert name[34] == " "
    card = replace(FOREIGNER_2023, english_name=name)
    assert idcard_text.parse(idcard_text.render(card)).english_name == name


def test_a_field_that_does_not_fit_is_not_rendered() -> None:
    with pytest.raises(ValueError, match="name does not fit"):
        idcard_text.render(replace(RESIDENT, name="一" * 16))


@given(st.binary(min_size=256, max_size=256))
def test_any_256_bytes_are_a_card_or_unsupported(noise: bytes) -> None:
    for flag in (b" \0", b"J\0", b"I\0", b"Y\0"):
        contradictions(idcard_text.parse(noise[:248] + flag + noise[250:]))
    with pytest.raises(CardNotRead):
        idcard_text.parse(noise[:248] + b"Q\0" + noise[250:])


# --- what cannot be true ---


@pytest.mark.parametrize("card", EVERYBODY, ids=lambda card: card.kind.value)
def test_our_people_agree_with_themselves(card: IdCard) -> None:
    assert contradictions(card) == ()


@pytest.mark.parametrize(
    "number",
    [
        "11010519491231002X",
        "440524188001010014",
        "810000199408230021",
        "830000199201300022",
        "932682198501010017",
        "911124198108030024",
    ],
)
def test_published_specimens_have_the_right_check_digit(number: str) -> None:
    assert check_digit(number) == number[17]


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"number": "110105194912310021"}, "check_digit"),
        ({"number": "11010519491231003X"}, "check_digit"),
        ({"birth": "19491230"}, "birth_in_number"),
        ({"sex": "1"}, "sex_in_number"),
        ({"sex": "3"}, "sex"),
        ({"sex": ""}, "sex"),
        ({"birth": "19490231"}, "birth"),
        ({"birth": "１９４９１２３１"}, "birth"),
        ({"birth": "1949123"}, "birth"),
        ({"valid_from": "20201301"}, "validity"),
        ({"valid_to": "20190101"}, "validity"),
        ({"valid_to": ""}, "validity"),
        ({"valid_to": "长 期"}, "validity"),
        ({"number": "01010519491231002X"}, "number"),
        ({"number": "1101051949123100"}, "number"),
        ({"number": "１１０１０５１９４９１２３１００２X"}, "number"),
        ({"number": ""}, "number"),
        ({"name": ""}, "text"),
        ({"name": "测\x01试"}, "text"),
    ],
)
def test_each_contradiction_has_a_word(change: dict[str, str], word: str) -> None:
    assert word in contradictions(replace(RESIDENT, **change))  # type: ignore[arg-type]


def test_the_other_kinds_have_their_own_numbers() -> None:
    assert contradictions(replace(RESIDENT, kind=CardKind.HMT)) == ("number",)
    assert contradictions(replace(HMT, kind=CardKind.RESIDENT)) == ()  # 81 may be a region one day
    assert contradictions(replace(FOREIGNER_2023, kind=CardKind.RESIDENT)) == ("number",)
    assert contradictions(replace(FOREIGNER_2017, number="1AN110085010100")) == ("number",)
    assert contradictions(replace(FOREIGNER_2023, sex="2")) == ()  # no source says that its sequence tells


def test_no_word_holds_a_value_of_the_card() -> None:
    assert contradictions(CONTRADICTORY) == ("birth_in_number",)
    assert repr(CONTRADICTORY) == "IdCard(resident)"
