"""The reduced form of central's proof: every schedule with one deviation, a few hundred deeper ones, every planted bug."""

from dataclasses import replace

import pytest

from tests.proof.central_explorer import explore, live, run, sample
from tests.proof.central_mutants import CENTRAL_MUTANTS, Mutant, kill, planted
from tests.proof.central_scenarios import SCENARIOS
from tests.proof.central_world import Schedule
from tests.proof.central_world import bench as built_bench


@pytest.fixture(scope="module")
def bench():
    with built_bench() as bench:
        yield bench


class Offered(Schedule):
    """Nothing happens; ``options`` is what could have, turn by turn."""

    def __init__(self):
        super().__init__()
        self.options = []

    def take(self, place, options):
        self.options.append(options)
        return super().take(place, options)


def scenario(name):
    (found,) = [each for each in SCENARIOS if each.name == name]
    return found


def test_no_schedule_breaks_a_law():
    figures = run(full=False, progress=lambda _line: None)
    lived, broken = figures["central_explorer_schedules"], figures["central_explorer_violations"]
    assert broken["value"] == 0, broken
    assert lived["scenarios"] >= 20
    assert lived["complete"]["1"] > 1000
    assert sum(lived["sampled"].values()) == 200


@pytest.mark.parametrize("mutant", CENTRAL_MUTANTS, ids=lambda mutant: mutant.name)
def test_a_planted_bug_breaks_a_law_or_has_a_reason(bench, mutant):
    report = kill(mutant, bench, depth=1 if mutant.equivalent else 2)
    assert bool(report.broken) != bool(mutant.equivalent)


def test_a_violation_can_be_lived_again(bench):
    mutant = next(each for each in CENTRAL_MUTANTS if each.name == "an order expires without the gateway")
    (violation,) = kill(mutant, bench).violations
    place = scenario(violation.scenario)
    with planted(mutant):
        again = Schedule(violation.choices)
        assert live(bench, place, again) == violation.laws
        assert tuple(again.story) == violation.story
    assert live(bench, place, Schedule(violation.choices)) == ()  # the product itself


def test_the_same_choices_give_the_same_history(bench):
    place = scenario("pays after the close")
    first, second = Schedule(((3, 1), (9, 1))), Schedule(((3, 1), (9, 1)))
    assert live(bench, place, first) == live(bench, place, second) == ()
    assert (first.turns, first.story) == (second.turns, second.story)
    assert len(first.taken) == 2


def test_a_drawn_schedule_is_the_same_whoever_draws_it(bench):
    at_once = sample(bench, 6, 11)
    in_parts = sample(bench, 3, 11)
    in_parts.add(sample(bench, 3, 11, first=3))
    assert at_once.schedules == in_parts.schedules
    assert set(at_once.schedules) <= {0, 1, 2, 3, 4}


def test_every_schedule_is_lived_once(bench):
    place = scenario("a close before the create")
    plain = Schedule()
    live(bench, place, plain)
    report = explore(bench, 1, (place,))
    assert report.schedules == {0: 1, 1: sum(count - 1 for count in plain.turns)}


def test_days_pass_on_the_payers_own_side(bench):
    """Complete at depth 2 for a refund that is refused found money that came four days after the close, unannounced.

    That is not what the scenario is about, and no look of central's own can find it; see the next test.
    """
    place = scenario("a refund that is refused")
    offered = Offered()
    assert live(bench, place, offered) == ()
    first = min(turn for turn, options in enumerate(offered.options) if "days:A" in options)
    assert not any("pay:A" in options for options in offered.options[first:])


def test_money_that_comes_when_nobody_looks_any_more_is_found_by_the_days_bill(bench):
    place = scenario("pays when nobody looks any more")
    assert live(bench, place, Schedule()) == ()
    assert live(bench, replace(place, bill=False), Schedule()) == (
        "not settled, however long one waits",
        "ledger and gateway differ",
    )


def test_a_bug_that_no_longer_fits_the_product_is_an_error():
    from central.settlement import Settlement

    stale = Mutant("stale", "pays at once", ((Settlement, "sweep", "what is not there", "x"),))
    with pytest.raises(ValueError, match="0 times"), planted(stale):
        pass


def test_names_of_scenarios_and_bugs_are_their_own():
    assert len({each.name for each in SCENARIOS}) == len(SCENARIOS)
    assert len({each.name for each in CENTRAL_MUTANTS}) == len(CENTRAL_MUTANTS)
    assert {each.seen_in for each in CENTRAL_MUTANTS} <= {each.name for each in SCENARIOS}
