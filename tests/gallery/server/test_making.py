"""Make and Live in a real Chromium, with the program itself at work: chosen, started, watched, stopped, found again."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import expect

from console.gallery import menu
from db.jobs import Stage
from db.library import open_library
from db.records import Role
from gallery.server.serve import Listening, running
from tests.gallery.conftest import Studio
from tests.gallery.server.conftest import Client, Gallery, Visiting, served

CLI = Path(__file__).parents[3] / "cli.py"
JSON = {"Accept": "application/json"}
SMALL = replace(menu(), sizes=(48,), size=48, quality="draft", recipe="gatys")
# Does what a command line does that works until it is told to end, and says that it was told so.
PATIENT = (sys.executable, "-c", """
import json, pathlib, time
try:
    time.sleep(60)
except KeyboardInterrupt:
    print(json.dumps({"type": "summary", "exit_code": 130}))
""")


def two_by_two(studio: Studio) -> None:
    for name, colour in (("boat", "gray"), ("cat", "silver")):
        studio.content(colour, (48, 32), f"{name}.png")
    for name, colour in (("field", "olive"), ("night", "navy")):
        studio.style(colour, (40, 40), f"{name}.png")


@pytest.fixture
def studio_at_work(tmp_path: Path) -> Iterator[Gallery]:
    """Nothing is made yet; what is started does nothing until it is told to end."""
    with served(tmp_path, fill=two_by_two, menu=replace(SMALL, program=PATIENT)) as gallery:
        yield gallery
        for job in gallery.library.jobs.all():
            gallery.library.jobs.stop(job.id)


@contextmanager
def served_by_a_process(root: Path, port: int = 0) -> Iterator[tuple[subprocess.Popen[str], Listening]]:
    """The gallery as its command starts it; killed when the block ends."""
    arguments = ["--library", root, "gallery", "--no-open", "--port", str(port), "--json"]
    with subprocess.Popen([sys.executable, CLI, *arguments], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            told = json.loads(process.stdout.readline())
            first = told["address"]
            yield process, Listening("127.0.0.1", told["port"], first.partition("?")[0], first)
        finally:
            process.kill()


@pytest.mark.timeout(300)       # a busy machine takes long for four pictures, however small
def test_two_by_two_are_chosen_and_started_and_fill_their_cells_though_the_server_is_killed(
    tmp_path: Path, visiting: Visiting
) -> None:
    """With the program itself at work, and a wall that stays open all the while."""
    with open_library(tmp_path / "library") as library, ExitStack() as open_page:
        studio = Studio(library)
        two_by_two(studio)
        with served_by_a_process(library.root) as (server, where):
            gallery = Gallery(studio, where, Client(where), Client(where).enter())
            visit = open_page.enter_context(visiting(gallery))
            page = visit.page
            visit.go("/make?recipe=gatys&size=32&quality=draft")
            page.get_by_role("button", name="All shown").first.click()
            for name in ("field.png", "night.png"):
                page.get_by_role("checkbox", name=name).check()
            expect(page.locator("[data-told]")).to_contain_text("4 pictures")
            page.get_by_role("button", name="Start").click()
            page.wait_for_url("**/live")
            expect(page.locator(".jobs")).to_contain_text("4 pictures · gatys, 32 px, draft")
            visit.go("/")
            expect(page.locator("td.making")).to_have_count(4)
            expect(page.locator("td.making .badge", has_text="%").or_(page.locator("td img")).first).to_be_visible(
                timeout=120_000)
            server.kill()
            run, job = library.live.read(), library.jobs.get(1)
            assert run is not None
            assert (run.goes_on, run.done < 4, job.stage) == (True, True, Stage.RUNNING)
        with served_by_a_process(library.root, where.port):
            expect(page.locator("tbody td img[alt*='in the style of']")).to_have_count(4, timeout=120_000)
            expect(page.locator(".badge")).to_have_count(0)
            assert library.jobs.get(1).pid in (job.pid, None)
            assert {result.record.size for result in library.results.find()} == {32}
            visit.go("/live")
            expect(page.locator(".state.done")).to_be_visible()
            visit.complaints.clear()    # that nobody answered in between


def test_keys_alone_choose_and_start_in_a_narrow_window(studio_at_work: Gallery, visiting: Visiting) -> None:
    with visiting(studio_at_work, 390, 800) as visit:
        visit.go("/make")
        press = visit.page.keyboard.press
        visit.page.get_by_role("checkbox", name="cat.png").focus()
        for key in ("Space", "ArrowRight", "Space"):
            press(key)
        visit.page.get_by_role("checkbox", name="field.png").focus()
        press("Space")
        expect(visit.page.locator("[data-told]")).to_contain_text("2 pictures")
        while visit.page.evaluate("document.activeElement.textContent.trim()") != "Start":
            press("Tab")
        press("Enter")
        visit.page.wait_for_url("**/live")
    (job,) = studio_at_work.library.jobs.all()
    assert sorted(job.pairs) == [(1, 3), (2, 3)]


def test_the_server_goes_and_comes_back_and_the_batch_is_still_there(
    studio_at_work: Gallery, visiting: Visiting
) -> None:
    library, port = studio_at_work.library, studio_at_work.where.port
    with visiting(studio_at_work) as visit:
        studio_at_work.client.post("/jobs/start", {"content": [1, 2], "style": 3})
        visit.go("/live")
        expect(visit.page.locator(".state.running")).to_be_visible()
        pid = library.jobs.get(1).pid
    with open_library(library.root) as again, running(again, port=0, menu=SMALL) as where:
        assert where.port != port
        client = Client(where).enter()
        assert "running" in client.ask("/live").text
        assert again.jobs.get(1).pid == pid
        client.post("/jobs/stop", {"job": 1})
        until = time.monotonic() + 15
        while again.jobs.get(1).stage is not Stage.STOPPED:
            assert time.monotonic() < until
            time.sleep(0.05)


def test_jobs_wait_are_moved_paused_and_stopped_from_the_page(studio_at_work: Gallery, visiting: Visiting) -> None:
    post, jobs = studio_at_work.client.post, studio_at_work.library.jobs
    for content, style in ((1, 3), (1, 4), (2, 3)):
        post("/jobs/start", {"content": content, "style": style})
    with visiting(studio_at_work, 390, 800) as visit:
        visit.go("/live")
        listed = visit.page.locator(".jobs li")
        expect(listed.nth(0)).to_contain_text("running")
        expect(listed).to_have_count(3)
        listed.nth(2).get_by_role("button", name="Earlier").click()
        expect(listed.nth(1)).to_have_attribute("data-key", "job-3")
        listed.nth(0).get_by_role("button", name="Pause").click()
        expect(visit.page.locator("[data-key=job-1] .state")).to_have_text("paused")
        expect(visit.page.locator("[data-key=job-3] .state")).to_have_text("running")
        visit.page.locator("[data-key=job-3]").get_by_role("button", name="Stop").click()
        expect(visit.page.locator("[data-key=past] [data-key=job-3] .state")).to_have_text("stopped")
        expect(visit.page.locator("[data-key=job-2] .state")).to_have_text("running")
    assert [job.stage for job in jobs.all()] == [Stage.PAUSED, Stage.RUNNING, Stage.STOPPED]


def test_a_run_that_a_terminal_started_is_shown_as_it_comes_about(gallery: Gallery, visiting: Visiting) -> None:
    jpeg = gallery.client.ask("/thumbnail/result/1/320").body
    live = gallery.library.live
    with visiting(gallery) as visit, live.tell("gatys, 512 px, 300 steps", 1, [(2, 4)].__getitem__) as note:
        note.began(0)
        note.stepped(0, 3, 12, 5.0)
        note.glimpsed(0, 3, jpeg)
        note.write()
        expect(visit.page.locator("[data-pair='2-4'] .badge")).to_have_text("25 %")
        visit.go("/live")
        expect(visit.page.get_by_role("heading", name="gatys, 512 px, 300 steps")).to_be_visible()
        expect(visit.page.locator("[data-key=pair-0] .badge")).to_have_text("25 %")
        visit.page.wait_for_function("() => document.querySelector('[data-key=pair-0] img').naturalWidth > 0")
        note.stepped(0, 6, 12, 4.0)
        note.write()
        expect(visit.page.locator("[data-key=pair-0] .badge")).to_have_text("50 %")
        assert "started elsewhere" in visit.page.locator(".pace").inner_text()
        assert visit.page.get_by_role("button", name="Stop").count() == 0


def test_what_failed_is_told_with_its_reason_and_tried_again(tmp_path: Path, visiting: Visiting) -> None:
    def one_failed(studio: Studio) -> None:
        two_by_two(studio)
        content, style = studio.library.images.get(1), studio.library.images.get(3)
        studio.result(content, style, None, reason="out of <memory>", recipe="w2", size=96, steps=7)

    with served(tmp_path, fill=one_failed, menu=replace(SMALL, program=PATIENT)) as gallery:
        with visiting(gallery) as visit:
            visit.go("/live")
            expect(visit.page.locator(".failures .why")).to_have_text("out of <memory>")
            visit.page.get_by_role("button", name="Try again").click()
            expect(visit.page.locator(".jobs")).to_contain_text("once more: w2, 96 px")
        (job,) = gallery.library.jobs.all()
        assert job.arguments[2:] == (
            "stylize", "--json", "--content=1", "--style=3", "--recipe=w2", "--size=96", "--steps=7", "--seed=7")
        gallery.library.jobs.stop(job.id)


def test_an_empty_cell_offers_to_make_it(gallery: Gallery, visiting: Visiting) -> None:
    gallery.studio.result(gallery.library.images.get(1), gallery.studio.style("teal", name="sea.png"), "teal")
    with visiting(gallery) as visit:
        visit.page.get_by_role("link", name="Make portrait.png in the style of sea.png").click()
        visit.page.wait_for_url("**/make?content=2&style=5")
        chosen = visit.page.locator("input[type=checkbox]:checked")
        assert [box.get_attribute("value") for box in chosen.all()] == ["2", "5"]


@pytest.mark.parametrize("values", [
    {"content": 1}, {"content": 1, "style": 1}, {"content": 99, "style": 3},
    {"content": 1, "style": 3, "size": "--help"},
    {"content": 1, "style": 3, "recipe": "../x"}, {"content": 1, "style": 3, "quality": "x"},
    {"content": [1, 2], "style": 3, "vary": "style-weight", "values": "1,2"},
    {"content": 1, "style": 3, "vary": "output", "values": "/etc/passwd"},
    {"content": 1, "style": 3, "vary": ["", "seed"], "values": ["1,2", ""]},
    {"content": 1, "style": 3, "vary": ["", "seed"], "values": ["1,2", "3,4"]},
    {"content": 1, "style": 3, "vary": "seed", "values": ""}, {"content": 1, "style": 3, "vary": "seed", "values": "x"},
    {"content": 1, "style": 3, "vary": ["seed", "seed"], "values": ["1,2", "3,4"]},
    {"content": 1, "style": 3, "strength": "101"}, {"content": 1, "style": 3, "strength": "--help"},
    {"content": 1, "style": 3, "vary": "style-weight", "values": "1 $(x)"}])
def test_what_makes_no_sense_starts_nothing(studio_at_work: Gallery, values: dict[str, object]) -> None:
    answer = studio_at_work.client.post("/jobs/start", values, **JSON)
    assert answer.status == 400
    assert studio_at_work.library.jobs.all() == []


def test_a_sweep_is_one_command_with_its_grid(studio_at_work: Gallery) -> None:
    answer = studio_at_work.client.post("/jobs/start", [
        ("content", 1), ("style", 3), ("vary", "style-weight"), ("values", "1e2, 1e3"), ("vary", "seed"),
        ("values", "1,2")], **JSON)
    assert answer.text == '{"go":"/live"}'
    (job,) = studio_at_work.library.jobs.all()
    assert job.arguments[2:] == (
        "sweep", "--json", "--vary=style-weight=1e2,1e3", "--vary=seed=1,2", "--content=1", "--style=3",
        "--recipe=gatys", "--size=48", "--quality=draft",
        f"--output={studio_at_work.library.jobs.folder(1) / 'sweep.png'}")


def test_what_a_sweep_varies_has_no_value_besides_and_an_empty_axis_is_none(studio_at_work: Gallery) -> None:
    answer = studio_at_work.client.post("/jobs/start", [
        ("content", 1), ("style", 3), ("recipe", "gatys"), ("quality", "fine"), ("strength", "40"), ("vary", ""),
        ("values", ""), ("vary", "quality"), ("values", "draft, fine")], **JSON)
    assert answer.status == 200
    (job,) = studio_at_work.library.jobs.all()
    assert job.arguments[4:-1] == (
        "--vary=quality=draft,fine", "--content=1", "--style=3", "--recipe=gatys", "--size=48", "--strength=40")
    assert job.words == "sweep of quality=draft,fine · gatys, 48 px, strength 40"


def test_a_form_that_makes_no_sense_comes_back_with_all_that_was_filled_in(
    studio_at_work: Gallery, visiting: Visiting
) -> None:
    with visiting(studio_at_work, java_script_enabled=False) as visit:
        page = visit.page
        visit.go("/make")
        page.get_by_role("checkbox", name="cat.png").check()
        page.locator("[name=strength]").fill("40")
        page.locator("[name=quality]").select_option("fine")
        page.get_by_text("Try settings on one pair").click()
        page.locator("[name=vary]").nth(1).select_option("seed")
        page.locator("[name=values]").nth(1).fill("1,2")
        for button, problem in (("Start", "Choose a content and a style."), ("Find", "")):
            page.get_by_role("button", name=button).first.click()
            expect(page.locator("main")).to_contain_text(problem)
            expect(page.get_by_role("checkbox", name="cat.png")).to_be_checked()
            expect(page.locator("[name=strength]")).to_have_value("40")
            expect(page.locator("[name=quality]")).to_have_value("fine")
            expect(page.locator("[name=vary]").nth(1)).to_have_value("seed")
            expect(page.locator("[name=values]").nth(1)).to_have_value("1,2")
        visit.complaints.clear()    # that the form was answered with 400


def test_a_sweep_that_is_closed_again_is_none_and_finding_others_keeps_what_is_filled_in(
    studio_at_work: Gallery, visiting: Visiting
) -> None:
    with visiting(studio_at_work) as visit:
        page = visit.page
        visit.go("/make?content=1&style=3")
        page.locator("[name=strength]").fill("40")
        page.get_by_text("Try settings on one pair").click()
        page.locator("[name=vary]").first.select_option("seed")
        page.locator("[name=values]").first.fill("1,2,3")
        expect(page.locator("[data-told]")).to_contain_text("3 pictures")
        page.get_by_role("searchbox", name="Which styles").fill("night.png")
        page.get_by_role("searchbox", name="Which styles").press("Enter")
        page.wait_for_url("**/make?*q-style=night.png*")
        expect(page.locator("[name=strength]")).to_have_value("40")
        expect(page.locator("[name=values]").first).to_have_value("1,2,3")
        page.get_by_text("Try settings on one pair").click()
        expect(page.locator("[data-told]")).to_contain_text("1 picture;")
        page.locator("[name=strength]").press("Enter")
        page.wait_for_url("**/live")
    (job,) = studio_at_work.library.jobs.all()
    assert job.arguments[2:] == (
        "stylize", "--json", "--content=1", "--style=3", "--recipe=gatys", "--size=48", "--quality=draft",
        "--strength=40")


def test_the_time_is_told_from_earlier_pictures_and_from_nothing_else(tmp_path: Path) -> None:
    with served(tmp_path, fill=two_by_two, menu=SMALL) as gallery:
        told = gallery.client.ask("/make/told?content=1,2&style=3,4").text
        assert '"count":4' in told
        assert "no picture made here before" in told
        library, studio = gallery.library, gallery.studio
        details = {"recipe": {"scales": [1.0]}, "evaluations_by_scale": [10], "processor": {"name": "Abacus"}}
        studio.result(library.images.get(1), library.images.get(3), "red", size=100, seconds=SMALL.work(
            "gatys", "48", "draft"), details=details)
        told = gallery.client.ask("/make/told?content=1,2&style=3,4").text
        # 10 evaluations of 0.01 million pixels took `work` seconds: one picture takes ten times its own work squared.
        expected = 4 * 10 * SMALL.work("gatys", "48", "draft") ** 2
        assert f"about {max(1, expected):.0f} s, going by 1 made before on Abacus" in told
        assert "none of" in gallery.client.ask("/make/told?content=1&style=3&quality=x").text
        assert gallery.client.ask("/make/told?content=1&style=3&size=0").status == 200


def test_one_that_only_shows_has_no_way_to_make(tmp_path: Path) -> None:
    with served(tmp_path, read_only=True) as gallery:
        for path in ("/", "/live", "/picture/1", "/image/1"):
            page = gallery.client.ask(path).text
            assert 'href="/make' not in page
            assert 'method="post"' not in page
        assert gallery.client.post("/jobs/start", {"content": 1, "style": 3}).status == 403
        assert gallery.client.ask("/make").status == 403


def test_what_is_found_by_words_keeps_what_was_chosen(gallery: Gallery, visiting: Visiting) -> None:
    gallery.library.marks.tag_images([2], ["sea"])
    gallery.library.marks.set_role([4], Role.STYLE)
    with visiting(gallery) as visit:
        visit.go("/make?style=4")
        search = visit.page.get_by_role("searchbox", name="Which contents")
        search.fill("#sea")
        search.press("Enter")
        visit.page.wait_for_url("**/make?*q-content=%23sea*")
        assert visit.page.locator("[data-side=content] input[type=checkbox]").count() == 1
        expect(visit.page.get_by_role("checkbox", name="night.png")).to_be_checked()
        search.fill("@nobody")
        search.press("Enter")
        expect(visit.page.get_by_role("alert")).to_contain_text("nobody")


def test_signals_of_the_terminal_do_not_reach_what_was_started(studio_at_work: Gallery) -> None:
    studio_at_work.client.post("/jobs/start", {"content": 1, "style": 3})
    until = time.monotonic() + 10
    while (job := studio_at_work.library.jobs.get(1)).pid is None:
        assert time.monotonic() < until
        time.sleep(0.05)
    assert os.getpgid(job.pid) != os.getpgid(0)
