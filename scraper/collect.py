"""One post: its page read, its slides fetched a few at a time, everything recorded at once and in their order.

A file is durable before its row says so; what cannot be had is recorded with its reason, and ends nothing. Threads
fetch into files of their own; whether those are images, and every row, is the driving thread's business. Where the best
form of a picture is not to be had, the next whole ones are taken, a few at most.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from db.disk import discard
from db.errors import PictureRefused
from db.library import Library
from db.records import PostRecord, SavedSlide, SlideRecord, Slides, StoredFile
from scraper.download import Downloader
from scraper.errors import DownloadRefused, FormRefused, PageChanged, SignatureRefused, Withheld
from scraper.events import ImageFailed, ImageSaved, Listener, PostSkipped
from scraper.grid import documents_of, nothing_understood, refuse_walls
from scraper.known_posts import belongs
from scraper.page import Tab
from scraper.parser.addresses import fills_its_box
from scraper.parser.documents import Json
from scraper.parser.full_size import is_full_size, offers_more
from scraper.parser.page_kind import PageKind
from scraper.parser.post_page import read_post_page
from scraper.parser.signs import signs_of_name
from scraper.passing import Passed
from scraper.posts import Candidate, Fit, Post, Profile, Slide, Subject, Unavailable
from scraper.rate_limiter import RateLimiter
from scraper.samples import keep_documents
from scraper.selection import EVERYTHING, Selection
from scraper.shortcodes import pk_of
from scraper.site import Site
from scraper.visit_counts import VisitCounts

_MOST_FORMS = 4     # of one picture asked for in a visit


@dataclass(frozen=True)
class Tools:
    """What a visit works with: handed in, so that each can be another one."""

    library: Library
    site: Site
    tab: Tab
    limiter: RateLimiter
    downloader: Downloader
    listen: Listener
    selection: Selection = EVERYTHING
    keeps_samples: bool = True


@dataclass(frozen=True)
class Task:
    """A post to work on, with what the grid told of it, if it stood there."""

    pk: str
    code: str
    seen: Post | None = None


@dataclass
class _Download:
    """A slide on its way into a file of its own, in the first of its forms; `done` is None where it has none."""

    slide: Slide
    forms: tuple[Candidate, ...]
    saved: SavedSlide | None
    staged: Path
    done: Future[None] | None


class Collector:
    """Works on the posts of one profile, one after the other."""

    def __init__(self, profile: Profile, tools: Tools, counts: VisitCounts) -> None:
        self._profile = profile
        self._tools = tools
        self._counts = counts

    def collect(self, task: Task) -> None:
        """Read the post, opening its page unless the grid told everything, and save what is missing of it.

        Raises LoginWall, Throttled, NetworkFailed or PageChanged when its page was not to be had.
        """
        whole = task.seen if task.seen is not None and task.seen.is_whole else None
        post = whole or open_post(self._tools, task.code)
        if isinstance(post, Unavailable):
            self.give_up(task, post.reason)
            if post.is_gone:
                self._tools.library.posts.missing([task.pk])
        elif _by_others(task, self._profile) and not belongs(post, self._profile):
            reason = "belongs to another profile"
            self._tools.library.posts.foreign(self._profile.pk, task.pk, post.code, reason)
            self._tools.listen(PostSkipped(self._profile.username, post.code, reason))
        else:
            self.save(task, post)

    def save(self, task: Task, post: Post) -> None:
        """Record the post as its page tells it and, if its date is wanted, save what is missing of it."""
        post = self._with_announced(task, post)
        self.record(post)
        self._counts.posts_new += _by_others(task, self._profile)
        if self._tools.selection.includes(post.taken_at):
            self._counts.videos_skipped += sum(slide.is_video for slide in post.slides)
            self._save_slides(post)

    def record(self, post: Post) -> None:
        """Put the post into the catalog as it is known now."""
        record_post(self._tools.library, self._profile, post)

    def give_up(self, task: Task, reason: str) -> None:
        """Record that nothing of the post can be had now, and why."""
        if _by_others(task, self._profile):
            self._tools.listen(PostSkipped(self._profile.username, task.code, reason))
            return
        for index in self._tools.library.posts.open_slides(task.pk):
            self._failed(task.pk, task.code, index, reason)

    def _with_announced(self, task: Task, post: Post) -> Post:
        """The post with all slides that it or the grid announced: one that its page does not list is to fail."""
        state = self._tools.library.posts.states([post.pk]).get(post.pk)
        known = max(len(post.slides), state.slides_expected if state is not None else 0)
        announced = max(told.slides_expected or 0 for told in (post, task.seen) if told is not None)
        unlisted = (Slide(index, "", is_video=False) for index in range(known, announced))
        return replace(post, slides=(*post.slides, *unlisted))

    def _save_slides(self, post: Post) -> None:
        refused = self._fetch(post, self._waiting(post))
        if refused:
            # Signed addresses run out. A fresh page has fresh ones; the address is never touched up.
            fresh = open_post(self._tools, post.code)
            if isinstance(fresh, Post):
                refused = self._fetch(fresh, list(refused))
        for index, reason in refused.items():
            self._failed(post.pk, post.code, index, reason)

    def _fetch(self, post: Post, indexes: Sequence[int]) -> dict[int, str]:
        """Fetch these slides and record them in their order; returns those whose signature was refused, and how."""
        refused: dict[int, str] = {}
        with self._started(post, indexes) as downloads:
            for download in downloads:
                index = download.slide.index
                try:
                    self._finish(post, download)
                except SignatureRefused as error:
                    refused[index] = str(error)
                except Withheld as error:
                    self._withheld(post, index, str(error))
                except FormRefused as error:
                    if download.saved is None:
                        self._failed(post.pk, post.code, index, str(error))
                    else:
                        self._tools.library.posts.slide_tried(post.pk, index)
                except (DownloadRefused, PictureRefused) as error:
                    self._failed(post.pk, post.code, index, str(error))
        return refused

    @contextmanager
    def _started(self, post: Post, indexes: Sequence[int]) -> Iterator[list[_Download]]:
        """The downloads of these slides, begun; none of their files is left when the block ends."""
        slides = {slide.index: slide for slide in post.slides}
        saved = self._tools.library.posts.saved_slides(post.pk)
        downloads = [
            self._start(post, slides.get(index) or Slide(index, "", is_video=False), saved.get(index))
            for index in indexes
        ]
        try:
            yield downloads
        finally:
            for download in downloads:
                if download.done is not None:
                    download.done.cancel()
                discard(download.staged)

    def _start(self, post: Post, slide: Slide, saved: SavedSlide | None) -> _Download:
        staged = self._tools.library.store.staging_path(f"{post.pk}_{slide.index}")
        offered = () if slide.image is None else (slide.image, *slide.lesser)
        forms = tuple(form for form in offered if saved is None or offers_more(form, saved))[:_MOST_FORMS]
        begun = self._tools.downloader.start(forms[0].url, staged) if forms else None
        return _Download(slide, forms, saved, staged, begun)

    def _waiting(self, post: Post) -> list[int]:
        """The slides to fetch: what is not saved, and what the page offers larger now than it was saved."""
        posts, selection = self._tools.library.posts, self._tools.selection
        waiting = set(posts.open_slides(post.pk, selection.wanted))
        saved = posts.saved_slides(post.pk)
        for slide in post.slides:
            of_slide = saved.get(slide.index)
            if of_slide is None or (selection.slides is Slides.FIRST and slide.index):
                continue
            if slide.image is not None and offers_more(slide.image, of_slide):
                waiting.add(slide.index)
            elif slide.index in waiting:
                posts.slide_tried(post.pk, slide.index, is_final=post.slides_listed and of_slide.is_full_size is True)
                waiting.remove(slide.index)
        return sorted(waiting)

    def _finish(self, post: Post, download: _Download) -> None:
        """Wait for a download, and make its file a picture of the catalog."""
        slide, posts = download.slide, self._tools.library.posts
        index = slide.index
        form, stored = self._stored(download)
        info = stored.info
        before = download.saved
        if before is not None and info.width * info.height <= before.width * before.height:
            posts.slide_tried(post.pk, index)
            return
        full_size = _is_full_size(slide, form, info.width, info.height)
        # As large as the page declares the original: then there is nothing larger to look for at later visits.
        is_preview = (form.fit is Fit.PREVIEW or form is not slide.image) and not full_size
        posts.slide_saved(
            post.pk, index, stored, form.url, full_size, is_preview=is_preview or not post.slides_listed
        )
        self._counts.images_new += 1
        name = self._profile.username
        self._tools.listen(ImageSaved(name, post.code, index, info.width, info.height, full_size))

    def _stored(self, download: _Download) -> tuple[Candidate, StoredFile]:
        """The best form that is to be had, and its durable file. Raises what is wrong with the best of them."""
        refusals: list[FormRefused | PictureRefused] = []
        for form in download.forms:
            if refusals:
                download.done = self._tools.downloader.start(form.url, download.staged)
            if download.done is None:
                break
            try:
                download.done.result()
                return form, self._tools.library.store.commit(download.staged)
            except (FormRefused, PictureRefused) as error:
                refusals.append(error)
        if not refusals:
            raise FormRefused("the page offers no address for it")
        raise FormRefused(str(refusals[0])) from refusals[0]

    def _withheld(self, post: Post, index: int, reason: str) -> None:
        self._tools.library.posts.slide_withheld(post.pk, index, reason)
        self._counts.images_withheld += 1
        self._tools.listen(PostSkipped(self._profile.username, post.code, f"slide {index + 1}: {reason}"))

    def _failed(self, post_pk: str, code: str, index: int, reason: str) -> None:
        self._tools.library.posts.slide_failed(post_pk, index, reason)
        self._counts.images_failed += 1
        self._tools.listen(ImageFailed(self._profile.username, code, index, reason))


def _is_full_size(slide: Slide, form: Candidate, width: int, height: int) -> bool | None:
    """Whether the picture is as large as the upload; unknown where the declared size is that of what was offered."""
    full_size = is_full_size(width, height, slide.original_width, slide.original_height)
    return None if full_size and slide.declares_offer and fills_its_box(form.url, width, height) else full_size


def record_post(library: Library, profile: Profile, post: Post) -> None:
    """Put a post of the profile into the catalog; at least one slide stands for what is not known yet."""
    slides = post.slides or (Slide(0, post.pk, is_video=False),)
    library.posts.save(
        PostRecord(
            pk=post.pk,
            code=post.code,
            owner_pk=post.owner_pk or profile.pk,
            kind=post.kind,
            slides=tuple(_slide_record(slide) for slide in slides),
            taken_at=post.taken_at,
            caption=post.caption,
        ),
        profile.pk,
    )


def open_post(tools: Tools, code: str) -> Post | Unavailable:
    """Read a post's page. Raises NotYet, LoginWall, Throttled, NetworkFailed or PageChanged."""
    return _read_page(tools, code)[0]


def open_post_of_somebody(tools: Tools, code: str) -> tuple[Post, Profile] | Unavailable:
    """The same where nobody knows whose post it is; a page that does not say so has changed, too."""
    post, documents = _read_page(tools, code)
    if isinstance(post, Unavailable):
        return post
    if post.owner_pk is None or post.owner_name is None:
        message = f"the page of the post {code} does not say whose it is; an update may help"
        raise PageChanged(message, Subject("post", code), documents)
    return post, Profile(post.owner_pk, post.owner_name)


def _read_page(tools: Tools, code: str) -> tuple[Post | Unavailable, Sequence[Json]]:
    tab, site = tools.tab, tools.site
    tools.limiter.before_page()
    page = tab.open(site.post_url(code))
    what = Subject("post", code)
    refuse_walls(tab, page.kind, what)
    if page.kind is PageKind.MISSING:
        return Unavailable("the post is not there any more", is_gone=True), ()
    post = read_post_page(page.documents, code, site)
    passed: list[Passed] = []
    if post is None:
        passed = tab.wait_for_data()
        loaded = documents_of([came for came in passed if not came.is_aside])
        post = read_post_page([*page.documents, *loaded], code, site)
    if post is None:
        refuse_walls(tab, tab.wall(), what)
        raise nothing_understood(tab, page.documents, passed, what, signs_of_name(code, str(pk_of(code))))
    if isinstance(post, Post) and post.not_understood and tools.keeps_samples:
        keep_documents(tools.library, site, what, page.documents)
    if isinstance(post, Post) and not post.slides:
        post = Unavailable("its page lists no slides")
    return post, page.documents


def _by_others(task: Task, profile: Profile) -> bool:
    """Whether the grid showed the post as somebody else's: co-authored, or put there by the site."""
    return task.seen is not None and not belongs(task.seen, profile)


def _slide_record(slide: Slide) -> SlideRecord:
    return SlideRecord(
        index=slide.index,
        pk=slide.pk,
        is_video=slide.is_video,
        alt_text=slide.alt_text,
        original_width=slide.original_width,
        original_height=slide.original_height,
    )
