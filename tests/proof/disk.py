"""What a power cut may leave on a disk.

A recorder (apsw_recorder, sqlcipher_recorder) writes down, in order, everything that SQLite asks of one folder.  ``Disk`` plays
such a log up to any position and draws images of that folder as a machine could find it at the next power-on.  Two laws:

EXT4, data=ordered, as every kiosk has it:

    data       Between two syncs of a file the kernel writes back any of its dirty sectors, any number of times, in any order.  So a
               sector of 512 bytes is found as it was after any one of the writes that touched it since the last sync, or before
               all of them; never half old and half new (SQLite's "powersafe overwrite"; SECTOR is the smallest any disk has).
    metadata   Create, unlink and every change of a file's length go into one journal and reach the disk strictly in that order:
               a cut keeps some first part of them.
    ordered    A length that reached the disk brings the data of newly allocated blocks with it.  In a block that was allocated
               before, the longer length may come without the data: then zeros are found there.
    sync       Makes a file's data sure, and the journal up to that file's own last change of metadata.  Nothing behind it: the
               kernel may have committed in between, and then has no reason to do it again.
    folder     A sync of the folder makes the journal sure up to the last create or unlink.

POSIX, what fsync(2) promises and not a word more: names are sure only after a sync of the folder, lengths only after one of the file,
neither is ordered with the other, and a length never brings data with it.  The two laws differ in nothing else.

SQLite syncs the folder itself with the first sync of a new log; neither law gives it credit for that.  What is deliberately not here:
sectors that hold what was never written, and disks that lie about a sync.  A model that puts metadata in any order is wrong:
it blames modes that are known to be good, which is why tests/proof/test_power_images.py also puts good modes before it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from random import Random

SECTOR = 512
BLOCK = 4096
QUIET_SHARE = 8  # of so many images one is of a position at which nothing was under way


class Law(Enum):
    EXT4 = "ext4"
    POSIX = "posix"


@dataclass(frozen=True, slots=True)
class Create:
    name: str


@dataclass(frozen=True, slots=True)
class Unlink:
    name: str


@dataclass(frozen=True, slots=True)
class Write:
    name: str
    offset: int
    data: bytes

    @property
    def end(self) -> int:
        return self.offset + len(self.data)


@dataclass(frozen=True, slots=True)
class Truncate:
    name: str
    size: int


@dataclass(frozen=True, slots=True)
class Sync:
    """Recorded when it had returned; it covers what was recorded before position ``begun``, when it was called."""

    name: str
    begun: int


@dataclass(frozen=True, slots=True)
class SyncFolder:
    pass


Operation = Create | Unlink | Write | Truncate | Sync | SyncFolder


class _Order:
    """Changes of metadata that reach the disk in this order.  ``sure`` of the ``made`` ones are there already."""

    def __init__(self) -> None:
        self.made = self.sure = 0

    def take_number(self) -> int:
        self.made += 1
        return self.made


@dataclass(slots=True)
class _Change:
    """A write or truncate that no sync has covered.  ``number`` is its place in the file's order, 0 when the length stays."""

    position: int
    operation: Write | Truncate
    number: int


@dataclass(slots=True, eq=False)
class _File:
    """``synced`` is what the last sync made sure, ``size`` the length as the kernel has it now.

    ``covered`` is the last change of this file's metadata, in its order, that a sync of the file makes or made sure.
    """

    order: _Order
    synced: bytearray = field(default_factory=bytearray)
    size: int = 0
    covered: int = 0
    loose: list[_Change] = field(default_factory=list)

    def change(self, position: int, operation: Write | Truncate) -> None:
        size = operation.size if isinstance(operation, Truncate) else max(self.size, operation.end)
        number = self.order.take_number() if size != self.size else 0
        self.size = size
        self.loose.append(_Change(position, operation, number))

    def sync(self, begun: int) -> None:
        while self.loose and self.loose[0].position < begun:
            change = self.loose.pop(0)
            _apply(self.synced, change.operation)
            self.covered = change.number or self.covered
        self.order.sure = max(self.order.sure, self.covered)

    def left(self, rng: Random, kept: int, law: Law) -> bytes:
        """What a cut leaves of this file when the first ``kept`` changes of its order reached the disk."""
        if not self.loose:
            return bytes(self.synced)
        cache, disk = bytearray(self.synced), bytearray(self.synced)
        reach = len(disk)  # what is written behind it went to blocks that this length does not show
        writeback = _Writeback(rng, len(self.loose))
        for index, change in enumerate(self.loose):
            before = len(cache)
            _apply(cache, change.operation)
            if change.number:
                if change.number <= kept:
                    _resize(disk, len(cache))
                    reach = len(disk)
                else:
                    reach = min(reach, len(cache))
            if isinstance(change.operation, Truncate):
                continue
            if law is Law.EXT4 and change.number and change.number <= kept:
                fresh = _round_up(before, BLOCK)
                disk[fresh:] = cache[fresh:]
            for first, last in writeback.sectors(index, change.operation):
                shown = min(last, reach)
                if first < shown:
                    disk[first:shown] = cache[first:shown]
        return bytes(disk)


class _Writeback:
    """Which sectors of a file's dirty ones the kernel had got round to.  Three temperaments, because a fair coin for each of
    a thousand sectors never shows a disk that did nearly all, nearly nothing, or everything up to a point.
    """

    def __init__(self, rng: Random, changes: int) -> None:
        self._rng = rng
        self._temper = rng.choice(("any sector", "any write", "up to a point"))
        self._share = rng.choice((0.0, 0.1, 0.5, 0.9, 1.0))
        self._point = rng.randrange(changes + 1)

    def sectors(self, index: int, write: Write) -> Iterator[tuple[int, int]]:
        """Ranges of bytes, in whole sectors, that change ``index`` made dirty and that were written back right after it."""
        first, last = write.offset // SECTOR * SECTOR, _round_up(write.end, SECTOR)
        if self._temper == "any write":
            whole, share = self._rng.random() < self._share, 0.0
        elif self._temper == "up to a point":
            whole, share = index < self._point, 0.5 if index == self._point else 0.0
        else:
            whole, share = False, self._share
        if whole:
            yield first, last
        elif share:
            for sector in range(first, last, SECTOR):
                if self._rng.random() < share:
                    yield sector, sector + SECTOR


class Disk:
    """One folder at one position of a log."""

    def __init__(self, law: Law, files: Mapping[str, bytes]) -> None:
        """``files``: what was found at power-on."""
        self._law = law
        self._folder = _Order()
        self._sure_names = {
            name: _File(self._new_order(), bytearray(content), len(content))
            for name, content in files.items()
        }
        self._names = dict(self._sure_names)  # as the kernel has them
        self._renamed: list[tuple[int, str, _File | None]] = []  # creates and unlinks that are not sure
        self._last_name = 0

    def advance(self, position: int, operation: Operation) -> None:
        """Plays the operation at ``position``; the disk is then at ``position + 1``."""
        match operation:
            case Create(name):
                created = _File(self._new_order())
                self._rename(name, created)
                if created.order is self._folder:
                    created.covered = self._last_name
            case Unlink(name):
                self._rename(name, None)
            case Write(name) | Truncate(name):
                self._names[name].change(position, operation)
            case Sync(name, begun):
                self._names[name].sync(begun)
            case SyncFolder():
                self._folder.sure = max(self._folder.sure, self._last_name)
        while self._renamed and self._renamed[0][0] <= self._folder.sure:
            _, name, file = self._renamed.pop(0)
            _set(self._sure_names, name, file)

    def loose(self) -> int:
        """How many changes are not sure; 0 when a cut leaves exactly one image."""
        files = {id(file): file for file in (*self._sure_names.values(), *self._names.values())}
        return len(self._renamed) + sum(len(file.loose) for file in files.values())

    def cut(self, rng: Random) -> dict[str, bytes]:
        """Name -> content of one legal image."""
        kept: dict[_Order, int] = {}

        def kept_of(order: _Order) -> int:
            if order not in kept:
                kept[order] = rng.choice((order.sure, order.made, rng.randint(order.sure, order.made)))
            return kept[order]

        names = dict(self._sure_names)
        for number, name, file in self._renamed:
            if number > kept_of(self._folder):
                break
            _set(names, name, file)
        return {name: file.left(rng, kept_of(file.order), self._law) for name, file in names.items()}

    def _rename(self, name: str, file: _File | None) -> None:
        _set(self._names, name, file)
        self._last_name = self._folder.take_number()
        self._renamed.append((self._last_name, name, file))

    def _new_order(self) -> _Order:
        return self._folder if self._law is Law.EXT4 else _Order()


def cuts(
    law: Law, files: Mapping[str, bytes], log: Sequence[Operation], rng: Random, images: int, since: int = 0
) -> Iterator[tuple[int, dict[str, bytes]]]:
    """(position, image), in the order of positions from ``since`` on: the first ``position`` operations had been made.

    Where more was under way there is more to get wrong, so such positions are drawn more often.  Where nothing was, the one
    image there is is drawn once.
    """
    loose = [disk.loose() for _, disk in _play(law, files, log)]
    quiet = [position for position in range(since, len(loose)) if loose[position] == 0]
    busy = [position for position in range(since, len(loose)) if loose[position]]
    chosen = rng.sample(quiet, min(len(quiet), images // QUIET_SHARE))
    if busy:
        weights = [min(loose[position], 20) for position in busy]
        chosen += rng.choices(busy, weights, k=images - len(chosen))
    wanted = sorted(chosen, reverse=True)
    for position, disk in _play(law, files, log):
        while wanted and wanted[-1] == position:
            wanted.pop()
            yield position, disk.cut(rng)


def seen(files: Mapping[str, bytes], log: Sequence[Operation]) -> dict[str, bytes]:
    """Name -> content as the kernel has it after a log: what is found when nothing was cut."""
    now = {name: bytearray(content) for name, content in files.items()}
    for operation in log:
        match operation:
            case Create(name):
                now[name] = bytearray()
            case Unlink(name):
                del now[name]
            case Write(name) | Truncate(name):
                _apply(now[name], operation)
    return {name: bytes(content) for name, content in now.items()}


def _play(law: Law, files: Mapping[str, bytes], log: Sequence[Operation]) -> Iterator[tuple[int, Disk]]:
    disk = Disk(law, files)
    yield 0, disk
    for position, operation in enumerate(log):
        disk.advance(position, operation)
        yield position + 1, disk


def _set(names: dict[str, _File], name: str, file: _File | None) -> None:
    if file is None:
        names.pop(name, None)
    else:
        names[name] = file


def _apply(content: bytearray, operation: Write | Truncate) -> None:
    if isinstance(operation, Truncate):
        _resize(content, operation.size)
        return
    if operation.offset > len(content):
        _resize(content, operation.offset)
    content[operation.offset : operation.offset + len(operation.data)] = operation.data


def _resize(content: bytearray, size: int) -> None:
    del content[size:]
    content.extend(bytes(size - len(content)))


def _round_up(number: int, unit: int) -> int:
    return -(-number // unit) * unit
