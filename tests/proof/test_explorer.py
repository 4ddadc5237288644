"""The reduced form of the crash explorer: all of one fault, a sample of more, every planted bug, and the explorer itself."""

from __future__ import annotations

from collections.abc import Hashable
from random import Random
from typing import Any

import pytest

from tests.proof import explorer, faults
from tests.proof.explorer import Result, Theatre, explore, replay, sample
from tests.proof.faults import CUT_AFTER, CUT_BEFORE, CUT_OUT, Drawn, Schedule
from tests.proof.mutants import MUTANTS, Mutant, kill
from tests.proof.play import Play
from tests.proof.scenarios import BY_NAME, SCENARIOS

SEED = 7
SAMPLED = 60  # of each scenario
DEPTHS = (2, 3, 4, 5)
FAULTS = {
    *(
        option
        for kind in (faults.CREATE, faults.CLOSE, faults.QUERY, faults.PAPER_CALL)
        for option in kind[1]
    ),
    *(option for kind in (faults.ENTRY_OR_FULL, faults.SHEET, faults.MUTE_SHEET) for option in kind[1]),
    faults.ANOTHERS,
}
TOLD = {"paid", "copy", "pending", "closed", "going back", "not reached", "refused"}


@pytest.fixture(scope="module")
def one_fault() -> Result:
    return explore(SCENARIOS, 1)


@pytest.fixture(scope="module")
def drawn() -> Result:
    return sample(SCENARIOS, DEPTHS, SAMPLED, SEED)


def test_nothing_is_lost_by_one_fault(one_fault: Result) -> None:
    """Complete: every effect of every scenario, in every way."""
    assert one_fault.violations == []
    assert one_fault.schedules[0] == len(SCENARIOS)
    assert one_fault.schedules[1] > 50 * len(SCENARIOS)


def test_nothing_is_lost_by_more_faults(drawn: Result) -> None:
    assert drawn.violations == []
    assert drawn.total == SAMPLED * len(SCENARIOS)
    assert all(drawn.schedules[depth] > 10 * SAMPLED for depth in DEPTHS)


def test_every_fault_is_met_and_everything_is_told(one_fault: Result, drawn: Result) -> None:
    for result in (one_fault, drawn):
        assert {fault for fault in FAULTS if result.met[fault] < 3} == set()
    assert {what for what in TOLD if drawn.met[what] < 3} == set()


def test_two_faults_in_the_plainest_payment() -> None:
    """Complete too, and as many as there are: each schedule of one fault has its own schedules of two."""
    scenario = BY_NAME["paid: first look, 0 jams"]
    result = explore([scenario], 2)
    assert result.violations == []
    one = list(explorer.one_more((), replay(scenario, ()).schedule))
    more = sum(len(list(explorer.one_more(choices, replay(scenario, choices).schedule))) for choices in one)
    assert (result.schedules[1], result.schedules[2]) == (len(one), more)


# --- planted bugs ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mutant", MUTANTS, ids=[mutant.name for mutant in MUTANTS])
def test_a_planted_bug_is_caught(mutant: Mutant) -> None:
    found = kill(mutant)
    assert found.caught is not bool(mutant.equivalent)


def test_there_are_bugs_enough() -> None:
    assert sum(not mutant.equivalent for mutant in MUTANTS) >= 20
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS)


def test_a_violation_is_shown_again_by_its_choices() -> None:
    mutant = next(mutant for mutant in MUTANTS if mutant.name == "UNKNOWN counts as printed")
    violation = kill(mutant).violation
    assert violation is not None
    scenario = BY_NAME[violation.scenario]
    assert replay(scenario, violation.choices).violations == []
    with mutant.planted():
        assert tuple(dict.fromkeys(replay(scenario, violation.choices).violations)) == violation.what


# --- found by the explorer, and mended -------------------------------------------------------------------------------


def test_a_request_that_comes_after_a_refusal_opens_nothing() -> None:
    """The first create was still under way when the second was refused; then the way was free for it."""
    cut_elsewhere, late = (3, CUT_AFTER), (5, faults.DELAYED)
    play = replay(BY_NAME["meet: at once elsewhere"], (cut_elsewhere, late))
    assert play.violations == []
    assert [told.what for told in play.told][:1] == ["refused"]


def test_money_that_goes_back_is_not_called_no_money() -> None:
    play = replay(BY_NAME["payer: another amount"], ())
    assert play.violations == []
    assert [told.what for told in play.told][:1] == ["going back"]


# --- the explorer itself ---------------------------------------------------------------------------------------------


def end_of(play: Play) -> Hashable:
    """All that is left of a run."""
    machines = tuple(machine.standing() for machine in play.machines)
    return play.around.standing(), machines, tuple(play.told)


def test_the_same_choices_give_the_same_run() -> None:
    theatre, rng = Theatre(), Random(SEED)
    for scenario in SCENARIOS[::8]:
        schedule = Drawn(rng, 3, 25)
        first = theatre.run(scenario, schedule)
        again = theatre.run(scenario, Schedule(schedule.choices))
        assert again.schedule.trace == first.schedule.trace
        assert end_of(again) == end_of(first)


@pytest.mark.parametrize("name", ["paid: never, 1 jams", "family: 0 jams", "code: confirms"])
def test_a_cut_that_is_not_offered_is_the_one_before(name: str) -> None:
    """Where nothing happened since the last effect, a cut before this one is the cut after that one, and ends alike."""
    scenario, theatre = BY_NAME[name], Theatre()
    trace = theatre.run(scenario, Schedule()).schedule.trace
    left_out = [number for number, options in enumerate(trace) if CUT_BEFORE not in options]
    assert left_out
    for number in left_out:
        before = CUT_OUT if CUT_OUT in trace[number - 1] else CUT_AFTER
        this = theatre.run(scenario, Schedule([(number, CUT_BEFORE)], every_cut=True))
        that = theatre.run(scenario, Schedule([(number - 1, before)]))
        assert end_of(this) == end_of(that)


@pytest.mark.parametrize("name", ["no PRINTING record", "reported before heard", "recovery skips CLOSING"])
def test_stopping_where_the_rest_is_known_hides_nothing(name: str) -> None:
    mutant, scenario = next(m for m in MUTANTS if m.name == name), BY_NAME["paid: first look, 0 jams"]
    with mutant.planted():
        short, whole = (explore([scenario], 2, whole=whole) for whole in (False, True))
    assert (short.schedules, short.violated) == (whole.schedules, whole.violated)
    assert short.violations == whole.violations


def test_the_whole_of_it_in_small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(explorer, "SCENARIOS", SCENARIOS[:2])
    said: list[str] = []
    found = explorer.run(full=False, processes=1, progress=said.append)
    assert found["explorer_violations"]["value"] == 0
    schedules: dict[str, Any] = found["explorer_schedules"]
    parts = [schedules[name] for name in ("depth_0", "depth_1", "depth_2", "depth_3", "sampled")]
    assert schedules["value"] == sum(parts)
    assert schedules["sampled"] and schedules["scenarios"] == 2


def test_a_surprise_is_a_violation(monkeypatch: pytest.MonkeyPatch) -> None:
    """What would end the process on a real machine is never lost here."""

    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("kiosk.flows.paper.print_originals", broken)
    violations = replay(BY_NAME["paid: first look, 0 jams"], ()).violations
    assert any("ZeroDivisionError" in line for line in violations)
