"""A reference is made ready once and judged once: what is too poor is said to be, for a reason that has a name."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from kiosk.config import FaceReference
from kiosk.face.crops import Image
from kiosk.face.mesh import Mesh
from kiosk.face.models import Models
from kiosk.face.references import prepare_reference
from kiosk.face.variants import Variant, made
from kiosk.face.verdicts import Flaw

LIMITS = FaceReference()


@pytest.fixture(scope="module")
def small(frame: Image, mesh: Mesh) -> Image:
    """102 x 126, as an identity picture."""
    return made(frame, mesh, Variant.SMALL)[0]


def test_a_small_picture_is_enlarged_threefold_and_judged_by_its_own_size(
    networks: Models, small: Image
) -> None:
    reference = prepare_reference(networks, small, LIMITS)
    assert reference.image.shape == (378, 306, 3)
    assert reference.mesh is not None and 75 < reference.mesh.eye_distance < 95
    assert reference.flaws == ()
    assert prepare_reference(networks, small, FaceReference(least_eye_distance_px=40)).flaws == (Flaw.SMALL,)


def test_a_large_picture_stays_as_it_is(networks: Models, portrait: Image) -> None:
    reference = prepare_reference(networks, portrait, LIMITS)
    assert reference.image is portrait and not reference.too_poor


def test_a_picture_of_one_kilobyte_is_too_poor_and_one_of_three_is_not(
    networks: Models, frame: Image, mesh: Mesh
) -> None:
    for variant, poor in ((Variant.CHIP, True), (Variant.JPEG, False)):
        image, coded_bytes = made(frame, mesh, variant)
        assert coded_bytes is not None
        assert (coded_bytes < 1100) is poor
        reference = prepare_reference(networks, image, LIMITS, coded_bytes)
        assert (Flaw.FEW_BYTES in reference.flaws) is poor
        assert reference.too_poor is poor


def test_bytes_count_on_each_side_of_the_limit(networks: Models, small: Image) -> None:
    assert prepare_reference(networks, small, LIMITS, 1499).flaws == (Flaw.FEW_BYTES,)
    assert prepare_reference(networks, small, LIMITS, 1500).flaws == ()


def test_no_face(networks: Models) -> None:
    reference = prepare_reference(networks, np.full((126, 102, 3), 130, np.uint8), LIMITS)
    assert (reference.mesh, reference.flaws) == (None, (Flaw.NO_FACE,))


def test_two_faces(networks: Models, portrait: Image) -> None:
    both = np.concatenate((portrait, portrait), axis=1)
    assert Flaw.SEVERAL_FACES in prepare_reference(networks, both, LIMITS).flaws


def test_blurred_dark_and_bright(networks: Models, small: Image) -> None:
    assert prepare_reference(networks, cv2.GaussianBlur(small, (0, 0), 2.5), LIMITS).flaws == (Flaw.BLURRED,)
    assert Flaw.DARK in prepare_reference(networks, (small * 0.2).astype(np.uint8), LIMITS).flaws
    light = np.clip(small.astype(np.int32) + 130, 0, 255).astype(np.uint8)
    assert Flaw.BRIGHT in prepare_reference(networks, light, LIMITS).flaws


def test_a_head_that_leans(networks: Models, small: Image) -> None:
    turn = cv2.getRotationMatrix2D((51, 63), -28, 1)
    leaning = cv2.warpAffine(small, turn, (102, 126), borderMode=cv2.BORDER_REPLICATE)
    assert Flaw.TURNED in prepare_reference(networks, leaning, LIMITS).flaws
