"""What pages say of images and results is in the catalog, and what makes no sense changes nothing."""

import pytest

from db.records import Role
from tests.gallery.server.conftest import Gallery

JSON = {"Accept": "application/json"}


def test_stars_tags_roles_and_exclusions(gallery: Gallery) -> None:
    post = gallery.client.post
    assert post("/marks/star", {"result": "1,2", "image": [3]}, **JSON).text == '{"changed":3}'
    assert post("/marks/star", {"result": 2, "on": 0}, **JSON).text == '{"changed":1}'
    assert post("/marks/tag", {"tag": "sea, blue", "result": 1, "image": 1}, **JSON).text == '{"changed":2}'
    assert post("/marks/tag", {"tag": "blue", "result": 1, "on": 0}, **JSON).text == '{"changed":1}'
    assert post("/marks/exclude", {"image": [1, 2]}, **JSON).text == '{"changed":2}'
    assert post("/marks/role", {"image": 1, "role": "style"}, **JSON).text == '{"changed":1}'
    result, image = gallery.library.results.get(1), gallery.library.images.get(1)
    assert (result.is_starred, result.tags) == (True, ("sea",))
    assert (image.tags, image.is_excluded, image.role) == (("blue", "sea"), True, Role.STYLE)
    post("/marks/role", {"image": 1, "role": "sources"}, **JSON)
    assert gallery.library.images.get(1).role is Role.CONTENT


def test_a_form_leads_back_to_the_page_that_it_stands_on_and_nowhere_else(gallery: Gallery) -> None:
    home = gallery.where.address.rstrip("/")
    for referrer, path in (
        (f"{home}/picture/1?recipe=gatys", "/picture/1?recipe=gatys"), ("", "/"),
        ("https://elsewhere.example/x", "/"), (f"{home}//elsewhere.example/", "/elsewhere.example/"),
    ):
        answer = gallery.client.post("/marks/star", {"result": 1}, Referer=referrer)
        assert (answer.status, answer.headers["location"]) == (303, path)


@pytest.mark.parametrize(("path", "values"), [
    ("/marks/star", {"result": "x"}), ("/marks/star", {"result": "1", "image": "1e3"}),
    ("/marks/star", {"result": str(2**63)}), ("/marks/tag", {"result": 1}), ("/marks/tag", {"result": 1, "tag": "a<b"}),
    ("/marks/role", {"image": 1, "role": "king"}), ("/marks/role", {"image": 1})])
def test_what_makes_no_sense_changes_nothing_and_is_said_in_words(
    gallery: Gallery, path: str, values: dict[str, object]
) -> None:
    answer = gallery.client.post(path, values, **JSON)
    assert answer.status == 400
    assert "<" not in answer.headers["content-type"]
    assert answer.headers["content-type"].startswith("text/plain")
    assert not any(result.is_starred or result.tags for result in gallery.library.results.find())


def test_what_is_no_form_is_refused(gallery: Gallery) -> None:
    origin = gallery.where.address.rstrip("/")
    assert gallery.client.ask("/marks/star", "POST", b"\xff\xfe", Origin=origin, **JSON).status == 400
    assert gallery.client.ask("/marks/star", "POST", b"a&" * 60_000, Origin=origin, **JSON).status == 400
