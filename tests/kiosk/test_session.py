"""What a machine without a sound journal does: it serves nobody, says so, and ends."""

from __future__ import annotations

import io
import threading
from pathlib import Path

from devices.clock import SystemClock
from kiosk import build, events, texts, views
from kiosk.desk import Stopped
from kiosk.journal import JournalBroken, JournalUnwritable
from kiosk.session import Session, note, out_of_service
from tests.desk import WORLD, Clock, Do, ScriptedDesk
from tests.visitor import Visitor


def run_failing(error: Exception) -> tuple[list[Exception | None], list[Exception], str]:
    """A session whose machine cannot be built: what it ended with, what was refused, what the log says."""
    ended: list[Exception | None] = []
    refused: list[Exception] = []
    done = threading.Event()
    out = io.StringIO()

    def fail() -> build.Machine:
        raise error

    def end(ended_by: Exception | None) -> None:
        ended.append(ended_by)
        done.set()

    Session(ScriptedDesk(Clock(), [WORLD]), fail, refused.append, end).start()
    assert done.wait(10)
    note(events.Log(out, SystemClock()), error)
    return ended, refused, out.getvalue()


def test_a_broken_journal_is_said_and_ends_the_program() -> None:
    error = JournalBroken(3, "hash")
    ended, refused, log = run_failing(error)
    assert (ended, refused) == ([error], [error])
    assert '"fault": "broken"' in log


def test_a_full_disk_is_said_and_ends_the_program() -> None:
    error = JournalUnwritable("disk full")
    ended, refused, log = run_failing(error)
    assert (ended, refused) == ([error], [error])
    assert '"fault": "unwritable"' in log


def test_a_surprise_is_logged_and_nobody_is_told_a_story() -> None:
    error = RuntimeError("王秀英 371081196203150042")
    ended, refused, log = run_failing(error)
    assert (ended, refused) == ([error], [])
    assert '"id": "surprise"' in log
    assert "371081196203150042" not in log


def test_a_tile_tapped_before_the_machine_is_ready_is_not_lost(visitor: Visitor) -> None:
    """The first screen answers while the journal is still being read."""
    ended: list[Exception | None] = []
    done = threading.Event()
    desk = ScriptedDesk(visitor.clock, [views.Service.PAY, Stop()])

    def end(error: Exception | None) -> None:
        ended.append(error)
        done.set()

    session = Session(desk, lambda: visitor.start(desk), lambda _: None, end)
    session.start()
    assert done.wait(20)
    assert ended == [None]
    assert desk.trace == ["Home", "PresentCard"]
    visitor.machine = None  # closed by its session


class Stop(Do):
    """The program is told to end while this question waits."""

    def __init__(self) -> None:
        super().__init__(self._stop)

    def _stop(self) -> None:
        raise Stopped


def test_what_people_read_then(visitor: Visitor, tmp_path: Path) -> None:
    clock = Clock()
    desk = ScriptedDesk(clock, ())
    out_of_service(desk, clock, visitor.config)
    (view,) = desk.seen
    assert isinstance(view, views.OutOfService)
    assert "钱不受影响" in view.note
    assert visitor.config.site.hotline in view.note
    assert texts.OUT_TITLE
