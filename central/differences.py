"""Every way in which kiosk, ledger and gateway can differ: one name each, and what is done about it.

A difference of an order has exactly one of these names, the first that fits in the order of ``ORDER_KINDS``; one of a kiosk's log or
totals has one of the others.
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
}

LOG_KINDS = frozenset({Kind.CHAIN_BROKEN, Kind.SEQUENCE_GAP, Kind.JOURNAL_FORKED, Kind.NEW_JOURNAL})
DEVICE_KINDS = LOG_KINDS | {Kind.TOTALS_DIFFER, Kind.TOTALS_MISSING}  # a technician may explain these
