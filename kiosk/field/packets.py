"""What visits leave: sealed at once to central, chained, signed.  Nothing of it can be read back here.

    packets/00000007.sealed   what the journal says of it, then the sealed record (kiosk.field.packet_file)
    packet:00000007           sealed    record_id, pack_id, assignment_id, kind, initial, local_no; seq, suite, hashes, signature
                              lost      the file is gone or broken; central is told, with what was signed of it
                              answered  state, result, receipt_no: central has it; the file is deleted
                              refused   code: central will not have it; the file stays, a person must look

The file is whole on the disk before the journal says "sealed".  A file that the journal does not know, left by a power cut between
the two, is adopted when it fits the chain; another is set aside.  So a visit is on the disk whole or not at all.

``keep`` belongs to the session thread, ``next_unsent``, ``packet``, ``answered`` and ``refused`` to the courier's; each writes a
table of its own and everybody may read.
"""

from __future__ import annotations

import base64
import errno
import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from devices.clock import Clock
from kiosk import seal
from kiosk.field import packet_file
from kiosk.field.badges import SignedIn
from kiosk.field.disk import NEW, Disk
from kiosk.field.keys import TabletKeys
from kiosk.field.packet_file import Broken, Line
from kiosk.journal import Journal

if TYPE_CHECKING:
    from kiosk import wire as central
    from kiosk.field import wire

FOLDER, SUFFIX, ASIDE = "packets", ".sealed", ".aside"
SUBJECT = "packet:"
# the journal must never be what fills the disk: after that only a restart tells what is on it
SPARE_BYTES = 8_000_000
ENVELOPE_BYTES = 600  # of a packet's JSON, without the content
DAY_S = 86_400.0
GONE = frozenset({errno.ENOENT, errno.EIO})
_NAME = re.compile(r"[0-9]{8}\.sealed")
_INITIAL = re.compile(r"(.\*\*)?")


class NotKept(Exception):
    """Nothing of this visit is on the disk, and what was there is as it was: the disk is full, or the record too large."""


class KeptState(Enum):
    SEALED = "sealed"  # here; central has not answered
    ACCEPTED = "accepted"
    PARKED = "parked"  # a person must look: here when ``result`` is None, else at central


@dataclass(frozen=True)
class KeptVisit:
    """What staff may still see of a visit.  ``local_no`` counts within a pack; ``initial``: 王**; ``lost``: its content is."""

    seq: int
    local_no: int
    initial: str
    kind: wire.RecordKind
    pack_id: str
    assignment_id: str
    record_id: str
    state: KeptState
    result: wire.PacketResult | None = None
    receipt_no: str = ""
    lost: bool = False


@dataclass(frozen=True)
class Recovered:
    """``adopted``: a power cut came between file and journal.  ``aside``: files that fit nowhere; kept, for a person."""

    adopted: int
    aside: int


class Packets:
    """``recover`` once, before anything else."""

    def __init__(
        self,
        folder: Path,
        journal: Journal,
        keys: TabletKeys,
        clock: Clock,
        tablet_id: str,
        disk: Disk | None = None,
    ) -> None:
        self._folder, self._journal, self._keys, self._clock = folder / FOLDER, journal, keys, clock
        self._tablet_id, self._disk = tablet_id, disk or Disk()
        self._lines: dict[int, Line] = {}  # written by keep
        self._said: dict[
            int, tuple[str, Mapping[str, Any]]
        ] = {}  # central's last word; written by the courier
        self._lost: set[int] = set()  # the courier's too
        self.recovered = Recovered(0, 0)

    # --- the session's -----------------------------------------------------------------------------------------------

    def recover(self) -> Recovered:
        """Reads the journal, adopts what a power cut left.  Raises JournalError, OSError."""
        self._disk.folder(self._folder)
        for entry in self._journal.entries():
            if not entry.subject.startswith(SUBJECT):
                continue
            seq = int(entry.subject.removeprefix(SUBJECT))
            if entry.event == "sealed":
                self._lines[seq] = Line(**entry.data)
            elif entry.event == "lost":
                self._lost.add(seq)
            else:
                self._said[seq] = (entry.event, entry.data)
        adopted = aside = 0
        for path in sorted(self._folder.iterdir()):
            if path.name.endswith(NEW):
                self._disk.remove(path)  # it never was: whoever wrote it was not told that it is kept
            elif _NAME.fullmatch(path.name):
                seq = int(path.name.removesuffix(SUFFIX))
                if seq in self._lines:
                    if self._said.get(seq, ("", {}))[0] == "answered":
                        self._disk.remove(path)
                elif (line := self._fitting(path)) is not None:
                    self._note(line)
                    adopted += 1
                else:
                    self._set_aside(path)
                    aside += 1
        self._said = {seq: said for seq, said in self._said.items() if said[0] == "answered"}
        self.recovered = Recovered(adopted, aside)
        return self.recovered

    def keep(self, record: wire.Record, key: wire.RecordKey, initial: str) -> KeptVisit:
        """Sealed and on the disk; the same record again adds nothing.  ``initial``: 王**, or "".

        Raises NotKept; JournalUnwritable after which the process ends, and the next start adopts what is whole.
        """
        from kiosk.field import wire  # late, as in kiosk.api

        if not _INITIAL.fullmatch(initial):
            raise ValueError("no more than the first character of a name stays here")
        for line in self._lines.values():
            if line.record_id == record.record_id:
                return self._kept(line)
        last = self._last()
        seq, prev_hash = (1, wire.GENESIS) if last is None else (last.seq + 1, last.hash)
        sealed = _seal(record, key, wire.packet_info(self._tablet_id, seq))
        if len(sealed) > wire.PACKET_MOST_BYTES:
            raise NotKept("too large")
        digest = hashlib.sha256(sealed).hexdigest()
        packet_hash = wire.packet_hash(self._tablet_id, seq, key.suite, prev_hash, digest)
        line = Line(
            record_id=record.record_id,
            pack_id=record.pack_id,
            assignment_id=record.assignment_id,
            kind=record.kind.value,
            initial=initial,
            local_no=1 + sum(each.pack_id == record.pack_id for each in self._lines.values()),
            seq=seq,
            suite=key.suite.value,
            prev_hash=prev_hash,
            digest=digest,
            hash=packet_hash,
            signature=self._keys.sign(packet_hash),
            bytes=len(sealed),
            sealed_ms=self._clock.wall_ms(),
        )
        path = self._path(seq)
        try:
            if self._disk.free_bytes(self._folder) < len(sealed) + SPARE_BYTES:
                raise NotKept("disk full")
            self._disk.put(path, packet_file.written(line) + sealed)
        except OSError as error:
            self._disk.remove(path)  # also when the rename was done: nobody was told that it is kept
            raise NotKept("the disk took it not") from error
        self._note(line)
        return self._kept(line)

    def kept(self) -> tuple[KeptVisit, ...]:
        """Every visit of this tablet, oldest first."""
        return tuple(self._kept(line) for line in tuple(self._lines.values()))

    def full(self, signed_in: SignedIn) -> bool:
        """So many wait, or so long, that central must be heard before the next visit."""
        return (
            self.unsent >= signed_in.most_packets or self.oldest_age_s >= signed_in.most_days * DAY_S
        ) and self.unsent > 0

    @property
    def unsent(self) -> int:
        """How many wait for central's word; parked ones do not."""
        return sum(1 for _ in self._waiting())

    @property
    def unsent_bytes(self) -> int:
        """About what will go over the line."""
        return sum(
            ENVELOPE_BYTES + (0 if line.seq in self._lost else -(-line.bytes // 3) * 4)
            for line in self._waiting()
        )

    @property
    def oldest_age_s(self) -> float:
        """Of what waits; 0 when nothing does.  A clock that was set back makes nothing younger than what was sealed later."""
        waiting = [line.sealed_ms for line in self._waiting()]
        if not waiting:
            return 0.0
        now_ms = max(self._clock.wall_ms(), *(line.sealed_ms for line in tuple(self._lines.values())))
        return (now_ms - waiting[0]) / 1000

    # --- the courier's -----------------------------------------------------------------------------------------------

    def next_unsent(self) -> wire.Packet | None:
        """The first that central has not answered.  Raises JournalError."""
        for line in self._waiting():
            return self.packet(line.seq)
        return None

    def packet(self, seq: int) -> wire.Packet | None:
        """A packet as it is sent, also one that was answered: central may have lost it.  None: there is no such number.

        A file that is broken is noted as lost, once; then the content is None and the chain stays whole.  Raises JournalError,
        OSError.
        """
        from kiosk.field import wire

        line = self._lines.get(seq)
        if line is None:
            return None
        sealed: str | None = None
        try:
            sealed = base64.b64encode(self._read(line)).decode("ascii")
        except (OSError, Broken) as error:
            if isinstance(error, OSError) and error.errno not in GONE:
                raise  # no memory, too many files: that passes, and a visit is not given up for it
            if seq not in self._lost and self._said.get(seq, ("", {}))[0] != "answered":
                self._journal.append(_subject(seq), "lost", {})
                self._lost.add(seq)
        return wire.Packet(
            seq=seq,
            suite=wire.Suite(line.suite),
            prev_hash=line.prev_hash,
            digest=line.digest,
            hash=line.hash,
            signature=line.signature,
            sealed=sealed,
        )

    def answered(self, reply: wire.PacketReply) -> None:
        """Central's word is on the disk, then the content goes; what is left of a broken file stays for a person.

        Raises JournalError, and ValueError for an answer to another packet.
        """
        line = self._lines.get(reply.seq)
        if line is None or line.hash != reply.hash:
            raise ValueError("an answer to another packet")
        said = {"state": reply.state.value, "result": reply.result.value, "receipt_no": reply.receipt_no}
        if self._said.get(reply.seq) != ("answered", said):
            self._journal.append(_subject(reply.seq), "answered", said)
            self._said[reply.seq] = ("answered", said)
        path = self._path(reply.seq)
        if reply.seq in self._lost and path.exists():
            self._set_aside(path)
        else:
            self._disk.remove(path)

    def refused(self, seq: int, code: central.ProblemCode) -> None:
        """Central will not have it: parked until the program is started again, and its content stays.  Raises JournalError."""
        said = {"code": code.value}
        if self._said.get(seq) != ("refused", said):
            self._journal.append(_subject(seq), "refused", said)
            self._said[seq] = ("refused", said)

    # --- within ------------------------------------------------------------------------------------------------------

    def _waiting(self) -> Iterator[Line]:
        return (line for line in tuple(self._lines.values()) if line.seq not in self._said)

    def _last(self) -> Line | None:
        return self._lines[max(self._lines)] if self._lines else None

    def _path(self, seq: int) -> Path:
        return self._folder / f"{seq:08d}{SUFFIX}"

    def _set_aside(self, path: Path) -> None:
        """For a person; nothing is written over."""
        others = len(list(self._folder.glob(f"{path.name}{ASIDE}*")))
        self._disk.rename(path, path.with_name(f"{path.name}{ASIDE}{others or ''}"))

    def _note(self, line: Line) -> None:
        self._journal.append(_subject(line.seq), "sealed", asdict(line))
        self._lines[line.seq] = line

    def _kept(self, line: Line) -> KeptVisit:
        from kiosk.field import wire

        event, said = self._said.get(line.seq, ("", {}))
        accepted = event == "answered" and said["state"] == wire.PacketState.ACCEPTED.value
        return KeptVisit(
            seq=line.seq,
            local_no=line.local_no,
            initial=line.initial,
            kind=wire.RecordKind(line.kind),
            pack_id=line.pack_id,
            assignment_id=line.assignment_id,
            record_id=line.record_id,
            state=KeptState.ACCEPTED if accepted else KeptState.PARKED if event else KeptState.SEALED,
            result=wire.PacketResult(said["result"]) if event == "answered" else None,
            receipt_no=said.get("receipt_no", ""),
            lost=line.seq in self._lost,
        )

    def _read(self, line: Line) -> bytes:
        """The sealed record, also when only the line before it is broken.  Raises Broken, OSError."""
        sealed = self._path(line.seq).read_bytes()[-line.bytes :]
        if hashlib.sha256(sealed).hexdigest() != line.digest:
            raise Broken
        return sealed

    def _fitting(self, path: Path) -> Line | None:
        """What a file says, if it is this tablet's next packet and every hash and the signature agree."""
        from kiosk.field import wire

        try:
            line, sealed = packet_file.parted(path.read_bytes())
            suite = wire.Suite(line.suite)
            wire.RecordKind(line.kind)
        except (Broken, OSError, ValueError):
            return None
        last = self._last()
        seq, prev_hash = (1, wire.GENESIS) if last is None else (last.seq + 1, last.hash)
        digest = hashlib.sha256(sealed).hexdigest()
        fits = (
            (line.seq, line.prev_hash, line.digest, line.bytes) == (seq, prev_hash, digest, len(sealed))
            and path == self._path(seq)
            and line.hash == wire.packet_hash(self._tablet_id, seq, suite, prev_hash, digest)
            and self._keys.signed(line.hash, line.signature)
            and all(each.record_id != line.record_id for each in self._lines.values())
        )
        return line if fits else None


def _seal(record: wire.Record, key: wire.RecordKey, info: bytes) -> bytes:
    from kiosk.field import wire

    content, public = record.model_dump_json().encode(), bytes.fromhex(key.key)
    if key.suite is wire.Suite.HYBRID:
        return seal.seal_hybrid(content, public, info)
    return seal.seal(content, public, info)


def _subject(seq: int) -> str:
    return f"{SUBJECT}{seq:08d}"
