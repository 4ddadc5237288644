"""Why central says no: one exception, one table of HTTP statuses."""

from __future__ import annotations

import traceback
from pathlib import Path

from kiosk.wire import ProblemCode

STATUS = {
    ProblemCode.INVALID_REQUEST: 422,
    ProblemCode.UNAUTHORISED: 401,
    ProblemCode.PERSON_UNKNOWN: 404,
    ProblemCode.ORDER_UNKNOWN: 404,
    ProblemCode.RECEIPT_UNKNOWN: 404,
    ProblemCode.ORDER_CONFLICT: 409,
    ProblemCode.ORDER_CLOSED: 409,
    ProblemCode.ALREADY_PAID: 409,
    ProblemCode.BEING_CHECKED: 409,
    ProblemCode.NOT_PAYABLE: 409,
    ProblemCode.CHECK_UNKNOWN: 404,
    ProblemCode.CHECK_CONFLICT: 409,
    ProblemCode.REFERENCE_GIVEN: 409,
    ProblemCode.TOO_MANY_CHECKS: 409,
    ProblemCode.NOT_DUE: 409,
    ProblemCode.VISIT_OVER: 409,
    ProblemCode.CONSENT_WITHDRAWN: 409,
    ProblemCode.STAFF_UNKNOWN: 404,
    ProblemCode.STAFF_IS_PERSON: 409,
    ProblemCode.TABLET_KEY_KNOWN: 409,
    ProblemCode.TABLET_REVOKED: 403,
    ProblemCode.TOO_MANY_TRIES: 429,
    ProblemCode.PACKET_GAP: 409,
    ProblemCode.PACKET_REFUSED: 422,
    ProblemCode.KIOSK_STOPPED: 409,
    ProblemCode.CODE_INVALID: 422,
    ProblemCode.GATEWAY_SILENT: 503,
    ProblemCode.BUSY: 503,
}


class Refused(Exception):
    """A refusal with a reason the kiosk has words for.  ``detail`` is for staff and never personal."""

    def __init__(self, code: ProblemCode, detail: str = "") -> None:
        super().__init__(code.value)
        self.code, self.detail = code, detail


def where(error: BaseException) -> str:
    """Kind, file and line: a message or a traceback could carry a person's data into a log."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "an unknown place"
    return f"{type(error).__name__} at {place}"
