"""A tablet's calls to central (kiosk.field.wire).  As in kiosk.api: a value, ``Refused`` or ``Unreachable``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kiosk.api import Api

if TYPE_CHECKING:
    from kiosk.field import wire

PACK_TIMEOUT_S = 30.0  # between two pieces of an answer: central seals some megabytes first
PACKET_TIMEOUT_S, SLOWEST_BYTES_S = 15.0, 4_000  # a dead line is noticed soon, and one of 32 kbit/s is none


class FieldApi(Api):
    """``tablet_id``: as central knows it."""

    @property
    def tablet_id(self) -> str:
        return self._kiosk_id

    def tell_key(self, key: wire.TabletKey) -> wire.TabletKeyReply:
        from kiosk.field import wire  # late, as in kiosk.api

        return self._call("tell_key", "PUT", "/v1/tablet/key", wire.TabletKeyReply, key)

    def sign_in(self, who: wire.SignIn) -> wire.Badge:
        from kiosk.field import wire

        return self._call("sign_in", "POST", "/v1/tablet/sign-in", wire.Badge, who)

    def pack(self, asked: wire.PackRequest) -> wire.SealedPack:
        from kiosk.field import wire

        return self._call("pack", "POST", "/v1/tablet/packs", wire.SealedPack, asked, PACK_TIMEOUT_S)

    def packets(self) -> wire.PacketsReply:
        from kiosk.field import wire

        return self._call("packets", "GET", "/v1/tablet/packets", wire.PacketsReply)

    def send_packet(self, packet: wire.Packet) -> wire.PacketReply:
        from kiosk.field import wire

        path = f"/v1/tablet/packets/{packet.seq}"
        timeout_s = PACKET_TIMEOUT_S + len(packet.sealed or "") / SLOWEST_BYTES_S
        return self._call("send_packet", "PUT", path, wire.PacketReply, packet, timeout_s)
