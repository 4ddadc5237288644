"""The command ``central``."""

from __future__ import annotations

import json
import signal
import socket
from dataclasses import replace
from datetime import date, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
import uvicorn

from central import audit, day_report, enrolment, ledger, operators, references
from central.app import create_app
from central.clock import SystemClock, legal_day
from central.commands import Data, Person, read_day, writing
from central.face_limits import FaceLimits, trusted
from central.field_commands import assignments_app, tablet_app
from central.gateway import GatewaySilent
from central.gateway_profile import profile_of
from central.gateway_quirks import describe
from central.gateway_signature import notice_key, private_key, public_key
from central.gateway_trial import create_trial_app, open_trial_gateway
from central.pages import yuan
from central.problems import Refused
from central.server import listen, server_config
from central.service import open_database, open_service
from central.settings import GatewaySettings, Settings
from central.staff_commands import staff_app
from central.verification import Keys
from kiosk.face.zones import ThresholdsRefused
from kiosk.wire import ReferenceSource

LimitsFolder = Annotated[
    Path | None,
    typer.Option(
        "--face-limits", help="Folder of the signed limits that kiosks have: NAME.toml, NAME.toml.sig."
    ),
]
LimitsKey = Annotated[
    str, typer.Option("--face-limits-key", help="The Ed25519 public key they are signed with, 64 digits.")
]
StartLimits = Annotated[
    bool, typer.Option("--start-limits/--no-start-limits", help="Whether the program's own limits hold too.")
]


class Source(StrEnum):
    """The sources that are kept here; the chip's stays on the card."""

    PHOTO = "photo"
    CERTIFIED = "certified"


app = typer.Typer(help="The reference central service.", no_args_is_help=True, add_completion=False)
GATEWAY_HELP = f"""Serves a trial gateway: another process, other books, the wire of a real one.

It makes throw-away keys and DATA/merchant.toml, which `central run --gateway` takes, and prints one line when ready.

{describe()}
"""


@app.command()
def run(
    *,
    data: Data,
    port: Annotated[int, typer.Option(help="0 takes a free one.")] = 8080,
    host: Annotated[str, typer.Option()] = "127.0.0.1",
    public_url: Annotated[str, typer.Option(help="What a phone reaches; default: host and port.")] = "",
    sandbox: Annotated[
        bool,
        typer.Option(
            "--sandbox", help="Trial kiosks, their pages, and a trial gateway unless --gateway is given."
        ),
    ] = False,
    kiosks: Annotated[int, typer.Option(help="Trial kiosks of --sandbox, WD001 and on.", min=1, max=999)] = 3,
    tablets: Annotated[
        int,
        typer.Option(help="Trial tablets of --sandbox, WDT01 and on, with visits to make.", min=0, max=99),
    ] = 2,
    gateway: Annotated[
        Path | None, typer.Option(help="merchant.toml: the gateway that takes the money.")
    ] = None,
    gateway_url: Annotated[str, typer.Option(help="Another address than the one in --gateway.")] = "",
    notify_url: Annotated[
        str, typer.Option(help="Where the gateway sends notices; default: PUBLIC_URL/gateway/notify.")
    ] = "",
    face_limits: LimitsFolder = None,
    face_limits_key: LimitsKey = "",
    start_limits: StartLimits = True,
    township: Annotated[int, typer.Option(help="Synthetic residents for an empty database.")] = 0,
    seed: Annotated[int, typer.Option(help="Which residents.")] = 7,
) -> None:
    """Serves until SIGTERM or Ctrl-C; prints one line when ready."""
    merchant = read_merchant(gateway, gateway_url)
    read_limits(face_limits, face_limits_key, start_limits)
    listener, address = listen(port, host)
    url = public_url.rstrip("/") or address
    settings = Settings(
        data,
        public_url=url,
        sandbox=sandbox,
        gateway=merchant,
        notify_url=notify_url,
        kiosks=kiosks,
        tablets=tablets if sandbox else 0,
        face_limits=face_limits,
        face_limits_key=face_limits_key,
        start_limits=start_limits,
        township=township,
        seed=seed,
    )
    serve(server_config(create_app(settings)), listener, f"central ready at {url}")


def read_merchant(path: Path | None, address: str = "") -> GatewaySettings | None:
    """What ``--gateway`` names, if its profile and its keys can be used."""
    if path is None:
        return None
    try:
        merchant = GatewaySettings.read(path)
        profile_of(merchant)
        private_key(merchant.merchant_key)
        public_key(merchant.platform_key)
        notice_key(merchant.notice_key)
    except (OSError, ValueError) as error:
        raise typer.BadParameter(str(error)) from None
    return replace(merchant, address=address.rstrip("/")) if address else merchant


def read_limits(folder: Path | None, public_key: str, start_limits: bool) -> FaceLimits:
    """What ``--face-limits`` names, if all of it can be used."""
    try:
        return trusted(folder, public_key, start_values=start_limits)
    except ThresholdsRefused as error:
        raise typer.BadParameter(str(error)) from None


@app.command(name="face-limits")
def list_limits(
    face_limits: LimitsFolder = None, face_limits_key: LimitsKey = "", start_limits: StartLimits = True
) -> None:
    """Lists the limits that scores would be read by, with the digests that evidence names them by."""
    for digest, known in read_limits(face_limits, face_limits_key, start_limits).by_digest.items():
        limits = known.thresholds
        typer.echo(f"{digest}  {limits.engine:<16} {limits.model[:12]}  {limits.made}")


@app.command(name="gateway", help=GATEWAY_HELP)
def run_gateway(
    *,
    data: Annotated[Path, typer.Option("--data", help="Folder of its database, keys and merchant.toml.")],
    port: Annotated[int, typer.Option(help="0 takes a free one.")] = 0,
    host: Annotated[str, typer.Option()] = "127.0.0.1",
    public_url: Annotated[str, typer.Option(help="What a phone reaches; default: host and port.")] = "",
    quirks: Annotated[str, typer.Option(help="What may go wrong: a SPEC as above.")] = "",
    seed: Annotated[int, typer.Option(help="Of what goes wrong.")] = 0,
    profile: Annotated[str, typer.Option(help="Whose rules: wechat or alipay.")] = "wechat",
    real_times: Annotated[
        bool, typer.Option("--real-times", help="The published times; without it seconds for minutes.")
    ] = False,
) -> None:
    listener, address = listen(port, host)
    url = public_url.rstrip("/") or address
    try:
        trial = open_trial_gateway(data, url, quirks, seed, profile=profile, real_times=real_times)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    serve(server_config(create_trial_app(trial)), listener, f"gateway ready at {url}")


def serve(config: uvicorn.Config, listener: socket.socket, ready: str) -> None:
    """Answers until SIGTERM or Ctrl-C."""
    server = Announcing(config)
    server.ready = ready
    # the server raises it again once it has stopped: that is no failure
    signal.signal(signal.SIGTERM, lambda *_: None)
    server.run(sockets=[listener])


class Announcing(uvicorn.Server):
    """Says one line on standard output once it answers."""

    ready = ""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        typer.echo(self.ready)


@app.command()
def migrate(data: Data) -> None:
    """Brings the database up to date and reads the rules in."""
    open_database(Settings(data)).close()
    typer.echo("up to date")


@app.command()
def keys(data: Data) -> None:
    """Lists the public keys that receipts are signed with."""
    for number, public in Keys(data / "keys").public().items():
        typer.echo(f"{number} {public}")


@app.command(name="ledger")
def show_ledger(
    data: Data, day: Annotated[str, typer.Option(help="YYYY-MM-DD; default: today.")] = ""
) -> None:
    """Prints the totals of one legal day."""
    on = date.fromisoformat(day) if day else legal_day(SystemClock().now_ms())
    database = open_database(Settings(data))
    with database.read() as connection:
        totals = ledger.totals(connection, on)
    database.close()
    for kind, (rows, fen) in totals.items():
        sign = "-" if fen < 0 else ""
        typer.echo(f"{on} {kind:<14} {rows:>6} {sign + yuan(abs(fen)):>16}")
    rows_in_all, fen_in_all = (sum(column) for column in zip((0, 0), *totals.values(), strict=True))
    typer.echo(f"{on} {'all':<14} {rows_in_all:>6} {fen_in_all:>12} fen")


@app.command()
def revoke(data: Data, receipt_no: str, reason: Annotated[str, typer.Option()]) -> None:
    """Marks a receipt as no longer valid; its public page says so."""
    service = open_service(Settings(data))
    try:
        service.print_desk.revoke(receipt_no, reason)
    except Refused as refused:
        raise typer.BadParameter(refused.code.value) from None
    finally:
        service.close()
    typer.echo("revoked")


@app.command()
def reconcile(
    *,
    data: Data,
    day: Annotated[str, typer.Option(help="YYYY-MM-DD; default: yesterday.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
    gateway: Annotated[
        Path | None, typer.Option(help="merchant.toml, as given to run; else the trial gateway in DATA.")
    ] = None,
    gateway_url: Annotated[str, typer.Option(help="Another address than the one in --gateway.")] = "",
) -> None:
    """Lays kiosks, ledger and gateway side by side for one legal day, and prints and stores what differs.

    Exit status: 0 nothing is left open, 1 something is, 2 the gateway's bill cannot be had or the day is none.
    """
    clock = SystemClock()
    now_ms = clock.now_ms()
    on = read_day(day, legal_day(now_ms) - timedelta(days=1))
    merchant = read_merchant(gateway, gateway_url)
    trial = merchant is None and (data / "gateway.sqlite3").exists()
    service = open_service(Settings(data, sandbox=trial, gateway=merchant, clock=clock))
    try:
        report = service.reconciler.run(on)
    except GatewaySilent:
        typer.echo(f"{on}: the gateway's bill cannot be had; nothing was compared", err=True)
        raise typer.Exit(2) from None
    except ValueError as error:
        typer.echo(f"{on}: {error}", err=True)
        raise typer.Exit(2) from None
    finally:
        service.close()
    if as_json:
        typer.echo(json.dumps(day_report.as_json(report, now_ms), ensure_ascii=False, indent=1))
    else:
        for line in day_report.lines(report, now_ms):
            typer.echo(line)
    raise typer.Exit(1 if report.open else 0)


@app.command()
def verify(data: Data) -> None:
    """Checks every device log's chain, and the ledger against orders and receipts.  Exit status 1 when something is wrong."""
    database = open_database(Settings(data))
    with database.read() as connection:
        findings = list(audit.findings(connection))
    database.close()
    for finding in findings:
        typer.echo(f"{'ok ' if finding.good else 'BAD'}  {finding.words}")
    raise typer.Exit(0 if all(finding.good for finding in findings) else 1)


operator_app = typer.Typer(help="Who may look at the operations pages.", no_args_is_help=True)
app.add_typer(operator_app, name="operator")
Name = Annotated[str, typer.Option("--name", help="As they sign: 王会计.")]


@operator_app.command(name="add")
def add_operator(
    data: Data,
    name: Name,
    role: Annotated[operators.Role, typer.Option()],
    number: Annotated[
        str,
        typer.Option(
            help="On the holder's card; reviewers and supervisors need it: nobody decides their own."
        ),
    ] = "",
) -> None:
    """Enters an operator and prints the passphrase, once."""
    with writing(data) as connection:
        passphrase = enrolment.add_operator(connection, name, role, number, at_ms=SystemClock().now_ms())
    typer.echo(passphrase)


@operator_app.command(name="number")
def number_operator(
    data: Data, name: Name, number: Annotated[str, typer.Option(help="On the holder's card.")]
) -> None:
    """Enters the number of an operator who was entered without; until then they decide about no check."""
    with writing(data) as connection:
        enrolment.number_operator(connection, name, number)
    typer.echo("entered")


@operator_app.command(name="remove")
def remove_operator(data: Data, name: Name) -> None:
    """Lets an operator in no more; what was signed stays."""
    database = open_database(Settings(data))
    with database.write() as connection:
        found = operators.remove(connection, name)
    database.close()
    if not found:
        raise typer.BadParameter(f"there is no {name}")
    typer.echo("removed")


@operator_app.command(name="list")
def list_operators(data: Data) -> None:
    """Names and roles."""
    database = open_database(Settings(data))
    with database.read() as connection:
        found = operators.known(connection)
    database.close()
    for operator in found:
        lacks = (
            ""
            if operator.has_number or not operator.may_review()
            else "  (no number: decides about no check)"
        )
        typer.echo(f"{operator.role.value:<12} {operator.name}{lacks}")


reference_app = typer.Typer(help="The faces that checks compare with.", no_args_is_help=True)
app.add_typer(reference_app, name="reference")


@reference_app.command(name="add")
def add_reference(
    data: Data,
    person: Person,
    source: Annotated[Source, typer.Option(help="photo: of an office; certified: of the last check.")],
    image: Annotated[Path, typer.Option(help="JPEG or JPEG 2000.")],
    taken: Annotated[str, typer.Option(help="YYYY-MM-DD, when it is known.")] = "",
) -> None:
    """Keeps a picture of a person, sealed, in place of the one of this source."""
    keys, at_ms = Keys(data / "keys"), SystemClock().now_ms()
    taken_on = read_day(taken, date.min) if taken else None
    with writing(data) as connection:
        of = ReferenceSource(source.value)
        coded = enrolment.read_image(image)
        enrolment.add_reference(connection, keys, person, of, coded, at_ms=at_ms, taken_on=taken_on)
        faces = references.stored_faces(connection)
    typer.echo(f"kept; faces of {faces} people are stored")


@reference_app.command(name="remove")
def remove_reference(
    data: Data,
    person: Person,
    source: Annotated[Source | None, typer.Option(help="Default: all of the person's.")] = None,
) -> None:
    """Deletes pictures of a person."""
    with writing(data) as connection:
        of = ReferenceSource(source.value) if source else None
        count = enrolment.remove_reference(connection, person, of)
    typer.echo(f"{count} removed")


app.add_typer(staff_app, name="staff")
app.add_typer(tablet_app, name="tablet")
app.add_typer(assignments_app, name="assignments")


def main() -> None:
    app()


if __name__ == "__main__":
    main()
