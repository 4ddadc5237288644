"""The journal's entries, sent on to central, so that a dead disk loses only what was not sent yet.

Nothing of it is on disk here: at the start central is asked how far it has read, and what it asks for is sent again.  Each hash
covers its entry and the one before, so central finds by itself whether anything was altered, dropped or slipped in.  When it asks
for a day's totals they are counted from the journal, up to the last entry that central has.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import date
from typing import TYPE_CHECKING

from kiosk import events
from kiosk.api import Api, Refused, Unreachable
from kiosk.journal import Journal, SealedEntry
from kiosk.till import ORDER

if TYPE_CHECKING:
    from kiosk import wire

BATCH_MOST = 100  # wire.MAX_LOG_ENTRIES
BATCH_MOST_BYTES = 40_000  # central takes bodies of 64 KiB
BATCHES_A_TURN = 8  # then the outbox looks whether something else is due
QUIET_TURNS = 4  # with nothing new, central is asked for its wishes at every fourth turn
PAGE = 500


class DeviceLog:
    """Belongs to the outbox's thread."""

    def __init__(self, journal: Journal, api: Api, log: events.Log) -> None:
        self._journal, self._api, self._log = journal, api, log
        self._journal_id = ""
        self._sent: int | None = None  # central has everything up to here; None: not asked yet
        self._quiet = 0

    def send(self) -> bool:
        """Sends what central does not have yet.  True when there is nothing left to say; else it is tried again later."""
        try:
            return self._send()
        except Unreachable:
            return False
        except Refused:  # logged by the api; nothing changes by asking sooner than the next turn
            self._sent = None
            return True

    def _send(self) -> bool:
        if self._journal.last_seq() == 0:
            return True
        if self._sent is None:
            reply = self._ask_where_central_stands()
        elif self._journal.last_seq() == self._sent:
            self._quiet += 1
            if self._quiet % QUIET_TURNS:
                return True
            reply = self._send_batch(())
        for _ in range(BATCHES_A_TURN):
            entries = self._next_batch()
            if not entries:
                self._send_totals(reply.totals_wanted)
                return True
            reply = self._send_batch(entries)
            if reply.last_seq < entries[-1].seq:  # central holds less than it was sent: from there once more
                self._sent = reply.last_seq
                return False
            self._sent = entries[-1].seq
        return False

    def _ask_where_central_stands(self) -> wire.LogReply:
        """When central knows another entry at the place it has read to, it is told everything: it keeps what it does not have."""
        (first,) = self._journal.entries_after(0, 1)
        self._journal_id = first.hash.hex()
        reply = self._send_batch(())
        known = self._journal.entries_after(reply.last_seq - 1, 1)
        agreed = bool(known) and (known[0].seq, known[0].hash.hex()) == (reply.last_seq, reply.last_hash)
        self._sent = reply.last_seq if agreed else 0
        return reply

    def _next_batch(self) -> list[SealedEntry]:
        assert self._sent is not None
        batch: list[SealedEntry] = []
        left = BATCH_MOST_BYTES
        for entry in self._journal.entries_after(self._sent, BATCH_MOST):
            # the text is quoted once more; hashes and names are short
            left -= 2 * len(entry.text.encode()) + 500
            if batch and left < 0:
                break
            batch.append(entry)
        return batch

    def _send_batch(self, entries: Sequence[SealedEntry]) -> wire.LogReply:
        from kiosk import wire  # late, as in kiosk.api

        batch = wire.LogBatch(
            journal_id=self._journal_id,
            entries=tuple(
                wire.LogEntry(
                    seq=entry.seq,
                    subject=entry.subject,
                    event=entry.event,
                    data=entry.text,
                    wall_ms=entry.wall_ms,
                    mono_ms=entry.mono_ms,
                    boot_id=entry.boot_id,
                    prev_hash=entry.prev_hash.hex(),
                    hash=entry.hash.hex(),
                )
                for entry in entries
            ),
        )
        return self._api.device_log(batch)

    # --- what central asks for ---

    def _send_totals(self, days: Sequence[date]) -> None:
        if not days:
            return
        from kiosk import wire  # late, as in kiosk.api

        counts, sums = dict.fromkeys(days, 0), dict.fromkeys(days, 0)
        last: SealedEntry | None = None
        for last in self._entries_central_has():
            day = receipt_day(last)
            if day in counts:
                counts[day] += 1
                sums[day] += self._total_fen(last.subject)
        if last is None:
            return
        for day in days:
            self._api.day_totals(
                wire.DayTotals(
                    day=day,
                    journal_id=self._journal_id,
                    count=counts[day],
                    sum_fen=sums[day],
                    last_seq=last.seq,
                    chain_hash=last.hash.hex(),
                )
            )

    def _entries_central_has(self) -> Iterator[SealedEntry]:
        """Everything up to what was sent, a page at a time: a long journal is never in memory as a whole."""
        assert self._sent is not None
        seq = 0
        while seq < self._sent:
            for entry in self._journal.entries_after(seq, min(PAGE, self._sent - seq)):
                seq = entry.seq
                yield entry

    def _total_fen(self, subject: str) -> int:
        intent = self._journal.entries(subject)[0]
        return sum(line["amount_fen"] for line in intent.data["lines"])


def receipt_day(entry: SealedEntry) -> date | None:
    """The legal day that the receipt numbers of an order just paid carry; None for any other entry."""
    if entry.event != "paid" or not entry.subject.startswith(ORDER):
        return None
    numbers = json.loads(entry.text)["receipts"]
    try:  # a receipt number: area code, YYMMDD, sequence
        return date.fromisoformat("20" + numbers[0][6:12])
    except ValueError:  # not a number that central gives
        return None
