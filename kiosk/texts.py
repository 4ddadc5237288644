"""Every citizen-facing string, in spoken Simplified Chinese.  Short, no jargon alone, never a word of blame.

The first part is what flows put into views; the second is the fixed words of the screens.
"""

from __future__ import annotations

from typing import Final

# --- words of the flows

# what is being done
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
LEAVE: Final = "办完了，退出"

NO_CENTRE_TITLE: Final = "现在连不上社保中心"
NO_CENTRE_BODY: Final = (
    "您的钱和待遇不受影响。",
    "请过一会儿再试，或换一台机器，也可以打服务热线 {hotline}。",
)
PERSON_UNKNOWN_TITLE: Final = "没有查到您的参保登记"
PERSON_UNKNOWN_BODY: Final = (
    "这不影响您今后参保，也没有扣钱。",
    "请到镇社保窗口登记，或打服务热线 {hotline}。",
)
NO_SERVICE_TITLE: Final = "现在查不到您的信息"
NO_SERVICE_BODY: Final = (
    "社保中心没有接受这台机器的查询。您的钱和待遇不受影响，没有扣钱。",
    "请换一台机器，或打服务热线 {hotline}。",
)
NO_READER_TITLE: Final = "读卡器暂时没有反应"
NO_READER_BODY: Final = (
    "还没有开始办理，没有扣钱。卡在感应区上的，请先取走。",
    "请用附近另一台机器，或打服务热线 {hotline}。",
)
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
BEING_CHECKED_BODY: Final = (
    "上一笔付款还在核对，请不要再付一次。",
    "没有再扣钱。有结果后，放身份证就能看到。",
)
NOT_PAYABLE_BODY: Final = (
    "这一项现在不在缴费时间，或者金额有了变化。",
    "没有扣钱。请返回重新选择，或打服务热线 {hotline}。",
)
OTHER_REFUSAL_BODY: Final = (
    "社保中心暂时没有接受这一笔，没有扣钱。",
    "请打服务热线 {hotline}，工作人员会帮您看。",
)
STOPPED_TITLE: Final = "这台机器先不收钱"
STOPPED_BODY: Final = (
    "没有扣钱。查询和补打在这里照常可以办。",
    "缴费请用附近另一台机器，或到窗口办理。",
)
CLOSED_TITLE: Final = "这一笔没有付款"
CLOSED_BODY: Final = ("付款码已经作废，没有扣钱。", "想缴费可以重新选择。")
GOING_BACK_TITLE: Final = "这一笔没有缴成，钱会退给您"
GOING_BACK_BODY: Final = (
    "您付的钱到得晚了或金额不对，没有记账，会原路退回付款的手机。",
    "放身份证就能看到退款。想缴费可以重新选择。",
)
CLOCK_TITLE: Final = "这台机器暂时不能缴费"
CLOCK_BODY: Final = (
    "机器的时间不准，为了不把您的钱记错，先不收费。",
    "没有扣钱。查询照常可以办，缴费请换一台机器。",
)
NOTHING_DUE_TITLE: Final = "现在没有要缴的费用"
NOTHING_DUE_BODY: Final = ("社保中心的记录：没有待缴的项目。", "没有扣钱，现在不用缴。")
PAID_OWED_TITLE: Final = "已经缴费成功"
PAID_OWED_BODY: Final = ("{what}，钱不会丢，不用再缴。", "凭证还没有打印，请点“补打一张”。")
NO_FAMILY_TITLE: Final = "没有查到要缴费的家人"
NO_FAMILY_BODY: Final = (
    "社保中心没有登记，或者家人都已经缴过了。",
    "没有扣钱。家人也可以带自己的身份证来缴。",
)

PAPER_OUT_TITLE: Final = "凭证纸用完了"
PAPER_JAM_TITLE: Final = "凭证没有打出来"
PAPER_UNKNOWN_TITLE: Final = "凭证可能没有打完"
PAID_SAFE: Final = "您的 {amount} 元已经缴费成功，钱不会丢。"
PAPER_LATER: Final = "凭证可以存到手机，也可以以后在任何一台机器上补打。"
PAPER_UNKNOWN_BODY: Final = "请看看出纸口。没有拿到凭证，可以存到手机，也可以在任何一台机器上补打。"
RARE_NAME_TITLE: Final = "姓名里有一个生僻字"
RARE_NAME_BODY: Final = "这台机器打不出这个字，所以没有打凭证。凭证可以存到手机，也可以请窗口打印。"
RECORDED: Final = "已记录 凭证号 {number}"
COPY_REFUSED_TITLE: Final = "现在不能补打"
COPY_REFUSED_BODY: Final = ("缴费记录都在，钱不受影响。", "请过一会儿再试，或打服务热线 {hotline}。")
NO_RECEIPTS_TITLE: Final = "还没有可以打印的凭证"
NO_RECEIPTS_BODY: Final = ("社保中心的记录里还没有凭证，没有扣钱。", "缴费以后，凭证可以随时在这里补打。")
SLIP_PRINTED_TITLE: Final = "待核对单已经打印"
SLIP_NOT_PRINTED_TITLE: Final = "待核对单没有打出来"
SLIP_BODY: Final = (
    "钱若已付，会自动记到您名下，请不要再付一次。",
    "在任何一台机器上放身份证，都能看到结果。",
)
RECORDS_PRINTED_TITLE: Final = "缴费记录已经打印"
RECORDS_NOT_PRINTED_TITLE: Final = "缴费记录没有打出来"
RECORDS_PRINT_BODY: Final = ("请在下方出纸口取走。",)
RECORDS_NOT_PRINTED_BODY: Final = (
    "打印机现在没有纸或者要检修，已经记下。",
    "记录都在，没有扣钱，可以换一台机器打印。",
)
RECORDS_UNKNOWN_BODY: Final = (
    "请看看出纸口，可能没有打完。",
    "记录都在，没有扣钱，可以再打一次，或换一台机器打印。",
)
RECORDS_RARE_NAME_BODY: Final = (
    "姓名里有一个生僻字，这台机器打不出来。",
    "记录都在，没有扣钱，可以请窗口打印。",
)

GOODBYE_TITLE: Final = "再见，慢走"
GOODBYE_NOTE: Final = "这台机器不留您的身份证信息"

NO_SERVICE_NOTE: Final = "已经缴的费都记着，钱不受影响。请用附近另一台机器，或打服务热线 {hotline}。"

# my page
DUE_NOTE: Final = "还没缴，{deadline}截止"
DUE_NOTE_OPEN: Final = "还没缴"
PAID_NOTE: Final = "{date} 已缴 {yuan}"
PAID_NOTE_SHORT: Final = "已经缴清"
CHECKING_NOTE: Final = "付款结果还在核对，请不要再付一次。一般几分钟有结果"
NOT_OPEN_NOTE: Final = "还没到缴费时间"
BADGE_DUE: Final = "待缴"
BADGE_PAID: Final = "已缴"
BADGE_CHECKING: Final = "核对中"
BADGE_NOT_OPEN: Final = "未开始"
BADGE_PRINT: Final = "补打"
BADGE_REFUND: Final = "退款中"
BADGE_REFUNDED: Final = "已退款"
OWED_TITLE: Final = "有 {count} 张凭证还没打印"
OWED_WHAT: Final = "{title} 已缴 {yuan}"
OWED_NOTE: Final = "{what}，点这里补打"
OWED_NOTE_MORE: Final = "都已经缴费成功，点这里补打"
CHECKING_TITLE: Final = "付款结果待核对"
CHECKING_AMOUNT_NOTE: Final = "{yuan} 元，请不要再付一次。一般几分钟有结果"
REFUND_TITLE: Final = "有一笔钱要退给您"
# WeChat Pay, refund query: a wallet's change within 20 minutes, bank cards within 3 working days
REFUND_NOTE: Final = "{yuan} 元没有用来缴费，原路退回付款的手机，一般三个工作日内到账"
REFUNDED_TITLE: Final = "有一笔钱已经退给您"
REFUNDED_NOTE: Final = "{yuan} 元没有用来缴费，已经退回付款的手机"

CERT_VALID_TITLE: Final = "资格认证：今年不用来"
CERT_NOT_NOW_TITLE: Final = "资格认证：现在不用来"
CERT_RENEW_TITLE: Final = "资格认证：可以办下一次了"
CERT_VALID_NOTE: Final = "已认证到 {until} · {date} {source}"
CERT_DUE_TITLE: Final = "资格认证：该做这一次了"
CERT_DUE_NOTE_OPEN: Final = "可以在手机上做，也可以到窗口办"
CERT_OVERDUE_TITLE: Final = "资格认证：请尽快做"
CERT_OVERDUE_NOTE: Final = "可以在手机上做，到窗口办，也可以预约上门"
CERT_REVIEW_TITLE: Final = "资格认证：正在核对"
CERT_REVIEW_NOTE: Final = "社保中心已经收到，不用再做一次"
CERT_DO: Final = "现在就做"
CERT_EARLY: Final = "提前做一次"
CERT_SEE: Final = "看一看"

# the yearly check: before anything is asked; the centre's own words come before these
NOT_DUE_TITLE: Final = "您今年不用来，\n已经认证过了"  # only when the next one is for another year
NOT_YET_TITLE: Final = "您现在不用来，\n{day}起再来"
NOT_NOW_DUE_TITLE: Final = "您现在不用来，\n已经认证过了"
RENEW_TITLE: Final = "可以办下一次了，\n{by}"
NOT_DUE_UNTIL: Final = "已认证到 {until}。"
NOT_DUE_SOURCE: Final = "社保中心的记录：{date}，{source}。"
NOT_DUE_ANY: Final = "社保中心的记录：已经认证过。"
NOT_DUE_DONE: Final = "已认证"
NOT_DUE_EARLY: Final = "想提前做下一次，现在也可以。"
LATER: Final = "以后再做"
NOT_NEEDED_TITLE: Final = "您现在不用做资格认证"
NOT_NEEDED_BODY: Final = ("开始领待遇以后才要做。", "什么也不用办。")
REVIEWING_TITLE: Final = "正在核对，不用再做一次"
REVIEWING_BODY: Final = ("社保中心已经收到，工作人员正在看。", "待遇不受影响，有结果后放身份证就能看到。")
WITHDRAW: Final = "撤回照片的同意"
WITHDRAW_ASK_TITLE: Final = "要撤回照片的同意吗？"
WITHDRAW_ASK_BODY: Final = ("社保中心会删掉照片，这一次就不算了。", "再换一种方式做就行，待遇不受影响。")
WITHDRAW_YES: Final = "对，撤回"
WITHDRAW_NO: Final = "不撤回，返回"
WITHDRAWN_TITLE: Final = "已经撤回同意"
WITHDRAWN_BODY: Final = ("社保中心已经删掉您的照片。", "待遇不受影响。请换一种方式做。")
WITHDRAWN_KEPT_BODY: Final = (
    "网络好了，机器自动告诉社保中心，照片就删。",
    "待遇不受影响。请换一种方式做。",
)
MUST_BE_DONE_BY: Final = "请在 {day}前做好"
MUST_BE_DONE_TODAY: Final = "请在今天做好"  # the last day itself: "before" it would be too late already

# the yearly check: the ways
WAY_FACE_NOTE: Final = "只在这台机器上比对，照片不上传，不保存，办完就清除。"
WAY_STAFF_NOTE: Final = "请工作人员过来，看身份证就行。"
WAY_HOME_VISIT_NOTE: Final = "工作人员到您家里来，不用填表。"
WAY_PHONE_NOTE: Final = "用手机扫码，子女在旁边帮您做。"
WAY_WINDOW_NOTE: Final = "带上身份证，{hours}。"
# what the person agrees to; another wording is another wire.CONSENT_VERSION
CONSENT_RULES: Final = (
    "为什么刷脸：确认领待遇的是您本人。只用来做这一件事。",
    "怎么比对：您的脸只在这台机器里，和社保中心给的照片比一比。照片不上传，不保存，办完就清除。",
    "社保中心收到什么：比对的结果和时间，没有照片。",
    "机器拿不准时：您另外打勾、签名，才送一张照片给工作人员看；看完就删。",
    "不愿意刷脸：工作人员当面看、上门、窗口都一样有效，待遇不受影响。",
    "随时可以撤回：刷脸时点“上一步”就停；送出的照片，放身份证后点“撤回照片的同意”就删。",
)

# the yearly check: by face
FACE_PREPARING: Final = "正在准备，请稍等"
FACE_TELLING: Final = "正在告诉社保中心，请稍等"
NO_REFERENCE_TITLE: Final = "社保中心没有\n能比对的照片"
NO_REFERENCE_BODY: Final = (
    "刷脸以后，要工作人员看过才有结果，今天拿不到。",
    "换一种方式一样有效，待遇不受影响。",
)
NO_REFERENCE_GO_ON: Final = "照样刷脸"
OTHER_WAYS: Final = "换一种方式"
NOT_RECOGNISED_TITLE: Final = "机器没认出来，不要紧"
NOT_RECOGNISED_NOTE: Final = "光线或照片年头久都会这样，待遇不受影响。"
COMPARE_TITLE: Final = "机器拿不准，不要紧"
COMPARE_NOTE: Final = "可以请工作人员看照片比对，也可以换一种方式。待遇不受影响。"
STOPPED_FACE_TITLE: Final = "已经停止刷脸，没有留下照片"
STOPPED_FACE_NOTE: Final = "别的方式一样有效，待遇不受影响。"
FACE_BROKEN_TITLE: Final = "镜头现在不能用"
FACE_BROKEN_NOTE: Final = "可以请工作人员当面核验。这不是您的问题，待遇不受影响。"
FACE_OFFLINE_TITLE: Final = "现在连不上社保中心"
FACE_OFFLINE_NOTE: Final = "刷脸要等网络好了才能做。没有耽误什么，待遇不受影响。"
ENOUGH_TRIES_TITLE: Final = "今天换一种方式吧"
ENOUGH_TRIES_NOTE: Final = "一样有效，待遇不受影响。"
PICTURE_NOT_SENT_TITLE: Final = "照片没有送出去"
PICTURE_NOT_SENT_BODY: Final = (
    "网络没有接通。机器里的照片办完就清除。",
    "待遇不受影响。可以再送一次，或换一种方式。",
)
PICTURE_GONE_BODY: Final = (
    "机器里已经没有这张照片，什么也没有送出。",
    "待遇不受影响。可以换一种方式，一样有效。",
)
PICTURE_UNKNOWN_TITLE: Final = "不知道照片送到没有"
PICTURE_UNKNOWN_BODY: Final = (
    "社保中心没有回答。再送一次，还是同一张照片。",
    "换一种方式也行：送到的照片会删掉，待遇不受影响。",
)
PICTURE_AGAIN: Final = "再送一次"
PICTURE_REFUSED_TITLE: Final = "照片没有送成"
PICTURE_REFUSED_BODY: Final = (
    "社保中心没有收下这张照片。这不是您的问题。",
    "待遇不受影响。可以换一种方式，一样有效。",
)
PICTURE_LEFT_TITLE: Final = "照片不送了，换一种方式"
PICTURE_LEFT_NOTE: Final = "要是已经送到，社保中心会删掉。待遇不受影响。"
FACE_IN_VAIN_TITLE: Final = "这次没有办成，\n请换一种方式"
FACE_IN_VAIN_NOTE: Final = "社保中心没能收下结果。这不是您的问题，待遇不受影响。"
ASKED_STATE: Final = "等工作人员核对"  # by asking: there is no picture
WAITING_TITLE: Final = "做完了，\n还没有送到社保中心"
WAITING_BODY: Final = (
    "网络好了，机器自动交给社保中心，不用再做一次。",
    "待遇不受影响。在任何一台机器上放身份证，都能看到结果。",
)
CERT_WAITING_TITLE: Final = "资格认证：做完了，还没有送到"
CERT_WAITING_NOTE: Final = "网络好了，自动交给社保中心，不用再做一次"
VISIT_REFUSED_TITLE: Final = "上门没有约成，\n请换一种方式"
VISIT_REFUSED_BODY: Final = (
    "社保中心没能收下预约。这不是您的问题。",
    "待遇不受影响。也可以打 {hotline} 约。",
)
NOT_NOW_TITLE: Final = "现在不用做"
NOT_NOW_BODY: Final = ("社保中心的记录：已经做过，或者正在核对。", "待遇不受影响。")

# the yearly check: with staff
REASON_CHOSEN: Final = "本人愿意当面核验"
REASON_NOT_RECOGNISED: Final = "机器没认出来"
REASON_CANNOT_DO_IT: Final = "看不清、听不清或身体不便"
REASON_MACHINE: Final = "镜头或光线不好"
STAFF_UNKNOWN_TITLE: Final = "这张不是工作人员的卡"
STAFF_UNKNOWN_BODY: Final = ("请能核验的工作人员放身份证。", "还没有记录，可以再来一次。")
STAFF_IS_PERSON_TITLE: Final = "请换一位工作人员"
STAFF_IS_PERSON_BODY: Final = ("不能给自己和家里人核验。", "还没有记录，可以再来一次。")
STAFF_NOT_SENT_TITLE: Final = "社保中心没有回答"
STAFF_NOT_SENT_BODY: Final = (
    "请工作人员先不要走，再试一次。",
    "待遇不受影响，也可以到窗口办。",
)
STAFF_DONE: Final = "当面看过了，等第二位工作人员核对"

# the yearly check: at home, by phone, at the window
VISIT_ASK_TITLE: Final = "要请人到您家里来吗？"
VISIT_ASK_BODY: Final = ("到您登记的住址来，不收钱。", "不来也可以换一种方式，待遇不受影响。")
VISIT_ASK_YES: Final = "要，预约"
VISIT_ASK_NO: Final = "不用，返回"
VISIT_BOOKED_TITLE: Final = "已经预约上门认证，\n工作人员会先给您打电话"
VISIT_BOOKED_NO_PHONE_TITLE: Final = "已经预约上门认证"
VISIT_BOOKED_BODY: Final = "{days} 个工作日内到您登记的住址。"
VISIT_PHONE: Final = "来以前先打您的电话 {phone}。"
VISIT_NO_PHONE: Final = "没有登记电话：请把号码告诉村里，或打 {hotline}。"
VISIT_NUMBER: Final = "预约号 {number}"
VISIT_KEPT_TITLE: Final = "已经记下您要上门认证"
VISIT_KEPT_BODY: Final = (
    "网络好了，机器自动替您预约，不用再来。",
    "待遇不受影响。要问进度，请打 {hotline}。",
)
VISIT_PRINT: Final = "打印预约单"
VISIT_PRINTED: Final = "预约单打好了，请在下方出纸口取走。"
VISIT_NOT_PRINTED: Final = "预约单没有打出来，预约照样有效。"
PHONE_WAY_NOTE: Final = "请子女用手机扫这个码，打开电子社保卡，照着做就行。"
WINDOW_TITLE: Final = "请带身份证到窗口"
WINDOW_BODY: Final = ("{place}，{hours}。", "工作人员当面看，一样有效。服务热线 {hotline}。")

# the yearly check: the result
HOW_ROW: Final = "认证方式"
HOW_FACE: Final = "本机刷脸"
HOW_COMPARED: Final = "工作人员看照片比对"
HOW_STAFF: Final = "工作人员当面核验"
CERTIFICATE_NO: Final = "回执号"
CHECK_NO: Final = "办理号"
PICTURE_ROW: Final = "人脸照片"
PICTURE_CLEARED: Final = "已从本机清除"
PICTURE_SENT: Final = "加密交给比对的人"
STATE_ROW: Final = "办到哪一步"
REVIEW_STATE: Final = "等工作人员核对照片"
REMINDER_NOT_PRINTED_TITLE: Final = "提醒没有打出来"
REMINDER_NOT_PRINTED_BODY: Final = (
    "打印机现在没有纸或者要检修，已经记下。",
    "认证照样有效。在任何一台机器上放身份证，都能看到日期。",
)
REMINDER_NOT_PRINTED_OPEN_BODY: Final = (  # the centre has not decided yet
    "打印机现在没有纸或者要检修，已经记下。",
    "办的事照样算数，待遇不受影响。在任何一台机器上放身份证，都能看到结果。",
)

# tiers
SUBSIDY: Final = "政府补贴 {yuan}"
GAIN_TITLE: Final = "按 {yuan}档缴满 15 年"
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
LATEST_ON: Final = "{day} {time} 前有结果"

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
REMINDER_TITLE: Final = "待遇资格认证"
REMINDER_ACCEPTED: Final = "认证通过"
REMINDER_PENDING: Final = "做完了，等社保中心确认"
REMINDER_UNDER_REVIEW: Final = "正在核对"
REMINDER_RECEIVED: Final = "社保中心已经收到，不用再跑。"
REMINDER_PENDING_NOTE: Final = (
    "网络好了，机器自动交给社保中心，不用再来。有结果后，在任何一台机器上放身份证就能看到。"
)
REMINDER_REVIEW_NOTE: Final = "工作人员看过以后有结果，不用再做一次。在任何一台机器上放身份证就能看到。"
REMINDER_PERSON: Final = "姓名"
REMINDER_TIME: Final = "办理时间"
REMINDER_CONSENT: Final = "同意书"
REMINDER_VERSION: Final = "刷脸处理规则 {version} 版"
REMINDER_BENEFIT: Final = "待遇不受影响。"
VISIT_SLIP_TITLE: Final = "上门认证预约单"
VISIT_SLIP_STATE: Final = "已经预约"
VISIT_SLIP_KEPT: Final = "已经记下"
VISIT_SLIP_KEPT_NOTE: Final = "网络好了，机器自动替您预约，不用再来。"
VISIT_SLIP_DAYS: Final = "{days}个工作日内到"
VISIT_SLIP_NO: Final = "预约号"
VISIT_SLIP_PHONE: Final = "您的电话"
VISIT_SLIP_ADVICE: Final = "请备好身份证。工作人员会出示工作证，不收钱，不问银行卡密码。"
YEARS_MONTHS: Final = "{years} 年 {months} 个月"

# the tablet: signing in.  These are read by staff; what is meant for the person is as the person hears it
FIELD_CARD_NOT_READ: Final = "卡没有读出来。请再放一次，或者输入登录码"
FIELD_NO_READER: Final = "读卡器没有反应。请看电源和连接，或者输入登录码"
FIELD_CARD_NO_PHOTO: Final = "卡上的照片没有读出来。请再放一次，或者输入登录码"
FIELD_CODE_TITLE: Final = "请输入 12 位登录码"
FIELD_CODE_NOTE: Final = "登录码由社保中心发给您本人"
FIELD_PIN_TITLE: Final = "请输入 6 位密码"
FIELD_PIN_NOTE: Final = "别让旁边的人看见"
FIELD_SIGNING_IN: Final = "正在登录，请稍等"
FIELD_STAFF_UNKNOWN: Final = "卡、登录码或密码不对，请再试一次"
FIELD_PIN_WRONG: Final = "卡、登录码或密码不对。请等 {wait} 秒再试"
FIELD_TOO_MANY_TRIES: Final = "试得太多了，请过一会儿再登录"
FIELD_NO_BADGE: Final = "现在没有网络。第一次登录要连上社保中心"
FIELD_BADGE_EXPIRED: Final = "离线登录的时间到了，请连上网络再登录"
FIELD_REVOKED: Final = "这台平板已经停用，名单已清除。已加密的记录都在，请交回社保中心"
FIELD_NOT_ALLOWED: Final = "社保中心不认这台平板，请联系管理员"
FIELD_SIGNED_OUT_QUIET: Final = "很久没有人用，已经退出。请重新登录"
FIELD_SIGNED_OUT_EXPIRED: Final = "登录时间到了，请重新登录"

# the tablet: the day
FIELD_AGE: Final = "{name} · {age}岁"
FIELD_SEALED: Final = "{initial} · {local_no}号"
FIELD_ROOM: Final = "{home} {room}"
FIELD_HOUSE: Final = "{village} {address}"
FIELD_KEPT: Final = "已加密保存，待上传"
FIELD_NOT_TAKEN: Final = "中心没有收下，还在平板里，请联系管理员"
FIELD_FETCHING: Final = "正在领取任务，请稍等"
FIELD_NO_PACK: Final = "还没有今天的任务，请连上网络领取"
FIELD_PACK_EXPIRED: Final = "上次领的任务过期了，名单已清除。请重新领取"
FIELD_PACK_UNREADABLE: Final = "任务打不开，请重新领取"
FIELD_PACK_UNREACHABLE: Final = "现在连不上社保中心，没有领到新任务"
FIELD_PACK_REFUSED: Final = "社保中心没有给任务。请退出，重新登录再领"
FIELD_PACK_UNTIL: Final = "名单用到 {day} {time}，到时自动清除"
FIELD_FULL: Final = "待上传的太多或太久了。请先连上网络上传，再去下一户"
FIELD_ALL_DONE: Final = "今天的都走到了。上传完，名单自动清除"
FIELD_ENDED: Final = "都上传完了，名单已清除"
FIELD_PARKED: Final = "有 {count} 份中心在核对，不会丢，不用重做"
FIELD_NOTHING_TO_SEND: Final = "没有要上传的"
FIELD_RESULTS: Final = {  # by kiosk.field.wire.PacketResult
    "certified": "认证通过",
    "under_review": "等第二个人审核",
    "not_recognised": "没有认出来，请换一种方式再约",
    "noted": "中心已经记下",
    "already_certified": "别处已经认证过，不重复",
    "person_moved": "人已迁走，中心在核对",
    "assignment_withdrawn": "任务已经撤回，中心在核对",
    "pack_expired": "任务过了期，中心在核对",
    "clock_wrong": "平板时间不准，中心在核对",
    "limits_exceeded": "超过份数或天数，中心在核对",
    "not_readable": "内容打不开，中心会联系您",
    "not_this_pack": "和任务对不上，中心在核对",
    "tablet_revoked": "平板已停用，中心在核对",
}

# the tablet: one visit
FIELD_LAST_TIME: Final = "上次认证 {day}"
FIELD_NEVER: Final = "以前没有认证记录"
FIELD_DUE_TODAY: Final = "今天到期"
FIELD_DUE_IN: Final = "{days}天后到期"
FIELD_DUE_SINCE: Final = "该认证了"
FIELD_TASK_CARD: Final = ("读身份证", "身份证已读", "号码已核对")
FIELD_TASK_CONSENT: Final = ("本人或监护人同意", "本人同意", "监护人同意")
FIELD_TASK_FACE: Final = ("人脸核验", "人脸核验已做")
FIELD_TASK_PHOTO: Final = ("现场照片", "现场照片已拍", "没有拍照")
FIELD_TASK_WITNESS: Final = ("见证人签名", "见证人已签名")
FIELD_NEXT_FACE: Final = "下一项：人脸核验"
FIELD_CARD: Final = ("请把老人的身份证", "放到读卡器上")
FIELD_CARD_PULLED: Final = ("卡拿早了一点，", "请再放一次")
FIELD_CARD_UNREADABLE: Final = ("没读出来，", "请只放一张卡，平放三秒")
FIELD_CARD_NOT_USABLE: Final = ("这张卡在这里不能用。", "请放居民身份证，或者输入号码")
FIELD_OTHER_PERSON: Final = ("这张卡是 {other} 的，", "不是 {name} 的。请换一张卡")
FIELD_READER_GONE: Final = ("读卡器没有反应。", "请看电源和连接，或者输入号码")
FIELD_WHY_TYPED: Final = "为什么不读身份证？"
FIELD_NO_CARD_REASONS: Final = {
    "lost": "身份证丢了",
    "not_at_hand": "身份证不在手边",
    "not_readable": "身份证读不出来",
    "reader": "读卡器不好用",
}
FIELD_NUMBER_TITLE: Final = "请输入 {name} 的身份证号"
FIELD_NUMBER_NOTE: Final = "18 位，照户口本或社保卡输入"
FIELD_NUMBER_WRONG: Final = "号码里有一位不对，请看清再输一遍"
FIELD_NUMBER_OTHER: Final = "这不是 {name} 登记的号码，请看清再输一遍"
# read aloud to the person; another wording is another kiosk.field.wire.CONSENT_VERSION
FIELD_CONSENT: Final = (
    "请念给老人听：",
    "“按规定要确认领待遇的是您本人。想请您对着平板看一看，眨眨眼、转转头。",
    "您的脸只在这台平板里和以前的照片比一比，照片不保存，办完就清除。",
    "社保中心只收到结果和时间。不愿意也不要紧，可以走人工，待遇不受影响。”",
)
FIELD_CONSENT_PHOTO: Final = (
    "请念给老人听：",
    "“想给您拍一张照片，加密交给社保中心的另一位同志看，看完就删。",
    "不愿意拍也不要紧，待遇不受影响。”",
)
FIELD_READY: Final = ("请把平板对着老人，", "一臂远，光线照在脸上")
FIELD_NO_CAMERA: Final = ("这台平板现在没有镜头。", "请走人工，一样有效")
FIELD_PREPARING: Final = "正在准备镜头，请稍等"
FIELD_MATCHED: Final = ("认出来了，是本人。", "保存后自动交给社保中心")
FIELD_UNSURE: Final = ("没认出来，不要紧。", "光线或照片年头久都会这样，待遇不受影响")
FIELD_UNSURE_NO_REFERENCE: Final = ("没有可以比的照片，不要紧。", "请中心的人看，或者走人工")
FIELD_NOT_SEEN: Final = ("没看清，不要紧。", "请面向亮处，再试一次，或者走人工")
FIELD_MACHINE: Final = ("镜头不好用，不是老人的问题。", "可以再试一次，或者走人工")
FIELD_ENOUGH: Final = ("试了几次了，歇一歇。", "走人工一样有效，待遇不受影响")
FIELD_COMPARE: Final = (
    "请念给老人听：",
    "“想送一张照片给社保中心，由工作人员和以前的照片比对，看完就删。",
    "同意，就请您或监护人在这里签名。”",
)
FIELD_PICTURE_GONE: Final = ("照片已经不在了，什么也没有送出。", "请再试一次，或者走人工")
FIELD_COMPARED: Final = ("签好了。保存后照片加密交给中心，", "由工作人员比对，待遇不受影响")

# the tablet: by hand
FIELD_WHY_BY_HAND: Final = "为什么走人工？"
FIELD_BY_HAND_REASONS: Final = {
    "cannot_do_it": "看不清、听不清或身体不便",
    "not_recognised": "机器没认出来",
    "no_consent": "本人不愿意刷脸",
    "machine": "镜头或光线不好",
}
FIELD_PHOTO_BROKEN: Final = ("镜头现在不能用。", "可以再试一次，也可以不拍照")
FIELD_SHOOTING: Final = "正在打开镜头，请稍等"
FIELD_WITNESS: Final = "见证人（家属、邻居或护理员）"
FIELD_SIGNER: Final = {"person": "本人", "guardian": "监护人"}
FIELD_BY_HAND_NO_PHOTO: Final = (
    "这次没有现场照片，也可以。",
    "保存后由中心第二个人打电话核对、审核，待遇不受影响",
)
FIELD_BY_HAND_DONE: Final = ("保存后交给社保中心，", "由第二个人审核，待遇不受影响")

# the tablet: errands
FIELD_MORE_TITLE: Final = "要办什么？"
FIELD_MORE: Final = {
    "not_met": "没有见到人",
    "death": "家属说人已去世",
    "phone": "改联系电话",
    "question": "有问题要问",
}
FIELD_NOT_MET_TITLE: Final = "为什么没有见到？"
FIELD_NOT_MET: Final = {
    "away": "不在家",
    "moved": "搬走了",
    "hospital": "住院了",
    "declined": "不愿意见",
}
FIELD_DEATH_TITLE: Final = "哪一天去世的？"
FIELD_DEATH_NOTE: Final = "只登记，由中心核实，今天什么也不变。请向家属说一声节哀"
FIELD_DEATH: Final = {"known": "家属说得出日子", "unknown": "说不准"}
FIELD_DEATH_DAY: Final = "请输入日子，如 20261123"
FIELD_DAY_WRONG: Final = "没有这一天，请再输一遍"
FIELD_DEATH_SURE: Final = "登记 {name} 去世，对吗？"
FIELD_DEATH_YES: Final = "对，登记"
FIELD_PHONE_TITLE: Final = "请输入新的手机号"
FIELD_PHONE_NOTE: Final = "现在登记的：{phone}"
FIELD_PHONE_NONE: Final = "现在没有登记"
FIELD_PHONE_WRONG: Final = "手机号是 1 开头的 11 位，请再输一遍"
FIELD_PHONE_SURE_NOTE: Final = "请念一遍，问问对不对"
FIELD_PHONE_YES: Final = "对，就是这个"
FIELD_PHONE_NO: Final = "不对，重新输"
FIELD_TOPIC_TITLE: Final = "问的是什么？"
FIELD_TOPICS: Final = {
    "amount": "待遇多少",
    "payment": "什么时候发、发到哪里",
    "certification": "资格认证",
    "medical": "医保报销",
    "other": "别的事",
}
FIELD_ANSWERED_TITLE: Final = "当场答了吗？"
FIELD_ANSWERED: Final = {"yes": "已经答了", "no": "请中心回电话"}
FIELD_NO: Final = "不是，返回"

# the tablet: keeping
FIELD_SEALING: Final = "正在加密保存，请稍等"
FIELD_NOT_KEPT: Final = (
    "没有存下来：平板的存储空间可能满了。",
    "什么也没有留下。请腾出空间再点保存，或者先不办，以后重做",
)
FIELD_ERRAND_NOT_KEPT: Final = "没有存下来，平板的存储空间可能满了。腾出空间后请再办一次"
FIELD_ERRAND_KEPT: Final = "记下了，上传后中心会办"
FIELD_SLIP_TITLE: Final = "上门认证回单"
FIELD_SLIP_FACE: Final = "人脸核验已做"
FIELD_SLIP_MANUAL: Final = "人工核验已做"
FIELD_SLIP_NOTE: Final = "平板连上网后自动交给社保中心，不用再跑。"
FIELD_SLIP_REVIEW: Final = "由社保中心第二个人审核，不用再跑。"
FIELD_SLIP_NO: Final = "登记号"
FIELD_SLIP_STAFF: Final = "上门人员"
FIELD_NOT_PRINTED: Final = "回单没有打出来，记录照样有效"

# --- words of the screens
KIOSK_NAME: Final = "社保自助服务"
WEEKDAYS: Final = ("星期一", "星期二", "星期三", "星期四", "星期五", "星期六", "星期日")
BACK: Final = "上一步"
HOME: Final = "首页"
HELP: Final = "求助"
LARGE_TYPE: Final = "大字"
NORMAL_TYPE: Final = "标准字"
HIGH_CONTRAST: Final = "高对比"
NORMAL_CONTRAST: Final = "标准色"

HELP_TITLE: Final = "需要帮忙吗？"
HELP_HOTLINE: Final = "服务热线"
HELP_HOURS: Final = "服务时间"
HELP_PERSON: Final = "现场帮您的人"
HELP_NOTE: Final = "办到一半也不要紧，没有付款就不会扣钱。"
HELP_CLOSE: Final = "知道了，继续办"

HERO_TITLE: Final = "您好，\n请放身份证开始"
HERO_NOTE: Final = "放上卡就能办，不用填表。\n也可以先点下面要办的事。"
HERO_CLOSED: Final = "这台机器\n暂时不能读卡"
TILE_CERTIFICATION: Final = ("资格认证", "放身份证，看看要不要做")
TILE_PAY: Final = ("社保缴费", "养老、医疗、灵活就业")
TILE_RECORDS: Final = ("查我的社保", "缴费记录、账户余额")
TILE_REPRINT: Final = ("打印凭证", "没取的、以前的都能打")
ALL_WELL: Final = "设备正常，可办全部业务"
HOTLINE: Final = "服务热线 {hotline}"
TROUBLE_NO_PAPER: Final = "凭证纸用完了：缴费照常能办，凭证可存手机或换一台机器打"
TROUBLE_NO_NETWORK: Final = "网络暂时不通：现在不能缴费和查询，请过一会儿再来或换一台机器"
TROUBLE_NO_READER: Final = "读卡器正在检修：请用附近另一台机器，或到窗口办理"
TROUBLE_CLOCK: Final = "暂时不能缴费：查询和打印照常，缴费请换一台机器"

CARD_TITLE: Final = "请把身份证平放在\n右下方的感应区"
CARD_PLACE: Final = "放好后不要动，两三秒就好"
CARD_PULLED: Final = "卡拿早了一点。请再放一次，等提示再取"
CARD_UNREADABLE: Final = "没读出来。请只放一张卡，平放三秒"
CARD_UNSUPPORTED: Final = "这种卡在这里还不能用。请放居民身份证"
CARD_INVALID: Final = "卡上的号码没有读全。请再放一次，或到窗口办理"
CARD_LEFT: Final = "感应区上还有一张卡。请先取走，再放您的卡"
CARD_NO_MONEY: Final = "还没有开始办理，没有扣钱，待遇也不受影响。"
TAKE_CARD_TITLE: Final = "请先把卡取走"
TAKE_CARD_NOTE: Final = "身份证还在感应区上，取走后自动继续"

GREETING: Final = "{name}，您好"
TAKE_CARD: Final = "请先把卡取走"
MY_RECORDS: Final = "查记录"
MY_REPRINT: Final = "打印"
MY_FAMILY: Final = "帮家人办"
MY_LEAVE: Final = "退出"
MORE_ROWS: Final = "还有 {count} 项"
FIRST_ROWS: Final = "看前面的"

TIER_TITLE: Final = "选择今年的缴费档次"
TIER_TITLE_YEAR: Final = "选择{year}年度的缴费档次"
TIER_NEXT: Final = "下一步：缴 {yuan}"
TIER_ASSUMED: Final = "金额和补贴以实际为准"
MEMBERS_TITLE: Final = "给谁缴？可以选几位"
MEMBERS_NONE: Final = "请先点选要缴的人"
MEMBERS_NEXT: Final = "下一步：{count} 项，共 {yuan}"
CONFIRM_TITLE: Final = "请看一看，对不对"
CONFIRM_TOTAL: Final = "一共要付"
CONFIRM_NO_PAPER: Final = "这台机器现在没有凭证纸。付款后凭证可存手机，也可在别的机器上打印"
CONFIRM_PAY: Final = "对，去付款"
PAY_TITLE: Final = "请用手机扫码付款"
PAY_WAYS: Final = ("微信", "支付宝", "云闪付", "数字人民币")
PAY_LEFT: Final = ("二维码 ", " 后失效，付款后本机自动跳转")
PAY_SLOW: Final = "网络有点慢，正在等结果。付过就不用再付"
PAY_SAFE: Final = "没到账不会重复扣款。断电、断网也查得到。"
PAY_SCAN: Final = "让机器扫我的付款码"
PAY_SHOW: Final = "还是我来扫码"
SCAN_TITLE: Final = "请把付款码\n对准扫码窗口"
SCAN_NOTE: Final = "手机打开微信或支付宝的付款码，离窗口一拳远"
SCAN_REFUSED: Final = "这个不是付款码，没有扣钱。请打开付款码再扫一次"
SCAN_WAITING: Final = "已经扫到。请看看手机，可能要您点一下确认"
SCAN_LEFT: Final = ("请在 ", " 内扫码")
MINUTES: Final = "{minutes} 分 {seconds} 秒"
SECONDS: Final = "{seconds} 秒"
PAID_TITLE: Final = "缴费成功"
PAID_COPY: Final = "凭证已补打"
PAID_COPYING: Final = "正在补打凭证"
PAID_PRINTING: Final = "正在打印缴费凭证，请在下方出纸口取走"
PAID_PRINTED: Final = "凭证打好了，请在下方出纸口取走"
PAID_FAMILY: Final = "给家人缴"
PAID_PHONE: Final = "存到手机"
PAID_DONE: Final = "办完了，退出"
PHONE_TITLE: Final = "请用手机扫一扫"
PHONE_NOTE: Final = "打开凭证后，截图或收藏就存好了"
PHONE_NUMBER: Final = "凭证号"
PHONE_DONE: Final = "存好了"
PENDING_SCREEN_TITLE: Final = "付款结果还在核对"
PENDING_BODY: Final = (
    "网络断了一下。",
    "请不要再付一次。",
    "钱若已付，会自动记到您名下；\n没付成，会原路退回。",
)
PENDING_ORDER: Final = "订单号"
PENDING_AMOUNT: Final = "金额"
PENDING_LATEST: Final = "最晚"
PENDING_SEE: Final = "在任何一台机器上放身份证都能看到结果"
PENDING_PRINT: Final = "打印待核对单"
PENDING_DONE: Final = "知道了，退出"
RECORDS_TITLE: Final = "我的社保"
RECORDS_PAID: Final = "累计缴费"
RECORDS_YEARS: Final = " 年 {months} 个月"
RECORDS_MORE: Final = "再缴 {time}满 {years} 年"
RECORDS_ENOUGH: Final = "已满 {years} 年"
RECORDS_ACCOUNT: Final = "个人账户余额"
RECORDS_INTEREST: Final = "含利息 {amount}"
RECORDS_CHART: Final = "近{count}年缴费"
COUNT_WORDS: Final = ("〇", "一", "两", "三", "四", "五", "六")
RECORDS_THIS_YEAR: Final = "今年已缴"
RECORDS_NOT_YET: Final = "今年未缴"
RECORDS_EMPTY: Final = "还没有缴费记录"
RECORDS_PRINT: Final = "打印"
RECORDS_REPRINT: Final = "补打凭证"
RECEIPTS_TITLE: Final = "要打印哪一张？"
RECEIPTS_MORE: Final = "看更早的"
RECEIPT_OWED: Final = "没取"
RECEIPT_COPY: Final = "补打"
STILL_TITLE: Final = "还在吗？"
STILL_NOTE: Final = "没有人的话，会自动退出并清除您的信息"
STILL_STAY: Final = "我还在，继续办"
OUT_TITLE: Final = "这台机器正在检修"
WORKING_NOTE: Final = "请不要离开，马上就好"
WORKING_LONG: Final = "比平时久一点，还在办。您不用做什么"

# the face check: one hint at a time, said and shown (kiosk.face.verdicts.Hint names them)
FACE_COME_TO_THE_SCREEN: Final = "请面向屏幕，让镜头看见您的脸"
FACE_SHOW_WHOLE_FACE: Final = "请露出整张脸"
FACE_ONE_PERSON: Final = "请只留一个人在镜头前"
FACE_COME_CLOSER: Final = "请靠近一点"
FACE_GO_BACK: Final = "请往后一点"
FACE_INTO_THE_FRAME: Final = "请把脸放到框里"
FACE_TOO_DARK: Final = "光线有点暗，请面向亮的地方"
FACE_TOO_BRIGHT: Final = "光线太亮，请换个方向"
FACE_TAKE_OFF_MASK: Final = "请先摘下口罩"
FACE_TAKE_OFF_SUNGLASSES: Final = "请先摘下墨镜"
FACE_LOOK_STRAIGHT: Final = "请正对屏幕"
FACE_HOLD_STILL: Final = "请坐稳，看着屏幕"

# --- screens of the yearly check
AGAIN: Final = "重听"

WAY_TITLE: Final = "选一种核验方式"
WAY_NOTE: Final = "每种都一样有效，由您自己选"
WAY_FACE: Final = ("刷脸，约两分钟", "同意，开始刷脸")
WAY_STAFF: Final = ("请工作人员当面核验", "找工作人员")
WAY_HOME_VISIT: Final = ("预约上门认证", "走不动？预约上门")
WAY_HOME_VISIT_BOOKED: Final = ("上门已经约好了", "上门已经约好了")
WAY_PHONE: Final = ("让子女用手机帮您认证", "让子女用手机帮您认证")
WAY_WINDOW: Final = ("到窗口办理", "到窗口办理")
WAY_RULES: Final = "处理规则 {version} 版 · 可随时撤回同意"
WAY_AGAIN: Final = ("再试一次", "坐稳，离屏幕一臂远")
WAY_AGAIN_CAMERA: Final = "机器再打开一次镜头"
WAY_AGAIN_NETWORK: Final = "看看网络好了没有"
WAY_COMPARE: Final = ("请工作人员看照片比对", "要您打勾同意并签名，不用再刷脸")

RULES_TITLE: Final = "刷脸的处理规则"
RULES_VERSION: Final = "{version} 版"
RULES_DONE: Final = "看完了，返回"

FACE_LOOK: Final = ("请看屏幕", "把脸放到框里")
FACE_BLINK: Final = "请慢慢闭眼，再睁开"
FACE_LEFT: Final = "请慢慢向左转头"
FACE_RIGHT: Final = "请慢慢向右转头"
FACE_NOD: Final = "请慢慢点一下头"
FACE_TURN_BACK: Final = "请转回来，看正前方"
FACE_AHEAD: Final = "请看正前方"
FACE_COMPARING: Final = "正在比对，请稍等"
FACE_SOON: Final = "马上就好"
FACE_STEP: Final = "第 {step} 步，共 {steps} 步"
FACE_OPENING: Final = "正在打开镜头"
FACE_WELL: Final = "光线合适　脸在框内"
FACE_OTHER_WAY: Final = "不方便刷脸？请工作人员核验"

SIGN_TITLE: Final = "请打勾同意，\n再用手指签名"
SIGN_TICK: Final = "我同意送一张照片给社保中心，由工作人员和以前的照片比对，看完就删"
SIGN_NOTE: Final = "照片加密送出，只给比对的人看。不愿意也不要紧，点“上一步”选别的方式。"
SIGN_HERE: Final = "请在这里签名"
SIGN_CLEAR: Final = "重签"
SIGN_DONE: Final = "签好了，提交"
SIGN_NOT_TICKED: Final = "请先打勾同意"
SIGN_NOT_SIGNED: Final = "请先用手指签名"

REASON_TITLE: Final = "为什么当面核验？"
REASON_NOTE: Final = "请工作人员点一下"

CERTIFIED_TITLE: Final = "认证通过"
CERTIFIED_NOTE: Final = "社保中心已经收到，不用再跑"
CERTIFIED_PENDING_TITLE: Final = "做完了，\n等社保中心确认"
CERTIFIED_PENDING_NOTE: Final = "网络好了，自动交给社保中心"
CERTIFIED_REVIEW_TITLE: Final = "已经交给工作人员核对"
CERTIFIED_REVIEW_NOTE: Final = "待遇不受影响"
CERTIFIED_NEXT: Final = "下次请在这天以前来"
CERTIFIED_FROM: Final = "{day}起就可以办"
CERTIFIED_SEE: Final = "不用再做一次。\n在任何一台机器上放身份证，都能看到结果"
CERTIFIED_PRINT: Final = "打印大字提醒"
CERTIFIED_PRINTING: Final = "正在打印大字提醒，请在下方出纸口取走"
CERTIFIED_PRINTED: Final = "提醒打好了，请在下方出纸口取走"
CERTIFIED_SPOUSE: Final = "给老伴认证"
CERTIFIED_DONE: Final = "办完了，退出"

CHILDREN_TITLE: Final = "可以请子女用手机扫这个码，\n帮您认证"
CHILDREN_DONE: Final = "知道了"

STAFF_CARD_TITLE: Final = "请工作人员过来，\n放上自己的身份证"
STAFF_CARD_PLACE: Final = "平放在右下方的感应区，两三秒就好"
STAFF_CARD_LEFT: Final = "感应区上还有一张卡。请先取走，再放工作人员的卡"

# --- screens of the tablet
TABLET_NAME: Final = "入户认证"
BOARD_STAFF: Final = "{staff} · 今日 {all} 户，已完成 {done} 户"
BOARD_NOBODY: Final = "{staff} · 还没有今天的任务"
BOARD_PLACE: Final = "第 {now} 户，共 {all} 户"
BOARD_LIST: Final = "名单"
BOARD_CLOSE: Final = "收起名单"

ROW_DONE: Final = "已完成"
ROW_ACCEPTED: Final = "中心已收"
ROW_NOW: Final = "正在办"
ROW_WAITING: Final = "待上门"
ROW_NOT_MET: Final = "没见到"
ROW_PARKED: Final = "中心在核对"

LINK_OFFLINE: Final = "离线中 · {count} 份已加密保存，联网后自动上传"
LINK_OFFLINE_NONE: Final = "离线中 · 没有要上传的"
LINK_ALL_SENT: Final = "已联网 · 全部上传好了"
LINK_WAITING: Final = "已联网 · {count} 份待上传，{size}"
LINK_SENDING: Final = "正在上传 · {count} 份待上传，{size}"
LINK_FULL: Final = "{count} 份待上传，{size} · 请先联网上传，再去下一户"

STAFF_SIGN_IN_TITLE: Final = "请放工作人员身份证"
STAFF_SIGN_IN_NOTE: Final = "平放在读卡器上，再输 6 位密码"
STAFF_SIGN_IN_CODE: Final = "没带身份证，用登录码"
STAFF_SIGN_IN_UNSENT: Final = "{count} 份已加密保存，登录后联网自动上传"
STAFF_SIGN_IN_TABLET: Final = "本机编号 {tablet}"

DIGITS_DONE: Final = "确定"
DIGITS_MISSING: Final = "还差 {count} 位"
DIGITS_CLEAR: Final = "清空"

DAY_NEXT_LABEL: Final = "下一户"
DAY_ALL_DONE: Final = "今天的都办完了"
DAY_NONE: Final = "还没有今天的任务"
DAY_DONE: Final = "已完成"
DAY_DONE_COUNT: Final = "{done} / {all} 户"
DAY_UNSENT: Final = "待上传"
DAY_UNSENT_COUNT: Final = "{count} 份"
DAY_UNSENT_SIZE: Final = "共 {size}，已加密"
DAY_UNSENT_NONE: Final = "都在中心了"
DAY_NEXT: Final = "去下一户"
DAY_FETCH: Final = "领取今天的任务"
DAY_SYNC: Final = "马上上传"
DAY_SIGN_OUT: Final = "退出登录"

VISIT_TYPE_NUMBER: Final = "没有身份证"
VISIT_AGREE_PERSON: Final = "本人同意"
VISIT_AGREE_GUARDIAN: Final = "监护人同意"
VISIT_BY_HAND: Final = "无法刷脸，走人工"
VISIT_START_FACE: Final = "开始刷脸"
VISIT_AGAIN: Final = "再试一次"
VISIT_SHOOT: Final = "拍照"
VISIT_SHOOT_AGAIN: Final = "重拍"
VISIT_KEEP_PHOTO: Final = "用这张"
VISIT_NO_PHOTO: Final = "不拍照"
VISIT_COMPARE: Final = "请中心看照片比对"
VISIT_SAVE: Final = "保存，去下一户"
VISIT_MORE: Final = "别的事"
VISIT_LEAVE: Final = "先不办"
VISIT_CODE: Final = "请把今天的码举在脸旁"
VISIT_TAKEN: Final = "拍好了，请看人和码都清楚"
VISIT_SIGN: Final = "请{who}在这里签名"
