"""Options of the whole test run."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--golden-record", action="store_true", help="write the pictures of the screens instead of comparing"
    )
