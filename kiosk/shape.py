"""Raw TOML into frozen dataclasses.  Every mistake is found at once and named by its key.

Nothing is guessed: a path comes from its text and a fraction may be written as a whole number, and that is all.  Not pydantic,
whose import alone keeps the first screen waiting for a tenth of a second; central's answers are read by it, later.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

T = TypeVar("T")
WORDS = {str: "a text", int: "a whole number", float: "a number", bool: "true or false", Path: "a path"}


@dataclass(frozen=True)
class Between:
    """``low`` to ``high``, both included; ``above``: larger than ``low``."""

    low: float
    high: float
    above: bool = False

    def wrong(self, value: float) -> str:
        """What is wrong with it, or ""."""
        if self.low <= value <= self.high and not (self.above and value == self.low):
            return ""
        return f"must be {'above' if self.above else 'at least'} {self.low:g} and at most {self.high:g}"


@dataclass(frozen=True)
class Like:
    """The whole text matches a regular expression."""

    pattern: str

    def wrong(self, text: str) -> str:
        return "" if re.fullmatch(self.pattern, text) else f"must match {self.pattern}"


@dataclass(frozen=True)
class OneOf:
    """One of several words."""

    words: tuple[str, ...]

    def wrong(self, word: str) -> str:
        return "" if word in self.words else f"must be one of {', '.join(sorted(self.words))}"


def read(kind: type[T], raw: object, mistakes: list[str], prefix: str = "") -> T | None:
    """A ``kind`` from a TOML table; None when ``mistakes`` got a line "key: what is wrong"."""
    if not isinstance(raw, Mapping):
        mistakes.append(f"{prefix.removesuffix('.')}: must be a table")
        return None
    before = len(mistakes)
    forms = get_type_hints(kind, include_extras=True)
    values: dict[str, Any] = {}
    for field in fields(kind):  # type: ignore[arg-type]  # every kind is one of our dataclasses
        if field.name in raw:
            values[field.name] = _value(forms[field.name], raw[field.name], mistakes, f"{prefix}{field.name}")
        elif field.default is MISSING:
            mistakes.append(f"{prefix}{field.name}: is missing")
    mistakes += [f"{prefix}{name}: no such key" for name in raw if name not in forms]
    return kind(**values) if len(mistakes) == before else None


def _value(form: Any, raw: object, mistakes: list[str], key: str) -> Any:
    """The value of one key, or None and a mistake."""
    origin, parts = get_origin(form), get_args(form)
    if origin in (Union, UnionType):
        (form,) = (part for part in parts if part is not NoneType)
        return _value(form, raw, mistakes, key)
    if origin is Annotated:
        before = len(mistakes)
        value = _value(parts[0], raw, mistakes, key)
        if len(mistakes) == before:
            mistakes += [f"{key}: {wrong}" for rule in parts[1:] if (wrong := rule.wrong(value))]
        return value
    if origin is Literal:
        if not any(raw == word and type(raw) is type(word) for word in parts):
            mistakes.append(f"{key}: must be one of {', '.join(map(str, parts))}")
        return raw
    if isinstance(form, type) and is_dataclass(form):
        return read(form, raw, mistakes, f"{key}.")
    if form is Path and isinstance(raw, str):
        return Path(raw)
    if form is float and type(raw) is int:
        return float(raw)
    if type(raw) is not form:
        mistakes.append(f"{key}: must be {WORDS[form]}")
    return raw
