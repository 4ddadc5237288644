"""A check as a reviewer reads it: what the machine asked and saw, in words; a score is never a verdict.

What the machine made of the faces stands below the decision, so that a person looks before reading it.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection, select

from central import tables
from central.identity import mask_name
from central.jpeg2000 import NotShowable, as_png
from central.judgement import Reason
from central.pictures import JPEG, SignedPicture
from central.references import PICTURE, StoredFace
from central.review_visit import visit_facts
from central.review_words import (
    ACTIONS,
    CHANNELS,
    DOUBTS,
    FLAWS,
    OTHER_REASON,
    REASONS,
    SOURCES,
    STATES,
    VISIT_REASONS,
    ZONES,
)
from central.reviews import BY_HEARSAY, Reviews, Waiting
from kiosk.wire import CheckEvidence, CheckState, ComparedFace

CHECKS, STATE_ROWS, LOOKS = tables.checks, tables.check_states, tables.picture_looks
OWN = "这一件是您本人当面核对的，或者是您本人的认证，须由另一个人复核。"
TAKEN = "taken"
QUESTIONS = {
    Reason.PICTURE: "请比对：本次拍摄的和留存的，是不是同一个人？",
    Reason.SECOND_PERSON: "请复核：同事已当面核对，能不能认定？",
    Reason.TOLD_LATE: "请核实：结果报得太晚，能不能认定？",
    Reason.REPORTED_DEAD: "请核实：有人报告过本人去世，今天来的是不是本人？",
}
NOTHING_TO_SEE = "这一件没有照片可看，不能认定"
NOTHING_STORED = "没有能比的留存照片：用别的办法，能不能认定？"
BASIS = "必填：您凭什么这样决定"
BASIS_WITHOUT_STORED = "必填：怎样核实的（电话、证件…）"


@dataclass(frozen=True)
class Brief:
    """One line of the queue."""

    check_id: str
    title: str
    channel: str
    place: str
    masked_name: str
    number: str
    staff: str
    has_picture: bool
    since_ms: int
    bar: str  # why this operator may not decide


@dataclass(frozen=True)
class SeenAction:
    """``took``: how long after it was asked, "" when it was not seen."""

    words: str
    took: str


@dataclass(frozen=True)
class SeenFace:
    """What the machine made of one reference; ``tone`` "" when it could not compare."""

    source: str
    tone: str
    words: str
    flaws: str


@dataclass(frozen=True)
class Shown:
    """One picture of the page; ``data`` "" when there is nothing a browser can show, and ``missing`` says why."""

    title: str
    note: str
    data: str = field(default="", repr=False)
    missing: str = ""


@dataclass(frozen=True)
class Event:
    at_ms: int
    words: str
    note: str
    operator: str


@dataclass(frozen=True)
class Case:
    """What is known of a check that waits.  ``may_accept``: there is something a person can go by; ``basis`` asks for what it was."""

    brief: Brief
    name: str
    question: str
    basis: str
    about: str
    opened_ms: int
    staff_reason: str
    may_accept: bool
    doubts: tuple[str, ...]
    actions: tuple[SeenAction, ...]
    comparisons: tuple[SeenFace, ...]
    facts: tuple[tuple[str, str], ...]
    technical: tuple[tuple[str, str], ...]


def brief(reviews: Reviews, connection: Connection, row: Waiting, operator: str) -> Brief:
    """``bar`` says why this operator may not decide."""
    return Brief(
        check_id=row.check_id,
        title=REASONS.get(row.reason, OTHER_REASON)[0],
        channel=CHANNELS.get(row.channel, row.channel),
        place=f"{row.kiosk_id} {row.place}".strip(),
        masked_name=mask_name(row.name),
        number=row.number,
        staff=row.staff,
        has_picture=row.has_picture,
        since_ms=row.since_ms,
        bar="" if reviews.may_decide(connection, row.check_id, operator) else OWN,
    )


def case(
    reviews: Reviews,
    connection: Connection,
    row: Waiting,
    operator: str,
    picture: SignedPicture | None,
    shown: Sequence[Shown] = (),
) -> Case:
    """Everything but the faces; ``shown`` is what ``faces`` gave, for without a stored face the question is another."""
    found = reviews.evidence(connection, row.check_id)
    may_accept = row.reason in BY_HEARSAY or (picture is not None and bool(picture.jpeg))
    question = QUESTIONS.get(row.reason, OTHER_REASON[0]) if may_accept else NOTHING_TO_SEE
    nothing_stored = may_accept and row.reason is Reason.PICTURE and not any(face.data for face in shown[1:])
    return Case(
        brief=brief(reviews, connection, row, operator),
        # the second person may have to ask the first one who it was; for a picture nobody needs the name
        name=row.name if row.staff else mask_name(row.name),
        question=NOTHING_STORED if nothing_stored else question,
        basis=BASIS_WITHOUT_STORED if nothing_stored else BASIS,
        about=REASONS.get(row.reason, OTHER_REASON)[1],
        opened_ms=row.opened_ms,
        staff_reason=VISIT_REASONS.get(row.staff_reason, row.staff_reason),
        may_accept=may_accept,
        doubts=tuple(DOUBTS.get(word, word) for word in found.doubts) if found else (),
        actions=_actions(found) if found else (),
        comparisons=tuple(_compared(each) for each in found.comparisons) if found else (),
        facts=_facts(reviews, connection, row, found),
        technical=_technical(found) if found else (),
    )


def faces(
    picture: SignedPicture, stored: Sequence[StoredFace], *, visited: bool = False
) -> tuple[Shown, ...]:
    """The picture that was taken, and what it is compared with beside it; ``visited``: by staff at the person's home."""
    if picture.jpeg:
        taken = Shown("本次拍摄的照片", "" if visited else "本人签名同意比对", _data(picture.jpeg))
    else:
        taken = Shown("本次拍摄的照片", "", missing="没有照片")
    return taken, *(_stored(face) for face in stored)


def shown_words(stored: Sequence[StoredFace]) -> str:
    """What is written down of a look."""
    return ",".join((TAKEN, *(face.source.value for face in stored if face.kind == PICTURE)))


def strokes(picture: SignedPicture) -> tuple[str, ...]:
    """Each as the points of an SVG polyline, in 0 to 1000; a dot is two points."""
    return tuple(
        " ".join(f"{x},{y}" for x, y in (stroke if len(stroke) > 1 else stroke * 2))
        for stroke in picture.strokes
    )


def history(connection: Connection, check_id: str) -> tuple[Event, ...]:
    """What became of a check, and who looked at its faces; empty for one that nobody knows."""
    states = connection.execute(
        select(STATE_ROWS).where(STATE_ROWS.c.check_id == check_id).order_by(STATE_ROWS.c.state_id)
    )
    looks = connection.execute(select(LOOKS).where(LOOKS.c.check_id == check_id).order_by(LOOKS.c.look_id))
    events = [
        *(Event(row.at_ms, _became(row.state, row.reason), row.note, row.operator) for row in states),
        *(Event(row.at_ms, "看了照片", "", row.operator) for row in looks),
    ]
    return tuple(sorted(events, key=lambda event: event.at_ms))


def _became(state: str, reason: str) -> str:
    """With the reason where there is one to tell: why it waits, or what did not bear out the machine's word."""
    words, told = STATES.get(state, state), REASONS.get(Reason(reason))
    if state == CheckState.UNDER_REVIEW.value:
        return f"{words}：{(told or OTHER_REASON)[0]}"
    return f"{words}：{told[0]}" if state == CheckState.NOT_RECOGNISED.value and told else words


def _actions(found: CheckEvidence) -> tuple[SeenAction, ...]:
    return tuple(
        SeenAction(
            ACTIONS.get(each.action, each.action),
            "" if each.done_ms is None else f"{(each.done_ms - each.asked_ms) / 1000:.1f} 秒后",
        )
        for each in found.asked
    )


def _compared(face: ComparedFace) -> SeenFace:
    source = SOURCES.get(face.source.value, face.source.value)
    flaws = "、".join(FLAWS.get(flaw, flaw) for flaw in face.flaws)
    if face.score is None:
        return SeenFace(source, "", "没有比对，照片不够好", flaws)
    tone, words = ZONES.get(face.zone, ("", face.zone))
    return SeenFace(source, tone, words, flaws)


def _facts(
    reviews: Reviews, connection: Connection, row: Waiting, found: CheckEvidence | None
) -> tuple[tuple[str, str], ...]:
    check = connection.execute(select(CHECKS).where(CHECKS.c.check_id == row.check_id)).one()
    facts = [("认证编号", row.check_id)]
    if check.consent_version:
        given = [SOURCES.get(each, each) for each in check.references_given.split(",") if each]
        facts += [
            ("本人同意刷脸的同意书", check.consent_version),
            ("中心发给自助机比对的", "、".join(given) or "没有留存照片"),
        ]
    if visit := reviews.visit(connection, row.check_id):
        facts += visit_facts(visit)
    if found:
        facts.append(("刷脸用时", f"{found.duration_ms / 1000:.0f} 秒，{found.frames} 帧画面"))
    return tuple(facts)


def _technical(found: CheckEvidence) -> tuple[tuple[str, str], ...]:
    scores = [
        (f"分数，{SOURCES.get(each.source.value, each.source.value)}", f"{each.score:g}")
        for each in found.comparisons
        if each.score is not None
    ]
    return (
        ("比对程序", found.engine or "—"),
        ("比对模型", found.model or "—"),
        ("检测模型", found.detector or "—"),
        ("分界值", found.thresholds or "—"),
        *scores,
        *((f"画面 {name}", f"{value:g}") for name, value in sorted(found.quality.items())),
    )


def _stored(face: StoredFace) -> Shown:
    title = SOURCES.get(face.source.value, face.source.value)
    note = f"{face.taken_on:%Y-%m-%d} 拍摄" if face.taken_on else "拍摄日期不详"
    if face.kind != PICTURE:
        return Shown(title, note, missing="留存的只有特征值，没有照片可看")
    if face.coded.startswith(JPEG):
        return Shown(title, note, _data(face.coded))
    try:
        return Shown(title, note, _data(as_png(face.coded), "png"))
    except NotShowable:
        return Shown(title, note, missing="留存的照片打不开，看不了；请用原件核对")


def _data(coded: bytes, kind: str = "jpeg") -> str:
    return f"data:image/{kind};base64,{base64.b64encode(coded).decode('ascii')}"
