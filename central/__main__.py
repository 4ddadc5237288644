"""The command ``central``."""

from __future__ import annotations

import signal
import socket
from datetime import date
from pathlib import Path
from typing import Annotated

import typer
import uvicorn

from central import ledger
from central.app import create_app
from central.clock import SystemClock, legal_day
from central.pages import yuan
from central.problems import Refused
from central.server import server_config
from central.service import open_database, open_service
from central.settings import Settings
from central.verification import Keys

app = typer.Typer(help="The reference central service.", no_args_is_help=True, add_completion=False)
Data = Annotated[Path, typer.Option("--data", help="Folder of the databases and keys.")]


@app.command()
def run(
    *,
    data: Data,
    port: Annotated[int, typer.Option(help="0 takes a free one.")] = 8080,
    host: Annotated[str, typer.Option()] = "127.0.0.1",
    public_url: Annotated[str, typer.Option(help="What a phone reaches; default: host and port.")] = "",
    sandbox: Annotated[
        bool, typer.Option("--sandbox", help="Trial gateway, cashier page, kiosks WD001-WD003.")
    ] = False,
    township: Annotated[int, typer.Option(help="Synthetic residents for an empty database.")] = 0,
    seed: Annotated[int, typer.Option(help="Which residents.")] = 7,
) -> None:
    """Serves until SIGTERM or Ctrl-C; prints one line when ready."""
    listener = socket.socket(proto=socket.IPPROTO_TCP)  # named, so that asyncio turns Nagle off
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    url = public_url.rstrip("/") or f"http://{host}:{listener.getsockname()[1]}"
    settings = Settings(data, public_url=url, sandbox=sandbox, township=township, seed=seed)
    server = Announcing(server_config(create_app(settings)))
    server.url = url
    signal.signal(
        signal.SIGTERM, lambda *_: None
    )  # the server raises it again once it has stopped: that is no failure
    server.run(sockets=[listener])


class Announcing(uvicorn.Server):
    """Says one line on standard output once it answers."""

    url = ""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        typer.echo(f"central ready at {self.url}")


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
