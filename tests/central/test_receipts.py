"""Receipts: numbered once, signed, every sheet counted; and the public page that says so."""

import base64
import re
import stat
from datetime import date

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import insert, select

from central import tables
from central.receipts import next_number
from central.verification import Keys, Seal
from kiosk.receipts import grouped


def code_of(receipt):
    return receipt["verify_url"].split("/V/")[1]


def tell(kiosk, receipt_no, print_id, copy_number, verdict):
    body = {"print_id": print_id, "copy_number": copy_number, "verdict": verdict}
    return kiosk.call("POST", f"/v1/receipts/{receipt_no}/outcome", body)


def grant(kiosk, receipt_no, print_id):
    return kiosk.call("POST", f"/v1/receipts/{receipt_no}/prints", {"print_id": print_id})


# --- numbers ---


def test_a_number_is_the_area_the_day_and_a_sequence(kiosk):
    (receipt,) = kiosk.paid()["receipts"]
    assert re.fullmatch(r"371081261123\d{4}", receipt["receipt_no"])


def test_no_number_is_given_twice_and_the_ten_thousandth_has_five_digits(central):
    day = date(2026, 11, 24)
    with central.service.database.write() as connection:
        connection.execute(insert(tables.receipt_days).values(day=day, last=9_997))
        numbers = [next_number(connection, "371081", day) for _ in range(3)]
    assert numbers == ["3710812611249998", "3710812611249999", "37108126112410000"]


def test_every_line_has_its_own_number(kiosk):
    page = kiosk.visit()
    body = kiosk.pension()
    body["lines"].append({**body["lines"][0], "person_id": page["household"][1]["person_id"]})
    body["total_fen"] = 200_000
    _, order = kiosk.put(body)
    kiosk.press(order["pay_url"], "pay")
    numbers = [row["receipt_no"] for row in kiosk.good("GET", f"/v1/orders/{body['order_id']}")["receipts"]]
    assert int(numbers[1]) == int(numbers[0]) + 1
    assert [row["receipt_no"] for row in kiosk.ledger()] == numbers


# --- the signed code ---


def test_the_code_has_the_published_layout_and_the_published_key_checks_it(kiosk):
    (receipt,) = kiosk.paid()["receipts"]
    address, code = receipt["verify_url"].split("/V/")
    assert address == kiosk.url.upper()
    assert re.fullmatch(r"[0-9A-Z $%*+\-./:]+", receipt["verify_url"])  # QR alphanumeric mode, ISO/IEC 18004
    signed = base64.b32decode(code + "=" * (-len(code) % 8))
    payload, signature = signed[:34], signed[34:]
    assert len(signature) == 64
    assert payload[0:3] == bytes([1, 1, 1])  # version, key number, type
    assert int.from_bytes(payload[3:7], "big") == 1_795_399_200  # 2026-11-23 10:00 +08:00
    assert payload[7:18].hex().upper() == receipt["receipt_no"].ljust(22, "F")
    assert int.from_bytes(payload[18:23], "big") == 100_000
    assert int.from_bytes(payload[31:34], "big") == 1  # WD001
    public = kiosk.good("GET", "/v1/keys")["1"]
    Ed25519PublicKey.from_public_bytes(bytes.fromhex(public)).verify(signature, payload)


def test_one_altered_character_anywhere_is_not_genuine(tmp_path):
    keys = Keys(tmp_path)
    code = keys.sign("3710812611230001", 100_000, 1_795_399_200_000, "371081196203150042", 1)
    assert keys.read(code) == keys.read(code.lower())
    assert keys.read(code) == Seal(
        1, 1, 1_795_399_200, "3710812611230001", 100_000, keys.read(code).payer_hash, 1
    )
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
    for place in range(len(code)):
        for step in (1, 16):  # the lowest and the highest bit of a character
            other = alphabet[alphabet.index(code[place]) ^ step]
            assert keys.read(code[:place] + other + code[place + 1 :]) is None
    assert [keys.read(bad) for bad in ("", "A" * 157, code[:-1], code + "A", "１" * 157)] == [None] * 5


def test_the_payer_hash_needs_the_secret_key(tmp_path):
    arguments = ("3710812611230001", 100_000, 1_795_399_200_000, "371081196203150042", 1)
    one, other = Keys(tmp_path / "a"), Keys(tmp_path / "b")
    assert one.read(one.sign(*arguments)).payer_hash != other.read(other.sign(*arguments)).payer_hash
    assert other.read(one.sign(*arguments)) is None


def test_keys_are_for_the_service_alone_and_stay_the_same(tmp_path):
    first = Keys(tmp_path)
    for path in tmp_path.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o700
    assert Keys(tmp_path).public() == first.public()


# --- the public page ---


def test_the_page_of_a_genuine_receipt_shows_what_the_paper_says(kiosk):
    (receipt,) = kiosk.paid()["receipts"]
    code = code_of(receipt)
    for path in (f"/V/{code}", f"/v/{code}", f"/v/{code.lower()}"):
        status, page = kiosk.page(path)
        assert status == 200
        for text in (
            "凭证真实有效",
            "￥1,000.00",
            "张*英",
            "居民养老 2026年度",
            "2026年11月23日",
            "还没有打印",
            grouped(receipt["receipt_no"]),  # the very groups of the paper
        ):
            assert text in page
        assert "张秀英" not in page
        assert "0042" not in page.replace(grouped(receipt["receipt_no"]), "")


def test_the_page_of_an_altered_code_says_so_and_calms(kiosk):
    code = code_of(kiosk.paid()["receipts"][0])
    for bad in (code[:-1] + ("A" if code[-1] != "A" else "E"), "NONSENSE", "%F0%9F%98%80", "<script>"):
        status, page = kiosk.page(f"/V/{bad}")
        assert status == 404
        assert "不是我们的凭证" in page
        assert "<script>" not in page


def test_the_page_counts_sheets_and_knows_of_a_revocation(kiosk, central):
    (receipt,) = kiosk.paid()["receipts"]
    tell(kiosk, receipt["receipt_no"], "WD001-P000001", 0, "printed")
    assert "已打印 1 张" in kiosk.page(f"/V/{code_of(receipt)}")[1]
    grant(kiosk, receipt["receipt_no"], "WD001-P000002")
    tell(kiosk, receipt["receipt_no"], "WD001-P000002", 1, "unknown")
    assert "已打印 2 张（含补打）" in kiosk.page(f"/V/{code_of(receipt)}")[1]
    central.service.print_desk.revoke(receipt["receipt_no"], "test")
    assert "已经作废" in kiosk.page(f"/V/{code_of(receipt)}")[1]


# --- paper ---


def test_a_paid_order_is_owed_until_a_sheet_is_known_to_be_out(kiosk):
    (receipt,) = kiosk.paid()["receipts"]
    number = receipt["receipt_no"]
    assert (receipt["sheets"], receipt["owed"]) == (0, True)
    assert [row["receipt_no"] for row in kiosk.visit()["owed"]] == [number]
    tell(kiosk, number, "WD001-P000001", 0, "not_printed")
    _, told = tell(kiosk, number, "WD001-P000002", 0, "unknown")
    assert (told["receipt"]["sheets"], told["receipt"]["owed"]) == (1, True)
    _, told = tell(kiosk, number, "WD001-P000002", 0, "printed")
    assert (told["receipt"]["sheets"], told["receipt"]["owed"]) == (1, False)
    assert kiosk.visit()["owed"] == []


def test_any_kiosk_prints_the_next_marked_copy_and_a_retry_gets_the_same_one(kiosk, another_kiosk):
    number = kiosk.paid()["receipts"][0]["receipt_no"]
    first = grant(kiosk, number, "WD001-P000001")
    assert first[1]["copy_number"] == 1
    assert grant(kiosk, number, "WD001-P000001") == first
    assert grant(another_kiosk, number, "WD002-P000001")[1]["copy_number"] == 2
    assert first[1]["receipt"]["receipt_no"] == number
    assert tell(kiosk, number, "WD001-P000001", 1, "printed")[0] == 200


def test_a_sheet_is_not_told_twice_in_two_ways(kiosk):
    number = kiosk.paid()["receipts"][0]["receipt_no"]
    other = kiosk.good("POST", f"/v1/people/{kiosk.visit()['person_id']}/receipts")["receipts"][1][
        "receipt_no"
    ]
    grant(kiosk, number, "WD001-P000001")
    first = tell(kiosk, number, "WD001-P000001", 1, "printed")
    assert tell(kiosk, number, "WD001-P000001", 1, "printed") == first
    for answer in (
        tell(kiosk, number, "WD001-P000001", 1, "not_printed"),  # it was out
        tell(kiosk, number, "WD001-P000001", 2, "printed"),  # another copy
        tell(kiosk, number, "WD001-P000009", 1, "printed"),  # never granted
        tell(kiosk, other, "WD001-P000001", 1, "printed"),  # another receipt
        grant(kiosk, other, "WD001-P000001"),
    ):
        assert (answer[0], answer[1]["code"]) == (409, "order_conflict")


def test_an_unknown_receipt(kiosk):
    for answer in (
        grant(kiosk, "3710812611239999", "WD001-P000001"),
        tell(kiosk, "3710812611239999", "WD001-P000001", 0, "printed"),
    ):
        assert (answer[0], answer[1]["code"]) == (404, "receipt_unknown")


def test_receipts_are_listed_newest_first_for_person_and_payer(kiosk, clock):
    page = kiosk.visit()
    daughter = page["household"][1]["person_id"]
    body = kiosk.pension(person_id=daughter)
    body["payer_id"] = page["person_id"]
    _, order = kiosk.put(body)
    kiosk.press(order["pay_url"], "pay")
    clock.move_s(60)
    kiosk.paid()
    listed = kiosk.good("POST", f"/v1/people/{page['person_id']}/receipts")["receipts"]
    assert [(row["name"], row["title"]) for row in listed] == [
        ("张秀英", "居民养老"),
        ("于晓琳", "居民养老"),
        ("张秀英", "居民医疗"),
    ]
    hers = kiosk.good("POST", f"/v1/people/{daughter}/receipts")["receipts"]
    assert {row["name"] for row in hers} == {"于晓琳"}


def test_every_seeded_receipt_is_genuine(central):
    keys = central.service.keys
    with central.service.database.read() as connection:
        rows = connection.execute(select(tables.receipts)).all()
    assert len(rows) > 20
    for row in rows:
        seal = keys.read(row.verify_code)
        assert (seal.receipt_no, seal.amount_fen) == (row.receipt_no, row.amount_fen)
