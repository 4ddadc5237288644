"""By face: the tablet is held before the person, the camera looks and compares.  What it cannot settle, a person does.

The camera is open only in between; however it ends, the worker ends with it, and with the worker everything it saw.
"""

from __future__ import annotations

import base64
from contextlib import closing

from kiosk import texts, views
from kiosk.face import reference_format
from kiosk.face.booth import BoothState, BoothUnusable, Brief, SealedReference, Sitting
from kiosk.face.guidance import End, Guidance, Outcome
from kiosk.face.zones import Source
from kiosk.field.views import MirrorPanel, SignPanel, VisitButton, WordsPanel
from kiosk.field.wire import CONSENT_VERSION, Consent, ConsentBy, RecordKind
from kiosk.flows.face_check import LONGEST_S, MACHINE, drawn, evidence_of
from kiosk.flows.field.by_hand import by_hand
from kiosk.flows.field.case import Answer, Case
from kiosk.flows.field.keeping import Done, keep
from kiosk.seal import seal
from kiosk.views import Signature
from kiosk.wire import picture_info, reference_info

MOST_TRIES = 3  # of one person in one shift: whoever tries on and on is recognised in the end
COMPARED = (End.REVIEW, End.NO_MATCH)
LEAVE, BY_HAND, AGAIN, COMPARE = (
    VisitButton.LEAVE,
    VisitButton.BY_HAND,
    VisitButton.AGAIN,
    VisitButton.COMPARE,
)


def by_face(case: Case) -> None:
    """From the consent to a sealed record, by hand when that is wished.  Raises Left, SignedOut."""
    if case.shift.tablet.booth.status() is BoothState.NO_CAMERA:
        case.ask(WordsPanel("camera", texts.FIELD_NO_CAMERA, "go"), LEAVE, BY_HAND)
        return by_hand(case)
    if case.tries >= MOST_TRIES:
        ask_again(case, End.NOT_DONE)
        return by_hand(case)
    answer: Answer = case.ask(
        WordsPanel("scan-face", texts.FIELD_READY),
        *(VisitButton.MORE, BY_HAND, VisitButton.START_FACE),
        next_words=texts.FIELD_NEXT_FACE,
    )
    while answer is not BY_HAND:
        case.shift.tablet.desk.show(views.Working(texts.FIELD_PREPARING))
        try:
            with closing(case.shift.tablet.booth.sit()) as sitting:
                end = one_check(case, sitting)
        except BoothUnusable:
            end = End.BROKEN
        if isinstance(end, Done):
            return keep(case, end)
        answer = ask_again(case, end) if isinstance(end, End) else end
    return by_hand(case)


def ask_again(case: Case, end: End) -> VisitButton:
    """No result, and no blame: another try, or by hand.  After two tries by hand is the main one; after three the only one."""
    ways: tuple[VisitButton, ...]
    if end in MACHINE:
        words, ways = texts.FIELD_MACHINE, (LEAVE, AGAIN, BY_HAND)
    elif case.tries >= MOST_TRIES:
        words, ways = texts.FIELD_ENOUGH, (LEAVE, BY_HAND)
    else:
        words = texts.FIELD_UNSURE if end in COMPARED else texts.FIELD_NOT_SEEN
        ways = (LEAVE, AGAIN, BY_HAND) if case.tries > 1 else (LEAVE, BY_HAND, AGAIN)
    return AGAIN if case.ask(WordsPanel("smile", words, "go"), *ways) is AGAIN else BY_HAND


def one_check(case: Case, sitting: Sitting) -> Done | End | VisitButton:
    """A record to keep; or how it ended without one; or what was tapped."""
    sitting.begin(brief(case, sitting.key))
    outcome = look(case, sitting)
    if not isinstance(outcome, Outcome):
        return outcome
    if outcome.end in MACHINE:
        return outcome.end
    evidence = evidence_of(case.shift.tablet, outcome)
    case.evidence = evidence.model_copy(update={"ended_at": case.shift.now()})
    if outcome.end is End.ACCEPTED:
        sitting.close()
        case.compared = True
        case.ask(WordsPanel("circle-check", texts.FIELD_MATCHED, "ok"), VisitButton.MORE, VisitButton.SAVE)
        return Done(RecordKind.FACE, evidence=case.evidence)
    case.count_try()
    pack = case.shift.pack
    if outcome.end not in COMPARED or not outcome.has_picture or pack is None or pack.review_key is None:
        return outcome.end
    return a_person_may_compare(case, sitting, outcome, bytes.fromhex(pack.review_key))


def brief(case: Case, key: bytes) -> Brief:
    """The pack's references, and the card's own picture where it can be decoded, for this worker's eyes only.  Always gentle."""
    info = reference_info(case.record_id)
    chip = case.card.photo if case.card and case.shift.tablet.config.face.chip.decoder else b""
    contents = [(Source.CHIP, reference_format.write(reference_format.StoredChip(chip)))] if chip else []
    contents += [
        (Source(each.source.value), base64.b64decode(each.content)) for each in case.person.references
    ]
    sealed = tuple(SealedReference(source, seal(content, key, info)) for source, content in contents)
    return Brief(case.record_id, info, sealed, gentle=True)


def look(case: Case, sitting: Sitting) -> Outcome | VisitButton:
    """The person on the screen and what to say to them now, until the worker has an outcome or by hand is tapped."""
    clock = case.shift.tablet.clock
    started, news = clock.monotonic(), sitting.news()
    while isinstance(news, Guidance):
        shown = news

        def changed(before: Guidance = shown) -> bool:
            nonlocal news
            news = sitting.news()
            late = clock.monotonic() - started > LONGEST_S
            return not isinstance(news, Guidance) or late or drawn(news) != drawn(before)

        answer = case.ask(MirrorPanel(drawn(shown), sitting.preview), LEAVE, BY_HAND, news=changed)
        if answer is BY_HAND:
            return BY_HAND
        if isinstance(news, Guidance) and clock.monotonic() - started > LONGEST_S:
            return Outcome(End.BROKEN)
    return news


# --- a person may compare --------------------------------------------------------------------------------------------


def a_person_may_compare(
    case: Case, sitting: Sitting, outcome: Outcome, review_key: bytes
) -> Done | VisitButton:
    """One picture, after a yes and a signature of its own, for a person at the centre; or one of the other ways."""
    compared = any(one.score is not None for one in outcome.comparisons)
    words = texts.FIELD_UNSURE if compared else texts.FIELD_UNSURE_NO_REFERENCE
    again = AGAIN if case.tries < MOST_TRIES else LEAVE
    answer = case.ask(WordsPanel("smile", words, "go"), again, BY_HAND, COMPARE)
    if answer is not COMPARE:
        return AGAIN if answer is AGAIN else BY_HAND
    answer = case.ask(
        WordsPanel("pen-line", texts.FIELD_COMPARE, "go"),
        *(BY_HAND, VisitButton.AGREE_GUARDIAN, VisitButton.AGREE_PERSON),
    )
    if answer is BY_HAND:
        return BY_HAND
    who = ConsentBy.GUARDIAN if answer is VisitButton.AGREE_GUARDIAN else ConsentBy.PERSON
    panel = SignPanel(texts.FIELD_SIGNER[who.value])
    signature: Answer = None
    while not isinstance(signature, Signature):
        signature = case.ask(panel, LEAVE, BY_HAND, VisitButton.SAVE, next_words=texts.SIGN_DONE)
        if signature is BY_HAND:
            return BY_HAND
    sealed = sitting.seal_picture(review_key, picture_info(case.record_id), signature.strokes)
    sitting.close()
    if sealed is None:
        return gone(case)
    case.consent, case.compared = Consent(by=who, version=CONSENT_VERSION), True
    case.ask(WordsPanel("circle-check", texts.FIELD_COMPARED, "ok"), VisitButton.MORE, VisitButton.SAVE)
    picture = base64.b64encode(sealed).decode()
    return Done(RecordKind.FACE, evidence=case.evidence, picture=picture)


def gone(case: Case) -> VisitButton:
    """The worker does not hold the picture any more: nothing was sent."""
    ways = (LEAVE, AGAIN, BY_HAND) if case.tries < MOST_TRIES else (LEAVE, BY_HAND)
    answer = case.ask(WordsPanel("camera", texts.FIELD_PICTURE_GONE, "go"), *ways)
    return AGAIN if answer is AGAIN else BY_HAND
