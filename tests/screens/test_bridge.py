"""The crossing: a flow on its own thread asks, taps and quiet answer it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from sample_views import PLAIN

from kiosk import views
from kiosk.config import Session
from kiosk.desk import Cancelled, Stopped
from kiosk.views import AttentionButton, PendingButton
from screens.bridge import KivyDesk

SESSION = Session(quiet_s=60, quiet_most_s=180, still_there_s=20)


class Glass:
    """A window without pixels: what was mounted, and the way to answer it.  Runs UI work at once."""

    def __init__(self) -> None:
        self.at_s = 0.0
        self.mounted: list[Any] = []
        self.answer: Callable[[Any], None] = lambda _: None
        self.desk = KivyDesk(self.mount, lambda work: work(), SESSION, lambda: self.at_s)
        self._came = threading.Semaphore(0)

    def mount(self, view: Any, answer: Callable[[Any], None]) -> None:
        self.mounted.append(view)
        self.answer = answer
        self._came.release()

    def await_mount(self) -> Any:
        assert self._came.acquire(timeout=5)
        return self.mounted[-1]


class Flow:
    """A function on a session thread; ``outcome`` waits for what it returned or raised."""

    def __init__(self, work: Callable[[], Any]) -> None:
        self._found: list[Any] = []
        self._thread = threading.Thread(target=self._run, args=(work,), daemon=True)
        self._thread.start()

    def _run(self, work: Callable[[], Any]) -> None:
        try:
            self._found.append(work())
        except (Cancelled, Stopped) as end:
            self._found.append(end)

    def outcome(self) -> Any:
        self._thread.join(5)
        assert self._found, "the flow still waits"
        return self._found[0]


@pytest.fixture
def glass() -> Glass:
    return Glass()


def nothing() -> None:
    return None


def test_a_tap_answers(glass: Glass) -> None:
    flow = Flow(lambda: glass.desk.ask(PLAIN["pending"]))
    assert glass.await_mount() == PLAIN["pending"]
    glass.answer(PendingButton.DONE)
    assert flow.outcome() is PendingButton.DONE


def test_an_answer_of_none_is_an_answer(glass: Glass) -> None:
    flow = Flow(lambda: glass.desk.ask(PLAIN["save-to-phone"]))
    glass.await_mount()
    glass.answer(None)
    assert flow.outcome() is None


def test_what_the_watch_sees_answers_and_what_it_raises_ends(glass: Glass) -> None:
    news = iter([None, None, views.PayNews.SETTLED])
    flow = Flow(lambda: glass.desk.ask(PLAIN["pay-by-qr"], watch=lambda: next(news), every_s=0.001))
    assert flow.outcome() is views.PayNews.SETTLED

    def fail() -> None:
        raise Cancelled("home")

    assert isinstance(Flow(lambda: glass.desk.ask(PLAIN["pay-by-qr"], watch=fail)).outcome(), Cancelled)


def test_a_late_tap_answers_nobody(glass: Glass) -> None:
    flow = Flow(lambda: (glass.desk.ask(PLAIN["pending"]), glass.desk.ask(PLAIN["attention"])))
    glass.await_mount()
    late = glass.answer
    late(PendingButton.DONE)
    glass.await_mount()
    late(PendingButton.PRINT_SLIP)
    glass.answer(AttentionButton.SECOND)
    assert flow.outcome() == (PendingButton.DONE, AttentionButton.SECOND)


def test_a_tap_on_what_was_only_shown_answers_nobody(glass: Glass) -> None:
    glass.desk.show(PLAIN["paid-printing"])
    shown = glass.answer
    flow = Flow(lambda: glass.desk.ask(PLAIN["paid-printed"]))
    glass.await_mount()
    glass.await_mount()
    shown(views.PaidButton.FAMILY)
    glass.answer(views.PaidButton.DONE)
    assert flow.outcome() is views.PaidButton.DONE


def test_home_ends_the_question(glass: Glass) -> None:
    flow = Flow(lambda: glass.desk.ask(PLAIN["records"]))
    glass.await_mount()
    glass.desk.home()
    assert flow.outcome().reason == "home"
    assert not glass.desk.home_pressed.is_set()


def test_home_pressed_while_something_is_shown_is_heard_by_the_next_question(glass: Glass) -> None:
    glass.desk.show(PLAIN["paid-printing"])
    glass.desk.home()
    assert Flow(lambda: glass.desk.ask(PLAIN["paid-printed"])).outcome().reason == "home"
    flow = Flow(lambda: glass.desk.ask(PLAIN["paid-printed"]))
    glass.await_mount()
    glass.await_mount()
    glass.answer(views.PaidButton.DONE)
    assert flow.outcome() is views.PaidButton.DONE


def quiet(glass: Glass, seconds: float) -> None:
    """Lets time pass and the session thread look at it."""
    glass.at_s += seconds
    time.sleep(0.03)


def test_quiet_asks_and_then_leaves(glass: Glass) -> None:
    flow = Flow(lambda: glass.desk.ask(PLAIN["records"], watch=nothing, every_s=0.001))
    glass.await_mount()
    quiet(glass, 59.9)
    assert glass.mounted == [PLAIN["records"]]
    quiet(glass, 0.2)
    assert glass.await_mount() == views.StillThere(20)
    quiet(glass, 19.9)
    quiet(glass, 0.2)
    assert flow.outcome().reason == "idle"


def test_quiet_asks_and_the_citizen_stays(glass: Glass) -> None:
    flow = Flow(lambda: glass.desk.ask(PLAIN["records"], watch=nothing, every_s=0.001))
    glass.await_mount()
    question = glass.answer
    quiet(glass, 60.1)
    glass.await_mount()
    glass.answer(True)
    assert glass.await_mount() == PLAIN["records"]
    question(views.BACK)  # the same question still: the page below was never gone
    assert flow.outcome() is views.BACK


def test_any_touch_is_a_sign_of_life(glass: Glass) -> None:
    flow = Flow(lambda: glass.desk.ask(PLAIN["records"], watch=nothing, every_s=0.001))
    glass.await_mount()
    quiet(glass, 50)
    glass.desk.touched()
    quiet(glass, 50)
    assert glass.mounted == [PLAIN["records"]]
    quiet(glass, 10.1)
    assert glass.await_mount() == views.StillThere(20)
    quiet(glass, 1)
    glass.desk.touched()
    assert glass.await_mount() == PLAIN["records"]
    glass.answer(views.BACK)
    assert flow.outcome() is views.BACK


def test_a_slow_person_gets_more_time(glass: Glass) -> None:
    flow = Flow(lambda: glass.desk.ask(PLAIN["records"], watch=nothing, every_s=0.001))
    glass.await_mount()
    for _ in range(4):
        quiet(glass, 20)
        glass.desk.touched()
    quiet(glass, 119)  # six times twenty
    assert glass.mounted == [PLAIN["records"]]
    quiet(glass, 2)
    assert glass.await_mount() == views.StillThere(20)
    glass.answer(True)
    glass.await_mount()
    glass.answer(views.BACK)
    assert flow.outcome() is views.BACK


def test_a_card_still_answers_under_the_question_whether_somebody_is_there(glass: Glass) -> None:
    seen: list[str] = []
    flow = Flow(
        lambda: glass.desk.ask(PLAIN["present-card"], watch=lambda: seen[0] if seen else None, every_s=0.001)
    )
    glass.await_mount()
    quiet(glass, 60.1)
    glass.await_mount()
    seen.append("card")
    assert flow.outcome() == "card"


def test_no_timer_while_money_is_under_way(glass: Glass) -> None:
    flow = Flow(lambda: glass.desk.ask(PLAIN["pay-by-qr"], watch=nothing, every_s=0.001))
    glass.await_mount()
    quiet(glass, 3600)
    assert glass.mounted == [PLAIN["pay-by-qr"]]
    glass.answer(views.BACK)
    assert flow.outcome() is views.BACK


def test_a_closed_desk_stops_every_question(glass: Glass) -> None:
    flow = Flow(lambda: glass.desk.ask(PLAIN["home"]))
    glass.await_mount()
    glass.desk.close()
    assert isinstance(flow.outcome(), Stopped)
    assert isinstance(Flow(lambda: glass.desk.ask(PLAIN["home"])).outcome(), Stopped)
    glass.desk.show(PLAIN["goodbye"])


def test_the_session_is_heard_while_somebody_thinks(glass: Glass) -> None:
    flow = Flow(lambda: glass.desk.ask(PLAIN["home"], watch=nothing, every_s=0.001))
    glass.await_mount()
    quiet(glass, 500)
    assert glass.desk.heard_at == 500
    glass.answer(views.Service.PAY)
    assert flow.outcome() is views.Service.PAY


def test_from_glass_to_flow_through_the_real_window(stage: Any) -> None:
    """A real touch, the real bridge, a flow on its thread; 还在吗 lies over the page and the page comes back as it was."""

    def work() -> Any:
        return stage.app.desk.ask(PLAIN["choose-tier"], watch=nothing, every_s=0.001)

    flow = Flow(work)
    until(stage, lambda: stage.app.page is not None)
    stage.wait(1)
    page = stage.app.page
    stage.tap(lambda press: press.answer == "t2000")
    stage.wait(61)
    until(stage, lambda: isinstance(stage.app.top.view, views.StillThere))
    stage.wait(1)
    stage.tap(lambda press: press.answer is True)
    until(stage, lambda: stage.app.top is page)
    stage.wait(1)
    stage.tap(lambda press: press.answer == "next")
    assert flow.outcome() == "t2000"


def until(stage: Any, true: Callable[[], bool]) -> None:
    for _ in range(300):
        stage.frames(1)
        if true():
            return
    raise AssertionError("it did not come")
