"""What a member of the household is to the person at the machine, in words."""

from __future__ import annotations

MALE = "1"


def relation(mine: str, my_sex: str, theirs: str, their_sex: str, head_sex: str) -> str:
    """Roles are head, spouse, child and parent (of the head).  Sexes are GB/T 2261.1 codes."""
    couple = ("head", "spouse")
    if mine in couple and theirs in couple:
        return "配偶"
    if theirs == "child":
        if mine in couple:
            return _by_sex(their_sex, "儿子", "女儿")
        if mine == "child":
            return _by_sex(their_sex, "兄弟", "姐妹")
        return (
            _by_sex(their_sex, "孙子", "孙女") if head_sex == MALE else _by_sex(their_sex, "外孙", "外孙女")
        )
    if theirs in couple:
        if mine == "child":
            return _by_sex(their_sex, "父亲", "母亲")
        if theirs == "head":
            return _by_sex(their_sex, "儿子", "女儿")
        return _by_sex(their_sex, "女婿", "儿媳")
    if mine == "parent":
        return "配偶"
    if mine == "head":
        return _by_sex(their_sex, "父亲", "母亲")
    if mine == "spouse":
        return _by_sex(their_sex, "岳父", "岳母") if my_sex == MALE else _by_sex(their_sex, "公公", "婆婆")
    return _by_sex(their_sex, "爷爷", "奶奶") if head_sex == MALE else _by_sex(their_sex, "姥爷", "姥姥")


def _by_sex(sex: str, male: str, female: str) -> str:
    return male if sex == MALE else female
