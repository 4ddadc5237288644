"""The synthetic township's cards, asked of central's sandbox."""

from __future__ import annotations

from dataclasses import dataclass

import requests

from devices.idcard import CardKind, IdCard


@dataclass(frozen=True)
class Person:
    """One synthetic resident and their card."""

    key: str
    label: str
    card: IdCard


def find(central_url: str, query: str) -> list[Person]:
    """People whose name or number holds ``query``, at most 30."""
    answer = requests.get(f"{central_url}/sandbox/people", params={"q": query}, timeout=5)
    answer.raise_for_status()
    return [Person(p["number"], f"{p['name']} · {p['number']}", card(p)) for p in answer.json()[:30]]


def card(fields: dict[str, str]) -> IdCard:
    """The card of one row of /sandbox/people."""
    known = {name: fields.get(name, "") for name in IdCard.__slots__ if name not in ("kind", "photo")}
    return IdCard(kind=CardKind(fields["kind"]), **known)  # type: ignore[arg-type]
