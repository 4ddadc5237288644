"""Deadlines and order come from a clock that never steps; the wall is printed and logged, and central stamps the legal time."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from central.server import Running
from devices.clock import SystemClock
from kiosk import dates, texts, views
from kiosk.flows import card, trouble
from kiosk.flows.attract import Devices
from kiosk.payment import State
from kiosk.views import (
    BACK,
    AttentionButton,
    MyPageButton,
    PaidButton,
    PendingButton,
    Service,
    Trouble,
)
from tests.desk import WORLD, Clock, Do
from tests.kiosk.test_pay import paying
from tests.visitor import PENSION, Visitor, card_of

LEAVE, FIRST = MyPageButton.LEAVE, AttentionButton.FIRST
DAY_MS = 86_400_000
JUMPS = [DAY_MS, -DAY_MS, -50 * 365 * DAY_MS, 700_000, -700_000]


class Wall(Clock):
    """A clock whose wall somebody sets; its monotonic time knows nothing of it."""

    def __init__(self) -> None:
        super().__init__()
        self.off_ms = 0

    def wall_ms(self) -> int:
        return super().wall_ms() + self.off_ms


@pytest.fixture
def walled(central: Running, people: Iterator[dict[str, Any]], tmp_path: Path) -> Iterator[Visitor]:
    """A kiosk with a wall that can be set."""
    kiosk = Visitor(central, tmp_path, people)
    kiosk.clock = Wall()
    yield kiosk
    kiosk.stop()


def set_wall(visitor: Visitor, off_ms: int) -> Do:
    assert isinstance(visitor.clock, Wall)
    return Do(lambda: setattr(visitor.clock, "off_ms", off_ms))


# --- the machine's own -----------------------------------------------------------------------------------------------


def test_monotonic_time_goes_on_while_the_machine_sleeps() -> None:
    """/proc/uptime counts suspend (proc(5)), CLOCK_MONOTONIC does not."""
    before = float(Path("/proc/uptime").read_text().split()[0])
    now = SystemClock().monotonic()
    after = float(Path("/proc/uptime").read_text().split()[0])
    assert before - 0.02 <= now <= after + 0.02
    # and is the kernel's own, not one that starts with us
    assert time.clock_gettime(time.CLOCK_BOOTTIME) >= now


# --- the wall jumps --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("off_ms", JUMPS)
def test_a_jump_of_the_wall_in_a_payment_moves_nothing(walled: Visitor, off_ms: int) -> None:
    """Forward, back, to before the machine was built: while the code is shown, and again before the paper."""
    person = walled.somebody()
    jump = set_wall(walled, off_ms)
    left: list[int] = []

    def look() -> None:
        left.append(walled.desk.last(views.PayByQr).seconds_left)
        walled.clock.sleep(3)

    desk = walled.visit(
        *(*walled.come(person), PENSION, "300", True, Do(look), jump, walled.cashier(), WORLD),
        *(set_wall(walled, 0), PaidButton.DONE),
    )
    assert left == [180]  # the configuration's own: no more and no less
    assert desk.told == []
    walled.sweep()
    assert walled.order().state is State.DONE
    walled.agree()
    entries = walled.start_if_off().journal.entries(f"order:{walled.order().order_id}")
    assert [entry.event for entry in entries] == [
        *("intent", "created", "show", "paid", "print", "printed", "reported"),
    ]
    assert [entry.seq for entry in entries] == sorted(entry.seq for entry in entries)
    assert [entry.mono_ms for entry in entries] == sorted(entry.mono_ms for entry in entries)
    walls = [entry.wall_ms for entry in entries]
    assert (max(walls) - min(walls) > 600_000) is True  # the jump was there to be seen
    slip = walled.page(person).dues[0]
    assert slip.paid_on == date(2026, 11, 23)  # central's day
    words = "\n".join(walled.stand.printer.sheets[-1].text)
    assert "2026-11-23 " in words  # and its time on the paper


@pytest.mark.parametrize("off_ms", JUMPS)
def test_a_code_lives_as_long_as_it_was_given(walled: Visitor, off_ms: int) -> None:
    """Nobody pays: time runs out by the monotonic clock, three minutes after the code was shown."""
    started: list[float] = []
    show = Do(lambda: started.append(walled.clock.monotonic()))
    desk = walled.visit(*paying(walled), show, set_wall(walled, off_ms), WORLD, FIRST, LEAVE)
    assert desk.told[0].title == texts.CLOSED_TITLE
    assert 180 <= walled.clock.monotonic() - started[0] < 200


@pytest.mark.parametrize("off_ms", JUMPS)
def test_what_is_to_be_settled_is_asked_when_it_is_due(walled: Visitor, off_ms: int) -> None:
    walled.visit(
        *(*paying(walled), walled.cashier("silence"), BACK, PendingButton.DONE, LEAVE),
    )
    outbox = walled.start_if_off().kiosk.outbox
    outbox.receive(0)
    waits_s = []
    for _ in range(3):
        walled.clock.sleep(max(outbox.sweep(), 0))
        set_wall(walled, off_ms if walled.clock.off_ms == 0 else 0).action()  # type: ignore[attr-defined]
        (case,) = outbox._cases.values()
        waits_s.append(case.due - walled.clock.monotonic())
    assert all(0 <= wait_s <= 60 * 1.2 for wait_s in waits_s)
    assert walled.order().state is State.CLOSING


def test_a_restart_with_another_wall_still_knows_the_order(walled: Visitor) -> None:
    """The journal of a machine whose battery is empty: it is 1976 at every start."""
    person = walled.somebody()
    for off_ms in (0, -50 * 365 * DAY_MS, DAY_MS):
        set_wall(walled, 0).action()
        walled.visit(*walled.come(person), PENSION, "300", True, BACK, FIRST, LEAVE)
        set_wall(walled, off_ms).action()
        walled.power_cut()
        walled.start()
    seqs = [entry.seq for entry in walled.start_if_off().journal.entries()]
    assert seqs == list(range(1, len(seqs) + 1))
    assert [order.state for order in walled.orders().values()] == [State.CLOSED] * 3


# --- how far off is too far ------------------------------------------------------------------------------------------


def with_skew(visitor: Visitor, skew_s: float | None) -> Devices:
    """What the outbox last measured."""
    kiosk = visitor.start_if_off().kiosk
    kiosk.outbox._api.skew_s = kiosk.api.skew_s = skew_s
    return Devices(kiosk)


@pytest.mark.parametrize(
    ("skew_s", "logged", "shown"),
    [
        (120.0, False, Trouble.NONE),
        (-120.0, False, Trouble.NONE),
        (120.01, True, Trouble.NONE),
        (-120.01, True, Trouble.NONE),
        (600.0, True, Trouble.NONE),
        (-600.0, True, Trouble.NONE),
        (600.01, True, Trouble.CLOCK),
        (-600.01, True, Trouble.CLOCK),
    ],
)
def test_two_minutes_are_written_down_and_ten_take_no_money(
    visitor: Visitor, skew_s: float, logged: bool, shown: Trouble
) -> None:
    devices = with_skew(visitor, skew_s)
    for _ in range(3):
        devices.look()
        visitor.clock.sleep(6)
    assert visitor.log_text.getvalue().count('"clock_skew"') == int(logged)
    assert devices.trouble is shown


def test_a_central_that_tells_no_time_is_said_on_the_first_screen(visitor: Visitor) -> None:
    devices = with_skew(visitor, None)
    outbox = visitor.start_if_off().kiosk.outbox
    for heard, shown in ((None, Trouble.NONE), (True, Trouble.CLOCK), (False, Trouble.NO_NETWORK)):
        outbox.central_heard = heard
        visitor.clock.sleep(6)
        devices.look()
        assert devices.trouble is shown
    assert '"clock_skew"' not in visitor.log_text.getvalue()


def test_a_skew_at_the_edge_is_written_down_once(visitor: Visitor) -> None:
    """What is measured swings by a second or two; one line is enough until it was mended."""
    devices = with_skew(visitor, None)
    kiosk = visitor.start_if_off().kiosk
    for skew_s in (119.5, 120.5, 119.5, 121.0, 118.0, 300.0, 0.3, 121.0):
        kiosk.outbox._api.skew_s = skew_s
        visitor.clock.sleep(6)
        devices.look()
    lines = [json.loads(line) for line in visitor.log_text.getvalue().splitlines() if "clock_skew" in line]
    assert [line["seconds"] for line in lines] == [120.5, 121.0]


@pytest.mark.parametrize(
    ("skew_s", "refused"),
    [(600.0, False), (-600.0, False), (600.01, True), (-600.01, True), (0.0, False), (None, True)],
)
def test_the_limit_of_a_payment(visitor: Visitor, skew_s: float | None, refused: bool) -> None:
    """None: nobody knows, because central was never heard; then nothing is taken either."""
    with_skew(visitor, skew_s)
    kiosk = visitor.start_if_off().kiosk
    told: list[views.Attention] = []

    class Reader:
        def show(self, view: Any) -> None: ...

        def ask(self, view: views.Attention, **_: Any) -> AttentionButton:
            told.append(view)
            return FIRST

    object.__setattr__(kiosk, "desk", Reader())
    assert trouble.clock_wrong(kiosk) is refused
    assert [view.title for view in told] == [texts.CLOCK_TITLE] * refused


def test_a_wrong_clock_is_said_before_anything_is_asked_and_mended_without_a_restart(walled: Visitor) -> None:
    person = walled.somebody()
    walled.start()
    set_wall(walled, 3_600_000).action()
    desk = walled.visit(*walled.come(person), PENSION, FIRST, LEAVE)
    assert [view.title for view in desk.told] == [texts.CLOCK_TITLE]
    assert not {"ChooseTier", "ConfirmPayment", "PayByQr"} & set(desk.trace)
    assert walled.orders() == {}
    set_wall(walled, 0).action()
    walled.visit(*walled.come(person), PENSION, "300", True, walled.cashier(), WORLD, PaidButton.DONE)
    walled.sweep()
    walled.agree()


def test_a_clock_that_goes_wrong_between_the_page_and_the_payment_takes_no_money(walled: Visitor) -> None:
    """The last answer before the money counts, too: the page was asked for with a clock that was right."""
    wrong = Do(lambda: (set_wall(walled, -3_600_000).action(), kiosk_of(walled).api.health()))
    desk = walled.visit(*walled.come(walled.somebody()), PENSION, "300", wrong, True, FIRST, LEAVE)
    assert [view.title for view in desk.told] == [texts.CLOCK_TITLE]
    assert walled.orders() == {}


def kiosk_of(visitor: Visitor) -> Any:
    return visitor.start_if_off().kiosk


def test_a_family_payment_is_refused_as_soon(walled: Visitor) -> None:
    walled.start()
    set_wall(walled, -3_600_000).action()
    desk = walled.visit(*walled.come(walled.somebody()), MyPageButton.FAMILY, FIRST, LEAVE)
    assert [view.title for view in desk.told] == [texts.CLOCK_TITLE]
    assert "ChooseMembers" not in desk.trace


def test_the_pay_tile_says_it_too(walled: Visitor) -> None:
    walled.start()
    set_wall(walled, 3_600_000).action()
    person = walled.somebody()
    straight = Do(lambda: walled.desk._answers.insert(0, PENSION) if on_my_page(walled) else None)
    desk = walled.visit(Service.PAY, walled.place(person), WORLD, walled.take, straight, FIRST, LEAVE)
    assert texts.CLOCK_TITLE in [view.title for view in desk.told]
    assert "ChooseTier" not in desk.trace


def on_my_page(visitor: Visitor) -> bool:
    return isinstance(visitor.desk.asked[-1], views.MyPage)


def test_looking_and_printing_go_on_with_a_wrong_clock(walled: Visitor) -> None:
    person = walled.somebody()
    walled.visit(*walled.come(person), PENSION, "300", True, walled.cashier(), WORLD, PaidButton.DONE)
    walled.sweep()
    set_wall(walled, 7_200_000).action()
    (slip,) = walled.order().slips
    walled.visit(*walled.come(person), MyPageButton.REPRINT, slip.receipt_no, PaidButton.DONE, LEAVE)
    assert [sheet.copy for sheet in walled.sheets()] == [False, True]


# --- what is decided by the day --------------------------------------------------------------------------------------


def test_an_empty_battery_calls_nobody_unborn(walled: Visitor) -> None:
    """It is 1976; the card's holder was born later.  Before central was heard no day is believed at all."""
    person = walled.somebody()
    kiosk = kiosk_of(walled)
    set_wall(walled, -50 * 365 * DAY_MS).action()
    held = replace(card_of(person), number="371081199001010010", birth="19900101")
    assert dates.now(walled.clock).year < 1990
    assert kiosk.outbox.skew_s() is None
    assert card.accept(kiosk, held).number.number == held.number
    walled.sweep(1)
    assert kiosk.outbox.skew_s() < -1e9
    assert card.accept(kiosk, held).number.number == held.number


@pytest.mark.parametrize("off_ms", [500_000, -500_000])
def test_the_pending_slip_has_centrals_time(walled: Visitor, off_ms: int) -> None:
    """Eight minutes off: money is taken, and what people take home still says the right minute."""
    set_wall(walled, off_ms).action()
    cut = Do(lambda: setattr(walled.stand.network, "cut", True))
    heal = Do(walled.stand.network.healthy)
    walled.visit(
        *(*paying(walled), cut, BACK, PendingButton.PRINT_SLIP, FIRST, heal, FIRST, LEAVE),
    )
    words = walled.stand.printer.sheets[-1].text
    (said,) = [line.strip() for line in words if line.strip().startswith("2026-") and ":" in line]
    printed = datetime.strptime(said, "%Y-%m-%d %H:%M").replace(tzinfo=dates.CHINA)
    assert abs((datetime.now(UTC) - printed).total_seconds()) < 130


def test_a_card_is_expired_by_centrals_day(walled: Visitor) -> None:
    """In 1976 no card of today has expired; central knows better."""
    person = walled.somebody()
    set_wall(walled, -50 * 365 * DAY_MS).action()
    place = walled.place(person, valid_to="20261122")  # central's day is the 23rd
    desk = walled.visit(place, WORLD, walled.take, FIRST, LEAVE)
    assert [view.title for view in desk.told] == [texts.CARD_EXPIRED_TITLE]
