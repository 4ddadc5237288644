"""One frozen dataclass per screen: everything the screen shows, and in its type the answer it gives.

A screen adds fixed words from ``kiosk.texts``; a view carries what varies.  Amounts are integer fen, names are as the card
has them (screens escape them), numbers are already masked.  ``Back`` and the home button are the shell's: a view that
``back`` allows gets ``BACK`` as an answer, home ends the visit by ``Cancelled``.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, ClassVar, Generic, Literal, TypeVar

from devices.idcard import IdCard

if TYPE_CHECKING:
    from kiosk.face.booth import Preview
    from kiosk.face.guidance import Guidance

A = TypeVar("A")


class Back(Enum):
    BACK = "back"


BACK = Back.BACK


class Service(Enum):
    """The tiles of the home screen."""

    CERTIFICATION = "certification"
    PAY = "pay"
    RECORDS = "records"
    REPRINT = "reprint"


@dataclass(frozen=True)
class View(Generic[A]):
    """``timed``: the quiet timer may ask 还在吗.  ``back``: the 上一步 button answers BACK.  ``home``: 首页 ends the visit.

    ``delay_s``: how long the screen before it stays, so that a short wait does not flicker.
    """

    timed: ClassVar[bool] = True
    back: ClassVar[bool] = False
    home: ClassVar[bool] = True
    delay_s: ClassVar[float] = 0.0


# --- steps -----------------------------------------------------------------------------------------------------------


class Step(Enum):
    CARD = "放卡"
    CHOOSE = "选档次"
    PAY = "付款"
    PAPER = "取凭证"
    CONFIRM_IDENTITY = "确认身份"
    DO = "办理"
    CONSENT = "同意"
    CHOOSE_WAY = "选方式"
    FACE = "刷脸"
    STAFF = "当面核验"
    VERIFY = "核验"
    RESULT = "结果"


CERTIFY_STEPS = (Step.CARD, Step.CONSENT, Step.FACE, Step.RESULT)
STAFF_STEPS = (Step.CARD, Step.CHOOSE_WAY, Step.STAFF, Step.RESULT)
WAY_STEPS = (Step.CARD, Step.CHOOSE_WAY, Step.VERIFY, Step.RESULT)  # where no face is offered
PAYING_STEPS = (Step.CARD, Step.CHOOSE, Step.PAY, Step.PAPER)
IDENTIFY_STEPS = (Step.CARD, Step.CONFIRM_IDENTITY, Step.DO)


@dataclass(frozen=True)
class Steps:
    """Where am I, what is left.  ``now`` is an index into ``steps``."""

    steps: tuple[Step, ...]
    now: int


# --- attract and card ------------------------------------------------------------------------------------------------


class Trouble(Enum):
    """What the home screen says about the machine; the worst one is shown, and staff are already told."""

    NONE = "none"
    NO_PAPER = "no_paper"  # paying works, the slip can be printed elsewhere
    NO_NETWORK = "no_network"  # nothing that needs the centre works
    NO_READER = "no_reader"  # nothing works
    CLOCK = "clock"  # no payments: the clock is wrong


class HomeNews(Enum):
    """What changed about the machine while nobody was there (never a tap)."""

    CHANGED = "changed"


@dataclass(frozen=True)
class Home(View[Service | IdCard | HomeNews]):
    """The start.  A tile, or a card on the reader (which goes straight to my page)."""

    timed: ClassVar[bool] = False
    home: ClassVar[bool] = False
    trouble: Trouble = Trouble.NONE


class CardHint(Enum):
    """Why the last try did not work; PLACE before any try."""

    PLACE = "place"
    PULLED = "pulled"
    UNREADABLE = "unreadable"
    UNSUPPORTED = "unsupported"
    INVALID = "invalid"
    LEFT_FROM_BEFORE = "left_from_before"  # a card lies there that was already read: take it away first


@dataclass(frozen=True)
class PresentCard(View[IdCard | Back]):
    back: ClassVar[bool] = True
    steps: Steps
    hint: CardHint = CardHint.PLACE
    staff: bool = False  # a member of staff is asked for their own card


@dataclass(frozen=True)
class TakeCard(View[None]):
    """Full screen, until the card has left the field."""

    timed: ClassVar[bool] = False
    home: ClassVar[bool] = False


@dataclass(frozen=True)
class Working(View[None]):
    """Something takes more than a moment.  ``what`` is a whole short sentence: 正在查询，请稍等.  Never asked, only shown."""

    timed: ClassVar[bool] = False
    home: ClassVar[bool] = False
    delay_s: ClassVar[float] = 0.8
    what: str
    steps: Steps | None = None


# --- my page ---------------------------------------------------------------------------------------------------------


class ItemKind(Enum):
    """Icon and sign of a row on my page."""

    PENSION = "pension"
    MEDICAL = "medical"
    FLEXIBLE = "flexible"
    PAPER = "paper"
    CHECKING = "checking"
    REFUND = "refund"


class Tone(Enum):
    """Role of a badge: GO wants an action, OK is done, SOFT only tells."""

    GO = "go"
    OK = "ok"
    SOFT = "soft"


@dataclass(frozen=True)
class Item:
    """One row.  ``badge`` 待缴, 已缴, 补打, 核对中; a row that can be tapped answers its ``key``, else key is ""."""

    key: str
    kind: ItemKind
    title: str
    note: str
    badge: str
    tone: Tone


@dataclass(frozen=True)
class CertificationBanner:
    """资格认证：今年不用来 …  ``tone`` OK is the green banner; nothing here ever says that a benefit is stopped."""

    title: str
    note: str
    tone: Tone
    action: str = ""  # what its button says, 现在就做; "" for none.  A tap answers MyPageButton.CERTIFICATION


class MyPageButton(Enum):
    CERTIFICATION = "certification"
    RECORDS = "records"
    REPRINT = "reprint"
    FAMILY = "family"
    LEAVE = "leave"


class CardNews(Enum):
    """What happened on the reader while my page was open (never a tap)."""

    TAKEN = "taken"


@dataclass(frozen=True)
class MyPage(View[str | MyPageButton | CardNews | Back]):
    """What is due, what is certified, what paper is owed.  Answers a row's key or a button.  At most six rows."""

    back: ClassVar[bool] = True
    name: str
    masked_number: str
    card_present: bool
    certification: CertificationBanner | None
    items: tuple[Item, ...]
    has_family: bool


# --- paying ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class TierOption:
    code: str
    amount_fen: int
    title: str  # "300" or "60% 档"
    unit: str  # "元/年"
    note: str  # 政府补贴 30 元, or ""
    gain_title: str  # 按 1000 元档缴满 15 年, or ""
    gain_note: str  # 60 岁后预计每月多领约
    gain_fen: int | None


@dataclass(frozen=True)
class ChooseTier(View[str | Back]):
    """Answers the tier's code.  Choosing changes only the picture; the primary button answers.  At most six options."""

    back: ClassVar[bool] = True
    steps: Steps
    name: str
    insurance: str
    year: int
    options: tuple[TierOption, ...]
    suggested: str
    assumed: bool  # figures not confirmed by the centre: the screen says 以实际为准


@dataclass(frozen=True)
class MemberOption:
    key: str
    name: str
    relation: str
    title: str  # 居民医疗 2027年度
    amount_fen: int


@dataclass(frozen=True)
class ChooseMembers(View[tuple[str, ...] | Back]):
    """Several may be chosen; answers their keys.  The total is drawn by the screen.  At most six."""

    back: ClassVar[bool] = True
    steps: Steps
    members: tuple[MemberOption, ...]
    chosen: tuple[str, ...] = ()


@dataclass(frozen=True)
class ConfirmLine:
    name: str
    title: str
    detail: str
    amount_fen: int


@dataclass(frozen=True)
class ConfirmPayment(View[bool | Back]):
    """Answers True to pay."""

    back: ClassVar[bool] = True
    steps: Steps
    lines: tuple[ConfirmLine, ...]
    total_fen: int
    no_paper: bool = False  # said before the money moves: the slip will have to be printed elsewhere


class PayButton(Enum):
    SCAN_MY_CODE = "scan_my_code"
    SHOW_QR = "show_qr"


class PayNews(Enum):
    """What the world answered while the code was on the screen (never a tap)."""

    SETTLED = "settled"  # the order is no longer waiting for money
    CHANGED = "changed"  # the same question, another picture
    TIME_UP = "time_up"


@dataclass(frozen=True)
class PayByQr(View[PayButton | PayNews | Back]):
    """The code is drawn only once SHOWN is on disk.  ``seconds_left`` counts down on the screen itself."""

    timed: ClassVar[bool] = False
    back: ClassVar[bool] = True
    steps: Steps
    amount_fen: int
    qr: str
    seconds_left: int
    slow: bool = False  # the network does not answer just now; the screen says so calmly
    can_scan: bool = True


@dataclass(frozen=True)
class ScanPayerCode(View[PayButton | PayNews | Back]):
    """请把付款码对准扫码窗口."""

    timed: ClassVar[bool] = False
    back: ClassVar[bool] = True
    steps: Steps
    amount_fen: int
    seconds_left: int
    refused: bool = False  # the last code was not a payer's code: show another
    waiting: bool = False  # a code was taken; the payer may have to confirm on the phone


class PaperState(Enum):
    PRINTING = "printing"
    PRINTED = "printed"


class PaidButton(Enum):
    DONE = "done"
    FAMILY = "family"
    PHONE = "phone"


@dataclass(frozen=True)
class PaidRow:
    label: str
    value: str
    amount: bool = False  # drawn as an amount


@dataclass(frozen=True)
class Paid(View[PaidButton]):
    """``progress`` 0 to 1 of the print.  Buttons answer only once the paper is out (while printing it is shown, not asked)."""

    steps: Steps
    rows: tuple[PaidRow, ...]
    paper: PaperState
    progress: float
    has_family: bool = False
    copy: bool = False  # a reprint: the title is 凭证已补打


@dataclass(frozen=True)
class SaveToPhone(View[None]):
    """A code that opens the receipt's public page on a phone."""

    receipt_no: str
    qr: str


class PendingButton(Enum):
    PRINT_SLIP = "print_slip"
    DONE = "done"


@dataclass(frozen=True)
class Pending(View[PendingButton]):
    """付款结果还在核对: a lost answer is never called a failure."""

    order_no: str
    amount_fen: int
    latest: str  # 今天 12:00 前有结果
    can_print: bool


# --- records and paper -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Bar:
    label: str
    amount_fen: int
    current: bool


@dataclass(frozen=True)
class RecordRow:
    date: str
    title: str
    amount_fen: int


class RecordsButton(Enum):
    PRINT = "print"
    REPRINT = "reprint"


@dataclass(frozen=True)
class Records(View[RecordsButton | Back]):
    back: ClassVar[bool] = True
    months_paid: int
    months_needed: int
    minimum_years: int
    balance_fen: int
    interest_fen: int
    bars: tuple[Bar, ...]
    this_year_paid: bool
    rows: tuple[RecordRow, ...]


@dataclass(frozen=True)
class ReceiptOption:
    key: str
    title: str
    note: str
    amount_fen: int
    owed: bool


@dataclass(frozen=True)
class ChooseReceipt(View[str | Back]):
    """Answers a receipt number.  At most five a page; ``more`` answers "more"."""

    back: ClassVar[bool] = True
    options: tuple[ReceiptOption, ...]
    more: bool


# --- the yearly check ------------------------------------------------------------------------------------------------


class WayKey(Enum):
    """A way to certify, or what is beside the ways."""

    FACE = "face"
    STAFF = "staff"
    HOME_VISIT = "home_visit"
    PHONE = "phone"
    WINDOW = "window"
    RULES = "rules"  # read the whole consent


@dataclass(frozen=True)
class WayOption:
    """``note``: what it means and what it takes.  Title, icon and button of a key are the screen's.

    ``booked``: somebody is coming to the house already, and a button that shows no note says so.
    """

    key: WayKey
    note: str
    booked: bool = False


@dataclass(frozen=True)
class ChooseWay(View[WayKey | Back]):
    """选一种核验方式: choosing FACE is the consent of the version shown.  All panels and all buttons are of one size.

    ``title`` and ``note`` say first what is due, in the centre's words: 资格认证：该做这一次了.  ``due``: by when, where the note
    does not say it.  All three are "" for somebody who does it early.
    """

    back: ClassVar[bool] = True
    steps: Steps
    ways: tuple[WayOption, ...]
    consent_version: str
    due: str = ""  # 请在 2026年12月31日前做好
    title: str = ""
    note: str = ""


@dataclass(frozen=True)
class ConsentRules(View[Back]):
    """The whole text of the consent, and how it is taken back."""

    back: ClassVar[bool] = True
    version: str
    lines: tuple[str, ...]


class FaceButton(Enum):
    OTHER_WAY = "other_way"


class FaceNews(Enum):
    """What the worker said while the picture was on the screen (never a tap)."""

    CHANGED = "changed"
    ENDED = "ended"


@dataclass(frozen=True)
class FaceLook(View[FaceButton | FaceNews | Back]):
    """The person, as in a mirror, and what to do now.  The screen takes the newest picture itself, at every frame."""

    timed: ClassVar[bool] = False
    back: ClassVar[bool] = True
    steps: Steps
    guidance: Guidance
    preview: Preview


class FaceWay(Enum):
    """Answers of FaceOtherWays beside a way."""

    AGAIN = "again"
    COMPARE = "compare"  # let a person compare a picture


@dataclass(frozen=True)
class FaceOtherWays(View[WayKey | FaceWay | Back]):
    """机器没认出来，不要紧.  Never a word of blame; nothing has changed for the person.  At most six options."""

    back: ClassVar[bool] = True
    steps: Steps
    title: str
    note: str
    options: tuple[WayOption | FaceWay, ...]
    # under 再试一次: what is different now; "" where sitting well can help, and the screen says how
    again_note: str = ""


@dataclass(frozen=True)
class Signature:
    """Strokes of a finger in 0 to 1000 of the field's width and height, x to the right, y down.  Never written down, never logged."""

    strokes: tuple[tuple[tuple[int, int], ...], ...]

    def __repr__(self) -> str:
        return "Signature()"


@dataclass(frozen=True)
class SignForReview(View[Signature | Back]):
    """One picture leaves for a person who compares: a tick of its own and a signature, or it does not leave."""

    back: ClassVar[bool] = True
    steps: Steps
    consent_version: str


@dataclass(frozen=True)
class ReasonOption:
    key: str
    title: str


@dataclass(frozen=True)
class ChooseReason(View[str | Back]):
    """Staff say why they confirm in person.  Answers a key."""

    back: ClassVar[bool] = True
    options: tuple[ReasonOption, ...]


class CertifiedState(Enum):
    ACCEPTED = "accepted"  # 认证通过: the centre has it
    PENDING = "pending"  # done here; the centre has not answered yet
    UNDER_REVIEW = "under_review"  # a person compares


class CertifiedButton(Enum):
    PRINT = "print"
    SPOUSE = "spouse"
    WITHDRAW = "withdraw"
    DONE = "done"


@dataclass(frozen=True)
class Certified(View[CertifiedButton]):
    """How it ended.  ``next_date`` 2027年11月22日 is the last day of the next one, ``next_from`` the first; "" while nobody knows."""

    steps: Steps
    state: CertifiedState
    next_date: str
    rows: tuple[PaidRow, ...]
    can_print: bool
    printing: bool = False  # the reminder is coming out; shown, not asked
    printed: bool = False
    can_withdraw: bool = False
    next_from: str = ""


@dataclass(frozen=True)
class ChildrensPhone(View[Back | None]):
    """让子女用手机帮您认证: a code, and what to do with it."""

    back: ClassVar[bool] = True
    qr: str
    note: str


# --- trouble ---------------------------------------------------------------------------------------------------------


class AttentionButton(Enum):
    FIRST = "first"
    SECOND = "second"


@dataclass(frozen=True)
class Attention(View[AttentionButton]):
    """What happened, what it means for the money, what to do now.  ``badge`` is a reassuring fact, or ""."""

    icon: str
    title: str
    body: tuple[str, ...]
    first: str
    second: str = ""
    badge: str = ""
    tone: Literal["go", "bad", "ok"] = "go"


@dataclass(frozen=True)
class StillThere(View[bool]):
    """还在吗？ with a ring of ``seconds``.  True to stay.  The desk shows it by itself; flows never do."""

    timed: ClassVar[bool] = False
    home: ClassVar[bool] = False
    seconds: int = 20


@dataclass(frozen=True)
class Goodbye(View[None]):
    """A short farewell, or why the visit ended."""

    timed: ClassVar[bool] = False
    home: ClassVar[bool] = False
    title: str
    note: str = ""


@dataclass(frozen=True)
class OutOfService(View[None]):
    """The machine cannot serve: says where the next one is.  Nobody is asked anything."""

    timed: ClassVar[bool] = False
    home: ClassVar[bool] = False
    note: str
