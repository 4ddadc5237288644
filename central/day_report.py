"""A day's reconciliation on paper: a table for eyes, JSON for programs."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import asdict

from central.differences import MEANINGS, Kind, yuan
from central.matching import Figures, Finding
from central.reconcile import Report

HOUR_MS, DAY_MS = 3_600_000, 86_400_000


def at_stake_fen(finding: Finding) -> int:
    """The money a difference is about: how far the books that speak of it are apart, or all of it when only one does."""
    told = [fen for fen in (finding.gateway_fen, finding.ledger_fen, finding.kiosk_fen) if fen is not None]
    apart = max(told, default=0) - min(told, default=0)
    return apart or max(map(abs, told), default=0)


def age(since_ms: int, now_ms: int) -> str:
    """5 h, 3 d"""
    old_ms = max(now_ms - since_ms, 0)
    return f"{old_ms // DAY_MS} d" if old_ms >= 2 * DAY_MS else f"{old_ms // HOUR_MS} h"


def sums(figures: Figures) -> list[tuple[str, int, int, int, int, int]]:
    """(book, count in, fen in, count back, fen back, net fen) of the three books."""
    ledger_count = figures.ledger_kept_count + figures.ledger_return_count
    ledger_fen = figures.ledger_kept_fen + figures.ledger_return_fen
    return [
        (
            "gateway",
            figures.gateway_in_count,
            figures.gateway_in_fen,
            figures.gateway_back_count,
            figures.gateway_back_fen,
            figures.gateway_net_fen,
        ),
        (
            "ledger",
            ledger_count,
            ledger_fen,
            figures.ledger_back_count,
            figures.ledger_back_fen,
            figures.ledger_net_fen,
        ),
        ("kiosks", figures.kiosk_count, figures.kiosk_fen, 0, 0, figures.kiosk_fen),
    ]


def lines(report: Report, now_ms: int) -> Iterator[str]:
    """The table that ``central reconcile`` prints."""
    figures = report.figures
    yield f"{report.day}  {'count':>8} {'in, yuan':>16} {'count':>8} {'back, yuan':>16} {'net, yuan':>16}"
    for book, count, fen, back_count, back_fen, net_fen in sums(figures):
        yield (
            f"{book:<10}  {count:>8} {yuan(fen):>16} {back_count:>8} {yuan(back_fen):>16} {yuan(net_fen):>16}"
        )
    yield (
        f"on this day's bill but booked on another day {yuan(figures.carried_fen)}, the other way round "
        f"{yuan(figures.brought_fen)}; came to go back {yuan(figures.ledger_return_fen)}"
    )
    yield f"{figures.matched} orders agree; {len(report.settled)} settled by asking again"
    for finding in report.settled:
        yield f"  settled  {finding.kind.value:<16} {finding.kiosk_id:<8} {finding.subject}"
    counts = Counter(finding.kind for finding in report.open)
    stake_fen: dict[Kind, int] = defaultdict(int)
    for finding in report.open:
        stake_fen[finding.kind] += at_stake_fen(finding)
    for kind, count in counts.items():
        meaning = MEANINGS[kind]
        yield f"{kind.value:<16} {count:>5} {yuan(stake_fen[kind]):>16}  {meaning.title}：{meaning.action}"
        for finding in report.open:
            if finding.kind is kind:
                old = age(finding.since_ms, now_ms)
                yield f"  {finding.kiosk_id or '-':<8} {finding.subject:<34} {old:>6}  {finding.detail}"
    if not report.open:
        yield "no difference is open"


def as_json(report: Report, now_ms: int) -> dict[str, object]:
    """The same as a value; amounts in fen, ages in hours."""

    def told(finding: Finding) -> dict[str, object]:
        meaning = MEANINGS[finding.kind]
        words = {"title": meaning.title, "action": meaning.action}
        return {**asdict(finding), **words, "age_h": max(now_ms - finding.since_ms, 0) // HOUR_MS}

    return {
        "day": report.day.isoformat(),
        "figures": asdict(report.figures),
        "open": [told(finding) for finding in report.open],
        "settled": [told(finding) for finding in report.settled],
    }
