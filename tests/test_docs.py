"""The documents name every setting, event, error and dependency, and nothing that is gone."""

from __future__ import annotations

import ast
import builtins
import json
import re
from collections.abc import Iterator
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from pathlib import Path
from typing import get_type_hints

import pytest

from devices.errors import CardFault
from kiosk import events
from kiosk.config import Config
from kiosk.identity import Flaw
from kiosk.views import Trouble
from kiosk.wire import ProblemCode

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
PRODUCT = ("devices", "kiosk", "screens", "central")


def rows(document: str) -> dict[str, list[str]]:
    """Every table row of a document by the `code` in its first cell.  A cell may hold an escaped bar."""
    found: dict[str, list[str]] = {}
    for line in (DOCS / document).read_text(encoding="utf-8").splitlines():
        if line.startswith("| `"):
            first, *others = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
            assert first not in found, f"{document}: {first} twice"
            found[first.strip("`")] = others
    return found


# --- config -------------------------------------------------------------------------------------------------


def settings(kind: type, prefix: str = "") -> Iterator[tuple[str, str]]:
    """Each key and its default as config.md writes it."""
    forms = get_type_hints(kind)
    for field in fields(kind):
        name = field.name
        if is_dataclass(forms[name]):
            yield from settings(forms[name], f"{prefix}{name}.")
        elif field.default is MISSING:
            yield prefix + name, "required"
        elif field.default is None:
            yield prefix + name, "none"
        else:
            value = str(field.default) if isinstance(field.default, Path) else field.default
            yield prefix + name, f"`{json.dumps(value, ensure_ascii=False)}`"


def test_every_setting_is_documented_with_its_default() -> None:
    documented = {key: cells[0] for key, cells in rows("config.md").items()}
    assert documented == dict(settings(Config))


def test_every_setting_has_a_unit_and_a_meaning() -> None:
    assert [key for key, cells in rows("config.md").items() if len(cells) != 3 or not all(cells)] == []


# --- events -------------------------------------------------------------------------------------------------


def test_the_list_of_events_is_fresh() -> None:
    stale = "stale: run  python -m kiosk.events >docs/events.md"
    assert (DOCS / "events.md").read_text(encoding="utf-8") == events.render(), stale


# --- errors -------------------------------------------------------------------------------------------------


def exceptions() -> set[str]:
    """Full name of every exception class of the product, found without importing it."""
    classes: list[tuple[str, str, set[str]]] = []
    for package in PRODUCT:
        for path in sorted((ROOT / package).rglob("*.py")):
            home = ".".join(path.relative_to(ROOT).with_suffix("").parts)
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.ClassDef):
                    classes.append(
                        (home, node.name, {ast.unparse(base).split(".")[-1] for base in node.bases})
                    )
    raised = {
        name
        for name, kind in vars(builtins).items()
        if isinstance(kind, type) and issubclass(kind, BaseException)
    }
    found: set[str] = set()
    while more := {f"{home}.{name}" for home, name, bases in classes if bases & raised} - found:
        found |= more
        raised |= {full.split(".")[-1] for full in more}
    return found


def test_every_exception_is_documented_and_no_other() -> None:
    assert {name for name in rows("errors.md") if "." in name} == exceptions()


@pytest.mark.parametrize("words", [ProblemCode, CardFault, Trouble, Flaw])
def test_every_word_of_refusal_is_documented(words: type[Enum]) -> None:
    assert {word.value for word in words} - set(rows("errors.md")) == set()


def test_no_word_of_refusal_is_documented_that_is_gone() -> None:
    words = {word.value for kind in (ProblemCode, CardFault, Trouble, Flaw) for word in kind}
    assert {name for name in rows("errors.md") if "." not in name} - words == set()


# --- dependencies -------------------------------------------------------------------------------------------


LOCKS = ("requirements.lock", "requirements-tablet.lock")
DEBIAN = ("deploy/packages.txt", "deploy/tablet/packages.txt")


def locked(name: str) -> dict[str, str]:
    """Version by package."""
    return dict(re.findall(r"^([a-z0-9][a-z0-9._-]*)==(\S+)", (ROOT / name).read_text(), re.MULTILINE))


def test_every_dependency_is_argued_for() -> None:
    debian = [
        line.strip()
        for name in DEBIAN
        for line in (ROOT / name).read_text().splitlines()
        if line.strip() and not line.startswith("#")
    ]
    assert set(rows("dependencies.md")) == {*debian, *shipped()}.union(*map(locked, LOCKS))


def test_the_locks_agree_and_name_no_place() -> None:
    one, other = map(locked, LOCKS)
    assert {name: other[name] for name in one.keys() & other.keys()} == {
        name: one[name] for name in one.keys() & other.keys()
    }
    assert [name for name in LOCKS if "://" in (ROOT / name).read_text()] == []


def shipped() -> set[str]:
    return {path.name for path in (ROOT / "assets" / "fonts").iterdir() if path.suffix in (".otf", ".ttf")}


def test_no_table_has_an_empty_cell() -> None:
    for document in ("errors.md", "dependencies.md"):
        assert [name for name, cells in rows(document).items() if not all(cells)] == [], document


def test_the_decisions_say_how_we_would_know_that_they_were_wrong() -> None:
    decisions = sorted((DOCS / "adr").glob("[0-9]*.md"))
    assert len(decisions) >= 5
    for number, path in enumerate(decisions, start=1):
        assert path.name.startswith(f"{number:04d}-")
        text = path.read_text(encoding="utf-8")
        for heading in ("## Context", "## Decision", "## Consequences", "## How we would know it was wrong"):
            assert heading in text, f"{path.name}: {heading}"
