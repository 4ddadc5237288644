"""What the evidence of a check supports.  Pure: central's word, whatever the kiosk calls it.

accepted          the end says so, no doubt, actions asked as a kiosk draws them and each of them done, in a time that people need;
                  by limits that are known here every score gives the zone it was told with, one accepts and none contradicts;
                  the faces are those that central gave, all of them; never told before; within the check's life, told within a
                  day
under_review      all of that, but told late: a person can decide it by asking
not_recognised    everything else: nothing has changed, another try, another way; a picture may still go to a person
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from enum import StrEnum
from itertools import pairwise

from central.face_limits import FaceLimits, Known
from kiosk.face.zones import Source, Zone, together
from kiosk.wire import AskedAction, CheckEnd, CheckEvidence, CheckState, ComparedFace, ReferenceSource

LIFE_MS = 20 * 60 * 1000  # from the consent to the end of a check
TOLD_WITHIN_MS = 24 * 60 * 60 * 1000
CLOCKS_APART_MS = 2 * 60 * 1000  # what a kiosk's clock may be wrong by
BLINK, MOVEMENTS = "blink", ("turn_left", "turn_right", "nod")  # kiosk.face.guidance.Action
LEAST_ACTIONS = 4
SOONEST_MS = 250  # nobody has heard a question and done what it asks
SHORTEST_MS = 4_000  # nobody has been looked at, and has done four actions
MS_A_FRAME = 1_000  # a face that is not seen for longer is lost: the check would have begun again


class Reason(StrEnum):
    """Why a check is in its state.  For staff, never for the person."""

    NONE = ""
    TOLD_LATE = "told_late"  # the evidence came more than a day after the check
    OUTSIDE = "outside"  # it ended before it began, or long after
    DOUBTED = "doubted"
    NOT_ASKED = "not_asked"  # actions that no kiosk draws: see can_be_drawn
    NOT_DONE = "not_done"  # an action was not seen
    IMPOSSIBLE = "impossible"  # times that nobody can have had
    NOT_COMPARED = "not_compared"  # no reference was close enough
    CONTRADICTED = "contradicted"  # a reference is somebody else's
    NOT_GIVEN = "not_given"  # compared with a reference that central never gave
    NOT_ALL = "not_all"  # a reference that central gave is not mentioned
    UNNAMED = "unnamed"  # nobody can say which networks judged
    UNKNOWN_ENGINE = "unknown_engine"  # networks that are not known here
    UNKNOWN_LIMITS = "unknown_limits"  # limits that are not known here, or another engine's
    OTHER_ZONE = "other_zone"  # a zone that its score does not give
    REPEATED = "repeated"  # another check was told with the same answers at the same times
    TO_COMPARE = "to_compare"  # the kiosk leaves it to a person: a picture is awaited
    NO_MATCH = "no_match"
    NOBODY = "nobody"
    PICTURE = "picture"  # a picture is here to be compared
    SECOND_PERSON = "second_person"  # staff confirmed; a second person has still to
    PICTURE_OLD = "picture_old"  # nobody compared in time
    PARKED = "parked"  # a packet that waited for a person, who took it
    REPORTED_DEAD = "reported_dead"  # somebody told of a death, and nobody has called it a mistake
    ALREADY = "already"  # it bears itself out, and the person was certified for this term before
    UNDECIDED = "undecided"  # nobody could decide, or nobody did in time
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
    limits: FaceLimits,
    *,
    repeated: bool,
    opened_ms: int,
    received_ms: int,
    told_within_ms: int = TOLD_WITHIN_MS,
) -> tuple[CheckState, Reason]:
    """``given``: sources of the references central gave for this check.  ``repeated``: another check was told like this one."""
    if evidence.end is not CheckEnd.ACCEPTED:
        return CheckState.NOT_RECOGNISED, ENDS[evidence.end]
    ended_ms = ended_at_ms(evidence)
    if flaw := flaw_of(evidence, given, limits) or (Reason.REPEATED if repeated else Reason.NONE):
        return CheckState.NOT_RECOGNISED, flaw
    if not within_life(ended_ms, opened_ms) or ended_ms > received_ms + CLOCKS_APART_MS:
        return CheckState.NOT_RECOGNISED, Reason.OUTSIDE
    if received_ms - ended_ms > told_within_ms:
        return CheckState.UNDER_REVIEW, Reason.TOLD_LATE
    return CheckState.ACCEPTED, Reason.NONE


def flaw_of(evidence: CheckEvidence, given: Collection[str], limits: FaceLimits) -> Reason:
    """The first thing that keeps the evidence from standing by itself, the time it came apart."""
    return (
        _flaw_of_person(evidence)
        or _flaw_of_engine(evidence, limits)
        or _flaw_of_sources(evidence.comparisons, given)
        or _flaw_of_faces(evidence, limits)
    )


def _flaw_of_person(evidence: CheckEvidence) -> Reason:
    """What somebody did."""
    actions = [asked.action for asked in evidence.asked]
    flaws = {
        Reason.DOUBTED: bool(evidence.doubts),
        Reason.NOT_ASKED: not can_be_drawn(actions),
        Reason.NOT_DONE: any(asked.done_ms is None for asked in evidence.asked),
        Reason.IMPOSSIBLE: not _can_be(evidence.asked, evidence.duration_ms)
        or evidence.duration_ms < SHORTEST_MS
        or evidence.frames * MS_A_FRAME < evidence.duration_ms,
    }
    return _first(flaws)


def can_be_drawn(actions: Sequence[str]) -> bool:
    """Whether a kiosk can have asked this: four actions or more, one blink, each movement of the head another than the one before.

    Of actions that come once each the last is known before it is asked, and a film that shows all movements in circles fits one
    draw in six.  Of movements that may come again it fits one in twelve, and each further question halves that.  Blinks come by
    themselves and part nothing: there is one, and the movements before and after it differ too.
    """
    movements = [action for action in actions if action != BLINK]
    return (
        len(actions) >= LEAST_ACTIONS
        and len(actions) - len(movements) == 1
        and set(movements) <= set(MOVEMENTS)
        and all(before != after for before, after in pairwise(movements))
    )


def _can_be(asked: Sequence[AskedAction], duration_ms: int) -> bool:
    """Whether a person can have answered so: one question after the other, none before it was heard, all before the end."""
    answers = [(each.asked_ms, each.done_ms or 0) for each in asked]
    heard = all(done_ms - asked_ms >= SOONEST_MS for asked_ms, done_ms in answers)
    in_order = all(before[1] <= after[0] for before, after in pairwise(answers))
    return heard and in_order and all(done_ms <= duration_ms for _, done_ms in answers)


def _flaw_of_engine(evidence: CheckEvidence, limits: FaceLimits) -> Reason:
    """Which networks judged, and by which limits."""
    engine, model, detector = evidence.engine, evidence.model, evidence.detector
    flaws = {
        Reason.UNNAMED: None in (engine, model, detector),
        Reason.UNKNOWN_ENGINE: detector not in limits.detectors or not limits.knows(engine, model),
        Reason.UNKNOWN_LIMITS: limits.find(evidence.thresholds, engine, model) is None,
    }
    return _first(flaws)


def _flaw_of_sources(comparisons: Sequence[ComparedFace], given: Collection[str]) -> Reason:
    """Which faces were compared: each that central gave, once, and no other than the card's own."""
    sources = [face.source.value for face in comparisons if face.source is not ReferenceSource.CHIP]
    chips = len(comparisons) - len(sources)
    flaws = {
        Reason.NOT_GIVEN: not set(sources) <= set(given) or len(sources) > len(set(sources)) or chips > 1,
        Reason.NOT_ALL: not set(given) <= set(sources),
    }
    return _first(flaws)


def _flaw_of_faces(evidence: CheckEvidence, limits: FaceLimits) -> Reason:
    """What the numbers say, read here: no zone counts by its name."""
    known = limits.find(evidence.thresholds, evidence.engine, evidence.model)
    assert known is not None, "limits come first"
    zones = [_zone_of(face, known) for face in evidence.comparisons]
    flaws = {
        Reason.OTHER_ZONE: any(
            zone.value != face.zone for zone, face in zip(zones, evidence.comparisons, strict=True)
        ),
        Reason.CONTRADICTED: Zone.NO_MATCH in zones,
        Reason.NOT_COMPARED: together(zones) is not Zone.ACCEPT,
    }
    return _first(flaws)


def _zone_of(face: ComparedFace, known: Known) -> Zone:
    """A face that was too poor has no score, and is a person's to compare whatever else is said of it."""
    if face.score is None or face.flaws:
        return Zone.REVIEW
    return known.thresholds.zone(face.score, Source(face.source.value), known.direction)


def _first(flaws: dict[Reason, bool]) -> Reason:
    return next((reason for reason, wrong in flaws.items() if wrong), Reason.NONE)


def ended_at_ms(evidence: CheckEvidence) -> int:
    return round(evidence.ended_at.timestamp() * 1000)


def within_life(ended_ms: int, opened_ms: int) -> bool:
    """Whether a check can have ended then; both clocks are known to be a little wrong."""
    return opened_ms - CLOCKS_APART_MS <= ended_ms <= opened_ms + LIFE_MS
