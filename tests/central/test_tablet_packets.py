"""Packets that are not what they should be: refused or parked with a reason, kept, and somebody is told; none is counted."""

import base64
import json
import random
import threading
import time

import pytest
import requests
from sqlalchemy import delete, update
from sqlalchemy.exc import IntegrityError

from central import audit, packets, tables, tables_field
from central.database import Database, sqlite_url
from kiosk.field.wire import packet_info
from kiosk.seal import HybridKey, seal, seal_hybrid
from tests.central.boxes import tamper
from tests.central.far_tablet import MINUTE_MS, OTHER_CODE, OTHER_PIN, FarTablet, iso
from tests.central.sitter import rows
from tests.central.test_process import command

PACKETS, REFUSED = tables_field.packets, tables_field.refused_packets
DAY_S = 86_400
KILLS = 4


def flip(text, at=5):
    """The same with one character changed."""
    return text[:at] + ("1" if text[at] != "1" else "2") + text[at + 1 :]


def checks(central, tablet_id="WDT01"):
    return rows(central, "checks", tables.checks.c.kiosk_id == tablet_id)


def alarms(central):
    return [(row.kind, row.subject, row.detail) for row in rows(central, "alarms")]


# --- what does not fit the chain ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field_name", "flaw"),
    [
        ("prev_hash", "hash"),
        ("digest", "hash"),
        ("hash", "hash"),
        ("signature", "signature"),
        ("sealed", "content"),
    ],
)
def test_a_tampered_packet_is_refused_and_kept_and_the_true_one_still_counts(field, tablet, field_name, flaw):
    packet = tablet.packet(tablet.record())
    spoilt = {**packet, field_name: flip(packet[field_name])}
    for _ in range(3):
        status, problem = tablet.send(spoilt)
        assert (status, problem) == (422, {"code": "packet_refused", "detail": flaw})
    (kept,) = rows(field, "refused_packets")
    assert (kept.seq, kept.flaw, kept.tablet_id) == (1, flaw, "WDT01")
    (content,) = rows(field, "packet_contents")
    assert (content.refusal_id, content.sealed) == (kept.refusal_id, base64.b64decode(spoilt["sealed"]))
    assert alarms(field) == [("packet_refused", f"WDT01 1 R{kept.refusal_id}", flaw)]
    assert checks(field) == [] and rows(field, "packets") == []
    assert tablet.send(packet)[1]["result"] == "certified"


def test_a_packet_signed_by_another_key_is_refused(field, tablet, clock):
    other = FarTablet(field, clock)
    other.badge, other.pack, other.key = tablet.badge, tablet.pack, tablet.key
    status, problem = other.send(other.packet(other.record()))
    assert (status, problem["detail"]) == (422, "signature")


def test_a_packet_of_another_tablet_is_refused(field, tablet, clock):
    other = FarTablet(field, clock, "WDT02").ready(pin=OTHER_PIN, code=OTHER_CODE)
    packet = tablet.packet(tablet.record())
    status, problem = other.send(packet)
    assert (status, problem["detail"]) == (422, "hash")  # the tablet's name is in it
    assert tablet.send(packet)[0] == 200


def test_another_seq_in_the_address_is_no_packet(tablet, field):
    packet = tablet.packet(tablet.record())
    status, problem = tablet.call("PUT", "/v1/tablet/packets/2", packet)
    assert (status, problem["code"]) == (422, "invalid_request")


def test_a_tablet_that_told_no_key_is_refused(field, clock):
    tablet = FarTablet(field, clock)
    tablet.badge = tablet.sign_in()[1]
    tablet.take_pack()
    status, problem = tablet.send(tablet.packet(tablet.record()))
    assert (status, problem["detail"]) == (422, "no_key")


def test_a_gap_is_answered_so_and_closed_when_the_missing_one_comes(field, tablet):
    first, second, third = (tablet.packet(tablet.record(n)) for n in range(3))
    for late in (third, second):
        status, problem = tablet.send(late)
        assert (status, problem) == (409, {"code": "packet_gap", "detail": "gap"})
    assert tablet.good("GET", "/v1/tablet/packets")["last_seq"] == 0
    assert len(rows(field, "refused_packets")) == 2
    assert [tablet.send(each)[1]["result"] for each in (first, second, third)] == ["certified"] * 3
    # it came too early and is here now: nobody has to look, and nothing waits
    assert rows(field, "packet_contents") == []
    assert {row.operator for row in rows(field, "alarm_clearings")} == {"central"}
    assert len(rows(field, "refused_packets")) == 2  # that it was so stays written


def test_a_reordered_chain_is_refused(field, tablet):
    tablet.send(tablet.packet(tablet.record(0)))
    seq, before = tablet.seq, tablet.last_hash
    one = tablet.packet(tablet.record(1))
    # the second one is put in the first one's place, and signed again by who has the key
    swapped = tablet.signed(seq + 1, one["hash"], tablet.sealed(tablet.record(2), seq + 1))
    status, problem = tablet.send(swapped)
    assert (status, problem["detail"]) == (422, "chain")
    assert tablet.send(one)[1]["result"] == "certified"
    assert before == rows(field, "packets", PACKETS.c.seq == 2)[0].prev_hash


def test_a_second_packet_of_a_number_is_a_fork_and_kept(field, tablet):
    seq, before = tablet.seq + 1, tablet.last_hash
    first = tablet.packet(tablet.record(0))
    other = tablet.signed(seq, before, tablet.sealed(tablet.record(1), seq))
    assert tablet.send(first)[1]["result"] == "certified"
    status, problem = tablet.send(other)
    assert (status, problem["detail"]) == (422, "forked")
    assert len(checks(field)) == 1 and rows(field, "refused_packets")[0].hash == other["hash"]


def test_an_old_packet_under_a_new_number_is_a_replay_and_refused(field, tablet):
    first = tablet.packet(tablet.record(0))
    tablet.send(first)
    status, problem = tablet.send({**first, "seq": 2})
    assert (status, problem["detail"]) == (422, "hash")
    # and the sealed content alone, signed again by who has the key, does not open under another number
    again = tablet.signed(2, tablet.last_hash, base64.b64decode(first["sealed"]))
    reply = tablet.send(again)[1]
    assert (reply["state"], reply["result"]) == ("parked", "not_readable")
    assert len(checks(field)) == 1


def test_the_same_record_sealed_again_adds_nothing(field, tablet):
    record = tablet.record(0)
    first = tablet.send(tablet.packet(record))[1]
    again = tablet.send(tablet.packet(record))[1]
    assert (again["state"], again["result"], again["receipt_no"]) == (
        "accepted",
        "certified",
        first["receipt_no"],
    )
    other = tablet.send(tablet.packet({**record, "up_ms": record["up_ms"] + 1}))[1]
    assert (other["state"], other["result"]) == ("parked", "not_this_pack")
    assert len(checks(field)) == 1


def test_a_flood_of_refused_packets_ends(field, tablet, monkeypatch):
    monkeypatch.setattr(packets, "REFUSED_MOST", 3)
    packet = tablet.packet(tablet.record())
    for n in range(6):
        assert tablet.send({**packet, "signature": f"{n:0128x}"})[0] == 422
    assert len(rows(field, "refused_packets")) == 3
    assert ("packet_refused", "WDT01 flood", "signature") in alarms(field)
    assert tablet.send(packet)[1]["result"] == "certified"


# --- what fits the chain and cannot be used ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [b"", b"{}", b"\xff\xfe", b"[]", b'{"record_id": "x"}', b"null", b"1" * 100_000],
)
def test_what_is_no_record_is_parked_and_kept(field, tablet, content):
    sealed = seal(content, tablet.record_key, packet_info("WDT01", 1))
    reply = tablet.send(tablet.signed(1, tablet.last_hash, sealed))[1]
    assert (reply["state"], reply["result"]) == ("parked", "not_readable")
    (kept,) = rows(field, "packet_contents")
    assert kept.sealed == sealed and kept.refusal_id is None
    assert alarms(field) == [("packet_parked", "WDT01 1", "not_readable no record that opens")]


def test_lost_content_keeps_the_chain_whole(field, tablet):
    packet = tablet.packet(tablet.record(0), sealed=None)
    assert tablet.send(packet)[1]["result"] == "not_readable"
    assert rows(field, "packet_contents") == []
    assert tablet.brought(1) == ("accepted", "certified")


def test_the_hybrid_suite_opens_and_its_name_counts(field, tablet):
    (key,) = [each["key"] for each in tablet.badge["record_keys"] if each["suite"] == "mlkem768-x25519"]
    content = json.dumps(tablet.record(0)).encode()
    sealed = seal_hybrid(content, bytes.fromhex(key), packet_info("WDT01", 1))
    packet = tablet.signed(1, tablet.last_hash, sealed, "mlkem768-x25519")
    assert tablet.send({**packet, "suite": "x25519"})[1]["detail"] == "hash"
    assert tablet.send(packet)[1]["result"] == "certified"
    assert len(HybridKey().public.hex()) == len(key)


def test_another_members_record_another_pack_another_person_is_not_this_packs(field, tablet, clock):
    other = FarTablet(field, clock, "WDT02").ready(pin=OTHER_PIN, code=OTHER_CODE)
    person = tablet.pack["assignments"][5]
    changed = (
        {"staff_id": other.pack["staff_id"]},
        {"pack_id": other.pack["pack_id"]},
        {"pack_id": "P-0000000000000000"},
        {"assignment_id": person["assignment_id"]},
        {"person_id": person["person_id"]},
        {"assignment_id": "A-000000000000"},
        {"identified": {"by": "card", "number": person["number"]}},
    )
    for changes in changed:
        assert tablet.brought(0, **changes) == ("parked", "not_this_pack"), changes
    assert checks(field) == []
    assert len(rows(field, "packet_contents")) == len(changed)
    assert tablet.brought(0) == ("accepted", "certified")


@pytest.mark.parametrize(
    ("kind", "missing"),
    [
        ("face", {"evidence": None}),
        ("face", {"consent": None}),
        ("face", {"consent": {"by": "person", "version": "1999-01"}}),
        ("face", {"identified": None}),
        ("manual", {"manual": None}),
        ("phone", {}),
        ("question", {}),
        ("not_met", {}),
    ],
)
def test_a_record_that_is_not_whole_waits_for_a_person(field, tablet, kind, missing):
    assert tablet.brought(0, kind, **missing) == ("parked", "not_readable")
    assert checks(field) == [] and rows(field, "tickets") == []


# --- clocks ------------------------------------------------------------------------------------------------------


def test_a_clock_that_runs_ahead_or_lies_before_its_pack_is_wrong(field, tablet):
    for wrong_ms in (10 * MINUTE_MS, 400 * DAY_S * 1000, -60 * MINUTE_MS, -400 * DAY_S * 1000):
        tablet.wrong_ms = wrong_ms
        assert tablet.brought(0) == ("parked", "clock_wrong"), wrong_ms
    now_ms = tablet.clock.ms
    tablet.wrong_ms = 0
    backwards = {"begun_at": iso(now_ms), "ended_at": iso(now_ms - 5 * MINUTE_MS)}
    assert tablet.brought(0, **backwards) == ("parked", "clock_wrong")
    assert checks(field) == []


@pytest.mark.parametrize("year", ["0001-01-01T00:00:00+00:00", "9999-12-31T23:59:59+00:00"])
@pytest.mark.parametrize("kind", ["face", "not_met", "death"])
def test_times_at_the_end_of_the_calendar_are_answered(tablet, kind, year):
    more = {"not_met": {"not_met": "moved"}}.get(kind, {})
    assert tablet.brought(0, kind, begun_at=year, ended_at=year, **more)[0] in ("parked", "accepted")


def test_a_clock_that_was_moved_between_two_visits_is_wrong(field, tablet, clock):
    clock.move_s(3600)
    assert tablet.brought(0) == ("accepted", "certified")
    clock.move_s(1800)
    tablet.wrong_ms = -20 * MINUTE_MS  # set back by hand: 30 minutes by uptime, 10 by the clock
    assert tablet.brought(1) == ("parked", "clock_wrong")
    tablet.wrong_ms = -40 * MINUTE_MS
    tablet.boot_id = "boot-2"  # and over a restart: before the visit before it
    assert tablet.brought(1) == ("parked", "clock_wrong")
    tablet.wrong_ms = 0
    assert tablet.brought(1, boot_id="boot-3") == ("accepted", "certified")


def test_a_tablet_that_slept_between_two_visits_is_not_wrong(field, tablet, clock):
    assert tablet.brought(0) == ("accepted", "certified")
    clock.move_s(5400)
    tablet.booted_ms += 5000 * 1000  # its uptime stood still
    assert tablet.brought(1) == ("accepted", "certified")


def test_a_clock_that_is_corrected_once_central_was_seen_is_not_wrong(field, tablet, clock):
    clock.move_s(3600)
    tablet.clock_known, tablet.wrong_ms = False, -15 * MINUTE_MS
    assert tablet.brought(0) == ("accepted", "certified")
    clock.move_s(600)
    tablet.clock_known, tablet.wrong_ms = True, 0
    assert tablet.brought(1) == ("accepted", "certified")


# --- killed, tampered with ---------------------------------------------------------------------------------------


class Brings(threading.Thread):
    """Sends packets until the line goes dead; remembers what was acknowledged."""

    def __init__(self, tablet, packets_left, told):
        super().__init__()
        self.tablet, self.packets_left, self.told = tablet, packets_left, told

    def run(self):
        try:
            while self.packets_left:
                packet = self.packets_left[0]
                status, reply = self.tablet.send(packet)
                if status != 503:  # busy: the same again
                    self.told[packet["seq"]] = (packet, (status, reply))
                    self.packets_left.pop(0)
        except (requests.RequestException, ValueError):
            pass  # killed in the middle


class Now:
    """The machine's clock: central is another process."""

    @property
    def ms(self):
        return int(time.time() * 1000)


def test_kill_9_loses_no_packet_and_takes_none_twice(tmp_path):
    chance, told, left, tablet = random.Random(11), {}, [], None
    for round_number in range(KILLS + 1):
        with command(tmp_path, "--sandbox", "--township", "300", "--tablets", "1") as central:
            if tablet is None:
                tablet = FarTablet(central, Now()).ready()
                people = range(min(40, len(tablet.pack["assignments"])))
                here = {"begun_at": iso(Now().ms), "ended_at": iso(Now().ms + 60_000)}
                left = [
                    tablet.packet(tablet.record(n, chance.choice(("face", "manual", "death")), **here))
                    for n in people
                ]
                count = len(left)
            tablet.url = central.url
            for seq, (packet, answer) in told.items():
                assert tablet.send(packet) == answer, seq
            brings = Brings(tablet, left, told)
            brings.start()
            if round_number < KILLS:
                brings.join(0.05 + 0.1 * chance.random())
                central.process.kill()
            brings.join()
    assert len(told) == count and {status for status, _ in (answer for _, answer in told.values())} == {200}
    database = Database(sqlite_url(tmp_path / "central.sqlite3"))
    with database.read() as connection:
        assert [finding.words for finding in audit.findings(connection) if not finding.good] == []
        found = {each.tablet_id: each for each in packets.walk(connection)}
    assert found["WDT01"] == ("WDT01", count, (), "")
    database.close()


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE packets SET digest = prev_hash WHERE seq = 2", "number 2: hash"),
        (
            "UPDATE packets SET signature = replace(signature, substr(signature, 1, 4), 'abcd') WHERE seq = 1",
            "number 1: signature",
        ),
        ("DELETE FROM packets WHERE seq = 2", "number 3: gap"),
        ("DELETE FROM packets WHERE seq = 3", "the last ones are missing"),
    ],
)
def test_verify_sees_what_was_changed_in_centrals_own_table(field, tablet, statement, said):
    for n in range(3):
        assert tablet.brought(n)[0] == "accepted"
    tamper(field.service.database, PACKETS, statement)
    with field.service.database.read() as connection:
        found = {each.tablet_id: each.flaw for each in packets.walk(connection)}
    assert found == {"WDT01": said, "WDT02": ""}


@pytest.mark.parametrize("name", tables.FROZEN_VISITS)
def test_rows_of_packets_cannot_be_changed_or_removed(field, tablet, name):
    first, second = tablet.packet(tablet.record(0)), tablet.packet(tablet.record(1))
    assert [tablet.send(each)[0] for each in (second, first, second)] == [409, 200, 200]
    table = tables.metadata.tables[name]
    before = rows(field, name)
    assert before
    for statement in (update(table).values({list(table.columns)[-1]: None}), delete(table)):
        with (
            pytest.raises(IntegrityError, match="only ever inserted"),
            field.service.database.write() as connection,
        ):
            connection.execute(statement)
    assert rows(field, name) == before
