"""Bad input at every call of the yearly check: a typed 4xx, never a 5xx, and not a row changed.

As in test_money_input: every good request is one that was taken before, so even where a spoilt one is still good nothing changes.
"""

import base64
import json
from collections import Counter
from dataclasses import replace
from random import Random

import pytest
from fastapi.routing import APIRoute
from sqlalchemy import delete

from central import tables, visit_proof
from central.app import create_app
from central.server import running
from central.service import open_service
from central.settings import Settings
from kiosk import wire
from kiosk.seal import ReceiverKey
from kiosk.wire import ProblemCode
from tests.central.money_bench import Good, Household, StoodClock, request
from tests.central.sitter import JPEG, STAFF, ZHANG, evidence, give_face, sealed_text, signed_picture
from tests.central.spoiling import spoil
from tests.central.test_money_input import changed, is_still_good, refused

EACH = 200  # spoilt requests a call
OURS = ("/v1/checks", "/v1/assisted-checks", "/v1/home-visits")
LATER_MS = 129 * 86_400_000  # 张秀英 is due


class LaterClock(StoodClock):
    """2027-04-01 10:00 in Wendeng, for as long as it takes."""

    def now_ms(self):
        return super().now_ms() + LATER_MS


class CheckBench(Household):
    """Checks in every state: told and compared, begun, taken back; a confirmed one, and a visit that is asked for."""

    def __init__(self, central):
        super().__init__(central)
        give_face(central)
        self.key = ReceiverKey()
        names = ("TOLD-01", "BACK-01")
        self.starts = {name: self.start(f"WD001-{name}", self.zhang) for name in names}
        grant = self.good("PUT", "/v1/checks/WD001-TOLD-01", self.starts["TOLD-01"])
        self.review_key = grant["review_key"]
        self.told = evidence(self.app.settings.clock.now_ms(), end="review")
        self.good("POST", "/v1/checks/WD001-TOLD-01/evidence", self.told)
        self.good("PUT", "/v1/checks/WD001-BACK-01", self.starts["BACK-01"])
        self.good("POST", "/v1/checks/WD001-BACK-01/withdraw")
        with self.app.database.write() as connection:
            connection.execute(delete(tables.face_references))
        self.starts["OPEN-01"] = self.start("WD001-OPEN-01", self.zhang)  # given nothing: it may come again
        self.good("PUT", "/v1/checks/WD001-OPEN-01", self.starts["OPEN-01"])
        self.assisted = {"check_id": "WD001-STAFF-01", "person_id": self.husband}
        self.assisted |= {"staff": STAFF, "reason": "chosen", "visit": self.proof(self.husband)}
        sealed = signed_picture(self.review_key, "WD001-TOLD-01")
        self.picture = {"consent_version": "2026-01", "sealed": sealed}
        self.visit = {"request_id": "WD001-VISIT-01", "person_id": self.zhang}
        checks = "/v1/checks/{check_id}"
        self.goods = {
            ("PUT", checks): Good("/v1/checks/WD001-OPEN-01", self.starts["OPEN-01"], wire.CheckStart),
            ("POST", f"{checks}/evidence"): Good(
                "/v1/checks/WD001-TOLD-01/evidence", self.told, wire.CheckEvidence
            ),
            ("POST", f"{checks}/picture"): Good(
                "/v1/checks/WD001-TOLD-01/picture", self.picture, wire.ReviewPicture
            ),
            ("POST", f"{checks}/withdraw"): Good("/v1/checks/WD001-BACK-01/withdraw"),
            ("PUT", "/v1/assisted-checks/{check_id}"): Good(
                "/v1/assisted-checks/WD001-STAFF-01", self.assisted, wire.AssistedCheck
            ),
            ("PUT", "/v1/home-visits/{request_id}"): Good(
                "/v1/home-visits/WD001-VISIT-01", self.visit, wire.HomeVisit
            ),
        }
        for (method, _), good in self.goods.items():
            self.good(method, good.path, good.body)

    def proof(self, person_id, kiosk_id="WD001", ago_ms=0):
        now_ms = self.app.settings.clock.now_ms()
        return visit_proof.issue(self.app.keys, kiosk_id, person_id, now_ms - ago_ms)

    def start(self, check_id, person_id):
        body = {"check_id": check_id, "person_id": person_id, "consent_version": "2026-01"}
        return {**body, "kiosk_key": ReceiverKey().public.hex(), "visit": self.proof(person_id)}


@pytest.fixture(scope="module")
def seeded(tmp_path_factory):
    folder = tmp_path_factory.mktemp("checked") / "data"
    settings = Settings(folder, sandbox=True, township=3, sweep_interval_s=0, clock=StoodClock())
    open_service(settings).close()
    return replace(settings, clock=LaterClock())


@pytest.fixture(scope="module")
def routes(seeded):
    app = create_app(seeded)
    app.state.service.close()
    return sorted(
        (method, route.path)
        for route in app.routes
        if isinstance(route, APIRoute) and route.path.startswith(OURS)
        for method in route.methods
    )


@pytest.fixture(scope="module")
def bench(seeded, routes):
    with running(seeded) as central:
        bench = CheckBench(central)
        yield bench
        bench.close()


def test_every_call_of_the_check_is_here(bench, routes):
    assert set(routes) == set(bench.goods) and len(routes) == 6


def test_a_spoilt_request_is_refused_and_leaves_nothing(bench, routes):
    before, codes = bench.state(), Counter()
    for method, path in routes:
        good = bench.goods[method, path]
        for number in range(EACH):
            spoilt = spoil(
                Random(f"{method} {path} {number}"), request(method, good.path, good.body), good.body
            )
            status, _, content = answer = bench.line.send(spoilt)
            place = f"{method} {path} number {number}, {spoilt.faults}: {status} {content[:200]!r}"
            after = bench.state()
            assert after == before, (place, changed(before, after))
            if status < 300:
                assert is_still_good(good, spoilt), place
            else:
                codes[refused(answer)] += 1
    assert codes.total() > 4 * EACH
    assert codes.keys() >= {
        *(ProblemCode.INVALID_REQUEST, ProblemCode.UNAUTHORISED),
        *(ProblemCode.CHECK_UNKNOWN, ProblemCode.CHECK_CONFLICT),
    }


def wrong(bench):
    """(what is wrong, method, address, body, refusal) of requests of the right shape."""
    fresh = bench.start("WD001-FRESH-1", bench.zhang)
    told, picture, assisted = bench.told, bench.picture, bench.assisted
    for key in (
        bytes(32),
        b"\x01" + bytes(31),
        bytes.fromhex("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"),
    ):
        yield (
            "no key of anybody",
            "PUT",
            "/v1/checks/WD001-FRESH-1",
            {**fresh, "kiosk_key": key.hex()},
            "invalid_request",
        )
    starts = [
        ("nobody", {**fresh, "person_id": "z000nobody"}, "person_unknown"),
        ("a consent nobody knows", {**fresh, "consent_version": "2031-01"}, "invalid_request"),
        ("a key in capitals", {**fresh, "kiosk_key": fresh["kiosk_key"].upper() + "A"}, "invalid_request"),
        ("draws nothing", bench.start("WD001-FRESH-1", bench.daughter), "not_due"),
        ("no visit", {**fresh, "visit": ""}, "visit_over"),
        ("another's visit", {**fresh, "visit": bench.proof(bench.husband)}, "visit_over"),
        ("a visit elsewhere", {**fresh, "visit": bench.proof(bench.zhang, "WD002")}, "visit_over"),
        ("half an hour ago", {**fresh, "visit": bench.proof(bench.zhang, ago_ms=1_800_001)}, "visit_over"),
        (
            "a key that was used",
            {**fresh, "kiosk_key": bench.starts["TOLD-01"]["kiosk_key"]},
            "invalid_request",
        ),
        ("another person", {**bench.starts["OPEN-01"], "person_id": bench.husband}, "check_conflict"),
        ("references were given", bench.starts["TOLD-01"], "reference_given"),
        ("taken back", bench.starts["BACK-01"], "consent_withdrawn"),
    ]
    for what, body, code in starts:
        yield what, "PUT", f"/v1/checks/{body['check_id']}", body, code
    yield "another address", "PUT", "/v1/checks/WD001-OTHER-1", fresh, "invalid_request"
    nobody = "/v1/checks/WD001-NOBODY-1"
    yield "no such check", "POST", f"{nobody}/evidence", told, "check_unknown"
    yield "no such check", "POST", f"{nobody}/withdraw", None, "check_unknown"
    yield "no such check", "POST", f"{nobody}/picture", picture, "invalid_request"  # it is sealed for another
    sealed = {**picture, "sealed": signed_picture(bench.review_key, "WD001-NOBODY-1")}
    yield "no such check", "POST", f"{nobody}/picture", sealed, "check_unknown"
    yield (
        "told otherwise",
        "POST",
        "/v1/checks/WD001-TOLD-01/evidence",
        {**told, "frames": 1},
        "check_conflict",
    )
    yield "taken back", "POST", "/v1/checks/WD001-BACK-01/evidence", told, "consent_withdrawn"
    yield "of staff", "POST", "/v1/checks/WD001-STAFF-01/evidence", told, "check_conflict"
    for what, content in pictures():
        body = {**picture, "sealed": sealed_text(content, bench.review_key, "WD001-TOLD-01")}
        yield what, "POST", "/v1/checks/WD001-TOLD-01/picture", body, "invalid_request"
    other = {**picture, "sealed": signed_picture(bench.review_key, "WD001-TOLD-01", JPEG + b"x")}
    yield "another picture", "POST", "/v1/checks/WD001-TOLD-01/picture", other, "check_conflict"
    for text in ("AAAAA", base64.b64encode(b"short").decode(), "A" * 60_000):
        yield (
            "no seal",
            "POST",
            "/v1/checks/WD001-TOLD-01/picture",
            {**picture, "sealed": text},
            "invalid_request",
        )
    own = base64.b64encode(bench.key.public + b"x" * 80).decode()
    yield "no seal", "POST", "/v1/checks/WD001-TOLD-01/picture", {**picture, "sealed": own}, "invalid_request"
    yield (
        "nothing is told",
        "POST",
        "/v1/checks/WD001-OPEN-01/picture",
        {**picture, "sealed": signed_picture(bench.review_key, "WD001-OPEN-01")},
        "check_conflict",
    )
    new = {**assisted, "check_id": "WD001-STAFF-02", "person_id": bench.zhang}
    new["visit"] = bench.proof(bench.zhang)
    confirmed = [
        ("is being compared", {**new, "person_id": bench.husband, "visit": assisted["visit"]}, "not_due"),
        ("no visit", {**new, "visit": ""}, "visit_over"),
        ("another's visit", {**new, "visit": assisted["visit"]}, "visit_over"),
        ("nobody", {**new, "person_id": "z000nobody"}, "person_unknown"),
        ("no staff", {**new, "staff": {"number": ZHANG, "name": "张秀英"}}, "staff_unknown"),
        ("half a letter", {**new, "staff": {**STAFF, "name": "\ud800"}}, "invalid_request"),
        ("half a letter", {**new, "staff": {**STAFF, "number": "\ud800" * 18}}, "invalid_request"),
        ("another name", {**new, "staff": {**STAFF, "name": "丛"}}, "staff_unknown"),
        ("another reason", {**assisted, "reason": "machine"}, "check_conflict"),
        ("a check's id", {**new, "check_id": "WD001-TOLD-01"}, "check_conflict"),
    ]
    for what, body, code in confirmed:
        yield what, "PUT", f"/v1/assisted-checks/{body['check_id']}", body, code
    yield "another address", "PUT", "/v1/assisted-checks/WD001-OTHER-1", new, "invalid_request"
    visits = "/v1/home-visits"
    yield (
        "nobody",
        "PUT",
        f"{visits}/WD001-VISIT-02",
        {"request_id": "WD001-VISIT-02", "person_id": "z000nobody"},
        "person_unknown",
    )
    yield (
        "another person",
        "PUT",
        f"{visits}/WD001-VISIT-01",
        {**bench.visit, "person_id": bench.husband},
        "check_conflict",
    )
    yield "another address", "PUT", f"{visits}/WD001-VISIT-02", bench.visit, "invalid_request"


def pictures():
    """(what is wrong, what is well sealed)"""
    jpeg, strokes = base64.b64encode(JPEG).decode(), [[[1, 2], [3, 4]]]
    good = {"picture": jpeg, "strokes": strokes}
    yield "nothing", b""
    yield "no JSON", b"\xff\xd8\xff"
    yield "no UTF-8", b'{"picture": "\xff"}'
    yield "deep", b"[" * 20_000
    spoilt = [
        ("no signature", {**good, "strokes": []}),
        ("an empty stroke", {**good, "strokes": [[]]}),
        ("off the field", {**good, "strokes": [[[1001, 0]]]}),
        ("not a place", {**good, "strokes": [[[1, 2, 3]]]}),
        ("a fraction", {**good, "strokes": [[[1.5, 2]]]}),
        ("a truth", {**good, "strokes": [[[True, False]]]}),
        ("no base64", {**good, "picture": "~~~~"}),
        ("not a JPEG", {**good, "picture": base64.b64encode(b"\x89PNG\r\n").decode()}),
        ("no picture", {"strokes": strokes}),
        ("more", {**good, "name": "张秀英"}),
        ("a list", [good]),
    ]
    yield from ((what, json.dumps(value).encode()) for what, value in spoilt)


def test_what_is_well_formed_and_wrong_has_its_own_refusal(bench):
    before, found, expected = bench.state(), [], []
    for what, method, address, body, code in wrong(bench):
        found.append((what, address, refused(bench.line.send(request(method, address, body))).value))
        expected.append((what, address, code))
        assert bench.state() == before, (what, address)
    assert found == expected


def test_nothing_of_anybody_is_in_the_log(bench, caplog):
    """Good and bad requests of a name, a number, a key and a face, at the most talkative level there is."""
    with caplog.at_level("DEBUG"):
        for (method, _), good in bench.goods.items():
            bench.line.send(request(method, good.path, good.body))
        for _, method, address, body, _ in wrong(bench):
            bench.line.send(request(method, address, body))
    for secret in (
        ZHANG,
        STAFF["number"],
        "张秀英",
        "丛海燕",
        bench.picture["sealed"][:40],
        bench.key.public.hex(),
    ):
        assert secret not in caplog.text
