"""Who gets in, what each may do, and what a page or a command says of a day."""

import base64
import json
import re
from datetime import date

import pytest
import requests
from sqlalchemy import select
from typer.testing import CliRunner

import central.__main__ as command
from central import alarms, operators, tables
from central.differences import Kind
from central.office import Office
from central.operators import FREE_TRIES, Door, Operator, Role
from tests.central.boxes import NEXT_DAY_S, Box, people_of, tamper
from tests.central.sitter import card_number

DAY = "2026-11-23"
NAMES = {
    Role.AUDITOR: "王会计",
    Role.TECHNICIAN: "赵技术",
    Role.SUPERVISOR: "李主管",
    Role.REVIEWER: "陈复核",
}


@pytest.fixture
def staff(central):
    """Role -> (name, passphrase)"""
    with central.service.database.write() as connection:
        return {role: (name, operators.add(connection, name, role, at_ms=0)) for role, name in NAMES.items()}


@pytest.fixture
def browser(central, staff):
    """get and post as one of the staff."""
    with requests.Session() as session:
        session.trust_env = False

        def ask(method, path, role=Role.AUDITOR, who=None, **fields):
            name, passphrase = who or staff[role]
            coded = base64.b64encode(f"{name}:{passphrase}".encode()).decode()
            return session.request(
                method,
                central.url + path,
                data=fields or None,
                headers={"Authorization": f"Basic {coded}"},
                allow_redirects=False,
                timeout=20,
            )

        yield ask


@pytest.fixture
def box(central, clock, tmp_path):
    box = Box(central, tmp_path / "kiosk", clock, people_of(central)).start()
    yield box
    box.stop()


def damaged_day(central, clock, box):
    """A day with one honest payment and one whose amount differs; the kiosk is stopped."""
    box.pay()
    order = box.pay()
    box.sweep()
    clock.move_s(NEXT_DAY_S)
    box.sweep()
    tamper(
        central.service.trial_books,
        tables.kiosks,
        "UPDATE trades SET amount_fen = 29900 WHERE order_id = :order",
        order=order.order_id,
    )
    central.service.reconciler.run(date.fromisoformat(DAY))
    return order


def token_in(page):
    return re.search(r'name="token" value="([0-9a-f]+)"', page.text)[1]


def alarm_of(central, kind):
    with central.service.database.read() as connection:
        return next(alarm for alarm in alarms.known(connection) if alarm.kind is kind)


# --- the door ---


def test_a_passphrase_is_long_and_only_its_digest_is_kept(central):
    with central.service.database.write() as connection:
        passphrase = operators.add(connection, "王会计", Role.AUDITOR, at_ms=0)
        other = operators.add(connection, "李主管", Role.SUPERVISOR, at_ms=0)
        row = connection.execute(select(tables.operators)).first()
    assert passphrase != other
    assert re.fullmatch(r"([a-hjkmnp-z2-9]{4}-){4}[a-hjkmnp-z2-9]{4}", passphrase)
    assert passphrase not in str(tuple(row))


def test_a_digest_is_rfc_7914s():
    """The standard's own vector, with our parameters."""
    found = operators._digest("pleaseletmein", b"SodiumChloride").hex()
    assert found.startswith("7023bdcb3afd7348461c06cd81fd38eb")
    assert len(found) == 128


def test_the_right_passphrase_opens_and_no_other(central, clock, staff):
    door = Door(central.service.database, clock)
    name, passphrase = staff[Role.AUDITOR]
    assert door.enter(name, passphrase) == Operator(name, Role.AUDITOR)
    for wrong in ("", passphrase.upper(), passphrase[:-1], passphrase + "x", staff[Role.SUPERVISOR][1]):
        assert door.enter(name, wrong) is None
    assert door.enter("nobody", passphrase) is None


def test_wrong_tries_make_a_name_wait_longer_each_time(central, clock, staff):
    door = Door(central.service.database, clock)
    name, passphrase = staff[Role.AUDITOR]
    for _ in range(FREE_TRIES):
        assert door.wait_ms(name) == 0
        door.enter(name, "wrong")
    waits = []
    for _ in range(8):
        waits.append(door.wait_ms(name))
        clock.move_s(waits[-1] / 1000)
        door.enter(name, "wrong")
    assert waits == [30_000, 60_000, 120_000, 240_000, 480_000, 900_000, 900_000, 900_000]
    assert door.wait_ms(staff[Role.SUPERVISOR][0]) == 0  # others come in
    clock.move_s(900)
    assert door.enter(name, passphrase)
    door.enter(name, "wrong")
    assert door.wait_ms(name) == 0  # a right one begins the count anew


def test_unknown_names_wait_together_and_fill_no_memory(central, clock, staff):
    door = Door(central.service.database, clock)
    for number in range(FREE_TRIES):
        door.enter(f"nobody{number}", "wrong")
    assert door.wait_ms("somebody else") > 0
    assert door.wait_ms(staff[Role.AUDITOR][0]) == 0
    assert len(door._wrong) == 1


def test_a_page_waits_too(central, clock, browser, staff):
    name, passphrase = staff[Role.AUDITOR]
    for _ in range(FREE_TRIES):
        assert browser("GET", "/operations/alarms", who=(name, "wrong")).status_code == 401
    answer = browser("GET", "/operations/alarms", who=(name, passphrase))
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "30")
    clock.move_s(30)
    assert browser("GET", "/operations/alarms", who=(name, passphrase)).status_code == 200


@pytest.mark.parametrize(
    "header",
    ["", "Basic", "Basic !!!!", "Basic " + base64.b64encode(b"\xff:\xff").decode(), "Bearer demo-token-WD001",
     "Basic " + base64.b64encode(b"\x00:\x00").decode(), "Basic " + base64.b64encode(b"nocolon").decode()],
)  # fmt: skip
@pytest.mark.parametrize(
    "path",
    [
        *("/operations/reconciliation", f"/operations/reconciliation/{DAY}", "/operations/alarms"),
        *("/operations/reviews", "/operations/reviews/WD001-CHECK-0001", "/operations/metrics"),
    ],
)
def test_nobody_else_sees_a_page(central, header, path):
    answer = requests.get(central.url + path, headers={"Authorization": header}, timeout=20)
    assert answer.status_code in (401, 429)
    assert "对账单" not in answer.text
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_kiosks_token_opens_no_page_and_a_passphrase_no_call(central, kiosk, browser):
    assert kiosk.page("/operations/alarms")[0] == 401
    assert browser("POST", "/v1/visits", number="371081196203150042", name="x").status_code in (401, 422)


# --- the pages ---


def test_an_honest_day_says_so(central, clock, box, browser):
    box.pay()
    box.sweep()
    clock.move_s(NEXT_DAY_S)
    box.sweep()
    central.service.reconciler.run(date.fromisoformat(DAY))
    listed = browser("GET", "/operations/reconciliation")
    assert listed.status_code == 200
    assert "2026年11月23日" in listed.text and "三方相符" in listed.text and "300.00" in listed.text
    page = browser("GET", f"/operations/reconciliation/{DAY}").text
    assert "三方相符" in page and "没有差异" in page
    assert "http" not in page.replace("http-equiv", "")  # nothing from elsewhere


def test_a_damaged_day_names_each_difference(central, clock, box, browser):
    order = damaged_day(central, clock, box)
    page = browser("GET", f"/operations/reconciliation/{DAY}").text
    for words in (
        "有 1 笔差异未平",
        "金额不一致",
        order.order_id,
        "299.00",
        "300.00",
        "未平",
        "599.00",
        "600.00",
    ):
        assert words in page
    assert browser("GET", "/operations/reconciliation/2026-11-30").status_code == 404
    assert browser("GET", "/operations/reconciliation/never").status_code == 422


def test_an_alarm_is_cleared_with_a_name_and_a_note(central, clock, box, browser):
    damaged_day(central, clock, box)
    alarm = alarm_of(central, Kind.AMOUNT_DIFFERS)
    page = browser("GET", "/operations/alarms")
    assert "金额不一致" in page.text and "WD001" in page.text
    done = browser(
        "POST", f"/operations/alarms/{alarm.alarm_id}/clear", token=token_in(page), note="通道更正账单"
    )
    assert (done.status_code, done.headers["Location"]) == (303, "/operations/alarms")
    after = alarm_of(central, Kind.AMOUNT_DIFFERS)
    assert (after.cleared_by, after.note) == ("王会计", "通道更正账单")
    assert "通道更正账单" in browser("GET", "/operations/alarms").text
    central.service.reconciler.run(date.fromisoformat(DAY))
    assert "差异都已核实" in browser("GET", f"/operations/reconciliation/{DAY}").text


def test_a_form_from_elsewhere_does_nothing(central, clock, box, browser, staff):
    """A browser sends the passphrase along to any form that is aimed here; the token it cannot know."""
    damaged_day(central, clock, box)
    alarm = alarm_of(central, Kind.AMOUNT_DIFFERS)
    others = token_in(browser("GET", "/operations/alarms", role=Role.SUPERVISOR))
    good = token_in(browser("GET", "/operations/alarms"))
    path = f"/operations/alarms/{alarm.alarm_id}/clear"
    for fields in (
        {"note": "说明"},
        {"note": "说明", "token": ""},
        {"note": "说明", "token": others},
        {"note": "说明", "token": "é"},
        {"note": "", "token": good},
        {"note": " ", "token": good},
        {"note": "x\x00y", "token": good},
        {"note": "长" * 301, "token": good},
    ):
        assert browser("POST", path, **fields).status_code == 403
    assert browser("GET", path).status_code == 405
    assert alarm_of(central, Kind.AMOUNT_DIFFERS).cleared_by == ""


def test_each_role_explains_its_own(central, clock, box, browser):
    damaged_day(central, clock, box)
    with central.service.database.write() as connection:
        alarms.sound(connection, Kind.SEQUENCE_GAP, "WD001", "x", "y", at_ms=1)
    money, device = alarm_of(central, Kind.AMOUNT_DIFFERS), alarm_of(central, Kind.SEQUENCE_GAP)

    def clears(role, alarm):
        token = token_in(browser("GET", "/operations/alarms", role=role))
        path = f"/operations/alarms/{alarm.alarm_id}/clear"
        return browser("POST", path, role=role, token=token, note="核实过").status_code == 303

    assert not clears(Role.TECHNICIAN, money)
    assert not clears(Role.AUDITOR, device)
    assert clears(Role.TECHNICIAN, device)
    assert clears(Role.SUPERVISOR, money)


def test_only_a_supervisor_lets_a_kiosk_take_money_again(central, clock, box, browser):
    damaged_day(central, clock, box)
    path = "/operations/kiosks/WD001/lift"
    for role, status in zip((*Role, Role.SUPERVISOR), (403, 403, 303, 403, 404), strict=True):
        with central.service.database.read() as connection:
            (who,) = [each for each in operators.known(connection) if each.name == NAMES[role]]
        token = Office(central.service).token(who)
        assert browser("POST", path, role=role, token=token, note="账单已更正").status_code == status
    with central.service.database.read() as connection:
        changes = connection.execute(select(tables.stop_changes)).all()
    assert [(row.stopped, row.operator, row.note) for row in changes][1:] == [(False, "李主管", "账单已更正")]
    box.pay()  # takes money again


def test_names_and_notes_are_shown_as_text(central, browser):
    with central.service.database.write() as connection:
        alarms.sound(connection, Kind.KIOSK_ONLY, "WD001", "<b>X</b>", "<script>alert(1)</script>", at_ms=1)
    page = browser("GET", "/operations/alarms").text
    assert "<script>" not in page and "&lt;script&gt;" in page and "<b>X</b>" not in page


# --- the commands ---


@pytest.fixture
def run(clock, monkeypatch):
    """Runs ``central`` with the test's clock."""
    monkeypatch.setattr(command, "SystemClock", lambda: clock)

    def invoke(*words):
        return CliRunner().invoke(command.app, list(map(str, words)))

    return invoke


def test_operators_by_command(central, clock, run):
    data = central.service.settings.data
    added = run("operator", "add", "--data", data, "--name", "孙会计", "--role", "auditor")
    assert added.exit_code == 0
    door = Door(central.service.database, clock)
    assert door.enter("孙会计", added.stdout.strip()) == Operator("孙会计", Role.AUDITOR)
    assert run("operator", "add", "--data", data, "--name", "孙会计", "--role", "auditor").exit_code == 2
    assert run("operator", "add", "--data", data, "--name", "a:b", "--role", "auditor").exit_code == 2
    reviewer = ("operator", "add", "--data", data, "--name", "陈复核", "--role", "reviewer")
    assert run(*reviewer).exit_code == 2  # nobody could tell whose checks are their own
    assert run(*reviewer, "--number", card_number(1)[:-1] + "A").exit_code == 2
    assert run(*reviewer, "--number", card_number(1)).exit_code == 0
    assert run("operator", "list", "--data", data).stdout.splitlines() == [
        "auditor      孙会计",
        "reviewer     孙复核",
        "reviewer     陈复核",
    ]
    assert run("operator", "remove", "--data", data, "--name", "孙会计").exit_code == 0
    assert run("operator", "remove", "--data", data, "--name", "孙会计").exit_code == 2
    assert door.enter("孙会计", added.stdout.strip()) is None


def test_reconcile_says_by_its_status_whether_anything_is_open(central, clock, box, run):
    data = central.service.settings.data
    box.pay()
    box.sweep()
    clock.move_s(NEXT_DAY_S)
    box.sweep()
    good = run("reconcile", "--data", data)  # yesterday
    assert good.exit_code == 0, good.stdout
    assert "no difference is open" in good.stdout and "300.00" in good.stdout
    clock.move_s(-NEXT_DAY_S)
    order = damaged_day(central, clock, box)
    bad = run("reconcile", "--data", data, "--day", DAY)
    assert bad.exit_code == 1
    assert "amount_differs" in bad.stdout and order.order_id in bad.stdout
    told = json.loads(run("reconcile", "--data", data, "--day", DAY, "--json").stdout)
    assert [(each["kind"], each["subject"], each["gateway_fen"]) for each in told["open"]] == [
        ("amount_differs", order.order_id, 29_900)
    ]
    assert run("reconcile", "--data", data, "--day", "2031-01-01").exit_code == 2
    assert run("reconcile", "--data", data, "--day", "yesterday").exit_code == 2


def test_reconcile_without_a_gateway_compares_nothing(tmp_path, run):
    done = run("reconcile", "--data", tmp_path / "new", "--day", DAY)
    assert done.exit_code == 2
    assert "bill" in done.output


def test_verify_finds_what_was_altered(central, box, run):
    data, database = central.service.settings.data, central.service.database
    box.pay()
    box.pay()
    box.sweep()
    good = run("verify", "--data", data)
    assert good.exit_code == 0, good.stdout
    chain_hash = box.journal.entries_after(box.journal.last_seq() - 1, 1)[0].hash.hex()
    assert chain_hash in good.stdout and "14 entries" in good.stdout

    def bad(table, statement):
        tamper(database, table, statement)
        done = run("verify", "--data", data)
        assert done.exit_code == 1
        return [line for line in done.stdout.splitlines() if line.startswith("BAD")]

    assert "缺第 3 条" in bad(tables.device_log, "DELETE FROM device_log WHERE seq = 3")[0]
    assert len(bad(tables.receipts, "UPDATE receipts SET amount_fen = amount_fen + 1 WHERE entry_id = "
                   "(SELECT max(entry_id) FROM ledger)")) == 4  # the log, receipts, contributions, sums  # fmt: skip
    assert len(bad(tables.orders, "UPDATE orders SET total_fen = 1 WHERE order_id LIKE 'WD001-%'")) == 5
