"""Signatures and seals against OpenSSL's own, never against ours."""

import base64
import json
import subprocess

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from central.gateway_signature import (
    Merchant,
    Platform,
    answer_text,
    is_signed,
    notice_key,
    private_key,
    public_key,
    read_authorization,
    request_text,
    seal,
    sign,
    unseal,
)

AT_S = 1_554_208_460
BODY = '{"name":"文登"}'.encode()
NOTICE_KEY = b"0123456789abcdefghijklmnopqrstuv"


def openssl(*arguments, told=None):
    return subprocess.run(
        ["openssl", *map(str, arguments)], input=told, capture_output=True, check=True
    ).stdout


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("openssl")
    openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", folder / "key.pem")
    openssl("pkey", "-in", folder / "key.pem", "-pubout", "-out", folder / "public.pem")
    return folder


@pytest.fixture(scope="module")
def key(folder):
    return private_key(folder / "key.pem")


@pytest.fixture(scope="module")
def platform(folder):
    return Platform("PUB_KEY_ID_01", public_key(folder / "public.pem"), 300)


def of_openssl(folder, text):
    return base64.b64encode(openssl("dgst", "-sha256", "-sign", folder / "key.pem", told=text)).decode()


def headers_of(folder, body=BODY, at_s=AT_S):
    text = f"{at_s}\nnonce\n".encode() + body + b"\n"
    return {
        "Wechatpay-Timestamp": str(at_s),
        "Wechatpay-Nonce": "nonce",
        "Wechatpay-Serial": "PUB_KEY_ID_01",
        "Wechatpay-Signature": of_openssl(folder, text),
    }


def test_the_signed_text_of_a_request_is_the_published_one():
    """WeChat Pay merchant documents, "signature": five lines, each ended, the last one the body."""
    text = request_text("GET", "/v3/certificates", AT_S, "593BEC0C930BF1AFEB40B4A08C8FB242", b"")
    assert text == b"GET\n/v3/certificates\n1554208460\n593BEC0C930BF1AFEB40B4A08C8FB242\n\n"
    assert answer_text(AT_S, "abc", b"{}") == b"1554208460\nabc\n{}\n"


def test_a_signature_is_openssls(folder, key):
    text = request_text("POST", "/v3/pay/transactions/native", AT_S, "nonce", BODY)
    assert sign(key, text) == of_openssl(folder, text)
    assert is_signed(key.public_key(), text, of_openssl(folder, text))


def test_the_authorization_header_carries_what_openssl_verifies(folder, key, tmp_path):
    header = Merchant("1900000001", "SERIAL", key).authorization("GET", "/v3/x?mchid=1", AT_S, "nonce", b"")
    told = read_authorization(header)
    assert {name: told[name] for name in ("mchid", "nonce_str", "timestamp", "serial_no")} == {
        "mchid": "1900000001",
        "nonce_str": "nonce",
        "timestamp": "1554208460",
        "serial_no": "SERIAL",
    }
    (tmp_path / "signature").write_bytes(base64.b64decode(told["signature"]))
    checked = ("-sha256", "-verify", folder / "public.pem", "-signature", tmp_path / "signature")
    assert b"Verified OK" in openssl("dgst", *checked, told=b"GET\n/v3/x?mchid=1\n1554208460\nnonce\n\n")
    assert read_authorization(header.replace("WECHATPAY2-SHA256-RSA2048", "Bearer")) == {}


@pytest.mark.parametrize("late_s", [-300, 0, 300])
def test_an_answer_of_these_five_minutes_is_vouched_for(folder, platform, late_s):
    assert platform.vouches(headers_of(folder), BODY, AT_S + late_s)


@pytest.mark.parametrize("late_s", [-301, 301, 86_400])
def test_an_older_or_younger_answer_is_not(folder, platform, late_s):
    assert not platform.vouches(headers_of(folder), BODY, AT_S + late_s)


def test_every_byte_of_the_body_and_every_header_counts(folder, platform):
    headers = headers_of(folder)
    for at in range(len(BODY)):
        spoilt = BODY[:at] + bytes([BODY[at] ^ 1]) + BODY[at + 1 :]
        assert not platform.vouches(headers, spoilt, AT_S)
    for name in headers:
        assert not platform.vouches({**headers, name: headers[name] + "x"}, BODY, AT_S)
        assert not platform.vouches({other: headers[other] for other in headers if other != name}, BODY, AT_S)
    assert not platform.vouches({**headers, "Wechatpay-Timestamp": str(AT_S + 1)}, BODY, AT_S)
    # the probe of the documents: a signature that begins like this is none
    probe = {**headers, "Wechatpay-Signature": "WECHATPAY/SIGNTEST/" + headers["Wechatpay-Signature"][19:]}
    assert not platform.vouches(probe, BODY, AT_S)


@pytest.mark.parametrize("at", ["", "now", "1e9", "-1", "٣" * 10, "9" * 13, "1554208460 "])
def test_a_time_that_is_no_number_is_no_time(folder, platform, at):
    assert not platform.vouches({**headers_of(folder), "Wechatpay-Timestamp": at}, BODY, AT_S)


def test_another_platforms_signature_is_none(folder, platform, tmp_path):
    openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", tmp_path / "key.pem")
    assert not platform.vouches(headers_of(tmp_path), BODY, AT_S)


def test_a_notice_is_opened_as_it_was_sealed_and_not_otherwise():
    plain = json.dumps({"out_trade_no": "WD001-000001"}).encode()
    sealed = AESGCM(NOTICE_KEY).encrypt(b"0123456789ab", plain, b"transaction")
    resource = {
        "algorithm": "AEAD_AES_256_GCM",
        "ciphertext": base64.b64encode(sealed).decode(),
        "nonce": "0123456789ab",
        "associated_data": "transaction",
    }
    assert unseal(NOTICE_KEY, resource) == plain
    assert seal(NOTICE_KEY, "0123456789ab", "transaction", plain) == resource
    assert unseal(bytes(32), resource) is None
    others = {"algorithm": "AES", "nonce": "0123456789ac", "associated_data": "refund", "ciphertext": "*"}
    for name, other in others.items():
        for value in (other, None, 7):
            assert unseal(NOTICE_KEY, {**resource, name: value}) is None
    for at in range(len(sealed)):
        spoilt = base64.b64encode(sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :]).decode()
        assert unseal(NOTICE_KEY, {**resource, "ciphertext": spoilt}) is None


def test_what_is_no_key_is_refused(tmp_path, folder):
    (tmp_path / "short").write_bytes(b"31 letters are not a notice key")
    with pytest.raises(ValueError, match="32 bytes"):
        notice_key(tmp_path / "short")
    openssl("genpkey", "-algorithm", "ed25519", "-out", tmp_path / "ed.pem")
    openssl("pkey", "-in", tmp_path / "ed.pem", "-pubout", "-out", tmp_path / "ed.public")
    with pytest.raises(ValueError, match="RSA private"):
        private_key(tmp_path / "ed.pem")
    with pytest.raises(ValueError, match="RSA public"):
        public_key(tmp_path / "ed.public")
