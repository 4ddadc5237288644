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

from kiosk import texts, views, wire
from kiosk.api import Refused, Unreachable
from kiosk.face import reference_format
from kiosk.face.booth import BoothUnusable, Brief, SealedReference, Sitting
from kiosk.face.guidance import End, Guidance, Outcome
from kiosk.face.zones import Source
from kiosk.flows import trouble
from kiosk.flows.certified import Ended
from kiosk.flows.ways import Tally, Wish, other_ways
from kiosk.kiosk import Kiosk
from kiosk.registrar import CHECK
from kiosk.seal import seal
from kiosk.views import (
    BACK,
    AttentionButton,
    Back,
    CertifiedState,
    FaceButton,
    FaceNews,
    FaceWay,
    Signature,
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
    IN_VAIN = "in_vain"  # done, and the centre cannot take it: the machine's trouble too
    OFFLINE = "offline"  # a face needs the centre now
    ENOUGH = "enough"  # the centre wants another way today
    PICTURE_LEFT = "picture_left"  # the person does not wait for word of their picture


SAID = {
    Unfinished.STOPPED: (texts.STOPPED_FACE_TITLE, texts.STOPPED_FACE_NOTE),
    Unfinished.NOT_RECOGNISED: (texts.NOT_RECOGNISED_TITLE, texts.NOT_RECOGNISED_NOTE),
    Unfinished.BROKEN: (texts.FACE_BROKEN_TITLE, texts.FACE_BROKEN_NOTE),
    Unfinished.IN_VAIN: (texts.FACE_IN_VAIN_TITLE, texts.FACE_IN_VAIN_NOTE),
    Unfinished.OFFLINE: (texts.FACE_OFFLINE_TITLE, texts.FACE_OFFLINE_NOTE),
    Unfinished.ENOUGH: (texts.ENOUGH_TRIES_TITLE, texts.ENOUGH_TRIES_NOTE),
    Unfinished.PICTURE_LEFT: (texts.PICTURE_LEFT_TITLE, texts.PICTURE_LEFT_NOTE),
}
NOT_OFFERED: dict[Unfinished, tuple[WayKey, ...]] = {
    Unfinished.STOPPED: (WayKey.FACE,),  # who took the consent back gives it where the whole of it is
    Unfinished.PICTURE_LEFT: (WayKey.FACE,),
    Unfinished.IN_VAIN: (WayKey.FACE,),
    Unfinished.OFFLINE: (WayKey.STAFF,),  # they need the centre as much; a wish for a visit is kept
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
    without, again_note = NOT_OFFERED.get(end, ()), AGAIN.get(end, "")
    return other_ways(kiosk, page, tally, title, note, without=without, again_note=again_note)


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
            if refused.code is wire.ProblemCode.VISIT_OVER:
                return BACK  # my page asks anew, and then it is fresh
            if refused.code is not wire.ProblemCode.REFERENCE_GIVEN:
                tally.enough = True
                return Unfinished.ENOUGH
            kiosk.registrar.leave(check_id)  # the centre holds it open
        finally:
            kiosk.outbox.take_check(check_id)
    return Unfinished.OFFLINE


def one_check(
    kiosk: Kiosk, page: wire.MyPage, tally: Tally, sitting: Sitting, check_id: str
) -> Wish | Unfinished:
    """Raises Refused, Unreachable while the camera is still shut."""
    grant = ask_grant(kiosk, check_id, sitting.key, page.visit)
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
    tally.enough = grant.tries_left <= 0  # what ended before this was nobody's try
    kiosk.desk.show(views.Working(texts.FACE_TELLING, LOOK))
    try:
        reply = kiosk.registrar.deliver(check_id)
    except Refused:
        return Unfinished.IN_VAIN
    looked = Looked(check_id, bytes.fromhex(grant.review_key), outcome, reply)
    return judged(kiosk, page, tally, sitting, looked)


def ask_grant(kiosk: Kiosk, check_id: str, key: bytes, visit: str) -> wire.CheckGrant:
    """Twice when the first answer is lost: the same question, the same id.  Raises Refused, Unreachable."""
    try:
        return kiosk.registrar.ask_grant(check_id, key, visit)
    except Unreachable:
        return kiosk.registrar.ask_grant(check_id, key, visit)


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
            for a in outcome.asked[-20:]  # the newest: what the check ended with
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
        ended_at=kiosk.api.legal_now(),
    )


def count(number: int) -> int:
    return max(0, min(number, MOST))


def judged(
    kiosk: Kiosk, page: wire.MyPage, tally: Tally, sitting: Sitting, looked: Looked
) -> Wish | Unfinished:
    """What the centre made of it."""
    state, pictured = looked.reply.state if looked.reply else None, looked.outcome.has_picture
    passed = looked.outcome.end is End.ACCEPTED
    if state is wire.CheckState.ACCEPTED or (state is None and passed):
        return ended(looked)
    if state is wire.CheckState.WITHDRAWN:
        return Unfinished.STOPPED
    if state is wire.CheckState.UNDER_REVIEW:  # decided by asking, unless a picture can be sent
        return offer_to_compare(kiosk, page, tally, sitting, looked) if pictured else ended(looked)
    if passed:
        return Unfinished.IN_VAIN
    if is_a_try(looked.outcome):
        tally.failed += 1
    if pictured and looked.outcome.end in (End.REVIEW, End.NO_MATCH):
        return offer_to_compare(kiosk, page, tally, sitting, looked)
    return Unfinished.NOT_RECOGNISED


def is_a_try(outcome: Outcome) -> bool:
    """Without a picture that can be compared with, whatever somebody does is in vain: that is nobody's failed try."""
    compared = any(one.score is not None for one in outcome.comparisons)
    return compared or outcome.end in (End.NOT_DONE, End.NOBODY)


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
        note="" if accepted else texts.ASKED_STATE,
        picture_row=texts.PICTURE_CLEARED,
    )


# --- a picture for a person who compares -----------------------------------------------------------------------------


def offer_to_compare(
    kiosk: Kiosk, page: wire.MyPage, tally: Tally, sitting: Sitting, looked: Looked
) -> Wish | Unfinished:
    """One picture for a person who compares, beside all other ways.

    Who does not send it, or does not wait for word of it, is free for another way at once: what waits at the centre goes.
    """
    waits = looked.reply is not None and looked.reply.state is wire.CheckState.UNDER_REVIEW
    end: Wish | Unfinished = None
    left = False
    try:
        end = compare(kiosk, page, tally, sitting, looked, without=(WayKey.FACE,) if waits else ())
    finally:
        if not isinstance(end, Ended) and (waits or kiosk.registrar.picture_unsure(looked.check_id)):
            left = True
            kiosk.registrar.leave(looked.check_id)
    if left:
        kiosk.desk.show(views.Working(texts.FACE_TELLING, LOOK))
        kiosk.registrar.settle(CHECK + looked.check_id)
    return end


def compare(
    kiosk: Kiosk,
    page: wire.MyPage,
    tally: Tally,
    sitting: Sitting,
    looked: Looked,
    without: tuple[WayKey, ...],
) -> Wish | Unfinished:
    """One picture leaves with a tick and a signature of its own, or it does not leave."""
    while True:
        wish = other_ways(
            kiosk, page, tally, texts.COMPARE_TITLE, texts.COMPARE_NOTE, compare=True, without=without
        )
        if wish is not FaceWay.COMPARE:
            return wish
        signature = kiosk.desk.ask(views.SignForReview(LOOK, wire.CONSENT_VERSION))
        if signature is not BACK:
            break
    kiosk.desk.show(views.Working(texts.FACE_TELLING, LOOK))
    picture = sealed_picture(sitting, looked, signature)
    if picture is not None:
        return send(kiosk, looked, picture)
    trouble.explain(kiosk, "circle-alert", texts.PICTURE_NOT_SENT_TITLE, texts.PICTURE_GONE_BODY)
    return Unfinished.NOT_RECOGNISED


def sealed_picture(sitting: Sitting, looked: Looked, signature: Signature) -> wire.ReviewPicture | None:
    """Made once: a second one of the same check is another picture for the centre.  None when the worker has it no more."""
    sealed = sitting.seal_picture(looked.review_key, wire.picture_info(looked.check_id), signature.strokes)
    if sealed is None:
        return None
    return wire.ReviewPicture(consent_version=wire.CONSENT_VERSION, sealed=base64.b64encode(sealed).decode())


def send(kiosk: Kiosk, looked: Looked, picture: wire.ReviewPicture) -> Ended | Unfinished:
    """The signed picture, again and again the same, until the centre has it or the person goes another way."""
    gone = False  # whether it may have left the machine
    while True:
        kiosk.desk.show(views.Working(texts.FACE_TELLING, LOOK))
        try:
            reply = looked.reply or kiosk.registrar.deliver(looked.check_id)  # how the check ended goes first
            if reply is not None:
                looked, gone = replace(looked, reply=reply), True
                return compared(looked, kiosk.registrar.send_picture(looked.check_id, picture))
        except Unreachable:
            pass
        except Refused:
            if not gone:
                return Unfinished.IN_VAIN
            title, body = texts.PICTURE_REFUSED_TITLE, texts.PICTURE_REFUSED_BODY
            trouble.explain(kiosk, "circle-alert", title, body, texts.OTHER_WAYS)
            return Unfinished.PICTURE_LEFT
        title, body = texts.PICTURE_NOT_SENT_TITLE, texts.PICTURE_NOT_SENT_BODY
        if gone:
            title, body = texts.PICTURE_UNKNOWN_TITLE, texts.PICTURE_UNKNOWN_BODY
        answer = trouble.explain(kiosk, "wifi-off", title, body, texts.PICTURE_AGAIN, texts.OTHER_WAYS)
        if answer is not AttentionButton.FIRST:
            return Unfinished.PICTURE_LEFT if gone else Unfinished.NOT_RECOGNISED


def compared(looked: Looked, reply: wire.CheckReply) -> Ended:
    waits = reply.state is wire.CheckState.UNDER_REVIEW
    return replace(
        ended(replace(looked, reply=reply)),
        how=texts.HOW_COMPARED,
        note=texts.REVIEW_STATE if waits else "",
        picture_row=texts.PICTURE_SENT,
        can_withdraw=True,
    )


def not_due(kiosk: Kiosk) -> Back:
    """Somebody was quicker: done, or being compared."""
    trouble.explain(kiosk, "circle-check", texts.NOT_NOW_TITLE, texts.NOT_NOW_BODY, tone="ok")
    return BACK
