"""What a sealed picture must be before anybody looks at it: signed for a check, a photograph without a signature for a visit."""

from __future__ import annotations

import base64
import json

import pytest

from central import pictures
from central.pictures import NotSigned
from central.verification import Keys
from kiosk.seal import ReceiverKey, seal
from kiosk.wire import picture_info

RECORD = "WD101-00000001-AAAAAAAAAA"
JPEG = b"\xff\xd8\xff a photograph of nobody \xff\xd9"
PHOTO = {"picture": base64.b64encode(JPEG).decode(), "strokes": []}


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    return Keys(tmp_path_factory.mktemp("keys"))


def sealed(keys: Keys, content: object, record_id: str = RECORD) -> bytes:
    return seal(json.dumps(content).encode(), keys.review.public, picture_info(record_id))


def test_a_photograph_opens_and_is_no_signed_picture(keys: Keys) -> None:
    photo = sealed(keys, PHOTO)
    assert pictures.opened_photo(keys, RECORD, photo) == JPEG
    assert pictures.opened_photo(keys, RECORD, sealed(keys, {"picture": PHOTO["picture"]})) == JPEG
    with pytest.raises(NotSigned):
        pictures.opened(keys, RECORD, photo)


def test_a_signed_picture_opens_and_is_no_photograph(keys: Keys) -> None:
    signed = sealed(keys, {**PHOTO, "strokes": [[[0, 0], [1000, 1000]]]})
    picture = pictures.opened(keys, RECORD, signed)
    assert (picture.jpeg, picture.strokes) == (JPEG, (((0, 0), (1000, 1000)),))
    with pytest.raises(NotSigned):
        pictures.opened_photo(keys, RECORD, signed)


@pytest.mark.parametrize(
    "content",
    [
        {},
        [],
        None,
        {"picture": "not base64!", "strokes": []},
        {"picture": "", "strokes": []},
        {"picture": "A" * 60_004, "strokes": []},
        {"picture": base64.b64encode(b"GIF89a").decode(), "strokes": []},
        {**PHOTO, "more": 1},
        {**PHOTO, "strokes": [[]]},
        {**PHOTO, "strokes": None},
    ],
)
def test_what_is_no_photograph_is_refused_without_its_words(keys: Keys, content: object) -> None:
    with pytest.raises(NotSigned) as refused:
        pictures.opened_photo(keys, RECORD, sealed(keys, content))
    assert str(refused.value) in ("ValidationError", "Error", "no JPEG")


def test_a_photograph_of_another_visit_or_for_somebody_else_does_not_open(keys: Keys) -> None:
    stranger = seal(json.dumps(PHOTO).encode(), ReceiverKey().public, picture_info(RECORD))
    altered = bytearray(sealed(keys, PHOTO))
    altered[-1] ^= 1
    for one in (sealed(keys, PHOTO, RECORD[:-1] + "B"), stranger, bytes(altered), b"", bytes(100)):
        with pytest.raises(NotSigned):
            pictures.opened_photo(keys, RECORD, one)
