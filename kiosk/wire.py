"""The models shared by kiosk and central.  Imports nothing of ours; OpenAPI is made from it.

Requests forbid unknown fields; replies ignore them, so that an older kiosk keeps working with a newer central.
Money is integer fen.  Times are RFC 3339 with an offset.  ``person_id`` is opaque: no citizen number is ever in a URL.

    POST /v1/visits                       Lookup        -> MyPage           404 person_unknown
    POST /v1/people/{person_id}/records                 -> Records
    POST /v1/people/{person_id}/receipts                -> ReceiptList
    PUT  /v1/orders/{order_id}            OrderRequest  -> OrderReply       409 order_conflict / order_closed / already_paid
    GET  /v1/orders/{order_id}                          -> OrderReply       404 order_unknown
    POST /v1/orders/{order_id}/pay-code   PayCode       -> OrderReply       422 code_invalid
    POST /v1/orders/{order_id}/close      CloseRequest  -> OrderReply       503 gateway_silent; unknown: a tombstone, CLOSED
    POST /v1/receipts/{receipt_no}/prints PrintRequest  -> PrintGrant       idempotent by print_id
    POST /v1/receipts/{receipt_no}/outcome PrintOutcome -> PrintGrant       idempotent by print_id
    POST /v1/device-log                   LogBatch      -> LogReply         repeats are welcome
    POST /v1/day-totals                   DayTotals     -> TotalsReply      repeats are welcome
    PUT  /v1/checks/{check_id}            CheckStart    -> CheckGrant       409 check_conflict / reference_given / too_many_checks
    POST /v1/checks/{check_id}/evidence   CheckEvidence -> CheckReply       idempotent; 404 check_unknown
    POST /v1/checks/{check_id}/picture    ReviewPicture -> CheckReply       idempotent; only while somebody has still to compare
    POST /v1/checks/{check_id}/withdraw   Withdrawal    -> CheckReply       consent is taken back; repeats are welcome
    PUT  /v1/assisted-checks/{check_id}   AssistedCheck -> CheckReply       404 staff_unknown, 409 staff_is_person / visit_over
    PUT  /v1/home-visits/{request_id}     HomeVisit     -> HomeVisitReply   repeats are welcome
    GET  /v1/health                                     -> Health
Every /v1 call but health carries ``Authorization: Bearer <kiosk token>`` and ``X-Kiosk: <kiosk id>``.
Every error is a Problem with a matching HTTP status.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from enum import Enum
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

MAX_LINES = 8
MAX_LOG_ENTRIES = 100

Fen = Annotated[int, Field(strict=True, ge=0, le=100_000_000)]
OrderId = Annotated[str, Field(pattern=r"^[A-Z0-9-]{8,40}$")]
PersonId = Annotated[str, Field(pattern=r"^[a-z0-9]{8,40}$")]
ReceiptNo = Annotated[str, Field(pattern=r"^\d{16,22}$")]
Year = Annotated[int, Field(strict=True, ge=1990, le=2100)]
Seq = Annotated[int, Field(strict=True, ge=1, le=2**31 - 1)]
Milliseconds = Annotated[int, Field(strict=True, ge=-(2**53), le=2**53)]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


def _written_day(value: object) -> object:
    """A day is written 2026-11-23; pydantic would take a number of seconds too.  Raises ValueError."""
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value, re.ASCII):
        return date.fromisoformat(value)
    if isinstance(value, date):
        return value
    raise ValueError("not a day")


Day = Annotated[date, BeforeValidator(_written_day)]


class Request(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Reply(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class ProblemCode(str, Enum):
    """Why central refused.  The kiosk has words for each."""

    INVALID_REQUEST = "invalid_request"  # 422
    UNAUTHORISED = "unauthorised"  # 401
    PERSON_UNKNOWN = "person_unknown"  # 404
    ORDER_UNKNOWN = "order_unknown"  # 404
    RECEIPT_UNKNOWN = "receipt_unknown"  # 404
    ORDER_CONFLICT = "order_conflict"  # 409: same order id, other body
    ORDER_CLOSED = "order_closed"  # 409: the id was closed before it was created, or is closed
    ALREADY_PAID = "already_paid"  # 409: this person has paid this item and year
    BEING_CHECKED = "being_checked"  # 409: another order for this person, item and year is still open
    NOT_PAYABLE = "not_payable"  # 409: product not open, tier or amount not offered today
    CHECK_CONFLICT = "check_conflict"  # 409: same check id, other body
    CHECK_UNKNOWN = "check_unknown"  # 404
    REFERENCE_GIVEN = "reference_given"  # 409: the pictures of this check were given once: begin a new one
    TOO_MANY_CHECKS = "too_many_checks"  # 409: another way is better for this person today
    NOT_DUE = "not_due"  # 409: certified, or draws no benefit
    VISIT_OVER = "visit_over"  # 409: the page was asked for too long ago, or elsewhere: ask for it anew
    CONSENT_WITHDRAWN = "consent_withdrawn"  # 409: nothing more is taken for this check
    STAFF_UNKNOWN = "staff_unknown"  # 404: the card is nobody's who may confirm others
    STAFF_IS_PERSON = "staff_is_person"  # 409: nobody confirms themselves, or their own household
    TABLET_KEY_KNOWN = "tablet_key_known"  # 409: this tablet has another key
    TABLET_REVOKED = "tablet_revoked"  # 403: reported lost; it keeps nothing and is given nothing
    TOO_MANY_TRIES = "too_many_tries"  # 429: wrong PINs; wait
    PACKET_GAP = "packet_gap"  # 409: an earlier packet of this tablet is missing
    PACKET_REFUSED = "packet_refused"  # 422: hash, chain or signature is wrong; kept for audit
    KIOSK_STOPPED = "kiosk_stopped"  # 409: this kiosk takes no money until somebody has looked at it
    CODE_INVALID = "code_invalid"  # 422: not a payer's code, or used up
    GATEWAY_SILENT = "gateway_silent"  # 503: the gateway does not answer; ask again
    BUSY = "busy"  # 503: try again


class Problem(Reply):
    code: ProblemCode
    detail: str = ""  # for staff; never personal


class Quality(str, Enum):
    """How well a figure is proved; ``assumed`` is shown as such."""

    SEED = "seed"
    LAW = "law"
    PEER = "peer"
    ASSUMED = "assumed"


# --- a visit ---------------------------------------------------------------------------------------------------------


class Lookup(Request):
    """What the card says.  ``card_kind`` is devices.idcard.CardKind's value."""

    number: Annotated[str, Field(min_length=15, max_length=18)]
    name: Annotated[str, Field(min_length=1, max_length=120)]
    card_kind: str = "resident"

    def __repr__(self) -> str:
        return "Lookup()"


class DueState(str, Enum):
    DUE = "due"
    PAID = "paid"
    BEING_CHECKED = "being_checked"  # an order for it is still open: do not pay again
    NOT_OPEN = "not_open"


class Tier(Reply):
    """One amount that can be paid.  ``monthly_gain_fen``: what 15 years of it add to the monthly pension, if known."""

    code: str
    amount_fen: Fen
    label: str  # "300 元/年", "60% 档"
    subsidy_fen: Fen | None = None
    monthly_gain_fen: Fen | None = None


class Due(Reply):
    """One item of one year for one person."""

    product: str  # resident_pension, resident_medical, flexible_pension
    title: str  # 居民养老
    insurance: str  # 城乡居民基本养老保险
    year: Year
    state: DueState
    deadline: date | None = None
    paid_on: date | None = None
    paid_fen: Fen | None = None
    tiers: tuple[Tier, ...] = ()
    suggested: str | None = None  # the tier paid last year, or the commonest
    quality: Quality = Quality.ASSUMED


class CertificationState(str, Enum):
    VALID = "valid"  # 已认证
    DUE = "due"  # 待认证
    OVERDUE = "overdue"  # 逾期提醒; never "stopped"
    UNDER_REVIEW = "under_review"  # 核查中
    NOT_NEEDED = "not_needed"  # draws no benefit


class Way(str, Enum):
    """How somebody may certify; none is better than another."""

    FACE = "face"
    STAFF = "staff"  # staff at the machine look at the person and the card
    HOME_VISIT = "home_visit"
    PHONE = "phone"  # the children's phone
    WINDOW = "window"


class WayOffer(Reply):
    """One way that is open to this person here and today.  ``note``: 一般 3 个工作日内到家.  ``url``: of PHONE, as a code.

    ``booked``: of HOME_VISIT, somebody is coming already.
    """

    way: Way
    note: str = ""
    url: str = ""
    booked: bool = False


class Certification(Reply):
    """``title`` and ``note`` are central's words for this person's benefit and day, shown as they are; empty: the kiosk's own.

    ``opens_on``: from this day it can be done; by ``due_by`` it should be.  Nothing here is ever a threat.
    ``check_id``: of the check that a person compares just now, so that the consent to that can be taken back; "" for none.
    """

    state: CertificationState
    valid_until: date | None = None
    certified_on: date | None = None
    source: str = ""  # 本人刷脸, 上门 ...
    opens_on: date | None = None
    due_by: date | None = None
    title: str = ""
    note: str = ""
    ways: tuple[WayOffer, ...] = ()
    check_id: str = ""


class Receipt(Reply):
    """One slip: one person, one item, one year.  Central gives the number, the legal time and the verification address."""

    receipt_no: ReceiptNo
    order_id: OrderId
    person_id: PersonId
    name: str
    masked_number: str
    title: str
    insurance: str
    year: Year
    tier_label: str
    amount_fen: Fen
    paid_at: AwareDatetime
    channel: str  # 微信支付 ...
    place: str  # where the order was made
    verify_url: str
    sheets: int = 0  # sheets that left a printer or may have, original included
    owed: bool = False  # paid, and no sheet is known to have come out

    def __repr__(self) -> str:
        return f"Receipt({self.receipt_no})"


class OrderState(str, Enum):
    CREATED = "created"
    PAID = "paid"
    CLOSED = "closed"
    REFUNDING = "refunding"  # money came after the close; it goes back
    REFUNDED = "refunded"


class OpenOrder(Reply):
    """An order of this person that is not settled, or whose money is on its way back."""

    order_id: OrderId
    state: OrderState
    total_fen: Fen
    created_at: AwareDatetime


class Member(Reply):
    """Somebody of the same household, for whom this person may pay.  The name is masked: 张*英."""

    person_id: PersonId
    name: str
    relation: str
    dues: tuple[Due, ...] = ()


class MyPage(Reply):
    person_id: PersonId
    name: str
    name_matches: bool  # the card's name is the registered one
    masked_number: str
    dues: tuple[Due, ...]
    certification: Certification
    owed: tuple[Receipt, ...] = ()
    open_orders: tuple[OpenOrder, ...] = ()
    household: tuple[Member, ...] = ()
    server_time: AwareDatetime
    # says nothing to a kiosk, which gives it back; "" when number and name are not one person's
    visit: str = ""

    def __repr__(self) -> str:
        return "MyPage()"


# --- records ---------------------------------------------------------------------------------------------------------


class YearBar(Reply):
    year: Year
    amount_fen: Fen


class Payment(Reply):
    paid_on: date
    title: str
    year: Year
    amount_fen: Fen
    receipt_no: ReceiptNo | None = None


class Records(Reply):
    """Paid months, the account, six years of bars, and the last payments, newest first."""

    months_paid: Annotated[int, Field(ge=0)]
    months_needed: Annotated[int, Field(ge=0)]  # what is still missing to the minimum; 0 when reached
    minimum_years: int
    balance_fen: Fen
    interest_fen: Fen
    bars: tuple[YearBar, ...]
    this_year_paid: bool
    payments: tuple[Payment, ...]
    as_of: datetime


class ReceiptList(Reply):
    """Newest first."""

    receipts: tuple[Receipt, ...]


# --- orders ----------------------------------------------------------------------------------------------------------


class OrderLine(Request):
    person_id: PersonId
    product: str
    year: Year
    tier: str
    amount_fen: Fen


class OrderRequest(Request):
    """The order id is the idempotency key: the same id with another body is a 409."""

    order_id: OrderId
    payer_id: PersonId
    lines: Annotated[tuple[OrderLine, ...], Field(min_length=1, max_length=MAX_LINES)]
    total_fen: Annotated[int, Field(strict=True, ge=1, le=100_000_000)]

    @model_validator(mode="after")
    def _sum_is_right(self) -> OrderRequest:
        if sum(line.amount_fen for line in self.lines) != self.total_fen:
            raise ValueError("total_fen is not the sum of the lines")
        return self


class OrderReply(Reply):
    """``pay_url`` is what the QR code says while CREATED; ``receipts`` come with PAID, one a line."""

    order_id: OrderId
    state: OrderState
    total_fen: Fen
    pay_url: str | None = None
    expires_in_s: int = 0
    receipts: tuple[Receipt, ...] = ()
    reason: str = ""  # of a close or a refund: payer_refused, expired, given_up, paid_late


class PayCode(Request):
    """A payer's code that the kiosk scanned: 16 to 24 digits.  Used at once, never stored or logged."""

    code: Annotated[str, Field(pattern=r"^\d{16,24}$")]

    def __repr__(self) -> str:
        return "PayCode()"


class CloseRequest(Request):
    reason: str = "given_up"


# --- paper -----------------------------------------------------------------------------------------------------------


class PrintRequest(Request):
    """Asks leave to print one marked copy.  The unmarked original belongs to the order's own kiosk and needs no leave."""

    print_id: OrderId


class PrintGrant(Reply):
    """``copy_number`` n is printed as 补打 n; 0 is the original."""

    print_id: OrderId
    copy_number: Annotated[int, Field(ge=0)]
    receipt: Receipt


class SheetVerdict(str, Enum):
    PRINTED = "printed"
    NOT_PRINTED = "not_printed"
    UNKNOWN = "unknown"


class PrintOutcome(Request):
    print_id: OrderId
    copy_number: Annotated[int, Field(strict=True, ge=0, le=1_000_000)]
    verdict: SheetVerdict


# --- the yearly check ------------------------------------------------------------------------------------------------

CONSENT_VERSION = "2026-02"
CheckId = Annotated[str, Field(pattern=r"^[A-Z0-9-]{8,40}$")]
PublicKey = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]  # X25519
Base64 = Annotated[str, Field(pattern=r"^[A-Za-z0-9+/]{4,60000}={0,2}$")]
Count = Annotated[int, Field(strict=True, ge=0, le=1_000_000)]
VisitProof = Annotated[str, Field(pattern=r"^[0-9a-f-]{0,60}$")]  # MyPage.visit; without it nothing begins
Word = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]


class CheckStart(Request):
    """The person has agreed.  ``kiosk_key`` belongs to this one sitting and lives in the worker's memory."""

    check_id: CheckId
    person_id: PersonId
    visit: VisitProof = ""
    consent_version: Annotated[str, Field(pattern=r"^[0-9]{4}-[0-9]{2}$")]
    kiosk_key: PublicKey


class Withdrawal(Request):
    """``visit``: of a page of this person at this kiosk, for a check that another kiosk began."""

    visit: VisitProof = ""


class ReferenceSource(str, Enum):
    """The same words as kiosk.face.zones.Source."""

    CERTIFIED = "certified"
    PHOTO = "photo"
    CHIP = "chip"


class GivenReference(Reply):
    """``sealed``: HPKE (kiosk.seal) to ``kiosk_key`` with the info ``reference_info(check_id)``."""

    source: ReferenceSource
    sealed: str

    def __repr__(self) -> str:
        return "GivenReference()"


class CheckGrant(Reply):
    """``review_key``: central's public key for a picture that a person shall compare.  No reference: a person compares."""

    check_id: CheckId
    references: tuple[GivenReference, ...] = ()
    review_key: PublicKey
    gentle: bool = False
    tries_left: int = 0

    def __repr__(self) -> str:
        return f"CheckGrant({self.check_id})"


def reference_info(check_id: str) -> bytes:
    """What a reference's seal is bound to."""
    return f"reference {check_id}".encode()


def picture_info(check_id: str) -> bytes:
    """What a review picture's seal is bound to."""
    return f"picture {check_id}".encode()


class CheckEnd(str, Enum):
    """The same words as kiosk.face.guidance.End, but for those where no check was made."""

    ACCEPTED = "accepted"
    REVIEW = "review"
    NO_MATCH = "no_match"
    NOT_DONE = "not_done"
    NOBODY = "nobody"


class AskedAction(Request):
    action: Word
    asked_ms: Count
    done_ms: Count | None = None


class ComparedFace(Request):
    source: ReferenceSource
    zone: Word
    score: Annotated[float, Field(strict=True, allow_inf_nan=False, ge=-1000, le=1000)] | None = None
    flaws: Annotated[tuple[Word, ...], Field(max_length=10)] = ()


class CheckEvidence(Request):
    """What a check was and how it ended, without any picture.  Its SHA-256 goes into central's chain."""

    end: CheckEnd
    asked: Annotated[tuple[AskedAction, ...], Field(max_length=20)] = ()
    doubts: Annotated[tuple[Word, ...], Field(max_length=10)] = ()
    comparisons: Annotated[tuple[ComparedFace, ...], Field(max_length=4)] = ()
    engine: Word | None = None
    model: Sha256 | None = None
    detector: Sha256 | None = None
    thresholds: Annotated[str, Field(pattern=r"^[0-9a-z -]{0,64}$")] = (
        ""  # SHA-256 of the limits; older ones: a day
    )
    frames: Count = 0
    duration_ms: Count = 0
    quality: Annotated[
        dict[Word, Annotated[float, Field(strict=True, allow_inf_nan=False, ge=-1e6, le=1e6)]],
        Field(max_length=12),
    ] = {}
    ended_at: AwareDatetime  # by the kiosk's clock, corrected by what it knows of central's


class CheckState(str, Enum):
    OPEN = "open"  # begun, no evidence yet
    ACCEPTED = "accepted"  # certified: central's word
    UNDER_REVIEW = "under_review"  # a person compares, or a second person confirms
    NOT_RECOGNISED = "not_recognised"  # nothing has changed; another try, another way
    REFUSED = "refused"  # a person looked, and asks for another way
    WITHDRAWN = "withdrawn"


class CheckReply(Reply):
    """``receipt_no``: what the slip says, RZ and twelve digits, once there is something to say it of.

    ``valid_until``: by this day the next one should be done; from ``next_from`` it can be.
    """

    check_id: CheckId
    state: CheckState
    receipt_no: str = ""
    valid_until: date | None = None
    next_from: date | None = None  # the next check can be done from this day
    decided_at: AwareDatetime | None = None


class ReviewPicture(Request):
    """The person ticked and signed that a person may compare.  ``sealed``: HPKE to ``review_key`` of a Signed picture as JSON.

    The sealed JSON is {"picture": base64 JPEG, "strokes": [[[x, y], ...], ...] in 0 to 1000}; central alone can open it.
    """

    consent_version: Annotated[str, Field(pattern=r"^[0-9]{4}-[0-9]{2}$")]
    sealed: Base64

    def __repr__(self) -> str:
        return "ReviewPicture()"


class AssistedReason(str, Enum):
    """Why staff confirm in person."""

    CHOSEN = "chosen"  # the person prefers it
    NOT_RECOGNISED = "not_recognised"
    CANNOT_DO_IT = "cannot_do_it"  # eyesight, illness, movement
    MACHINE = "machine"  # camera or light


class AssistedCheck(Request):
    """Staff at the machine have looked at the person and the card.  ``staff`` is the staff member's own card."""

    check_id: CheckId
    person_id: PersonId
    visit: VisitProof = ""
    staff: Lookup
    reason: AssistedReason

    def __repr__(self) -> str:
        return f"AssistedCheck({self.check_id})"


class HomeVisit(Request):
    """Somebody comes to the person's registered address; nothing has to be typed."""

    request_id: CheckId
    person_id: PersonId


class HomeVisitReply(Reply):
    """``within_days``: working days.  ``phone``: the registered number, masked, on which they call before; "" when none is known.

    ``booked_id``: of the request that is open now: this one, or an earlier one of the same person.  A slip says that number.
    """

    request_id: CheckId
    within_days: int
    phone: str = ""
    booked_id: str = ""


# --- the device log --------------------------------------------------------------------------------------------------


class LogEntry(Request):
    """One entry of a kiosk's journal, as its hash covers it: ``data`` is the text, ``hash`` and ``prev_hash`` are SHA-256 as hex."""

    seq: Seq
    subject: Annotated[str, Field(pattern=r"^[^\x00-\x1f]{1,120}$")]
    event: Annotated[str, Field(pattern=r"^[^\x00-\x1f]{1,60}$")]
    data: Annotated[str, Field(max_length=8_000, pattern=r"^\{[^\x00-\x1f]*\}$")]
    wall_ms: Milliseconds
    mono_ms: Milliseconds
    boot_id: Annotated[str, Field(pattern=r"^[^\x00-\x1f]{1,64}$")]
    prev_hash: Sha256
    hash: Sha256


class LogBatch(Request):
    """Entries in order.  ``journal_id`` is the hash of the journal's first entry; no entries at all asks how far central has read."""

    journal_id: Sha256
    entries: Annotated[tuple[LogEntry, ...], Field(max_length=MAX_LOG_ENTRIES)] = ()


class LogReply(Reply):
    """``last_seq``: up to here central has this journal without a gap, ``last_hash`` is that entry's, 64 zeros for none.

    ``totals_wanted``: days it asks the totals of.
    """

    last_seq: Annotated[int, Field(ge=0)]
    last_hash: Sha256
    totals_wanted: tuple[date, ...] = ()


class DayTotals(Request):
    """What a journal says, up to its entry ``last_seq``, of the paid orders whose receipt numbers carry this day.

    ``chain_hash`` is the hash of that entry.
    """

    day: Day
    journal_id: Sha256
    count: Annotated[int, Field(strict=True, ge=0, le=1_000_000)]
    sum_fen: Annotated[int, Field(strict=True, ge=0, le=10**14)]
    last_seq: Seq
    chain_hash: Sha256


class TotalsReply(Reply):
    """``kept``: noted, now or before.  False: other totals stand for the same entry, and somebody will look at that."""

    day: date
    kept: bool


class Health(Reply):
    status: str  # ok
    server_time: AwareDatetime
    version: str
