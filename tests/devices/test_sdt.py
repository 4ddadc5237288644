"""Literal frames of the protocol, in any portions."""

from __future__ import annotations

from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices import sdt
from devices.sdt import Decoder, Garbled, Meaning, Reading, Response

COMMANDS = {
    "AAAAAA96690003 11FF ED": sdt.STATUS,
    "AAAAAA96690003 12FF EE": sdt.SAM_NUMBER,
    "AAAAAA96690003 2001 22": sdt.FIND,
    "AAAAAA96690003 2002 21": sdt.SELECT,
    "AAAAAA96690003 3001 32": sdt.READ,
    "AAAAAA96690003 3010 23": sdt.READ_WITH_FINGERPRINT,
    "AAAAAA96690003 3003 30": sdt.READ_NEW_ADDRESS,
    "AAAAAA96690003 10FF EC": sdt.RESET,
    "AAAAAA96690004 61FF50 CA": sdt.SET_RF_FRAME,
    "AAAAAA96690003 3005 36": bytes.fromhex("3005"),
    "AAAAAA96690003 6000 63": bytes.fromhex("6000"),
    "AAAAAA96690003 6001 62": bytes.fromhex("6001"),
    "AAAAAA96690003 6002 61": bytes.fromhex("6002"),
    "AAAAAA96690003 6003 60": bytes.fromhex("6003"),
    "AAAAAA96690003 6004 67": bytes.fromhex("6004"),
}
REPLIES = {
    "AAAAAA96690004 000090 94": Response(0, 0, 0x90),
    "AAAAAA96690008 00009F 00000000 97": Response(0, 0, 0x9F, bytes(4)),
    "AAAAAA96690004 000080 84": Response(0, 0, 0x80),
    "AAAAAA9669000C 000090 0000000000000000 9C": Response(0, 0, 0x90, bytes(8)),
    "AAAAAA96690004 000041 45": Response(0, 0, 0x41),
}
MEANINGS = {
    Meaning.GOOD: [0x90, 0x9F],
    Meaning.EMPTY: [0x80, 0x91],
    Meaning.CARD: [0x81, 0x31, 0x32, 0x33, 0x37, 0x3F, 0x41, 0x47],
    Meaning.UNSUPPORTED: [0x40],
    Meaning.LINE: [0x10, 0x11, 0x21, 0x24],
    Meaning.FAULT: [0x60, 0x66, 0x23, 0x77],  # 77 is nobody's word
}
# A base reading put together by hand: header, lengths 0100 and 0400, text, photo, exclusive or.
TEXT, PHOTO = bytes(range(256)), bytes(range(256)) * 4
BASE_BODY = bytes.fromhex("0508 000090 0100 0400") + TEXT + PHOTO
BASE = bytes.fromhex("AAAAAA9669") + BASE_BODY + bytes([0x05 ^ 0x08 ^ 0x90 ^ 0x01 ^ 0x04])


def hexed(frame: str) -> bytes:
    return bytes.fromhex(frame)


@pytest.mark.parametrize(("frame", "command"), COMMANDS.items())
def test_command_frames(frame: str, command: bytes) -> None:
    assert sdt.encode(command) == hexed(frame)
    assert sdt.check_byte(hexed(frame)[5:]) == 0
    assert Decoder(command=True).payloads(hexed(frame)) == [command]


@pytest.mark.parametrize(("frame", "reply"), REPLIES.items())
def test_reply_frames(frame: str, reply: Response) -> None:
    assert Decoder().feed(hexed(frame)) == [reply]
    assert sdt.check_byte(hexed(frame)[5:]) == 0


@pytest.mark.parametrize(("meaning", "words"), MEANINGS.items())
def test_what_each_status_word_asks_for(meaning: Meaning, words: list[int]) -> None:
    assert [Response(0, 0, word).meaning for word in words] == [meaning] * len(words)


def test_a_base_reading_is_1295_bytes_with_the_text_at_14() -> None:
    assert len(BASE) == 1295 == sdt.READ_REPLY_BYTES
    assert BASE[14:270] == TEXT
    (reply,) = Decoder().feed(BASE)
    assert isinstance(reply, Response)
    assert sdt.split_reading(reply.data) == Reading(TEXT, PHOTO)


@pytest.mark.parametrize(
    ("fingerprint", "whole", "start"), [(1024, 2321, "090A"), (512, 1809, None), (0, 1297, None)]
)
def test_a_reading_with_fingerprint(fingerprint: int, whole: int, start: str | None) -> None:
    mark = b"\x5a" * fingerprint
    data = bytes.fromhex("01000400") + fingerprint.to_bytes(2, "big") + TEXT + PHOTO + mark
    frame = sdt.encode(bytes.fromhex("000090") + data)
    assert len(frame) == whole
    assert frame[16:272] == TEXT
    if start:
        assert frame[5:10] == bytes.fromhex(start + "000090")
    (reply,) = Decoder().feed(frame)
    assert isinstance(reply, Response)
    assert sdt.split_reading(reply.data, with_fingerprint=True) == Reading(TEXT, PHOTO, mark)


@pytest.mark.parametrize(
    "data", [b"", b"\1", BASE[10:-2], BASE[10:-1] + b"\0", bytes.fromhex("00FF0400") + bytes(1279)]
)
def test_a_reading_whose_lengths_do_not_add_up_is_none(data: bytes) -> None:
    assert sdt.split_reading(data) is None


ALL_FRAMES = b"".join(map(hexed, REPLIES)) + BASE
ALL_REPLIES = [*REPLIES.values(), Response(0, 0, 0x90, BASE[10:-1])]


def fed(stream: bytes, cuts: list[int]) -> list[Response | Garbled]:
    decoder, got, edges = Decoder(), [], sorted({0, *cuts, len(stream)})
    for start, end in pairwise(edges):
        got += decoder.feed(stream[start:end])
    return got


@given(st.lists(st.integers(0, len(ALL_FRAMES)), max_size=30))
def test_any_portions_give_the_same_replies(cuts: list[int]) -> None:
    assert fed(ALL_FRAMES, cuts) == ALL_REPLIES


def test_byte_by_byte() -> None:
    assert fed(ALL_FRAMES, list(range(len(ALL_FRAMES)))) == ALL_REPLIES


@given(st.binary(max_size=40).filter(lambda noise: b"\x96\x69" not in noise))
def test_noise_before_and_between_is_skipped(noise: bytes) -> None:
    frame = hexed("AAAAAA96690004 000090 94")
    got = Decoder().feed(noise + frame + noise + frame)
    assert got == [Response(0, 0, 0x90)] * 2


def test_a_storm_of_preambles() -> None:
    frame = hexed("AAAAAA96690004 000090 94")
    assert Response(0, 0, 0x90) in Decoder().feed(b"\xaa" * 50 + frame)
    decoder = Decoder()
    assert decoder.feed(sdt.PREAMBLE * 50 + frame)[-1] == Response(0, 0, 0x90)


def test_a_wrong_check_byte_is_told_and_the_next_frame_is_not_lost() -> None:
    good = hexed("AAAAAA96690004 000090 94")
    assert Decoder().feed(good[:-1] + b"\x95" + good) == [Garbled("check"), Response(0, 0, 0x90)]


@pytest.mark.parametrize("length", ["0000", "0003", "1001", "FFFF"])
def test_an_impossible_length_is_told_at_once(length: str) -> None:
    good = hexed("AAAAAA96690004 000090 94")
    assert Decoder().feed(sdt.PREAMBLE + bytes.fromhex(length) + good) == [
        Garbled("length"),
        Response(0, 0, 0x90),
    ]


def test_the_longest_length_is_still_waited_for() -> None:
    decoder = Decoder()
    assert decoder.feed(sdt.PREAMBLE + bytes.fromhex("1000") + bytes(4095)) == []
    assert decoder.inside
    assert len(decoder.feed(b"\x10")) == 1


def test_every_single_flip_is_noticed() -> None:
    for at in range(5, len(BASE)):
        for bit in (0, 3, 7):
            spoiled = bytearray(BASE)
            spoiled[at] ^= 1 << bit
            assert not any(isinstance(one, Response) for one in Decoder().feed(bytes(spoiled)))


def test_the_buffer_stays_small_under_endless_noise() -> None:
    decoder, random = Decoder(), Random(5)
    for _ in range(200):
        decoder.feed(random.randbytes(500))
        assert len(decoder._buffer) <= sdt.LONGEST + 507


def test_nothing_personal_in_a_repr() -> None:
    assert repr(Response(0, 0, 0x90, b"secret")) == "Response(000090, 6 bytes)"
    assert repr(Reading(b"secret", b"")) == "Reading()"
