"""What operators read of visits at home: one entry for each word of ``kiosk.field.wire``, ``packets.Flaw`` and ``tickets.Kind``."""

from __future__ import annotations

ASIDE = "后面的收不进来时，搁置这一份就能接着收。"  # what is not the tablet's own holds up nothing
# why a packet waits: of a parked one, then of a refused one; (title, what to look at)
WAITS = {
    "pack_expired": ("任务包已过期", "记录在任务包过期以后才做；问明情况后可以转来复核。"),
    "clock_wrong": ("平板时间不对", "记录的时间前后对不上；问明情况后可以转来复核。"),
    "limits_exceeded": ("平板积压过多", "超过了份数或天数还在采集；问明情况后可以转来复核。"),
    "assignment_withdrawn": ("任务已撤回", "上门以前任务已经撤回；核实原因后可以转来复核。"),
    "person_moved": ("已迁出或不再领待遇", "核实本人的情况后可以转来复核。"),
    "tablet_revoked": ("平板已停用", "平板报失以后才传来；核实是谁采集的，可以转来复核。"),
    "not_readable": ("打不开", "内容丢失或损坏；需要的话请重新上门。"),
    "not_this_pack": ("不是这个任务包的", "平板、工作人员、人员或当日号码对不上；查明原因。"),
    "no_key": ("平板没有登记密钥", "查明是不是本单位的平板。"),
    "hash": ("哈希值不符", "在路上或平板上被改动过。" + ASIDE),
    "signature": ("签名不符", "不是这台平板签的。" + ASIDE),
    "content": ("内容与签名不符", "内容被改动或损坏过。" + ASIDE),
    "forked": ("同一序号有两份", "平板的存储退回过旧内容，或有人仿冒。"),
    "chain": ("与前一份接不上", "前一份被换过或顺序被改过。" + ASIDE),
    "gap": ("前面缺一份", "前面的一份到了，或者搁置了，会自动接上。"),
}
RESULTS = {
    "certified": "认证通过",
    "under_review": "转复核",
    "not_recognised": "没有认出",
    "noted": "已记下",
    "already_certified": "已在别处认证过",
}
KINDS = {
    "face": "刷脸",
    "manual": "人工核对",
    "death": "家属报告去世",
    "phone": "更改电话",
    "question": "咨询",
    "not_met": "没有见到",
}
TICKETS = {
    "death": ("家属报告去世", "核实后再办；在核实以前，待遇不因此改变。", "已核实，属实"),
    "phone": ("更改电话", "打新号码核实是本人；确认后才更改。", "已核实，更改"),
    "question": ("请回电", "按登记的电话回电。", "已回电"),
    "moved": ("搬走了", "核实新住址；确认后撤回任务，可按新住址重新登记。", "已核实，撤回任务"),
}
TOPICS = {
    "amount": "待遇金额",
    "payment": "缴费",
    "certification": "资格认证",
    "medical": "医保",
    "other": "其他",
}
ASKED_BY = {
    "person": "本人",
    "relative": "亲属",
    "employer": "单位",
    "care_home": "养老机构",
    "centre": "社保中心",
}
WHY = {"withdrawn": "不用去了", "moved": "搬走了", "died": "去世", "certified": "已在别处认证"}
