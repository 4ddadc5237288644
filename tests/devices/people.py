"""Invented people on synthetic cards.

Check digits computed by hand of GB 11643, sequence numbers 001 and 002.
"""

from __future__ import annotations

from dataclasses import replace

from devices.idcard import CardKind, IdCard

# The numbers are published specimens: GB 11643 annex, the HMT permit's and the NIA's 2023 card.
RESIDENT = IdCard(
    kind=CardKind.RESIDENT,
    name="测试甲",
    number="11010519491231002X",
    sex="2",
    birth="19491231",
    valid_from="20200101",
    valid_to="长期",
    nation="01",
    address="某省某市某区测试路一号",
    issuer="某市公安局某分局",
)
OTHER = IdCard(
    kind=CardKind.RESIDENT,
    name="测试乙",
    number="440524188001010014",
    sex="1",
    birth="18800101",
    valid_from="20150630",
    valid_to="20350630",
    nation="08",
    address="某省某县测试村二号",
    issuer="某县公安局",
)
HMT = IdCard(
    kind=CardKind.HMT,
    name="测试丙",
    number="810000199408230021",
    sex="2",
    birth="19940823",
    valid_from="20190901",
    valid_to="20240901",
    address="某省某市某区测试路三号",
    issuer="某市公安局",
)
FOREIGNER_2017 = IdCard(
    kind=CardKind.FOREIGNER_2017,
    name="测试丁",
    number="CAN110085010100",
    sex="1",
    birth="19850101",
    valid_from="20180601",
    valid_to="20280601",
    nationality="CAN",
    english_name="SPECIMEN, JOHN",
)
FOREIGNER_2023 = IdCard(
    kind=CardKind.FOREIGNER_2023,
    name="测试戊",
    number="932682198501010017",
    sex="1",
    birth="19850101",
    valid_from="20231201",
    valid_to="20331201",
    nationality="SAU",
    english_name="SPECIMEN, ALEXANDER BARTHOLOMEW CHRISTOPHER",
)
EVERYBODY = (RESIDENT, OTHER, HMT, FOREIGNER_2017, FOREIGNER_2023)
CONTRADICTORY = replace(RESIDENT, birth="19491230")


def same_person(one: IdCard, other: IdCard) -> bool:
    """Every field but the photo."""
    return replace(one, photo=b"") == replace(other, photo=b"")
