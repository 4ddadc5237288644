"""One try by face: sit down, agree on paper, look, write down, tell the centre.  The camera is open only in between.

However it ends, the worker ends with it, and with the worker everything it saw.
"""

from __future__ import annotations

import base64
import math
from contextlib import closing
from dataclasses import dataclass, replace

from kiosk import dates, events, texts, views, wire
from kiosk.api import Refused, Unreachable
from kiosk.face.booth import BoothUnusable, Brief, SealedReference, Sitting
from kiosk.face.guidance import End, Guidance, Outcome
from kiosk.face.zones import Source
from kiosk.flows import trouble
from kiosk.flows.certified import Ended
from kiosk.flows.ways import Tally, Wish, other_ways
from kiosk.kiosk import Kiosk
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

CONSENT, LOOK = Steps(views.CERTIFY_STEPS, 1), Steps(views.CERTIFY_STEPS, 2)
LONGEST_S = 300.0  # the worker ends every check long before; a worker that does not is broken
RINGS = 8  # the progress is redrawn so often at most: between two drawings a tap has nobody to go to
MACHINE = (End.BROKEN, End.CAMERA_LOST)
MOST = 1_000_000
STOPPED = "stopped"


@dataclass(frozen=True)
class Granted:
    check_id: str
    review_key: bytes


def by_face(kiosk: Kiosk, page: wire.MyPage, tally: Tally) -> Wish:
    """From the consent to a result, or to what the person wants instead.  Choosing this way was the consent."""
    kiosk.desk.show(views.Working(texts.FACE_PREPARING, CONSENT))
    try:
        sitting = kiosk.booth.sit()
    except BoothUnusable:
        kiosk.log.write(events.BoothUnusable())
        return broken(kiosk, page, tally)
    with closing(sitting):
        for _ in range(
            2
        ):  # an answer with the references was lost: they are given once, so a new check is begun
            check_id = kiosk.registrar.begin(page.person_id, wire.CONSENT_VERSION)
            try:
                return one_check(kiosk, page, tally, sitting, check_id)
            except Unreachable:
                return offline(kiosk, page, tally)
            except Refused as refused:
                if refused.code is not wire.ProblemCode.REFERENCE_GIVEN:
                    return refused_check(kiosk, page, tally, refused.code)
            finally:
                kiosk.outbox.take_check(check_id)
    return offline(kiosk, page, tally)


def one_check(kiosk: Kiosk, page: wire.MyPage, tally: Tally, sitting: Sitting, check_id: str) -> Wish:
    """Raises Refused, Unreachable while the camera is still shut."""
    grant = ask_grant(kiosk, check_id, sitting.key)
    if not grant.references and not goes_on_without_reference(kiosk):
        return None
    sitting.begin(brief(grant))
    outcome = look(kiosk, sitting, check_id)
    if not isinstance(outcome, Outcome):
        return stopped(kiosk, page, tally) if outcome is FaceButton.OTHER_WAY else None
    if outcome.end in MACHINE:
        return broken(kiosk, page, tally)
    kiosk.registrar.keep(check_id, evidence_of(kiosk, outcome))
    kiosk.desk.show(views.Working(texts.FACE_TELLING, LOOK))
    reply = kiosk.registrar.deliver(check_id)
    state = reply.state if reply else None
    if state is wire.CheckState.ACCEPTED or (state is None and outcome.end is End.ACCEPTED):
        return ended(check_id, reply)
    return not_recognised(
        kiosk, page, tally, sitting, Granted(check_id, bytes.fromhex(grant.review_key)), outcome, reply
    )


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
        texts.NO_REFERENCE_GO_ON,
        texts.OTHER_WAYS,
    )
    return answer is AttentionButton.FIRST


def brief(grant: wire.CheckGrant) -> Brief:
    references = tuple(
        SealedReference(Source(each.source.value), base64.b64decode(each.sealed)) for each in grant.references
    )
    return Brief(grant.check_id, wire.reference_info(grant.check_id), references, grant.gentle)


# --- the camera is open ----------------------------------------------------------------------------------------------


def look(kiosk: Kiosk, sitting: Sitting, check_id: str) -> Outcome | FaceButton | Back:
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
            note_end(kiosk, check_id, STOPPED, started)
            return answer
        if answer is FaceNews.ENDED and isinstance(news, Guidance):
            news = Outcome(End.BROKEN)
    note_end(kiosk, check_id, news.end.value, started)
    return news


def drawn(news: Guidance) -> Guidance:
    """What is worth a new drawing: every new word, and the progress in steps."""
    return replace(news, progress=math.floor(news.progress * RINGS) / RINGS)


def note_end(kiosk: Kiosk, check_id: str, end: str, started: float) -> None:
    ms = round((kiosk.clock.monotonic() - started) * 1000)
    kiosk.log.write(events.CheckEnded(check_id=check_id, end=end, ms=ms))


# --- it is shut again ------------------------------------------------------------------------------------------------


def evidence_of(kiosk: Kiosk, outcome: Outcome) -> wire.CheckEvidence:
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


def ended(check_id: str, reply: wire.CheckReply | None) -> Ended:
    """Done, as far as the person is concerned: the centre has it, or will have it."""
    if reply is None:
        return Ended(
            check_id, CertifiedState.PENDING, wire.Way.FACE, texts.HOW_FACE, picture_row=texts.PICTURE_CLEARED
        )
    return Ended(
        check_id,
        CertifiedState.ACCEPTED,
        wire.Way.FACE,
        texts.HOW_FACE,
        reply.receipt_no,
        reply.valid_until,
        reply.decided_at,
        picture_row=texts.PICTURE_CLEARED,
    )


def not_recognised(
    kiosk: Kiosk,
    page: wire.MyPage,
    tally: Tally,
    sitting: Sitting,
    granted: Granted,
    outcome: Outcome,
    reply: wire.CheckReply | None,
) -> Wish:
    """Every other way; and, while somebody may still compare, one picture for that.  No word says whose fault it was."""
    tally.failed += 1
    compares = outcome.end in (End.REVIEW, End.NO_MATCH) or (
        reply is not None and reply.state is wire.CheckState.UNDER_REVIEW
    )
    may_compare = compares and outcome.has_picture
    while True:
        title, note = (
            (texts.COMPARE_TITLE, texts.COMPARE_NOTE)
            if may_compare
            else (texts.NOT_RECOGNISED_TITLE, texts.NOT_RECOGNISED_NOTE)
        )
        wish = other_ways(kiosk, page, tally, title, note, compare=may_compare)
        if wish is not FaceWay.COMPARE:
            return wish
        sent = compare(kiosk, sitting, granted, told=reply is not None)
        if isinstance(sent, Ended):
            return sent
        may_compare = sent


def compare(kiosk: Kiosk, sitting: Sitting, granted: Granted, told: bool) -> Ended | bool:
    """One picture leaves with a tick and a signature of its own.  False when it cannot be sent any more; True to ask again.

    ``told``: the centre knows of the check already; else it is told first.
    """
    signature = kiosk.desk.ask(views.SignForReview(LOOK, wire.CONSENT_VERSION))
    if signature is BACK:
        return True
    kiosk.desk.show(views.Working(texts.FACE_TELLING, LOOK))
    sealed = sitting.seal_picture(granted.review_key, wire.picture_info(granted.check_id), signature.strokes)
    if sealed is None:
        trouble.explain(kiosk, "circle-alert", texts.PICTURE_NOT_SENT_TITLE, texts.PICTURE_NOT_SENT_BODY)
        return False
    picture = wire.ReviewPicture(
        consent_version=wire.CONSENT_VERSION, sealed=base64.b64encode(sealed).decode()
    )
    try:
        if not told:
            kiosk.registrar.deliver(granted.check_id)
        reply = kiosk.registrar.send_picture(granted.check_id, picture)
    except (Unreachable, Refused) as error:
        trouble.explain(kiosk, "wifi-off", texts.PICTURE_NOT_SENT_TITLE, texts.PICTURE_NOT_SENT_BODY)
        return isinstance(error, Unreachable)
    return Ended(
        granted.check_id,
        CertifiedState.UNDER_REVIEW,
        wire.Way.FACE,
        texts.HOW_COMPARED,
        reply.receipt_no,
        note=texts.REVIEW_STATE,
        picture_row=texts.PICTURE_SENT,
        can_withdraw=True,
    )


# --- what is said when there is no outcome ---------------------------------------------------------------------------


def stopped(kiosk: Kiosk, page: wire.MyPage, tally: Tally) -> Wish:
    return other_ways(kiosk, page, tally, texts.STOPPED_FACE_TITLE, texts.STOPPED_FACE_NOTE)


def broken(kiosk: Kiosk, page: wire.MyPage, tally: Tally) -> Wish:
    """The machine's trouble; never counted as the person's try."""
    return other_ways(kiosk, page, tally, texts.FACE_BROKEN_TITLE, texts.FACE_BROKEN_NOTE)


def offline(kiosk: Kiosk, page: wire.MyPage, tally: Tally) -> Wish:
    """A face needs the centre now.  A wish for a visit is kept here until it answers; staff need it as much as a face does."""
    return other_ways(
        kiosk, page, tally, texts.FACE_OFFLINE_TITLE, texts.FACE_OFFLINE_NOTE, without=(WayKey.STAFF,)
    )


def refused_check(kiosk: Kiosk, page: wire.MyPage, tally: Tally, code: wire.ProblemCode) -> Wish:
    if code is wire.ProblemCode.NOT_DUE:
        trouble.explain(kiosk, "circle-check", texts.NOT_DUE_TITLE, texts.ALREADY_DONE_BODY, tone="ok")
        return BACK
    tally.enough = True
    return other_ways(kiosk, page, tally, texts.ENOUGH_TRIES_TITLE, texts.ENOUGH_TRIES_NOTE)
