"""The commands ``central tablet`` and ``central assignments``."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated

import typer

from central import assignments, field_enrolment, tablets, visit_count
from central.assignments import Why
from central.clock import SystemClock, legal_day, legal_midnight_ms, legal_time
from central.commands import Data, Person, read_day, reading, writing
from central.identity import mask_name, mask_number
from kiosk.field.wire import AskedBy

tablet_app = typer.Typer(help="The tablets of field staff.", no_args_is_help=True)
assignments_app = typer.Typer(help="Who is visited at home.", no_args_is_help=True)
TabletId = Annotated[
    str, typer.Option("--id", help="Letters and digits, 2 to 12: site.kiosk_id of the tablet.")
]
By = Annotated[str, typer.Option("--by", help="Who enters it, as they sign.")]


@tablet_app.command(name="add")
def add_tablet(
    data: Data, tablet_id: TabletId, label: Annotated[str, typer.Option(help="Whose it is, or where.")]
) -> None:
    """Enters a tablet and prints its token, once."""
    with writing(data) as connection:
        token = field_enrolment.add_tablet(connection, tablet_id, label, at_ms=SystemClock().now_ms())
    typer.echo(token)


@tablet_app.command(name="revoke")
def revoke_tablet(
    data: Data, tablet_id: TabletId, note: Annotated[str, typer.Option(help="Why, and who said so.")]
) -> None:
    """A lost tablet destroys badges, pack and secret as soon as it asks anything; what it still sends waits for a person."""
    with writing(data) as connection:
        field_enrolment.revoke_tablet(connection, tablet_id, note, at_ms=SystemClock().now_ms())
    typer.echo("revoked")


@tablet_app.command(name="list")
def list_tablets(data: Data) -> None:
    """Names, how many packets each has brought, and which are revoked."""
    with reading(data) as connection:
        found = tablets.known(connection)
    for tablet in found:
        state = "revoked" if tablet.revoked_ms is not None else "in use" if tablet.enrolled else "never seen"
        typer.echo(f"{tablet.tablet_id:<12} {state:<10} {tablet.last_seq:>6} packets  {tablet.label}")


@assignments_app.command(name="add")
def add_assignment(
    *,
    data: Data,
    person: Person,
    by: By,
    asked_by: Annotated[AskedBy, typer.Option(help="Who asked for it.")] = AskedBy.RELATIVE,
    address: Annotated[str, typer.Option(help="Default: the registered one.")] = "",
    home: Annotated[str, typer.Option(help="A care home.")] = "",
    room: Annotated[str, typer.Option()] = "",
    staff: Annotated[str, typer.Option(help="The number of whose it is; default: who takes it first.")] = "",
) -> None:
    """Enters a request for one person, or completes the one that is open, and prints its id."""
    with writing(data) as connection:
        assignment_id = field_enrolment.add_assignment(
            connection,
            person,
            asked_by,
            by,
            place=(address, home, room),
            staff_number=staff,
            at_ms=SystemClock().now_ms(),
        )
    typer.echo(assignment_id)


@assignments_app.command(name="home")
def add_home(
    *,
    data: Data,
    home: Annotated[str, typer.Option(help="The care home's name.")],
    address: Annotated[str, typer.Option(help="Where it is.")],
    residents: Annotated[
        typer.FileText, typer.Option(encoding="utf-8", help="Room and number a line; - is standard input.")
    ],
    by: By,
    staff: Annotated[str, typer.Option(help="The number of whose it is; default: who takes it first.")] = "",
) -> None:
    """One request of a care home for many rooms; all of it or nothing."""
    lines = residents.read().splitlines()
    with writing(data) as connection:
        count = field_enrolment.add_home(
            connection, (home, address), lines, by, staff_number=staff, at_ms=SystemClock().now_ms()
        )
    typer.echo(f"{count} entered")


@assignments_app.command(name="list")
def list_assignments(data: Data) -> None:
    """Those somebody has still to go to, in the order of the way; numbers and names are masked."""
    with writing(data) as connection:
        assignments.take_in(connection, at_ms=SystemClock().now_ms())
        found = assignments.open_ones(connection)
    for row in found:
        where = f"{row.home} {row.room}".strip() or row.address
        asked = legal_time(row.asked_ms).date()
        person = f"{mask_number(row.number)} {mask_name(row.name)}"
        typer.echo(f"{row.assignment_id}  {asked}  {row.asked_by:<9}  {row.village} {where}  {person}")


@assignments_app.command(name="withdraw")
def withdraw_assignment(
    data: Data,
    assignment_id: Annotated[str, typer.Option("--id")],
    by: By,
    why: Annotated[Why, typer.Option(help="What staff are told.")] = Why.WITHDRAWN,
) -> None:
    """Nobody goes there any more; what a tablet brings of it all the same waits for a person."""
    with writing(data) as connection:
        field_enrolment.withdraw(connection, assignment_id, why, by, at_ms=SystemClock().now_ms())
    typer.echo("withdrawn")


@assignments_app.command(name="count")
def count_visits(
    data: Data,
    since: Annotated[str, typer.Option(help="YYYY-MM-DD; default: thirty days ago.")] = "",
    until: Annotated[str, typer.Option(help="YYYY-MM-DD, the last day; default: today.")] = "",
) -> None:
    """How visits stand, by village and by care home."""
    today: date = legal_day(SystemClock().now_ms())
    first, last = read_day(since, today - timedelta(days=30)), read_day(until, today)
    with reading(data) as connection:
        end_ms = legal_midnight_ms(last + timedelta(days=1))
        found = visit_count.figures(connection, legal_midnight_ms(first), end_ms)
    typer.echo(" asked visited certified review not met")
    for place, each in visit_count.ordered(found):
        name = " ".join(part for part in (place.township, place.village, place.home) if part) or "-"
        typer.echo(_line(each, name))
    typer.echo(_line(sum(found.values(), visit_count.Counts()), "all"))


def _line(each: visit_count.Counts, name: str) -> str:
    figures = (
        f"{each.asked:>6} {each.visited:>7} {each.certified:>9} {each.under_review:>6} {each.not_met:>7}"
    )
    return f"{figures}  {name}"
