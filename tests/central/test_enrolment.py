"""The commands that put faces and staff there, and what lies on the disk of central."""

import io

import pytest
from PIL import Image
from sqlalchemy import select
from typer.testing import CliRunner

from central import references, tables
from central.__main__ import app
from kiosk.face import reference_format
from stand.people import card
from tests.central.sitter import DUE_S, ZHANG, Sitter

PORTRAIT = "stand/faces/astronaut.png"  # public domain


@pytest.fixture
def data(start):
    """The folder of a central that has stopped."""
    central = start()
    folder = central.service.settings.data
    central.stop()
    return folder


@pytest.fixture
def portrait(tmp_path):
    file = tmp_path / "portrait.jpg"
    Image.open(PORTRAIT).convert("RGB").resize((207, 256)).save(file, quality=85)
    return file


def run(*arguments, good=True):
    done = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert (done.exit_code == 0) == good, done.output
    return done.output


def keep(data, portrait, *more, number=ZHANG, **kwargs):
    arguments = ("reference", "add", "--data", data, "--person", number, "--source", "photo")
    return run(*arguments, "--image", portrait, *more, **kwargs)


def test_a_face_is_kept_counted_given_and_removed(data, portrait, start, kiosk_at, clock):
    assert keep(data, portrait, "--taken", "2021-05-06") == "kept; faces of 1 people are stored\n"
    assert keep(data, portrait) == "kept; faces of 1 people are stored\n"  # in place of the one before
    clock.move_s(DUE_S)
    central = start()
    sitter = Sitter(kiosk_at(central), clock)
    (given,) = sitter.begun()["references"]
    stored = reference_format.read(sitter.open_reference(given))
    assert stored == reference_format.StoredPicture(portrait.read_bytes())
    with Image.open(io.BytesIO(stored.coded)) as image:
        assert image.size == (207, 256)
    central.stop()
    assert run("reference", "remove", "--data", data, "--person", ZHANG) == "1 removed\n"
    assert run("reference", "remove", "--data", data, "--person", ZHANG) == "0 removed\n"


def test_no_face_can_be_read_on_the_disk(data, portrait):
    keep(data, portrait)
    coded = portrait.read_bytes()
    for file in data.rglob("*"):
        if file.is_file():
            content = file.read_bytes()
            assert all(coded[at : at + 64] not in content for at in range(0, len(coded) - 64, 512)), file.name
    key = data / "keys" / "review.bin"
    assert (key.stat().st_mode & 0o777, len(key.read_bytes())) == (0o600, 32)


@pytest.mark.parametrize(
    "content", [b"", b"\x89PNG\r\n\x1a\n" + bytes(3000), b"\xff\xd8\xff" + bytes(400_000)]
)
def test_what_is_no_picture_is_not_kept(data, tmp_path, content):
    file = tmp_path / "file"
    file.write_bytes(content)
    assert "JPEG" in keep(data, file, good=False)
    assert "cannot be read" in keep(data, tmp_path / "nothing", good=False)
    assert "registered" in keep(data, file, number="371081199901010019", good=False)
    assert ZHANG not in keep(data, file, good=False)


def test_staff_come_and_go(data, start):
    def staff(command, *more, good=True):
        return run("staff", command, "--data", data, *more, good=good)

    number = "371081198012010019"
    assert staff("add", "--number", number, "--name", "于小舟", "--operator", "于复核") == "added\n"
    assert "3710••••••••0019  于小舟  于复核\n" in staff("list")
    assert "there already" in staff("add", "--number", number, "--name", "于小舟", good=False)
    assert staff("remove", "--number", number) == "removed\n"
    assert "3710••••••••0019  于小舟  于复核  (removed)\n" in staff("list")
    assert "nobody" in staff("remove", "--number", number, good=False)
    assert staff("add", "--number", number, "--name", "于小舟") == "added\n"
    assert "3710••••••••0019  于小舟\n" in staff("list")
    for wrong in ("12", "37108119801201001９", "x" * 18 + "'", "371081 19801201001"):
        staff("add", "--number", wrong, "--name", "于小舟", good=False)
    staff("add", "--number", "371081198012020014", "--name", "", good=False)
    central = start()
    with central.service.database.read() as connection:
        assert len(connection.execute(select(tables.staff)).all()) == 3
        assert references.stored_faces(connection) == 0  # nobody has a face unless somebody puts it there


def test_the_panel_finds_staff_cards_when_it_asks_for_them(kiosk):
    found = kiosk.good("GET", "/sandbox/people?q=staff")
    assert [each["name"] for each in found] == ["丛海燕", "毕文斌"]
    assert [card(each).name for each in found] == ["丛海燕", "毕文斌"]
    assert kiosk.good("GET", "/sandbox/people?q=丛海燕") == found[:1]
    everybody = {each["number"] for each in kiosk.good("GET", "/sandbox/people")}
    assert not everybody & {each["number"] for each in found}
