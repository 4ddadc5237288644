"""The journal keeps what it acknowledged, whatever happens to process or disk, and notices any other hand."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import apsw
import pytest

from kiosk import journal as journal_module
from kiosk.journal import FILE, Journal, JournalBroken, JournalUnwritable, check_sqlite, commit_p99_ms

CHILD = Path(__file__).with_name("journal_child.py")
ROOT = CHILD.parents[2]


class TickingClock:
    """A millisecond passes at every look."""

    def __init__(self) -> None:
        self.ms = 0

    def monotonic(self) -> float:
        self.ms += 1
        return self.ms / 1000

    def wall_ms(self) -> int:
        return 1_795_392_000_000 + self.ms

    def sleep(self, seconds: float) -> None:
        raise AssertionError(seconds)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    opened = reopen(tmp_path)
    yield opened
    opened.close()


def reopen(folder: Path) -> Journal:
    return Journal.open(folder, TickingClock(), "boot-2")


# --- what it keeps ------------------------------------------------------------------------------------------


def test_an_entry_comes_back_as_it_went_in(tmp_path: Path) -> None:
    first = Journal.open(tmp_path / "made" / "by us", TickingClock(), "boot-1")
    written = first.append(
        "order:1", "intent", {"amount_fen": 100000, "lines": [{"名": "值"}, None, True, 1.5]}
    )
    assert (written.seq, written.subject, written.event) == (1, "order:1", "intent")
    assert (written.wall_ms, written.mono_ms, written.boot_id) == (1_795_392_000_000, 1, "boot-1")
    first.close()
    second = reopen(tmp_path / "made" / "by us")
    assert list(second.entries()) == [written]
    assert second.append("order:1", "created", {}).seq == 2
    assert second.verify() == 2
    second.close()


def test_entries_are_told_apart_by_subject(journal: Journal) -> None:
    for subject, event in [
        ("order:2", "a"),
        ("copy:1", "b"),
        ("order:1", "c"),
        ("order:2", "d"),
        ("order", "e"),
    ]:
        journal.append(subject, event, {})
    assert [entry.event for entry in journal.entries()] == list("abcde")
    assert [entry.event for entry in journal.entries("order:2")] == ["a", "d"]
    assert journal.entries("order:9") == []
    last = journal.subjects_last("order:")
    assert [(subject, entry.event) for subject, entry in last.items()] == [("order:2", "d"), ("order:1", "c")]
    assert list(journal.subjects_last("")) == ["order:2", "copy:1", "order:1", "order"]
    assert journal.subjects_last("order:%") == {}
    assert journal.last_seq() == 5


def test_an_empty_journal(journal: Journal) -> None:
    assert (journal.last_seq(), journal.entries(), journal.subjects_last(""), journal.verify()) == (
        0,
        [],
        {},
        0,
    )


@pytest.mark.parametrize("data", [{"x": {1, 2}}, {"x": float("nan")}, {"x": "\ud800"}, {"x": b"bytes"}])
def test_what_is_no_json_is_refused_and_the_journal_goes_on(
    journal: Journal, data: dict[str, object]
) -> None:
    with pytest.raises((TypeError, ValueError)):
        journal.append("order:1", "intent", data)
    assert journal.append("order:1", "intent", {}).seq == 1
    assert journal.verify() == 1


def test_the_caller_may_change_its_data_afterwards(journal: Journal) -> None:
    lines = [1]
    entry = journal.append("order:1", "intent", {"lines": lines})
    lines.append(2)
    assert entry.data == journal.entries()[0].data == {"lines": [1]}


def test_many_threads_make_one_chain(journal: Journal) -> None:
    def write(name: str) -> None:
        for number in range(50):
            journal.append(f"order:{name}", "intent", {"number": number})

    threads = [threading.Thread(target=write, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert journal.verify() == 200
    assert [entry.seq for entry in journal.entries()] == list(range(1, 201))
    for name in "abcd":
        assert [entry.data["number"] for entry in journal.entries(f"order:{name}")] == list(range(50))


# --- another hand -------------------------------------------------------------------------------------------


def tamper(folder: Path, *statements: str) -> None:
    connection = apsw.Connection(str(folder / FILE))
    connection.execute("DROP TRIGGER entry_stays; DROP TRIGGER entry_remains")
    for statement in statements:
        connection.execute(statement)
    connection.close()


def ten_entries(folder: Path) -> None:
    journal = reopen(folder)
    for number in range(10):
        journal.append(f"order:{number}", "intent", {"amount_fen": 100 * number})
    journal.close()


@pytest.mark.parametrize(
    ("statement", "seq"),
    [
        ("UPDATE entry SET data = replace(data, '300', '301') WHERE seq = 4", 4),
        ("UPDATE entry SET subject = 'order:9' WHERE seq = 4", 4),
        ("UPDATE entry SET event = 'paid' WHERE seq = 4", 4),
        ("UPDATE entry SET wall_ms = wall_ms + 1 WHERE seq = 4", 4),
        ("UPDATE entry SET mono_ms = mono_ms + 1 WHERE seq = 4", 4),
        ("UPDATE entry SET boot_id = 'boot-3' WHERE seq = 4", 4),
        ("UPDATE entry SET prev_hash = zeroblob(32) WHERE seq = 4", 4),
        ("UPDATE entry SET hash = zeroblob(32) WHERE seq = 10", 10),
        ("DELETE FROM entry WHERE seq = 4", 4),
        ("DELETE FROM entry WHERE seq = 1", 1),
        ("UPDATE entry SET seq = seq + 1 WHERE seq = 10", 10),
        (
            "INSERT INTO entry SELECT 11, '', '', '', 0, 0, '', hash, hash FROM entry WHERE seq = 10",
            11,
        ),
    ],
)
def test_an_altered_entry_is_found_at_the_next_start(tmp_path: Path, statement: str, seq: int) -> None:
    ten_entries(tmp_path)
    tamper(tmp_path, statement)
    before = (tmp_path / FILE).read_bytes()
    with pytest.raises(JournalBroken) as broken:
        reopen(tmp_path)
    assert broken.value.seq == seq
    assert (tmp_path / FILE).read_bytes() == before  # nothing is repaired or deleted


@pytest.mark.parametrize("statement", ["UPDATE entry SET event = 'paid'", "DELETE FROM entry"])
def test_the_table_itself_refuses_to_change(tmp_path: Path, statement: str) -> None:
    ten_entries(tmp_path)
    connection = apsw.Connection(str(tmp_path / FILE))
    with pytest.raises(apsw.ConstraintError, match="append-only"):
        connection.execute(statement)
    connection.close()


def test_a_file_that_is_no_database_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"not a database, but somebody's only copy" * 200)
    before = (tmp_path / FILE).read_bytes()
    with pytest.raises(JournalBroken) as broken:
        reopen(tmp_path)
    assert broken.value.seq is None
    assert (tmp_path / FILE).read_bytes() == before


@pytest.mark.parametrize("page", range(1, 5))
def test_a_garbled_page_is_found(tmp_path: Path, page: int) -> None:
    ten_entries(tmp_path)
    content = bytearray((tmp_path / FILE).read_bytes())
    at = min(page * 4096, len(content) - 4096)
    content[at : at + 4096] = bytes(byte ^ 0x5A for byte in content[at : at + 4096])
    (tmp_path / FILE).write_bytes(content)
    with pytest.raises(JournalBroken):
        reopen(tmp_path)


def test_a_newer_layout_is_not_guessed_at(tmp_path: Path) -> None:
    ten_entries(tmp_path)
    tamper(tmp_path, "PRAGMA user_version = 2")
    with pytest.raises(JournalBroken, match="layout"):
        reopen(tmp_path)


def test_a_second_opener_is_refused(tmp_path: Path, journal: Journal) -> None:
    with pytest.raises(JournalUnwritable):
        Journal.open(tmp_path, TickingClock(), "boot-3")
    second = subprocess.run(
        [sys.executable, CHILD, tmp_path, "1"], cwd=ROOT, env=ENV, capture_output=True, check=False
    )
    assert second.returncode != 0
    assert b"JournalUnwritable" in second.stderr
    assert journal.append("order:1", "intent", {}).seq == 1


# --- power cuts, kills, full disks --------------------------------------------------------------------------

ENV = {"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"}


def child(folder: Path, *arguments: object) -> tuple[int, list[str]]:
    """Runs the child.  Returns its exit code and the lines it said."""
    command = [sys.executable, str(CHILD), str(folder), *map(str, arguments)]
    done = subprocess.run(command, cwd=ROOT, env=ENV, capture_output=True, check=False)
    assert done.stderr == b""
    return done.returncode, done.stdout.decode().split("\n")[:-1]


def acknowledged(said: list[str]) -> list[int]:
    return [int(line) for line in said if line.isdigit()]


def test_a_kill_at_any_stage_of_any_commit_loses_nothing_acknowledged(tmp_path: Path) -> None:
    """One journal lives through 40 kills: around the first ten calls that reach the disk, then at every
    nineteenth, some in commits, some in checkpoints.
    """
    stages = [(call, when) for call in range(1, 11) for when in ("before", "after")]
    stages += [(call, "after") for call in range(19, 400, 19)]
    known = 0
    for call, when in stages:
        code, said = child(tmp_path, 400, "kill", call, when)
        assert code == -9, (call, when)
        there = int(said[0].removeprefix("open "))
        assert there in (known, known + 1), (call, when)  # the entry under way may be there or not
        seen = acknowledged(said)
        assert seen == list(range(there + 1, there + 1 + len(seen)))
        known = seen[-1] if seen else there
    journal = reopen(tmp_path)
    assert journal.last_seq() in (known, known + 1)
    assert journal.verify() == journal.last_seq()
    journal.close()


def test_a_kill_at_any_stage_of_the_first_opening_leaves_a_journal_that_opens(tmp_path: Path) -> None:
    """Here the fuse burns from the first call; the schema is one transaction."""
    script = (
        "import sys; sys.path.insert(0, {folder!r})\n"
        "import journal_child as c\n"
        "from pathlib import Path\n"
        "fuse = c.Fuse({call}, 'before'); fuse.armed = True; vfs = c.FusedVFS(fuse)\n"
        "c.Journal.open(Path({there!r}), c.SystemClock(), 'boot').close()\n"
    )
    for call in range(1, 40):
        there = tmp_path / str(call)
        text = script.format(folder=str(CHILD.parent), call=call, there=str(there))
        done = subprocess.run([sys.executable, "-c", text], cwd=ROOT, env=ENV, check=False)
        journal = reopen(there)
        assert journal.append("order:1", "intent", {}).seq == 1
        journal.close()
        if done.returncode == 0:
            break
        assert done.returncode == -9
    else:
        pytest.fail("opening reaches the disk more often than this test looks")
    assert call > 5  # it did look at something


def test_a_full_disk_is_said_and_nothing_acknowledged_is_lost(tmp_path: Path) -> None:
    code, said = child(tmp_path, 1000, "limit", 60_000)
    assert code == 0
    assert said[-1] == "unwritable"
    seen = acknowledged(said)
    assert 1 < len(seen) < 1000
    journal = reopen(tmp_path)
    assert journal.last_seq() in (seen[-1], seen[-1] + 1)
    assert journal.append("order:1", "intent", {}).seq == journal.last_seq()
    journal.close()


class Recorder(apsw.VFS):
    """Passes everything on, and knows which files hold bytes that were written but not synced."""

    def __init__(self, fails: Callable[[], bool] = lambda: False) -> None:
        super().__init__("recorder", "unix", makedefault=True)
        self.unsynced: set[str] = set()
        self.writes = 0
        self.fails = fails

    def xOpen(self, name: Any, flags: list[int]) -> RecordedFile:  # noqa: N802 - SQLite's name
        return RecordedFile(name, flags, self)


class RecordedFile(apsw.VFSFile):
    def __init__(self, name: Any, flags: list[int], recorder: Recorder) -> None:
        super().__init__("unix", name, flags)
        self._recorder = recorder
        self._name = Path(name.filename() if isinstance(name, apsw.URIFilename) else name or "scratch").name

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802
        if self._recorder.fails():
            raise apsw.IOError("planted")
        self._recorder.unsynced.add(self._name)
        self._recorder.writes += 1
        super().xWrite(data, offset)

    def xSync(self, flags: int) -> None:  # noqa: N802
        self._recorder.unsynced.discard(self._name)
        super().xSync(flags)


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    made = Recorder()
    yield made
    made.unregister()


def test_an_acknowledged_entry_was_synced_not_only_written(tmp_path: Path, recorder: Recorder) -> None:
    """What no kill can show: the kernel still has the bytes after a kill, but not after a power cut."""
    journal = reopen(tmp_path)
    for number in range(300):  # across several checkpoints
        before = recorder.writes
        journal.append("order:1", "intent", {"number": number, "text": "x" * 200})
        assert recorder.writes > before
        assert recorder.unsynced == set()
    journal.close()


def test_after_a_failed_write_nothing_more_is_taken_until_a_restart(
    tmp_path: Path, recorder: Recorder
) -> None:
    journal = reopen(tmp_path)
    journal.append("order:1", "intent", {})
    recorder.fails = lambda: True
    with pytest.raises(JournalUnwritable):
        journal.append("order:1", "created", {})
    recorder.fails = lambda: False
    with pytest.raises(JournalUnwritable, match="earlier write"):
        journal.append("order:1", "created", {})
    assert [entry.event for entry in journal.entries()] == ["intent"]
    journal.close()
    again = reopen(tmp_path)
    assert again.last_seq() == 1
    assert again.append("order:1", "created", {}).seq == 2
    again.close()


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(JournalUnwritable):
        reopen(tmp_path / "file" / "journal")


# --- the machine it runs on ---------------------------------------------------------------------------------


@pytest.mark.parametrize("version", ["3.51.3", "3.53.0", "3.54.1", "3.100.0", "4.0"])
def test_a_sound_sqlite(version: str) -> None:
    check_sqlite(version)


@pytest.mark.parametrize("version", ["3.40.1", "3.51.1", "3.51.2", "3.52.0"])
def test_an_unsound_sqlite_is_refused(version: str) -> None:
    with pytest.raises(JournalUnwritable, match="unfit"):
        check_sqlite(version)


def test_our_sqlite_is_sound() -> None:
    check_sqlite(apsw.sqlite_lib_version())


def test_the_commit_test_measures_the_slow_end_and_leaves_nothing(tmp_path: Path) -> None:
    class SlowDisk(TickingClock):
        """The third commit from the end takes 90 ms, the others 1 ms (two looks a commit)."""

        def monotonic(self) -> float:
            self.ms += 90 if self.ms == 2 * 98 - 1 else 1
            return self.ms / 1000

    assert commit_p99_ms(tmp_path, TickingClock(), 100) == pytest.approx(1)
    assert commit_p99_ms(tmp_path, SlowDisk(), 100) == pytest.approx(1)  # one of a hundred is above the 99th
    assert commit_p99_ms(tmp_path, SlowDisk(), 99) == pytest.approx(90)
    assert list(tmp_path.iterdir()) == []


def test_the_commit_test_leaves_a_running_journal_alone(tmp_path: Path, journal: Journal) -> None:
    journal.append("order:1", "intent", {})
    commit_p99_ms(tmp_path, TickingClock(), 5)
    assert journal.verify() == 1
    with pytest.raises(JournalUnwritable):
        commit_p99_ms(tmp_path / "nowhere", TickingClock(), 5)


def test_the_hash_is_of_the_entry_and_the_hash_before(tmp_path: Path) -> None:
    """The chain by hand, so that an auditor can walk it without this program."""
    import hashlib

    ten_entries(tmp_path)
    connection = apsw.Connection(str(tmp_path / FILE))
    before = bytes(32)
    for *row, prev_hash, stored in connection.execute("SELECT * FROM entry ORDER BY seq"):
        text = json.dumps([*row, before.hex()], ensure_ascii=False, separators=(",", ":"))
        assert (prev_hash, stored) == (before, hashlib.sha256(text.encode()).digest())
        before = stored
    connection.close()
    assert journal_module.LAYOUT == 1
