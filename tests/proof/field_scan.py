"""Looks for people in every byte of a tablet's data directory, and in the names of its files.

What is looked for of everybody: name, citizen number, address, telephone, pieces of every picture; number and name, PIN and
code of who works with it.  Each word as UTF-8, UTF-16, GB 18030, as JSON and a URL write it, as hexadecimal, and as base64 at each
of its three positions.  Needles of less than six bytes are left out: in some megabytes of sealed bytes they are found by chance, and
a name of two characters still has its forms of six bytes and more.

Every byte is read as it lies there: SQLite's pages and its write-ahead log, also what was deleted in them.  Not seen is what a file
system keeps of deleted files.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tests.proof.field_central import CODE, PIN, Town

LEAST_BYTES = 6
PREFIX_BYTES = 4
PIECE_BYTES, EVERY_BYTES = 24, 400  # of a picture: what is left of one in a row of 424 bytes is seen


@dataclass(frozen=True)
class Hit:
    """``what`` is a kind and an encoding, never the word itself."""

    file: str
    at: int  # -1: in the name
    what: str


class Scan:
    """Built once for everybody; then any number of folders."""

    def __init__(
        self,
        words: Iterable[tuple[str, str]],
        pictures: Iterable[tuple[str, bytes]],
        bits: Iterable[tuple[str, bytes]] = (),
    ) -> None:
        """``words``: (kind, text), ``pictures``: (kind, bytes), ``bits``: (kind, bytes) that are looked for as a whole."""
        self._needles: dict[bytes, str] = {}
        for kind, text in words:
            for coding, needle in spellings(text):
                if len(needle) >= LEAST_BYTES:
                    self._needles[needle] = f"{kind} as {coding}"
        pieces_of = [(kind, piece) for kind, content in pictures for piece in pieces(content)]
        for kind, piece in (*pieces_of, *bits):
            for coding, needle in codings(piece):
                self._needles[needle] = f"{kind} as {coding}"
        self._by_prefix: dict[int, list[bytes]] = {}
        for needle in self._needles:
            prefix = int.from_bytes(needle[:PREFIX_BYTES], "little")
            self._by_prefix.setdefault(prefix, []).append(needle)
        self._prefixes = np.array(sorted(self._by_prefix), np.uint32)

    @property
    def needles(self) -> int:
        return len(self._needles)

    def folder(self, folder: Path) -> tuple[list[Hit], int]:
        """What was found, and how many bytes were read."""
        hits, read = [], 0
        for path in sorted(folder.rglob("*")):
            name = str(path.relative_to(folder))
            hits += [Hit(name, -1, hit.what) for hit in self.content(name, name.encode())]
            if path.is_file():
                content = path.read_bytes()
                read += len(content)
                hits += self.content(name, content)
        return hits, read

    def content(self, name: str, content: bytes) -> list[Hit]:
        """Every place at which a needle lies."""
        hits = []
        for start in range(PREFIX_BYTES):
            count = (len(content) - start) // PREFIX_BYTES
            if count <= 0:
                continue
            words = np.frombuffer(content, "<u4", count, start)
            for index in np.flatnonzero(np.isin(words, self._prefixes)):
                at = start + int(index) * PREFIX_BYTES
                for needle in self._by_prefix[int(words[index])]:
                    if content.startswith(needle, at):
                        hits.append(Hit(name, at, self._needles[needle]))
        return hits


def of_town(town: Town, taken: Iterable[bytes] = ()) -> Scan:
    """``taken``: pictures that the camera's worker made."""
    words, pictures = [], [("picture taken", one) for one in taken]
    for person in town.people:
        card = person.card
        words += [("name", card.name), ("number", card.number), ("address", card.address)]
        words += [("telephone", person.phone)] if person.phone else []
        pictures += [("reference", person.picture), ("chip", card.photo)]
    words += [
        ("staff name", town.staff.name),
        ("staff number", town.staff.number),
        ("PIN", PIN),
        ("code", CODE),
    ]
    return Scan(words, [*pictures, ("staff chip", town.staff.photo)])


def spellings(text: str) -> Iterator[tuple[str, bytes]]:
    """A word as it may be written: (coding, bytes)."""
    yield from codings(text.encode())
    yield "UTF-16", text.encode("utf-16-le")
    yield "UTF-16 BE", text.encode("utf-16-be")
    yield "GB 18030", text.encode("gb18030")
    yield "JSON", json.dumps(text)[1:-1].encode()
    for escape in ("\\u{:04x}", "\\u{:04X}"):
        yield "JSON, every letter", "".join(escape.format(ord(letter)) for letter in text).encode()
    for escape in ("%{:02x}", "%{:02X}"):
        yield "URL", "".join(escape.format(byte) for byte in text.encode()).encode()


def codings(raw: bytes) -> Iterator[tuple[str, bytes]]:
    """Bytes as they are, as hexadecimal, and what is the same of their base64 whatever stands before and behind."""
    yield "bytes", raw
    yield "hex", raw.hex().encode()
    yield "HEX", raw.hex().upper().encode()
    for before in range(3):
        text = base64.b64encode(bytes(before) + raw)
        end = (before + len(raw)) * 8 // 6  # characters that nothing behind can change
        yield f"base64 +{before}", text[-(-before * 8 // 6) : end]


def pieces(content: bytes) -> list[bytes]:
    """Evenly over a picture, its head left out: that is the same in all pictures."""
    return [content[at : at + PIECE_BYTES] for at in range(3, len(content) - PIECE_BYTES, EVERY_BYTES)]
