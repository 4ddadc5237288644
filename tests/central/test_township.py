"""The synthetic township: numbers that check, households that make sense, texts that fit the chip."""

from collections import defaultdict
from datetime import date

import pytest

from central import identity, township
from central.kinship import relation

SIZE = 1_000


@pytest.fixture(scope="module")
def residents():
    return township.residents(SIZE, 7)


def mod_11_2_is_one(number):
    """ISO 7064: the weighted sum of all eighteen is 1 mod 11."""
    values = [10 if character == "X" else int(character) for character in number]
    return sum(value * pow(2, 17 - place, 11) for place, value in enumerate(values)) % 11 == 1


def test_the_check_accepts_the_published_specimens():
    for number in ("11010519491231002X", "440524188001010014", "810000199408230021", "932682198501010017"):
        assert mod_11_2_is_one(number)
        assert identity.check_character(number[:17]) == number[17]


def test_every_number_checks_and_nobody_has_anothers(residents):
    assert len(residents) == SIZE
    cards = [resident.card for resident in residents]
    assert len({card.number for card in cards}) == len({resident.person_id for resident in residents}) == SIZE
    for card in cards:
        if card.kind == "foreigner_2017":
            assert len(card.number) == 15 and card.number[:3] == "KOR" and card.number[3:].isdigit()
            continue
        assert mod_11_2_is_one(card.number)
        start = {
            "resident": ("371081",),
            "hmt": ("810000", "820000", "830000"),
            "foreigner_2023": ("937410",),
        }
        assert card.number.startswith(start[card.kind])
        assert date.fromisoformat(card.number[6:14]).strftime("%Y%m%d") == card.birth
        assert int(card.number[16]) % 2 == int(card.sex) % 2  # odd for men
        assert int(card.number[14:17]) < 20  # plainly synthetic


def test_the_fixed_person_is_the_first_household_of_three(residents):
    assert [resident.card.name for resident in residents[:3]] == ["于德海", "张秀英", "于晓琳"]
    assert residents[1].card.number == "371081196203150042"
    assert len({resident.household_id for resident in residents[:3]}) == 1
    assert residents[3].household_id != residents[0].household_id


def test_households_make_sense(residents):
    homes = defaultdict(list)
    for resident in residents[:-5]:  # the last household may be cut off
        homes[resident.household_id].append(resident)
    for home in homes.values():
        roles = defaultdict(list)
        for resident in home:
            roles[resident.role].append(resident)
        (head,) = roles["head"]
        assert len(roles["spouse"]) <= 1
        couple = [head, *roles["spouse"]]
        assert len({resident.card.sex for resident in couple}) == len(couple)
        assert all(date(2026, 12, 31).year - resident.birth.year >= 20 for resident in couple)
        for child in roles["child"]:
            assert all(child.birth.year - resident.birth.year >= 16 for resident in couple)
        for parent in roles["parent"]:
            assert head.birth.year - parent.birth.year >= 16
        addresses = {resident.card.address for resident in home if resident.card.address}
        assert len(addresses) == 1


def test_all_kinds_of_people_live_there(residents):
    assert {resident.standing for resident in residents} == {"resident", "flexible", "employee", "student"}
    assert 250 < sum(resident.drawing for resident in residents) < 450
    rare = "".join(resident.card.name for resident in township.tagged(residents, "rare_name"))
    assert set("𠮷喆䶮堃㛃·") <= set(rare)
    assert list(township.tagged(residents, "expired"))


def test_texts_fit_the_chip(residents):
    def units(text):
        return len(text.encode("utf-16-le")) // 2

    for card in (resident.card for resident in residents):
        assert units(card.name) <= 15 and units(card.address) <= 35 and units(card.issuer) <= 15
        assert len(card.valid_from) == 8 and (len(card.valid_to) == 8 or card.valid_to == "长期")
        assert card.sex in "12"
        if card.kind == "resident":
            assert "01" <= card.nation <= "56"


def test_the_same_seed_gives_the_same_people_and_another_seed_others():
    assert township.cards(80, 7) == township.cards(80, 7)
    assert township.cards(80, 7) != township.cards(80, 8)
    assert township.cards(80, 7) == township.cards(200, 7)[:80]


def test_a_card_shows_nobody_in_a_log():
    assert repr(township.cards(2, 7)[1]) == "Card(resident)"


@pytest.mark.parametrize(
    ("name", "masked"),
    [("张秀英", "张*英"), ("王𠮷", "王*"), ("欧阳修文", "欧**文"), ("买买提·艾力", "买****力")],
)
def test_masked_names(name, masked):
    assert identity.mask_name(name) == masked


@pytest.mark.parametrize(
    ("mine", "theirs", "words"),
    # (role, sex); the head of the household is a man
    [
        (("head", "1"), ("spouse", "2"), "配偶"),
        (("spouse", "2"), ("child", "2"), "女儿"),
        (("child", "1"), ("head", "1"), "父亲"),
        (("child", "1"), ("child", "2"), "姐妹"),
        (("child", "1"), ("parent", "2"), "奶奶"),
        (("spouse", "2"), ("parent", "2"), "婆婆"),
        (("head", "1"), ("parent", "2"), "母亲"),
        (("parent", "2"), ("head", "1"), "儿子"),
        (("parent", "2"), ("spouse", "2"), "儿媳"),
        (("parent", "2"), ("child", "1"), "孙子"),
    ],
)
def test_what_they_are_to_me(mine, theirs, words):
    assert relation(*mine, *theirs, "1") == words
