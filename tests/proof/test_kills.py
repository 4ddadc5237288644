"""A few kills in each loop, and the eyes that watch them: the whole number is ``make proof``'s."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from central.server import Running, running
from central.settings import Settings
from kiosk import wire
from kiosk.api import Api
from tests.kiosk.conftest import FixedClock
from tests.proof import kills
from tests.proof.tellers import client, forgotten
from tests.visitor import owing


def test_a_killed_kiosk_and_a_killed_central_lose_and_double_nothing() -> None:
    said: list[str] = []
    figures = kills.run(full=False, seed=7, progress=said.append)
    assert figures["kills_lost"]["value"] == figures["kills_doubled"]["value"] == 0, (figures, said)
    assert (figures["kills"]["kiosk"], figures["kills"]["central"]) == (12, 8)
    assert figures["kills"]["value"] == 20
    acknowledged = figures["kills"]["acknowledged"]
    assert isinstance(acknowledged, int) and acknowledged > 20


@pytest.fixture(scope="module")
def central(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    data = tmp_path_factory.mktemp("central")
    settings = Settings(data, sandbox=True, township=100, seed=3, sweep_interval_s=0, clock=FixedClock())
    with running(settings) as service:
        yield service


@pytest.fixture
def api(central: Running) -> Iterator[Api]:
    api = client(central.url, "WD001")
    yield api
    api.close_connections()


def test_what_was_acknowledged_and_is_gone_is_seen(api: Api, central: Running) -> None:
    person = next(owing(central))
    page = api.visit(wire.Lookup(number=person["number"], name=person["name"], card_kind=person["kind"]))
    due = next(due for due in page.dues if due.state is wire.DueState.DUE)
    line = wire.OrderLine(
        person_id=page.person_id,
        product=due.product,
        year=due.year,
        tier=due.tiers[0].code,
        amount_fen=due.tiers[0].amount_fen,
    )
    order = wire.OrderRequest(
        order_id="WD001-00000001-KILLS", payer_id=page.person_id, lines=(line,), total_fen=line.amount_fen
    )
    created = api.create(order)
    closed = api.close(order.order_id)
    assert forgotten(api, {order.order_id: created}) == [], "what was created may be closed later"
    assert forgotten(api, {order.order_id: closed}) == []
    paid = created.model_copy(update={"state": wire.OrderState.PAID})
    assert len(forgotten(api, {order.order_id: paid})) == 1
    dearer = closed.model_copy(update={"total_fen": closed.total_fen + 1})
    assert len(forgotten(api, {order.order_id: dearer})) == 1
    assert len(forgotten(api, {"WD001-00000002-KILLS": created})) == 1, "nobody knows it"
