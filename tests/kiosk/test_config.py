"""The configuration file: what is left out has a default, what is wrong refuses to start and says where."""

from __future__ import annotations

from pathlib import Path

import pytest

from kiosk import config

LEAST = """
[site]
kiosk_id = "WD01"
place = "示例镇便民服务中心"
[central]
url = "https://central.example:8443/kiosk"
token = "a-secret-of-the-test"
[reader]
port = "/dev/ttyS0"
[storage]
folder = "/var/lib/shebao-kiosk"
"""


def load(tmp_path: Path, text: str) -> config.Config:
    path = tmp_path / "kiosk.toml"
    path.write_text(text, encoding="utf-8")
    return config.load(path)


def test_the_least_file_is_enough(tmp_path: Path) -> None:
    settings = load(tmp_path, LEAST)
    assert settings.site.place == "示例镇便民服务中心"
    assert settings.printer.port == ""  # no printer: every receipt is owed
    assert settings.payment.qr_seconds == 180
    assert settings.storage.folder == Path("/var/lib/shebao-kiosk")


def test_what_is_said_counts(tmp_path: Path) -> None:
    settings = load(tmp_path, LEAST + '[printer]\nport = "/dev/ttyUSB0"\nbaud = 115200\n[screen]\ndpi = 96\n')
    assert (settings.printer.port, settings.printer.baud, settings.screen.dpi) == (
        "/dev/ttyUSB0",
        115200,
        96.0,
    )


@pytest.mark.parametrize(
    ("change", "key"),
    [
        (("[storage]", "colour = 1\n[storage]"), "reader.colour"),
        (("[storage]", "[sounds]\nloud = true\n[storage]"), "sounds"),
        (('place = "示例镇便民服务中心"', ""), "site.place"),
        (('"WD01"', '"wd 01"'), "site.kiosk_id"),
        (('"https://central.example:8443/kiosk"', '"central.example"'), "central.url"),
        (("[storage]", "baud = 14400\n[storage]"), "reader.baud"),
        (("[storage]", "answer_timeout_s = 0\n[storage]"), "reader.answer_timeout_s"),
        (("[storage]", "[payment]\nqr_seconds = 29\n[storage]"), "payment.qr_seconds"),
        (("[storage]", '[payment]\nqr_seconds = "soon"\n[storage]'), "payment.qr_seconds"),
        (("[storage]", "[screen]\nfullscreen = 3\n[storage]"), "screen.fullscreen"),
        (("[storage]", "[screen]\nwidth = true\n[storage]"), "screen.width"),
        (("[storage]", "[screen]\nwidth = 1080.0\n[storage]"), "screen.width"),
        (("[storage]", "[screen]\ndpi = nan\n[storage]"), "screen.dpi"),
        (("[storage]", "baud = 9600.0\n[storage]"), "reader.baud"),
        (("[storage]", 'profile = "none-such"\n[storage]'), "reader.profile"),
        (("\n[site]", "\nscanner = 3\n[site]"), "scanner"),
        (("[storage]", "[face.check]\nactions = 2\n[storage]"), "face.check.actions"),
        (("[storage]", '[storage]\nlog_level = "loud"'), "storage.log_level"),
    ],
)
def test_a_mistake_refuses_to_start_and_is_named(tmp_path: Path, change: tuple[str, str], key: str) -> None:
    assert change[0] in LEAST
    with pytest.raises(config.ConfigError) as refusal:
        load(tmp_path, LEAST.replace(*change))
    (line,) = str(refusal.value).splitlines()
    assert line.startswith(f"{tmp_path / 'kiosk.toml'}: {key}: ")


def test_every_mistake_is_named_at_once(tmp_path: Path) -> None:
    text = LEAST.replace('"WD01"', '"?"').replace('"/dev/ttyS0"', "7")
    with pytest.raises(config.ConfigError) as refusal:
        load(tmp_path, text)
    assert [line.split(": ")[1] for line in str(refusal.value).splitlines()] == [
        "site.kiosk_id",
        "reader.port",
    ]


def test_a_message_never_repeats_what_was_written(tmp_path: Path) -> None:
    with pytest.raises(config.ConfigError) as refusal:
        load(tmp_path, LEAST.replace('"a-secret-of-the-test"', '["a-secret-of-the-test"]'))
    assert "secret" not in str(refusal.value)


@pytest.mark.parametrize("content", [b"[site", b"a = ", b"\xff\xfe\x00", b'[site]\nplace = "x"\nplace = "y"'])
def test_what_is_no_toml_is_said(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "kiosk.toml"
    path.write_bytes(content)
    with pytest.raises(config.ConfigError, match="not TOML"):
        config.load(path)


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(config.ConfigError, match="cannot be read"):
        config.load(tmp_path / "nowhere.toml")


def test_settings_cannot_be_changed_afterwards(tmp_path: Path) -> None:
    settings = load(tmp_path, LEAST)
    with pytest.raises(AttributeError, match="cannot assign"):
        settings.screen.dpi = 1  # type: ignore[misc]


def test_the_secret_of_the_machine_is_not_in_what_is_printed(tmp_path: Path) -> None:
    assert "a-secret-of-the-test" not in repr(load(tmp_path, LEAST))
