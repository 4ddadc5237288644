"""What central does in the background, over and over: what the law gives a term, alarms, open orders, the gateway's notices."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from fastapi.concurrency import run_in_threadpool

from central.face_count import FaceWatch
from central.problems import where
from central.service import Service

log = logging.getLogger("central")


async def for_ever(service: Service, watch: FaceWatch) -> None:
    """Each duty by itself: whatever happens to one, the others are done, this time and the next."""
    duties = {  # what the law gives a term comes first
        "old pictures": service.forget_old_pictures,
        "stored faces": watch.look,
        "orders": service.orders.sweep,
    }
    if service.inbox is not None:
        duties["notices"] = service.inbox.work
    while True:
        await asyncio.sleep(service.settings.sweep_interval_s)
        for name, duty in duties.items():
            await run_in_threadpool(_attend, name, duty)


def _attend(name: str, duty: Callable[[], object]) -> None:
    try:
        duty()
    except Exception as error:  # noqa: BLE001 - an entry point: nobody stands above to hear of it
        log.error("sweep: %s put off: %s", name, where(error))
