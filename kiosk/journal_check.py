"""``kiosk journal verify``: is the journal whole, in a technician's words."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from devices.clock import SystemClock
from kiosk import build
from kiosk.journal import FILE, Journal, JournalBroken, JournalUnwritable

PARTS = (FILE, f"{FILE}-wal")


def verify(folder: Path, say: Callable[[str], None]) -> int:
    """Says what it found.  0 every entry fits, 1 one does not, 2 there is no journal to be looked at."""
    if not (folder / FILE).is_file():
        say(f"{folder}: there is no {FILE} here.")
        return 2
    try:
        journal = Journal.open(folder, SystemClock(), build.boot_id())
    except JournalBroken as error:
        return broken(folder, error, say)
    except JournalUnwritable as error:
        say(f"{folder}: {error}.")
        say(
            f"Is the kiosk running? It holds its journal alone. Stop it, or copy {' and '.join(PARTS)} and check the copy."
        )
        return 2
    try:
        last = journal.entries_after(journal.last_seq() - 1, 1)
        say(f"{folder}: ok")
        say(f"entries     {journal.last_seq()}")
        say(f"last        {last[0].seq if last else 0}")
        say(f"chain hash  {last[0].hash.hex() if last else '0' * 64}")
    finally:
        journal.close()
    return 0


def broken(folder: Path, error: JournalBroken, say: Callable[[str], None]) -> int:
    say(f"{folder}: BROKEN: {error}.")
    if error.seq is not None:
        say(f"first broken entry  {error.seq}")
    say("Nothing was changed. Keep the file, leave the machine out of service, and call the centre.")
    return 1
