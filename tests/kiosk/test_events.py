"""The log says what happened to the machine and nothing of anybody."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest

from devices.errors import CardFault, Timeout
from devices.idcard import CardKind
from devices.status import DeviceState, PaperSupply
from kiosk import events
from kiosk.wire import ProblemCode

CANARIES = (
    "张秀英",
    "371003194802290022",
    "ABC123456789012",
    "37100319480229002X",
    "13800138000",
    "ZHANG XIUYING",
)


class FixedClock:
    def monotonic(self) -> float:
        return 5.0

    def wall_ms(self) -> int:
        return 1_795_392_000_123  # 2026-11-23 00:00:00.123 UTC

    def sleep(self, seconds: float) -> None:
        raise AssertionError(seconds)


def lines(event: events.Event, level: events.Severity = events.Severity.INFO) -> list[dict[str, object]]:
    out = io.StringIO()
    log = events.Log(out, FixedClock(), level)
    log.write(event)
    log.close()
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_a_line_is_time_level_event_and_the_fields() -> None:
    assert lines(events.CardRead(CardKind.HMT, 2, 310)) == [
        {
            "time": "2026-11-23T00:00:00.123+00:00",
            "level": "info",
            "id": "card_read",
            "kind": "hmt",
            "tries": 2,
            "ms": 310,
        }
    ]


@pytest.mark.parametrize(
    ("event", "said"),
    [
        (events.CardNotRead(CardFault.PULLED), {"fault": "pulled"}),
        (events.CardNotRead("pulled"), {"fault": "pulled"}),
        (events.CardNotRead("张秀英"), {"fault": "?"}),
        (
            events.DeviceChanged(events.Device.PRINTER, DeviceState.OFFLINE, PaperSupply.OUT),
            {"device": "printer", "state": "offline", "paper": "out"},
        ),
        (
            events.DeviceChanged("reader", DeviceState.UNKNOWN),
            {"device": "reader", "state": "unknown", "paper": None},
        ),
        (
            events.OrderMoved("WD01-00000012-0A1B2C3D4E", "INTENT", "CREATED", "created"),
            {
                "order_id": "WD01-00000012-0A1B2C3D4E",
                "from_state": "INTENT",
                "to_state": "CREATED",
                "event": "created",
            },
        ),
        (
            events.PaymentParked("WD01-00000012-0A1B2C3D4E", ProblemCode.ORDER_CONFLICT),
            {"order_id": "WD01-00000012-0A1B2C3D4E", "code": "order_conflict"},
        ),
        (
            events.PrintEnded(
                "unknown", 0, 4100, "371003202611230001"
            ),  # eighteen digits, but no citizen number
            {"verdict": "unknown", "copy_number": 0, "ms": 4100, "receipt_no": "371003202611230001"},
        ),
        (
            events.OutboxDelivered("order:WD01-00000012-0A1B2C3D4E"),
            {"subject": "order:WD01-00000012-0A1B2C3D4E"},
        ),
        (events.CentralUnreachable("pay_code", 8000), {"call": "pay_code", "ms": 8000}),
        (events.ClockSkew(-130.4567), {"seconds": -130.457}),
        (events.Stopped(371003194802290022), {"exit_code": "?"}),
        (events.Stopped(True), {"exit_code": "?"}),
    ],
)
def test_fields(event: events.Event, said: dict[str, object]) -> None:
    (line,) = lines(event)
    assert {key: value for key, value in line.items() if key not in ("time", "level", "id")} == said


@pytest.mark.parametrize("kind", events.EVENTS)
@pytest.mark.parametrize("canary", CANARIES)
def test_no_field_of_any_event_lets_a_person_through(kind: type[events.Event], canary: str) -> None:
    given = {field.name: canary for field in fields(kind)}
    out = io.StringIO()
    events.Log(out, FixedClock(), events.Severity.DEBUG).write(kind(**given))
    assert canary not in out.getvalue()
    assert canary.encode("unicode_escape").decode() not in out.getvalue()


@pytest.mark.parametrize("text", ["order:{}", "copy:{}-X", "WD01-{}", "{}-{}"])
def test_a_number_inside_an_identifier_does_not_pass(text: str) -> None:
    number = "371003194802290022"
    for event in (
        events.OutboxDelivered(text.format(number, number)),
        events.PaymentParked(text.format(number, number), "busy"),
    ):
        assert number not in json.dumps(lines(event))


def test_every_event_is_listed_once_with_an_id_of_its_own() -> None:
    assert set(events.EVENTS) == set(events.Event.__subclasses__())
    ids = [kind.id for kind in events.EVENTS]
    assert len(set(ids)) == len(ids)
    assert all(kind.__doc__ and not kind.__doc__.startswith(kind.__name__ + "(") for kind in events.EVENTS)


def test_a_surprise_tells_its_type_and_our_line_but_not_its_message() -> None:
    try:
        _raise_deep()
    except Timeout as error:
        surprise = events.Surprise.of(error)
    (line,) = lines(surprise)
    assert line["kind"] == "Timeout"
    number = _raise_deep.__code__.co_firstlineno + 1
    assert line["where"] == f"tests/kiosk/test_events.py:{number}"
    assert "371003" not in json.dumps(line)


def _raise_deep() -> None:
    raise Timeout("371003194802290022 unanswered")


def test_the_place_of_a_surprise_is_told_by_a_packaged_program_too() -> None:
    """There every file has a name without a root, those of others as well; the innermost line that is ours counts."""
    inner = compile("raise ValueError", "json/decoder.py", "exec")
    outer = compile("\n\nexec(inner)", "kiosk/flows/pay.py", "exec")
    try:
        exec(outer, {"inner": inner})
    except ValueError as error:
        (line,) = lines(events.Surprise.of(error))
    assert line["where"] == "kiosk/flows/pay.py:3"


def test_a_surprise_that_was_never_raised_has_no_place() -> None:
    assert lines(events.Surprise.of(ValueError("张秀英")))[0]["where"] == "?"


def test_the_level_is_the_least_severity_that_is_written() -> None:
    assert lines(events.HelpOpened(), events.Severity.WARNING) == []
    assert len(lines(events.ClockSkew(130.0), events.Severity.WARNING)) == 1


def test_a_file_is_rotated_by_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "MOST_BYTES", 1000)
    log = events.Log(tmp_path / "kiosk.log", FixedClock())
    for visit_no in range(100):
        log.write(events.VisitStarted(visit_no))
    log.close()
    files = sorted(tmp_path.iterdir())
    assert len(files) == 1 + events.KEPT
    assert all(file.stat().st_size <= 1000 for file in files)
    assert json.loads((tmp_path / "kiosk.log").read_text().splitlines()[-1])["visit_no"] == 99


def test_lines_of_several_threads_never_mix(tmp_path: Path) -> None:
    log = events.Log(tmp_path / "kiosk.log", FixedClock())

    def chatter(first: int) -> None:
        for number in range(first, first + 200):
            log.write(events.VisitStarted(number))

    threads = [threading.Thread(target=chatter, args=(first,)) for first in (0, 200, 400)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    log.close()
    seen = {json.loads(line)["visit_no"] for line in (tmp_path / "kiosk.log").read_text().splitlines()}
    assert seen == set(range(600))


@pytest.fixture
def full_disk() -> Iterator[io.TextIOWrapper]:
    """/dev/full answers every write with ENOSPC; unbuffered, so that closing it has nothing left to write."""
    with open("/dev/full", "wb", buffering=0) as raw:
        yield io.TextIOWrapper(raw, write_through=True)


def test_a_full_disk_loses_the_line_and_nothing_else(
    full_disk: io.TextIOWrapper, capfd: pytest.CaptureFixture[str]
) -> None:
    log = events.Log(full_disk, FixedClock())
    log.write(events.HelpOpened())
    log.close()
    assert capfd.readouterr() == ("", "")


def test_a_log_that_cannot_be_opened_says_so_at_start(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        events.Log(tmp_path / "nowhere" / "kiosk.log", FixedClock())
