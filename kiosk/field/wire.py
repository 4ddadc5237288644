"""What a tablet and central say to each other.  Imports kiosk.wire only; central reads it too.

    PUT  /v1/tablet/key             TabletKey    -> TabletKeyReply  the first key of a tablet counts; 409 tablet_key_known for another
    POST /v1/tablet/sign-in         SignIn       -> Badge           404 staff_unknown: card, code or PIN; 429 too_many_tries
    POST /v1/tablet/packs           PackRequest  -> SealedPack      sealed to this tablet and this member of staff
    GET  /v1/tablet/packets                      -> PacketsReply    how far central has this tablet's chain
    PUT  /v1/tablet/packets/{seq}   Packet       -> PacketReply     repeats are welcome; 409 packet_gap, 422 packet_refused
Every call carries ``Authorization: Bearer <tablet's token>`` and ``X-Kiosk: <tablet's id>``.  A tablet that was revoked is answered
403 tablet_revoked, whatever it asks, but for packets: those are kept for a person to look at.

A packet is what one visit left: a Record as JSON, sealed (kiosk.seal) to central's key with the info ``packet_info``, chained and
signed:

    digest     SHA-256 of the sealed bytes
    hash       SHA-256 of the UTF-8 of the JSON array [tablet_id, seq, suite, prev_hash, digest], no spaces; all hexadecimal
    signature  Ed25519 of SIGNED + hash (its 32 bytes), by the tablet's key
"""

from __future__ import annotations

import json
from enum import Enum
from hashlib import sha256
from typing import Annotated

from pydantic import AwareDatetime, Field

from kiosk.wire import (
    Base64,
    CheckEvidence,
    Day,
    Lookup,
    PersonId,
    PublicKey,
    ReferenceSource,
    Reply,
    Request,
    Seq,
    Sha256,
)

GENESIS = "0" * 64
SIGNED = b"visit packet "
# Of kiosk.texts.FIELD_CONSENT, which is read aloud; another wording is another version.
CONSENT_VERSION = "2026-12"
PACKET_MOST_BYTES = 150_000  # sealed; a picture and a photo of 44 kB each, twice base64, among it

LocalId = Annotated[str, Field(pattern=r"^[A-Z0-9-]{8,40}$")]
Pin = Annotated[str, Field(pattern=r"^[0-9]{6}$")]
StaffCode = Annotated[str, Field(pattern=r"^([0-9]{12})?$")]
Line = Annotated[str, Field(max_length=300, pattern=r"^[^\x00-\x1f]*$")]
Stroke = Annotated[
    tuple[tuple[Annotated[int, Field(ge=0, le=1000)], Annotated[int, Field(ge=0, le=1000)]], ...],
    Field(min_length=1, max_length=2000),
]
Strokes = Annotated[tuple[Stroke, ...], Field(max_length=60)]
Sealed = Annotated[str, Field(min_length=4, max_length=200_000, pattern=r"^[A-Za-z0-9+/]+={0,2}$")]


class Suite(str, Enum):
    """How a packet is sealed: kiosk.seal's suites."""

    X25519 = "x25519"
    HYBRID = "mlkem768-x25519"


# --- who works with it -----------------------------------------------------------------------------------------------


class TabletKey(Request):
    """The tablet's own Ed25519 public key."""

    sign_key: PublicKey


class TabletKeyReply(Reply):
    kept: bool


class SignIn(Request):
    """The member of staff's own card, or the twelve digits they were given, and their PIN.

    ``pack_key``: X25519, made of card or code, PIN and this tablet's secret; never stored.
    """

    staff: Lookup | None = None
    code: StaffCode = ""
    pin: Pin
    pack_key: PublicKey

    def __repr__(self) -> str:
        return "SignIn()"


class RecordKey(Reply):
    """Central's public key for packets, hexadecimal; of the hybrid suite as its library writes it."""

    suite: Suite
    key: Annotated[str, Field(pattern=r"^[0-9a-f]{64,4000}$")]


class Badge(Reply):
    """Who works.  ``valid_until``: without a network one can sign in until then.  The limits are central's data."""

    staff_id: str
    name: str
    valid_until: AwareDatetime
    record_keys: tuple[RecordKey, ...]
    most_packets: int = 100
    most_days: int = 3

    def __repr__(self) -> str:
        return f"Badge({self.staff_id})"


# --- the day's work --------------------------------------------------------------------------------------------------


class PackRequest(Request):
    """``staff_id`` and ``pack_key`` of a sign-in that central answered within the badge's time."""

    staff_id: str
    pack_key: PublicKey


class SealedPack(Reply):
    """``sealed``: HPKE of a Pack as JSON to ``pack_key`` with the info ``pack_info``."""

    pack_id: LocalId
    sealed: str  # base64; some megabytes where references are pictures

    def __repr__(self) -> str:
        return f"SealedPack({self.pack_id})"


class AskedBy(str, Enum):
    """Who asked for the visit."""

    PERSON = "person"  # 预约上门, at a kiosk
    RELATIVE = "relative"
    EMPLOYER = "employer"
    CARE_HOME = "care_home"
    CENTRE = "centre"


class PackReference(Reply):
    """``content``: as kiosk.face.reference_format has it, base64."""

    source: ReferenceSource
    content: str

    def __repr__(self) -> str:
        return "PackReference()"


class Assignment(Reply):
    """One person to go to.  ``home``: a care home, "" for a house; ``room`` in it.  The order of a pack is the route."""

    assignment_id: LocalId
    person_id: PersonId
    name: str
    number: str
    birth: Day
    village: str
    address: str
    home: str = ""
    room: str = ""
    phone: str = ""  # masked
    certified_on: Day | None = None
    due_by: Day | None = None
    gentle: bool = False
    asked_by: AskedBy = AskedBy.PERSON
    references: tuple[PackReference, ...] = ()

    def __repr__(self) -> str:
        return f"Assignment({self.assignment_id})"


class Pack(Reply):
    """``day_code``: four digits that are held up on a photo, so that it was taken with this pack.  ``review_key``: as
    kiosk.wire.CheckGrant has it, for a picture or photo that a person shall look at; None: none can be taken."""

    pack_id: LocalId
    tablet_id: str
    staff_id: str
    made_at: AwareDatetime
    expires_at: AwareDatetime
    day_code: str
    assignments: tuple[Assignment, ...]
    review_key: PublicKey | None = None


def pack_info(pack_id: str, tablet_id: str, staff_id: str) -> bytes:
    """What a pack's seal is bound to."""
    return f"pack {pack_id} {tablet_id} {staff_id}".encode()


# --- what a visit leaves ---------------------------------------------------------------------------------------------


class RecordKind(str, Enum):
    FACE = "face"  # evidence of a check; a sealed picture when a person shall compare
    MANUAL = "manual"  # staff looked: reason, photo with the day's code, a witness; a second person approves
    DEATH = "death"  # a ticket, nothing more
    PHONE = "phone"
    QUESTION = "question"
    NOT_MET = "not_met"  # nobody there, moved, refused: the request stays open


class IdentifiedBy(str, Enum):
    CARD = "card"
    TYPED = "typed"  # the card is lost or cannot be read: the reason says why


class NoCardReason(str, Enum):
    LOST = "lost"
    NOT_AT_HAND = "not_at_hand"
    NOT_READABLE = "not_readable"
    READER = "reader"


class Identified(Request):
    """``number``: as read or typed; it is the assignment's, or nothing goes on."""

    by: IdentifiedBy
    number: Annotated[str, Field(pattern=r"^([0-9]{17}[0-9X]|[A-Z]{3}[0-9]{12})$")]
    reason: NoCardReason | None = None

    def __repr__(self) -> str:
        return "Identified()"


class ConsentBy(str, Enum):
    PERSON = "person"
    GUARDIAN = "guardian"


class Consent(Request):
    by: ConsentBy
    version: Annotated[str, Field(pattern=r"^[0-9]{4}-[0-9]{2}$")]


class ManualReason(str, Enum):
    CANNOT_DO_IT = "cannot_do_it"  # eyesight, illness, movement
    NOT_RECOGNISED = "not_recognised"
    NO_CONSENT = "no_consent"  # to the face check; refusing costs nothing
    MACHINE = "machine"  # camera or light


class Manual(Request):
    """``photo``: sealed to central's review key with ``picture_info(record_id)``, by the process that held the camera."""

    reason: ManualReason
    day_code: Annotated[str, Field(pattern=r"^[0-9]{4}$")]
    photo: Base64 | None = None
    witness: Strokes = ()

    def __repr__(self) -> str:
        return "Manual()"


class Place(Request):
    """Where it was, by the device; it cannot be edited and never blocks."""

    latitude: Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]
    longitude: Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]
    accuracy_m: Annotated[float, Field(ge=0, le=100_000, allow_inf_nan=False)] | None = None

    def __repr__(self) -> str:
        return "Place()"


class NotMetReason(str, Enum):
    AWAY = "away"
    MOVED = "moved"
    HOSPITAL = "hospital"
    DECLINED = "declined"


class Topic(str, Enum):
    """What was asked about; the centre calls back where it was not answered there and then."""

    AMOUNT = "amount"
    PAYMENT = "payment"
    CERTIFICATION = "certification"
    MEDICAL = "medical"
    OTHER = "other"


class Record(Request):
    """One finished visit, or one errand of it.  Times are the tablet's, corrected by what it knows of central's; ``up_ms`` and
    ``boot_id`` let central see a clock that was moved."""

    record_id: LocalId
    pack_id: LocalId
    assignment_id: LocalId
    person_id: PersonId
    staff_id: str
    kind: RecordKind
    begun_at: AwareDatetime
    ended_at: AwareDatetime
    boot_id: Annotated[str, Field(pattern=r"^[^\x00-\x1f]{1,64}$")]
    up_ms: Annotated[int, Field(ge=0, le=2**53)]
    clock_known: bool  # whether central's time was seen since the tablet was started
    identified: Identified | None = None
    consent: Consent | None = None
    evidence: CheckEvidence | None = None
    picture: Base64 | None = None  # sealed as wire.ReviewPicture.sealed, with picture_info(record_id)
    manual: Manual | None = None
    not_met: NotMetReason | None = None
    died_on: Day | None = None
    phone: Annotated[str, Field(pattern=r"^(1[0-9]{10})?$")] = ""
    topic: Topic | None = None
    answered: bool = False
    place: Place | None = None

    def __repr__(self) -> str:
        return f"Record({self.record_id})"


def packet_info(tablet_id: str, seq: int) -> bytes:
    """What a packet's seal is bound to."""
    return f"visit|1|{tablet_id}|{seq}".encode()


class Packet(Request):
    """``sealed`` None: the tablet has lost the content (a broken file); what was signed of it keeps the chain whole."""

    seq: Seq
    suite: Suite
    prev_hash: Sha256
    digest: Sha256
    hash: Sha256
    signature: Annotated[str, Field(pattern=r"^[0-9a-f]{128}$")]
    sealed: Sealed | None = None

    def __repr__(self) -> str:
        return f"Packet({self.seq})"


def packet_hash(tablet_id: str, seq: int, suite: Suite, prev_hash: str, digest: str) -> str:
    """The hash of a packet, as hexadecimal."""
    text = json.dumps([tablet_id, seq, suite.value, prev_hash, digest], separators=(",", ":"))
    return sha256(text.encode()).hexdigest()


# --- what central makes of it ----------------------------------------------------------------------------------------


class PacketState(str, Enum):
    ACCEPTED = "accepted"
    PARKED = "parked"  # taken and kept; a person decides


class PacketResult(str, Enum):
    """Central's word; the tablet shows it plainly."""

    CERTIFIED = "certified"
    UNDER_REVIEW = "under_review"  # a second person looks
    NOT_RECOGNISED = "not_recognised"  # nothing has changed; another way, another day
    NOTED = "noted"  # ticket, phone, question, not met
    ALREADY_CERTIFIED = "already_certified"  # meanwhile, elsewhere: accepted, and nothing is certified twice
    PERSON_MOVED = "person_moved"
    ASSIGNMENT_WITHDRAWN = "assignment_withdrawn"
    PACK_EXPIRED = "pack_expired"
    CLOCK_WRONG = "clock_wrong"
    LIMITS_EXCEEDED = "limits_exceeded"
    NOT_READABLE = "not_readable"  # does not open, no record, or content lost
    NOT_THIS_PACK = "not_this_pack"  # of another tablet or member of staff
    TABLET_REVOKED = "tablet_revoked"


class PacketReply(Reply):
    """``receipt_no``: RZ and twelve digits, or a ticket's number, once there is something to say it of."""

    seq: Seq
    hash: Sha256
    state: PacketState
    result: PacketResult
    receipt_no: str = ""


class PacketsReply(Reply):
    """Central has this tablet's chain up to here without a gap; 0 and GENESIS for nothing."""

    last_seq: Annotated[int, Field(ge=0)]
    last_hash: Sha256
