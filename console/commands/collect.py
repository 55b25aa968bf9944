"""The commands by which images come into the library, and leave it."""

from pathlib import Path
from typing import Annotated

import typer

from console.commands.parameters import (
    LARGEST,
    LONGEST_S,
    BaseUrlOption,
    JsonOption,
    PageDelayOption,
    RoleOption,
    terminal_of,
)
from db.records import Slides


def scrape(
    context: typer.Context,
    targets: Annotated[
        list[str] | None,
        typer.Argument(metavar="TARGET", help="name, @name, a link to a profile, post or reel, or p/CODE."),
    ] = None,
    from_file: Annotated[
        list[Path] | None, typer.Option(metavar="FILE", help="Also the targets in FILE, one a line, # for comments.")
    ] = None,
    role: RoleOption = None,
    limit: Annotated[
        int | None, typer.Option(min=1, max=LARGEST, metavar="N", help="Look at the newest N posts at most.")
    ] = None,
    since: Annotated[str | None, typer.Option(metavar="DATE", help="Posts from this day or time (UTC) on.")] = None,
    until: Annotated[str | None, typer.Option(metavar="DATE", help="Posts up to this day or time (UTC).")] = None,
    slides: Annotated[Slides, typer.Option(help="Every slide of a post, or its first.")] = Slides.ALL,
    covers: Annotated[bool, typer.Option("--covers", help="Also the cover frames of videos.")] = False,
    full: Annotated[
        bool, typer.Option("--full", help="Read all and open every post again, known or not; takes larger files.")
    ] = False,
    known: Annotated[
        int, typer.Option(min=1, max=LARGEST, metavar="N", help="Stop after so many known posts in a row.")
    ] = 6,
    ignore_robots_tag: Annotated[
        bool, typer.Option("--ignore-robots-tag", help="Also images whose server says noindex or noai.")
    ] = False,
    accept_new_owner: Annotated[
        bool, typer.Option("--accept-new-owner", help="Go on when a name has passed to another account.")
    ] = False,
    pages_per_hour: Annotated[
        int | None,
        typer.Option(
            min=1, max=LARGEST, metavar="N", help="Open N pages an hour at most, all runs together.  [default: 40]"
        ),
    ] = None,
    downloads: Annotated[
        int, typer.Option(min=1, max=8, metavar="N", help="Fetch N images of a post at once at most.")
    ] = 4,
    base_url: BaseUrlOption = None,
    page_delay: PageDelayOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Read the profile page, say what would be done.")] = False,
    as_json: JsonOption = False,
) -> int:
    """Collect the images of public profiles and posts.

    A slow visitor who does not sign in: pages are opened one at a time in a real browser, images are taken at
    full size, and a wall is where the visit ends; then the site is left alone for a while.

    Running it again fetches only what is new. The role (content by default) is remembered with the profile.
    """
    from console.scraping import ScrapeOptions, run_scrape

    asked = ScrapeOptions(
        role=role,
        limit=limit,
        since=since,
        until=until,
        slides=slides,
        covers=covers,
        full=full,
        known=known,
        ignore_robots_tag=ignore_robots_tag,
        accept_new_owner=accept_new_owner,
        pages_per_hour=pages_per_hour,
        base_url=base_url,
        page_delay_s=page_delay,
        dry_run=dry_run,
        downloads=downloads,
    )
    return run_scrape(terminal_of(context, as_json), context.obj["library"], targets or [], from_file or [], asked)


def follow(
    context: typer.Context,
    profiles: Annotated[list[str], typer.Argument(metavar="PROFILE", help="name, @name or a link to a profile.")],
    role: RoleOption = None,
    limit: Annotated[
        int | None, typer.Option(min=1, max=LARGEST, metavar="N", help="Look at the newest N posts at each visit.")
    ] = None,
    as_json: JsonOption = False,
) -> int:
    """Let `refresh` visit a profile.

    Nothing is fetched now. Following a profile again changes its role and limit.
    """
    from console.following import run_follow

    return run_follow(terminal_of(context, as_json), context.obj["library"], profiles, role, limit)


def unfollow(
    context: typer.Context,
    profiles: Annotated[list[str], typer.Argument(metavar="PROFILE", help="name, @name or a link to a profile.")],
    as_json: JsonOption = False,
) -> int:
    """Let `refresh` leave a profile alone.

    What was collected of it stays.
    """
    from console.following import run_unfollow

    return run_unfollow(terminal_of(context, as_json), context.obj["library"], profiles)


def following(context: typer.Context, as_json: JsonOption = False) -> int:
    """List the profiles that `refresh` visits."""
    from console.following import run_following

    return run_following(terminal_of(context, as_json), context.obj["library"])


def refresh(
    context: typer.Context,
    stylize: Annotated[bool, typer.Option("--stylize", help="Then make the missing pictures of every pair.")] = False,
    max_minutes: Annotated[
        float | None,
        typer.Option(
            min=0, max=LONGEST_S // 60, metavar="N", help="Stop after N minutes; the next run goes on from there.",
        ),
    ] = None,
    spread: Annotated[
        float, typer.Option(min=0, max=720, metavar="MINUTES", help="First wait a random time up to this.")
    ] = 0,
    base_url: BaseUrlOption = None,
    page_delay: PageDelayOption = None,
    as_json: JsonOption = False,
) -> int:
    """Visit the followed profiles.

    Made for cron: the profile that waited longest comes first, a second run at the same time leaves at once with
    75, and a refusal by the site ends the run. With -q only trouble is on stderr; the last line of stdout says what
    was done. After a run without trouble `last-success.json` in the library has its time and counts.
    """
    from console.refreshing import RefreshOptions, run_refresh

    asked = RefreshOptions(stylize, max_minutes, spread, base_url, page_delay)
    return run_refresh(terminal_of(context, as_json), context.obj["library"], asked)


def cron(context: typer.Context, as_json: JsonOption = False) -> int:
    """Print crontab and systemd lines.

    They run `refresh` every night, with this installation and this library. Nothing is installed.
    """
    from console.cron import run_cron

    return run_cron(terminal_of(context, as_json), context.obj["library"])


def reparse(context: typer.Context, as_json: JsonOption = False) -> int:
    """Read kept pages again, offline.

    A page that `scrape` did not understand (exit code 76) is kept in the library's folder `samples`, without signed
    addresses, comments, likes and whatever else is nobody's business. After an update this reads them again: no
    browser, no request. What is understood now becomes posts whose images the next `scrape` fetches, and its sample
    goes; as long as one is not understood, the exit code is 76.
    """
    from console.reparsing import run_reparse

    return run_reparse(terminal_of(context, as_json), context.obj["library"])


def add(
    context: typer.Context,
    paths: Annotated[list[Path], typer.Argument(metavar="PATH", exists=True, help="Image files and folders.")],
    role: RoleOption = None,
    as_json: JsonOption = False,
) -> int:
    """Add images that are on disk.

    Folders are walked for image files: JPEG, PNG, WebP, AVIF, HEIC, GIF, TIFF, BMP. What gallery-dl (with
    --write-metadata) or instaloader described becomes the same posts as scraped ones. Of the archive that Instagram
    gives you of your own account, in JSON, name the unpacked folder: the pictures of your posts are added and nothing
    else of it. Sets are understood: what `export` wrote becomes the same images, posts and roles; a folder with
    metadata.jsonl, and Parquet and tar files as of datasets, WebDataset and img2dataset, come in with their captions.

    The default role is that of the profile for known ones, content for everything else.
    """
    from console.adding import run_add

    return run_add(terminal_of(context, as_json), context.obj["library"], paths, role)


def forget(
    context: typer.Context,
    targets: Annotated[
        list[str], typer.Argument(metavar="PROFILE|POST", help="A profile's name or link, or a post's link.")
    ],
    yes: Annotated[bool, typer.Option("--yes", help="Do it; without, only say what would go.")] = False,
    take_back: Annotated[
        bool, typer.Option("--take-back", help="Let it be fetched again; what was removed does not come back.")
    ] = False,
    as_json: JsonOption = False,
) -> int:
    """Remove a profile or a post, for good.

    Its rows, its files that nothing else uses and the results made from them go, and it is not fetched or added
    again. Pictures that you also added from disk stay. Backups of the catalog, pages that `matrix` wrote and your own
    copies are not touched.
    """
    from console.forgetting import run_forget

    return run_forget(terminal_of(context, as_json), context.obj["library"], targets, yes, take_back)
