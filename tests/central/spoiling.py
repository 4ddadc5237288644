"""Ways to spoil a good request, drawn from a seed: its JSON, its bytes, its headers, its address."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from random import Random
from typing import Any

JSON_TYPE = (b"Content-Type", b"application/json")
ODD: tuple[Any, ...] = (
    *(None, True, False, 0, 1, -1, 8, 2**31, 2**53 + 1, 2**63, 2**64, 10**40, -(10**40)),
    *(0.0, 1.0, 100000.0, 0.1, -0.5, 1e300, float("nan"), float("inf"), float("-inf")),
    *("", " ", "0", "1", "-1", "1e5", "100000", "true", "null", "NaN", "０", "x" * 41, "x" * 5000, "9" * 400),
    *(
        "\x00",
        "a\x00b",
        "\ud800",
        "\udfff\ud800",
        "\u202e",
        "张" * 200,
        "𠮷",
        "e\u0301",
        "\ufeff",
        "\n",
        "'; --",
    ),
    *(
        "WD002-SHOWN",
        "wd001-shown",
        "../../x",
        "%00",
        "{}",
        "[]",
        "2026-02-30",
        "9999-99-99",
        "printed",
        "PRINTED",
    ),
    *([], {}, [[]], [None], [{}], {"": None}, {"a": {"b": {"c": []}}}),
)
NAMES = ("", "extra", "order_id", "amount_fen", "__class__", "a" * 300, "\x00", "\ud800", "订单", "0")


@dataclass
class Spoilt:
    """One request.  ``headers`` are bytes; ``faults`` say what was done to it."""

    method: str
    target: bytes
    headers: list[tuple[bytes, bytes]]
    body: bytes
    faults: list[str]


def spoil(chance: Random, request: Spoilt, value: object) -> Spoilt:
    """One to three faults in a copy of a good request whose body says ``value``; without a body it gets one."""
    spoilt = Spoilt(request.method, request.target, list(request.headers), request.body, [])
    where = chance.choices((_json, _bytes, _headers, _address), (12, 4, 3, 3 if value is not None else 9))[0]
    if where is _json:
        value = deepcopy(value)
        for _ in range(chance.choice((1, 1, 1, 2, 3))):
            value = spoil_value(chance, value, spoilt.faults)
        text = json.dumps(value, ensure_ascii=chance.random() < 0.5)
        spoilt.body = text.encode("utf-8", "surrogatepass")
    else:
        where(chance, spoilt)
    return spoilt


def _json(_chance: Random, _spoilt: Spoilt) -> None:
    """Done in ``spoil``, which has the value."""


def spoil_value(chance: Random, value: Any, faults: list[str]) -> Any:
    """The value with one thing wrong in it; it is changed in place where it can be."""
    places = list(_places(value))
    if not places or chance.random() < 0.04:
        faults.append("all of it")
        return deepcopy(chance.choice(ODD))
    holder, key = chance.choice(places)
    fault = chance.choice(("odd", "odd", "odd", "missing", "extra", "twice", "wrapped", "typed", "moved"))
    faults.append(f"{fault} {key}"[:60])
    if fault == "odd":
        holder[key] = deepcopy(chance.choice(ODD))
    elif fault == "missing":
        del holder[key]
    elif fault == "extra" and isinstance(holder, dict):
        holder[chance.choice(NAMES)] = deepcopy(chance.choice(ODD))
    elif fault == "twice" and isinstance(holder, list):
        holder += [deepcopy(holder[key])] * chance.choice((1, 7, 200))
    elif fault == "wrapped":
        holder[key] = chance.choice(([holder[key]], {"value": holder[key]}, [[[holder[key]]]]))
    elif fault == "typed":
        holder[key] = _typed(chance, holder[key])
    else:
        other, at = chance.choice(places)
        if other is not holder or at != key:
            holder[key] = deepcopy(chance.choice(ODD))
    return value


def _typed(chance: Random, value: Any) -> Any:
    """The same figure in another type."""
    if isinstance(value, bool) or value is None:
        return int(bool(value))
    if isinstance(value, int):
        return chance.choice((str(value), float(value), value + 0.5, -value - 1, f"{value}.0", [value]))
    if isinstance(value, str):
        return chance.choice(
            (
                f" {value}",
                f"{value}\n",
                value.swapcase(),
                [value],
                list(value),
                value.encode("utf-8", "surrogatepass").hex(),
            )
        )
    return str(value)


def _places(value: Any) -> list[tuple[Any, Any]]:
    """(holder, key) of everything inside."""
    if isinstance(value, dict):
        keys: list[Any] = list(value)
    elif isinstance(value, list):
        keys = list(range(len(value)))
    else:
        return []
    inner = [place for key in keys for place in _places(value[key])]
    return [*((value, key) for key in keys), *inner]


def _bytes(chance: Random, spoilt: Spoilt) -> None:
    body = spoilt.body or b'{"a": 1}'
    spoils: dict[str, Callable[[], bytes]] = {
        "cut off": lambda: body[: chance.randrange(len(body))],
        "more": lambda: body + chance.choice((b"}", b"{}", b",", b"\x00", body)),
        "flipped": lambda: _flipped(chance, body),
        "noise": lambda: chance.randbytes(chance.randrange(1, 200)),
        "utf-16": lambda: body.decode("utf-8", "replace").encode("utf-16"),
        "latin": lambda: b"\xff\xfe" + body,
        "mark": lambda: b"\xef\xbb\xbf" + body,
        "deep": lambda: b"[" * 20_000,
        "deep names": lambda: b'{"lines":' * 4_000,
        "a form": lambda: b"order_id=1&total_fen=2",
        "key twice": lambda: body.replace(b"{", b'{"order_id": 0, "order_id": [], ', 1),
        "no number": lambda: b'{"total_fen": NaN, "copy_number": -Infinity}',
        "huge number": lambda: b'{"total_fen": 1' + b"0" * 5000 + b"}",
        "huge exponent": lambda: b'{"total_fen": 1e999999}',
        "comment": lambda: b"/* */" + body,
        "too long": lambda: b" " * (64 * 1024 + 1 - len(body)) + body,
    }
    fault = chance.choice(list(spoils))
    spoilt.body = spoils[fault]()
    spoilt.faults.append(fault)


def _flipped(chance: Random, body: bytes) -> bytes:
    changed = bytearray(body)
    for _ in range(chance.choice((1, 1, 2, 8))):
        changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def _headers(chance: Random, spoilt: Spoilt) -> None:
    """Keys that are no keys, kiosks that are no kiosks, bodies of other kinds."""
    names = [name for name, _ in spoilt.headers]
    name = chance.choice((b"Authorization", b"Authorization", b"X-Kiosk", b"X-Kiosk", b"Content-Type"))
    values = {
        b"Authorization": (
            *(
                b"",
                b"Bearer",
                b"Bearer ",
                b"bearer demo-token-WD001",
                b"Basic d2Q6d2Q=",
                b"Bearer demo-token-WD002",
            ),
            *(
                b"Bearer demo-token-WD001 x",
                b"Bearer \xff\xfe",
                b"Bearer " + b"a" * 5000,
                b"demo-token-WD001",
            ),
        ),
        b"X-Kiosk": (
            b"",
            b"WD002",
            b"wd001",
            b"WD999",
            b"WD001,WD002",
            b"\xff\xfe",
            b"' OR 1=1",
            b"W" * 3000,
        ),
        b"Content-Type": (
            b"text/plain",
            b"application/x-www-form-urlencoded",
            b"multipart/form-data",
            b"\xff",
            b"json",
        ),
    }[name]
    value = chance.choice((None, *values))
    spoilt.faults.append(f"{name.decode()}: {value!r}"[:80])
    spoilt.headers = [each for each in spoilt.headers if each[0] != name]
    if value is not None:
        spoilt.headers.insert(names.index(name) if name in names else 0, (name, value))


def _address(chance: Random, spoilt: Spoilt) -> None:
    parts = spoilt.target.split(b"/")
    if len(parts) < 4:
        return _bytes(chance, spoilt)
    odd = (
        *(
            b"",
            b"%00",
            b"%ff%fe",
            b"%",
            b"%ZZ",
            b"%2e%2e",
            b"..",
            b"%2F",
            b"a%0d%0ab",
            b"WD001-%E5%BC%A0",
            b"%F0%9F%98%80",
        ),
        *(
            b"0",
            b"-1",
            b"WD999-000001",
            b"wd001-shown",
            b"A" * 41,
            b"A" * 7,
            b"1" * 5000,
            b"9" * 16,
            b"1" * 23,
            b"?",
            b"#",
        ),
        *(b"%EF%BC%91" * 16, b"zzzzzzzzzz", b"Z000-ZZZZ", b"WD001-SHOWN%0A", b"WD001-SHOWN%20", b";drop"),
    )
    value = chance.choice(odd)
    spoilt.faults.append(f"address {value!r}"[:80])
    parts[3] = value
    spoilt.target = b"/".join(parts)
    return None
