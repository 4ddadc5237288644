"""The device log: what a kiosk's disk holds is at central, whole and in order, or an alarm says what is not."""

import hashlib
import json
import shutil
from datetime import date

import pytest
from sqlalchemy import select

from central import alarms, tables
from central.differences import Kind
from kiosk import wire
from kiosk.device_log import BATCH_MOST, BATCH_MOST_BYTES, BATCHES_A_TURN, QUIET_TURNS
from tests.central.boxes import NEXT_DAY_S, Box, people_of

GENESIS = "0" * 64


@pytest.fixture
def box(central, clock, tmp_path):
    box = Box(central, tmp_path / "kiosk", clock, people_of(central)).start()
    yield box
    box.stop()


def hashed(seq, prev, subject="order:WD001-00000001-AAAAAAAAAA", event="intent", data='{"lines":[]}'):
    """One entry as docs/api.md says, hashed here and nowhere else."""
    row = [seq, subject, event, data, 1_795_000_000_000, seq, "boot", prev]
    digest = hashlib.sha256(json.dumps(row, separators=(",", ":"), ensure_ascii=False).encode()).hexdigest()
    names = ("seq", "subject", "event", "data", "wall_ms", "mono_ms", "boot_id", "prev_hash")
    return {**dict(zip(names, row, strict=True)), "hash": digest}


def chain(count, start=1, prev=GENESIS, **fields):
    entries = []
    for seq in range(start, start + count):
        entries.append(hashed(seq, prev, **fields))
        prev = entries[-1]["hash"]
    return entries


def send(kiosk, entries, journal_id=None):
    body = {"journal_id": journal_id or entries[0]["hash"], "entries": entries}
    reply = kiosk.good("POST", "/v1/device-log", body)
    known = {GENESIS: 0, **{entry["hash"]: entry["seq"] for entry in entries}}
    assert known.get(reply["last_hash"], reply["last_seq"]) == reply["last_seq"]
    return reply["last_seq"]


def stored(central, kiosk_id="WD001"):
    table = tables.device_log
    with central.service.database.read() as connection:
        query = select(table).where(table.c.kiosk_id == kiosk_id).order_by(table.c.at_ms, table.c.seq)
        return connection.execute(query).all()


def raised(central):
    with central.service.database.read() as connection:
        return [alarm.kind for alarm in reversed(alarms.known(connection))]


# --- an honest kiosk ---


def test_what_is_on_the_kiosks_disk_is_at_central(central, box):
    for _ in range(3):
        box.pay()
    box.sweep()
    rows = stored(central)
    entries = box.journal.entries_after(0, 1000)
    assert [(row.seq, row.subject, row.event, row.data, row.hash) for row in rows] == [
        (entry.seq, entry.subject, entry.event, entry.text, entry.hash.hex()) for entry in entries
    ]
    assert [row.seq for row in rows] == list(range(1, len(rows) + 1))
    assert len(rows) == 3 * 7  # intent, created, show, paid, print, printed, reported
    assert raised(central) == []


def test_no_name_and_no_number_is_in_it(central, box):
    people = []
    box.people = (people.append(person) or person for person in people_of(central))
    box.pay()
    box.sweep()
    text = json.dumps([tuple(row) for row in stored(central)], default=str, ensure_ascii=False)
    assert "resident_pension" in text
    for word in (people[0]["name"], people[0]["number"], people[0]["address"], people[0]["number"][6:14]):
        assert word not in text


def test_nothing_is_sent_twice_and_a_restart_asks_where_central_stands(central, box):
    box.pay()
    box.sweep()
    before = stored(central)
    for news in (0, 7):
        box.restart()
        sent = listen(box)
        if news:
            box.pay()
        box.sweep()
        wanted = [[], list(range(8, 15))] if news else [[]]
        assert [[entry.seq for entry in batch.entries] for batch in sent[: len(wanted)]] == wanted
    assert stored(central)[: len(before)] == before


def listen(box):
    """What the kiosk sends from now on."""
    sent, plain = [], box.api.device_log
    box.api.device_log = lambda batch: sent.append(batch) or plain(batch)
    return sent


def test_with_nothing_new_central_is_asked_for_its_wishes_now_and_then(central, box):
    box.pay()
    box.sweep()
    sent = listen(box)
    for _ in range(QUIET_TURNS):
        assert box.device_log.send()
    assert [batch.entries for batch in sent] == [()]


def test_a_long_silence_is_made_up_batch_by_batch(central, box):
    many = BATCHES_A_TURN * BATCH_MOST + 50
    for number in range(many):
        box.journal.append(f"order:WD001-{number:08d}-AAAAAAAAAA", "intent", {"lines": []})
    turns = 0
    while not box.device_log.send():
        turns += 1
        assert turns < 20
    assert turns == 1  # between turns the outbox looks after what is due
    assert len(stored(central)) == many


def test_a_batch_fits_into_what_central_takes(box):
    assert BATCH_MOST == wire.MAX_LOG_ENTRIES
    lines = [
        {
            "person_id": "p" * 40,
            "product": "resident_pension",
            "year": 2026,
            "tier": "300",
            "amount_fen": 30_000,
        }
    ]
    for number in range(150):
        box.journal.append(
            f"order:WD001-{number:08d}-AAAAAAAAAA", "intent", {"lines": lines * 8, "payer_id": "p" * 40}
        )
    sent = listen(box)
    while not box.device_log.send():
        pass
    sizes = [len(batch.model_dump_json().encode()) for batch in sent]
    assert max(sizes) < 64 * 1024
    assert max(sizes) > BATCH_MOST_BYTES / 2


def test_a_silent_central_delays_nothing_and_loses_nothing(central, box):
    box.pay()
    plain, box.api.device_log = box.api.device_log, lambda batch: (_ for _ in ()).throw(silent())
    box.sweep()
    assert stored(central) == []
    assert box.outbox._cases == {}  # the order was settled all the same
    box.api.device_log = plain
    box.sweep()
    assert len(stored(central)) == box.journal.last_seq()


def silent():
    from kiosk.api import Unreachable

    return Unreachable("device_log")


def test_a_central_that_forgot_gets_it_again(central, box):
    """Central's database was put back from a backup while the kiosk ran on."""
    from tests.central.boxes import tamper

    box.pay()
    box.sweep()
    database = central.service.database
    tamper(database, tables.device_log, "DELETE FROM device_log WHERE seq > 3")
    tamper(
        database,
        tables.device_journals,
        "UPDATE device_journals SET last_seq = 3, last_hash = (SELECT hash FROM device_log WHERE seq = 3)",
    )
    box.pay()
    box.sweep(6)
    assert [row.seq for row in sorted(stored(central), key=lambda row: row.seq)] == list(range(1, 15))
    assert raised(central) == [Kind.SEQUENCE_GAP]  # somebody should know that central forgot


# --- what a kiosk may send, and what comes of it ---


def test_repeats_are_stored_once(central, kiosk):
    entries = chain(5)
    assert send(kiosk, entries) == 5
    assert send(kiosk, entries) == 5
    assert send(kiosk, entries[2:], entries[0]["hash"]) == 5
    assert len(stored(central)) == 5
    assert raised(central) == []


def test_a_gap_is_kept_and_the_kiosk_is_sent_back(central, kiosk):
    entries = chain(9)
    send(kiosk, entries[:3])
    assert send(kiosk, entries[6:], entries[0]["hash"]) == 3
    assert [row.seq for row in stored(central)] == [1, 2, 3, 7, 8, 9]
    assert raised(central) == [Kind.SEQUENCE_GAP]
    assert send(kiosk, entries[3:], entries[0]["hash"]) == 9
    assert len(stored(central)) == 9
    assert raised(central) == [Kind.SEQUENCE_GAP]


@pytest.mark.parametrize(
    "change",
    [
        {"data": '{"lines":[1]}'},
        {"seq": 5},
        {"event": "paid"},
        {"wall_ms": 1},
        {"boot_id": "other"},
        {"prev_hash": "1" * 64},
        {"hash": "1" * 64},
        {"subject": "order:WD001-00000001-BBBBBBBBBB"},
    ],
)
def test_an_altered_entry_is_not_kept_and_what_is_valid_is(central, kiosk, change):
    entries = chain(6)
    altered = [*entries[:3], {**entries[3], **change}, *entries[4:]]
    assert send(kiosk, altered) == 3
    assert [row.seq for row in stored(central)] == [1, 2, 3, 5, 6]
    assert raised(central) == [Kind.CHAIN_BROKEN]
    assert send(kiosk, altered) == 3
    assert raised(central) == [Kind.CHAIN_BROKEN]  # the same thing is one alarm


def test_a_journal_is_named_by_its_first_entry(central, kiosk):
    assert send(kiosk, chain(2), "2" * 64) == 0
    assert raised(central) == [Kind.CHAIN_BROKEN]


def test_a_second_journal_of_a_known_kiosk_is_an_alarm_and_is_kept(central, kiosk, another_kiosk):
    send(kiosk, chain(3))
    other = chain(2, event="other")
    send(another_kiosk, other)  # another kiosk's first journal is nothing special
    assert raised(central) == []
    assert send(kiosk, other) == 2
    assert raised(central) == [Kind.NEW_JOURNAL]
    assert len(stored(central)) == 5


def test_a_fork_is_kept_as_a_journal_of_its_own(central, kiosk):
    entries = chain(8)
    root = entries[0]["hash"]
    send(kiosk, entries)
    fork = chain(9, start=5, prev=entries[3]["hash"], event="other")
    assert send(kiosk, fork[:2], root) == 6
    assert send(kiosk, fork[2:], root) == 13
    rows = stored(central)
    assert {(row.journal_id, row.seq) for row in rows} == {
        *((root, seq) for seq in range(1, 9)),
        *((fork[0]["hash"], seq) for seq in range(5, 14)),
    }
    assert raised(central) == [Kind.JOURNAL_FORKED]
    assert send(kiosk, fork, root) == 13  # repeats of a fork are repeats
    assert len(stored(central)) == 17


def test_an_old_copy_of_the_disk_is_noticed_and_its_news_is_kept(central, clock, box):
    box.pay()
    box.sweep()
    copy = box.saved("copy")
    box.pay()
    box.sweep()
    box.put_back(copy)
    for _ in range(3):
        box.pay()
        box.sweep()
    box.restart()
    box.pay()
    box.sweep()
    assert raised(central) == [Kind.JOURNAL_FORKED]
    paid = [row for row in stored(central) if row.event == "paid"]
    assert len(paid) == 6


def test_a_new_disk_is_an_alarm(central, box):
    box.pay()
    box.sweep()
    box.stop()
    shutil.rmtree(box.folder)
    box.start()
    box.pay()
    box.sweep()
    assert raised(central) == [Kind.NEW_JOURNAL]
    assert len(stored(central)) == 14


# --- totals ---


def totals_of(central):
    with central.service.database.read() as connection:
        rows = connection.execute(select(tables.day_totals).order_by(tables.day_totals.c.at_ms)).all()
    return [(row.kiosk_id, str(row.day), row.paid_count, row.sum_fen) for row in rows]


def test_central_asks_for_the_days_that_are_over(central, clock, box):
    box.pay()
    box.pay("500", 50_000)
    box.shown()
    box.sweep()
    assert totals_of(central) == []  # the day is not over
    clock.move_s(NEXT_DAY_S)
    box.sweep()
    assert totals_of(central) == [("WD001", "2026-11-23", 2, 80_000)]
    clock.move_s(NEXT_DAY_S)
    for _ in range(3):
        box.sweep()
    assert totals_of(central)[1:] == [("WD001", "2026-11-24", 0, 0)]  # a quiet day is told too


def test_late_news_of_a_day_brings_new_totals(central, clock, box):
    """Paid just before midnight; the kiosk hears of it the day after, and its first totals were right when it gave them."""
    box.pay()
    late = box.shown()
    box.act(late, "pay")
    box.central.service.orders.settle([late.order_id])
    box.sweep()
    clock.move_s(NEXT_DAY_S)
    for _ in range(2):
        box.sweep()
    box.hand_over(late)
    clock.move_s(60)
    box.sweep(8)
    assert totals_of(central) == [("WD001", "2026-11-23", 1, 30_000), ("WD001", "2026-11-23", 2, 60_000)]
    assert raised(central) == []


def test_the_same_totals_twice_are_one_and_others_are_an_alarm(central, clock, kiosk):
    entries = chain(3)
    send(kiosk, entries)
    body = {"day": "2026-11-23", "journal_id": entries[0]["hash"], "count": 0, "sum_fen": 0}
    body |= {"last_seq": 3, "chain_hash": entries[2]["hash"]}
    assert kiosk.good("POST", "/v1/day-totals", body)["kept"]
    assert kiosk.good("POST", "/v1/day-totals", body)["kept"]
    assert raised(central) == []
    assert not kiosk.good("POST", "/v1/day-totals", {**body, "sum_fen": 100})["kept"]
    assert raised(central) == [Kind.TOTALS_DIFFER]
    assert totals_of(central) == [("WD001", "2026-11-23", 0, 0)]


@pytest.mark.parametrize("change", [{"day": "2026-11-24"}, {"journal_id": "3" * 64}])
def test_totals_that_nobody_asked_for_are_refused(central, kiosk, change):
    entries = chain(1)
    send(kiosk, entries)
    body = {"day": "2026-11-23", "journal_id": entries[0]["hash"], "count": 0, "sum_fen": 0}
    body |= {"last_seq": 1, "chain_hash": entries[0]["hash"], **change}
    status, answer = kiosk.call("POST", "/v1/day-totals", body)
    assert (status, answer["code"]) == (422, "invalid_request")
    assert totals_of(central) == []


def test_a_receipt_number_that_is_no_day_counts_for_none(central, clock, box):
    """As from a central of another area: no order of ours, and nothing ends."""
    order = box.shown()
    box.journal.append(f"order:{order.order_id}", "paid", {"receipts": ["9999999999999999"]})
    box.sweep()
    clock.move_s(NEXT_DAY_S)
    box.device_log.send()
    assert [row.receipt_day for row in stored(central) if row.event == "paid"] == [None]
    assert date(2026, 11, 23) not in {row.receipt_day for row in stored(central)}
