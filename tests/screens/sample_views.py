"""One or more of every view, with plain and with nasty data.  Nobody here exists."""

from __future__ import annotations

from typing import Any

from kiosk import texts
from kiosk import views as v
from kiosk.face.booth import Picture
from kiosk.face.guidance import Action, Guidance, Phase
from kiosk.face.verdicts import Hint

PAYING = v.PAYING_STEPS
LONG_NAME = "欧阳𠮷𪚥阿卜杜热合曼買買提江"  # fourteen characters, two of them of extension B
TIERS = tuple(
    v.TierOption(
        code=f"t{amount}",
        amount_fen=amount * 100,
        title=str(amount),
        unit="元/年",
        note=f"政府补贴 {subsidy} 元",
        gain_title=f"按 {amount} 元档缴满 15 年",
        gain_note="60 岁后预计每月多领约",
        gain_fen=gain,
    )
    for amount, subsidy, gain in (
        (300, 30, 3560),
        (500, 60, 6040),
        (1000, 80, 11655),
        (2000, 100, 22662),
        (3000, 120, 33669),
        (5000, 150, 55576),
    )
)
LONG_TIERS = tuple(
    v.TierOption(
        f"f{n}", 1_085_760 + n, f"{60 + 40 * n}% 档", "元/年", "按上一年度全口径平均工资计算", "", "", None
    )
    for n in range(6)
)
CERTIFIED = v.CertificationBanner(
    "资格认证：今年不用来", "已认证到 2027年3月31日 · 2026年3月18日 看病、出行记录核对过", v.Tone.OK
)
NOT_CERTIFIED = v.CertificationBanner(
    "资格认证：该做这一次了", "每年一次，刷脸两分钟。请在 2026年12月31日前做好", v.Tone.GO
)
ITEMS = (
    v.Item(
        "resident_pension:2026",
        v.ItemKind.PENSION,
        "居民养老 2026年度",
        "还没缴，12月31日截止",
        "待缴",
        v.Tone.GO,
    ),
    v.Item(
        "owed",
        v.ItemKind.PAPER,
        "有 1 张凭证还没打印",
        "居民医疗 2027年度 已缴 420 元，点这里补打",
        "补打",
        v.Tone.GO,
    ),
    v.Item("", v.ItemKind.MEDICAL, "居民医疗 2027年度", "2026年10月8日 已缴 420 元", "已缴", v.Tone.OK),
)
MORE_ITEMS = (
    *ITEMS,
    v.Item(
        "flexible_pension:2026",
        v.ItemKind.FLEXIBLE,
        "灵活就业养老 2026年度",
        "还没缴，12月31日截止",
        "待缴",
        v.Tone.GO,
    ),
    v.Item(
        "",
        v.ItemKind.CHECKING,
        "付款结果待核对",
        "1,000.00 元，请不要再付一次。一般几分钟有结果",
        "核对中",
        v.Tone.SOFT,
    ),
    v.Item(
        "",
        v.ItemKind.REFUND,
        "有一笔钱要退给您",
        "1,000.00 元没有用来缴费，原路退回付款的手机，一般三个工作日内到账",
        "退款中",
        v.Tone.SOFT,
    ),
)
MEMBERS = (
    v.MemberOption("a", "张*英", "本人", "居民养老 2026年度", 100_000),
    v.MemberOption("b", "王*山", "配偶", "居民医疗 2027年度", 42_000),
    v.MemberOption("c", "王*", "儿子", "居民医疗 2027年度", 42_000),
)
MORE_MEMBERS = tuple(
    v.MemberOption(f"m{n}", LONG_NAME, "孙子女的监护人", "灵活就业人员企业职工养老 2026年度", 1_085_760)
    for n in range(6)
)
ROWS = (
    v.PaidRow("缴费人", "张秀英"),
    v.PaidRow("险种", "居民养老 2026年度"),
    v.PaidRow("金额", "￥1,000.00", amount=True),
    v.PaidRow("凭证号", "3710 8126 1123 0042"),
)
LONG_ROWS = (
    v.PaidRow("缴费人", LONG_NAME),
    v.PaidRow("险种", "灵活就业人员企业职工基本养老保险 2026年度"),
    v.PaidRow("金额", "￥1,000,000.00", amount=True),
    v.PaidRow("凭证号", "3710 8126 1123 0042 1234 56"),
)
BARS = tuple(
    v.Bar(str(2021 + n), fen, n == 5)
    for n, fen in enumerate((30_000, 30_000, 50_000, 50_000, 100_000, 100_000))
)
RECORD_ROWS = (
    v.RecordRow("2026-11-23", "居民养老 2026年度", 100_000),
    v.RecordRow("2026-10-08", "居民医疗 2027年度", 42_000),
    v.RecordRow("2025-11-02", "居民养老 2025年度", 100_000),
)
QR = "https://pay.example/cashier/0042112309175306?sign=6f1c8a20b5"


def steps(now: int) -> v.Steps:
    return v.Steps(PAYING, now)


class Somebody:
    """A preview: what ``picture`` is put before it, newest first; somebody drawn with a few ellipses until then."""

    def __init__(self, picture: Picture | None) -> None:
        self.picture = picture

    def read(self, after: int) -> Picture | None:
        return self.picture if self.picture is not None and self.picture.number > after else None


def drawn_person() -> Picture:
    """Nobody: grey hair, a face, two eyes and a smile before a wall."""
    from PIL import Image, ImageDraw

    image = Image.new("RGB", (444, 480), "#5A6A70")
    draw = ImageDraw.Draw(image)
    draw.ellipse((70, 380, 374, 700), fill="#34506B")
    draw.ellipse((128, 92, 316, 330), fill="#C9C9C9")
    draw.ellipse((138, 132, 306, 378), fill="#D9B79A")
    draw.ellipse((178, 224, 198, 244), fill="#2B2B2B")
    draw.ellipse((246, 224, 266, 244), fill="#2B2B2B")
    draw.arc((186, 270, 258, 330), 20, 160, fill="#8A5A44", width=7)
    return Picture(1, image.width, image.height, image.tobytes())


def check(now: int) -> v.Steps:
    return v.Steps(v.CERTIFY_STEPS, now)


def look(guidance: Guidance, picture: bool = True) -> v.FaceLook:
    return v.FaceLook(check(2), guidance, Somebody(drawn_person() if picture else None))


FACE_NOTE = "只在这台机器上比对，照片不上传、不保存，办完就清除。"
STAFF_NOTE = "今天 08:00–11:30、13:30–17:00 有人值班，看身份证即可。"
FACE = v.WayOption(v.WayKey.FACE, FACE_NOTE)
STAFF = v.WayOption(v.WayKey.STAFF, STAFF_NOTE)
HOME_VISIT = v.WayOption(v.WayKey.HOME_VISIT, "一般 3 个工作日内到家")
PHONE = v.WayOption(v.WayKey.PHONE, "扫码打开电子社保卡")
WINDOW = v.WayOption(v.WayKey.WINDOW, "带身份证，到本厅或任何一个镇的社保窗口")
CHECK_ROWS = (
    v.PaidRow("认证方式", "本机刷脸"),
    v.PaidRow("回执号", "RZ 2611 2301 0042"),
    v.PaidRow("人脸照片", "已从本机清除"),
)
NOT_RECOGNISED = ("机器没认出来，不要紧", "光线或照片年头久都会这样，待遇不受影响。")
DUE = v.CertificationBanner(
    "资格认证：该做这一次了", "每年一次，刷脸两分钟。请在 2026年12月31日前做好", v.Tone.GO, "现在就做"
)
REASONS = (
    v.ReasonOption("chosen", "本人愿意当面核验"),
    v.ReasonOption("not_recognised", "机器没认出来"),
    v.ReasonOption("cannot_do_it", "眼睛、身体不方便刷脸"),
    v.ReasonOption("machine", "镜头或光线不好"),
)

PLAIN: dict[str, v.View[Any]] = {
    "home": v.Home(),
    "present-card": v.PresentCard(v.Steps(v.IDENTIFY_STEPS, 0)),
    "take-card": v.TakeCard(),
    "working": v.Working("正在查询，请稍等", steps(0)),
    "my-page": v.MyPage("张秀英", "3710••••••••0042", True, CERTIFIED, ITEMS, True),
    "choose-tier": v.ChooseTier(steps(1), "张秀英", "城乡居民基本养老保险", 2026, TIERS, "t1000", False),
    "choose-members": v.ChooseMembers(steps(1), MEMBERS, ("a", "b")),
    "confirm-payment": v.ConfirmPayment(
        steps(2), (v.ConfirmLine("张秀英", "居民养老 2026年度", "1000 元档", 100_000),), 100_000
    ),
    "pay-by-qr": v.PayByQr(steps(2), 100_000, QR, 161),
    "scan-payer-code": v.ScanPayerCode(steps(2), 100_000, 161),
    "paid-printing": v.Paid(steps(3), ROWS, v.PaperState.PRINTING, 0.62, True),
    "paid-printed": v.Paid(steps(3), ROWS, v.PaperState.PRINTED, 1.0, True),
    "save-to-phone": v.SaveToPhone("3710812611230042", "https://check.example/v/3710812611230042?k=Zk3v9"),
    "pending": v.Pending("0042 1123 0917 5306", 100_000, "今天 12:00 前有结果", True),
    "records": v.Records(160, 20, 15, 1_846_237, 120_790, BARS, True, RECORD_ROWS),
    "choose-receipt": v.ChooseReceipt(
        (
            v.ReceiptOption("37108126112300420001", "居民养老 2026年度", "2026年11月23日", 100_000, True),
            v.ReceiptOption("37108126100800420001", "居民医疗 2027年度", "2026年10月8日", 42_000, False),
            v.ReceiptOption("37108125110200420001", "居民养老 2025年度", "2025年11月2日", 100_000, False),
        ),
        True,
    ),
    "attention": v.Attention(
        "printer",
        "凭证纸用完了",
        ("您的 1,000.00 元 已经缴费成功，钱不会丢。", "凭证可以存到手机，也可以以后在任何一台机器上补打。"),
        "存到手机",
        "知道了",
        "已记录 凭证号 3710 8126 1123 0042",
    ),
    "my-page-due": v.MyPage("张秀英", "3710••••••••0042", False, DUE, ITEMS, True),
    "choose-way": v.ChooseWay(check(1), (FACE, STAFF, HOME_VISIT), "2026-01"),
    "choose-way-five": v.ChooseWay(
        check(1), (FACE, STAFF, HOME_VISIT, PHONE, WINDOW), "2026-01", "请在 2026年12月31日前做好"
    ),
    "consent-rules": v.ConsentRules("2026-02", texts.CONSENT_RULES),
    "face-opening": look(Guidance(), picture=False),
    "face-looking": look(Guidance(Phase.LOOKING, progress=0.12, hint=Hint.COME_CLOSER)),
    "face-left": look(Guidance(Phase.ACTING, Action.TURN_LEFT, 2, 4, progress=0.25)),
    "face-right-hint": look(Guidance(Phase.ACTING, Action.TURN_RIGHT, 3, 4, Hint.COME_TO_THE_SCREEN, 0.5)),
    "face-nod": look(Guidance(Phase.ACTING, Action.NOD, 1, 4, progress=0.0)),
    "face-blink": look(Guidance(Phase.ACTING, Action.BLINK, 4, 4, progress=0.75)),
    "face-returning": look(Guidance(Phase.RETURNING, Action.TURN_LEFT, 2, 4, progress=0.5)),
    "face-comparing": look(Guidance(Phase.COMPARING, None, 4, 4, progress=1.0)),
    "face-other-ways": v.FaceOtherWays(
        check(2), *NOT_RECOGNISED, (v.FaceWay.AGAIN, STAFF, HOME_VISIT, PHONE)
    ),
    "sign-for-review": v.SignForReview(check(2), "2026-01"),
    "choose-reason": v.ChooseReason(REASONS),
    "certified": v.Certified(
        check(3),
        v.CertifiedState.ACCEPTED,
        "2027年11月22日",
        CHECK_ROWS,
        can_print=True,
        next_from="2027年9月23日",
    ),
    "certified-printing": v.Certified(
        check(3), v.CertifiedState.ACCEPTED, "2027年11月22日", CHECK_ROWS, can_print=True, printing=True
    ),
    "certified-printed": v.Certified(
        check(3), v.CertifiedState.ACCEPTED, "2027年11月22日", CHECK_ROWS, can_print=True, printed=True
    ),
    "certified-pending": v.Certified(
        check(3), v.CertifiedState.PENDING, "", CHECK_ROWS[:1] + CHECK_ROWS[2:], can_print=True
    ),
    "certified-review": v.Certified(
        check(3), v.CertifiedState.UNDER_REVIEW, "", CHECK_ROWS[:2], can_print=True, can_withdraw=True
    ),
    "childrens-phone": v.ChildrensPhone(
        "https://card.example/help?c=RZ261123", "用微信扫一扫，打开电子社保卡，按提示给您刷脸。"
    ),
    "staff-card": v.PresentCard(check(1), staff=True),
    "still-there": v.StillThere(20),
    "goodbye": v.Goodbye("再见，慢走", "您的信息已经从这台机器上清除"),
    "out-of-service": v.OutOfService("读卡器正在检修。请用附近另一台机器，或打服务热线 12333。"),
}

NASTY: dict[str, v.View[Any]] = {
    "home-no-paper": v.Home(v.Trouble.NO_PAPER),
    "home-no-network": v.Home(v.Trouble.NO_NETWORK),
    "home-no-reader": v.Home(v.Trouble.NO_READER),
    "home-clock": v.Home(v.Trouble.CLOCK),
    **{f"present-card-{hint.value}": v.PresentCard(steps(0), hint) for hint in v.CardHint},
    "my-page-full": v.MyPage(LONG_NAME, "8100••••••••0011", True, NOT_CERTIFIED, MORE_ITEMS, True),
    "my-page-bare": v.MyPage("李*", "3710••••••••0028", False, None, ITEMS[:1], False),
    "choose-tier-long": v.ChooseTier(
        steps(1), LONG_NAME, "灵活就业人员企业职工基本养老保险", 2026, LONG_TIERS, "f1", True
    ),
    "choose-members-none": v.ChooseMembers(steps(1), MORE_MEMBERS),
    "confirm-payment-six": v.ConfirmPayment(
        steps(2),
        tuple(v.ConfirmLine(LONG_NAME, "灵活就业养老 2026年度", "300% 档", 12_345_678) for _ in range(6)),
        74_074_068,
        no_paper=True,
    ),
    "pay-by-qr-slow": v.PayByQr(steps(2), 99_999_999, QR * 3, 59, slow=True, can_scan=False),
    "scan-payer-code-refused": v.ScanPayerCode(steps(2), 99_999_999, 600, refused=True),
    "scan-payer-code-waiting": v.ScanPayerCode(steps(2), 100_000, 100, waiting=True),
    "paid-long": v.Paid(steps(3), LONG_ROWS, v.PaperState.PRINTED, 1.0, True),
    "paid-copy": v.Paid(steps(3), ROWS, v.PaperState.PRINTING, 0.1, False, copy=True),
    "pending-no-slip": v.Pending(
        "WENDENG01-20261123-091753-000042", 99_999_999, "明天 12:00 前有结果", False
    ),
    "records-empty": v.Records(0, 180, 15, 0, 0, (v.Bar("2026", 0, True),), False, ()),
    "records-much": v.Records(
        431,
        0,
        15,
        99_999_999,
        9_999_999,
        BARS,
        False,
        (v.RecordRow("2026-11-23", "灵活就业养老 2026年度", 12_345_678),) * 4,
    ),
    "choose-receipt-five": v.ChooseReceipt(
        tuple(
            v.ReceiptOption(
                f"3710812611230042000{n}",
                "灵活就业养老 2026年度",
                "2026年11月23日 没有打出来",
                12_345_678,
                True,
            )
            for n in range(5)
        ),
        True,
    ),
    "choose-way-due": v.ChooseWay(
        check(1), (FACE, STAFF, HOME_VISIT, PHONE, WINDOW), "2026-02", "", DUE.title, DUE.note
    ),
    "choose-way-refused": v.ChooseWay(
        check(1),
        (FACE, STAFF, HOME_VISIT, PHONE, WINDOW),
        "2026-02",
        "请在 2026年12月31日前做好",
        "资格认证：请换一种方式",
        "照片没能核对出来，不要紧。请工作人员当面看一下就行，待遇不受影响",
    ),
    "choose-way-no-face": v.ChooseWay(v.Steps(v.WAY_STEPS, 1), (STAFF, HOME_VISIT, PHONE, WINDOW), "2026-01"),
    "choose-way-face-last": v.ChooseWay(check(1), (STAFF, HOME_VISIT, PHONE, WINDOW, FACE), "2026-01"),
    "choose-way-two": v.ChooseWay(check(1), (FACE, STAFF), "2026-01"),
    "face-other-ways-six": v.FaceOtherWays(
        check(2),
        "镜头现在不能用，不要紧",
        "还没有做完，待遇不受影响。可以选别的办法。",
        (v.FaceWay.AGAIN, v.FaceWay.COMPARE, STAFF, HOME_VISIT, PHONE, WINDOW),
        texts.WAY_AGAIN_CAMERA,
    ),
    **{f"face-hint-{hint.value}": look(Guidance(Phase.LOOKING, hint=hint)) for hint in Hint},
    **{
        f"staff-card-{hint.value}": v.PresentCard(check(1), hint, staff=True)
        for hint in v.CardHint
        if hint is not v.CardHint.PLACE
    },
    "certified-long": v.Certified(
        check(3),
        v.CertifiedState.UNDER_REVIEW,
        "2027年12月31日",
        (
            v.PaidRow("认证方式", "工作人员当面核验，等第二位工作人员核对"),
            v.PaidRow("回执号", "RZ 2611 2301 0042"),
            v.PaidRow("人脸照片", texts.PICTURE_CLEARED),
        ),
        can_print=True,
        printed=True,
        can_withdraw=True,
    ),
    "my-page-due-full": v.MyPage(LONG_NAME, "8100••••••••0011", True, DUE, MORE_ITEMS, True),
    "attention-bad": v.Attention(
        "circle-alert",
        "姓名的写法不一样",
        (
            "身份证上的姓名和社保登记的不同，可能只是一个字的写法不同。",
            "缴费和查询按身份证号办理，不受影响。是您本人就请继续。",
            "有疑问请打服务热线 12333，工作人员会帮您看。",
        ),
        "继续办理",
        "不是我，退出",
        tone="bad",
    ),
}
EVERY = {**PLAIN, **NASTY}
