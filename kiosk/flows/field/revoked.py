"""A tablet that was reported lost: the day's people, every badge and the secret behind them go; what is sealed stays."""

from __future__ import annotations

from kiosk.field.tablet import Tablet


def forget(tablet: Tablet) -> None:
    """Nothing on this disk opens after it.  Raises OSError: then the process ends, and the next start is told to forget again."""
    tablet.packs.drop()
    tablet.badges.forget_all()
