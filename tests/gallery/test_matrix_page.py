"""The page's text: whatever strangers wrote stays text."""

import base64
import hashlib
import json
import re
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from db.records import Image, Result, ResultKey, ResultRecord, ResultStatus, Role
from gallery.labels import plain
from gallery.matrix import Matrix
from gallery.matrix_page import Copies, Copy, page_of

HOSTILE = st.one_of(
    st.text(st.characters(), max_size=30),
    st.sampled_from(
        [
            "</script><script>alert(1)</script>",
            '"><img src=x onerror=alert(1)>',
            "' onclick='alert(1)",
            "<!--<script>",
            "]]>&lt;&#x3c;b>",
            "$style ${script} $$",
            "{{ 7 * 7 }}{% for %}{# {{ policy",
            "</style><style>*{display:none}",
            "javascript:alert(1)",
        ]
    ),
)


class Document(HTMLParser):
    """What a reader of HTML finds: elements with their attributes, and the text of script and style."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.raw: list[tuple[str, str]] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.elements and self.elements[-1][0] in ("script", "style") and data.strip():
            self.raw.append((self.elements[-1][0], data))

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def page(text: str) -> str:
    """One content with one result and one failure, and `text` wherever a stranger's word can stand."""
    content = Image(
        1, "a", Path("a"), Role.CONTENT, 30, 20, text, text, 1, None, source_url=text, alt_text=text, name=text
    )
    styles = tuple(Image(number, "b", Path("b"), Role.STYLE, 20, 20, name=text) for number in (2, 3))
    made = datetime(2026, 1, 2, tzinfo=UTC)
    key = ResultKey("a", "b", text)
    done = ResultRecord(key, text, 512, 300, 0, ResultStatus.DONE, details={"start_loss": text})
    failed = ResultRecord(key, text, 512, 300, 0, ResultStatus.FAILED, reason=text)
    results = Result(1, 1, 2, Path("r"), made, done), Result(2, 1, 3, None, made, failed)
    matrix = Matrix((content,), styles, (results,))
    copy = Copy("images/x.jpg", "images/x-small.webp", 30, 20)
    return page_of(matrix, Copies({1: copy, 2: copy}, {1: copy}, {2: text}))


PEACEFUL = Document(page("peaceful"))


@settings(max_examples=40)
@given(HOSTILE)
def test_no_word_of_a_stranger_becomes_an_element_or_an_attribute(text: str) -> None:
    document = Document(page(text))
    assert [(tag, set(attributes)) for tag, attributes in document.elements] == [
        (tag, set(attributes)) for tag, attributes in PEACEFUL.elements
    ]
    assert {link.get("href") for link in document.all("a")} == {link.get("href") for link in PEACEFUL.all("a")}


@settings(max_examples=40)
@given(HOSTILE)
def test_the_embedded_data_holds_the_words_and_no_tag(text: str) -> None:
    document = Document(page(text))
    (_, embedded), _ = [entry for entry in document.raw if entry[0] == "script"]
    assert not set(embedded) & set("<>&")
    embedded.encode("ascii")
    data: dict[str, Any] = json.loads(embedded)
    assert data["contents"][0]["alt"] == plain(text) or not plain(text)
    assert data["cells"][0][1] is None


@settings(max_examples=40)
@given(HOSTILE)
def test_the_policy_names_the_style_and_script_that_stand_in_the_page(text: str) -> None:
    document = Document(page(text))
    (policy,) = [meta["content"] or "" for meta in document.all("meta") if meta.get("http-equiv")]
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy
    for tag, directive in (("style", "style-src"), ("script", "script-src")):
        body = [text for name, text in document.raw if name == tag][-1]
        digest = base64.b64encode(hashlib.sha256(body.encode()).digest()).decode()
        assert f"{directive} 'sha256-{digest}'" in policy


def test_every_picture_has_words_for_those_who_do_not_see_it() -> None:
    pictures = [image for image in PEACEFUL.all("img") if "src" in image]
    assert pictures
    assert all(image["alt"] for image in pictures)


def test_nothing_in_the_page_points_outside() -> None:
    addresses = re.findall(r"(?:https?:)?//[a-z0-9.-]+", page("peaceful"))
    assert addresses == []


def test_the_reason_of_a_failure_stands_in_its_cell() -> None:
    text = page("diverged <b>twice</b>")
    assert "<b>failed</b><span>diverged &lt;b&gt;twice&lt;/b&gt;</span>" in text
