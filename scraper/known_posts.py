"""What the catalog knows of the posts in one profile's grid, asked once for each."""

from collections.abc import Sequence
from datetime import datetime

from db.library import Library
from db.records import PostState
from scraper.posts import Post, Profile
from scraper.selection import Selection
from scraper.stopping import ClassifiedPosts


class KnownPosts:
    """Grows with the posts that it is asked about; what a visit itself changes does not show in it."""

    def __init__(self, library: Library, profile: Profile, selection: Selection) -> None:
        self._library = library
        self._profile = profile
        self._selection = selection
        self._states: dict[str, PostState] = {}
        self._linked: set[str] = set()
        self._asked: set[str] = set()
        self._forgotten: set[str] = set()
        self._foreign = library.posts.foreign_on(profile.pk)

    def look_up(self, posts: Sequence[Post]) -> None:
        """Ask the catalog about the posts that it was not asked about yet."""
        unasked = {post.pk: post.owner_pk for post in posts if post.pk not in self._asked}
        if unasked:
            self._states |= self._library.posts.states([*unasked], self._selection.wanted)
            self._linked |= self._library.posts.on_profile(self._profile.pk, [*unasked])
            self._forgotten |= self._library.forgotten.posts(unasked)
            self._asked.update(unasked)

    def is_recorded(self, post: Post) -> bool:
        """Whether the catalog has the post."""
        return post.pk in self._states

    def is_left_out(self, post: Post) -> bool:
        """Whether the post is never to be opened: forgotten by the user, or somebody else's."""
        foreign_video = post.kind == "video" and not belongs(post, self._profile)
        return post.pk in self._forgotten or post.pk in self._foreign or foreign_video

    def is_complete(self, post: Post) -> bool:
        """Whether nothing that is wanted of the post is missing; of a stranger's, nor that it is the profile's, too."""
        state = self._states.get(post.pk)
        is_the_profiles = post.pk in self._linked or belongs(post, self._profile)
        return state is not None and state.complete and is_the_profiles

    def is_to_be_linked(self, post: Post) -> bool:
        """Whether the catalog has the post from another profile, and it is this one's, too."""
        return self.is_recorded(post) and post.pk not in self._linked and belongs(post, self._profile)

    def taken_at(self, post: Post) -> datetime | None:
        """The post's date, from the grid or from an earlier visit."""
        state = self._states.get(post.pk)
        return post.taken_at or (state.taken_at if state else None)

    def classify(self, posts: Sequence[Post], *, gapless: bool) -> ClassifiedPosts:
        """What is known of the posts. Without `gapless`, known ones prove nothing about those below them."""
        self.look_up(posts)
        selection = self._selection
        known = [post.pk for post in posts if gapless and (self.is_left_out(post) or self.is_complete(post))]
        older = [post.pk for post in posts if selection.is_older(post.pk, self.taken_at(post))]
        newer = [post.pk for post in posts if selection.is_newer(post.pk, self.taken_at(post))]
        return ClassifiedPosts(frozenset(known), frozenset(older), frozenset(newer))

    @property
    def images_saved(self) -> int:
        """How many images of the posts asked about are saved."""
        return sum(state.slides_saved for state in self._states.values())


def belongs(post: Post, profile: Profile) -> bool:
    """Whether the post is the profile's, alone or together with others; a grid may leave its owner out."""
    if post.owner_pk is None and post.owner_name is None:
        return True
    owns = post.owner_pk == profile.pk or post.owner_name == profile.username
    return owns or profile.pk in post.coauthor_pks
