"""Moves a yearly check: write, act, write.  What was done is on disk before central is told of it.

    check:<id>    begun      person_id, consent_version    they agreed; nothing has left, the camera is shut
                  granted                                  central gave its references: the camera may open
                  refused    code                          central will not have this check: settled
                  evidence   as kiosk.wire.CheckEvidence   how it ended, before the first request
                  answered   state                         central's word on it: settled
                  picture    consent_version               ticked and signed; the picture itself is never on any disk
                  sent                                     central has the picture: settled
                  left       visit                          nothing, or nothing more, is to be taken for this check: they went
                                                           another way, or nobody knows whether central has the picture
                  let_go                                   central has heard that: settled
                  assisted   person_id, reason             staff looked; their own card is never on any disk
                  parked     code                          central refuses: the person hears it, somebody must look; asked on
    visit:<id>    asked      person_id                     somebody is to come to their home
                  booked                                   central has it: settled

The flow owns a check while it runs; then the outbox does.  Each has a registrar of its own over the one journal.  A lost answer
changes nothing: the same question, under the same id, is asked again.  A picture can be sent again only by the flow that holds it:
once that is over, ``picture`` without ``sent`` is left, and central forgets what it may have.  ``person_id`` is central's and says
nothing to anybody else.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from kiosk import events
from kiosk.api import Api, Refused, Unreachable
from kiosk.journal import Journal
from kiosk.keys import new_key

if TYPE_CHECKING:
    from kiosk import wire

CHECK = "check:"
HOME_VISIT = "visit:"
UNDER_WAY = frozenset({"begun", "granted"})  # no flow outlives the process: after a start these are left
OWING = {
    "asked": "booked",
    "evidence": "answered",
    "left": "let_go",
}  # central has still to hear it, until the other is there


class Registrar:
    """Belongs to one thread."""

    def __init__(self, journal: Journal, api: Api, log: events.Log, kiosk_id: str) -> None:
        self._journal, self._api, self._log, self._kiosk_id = journal, api, log, kiosk_id

    # --- a face check ------------------------------------------------------------------------------------------------

    def begin(self, person_id: str, consent_version: str) -> str:
        """The consent is on disk, nothing has left.  Returns the check's id."""
        data = {"person_id": person_id, "consent_version": consent_version}
        check_id = new_key(self._journal, self._kiosk_id, data)
        self._journal.append(CHECK + check_id, "begun", data)
        self._log.write(events.CheckBegun(check_id=check_id))
        return check_id

    def ask_grant(self, check_id: str, kiosk_key: bytes, visit: str) -> wire.CheckGrant:
        """Central's references for this check, sealed to the worker's key.  ``visit``: the page's.  Raises Refused, Unreachable."""
        from kiosk import wire  # late, as in kiosk.api

        begun = self._journal.entries(CHECK + check_id)[0].data
        start = wire.CheckStart(check_id=check_id, **begun, kiosk_key=kiosk_key.hex(), visit=visit)
        try:
            grant = self._api.start_check(start)
        except Refused as refused:
            self._journal.append(CHECK + check_id, "refused", {"code": refused.code.value})
            raise
        if grant.check_id != check_id:
            raise Unreachable("start_check")  # an answer to another question is no answer
        self._journal.append(CHECK + check_id, "granted", {})
        return grant

    def keep(self, check_id: str, evidence: wire.CheckEvidence) -> None:
        """How it ended is on disk; only now it may be told."""
        self._journal.append(CHECK + check_id, "evidence", evidence.model_dump(mode="json"))

    def deliver(self, check_id: str) -> wire.CheckReply | None:
        """Tells central how a check ended, once.  None: nobody knows whether it heard; the outbox asks on.

        Raises Refused when it says no: parked for somebody to look at, and the outbox asks on.
        """
        from kiosk import wire  # late, as in kiosk.api

        subject = CHECK + check_id
        kept = next(e for e in reversed(self._journal.entries(subject)) if e.event == "evidence")
        evidence = wire.CheckEvidence.model_validate_json(json.dumps(kept.data))
        try:
            reply = self._api.send_evidence(check_id, evidence)
        except Unreachable:
            return None
        except Refused as refused:
            if refused.code is wire.ProblemCode.CONSENT_WITHDRAWN:
                self._journal.append(subject, "answered", {"state": wire.CheckState.WITHDRAWN.value})
                return wire.CheckReply(check_id=check_id, state=wire.CheckState.WITHDRAWN)
            self._park(subject, refused)
            raise
        if reply.check_id != check_id or reply.state is wire.CheckState.OPEN:
            return None
        self._journal.append(subject, "answered", {"state": reply.state.value})
        return reply

    def send_picture(self, check_id: str, picture: wire.ReviewPicture) -> wire.CheckReply:
        """The sealed picture, from memory to central.  That it was allowed is on disk before.  Raises Refused, Unreachable.

        The same bytes may be sent again; central answers them alike.  Nothing sends them after this flow: they are gone with it.
        """
        subject = CHECK + check_id
        if "picture" not in self._told(subject):
            self._journal.append(subject, "picture", {"consent_version": picture.consent_version})
        reply = self._api.send_picture(check_id, picture)
        if reply.check_id != check_id:
            raise Unreachable("send_picture")
        self._journal.append(subject, "sent", {})
        return reply

    def leave(self, check_id: str, visit: str = "") -> None:
        """Nothing more is to be taken for this check: the person went another way, or takes the consent back.

        ``visit``: of their page here, for a check that another kiosk began.
        """
        self._journal.append(CHECK + check_id, "left", {"visit": visit} if visit else {})

    def picture_unsure(self, check_id: str) -> bool:
        """Whether central may have a picture and has not said so."""
        told = self._told(CHECK + check_id)
        return "picture" in told and "sent" not in told

    # --- without a camera --------------------------------------------------------------------------------------------

    def assist(
        self, person_id: str, staff: wire.Lookup, reason: wire.AssistedReason, visit: str, check_id: str = ""
    ) -> tuple[str, wire.CheckReply | None]:
        """Staff have looked.  Gives the check's id, to ask again with, and central's word, None without one.  Raises Refused.

        The staff member's card is on no disk, so nothing asks again once they have gone.
        """
        from kiosk import wire  # late, as in kiosk.api

        data = {"person_id": person_id, "reason": reason.value}
        check_id = check_id or new_key(self._journal, self._kiosk_id, data)
        self._journal.append(CHECK + check_id, "assisted", data)
        body = wire.AssistedCheck(
            check_id=check_id, person_id=person_id, visit=visit, staff=staff, reason=reason
        )
        try:
            reply = self._api.assisted_check(body)
        except Unreachable:
            return check_id, None
        except Refused as refused:
            self._journal.append(CHECK + check_id, "refused", {"code": refused.code.value})
            raise
        if reply.check_id != check_id:
            return check_id, None
        self._journal.append(CHECK + check_id, "answered", {"state": reply.state.value})
        return check_id, reply

    def ask_home_visit(self, person_id: str) -> str:
        """The wish is on disk, nothing has left.  Returns its id."""
        data = {"person_id": person_id}
        request_id = new_key(self._journal, self._kiosk_id, data)
        self._journal.append(HOME_VISIT + request_id, "asked", data)
        return request_id

    def book(self, request_id: str) -> wire.HomeVisitReply | None:
        """Tells central, once.  None: nobody knows whether it heard; the outbox asks on.  Raises Refused, as ``deliver``."""
        from kiosk import wire  # late, as in kiosk.api

        subject = HOME_VISIT + request_id
        asked = self._journal.entries(subject)[0].data
        try:
            reply = self._api.home_visit(wire.HomeVisit(request_id=request_id, **asked))
        except Unreachable:
            return None
        except Refused as refused:
            self._park(subject, refused)
            raise
        if reply.request_id != request_id:
            return None
        self._journal.append(subject, "booked", {})
        return reply

    # --- the outbox's ------------------------------------------------------------------------------------------------

    def settle(self, subject: str) -> bool:
        """Does what a subject of ours still asks for.  True when there is nothing left to do."""
        self._give_up(subject)
        step = {"asked": self.book, "evidence": self.deliver, "left": self._tell_left}
        while owed := self._owed(subject):
            try:
                if not step[owed](subject.partition(":")[2]):
                    return False
            except Refused:
                return False
        return True

    def person_of(self, subject: str) -> str:
        """Central's id of the person a subject of ours is about."""
        return str(self._journal.entries(subject)[0].data.get("person_id", ""))

    def is_parked(self, subject: str) -> bool:
        """Whether central has refused it before."""
        return "parked" in self._told(subject)

    def waits(self, subject: str) -> bool:
        """Whether a check that was passed here has still to be told, and nothing says that central would not take it."""
        entries = self._journal.entries(subject)
        told = {entry.event for entry in entries}
        if not told.isdisjoint(("answered", "left", "parked")):
            return False
        return any(entry.event == "evidence" and entry.data["end"] == "accepted" for entry in entries)

    def recover(self, subject: str) -> bool:
        """After a start: what was under way is left, on disk.  False when central has still to hear something."""
        self._give_up(subject)
        return not self._owed(subject)

    def _give_up(self, subject: str) -> None:
        """No flow goes on with it: neither a check that did not end, nor a picture that central may have or not."""
        under_way = self._journal.entries(subject)[-1].event in UNDER_WAY
        unsure = self.picture_unsure(subject.removeprefix(CHECK)) and "left" not in self._told(subject)
        if under_way or unsure:
            self._journal.append(subject, "left", {})

    def _owed(self, subject: str) -> str:
        """What central has still to hear, the earlier first; "" when there is nothing.  What came after it changes nothing."""
        told = self._told(subject)
        return next((event for event, heard in OWING.items() if event in told and heard not in told), "")

    def _told(self, subject: str) -> set[str]:
        return {entry.event for entry in self._journal.entries(subject)}

    def _tell_left(self, check_id: str) -> bool:
        from kiosk import wire  # late, as in kiosk.api

        subject = CHECK + check_id
        try:
            left = next(e for e in reversed(self._journal.entries(subject)) if e.event == "left")
            reply = self._api.withdraw_check(check_id, str(left.data.get("visit", "")))
        except Unreachable:
            return False
        except Refused as refused:
            if refused.code is not wire.ProblemCode.CHECK_UNKNOWN:  # never heard of: nothing was taken
                self._park(subject, refused)
                return False
        else:
            if reply.check_id != check_id:
                return False
        self._journal.append(subject, "let_go", {})
        return True

    def _park(self, subject: str, refused: Refused) -> None:
        """For a person, once on disk and at every refusal in the log."""
        entry = self._journal.entries(subject)[-1]
        if entry.event != "parked":
            self._journal.append(subject, "parked", {"code": refused.code.value})
        self._log.write(events.CheckParked(subject=subject, code=refused.code.value))
