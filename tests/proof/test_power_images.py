"""Power cuts: the shipped settings lose nothing, and everything that must fail fails.

The reduced form of tests/proof/images.py, and every way in which an image can be found wanting.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlcipher3 import dbapi2

from kiosk.journal import SealedEntry
from kiosk.wire import OrderReply, OrderState
from tests.proof import central_images, central_life, disk_mutants, images, journal_images
from tests.proof.disk import Law, seen
from tests.proof.disk_mutants import DISK_MUTANTS, killed
from tests.proof.journal_images import Append, Boot
from tests.proof.promises import Answered, Asked, Books, Granted, Opened, Promise
from tests.proof.tally import Tally

# --- what is found on an image --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def boot() -> Boot:
    """A short life of the journal, with nothing wrong."""
    (lived,) = journal_images.live(journal_images.SHIPPED, Random(1), boots=1, visits=4)
    return lived


def drawn(boot: Boot, tmp_path: Path) -> Tally:
    tally = Tally()
    journal_images.draw(boot, journal_images.SHIPPED, Random(1), 40, tmp_path, tally)
    return tally


def test_a_sound_life_is_clean_and_started_now_and_then(boot: Boot, tmp_path: Path) -> None:
    tally = drawn(boot, tmp_path)
    assert tally.clean and tally.images == 40 and tally.started == 3


def test_an_entry_that_was_acknowledged_and_is_not_there_is_a_loss(boot: Boot, tmp_path: Path) -> None:
    last = boot.appends[-1]
    early = [
        *boot.appends[:-1],
        Append(last.entry, 0, 0),
    ]  # as if it had been acknowledged before anything was written
    tally = drawn(Boot(boot.files, boot.known, boot.log, early), tmp_path)
    assert tally.losing > 0 and tally.worst == 1


@pytest.mark.parametrize("change", [{"text": "{}"}, {"wall_ms": 1}, {"hash": bytes(32)}, {"event": "paid"}])
def test_an_entry_that_differs_in_anything_was_never_appended(
    boot: Boot, tmp_path: Path, change: dict[str, Any]
) -> None:
    first = boot.appends[0]
    fields = {name: getattr(first.entry, name) for name in SealedEntry.__slots__}
    altered = Append(SealedEntry(**{**fields, **change}), first.asked, first.answered)
    tally = drawn(Boot(boot.files, boot.known, boot.log, [altered, *boot.appends[1:]]), tmp_path)
    assert tally.corrupt > 0


def test_an_entry_that_was_not_asked_for_yet_is_no_truth(boot: Boot, tmp_path: Path) -> None:
    late = [Append(each.entry, len(boot.log), len(boot.log)) for each in boot.appends]
    assert drawn(Boot(boot.files, boot.known, boot.log, late), tmp_path).corrupt > 0


@pytest.fixture(scope="module")
def central_files() -> Mapping[str, bytes]:
    (lived,) = central_life.live("", Law.EXT4, Random(3), boots=1, people=30).boots
    return seen(lived.files, lived.log)


PAID = "(SELECT max(order_id) FROM ledger WHERE kind = 'payment')"
RECEIPT = f"(SELECT max(receipt_no) FROM receipts WHERE order_id = {PAID})"
SHUT = "(SELECT max(order_id) FROM orders JOIN order_lines USING (order_id) WHERE state = 'closed')"
BREAKS = {
    "a paid order has one payment, of its amount": f"UPDATE ledger SET amount_fen = 1 WHERE order_id = {PAID}",
    "a payment belongs to a paid order": f"UPDATE orders SET state = 'created' WHERE order_id = {PAID}",
    "a paid order has a receipt for each line": f"UPDATE receipts SET line_no = 7 WHERE receipt_no = {RECEIPT}",
    "a receipt belongs to a paid order": f"UPDATE orders SET state = 'refunding' WHERE order_id = {PAID}",
    "a receipt has its payment": f"UPDATE receipts SET entry_id = 1 WHERE receipt_no = {RECEIPT}",
    "a receipt has its contribution": f"DELETE FROM contributions WHERE receipt_no = {RECEIPT}",
    "a contribution's receipt is there": f"DELETE FROM receipts WHERE receipt_no = {RECEIPT}",
    "an order is the sum of its lines": f"DELETE FROM order_lines WHERE order_id = {PAID}",
    "an open order claims its lines": f"UPDATE orders SET state = 'requested' WHERE order_id = {SHUT}",
    "no other order claims anything": "INSERT INTO claims SELECT person_id, product, year, order_id FROM order_lines"
    f" WHERE order_id = {SHUT} LIMIT 1",
    "money on its way back is there": f"UPDATE orders SET state = 'refunding' WHERE order_id = {SHUT}",
    "money that went back is gone": f"UPDATE orders SET state = 'refunded' WHERE order_id = {PAID}",
    "an unpaid order has no money": f"UPDATE orders SET state = 'closed' WHERE order_id = {PAID}",
    "a day's receipts are counted": "UPDATE receipt_days SET last = last + 1",
    "every reference leads somewhere": "UPDATE orders SET order_id = 'NOBODY' WHERE order_id = " + PAID,
}


@pytest.mark.parametrize("law", central_images.LAWS)
def test_every_law_of_the_tables_can_be_broken(
    central_files: Mapping[str, bytes], tmp_path: Path, law: str
) -> None:
    for name, content in central_files.items():
        (tmp_path / name).write_bytes(content)
    assert central_images.look(central_images.at(tmp_path))[0] == []
    connection = dbapi2.connect(str(tmp_path / central_life.CENTRAL), isolation_level=None)
    for (trigger,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'").fetchall():
        connection.execute(f"DROP TRIGGER {trigger}")
    assert connection.execute(BREAKS[law]).rowcount > 0
    connection.close()
    assert law in central_images.look(central_images.at(tmp_path))[0]


def reply(state: OrderState) -> OrderReply:
    return OrderReply(order_id="WD001-00001", state=state, total_fen=300)


@pytest.mark.parametrize(
    "promise",
    [
        Opened(0, 31),
        Answered(0, reply(OrderState.PAID)),
        Answered(0, reply(OrderState.REFUNDED)),
        Answered(0, OrderReply(order_id="WD001-00001", state=OrderState.CLOSED, total_fen=1)),
        Answered(0, OrderReply(order_id="WD001-00002", state=OrderState.CREATED, total_fen=300)),
        Asked(0, "WD001-00002"),
        Asked(0, "WD001-00001", back=True),
        Granted(0, "P-1", 3),
        Granted(0, "P-1", 2, "printed"),
        Granted(0, "P-2", 1),
    ],
)
def test_every_promise_can_be_broken(promise: Promise) -> None:
    books = Books({"WD001-00001": ("closed", 300)}, {}, {"P-1": (2, "unknown")}, 30)
    assert not promise.kept_in(books)
    kept = (
        Opened(0, 30),
        Answered(0, reply(OrderState.CREATED)),
        Answered(0, reply(OrderState.CLOSED)),
        Asked(0, "WD001-00001"),
        Granted(0, "P-1", 2, "unknown"),
    )
    assert all(each.kept_in(books) for each in kept)


# --- the proof ------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def figures() -> dict[str, dict[str, Any]]:
    return images.run(full=False)


def test_nothing_acknowledged_is_lost(figures: dict[str, dict[str, Any]]) -> None:
    drawn, lost = figures["power_cut_images"], figures["power_cut_lost"]
    assert (lost["value"], lost["corrupt"], lost["examples"]) == (0, 0, [])
    assert drawn["value"] == drawn["journal"] + drawn["central"] >= 800
    assert drawn["started"] > 20


def test_what_must_fail_fails(figures: dict[str, dict[str, Any]]) -> None:
    controls = figures["power_cut_lost"]["controls"]
    modes = ("journal WAL/NORMAL", "journal WAL/OFF", "journal DELETE/FULL", "journal DELETE/OFF")
    assert controls.keys() == {*modes, "central WAL/NORMAL", "central WAL/OFF"}
    for name, control in controls.items():
        assert control["losing"] > 0, name
        assert control["corrupt"] > 0 or not name.endswith("OFF"), name
    assert controls["journal DELETE/FULL"]["worst_commits"] == 1  # an unlink that came back, never more


def test_what_is_known_to_be_good_is_not_blamed(figures: dict[str, dict[str, Any]]) -> None:
    good = figures["power_cut_lost"]["known_good"]
    assert good.keys() == {"journal DELETE/EXTRA", "journal TRUNCATE/FULL"}
    assert all(each["losing"] == each["corrupt"] == 0 for each in good.values())


def test_the_full_form_draws_enough() -> None:
    parts = [part for part in images.plan(full=True, seed=7) if part.expect == "nothing lost"]
    drawn = {
        store: sum(part.images for part in parts if part.store == store) for store in ("journal", "central")
    }
    assert drawn["journal"] >= 15_000 and drawn["central"] >= 5_000


@pytest.mark.parametrize(
    ("mode", "expect"),
    [(journal_images.SHIPPED, "caught"), (journal_images.CONTROLS[1], "good")],
)
def test_a_proof_that_cannot_be_trusted_is_none(
    monkeypatch: pytest.MonkeyPatch, mode: journal_images.Mode, expect: str
) -> None:
    part = images.Part("journal", mode, 7, 60, expect, boots=1)
    monkeypatch.setattr(images, "plan", lambda _full, _seed: [part])
    with pytest.raises(images.ProofFailed):
        images.run(full=False, processes=1)


@pytest.mark.parametrize("name", [name for name, _ in DISK_MUTANTS])
def test_a_planted_fault_is_caught(name: str) -> None:
    assert killed(name)


def test_a_folder_that_is_not_synced_is_no_fault_on_ext4() -> None:
    with dict(DISK_MUTANTS)["journal: the folder is not synced"]():
        assert journal_images.proof(journal_images.SHIPPED, 7, 100).clean


def test_a_fault_is_gone_when_it_is_dug_up() -> None:
    for _, plant in DISK_MUTANTS:
        with plant():
            pass
    assert disk_mutants._look("journal: the folder is not synced", 7).clean
