"""The picture itself by the command line: its size, its colours, its file."""

from pathlib import Path

import pytest
from PIL import Image

from db.imaging.pictures import identify
from tests.cli.conftest import Run


@pytest.fixture
def library(here: Run, tmp_path: Path) -> tuple[str, ...]:
    content = Image.effect_mandelbrot((64, 48), (-2, -1.5, 1, 1.5), 40).convert("RGBA")
    content.putalpha(Image.linear_gradient("L").resize((64, 48)))
    content.save(tmp_path / "content.png")
    Image.effect_mandelbrot((48, 48), (-1, -1, 1, 1), 30).convert("RGB").save(tmp_path / "style.png")
    here("--library", "lib", "add", "content.png")
    here("--library", "lib", "add", "style.png", "--role", "style")
    return "--library", "lib"


def test_each_format_is_a_result_of_its_own_and_the_matrix_shows_it(
    here: Run, library: tuple[str, ...], tmp_path: Path
) -> None:
    for wishes in (
        ("--size", "short:32", "--format", "jpeg", "--file-quality", "80", "--color", "luminance"),
        ("--size", "32x40", "--format", "tiff16", "--colour", "match", "--style-scale", "0.8"),
    ):
        done = here(*library, "stylize", "--all", *wishes, "--steps", "2", "--json")
        assert (done.code, done.lines[-2]["done"]) == (0, 1)
    results = here(*library, "results", "--json").lines[:-1]
    found = [identify(Path(result["path"])) for result in results]
    assert [(info.format, info.width, info.height) for info in found] == [("JPEG", 43, 32), ("TIFF", 32, 40)]
    assert [result["size"] for result in results] == [32, 40]
    modes = []
    for result in results:
        with Image.open(result["path"]) as picture:
            modes.append(picture.mode)
    assert modes == ["RGB", "RGBA"]
    assert here(*library, "matrix", "-o", "m.png", "--html", "wall", "--size", "40").code == 0
    with Image.open(tmp_path / "m.png") as sheet:
        assert sheet.format == "PNG"


@pytest.mark.parametrize(("wishes", "told"), [
    (("--size", "large"), "say a longest side such as 512, short:512, 0.5MP or 640x480"),
    (("--size", "8"), "size must be at least 16 pixels, not 8"),
    (("--size", "0MP"), "size must be at least 256 pixels in all, not 0"),
    (("--file-quality", "50"), "file_quality is for jpeg and webp: png is exact"),
])
def test_a_wish_that_cannot_be_met_is_answered_in_one_line(
    here: Run, library: tuple[str, ...], wishes: tuple[str, ...], told: str
) -> None:
    done = here(*library, "stylize", "--all", *wishes)
    assert done.code == 2
    assert told in done.err.splitlines()[-1]


def test_a_panorama_that_is_too_thin_fails_alone_with_what_helps(
    here: Run, library: tuple[str, ...], tmp_path: Path
) -> None:
    Image.effect_mandelbrot((640, 32), (-2, -1.5, 1, 1.5), 40).convert("RGB").save(tmp_path / "panorama.png")
    here(*library, "add", "panorama.png")
    done = here(*library, "stylize", "--all", "--size", "64", "--steps", "1", "--json")
    assert done.code == 3
    assert done.lines[-2]["done"] == 1
    (failed,) = [line for line in here(*library, "results", "--json").lines[:-1] if line["status"] == "failed"]
    assert failed["reason"].startswith("content 3 is 64 x 3 pixels: this recipe needs at least 8 on each side")
    assert failed["reason"].endswith("such as --size short:64")
