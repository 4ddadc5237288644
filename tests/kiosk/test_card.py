"""The card: every way in which it can go down, be read, fail and be forgotten."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from central.server import Running
from devices.errors import CardFault
from kiosk import dates, texts, views, watchdog
from kiosk.flows.card import HINTS
from kiosk.views import BACK, CardHint, MyPageButton, Service, Trouble
from tests.desk import HOME, WORLD, Do
from tests.visitor import Visitor, card_of

LEAVE = MyPageButton.LEAVE
HOTLINE = "12333"


@pytest.fixture
def somebody(visitor: Visitor) -> dict[str, Any]:
    return visitor.somebody()


def hints(visitor: Visitor) -> list[CardHint]:
    return [view.hint for view in visitor.desk.seen if isinstance(view, views.PresentCard)]


def greeted(visitor: Visitor) -> str:
    return visitor.desk.last(views.MyPage).name


def test_a_card_on_the_home_screen_goes_straight_to_my_page(
    visitor: Visitor, somebody: dict[str, Any]
) -> None:
    desk = visitor.visit(*visitor.come(somebody), LEAVE)
    assert desk.trace == ["Home", "Working", "MyPage", "Goodbye"]
    assert greeted(visitor) == somebody["name"]
    assert [view.card_present for view in desk.seen if isinstance(view, views.MyPage)] == [True, False]


def test_only_the_ends_of_the_number_are_on_the_screen(visitor: Visitor, somebody: dict[str, Any]) -> None:
    desk = visitor.visit(*visitor.come(somebody), LEAVE)
    number = somebody["number"]
    assert desk.last(views.MyPage).masked_number == f"{number[:4]}{'•' * 8}{number[-4:]}"
    assert not any(number in repr(view) for view in desk.seen)


@pytest.mark.parametrize(
    ("tile", "after"),
    [
        (Service.CERTIFICATION, ("Attention",)),  # draws no benefit: nothing to do, and that is said first
        (Service.RECORDS, ("Records", "Working")),
        (Service.REPRINT, ("Attention", "Working")),  # nothing was printed for them yet
    ],
)
def test_a_tile_first_and_the_card_after(
    visitor: Visitor, somebody: dict[str, Any], tile: Service, after: tuple[str, ...]
) -> None:
    answers = (BACK,) if tile is Service.RECORDS else (views.AttentionButton.FIRST,)
    while tile is Service.REPRINT and receipts_of(visitor, somebody):
        somebody = visitor.somebody()
    desk = visitor.visit(tile, visitor.place(somebody), WORLD, *answers, visitor.take, LEAVE)
    assert desk.trace == ["Home", "PresentCard", "Working", *after, "MyPage", "Goodbye"]
    assert hints(visitor) == [CardHint.PLACE]


def receipts_of(visitor: Visitor, person: dict[str, Any]) -> int:
    """How many receipts central has for this person."""
    page = visitor.page(person)
    assert visitor.machine is not None
    return len(visitor.machine.kiosk.api.receipts(page.person_id))


def test_going_back_without_a_card(visitor: Visitor) -> None:
    desk = visitor.visit(Service.PAY, BACK)
    assert desk.trace == ["Home", "PresentCard", "Goodbye"]


def test_home_without_a_card_says_no_goodbye(visitor: Visitor) -> None:
    assert visitor.visit(Service.PAY, HOME).trace == ["Home", "PresentCard"]


def test_two_cards_at_once(visitor: Visitor, somebody: dict[str, Any]) -> None:
    card = card_of(somebody)
    two = Do(lambda: visitor.stand.reader.place_two(card, card))
    visitor.visit(two, WORLD, visitor.swap(somebody), WORLD, visitor.take, LEAVE)
    assert hints(visitor) == [CardHint.UNREADABLE]
    assert "只放一张卡" in texts.CARD_UNREADABLE
    assert greeted(visitor) == somebody["name"]


def test_two_cards_at_once_after_a_tile(visitor: Visitor, somebody: dict[str, Any]) -> None:
    card = card_of(somebody)
    two = Do(lambda: visitor.stand.reader.place_two(card, card))
    visitor.visit(Service.RECORDS, two, WORLD, visitor.swap(somebody), WORLD, BACK, LEAVE)
    assert hints(visitor) == [CardHint.PLACE, CardHint.UNREADABLE]


def test_a_card_pulled_while_it_is_read(visitor: Visitor, somebody: dict[str, Any]) -> None:
    pull = Do(lambda: visitor.stand.reader.pull_mid_read(600))
    again = visitor.place(somebody)
    visitor.visit(pull, visitor.place(somebody), WORLD, again, WORLD, visitor.take, LEAVE)
    assert hints(visitor) == [CardHint.PULLED]
    assert greeted(visitor) == somebody["name"]


def test_a_card_that_this_machine_does_not_know(visitor: Visitor, somebody: dict[str, Any]) -> None:
    reader = visitor.stand.reader
    strange = Do(lambda: setattr(reader, "unsupported", True))
    normal = Do(lambda: setattr(reader, "unsupported", False))
    first, second = visitor.place(somebody), visitor.swap(somebody)
    visitor.visit(strange, first, WORLD, normal, second, WORLD, visitor.take, LEAVE)
    assert hints(visitor) == [CardHint.UNSUPPORTED]
    assert "居民身份证" in texts.CARD_UNSUPPORTED


def test_a_garbled_line_never_makes_a_citizen(visitor: Visitor, somebody: dict[str, Any]) -> None:
    """While the line garbles nothing is seen; once it is sound, the card that lies there is read."""
    reader = visitor.stand.reader
    reader.garble = True
    visitor.desk._patience = 1
    with pytest.raises(AssertionError, match="never answered"):
        visitor.visit(
            visitor.do(lambda: setattr(visitor.desk, "_patience", 2)), visitor.place(somebody), WORLD
        )
    assert visitor.desk.trace == ["Home"]
    reader.garble = False
    visitor.visit(WORLD, visitor.take, LEAVE)
    assert greeted(visitor) == somebody["name"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"number": lambda p: p["number"][:-1] + ("1" if p["number"][-1] != "1" else "2")},
        {"number": lambda p: p["number"][:16] + str((int(p["number"][16]) + 2) % 10) + p["number"][17]},
        {"birth": lambda p: "19000230"},
        {"name": lambda p: ""},
        {"valid_to": lambda p: "下个月"},
    ],
    ids=["check digit", "order number", "no such day", "no name", "validity"],
)
def test_a_card_that_contradicts_itself(
    visitor: Visitor, somebody: dict[str, Any], wrong: dict[str, Any]
) -> None:
    bad = {field: make(somebody) for field, make in wrong.items()}
    place_bad = visitor.place(somebody, **bad)
    visitor.visit(place_bad, WORLD, visitor.swap(somebody), WORLD, visitor.take, LEAVE)
    assert hints(visitor) == [CardHint.INVALID]
    assert "窗口" in texts.CARD_INVALID
    assert somebody["number"] not in visitor.log_text.getvalue()


def test_a_number_that_only_our_own_check_refuses(visitor: Visitor, somebody: dict[str, Any]) -> None:
    """Born tomorrow: every check of the driver passes, the calendar does not."""
    first = f"{somebody['number'][:6]}20990101{somebody['number'][14:17]}"
    number = first + check_character(first)
    tomorrow = visitor.place(somebody, number=number, birth="20990101")
    visitor.sweep(1)  # central was heard: the machine knows the day
    visitor.visit(tomorrow, WORLD, visitor.swap(somebody), WORLD, visitor.take, LEAVE)
    assert hints(visitor) == [CardHint.INVALID]


def check_character(first: str) -> str:
    """ISO 7064 MOD 11-2 the other way round: by Horner's rule, not by weights."""
    remainder = 0
    for digit in first:
        remainder = (remainder + int(digit)) * 2 % 11
    return "0123456789X"[(12 - remainder) % 11]


def test_nobody_is_refused_for_a_county_code(visitor: Visitor, somebody: dict[str, Any]) -> None:
    """A county that does not exist any more: the card is read, and only central knows that nobody has this number."""
    first = f"371082{somebody['number'][6:17]}"
    place = visitor.place(somebody, number=first + check_character(first))
    desk = visitor.visit(place, WORLD, visitor.take, views.AttentionButton.FIRST)
    assert [view.title for view in desk.told] == [texts.PERSON_UNKNOWN_TITLE]


def test_a_person_nobody_has_registered(visitor: Visitor, somebody: dict[str, Any]) -> None:
    test_nobody_is_refused_for_a_county_code(visitor, somebody)
    words = "".join(visitor.desk.told[0].body)
    assert "没有扣钱" in words and "窗口" in words and HOTLINE in words
    assert visitor.orders() == {}


def test_an_expired_card_is_said_and_serves(visitor: Visitor, somebody: dict[str, Any]) -> None:
    old = visitor.place(somebody, valid_from="20000101", valid_to="20200101")
    desk = visitor.visit(old, WORLD, views.AttentionButton.FIRST, visitor.take, LEAVE)
    assert desk.told[0].title == texts.CARD_EXPIRED_TITLE
    words = "".join(desk.told[0].body)
    assert "照常" in words and "钱会记在您名下" in words and "派出所" in words
    assert desk.trace[-2:] == ["MyPage", "Goodbye"]


def test_the_last_day_of_a_card_is_still_valid(visitor: Visitor, somebody: dict[str, Any]) -> None:
    today = dates.now(visitor.clock).date()
    place = visitor.place(somebody, valid_from="20000101", valid_to=f"{today:%Y%m%d}")
    assert visitor.visit(place, WORLD, visitor.take, LEAVE).told == []


def test_a_name_spelt_differently(visitor: Visitor, somebody: dict[str, Any]) -> None:
    other = visitor.place(somebody, name=somebody["name"][:-1] + "霞霞")
    desk = visitor.visit(other, WORLD, views.AttentionButton.FIRST, visitor.take, LEAVE)
    assert desk.told[0].title == texts.NAME_DIFFERS_TITLE
    words = "".join(desk.told[0].body)
    assert "不受影响" in words and "是您本人就请继续" in words
    assert desk.trace[-2:] == ["MyPage", "Goodbye"]


def test_somebody_elses_card_ends_there(visitor: Visitor, somebody: dict[str, Any]) -> None:
    other = visitor.place(somebody, name="另一个人")
    desk = visitor.visit(other, WORLD, visitor.take, views.AttentionButton.SECOND)
    assert "MyPage" not in desk.trace


def test_a_card_left_on_the_reader_is_asked_back(visitor: Visitor, somebody: dict[str, Any]) -> None:
    """Nobody leaves without it: the screen stays until the card is gone, and for two minutes at most."""
    desk = visitor.visit(visitor.place(somebody), WORLD, LEAVE)
    assert desk.trace == ["Home", "Working", "MyPage", "TakeCard", "Goodbye"]
    assert '"card_left_behind"' in visitor.log_text.getvalue()


def test_the_take_card_screen_is_a_sign_of_life(visitor: Visitor, somebody: dict[str, Any]) -> None:
    """The watchdog waits 90 s and a forgotten card 120 s: the machine must not be restarted for it."""
    began = visitor.clock.monotonic()
    desk = visitor.visit(visitor.place(somebody), WORLD, LEAVE)
    shown = sum(isinstance(view, views.TakeCard) for view in desk.seen)
    assert shown > 2 * (visitor.clock.monotonic() - began) / watchdog.FRESH_S


def test_a_forgotten_card_never_begins_the_next_visit(visitor: Visitor, somebody: dict[str, Any]) -> None:
    visitor.visit(visitor.place(somebody), WORLD, LEAVE)
    desk = visitor.visit(Service.PAY, BACK)
    assert hints(visitor) == [CardHint.LEFT_FROM_BEFORE]
    assert "MyPage" not in desk.trace


def test_the_next_person_after_a_forgotten_card(visitor: Visitor, somebody: dict[str, Any]) -> None:
    visitor.visit(visitor.place(somebody), WORLD, LEAVE)
    other = visitor.somebody()
    see_empty = Do(
        lambda: [visitor.machine.kiosk.reader.poll() for _ in range(3)] if visitor.machine else None
    )
    visitor.visit(visitor.take, see_empty, visitor.place(other), WORLD, visitor.take, LEAVE)
    assert greeted(visitor) == other["name"]


# --- the reader itself -----------------------------------------------------------------------------------------------


def homes(visitor: Visitor) -> list[Trouble]:
    return [view.trouble for view in visitor.desk.seen if isinstance(view, views.Home)]


def test_a_reader_unplugged_on_the_home_screen(visitor: Visitor, somebody: dict[str, Any]) -> None:
    """The home screen says so by itself, and takes it back by itself."""
    wire = visitor.stand.reader_wire
    desk = visitor.visit(
        *(Do(wire.unplug), WORLD),  # says that it cannot read
        *(Do(wire.replug), WORLD),  # and that it can again
        *(visitor.place(somebody), WORLD, visitor.take, LEAVE),
    )
    assert homes(visitor) == [Trouble.NONE, Trouble.NO_READER, Trouble.NONE]
    assert "PresentCard" not in desk.trace
    assert greeted(visitor) == somebody["name"]
    assert visitor.log_text.getvalue().count('"card_not_read"') == 0


def test_a_mute_reader_is_no_reader(
    central: Running, people: Iterator[dict[str, Any]], tmp_path: Path
) -> None:
    hasty = {'profile = "sam-v"': 'profile = "sam-v"\nanswer_timeout_s = 0.1'}
    visitor = Visitor(central, tmp_path, people, change=hasty)
    visitor.stand.reader.mute = True
    visitor.visit(WORLD, HOME)
    visitor.stop()
    assert homes(visitor) == [Trouble.NONE, Trouble.NO_READER]


def test_a_reader_with_a_fault_of_its_own(visitor: Visitor) -> None:
    visitor.stand.reader.sam_fault = True
    visitor.visit(WORLD, HOME)
    assert homes(visitor) == [Trouble.NONE, Trouble.NO_READER]


def test_a_tile_before_a_dead_reader(visitor: Visitor) -> None:
    wire = visitor.stand.reader_wire
    desk = visitor.visit(Do(wire.unplug), Service.PAY, WORLD, views.AttentionButton.FIRST)
    assert desk.trace == ["Home", "PresentCard", "Attention", "Goodbye"]
    (told,) = desk.told
    words = "".join(told.body)
    assert told.title == texts.NO_READER_TITLE
    assert "没有扣钱" in words and "另一台机器" in words and HOTLINE in words
    wire.replug()


def test_a_reader_unplugged_in_the_middle_of_a_visit(visitor: Visitor, somebody: dict[str, Any]) -> None:
    """The person was read already: the visit goes on, and nobody waits for a card that no reader can see."""
    wire = visitor.stand.reader_wire
    desk = visitor.visit(visitor.place(somebody), WORLD, Do(wire.unplug), WORLD, LEAVE)
    assert desk.trace == ["Home", "Working", "MyPage", "Goodbye"]
    wire.replug()


def test_every_fault_of_a_card_has_its_words() -> None:
    assert set(HINTS) == set(CardFault)
