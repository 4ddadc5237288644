"""Numbers and names as central shows them, and the arithmetic the synthetic township is made with."""

from __future__ import annotations

import unicodedata

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)  # GB 11643-1999, 2^(18-i) mod 11
CHECKS = "10X98765432"


def check_character(first17: str) -> str:
    """MOD 11-2 of GB 11643 over seventeen digits."""
    return CHECKS[sum(int(digit) * weight for digit, weight in zip(first17, WEIGHTS, strict=True)) % 11]


def passport_check(text: str) -> str:
    """The 7-3-1 check digit of ICAO 9303, as the fifteenth character of the 2017 foreigner's card has it."""
    return str(sum(int(character, 36) * (7, 3, 1)[n % 3] for n, character in enumerate(text)) % 10)


def mask_number(number: str) -> str:
    """3710••••••••0042: the first and the last four stay."""
    return number[:4] + "••••••••" + number[-4:]


def mask_phone(phone: str) -> str:
    """138••••0042: the first three and the last four stay; "" for what is too short to be hidden."""
    return f"{phone[:3]}••••{phone[-4:]}" if len(phone) >= 10 else ""


def mask_name(name: str) -> str:
    """张*英, 王*, 买***力: first and last stay, with two characters only the first."""
    if len(name) <= 2:
        return name[:1] + "*"
    return name[0] + "*" * (len(name) - 2) + name[-1]


def plain_name(name: str) -> str:
    """For comparing: compatibility forms, spaces and the several middle dots do not count."""
    folded = unicodedata.normalize("NFKC", name).replace(" ", "").casefold()
    return folded.translate({ord(dot): None for dot in "·•・․‧∙."})


def could_be_name(card: str, registered: str) -> bool:
    """Whether a card's name is the registered one, as far as the card can write it.

    A card printed before a character had its number carries a private one in its place, which may stand for any.
    """
    card, registered = plain_name(card), plain_name(registered)
    return len(card) == len(registered) and all(
        a == b or unicodedata.category(a) == "Co" for a, b in zip(card, registered, strict=True)
    )
