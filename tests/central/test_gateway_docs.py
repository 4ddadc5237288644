"""docs/central.md names every setting, quirk and rule of a gateway, with the figures the program has."""

from dataclasses import fields
from pathlib import Path

import pytest

from central.gateway_profile import ALIPAY_F2F, DAY_S, WECHAT_PAY
from central.gateway_quirks import CHANCES, LENGTHS
from central.settings import GatewaySettings

TEXT = (Path(__file__).parents[2] / "docs" / "central.md").read_text(encoding="utf-8")


def test_every_line_of_a_merchants_file_is_documented():
    assert [each.name for each in fields(GatewaySettings) if f"`{each.name}`" not in TEXT] == []


def test_every_quirk_is_documented_as_the_help_says_it():
    missing = [name for name, meaning in CHANCES.items() if f"| `{name}` | {meaning} |" not in TEXT]
    assert missing + [name for name in LENGTHS if f"| `{name}` |" not in TEXT] == []


@pytest.mark.parametrize(
    ("row", "wechat", "alipay"),
    [
        ("close not before", f"{WECHAT_PAY.close_after_s:g} s after the create", "at once"),
        (
            "a scanned code waits",
            f"{WECHAT_PAY.scan_poll_s:g} s, asked every {WECHAT_PAY.poll_every_s:g} s",
            f"{ALIPAY_F2F.scan_poll_s:g} s, asked every {ALIPAY_F2F.poll_every_s:g} s",
        ),
        (
            "then",
            f"reversed, not before {WECHAT_PAY.reverse_after_s:g} s after the scan and within "
            f"{WECHAT_PAY.reverse_within_s / DAY_S:g} days",
            f"cancelled, within {ALIPAY_F2F.reverse_within_s / 3600:g} h",
        ),
    ],
)
def test_the_figures_of_the_rules_are_the_documented_ones(row, wechat, alipay):
    assert f"| {row} | {wechat} | {alipay} |" in TEXT


def test_the_figures_are_those_that_were_published():
    """Facts, not the program's own: WeChat Pay and Alipay merchant documents."""
    wechat = (300, 15, 7 * 86_400, 5, 30, 10, 300)
    alipay = (0, 0, 86_400, 5, 60, 10, 300)
    for profile, figures in ((WECHAT_PAY, wechat), (ALIPAY_F2F, alipay)):
        assert (
            profile.close_after_s,
            profile.reverse_after_s,
            profile.reverse_within_s,
            profile.poll_every_s,
            profile.scan_poll_s,
            profile.bill_hour,
            profile.clock_window_s,
        ) == figures
