"""The two accounts of the demo: a photographer, whose pictures are contents, and a painter.

Small on purpose: whoever runs the demo waits for every picture.
"""

import zlib
from dataclasses import replace
from datetime import UTC, datetime

from demo import photographs
from demo.accounts import Account, Picture, Post, Slide, User
from demo.paintings import PAINTINGS
from demo.plates import plate

PHOTOGRAPHER = User(5_550_001_234, "harbour.light", "Harbour Light")
PAINTER = User(5_550_004_321, "studio.vermeil", "Studio Vermeil")


def demo_accounts() -> tuple[Account, Account]:
    """The photographer and the painter; PhotographsMissing where the extra is not installed."""
    photographs.require()
    return photographer(), painter()


def photographer() -> Account:
    coffee = single("2026-08-20 07:40", photographs.COFFEE, "coffee cup", "Before the first ferry.")
    second_slide = Slide(photographs.COFFEE_DETAIL, alt=alt_text(PHOTOGRAPHER, "2026-08-20 07:40", "coffee cup"))
    reel = Slide(plate(7, 1080, 1920))
    posts = (
        single("2026-09-01 10:00", photographs.ROCKET, "rocket", "Up it goes #launch"),
        replace(coffee, slides=(*coffee.slides, second_slide)),
        Post(PHOTOGRAPHER, moment("2026-08-11 18:05"), (reel,), caption="Gulls, moving", is_reel=True, low=4_242_424),
        single("2026-07-30 15:20", photographs.ASTRONAUT, "1 person smiling", "Portrait, with helmet to hand."),
        replace(
            single("2024-03-03 09:12", photographs.CHELSEA, "cat", "Chelsea owns the place."), is_pinned=True
        ),
    )
    return Account(PHOTOGRAPHER, posts, "Fog, gulls & ferries ⛴")


def painter() -> Account:
    posts = []
    for number, painting in enumerate(PAINTINGS):
        day = f"2026-{8 - number:02d}-14 12:00"
        slide = Slide(painting.picture, alt=alt_text(PAINTER, day, painting.description))
        low = zlib.crc32(painting.title.encode()) % 2**23
        posts.append(Post(PAINTER, moment(day), (slide,), caption=f"{painting.title} · {day[:4]}", low=low))
    return Account(PAINTER, tuple(posts), "Colour, mostly.", followers=2_318)


def single(day: str, picture: Picture, subject: str, caption: str) -> Post:
    slide = Slide(picture, alt=alt_text(PHOTOGRAPHER, day, subject))
    return Post(PHOTOGRAPHER, moment(day), (slide,), caption=caption, low=zlib.crc32(day.encode()) % 2**23)


def moment(day: str) -> int:
    return int(datetime.strptime(day, "%Y-%m-%d %H:%M").replace(tzinfo=UTC).timestamp())


def alt_text(owner: User, day: str, subject: str) -> str:
    date = datetime.strptime(day, "%Y-%m-%d %H:%M").replace(tzinfo=UTC).strftime("%B %d, %Y")
    return f"Photo by {owner.full_name} on {date}. May be an image of {subject}."
