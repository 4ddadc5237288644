"""Power cut or disk full at every step of keeping a visit: it is on the disk whole or not at all, and nothing older is hurt.

The model: what was written and not synced may be there, torn or absent; a rename or a removal without a sync of its folder may have
happened or not.  The journal's own power cuts are proved elsewhere (tests/proof): here an entry is on the disk or it is not.
"""

from __future__ import annotations

import errno
import os
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from itertools import count, product
from pathlib import Path

import pytest

from kiosk.field import wire
from kiosk.field.api import FieldApi
from kiosk.field.disk import Disk
from kiosk.field.keys import TabletKeys
from kiosk.field.packets import SPARE_BYTES, KeptState, NotKept
from kiosk.journal import Journal, JournalUnwritable
from tests.field.far_central import FarCentral, WallClock
from tests.field.visits import Life, files, record

STEPS = ("before", "after")


class PowerCut(BaseException):
    """The machine is gone; nobody may catch it."""


class CutDisk(Disk):
    """Counts its steps and loses power at one of them; then ``settle`` makes of the folder what the platter might hold.

    ``unsynced``: undoing what was done since the folder was synced last, newest first.
    """

    def __init__(self, at: int, torn: bool = False) -> None:
        self.at, self.torn, self.step = at, torn, 0
        self.synced: set[int] = set()  # files, by inode
        self.unsynced: list[tuple[str, Path, bytes | None, Path | None, bytes | None]] = []

    def _tick(self) -> None:
        self.step += 1
        if self.step == self.at:
            raise PowerCut

    def write(self, path: Path, content: bytes) -> None:
        old = path.read_bytes() if path.exists() else None
        if self.step + 1 == self.at and self.torn:
            path.write_bytes(content[: len(content) // 2])
            self.unsynced.append(("made", path, old, None, None))
        self._tick()
        super().write(path, content)
        self.unsynced.append(("made", path, old, None, None))  # the content is there, its name may not be
        self._tick()

    def sync(self, handle: int) -> None:
        super().sync(handle)
        self.synced.add(os.fstat(handle).st_ino)

    def rename(self, path: Path, to: Path) -> None:
        self._tick()
        old, new = (to.read_bytes() if to.exists() else None), path.read_bytes()
        super().rename(path, to)
        self.unsynced.append(("renamed", path, new, to, old))
        self._tick()

    def sync_folder(self, path: Path) -> None:
        self._tick()
        super().sync_folder(path)
        self.unsynced.clear()
        self._tick()

    def settle(self, lost: int) -> None:
        """Undoes the newest ``lost`` of what was not synced: metadata reaches the disk in order; content that was not, half."""
        for path in {change[3] or change[1] for change in self.unsynced}:
            if path.exists() and path.stat().st_ino not in self.synced:
                path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
        for kind, path, content, to, old in reversed(self.unsynced[len(self.unsynced) - lost :]):
            if kind == "renamed":
                assert to is not None
                assert content is not None
                path.write_bytes(content)
                to.unlink()
                if old is not None:
                    to.write_bytes(old)
            elif content is None:
                path.unlink(missing_ok=True)
            else:
                path.write_bytes(content)


class BadDisk(Disk):
    """Says no at one of its steps, and goes on afterwards.  ``counted``: of which steps."""

    def __init__(self, at: int, error: int = errno.ENOSPC) -> None:
        self.at, self.error, self.step = at, error, 0

    def _tick(self) -> None:
        self.step += 1
        if self.step == self.at:
            raise OSError(self.error, os.strerror(self.error))

    def write(self, path: Path, content: bytes) -> None:
        self._tick()
        path.write_bytes(content[: len(content) // 2])  # half of it found room
        self._tick()
        super().write(path, content)

    def rename(self, path: Path, to: Path) -> None:
        self._tick()
        super().rename(path, to)

    def sync_folder(self, path: Path) -> None:
        self._tick()
        super().sync_folder(path)


@pytest.fixture
def key(far: FarCentral) -> wire.RecordKey:
    return far.key(wire.Suite.X25519)


def steps_of(folder: Path, clock: WallClock, key: wire.RecordKey) -> int:
    disk = CutDisk(at=0)
    with Life(folder, clock, disk) as life:
        before = disk.step
        life.packets.keep(record(1), key, "王**")
    return disk.step - before


def cuts(most: int) -> Iterator[tuple[int, bool, int]]:
    yield from product(range(1, most + 1), (False, True), range(4))


def test_the_power_goes_at_every_step_and_a_visit_is_whole_or_not_there(
    tmp_path: Path, clock: WallClock, far: FarCentral, api: FieldApi, key: wire.RecordKey
) -> None:
    most = steps_of(tmp_path / "count", clock, key)
    assert most == 6  # write, rename, sync of the folder: before and after each
    outcomes = {"adopted": 0, "not there": 0}
    for number, (at, torn, lost) in enumerate(cuts(most)):
        folder = tmp_path / str(number)
        with Life(folder, clock) as life:
            life.packets.keep(record(1), key, "王**")
        disk = CutDisk(at=0, torn=torn)
        with Life(folder, clock, disk) as life:
            disk.step, disk.at = 0, at
            disk.unsynced.clear()
            with pytest.raises(PowerCut):
                life.packets.keep(record(2), key, "李**")
        disk.settle(min(lost, len(disk.unsynced)))
        with Life(folder, clock) as life:  # the next start
            outcomes["adopted" if life.recovered.adopted else "not there"] += 1
            assert life.recovered.aside == 0
            assert [visit.seq for visit in life.packets.kept()] == [1, 2][: 1 + life.recovered.adopted]
            visit = life.packets.keep(record(2), key, "李**")  # the flow does not know, and keeps it again
            assert (visit.seq, visit.local_no, visit.initial) == (2, 2, "李**")
            assert files(folder) == ["00000001.sealed", "00000002.sealed"]
            far.sign_key, far.kept = life.keys.sign_public, {}
            while (packet := life.packets.next_unsent()) is not None:
                life.packets.answered(api.send_packet(packet))
            assert {visit.state for visit in life.packets.kept()} == {KeptState.ACCEPTED}
        assert [said["record_id"] for said in far.records()] == ["T001-00000001", "T001-00000002"]
    assert min(outcomes.values()) > 4  # both were seen


def test_the_power_goes_between_the_file_and_the_journal(
    folder: Path, clock: WallClock, key: wire.RecordKey
) -> None:
    with Life(folder, clock) as life:
        first = life.packets.keep(record(1), key, "王**")
        life.journal.close()
        with pytest.raises(Exception, match="closed"):
            life.packets.keep(record(2), key, "李**")
    with Life(folder, clock) as life:
        assert life.recovered.adopted == 1
        again = life.packets.kept()
        assert again[0] == first
        assert (again[1].seq, again[1].local_no, again[1].initial, again[1].record_id) == (
            *(2, 2, "李**", "T001-00000002"),
        )
    with Life(folder, clock) as life:
        assert life.recovered.adopted == 0
        assert life.packets.kept() == again


def test_a_disk_that_says_no_at_any_step_keeps_nothing_and_hurts_nothing(
    tmp_path: Path, clock: WallClock, key: wire.RecordKey
) -> None:
    refused = 0
    for number in count(1):
        folder = tmp_path / str(number)
        with Life(folder, clock) as life:
            first = life.packets.keep(record(1), key, "王**")
        disk = BadDisk(at=0)
        with Life(folder, clock, disk) as life:
            disk.step, disk.at = 0, number
            try:
                life.packets.keep(record(2), key, "李**")
            except NotKept:
                refused += 1
            else:
                break
            assert life.packets.kept() == (first,)
            assert files(folder) == ["00000001.sealed"]
            assert [entry.event for entry in life.journal.entries()] == ["sealed"]
            packet = life.packets.next_unsent()
            assert packet is not None
            assert packet.sealed is not None
            assert life.packets.keep(record(2), key, "李**").seq == 2  # there is room again
        with Life(folder, clock) as life:
            assert (life.recovered.adopted, len(life.packets.kept())) == (0, 2)
    assert refused == 4


def test_before_the_journal_could_be_what_fills_the_disk_a_visit_is_not_kept(
    folder: Path, clock: WallClock, key: wire.RecordKey
) -> None:
    class Nearly(Disk):
        def free_bytes(self, path: Path) -> int:
            return SPARE_BYTES

    with Life(folder, clock, Nearly()) as life, pytest.raises(NotKept):
        life.packets.keep(record(1), key, "")
    assert files(folder) == []


def fill(path: Path) -> None:
    """To the last byte."""
    with path.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(4096))


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own, 10 MB."""
    place = tmp_path / "disk"
    place.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=10m", "tmpfs", str(place)], capture_output=True, check=False
    )
    if made.returncode:
        pytest.skip("nothing can be mounted here; the injected errors above stand for it")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def test_a_disk_that_is_really_full(small_disk: Path, clock: WallClock, key: wire.RecordKey) -> None:
    folder = small_disk / "data"
    with Life(folder, clock) as life:
        first = life.packets.keep(record(1), key, "王**")
        (small_disk / "ballast").write_bytes(bytes(9_000_000))
        with pytest.raises(NotKept):
            life.packets.keep(record(2), key, "李**")
        assert files(folder) == ["00000001.sealed"]

    class Blind(Disk):
        def free_bytes(self, path: Path) -> int:
            return 2**40

    with Life(folder, clock, Blind()) as life:
        fill(small_disk / "rest")
        with pytest.raises(NotKept):
            life.packets.keep(record(2), key, "李**")
        assert files(folder) == ["00000001.sealed"]
        (small_disk / "rest").unlink()
        (small_disk / "ballast").unlink()
        assert life.packets.keep(record(2), key, "李**").seq == 2
    with Life(folder, clock) as life:
        assert life.packets.kept()[0] == first
        assert len(life.packets.kept()) == 2


def test_a_journal_that_cannot_be_written_ends_the_process_and_the_next_start_has_the_visit(
    small_disk: Path, clock: WallClock, key: wire.RecordKey
) -> None:
    """Should the journal be what meets the full disk after all."""
    folder = small_disk / "data"

    class Filling(Disk):
        def free_bytes(self, path: Path) -> int:
            return 2**40

        def put(self, path: Path, content: bytes) -> None:
            super().put(path, content)
            fill(small_disk / "rest")

    def keep_on(life: Life) -> None:
        for no in range(1, 400):  # the log's last page may still have room
            life.packets.keep(record(no), key, "王**")
            (small_disk / "rest").unlink()

    journal = Journal.open(folder, clock, "boot")
    journal.close()
    TabletKeys.open(folder)
    with Life(folder, clock, Filling()) as life, pytest.raises(JournalUnwritable):
        keep_on(life)
    kept = len(life.packets.kept())
    (small_disk / "rest").unlink()
    with Life(folder, clock) as life:
        assert len(life.packets.kept()) in (kept, kept + 1)
        assert [visit.seq for visit in life.packets.kept()] == list(range(1, len(life.packets.kept()) + 1))
        assert all(life.packets.packet(visit.seq).sealed for visit in life.packets.kept())  # type: ignore[union-attr]


def test_what_a_power_cut_left_under_way_is_thrown_away(folder: Path, clock: WallClock) -> None:
    with Life(folder, clock):
        pass
    (folder / "packets" / "00000001.sealed.new").write_bytes(b"half")
    with Life(folder, clock) as life:
        assert life.recovered == type(life.recovered)(0, 0)
    assert files(folder) == []


def test_the_power_goes_after_central_has_answered(
    folder: Path, clock: WallClock, far: FarCentral, api: FieldApi, key: wire.RecordKey
) -> None:
    """The answer is on the disk, the file is still there."""
    with Life(folder, clock) as life:
        far.sign_key = life.keys.sign_public
        life.packets.keep(record(1), key, "")
        content = (folder / "packets" / "00000001.sealed").read_bytes()
        packet = life.packets.next_unsent()
        assert packet is not None
        life.packets.answered(api.send_packet(packet))
    (folder / "packets" / "00000001.sealed").write_bytes(content)
    with Life(folder, clock) as life:
        assert files(folder) == []
        assert life.packets.next_unsent() is None
