"""What is being made is told by its process and read by any other; nothing depends on it."""

import json
from pathlib import Path

import pytest

from db import live as module
from db.live import Live


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "EVERY_S", 0.0)


def test_a_run_is_told_of_while_it_goes_on_and_afterwards_how_it_ended(tmp_path: Path) -> None:
    live = Live(tmp_path)
    assert live.read() is None
    with live.tell("gatys, 512 px", 3, [(1, 5), (1, 6), (2, 5)].__getitem__) as note:
        note.began(0)
        note.stepped(0, 5, 20, float("nan"))
        note.glimpsed(0, 5, b"jpeg")
        note.began(2)
        run = live.read()
        assert run is not None
        assert run.goes_on
        assert [(each.content_id, each.style_id, each.step, each.loss, each.glimpse) for each in run.in_hand] == [
            (1, 5, 5, None, 5), (2, 5, 0, None, None)]
        assert run.waiting == ((1, 6),)
        assert run.share == pytest.approx(0.25 / 3)
        assert live.glimpse(0) == b"jpeg"
        stamp = live.stamp()
        note.ended(0, 7, "diverged")
        assert live.stamp() != stamp
        assert live.glimpse(0) is None
    run = live.read()
    assert run is not None
    assert (run.goes_on, run.done, run.left_s) == (False, 1, None)
    assert [(each.result_id, each.reason) for each in run.failures] == [(7, "diverged")]


def test_the_time_left_is_that_of_the_rest_at_the_pace_so_far(tmp_path: Path) -> None:
    live = Live(tmp_path)
    with live.tell("words", 2, [(1, 5), (1, 6)].__getitem__) as note:
        note.ended(0, 1, None)
        news = tmp_path / module.FOLDER / module.NEWS
        news.write_text(json.dumps(json.loads(news.read_text()) | {"elapsed_s": 90.0}))
        run = live.read()
        assert run is not None
        assert (run.left_s, run.an_hour) == (90.0, 40.0)


def test_where_nothing_can_be_told_the_run_goes_on(tmp_path: Path) -> None:
    (tmp_path / module.FOLDER).write_text("a file in the place of the folder")
    with Live(tmp_path).tell("words", 1, [(1, 5)].__getitem__) as note:
        note.began(0)
        note.glimpsed(0, 1, b"jpeg")
        note.ended(0, 1, None)
    assert Live(tmp_path).read() is None


def test_news_that_cannot_be_read_are_none(tmp_path: Path) -> None:
    live = Live(tmp_path)
    with live.tell("words", 1, [(1, 5)].__getitem__):
        pass
    for text in ("", "[]", '{"pid": "x"}', '{"pid": 1, "words": "w", "started_at": "yesterday"}'):
        (tmp_path / module.FOLDER / module.NEWS).write_text(text)
        assert live.read() is None
