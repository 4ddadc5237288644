"""Views of the tablet, with plain and with nasty data.  Nobody here exists."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sample_views import LONG_NAME, Somebody, drawn_person

from kiosk import texts
from kiosk import views as v
from kiosk.face.booth import Picture
from kiosk.face.guidance import Action, Guidance, Phase
from kiosk.face.verdicts import Hint
from kiosk.field import views as f

PEOPLE = (
    ("王** · 1号", "岛集村 12号"),
    ("刘桂兰 · 91岁", "岛集村 27号"),
    ("于占海 · 79岁", "夏庄敬老院 203"),
    ("姜淑华 · 83岁", "夏庄敬老院 203"),
    ("丛培英 · 88岁", "石羽村 5号"),
    ("鞠传福 · 90岁", "石羽村 31号"),
    ("毕可风 · 81岁", "后土埠村 8号"),
    ("隋玉珍 · 86岁", "后土埠村 19号"),
    ("宋修德 · 77岁", "林村 2号"),
    ("邹积善 · 84岁", "林村 40号"),
    ("侯桂花 · 93岁", "泽头卫生院 内科 6床"),
    ("慕恒山 · 80岁", "泽头卫生院 内科 7床"),
)


def drawn_photo() -> Picture:
    """The whole picture of a camera: somebody on a chair, and a code beside the face."""
    from PIL import Image, ImageDraw

    person = drawn_person()
    image = Image.new("RGB", (600, 450), "#5A6A70")
    small = Image.frombytes("RGB", (person.width, person.height), person.pixels).resize((340, 368))
    image.paste(small, (90, 82))
    draw = ImageDraw.Draw(image)
    draw.rectangle((410, 190, 540, 270), fill="#F4F1E8")
    draw.text((430, 205), "4827", fill="#16242B", font_size=40)
    return Picture(1, image.width, image.height, image.tobytes())


def board(now: int = 1, link: f.Link = f.Link.OFFLINE, unsent: int = 5, size: int = 2_300_000) -> f.Board:
    """The twelve of the design, ``now`` being met."""

    def state(index: int) -> f.RowState:
        if index == now:
            return f.RowState.NOW
        return f.RowState.DONE if index < now else f.RowState.WAITING

    rows = tuple(f.Row(title, note, state(index)) for index, (title, note) in enumerate(PEOPLE))
    return f.Board("于佳", rows, now, link, unsent, size if unsent else 0)


MIXED = replace(
    board(7, f.Link.SENDING, 4, 183_000),
    rows=tuple(
        replace(row, title=f"{row.title[0]}** · {index + 1}号", state=state) if index < 7 else row
        for index, (row, state) in enumerate(
            zip(
                board(7).rows,
                [
                    f.RowState.ACCEPTED,
                    f.RowState.ACCEPTED,
                    f.RowState.PARKED,
                    f.RowState.NOT_MET,
                    *[f.RowState.DONE] * 8,
                ],
                strict=True,
            )
        )
    ),
)
LONG_BOARD = f.Board(
    LONG_NAME,
    tuple(
        f.Row(
            f"{LONG_NAME} · 10{index % 10}岁",
            "威海市文登区泽头镇岛集村党群服务中心便民服务大厅东侧二单元 1203室",
            list(f.RowState)[index % 6],
        )
        for index in range(50)
    ),
    44,
    f.Link.FULL,
    200,
    9_876_543,
)


def tasks(done: int, *which: f.Task) -> tuple[f.TaskLine, ...]:
    words = {
        f.Task.CARD: ("身份证已读", "读身份证"),
        f.Task.CONSENT: ("本人或监护人同意", "本人或监护人同意"),
        f.Task.FACE: ("人脸核验", "人脸核验"),
        f.Task.PHOTO: ("现场照片", "现场照片"),
        f.Task.WITNESS: ("见证人签名", "见证人签名"),
    }

    def state(index: int) -> f.TaskState:
        if index == done:
            return f.TaskState.NOW
        return f.TaskState.DONE if index < done else f.TaskState.TO_COME

    return tuple(f.TaskLine(t, state(i), words[t][i >= done]) for i, t in enumerate(which or f.Task))


NOTE = "上次认证 2025-11-30 · 一周后到期"
READ_CARD = f.WordsPanel("id-card", texts.FIELD_CARD)
CONSENT = f.WordsPanel("heart-handshake", texts.FIELD_CONSENT, "go")
BEFORE_FACE = f.WordsPanel("scan-face", texts.FIELD_READY)


def visit(panel: f.Panel, done: int, *buttons: f.VisitButton, **more: Any) -> f.FieldVisit:
    which = more.pop("which", ())
    given = {"board": board(), "name": "刘桂兰", "note": NOTE, **more}
    return f.FieldVisit(tasks=tasks(done, *which), panel=panel, buttons=buttons, **given)


def mirror(guidance: Guidance, picture: bool = True) -> f.MirrorPanel:
    return f.MirrorPanel(guidance, Somebody(drawn_person() if picture else None))


B = f.VisitButton
BY_HAND = (f.Task.CARD, f.Task.CONSENT, f.Task.PHOTO, f.Task.WITNESS)
OTHER_THINGS = (
    v.ReasonOption("not_met", "今天没见到人"),
    v.ReasonOption("death", "人已经去世，报给中心核实"),
    v.ReasonOption("phone", "改联系电话"),
    v.ReasonOption("question", "记一个问题，中心来答复"),
)

FIELD: dict[str, v.View[Any]] = {
    "field-sign-in": f.SignInByCard("TB01", unsent=3),
    "field-sign-in-wrong": f.SignInByCard("TB01", "密码不对。请过 30 秒再放卡"),
    "field-code": f.EnterDigits("请输入登录码", "社保中心给您的 12 位数字", 12, 12, group=4),
    "field-pin": f.EnterDigits("请输入 6 位密码", "于佳", 6, 6, secret=True),
    "field-number": f.EnterDigits("请输入身份证号码", "照着户口簿或社保卡输入", 18, 18, x_key=True, group=6),
    "field-day": f.FieldDay(
        board(5),
        "鞠传福 · 90岁",
        "石羽村 31号 · 约了上午",
        ("今天有 3 户在夏庄敬老院，可以一间一间连着办",),
        (f.DayButton.SIGN_OUT, f.DayButton.SYNC, f.DayButton.NEXT),
    ),
    "field-day-mixed": f.FieldDay(
        replace(MIXED, selected=None),
        "隋玉珍 · 86岁",
        "后土埠村 19号",
        (),
        (f.DayButton.SIGN_OUT, f.DayButton.NEXT),
    ),
    "field-day-none": f.FieldDay(
        f.Board("于佳", (), None, f.Link.ONLINE, 0, 0), "", "", (), (f.DayButton.SIGN_OUT, f.DayButton.FETCH)
    ),
    "field-visit-card": visit(READ_CARD, 0, B.LEAVE, B.TYPE_NUMBER, B.MORE),
    "field-visit-consent": visit(CONSENT, 1, B.BY_HAND, B.AGREE_GUARDIAN, B.AGREE_PERSON),
    "field-visit": visit(BEFORE_FACE, 2, B.MORE, B.BY_HAND, B.START_FACE, next_words=texts.FIELD_NEXT_FACE),
    "field-visit-looking": visit(
        mirror(Guidance(Phase.LOOKING, progress=0.12, hint=Hint.COME_CLOSER)), 2, B.LEAVE, B.BY_HAND
    ),
    "field-visit-blink": visit(
        mirror(Guidance(Phase.ACTING, Action.BLINK, 1, 4, progress=0.0)), 2, B.BY_HAND
    ),
    "field-visit-photo": visit(
        f.PhotoPanel(Somebody(drawn_photo()), "4827", taken=False), 2, B.NO_PHOTO, B.SHOOT, which=BY_HAND
    ),
    "field-visit-taken": visit(
        f.PhotoPanel(Somebody(drawn_photo()), "4827", taken=True),
        2,
        B.SHOOT_AGAIN,
        B.KEEP_PHOTO,
        which=BY_HAND,
    ),
    "field-visit-sign": visit(
        f.SignPanel("见证人"), 3, B.LEAVE, B.SAVE, which=BY_HAND, next_words=texts.SIGN_DONE
    ),
    "field-visit-done": visit(
        f.WordsPanel("circle-check", ("人脸核验通过", "点“保存”就办好了"), "ok"),
        3,
        B.MORE,
        B.SAVE,
        which=(f.Task.CARD, f.Task.CONSENT, f.Task.FACE),
    ),
    "field-choose": f.FieldChoose("还有别的事？", "刘桂兰 · 岛集村 27号", OTHER_THINGS),
}

FIELD_NASTY: dict[str, v.View[Any]] = {
    "field-day-long": f.FieldDay(
        LONG_BOARD,
        f"{LONG_NAME} · 100岁",
        "威海市文登区泽头镇岛集村党群服务中心便民服务大厅东侧二单元 1203室 · 约了上午",
        ("这台平板已经有 200 份没有上传，请先联网上传，再去下一户", "任务明天 08:00 到期，到期后要重新领取"),
        (f.DayButton.SIGN_OUT, f.DayButton.FETCH, f.DayButton.SYNC),
    ),
    "field-day-three": f.FieldDay(
        replace(board(0), rows=board(0).rows[:1], selected=None, unsent=0, unsent_bytes=0),
        "",
        "",
        (),
        (f.DayButton.SIGN_OUT, f.DayButton.SYNC, f.DayButton.NEXT),
    ),
    "field-visit-long": visit(
        f.WordsPanel("user-round-check", (*texts.FIELD_CONSENT, texts.FIELD_CONSENT[2])),
        1,
        B.LEAVE,
        B.AGREE_GUARDIAN,
        B.AGREE_PERSON,
        board=LONG_BOARD,
        name=LONG_NAME,
        note="从来没有认证过 · 已经过期 1234 天 · 长期卧床，要和家属一起",
        next_words="下一项：本人或监护人同意",
    ),
    "field-visit-hint": visit(
        mirror(Guidance(Phase.ACTING, Action.TURN_LEFT, 2, 4, Hint.COME_TO_THE_SCREEN, 0.25)),
        2,
        B.LEAVE,
        B.AGAIN,
        B.BY_HAND,
        board=LONG_BOARD,
        name=LONG_NAME,
    ),
    "field-visit-opening": visit(mirror(Guidance(), picture=False), 2, B.BY_HAND),
    "field-visit-photo-none": visit(
        f.PhotoPanel(Somebody(None), "482 739", taken=False),
        3,
        B.LEAVE,
        B.NO_PHOTO,
        B.SHOOT,
        board=LONG_BOARD,
    ),
    "field-visit-sign-long": visit(
        f.SignPanel(f"见证人{LONG_NAME}"),
        4,
        B.LEAVE,
        B.BY_HAND,
        B.SAVE,
        board=LONG_BOARD,
        name=LONG_NAME,
        next_words=texts.SIGN_DONE,
    ),
    "field-visit-compare": visit(
        f.WordsPanel("circle-alert", ("没认出来，不要紧", "可以再试一次，或请中心看照片比对"), "go"),
        2,
        B.BY_HAND,
        B.COMPARE,
        B.AGAIN,
    ),
    "field-sign-in-long": f.SignInByCard(
        "TB01", "卡没有读出来。请把卡平放，放稳以后等两三秒再拿走", unsent=200
    ),
    "field-choose-six": f.FieldChoose(
        "为什么走人工？", f"{LONG_NAME} · 请点一下", OTHER_THINGS + OTHER_THINGS[:2]
    ),
    **{
        f"field-link-{link.value}-{count}": f.FieldDay(board(1, link, count), "", "", (), (f.DayButton.SYNC,))
        for link in f.Link
        for count in (0, 5)
    },
}
FIELD_EVERY = {**FIELD, **FIELD_NASTY}
