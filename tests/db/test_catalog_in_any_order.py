"""Whatever order things happen in, what is saved stays saved and the numbers add up."""

import io
import tempfile
from contextlib import ExitStack
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from PIL import Image

from db.library import open_library
from db.posts import GIVE_UP_AFTER
from db.records import PostRecord, ProfileRecord, Role, SlideRecord

PROFILES = ("1", "2")
POSTS = ("10", "11")
SLIDES = 3


def picture(number: int) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (number + 1, 1)).save(buffer, "PNG")
    return buffer.getvalue()


class Catalog(RuleBasedStateMachine):
    """The catalog beside the simplest model of it: for each slide its status, file and failures."""

    def __init__(self) -> None:
        super().__init__()
        self.opened = ExitStack()
        self.root = Path(self.opened.enter_context(tempfile.TemporaryDirectory()))
        self.library = self.opened.enter_context(open_library(self.root))
        self.stored = [self.library.store.put_bytes(picture(number)) for number in range(3)]
        self.slides: dict[tuple[str, int], str] = {}
        self.files: dict[tuple[str, int], str] = {}
        self.failures: dict[tuple[str, int], int] = {}
        self.ever: set[str] = set()

    def teardown(self) -> None:
        self.opened.close()

    @initialize()
    def visit(self) -> None:
        for pk in PROFILES:
            self.library.posts.save_profile(ProfileRecord(pk, f"name{pk}", Role.CONTENT))

    @rule(
        pk=st.sampled_from(POSTS),
        profile=st.sampled_from(PROFILES),
        videos=st.lists(st.booleans(), max_size=SLIDES),
    )
    def see(self, pk: str, profile: str, videos: list[bool]) -> None:
        slides = tuple(SlideRecord(index, f"{pk}-{index}", is_video=video) for index, video in enumerate(videos))
        state = self.library.posts.save(PostRecord(pk, f"C{pk}", "1", "carousel", slides), profile)
        for index, video in enumerate(videos):
            known = self.slides.get((pk, index), "pending")
            if video and known != "saved":
                self.slides[pk, index] = "video"
            else:
                self.slides[pk, index] = "pending" if known == "video" else known
        assert state == self.library.posts.states([pk])[pk]

    @precondition(lambda self: self.slides)
    @rule(data=st.data(), number=st.integers(0, 2))
    def fetch(self, data: st.DataObject, number: int) -> None:
        slide = data.draw(st.sampled_from(sorted(self.slides)))
        self.library.posts.slide_saved(*slide, self.stored[number], "https://example", True)
        self.slides[slide], self.files[slide] = "saved", self.stored[number].sha256
        self.failures[slide] = self.failures.get(slide, 0) + 1
        self.ever.add(self.stored[number].sha256)

    @precondition(lambda self: self.slides)
    @rule(data=st.data())
    def fail(self, data: st.DataObject) -> None:
        slide = data.draw(st.sampled_from(sorted(self.slides)))
        self.library.posts.slide_failed(*slide, "timed out")
        if self.slides[slide] != "saved":
            self.slides[slide] = "failed"
            self.failures[slide] = self.failures.get(slide, 0) + 1

    @rule(number=st.integers(0, 2), role=st.sampled_from(Role))
    def add(self, number: int, role: Role) -> None:
        _, is_new = self.library.images.add(self.stored[number], f"/{number}.png", role)
        assert is_new == (self.stored[number].sha256 not in self.ever)
        self.ever.add(self.stored[number].sha256)

    @rule()
    def restart(self) -> None:
        self.library = self.opened.enter_context(open_library(self.root))

    @invariant()
    def the_numbers_add_up(self) -> None:
        counts = self.library.posts.counts()
        for status in ("pending", "saved", "failed", "video"):
            assert counts[f"slides_{status}"] == list(self.slides.values()).count(status)

    @invariant()
    def what_is_open_is_what_is_neither_settled_nor_given_up(self) -> None:
        for pk in POSTS:
            assert self.library.posts.open_slides(pk) == [
                index
                for (post, index), status in sorted(self.slides.items())
                if post == pk
                and (status == "pending" or (status == "failed" and self.failures[post, index] < GIVE_UP_AFTER))
            ]

    @invariant()
    def the_same_bytes_are_one_image_whose_file_is_there(self) -> None:
        images = self.library.images.find()
        hashes = [image.sha256 for image in images]
        assert len(hashes) == len(set(hashes))
        assert set(self.files.values()) <= set(hashes) <= self.ever
        assert all(image.path.is_file() for image in images)
        assert images == [self.library.images.get(image.id) for image in images]


TestCatalog = Catalog.TestCase
TestCatalog.settings = settings(max_examples=8, stateful_step_count=20, deadline=None)
