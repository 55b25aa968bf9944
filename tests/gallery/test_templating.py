"""Documents from templates: values are text, a missing one is an error, and the policy names what may run."""

import pytest
from jinja2 import UndefinedError

from gallery.matrix_page import Edge
from gallery.templating import asset, document, render
from tests.gallery.test_matrix_page import Document

EMPTY = {"summary": "", "columns": "c1", "contents": [], "styles": [], "cells": [], "data": {}}


@pytest.mark.parametrize("missing", [*EMPTY, "generator"])
def test_a_value_that_is_missing_is_an_error_and_no_gap_in_the_page(missing: str) -> None:
    content = Edge("", "", "", "", None)
    values = EMPTY | {"generator": "us", "contents": [content], "cells": [[]]}
    del values[missing]
    with pytest.raises((UndefinedError, TypeError), match=f"{missing}|StrictUndefined is not JSON"):
        document("matrix.html", style="", script="", **values)


def test_values_are_text_and_no_template_of_their_own() -> None:
    values = EMPTY | {"summary": "'><b>{{ 7 * 7 }}{% raw %}", "generator": "us"}
    page = document("matrix.html", style="", script="", **values)
    assert "<p>&#39;&gt;&lt;b&gt;{{ 7 * 7 }}{% raw %}</p>" in page


def test_style_and_script_stand_in_the_page_to_the_letter_and_data_ends_no_script() -> None:
    style, script = "a > b { content: '&' }", "if (1 < 2 && '\"') {}"
    values = EMPTY | {"data": {"word": "</script><!--\u2028"}, "generator": "us"}
    page = Document(document("matrix.html", style=style, script=script, **values))
    assert [text for _, text in page.raw] == [style, '{"word": "\\u003c/script\\u003e\\u003c!--\\u2028"}', script]


def test_a_file_of_the_folder_is_had_as_it_is_or_as_a_template() -> None:
    assert asset("matrix.js").startswith('"use strict"')
    assert ".r90 { --ratio: 1.000; }" in render("shapes.css")
