"""Images and results are named the same way in every command; a slip is one line, and nothing is made by it."""

import json
from pathlib import Path

import pytest
from PIL import Image

from console.errors import BadRequest
from console.taking_in import take_in
from console.terminal import Terminal
from db.library import Library, open_library
from db.records import PostRecord, ProfileRecord, ResultKey, ResultRecord, ResultStatus, Role, SlideRecord
from tests.cli.conftest import Run


@pytest.fixture
def wall(album: Path) -> Path:
    """The album, with image 4 of a post of ana's, and three results: r1 of 1 and 2, r2 of 4 and 2, r3 failed."""
    with open_library(album / "library") as library:
        library.posts.save_profile(ProfileRecord("1", "ana", Role.CONTENT))
        slides = (SlideRecord(0, "10-0", alt_text="a boat"),)
        library.posts.save(PostRecord("10", "Code10", "1", "image", slides, None, "Fog over the sea"), "1")
        path = album / "post.png"
        Image.new("RGB", (80, 60), "teal").save(path)
        library.posts.slide_saved("10", 0, library.store.put_copy(path), "https://x.fbcdn.net/a.jpg?oh=1", True)
        images = library.images.find()
        for number, (content, style) in enumerate(((0, 1), (3, 1), (0, 2)), 1):
            key = ResultKey(images[content].sha256, images[style].sha256, "r" * 64)
            status = ResultStatus.FAILED if number == 3 else ResultStatus.DONE
            stored = None if number == 3 else library.store.put_copy(album / "b.png")
            library.results.save(ResultRecord(key, "gatys", 60, 5, 0, status, total_loss=number / 100), stored)
    return album


def ids(here: Run, *words: object) -> list[int]:
    done = here(*words, "--json")
    assert done.code == 0, done.err
    return [line["id"] for line in done.lines[:-1]]


def test_images_are_listed_as_named_narrowed_and_sorted(wall: Path, here: Run) -> None:
    assert ids(here, "images", "4", "1-2") == [4, 1, 2]
    assert ids(here, "images", "1-4", "-2", "-@ana") == [1, 3]
    assert ids(here, "images", "-4", "--role", "style") == [2, 3]
    assert ids(here, "images", "--text", "fog boat") == ids(here, "images", "@ana") == [4]
    assert ids(here, "images", "--sort", "-size", "--limit", 2) == [4, 1]
    assert ids(here, "images", "./content.png,Code10") == [1, 4]
    assert here("images", "--columns", "id", "--", "-1").out.split() == ["id", "2", "3", "4"]


def test_the_link_of_an_image_is_its_post_s_and_columns_are_those_asked_for(wall: Path, here: Run) -> None:
    done = here("images", "1", "4", "--columns", "id,link,caption")
    assert done.out == (
        "id\tlink\tcaption\n1\t\t\n4\thttps://www.instagram.com/p/Code10/\tFog over the sea\n")
    (line, _) = here("images", "4", "--json").lines
    assert (line["permalink"], line["alt_text"]) == ("https://www.instagram.com/p/Code10/", "a boat")


def test_results_are_listed_by_their_own_numbers_and_by_what_they_were_made_of(wall: Path, here: Run) -> None:
    assert ids(here, "results", "r2-3") == [2, 3]
    assert ids(here, "results", "1") == [1, 3]
    assert ids(here, "results", "@ana") == ids(here, "results", "--content", "@ana", "--style", "a.png") == [2]
    assert ids(here, "results", "--status", "failed") == [3]
    assert ids(here, "results", "-r2", "--sort", "-loss", "--limit", 1) == [3]
    assert here("results", "r1", "--columns", "id,loss").out == "id\tloss\n1\t0.01\n"
    assert here("results", "r1", "--columns", "id,share,file").out.startswith("id\tshare\tfile in the library\n1\t\t")


def test_the_wall_and_the_report_are_of_what_is_named(wall: Path, here: Run) -> None:
    assert here("matrix", "--content", "content.png", "--style", "3").out.startswith("1 content x 1 style, 1 without")
    assert here("matrix", "@ana", "-o", "a.png").out.startswith("1 content x 1 style: ")
    done = here("matrix", "r1-3", "--profile", "ana", "--min-side", 1000)
    assert (done.code, done.err.count("\n")) == (2, 1)
    assert here("report", "r1", "--no-measures", "-o", "r.json").out.startswith("1 result of 1 recipe")


def test_images_that_are_both_content_and_style_meet_all_but_themselves(wall: Path, here: Run) -> None:
    def pairs(*words: object) -> set[tuple[int, int]]:
        done = here("stylize", *words, "--dry-run", "--json")
        assert done.code == 0, done.err
        return {(line["content_id"], line["style_id"]) for line in done.lines if line["type"] == "pair"}

    assert pairs("2-3", "--style", "2-3") == {(2, 3), (3, 2)}
    assert pairs("1-3", "--style", "2-3") == {(1, 2), (1, 3), (2, 3), (3, 2)}
    assert {content for content, _ in pairs("1-3", "--style", "2", "3", "--blend", "1:1")} == {1}
    assert "its own style: 2 images (2 and 3)" in here(
        "stylize", "1-3", "--style", "2", "3", "--blend", "1:1", "--dry-run").err


def test_a_time_lapse_is_of_one_result(wall: Path, here: Run) -> None:
    for word, said in (("1", "no pictures on the way to result 1"), ("r1", "no pictures on the way to result 1"),
                       ("@ana", "no pictures on the way to result 2"), ("a.png", "a.png is 2 results: r1 and r2; name"),
                       ("9", "no result 9; results go from r1 to r3")):
        done = here("timelapse", word)
        assert (done.code, done.err.count("\n")) == (2, 1)
        assert said in done.err


@pytest.mark.parametrize(("command", "said"), [
    (["images", "contnt.png"], "nothing is called 'contnt.png'; near it: content.png"),
    (["images", "@anna"], "near it: @ana"), (["images", "#sea"], "nothing is tagged #sea"),
    (["images", "9"], "no image 9; images go from 1 to 4"), (["images", ""], "a selection that is empty"),
    (["images", "1-4", "-9"], "no image 9"), (["images", "r1"], "r1 is a result"),
    (["images", "*"], "nothing is starred"),
    (["images", "--profile", "anna"], "near it: @ana"), (["images", "--text", " "], "no words to look for"),
    (["results", "@anna"], "near it: @ana"), (["matrix", "r9"], "no result 9"), (["report", "r9"], "no result 9"),
    (["stylize", "1", "--style", "nowhere.png"], "nothing is called 'nowhere.png'"),
    (["stylize", "1", "-1", "--style", "2"], "of 1 -1 no image is left to take as content"),
    (["stylize", "--all", "--profile", "ana", "--min-side", 999], "no content image"),
    (["stylize", "2", "--style", "a.png"], "never painted in its own style"),
    (["stylize", "2", "--style", "2"], "never painted in its own style"),
    (["stylize", "--all", "--style", "2"], "leave out --all"),
    (["sweep", "--content", "1-2", "--style", "3", "--vary", "steps=1,2"], "one pair"),
    (["sweep", "--content", "a.png", "--style", "2", "--vary", "steps=1,2"], "never painted in its own style"),
], ids=lambda value: " ".join(map(str, value)) if isinstance(value, list) else "")
def test_what_is_not_clear_is_one_line(wall: Path, here: Run, command: list[str], said: str) -> None:
    done = here(*command)
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1), done.err
    assert said in done.err


def planned(here: Run, *words: object) -> list[tuple[int, int]]:
    done = here("stylize", *words, "--dry-run", "--json")
    assert done.code == 0, done.err
    return [(line["content_id"], line["style_id"]) for line in done.lines if line["type"] == "pair"]


def test_stylize_takes_words_and_all_leaves_out_what_is_excluded(wall: Path, here: Run, library: Library) -> None:
    assert planned(here, "@ana", "content.png", "--style", "2-3", "-2") == [(4, 3), (1, 3)]
    library.marks.exclude([1, 3])
    assert planned(here, "--all") == [(4, 2)]
    assert planned(here, "1", "--style", "3") == [(1, 3)]
    assert planned(here, "1-4", "--style", "2") == [(4, 2)]
    assert planned(here, "--status", "excluded", "--style", "2") == [(1, 2)]
    assert planned(here, "--text", "fog", "--style", "2") == [(4, 2)]


def test_files_are_added_before_they_are_painted_and_nothing_is_by_a_dry_run(
    wall: Path, here: Run, library: Library, capsys: pytest.CaptureFixture[str]
) -> None:
    Image.new("RGB", (50, 40), "plum").save("new, one.png")
    refused = here("stylize", "new, one.png", "--style", "2", "--dry-run")
    assert (refused.code, refused.err.count("\n")) == (2, 1)
    assert "--dry-run adds nothing" in refused.err
    assert len(library.images.find()) == 4

    terminal = Terminal(as_json=True)
    assert take_in(terminal, library, ["new, one.png", "4", "content.png,a.png"], Role.STYLE) == ["5", "4", "1", "2"]
    assert [image.role for image in library.images.with_ids([5, 1])] == [Role.STYLE, Role.CONTENT]
    said = capsys.readouterr()
    assert said.err == "added new, one.png as style: image 5\n"
    assert [json.loads(line)["id"] for line in said.out.splitlines()] == [5]
    assert planned(here, "new, one.png", "--style", "a.png") == [(5, 2)]


@pytest.mark.parametrize(("command", "options"), [("stylize", []), ("sweep", ["--vary", "seed=1,2", "--no-measures"])])
def test_of_files_a_picture_is_made_where_there_is_no_library_yet(command: str, options: list[str], here: Run) -> None:
    for name, colour in (("photo.png", "plum"), ("painting.png", "gold")):
        Image.new("RGB", (40, 32), colour).save(name)
    words = [command, "--content", "photo.png", "--style", "painting.png", "--size", 32, "--steps", 1, *options]
    for in_vain in ([*words, "--dry-run"], [command, "--content", "1", "--style", "2", *options]):
        assert here(*in_vain).code == 78
        assert not Path("library").exists()
    for done in (here(*words), here(*words)):       # made, then there already
        said = [line for line in done.err.splitlines() if line.startswith("result 1: ")]
        assert (done.code, len(said)) == (0, 1 if command == "stylize" else 0)
        assert all(Path(line.removeprefix("result 1: ")).is_file() for line in said)
    made = [line for line in here("results", "--json").lines if line["type"] == "result"]
    assert {(line["content_id"], line["style_id"]) for line in made} == {(1, 2)}


def test_a_name_that_is_mistyped_costs_nothing(wall: Path, here: Run, library: Library) -> None:
    Path("folder").mkdir()
    for path in ("painting.png", "folder/other.png"):
        Image.new("RGB", (40, 32), "gold").save(path)
    for words in (["phoot.png", "--style", "painting.png"], ["1", "--style", "painting.png", "paintng.png"]):
        refused = here("stylize", *words)
        assert (refused.code, refused.err.count("\n")) == (2, 1)
        assert len(library.images.find()) == 4
    nowhere = here("--library", "elsewhere", "stylize", "phoot.png", "--style", "painting.png")
    assert nowhere.code == 2
    assert "no file phoot.png, and no library" in nowhere.err
    assert not Path("elsewhere").exists()
    unseen = here("--library", "x" * 300, "stylize", "painting.png", "--style", "@x")
    assert (unseen.code, unseen.err.count("\n")) == (2, 1)


@pytest.mark.parametrize("words", [
    ["1", "--style", "folder,-other.png", "2"], ["1", "--style", "folder", "third.png"],
    ["folder/other.png", "1", "--style", "other.png"]])
def test_what_a_file_or_folder_brings_may_be_named_beside_it(words: list[str], wall: Path, here: Run) -> None:
    Path("folder").mkdir()
    for name, colour in (("other.png", "gold"), ("third.png", "plum")):
        Image.new("RGB", (40, 32), colour).save(f"folder/{name}")
    made = here("stylize", *words, "--size", 32, "--steps", 1)
    assert (made.code, "1 picture made" in made.out or "2 pictures made" in made.out) == (0, True), made.err


def test_a_folder_is_added_once_and_what_was_there_keeps_its_role(
    wall: Path, library: Library, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(wall)
    folder = Path("paintings")
    folder.mkdir()
    Image.new("RGB", (50, 40), "plum").save(folder / "plum.png")
    (folder / "known.png").write_bytes(Path("content.png").read_bytes())
    (folder / "broken.jpg").write_bytes(b"no picture")
    terminal = Terminal()
    assert take_in(terminal, library, ["paintings"], Role.STYLE) == ["5", "1"]
    assert [image.role for image in library.images.with_ids([5, 1])] == [Role.STYLE, Role.CONTENT]
    assert "added paintings as style: image 5\n" in capsys.readouterr().err
    library.marks.exclude([1])
    assert take_in(terminal, library, ["paintings/"], Role.STYLE) == ["5"]
    assert "as style" not in capsys.readouterr().err
    for word, said in (("paintings/broken.jpg", "paintings/broken.jpg: "), ("nothing", "no images in nothing")):
        Path("nothing").mkdir(exist_ok=True)
        with pytest.raises(BadRequest, match=said):
            take_in(terminal, library, [word], Role.CONTENT)
    assert take_in(terminal, library, ["1-3", "@ana", "-content.png", "nowhere.png", "~nobody/x.png", ""],
                   Role.CONTENT) == ["1-3", "@ana", "-content.png", "nowhere.png", "~nobody/x.png", ""]
