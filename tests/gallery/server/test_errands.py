"""Visits and exports that are started from the page: made by the program itself, under its own manners."""

import html
import json
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
from playwright.sync_api import expect

import cli
from console.gallery import collecting, menu
from db.jobs import Stage
from db.records import Role
from demo.samples import sample_account
from demo.site import ReplicaSite
from exporting.request import Form, Subject
from gallery.server.collecting import Collecting
from gallery.server.export_wish import FORMS, SUBJECTS, ExportWish
from gallery.server.menu import Menu
from scraper.site import site_at
from tests.gallery.conftest import Studio, hang_some
from tests.gallery.server.conftest import Gallery, Visiting, served

REAL = menu()
# Works until it is told to end.
PATIENT = Menu(program=(sys.executable, "-c", """
import json, signal, time
signal.signal(signal.SIGINT, signal.default_int_handler)    # which is ignored where the tests run in the background
try:
    time.sleep(60)
except KeyboardInterrupt:
    print(json.dumps({"type": "summary", "exit_code": 130}))
"""))
# Is sent away, as in a cool-down.
SENT_AWAY = Menu(program=(sys.executable, "-c", """
import json, sys
print("error: natgeo: no page before 18:00", file=sys.stderr)
print(json.dumps({"type": "summary", "exit_code": 75}))
sys.exit(75)
"""))


def follow_two(studio: Studio) -> None:
    studio.content("red", name="boat.png")
    studio.library.follows.add("natgeo", Role.STYLE, 7)
    studio.library.follows.add("museum", None, None)


@pytest.fixture
def patient(tmp_path: Path) -> Iterator[Gallery]:
    with served(tmp_path, fill=follow_two, menu=PATIENT, collecting=Collecting(exports=tmp_path)) as gallery:
        yield gallery
        for job in gallery.library.errands.all():
            gallery.library.errands.stop(job.id)


def wait(holds: Callable[[], bool]) -> None:
    until = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.02)


def test_a_visit_is_made_by_the_program_and_what_it_found_is_there(tmp_path: Path, visiting: Visiting) -> None:
    with ReplicaSite([sample_account("ana", posts=1, width=48, height=60)]) as site:
        there = Collecting(site_at(site.base_url).key, 40, (f"--base-url={site.base_url}", "--page-delay=0"))
        with served(tmp_path, menu=REAL, collecting=there, fill=lambda studio: studio.library.follows.add(
                "ana", Role.STYLE, None)) as gallery, visiting(gallery) as visit:
            visit.go("/collect")
            visit.page.get_by_role("button", name="Visit now: ana").click()
            expect(visit.page.locator("[data-key=ana]")).to_contain_text("1 image", timeout=60_000)
            expect(visit.page.locator("[data-key=past] .state")).to_have_text("done", timeout=20_000)
            assert gallery.library.images.counts()[Role.STYLE] == 1
            told = gallery.client.ask("/collect").text
            assert "the whole timeline was seen" in told
            assert "of 40 pages" in told


def test_a_visit_is_asked_for_as_the_profile_is_followed_and_one_at_a_time(patient: Gallery) -> None:
    client, errands = patient.client, patient.library.errands
    assert client.post("/errands/visit", {"profile": "@natgeo"}).status == 303
    (job,) = errands.all()
    assert job.stage is Stage.RUNNING
    assert job.arguments == ("--library", str(patient.library.root), "scrape", "--json", "--role=style", "--limit=7",
                             "natgeo")
    again = client.post("/errands/visit", Accept="application/json")
    assert (again.status, again.text) == (409, "Another visit is under way.")
    assert client.post("/errands/export", {"name": "set", "q": "1"}).status == 303     # which is no visit
    assert client.post("/errands/stop", {"errand": job.id}).status == 303
    wait(lambda: errands.get(job.id).stage is Stage.STOPPED)
    assert client.post("/errands/visit").status == 303
    assert errands.all()[-1].arguments[2:] == ("refresh", "--json")


@pytest.mark.parametrize("name", ["--yes", "-x", "a b", "../x", "https://evil.example/", "p/DcvZXOD0JLA", ";id"])
def test_what_is_no_profile_starts_nothing(patient: Gallery, name: str) -> None:
    assert patient.client.post("/errands/visit", {"profile": name}).status == 400
    assert patient.library.errands.all() == []


def test_one_that_is_sent_away_is_not_tried_again_and_says_why(tmp_path: Path, visiting: Visiting) -> None:
    with served(tmp_path, fill=follow_two, menu=SENT_AWAY) as gallery, visiting(gallery, 390, 844) as visit:
        visit.go("/collect")
        visit.page.get_by_role("button", name="Visit all now").click()
        expect(visit.page.locator("[data-key=past] li")).to_contain_text("natgeo: no page before 18:00")
        expect(visit.page.locator("[data-key=past] .state")).to_have_text("failed")
        gallery.library.politeness.refused("instagram.com", "museum: a login page", datetime.now(UTC))
        visit.page.reload()
        expect(visit.page.get_by_role("button", name="Visit all now")).to_be_disabled()
        visit.page.get_by_role("button", name="Remove errand").click()
        expect(visit.page.locator("[data-key=past]")).to_have_count(0)


def test_one_that_only_shows_or_another_page_starts_nothing(tmp_path: Path, patient: Gallery) -> None:
    for path in ("/errands/visit", "/errands/export", "/errands/stop", "/errands/forget"):
        assert patient.client.post(path, {"name": "x"}, Origin="https://evil.example").status == 403
    assert patient.library.errands.all() == []
    with served(tmp_path / "shown", read_only=True, fill=follow_two, menu=PATIENT) as gallery:
        assert "<button" not in gallery.client.ask("/collect/parts").text
        assert gallery.client.post("/errands/visit").status == 403
        assert gallery.library.errands.all() == []


def test_an_export_is_shown_as_a_command_line_and_written_by_it(tmp_path: Path, visiting: Visiting) -> None:
    with (
        served(tmp_path, menu=REAL, collecting=replace(collecting(), exports=tmp_path)) as gallery,
        visiting(gallery) as visit,
    ):
        visit.go("/collect")
        visit.page.get_by_role("textbox", name="Folder").fill("my-set")
        visit.page.get_by_label("Which").fill("1 2 -2")
        visit.page.get_by_role("button", name="Show").click()
        expect(visit.page.get_by_text("1 image, into")).to_contain_text(str(tmp_path / "my-set"))
        expect(visit.page.locator(".command")).to_have_text(
            f"stylegram --library {gallery.library.root} export {tmp_path}/my-set --as=imagefolder -- 1 2 -2")
        visit.page.get_by_role("button", name="Export").click()
        expect(visit.page.locator("[data-key=past] .state")).to_have_text("done", timeout=60_000)
        (table,) = (tmp_path / "my-set").rglob("metadata.jsonl")
        rows = table.read_text().splitlines()
        assert [json.loads(row)["id"] for row in rows] == [1]


def hang_filed(studio: Studio) -> None:
    """Results as ever; image 2 is filed and starred, 3 is excluded."""
    hang_some(studio)
    studio.library.marks.tag_images([2], ["sea"])
    studio.library.marks.star_images([2])
    studio.library.marks.exclude([3])


@pytest.fixture(scope="module")
def filed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gallery]:
    """Nothing is changed in it."""
    with served(tmp_path_factory.mktemp("filed"), fill=hang_filed) as gallery:
        yield gallery


def offered(gallery: Gallery, path: str) -> ExportWish:
    """What the link of a page exports."""
    link = gallery.client.ask(path).text.partition(">Export these</a>")[0].rpartition('href="')[2].partition('"')[0]
    page = gallery.client.ask(html.unescape(link).removesuffix("#export"))
    wish = ExportWish.of(dict(parse_qsl(urlsplit(html.unescape(link)).query)))
    assert html.escape(wish.command(gallery.library.root, Path()), quote=False) in page.text.replace("&#39;", "'")
    return wish


@pytest.mark.parametrize(("address", "images", "options"), [
    ("", [1, 2, 4], []), ("q=1-3+-2&sort=-id", [1], ["--", "1-3", "-2"]), ("role=style", [4], ["--role=style"]),
    ("tag=sea&starred=1", [2], ["--tag=sea", "--favourite"]), ("status=excluded", [3], ["--status=excluded"]),
    ("text=boat&since=2990-01-01&until=2990-01-02", [], None),
    ("min_side=40&aspect=landscape&full_size=1", [1], ["--min-side=40", "--aspect=landscape", "--full-size"])])
def test_what_the_filters_of_the_images_leave_is_what_is_exported(
    filed: Gallery, tmp_path: Path, capsys: pytest.CaptureFixture[str], address: str, images: list[int],
    options: list[str] | None,
) -> None:
    if options is None:
        assert "Export these" not in filed.client.ask(f"/images?{address}").text
        return
    wish = offered(filed, f"/images?{address}")
    arguments = wish.arguments(filed.library.root, tmp_path)
    assert arguments[5:] == options
    assert wish.count(filed.library)[0] == len(images)
    assert cli.run([*arguments[:2], "export", "--dry-run", "--json", *arguments[3:]]) == 0
    plan = next(told for line in capsys.readouterr().out.splitlines() if (told := json.loads(line))["type"] == "plan")
    assert plan["rows"] == len(images)


def test_what_hangs_on_the_wall_is_exported_by_its_numbers_and_what_is_excluded_is_said_to_be_left_out(
    filed: Gallery
) -> None:
    wish = offered(filed, "/?loss=5")
    assert wish.arguments(Path("/l"), Path("/o"))[4:] == ["--as=imagefolder", "--pairs", "--", "r1"]
    everything = offered(filed, "/")
    assert everything.pick.q == "r1-3"
    assert everything.count(filed.library) == (1, 2)
    told = filed.client.ask(everything.address().removesuffix("#export")).text
    assert "1 pair; 2 more are excluded and left out" in told


def test_filters_without_a_field_are_told_and_taken_off_by_a_link(filed: Gallery) -> None:
    page = filed.client.ask("/collect?name=set&tag=sea&starred=1&role=content").text
    assert "<b>tag sea</b>, <b>starred</b>" in page
    assert "1 image" in page
    assert 'href="/collect?name=set&amp;form=imagefolder&amp;subject=images&amp;role=content#export"' in page
    assert 'type="hidden" name="tag" value="sea"' in page


def test_without_a_folder_it_is_only_told_how(tmp_path: Path) -> None:
    with served(tmp_path, menu=PATIENT) as gallery:
        page = gallery.client.ask("/collect?name=set&q=1").text
        assert "export set --as=imagefolder -- 1" in page
        assert "/errands/export" not in page
        assert gallery.client.post("/errands/export", {"name": "set", "q": "1"}).status == 400
        assert "no image 99" in gallery.client.ask("/collect?name=set&q=99").text


@pytest.mark.parametrize("said", [
    {"name": "../../x"}, {"name": "/etc"}, {"name": ".ssh"}, {"name": "-x"}, {"name": "a/b"}, {"name": "a\0"},
    {"form": "--yes"}, {"subject": "--paths"}, {"role": "--json"}, {"split": "90;id"}, {"side": "-1"},
    {"side": "9" * 9}])
def test_what_makes_no_sense_of_an_export_is_as_if_it_were_not_said(said: dict[str, str]) -> None:
    assert ExportWish.of(said) == ExportWish()


def test_words_of_an_export_are_never_options() -> None:
    wish = ExportWish.of({"q": "--paths -3 @natgeo", "form": "csv", "subject": "pairs", "split": "90,10", "side": "64"})
    assert wish.arguments(Path("/lib"), Path("/out")) == [
        "--library", "/lib", "export", "/out/export", "--as=csv", "--pairs", "--split=90,10", "--side=64",
        "--", "--paths", "-3", "@natgeo"]
    assert set(FORMS) == set(Form)
    assert set(SUBJECTS) == set(Subject)
