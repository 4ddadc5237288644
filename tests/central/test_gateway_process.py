"""The commands: a gateway and a central as two processes, one line each when ready, killed and started again."""

import signal
import subprocess
import sys
from contextlib import contextmanager
from types import SimpleNamespace

import pytest
import requests

from central.gateway_quirks import CHANCES, LENGTHS
from central.settings import GatewaySettings


@contextmanager
def command(*arguments):
    """A real process; gives its address."""
    process = subprocess.Popen(
        [sys.executable, "-m", "central", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        line = process.stdout.readline().split()
        assert line[1:4] == ["ready", "at", line[-1]], process.stderr.read()
        yield SimpleNamespace(name=line[0], url=line[-1], process=process)
    finally:
        process.kill()
        process.communicate()


def stopped(served):
    served.process.send_signal(signal.SIGTERM)
    rest, errors = served.process.communicate(timeout=20)
    return served.process.returncode, rest, errors


def merchant_of(folder):
    return GatewaySettings.read(folder / "merchant.toml")


def test_a_central_pays_through_a_gateway_of_its_own_process(tmp_path, kiosk_at):
    folder, data = tmp_path / "gateway", tmp_path / "central"
    with command("gateway", "--data", folder, "--quirks", "slow=1x,slow_s=0.01", "--seed", 3) as gateway:
        assert gateway.name == "gateway"
        assert merchant_of(folder).address == gateway.url
        options = ("--data", data, "--port", 0, "--sandbox", "--kiosks", 12, "--township", 20)
        with command("run", *options, "--gateway", folder / "merchant.toml") as central:
            kiosk = kiosk_at(central, "WD012")
            body = kiosk.pension()
            order = kiosk.good("PUT", f"/v1/orders/{body['order_id']}", body)
            assert order["pay_url"].startswith(gateway.url)
            kiosk.press(order["pay_url"], "pay")
            assert kiosk.get(body["order_id"])[1]["receipts"][0]["place"] == "第 12 号演示服务点"
            (trade,) = requests.get(gateway.url + "/sandbox/trades", timeout=20).json()
            assert (trade["kept_fen"], trade["state"]) == (100_000, "paid")
            assert [row["amount_fen"] for row in kiosk.ledger()] == [100_000]
            assert kiosk.page("/sandbox/trades")[0] == 404  # those are the gateway's
            assert stopped(central) == (0, "", "")
        spec = requests.post(gateway.url + "/sandbox/quirks", data="late_money=0.5", timeout=20)
        assert (spec.status_code, spec.text) == (200, "late_money=0.5")
        assert requests.post(gateway.url + "/sandbox/quirks", data="x=1", timeout=20).status_code == 422
        assert requests.get(gateway.url + "/sandbox/quirks", timeout=20).text == "late_money=0.5"
        assert stopped(gateway) == (0, "", "")


def test_a_gateway_that_is_killed_comes_back_with_its_books_and_its_keys(tmp_path, kiosk_at):
    folder, data = tmp_path / "gateway", tmp_path / "central"
    options = ("--data", data, "--port", 0, "--sandbox", "--township", 20)
    with command("gateway", "--data", folder) as gateway:
        port = gateway.url.rpartition(":")[2]
        with command("run", *options, "--gateway", folder / "merchant.toml") as central:
            kiosk = kiosk_at(central)
            body = kiosk.pension()
            order = kiosk.good("PUT", f"/v1/orders/{body['order_id']}", body)
            kiosk.press(order["pay_url"], "pay")
            gateway.process.kill()
            gateway.process.wait()
            with command("gateway", "--data", folder, "--port", port) as again:
                assert again.url == gateway.url
                assert kiosk.get(body["order_id"])[1]["state"] == "paid"


def test_a_kiosk_that_is_refused_a_gateway_reads_that_it_is_silent(tmp_path, kiosk_at):
    folder, data = tmp_path / "gateway", tmp_path / "central"
    with command("gateway", "--data", folder):
        pass
    options = ("--data", data, "--port", 0, "--sandbox", "--township", 20)
    with command("run", *options, "--gateway", folder / "merchant.toml") as central:
        kiosk = kiosk_at(central)
        status, problem = kiosk.put(kiosk.pension())
        assert (status, problem["code"]) == (503, "gateway_silent")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("gateway", "--data", "{}", "--quirks", "speed=1"), "no such quirk: speed=1"),
        (("gateway", "--data", "{}", "--profile", "bank"), "no gateway profile bank"),
        (("run", "--data", "{}", "--gateway", "{}/none.toml"), "none.toml"),
        (("run", "--data", "{}", "--gateway", "{}/odd.toml"), "unknown colour"),
        (("run", "--data", "{}", "--gateway", "{}/half.toml"), "missing"),
        (("run", "--data", "{}", "--gateway", "{}/keyless.toml"), "no-such-key.pem"),
    ],
)
def test_what_cannot_be_used_is_said_and_nothing_starts(tmp_path, arguments, said):
    (tmp_path / "odd.toml").write_text('profile = "wechat"\ncolour = "red"\n', encoding="utf-8")
    (tmp_path / "half.toml").write_text('profile = "wechat"\n', encoding="utf-8")
    words = "address mchid appid merchant_serial merchant_key platform_serial platform_key notice_key"
    keyless = "".join(f'{word} = "no-such-key.pem"\n' for word in words.split())
    (tmp_path / "keyless.toml").write_text('profile = "wechat"\n' + keyless, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "central", *(part.format(tmp_path) for part in arguments)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={"COLUMNS": "400", "PATH": "/usr/bin"},
    )
    assert done.returncode == 2
    assert said in done.stderr


def test_the_help_says_every_quirk():
    done = subprocess.run(
        [sys.executable, "-m", "central", "gateway", "--help"], capture_output=True, text=True, check=True
    )
    assert [name for name in (*CHANCES, *LENGTHS) if f"{name}:" not in done.stdout] == []
