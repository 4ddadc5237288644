"""The command ``central staff``: who may confirm others, and what they sign in with at a tablet."""

from __future__ import annotations

from typing import Annotated

import typer

from central import enrolment, staff
from central.clock import SystemClock
from central.commands import Data, reading, writing
from central.verification import Keys

staff_app = typer.Typer(help="Who may confirm others at a machine.", no_args_is_help=True)
Number = Annotated[str, typer.Option("--number", help="The number on their card.")]


@staff_app.command(name="add")
def add_staff(
    data: Data,
    number: Number,
    name: Annotated[str, typer.Option(help="As on their card.")],
    operator: Annotated[
        str, typer.Option(help="The operator they are on pages: never the second person to themselves.")
    ] = "",
) -> None:
    """Lets somebody confirm others with their own card."""
    with writing(data) as connection:
        enrolment.add_staff(connection, number, name, operator)
    typer.echo("added")


@staff_app.command(name="remove")
def remove_staff(data: Data, number: Number) -> None:
    """Lets somebody confirm nobody any more; what they confirmed stays."""
    with writing(data) as connection:
        enrolment.remove_staff(connection, number)
    typer.echo("removed")


@staff_app.command(name="list")
def list_staff(data: Data) -> None:
    """Masked numbers, names, and operators' names."""
    with reading(data) as connection:
        found = staff.known(connection)
    for member in found:
        gone = "" if member.active else "  (removed)"
        typer.echo(f"{member.number}  {member.name}  {member.operator}{gone}".rstrip())


@staff_app.command(name="pin")
def give_pin(
    data: Data,
    number: Number,
    pin: Annotated[str, typer.Option(help="Six digits; default: chosen by chance.")] = "",
    code: Annotated[
        bool, typer.Option("--code", help="Also a code, to sign in with when the card is not at hand.")
    ] = False,
) -> None:
    """Lets a member of staff sign in at tablets, and prints the PIN and the code, once; those before are void."""
    keys, at_ms = Keys(data / "keys"), SystemClock().now_ms()
    with writing(data) as connection:
        pin, given = enrolment.give_pin(connection, keys, number, pin, with_code=code, at_ms=at_ms)
    typer.echo(f"PIN {pin}")
    if given:
        typer.echo(f"code {given}")


@staff_app.command(name="no-pin")
def take_pin(data: Data, number: Number) -> None:
    """Lets a member of staff sign in at tablets no more; packs under way end within a day."""
    with writing(data) as connection:
        enrolment.take_pin(connection, number)
    typer.echo("removed")
