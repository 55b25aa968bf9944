import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.records import SavedSlide
from scraper.parser.addresses import Rendition, expires_at, fills_its_box, rendition
from scraper.parser.full_size import forms_of, is_full_size, offers_more
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
    assert forms_of(node, instagram)[0].fit is Fit.ORIGINAL


def test_without_an_original_the_largest_whole_one_is_taken_and_never_a_crop(instagram):
    node = offer("c0.1.9.9a_s2000x2000", "dst-jpg_p640x640", "dst-jpg_p1080x1080", "dst-jpg_p720x720")
    taken = forms_of(node, instagram)[0]
    assert taken.fit is Fit.SIZED
    assert "p1080x1080" in taken.url


def test_a_crop_is_better_than_nothing(instagram):
    assert "s640" in forms_of(offer("c0.1.9.9a_s320x320", "c0.1.9.9a_s640x640"), instagram)[0].url


def test_declared_sizes_decide_between_equals(instagram):
    node = {"image_versions2": {"candidates": [
        {"url": f"{HOST}?a=1", "width": 640, "height": 800},
        {"url": f"{HOST}?a=2", "width": 1440, "height": 1800},
    ]}}
    assert forms_of(node, instagram)[0] == Candidate(f"{HOST}?a=2", Fit.ORIGINAL, 1440, 1800)


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
    assert forms_of(node, instagram)[0] == Candidate(f"{HOST}?w=1080", Fit.PREVIEW)
    assert forms_of({"display_uri": f"{HOST}?x"}, instagram)[0].fit is Fit.PREVIEW


def transforms(node: dict, site) -> list[str]:
    return [each.url.partition("stp=")[2].partition("&")[0] for each in forms_of(node, site)]


def test_all_whole_forms_are_offered_best_first_each_once_and_no_crop_among_them(instagram):
    node = offer("c0.1.9.9a_s1080x1080", "p640x640", "p1080x1080", "dst-jpg_e35_tt6", "p720x720", "p720x720")
    node |= {"display_uri": f"{HOST}?stp=s640x640", "thumbnail_src": f"{HOST}?stp=c0.1.9.9a_s640x640"}
    assert transforms(node, instagram) == ["dst-jpg_e35_tt6", "p1080x1080", "p720x720", "p640x640", "s640x640"]


def test_a_whole_preview_comes_before_crops_which_come_for_want_of_anything_whole(instagram):
    crops = offer("c0.1.9.9a_s320x320", "c0.1.9.9a_s640x640")
    assert transforms(crops | {"display_uri": f"{HOST}?stp=s640x640"}, instagram) == ["s640x640"]
    assert transforms(crops, instagram) == ["c0.1.9.9a_s640x640", "c0.1.9.9a_s320x320"]


def test_a_preview_stands_where_its_size_belongs_among_the_listed_forms(instagram):
    node = offer("p240x240", "p1080x1080", "p640x640") | {"display_uri": f"{HOST}?stp=s640x640"}
    assert transforms(node, instagram) == ["p1080x1080", "p640x640", "s640x640", "p240x240"]


@pytest.mark.parametrize("key", ["display_url", "display_src"])
@pytest.mark.parametrize("path", ["t51.2885-15/e35", "vp/ab/5C/t51.2885-15/e35", "v/t51.2885-15"])
def test_an_older_display_form_is_the_upload_where_its_address_says_so(instagram, key, path):
    whole = f"https://scontent.cdninstagram.com/{path}/1_n.jpg?ig_cache_key=x"
    small = f"https://scontent.cdninstagram.com/{path}/s640x640/1_n.jpg"
    resources = [{"src": whole, "config_width": 1080}, {"src": small, "config_width": 640}]
    node = {key: whole, "display_resources": resources}
    assert forms_of(node, instagram) == (Candidate(whole, Fit.ORIGINAL), Candidate(small, Fit.PREVIEW))
    assert forms_of({key: small}, instagram) == (Candidate(small, Fit.PREVIEW),)


def test_the_box_of_a_saved_form_promises_nothing_more_than_the_form_gave():
    box = f"{HOST}?stp=dst-jpg_s1080x1080_tt6"
    saved = SavedSlide(1080, 720, f"{box}&oh=other", None)
    assert not offers_more(Candidate(box, Fit.SIZED), saved)
    assert not offers_more(Candidate(f"{HOST}?stp=s640x640", Fit.SIZED), saved)
    assert offers_more(Candidate(f"{HOST}?stp=s1440x1440", Fit.SIZED), saved)
    assert offers_more(Candidate(HOST, Fit.ORIGINAL), saved)


def test_a_picture_below_the_box_of_its_address_was_not_made_smaller():
    for stp, size, fills in [
        ("p1080x1080", (320, 400), False),
        ("p1080x1080", (1080, 1350), True),
        ("s1080x1080", (1079, 720), True),
        ("s1080x1080", (900, 720), False),
        ("dst-jpg_e35_tt6", (5000, 5000), False),
    ]:
        assert fills_its_box(f"{HOST}?stp={stp}", *size) is fills


def test_addresses_elsewhere_are_not_candidates(instagram):
    node = {"image_versions2": {"candidates": [{"url": "https://example.org/1.jpg"}, {"url": None}, None]}}
    assert forms_of(node, instagram) == ()


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
