"""Every citizen-facing string, in spoken Simplified Chinese.  Short, no jargon alone, never a word of blame.

The first part is what flows put into views; the second is the fixed words of the screens.
"""

from __future__ import annotations

from typing import Final

# --- words of the flows

# what is being done
READING_CARD: Final = "正在读卡，请不要移动身份证"
ASKING_CENTRE: Final = "正在查询，请稍等"
MAKING_ORDER: Final = "正在准备付款码，请稍等"
CHECKING_PAYMENT: Final = "正在核对付款结果，请稍等"
PRINTING: Final = "正在打印，请稍等"

# attention: what happened, what it means for the money, what to do now
OK_LEAVE: Final = "知道了"
TRY_AGAIN: Final = "再试一次"
GO_ON: Final = "继续办理"
NOT_ME: Final = "不是我，退出"
TO_PHONE: Final = "存到手机"
PRINT_COPY: Final = "补打一张"
TO_MY_PAGE: Final = "回到我的页面"
LEAVE: Final = "办完了，退出"

NO_CENTRE_TITLE: Final = "现在连不上社保中心"
NO_CENTRE_BODY: Final = ("您的钱和待遇不受影响。", "请过一会儿再试，或换一台机器，也可以打服务热线 {hotline}。")
PERSON_UNKNOWN_TITLE: Final = "没有查到您的参保登记"
PERSON_UNKNOWN_BODY: Final = ("这不影响您今后参保，也没有扣钱。", "请到镇社保窗口登记，或打服务热线 {hotline}。")
NAME_DIFFERS_TITLE: Final = "姓名的写法不一样"
NAME_DIFFERS_BODY: Final = (
    "身份证上的姓名和社保登记的不同，可能只是一个字的写法不同。",
    "缴费和查询按身份证号办理，不受影响。是您本人就请继续。",
)
CARD_EXPIRED_TITLE: Final = "身份证过了有效期"
CARD_EXPIRED_BODY: Final = ("查询和缴费照常可以办，钱会记在您名下。", "请抽空到派出所换新证。")

NOT_REACHED_TITLE: Final = "付款码没有准备好"
NOT_REACHED_BODY: Final = ("网络没有接通，这一笔没有开始，没有扣钱。", "请过一会儿再试，或换一台机器。")
ORDER_REFUSED_TITLE: Final = "这一项现在不能缴"
ALREADY_PAID_BODY: Final = ("社保中心的记录：这一项今年已经缴过了。", "没有再扣钱，不用再缴。")
BEING_CHECKED_BODY: Final = ("上一笔付款还在核对，请不要再付一次。", "没有再扣钱。有结果后，放身份证就能看到。")
NOT_PAYABLE_BODY: Final = ("这一项现在不在缴费时间，或者金额有了变化。", "没有扣钱。请返回重新选择，或打服务热线 {hotline}。")
OTHER_REFUSAL_BODY: Final = ("社保中心暂时没有接受这一笔，没有扣钱。", "请打服务热线 {hotline}，工作人员会帮您看。")
CLOSED_TITLE: Final = "这一笔没有付款"
CLOSED_BODY: Final = ("付款码已经作废，没有扣钱。", "想缴费可以重新选择。")
CLOCK_TITLE: Final = "这台机器暂时不能缴费"
CLOCK_BODY: Final = ("机器的时间不准，为了不把您的钱记错，先不收费。", "没有扣钱。查询照常可以办，缴费请换一台机器。")
NOTHING_DUE_TITLE: Final = "现在没有要缴的费用"
NOTHING_DUE_BODY: Final = ("社保中心的记录：没有待缴的项目。", "没有扣钱。")
NO_FAMILY_TITLE: Final = "没有查到要缴费的家人"
NO_FAMILY_BODY: Final = ("社保中心没有登记，或者家人都已经缴过了。", "没有扣钱。家人也可以带自己的身份证来缴。")

PAPER_OUT_TITLE: Final = "凭证纸用完了"
PAPER_JAM_TITLE: Final = "凭证没有打出来"
PAPER_UNKNOWN_TITLE: Final = "凭证可能没有打完"
PAID_SAFE: Final = "您的 {amount} 元已经缴费成功，钱不会丢。"
PAPER_LATER: Final = "凭证可以存到手机，也可以以后在任何一台机器上补打。"
PAPER_UNKNOWN_BODY: Final = "请看看出纸口。没有拿到凭证，可以存到手机，也可以在任何一台机器上补打。"
RARE_NAME_TITLE: Final = "姓名里有一个生僻字"
RARE_NAME_BODY: Final = "这台机器打不出这个字，所以没有打凭证。凭证可以存到手机，也可以请窗口打印。"
RECORDED: Final = "已记录 凭证号 {number}"
COPY_NOT_PRINTED_BODY: Final = ("缴费记录都在，钱不受影响。", "可以存到手机，也可以换一台机器补打。")
COPY_REFUSED_TITLE: Final = "现在不能补打"
COPY_REFUSED_BODY: Final = ("缴费记录都在，钱不受影响。", "请过一会儿再试，或打服务热线 {hotline}。")
NO_RECEIPTS_TITLE: Final = "还没有可以打印的凭证"
NO_RECEIPTS_BODY: Final = ("缴费以后，凭证可以随时在这里补打。",)
SLIP_PRINTED_TITLE: Final = "待核对单已经打印"
SLIP_NOT_PRINTED_TITLE: Final = "待核对单没有打出来"
SLIP_BODY: Final = ("请不要再付一次。", "在任何一台机器上放身份证，都能看到结果。")
RECORDS_PRINTED_TITLE: Final = "缴费记录已经打印"
RECORDS_NOT_PRINTED_TITLE: Final = "缴费记录没有打出来"
RECORDS_PRINT_BODY: Final = ("请在下方出纸口取走。",)
RECORDS_NOT_PRINTED_BODY: Final = ("打印机现在没有纸或者要检修，已经记下。", "记录都在，可以换一台机器打印。")

GOODBYE_TITLE: Final = "再见，慢走"
GOODBYE_NOTE: Final = "您的信息已经从这台机器上清除"
NO_READER_NOTE: Final = "读卡器正在检修。请用附近另一台机器，或打服务热线 {hotline}。"

# my page
DUE_NOTE: Final = "还没缴，{deadline}截止"
DUE_NOTE_OPEN: Final = "还没缴"
PAID_NOTE: Final = "{date} 已缴 {yuan} 元"
PAID_NOTE_SHORT: Final = "已经缴清"
CHECKING_NOTE: Final = "付款结果还在核对，请不要再付一次"
NOT_OPEN_NOTE: Final = "还没到缴费时间"
BADGE_DUE: Final = "待缴"
BADGE_PAID: Final = "已缴"
BADGE_CHECKING: Final = "核对中"
BADGE_NOT_OPEN: Final = "未开始"
BADGE_PRINT: Final = "补打"
BADGE_REFUND: Final = "退款中"
BADGE_REFUNDED: Final = "已退款"
OWED_TITLE: Final = "有 {count} 张凭证没取"
OWED_NOTE: Final = "{date}那次没有打出来，现在可以补打"
CHECKING_TITLE: Final = "付款结果待核对"
CHECKING_AMOUNT_NOTE: Final = "{yuan} 元，请不要再付一次"
REFUND_TITLE: Final = "有一笔钱要退给您"
REFUND_NOTE: Final = "{yuan} 元，原路退回付款的手机"
REFUNDED_TITLE: Final = "有一笔钱已经退给您"

CERT_VALID_TITLE: Final = "资格认证：今年不用来"
CERT_VALID_NOTE: Final = "已认证到 {until} · {date} {source}"
CERT_DUE_TITLE: Final = "资格认证：今年还没做"
CERT_DUE_NOTE: Final = "每年一次，刷脸两分钟。请在 {until}前做好"
CERT_DUE_NOTE_OPEN: Final = "每年一次。可以在手机上做，也可以到窗口办"
CERT_OVERDUE_TITLE: Final = "资格认证：请尽快做"
CERT_OVERDUE_NOTE: Final = "可以在手机上做，到窗口办，也可以预约上门"
CERT_REVIEW_TITLE: Final = "资格认证：正在核对"
CERT_REVIEW_NOTE: Final = "社保中心已经收到，不用再做一次"

# tiers
SUBSIDY: Final = "政府补贴 {yuan} 元"
GAIN_TITLE: Final = "按 {yuan} 元档缴满 15 年"
GAIN_NOTE: Final = "60 岁后预计每月多领约"
YEAR_UNIT: Final = "元/年"
TITLE_YEAR: Final = "{title} {year}年度"

# rows
PAYER: Final = "缴费人"
INSURANCE: Final = "险种"
AMOUNT: Final = "金额"
RECEIPT_NO: Final = "凭证号"
LINES_PAID: Final = "{count} 人，共 {count} 张凭证"
LATEST_TODAY: Final = "今天 {time} 前有结果"
LATEST_TOMORROW: Final = "明天 {time} 前有结果"

# paper
SLIP_TITLE: Final = "社会保险费缴费凭证"
SLIP_COPY: Final = "补打 {n}"
SLIP_CITIZEN: Final = "证件号码"
SLIP_PRODUCT: Final = "险种"
SLIP_YEAR: Final = "所属年度"
SLIP_TIER: Final = "缴费档次"
SLIP_CAPITALS: Final = "大写"
SLIP_PAID_AT: Final = "缴费时间"
SLIP_CHANNEL: Final = "支付方式"
SLIP_ORDER: Final = "订单号"
SLIP_PLACE: Final = "办理地点"
SLIP_SCAN: Final = "手机扫码可查验真伪"
SLIP_NOT_FISCAL: Final = "本凭证不作报销依据"
SLIP_HOTLINE: Final = "服务热线 {hotline}"
PENDING_TITLE: Final = "付款结果待核对单"
PENDING_STATE: Final = "结果待核对"
PENDING_ADVICE: Final = "请不要再付一次。钱若已付，会自动记到您名下；没付成，会原路退回。"
PENDING_WHERE: Final = "在任何一台机器上放身份证都能看到结果。本单不是缴费凭证。"
RECORDS_SLIP_TITLE: Final = "个人缴费记录"
RECORDS_MONTHS: Final = "累计缴费"
RECORDS_BALANCE: Final = "个人账户余额"
RECORDS_AS_OF: Final = "查询时间"
RECORDS_NOT_PROOF: Final = "仅供本人参考，不作证明使用"
YEARS_MONTHS: Final = "{years} 年 {months} 个月"

# --- words of the screens
