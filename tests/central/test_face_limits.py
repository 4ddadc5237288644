"""Which limits a score is read by here: the kiosks' own files, signed; and only those."""

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from typer.testing import CliRunner

from central.__main__ import app
from central.face_limits import limits_of, trusted
from central.judgement import Reason, flaw_of, judge
from central.service import open_service
from central.settings import Settings
from kiosk.face import calibrate
from kiosk.face.zones import START, Limits, ThresholdsRefused
from kiosk.wire import CheckEvidence, CheckState
from tests.central.sitter import evidence

KEY, OTHER = (Ed25519PrivateKey.from_private_bytes(bytes([n]) * 32) for n in (1, 2))
PUBLIC = KEY.public_key().public_bytes_raw().hex()
CALM = replace(START[0], made="2027-03-01", photo=Limits(0.33, 0.44))
ENDED_MS = 1_800_000_000_000


def write(folder, limits=CALM, key=KEY, name="hall"):
    path = folder / f"{name}.toml"
    path.write_text(calibrate.as_toml(limits), encoding="utf-8")
    (folder / f"{name}.toml.sig").write_bytes(key.sign(path.read_bytes()))
    return path


def told(limits=START[0], **changes):
    by = {"engine": limits.engine, "model": limits.model, "thresholds": limits.digest}
    return CheckEvidence.model_validate(evidence(ENDED_MS, **{**by, **changes}))


def faces(score, zone="accept", source="photo"):
    return [{"source": source, "zone": zone, "score": score, "flaws": []}]


def flaw(limits, told, given=("photo",)):
    return flaw_of(told, given, limits)


def test_the_programs_own_limits_hold_without_any_file():
    known = trusted()
    assert set(known.by_digest) == {each.digest for each in START}
    assert flaw(known, told()) is Reason.NONE
    assert flaw(known, told(thresholds=CALM.digest)) is Reason.UNKNOWN_LIMITS


def test_signed_limits_hold_beside_them_or_alone(tmp_path):
    write(tmp_path)
    beside, alone = (trusted(tmp_path, PUBLIC, start_values=start) for start in (True, False))
    assert set(beside.by_digest) == {CALM.digest, *(each.digest for each in START)}
    assert set(alone.by_digest) == {CALM.digest}
    for known in (beside, alone):
        assert flaw(known, told(CALM)) is Reason.NONE
        # the start values accept it
        assert flaw(known, told(CALM, comparisons=faces(0.34))) is Reason.OTHER_ZONE
        assert flaw(known, told(CALM, comparisons=faces(0.34, "review"))) is Reason.NOT_COMPARED
    assert flaw(alone, told()) is Reason.UNKNOWN_LIMITS


def test_a_larger_score_is_a_better_one_where_the_limits_say_so():
    known = trusted()
    assert flaw(known, told(START[2], comparisons=faces(0.61))) is Reason.NONE
    assert flaw(known, told(START[2], comparisons=faces(0.31))) is Reason.OTHER_ZONE
    assert flaw(known, told(START[0], comparisons=faces(0.61))) is Reason.OTHER_ZONE


def test_every_face_has_the_limits_of_its_source():
    limits = replace(START[0], chip=Limits(0.20, 0.30))
    known = limits_of([limits])
    both = [*faces(0.31), *faces(0.31, "no_match", "chip")]
    assert flaw(known, told(limits, comparisons=both)) is Reason.CONTRADICTED
    assert (
        flaw(known, told(limits, comparisons=[*faces(0.31), *faces(0.31, "accept", "chip")]))
        is Reason.OTHER_ZONE
    )
    assert (
        flaw(known, told(limits, comparisons=[*faces(0.31), *faces(0.29, "review", "chip")])) is Reason.NONE
    )


@pytest.mark.parametrize("source", ["certified", "photo", "chip"])
@pytest.mark.parametrize("thousandth", range(280, 521, 8))
def test_whatever_is_said_of_a_score_the_number_decides(source, thousandth):
    """For every word a kiosk could say, ours is the only one that is believed, and only accept certifies."""
    score, known, given = thousandth / 1000, trusted(), [source] if source != "chip" else []
    right = "accept" if score <= 0.40 else "review" if score <= 0.50 else "no_match"
    for word in ("accept", "review", "no_match", "whatever"):
        state, reason = judge(
            told(comparisons=faces(score, word, source)),
            given,
            known,
            repeated=False,
            opened_ms=ENDED_MS - 60_000,
            received_ms=ENDED_MS,
        )
        assert (state is CheckState.ACCEPTED) == (word == right == "accept")
        assert (reason is Reason.OTHER_ZONE) == (word != right)


def test_only_what_came_late_is_left_for_a_person_to_ask_about():
    at = {"opened_ms": ENDED_MS - 60_000, "received_ms": ENDED_MS + 25 * 3_600_000}
    judged = judge(told(), ["photo"], trusted(), repeated=False, **at)
    assert judged == (CheckState.UNDER_REVIEW, Reason.TOLD_LATE)
    judged = judge(told(frames=0), ["photo"], trusted(), repeated=False, **at)
    assert judged == (CheckState.NOT_RECOGNISED, Reason.IMPOSSIBLE)
    judged = judge(told(), ["photo"], trusted(), repeated=True, **at)
    assert judged == (CheckState.NOT_RECOGNISED, Reason.REPEATED)
    assert datetime.fromtimestamp(ENDED_MS / 1000, UTC) == told().ended_at


# --- files that cannot be used ---------------------------------------------------------------------------------------


def another_key(folder):
    write(folder, key=OTHER)


def unsigned(folder):
    write(folder).with_name("hall.toml.sig").unlink()


def altered(folder):
    path = write(folder)
    path.write_text(path.read_text(encoding="utf-8").replace("0.33", "0.34"), encoding="utf-8")


def too_loose(folder):
    write(folder, replace(CALM, photo=Limits(0.46, 0.55)))


def nothing(_folder):
    pass


@pytest.mark.parametrize(
    "spoil", [another_key, unsigned, altered, too_loose, nothing], ids=lambda each: each.__name__
)
def test_a_file_that_cannot_be_used_stops_the_start(tmp_path, spoil):
    folder = tmp_path / "limits"
    folder.mkdir()
    write(folder, replace(CALM, made="2027-01-01"), name="good") if spoil is not nothing else None
    spoil(folder)
    with pytest.raises(ThresholdsRefused):
        trusted(folder, PUBLIC)
    with pytest.raises(ThresholdsRefused):
        open_service(Settings(tmp_path / "data", face_limits=folder, face_limits_key=PUBLIC))
    assert not (tmp_path / "data").exists()
    args = ["--face-limits", str(folder), "--face-limits-key", PUBLIC]
    for command in (["run", "--data", str(tmp_path / "data"), "--port", "0"], ["face-limits"]):
        assert CliRunner().invoke(app, [*command, *args]).exit_code == 2


def test_without_the_key_no_file_counts(tmp_path):
    write(tmp_path)
    with pytest.raises(ThresholdsRefused):
        trusted(tmp_path)


def test_an_operator_reads_which_limits_would_hold(tmp_path):
    write(tmp_path)
    args = ["face-limits", "--face-limits", str(tmp_path), "--face-limits-key", PUBLIC, "--no-start-limits"]
    said = CliRunner().invoke(app, args)
    assert said.exit_code == 0
    assert re.findall(r"^([0-9a-f]{64})  dlib .* 2027-03-01$", said.stdout, re.MULTILINE) == [CALM.digest]
