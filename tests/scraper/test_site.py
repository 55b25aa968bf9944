import pytest
from hypothesis import given
from hypothesis import strategies as st

from scraper.errors import BadSetting
from scraper.site import site_at


def test_images_come_over_https_from_the_image_hosts_only(instagram):
    for good in (
        "https://scontent.cdninstagram.com/v/t51.82787-15/1_n.jpg?oe=6AA4A960",
        "https://instagram.fxyz1-1.fna.fbcdn.net/v/x.jpg",
    ):
        assert instagram.serves_images(good)
    for bad in (
        "http://scontent.cdninstagram.com/v/x.jpg",
        "https://cdninstagram.com.example.org/v/x.jpg",
        "https://evilcdninstagram.com/v/x.jpg",
        "https://scontent.cdninstagram.com:8443/v/x.jpg",
        "https://scontent.cdninstagram.com@example.org/v/x.jpg",
        "https://example.org\\@scontent.cdninstagram.com/x.jpg",
        "https://www.instagram.com/x.jpg",
        "https://127.0.0.1/x.jpg",
        "file:///etc/passwd",
        "https://[::1/x.jpg",
        "https://scontent.cdninstagram.com/a b.jpg",
    ):
        assert not instagram.serves_images(bad), bad


def test_a_loopback_site_is_that_very_host_and_port():
    site = site_at("http://127.0.0.1:8765/")
    assert site.profile_url("harbour.light") == "http://127.0.0.1:8765/harbour.light/"
    assert site.post_url("-cvZZqTktaH") == "http://127.0.0.1:8765/p/-cvZZqTktaH/"
    assert site.serves_images("http://127.0.0.1:8765/v/1.jpg")
    for other in ("http://127.0.0.1:8766/v/1.jpg", "http://127.0.0.2:8765/v/1.jpg", "https://127.0.0.1:8765/v/1.jpg"):
        assert not site.serves_images(other)
    assert not site.serves_images("https://scontent.cdninstagram.com/v/1.jpg")


def test_the_names_of_this_machine_are_one_host_of_a_loopback_site():
    names = ("localhost", "127.0.0.1", "[::1]")
    sites = [site_at(f"http://{name}:8765") for name in names]
    assert {site.key for site in sites} == {"127.0.0.1:8765"}
    assert all(site.serves_images(f"http://{name}:8765/v/1.jpg") for site in sites for name in names)
    assert not sites[0].serves_pages("http://localhost:8766/")


@pytest.mark.parametrize(
    "base_url",
    ["", "nonsense", "http://192.168.0.7:8000", "http://www.instagram.com", "https://example.org", "http://127.0.0.1:1/x"],
)
def test_other_base_addresses_are_refused(base_url):
    with pytest.raises(BadSetting):
        site_at(base_url)


@given(st.text(max_size=60))
def test_no_text_is_taken_for_an_address_by_accident(text):
    assert not site_at().serves_images(text)
