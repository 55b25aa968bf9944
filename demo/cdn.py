"""Signed addresses of image files: how pages name a picture, and what an address must have to be served.

An address is good as it was given and until it expires: path, `stp` and `oe` are under the signature,
so nobody gets another size by editing one.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from demo.accounts import Frame, Picture, User
from demo.behaviour import Behaviour

MISMATCH = "URL signature mismatch"
EXPIRED = "URL signature expired"
FIT_SIDES = (1080, 720, 640, 480, 320, 240)
CROP_SIDES = (1080, 750, 640, 480, 320, 240, 150)


@dataclass(frozen=True)
class Cdn:
    """Makes and checks addresses on one host, under one secret key."""

    base_url: str
    key: bytes
    clock: Callable[[], float]

    def address(self, path: str, stp: str, lifetime_s: int, tags: Mapping[str, str] | None = None) -> str:
        """A signed address; an empty `stp` is left out."""
        expiry = f"{int(self.clock() + lifetime_s):X}"
        query = ({"stp": stp} if stp else {}) | {"_nc_cat": "1", "ccb": "7-5", "_nc_sid": "58cdad"}
        query |= dict(tags or {}) | {"oh": self.signature(path, stp, expiry), "oe": expiry}
        return f"{self.base_url}{path}?{urlencode(query)}"

    def signature(self, path: str, stp: str, expiry: str) -> str:
        digest = hmac.digest(self.key, "\n".join((path, stp, expiry)).encode(), hashlib.sha256)
        return "00_AQ" + base64.urlsafe_b64encode(digest[:27]).decode()

    def refusal(self, path: str, query: Mapping[str, str]) -> str | None:
        """Why an address is not served, or None when it is as it was given and still good."""
        expiry = query.get("oe", "")
        signature = self.signature(path, query.get("stp", ""), expiry)
        if not hmac.compare_digest(signature.encode(), query.get("oh", "").encode()):
            return MISMATCH
        return EXPIRED if int(expiry, 16) <= self.clock() else None


@dataclass(frozen=True)
class Easel:
    """Addresses for one account's pictures, made the way its behaviour asks for."""

    cdn: Cdn
    behaviour: Behaviour

    def display(self, frame: Frame, side_px: int = 640) -> str:
        """The rendition a grid shows: the whole picture inside a square of `side_px`."""
        tags = {"efg": tag("efg_tag", "FEED.best_image_urlgen.C3")}
        return self.sign(frame.path, f"dst-jpg_e35_s{side_px}x{side_px}_tt6", tags)

    def width(self, frame: Frame, width_px: int) -> str:
        """The whole picture at a width, as the oldest generation lists them; never enlarged."""
        picture = frame.slide.picture
        token = "s" if picture.width > picture.height else "p"
        return self.sign(frame.path, f"dst-jpg_e35_{token}{width_px}x{width_px}_sh0.08")

    def square(self, frame: Frame, side_px: int) -> str:
        return self.sign(frame.path, f"{centre_crop(frame.slide.picture)}_dst-jpg_e35_s{side_px}x{side_px}")

    def avatar(self, user: User, side_px: int = 150) -> str:
        return self.sign(avatar_path(user), f"dst-jpg_s{side_px}x{side_px}_tt6")

    def video(self, frame: Frame) -> str:
        path = f"/o1/v/t2/f2/m86/{frame.pk}.mp4"
        return self.cdn.address(path, "", min(86_400, self.behaviour.image_lifetime_s))

    def candidates(self, frame: Frame) -> list[dict[str, Any]]:
        """`image_versions2.candidates` in the real order: original, smaller and smaller, then squares."""
        if not frame.slide.has_candidates:
            return []
        picture = frame.slide.picture
        sizes = [*self.whole_renditions(picture), *square_renditions(picture)]
        if self.behaviour.crops_first:
            sizes.sort(key=lambda size: not size[0].startswith("c"))
        with_sizes = self.behaviour.with_candidate_sizes
        if with_sizes is None:
            with_sizes = frame.is_video or self.behaviour.generation != "xig"
        tags = {
            "ig_cache_key": base64.b64encode(str(frame.pk).encode()).decode() + ".3-ccb7-5",
            "efg": tag("vencode_tag", f"FEED.xpids.{picture.width}.sdr.regular_photo.C3"),
        }
        return [
            ({"width": width, "height": height} if with_sizes else {})
            | {"url": self.sign(frame.path, stp, tags)}
            for stp, width, height in sizes
        ]

    def whole_renditions(self, picture: Picture) -> list[tuple[str, int, int]]:
        """(stp, width, height) of every uncropped candidate, the original first unless it is withheld."""
        width, height = picture.width, picture.height
        token = "s" if width > height else "p"  # both set the width: of a landscape's box, of a portrait
        limit = self.behaviour.largest_width_px or width
        sizes = [(self.original_stp(picture), width, height)] if width <= limit else []
        for side in FIT_SIDES:
            if side < width and side <= limit:
                size = side, round(height * side / width)
                sizes.append((f"dst-jpg_e35_{token}{side}x{side}_tt6", *size))
        return sizes

    def original_stp(self, picture: Picture) -> str:
        kept_as_is = picture.format == "WEBP" and not self.behaviour.webp_as_jpeg
        return "" if kept_as_is else "dst-jpg_e35_tt6"

    def sign(self, path: str, stp: str, tags: Mapping[str, str] | None = None) -> str:
        return self.cdn.address(path, stp, self.behaviour.image_lifetime_s, tags)


def square_renditions(picture: Picture) -> list[tuple[str, int, int]]:
    short = min(picture.width, picture.height)
    sides = [min(CROP_SIDES[0], short), *(side for side in CROP_SIDES[1:] if side < short)]
    crop = centre_crop(picture)
    return [(f"{crop}_dst-jpg_e35_s{side}x{side}_tt6", side, side) for side in sides]


def centre_crop(picture: Picture) -> str:
    """The crop token of the square in the middle."""
    short = min(picture.width, picture.height)
    return f"c{(picture.width - short) // 2}.{(picture.height - short) // 2}.{short}.{short}a"


def avatar_path(user: User) -> str:
    return f"/v/t51.82787-19/{user.pk % 10**9}_{user.pk}_1_n.jpg"


def tag(name: str, value: str) -> str:
    return base64.b64encode(json.dumps({name: value}, separators=(",", ":")).encode()).decode()
