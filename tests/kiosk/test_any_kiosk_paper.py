"""Paper at any kiosk: copies have one number and are counted across machines; whoever paid or was paid for can print."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from sqlalchemy import select, update

from central import tables, township
from kiosk import receipts, texts, views, wire
from kiosk.views import BACK, AttentionButton, ItemKind, MyPageButton, PaidButton, PendingButton
from tests.desk import WORLD, Do
from tests.kiosk.test_any_kiosk import cut, marks, pays, prints_owed, tap, to_code
from tests.visitor import Visitor

LEAVE, SECOND = MyPageButton.LEAVE, AttentionButton.SECOND

# --- copies ----------------------------------------------------------------------------------------------------------


def test_copies_are_numbered_across_machines_and_have_one_number(kiosks: list[Visitor]) -> None:
    a, b, c = kiosks
    person = a.somebody()
    a.stand.printer.paper_out()
    a.visit(*to_code(a, person), a.cashier(), WORLD, SECOND, LEAVE)
    a.sweep()
    number = a.order().slips[0].receipt_no
    prints_owed(b, person)
    a.stand.printer.load_paper()
    for kiosk in (c, a):
        assert not [item for item in tap(kiosk, person) if item.key == "owed"]
        kiosk.visit(*kiosk.come(person), MyPageButton.REPRINT, number, PaidButton.DONE, LEAVE)
        kiosk.sweep()
    assert [marks(kiosk) for kiosk in (b, c, a)] == [["补打 1"], ["补打 2"], ["补打 3"]]
    every = [sheet for kiosk in kiosks for sheet in kiosk.sheets()]
    assert {sheet.receipt_no for sheet in every} == {number}
    assert all(
        receipts.grouped(number) in "".join(sheet.text) for k in kiosks for sheet in k.stand.printer.sheets
    )
    a.agree(b, c)


def test_an_owed_receipt_printed_at_one_machine_is_offered_at_no_other(kiosks: list[Visitor]) -> None:
    """Also while the first machine is still without network and knows nothing of it."""
    a, b, c = kiosks
    person = a.somebody()
    a.stand.printer.paper_out()
    a.visit(*to_code(a, person), a.cashier(), WORLD, SECOND, cut(a), LEAVE)
    assert tap(b, person)[0].key == "owed"
    prints_owed(b, person)
    assert not [item for item in tap(c, person) if item.key == "owed"]
    a.stand.network.healthy()
    a.sweep()
    assert a.order().slips[0].verdict == "not_printed"
    assert not [item for item in tap(c, person) if item.key == "owed"]
    a.agree(b)


def test_two_machines_print_copies_at_once(kiosks: list[Visitor]) -> None:
    """Husband and wife at two machines: two copies, two numbers, whoever's printer is faster."""
    a, b, c = kiosks
    person = a.somebody()
    pays(a, person)
    number = a.order().slips[0].receipt_no
    other = Do(
        lambda: c.visit(*c.come(person), MyPageButton.REPRINT, number, PaidButton.DONE, LEAVE),
    )
    b.visit(*b.come(person), MyPageButton.REPRINT, other, number, PaidButton.DONE, LEAVE)
    for kiosk in (b, c):
        kiosk.sweep()
    assert sorted((*marks(b), *marks(c))) == ["补打 1", "补打 2"]
    a.agree(b, c)


def test_a_rare_name_comes_out_of_the_machine_that_can_draw_it(kiosks: list[Visitor]) -> None:
    """A's fonts lack the character, so that nothing is printed there; B has the second font."""
    a, b, _ = kiosks
    person = {**a.somebody()}
    person["name"] = person["name"][0] + "\U00020bb7"  # 𠮷, in plane 2
    with a.central.service.database.write() as connection:
        people = tables.persons
        connection.execute(
            update(people).where(people.c.number == person["number"]).values(name=person["name"])
        )
    object.__setattr__(a.config, "fonts", type(a.config.fonts)(rare=a.folder / "none.ttf"))
    desk = a.visit(*to_code(a, person), a.cashier(), WORLD, SECOND, LEAVE)
    assert [view.title for view in desk.told] == [texts.RARE_NAME_TITLE]
    assert a.stand.printer.sheets == ()
    a.sweep()
    prints_owed(b, person)
    (sheet,) = b.stand.printer.sheets
    assert person["name"] in "".join(sheet.text).replace(" ", "")
    assert b.stand.printer.tofu == 0
    a.agree(b)


# --- a family --------------------------------------------------------------------------------------------------------


def relative(kiosk: Visitor) -> tuple[dict[str, Any], dict[str, Any], str]:
    """Somebody, a member of the household who owes a contribution and has a card, and the key of that due."""
    settings = kiosk.central.service.settings
    cards = {card.number: asdict(card) for card in township.cards(settings.township, settings.seed)}
    while True:
        person = kiosk.somebody()
        for member in kiosk.page(person).household:
            for due in member.dues:
                number = number_of(kiosk, member.person_id)
                known = number in cards and "expired" not in cards[number]["tags"]
                if due.state is wire.DueState.DUE and known:
                    return person, cards[number], f"{member.person_id}:{due.product}:{due.year}"


def number_of(kiosk: Visitor, person_id: str) -> str:
    people = tables.persons
    with kiosk.central.service.database.read() as connection:
        found = select(people.c.number).where(people.c.person_id == person_id)
        return str(connection.execute(found).scalar_one())


def test_whoever_was_paid_for_and_whoever_paid_can_print(kiosks: list[Visitor]) -> None:
    """A daughter pays for her father at A, without paper: he prints at B with his own card, she reprints at C."""
    a, b, c = kiosks
    payer, member, key = relative(a)
    a.stand.printer.paper_out()
    desk = a.visit(
        *(*a.come(payer), MyPageButton.FAMILY, (key,), True, a.cashier(), WORLD, SECOND, LEAVE),
    )
    assert desk.last(views.MyPage).items[0].key == "owed"
    a.sweep()
    (slip,) = a.order().slips
    assert tap(b, member)[0].key == "owed"
    assert tap(c, payer)[0].key == "owed"
    prints_owed(b, member)
    assert marks(b) == ["补打 1"]
    assert not [item for person in (payer, member) for item in tap(c, person) if item.key == "owed"]
    c.visit(*c.come(payer), MyPageButton.REPRINT, slip.receipt_no, PaidButton.DONE, LEAVE)
    c.sweep()
    assert marks(c) == ["补打 2"]
    names = ["".join(sheet.text).replace(" ", "") for k in (b, c) for sheet in k.stand.printer.sheets]
    assert all(member["name"] in words and payer["number"] not in words for words in names)
    a.agree(b, c)


def test_a_family_payment_that_broke_off_is_being_checked_for_both(kiosks: list[Visitor]) -> None:
    a, b, c = kiosks
    payer, member, key = relative(a)
    desk = a.visit(
        *(*a.come(payer), MyPageButton.FAMILY, (key,), True, a.cashier("silence"), BACK),
        *(PendingButton.DONE, LEAVE),
    )
    assert "Paid" not in desk.trace
    checking = [item for item in tap(b, payer) if item.kind is ItemKind.CHECKING]
    assert [item.badge for item in checking] == ["核对中"]
    assert "请不要再付一次" in checking[0].note and "元" in checking[0].note
    assert [item.badge for item in tap(c, member) if item.kind is ItemKind.CHECKING] == ["核对中"]
