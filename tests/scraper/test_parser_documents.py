import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scraper.parser.documents import blocks, body, media_addresses, objects, pictures_named, scripts

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)


def block(content: str, attributes: str = 'type="application/json" data-sjs') -> str:
    return f"<script {attributes}>{content}</script>"


def test_blocks_are_found_whatever_the_order_of_attributes_and_broken_ones_are_skipped():
    html = "<html>" + "\n".join(
        [
            block('{"a":1}'),
            block('{"b":', 'data-sjs type="application/json"'),
            block('{"c":2}', 'data-content-len="7" data-sjs type="application/json" nonce="x"'),
            block("let d = 3", "async"),
            block('{"d":4}', 'type="application/ld+json"'),
            block(""),
            block('"only text"'),
        ]
    )
    assert blocks(html) == [{"a": 1}, {"c": 2}]
    assert blocks(block('{"a":1}')) == [{"a": 1}]       # with nothing before the first


def test_a_script_is_its_tag_and_its_content_and_one_without_an_end_is_none():
    assert list(scripts(f'<script>a</script>{block("b", "async")}')) == [("<script>", "a"), ("<script async>", "b")]
    assert list(scripts(f'<script {"x" * 5_000}{block("b", "async")}')) == [("<script async>", "b")]
    assert list(scripts('<script>{"a":1}</scrip')) == list(scripts("<script")) == list(scripts("")) == []


def test_a_response_may_begin_with_a_guard_and_hold_a_document_a_line():
    assert body('for (;;);{"a":1}') == [{"a": 1}]
    assert body('{"a":1}\n{"b":2}\nnonsense\n') == [{"a": 1}, {"b": 2}]
    assert body("") == body("<html>") == []


@pytest.mark.parametrize("separator", ["\u2028", "\u2029", "\x85"])
def test_a_caption_may_hold_what_other_texts_end_their_lines_with(separator):
    documents = [{"a": f"fog{separator}gulls"}, {"b": 2}]
    assert body("\r\n".join(json.dumps(value, ensure_ascii=False) for value in documents)) == documents


def test_streamed_parts_are_put_in_their_places():
    lines = [
        {"data": {"node": {"timeline": {"edges": [{"node": 1}]}}}},
        {"label": "x", "path": ["node", "timeline", "edges", 1], "data": {"node": 2}},
        {"label": "y", "path": ["node", "timeline"], "data": {"page_info": {"has_next_page": False}}},
        {"label": "z", "path": ["nowhere", 7], "data": {"kept": True}},
    ]
    first, *rest = body("for (;;);" + "\n".join(json.dumps(line) for line in lines))
    assert first["data"]["node"]["timeline"] == {
        "edges": [{"node": 1}, {"node": 2}],
        "page_info": {"has_next_page": False},
    }
    assert rest == [lines[3]]
    one = {"path": ["node"], "data": {"name": 1}}
    assert body(f'{{"data": {{"node": {{}}}}}}\n{json.dumps(one)}') == [{"data": {"node": {"name": 1}}}]


@pytest.mark.parametrize("path", [
    ["list", "x", 0], ["list", -1, 0], ["list", 1, 0], ["map", 0, "x"], ["map", 0], ["none", 0], [0],
])
def test_a_part_whose_place_is_not_there_changes_nothing_and_is_kept_by_itself(path):
    whole = {"data": {"list": [1], "map": {"a": 1}}}
    part = {"path": path, "data": 2}
    assert body(f"{json.dumps(whole)}\n{json.dumps(part)}") == [whole, part]


def test_objects_come_outer_before_inner_in_the_documents_order():
    document = {"a": [{"b": {}}, {"c": 1}], "d": {}}
    assert list(objects(document)) == [document, {"b": {}}, {}, {"c": 1}, {}]
    assert {} not in list(objects([{"b": {}}], stop=lambda found: "b" in found))


def test_pictures_of_posts_are_counted_in_whatever_shape_and_avatars_are_not():
    host = "https://scontent.cdninstagram.com/v"
    document = {
        "x": [f"{host}/t51.82787-15/1_n.jpg?a=1", f"{host}/t51.82787-15/1_n.jpg?a=2"],
        "y": {"z": f"{host}/t51.2885-15/2_n.jpg", "me": f"{host}/t51.82787-19/3_n.jpg", "n": 5},
    }
    assert media_addresses([document]) == 2


@pytest.mark.parametrize("key", ["highlights", "lox_highlights_connection", "xdt_reel_media", "suggestedPosts"])
def test_covers_of_highlights_and_suggestions_are_no_pictures_of_posts(key):
    address = "https://scontent.cdninstagram.com/v/t51.71878-15/{}_n.jpg"
    covers = [{"cover_media": {"cropped_image_version": {"url": address.format(n)}}} for n in range(5)]
    tray = {key: {"edges": [{"node": cover} for cover in covers]}}
    assert media_addresses([{"data": tray | {"shelf": covers[:1]}}]) == 1


def test_hostile_pages_end_in_bounded_time():
    deep = "[" * 100_000 + "]" * 100_000
    wide = json.dumps({"edges": [[]] * 1_500_000})
    pages = [
        block(deep),
        block('{"a":' * 50_000 + "1" + "}" * 50_000),
        block(wide),
        "<script" * 700_000,
        "<script type=application/json>" * 150_000,
        block('"canonicalRouteName"' + " " * 5_000_000),
        block("9" * 5_000_000),
    ]
    started = time.monotonic()
    for page in pages:
        for document in blocks(page):
            assert sum(1 for _ in objects(document)) < 1_000_000
        media_addresses(body(page))
    assert time.monotonic() - started < 60


@given(st.text())
def test_any_text_is_read_without_an_error(text):
    assert all(script in text for script in scripts(text))
    assert isinstance(blocks(f"<script type='application/json'>{text}</script>"), list)
    assert isinstance(body(text), list)


@given(JSON, st.lists(JSON, max_size=3))
def test_any_documents_are_assembled_without_an_error(first, others):
    documents = body("\n".join(json.dumps(value) for value in [first, *others]))
    assert all(isinstance(value, dict | list) for value in documents)


def test_pictures_of_posts_are_counted_in_any_text_in_linear_time():
    written = r'"https:\/\/scontent.x\/v\/t51.82787-15\/{0}_n.jpg?x" /v/t51.2885-15/{0}_n.jpg /v/t51.2885-19/{0}_a.jpg '
    assert pictures_named("".join(written.format(name) for name in (11111, 22222, 11111))) == 2
    began = time.monotonic()
    assert pictures_named("/t51.1-1/" * 500_000) == 0
    assert time.monotonic() - began < 20


def test_nothing_below_two_hundred_levels_and_nothing_after_400_000_values_is_read():
    deep = {}
    for _ in range(1_000):
        deep = {"in": deep}
    assert sum(1 for _ in objects(deep)) == 201     # the document itself, and 200 levels in it
    rows = [[{}] * 1_000] * 500
    assert sum(1 for _ in objects(rows)) == 400_000 - 1 - 400       # the lists are values, too
