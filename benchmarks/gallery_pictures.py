"""The pictures of docs/gallery.md, anew: `python -m benchmarks.gallery_pictures` writes them to docs/images.

A demo library is scraped from the replica of the site and stylised with the default recipe, which takes minutes;
`--library` names one that is there or is to be kept. Each view is opened in a real Chromium, light and dark, in a wide
and in a narrow window, and the four are laid beside each other; `--windows FOLDER` keeps each, to be looked at.
"""

import argparse
import io
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal
from urllib.parse import urljoin

from PIL import Image as Pillow
from playwright.sync_api import Page, sync_playwright

from console.gallery import menu
from db.library import Library, open_library
from db.records import Image, Role
from demo.exhibits import PAINTER, PHOTOGRAPHER, demo_accounts
from demo.site import ReplicaSite
from gallery.server.collecting import Collecting
from gallery.server.serve import running
from scraper.browser import find_browser

ROOT = Path(__file__).parents[1]
WINDOWS = {"wide": (1400, 900), "narrow": (390, 844)}
PATIENCE_MS = 180_000      # on a busy machine
SETTLING_MS = 500       # in which a page asks for what it tells of its form
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
# Whether all that is in the window is drawn; what is lazy comes when it is seen.
DRAWN = """() => [...document.images].every(image => {
    const {top, bottom, left, right} = image.getBoundingClientRect();
    return image.naturalWidth > 0 || bottom < 0 || right < 0 || top > innerHeight || left > innerWidth;
})"""
GAP_PX, MOST_WIDTH_PX, MOST_BYTES = 24, 1800, 250_000
VIEWS = {
    "wall": "/", "picture": "/picture/{picture}", "images": "/images", "duplicates": "/duplicates",
    "make": "/make?content={contents}&style={style}", "live": "/live",
    "collect": "/collect?name=favourites&subject=pairs&q=%2A",
}


def main() -> None:
    """Make the library, take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("views", nargs="*", choices=[*VIEWS, []], default=[])
    parser.add_argument("--library", type=Path)
    parser.add_argument("--windows", type=Path)
    parser.add_argument("--output", type=Path, default=ROOT / "docs" / "images")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        made = options.library or Path(folder) / "library"
        if not made.exists():
            make_library(made)
        shown = shutil.copytree(made, Path(folder) / "shown")      # what is staged is not kept
        path = find_browser().path
        with staged(shown) as (address, places), sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
            page = browser.new_page()
            page.set_default_timeout(PATIENCE_MS)
            page.goto(address)
            for name in options.views or VIEWS:
                pages = taken(page, VIEWS[name].format(**places))
                for each, data in pages.items() if options.windows else ():
                    options.windows.mkdir(parents=True, exist_ok=True)
                    (options.windows / f"{name}-{each}.png").write_bytes(data)
                options.output.mkdir(parents=True, exist_ok=True)
                (options.output / f"gallery-{name}.jpg").write_bytes(beside(list(pages.values())))
            browser.close()


def make_library(root: Path) -> None:
    """Scraped as the demo is, with all of its paintings, and every pair made small."""

    def run(*arguments: str) -> None:
        subprocess.run([sys.executable, ROOT / "cli.py", "--library", root, *arguments], check=True)

    with ReplicaSite(demo_accounts()) as site:
        for user, role in ((PHOTOGRAPHER, Role.CONTENT), (PAINTER, Role.STYLE)):
            run("scrape", user.username, "--role", role, "--base-url", site.base_url, "--page-delay", "0")
    run("stylize", "--all", "--size", "256", "--quality", "draft", "--frames", "auto")


@contextmanager
def staged(root: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """The gallery on this library as it looks in the midst of work: its first address, and the numbers of its views."""
    with open_library(root, create=False) as library:
        results = [result for result in library.results.find() if result.path is not None]
        contents, styles = library.images.find(Role.CONTENT), library.images.find(Role.STYLE)
        library.marks.star_results([result.id for result in results[1::4]])
        library.marks.star_images([contents[0].id])
        library.marks.exclude([contents[-1].id])
        library.marks.tag_images([image.id for image in contents[:2]], ["spring"])
        add_copies(library, contents[0])
        for name, role in ((PHOTOGRAPHER.username, Role.CONTENT), (PAINTER.username, Role.STYLE)):
            library.follows.add(name, role, None)
        gone = results[-3:]
        pairs = [(result.content_id, result.style_id) for result in gone]
        glimpses = [glimpse(result.path) for result in gone if result.path is not None]
        library.removals.remove((), [result.id for result in gone], with_results=False)
        library.jobs.add(["stylize"], "6 pictures · balanced, 512 px, standard", ())
        library.jobs.pause(1)
        places = {"picture": str(results[1].id), "contents": ",".join(str(image.id) for image in contents[:3]),
                  "style": str(styles[0].id)}
        all_pairs = [*pairs, *pairs[:1] * 4]
        with (
            library.live.tell("balanced, 256 px, 42 steps", len(all_pairs), all_pairs.__getitem__) as note,
            running(library, port=0, menu=menu(), collecting=Collecting(exports=Path("/home/ada/pictures"))) as where,
        ):
            for number, data in enumerate(glimpses[:2]):
                note.began(number)
                note.stepped(number, 9 + 14 * number, 42, 1.7e4)
                note.glimpsed(number, 9, data)
            note.write()
            yield where.first_address, places


def add_copies(library: Library, image: Image) -> None:
    """The same picture smaller, and smaller and compressed harder."""
    for side, quality in ((640, 90), (320, 40)):
        held = io.BytesIO()
        with Pillow.open(image.path) as picture:
            picture.thumbnail((side, side))
            picture.convert("RGB").save(held, "JPEG", quality=quality)
        library.images.add(library.store.put_bytes(held.getvalue()), f"/pictures/holiday/{side}.jpg", Role.CONTENT)


def glimpse(path: Path) -> bytes:
    """A picture as it looks on its way."""
    held = io.BytesIO()
    with Pillow.open(path) as picture:
        picture.thumbnail((320, 320))
        picture.convert("RGB").save(held, "JPEG")
    return held.getvalue()


def taken(page: Page, path: str) -> dict[str, bytes]:
    """A view as PNG, by its window and scheme."""
    found = {}
    for window, (width, height) in WINDOWS.items():
        page.set_viewport_size({"width": width, "height": height})
        page.goto(urljoin(page.url, path))
        page.wait_for_function(DRAWN)
        page.wait_for_timeout(SETTLING_MS)
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)
            found[f"{window}-{scheme}"] = page.screenshot()
    return found


def beside(pages: list[bytes]) -> bytes:
    """Windows in a row as one JPEG, on the grey of neither scheme."""
    pictures = [Pillow.open(io.BytesIO(data)).convert("RGB") for data in pages]
    height = max(picture.height for picture in pictures)
    width = sum(picture.width for picture in pictures) + GAP_PX * (len(pictures) + 1)
    sheet = Pillow.new("RGB", (width, height + 2 * GAP_PX), "#8a8781")
    left = GAP_PX
    for picture in pictures:
        sheet.paste(picture, (left, GAP_PX))
        left += picture.width + GAP_PX
    sheet.thumbnail((MOST_WIDTH_PX, MOST_WIDTH_PX), Pillow.Resampling.LANCZOS)
    for quality in range(86, 30, -4):
        held = io.BytesIO()
        sheet.save(held, "JPEG", quality=quality, optimize=True, progressive=True)
        if held.tell() < MOST_BYTES:
            break
    return held.getvalue()


if __name__ == "__main__":
    main()
