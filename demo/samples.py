"""Made-up accounts for tests: any number of posts, every kind of post, one line each.

Ids, times and pictures follow from the name and the position alone.
"""

import zlib

from demo.accounts import Account, Post, Slide, User
from demo.behaviour import Behaviour
from demo.plates import plate

NEWEST = 1_788_256_812  # 1 September 2026
DAY_S = 86_400


def sample_user(username: str = "harbour.light") -> User:
    full_name = username.replace(".", " ").replace("_", " ").title()
    return User(5_550_000_000 + zlib.crc32(username.encode()) % 10**6, username, full_name)


def sample_post(
    owner: User, age_days: float = 0, *, slides: int = 1, width: int = 1080, height: int = 1350
) -> Post:
    """A post of plain plates; use `dataclasses.replace` for anything special."""
    taken_at = NEWEST - round(age_days * DAY_S)
    low = owner.pk % 2**20
    drawn = tuple(
        Slide(plate(taken_at + low + number, width, height), alt=f"Photo by {owner.full_name}, no. {number + 1}.")
        for number in range(slides)
    )
    return Post(owner, taken_at, drawn, caption=f"Day {age_days:g} before #fog", low=low)


def sample_account(
    username: str = "harbour.light",
    posts: int = 30,
    behaviour: Behaviour | None = None,
    *,
    is_private: bool = False,
    width: int = 1080,
    height: int = 1350,
) -> Account:
    """An account with one plain post a day, newest first."""
    user = sample_user(username)
    made = tuple(sample_post(user, day, width=width, height=height) for day in range(posts))
    return Account(user, made, "Fog, gulls & ferries", is_private, behaviour=behaviour or Behaviour())


def sample_carousel(owner: User, age_days: float) -> Post:
    """Three slides: a picture, a video, and a picture without candidates."""
    taken_at = NEWEST - round(age_days * DAY_S)
    slides = (
        Slide(plate(taken_at, 1439, 960), alt=f"Photo by {owner.full_name}."),
        Slide(plate(taken_at + 1, 1080, 1920), is_video=True),
        Slide(plate(taken_at + 2, 1080, 1350), has_candidates=False),
    )
    return Post(owner, taken_at, slides, caption="", low=owner.pk % 2**20)


def sample_reel(owner: User, age_days: float) -> Post:
    taken_at = NEWEST - round(age_days * DAY_S)
    cover = Slide(plate(taken_at, 1080, 1920))
    return Post(owner, taken_at, (cover,), caption="Gulls", is_reel=True, low=owner.pk % 2**20)
