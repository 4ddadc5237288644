"""Lists for trials and tests: what the cards of the invented residents say, and central's ledger."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

from fastapi import FastAPI, Query

from central import ledger, township
from central.service import Service

PEOPLE_MOST = 50


def add_pages(app: FastAPI, service: Service) -> None:
    cards = (
        township.cards(service.settings.township, service.settings.seed) if service.settings.township else []
    )
    staff = [card for card, _ in township.staff()] if service.settings.township else []

    @app.get("/sandbox/ledger", include_in_schema=False)
    def ledger_rows() -> list[dict[str, object]]:
        """Central's money movements since it began: order_id, receipt_no, amount_fen, kind, state."""
        with service.database.read() as connection:
            return ledger.movements(connection)

    @app.get("/sandbox/people", include_in_schema=False)
    def people(q: Annotated[str, Query(max_length=40)] = "") -> list[dict[str, object]]:
        """What the cards of the synthetic residents say; ``q`` is part of a name, number, kind or tag.

        Who is asked for finds staff too: ``q=staff``.  They live elsewhere: without ``q`` they are not listed.
        """
        everybody = [*staff, *cards] if q else cards
        found = (card for card in everybody if not q or any(q in text for text in card.searchable()))
        return [asdict(card) for card, _ in zip(found, range(PEOPLE_MOST), strict=False)]
