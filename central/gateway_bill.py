"""A day's trade bill as WeChat Pay writes it (merchant documents, "download bill", type ALL): CSV, yuan, each cell after a `.

One head line, one line a payment, refund or reversal, then a head line and one line of sums.  A payment's line says
SUCCESS; a refund's says REFUND and carries both refund numbers; a reversal's says REVOKED and carries none.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from datetime import datetime

from central.clock import CHINA, legal_time
from central.gateway import REVERSED, BillLine, reversal_of

HEAD = (
    "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,"
    "应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,"
    "手续费,费率,订单金额,申请退款金额,费率备注"
)
SUMS = "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额"
TIME = "%Y-%m-%d %H:%M:%S"


class BillBroken(Exception):
    """A bill that is not of the published form, or does not add up, is no bill."""


def read_bill(text: str, mchid: str) -> tuple[BillLine, ...]:
    """The movements of one day.  Raises BillBroken."""
    columns = HEAD.split(",")
    rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))
    if len(rows) < 3 or [cell.strip() for cell in rows[0]] != columns:
        raise BillBroken
    try:
        lines = tuple(_line(dict(zip(columns, map(_cell, row), strict=True)), mchid) for row in rows[1:-2])
        count, came, back, *_ = (_cell(cell) for cell in rows[-1])
        came_fen = sum(line.amount_fen for line in lines if line.amount_fen > 0)
        back_fen = -sum(line.amount_fen for line in lines if line.amount_fen < 0)
        if (int(count), fen(came), fen(back)) != (len(lines), came_fen, back_fen):
            raise BillBroken
    except ValueError:
        raise BillBroken from None
    return lines


def write_bill(lines: Iterable[BillLine], mchid: str, appid: str) -> str:
    """What the trial gateway gives out."""
    out = io.StringIO()
    sheet = csv.writer(out, lineterminator="\r\n")
    sheet.writerow(HEAD.split(","))
    lines = list(lines)
    for line in lines:
        back, reversal = line.amount_fen < 0, line.transaction.endswith(REVERSED)
        moved = _yuan(abs(line.amount_fen))
        cells = dict.fromkeys(HEAD.split(","), "")
        cells |= {
            "交易时间": legal_time(line.at_ms).strftime(TIME),
            "公众账号ID": appid,
            "商户号": mchid,
            "微信订单号": line.transaction.removesuffix(REVERSED) if not back or reversal else "",
            "商户订单号": line.order_id,
            "交易状态": "REVOKED" if reversal else "REFUND" if back else "SUCCESS",
            "货币种类": "CNY",
            "应结订单金额": "0.00" if back else moved,
            "微信退款单号": line.transaction if back and not reversal else "0",
            "退款金额": moved if back else "0.00",
            "订单金额": "0.00" if back else moved,
            "申请退款金额": moved if back else "0.00",
        }
        sheet.writerow(f"`{cell}" for cell in cells.values())
    came = _yuan(sum(line.amount_fen for line in lines if line.amount_fen > 0))
    gone = _yuan(-sum(line.amount_fen for line in lines if line.amount_fen < 0))
    sheet.writerow(SUMS.split(","))
    sheet.writerow(f"`{cell}" for cell in (len(lines), came, gone, "0.00", "0.00", came, gone))
    return out.getvalue()


def fen(yuan: str) -> int:
    """``1,234.56`` is not a form of the bill; ``1234.56`` is 123456.  Raises ValueError."""
    whole, dot, cents = yuan.partition(".")
    if not (whole.isascii() and whole.isdecimal() and cents.isascii() and cents.isdecimal() and dot):
        raise ValueError("not an amount")
    if len(cents) != 2:
        raise ValueError("not two decimals")
    return int(whole) * 100 + int(cents)


def _line(row: dict[str, str], mchid: str) -> BillLine:
    if row["商户号"] != mchid or row["货币种类"] != "CNY":
        raise BillBroken
    at = datetime.strptime(row["交易时间"], TIME).replace(tzinfo=CHINA)
    at_ms = int(at.timestamp() * 1000)
    if row["交易状态"] == "SUCCESS":
        return BillLine(row["商户订单号"], row["微信订单号"], fen(row["应结订单金额"]), at_ms)
    number = reversal_of(row["微信订单号"]) if row["交易状态"] == "REVOKED" else row["微信退款单号"]
    return BillLine(row["商户订单号"], number, -fen(row["退款金额"]), at_ms)


def _cell(text: str) -> str:
    return text.strip().removeprefix("`")


def _yuan(amount_fen: int) -> str:
    return f"{amount_fen // 100}.{amount_fen % 100:02d}"
