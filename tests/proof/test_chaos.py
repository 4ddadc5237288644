"""A short day of chaos; the long one is ``make chaos``."""

from __future__ import annotations

from tests.proof.chaos import SHORT, run_day

(VISITS, KIOSKS), SEED = SHORT, 7


def test_a_day_of_chaos_ends_without_a_fen_of_difference() -> None:
    result = run_day(visits=VISITS, kiosks=KIOSKS, seed=SEED, progress=lambda _line: None)
    assert result.wrong == (), result.table()
    assert result.difference_fen == 0
    assert len(set(result.sums_fen.values())) == 1 and result.sums_fen["gateway"] > 0
    assert result.visits == VISITS
    for what in ("central killed", "gateway killed", "power cut", "payer: pay"):
        assert result.met[what] >= 1, result.table()
    assert sum(count for name, count in result.faults.items() if name != "none") > 50
    figures = result.figures(KIOSKS, SEED)
    assert (figures["chaos_visits"]["value"], figures["chaos_difference_fen"]["value"]) == (VISITS, 0)
