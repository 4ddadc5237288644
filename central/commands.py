"""What the commands of ``central`` share: the folder, a day, one write transaction."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import Connection

from central.service import open_database
from central.settings import Settings

Data = Annotated[Path, typer.Option("--data", help="Folder of the databases and keys.")]
Person = Annotated[str, typer.Option("--person", help="The number on their card.")]


def read_day(text: str, default: date) -> date:
    """What ``--day`` names."""
    try:
        return date.fromisoformat(text) if text else default
    except ValueError:
        raise typer.BadParameter("a day is YYYY-MM-DD") from None


@contextmanager
def writing(data: Path) -> Iterator[Connection]:
    """One write transaction; what cannot be done ends the command with its reason."""
    database = open_database(Settings(data))
    try:
        with database.write() as connection:
            yield connection
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    finally:
        database.close()


@contextmanager
def reading(data: Path) -> Iterator[Connection]:
    """One read transaction."""
    database = open_database(Settings(data))
    try:
        with database.read() as connection:
            yield connection
    finally:
        database.close()
