"""The five calls of a tablet (kiosk/field/wire.py).  Everything they say is in that contract.

A tablet that was revoked is refused whatever it asks, so that it destroys what it holds; its packets alone are still taken.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Depends, FastAPI, Header, Request
from fastapi import Path as InPath

from central import tablets
from central.problems import Refused
from central.service import Service
from kiosk.field import wire
from kiosk.wire import ProblemCode

PACKET_BODY_MOST_BYTES = 220 * 1024  # of wire.Sealed's characters, and the rest
PACKETS = "/v1/tablet/packets/"


def sending_tablet(
    request: Request, authorization: Annotated[str, Header()] = "", x_kiosk: Annotated[str, Header()] = ""
) -> str:
    """The tablet that asks, by its token, revoked or not.  Raises Refused."""
    service: Service = request.app.state.service
    token = authorization.removeprefix("Bearer ")
    if token == authorization:
        raise Refused(ProblemCode.UNAUTHORISED)
    with service.database.read() as connection:
        return str(tablets.authorise(connection, x_kiosk, token).tablet_id)


def authorised_tablet(request: Request, tablet_id: Annotated[str, Depends(sending_tablet)]) -> str:
    """The same, in use.  Raises Refused."""
    service: Service = request.app.state.service
    with service.database.read() as connection:
        tablets.check_in_use(connection, tablet_id)
    return tablet_id


Sending = Annotated[str, Depends(sending_tablet)]
Tablet = Annotated[str, Depends(authorised_tablet)]
SeqNo = Annotated[int, InPath(ge=1, le=2**31 - 1)]


def add_routes(app: FastAPI, service: Service, problems: dict[int | str, dict[str, Any]]) -> None:
    field = service.field

    @app.put("/v1/tablet/key", responses=problems)
    def tell_key(tablet_id: Tablet, body: wire.TabletKey) -> wire.TabletKeyReply:
        with service.database.write() as connection:
            tablets.check_in_use(connection, tablet_id)
            tablets.keep_key(connection, tablet_id, body.sign_key)
        return wire.TabletKeyReply(kept=True)

    @app.post("/v1/tablet/sign-in", responses=problems)
    def sign_in(tablet_id: Tablet, body: wire.SignIn) -> wire.Badge:
        return field.door.sign_in(tablet_id, body)

    @app.post("/v1/tablet/packs", responses=problems)
    def pack(tablet_id: Tablet, body: wire.PackRequest) -> wire.SealedPack:
        return field.packs.give(tablet_id, body)

    @app.get("/v1/tablet/packets", responses=problems)
    def packets(tablet_id: Tablet) -> wire.PacketsReply:
        return field.packets.reached(tablet_id)

    @app.put("/v1/tablet/packets/{seq}", responses=problems)
    def put_packet(tablet_id: Sending, seq: SeqNo, body: wire.Packet) -> wire.PacketReply:
        if body.seq != seq:
            raise Refused(ProblemCode.INVALID_REQUEST, "seq differs from the address")
        return field.packets.put(tablet_id, body)
