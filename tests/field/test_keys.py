"""What the tablet keeps for itself, and what it never keeps."""

from __future__ import annotations

import hashlib
import hmac
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from kiosk import seal
from kiosk.field.keys import Cost, KeysBroken, TabletKeys, staff_key

CHEAP = Cost(n=16)
TOKEN, SECRET = bytes(range(32)), bytes(range(100, 132))


def test_the_keys_of_the_first_start_are_the_keys_of_every_start(folder: Path) -> None:
    first = TabletKeys.open(folder)
    secret = first.secret
    again = TabletKeys.open(folder)
    assert (again.sign_public, again.secret) == (first.sign_public, secret)
    assert {path.stat().st_mode & 0o077 for path in folder.iterdir()} == {0}
    assert folder.stat().st_mode & 0o077 == 0


def test_two_tablets_have_nothing_in_common(tmp_path: Path) -> None:
    one, other = TabletKeys.open(tmp_path / "a"), TabletKeys.open(tmp_path / "b")
    assert one.sign_public != other.sign_public
    assert one.secret != other.secret


def test_a_signature_is_of_this_tablet_under_this_hash(folder: Path, tmp_path: Path) -> None:
    keys, other = TabletKeys.open(folder), TabletKeys.open(tmp_path / "other")
    packet_hash = hashlib.sha256(b"a packet").hexdigest()
    signature = keys.sign(packet_hash)
    Ed25519PublicKey.from_public_bytes(keys.sign_public).verify(
        bytes.fromhex(signature), b"visit packet " + bytes.fromhex(packet_hash)
    )
    assert keys.signed(packet_hash, signature)
    assert not other.signed(packet_hash, signature)
    assert not keys.signed(hashlib.sha256(b"another").hexdigest(), signature)
    assert not keys.signed(packet_hash, "no hexadecimal")


def test_what_is_destroyed_is_not_on_the_disk_and_the_next_secret_is_another(folder: Path) -> None:
    keys = TabletKeys.open(folder)
    secret, public = keys.secret, keys.sign_public
    keys.destroy()
    assert secret not in b"".join(path.read_bytes() for path in folder.iterdir())
    assert keys.secret != secret
    assert TabletKeys.open(folder).sign_public == public
    keys.destroy()
    keys.destroy()  # told twice


def test_a_secret_that_was_being_wiped_when_the_power_went_is_none(folder: Path) -> None:
    keys = TabletKeys.open(folder)
    assert keys.secret
    (folder / "secret.key").write_bytes(bytes(32))
    assert any(TabletKeys.open(folder).secret)


def test_a_signing_key_that_is_none_is_not_replaced_in_silence(folder: Path) -> None:
    TabletKeys.open(folder)
    (folder / "sign.key").write_bytes(b"short")
    with pytest.raises(KeysBroken):
        TabletKeys.open(folder)


def test_the_staff_key_is_what_the_standards_say() -> None:
    """scrypt (RFC 7914), HKDF-SHA256 (RFC 5869) and X25519, put together by hand."""
    slow = hashlib.scrypt(b"135790", salt=TOKEN, n=16, r=8, p=1, dklen=32)
    prk = hmac.digest(SECRET, slow, "sha256")
    okm = hmac.digest(prk, b"tablet staff key|1" + b"\x01", "sha256")
    public = X25519PrivateKey.from_private_bytes(okm).public_key().public_bytes_raw()
    assert staff_key(TOKEN, "135790", SECRET, CHEAP).public == public


@pytest.mark.parametrize(
    ("token", "pin", "secret", "cost"),
    [
        (TOKEN[::-1], "135790", SECRET, CHEAP),
        (TOKEN, "135791", SECRET, CHEAP),
        (TOKEN, "135790", SECRET[::-1], CHEAP),
        (TOKEN, "135790", SECRET, Cost(n=32)),
    ],
)
def test_card_pin_tablet_and_cost_each_make_another_key(
    token: bytes, pin: str, secret: bytes, cost: Cost
) -> None:
    assert staff_key(token, pin, secret, cost).public != staff_key(TOKEN, "135790", SECRET, CHEAP).public


@pytest.mark.parametrize("cost", [Cost(n=0), Cost(n=3), Cost(r=0), Cost(p=2), Cost(n=2**30)])
def test_a_cost_that_scrypt_does_not_know_or_no_tablet_can_pay_is_impossible(cost: Cost) -> None:
    assert not cost.possible
    assert Cost().possible


# --- sealing ---------------------------------------------------------------------------------------------------------


def test_the_hybrid_key_goes_into_a_file_and_comes_back() -> None:
    key = seal.HybridKey()
    again = seal.HybridKey(key.private_bytes())
    assert again.public == key.public
    assert (len(key.private_bytes()), len(key.public)) == (96, 1216)
    assert again.unseal(seal.seal_hybrid(b"content", key.public, b"for this"), b"for this") == b"content"


@pytest.mark.parametrize("place", [0, 600, 1119, 1120, -1])
def test_a_hybrid_seal_opens_for_its_receiver_its_purpose_and_unaltered_only(place: int) -> None:
    key = seal.HybridKey()
    sealed = bytearray(seal.seal_hybrid(b"content", key.public, b"for this"))
    assert len(sealed) == len(b"content") + 1136
    for receiver, info in ((seal.HybridKey(), b"for this"), (key, b"for that")):
        with pytest.raises(seal.NotSealedForUs):
            receiver.unseal(bytes(sealed), info)
    sealed[place] ^= 1
    with pytest.raises(seal.NotSealedForUs):
        key.unseal(bytes(sealed), b"for this")


@pytest.mark.parametrize("half", ["mlkem", "x25519"])
def test_either_half_alone_opens_nothing(half: str) -> None:
    """Who has broken one of the two still needs the other."""
    key, stranger = seal.HybridKey(), seal.HybridKey()
    own, other = key.private_bytes(), stranger.private_bytes()
    broken = own[:64] + other[64:] if half == "mlkem" else other[:64] + own[64:]
    with pytest.raises(seal.NotSealedForUs):
        seal.HybridKey(broken).unseal(seal.seal_hybrid(b"content", key.public, b""), b"")


@pytest.mark.parametrize("length", [0, 32, 1184, 1215, 1217])
def test_what_is_no_hybrid_key_is_refused(length: int) -> None:
    with pytest.raises(ValueError, match=r"key|seed|bytes"):
        seal.seal_hybrid(b"content", seal.HybridKey().public[:length].ljust(length, b"x"), b"")


@pytest.mark.parametrize("length", [0, 32, 95, 97])
def test_what_is_no_private_hybrid_key_is_refused(length: int) -> None:
    with pytest.raises(ValueError, match=r"key|seed|bytes"):
        seal.HybridKey(bytes(length))


@pytest.mark.parametrize("sealed", [b"", b"x", bytes(1135)])
def test_less_than_a_seal_is_not_sealed(sealed: bytes) -> None:
    with pytest.raises(seal.NotSealedForUs):
        seal.HybridKey().unseal(sealed, b"")
