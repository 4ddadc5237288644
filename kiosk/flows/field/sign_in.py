"""Signing in: one's own ID card or the twelve digits, then the PIN.  Central looks; without a network this tablet's badge does."""

from __future__ import annotations

import math

from devices.errors import CardNotRead, DeviceError
from devices.idcard import IdCard
from kiosk import texts, views
from kiosk.api import Refused, Unreachable
from kiosk.field import badges
from kiosk.field.badges import BadgeExpired, NoBadge, NoPhoto, SignedIn, WrongPin
from kiosk.field.tablet import Tablet
from kiosk.field.views import BoardNews, EnterDigits, SignInButton, SignInByCard
from kiosk.flows import card
from kiosk.flows.field.revoked import forget
from kiosk.views import BACK
from kiosk.wire import Lookup, ProblemCode

CODE_DIGITS, PIN_DIGITS = 12, 6
READER_LOOK_S = 1.0  # how often a reader is asked that did not answer

REFUSED = {
    ProblemCode.STAFF_UNKNOWN: texts.FIELD_STAFF_UNKNOWN,
    ProblemCode.TOO_MANY_TRIES: texts.FIELD_TOO_MANY_TRIES,
    ProblemCode.TABLET_REVOKED: texts.FIELD_REVOKED,
}


def sign_in(tablet: Tablet, note: str = "", first: object = None) -> SignedIn:
    """Asks until somebody has signed in.  ``first``: what the first screen was answered already, before all this was built."""
    while True:
        answer = first if isinstance(first, SignInButton) else ask_card(tablet, note)
        first = None
        if isinstance(answer, IdCard):
            try:
                token, code = badges.card_token(answer), ""
            except NoPhoto:
                note = texts.FIELD_CARD_NO_PHOTO
                continue
            staff = Lookup(number=answer.number, name=answer.name, card_kind=answer.kind.value)
        else:
            typed = ask_digits(tablet, texts.FIELD_CODE_TITLE, texts.FIELD_CODE_NOTE, CODE_DIGITS, group=4)
            if not typed:
                continue
            token, code, staff = badges.code_token(typed), typed, None
        pin = ask_digits(tablet, texts.FIELD_PIN_TITLE, texts.FIELD_PIN_NOTE, PIN_DIGITS, secret=True)
        if not pin:
            continue
        tablet.desk.show(views.Working(texts.FIELD_SIGNING_IN))
        signed_in = check(tablet, token, staff, code, pin)
        if isinstance(signed_in, SignedIn):
            return signed_in
        note = signed_in


def ask_card(tablet: Tablet, note: str) -> IdCard | SignInButton:
    """A card that was read, or the wish to type the code.  A reader that is gone is said, and looked for."""
    trouble, every_s = "", tablet.config.reader.poll_interval_s
    while True:
        if tablet.courier.revoked:
            forget(tablet)
            note = texts.FIELD_REVOKED

        def watch(said: str = note) -> IdCard | BoardNews | None:
            nonlocal trouble, every_s
            tablet.courier.check()
            if tablet.courier.revoked and said != texts.FIELD_REVOKED:
                return BoardNews.CHANGED
            now, found = "", None
            try:
                found = card.look(tablet)
            except CardNotRead:
                now = texts.FIELD_CARD_NOT_READ
            except DeviceError:
                now = texts.FIELD_NO_READER
            every_s = READER_LOOK_S if now == texts.FIELD_NO_READER else tablet.config.reader.poll_interval_s
            if now == trouble or (not now and trouble == texts.FIELD_CARD_NOT_READ and found is None):
                return found
            trouble = now
            return found or BoardNews.CHANGED

        view = SignInByCard(tablet.api.tablet_id, trouble or note, tablet.packets.unsent)
        answer = tablet.desk.ask(view, watch=watch, every_s=every_s)
        if not isinstance(answer, BoardNews):
            return answer


def ask_digits(
    tablet: Tablet, title: str, note: str, count: int, group: int = 0, secret: bool = False
) -> str:
    """So many digits, or "" to go back."""
    answer = tablet.desk.ask(EnterDigits(title, note, count, count, secret=secret, group=group))
    return "" if answer is BACK else answer


def check(tablet: Tablet, token: bytes, staff: Lookup | None, code: str, pin: str) -> SignedIn | str:
    """Who it is, or what to say.  Central's no is a no; only its silence lets the badge on this tablet decide."""
    try:
        return tablet.badges.online(token, staff, code, pin)
    except Refused as refused:
        if refused.code is ProblemCode.TABLET_REVOKED:
            forget(tablet)
        return REFUSED.get(refused.code, texts.FIELD_NOT_ALLOWED)
    except Unreachable:
        pass
    try:
        return tablet.badges.offline(token, pin)
    except WrongPin as wrong:
        if wrong.wait_s > 0:
            return texts.FIELD_PIN_WRONG.format(wait=math.ceil(wrong.wait_s))
        return texts.FIELD_STAFF_UNKNOWN
    except NoBadge:
        return texts.FIELD_NO_BADGE
    except BadgeExpired:
        return texts.FIELD_BADGE_EXPIRED
