"""The rules as data: what holds for a city on a day, with its source and how well it is proved.

Rows come from rules/*.toml into the table ``rules`` at every start, the whole book at once.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from central import tables
from kiosk.wire import Quality

FOLDER = Path(__file__).parent / "rules"
WEAKEST_LAST = (Quality.LAW, Quality.SEED, Quality.PEER, Quality.ASSUMED)


class RuleError(Exception):
    """The book says nothing, or two things, about a day."""


@dataclass(frozen=True)
class Rule:
    """``valid_to`` is the last day it holds, None for open."""

    city: str
    product: str
    code: str
    value: int
    unit: str
    valid_from: date
    valid_to: date | None
    source: str
    quality: Quality

    def holds(self, on: date) -> bool:
        return self.valid_from <= on and (self.valid_to is None or on <= self.valid_to)


@dataclass(frozen=True)
class Product:
    code: str
    title: str
    insurance: str


def weakest(qualities: Iterable[Quality]) -> Quality:
    """A figure is only as well proved as its weakest part."""
    return max(qualities, key=WEAKEST_LAST.index)


class Rulebook:
    """All rules of one city.  Raises RuleError when two rows of one code hold on the same day."""

    def __init__(self, products: Sequence[Product], rules: Iterable[Rule]) -> None:
        self.products = tuple(products)
        self._rules: dict[tuple[str, str], list[Rule]] = {}
        for rule in sorted(rules, key=lambda rule: rule.valid_from):
            earlier = self._rules.setdefault((rule.product, rule.code), [])
            if earlier and earlier[-1].holds(rule.valid_from):
                raise RuleError(f"{rule.product} {rule.code}: two rows hold on {rule.valid_from}")
            earlier.append(rule)

    def product(self, code: str) -> Product | None:
        return next((product for product in self.products if product.code == code), None)

    def find(self, product: str, code: str, on: date) -> Rule | None:
        return next((rule for rule in self._rules.get((product, code), ()) if rule.holds(on)), None)

    def get(self, product: str, code: str, on: date) -> Rule:
        """Raises RuleError when nothing holds on that day."""
        if (rule := self.find(product, code, on)) is None:
            raise RuleError(f"{product} {code}: nothing holds on {on}")
        return rule

    def matching(self, product: str, prefix: str, on: date) -> list[Rule]:
        """The rules of a product whose code starts so, smallest value first."""
        found = (
            self.find(product, code, on)
            for of, code in self._rules
            if of == product and code.startswith(prefix)
        )
        return sorted((rule for rule in found if rule), key=lambda rule: rule.value)


def read_folder(folder: Path = FOLDER) -> tuple[list[Product], list[Rule]]:
    """Reads every *.toml of a folder.  Raises KeyError or ValueError on a row that is not whole."""
    products: list[Product] = []
    rules: list[Rule] = []
    for path in sorted(folder.glob("*.toml")):
        book: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
        products += [Product(**row) for row in book.get("product", ())]
        for row in book["rule"]:
            fields = {"city": book["city"], "valid_to": None, **row, "quality": Quality(row["quality"])}
            rules.append(Rule(**fields))
    return products, rules


def store(connection: Connection, products: Sequence[Product], rules: Sequence[Rule]) -> None:
    """Puts a whole book in place of the old one."""
    connection.execute(delete(tables.rules))
    connection.execute(delete(tables.products))
    connection.execute(
        insert(tables.products), [{**vars(product), "position": n} for n, product in enumerate(products)]
    )
    connection.execute(
        insert(tables.rules), [{**vars(rule), "quality": rule.quality.value} for rule in rules]
    )


def load(connection: Connection, city: str) -> Rulebook:
    rows = connection.execute(select(tables.products).order_by(tables.products.c.position))
    products = [Product(row.code, row.title, row.insurance) for row in rows]
    rows = connection.execute(select(tables.rules).where(tables.rules.c.city == city))
    rules = [Rule(**{**row._mapping, "quality": Quality(row.quality)}) for row in rows]
    return Rulebook(products, rules)
