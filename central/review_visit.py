"""What a reviewer reads of a visit at home, beside the evidence: who was identified how, the day's code, where and when."""

from __future__ import annotations

from typing import Any

IDENTIFIED = {"card": "读了身份证", "typed": "手工输入号码"}
NO_CARD = {
    "lost": "证件丢失",
    "not_at_hand": "证件不在身边",
    "not_readable": "证件读不出",
    "reader": "读卡器故障",
}
CONSENT = {"person": "本人", "guardian": "监护人"}


def visit_facts(told: dict[str, Any]) -> list[tuple[str, str]]:
    """``told``: what is in the chain (``visits``)."""
    facts = [("上门时间", f"{_moment(told['begun_at'])} 至 {_moment(told['ended_at'])}")]
    if identified := told["identified"]:
        reason = NO_CARD.get(identified["reason"] or "", "")
        words = IDENTIFIED.get(identified["by"], identified["by"])
        facts.append(("怎样核对证件", f"{words}（{reason}）" if reason else words))
    if consent := told["consent"]:
        facts.append(
            ("谁同意的", f"{CONSENT.get(consent['by'], consent['by'])}，同意书 {consent['version']}")
        )
    if manual := told["manual"]:
        facts.append(("照片上应举着的号码", manual["day_code"]))
    if place := told["place"]:
        near = f"，误差 {place['accuracy_m']:.0f} 米" if place["accuracy_m"] is not None else ""
        facts.append(("平板记下的位置", f"{place['latitude']:.5f}, {place['longitude']:.5f}{near}"))
    else:
        facts.append(("平板记下的位置", "没有"))
    facts.append(("平板", f"{told['tablet_id']} 第 {told['seq']} 份"))
    return facts


def _moment(text: str) -> str:
    return text[:16].replace("T", " ")
