"""What images and results are called, and the facts told of them: plain text of one line.

Names, captions and addresses come from strangers: `plain` takes out what is not visible text, and a link is
only ever one that we wrote ourselves.
"""

import math
import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from db.records import Image, Result
from db.values import finite

LONGEST_CAPTION = 300
# Marks that turn the direction of the text around them, so that "gpj.exe" can pose as "exe.jpg".
DIRECTION_MARKS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


@dataclass(frozen=True)
class Fact:
    """One line of a wall label; `link` is an address that is safe to follow."""

    name: str
    text: str
    link: str | None = None


def plain(text: str) -> str:
    """`text` on one line, without control characters, lone surrogates and marks of direction."""
    visible = "".join(
        " " if unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp") else char
        for char in text
        if char not in DIRECTION_MARKS
    )
    return " ".join(visible.split())


def title(image: Image) -> str:
    """The profile, the file's own name, or the image's number."""
    name = f"@{image.profile}" if image.profile else image.name or ""
    return plain(name) or f"image {image.id}"


def subtitle(image: Image) -> str:
    """The post and, within a carousel, the slide; empty for an image from disk."""
    code = plain(image.post_code or "")
    return f"{code} · {image.slide + 1}" if code and image.slide else code


def label(image: Image) -> str:
    """Title and subtitle on one line."""
    return " / ".join(filter(None, (title(image), subtitle(image))))


def alternative(image: Image) -> str:
    """The text that stands for the picture: its own description where there is one."""
    return plain(image.alt_text or "") or label(image)


def recipes(results: Iterable[Result]) -> str:
    """The recipes and sizes of these results, the commonest first: "gatys 512 px, gatys-paper 256 px"."""
    counts = Counter(f"{plain(result.record.recipe)} {result.record.size}\u00a0px" for result in results)
    return ", ".join(sorted(counts, key=lambda words: (-counts[words], words)))


def short(value: float) -> str:
    """A positive number in three digits, such as 0.02, 35, 20 k, 1.5 M or 2e+13."""
    for unit, name in ((1e9, " G"), (1e6, " M"), (1e3, " k"), (1, "")):
        if unit <= value < 1e12:
            return f"{value / unit:.3g}{name}"
    return f"{value:.3g}"


def number(value: object) -> str:
    """A number in four digits or whole; nothing where there is none."""
    known = finite(value)
    if known is None:
        return ""
    return f"{known:,.0f}" if abs(known) >= 1000 else f"{known:.4g}"


def image_facts(image: Image) -> tuple[Fact, ...]:
    """Where an original came from."""
    facts = [Fact("Image", str(image.id))]
    facts += [Fact("Taken", _date(image.taken_at))] if image.taken_at else []
    link = post_link(image)
    if link:
        facts.append(Fact("Source", link.removeprefix("https://www.").rstrip("/"), link))
    elif image.source_url:
        facts.append(Fact("Source", plain(_without_query(image.source_url))))
    if image.caption:
        facts.append(Fact("Caption", _shortened(plain(image.caption))))
    return (*facts, Fact("Original", f"{image.width} × {image.height}"))


def _shortened(text: str) -> str:
    """What fits on a wall label."""
    return text if len(text) <= LONGEST_CAPTION else text[: LONGEST_CAPTION - 1].rstrip() + "…"


def _without_query(address: str) -> str:
    """What is behind a question mark is signatures of hundreds of characters, which run out."""
    return address.partition("?")[0] if address.startswith(("http://", "https://")) else address


def post_link(image: Image) -> str | None:
    """The post's page, if the image came from Instagram itself; never an address as found."""
    return image.permalink


def result_facts(result: Result) -> tuple[Fact, ...]:
    """How a result was made. The share of the start needs `start_loss` among the record's details."""
    record = result.record
    facts = [
        ("Result", f"r{result.id}"),
        ("Recipe", plain(record.recipe)),
        ("Styles", plain(str(record.details.get("mix") or ""))),
        ("Size", f"{record.size} px"),
        ("Steps", f"{record.steps:,}"),
        ("Seed", str(record.seed)),
        ("Content loss", number(record.content_loss)),
        ("Style loss", number(record.style_loss)),
        ("Total loss", number(record.total_loss) + _share(record.share_of_start)),
        ("Time", _duration(record.seconds)),
        ("Made", _date(result.created_at)),
        ("Recipe hash", plain(record.key.recipe_hash)[:12]),
    ]
    return tuple(Fact(name, text) for name, text in facts if text)


def _share(share: float | None) -> str:
    return "" if share is None else f" · {share:.2%} of the start"


def _duration(seconds: float | None) -> str:
    if seconds is None or not math.isfinite(seconds):
        return ""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s"


def _date(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
