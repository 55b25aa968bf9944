"""The visit of a single post: its page opened once, its owner recorded, its slides saved."""

from db.politeness import Answer, CoolDown
from db.records import PostState
from scraper.collect import Collector, Task, Tools, open_post_of_somebody
from scraper.errors import PostUnavailable, Refused
from scraper.events import ImageFailed, PostOpened, PostsChosen
from scraper.identity import check_owner, remember
from scraper.posts import Unavailable
from scraper.report import StopReason
from scraper.shortcodes import pk_of
from scraper.visit import VisitOptions
from scraper.visit_counts import VisitCounts


class PostVisit:
    """One post's visit. `pk` and `name` are its owner's, once known; `tally` is right at every moment."""

    def __init__(self, code: str, options: VisitOptions, tools: Tools) -> None:
        self.pk: str | None = None
        self.name = code
        self.counts = VisitCounts()
        self.refusals: list[Refused] = []
        self.is_walled = False
        self.asides: tuple[Answer, ...] = ()
        self.cool_down: CoolDown | None = None
        self._code = code
        self._options = options
        self._tools = tools

    def run(self) -> StopReason:
        """Do the visit; one that is complete, given up or gone is not opened. Raises ScrapeError, and db's errors."""
        tools, library = self._tools, self._tools.library
        pk = str(pk_of(self._code))
        if library.forgotten.posts({pk: None}):
            return StopReason.FORGOTTEN
        state = library.posts.states([pk], self._options.selection.wanted).get(pk)
        if state is not None:
            self.counts.images_known = state.slides_saved
            if state.complete and not self._options.selection.full:
                self._tell_lacking(pk, state)
                return StopReason.CAUGHT_UP
        opened = open_post_of_somebody(tools, self._code)
        if isinstance(opened, Unavailable):
            if opened.is_gone and not self._options.dry_run:
                library.posts.missing([pk])
            raise PostUnavailable(opened.reason)
        post, owner = opened
        self.pk, self.name = owner.pk, owner.username
        if library.forgotten.has_profile(owner.pk):
            return StopReason.FORGOTTEN
        if not self._options.accept_new_owner:
            check_owner(library, owner)
        self.counts.posts_seen, self.counts.posts_new = 1, int(state is None)
        tools.listen(PostsChosen(owner.username, int(state is None), 1))
        if not self._options.dry_run:
            remember(library, owner, self._options.role)
            tools.listen(PostOpened(owner.username, self._code, 1, 1))
            Collector(owner, tools, self.counts).save(Task(post.pk, post.code), post)
        return StopReason.CAUGHT_UP

    def _tell_lacking(self, pk: str, state: PostState) -> None:
        """Say what was given up of a post that is not opened again. Raises PostUnavailable when it is gone."""
        lacking = self._tools.library.posts.lacking(pk, self._options.selection.wanted)
        if lacking and state.is_gone:
            raise PostUnavailable("the post is not there any more; --full looks again")
        self.counts.posts_seen, self.counts.images_failed = 1, len(lacking)
        for index, reason in lacking.items():
            self._tools.listen(ImageFailed(self.name, self._code, index, reason))
