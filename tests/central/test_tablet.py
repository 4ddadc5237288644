"""A tablet over HTTP: enrolled, signed in, given the day's people, and what it brings back certifies once."""

from tests.central.sitter import rows, states


def test_a_visit_certifies_and_is_answered_alike_when_it_comes_again(field, tablet):
    record = tablet.record()
    packet = tablet.packet(record)
    first = tablet.send(packet)
    assert first == (
        200,
        {
            "seq": 1,
            "hash": packet["hash"],
            "state": "accepted",
            "result": "certified",
            "receipt_no": "RZ261123000001",
        },
    )
    assert tablet.send(packet) == first
    (check,) = rows(field, "checks", rows.__globals__["tables"].checks.c.check_id == record["record_id"])
    assert (check.channel, check.kiosk_id) == ("home_visit", "WDT01")
    assert states(field, record["record_id"]) == [("open", "", ""), ("accepted", "", "")]
