from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scraper.errors import BadTarget
from scraper.targets import PostTarget, ProfileTarget, parse_target, read_targets

NAMES = st.from_regex(r"[a-z0-9_](\.?[a-z0-9_]){2,14}", fullmatch=True)


@pytest.mark.parametrize(
    "typed",
    [
        "harbour.light",
        "@harbour.light",
        " Harbour.Light ",
        "instagram.com/harbour.light",
        "https://www.instagram.com/harbour.light/",
        "http://instagram.com/Harbour.Light?igsh=abc&hl=en#top",
        "https://m.instagram.com/harbour.light/reels/",
        "harbour.light/",
        "@harbour.light/",
        "https://instagr.am/harbour.light",
        "www.instagr.am/harbour.light/?hl=en",
        "instagram.com:443/harbour.light/",
        "https://www.instagram.com/_u/harbour.light/",
        "instagram.com/_u/Harbour.Light?igsh=abc",
        "http://instagr.am/_u/harbour.light",
        "https://www.instagram.com/_u/harbour.light/reels/",
        "https://www.instagram.com/harbour.light/embed/",
    ],
)
def test_a_profile_is_known_by_its_name_or_link(typed):
    assert parse_target(typed) == ProfileTarget("harbour.light")


@pytest.mark.parametrize(
    "typed",
    [
        "https://www.instagram.com/p/DcvZZqTktaH/",
        "instagram.com/reel/DcvZZqTktaH",
        "https://instagram.com/harbour.light/p/DcvZZqTktaH/?img_index=2&igsh=abc",
        "https://www.instagram.com/reels/DcvZZqTktaH/",
        "https://www.instagram.com/tv/DcvZZqTktaH/",
        "https://www.instagram.com/p/DcvZZqTktaH" + "k" * 28,
        "http://instagr.am/p/DcvZZqTktaH/",
        "instagr.am/p/DcvZZqTktaH",
        "https://www.instagr.am/reel/DcvZZqTktaH/?igsh=abc",
        "https://www.instagram.com/p/DcvZZqTktaH/media/?size=l",
        "instagram.com/p/DcvZZqTktaH/media",
        "https://www.instagram.com/p/DcvZZqTktaH/embed/",
        "http://instagram.com/p/DcvZZqTktaH/embed/captioned/?cr=1&v=14",
        "https://www.instagram.com/reel/DcvZZqTktaH/embed/captioned",
        "https://www.instagram.com/harbour.light/p/DcvZZqTktaH/embed/",
        "https://www.instagram.com/_u/harbour.light/p/DcvZZqTktaH/",
        "p/DcvZZqTktaH/embed/captioned/",
    ],
)
def test_a_post_is_known_by_its_link(typed):
    assert parse_target(typed) == PostTarget("DcvZZqTktaH")


@pytest.mark.parametrize("word", ["_u", "embed", "media"])
def test_a_word_that_links_use_is_also_a_name_where_a_name_stands(word):
    assert parse_target(f"instagram.com/{word}/") == ProfileTarget(word)
    assert parse_target(f"instagram.com/_u/{word}/") == ProfileTarget(word)


def test_codes_that_begin_with_a_dash_or_an_underscore_are_codes():
    assert parse_target("https://www.instagram.com/p/-cvZZqTktaH/") == PostTarget("-cvZZqTktaH")
    assert parse_target("https://www.instagram.com/p/_cvZZqTktaH/") == PostTarget("_cvZZqTktaH")


@pytest.mark.parametrize(
    "typed",
    [
        "",
        " ",
        "@",
        "a/b",
        "a/b/",
        "/",
        "@/",
        "../etc/passwd",
        "name with spaces",
        "double..dot",
        ".leading",
        "trailing.",
        "x" * 31,
        "ünïcode",
        "explore",
        "@accounts",
        "line\nbreak",
        "https://www.instagram.com/",
        "https://www.instagram.com/stories/harbour.light/123/",
        "https://www.instagram.com/explore/tags/fog/",
        "https://www.instagram.com/p/DcvZZqTktaH/comments/",
        "https://www.instagram.com/p/DcvZZqTktaH/media/comments/",
        "https://www.instagram.com/p/embed/captioned/DcvZZqTktaH/",
        "https://www.instagram.com/_u/explore/",
        "https://instagr.am/",
        "https://instagr.am.example.org/p/DcvZZqTktaH/",
        "instagram.com:8443/harbour.light",
        "https://www.instagram.com/share/p/BAJ6NYJxCI/",
        "https://www.instagram.com/share/BAJ6NYJxCI/",
        "share",
        "https://www.instagram.com/p/abc/",
        "https://www.instagram.com/accounts/login/",
        "https://www.instagram.com:8443/harbour.light/",
        "https://user:pw@www.instagram.com/harbour.light/",
        "https://www.instagram.com.example.org/harbour.light/",
        "https://example.org/harbour.light",
        "ftp://www.instagram.com/harbour.light",
        "https://[bad/harbour.light",
        "http://127.0.0.1/harbour.light",
    ],
)
def test_everything_else_is_refused_with_one_line(typed):
    with pytest.raises(BadTarget) as refused:
        parse_target(typed)
    assert refused.value.exit_code == 2
    assert "\n" not in str(refused.value)


@given(NAMES)
def test_the_three_ways_to_write_a_name_mean_the_same(name):
    try:
        target = parse_target(name)
    except BadTarget:
        return      # a word that the site keeps for itself
    assert parse_target(f"@{name.upper()}") == parse_target(f"https://www.instagram.com/{name}/") == target


@given(st.text(max_size=80))
def test_any_text_gives_a_target_or_a_refusal(text):
    with suppress(BadTarget):
        assert isinstance(parse_target(text), ProfileTarget | PostTarget)


def test_a_code_that_begins_with_a_sign_is_written_as_in_its_link():
    assert parse_target("p/-abcdefghij") == PostTarget("-abcdefghij")
    assert parse_target("reel/_abcdefghij/?igsh=1") == PostTarget("_abcdefghij")
    with pytest.raises(BadTarget):
        parse_target("p/")


def test_a_file_holds_targets_a_line_and_comments(tmp_path):
    file = tmp_path / "targets.txt"
    file.write_text(
        "\ufeff# lights\n\nharbour.light   # the best\n  p/-abcdefghij\nhttps://www.instagram.com/gull.watch/#top\n"
    )
    assert read_targets(file) == [
        ProfileTarget("harbour.light"), PostTarget("-abcdefghij"), ProfileTarget("gull.watch"),
    ]


def test_a_bad_line_and_a_file_that_is_not_there_are_named(tmp_path):
    file = tmp_path / "targets.txt"
    file.write_text("harbour.light\nhttps://example.org/\n")
    with pytest.raises(BadTarget, match="line 2"):
        read_targets(file)
    with pytest.raises(BadTarget, match=r"nowhere\.txt"):
        read_targets(tmp_path / "nowhere.txt")
