"""Fills an empty database with the synthetic township: payments of six years, certifications, receipts.

Money of the past is entered in the ledger as ``opening``; orders of the past are numbered SEED-nnnnnn.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import sha256
from random import Random
from typing import Any

from sqlalchemy import Connection, insert, select

from central import checks, evidence, staff, tables, township
from central.bills import Paid, age_on, month_day, tiers
from central.clock import CHINA, legal_midnight_ms
from central.gateway import ALIPAY, WECHAT
from central.identity import mask_number
from central.ledger import Kind
from central.periods import Periods
from central.rules import Rulebook
from central.settings import Settings
from central.township import Resident
from central.verification import Keys

YEARS = 6
YEARS_MOST = 40
KIOSKS = (
    ("WD001", 1, "泽头镇社会保障服务中心"),
    ("WD002", 2, "大水泊镇便民服务中心"),
    ("WD003", 3, "新城社区服务大厅"),
)
CHANNELS = ("kiosk_self", "kiosk_self", "data_match", "data_match", "app_web", "home_visit")


def demo_token(kiosk_id: str) -> str:
    return f"demo-token-{kiosk_id}"


def trial_kiosks(count: int) -> list[tuple[str, int, str]]:
    """(id, serial, place) of WD001 to WDnnn; the first three have names of their own."""
    more = [(f"WD{n:03d}", n, f"第 {n} 号演示服务点") for n in range(len(KIOSKS) + 1, count + 1)]
    return [*KIOSKS, *more][:count]


def seed_kiosks(connection: Connection, count: int = len(KIOSKS)) -> None:
    """The sandbox's kiosks, unless they are there."""
    known = set(connection.execute(select(tables.kiosks.c.kiosk_id)).scalars())
    for kiosk_id, serial, place in trial_kiosks(count):
        if kiosk_id not in known:
            digest = sha256(demo_token(kiosk_id).encode()).hexdigest()
            row = {"kiosk_id": kiosk_id, "serial": serial, "token_digest": digest, "place": place}
            connection.execute(insert(tables.kiosks).values(row))


def seed_township(
    connection: Connection, settings: Settings, keys: Keys, rulebook: Rulebook, today: date
) -> None:
    """Everything in the caller's transaction: a township is there whole or not at all."""
    chance = Random(settings.seed)  # noqa: S311 - invented people are no secret
    past = _Past(rulebook, today, chance)
    histories = [past.history(person) for person in township.residents(settings.township, settings.seed)]
    connection.execute(insert(tables.persons), [_person_row(history, today) for history in histories])
    paid_this_year = [
        (history.resident, paid)
        for history in histories
        for paid in history.paid
        if paid.paid_on.year == today.year
    ]
    numbered = _seed_receipts(connection, settings, keys, rulebook, paid_this_year, chance=chance)
    connection.execute(
        insert(tables.contributions),
        [
            {
                "person_id": history.resident.person_id,
                **vars(paid),
                "receipt_no": numbered.get((history.resident.person_id, paid.product, paid.year)),
            }
            for history in histories
            for paid in history.paid
        ],
    )
    seed_staff(connection)
    drawing = [history.resident for history in histories if history.resident.drawing]
    drawn = [_certification(resident, rulebook, today, chance) for resident in drawing]
    if drawn:
        connection.execute(insert(tables.certifications), [row for row, _ in drawn])
        evidence.append_import(connection, legal_midnight_ms(today))
    for resident in (each for each, (_, waits) in zip(drawing, drawn, strict=True) if waits):
        _seed_waiting(connection, resident, today)


def seed_staff(connection: Connection) -> None:
    for card, operator in township.staff():
        staff.add(connection, card.number, card.name, operator)


@dataclass(frozen=True)
class _History:
    resident: Resident
    opening_months: int
    opening_balance_fen: int
    paid: list[Paid]


def _is_zhang(resident: Resident) -> bool:
    return "fixed" in resident.card.tags


def benefit_of(resident: Resident) -> str:
    """What somebody draws: one benefit for each kind of period; "" for none."""
    if not resident.drawing:
        return ""
    if _is_zhang(resident):
        return "survivor"
    if resident.standing == "resident":
        return "resident_pension"
    return "injury_allowance" if resident.card.number[-2] in "02" else "employee_pension"


def _person_row(history: _History, today: date) -> dict[str, Any]:
    resident = history.resident
    return {
        "person_id": resident.person_id,
        "number": resident.card.number,
        "name": resident.card.name,
        "sex": resident.card.sex,
        "birth": resident.birth,
        "card_kind": resident.card.kind,
        "household_id": resident.household_id,
        "role": resident.role,
        "standing": resident.standing,
        "benefit": benefit_of(resident),
        "opening_months": history.opening_months,
        "opening_balance_fen": history.opening_balance_fen,
        "opening_year": today.year - YEARS + 1,
        "phone": _phone(resident),
        "address": resident.card.address or None,
    }


def _phone(resident: Resident) -> str | None:
    """No mobile number begins with 100: nobody is called."""
    if resident.standing == "student":
        return None
    return f"100{int(sha256(resident.person_id.encode()).hexdigest(), 16) % 10**8:08d}"


class _Past:
    """What people have paid until today, drawn by chance under the rules of each year."""

    def __init__(self, rulebook: Rulebook, today: date, chance: Random) -> None:
        self._rulebook, self._today, self._chance = rulebook, today, chance

    def history(self, resident: Resident) -> _History:
        if _is_zhang(resident):
            return self._zhang(resident)
        age, first = age_on(resident.birth, self._today), self._today.year - YEARS + 1
        until_first = max(0, min(age - YEARS - 18, first - 2010))
        least, most = (15, YEARS_MOST) if resident.drawing else (0, YEARS_MOST if age < 60 else 6)
        years_before = min(max(until_first, least), most)
        paid = self._pension(resident, age)
        if resident.standing in ("resident", "student"):
            paid += [row for row in self._medical(resident) if row.paid_on >= resident.birth]
        months = 12 * years_before + (self._chance.randrange(12) if years_before else 0)
        return _History(resident, months, months * 3_000, paid)

    def _zhang(self, resident: Resident) -> _History:
        """Five years paid and this year's still due; the next year's medical paid on 8 October."""
        years = range(self._today.year - 5, self._today.year)
        paid = [
            self._paid("resident_pension", year, tier, date(year, 11, 2))
            for year, tier in zip(years, ("300", "300", "500", "500", "1000"), strict=True)
        ]
        autumns = (date(year, 10, 8) for year in (*years, self._today.year))
        paid += [
            self._paid("resident_medical", on.year + 1, "standard", on) for on in autumns if on <= self._today
        ]
        return _History(resident, 88, 650_000, paid)

    def _pension(self, resident: Resident, age: int) -> list[Paid]:
        product = {"resident": "resident_pension", "flexible": "flexible_pension"}.get(resident.standing)
        if product is None:
            return []
        paid, today, chance = [], self._today, self._chance
        codes = [tier.code for tier in tiers(self._rulebook, product, today)]
        rank = chance.choice((0, 0, 0, 1, 1, 2, 3))
        for year in range(today.year - YEARS + 1, today.year + 1):
            then = age - (today.year - year)
            settled = chance.random() < (0.4 if year == today.year else 0.92)
            if then >= 18 and not (resident.drawing and then >= 60) and settled:
                rank = min(rank + (chance.random() < 0.08), len(codes) - 1)
                paid.append(self._paid(product, year, codes[rank], self._day_in(year, 1, 11)))
        return paid

    def _medical(self, resident: Resident) -> list[Paid]:
        """Each autumn the next year's; of this autumn's only some, and only once it has begun."""
        paid, today = [], self._today
        for year in range(today.year - YEARS + 1, today.year + 1):
            opens = month_day(year, self._rulebook.get("resident_medical", "opens", today).value)
            likely = 0.35 if year == today.year else 0.95
            if opens <= today and self._chance.random() < likely:
                paid.append(self._paid("resident_medical", year + 1, "standard", self._day_in(year, 10, 12)))
        return paid

    def _paid(self, product: str, year: int, code: str, on: date) -> Paid:
        offered = {tier.code: tier for tier in tiers(self._rulebook, product, on)}
        tier = offered[code]
        return Paid(product, year, code, tier.amount_fen, tier.subsidy_fen or 0, on, None)

    def _day_in(self, year: int, first_month: int, last_month: int) -> date:
        """A day of those months that has already been."""
        first = date(year, first_month, 1)
        last = min(date(year, last_month, 28), self._today)
        return first + timedelta(days=self._chance.randint(0, max(0, (last - first).days)))


def _seed_receipts(
    connection: Connection,
    settings: Settings,
    keys: Keys,
    rulebook: Rulebook,
    payments: list[tuple[Resident, Paid]],
    *,
    chance: Random,
) -> dict[tuple[str, str, int], str]:
    """This year's orders, ledger rows, receipts and sheets; (person, product, year) -> receipt number."""
    rows: dict[str, list[dict[str, Any]]] = {name: [] for name in ("orders", "ledger", "receipts", "prints")}
    sequences: Counter[date] = Counter()
    numbered = {}
    titles = {product.code: product for product in rulebook.products}
    for n, (resident, paid) in enumerate(sorted(payments, key=lambda each: each[1].paid_on), start=1):
        at = datetime(paid.paid_on.year, paid.paid_on.month, paid.paid_on.day, 9, 0, tzinfo=CHINA)
        at_ms = int((at + timedelta(seconds=chance.randrange(7 * 3600))).timestamp() * 1000)
        kiosk_id, serial, place = KIOSKS[n % len(KIOSKS)]
        order_id = f"SEED-{n:06d}"
        sequences[paid.paid_on] += 1
        receipt_no = f"{settings.area_code}{paid.paid_on:%y%m%d}{sequences[paid.paid_on]:04d}"
        numbered[resident.person_id, paid.product, paid.year] = receipt_no
        label = next(
            tier.label for tier in tiers(rulebook, paid.product, paid.paid_on) if tier.code == paid.tier
        )
        rows["orders"].append(
            {
                "order_id": order_id,
                "kiosk_id": kiosk_id,
                "payer_id": resident.person_id,
                "state": "paid",
                "total_fen": paid.amount_fen,
                "reason": "",
                "created_ms": at_ms,
                "expires_ms": at_ms,
                "looks": 0,
            }
        )
        rows["ledger"].append(
            {
                "order_id": order_id,
                "kind": Kind.OPENING.value,
                "amount_fen": paid.amount_fen,
                "gateway_txn": f"{order_id}-TXN",
                "day": paid.paid_on,
                "at_ms": at_ms,
            }
        )
        product = titles[paid.product]
        rows["receipts"].append(
            {
                "receipt_no": receipt_no,
                "order_id": order_id,
                "line_no": 0,
                "person_id": resident.person_id,
                "payer_id": resident.person_id,
                "name": resident.card.name,
                "masked_number": mask_number(resident.card.number),
                "title": product.title,
                "insurance": product.insurance,
                "year": paid.year,
                "tier_label": label,
                "amount_fen": paid.amount_fen,
                "paid_ms": at_ms,
                "channel": chance.choice((WECHAT, ALIPAY)),
                "place": place,
                "verify_code": keys.sign(receipt_no, paid.amount_fen, at_ms, resident.card.number, serial),
            }
        )
        rows["prints"].append(
            {
                "print_id": f"SEED-P{n:06d}",
                "receipt_no": receipt_no,
                "copy_number": 0,
                "kiosk_id": kiosk_id,
                "verdict": "printed",
                "at_ms": at_ms,
            }
        )
    if not payments:
        return {}
    connection.execute(insert(tables.orders), rows["orders"])
    connection.execute(insert(tables.ledger), rows["ledger"])
    booked = connection.execute(select(tables.ledger.c.order_id, tables.ledger.c.entry_id))
    entries = {row.order_id: row.entry_id for row in booked}
    connection.execute(
        insert(tables.receipts), [{**row, "entry_id": entries[row["order_id"]]} for row in rows["receipts"]]
    )
    connection.execute(insert(tables.prints), rows["prints"])
    days = [{"day": day, "last": last} for day, last in sequences.items()]
    connection.execute(insert(tables.receipt_days), days)
    return numbered


def _certification(
    resident: Resident, rulebook: Rulebook, today: date, chance: Random
) -> tuple[dict[str, Any], bool]:
    """The last check of one who draws a benefit: most hold, some are due, a few overdue.

    True: staff have confirmed again since, and a second person has still to.
    """
    waits = False
    if _is_zhang(resident):
        latest = date(today.year, 3, 18)
        certified_on = latest if latest <= today else date(today.year - 1, 3, 18)
        channel = "kiosk_self"
    else:
        days = chance.choice((30, 90, 150, 200, 260, 300, 330, 400, 420, 480))
        certified_on = today - timedelta(days=days + chance.randrange(20))
        channel, waits = chance.choice(CHANNELS), chance.random() < 0.03
    term = Periods(rulebook).term(benefit_of(resident), resident.birth, certified_on)
    row = {
        "person_id": resident.person_id,
        "channel": channel,
        "verdict": "accepted",
        "certified_on": certified_on,
        "valid_until": term.valid_until,
    }
    return row, waits


def _seed_waiting(connection: Connection, resident: Resident, today: date) -> None:
    """Staff confirmed this person yesterday at nine; a second person has still to."""
    yesterday = today - timedelta(days=1)
    at = datetime(yesterday.year, yesterday.month, yesterday.day, 9, 0, tzinfo=CHINA)
    check_id, at_ms = f"SEED-C{resident.person_id[1:9].upper()}", int(at.timestamp()) * 1000
    first = connection.execute(select(tables.staff.c.staff_id).order_by(tables.staff.c.staff_id)).scalars()
    told = {"check_id": check_id, "person_id": resident.person_id, "kiosk_id": KIOSKS[0][0]}
    checks.open_assisted(connection, told, next(iter(first)), "chosen", "0" * 64, at_ms)
