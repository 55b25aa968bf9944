"""The visit of one profile: its grid, then each post that needs work, newest first.

What the grid told of is in the catalog, as pending, before the first post is opened: an early end leaves
unfinished posts that the next visit takes up by itself. A finished post is never opened again.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from db.records import PostState, ProfileRecord, Role
from scraper.collect import Collector, Tally, Task, Tools, belongs
from scraper.errors import LoginWall, NetworkFailed, PageChanged, ProfilePrivate, Throttled
from scraper.events import GridRead, PostOpened, PostsChosen, PostSkipped, ProfileRead
from scraper.grid import open_profile, read_grid
from scraper.posts import Post, Profile
from scraper.report import StopReason

_REFUSALS_IN_A_ROW = 3


@dataclass(frozen=True)
class Order:
    """What a visit is asked to do: `role` None keeps the profile's own; `limit` is a number of posts.

    `gapless` says that earlier visits left nothing unread below the newest known posts.
    """

    role: Role | None = None
    limit: int | None = None
    dry_run: bool = False
    gapless: bool = False


class Visit:
    """One profile's visit. `pk` and `tally` are right at every moment, however the visit ends."""

    def __init__(self, username: str, order: Order, tools: Tools) -> None:
        self.pk: str | None = None
        self.tally = Tally()
        self._username = username
        self._order = order
        self._tools = tools
        self._states: dict[str, PostState] = {}
        self._asked: set[str] = set()
        self._forgotten: set[str] = set()

    def run(self) -> StopReason:
        """Do the visit. Raises ScrapeError when it ends early, db's errors when the library cannot go on."""
        tools = self._tools
        tools.gate.before_page()
        first = open_profile(tools.tab, tools.site, self._username)
        profile = first.profile
        self.pk = profile.pk
        if tools.library.forgotten.has_profile(profile.pk):     # under another name
            return StopReason.FORGOTTEN
        tools.listen(ProfileRead(self._username, profile.full_name))
        self._remember(profile)
        if profile.is_private:
            raise ProfilePrivate("the profile is private: only its followers see its posts")
        grid = read_grid(
            tools.tab,
            tools.site,
            first,
            tools.gate,
            limit=self._order.limit,
            known=lambda posts: self._finished(posts, profile) if self._order.gapless else frozenset(),
            on_more=lambda count: tools.listen(GridRead(self._username, count)),
        )
        self._take_up(grid.posts, profile, may_open=grid.stop_reason is not StopReason.THROTTLED)
        return grid.stop_reason

    def _remember(self, profile: Profile) -> None:
        posts = self._tools.library.posts
        known = next((known for known in posts.profiles() if known.pk == profile.pk), None)
        if self._order.dry_run or (profile.is_private and known is None):
            return
        role = self._order.role or (known.role if known else Role.CONTENT)
        posts.save_profile(
            ProfileRecord(profile.pk, profile.username, role, profile.full_name, profile.is_private)
        )

    def _finished(self, posts: Sequence[Post], profile: Profile) -> frozenset[str]:
        """Which of the posts need nothing any more."""
        unasked = {post.pk: post.owner_pk for post in posts if post.pk not in self._asked}
        self._states |= self._tools.library.posts.states([*unasked])
        self._forgotten |= self._tools.library.forgotten.posts(unasked)
        self._asked.update(unasked)
        return frozenset(
            post.pk
            for post in posts
            if post.pk in self._forgotten
            or ((state := self._states.get(post.pk)) is not None and state.complete)
            or (post.kind == "video" and not belongs(post, profile))
        )

    def _take_up(self, posts: Sequence[Post], profile: Profile, *, may_open: bool) -> None:
        """Record what is new, and work through it and through what earlier visits left unfinished.

        After a refusal nothing more is asked for, and what is new stays for a later visit.
        """
        collector = Collector(profile, self._tools, self.tally)
        finished = self._finished(posts, profile)
        new = [post for post in posts if post.pk not in self._states and post.pk not in self._forgotten]
        own = [post for post in new if belongs(post, profile)]
        tally = self.tally
        tally.posts_seen, tally.posts_new = len(posts), len(own)
        tally.images_known = sum(state.slides_saved for state in self._states.values())
        tally.videos_skipped = sum(post.kind == "video" for post in own)
        tasks = [
            Task(post.pk, post.code, post)
            for post in posts
            if post.pk not in finished and (post.kind != "video" or post.pk in self._states)
        ]
        seen = {post.pk for post in posts}
        unfinished = self._tools.library.posts.unfinished(profile.pk)
        tasks += [Task(state.pk, state.code) for state in unfinished if state.pk not in seen]
        tasks = tasks[: self._order.limit]
        self._tools.listen(PostsChosen(self._username, len(own), len(tasks)))
        if self._order.dry_run:
            return
        # Oldest first: a kill in between leaves the newest unknown, which the next visit meets first.
        for post in reversed(own):
            collector.record(post)
        self._work_through(tasks if may_open else (), collector)

    def _work_through(self, tasks: Sequence[Task], collector: Collector) -> None:
        refusals = 0
        understood = False
        not_understood: list[Task] = []
        for number, task in enumerate(tasks, 1):
            self._tools.listen(PostOpened(self._username, task.code, number, len(tasks)))
            try:
                collector.collect(task)
                refusals, understood = 0, True
            except (LoginWall, Throttled, NetworkFailed, PageChanged) as refusal:
                # Not the post's fault, so it stays pending; a site that goes on like this is left alone.
                refusals += 1
                self.tally.images_failed += 1
                self._tools.listen(PostSkipped(self._username, task.code, str(refusal)))
                if isinstance(refusal, PageChanged):
                    not_understood.append(task)
                if refusals >= _REFUSALS_IN_A_ROW:
                    raise _ending(refusal) from refusal
        for task in not_understood if understood else ():
            # Where other posts were understood, it is this one that is odd.
            collector.give_up(task, "its page is not understood")


def _ending(refusal: Exception) -> Throttled | NetworkFailed | PageChanged:
    if isinstance(refusal, (NetworkFailed, PageChanged)):
        return refusal
    return Throttled(f"{_REFUSALS_IN_A_ROW} posts in a row were refused; try again later")
