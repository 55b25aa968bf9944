from hypothesis import given
from hypothesis import strategies as st

from scraper.parser.addresses import Rendition, expires_at, rendition
from scraper.parser.full_size import is_full_size, largest_image
from scraper.posts import Candidate, Fit

HOST = "https://scontent.cdninstagram.com/v/t51.82787-15/1_n.jpg"


def offer(*transforms: str | None, **sizes) -> dict:
    urls = [f"{HOST}?stp={stp}&oe=6AA4A960" if stp else f"{HOST}?oe=6AA4A960" for stp in transforms]
    return {"image_versions2": {"candidates": [{"url": url, **sizes} for url in urls]}}


def test_the_transform_is_read_from_the_address():
    assert rendition(f"{HOST}?stp=dst-jpg_e35_tt6") == Rendition(Fit.ORIGINAL, None)
    assert rendition(HOST) == Rendition(Fit.ORIGINAL, None)
    assert rendition(f"{HOST}?stp=cp0_dst-jpg_sh2.08_tt6") == Rendition(Fit.ORIGINAL, None)
    assert rendition(f"{HOST}?stp=dst-jpg_e35_p1080x1080") == Rendition(Fit.SIZED, (1080, 1080))
    assert rendition(f"{HOST}?stp=c0.169.1350.1350a_dst-jpg_e35_s640x640") == Rendition(Fit.CROPPED, (640, 640))
    old = "https://scontent.cdninstagram.com/vp/ab/5C/t51.2885-15/s640x640/sh0.08/e35/1_n.jpg"
    assert rendition(old) == Rendition(Fit.SIZED, (640, 640))


def test_the_expiry_is_hexadecimal_unix_time():
    assert expires_at(f"{HOST}?oe=6AC7E921") == 1791486241
    assert expires_at(HOST) is None
    assert expires_at(f"{HOST}?oe=soon") is None


def test_an_original_is_taken_wherever_it_stands(instagram):
    node = offer("c0.1.9.9a_s1080x1080", "dst-jpg_e35_p1080x1080", "dst-jpg_e35_tt6", "dst-jpg_e35_p720x720")
    assert largest_image(node, instagram).fit is Fit.ORIGINAL


def test_without_an_original_the_largest_whole_one_is_taken_and_never_a_crop(instagram):
    node = offer("c0.1.9.9a_s2000x2000", "dst-jpg_p640x640", "dst-jpg_p1080x1080", "dst-jpg_p720x720")
    taken = largest_image(node, instagram)
    assert taken.fit is Fit.SIZED
    assert "p1080x1080" in taken.url


def test_a_crop_is_better_than_nothing(instagram):
    assert "s640" in largest_image(offer("c0.1.9.9a_s320x320", "c0.1.9.9a_s640x640"), instagram).url


def test_declared_sizes_decide_between_equals(instagram):
    node = {"image_versions2": {"candidates": [
        {"url": f"{HOST}?a=1", "width": 640, "height": 800},
        {"url": f"{HOST}?a=2", "width": 1440, "height": 1800},
    ]}}
    assert largest_image(node, instagram) == Candidate(f"{HOST}?a=2", Fit.ORIGINAL, 1440, 1800)


def test_without_candidates_the_largest_preview_is_taken_and_called_one(instagram):
    node = {
        "image_versions2": {"candidates": []},
        "display_uri": f"{HOST}?stp=s640x640",
        "display_resources": [
            {"src": f"{HOST}?w=640", "config_width": 640},
            {"src": f"{HOST}?w=1080", "config_width": "1080"},
            None,
        ],
    }
    assert largest_image(node, instagram) == Candidate(f"{HOST}?w=1080", Fit.PREVIEW)
    assert largest_image({"display_uri": f"{HOST}?x"}, instagram).fit is Fit.PREVIEW


def test_addresses_elsewhere_are_not_candidates(instagram):
    node = {"image_versions2": {"candidates": [{"url": "https://example.org/1.jpg"}, {"url": None}, None]}}
    assert largest_image(node, instagram) is None


def test_full_size_is_true_false_or_unknown():
    assert is_full_size(1440, 1920, 1440, 1920) is True
    assert is_full_size(1920, 1440, 1440, 1920) is True         # the document gave the sides before rotation
    assert is_full_size(1080, 1440, 1440, 1920) is False
    assert is_full_size(1080, 1920, 720, 1280) is True          # some reels' covers are larger than declared
    assert is_full_size(1080, 1440, None, 1920) is None


@given(st.text(max_size=200))
def test_any_text_is_read_as_an_address_without_an_error(text):
    for url in (text, f"https://scontent.cdninstagram.com/v/x?stp={text}"):
        assert isinstance(rendition(url).fit, Fit)
    expiry = expires_at(f"https://scontent.cdninstagram.com/v/x?oe={text}")
    assert expiry is None or 0 <= expiry < 16**10
