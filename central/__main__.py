"""The command ``central``."""

from __future__ import annotations

import signal
import socket
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Annotated

import typer
import uvicorn

from central import ledger
from central.app import create_app
from central.clock import SystemClock, legal_day
from central.gateway_profile import profile_of
from central.gateway_quirks import describe
from central.gateway_trial import create_trial_app, open_trial_gateway
from central.pages import yuan
from central.problems import Refused
from central.server import listen, server_config
from central.service import open_database, open_service
from central.settings import GatewaySettings, Settings
from central.verification import Keys

app = typer.Typer(help="The reference central service.", no_args_is_help=True, add_completion=False)
GATEWAY_HELP = f"""Serves a trial gateway: another process, other books, the wire of a real one.

It makes throw-away keys and DATA/merchant.toml, which `central run --gateway` takes, and prints one line when ready.

{describe()}
"""
Data = Annotated[Path, typer.Option("--data", help="Folder of the databases and keys.")]


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
    gateway: Annotated[
        Path | None, typer.Option(help="merchant.toml: the gateway that takes the money.")
    ] = None,
    gateway_url: Annotated[str, typer.Option(help="Another address than the one in --gateway.")] = "",
    notify_url: Annotated[
        str, typer.Option(help="Where the gateway sends notices; default: PUBLIC_URL/gateway/notify.")
    ] = "",
    township: Annotated[int, typer.Option(help="Synthetic residents for an empty database.")] = 0,
    seed: Annotated[int, typer.Option(help="Which residents.")] = 7,
) -> None:
    """Serves until SIGTERM or Ctrl-C; prints one line when ready."""
    merchant = read_merchant(gateway, gateway_url)
    listener, address = listen(port, host)
    url = public_url.rstrip("/") or address
    settings = Settings(
        data,
        public_url=url,
        sandbox=sandbox,
        gateway=merchant,
        notify_url=notify_url,
        kiosks=kiosks,
        township=township,
        seed=seed,
    )
    serve(server_config(create_app(settings)), listener, f"central ready at {url}")


def read_merchant(path: Path | None, address: str = "") -> GatewaySettings | None:
    """What ``--gateway`` names."""
    if path is None:
        return None
    try:
        merchant = GatewaySettings.read(path)
        profile_of(merchant)
    except (OSError, ValueError) as error:
        raise typer.BadParameter(str(error)) from None
    return replace(merchant, address=address.rstrip("/")) if address else merchant


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
    signal.signal(
        signal.SIGTERM, lambda *_: None
    )  # the server raises it again once it has stopped: that is no failure
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


def main() -> None:
    app()


if __name__ == "__main__":
    main()
