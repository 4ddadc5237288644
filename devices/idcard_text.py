"""The 256 bytes of text on an ID card.

Four layouts, UTF-16LE, padded with spaces, the kind of card at byte 248.

Sources: GA/T 490 for residents; for the other three the public reader of Johann356/readinfo
(PCSCGetData.h), whose byte lengths of the 2023 foreigner layout no second source confirms.  Nothing is
rejected here but a flag we do not know: a nation code, a name outside every font, 长期 and a blank field
are the card's own business.
"""

from __future__ import annotations

from devices.errors import CardFault, CardNotRead
from devices.idcard import CardKind, IdCard

BLOCK_BYTES = 256
FLAG_AT = 248

Layout = dict[str, tuple[int, int]]  # field -> offset and length in bytes

_RESIDENT: Layout = {
    "name": (0, 30),
    "sex": (30, 2),
    "nation": (32, 4),
    "birth": (36, 16),
    "address": (52, 70),
    "number": (122, 36),
    "issuer": (158, 30),
    "valid_from": (188, 16),
    "valid_to": (204, 16),
}
_HMT: Layout = {field: place for field, place in _RESIDENT.items() if field != "nation"}
_FOREIGNER_2017: Layout = {
    "english_name": (0, 120),
    "sex": (120, 2),
    "number": (122, 30),
    "nationality": (152, 6),
    "name": (158, 30),
    "valid_from": (188, 16),
    "valid_to": (204, 16),
    "birth": (220, 16),
}
_FOREIGNER_2023: Layout = {
    "name": (0, 30),
    "sex": (30, 2),
    "birth": (36, 16),
    "english_name": (52, 70),
    "number": (122, 36),
    "valid_from": (188, 16),
    "valid_to": (204, 16),
    "english_name_rest": (220, 22),
    "nationality": (242, 6),
}

LAYOUTS: dict[CardKind, Layout] = {
    CardKind.RESIDENT: _RESIDENT,
    CardKind.HMT: _HMT,
    CardKind.FOREIGNER_2017: _FOREIGNER_2017,
    CardKind.FOREIGNER_2023: _FOREIGNER_2023,
}
FLAGS = {
    CardKind.RESIDENT: " ",
    CardKind.HMT: "J",
    CardKind.FOREIGNER_2017: "I",
    CardKind.FOREIGNER_2023: "Y",
}


def parse(block: bytes, photo: bytes = b"") -> IdCard:
    """The card's fields, padding stripped.  A foreigner without a Chinese name is called by the English one.

    Raises CardNotRead(UNSUPPORTED) for an unknown flag, ValueError when ``block`` is not 256 bytes.
    """
    if len(block) != BLOCK_BYTES:
        raise ValueError(f"text block of {len(block)} bytes")
    kind = _kind(block)
    if kind is None:
        raise CardNotRead(CardFault.UNSUPPORTED)
    fields = {field: _text(block, offset, size) for field, (offset, size) in LAYOUTS[kind].items()}
    rest = fields.pop("english_name_rest", None)
    if rest is not None:
        at, size = _FOREIGNER_2023["english_name"]
        # cut at 35 characters wherever that falls: a space at the seam belongs to the name
        fields["english_name"] = (_raw(block, at, size) + rest).rstrip(" \0")
    fields["name"] = fields["name"] or fields.get("english_name", "")
    return IdCard(kind=kind, photo=photo, **fields)


def render(card: IdCard) -> bytes:
    """The block a chip with these fields holds, for emulators.

    Raises ValueError when a field does not fit.
    """
    block = bytearray(" ".encode("utf-16-le") * (BLOCK_BYTES // 2))
    block[FLAG_AT : FLAG_AT + 2] = FLAGS[card.kind].encode("utf-16-le")
    for field, (offset, size) in LAYOUTS[card.kind].items():
        data = _value(card, field).encode("utf-16-le")
        if len(data) > size:
            raise ValueError(f"{field} does not fit")
        block[offset : offset + len(data)] = data
    return bytes(block)


def _value(card: IdCard, field: str) -> str:
    seam = _FOREIGNER_2023["english_name"][1] // 2
    if field == "english_name_rest":
        return card.english_name[seam:]
    if field == "english_name" and card.kind is CardKind.FOREIGNER_2023:
        return card.english_name[:seam]
    if field == "name" and card.name == card.english_name:
        return ""  # no Chinese name on the chip
    return str(getattr(card, field))


def _kind(block: bytes) -> CardKind | None:
    flag = _raw(block, FLAG_AT, 2)
    return next((kind for kind, letter in FLAGS.items() if letter == flag), None)


def _raw(block: bytes, offset: int, size: int) -> str:
    # a name cut in the middle of a rare character ends in half of it: U+FFFD, and the reading goes on
    return block[offset : offset + size].decode("utf-16-le", errors="replace")


def _text(block: bytes, offset: int, size: int) -> str:
    return _raw(block, offset, size).rstrip(" \0")
