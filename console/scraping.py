"""The command `scrape`: understand the targets, visit them, show how each visit ended."""

from collections.abc import Sequence
from pathlib import Path

from console.errors import BadRequest
from console.progress import scrape_progress
from console.terminal import Terminal
from db.library import open_library
from db.records import Role
from scraper.events import Event, Listener, VisitEnded
from scraper.pace import pace_for
from scraper.report import ScrapeReport
from scraper.scrape import scrape_profiles
from scraper.site import DEFAULT_BASE_URL, site_at
from scraper.targets import ProfileTarget, parse_target

# Which of several targets' exit codes the run ends with: the one that most wants a person to look.
GRAVEST_LAST = (0, 3, 69, 75, 130, 76, 78)


def run_scrape(
    terminal: Terminal,
    root: Path,
    profiles: Sequence[str],
    *,
    role: Role | None,
    limit: int | None,
    base_url: str | None,
    page_delay_s: float | None,
    dry_run: bool,
) -> int:
    """Visit each profile once; the exit code is the gravest of theirs."""
    targets = [_profile(text) for text in dict.fromkeys(profiles)]
    site = site_at(base_url or DEFAULT_BASE_URL)
    pace = pace_for(site, page_delay_s)
    codes, endings = [0], _Endings()
    with open_library(root) as library, scrape_progress(terminal) as show:
        for report in scrape_profiles(
            targets, library, site, role=role, limit=limit, dry_run=dry_run, pace=pace, listen=endings.before(show)
        ):
            fields = report.as_json()
            terminal.record(fields.pop("type"), **fields)
            _tell(terminal, report, endings.message, dry_run)
            codes.append(report.exit_code)
    return max(codes, key=GRAVEST_LAST.index)


class _Endings:
    """Remembers how the last visit ended, in words."""

    def __init__(self) -> None:
        self.message = "not visited: the site refused just before"

    def before(self, listen: Listener) -> Listener:
        """The same listener, with an ear on the ends of visits."""

        def hear(event: Event) -> None:
            if isinstance(event, VisitEnded):
                self.message = event.message
            listen(event)

        return hear


def _profile(text: str) -> ProfileTarget:
    target = parse_target(text)
    if not isinstance(target, ProfileTarget):
        raise BadRequest(f"{text} is a link to one post; give the profile's name or link instead")
    return target


def _tell(terminal: Terminal, report: ScrapeReport, message: str, dry_run: bool) -> None:
    if not report.posts_seen and report.exit_code:
        terminal.error(f"{report.profile}: {message}")
        return
    parts = [f"{report.posts_new} new posts of {report.posts_seen} seen"]
    if not dry_run:
        parts += [
            f"{report.images_new} new images",
            f"{report.images_known} known",
            f"{report.images_failed} failed",
            f"{report.videos_skipped} videos skipped",
            f"{report.page_loads} pages opened",
        ]
    terminal.answer(f"{report.profile}: {', '.join(parts)}; {message} ({report.stop_reason})")
