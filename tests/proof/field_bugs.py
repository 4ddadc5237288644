"""Bugs that the kills must find: a proof that finds none of them would find nothing."""

from __future__ import annotations

from pathlib import Path

from kiosk.field.disk import Disk
from kiosk.field.packet_file import Line
from kiosk.field.packets import KeptState, KeptVisit, Packets
from tests.proof.field_tablet import Seams


class _Later(Disk):
    """Holds back the next packet's file until it is told to write it."""

    def __init__(self) -> None:
        self.held: tuple[Path, bytes] | None = None

    def put(self, path: Path, content: bytes) -> None:
        if path.suffix != ".sealed":
            super().put(path, content)
            return
        self.held = (path, content)

    def write_held(self) -> None:
        if self.held is not None:
            path, content = self.held
            self.held = None
            super().put(path, content)


class JournalFirst(Packets):
    """The journal says "sealed" before the file is on the disk."""

    def _note(self, line: Line) -> None:
        super()._note(line)
        assert isinstance(self._disk, _Later)
        self._disk.write_held()


class ShownWhenSent(Packets):
    """The list is made of what central has answered: what is only sealed still looks like a visit to come."""

    def kept(self) -> tuple[KeptVisit, ...]:
        return tuple(one for one in super().kept() if one.state is not KeptState.SEALED)


BUGS = {
    "journal_first": Seams(disk=_Later, packets=JournalFirst),
    "shown_when_sent": Seams(packets=ShownWhenSent),
}
