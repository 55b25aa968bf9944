"""Visits and exports that are started from the page: made by the program itself, under its own manners."""

import json
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import expect

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
from tests.gallery.conftest import Studio
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
