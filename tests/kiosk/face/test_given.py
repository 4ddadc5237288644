"""References as they came out of their seal: what the engine at hand can compare, and what goes to a person."""

from __future__ import annotations

import numpy as np
import pytest

from kiosk.config import Face
from kiosk.face import matcher_dlib
from kiosk.face.given import Given, ready
from kiosk.face.models import Models
from kiosk.face.reference_format import StoredVector, write
from kiosk.face.verdicts import Flaw
from kiosk.face.zones import Source


@pytest.mark.parametrize(
    ("digest", "numbers"),
    [("of another network", 128), ("its own", 64), ("its own", 129)],
)
def test_a_vector_of_another_form_is_of_another_engine(networks: Models, digest: str, numbers: int) -> None:
    """Even under the right digest: comparing 64 numbers with 128 would end the check with an error."""
    engine = matcher_dlib.load()
    model = engine.digest if digest == "its own" else "ab" * 32
    given = Given(Source.CERTIFIED, write(StoredVector(model, (0.1,) * numbers)))
    found = ready(given, networks, engine, Face())
    assert found.vector is None and found.flaws == (Flaw.OTHER_ENGINE,)


def test_a_vector_of_this_engine_is_compared(networks: Models) -> None:
    engine = matcher_dlib.load()
    given = Given(Source.CERTIFIED, write(StoredVector(engine.digest, (0.1,) * 128)))
    found = ready(given, networks, engine, Face())
    assert found.vector is not None and engine.score(found.vector, np.full(128, 0.1, np.float32)) < 1e-6
