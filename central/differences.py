"""Every way in which kiosk, ledger and gateway can differ: one name each, and what is done about it.

A difference of an order has exactly one of these names, the first that fits in the order of ``ORDER_KINDS``; one of a kiosk's log or
totals has one of the others.  ``FACE_KINDS`` and ``VISIT_KINDS`` differ from nothing: they are alarms of the yearly check and of
visits at home.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    AMOUNT_DIFFERS = "amount_differs"
    PAID_TWICE = "paid_twice"
    GATEWAY_ONLY = "gateway_only"
    LEDGER_ONLY = "ledger_only"
    REFUND_MISSING = "refund_missing"
    REFUND_PENDING = "refund_pending"
    RECEIPT_DIFFERS = "receipt_differs"
    KIOSK_ONLY = "kiosk_only"
    STILL_OPEN = "still_open"
    KIOSK_UNAWARE = "kiosk_unaware"
    CHAIN_BROKEN = "chain_broken"
    SEQUENCE_GAP = "sequence_gap"
    JOURNAL_FORKED = "journal_forked"
    NEW_JOURNAL = "new_journal"
    TOTALS_DIFFER = "totals_differ"
    TOTALS_MISSING = "totals_missing"
    STORED_FACES = "stored_faces"
    MANY_CHECKS = "many_checks"
    CHECK_WAITS = "check_waits"
    PACKET_PARKED = "packet_parked"
    PACKET_REFUSED = "packet_refused"


@dataclass(frozen=True)
class Meaning:
    """``title`` and ``action`` are what an accountant reads.  ``waits``: it may settle by itself, so the alarm comes a day later.

    ``settles``: asking the gateway again is safe and may end it.  ``disputes``: central marks the order.
    ``stops``: the kiosk takes no money until somebody has looked.
    """

    title: str
    action: str
    waits: bool = False
    settles: bool = False
    disputes: bool = False
    stops: bool = False


MEANINGS = {
    Kind.AMOUNT_DIFFERS: Meaning(
        "金额不一致",
        "该自助机已停止收费；向支付通道核实金额，核清后由值班主管恢复",
        disputes=True,
        stops=True,
    ),
    Kind.PAID_TWICE: Meaning(
        "重复付款", "同一笔应缴收了两次钱；已向支付通道重查，仍在此处的核实后退回多收的一笔", settles=True
    ),
    Kind.GATEWAY_ONLY: Meaning(
        "通道有、台账无", "已向支付通道重查；能入账的入账，不能入账的退款；仍在此处的请人工核实", settles=True
    ),
    Kind.LEDGER_ONLY: Meaning("台账有、通道无", "已向支付通道重查；仍查不到的向通道提出争议", disputes=True),
    Kind.REFUND_MISSING: Meaning(
        "退款未到账", "台账已记退款而通道账单没有；向支付通道提出争议", disputes=True
    ),
    Kind.REFUND_PENDING: Meaning("退款途中", "钱正在退回付款人；系统会继续催办", waits=True, settles=True),
    Kind.RECEIPT_DIFFERS: Meaning("凭证不符", "凭证与入账金额或自助机记录不一致；停用有误的凭证并核实"),
    Kind.KIOSK_ONLY: Meaning(
        "只有自助机记为已付", "台账没有这笔钱；核实付款人是否被扣款，向支付通道提出争议", disputes=True
    ),
    Kind.STILL_OPEN: Meaning("隔日未了", "已向支付通道重查并关单；系统会继续催办", waits=True, settles=True),
    Kind.KIOSK_UNAWARE: Meaning(
        "自助机尚未得知", "钱已入账，凭证欠着，任何一台自助机都能补打；等这台机器上报", waits=True
    ),
    Kind.CHAIN_BROKEN: Meaning("日志链断裂", "设备日志被改动或损坏；保管好机器的存储盘，派技术员核查"),
    Kind.SEQUENCE_GAP: Meaning("日志缺号", "设备日志有缺失；核对这台机器的存储盘，派技术员核查"),
    Kind.JOURNAL_FORKED: Meaning("日志分叉", "机器的日志退回到了旧的内容（如恢复了旧盘）；派技术员核查"),
    Kind.NEW_JOURNAL: Meaning("换了新日志", "机器启用了新的日志（如换盘）；确认是否本单位更换"),
    Kind.TOTALS_DIFFER: Meaning("日结数不符", "自助机上报的日结数与它自己的日志不一致；派技术员核查"),
    Kind.TOTALS_MISSING: Meaning("日结数未报", "等自助机联网后上报；超过一天派人查看", waits=True),
    Kind.STORED_FACES: Meaning(
        "存有人脸信息的人数", "人数到十万须向网信部门备案；删去不再需要的，或着手备案"
    ),
    Kind.MANY_CHECKS: Meaning(
        "一小时内刷脸认证过多", "一个大厅做不了这么多；核实这台机器是不是在原处、有没有人动过，必要时更换令牌"
    ),
    Kind.CHECK_WAITS: Meaning(
        "认证等待核对超过七天", "本人在等结果；请复核员在“资格认证复核”页面处理，满三十天按未认出结束"
    ),
    Kind.PACKET_PARKED: Meaning(
        "上门记录待处理", "内容原样封存，没有丢；由值班主管或复核员在“上门服务”页面处理"
    ),
    Kind.PACKET_REFUSED: Meaning(
        "上门记录与平板的记录链不符", "原样封存，没有采用；查明平板是否被改动或换过，在“上门服务”页面处理"
    ),
}

LOG_KINDS = frozenset({Kind.CHAIN_BROKEN, Kind.SEQUENCE_GAP, Kind.JOURNAL_FORKED, Kind.NEW_JOURNAL})
DEVICE_KINDS = LOG_KINDS | {Kind.TOTALS_DIFFER, Kind.TOTALS_MISSING}  # a technician may explain these
# a supervisor answers for these
FACE_KINDS = frozenset({Kind.STORED_FACES, Kind.MANY_CHECKS, Kind.CHECK_WAITS})
VISIT_KINDS = frozenset({Kind.PACKET_PARKED, Kind.PACKET_REFUSED})  # and for these

# --- what is said of one difference; an operator reads it beside title and action ---


def yuan(fen: int) -> str:
    """-123456 -> -1,234.56"""
    whole, cents = divmod(abs(fen), 100)
    return f"{'-' if fen < 0 else ''}{whole:,}.{cents:02d}"


SECOND_PAYMENT = "通道账单里，这笔已付的订单还有一次付款"
RIVAL = "订单 {other} 已为同一笔应缴收过钱"
NOT_BILLED = "通道账单里没有交易 {transaction}"
BILLED_OTHERWISE = "；账单里这笔订单是另一个交易号"
ASKED_AGAIN = "；重查通道，答复：{answer}"
SILENT = "没有答复"
NOT_BOOKED = "台账里没有交易 {transaction}"
BACK_NOT_BOOKED = "台账里没有退款 {transaction}"
BACK_ON_ITS_WAY = "通道已在退款，台账尚未记入"
BACK_NOT_BILLED = "通道账单里没有退款 {transaction}"
GOING_BACK = "{kind}：正在退回"
NOT_GOING_BACK = "{kind}：钱还在，没有退款记录"
MOVED_OTHERWISE = "通道实收 {gateway} 元，台账记 {ledger} 元"
ORDERED_OTHERWISE = "订单金额是 {order} 元"
MEANT_OTHERWISE = "自助机上确认的是 {kiosk} 元"
RECEIPTS_OTHERWISE = "凭证合计 {receipts} 元"
NUMBERS_OTHERWISE = "自助机收到的凭证号与台账不同"
RECEIPTS_ALONE = "有凭证，没有入账"
NO_PAYMENT = "台账没有这笔收款"
OPEN_STILL = "订单还开着（{state}）"
UNAWARE = "自助机知道这笔订单，还没报结果"
UNHEARD = "自助机没报过这笔订单"
GAP = "缺第 {first} 至 {last} 条"
GAP_OF_ONE = "缺第 {first} 条"
CHAIN = "第 {seq} 条与哈希值不符，或与前一条接不上"
ARRIVED_ALTERED = "上报的条目与哈希值不符，未收"
ARRIVED_AFTER_GAP = "前一条还没有到"
ARRIVED_FORKED = "同一序号已有另一条记录"
ARRIVED_NEW = "这台机器以前用的是另一本日志"
TOLD_TWICE = "同一条记录处两次上报不同：先 {first} 元，后 {second} 元"
TOLD_OTHERWISE = "上报 {count} 笔 {fen} 元（至第 {seq} 条），它的日志是{ours}"
OURS = " {count} 笔 {fen} 元"
OURS_NONE = "：没有这一条"
TOTALS_LATE = "日结数还没有到"
NEVER_SENT = "这台机器从未上报日志"

MOVEMENTS = {"late_payment": "关单后到账", "wrong_amount": "金额不对", "second_payment": "重复付款"}
TRADE_STATES = {
    "unknown": "没有这笔交易",
    "waiting": "等待付款",
    "confirming": "等待确认",
    "paid": "已付款",
    "refused": "付款被拒",
    "closed": "已关闭",
    "returned": "已退回",
}
