"""The visit of one profile: its grid, then each post that needs work, newest first.

What the grid told of is in the catalog, as pending, before the first post is opened: an early end leaves
unfinished posts that the next visit takes up by itself. A finished post is never opened again.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from db.politeness import Answer, CoolDown
from db.records import Role
from scraper.collect import Collector, Task, Tools
from scraper.errors import (
    LoginWall,
    NetworkFailed,
    PageChanged,
    ProfilePrivate,
    Refused,
    ScrapeError,
    Throttled,
)
from scraper.events import AsideRefused, GridRead, PostOpened, PostsChosen, PostSkipped, ProfileRead
from scraper.grid import Grid, open_profile, read_grid
from scraper.identity import check_owner, is_known, remember
from scraper.known_posts import KnownPosts, belongs
from scraper.posts import Post, Profile
from scraper.report import StopReason
from scraper.samples import keep_sample
from scraper.selection import EVERYTHING, Selection
from scraper.visit_counts import VisitCounts

_REFUSALS_IN_A_ROW = 3


@dataclass(frozen=True)
class VisitOptions:
    """What a visit is asked to do: `role` None keeps the profile's own; `limit` is a number of posts.

    `gapless` says that earlier visits left nothing unread below the newest known posts; `accept_new_owner` that a
    known name may belong to another account than before.
    """

    role: Role | None = None
    limit: int | None = None
    dry_run: bool = False
    selection: Selection = EVERYTHING
    accept_new_owner: bool = False
    gapless: bool = False


class Visit:
    """One profile's visit. `pk` and `tally` are right at every moment, however the visit ends."""

    def __init__(self, username: str, options: VisitOptions, tools: Tools) -> None:
        self.pk: str | None = None
        self.name = username
        self.counts = VisitCounts()
        self.refusals: list[Refused] = []       # of the pages of single posts
        self.is_walled = False                  # as its grid was
        self.asides: tuple[Answer, ...] = ()    # refusals of what its page asked for besides the grid
        self.cool_down: CoolDown | None = None  # that the grid's refusal has begun
        self._options = options
        self._tools = tools

    def run(self) -> StopReason:
        """Do the visit. Raises ScrapeError when it ends early, db's errors when the library cannot go on."""
        tools, options = self._tools, self._options
        tools.limiter.before_page()
        first = open_profile(tools.tab, tools.site, self.name)
        profile = first.profile
        self.pk = profile.pk
        if tools.library.forgotten.has_profile(profile.pk):     # under another name
            return StopReason.FORGOTTEN
        tools.listen(ProfileRead(self.name, profile.full_name))
        if not options.accept_new_owner:
            check_owner(tools.library, profile)
        if not options.dry_run and (not profile.is_private or is_known(tools.library, profile)):
            remember(tools.library, profile, options.role)
        if profile.is_private:
            raise ProfilePrivate("the profile is private: only its followers see its posts")
        known = KnownPosts(tools.library, profile, options.selection)
        grid = read_grid(
            tools.tab,
            tools.site,
            first,
            tools.limiter,
            limit=options.limit,
            known_in_a_row=options.selection.known,
            classify=lambda posts: known.classify(posts, gapless=options.gapless and not options.selection.full),
            on_more=lambda count: tools.listen(GridRead(self.name, count)),
        )
        self.is_walled, self.asides = grid.is_walled, grid.asides
        self._note(grid, profile)
        self._take_up(grid, known, profile)
        if grid.error is not None:
            raise grid.error
        return grid.stop_reason

    def _note(self, grid: Grid, profile: Profile) -> None:
        """Note, before the posts are seen to, what of the grid was not understood and what was refused.

        A kill while they are collected must not hide a refusal: the cool-down begins with it.
        """
        self.counts.nodes_unread = grid.not_understood
        for answer in grid.asides:
            self._tools.listen(AsideRefused(self.name, str(answer)))
        if isinstance(grid.error, Refused):
            self.refusals.append(grid.error)
            self.cool_down = self._tools.limiter.refused(f"{self.name}: {grid.error}", grid.error.answer)
        if not self._options.dry_run:
            for changed in grid.changed:
                keep_sample(self._tools.library, self._tools.site, changed, self._options.role, profile)

    def _take_up(self, grid: Grid, known: KnownPosts, profile: Profile) -> None:
        """Record what is new, and work through it and through what earlier visits left unfinished.

        After a refusal no more is asked for than what was seen before, and that until the first page is refused.
        """
        collector = Collector(profile, self._tools, self.counts)
        new = [post for post in grid.posts if not (known.is_recorded(post) or known.is_left_out(post))]
        own = [post for post in new if belongs(post, profile)]
        selected = [post for post in own if self._may_include(post.pk, known.taken_at(post))]
        counts = self.counts
        counts.posts_seen, counts.posts_new = len(grid.posts), len(selected)
        counts.images_known = known.images_saved
        # With covers wanted their pages are opened, and they are counted then.
        counts.videos_skipped = 0 if self._options.selection.covers else sum(post.kind == "video" for post in selected)
        tasks = self._tasks(grid.posts, known, profile)[: self._options.limit]
        self._tools.listen(PostsChosen(self.name, len(selected), len(tasks)))
        if self._options.dry_run:
            return
        self._mark_absent(grid, known, profile, tasks)
        # Oldest first: a kill in between leaves the newest unknown, which the next visit meets first.
        for post in reversed(own):
            collector.record(post)
        self._tools.library.posts.link(profile.pk, [post.pk for post in grid.posts if known.is_to_be_linked(post)])
        if isinstance(grid.error, Refused):
            seen = [task for task in tasks if task.seen is not None]
            with suppress(ScrapeError):     # the visit ends for what ended the grid
                self._work_through(seen, collector, profile, most_refusals=1)
        else:
            self._work_through(tasks, collector, profile, most_refusals=_REFUSALS_IN_A_ROW)

    def _tasks(self, posts: Sequence[Post], known: KnownPosts, profile: Profile) -> list[Task]:
        """The posts to work on: those of the grid, then those that earlier visits left unfinished."""
        selection = self._options.selection
        tasks = [
            Task(post.pk, post.code, post)
            for post in posts
            if not known.is_left_out(post)
            and (selection.full or not known.is_complete(post))
            and (post.kind != "video" or selection.covers or (known.is_recorded(post) and not selection.full))
            and self._may_include(post.pk, known.taken_at(post))
        ]
        seen = {post.pk for post in posts}
        unfinished = self._tools.library.posts.unfinished(profile.pk, selection.wanted)
        return tasks + [
            Task(state.pk, state.code)
            for state in unfinished
            if state.pk not in seen and self._may_include(state.pk, state.taken_at)
        ]

    def _may_include(self, pk: str, taken_at: datetime | None) -> bool:
        return self._options.selection.may_include(pk, taken_at)

    def _mark_absent(self, grid: Grid, known: KnownPosts, profile: Profile, tasks: Sequence[Task]) -> None:
        """Note which known posts the grid shows again, and which it should show and does not.

        It shows all from its last post on; pinned ones stand at the top, whatever their age.
        """
        posts = self._tools.library.posts
        seen = [post.pk for post in grid.read]
        posts.seen_again(seen)
        if grid.has_gaps:
            return      # what is missing may stand in them
        ended = grid.stop_reason is StopReason.END_OF_TIMELINE
        oldest = known.taken_at(grid.read[-1]) if grid.read else None
        if ended or oldest is not None:
            opened = [task.pk for task in tasks]    # their own pages tell
            posts.missing(posts.absent(profile.pk, seen + opened, None if ended else oldest))

    def _work_through(
        self, tasks: Sequence[Task], collector: Collector, profile: Profile, *, most_refusals: int
    ) -> None:
        """Collect each post. One whose page is not to be had stays pending: that is not its fault.

        Raises the error for all of them when that happens several times in a row: such a site is left alone. Raises
        PageChanged when no page at all was understood.
        """
        in_a_row: list[ScrapeError] = []
        understood = False
        changed: PageChanged | None = None
        not_understood: list[Task] = []
        for number, task in enumerate(tasks, 1):
            self._tools.listen(PostOpened(self.name, task.code, number, len(tasks)))
            try:
                collector.collect(task)
                in_a_row, understood = [], True
            except (Refused, NetworkFailed, PageChanged) as error:
                in_a_row.append(error)
                self.counts.posts_unread += 1
                self._tools.listen(PostSkipped(self.name, task.code, str(error)))
                if isinstance(error, Refused):
                    self.refusals.append(error)
                if isinstance(error, PageChanged):
                    not_understood.append(task)
                    changed = error
                    keep_sample(self._tools.library, self._tools.site, error, self._options.role, profile)
                if len(in_a_row) >= most_refusals:
                    raise _ending(in_a_row) from error
        if changed is not None and not understood:
            raise changed
        for task in not_understood:
            # Where other posts were understood, it is this one that is odd.
            self.counts.posts_unread -= 1
            collector.give_up(task, "its page is not understood")


def _ending(errors: Sequence[ScrapeError]) -> ScrapeError:
    """The error for several posts in a row: a sign-in only if each of them was answered with one."""
    last = errors[-1]
    if not isinstance(last, Refused):
        return last
    message = f"the pages of {len(errors)} posts in a row were refused; try again later"
    asked_to_sign_in = all(isinstance(error, LoginWall) for error in errors)
    return (LoginWall if asked_to_sign_in else Throttled)(message, last.answer)
