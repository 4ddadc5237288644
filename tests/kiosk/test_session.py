"""What a machine without a sound journal does: it serves nobody, says so, and ends."""

from __future__ import annotations

import io
import threading
from pathlib import Path

from devices.clock import SystemClock
from kiosk import build, events, texts, views
from kiosk.journal import JournalBroken, JournalUnwritable
from kiosk.session import Session, out_of_service
from tests.desk import Clock, ScriptedDesk
from tests.visitor import Visitor


def run_refused(error: Exception) -> tuple[list[bool], list[str], str]:
    ended: list[bool] = []
    refused: list[str] = []
    done = threading.Event()
    out = io.StringIO()

    def fail() -> build.Machine:
        raise error

    def end(clean: bool) -> None:
        ended.append(clean)
        done.set()

    Session(fail, events.Log(out, SystemClock()), lambda: refused.append("said"), end).start()
    assert done.wait(10)
    return ended, refused, out.getvalue()


def test_a_broken_journal_is_said_and_ends_the_program() -> None:
    ended, refused, log = run_refused(JournalBroken(3, "hash"))
    assert (ended, refused) == ([False], ["said"])
    assert '"fault": "broken"' in log


def test_a_full_disk_is_said_and_ends_the_program() -> None:
    ended, refused, log = run_refused(JournalUnwritable("disk full"))
    assert (ended, refused) == ([False], ["said"])
    assert '"fault": "unwritable"' in log


def test_a_surprise_is_logged_and_nobody_is_told_a_story() -> None:
    ended, refused, log = run_refused(RuntimeError("王秀英 371081196203150042"))
    assert (ended, refused) == ([False], [])
    assert '"id": "surprise"' in log
    assert "371081196203150042" not in log


def test_what_people_read_then(visitor: Visitor, tmp_path: Path) -> None:
    clock = Clock()
    desk = ScriptedDesk(clock, ())
    out_of_service(desk, clock, visitor.config)
    (view,) = desk.seen
    assert isinstance(view, views.OutOfService)
    assert "钱不受影响" in view.note
    assert visitor.config.site.hotline in view.note
    assert texts.OUT_TITLE
