"""The mirrored picture's memory: no name, no torn picture, nothing left."""

from __future__ import annotations

import mmap
import os
from collections.abc import Iterator

import pytest

from kiosk.face.booth import Picture
from kiosk.face.mirror import HEADER_BYTES, MOST_HEIGHT, MOST_WIDTH, SIZE_BYTES, Mirror, new_memory


@pytest.fixture
def memory() -> Iterator[int]:
    number = new_memory()
    yield number
    os.close(number)


def grey(value: int, width: int = MOST_WIDTH, height: int = MOST_HEIGHT) -> bytes:
    return bytes([value]) * (width * height * 3)


def test_the_other_side_reads_what_was_written(memory: int) -> None:
    ours, theirs = Mirror(memory), Mirror(memory)
    assert theirs.read(0) is None
    ours.write(1, 3, 2, bytes(range(18)))
    seen = theirs.read(0)
    assert seen is not None
    assert (seen.number, seen.width, seen.height, seen.pixels) == (1, 3, 2, bytes(range(18)))
    assert theirs.read(1) is None
    ours.write(2, 2, 1, b"abcdef")
    ours.write(3, 1, 1, b"xyz")
    newest = theirs.read(1)
    assert newest is not None and (newest.number, newest.pixels) == (3, b"xyz")


def test_a_picture_says_nothing_of_its_pixels(memory: int) -> None:
    mirror = Mirror(memory)
    mirror.write(1, 1, 1, b"xyz")
    assert repr(mirror.read(0)) == "Picture(1)"


def test_a_picture_that_was_shown_is_forgotten_where_it_lies(memory: int) -> None:
    mirror = Mirror(memory)
    mirror.write(1, MOST_WIDTH, MOST_HEIGHT, grey(200))
    seen = mirror.read(0)
    assert seen is not None and isinstance(seen.pixels, bytearray) and seen.pixels == grey(200)
    lies = memoryview(seen.pixels)  # the very bytes, wherever Picture goes
    seen.forget()
    assert not any(lies)
    Picture(1, 1, 1, b"abc").forget()


@pytest.mark.parametrize(("strikes", "torn"), [(0, False), (1, False), (2, True), (3, True)])
def test_a_picture_that_changes_while_it_is_copied_is_not_shown(
    memory: int, monkeypatch: pytest.MonkeyPatch, strikes: int, torn: bool
) -> None:
    """One more picture goes to the other place and harms nobody; the second one comes back to ours."""
    writer, reader = Mirror(memory), Mirror(memory)
    writer.write(1, MOST_WIDTH, MOST_HEIGHT, grey(1))
    plan = [(2 + n, grey(2 + n)) for n in range(strikes)]
    copies: list[bytearray] = []

    def copied(part: memoryview) -> bytearray:
        """The reader's copy, amid which the writer strikes."""
        copy = bytearray(part)
        for number, pixels in plan:
            writer.write(number, MOST_WIDTH, MOST_HEIGHT, pixels)
        copy[len(copy) // 2 :] = part[len(copy) // 2 :]
        copies.append(copy)
        return copy

    monkeypatch.setattr("kiosk.face.mirror.bytearray", copied, raising=False)
    seen = reader.read(0)
    assert (seen is None) == torn
    assert any(copies[0]) != torn, "half a picture is zeroed as well"
    if seen is not None:
        assert seen.pixels == grey(1)


def test_a_picture_that_was_begun_and_not_ended_is_not_shown(memory: int) -> None:
    """A worker killed while it wrote."""
    writer, reader = Mirror(memory), Mirror(memory)
    writer.write(1, 1, 1, b"abc")
    writer.write(2, 1, 1, b"def")
    with (
        mmap.mmap(memory, SIZE_BYTES) as raw,
        memoryview(raw) as whole,
        whole[:HEADER_BYTES].cast("Q") as head,
    ):
        head[1] = 4  # ``before`` of place 0, where picture 2 is
    assert reader.read(0) is None


@pytest.mark.parametrize(
    "size", [0, 1 << 63, (MOST_WIDTH + 1) << 32 | MOST_HEIGHT, 0xFFFFFFFF << 32 | 0xFFFFFFFF]
)
def test_a_size_that_cannot_be_is_not_believed(memory: int, size: int) -> None:
    writer, reader = Mirror(memory), Mirror(memory)
    writer.write(2, 1, 1, b"abc")
    with (
        mmap.mmap(memory, SIZE_BYTES) as raw,
        memoryview(raw) as whole,
        whole[:HEADER_BYTES].cast("Q") as head,
    ):
        head[3] = size
    assert reader.read(0) is None


def test_a_picture_too_large_is_refused(memory: int) -> None:
    mirror = Mirror(memory)
    with pytest.raises(ValueError, match="no room"):
        mirror.write(1, MOST_WIDTH, MOST_HEIGHT + 1, grey(1, MOST_WIDTH, MOST_HEIGHT + 1))
    with pytest.raises(ValueError, match="no room"):
        mirror.write(1, 2, 2, b"too short")


def test_nothing_is_left_and_nothing_comes_back(memory: int) -> None:
    ours, theirs = Mirror(memory), Mirror(memory)
    for number in (1, 2):
        ours.write(number, MOST_WIDTH, MOST_HEIGHT, grey(200))
    assert any(os.pread(memory, SIZE_BYTES, 0))
    theirs.wipe()
    assert not any(os.pread(memory, SIZE_BYTES, 0))
    assert theirs.read(0) is None
    theirs.wipe()
    ours.write(3, 1, 1, b"xyz")
    assert theirs.read(0) is None
    ours.clear()
    assert not any(os.pread(memory, SIZE_BYTES, 0))


def test_the_memory_has_no_name_and_no_worker_can_make_it_shorter(memory: int) -> None:
    assert os.readlink(f"/proc/self/fd/{memory}") == "/memfd:mirror (deleted)"
    for size in (0, SIZE_BYTES - 1, SIZE_BYTES + 1):
        with pytest.raises(PermissionError):
            os.ftruncate(memory, size)
