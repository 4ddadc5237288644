"""What a reviewer sees of a yearly check and may decide, through the real pages; who looked; how many faces are stored."""

import base64
import io
import re
from datetime import date

import pytest
import requests
from PIL import Image
from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError

from central import alarms, face_count, operators, references, review_words, tables
from central.differences import Kind
from central.face_count import LOOK_EVERY_MS, FaceWatch
from central.judgement import Reason
from central.office import Office
from central.operators import Role
from central.review_words import waited
from kiosk import wire
from kiosk.face import guidance, verdicts, zones
from kiosk.face.weights import RESNET
from kiosk.flows import without_camera
from kiosk.wire import ReferenceSource
from tests.central.review_hall import Hall, comparison, jpeg
from tests.central.sitter import card_number, waits_unseen

NAMES = {
    Role.AUDITOR: "王会计",
    Role.TECHNICIAN: "赵技术",
    Role.SUPERVISOR: "李主管",
    Role.REVIEWER: "陈复核",
}
WANG = ("371081198001010017", "王芳")


@pytest.fixture
def hall(central, kiosk, clock):
    return Hall(central, kiosk, clock)


@pytest.fixture
def desk(central):
    """ask(method, path, role, **fields); role None is nobody."""
    with central.service.database.write() as connection:
        keys = {
            role: operators.add(connection, name, role, card_number(n), at_ms=0)
            for n, (role, name) in enumerate(NAMES.items())
        }
    with requests.Session() as session:
        session.trust_env = False

        def ask(method, path, role=Role.REVIEWER, **fields):
            coded = base64.b64encode(f"{NAMES[role]}:{keys[role]}".encode()).decode() if role else ""
            return session.request(
                method,
                central.url + path,
                data=fields or None,
                headers={"Authorization": f"Basic {coded}"} if role else {},
                allow_redirects=False,
                timeout=20,
            )

        yield ask


@pytest.fixture
def decide(desk):
    def decide(check_id, decision="accept", role=Role.REVIEWER, note="脸型和眉毛一致", **fields):
        page = desk("GET", page_of(check_id), role)
        found = re.search(r'name="token" value="([0-9a-f]+)"', page.text)
        token = found[1] if found else "0" * 64
        fields = {"token": token, "note": note, "decision": decision, **fields}
        return desk("POST", f"{page_of(check_id)}/decide", role, **fields).status_code

    return decide


def token_of(hall, role, about=""):
    """Of a form that was loaded before."""
    with hall.database.read() as connection:
        (who,) = [each for each in operators.known(connection) if each.name == NAMES[role]]
    return Office(hall.central.service).token(who, about)


def page_of(check_id):
    return f"/operations/reviews/{check_id}"


def images_in(page):
    return [
        base64.b64decode(coded) for coded in re.findall(r'src="data:image/jpeg;base64,([^"]+)"', page.text)
    ]


def policy(page):
    return dict(part.strip().split(" ", 1) for part in page.headers["Content-Security-Policy"].split(";"))


# --- the queue ---


def test_the_one_who_waits_longest_is_first_and_nobody_is_named(hall, desk, clock):
    first, second, third = hall.people()[:3]
    hall.employ(*WANG)
    ids = [hall.compared(first)]
    clock.move_s(7200)
    ids.append(hall.assist(second, *WANG))
    clock.move_s(60)
    check_id, _key = hall.begin(third)
    hall.tell(check_id, end="accepted", doubts=["flat"])
    waits_unseen(hall.central, check_id, clock.now_ms())
    ids.append(check_id)
    clock.move_s(86_400)
    page = desk("GET", "/operations/reviews").text
    assert [each for each in re.findall(r"reviews/([A-Z0-9-]+)", page) if each in ids] == ids
    assert "1天2小时" in page and "请比对照片" in page and "请第二人复核" in page
    for person in (first, second, third):
        assert person.name not in page and person.number not in page
        assert f"{person.number[:4]}••••••••{person.number[-4:]}" in page
    assert "0.47" not in page  # no score stands where a verdict could be read


def test_a_check_that_settled_itself_is_nobodys_work(hall, desk):
    person = hall.people()[0]
    check_id, _key = hall.begin(person)
    hall.tell(check_id, end="no_match", comparisons=[comparison(zone="no_match")])
    assert check_id not in desk("GET", "/operations/reviews").text
    page = desk("GET", page_of(check_id))
    assert "不在等待复核" in page.text and "decide" not in page.text and not images_in(page)
    assert desk("GET", page_of("NO-SUCH-CHECK")).status_code == 404


# --- one of them ---


def test_the_faces_stand_side_by_side_on_the_page_itself_and_nowhere_else(hall, desk):
    person = hall.people()[0]
    stored = jpeg(height=200, quality=50)
    hall.keep_reference(person, coded=stored)
    hall.keep_reference(person, ReferenceSource.CERTIFIED, taken_on=date(2025, 11, 2))
    check_id = hall.compared(person)
    page = desk("GET", page_of(check_id))
    taken, certified, photo = images_in(page)
    assert (taken, photo) == (jpeg(), stored) and certified not in (taken, photo)
    assert "2025-11-02" in page.text and "2019-05-06" in page.text
    assert 'points="80,500 200,300 320,640 460,420"' in page.text and 'points="950,700 950,700"' in page.text
    assert policy(page)["img-src"] == "data:" and policy(page)["default-src"] == "'none'"
    assert page.headers["Cache-Control"] == "no-store"
    assert "http" not in page.text and "<script" not in page.text
    assert person.name not in page.text


def test_the_evidence_is_in_plain_words(hall, desk):
    asked = [
        {"action": "nod", "asked_ms": 5000, "done_ms": 7600},
        {"action": "turn_right", "asked_ms": 9000, "done_ms": None},
    ]
    seen = [
        comparison("photo", "review", 0.4712),
        comparison("certified", "no_match", 0.58),
        comparison("chip", "review", None, flaws=["few_bytes"]),
    ]
    check_id = hall.compared(hall.people()[0], asked=asked, doubts=["swapped"], comparisons=seen)
    page = desk("GET", page_of(check_id)).text
    assert re.search(r"慢慢点一下头.*看到</span> 2.6 秒后", page)
    assert re.search(r"慢慢向右转头.*没看到", page)
    assert "前后不像同一张脸" in page
    assert re.search(r"社保中心留存的照片.*机器拿不准", page)
    assert re.search(r"上次认证时留存的照片.*机器认为不像", page)
    assert re.search(r"证件芯片里的照片.*没有比对.*文件太小", page)
    assert wire.CONSENT_VERSION in page and RESNET.sha256 in page and "dlib" in page
    before, _, technical = page.partition("<details>")
    assert "0.4712" in technical and "0.4712" not in before
    assert before.index("您的决定") < before.index("机器的比对")  # a person looks before reading it


def test_without_a_signature_there_is_no_face_and_nothing_to_accept(hall, desk, decide):
    person = hall.people()[0]
    hall.keep_reference(person)
    check_id, _key = hall.begin(person)
    hall.tell(check_id, end="accepted", doubts=["flat"], comparisons=[comparison(zone="accept", score=0.3)])
    waits_unseen(hall.central, check_id, hall.clock.now_ms())
    page = desk("GET", page_of(check_id))
    assert not images_in(page) and "img-src" not in policy(page)
    assert 'value="accept"' not in page.text and 'value="another_way"' in page.text
    assert decide(check_id, "accept") == 403
    assert hall.state(check_id)[0] == "under_review"
    assert decide(check_id, "another_way") == 303
    assert hall.state(check_id)[0] == "refused"
    assert not hall.rows(tables.picture_looks)


@pytest.mark.parametrize("no_jp2", [False, True], ids=["a file", "a bare codestream"])
def test_a_reference_in_jpeg_2000_is_shown_pixel_for_pixel(hall, desk, no_jp2):
    with Image.open(io.BytesIO(jpeg(height=126))) as portrait:
        file = io.BytesIO()
        portrait.save(file, "JPEG2000", irreversible=False, no_jp2=no_jp2)
    person = hall.people()[0]
    hall.keep_reference(person, coded=file.getvalue())
    page = desk("GET", page_of(hall.compared(person))).text
    assert len(re.findall(r'<img src="data:image/jpeg;', page)) == 1
    (shown,) = re.findall(r'<img src="data:image/png;base64,([^"]+)"', page)
    with Image.open(io.BytesIO(base64.b64decode(shown))) as seen:
        assert seen.mode == "RGB" and seen.tobytes() == portrait.tobytes()


def plain(width, height):
    """A whole file of few bytes, of any size."""
    file = io.BytesIO()
    Image.new("L", (width, height), 128).save(file, "JPEG2000", irreversible=False, no_jp2=True)
    return file.getvalue()


@pytest.mark.parametrize(
    "coded",
    [b"\xff\x4f\xff\x51" + bytes(900), plain(64, 64)[:80], plain(2001, 2000)],
    ids=["damaged", "cut", "huge"],
)
def test_a_reference_that_cannot_be_opened_is_said(hall, desk, coded):
    person = hall.people()[0]
    hall.keep_reference(person, coded=coded)
    page = desk("GET", page_of(hall.compared(person)))
    assert len(images_in(page)) == 1 and "留存的照片打不开" in page.text
    assert "是不是同一个人" not in page.text
    assert "image/png" not in page.text


def test_without_a_reference_that_is_said(hall, desk):
    alone = desk("GET", page_of(hall.compared(hall.people()[1])))
    assert len(images_in(alone)) == 1 and "没有留存这个人的照片" in alone.text
    assert "是不是同一个人" not in alone.text  # there is nobody to be the same as
    assert "没有能比的留存照片" in alone.text and "怎样核实的（电话、证件…）" in alone.text


def test_faces_that_can_be_compared_are_asked_about(hall, desk):
    person = hall.people()[0]
    hall.keep_reference(person)
    page = desk("GET", page_of(hall.compared(person)))
    assert "是不是同一个人" in page.text and "您凭什么这样决定" in page.text


def test_names_and_notes_are_shown_as_text(hall, desk, decide):
    person = hall.people()[0]
    hall.employ(WANG[0], "<b>王</b>")
    check_id = hall.assist(person, WANG[0], "<b>王</b>")
    page = desk("GET", page_of(check_id)).text
    assert "&lt;b&gt;王" in page and "<b>王</b>" not in page
    assert decide(check_id, note='"><script>alert(1)</script>') == 303
    over = desk("GET", page_of(check_id)).text
    assert "&lt;script&gt;" in over and "<script" not in over


# --- deciding ---


def test_a_decision_has_a_name_and_a_note_and_leaves_no_picture(hall, desk, decide, kiosk):
    first, second = hall.people()[:2]
    accepted, refused = hall.compared(first), hall.compared(second)
    assert len(hall.rows(tables.review_pictures)) == 2
    assert decide(accepted, "accept", note="脸型和眉毛一致") == 303
    assert [row.check_id for row in hall.rows(tables.review_pictures)] == [refused]
    assert hall.state(accepted) == ("accepted", "陈复核", "脸型和眉毛一致")
    assert decide(refused, "another_way", role=Role.SUPERVISOR, note="照片太模糊") == 303
    assert not hall.rows(tables.review_pictures)
    assert hall.state(refused) == ("refused", "李主管", "照片太模糊")
    certified = [row.check_id for row in hall.rows(tables.certifications) if row.check_id]
    assert certified == [accepted]
    for check_id in (accepted, refused):
        page = desk("GET", page_of(check_id))
        assert not images_in(page) and "陈复核" in page.text
    assert decide(accepted, "another_way", token=token_of(hall, Role.REVIEWER, accepted)) == 409
    assert hall.state(accepted)[0] == "accepted"


def test_a_form_from_elsewhere_or_without_a_reason_decides_nothing(hall, desk, decide):
    check_id = hall.compared(hall.people()[0])
    others = re.search(
        r'name="token" value="([0-9a-f]+)"', desk("GET", page_of(check_id), Role.SUPERVISOR).text
    )[1]
    for fields in (
        {"token": ""},
        {"token": others},
        {"token": "é"},
        {"note": ""},
        {"note": " "},
        {"note": "x\x00y"},
        {"note": "长" * 301},
        {"decision": ""},
        {"decision": "ACCEPT"},
        {"decision": "withdrawn"},
    ):
        assert decide(check_id, **fields) == 403, fields
    assert desk("GET", f"{page_of(check_id)}/decide").status_code == 405
    assert desk("POST", f"{page_of('NO-SUCH-CHECK')}/decide", token="", note="x").status_code == 403
    assert hall.state(check_id)[0] == "under_review"
    assert len(hall.rows(tables.review_pictures)) == 1


def test_who_confirmed_at_the_machine_is_never_the_second_person(hall, desk, decide):
    first, second = hall.people()[:2]
    hall.employ(*WANG, operator=NAMES[Role.SUPERVISOR])
    hall.employ("371081197502020024", NAMES[Role.REVIEWER])  # known by the name they sign with
    for person, card, own, other in (
        (first, WANG, Role.SUPERVISOR, Role.REVIEWER),
        (second, ("371081197502020024", NAMES[Role.REVIEWER]), Role.REVIEWER, Role.SUPERVISOR),
    ):
        check_id = hall.assist(person, *card)
        page = desk("GET", page_of(check_id), own).text
        assert "须由另一个人复核" in page and "<form" not in page
        assert "须由别人复核" in desk("GET", "/operations/reviews", own).text
        token = token_of(hall, own, check_id)
        assert decide(check_id, role=own, token=token) == 403
        assert hall.state(check_id)[0] == "under_review"
        assert "<form" in desk("GET", page_of(check_id), other).text
        assert decide(check_id, role=other) == 303
        assert hall.state(check_id)[:2] == ("accepted", NAMES[other])


def test_nobody_sees_or_decides_their_own(hall, desk, decide):
    person = hall.people()[0]
    hall.employ(person.number, person.name, operator=NAMES[Role.REVIEWER])
    check_id = hall.compared(person)
    page = desk("GET", page_of(check_id))
    assert "须由另一个人复核" in page.text and "<form" not in page.text
    assert not images_in(page) and not hall.rows(tables.picture_looks)
    token = token_of(hall, Role.REVIEWER, check_id)
    assert decide(check_id, token=token) == 403
    assert len(hall.rows(tables.review_pictures)) == 1


def test_a_consent_taken_back_while_somebody_looks_ends_it(hall, desk, decide, kiosk):
    check_id = hall.compared(hall.people()[0])
    assert images_in(desk("GET", page_of(check_id)))
    kiosk.good("POST", f"/v1/checks/{check_id}/withdraw")
    token = token_of(hall, Role.REVIEWER, check_id)
    assert decide(check_id, token=token) == 409
    page = desk("GET", page_of(check_id))
    assert not images_in(page) and "撤回" in page.text
    assert hall.state(check_id)[0] == "withdrawn"


# --- who comes in, and who looked ---


@pytest.mark.parametrize("path", ["/operations/reviews", "/operations/reviews/WD001-CHECK-0001"])
def test_only_reviewers_and_supervisors_see_peoples_checks(hall, desk, path):
    hall.compared(hall.people()[0])
    for role, status in (
        (None, 401),
        (Role.AUDITOR, 403),
        (Role.TECHNICIAN, 403),
        (Role.REVIEWER, 200),
        (Role.SUPERVISOR, 200),
    ):
        page = desk("GET", path, role)
        assert page.status_code == status, role
        assert page.headers["Cache-Control"] == "no-store"
        assert status == 200 or ("CHECK" not in page.text and "data:" not in page.text)
    token = token_of(hall, Role.AUDITOR, "WD001-CHECK-0001")
    fields = {"token": token, "note": "核实过", "decision": "accept"}
    assert (
        desk("POST", "/operations/reviews/WD001-CHECK-0001/decide", Role.AUDITOR, **fields).status_code == 403
    )
    assert hall.state("WD001-CHECK-0001")[0] == "under_review"


@pytest.mark.parametrize(
    "path", ["/operations/reconciliation", "/operations/reconciliation/2026-11-23", "/operations/alarms"]
)
def test_a_reviewer_sees_nothing_of_the_books(desk, path):
    assert desk("GET", path, Role.AUDITOR).status_code in (200, 404)
    assert desk("GET", path, Role.REVIEWER).status_code == 403


def test_the_front_page_is_that_of_ones_role(desk):
    assert "对账" in desk("GET", "/operations", Role.AUDITOR).text
    answer = desk("GET", "/operations")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/operations/reviews")


def test_whoever_was_shown_a_face_is_written_down_for_good(hall, desk, clock):
    person = hall.people()[0]
    hall.keep_reference(person)
    check_id = hall.compared(person)
    desk("GET", "/operations/reviews")
    assert not hall.rows(tables.picture_looks)
    desk("GET", page_of(check_id))
    clock.move_s(60)
    page = desk("GET", page_of(check_id), Role.SUPERVISOR)
    looks = [(row.check_id, row.operator, row.shown) for row in hall.rows(tables.picture_looks)]
    assert looks == [(check_id, "陈复核", "taken,photo"), (check_id, "李主管", "taken,photo")]
    assert page.text.count("看了照片") == 2
    table = tables.picture_looks
    for statement in (update(table).values(operator="x"), delete(table)):
        with (
            pytest.raises(IntegrityError, match="only ever inserted"),
            hall.database.write() as connection,
        ):
            connection.execute(statement)
    assert len(hall.rows(table)) == 2


# --- how many faces are stored ---


def faces_alarms(hall):
    with hall.database.read() as connection:
        return [alarm for alarm in alarms.known(connection) if alarm.kind is Kind.STORED_FACES]


def test_an_alarm_comes_before_the_limit_and_again_at_each_step(hall, clock):
    watch = FaceWatch(hall.database, clock, alarm_from=3, step=2)
    people = hall.people()
    counted = []
    for person in people[:6]:
        hall.keep_reference(person)
        counted.append((watch.count(), len(faces_alarms(hall))))
    assert counted == [(1, 0), (2, 0), (3, 1), (4, 1), (5, 2), (6, 2)]
    assert [alarm.subject for alarm in reversed(faces_alarms(hall))] == ["3", "5"]
    with hall.database.write() as connection:
        for alarm in alarms.known(connection, of=[Kind.STORED_FACES]):
            alarms.clear(connection, alarm.alarm_id, "李主管", "已着手备案", at_ms=0)
    watch.count()
    assert len(faces_alarms(hall)) == 2  # cleared is not raised again at the same step
    hall.keep_reference(people[6])
    assert watch.count() == 7 and len(faces_alarms(hall)) == 3


def test_an_alarm_comes_again_after_the_count_has_fallen(hall, clock):
    watch = FaceWatch(hall.database, clock, alarm_from=3, step=1)
    people = hall.people()

    def to(count):
        with hall.database.write() as connection:
            for person in people:
                references.remove(connection, person.person_id, ReferenceSource.PHOTO)
        for person in people[:count]:
            hall.keep_reference(person, coded=b"\xff\xd8\xff")
        assert watch.count() == count
        return sorted(alarm.subject for alarm in faces_alarms(hall))

    assert to(4) == ["4"]
    assert to(3) == ["3", "4"]  # on the way down it is told where it stands
    assert to(4) == ["3", "4", "4 2"]
    assert to(3) == to(3) == ["3", "4", "4 2"]  # 3 has not been fallen below
    assert to(0) == ["3", "4", "4 2"]
    assert to(3) == ["3", "3 2", "4", "4 2"]
    assert to(4) == ["3", "3 2", "4", "4 2", "4 3"]
    watch.count()
    assert len(faces_alarms(hall)) == 5


def test_a_person_counts_once_whatever_is_stored_and_not_at_all_afterwards(hall, clock, decide):
    watch = FaceWatch(hall.database, clock)
    person, other = hall.people()[:2]
    hall.keep_reference(person)
    hall.keep_reference(person, ReferenceSource.CERTIFIED)
    check_id = hall.compared(person)
    assert watch.count() == 1
    waits = hall.compared(other)
    assert watch.count() == 2
    assert decide(waits, "another_way") == 303
    assert watch.count() == 1
    assert decide(check_id) == 303
    with hall.database.write() as connection:
        for source in (ReferenceSource.PHOTO, ReferenceSource.CERTIFIED):
            references.remove(connection, person.person_id, source)
    assert watch.count() == 0


def test_the_background_counts_now_and_then(hall, clock):
    watch = FaceWatch(hall.database, clock, alarm_from=1, step=1)
    watch.look()
    hall.keep_reference(hall.people()[0])
    clock.move_s(LOOK_EVERY_MS / 1000 - 1)
    watch.look()
    assert not faces_alarms(hall)
    clock.move_s(1)
    watch.look()
    assert len(faces_alarms(hall)) == 1


def test_the_alarm_comes_a_tenth_before_the_limit_of_the_law():
    assert (face_count.ALARM_FROM, face_count.FILED_FROM) == (90_000, 100_000)


def test_only_a_supervisor_answers_for_stored_faces(hall, desk, clock):
    hall.keep_reference(hall.people()[0])
    FaceWatch(hall.database, clock, alarm_from=1, step=1).count()
    (alarm,) = faces_alarms(hall)
    page = desk("GET", "/operations/alarms", Role.AUDITOR).text
    assert "存有人脸信息的人数" in page and "由值班主管处理" in page
    path = f"/operations/alarms/{alarm.alarm_id}/clear"
    for role, status in (
        (Role.AUDITOR, 403),
        (Role.TECHNICIAN, 403),
        (Role.REVIEWER, 403),
        (Role.SUPERVISOR, 303),
    ):
        token = token_of(hall, role)
        assert desk("POST", path, role, token=token, note="已着手备案").status_code == status


def test_the_figures_are_a_scrape(hall, desk, clock):
    hall.keep_reference(hall.people()[0])
    check_id = hall.compared(hall.people()[1])
    clock.move_s(90)
    answer = desk("GET", "/operations/metrics", Role.TECHNICIAN)
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    lines = answer.text.splitlines()
    values = dict(line.split() for line in lines if not line.startswith("#"))
    kinds = {line.split()[2] for line in lines if line.startswith("# TYPE") and line.endswith(" gauge")}
    assert set(values) == kinds
    states = tables.check_states
    with hall.database.read() as connection:
        since = select(states.c.at_ms).where(states.c.check_id == check_id, states.c.state == "under_review")
        assert connection.execute(since).scalar_one() == clock.now_ms() - 90_000
        waiting = len(hall.central.service.reviews.waiting(connection))
    assert int(values["stored_faces"]) == 2
    assert int(values["reviews_waiting"]) == waiting
    assert int(values["oldest_review_age_seconds"]) >= 90
    assert desk("GET", "/operations/metrics", None).status_code == 401


# --- words ---


@pytest.mark.parametrize(
    ("words", "known"),
    [
        (review_words.ACTIONS, guidance.Action),
        (review_words.DOUBTS, guidance.Doubt),
        (review_words.FLAWS, verdicts.Flaw),
        (review_words.SOURCES, zones.Source),
        (review_words.SOURCES, wire.ReferenceSource),
        (review_words.ZONES, zones.Zone),
        (review_words.STAFF_REASONS, wire.AssistedReason),
        (review_words.STATES, wire.CheckState),
    ],
)
def test_every_word_of_the_evidence_is_said_in_chinese(words, known):
    assert set(words) == {each.value for each in known}


def test_a_reviewer_reads_the_reason_in_the_words_staff_chose_it_by():
    assert {
        reason.value: words for reason, words in without_camera.REASONS.items()
    } == review_words.STAFF_REASONS


def test_every_reason_to_wait_has_words():
    flaws = {Reason.DOUBTED, Reason.NOT_ASKED, Reason.NOT_DONE, Reason.CONTRADICTED, Reason.NOT_COMPARED,
             Reason.NOT_GIVEN, Reason.NOT_ALL, Reason.UNNAMED, Reason.UNKNOWN_ENGINE, Reason.UNKNOWN_LIMITS,
             Reason.OTHER_ZONE, Reason.IMPOSSIBLE, Reason.REPEATED}  # fmt: skip
    times, people = {Reason.OUTSIDE, Reason.TOLD_LATE}, {Reason.PICTURE, Reason.SECOND_PERSON, Reason.PARKED}
    assert set(review_words.REASONS) == flaws | times | people | {Reason.REPORTED_DEAD}


@pytest.mark.parametrize(
    ("ms", "words"),
    [
        (0, "不到1分钟"),
        (59_999, "不到1分钟"),
        (60_000, "1分钟"),
        (3_599_999, "59分钟"),
        (3_600_000, "1小时"),
        (3_660_000, "1小时1分钟"),
        (86_399_999, "23小时59分钟"),
        (86_400_000, "1天"),
        (93_599_999, "1天1小时"),
        (8_640_000_000, "100天"),
    ],
)
def test_a_wait_is_said_as_people_say_it(ms, words):
    assert waited(ms) == words
