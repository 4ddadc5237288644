"""What the evidence of a check supports.  Pure: central's word, whatever the kiosk calls it.

accepted          the end says so, no doubt, every action done, a face compared and none contradicted, with references that
                  were really given, within the check's life, told within a day
under_review      the kiosk accepted, and the evidence does not bear it out: a person decides
not_recognised    everything else: nothing has changed, another try, another way; a picture may still go to a person
"""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum

from kiosk.wire import CheckEnd, CheckEvidence, CheckState, ReferenceSource

LIFE_MS = 20 * 60 * 1000  # from the consent to the end of a check
TOLD_WITHIN_MS = 24 * 60 * 60 * 1000
CLOCKS_APART_MS = 2 * 60 * 1000  # what a kiosk's clock may be wrong by
ACCEPT, NO_MATCH = "accept", "no_match"  # kiosk.face.zones.Zone


class Reason(StrEnum):
    """Why a check is in its state.  For staff, never for the person."""

    NONE = ""
    TOLD_LATE = "told_late"  # the evidence came more than a day after the check
    OUTSIDE = "outside"  # it ended before it began, or long after
    DOUBTED = "doubted"
    NOT_ASKED = "not_asked"  # no action was asked
    NOT_DONE = "not_done"  # an action was not seen
    NOT_COMPARED = "not_compared"  # no reference was close enough
    CONTRADICTED = "contradicted"  # a reference is somebody else's
    NOT_GIVEN = "not_given"  # compared with a reference that central never gave
    UNNAMED = "unnamed"  # nobody can say which networks judged
    TO_COMPARE = "to_compare"  # the kiosk leaves it to a person: a picture is awaited
    NO_MATCH = "no_match"
    NOBODY = "nobody"
    PICTURE = "picture"  # a picture is here to be compared
    SECOND_PERSON = "second_person"  # staff confirmed; a second person has still to
    PICTURE_OLD = "picture_old"  # nobody compared in time
    PARKED = "parked"  # a packet that waited for a person, who took it
    SUPERSEDED = "superseded"  # another check has certified the person
    WITHDRAWN = "withdrawn"
    DECIDED = "decided"  # by a person


ENDS = {
    CheckEnd.REVIEW: Reason.TO_COMPARE,
    CheckEnd.NO_MATCH: Reason.NO_MATCH,
    CheckEnd.NOT_DONE: Reason.NOT_DONE,
    CheckEnd.NOBODY: Reason.NOBODY,
}


def judge(
    evidence: CheckEvidence,
    given: Collection[str],
    *,
    opened_ms: int,
    received_ms: int,
    told_within_ms: int = TOLD_WITHIN_MS,
) -> tuple[CheckState, Reason]:
    """``given``: sources of the references central gave for this check."""
    if evidence.end is not CheckEnd.ACCEPTED:
        return CheckState.NOT_RECOGNISED, ENDS[evidence.end]
    ended_ms = ended_at_ms(evidence)
    if flaw := flaw_of(evidence, given) or _time_flaw(ended_ms, opened_ms, received_ms, told_within_ms):
        return CheckState.UNDER_REVIEW, flaw
    return CheckState.ACCEPTED, Reason.NONE


def flaw_of(evidence: CheckEvidence, given: Collection[str]) -> Reason:
    """The first thing that keeps the evidence from standing by itself, times apart."""
    zones = [comparison.zone for comparison in evidence.comparisons]
    of_central = {
        comparison.source.value
        for comparison in evidence.comparisons
        if comparison.source is not ReferenceSource.CHIP  # the card's own: central never gave it
    }
    done = [asked.done_ms is not None and asked.done_ms >= asked.asked_ms for asked in evidence.asked]
    flaws = {
        Reason.DOUBTED: bool(evidence.doubts),
        Reason.NOT_ASKED: not done,
        Reason.NOT_DONE: not all(done),
        Reason.CONTRADICTED: NO_MATCH in zones,
        Reason.NOT_COMPARED: ACCEPT not in zones,
        Reason.NOT_GIVEN: not of_central <= set(given),
        Reason.UNNAMED: None in (evidence.engine, evidence.model, evidence.detector),
    }
    return next((reason for reason, wrong in flaws.items() if wrong), Reason.NONE)


def ended_at_ms(evidence: CheckEvidence) -> int:
    return round(evidence.ended_at.timestamp() * 1000)


def within_life(ended_ms: int, opened_ms: int) -> bool:
    """Whether a check can have ended then; both clocks are known to be a little wrong."""
    return opened_ms - CLOCKS_APART_MS <= ended_ms <= opened_ms + LIFE_MS


def _time_flaw(ended_ms: int, opened_ms: int, received_ms: int, told_within_ms: int) -> Reason:
    if not within_life(ended_ms, opened_ms) or ended_ms > received_ms + CLOCKS_APART_MS:
        return Reason.OUTSIDE
    return Reason.TOLD_LATE if received_ms - ended_ms > told_within_ms else Reason.NONE
