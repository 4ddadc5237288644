"""A synthetic township: the same size and seed give the same invented residents, every time.

Numbers have a right check character and a low sequence (001, 002 ...), so that nobody real is meant.  Texts
fit the fields of the card's chip: name 15, address 35, issuer 15 UTF-16 units.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import sha256
from random import Random

from central.identity import check_character, passport_check

MADE_IN = 2026  # ages are those of this year, whenever the township is made
ISSUER = "威海市公安局文登分局"
LONG_TERM = "长期"
SURNAMES = "于王张刘李丛孙毕邹姜宋吕侯徐鞠林初荣谭邢"
MALE_NAMES = "德海建国志强永福世平明亮文斌春生振华树林国栋晓东少华俊杰浩然子轩"
FEMALE_NAMES = "桂兰玉珍淑芳凤英美玲春梅丽华秀云红霞爱琴晓燕雪梅佳怡欣然雨桐梓涵"
# characters outside GBK, GB2312 or the first plane, as real names have them
RARE_NAMES = "王𠮷 李䶮 孙喆 于堃 丛𬭊 刘㛃 毕淼焱 宋𫖯 姜旻昇 买买提·艾力"
VILLAGES = ("东山头", "西河口", "南台", "北柳", "前石岭", "后石岭", "大桥", "小洼", "新泉", "望海")


@dataclass(frozen=True)
class Visitor:
    """Somebody who lives here with another kind of card.  ``prefix`` starts the number."""

    kind: str
    prefix: str
    name: str
    sex: str
    english_name: str = ""
    nationality: str = ""


VISITORS = (
    Visitor("hmt", "810000", "陈嘉文", "2"),
    Visitor("hmt", "820000", "何永安", "1"),
    Visitor("hmt", "830000", "林雅婷", "2"),
    Visitor("foreigner_2017", "KOR3710", "金秀贤", "2", "KIM, SUHYEON", "KOR"),
    Visitor("foreigner_2023", "937410", "朴俊浩", "1", "PARK, JUNHO", "KOR"),
)


# (name, sex, birth, the name they decide under on pages); nobody of the township is born in December
STAFF = (
    ("丛海燕", "2", date(1985, 12, 5), "丛海燕"),
    ("毕文斌", "1", date(1990, 12, 18), None),
)


@dataclass(frozen=True)
class Card:
    """What one ID card says, field for field as devices.idcard.IdCard; ``tags`` say what is special."""

    kind: str
    name: str
    number: str
    sex: str
    nation: str
    birth: str
    address: str
    issuer: str
    valid_from: str
    valid_to: str
    nationality: str = ""
    english_name: str = ""
    tags: tuple[str, ...] = ()

    def searchable(self) -> tuple[str, ...]:
        return (self.kind, self.name, self.number, *self.tags)

    def __repr__(self) -> str:
        return f"Card({self.kind})"


@dataclass(frozen=True)
class Resident:
    """One person of a household.  ``role`` and ``standing`` as in tables.persons."""

    card: Card
    person_id: str
    household_id: str
    role: str
    birth: date
    standing: str
    drawing: bool  # draws a benefit


def cards(size: int, seed: int) -> list[Card]:
    """What each resident's ID card says, in the township's order."""
    return [resident.card for resident in residents(size, seed)]


def residents(size: int, seed: int) -> list[Resident]:
    """``size`` people in households; the first three are 张秀英's."""
    return _Registry(seed).settle(size)


def staff() -> list[tuple[Card, str | None]]:
    """The cards of those who may confirm others, and the name each decides under, if they do."""
    made = []
    for name, sex, birth, operator in STAFF:
        first17 = f"371081{birth:%Y%m%d}{1 if sex == '1' else 2:03d}"
        card = Card(
            kind="resident",
            name=name,
            number=first17 + check_character(first17),
            sex=sex,
            nation="01",
            birth=f"{birth:%Y%m%d}",
            address="山东省威海市文登区泽头镇社会保障服务中心",
            issuer=ISSUER,
            valid_from="20240312",
            valid_to="20440312",
            tags=("staff", "工作人员"),
        )
        made.append((card, operator))
    return made


@dataclass(frozen=True)
class _Home:
    household_id: str
    address: str


@dataclass(frozen=True)
class _Being:
    """Somebody before the registry has given a number and a card."""

    role: str
    sex: str
    birth: date
    name: str
    standing: str = "resident"
    drawing: bool = False
    tags: tuple[str, ...] = ()


class _Registry:
    """Gives out numbers and cards while a township is being made."""

    def __init__(self, seed: int) -> None:
        self._seed, self._random = seed, Random(seed)  # noqa: S311 - invented people are no secret
        self._sequences: dict[tuple[str, date, str], int] = defaultdict(int)
        self._made: list[Resident] = []
        self._rare = RARE_NAMES.split()

    def settle(self, size: int) -> list[Resident]:
        self._family_of_zhang()
        for n, visitor in enumerate(VISITORS):
            self._couple_with_visitor(_Home(f"v{n:03d}", self._address()), visitor)
        households = 0
        while len(self._made) < size:
            households += 1
            self._household(_Home(f"h{households:04d}", self._address()))
        return self._made[:size]

    def _family_of_zhang(self) -> None:
        home, zhang_birth = _Home("z000", self._address()), date(1962, 3, 15)
        self._add(home, _Being("head", "1", date(1959, 6, 12), "于德海", drawing=True))
        self._sequences["371081", zhang_birth, "2"] = 1  # the next is 004
        self._add(home, _Being("spouse", "2", zhang_birth, "张秀英", drawing=True, tags=("fixed",)))
        self._add(home, _Being("child", "2", date(1990, 8, 20), "于晓琳"))

    def _couple_with_visitor(self, home: _Home, visitor: Visitor) -> None:
        partner = "1" if visitor.sex == "2" else "2"
        self._add(home, _Being("head", partner, self._birth(30, 55), self._name(partner)))
        being = _Being("spouse", visitor.sex, self._birth(30, 55), visitor.name, tags=("visitor",))
        make = self._foreigner_card if visitor.nationality else self._hmt_card
        self._append(home, being, make(home, being, visitor))

    def _household(self, home: _Home) -> None:
        """A single person or a couple, with or without children, with or without an old mother."""
        chance = self._random
        old = chance.random() < 0.45
        head_birth = self._birth(60, 92) if old else self._birth(26, 59)
        head_sex = "1" if chance.random() < 0.8 else "2"
        surname = chance.choice(SURNAMES)
        self._member(home, "head", head_sex, head_birth, surname)
        if chance.random() < 0.8:
            years = chance.randint(-4, 4)
            birth = self._birth_in(min(head_birth.year + years, MADE_IN - 22))
            self._member(home, "spouse", "2" if head_sex == "1" else "1", birth)
            oldest_child = max(head_birth.year, birth.year) + 20
            for _ in range(chance.choice((0, 0, 1) if old else (0, 1, 1, 2))):
                born = chance.randint(oldest_child, oldest_child + 12)
                if born < MADE_IN:
                    self._member(home, "child", chance.choice("12"), self._birth_in(born), surname)
        if not old and head_birth.year - 22 > MADE_IN - 95 and chance.random() < 0.3:
            self._member(home, "parent", "2", self._birth_in(head_birth.year - chance.randint(21, 30)))

    def _member(self, home: _Home, role: str, sex: str, birth: date, surname: str = "") -> None:
        """Somebody of no particular name, with the standing of the age."""
        age, chance = MADE_IN - birth.year, self._random.random()
        if age < 16:
            standing = "student"
        elif age < 23:
            standing = "student" if chance < 0.8 else "resident"
        elif age < 60:
            standing = "employee" if chance < 0.3 else "flexible" if chance < 0.42 else "resident"
        else:
            standing = "employee" if chance < 0.2 else "resident"
        drawing = age >= 61 and self._random.random() < 0.93
        tags = ("rare_name",) if self._rare and birth.year % 3 == 0 and age >= 16 else ()
        name = self._rare.pop(0) if tags else self._name(sex, surname)
        self._add(home, _Being(role, sex, birth, name, standing, drawing, tags))

    # --- cards ---

    def _add(self, home: _Home, being: _Being) -> None:
        nation = "01" if self._random.random() < 0.97 else self._random.choice(("10", "11", "03"))
        issued, until, expired = self._validity(MADE_IN - being.birth.year)
        card = Card(
            kind="resident",
            name=being.name,
            number=self._number("371081", being),
            sex=being.sex,
            nation="05" if "·" in being.name else nation,
            birth=f"{being.birth:%Y%m%d}",
            address=home.address,
            issuer=ISSUER,
            valid_from=issued,
            valid_to=until,
            tags=(*being.tags, "expired") if expired else being.tags,
        )
        self._append(home, being, card)

    def _hmt_card(self, home: _Home, being: _Being, visitor: Visitor) -> Card:
        return Card(
            kind=visitor.kind,
            name=being.name,
            number=self._number(visitor.prefix, being),
            sex=being.sex,
            nation="",
            birth=f"{being.birth:%Y%m%d}",
            address=home.address,
            issuer=ISSUER,
            valid_from="20230601",
            valid_to="20280601",
            tags=being.tags,
        )

    def _foreigner_card(self, home: _Home, being: _Being, visitor: Visitor) -> Card:
        """2017: three letters, place, YYMMDD, sequence, check; 2023: 18 digits.  Neither shows an address."""
        old = visitor.kind == "foreigner_2017"
        body = f"{visitor.prefix}{being.birth:%y%m%d}1"
        return Card(
            kind=visitor.kind,
            name=being.name,
            number=body + passport_check(body) if old else self._number(visitor.prefix, being),
            sex=being.sex,
            nation="",
            birth=f"{being.birth:%Y%m%d}",
            address="",
            issuer="",
            valid_from="20180510" if old else "20240115",
            valid_to="20280509" if old else "20340114",
            nationality=visitor.nationality,
            english_name=visitor.english_name,
            tags=being.tags,
        )

    def _append(self, home: _Home, being: _Being, card: Card) -> None:
        self._made.append(
            Resident(
                card=card,
                person_id="p" + sha256(f"{self._seed}|{card.number}".encode()).hexdigest()[:15],
                household_id=home.household_id,
                role=being.role,
                birth=being.birth,
                standing=being.standing,
                drawing=being.drawing,
            )
        )

    def _number(self, prefix: str, being: _Being) -> str:
        """The next sequence of that birthday: odd for men, even for women (GB 11643)."""
        key = (prefix, being.birth, being.sex)
        self._sequences[key] += 1
        sequence = 2 * self._sequences[key] - (1 if being.sex == "1" else 0)
        first17 = f"{prefix}{being.birth:%Y%m%d}{sequence:03d}"
        return first17 + check_character(first17)

    def _validity(self, age: int) -> tuple[str, str, bool]:
        """(from, to, expired): for good from 46 on, twenty years from 26, else ten or five."""
        if age >= 50:
            return f"{self._random.randint(MADE_IN - 4, MADE_IN - 1)}0312", LONG_TERM, False
        years = 20 if age >= 30 else 10 if age >= 20 else 5
        expired = self._random.random() < 0.02
        issued = MADE_IN - years - 1 if expired else self._random.randint(MADE_IN - 4, MADE_IN - 1)
        return f"{issued}0312", f"{issued + years}0312", expired

    def _name(self, sex: str, surname: str = "") -> str:
        given = MALE_NAMES if sex == "1" else FEMALE_NAMES  # two characters a name
        start = 2 * self._random.randrange(len(given) // 2)
        return (surname or self._random.choice(SURNAMES)) + given[start : start + 2]

    def _birth(self, youngest: int, oldest: int) -> date:
        return self._birth_in(MADE_IN - self._random.randint(youngest, oldest))

    def _birth_in(self, year: int) -> date:
        return date(year, 1, 1) + timedelta(days=self._random.randrange(300))

    def _address(self) -> str:
        return f"山东省威海市文登区泽头镇{self._random.choice(VILLAGES)}村{self._random.randint(1, 280)}号"


def tagged(residents_made: list[Resident], tag: str) -> Iterator[Resident]:
    """Residents whose card has a tag: fixed, rare_name, visitor, expired."""
    return (resident for resident in residents_made if tag in resident.card.tags)
