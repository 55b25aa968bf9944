"""The command `demo`: the whole job once, on a replica of the site that runs on this machine."""

import tempfile
from pathlib import Path

from console.gallery import LOOPBACK, run_gallery
from console.matrix import run_matrix
from console.scraping import ScrapeOptions, run_scrape
from console.stylizing import run_stylize
from console.terminal import Terminal
from console.transfer_options import ImageSelection, Machine, RecipeOptions
from db.library import open_library
from db.records import Role
from demo.exhibits import PAINTER, PHOTOGRAPHER, demo_accounts
from demo.site import ReplicaSite
from stylizer.recipe.quality import Quality

# A draft, as `stylize --quality draft` makes it: a minute or two for all of them on two cores.
SIZE, QUALITY = "256", Quality.DRAFT
# Of the painter's, the newest: every painting more takes half a minute.
PAINTINGS = 3


def run_demo(terminal: Terminal, keep: Path | None, *, opens: bool = False) -> int:
    """Scrape two profiles, stylise every pair, draw the matrix; stops at the first step that fails.

    With `opens` it ends with the gallery, until that is interrupted.
    """
    root = keep or Path(tempfile.mkdtemp(prefix="stylegram-demo-"))
    with ReplicaSite(demo_accounts()) as site:
        terminal.say(f"a replica of the site is at {site.base_url}; the library is {root}")
        for user, role, limit in ((PHOTOGRAPHER, Role.CONTENT, None), (PAINTER, Role.STYLE, PAINTINGS)):
            asked = ScrapeOptions(role, limit, base_url=site.base_url, page_delay_s=0)
            code = run_scrape(terminal, root, [user.username], (), asked)
            if code:
                return code
    with open_library(root) as library:
        # Of a carousel its first slide: the second shows the same cup.
        contents = [image.id for image in library.images.find(Role.CONTENT) if not image.slide]
    options = RecipeOptions(size=SIZE, quality=QUALITY)
    code = run_stylize(terminal, root, ImageSelection(content=[*map(str, contents)]), options, Machine())
    code = code or run_matrix(terminal, root, root / "matrix.png", root / "matrix")
    if code or not opens:
        return code
    return run_gallery(terminal, root, host=LOOPBACK, port=None, read_only=False, opens=True)
