"""Hands for the bench stand, from another process: the panel's buttons, the payer's phone, central's books."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from kiosk import wire
from stand.__main__ import KIOSK_ID, TOKEN

TIMEOUT_S = 10.0
PORTRAIT = Path(__file__).parent / "faces" / "astronaut.png"


@dataclass(frozen=True)
class Hands:
    """``panel`` and ``central`` are base addresses; ``config`` is the kiosk's TOML for this stand."""

    panel: str
    central: str
    config: Path
    process: subprocess.Popen[bytes]

    @classmethod
    def start(
        cls, folder: Path, *, people: int = 1000, seed: int = 7, display: bool = False, panel_port: int = 0
    ) -> Hands:
        """Starts a stand and waits until everything answers.  Raises SystemExit when it does not."""
        command = [
            sys.executable,
            "-m",
            "stand",
            "--folder",
            str(folder),
            "--people",
            str(people),
            "--seed",
            str(seed),
        ]
        command += ["--panel-port", str(panel_port), *(["--display"] if display else [])]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            raise SystemExit("the bench stand did not start")
        told = json.loads(line)
        return cls(told["panel"], told["central"], Path(told["config"]), process)

    def stop(self) -> None:
        assert self.process.stdin is not None
        with suppress(OSError):
            self.process.stdin.close()
        self.process.wait(20)

    def act(self, name: str, **body: str) -> None:
        """Presses one button of the panel."""
        requests.post(f"{self.panel}/{name}", json=body, timeout=TIMEOUT_S).raise_for_status()

    def place(self, number: str) -> None:
        self.act("card/place", key=number)

    def take(self) -> None:
        self.act("card/take")

    def pay(self, act: str = "pay") -> None:
        """What the payer does on the cashier page of the newest order that waits."""
        waiting = [trade for trade in self.trades() if trade["state"] in ("waiting", "confirming")]
        headers = {"Accept": "application/json"}
        url = f"{self.central}/sandbox/cashier/{waiting[0]['token']}/{act}"
        requests.post(url, headers=headers, timeout=TIMEOUT_S).raise_for_status()

    def trades(self) -> list[dict[str, Any]]:
        """The gateway's own books, newest first."""
        return self._list("/sandbox/trades")

    def ledger(self) -> list[dict[str, Any]]:
        """Central's money movements."""
        return self._list("/sandbox/ledger")

    def people(self, query: str = "") -> list[dict[str, Any]]:
        return self._list("/sandbox/people", q=query)

    def page(self, person: dict[str, Any]) -> wire.MyPage:
        """What central tells a kiosk of this person."""
        body = wire.Lookup(number=person["number"], name=person["name"], card_kind=person["kind"])
        headers = {
            "Authorization": f"Bearer {TOKEN}",
            "X-Kiosk": KIOSK_ID,
            "Content-Type": "application/json",
        }
        answer = requests.post(
            f"{self.central}/v1/visits",
            data=body.model_dump_json().encode(),
            headers=headers,
            timeout=TIMEOUT_S,
        )
        answer.raise_for_status()
        return wire.MyPage.model_validate_json(answer.content)

    def show_face_to_central(self, person: dict[str, Any]) -> None:
        """Central keeps the public-domain portrait as this person's photograph: ``central reference add``, as an office would."""
        from PIL import Image

        picture = self.config.parent / "photograph.jpg"
        with Image.open(PORTRAIT) as portrait:
            portrait.convert("RGB").save(picture, quality=90)
        command = [sys.executable, "-m", "central", "reference", "add", "--source", "photo"]
        command += ["--data", str(self.config.parent / "central"), "--person", person["number"]]
        subprocess.run([*command, "--image", str(picture)], check=True, stdout=subprocess.DEVNULL)
        picture.unlink()

    def pensioner(self) -> dict[str, Any]:
        """The first resident whose yearly check is due.  Raises LookupError."""
        to_be_done = (wire.CertificationState.DUE, wire.CertificationState.OVERDUE)
        for person in self.people():
            if self.page(person).certification.state in to_be_done and "expired" not in person["tags"]:
                return person
        raise LookupError("the township has nobody whose check is due")

    def sheets(self) -> list[list[str]]:
        """The text of every sheet that left the printer, oldest first."""
        answer = requests.get(f"{self.panel}/sheets", timeout=TIMEOUT_S)
        answer.raise_for_status()
        rows: list[list[str]] = answer.json()
        return rows

    def sheet_png(self, number: int) -> bytes:
        answer = requests.get(f"{self.panel}/sheets/{number}.png", timeout=TIMEOUT_S)
        answer.raise_for_status()
        return answer.content

    def _list(self, path: str, **params: str) -> list[dict[str, Any]]:
        answer = requests.get(f"{self.central}{path}", params=params, timeout=TIMEOUT_S)
        answer.raise_for_status()
        rows: list[dict[str, Any]] = answer.json()
        return rows
