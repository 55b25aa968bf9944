"""What ten profiles are on each day of the year: they grow, rename, turn private, vanish, and the site has its moods.

A pure function of the day, so that the site's process and the one that judges see the same.
"""

import random
from dataclasses import dataclass, replace
from functools import lru_cache

from demo.accounts import Account, Post, Slide, User
from demo.behaviour import Behaviour, Dialog, ImageFault, OddNodes, Wall, WallKind
from demo.plates import plate

DAY_S = 86_400
_FIRST_POSTS = 15
_NEVER_WHOLE_EVERY = 97     # of the posts of one profile: its picture is not to be had
_DELETED_ON, _DELETED_EVERY = 100, 10
RENAMED_ON = (60, 200)
_PRIVATE, _MISSING = range(90, 151), range(120, 131)
# Days on which the site is in a mood, for all profiles alike, and which.
MOODS: dict[int, WallKind] = {
    **dict.fromkeys((40, 41, 42, 222), "login_page"), **dict.fromkeys((75, 260, 261, 262), "throttled"), 300: "refused",
    310: "server_error", 320: "dropped", 333: "challenge",
}
# How far the visitor's own clock is wrong, in days.
CLOCK_WRONG_BY = {50: 10.0, 140: -3.0, 141: -3.0, 250: 1 / 24, 330: 400.0}


@dataclass(frozen=True)
class World:
    """The year: its first day as a unix time, what chance it has, and of how many profiles, ten at most."""

    begins_s: int
    seed: int = 1
    profiles: int = 10

    def names(self) -> list[str]:
        """Under which the profiles are followed on the first day."""
        return [self._user(number, 0).username for number in range(self.profiles)]

    def accounts(self, day: int) -> list[Account]:
        """Every profile as it is in the night of this day."""
        return [self._account(number, day) for number in range(self.profiles)]

    def is_gone(self, account: Account, day: int) -> bool:
        """Whether visitors get nothing of it on that day."""
        number = account.user.pk % 100
        return account.is_private or (number == 3 and day in _MISSING)

    def never_whole(self, post: Post) -> bool:
        """Whether no visit can ever fetch it all."""
        return any(slide.fault is not None and slide.fault.kind == "missing" for slide in post.slides)

    def _account(self, number: int, day: int) -> Account:
        user = self._user(number, day)
        posts = tuple(replace(post, owner=user) for post in _posts(self.begins_s, self.seed, number)
                      if post.taken_at <= self.begins_s + day * DAY_S)
        if number == 4 and day >= _DELETED_ON:
            posts = tuple(post for at, post in enumerate(posts) if at % _DELETED_EVERY or at > 40)
        behaviour = _behaviour(number, day)
        if day in MOODS:
            behaviour = replace(behaviour, walls=(Wall(MOODS[day]), Wall(MOODS[day], on="post")))
        return Account(user, posts, is_private=number == 2 and day in _PRIVATE, behaviour=behaviour)

    def _user(self, number: int, day: int) -> User:
        renames = sum(day >= each for each in RENAMED_ON) if number == 1 else 0
        return User(5_550_000_000 + number, f"profile{number}" + ".later" * renames, f"Profile {number}")


def _behaviour(number: int, day: int) -> Behaviour:
    plain = Behaviour(padding_bytes=0)
    match number:
        case 3 if day in _MISSING:
            return replace(plain, walls=(Wall("missing"),))
        case 5 if 150 <= day < 170:
            return replace(plain, dialogs=(Dialog(),))
        case 6 if 180 <= day < 190:
            return replace(plain, odd_nodes=OddNodes("renamed_node", every=3))
        case 8:
            return replace(plain, image_lifetime_s=20)      # shorter than the pause between two pages
        case 9:
            return replace(plain, generation="xdt" if day < 180 else "xig")
        case _:
            return plain


@lru_cache
def _posts(begins_s: int, seed: int, number: int) -> tuple[Post, ...]:
    """All posts that the profile will ever have, oldest first: a few a month to three a day."""
    generator = random.Random(f"{seed} {number}")
    a_day = (0.1, 0.3, 0.3, 0.5, 0.5, 0.5, 0.7, 1.0, 1.0, 3.0)[number]
    moments = [begins_s - (day + 1) * DAY_S for day in range(_FIRST_POSTS)]
    at = float(begins_s)
    while at < begins_s + 400 * DAY_S:
        at += generator.expovariate(a_day) * DAY_S
        moments.append(int(at))
    user = User(5_550_000_000 + number, f"profile{number}", f"Profile {number}")
    return tuple(_post(user, moment, at, generator) for at, moment in enumerate(sorted(moments)))


def _post(user: User, taken_at: int, at: int, generator: random.Random) -> Post:
    kind = generator.random()
    count = 3 if kind < 0.2 else 1
    slides = [Slide(plate(taken_at * 10 + number + user.pk, 64, 80), alt="Photo.") for number in range(count)]
    if count == 3:
        slides[1] = replace(slides[1], is_video=True)
    number = user.pk % 100
    if number == 7 and at % 5 == 0:
        slides[0] = replace(slides[0], fault=ImageFault(generator.choice(("server_error", "truncated", "expired")), 1))
    if number == 7 and at % _NEVER_WHOLE_EVERY == 50:
        slides[0] = replace(slides[0], fault=ImageFault("missing"))
    is_reel, low = 0.2 <= kind < 0.3, user.pk % 2**20
    return Post(user, taken_at, tuple(slides), caption=f"Post {at} #fog", is_reel=is_reel, low=low)
