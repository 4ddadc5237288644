"""What ``central verify`` finds beside a chain that is whole: tables that do not say what was written."""

import json
import secrets
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from hashlib import sha256

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import insert, select, text

from central import audit, evidence, tables
from central.database import Database, sqlite_url
from tests.central.boxes import tamper
from tests.central.review_hall import Hall
from tests.central.sitter import card_number

WANG = (card_number(1), "王芳")


@pytest.fixture
def hall(central, kiosk, clock):
    return Hall(central, kiosk, clock)


@pytest.fixture
def bad(central):
    def bad():
        with central.service.database.read() as connection:
            return [finding.words for finding in audit.findings(connection) if not finding.good]

    assert bad() == []
    return bad


@pytest.fixture
def assisted(hall, clock):
    """(check_id, certificate number) of what staff confirmed and a second person accepted."""
    hall.employ(*WANG, operator="前台一号")
    check_id = hall.assist(hall.people()[0], *WANG)
    with hall.database.write() as connection:
        decide = hall.central.service.reviews.decide
        return check_id, decide(connection, check_id, "孙复核", True, "电话问过", at_ms=clock.ms).receipt_no


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("person_id", None),
        ("kiosk_id", "WD999"),
        ("channel", "kiosk_self"),
        ("consent_version", "1999-01"),
        ("kiosk_key", "00"),
        ("references_given", "certified"),
        ("staff_id", 1),
        ("staff_reason", "machine"),
        ("opened_ms", 0),
        ("staff_name", "别人"),
        ("staff_operator", None),
    ],
)
def test_each_column_of_a_check_is_vouched_for(hall, bad, assisted, column, value):
    value = hall.people()[5].person_id if column == "person_id" else value
    sql = f"UPDATE checks SET {column} = :value WHERE check_id = :check_id"
    tamper(hall.database, tables.checks, sql, value=value, check_id=assisted[0])
    assert f"each check is as the chain has it: not {assisted[0]} ({column})" in bad()


def test_the_number_of_who_confirmed_is_theirs(hall, bad, assisted):
    sql = "UPDATE checks SET staff_number = :value WHERE check_id = :check_id"
    tamper(hall.database, tables.checks, sql, value=card_number(7), check_id=assisted[0])
    assert bad() == [f"each check has the number of who confirmed it: not {assisted[0]}"]


@pytest.mark.parametrize(
    ("column", "value"), [("operator", "张三"), ("note", "另写"), ("at_ms", 1), ("reason", "")]
)
def test_a_decision_stays_as_it_was_signed(hall, bad, assisted, column, value):
    sql = f"UPDATE check_states SET {column} = :value WHERE check_id = :check_id AND state = 'accepted'"
    tamper(hall.database, tables.check_states, sql, value=value, check_id=assisted[0])
    assert f"each state of a check is as the chain has it: not {assisted[0]} ({column})" in bad()


def test_a_decision_that_is_taken_away_is_missed(hall, bad, assisted):
    sql = "DELETE FROM check_states WHERE check_id = :check_id AND state = 'accepted'"
    tamper(hall.database, tables.check_states, sql, check_id=assisted[0])
    (words,) = [words for words in bad() if words.startswith("each state of a check")]
    assert assisted[0] in words and "has no row" in words


@pytest.mark.parametrize(
    ("column", "value"), [("valid_until", "2099-12-31"), ("certified_on", "2020-01-01"), ("channel", "x")]
)
def test_a_certification_stays_as_it_was_given(hall, bad, assisted, column, value):
    sql = f"UPDATE certifications SET {column} = :value WHERE check_id = :check_id"
    tamper(hall.database, tables.certifications, sql, value=value, check_id=assisted[0])
    assert bad() == [f"each certification of a check is as the chain has it: not {assisted[1]} ({column})"]


def test_rows_that_were_only_put_into_the_tables_are_named(hall, bad):
    """An acceptance and a certification over evidence that says no_match."""
    person = hall.people()[1]
    check_id, _key = hall.begin(person)
    hall.tell(check_id, end="no_match", comparisons=[])
    given = {"channel": "kiosk_self", "verdict": "accepted", "certified_on": date(2026, 11, 23)}
    ends = {"valid_until": date(2030, 1, 1), "person_id": person.person_id}
    with hall.database.write() as connection:
        state = {"check_id": check_id, "state": "accepted", "reason": "", "operator": "", "note": ""}
        connection.execute(insert(tables.check_states).values(**state, at_ms=1))
        numbered = {"check_id": check_id, "certificate_no": "RZ261123999999"}
        connection.execute(insert(tables.certifications).values(**given, **ends, **numbered))
        connection.execute(insert(tables.certifications).values(**given, **ends))  # of no check
        newest = select(tables.certifications.c.certification_id).order_by(text("1 DESC")).limit(1)
        last = connection.execute(newest).scalar()
    assert bad() == [
        f"each state of a check is as the chain has it: not {check_id} (not in the chain)",
        "each certification of a check is as the chain has it: not RZ261123999999 (not in the chain)",
        f"each other certification is as it was taken in: not {last} (not in the chain)",
        f"nobody's word stands over evidence that says otherwise: not {check_id}",
    ]


def test_certifications_that_were_taken_in_stay_as_they_came(hall, bad):
    sql = "UPDATE certifications SET valid_until = '2099-12-31' WHERE certification_id = 3"
    tamper(hall.database, tables.certifications, sql)
    (words,) = bad()
    assert words.startswith("each other certification is as it was taken in: not 1 to ")


def test_the_newest_rows_cannot_be_cut_off(hall, bad, assisted):
    sql = "DELETE FROM check_evidence WHERE number = (SELECT max(number) FROM check_evidence)"
    tamper(hall.database, tables.check_evidence, sql)
    assert any("the newest rows are missing" in words for words in bad())


def test_no_number_of_a_person_is_in_the_chain(hall, assisted):
    told = [json.loads(row.content) for row in hall.rows(tables.check_evidence)]
    chain = json.dumps(told, ensure_ascii=False)
    assert "王芳" in chain and WANG[0] not in chain and hall.people()[0].number not in chain


def test_of_many_at_once_each_follows_another(hall, central, clock, bad):
    """One chain, whoever writes: no two rows with one number, and none refused."""
    checks = [hall.begin(person)[0] for person in hall.people()[:8]]
    with hall.database.read() as connection:
        rows = [
            connection.execute(select(tables.checks).where(tables.checks.c.check_id == check_id)).one()
            for check_id in checks
        ]

    def tell(row):
        with hall.database.write() as connection:
            evidence.append(connection, row, evidence.canonical({"of": row.check_id}), clock.ms)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(tell, rows))
    assert bad() == []
    told = {row.check_id for row in hall.rows(tables.check_evidence) if row.kind == "evidence"}
    assert set(checks) <= told


# --- a database from before ------------------------------------------------------------------------------------------


def upgraded(database, revision):
    config = Config()
    config.set_main_option("script_location", "central/migrations")
    with database.write() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


BEFORE = """
INSERT INTO persons (person_id, number, name, sex, birth, card_kind, household_id, role, standing, benefit, opening_months,
    opening_balance_fen, opening_year)
    VALUES ('p1', '1', '甲', '1', '1950-01-01', 'resident', 'h', 'head', 'resident', '', 0, 0, 2020);
INSERT INTO checks (check_id, person_id, kiosk_id, channel, consent_version, kiosk_key, request_digest, references_given,
    staff_reason, opened_ms) VALUES ('OLD-CHECK-1', 'p1', 'WD001', 'kiosk_self', '2026-01', '', 'abc', 'photo', '', 1);
INSERT INTO check_states (check_id, state, reason, operator, note, at_ms) VALUES ('OLD-CHECK-1', 'accepted', '', '', '', 2);
INSERT INTO certifications (person_id, channel, verdict, certified_on, valid_until, check_id, certificate_no)
    VALUES ('p1', 'kiosk_self', 'accepted', '2026-01-01', '2026-12-31', 'OLD-CHECK-1', 'RZ260101000001')
"""
# [number, check_id, request_digest, content, at_ms, prev_hash], as the version before wrote it
OLD_CONTENT = '{"end":"accepted"}'
OLD_HASH_OVER = '[1,"OLD-CHECK-1","abc","{\\"end\\":\\"accepted\\"}",2,"' + "0" * 64 + '"]'


def test_a_chain_from_before_goes_on_and_a_row_says_from_where(tmp_path, central):
    database = Database(sqlite_url(tmp_path / "before.sqlite3"))
    upgraded(database, "0006")
    with database.write() as connection:
        for statement in BEFORE.split(";\n"):
            connection.exec_driver_sql(statement)
        old = {"number": 1, "check_id": "OLD-CHECK-1", "content": OLD_CONTENT, "at_ms": 2}
        hashed = {"prev_hash": "0" * 64, "hash": sha256(OLD_HASH_OVER.encode()).hexdigest()}
        connection.execute(
            text(
                "INSERT INTO check_evidence (number, check_id, content, at_ms, prev_hash, hash) "
                "VALUES (:number, :check_id, :content, :at_ms, :prev_hash, :hash)"
            ),
            {**old, **hashed},
        )
        sealed = secrets.token_bytes(9000)  # a picture that was deleted before freed pages were overwritten
        connection.exec_driver_sql("PRAGMA secure_delete=OFF")
        connection.exec_driver_sql("INSERT INTO review_pictures VALUES ('OLD-CHECK-1', '', ?, 1)", (sealed,))
        connection.exec_driver_sql("DELETE FROM review_pictures")
        connection.exec_driver_sql("PRAGMA secure_delete=ON")
    assert sealed[4100:4200] in (tmp_path / "before.sqlite3").read_bytes()
    database.migrate()
    assert sealed[4100:4200] not in b"".join(path.read_bytes() for path in tmp_path.glob("before*"))

    def bad():
        with database.read() as connection:
            return [finding.words for finding in audit.findings(connection) if not finding.good]

    assert bad() == []
    with database.read() as connection:
        chain = tables.check_evidence
        kinds = connection.execute(select(chain.c.kind).order_by(chain.c.number)).scalars().all()
        assert kinds == ["", "begins"]
        assert evidence.content_of(connection, "OLD-CHECK-1") == OLD_CONTENT
        check = connection.execute(select(tables.checks)).one()
    with database.write() as connection:
        state = {"check_id": "OLD-CHECK-1", "state": "withdrawn", "reason": "", "operator": "", "note": ""}
        connection.execute(insert(tables.check_states).values(**state, at_ms=3))
    (words,) = [words for words in bad() if "in the chain" in words]
    assert words == "each state of a check is as the chain has it: not OLD-CHECK-1 (not in the chain)"
    assert check.staff_number is None
    tamper(database, tables.check_evidence, "UPDATE check_evidence SET kind = 'evidence' WHERE number = 1")
    assert any("number 1 does not fit" in words for words in bad())
    database.close()
