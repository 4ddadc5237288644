"""The screens of a tablet: a board of the day's people on one side, what is done just now on the other.

As in kiosk.views: frozen, everything the screen shows, and in its type the answer.  Amid a visit the tablet is in the hands of a
member of staff, so nothing here is timed and there is no 首页.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, ClassVar, TypeVar

from devices.idcard import IdCard
from kiosk.views import Back, ReasonOption, Signature, View

if TYPE_CHECKING:
    from kiosk.face.booth import Preview
    from kiosk.face.guidance import Guidance

A = TypeVar("A")


@dataclass(frozen=True)
class FieldView(View[A]):
    timed: ClassVar[bool] = False
    home: ClassVar[bool] = False


# --- the board -------------------------------------------------------------------------------------------------------


class RowState(Enum):
    DONE = "done"  # 已完成: sealed here
    ACCEPTED = "accepted"  # 中心已收: central has it
    NOW = "now"  # 正在办
    WAITING = "waiting"  # 待上门
    NOT_MET = "not_met"  # 没见到
    PARKED = "parked"  # 中心在核对


@dataclass(frozen=True)
class Row:
    """``title``: 王德山 · 86岁 while the visit is to come, 王** · 3号 once it is sealed.  ``note``: where, or central's word."""

    title: str
    note: str
    state: RowState


class Link(Enum):
    ONLINE = "online"
    OFFLINE = "offline"
    SENDING = "sending"
    FULL = "full"  # so many, or so old: sync before the next visit


@dataclass(frozen=True)
class Board:
    """``rows`` in the order of the route.  ``unsent_bytes`` 0 when everything is with central."""

    staff: str
    rows: tuple[Row, ...]
    selected: int | None
    link: Link
    unsent: int
    unsent_bytes: int

    @property
    def done(self) -> int:
        return sum(row.state not in (RowState.NOW, RowState.WAITING) for row in self.rows)


@dataclass(frozen=True)
class Pick:
    """A row of the board was tapped."""

    index: int


class BoardNews(Enum):
    """Never a tap: the board or the panel is to be drawn anew."""

    CHANGED = "changed"


# --- signing in ------------------------------------------------------------------------------------------------------


class SignInButton(Enum):
    CODE = "code"  # no card at hand


@dataclass(frozen=True)
class SignInByCard(FieldView[SignInButton | IdCard | BoardNews]):
    """请放工作人员身份证.  The card answers by the flow's watch.  ``note``: what was wrong before, or ""."""

    tablet_id: str
    note: str = ""
    unsent: int = 0


@dataclass(frozen=True)
class EnterDigits(FieldView[str | Back]):
    """A keypad.  Answers the digits, ``least`` to ``most`` of them; ``secret``: dots; ``x_key``: a citizen number may end in X."""

    back: ClassVar[bool] = True
    title: str
    note: str
    least: int
    most: int
    secret: bool = False
    x_key: bool = False
    group: int = 0  # digits shown in groups of so many; 0: not


@dataclass(frozen=True)
class FieldChoose(FieldView[str | Back]):
    """One of a few, as kiosk.views.ChooseReason, with its own heading.  Answers a key.  ``note`` may be ""."""

    back: ClassVar[bool] = True
    title: str
    note: str
    options: tuple[ReasonOption, ...]


# --- the day ---------------------------------------------------------------------------------------------------------


class DayButton(Enum):
    NEXT = "next"  # 去下一户
    FETCH = "fetch"  # 领取今天的任务
    SYNC = "sync"  # 马上上传
    SIGN_OUT = "sign_out"


@dataclass(frozen=True)
class FieldDay(FieldView[DayButton | Pick | BoardNews]):
    """What is left of the day.  ``next_title``, ``next_note``: who is next on the route, or "".  ``notes``: what is to be known."""

    board: Board
    next_title: str
    next_note: str
    notes: tuple[str, ...]
    buttons: tuple[DayButton, ...]  # the last is the main one


# --- one visit -------------------------------------------------------------------------------------------------------


class Task(Enum):
    """The lines at the right, in this order; only those that this visit needs."""

    CARD = "card"
    CONSENT = "consent"
    FACE = "face"
    PHOTO = "photo"
    WITNESS = "witness"


class TaskState(Enum):
    DONE = "done"
    NOW = "now"
    TO_COME = "to_come"


@dataclass(frozen=True)
class TaskLine:
    task: Task
    state: TaskState
    words: str  # 身份证已读, 本人同意, ...


class VisitButton(Enum):
    TYPE_NUMBER = "type_number"  # 没有身份证
    AGREE_PERSON = "agree_person"
    AGREE_GUARDIAN = "agree_guardian"
    BY_HAND = "by_hand"  # 无法刷脸，走人工
    START_FACE = "start_face"
    AGAIN = "again"
    SHOOT = "shoot"
    SHOOT_AGAIN = "shoot_again"
    KEEP_PHOTO = "keep_photo"
    NO_PHOTO = "no_photo"  # 不拍照
    COMPARE = "compare"  # 请中心的人看照片比对: a signature comes next
    SAVE = "save"  # 保存，去下一户
    MORE = "more"  # 别的事: not met, a death, the phone, a question
    LEAVE = "leave"  # 先不办


@dataclass(frozen=True)
class WordsPanel:
    """A large icon and words: 请把老人的身份证放到读卡器上; or the consent, read aloud by the member of staff."""

    icon: str
    lines: tuple[str, ...]
    tone: str = "plain"  # plain, ok, go


@dataclass(frozen=True)
class MirrorPanel:
    """The person as the camera sees them, and what to say to them now."""

    guidance: Guidance
    preview: Preview


@dataclass(frozen=True)
class PhotoPanel:
    """The camera's picture with the day's code to be held up; ``taken``: it stands still."""

    preview: Preview
    day_code: str
    taken: bool


@dataclass(frozen=True)
class SignPanel:
    """A field to sign in, for ``who``.  The view's last button answers the Signature, and only once there is one."""

    who: str


Panel = WordsPanel | MirrorPanel | PhotoPanel | SignPanel


@dataclass(frozen=True)
class FieldVisit(FieldView[VisitButton | Signature | Pick | BoardNews]):
    """One person.  ``buttons``: at most three, the last is the main one."""

    board: Board
    name: str
    note: str  # 上次认证 2025-11-30 · 一周后到期
    tasks: tuple[TaskLine, ...]
    panel: Panel
    buttons: tuple[VisitButton, ...]
    next_words: str = ""  # of the main button, where it says what comes: 下一项：人脸核验
