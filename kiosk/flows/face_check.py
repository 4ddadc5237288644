"""One try by face: sit down, agree on paper, look, write down, tell the centre.  The camera is open only in between.

However it ends, the worker ends with it, and with the worker everything it saw.
"""

from __future__ import annotations

import base64
import math
from contextlib import closing
from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING

from kiosk import dates, texts, views, wire
from kiosk.api import Refused, Unreachable
from kiosk.face import reference_format
from kiosk.face.booth import BoothUnusable, Brief, SealedReference, Sitting
from kiosk.face.guidance import End, Guidance, Outcome
from kiosk.face.zones import Source
from kiosk.flows import trouble
from kiosk.flows.certified import Ended
from kiosk.flows.ways import Tally, Wish, other_ways
from kiosk.kiosk import Kiosk
from kiosk.seal import seal
from kiosk.views import (
    BACK,
    AttentionButton,
    Back,
    CertifiedState,
    FaceButton,
    FaceNews,
    FaceWay,
    Steps,
    WayKey,
)

if TYPE_CHECKING:
    from kiosk.field.tablet import Tablet

CONSENT, LOOK = Steps(views.CERTIFY_STEPS, 1), Steps(views.CERTIFY_STEPS, 2)
LONGEST_S = 240.0  # the worker ends every check long before; a worker that does not is broken
RINGS = 8  # the progress is redrawn so often at most: between two drawings a tap has nobody to go to
MACHINE = (End.BROKEN, End.CAMERA_LOST)
MOST = 1_000_000


class Unfinished(Enum):
    """Why there is no result; said once nothing of the person is left in the machine."""

    STOPPED = "stopped"
    NOT_RECOGNISED = "not_recognised"
    BROKEN = "broken"  # the machine's trouble; never counted as the person's try
    OFFLINE = "offline"  # a face needs the centre now
    ENOUGH = "enough"  # the centre wants another way today


SAID = {
    Unfinished.STOPPED: (texts.STOPPED_FACE_TITLE, texts.STOPPED_FACE_NOTE),
    Unfinished.NOT_RECOGNISED: (texts.NOT_RECOGNISED_TITLE, texts.NOT_RECOGNISED_NOTE),
    Unfinished.BROKEN: (texts.FACE_BROKEN_TITLE, texts.FACE_BROKEN_NOTE),
    Unfinished.OFFLINE: (texts.FACE_OFFLINE_TITLE, texts.FACE_OFFLINE_NOTE),
    Unfinished.ENOUGH: (texts.ENOUGH_TRIES_TITLE, texts.ENOUGH_TRIES_NOTE),
}

# what another try does where it was not the person's doing: to sit still would not help
AGAIN = {Unfinished.BROKEN: texts.WAY_AGAIN_CAMERA, Unfinished.OFFLINE: texts.WAY_AGAIN_NETWORK}


@dataclass(frozen=True)
class Looked:
    """A check that ended with an outcome.  ``reply`` None: written down, and the centre has not answered yet."""

    check_id: str
    review_key: bytes
    outcome: Outcome
    reply: wire.CheckReply | None


def by_face(kiosk: Kiosk, page: wire.MyPage, tally: Tally) -> Wish:
    """From the consent to a result, or to what the person wants instead.  Choosing this way was the consent."""
    kiosk.desk.show(views.Working(texts.FACE_PREPARING, CONSENT))
    try:
        with closing(kiosk.booth.sit()) as sitting:
            end = sit(kiosk, page, tally, sitting)
    except BoothUnusable:
        end = Unfinished.BROKEN
    if not isinstance(end, Unfinished):
        return end
    title, note = SAID[end]
    # staff need the centre as much as a face does; a wish for a visit is kept here until it answers
    without = (WayKey.STAFF,) if end is Unfinished.OFFLINE else ()
    return other_ways(kiosk, page, tally, title, note, without=without, again_note=AGAIN.get(end, ""))


def sit(kiosk: Kiosk, page: wire.MyPage, tally: Tally, sitting: Sitting) -> Wish | Unfinished:
    """References are given once: when the answer that brought them was lost, a new check is begun in the same sitting."""
    for _ in range(2):
        check_id = kiosk.registrar.begin(page.person_id, wire.CONSENT_VERSION)
        try:
            return one_check(kiosk, page, tally, sitting, check_id)
        except Unreachable:
            return Unfinished.OFFLINE
        except Refused as refused:
            if refused.code is wire.ProblemCode.NOT_DUE:
                return not_due(kiosk)
            if refused.code is not wire.ProblemCode.REFERENCE_GIVEN:
                tally.enough = True
                return Unfinished.ENOUGH
        finally:
            kiosk.outbox.take_check(check_id)
    return Unfinished.OFFLINE


def one_check(
    kiosk: Kiosk, page: wire.MyPage, tally: Tally, sitting: Sitting, check_id: str
) -> Wish | Unfinished:
    """Raises Refused, Unreachable while the camera is still shut."""
    grant = ask_grant(kiosk, check_id, sitting.key)
    tally.enough = grant.tries_left <= 0
    one = brief(grant, chip_reference(kiosk, check_id, tally.chip_photo, sitting.key))
    if not one.references and not goes_on_without_reference(kiosk):
        return None
    sitting.begin(one)
    outcome = look(kiosk, sitting)
    if not isinstance(outcome, Outcome):
        return Unfinished.STOPPED if outcome is FaceButton.OTHER_WAY else None
    if outcome.end in MACHINE:
        return Unfinished.BROKEN
    kiosk.registrar.keep(check_id, evidence_of(kiosk, outcome))
    kiosk.desk.show(views.Working(texts.FACE_TELLING, LOOK))
    looked = Looked(check_id, bytes.fromhex(grant.review_key), outcome, kiosk.registrar.deliver(check_id))
    return judged(kiosk, page, tally, sitting, looked)


def ask_grant(kiosk: Kiosk, check_id: str, key: bytes) -> wire.CheckGrant:
    """Twice when the first answer is lost: the same question, the same id.  Raises Refused, Unreachable."""
    try:
        return kiosk.registrar.ask_grant(check_id, key)
    except Unreachable:
        return kiosk.registrar.ask_grant(check_id, key)


def goes_on_without_reference(kiosk: Kiosk) -> bool:
    """There is no picture to compare with: a person will have to look.  Said before the camera opens."""
    answer = trouble.explain(
        kiosk,
        "file-search",
        texts.NO_REFERENCE_TITLE,
        texts.NO_REFERENCE_BODY,
        texts.OTHER_WAYS,
        texts.NO_REFERENCE_GO_ON,
    )
    return answer is AttentionButton.SECOND


def chip_reference(kiosk: Kiosk, check_id: str, photo: bytes, key: bytes) -> tuple[SealedReference, ...]:
    """The card's own picture, when this machine has a decoder for it; opened in the worker, like those of the centre."""
    if not photo or kiosk.config.face.chip.decoder is None:
        return ()
    content = reference_format.write(reference_format.StoredChip(photo))
    return (SealedReference(Source.CHIP, seal(content, key, wire.reference_info(check_id))),)


def brief(grant: wire.CheckGrant, of_card: tuple[SealedReference, ...]) -> Brief:
    references = of_card + tuple(
        SealedReference(Source(each.source.value), base64.b64decode(each.sealed)) for each in grant.references
    )
    return Brief(grant.check_id, wire.reference_info(grant.check_id), references, grant.gentle)


# --- the camera is open ----------------------------------------------------------------------------------------------


def look(kiosk: Kiosk, sitting: Sitting) -> Outcome | FaceButton | Back:
    """The person on the screen and what to do now, until the worker has an outcome or the person wants to stop."""
    started = kiosk.clock.monotonic()
    news, shown = sitting.news(), Guidance()

    def watch() -> FaceNews | None:
        nonlocal news
        news = sitting.news()
        if not isinstance(news, Guidance) or kiosk.clock.monotonic() - started > LONGEST_S:
            return FaceNews.ENDED
        return FaceNews.CHANGED if drawn(news) != drawn(shown) else None

    while isinstance(news, Guidance):
        shown = news
        answer = kiosk.desk.ask(views.FaceLook(LOOK, drawn(shown), sitting.preview), watch=watch)
        if answer is BACK or answer is FaceButton.OTHER_WAY:
            return answer
        if answer is FaceNews.ENDED and isinstance(news, Guidance):
            news = Outcome(End.BROKEN)
    return news


def drawn(news: Guidance) -> Guidance:
    """What is worth a new drawing: every new word, and the progress in steps."""
    return replace(news, progress=math.floor(news.progress * RINGS) / RINGS)


# --- it is shut again ------------------------------------------------------------------------------------------------


def evidence_of(kiosk: Kiosk | Tablet, outcome: Outcome) -> wire.CheckEvidence:
    """What a check was, in the words of the wire: no picture, no vector."""
    return wire.CheckEvidence(
        end=wire.CheckEnd(outcome.end.value),
        asked=tuple(
            wire.AskedAction(
                action=a.action.value,
                asked_ms=count(a.asked_ms),
                done_ms=None if a.done_ms is None else count(a.done_ms),
            )
            for a in outcome.asked[:20]
        ),
        doubts=tuple(doubt.value for doubt in outcome.doubts[:10]),
        comparisons=tuple(
            wire.ComparedFace(
                source=wire.ReferenceSource(c.source.value),
                zone=c.zone.value,
                score=None if c.score is None or not math.isfinite(c.score) else c.score,
                flaws=tuple(flaw.value for flaw in c.flaws[:10]),
            )
            for c in outcome.comparisons[:4]
        ),
        engine=outcome.engine or None,
        model=outcome.model or None,
        detector=outcome.detector or None,
        thresholds=outcome.thresholds,
        frames=count(outcome.frames),
        duration_ms=count(outcome.duration_ms),
        quality={name: value for name, value in list(outcome.quality.items())[:12] if math.isfinite(value)},
        ended_at=dates.legal_now(kiosk.clock, kiosk.api.skew_s),
    )


def count(number: int) -> int:
    return max(0, min(number, MOST))


def judged(
    kiosk: Kiosk, page: wire.MyPage, tally: Tally, sitting: Sitting, looked: Looked
) -> Wish | Unfinished:
    """What the centre made of it.  While a person may still compare, one picture for that is offered beside all other ways."""
    state = looked.reply.state if looked.reply else None
    if state is wire.CheckState.ACCEPTED or (state is None and looked.outcome.end is End.ACCEPTED):
        return ended(looked)
    under_review = state is wire.CheckState.UNDER_REVIEW
    if not under_review:
        tally.failed += 1
    may_compare = looked.outcome.has_picture and (
        under_review or looked.outcome.end in (End.REVIEW, End.NO_MATCH)
    )
    while may_compare:
        without = (WayKey.FACE, WayKey.STAFF) if under_review else ()  # the centre looks at it already
        wish = other_ways(
            kiosk, page, tally, texts.COMPARE_TITLE, texts.COMPARE_NOTE, compare=True, without=without
        )
        if wish is not FaceWay.COMPARE:
            return ended(looked) if wish is None and under_review else wish
        sent = compare(kiosk, sitting, looked)
        if isinstance(sent, Ended):
            return sent
        may_compare = sent
    return ended(looked) if under_review else Unfinished.NOT_RECOGNISED


def ended(looked: Looked) -> Ended:
    """Done, as far as the person is concerned: the centre has it, or will have it."""
    done = Ended(looked.check_id, CertifiedState.PENDING, wire.Way.FACE, texts.HOW_FACE)
    if looked.reply is None:
        return replace(done, picture_row=texts.PICTURE_CLEARED)
    accepted = looked.reply.state is wire.CheckState.ACCEPTED
    return replace(
        done,
        state=CertifiedState.ACCEPTED if accepted else CertifiedState.UNDER_REVIEW,
        receipt_no=looked.reply.receipt_no,
        valid_until=looked.reply.valid_until,
        next_from=looked.reply.next_from,
        decided_at=looked.reply.decided_at,
        note="" if accepted else texts.REVIEW_STATE,
        picture_row=texts.PICTURE_CLEARED,
    )


def compare(kiosk: Kiosk, sitting: Sitting, looked: Looked) -> Ended | bool:
    """One picture leaves with a tick and a signature of its own.  True to ask again; False when it cannot be sent any more."""
    signature = kiosk.desk.ask(views.SignForReview(LOOK, wire.CONSENT_VERSION))
    if signature is BACK:
        return True
    kiosk.desk.show(views.Working(texts.FACE_TELLING, LOOK))
    sealed = sitting.seal_picture(looked.review_key, wire.picture_info(looked.check_id), signature.strokes)
    if sealed is None:
        trouble.explain(kiosk, "circle-alert", texts.PICTURE_NOT_SENT_TITLE, texts.PICTURE_GONE_BODY)
        return False
    picture = wire.ReviewPicture(
        consent_version=wire.CONSENT_VERSION, sealed=base64.b64encode(sealed).decode()
    )
    try:
        if looked.reply is None and kiosk.registrar.deliver(looked.check_id) is None:
            raise Unreachable("send_evidence")  # the centre has not heard of the check's end: that goes first
        reply = kiosk.registrar.send_picture(looked.check_id, picture)
    except Unreachable:
        trouble.explain(kiosk, "wifi-off", texts.PICTURE_NOT_SENT_TITLE, texts.PICTURE_NOT_SENT_BODY)
        return True
    except Refused:
        trouble.explain(kiosk, "circle-alert", texts.PICTURE_NOT_SENT_TITLE, texts.PICTURE_GONE_BODY)
        return False
    return replace(
        ended(replace(looked, reply=reply)),
        how=texts.HOW_COMPARED,
        picture_row=texts.PICTURE_SENT,
        can_withdraw=True,
    )


def not_due(kiosk: Kiosk) -> Back:
    """Somebody was quicker: done, or being compared."""
    trouble.explain(kiosk, "circle-check", texts.NOT_NOW_TITLE, texts.NOT_NOW_BODY, tone="ok")
    return BACK
