"""The tablet's life: somebody signs in, does their day's work, signs out; until the program is told to stop."""

from __future__ import annotations

from kiosk import texts
from kiosk.field.tablet import Tablet
from kiosk.flows.field.day import day
from kiosk.flows.field.revoked import forget
from kiosk.flows.field.shift import Shift, SignedOut, Why
from kiosk.flows.field.sign_in import sign_in

SAID = {
    Why.ASKED: "",
    Why.REVOKED: texts.FIELD_REVOKED,
    Why.QUIET: texts.FIELD_SIGNED_OUT_QUIET,
    Why.EXPIRED: texts.FIELD_SIGNED_OUT_EXPIRED,
}


def serve(tablet: Tablet, first: object = None) -> None:
    """Until the desk is closed (Stopped).  ``first``: the first screen's answer, when it was asked already."""
    note = ""
    while True:
        note, first = shift(tablet, note, first), None


def shift(tablet: Tablet, note: str = "", first: object = None) -> str:
    """One member of staff, from sign-in to sign-out.  Returns what the next sign-in screen says."""
    signed_in = sign_in(tablet, note, first)
    try:
        day(Shift(tablet, signed_in))
    except SignedOut as ended:
        if ended.why is Why.REVOKED:
            forget(tablet)
        return SAID[ended.why]
    return ""
