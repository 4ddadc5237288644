"""By hand: staff look, and say why.  A photo with the day's code if they agree, a witness signs; a second person approves later."""

from __future__ import annotations

import base64
from contextlib import closing

from kiosk import texts, views
from kiosk.face.booth import BoothState, BoothUnusable, Sitting
from kiosk.face.guidance import Outcome
from kiosk.field.views import FieldChoose, PhotoPanel, SignPanel, VisitButton, WordsPanel
from kiosk.field.wire import CONSENT_VERSION, Consent, ConsentBy, Manual, ManualReason, Pack, RecordKind
from kiosk.flows.field.case import BY_FACE, BY_HAND, Answer, Case, Photo
from kiosk.flows.field.keeping import Done, keep
from kiosk.views import BACK, ReasonOption, Signature
from kiosk.wire import picture_info

LEAVE, NO_PHOTO, AGAIN = VisitButton.LEAVE, VisitButton.NO_PHOTO, VisitButton.AGAIN


def by_hand(case: Case) -> None:
    """Seals a record, or comes back without one when somebody goes back.  Raises Left, SignedOut."""
    pack = case.shift.pack
    assert pack is not None, "nobody is visited without a pack"
    reason = ask_reason(case)
    if reason is None:
        return
    case.tasks = BY_HAND
    case.photo, case.witnessed = Photo.TO_COME, False
    photo = ask_photo(case, pack)
    case.photo = Photo.TAKEN if photo else Photo.NONE
    who = SignPanel(texts.FIELD_WITNESS)
    witness: Answer = None
    while not isinstance(witness, Signature):
        witness = case.ask(who, LEAVE, VisitButton.SAVE, next_words=texts.SIGN_DONE)
    case.witnessed = True
    words = texts.FIELD_BY_HAND_DONE if photo else texts.FIELD_BY_HAND_NO_PHOTO
    case.ask(WordsPanel("circle-check", words, "ok"), VisitButton.MORE, VisitButton.SAVE)
    manual = Manual(reason=reason, day_code=pack.day_code, photo=photo, witness=witness.strokes)
    keep(case, Done(RecordKind.MANUAL, evidence=case.evidence, manual=manual))


def ask_reason(case: Case) -> ManualReason | None:
    """What is likeliest stands first.  None: back."""
    if case.tries:
        likeliest = ManualReason.NOT_RECOGNISED
    elif case.consent is None:
        likeliest = ManualReason.NO_CONSENT
    else:
        likeliest = ManualReason.CANNOT_DO_IT
    ordered = sorted(ManualReason, key=lambda reason: reason is not likeliest)
    options = tuple(ReasonOption(one.value, texts.FIELD_BY_HAND_REASONS[one.value]) for one in ordered)
    answer = case.shift.ask(FieldChoose(texts.FIELD_WHY_BY_HAND, "", options))
    if answer is BACK:
        case.tasks = BY_FACE
        return None
    return ManualReason(answer)


# --- the photo -------------------------------------------------------------------------------------------------------


def ask_photo(case: Case, pack: Pack) -> str | None:
    """A photo with the day's code, sealed for a person at the centre, base64; None: there is none, and it is said."""
    if pack.review_key is None or case.shift.tablet.booth.status() is BoothState.NO_CAMERA:
        return None
    answer = case.ask(
        WordsPanel("camera", texts.FIELD_CONSENT_PHOTO, "go"),
        *(NO_PHOTO, VisitButton.AGREE_GUARDIAN, VisitButton.AGREE_PERSON),
    )
    if answer is NO_PHOTO:
        return None
    who = ConsentBy.GUARDIAN if answer is VisitButton.AGREE_GUARDIAN else ConsentBy.PERSON
    case.consent = Consent(by=who, version=CONSENT_VERSION)
    while True:
        case.shift.tablet.desk.show(views.Working(texts.FIELD_SHOOTING))
        try:
            with closing(case.shift.tablet.booth.sit()) as sitting:
                sealed = shoot(case, sitting, pack.day_code, bytes.fromhex(pack.review_key))
        except BoothUnusable:
            sealed = None
        if sealed is NO_PHOTO:
            return None
        if isinstance(sealed, bytes):
            return base64.b64encode(sealed).decode()
        panel = WordsPanel("camera", texts.FIELD_PHOTO_BROKEN, "go")
        if case.ask(panel, LEAVE, AGAIN, NO_PHOTO) is not AGAIN:
            return None


def shoot(case: Case, sitting: Sitting, day_code: str, key: bytes) -> bytes | VisitButton | None:
    """Until one is good enough.  NO_PHOTO when that was tapped; None when the camera is lost."""
    taken = False
    sitting.photograph()

    def lost() -> bool:
        return isinstance(sitting.news(), Outcome)

    while not lost():
        panel = PhotoPanel(sitting.preview, day_code, taken)
        buttons = (
            (NO_PHOTO, VisitButton.SHOOT_AGAIN, VisitButton.KEEP_PHOTO)
            if taken
            else (NO_PHOTO, VisitButton.SHOOT)
        )
        answer = case.ask(panel, *buttons, news=lost)
        if answer is NO_PHOTO:
            return NO_PHOTO
        if answer is VisitButton.SHOOT:
            taken = sitting.shoot()
        elif answer is VisitButton.SHOOT_AGAIN:
            sitting.photograph()  # what stood still moves again
            taken = False
        elif answer is VisitButton.KEEP_PHOTO:
            return sitting.seal_photo(key, picture_info(case.record_id))
    return None
