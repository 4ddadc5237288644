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
# kind, number prefix, name, English name, nationality, sex
VISITORS = (
    ("hmt", "810000", "陈嘉文", "", "", "2"),
    ("hmt", "820000", "何永安", "", "", "1"),
    ("hmt", "830000", "林雅婷", "", "", "2"),
    ("foreigner_2017", "KOR3710", "金秀贤", "KIM, SUHYEON", "KOR", "2"),
    ("foreigner_2023", "937410", "朴俊浩", "PARK, JUNHO", "KOR", "1"),
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


class _Registry:
    """Gives out numbers while a township is being made."""

    def __init__(self, seed: int) -> None:
        self._seed, self._random = seed, Random(seed)  # noqa: S311 - invented people are no secret
        self._sequences: dict[tuple[str, date, str], int] = defaultdict(int)
        self._made: list[Resident] = []
        self._rare = RARE_NAMES.split()

    def settle(self, size: int) -> list[Resident]:
        self._family_of_zhang()
        for number, visitor in enumerate(VISITORS):
            self._couple_with_visitor(f"v{number:03d}", visitor)
        households = 0
        while len(self._made) < size:
            households += 1
            self._household(f"h{households:04d}")
        return self._made[:size]

    def _family_of_zhang(self) -> None:
        home = self._address()
        self._add("z000", "head", "于德海", "1", date(1959, 6, 12), home, "resident", drawing=True)
        self._sequences["371081", date(1962, 3, 15), "2"] = 1  # the next is 004
        self._add("z000", "spouse", "张秀英", "2", date(1962, 3, 15), home, "resident", True, tags=("fixed",))
        self._add("z000", "child", "于晓琳", "2", date(1990, 8, 20), home, "resident")

    def _couple_with_visitor(self, household: str, visitor: tuple[str, ...]) -> None:
        kind, prefix, name, english, nationality, sex = visitor
        home, birth = self._address(), self._birth(30, 55)
        partner = "1" if sex == "2" else "2"
        self._add(household, "head", self._name(partner), partner, self._birth(30, 55), home, "resident")
        make = self._foreigner if nationality else self._hmt
        card = make(kind, prefix, name, english, nationality, sex, birth, home)
        self._append(card, household, "spouse", birth, "resident", False)

    def _household(self, household: str) -> None:
        """A single person, a couple, with or without children, with or without an old parent."""
        chance, home = self._random, self._address()
        old = chance.random() < 0.45
        head_birth = self._birth(60, 92) if old else self._birth(26, 59)
        head_sex = "1" if chance.random() < 0.8 else "2"
        surname = chance.choice(SURNAMES)
        self._member(household, "head", head_sex, head_birth, home, surname)
        if chance.random() < 0.8:
            years = chance.randint(-4, 4)
            birth = self._birth_in(min(head_birth.year + years, MADE_IN - 22))
            self._member(household, "spouse", "2" if head_sex == "1" else "1", birth, home)
            oldest_child = max(head_birth.year, birth.year) + 20
            for _ in range(chance.choice((0, 0, 1) if old else (0, 1, 1, 2))):
                born = chance.randint(oldest_child, oldest_child + 12)
                if born < MADE_IN:
                    self._member(household, "child", chance.choice("12"), self._birth_in(born), home, surname)
        if not old and head_birth.year - 22 > MADE_IN - 95 and chance.random() < 0.3:
            birth = self._birth_in(head_birth.year - chance.randint(21, 30))
            self._member(household, "parent", "2", birth, home)

    def _member(self, household: str, role: str, sex: str, birth: date, home: str, surname: str = "") -> None:
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
        self._add(household, role, name, sex, birth, home, standing, drawing, tags)

    # --- cards ---

    def _add(
        self,
        household: str,
        role: str,
        name: str,
        sex: str,
        birth: date,
        home: str,
        standing: str,
        drawing: bool = False,
        tags: tuple[str, ...] = (),
    ) -> None:
        age = MADE_IN - birth.year
        nation = "01" if self._random.random() < 0.97 else self._random.choice(("10", "11", "03"))
        nation = "05" if "·" in name else nation
        issued, until, expired = self._validity(age)
        tags = (*tags, "expired") if expired else tags
        number = self._number("371081", birth, sex)
        card = Card(
            "resident", name, number, sex, nation, f"{birth:%Y%m%d}", home, ISSUER, issued, until, tags=tags
        )
        self._append(card, household, role, birth, standing, drawing)

    def _hmt(
        self,
        kind: str,
        prefix: str,
        name: str,
        english: str,
        nationality: str,
        sex: str,
        birth: date,
        home: str,
    ) -> Card:
        number = self._number(prefix, birth, sex)
        return Card(
            kind,
            name,
            number,
            sex,
            "",
            f"{birth:%Y%m%d}",
            home,
            ISSUER,
            "20230601",
            "20280601",
            tags=("visitor",),
        )

    def _foreigner(
        self,
        kind: str,
        prefix: str,
        name: str,
        english: str,
        nationality: str,
        sex: str,
        birth: date,
        home: str,
    ) -> Card:
        if kind == "foreigner_2017":  # three letters, place, YYMMDD, sequence, check
            body = f"{prefix}{birth:%y%m%d}1"
            number, issued, until = body + passport_check(body), "20180510", "20280509"
        else:
            number, issued, until = self._number(prefix, birth, sex), "20240115", "20340114"
        return Card(
            kind,
            name,
            number,
            sex,
            "",
            f"{birth:%Y%m%d}",
            "",
            "",
            issued,
            until,
            nationality,
            english,
            ("visitor",),
        )

    def _append(
        self, card: Card, household: str, role: str, birth: date, standing: str, drawing: bool
    ) -> None:
        person_id = "p" + sha256(f"{self._seed}|{card.number}".encode()).hexdigest()[:15]
        self._made.append(Resident(card, person_id, household, role, birth, standing, drawing))

    def _number(self, prefix: str, birth: date, sex: str) -> str:
        """The next sequence of that birthday: odd for men, even for women (GB 11643)."""
        prefix_birth = f"{prefix}{birth:%Y%m%d}"
        key = (prefix, birth, sex)
        self._sequences[key] += 1
        sequence = 2 * self._sequences[key] - (1 if sex == "1" else 0)
        first17 = f"{prefix_birth}{sequence:03d}"
        return first17 + check_character(first17)

    def _validity(self, age: int) -> tuple[str, str, bool]:
        """(from, to, expired): for good from 46 on, twenty years from 26, else ten (居民身份证法 5)."""
        if age >= 50:
            return f"{self._random.randint(MADE_IN - 4, MADE_IN - 1)}0312", LONG_TERM, False
        years = 20 if age >= 30 else 10 if age >= 16 else 5
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
