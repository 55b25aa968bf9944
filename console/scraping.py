"""The command `scrape`: understand the targets, visit them, show how each visit ended."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from console.errors import BadRequest
from console.progress import scrape_progress
from console.terminal import Terminal
from console.words import counted
from db.library import open_library
from db.records import Role, Slides
from scraper.dates import parse_since, parse_until
from scraper.delays import pace_for
from scraper.download import AT_ONCE
from scraper.events import Event, ImageSaved, Listener, VisitEnded
from scraper.report import ScrapeReport
from scraper.run import scrape_profiles
from scraper.selection import KNOWN_IN_A_ROW, Selection
from scraper.site import DEFAULT_BASE_URL, site_at
from scraper.targets import parse_target, read_targets

# Which of several targets' exit codes the run ends with: the one that most wants a person to look.
GRAVEST_LAST = (0, 3, 69, 75, 130, 76, 78)


@dataclass(frozen=True)
class ScrapeOptions:
    """What the user asked of `scrape`, as typed."""

    role: Role | None = None
    limit: int | None = None
    since: str | None = None
    until: str | None = None
    slides: Slides = Slides.ALL
    covers: bool = False
    full: bool = False
    known: int = KNOWN_IN_A_ROW
    ignore_robots_tag: bool = False
    accept_new_owner: bool = False
    pages_per_hour: int | None = None
    base_url: str | None = None
    page_delay_s: float | None = None
    dry_run: bool = False
    downloads: int = AT_ONCE

    def selection(self) -> Selection:
        """The posts and slides that are meant. Raises BadSetting."""
        since = None if self.since is None else parse_since(self.since)
        until = None if self.until is None else parse_until(self.until)
        return Selection(
            since=since, until=until, slides=self.slides, covers=self.covers, full=self.full, known=self.known,
            despite_robots_tag=self.ignore_robots_tag,
        )


def run_scrape(
    terminal: Terminal, root: Path, typed: Sequence[str], files: Sequence[Path], options: ScrapeOptions
) -> int:
    """Visit each target once; the exit code is the gravest of theirs."""
    targets = list(dict.fromkeys(
        [*map(parse_target, typed), *(target for path in files for target in read_targets(path))]
    ))
    if not targets and not files:
        raise BadRequest("Missing argument 'TARGET': give a name, a link, or --from-file FILE")
    site = site_at(options.base_url or DEFAULT_BASE_URL)
    delays, selection = pace_for(site, options.page_delay_s, options.pages_per_hour), options.selection()
    codes, endings = [0], _Endings()
    with open_library(root) as library, scrape_progress(terminal) as show:
        for report in scrape_profiles(
            targets,
            library,
            site,
            role=options.role,
            limit=options.limit,
            dry_run=options.dry_run,
            selection=selection,
            accept_new_owner=options.accept_new_owner,
            delays=delays,
            downloads=options.downloads,
            listen=endings.before(show),
        ):
            fields = report.as_json()
            terminal.record(fields.pop("type"), **fields)
            _tell(terminal, report, endings, options.dry_run)
            endings.sizes.clear()
            codes.append(report.exit_code)
    return max(codes, key=GRAVEST_LAST.index)


class _Endings:
    """Remembers of a visit how it ended, in words, and how many of its images are in full size (None: unknown)."""

    def __init__(self) -> None:
        self.message = "not visited: the site refused just before"
        self.sizes = Counter[bool | None]()

    def before(self, listen: Listener) -> Listener:
        """The same listener, with an ear on images and on the ends of visits."""

        def hear(event: Event) -> None:
            if isinstance(event, VisitEnded):
                self.message = event.message
            elif isinstance(event, ImageSaved):
                self.sizes[event.is_full_size] += 1
            listen(event)

        return hear


def _tell(terminal: Terminal, report: ScrapeReport, endings: _Endings, dry_run: bool) -> None:
    if not report.posts_seen and report.exit_code:
        terminal.error(f"{report.profile}: {endings.message}")
        return
    parts = [f"{counted(report.posts_new, 'new post')} of {report.posts_seen} seen"]
    if not dry_run:
        parts += [
            f"{counted(report.images_new, 'new image')}{_not_full(endings.sizes)}",
            f"{report.images_known} known",
            f"{report.images_failed} failed",
            *([f"{report.images_withheld} withheld"] if report.images_withheld else []),
            *([f"{counted(report.posts_unread, 'post')} unread"] if report.posts_unread else []),
            *([f"{report.nodes_unread} not understood"] if report.nodes_unread else []),
            f"{counted(report.videos_skipped, 'video')} skipped",
            f"{counted(report.page_loads, 'page')} opened",
        ]
    terminal.answer(f"{report.profile}: {', '.join(parts)}; {endings.message} ({report.stop_reason})")


def _not_full(sizes: Counter[bool | None]) -> str:
    parts = [
        *([f"{sizes[False]} smaller than the original"] if sizes[False] else []),
        *([f"{sizes[None]} of unknown size"] if sizes[None] else []),
    ]
    return f" ({', '.join(parts)})" if parts else ""
