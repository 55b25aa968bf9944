"""The promises of the command line: help, exit codes, one clear line for each mistake, JSON lines."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from console import doctor
from console.manual import _help as help_of
from console.manual import manual
from console.program import app
from tests.cli.conftest import CLI, Finished, Run

COMMANDS = sorted(command.callback.__name__ for command in app.registered_commands if command.callback)


def test_help_imports_nothing_heavy() -> None:
    heavy = {"torch", "torchvision", "playwright", "sqlalchemy", "requests", "numpy", "PIL", "matplotlib", "fontTools",
             "jinja2"}
    code = f"import sys, cli; code = cli.run(['--help']); sys.exit(str({heavy} & set(sys.modules)) if code == 0 else 1)"
    done = subprocess.run([sys.executable, "-c", code], cwd=CLI.parent, capture_output=True, text=True, check=False)
    assert done.stderr == "set()\n"


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_a_help_and_json(here: Run, command: str) -> None:
    done = here(command, "--help")
    assert done.code == 0
    assert "--json" in done.out
    assert here(command, "-h") == done


def test_the_manual_is_that_of_this_program(here: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """`make manual` writes it, with a process for each command; here one will do, and it says the same as this one."""
    by_process = help_of("status")
    monkeypatch.setattr("console.manual._help", lambda *command: here(*command, "--help", COLUMNS="100").out.rstrip())
    written = manual()
    assert (CLI.parent / "docs/commands.md").read_text() == written
    assert f"$ stylegram status --help\n{by_process}\n" in written


def test_help_says_plainly_what_the_terms_are_and_whose_the_pictures(here: Run) -> None:
    text = " ".join(here("--help").out.split())
    assert "Instagram's terms restrict automated collection" in text
    assert "pictures belong to their authors" in text


def test_the_program_has_a_short_help_option_too(here: Run) -> None:
    assert here("-h") == here("--help")


def test_version_is_that_of_the_package(here: Run) -> None:
    assert re.fullmatch(r"stylegram \d+\.\d+\.\d+\n", here("--version").out)


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["frobnicate"], 2, "frobnicate"),
        (["scrape"], 2, "TARGET"),
        (["scrape", "someone", "--since", "soon"], 2, "not a date"),
        (["scrape", "--from-file", "nowhere.txt"], 2, "nowhere.txt"),
        (["scrape", "someone", "--pages-per-hour", "1000"], 2, "pages an hour"),
        (["scrape", "a/b"], 2, "not a profile"),
        (["scrape", "https://example.org/someone/"], 2, "not a link"),
        (["scrape", "someone", "--page-delay", "0"], 2, "loopback"),
        (["scrape", "someone", "--base-url", "https://example.org"], 2, "loopback"),
        (["scrape", "someone", "--limit", "0"], 2, "limit"),
        (["scrape", "someone", "--until", "9999-12-31T23:59-01:00"], 2, "not a date"),
        (["scrape", "https://www.instagram.com/share/reel/BAJ6NYJxCI/"], 2, "open it in a browser"),
        (["follow", "someone", "--limit", "10000000000000000000"], 2, "limit"),
        *((["refresh", "--max-minutes", odd], 2, "--max-minutes") for odd in ("nan", "inf", "1e300", "0", "-1")),
        (["add", "nowhere.jpg"], 2, "nowhere.jpg"),
        (["images"], 78, "no library"),
        (["matrix"], 78, "no library"),
        (["results", "--role", "x"], 2, "--role"),
        (["stylize"], 2, "--all"),
        (["stylize", "--all", "--style", "6"], 2, "`--style 6` alone paints every content in it"),
        (["stylize", "--all", "--style", "6", "7"], 2, "`--style 6 7` alone paints every content in each of them"),
        (["stylize", "--all", "--content", "3"], 2, "`--content 3` alone paints it in every style"),
        (["stylize", "--all", "--content", "3", "--style", "6"], 2, "`--content 3 --style 6` alone paints those pairs"),
        (["stylize", "--all", "--recipe", "gatis"], 2, "'gatys'"),
        (["stylize", "--all", "--device", "tpu"], 2, "tpu"),
        (["stylize", "--all", "--scales", "many"], 2, "auto, a count, or a list"),
        (["stylize", "--content", "one"], 78, "no library"),
        (["stylize", "--content", "5-1"], 2, "'5-1' runs backwards; 1-5 is the range"),
        (["stylize", "1", "--style", "0"], 2, "numbers go from 1"),
        (["sweep", "--content", "1", "--style", "#", "--vary", "steps=1,2"], 2, "is no tag"),
        (["images", "--since", "soon"], 2, "not a date"),
        (["images", "--aspect", "wide"], 2, "landscape, portrait, square"),
        (["images", "--sort", "colour"], 2, "nothing to sort by: id, taken"),
        (["images", "--columns", "id,colour"], 2, "'colour' is no column: id, role"),
        (["results", "--columns", ","], 2, "names none"),
        (["results", "--tag", "a b,-"], 2, "is no tag"),
    ],
)
def test_a_mistake_is_one_clear_line_and_the_right_exit_code(
    here: Run, arguments: list[str], code: int, words: str
) -> None:
    done = here(*arguments)
    assert done.code == code, done.err
    assert done.err.count("\n") == 1, done.err
    assert words in done.err
    assert done.err.startswith("error: ")
    assert done.out == ""


def test_a_mistake_is_as_clear_to_one_who_starts_the_program(run: Run) -> None:
    done = run("stylize", "--all", "--recipe", "gatis")
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert done.err.startswith("error: ")
    assert "'gatys'" in done.err


def test_with_json_the_last_line_is_the_summary_also_after_a_mistake(here: Run) -> None:
    done = here("stylize", "--json")
    assert done.lines == [{"type": "summary", "exit_code": 2}]


def test_own_images_are_added_once_and_listed(here: Run, tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    Image.new("RGB", (40, 30), "red").save(folder / "red one.png")
    Image.new("RGB", (30, 40), "blue").save(folder / "blue.jpg")
    (folder / "notes.txt").write_text("not an image, and not asked for")

    first = here("--library", "lib", "add", folder, "--role", "style", "--json")
    again = here("add", folder, "--role", "style", "--json", "--library", "lib")
    assert [line.get("status", line["type"]) for line in first.lines] == ["added", "added", "ignored", "summary"]
    assert [line.get("status", line["type"]) for line in again.lines] == ["known", "known", "ignored", "summary"]
    assert first.lines[2] == {"type": "ignored", "suffix": ".txt", "count": 1, "paths": [str(folder / "notes.txt")]}
    moved = here("--library", "lib", "add", folder, "--role", "content")
    assert moved.out == "0 added as content, 2 known already, 0 failed, 1 ignored\n"
    assert moved.err == (
        "2 of the known changed their role, as asked: they were style\nignored: 1 .txt (notes.txt)\n"
    )
    here("--library", "lib", "add", folder, "--role", "style")

    listed = here("--library", "lib", "images", "--json").lines
    assert [(line["role"], line["width"], line["height"]) for line in listed[:-1]] == [
        ("style", 30, 40),
        ("style", 40, 30),
    ]
    assert all(Path(line["path"]).is_absolute() and Path(line["path"]).is_file() for line in listed[:-1])
    assert listed[-1] == {"type": "summary", "exit_code": 0}


def test_a_file_that_is_no_image_is_told_and_the_others_are_kept(here: Run, tmp_path: Path) -> None:
    Image.new("RGB", (40, 30), "red").save(tmp_path / "red.png")
    (tmp_path / "page.jpg").write_text("<!DOCTYPE html><p>not a picture")
    done = here("--library", "lib", "add", "page.jpg", "red.png")
    assert done.code == 3
    assert done.err.count("\n") == 1
    assert f"{tmp_path / 'page.jpg'}: not an image of a known format (it is a web page)" in done.err
    assert "1 added" in done.out


def test_stylize_all_without_a_style_says_what_is_missing(here: Run, tmp_path: Path) -> None:
    Image.new("RGB", (40, 30), "red").save(tmp_path / "red.png")
    here("--library", "lib", "add", "red.png")
    done = here("--library", "lib", "stylize", "--all")
    assert done.code == 2
    assert "no style image" in done.err
    assert done.err.count("\n") == 1


def test_a_library_that_is_a_file_or_cannot_be_written_is_refused(here: Run, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    Image.new("RGB", (40, 30), "red").save(tmp_path / "red.png")
    done = here("--library", "file", "add", "red.png")
    assert (done.code, done.err.count("\n")) == (78, 1)
    done = here("--library", "/sys/nowhere", "add", "red.png")
    assert (done.code, done.err.count("\n")) == (74, 1)


@pytest.mark.parametrize(("arguments", "said"), [
    (["timelapse", "1", "x", "-7"], "Got unexpected extra argument(s) (x -7)"),
    (["role"], "Missing argument 'content|style|both|source'. Choose from: content, style, both, source"),
    (["report"], "no results yet; run `stylize`"),
    (["report", "--recipe", "gatys"], "no results with recipe gatys; `results` lists what there is"),
], ids=str)
def test_a_mistake_is_told_in_one_line_of_the_users_own_words(
    arguments: list[str], said: str, album: Path, here: Run
) -> None:
    assert here("--library", album / "library", *arguments) == Finished(2, "", f"error: {said}\n")


def test_doctor_tells_of_a_library_that_is_none(here: Run, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    done = here("--library", "file", "doctor", "--json")
    (found,) = (line for line in done.lines if line["type"] == "check" and line["name"] == "library")
    assert (done.code, found["ok"]) == (78, False)
    assert "is not a folder" in found["found"]


def test_doctor_names_the_remedy_for_a_missing_browser(here: Run) -> None:
    done = here("doctor", "--json", STYLEGRAM_BROWSER="/nowhere/chromium")
    assert done.code == 78
    checks = {line["name"]: line for line in done.lines if line["type"] == "check"}
    assert set(checks) == {"python", "torch", "weights", "browser", "proxy", "library", "disk"}
    assert not checks["browser"]["ok"]
    assert "/nowhere/chromium" in checks["browser"]["found"]
    assert checks["weights"]["ok"]


@pytest.mark.parametrize(
    ("value", "ok", "found"),
    [
        ("", True, "none"),
        ("socks5://me:secret@127.0.0.1:1080", True, "socks5://***@127.0.0.1:1080 for the site and its images, but for"),
        ("http://me:secret@[bad", False, "no address"),
    ],
)
def test_doctor_shows_the_proxy_that_is_in_force_without_its_password(
    value: str, ok: bool, found: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("no_proxy", ".fbcdn.net")
    for slow in ("_torch", "_weights", "_browser"):
        monkeypatch.setattr(doctor, slow, lambda: doctor.Check("left out", ""))
    [check] = [check for check in doctor.checks(Path("nowhere")) if check.name == "proxy"]
    assert check.ok is ok
    assert found in check.found
    assert "secret" not in f"{check}"


def test_a_proxy_that_is_none_ends_a_visit_to_the_real_site_before_it_begins(here: Run) -> None:
    done = here("scrape", "harbour.light", https_proxy="http://:0", STYLEGRAM_BROWSER="/bin/true")
    assert (done.code, done.out, done.err.count("\n")) == (78, "", 1)
    assert "https_proxy" in done.err


def test_a_program_that_is_no_browser_passes_for_one_nowhere(here: Run) -> None:
    checked = here("doctor", "--json", STYLEGRAM_BROWSER="/bin/true")
    (browser,) = [line for line in checked.lines if line.get("name") == "browser"]
    assert (checked.code, browser["ok"]) == (78, False)
    assert "/bin/true does not start" in browser["found"]
    scraped = here("scrape", "ana", "--base-url", "http://127.0.0.1:9", STYLEGRAM_BROWSER="/bin/true")
    assert (scraped.code, scraped.err.count("\n")) == (78, 1)
    assert "/bin/true does not start" in scraped.err
