"""What a reviewer reads of a check, in plain Chinese: one entry for each word of the evidence.

The keys are the words of ``kiosk.face.guidance``, ``.verdicts`` and ``.zones``, of ``kiosk.wire`` and of ``judgement.Reason``.
A word that is missing here, from a newer kiosk, is shown as it came.
"""

from __future__ import annotations

from central.judgement import Reason

ACTIONS = {
    "blink": "慢慢闭眼，再睁开",
    "turn_left": "慢慢向左转头",
    "turn_right": "慢慢向右转头",
    "nod": "慢慢点一下头",
}

DOUBTS = {
    "flat": "画面像一张平放的照片，不像真人的脸",
    "other_action": "做的不是要求的那个动作",
    "swapped": "前后不像同一张脸",
    "jumped": "画面有跳动，前后接不上",
    "repeated": "同样的画面重复出现",
    "several": "画面里不止一张脸",
    "too_soon": "动作做得太早，那时还没说完要求",
    "eyes_only": "只有眼睛在动，脸没有动",
    "carried": "脸的四周跟着手一起晃，像手里举着的照片或屏幕",
    "screen": "脸上有屏幕的细纹",
}

FLAWS = {
    "no_face": "找不到脸",
    "several_faces": "不止一张脸",
    "few_bytes": "文件太小，看不清细节",
    "small": "脸太小",
    "blurred": "模糊",
    "dark": "太暗",
    "bright": "太亮",
    "turned": "没有正对镜头",
    "unreadable": "读不出来",
    "other_engine": "是另一种比对程序留下的",
}

SOURCES = {
    "certified": "上次认证时留存的照片",
    "photo": "社保中心留存的照片",
    "chip": "证件芯片里的照片",
}

# (tone, words): what the machine made of one reference
ZONES = {
    "accept": ("ok", "机器认为相像"),
    "review": ("go", "机器拿不准"),
    "no_match": ("bad", "机器认为不像"),
}

CHANNELS = {
    "kiosk_self": "本人刷脸",
    "kiosk_assisted": "工作人员当面核对",
    "home_visit": "上门",
    "institution_batch": "养老机构上门",
}

# as the member of staff read them at the machine
STAFF_REASONS = {
    "chosen": "本人愿意当面核验",
    "not_recognised": "机器没认出来",
    "cannot_do_it": "看不清、听不清或身体不便",
    "machine": "镜头或光线不好",
}

VISIT_REASONS = {**STAFF_REASONS, "no_consent": "本人不同意刷脸"}

# (what is waited for, what there is to know about it)
REASONS = {
    Reason.PICTURE: ("请比对照片", "本人签名同意由工作人员比对照片。"),
    Reason.SECOND_PERSON: (
        "请第二人复核",
        "工作人员已经当面核对本人和证件；请向核对人问明情况，必要时打电话给本人。",
    ),
    Reason.DOUBTED: ("机器有疑点", "自助机报的是通过，但它自己也记下了疑点。"),
    Reason.NOT_ASKED: (
        "动作不合规定",
        "自助机报的是通过，但要求的动作不合规定：至少四个，眨眼只有一次，转头、点头不能接连重复。",
    ),
    Reason.NOT_DONE: ("动作没有看全", "自助机报的是通过，但有要求的动作没有看到。"),
    Reason.NOT_COMPARED: ("没有比对成功", "自助机报的是通过，但没有哪一张留存照片比对成功。"),
    Reason.CONTRADICTED: ("照片互相矛盾", "自助机报的是通过，但有一张留存照片对不上。"),
    Reason.IMPOSSIBLE: ("快慢不合常理", "自助机报的是通过，但记下的时间或画面数，真人做不到。"),
    Reason.NOT_GIVEN: ("比对的照片不明", "自助机报的是通过，但比对用的照片不是中心给的。"),
    Reason.UNNAMED: ("比对程序不明", "自助机报的是通过，但没有写明是哪个比对程序。"),
    Reason.NOT_ALL: ("照片没有全部比对", "自助机报的是通过，但中心给的照片，有的没有比对。"),
    Reason.UNKNOWN_ENGINE: ("比对程序不认识", "自助机报的是通过，但用的比对程序不是中心认可的。"),
    Reason.UNKNOWN_LIMITS: ("分界值不认识", "自助机报的是通过，但用的分界值不是中心认可的。"),
    Reason.OTHER_ZONE: ("结果与分数不符", "自助机报的是通过，但中心按分数重新算，结果不一样。"),
    Reason.REPEATED: ("与另一次认证雷同", "自助机报的是通过，但动作和时间与另一次认证一模一样。"),
    Reason.OUTSIDE: ("时间对不上", "自助机报的是通过，但结束的时间与开始的时间接不上。"),
    Reason.PARKED: (
        "请核实上门情况",
        "记录到中心时有疑问，已由专人查看并转来复核；请向上门人问明情况，必要时打电话给本人。",
    ),
    Reason.REPORTED_DEAD: (
        "有人报告过本人去世",
        "报告还没有被认定为误报，机器因此不作认定。请找本人、家属或村（居）委会核实；有照片的，一并比对。",
    ),
    Reason.TOLD_LATE: ("报得太晚", "自助机报的是通过，但过了一天以上才传到中心。"),
}
OTHER_REASON = ("请人工核实", "机器的记录不足以认定。")

STATES = {
    "open": "开始认证",
    "accepted": "已认定：是本人",
    "under_review": "等待复核",
    "not_recognised": "没有认出，本人可以换一种方式",
    "refused": "没有认定，请本人换一种方式",
    "withdrawn": "本人已经撤回同意",
}


def waited(ms: int) -> str:
    """How long somebody has waited: 3天4小时, 2小时5分钟, 25分钟, 不到1分钟."""
    minutes = ms // 60_000
    days, hours = minutes // 1440, minutes // 60 % 24
    if days:
        return f"{days}天{hours}小时" if hours else f"{days}天"
    if hours:
        return f"{hours}小时{minutes % 60}分钟" if minutes % 60 else f"{hours}小时"
    return f"{minutes}分钟" if minutes else "不到1分钟"
