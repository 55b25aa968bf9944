"""The report of a batch: all of it, in each form, and no name of a stranger is more than text."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import pytest

from db.errors import OutputRefused
from db.records import Image, ResultStatus
from gallery.curves import MOST_LINES
from gallery.entries import Entry, Report, group
from gallery.plots import MOST_PAIRS, of_pairs, of_setting
from gallery.report import check_target, write_report
from gallery.report_text import markdown
from tests.gallery.conftest import Studio

SPITEFUL = '=HYPERLINK("x") | <img src=x onerror=alert(1)> `a` [b](c)\n# d.png'
DETAILS = {
    "trace": [100.0, 50.0, 80.0, 20.0], "evaluations": 4, "restarts": 0, "start_loss": 100.0, "tv_loss": 0.0,
    "weights": {"network": "VGG19", "sha256": "ab" * 32}, "versions": {"torch": "2"}, "seed": 7,
    "recipe": {"name": "```", "scales": [0.5, 1.0], "steps": 4},
}


def entry_of(studio: Studio, content: Image, style: Image, result_id: int, **found: object) -> Entry:
    return Entry(studio.library.results.get(result_id), content, style, **found)   # type: ignore[arg-type]


@pytest.fixture
def report(studio: Studio) -> Report:
    """A result with everything, and a failed one under another recipe."""
    content, style = studio.content("gray", name=SPITEFUL), studio.style("olive", name="night.png")
    studio.result(content, style, "red", total_loss=20.0, content_loss=5.0, style_loss=15.0, seconds=3.25,
                  details=DETAILS)
    studio.result(content, style, None, reason="diverged <b>twice</b>", recipe_hash="77" * 32)
    entries = [
        entry_of(studio, content, style, 1, by_scale=(2, 2), content_layers={"relu4_2": 5.0},
                 style_layers={"relu1_1": 15.0}, measures={"score": 1.5, "cf": None}, notes=("a note",)),
        entry_of(studio, content, style, 2, problem="diverged <b>twice</b>"),
    ]
    return Report(group(entries), "2026-11-21 12:00 UTC", "0.1.0", "cd" * 32)


def test_the_folder_has_the_report_in_every_form(report: Report, tmp_path: Path) -> None:
    page = write_report(report, tmp_path / "out")
    assert page == tmp_path / "out/report.md"
    assert {path.relative_to(page.parent).as_posix() for path in page.parent.rglob("*")} == {
        "report.md", "report.json", "pairs.csv", "curves", "curves/batch-1.png", "curves/batch-1.svg",
        *(f"curves/result-{number}.{kind}" for number in (1, 2) for kind in ("csv", "json")),
    }
    text = page.read_text()
    for words in ("## 1. gatys, 512 px, 300 steps", "20.000%", "relu4_2", "| 1 | 1.5 |", "a note", "VGG19, weights ab"):
        assert words in text
    first, second = json.loads((page.parent / "report.json").read_text())["batches"]
    assert first["pairs"][0]["layers"] == {"content": {"relu4_2": 5.0}, "style": {"relu1_1": 15.0}}
    assert second["pairs"][0]["status"] == ResultStatus.FAILED
    assert second["pairs"][0]["reason"] == "diverged <b>twice</b>"
    assert (page.parent / "curves/result-1.csv").read_text().splitlines() == [
        "evaluation,scale,loss", "1,1,100.0", "2,1,50.0", "3,2,80.0", "4,2,20.0"]
    assert json.loads((page.parent / "curves/result-1.json").read_text())["losses"] == DETAILS["trace"]


def test_a_name_is_neither_markup_nor_a_formula(report: Report, tmp_path: Path) -> None:
    folder = write_report(report, tmp_path / "out").parent
    text = (folder / "report.md").read_text()
    assert "<img" not in text
    assert "<b>" not in text
    assert "\n# d" not in text
    (row,) = [line for line in text.splitlines() if line.startswith("| 1 | =HYPER")]
    assert row.replace("\\|", "").count("|") == 12       # eleven cells, and none of its own
    assert "\\[b\\]\\(c\\)" in row
    with (folder / "pairs.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows[0]["content"].startswith("'=HYPERLINK")
    assert (rows[0]["total_loss"], rows[0]["measure_score"], rows[0]["measure_cf"]) == ("20.0", "1.5", "")


def test_a_file_alone_is_the_report_in_its_form(report: Report, tmp_path: Path) -> None:
    assert "curves/" not in write_report(report, tmp_path / "all.md").read_text()
    assert json.loads(write_report(report, tmp_path / "all.json").read_text())["stylegram"] == "0.1.0"


def test_an_earlier_report_is_replaced_and_nothing_else(report: Report, tmp_path: Path) -> None:
    folder = write_report(report, tmp_path / "out").parent
    write_report(report, folder)
    (folder / "curves/mine.txt").write_text("mine")
    with pytest.raises(OutputRefused, match=r"not ours \(curves/mine\.txt\)"):
        write_report(report, folder)
    (tmp_path / "other").mkdir()
    (tmp_path / "other/thesis.doc").write_text("mine")
    with pytest.raises(OutputRefused, match="holds other things"):
        write_report(report, tmp_path / "other")


def sweep(studio: Studio, settings: list[dict[str, object]], styles: int = 1) -> Report:
    """One content in some styles, under settings that differ so."""
    content = studio.content("gray", name="кошка.png")
    entries = []
    for column in range(styles):
        style = studio.style(f"rgb({column},0,0)", name=f"{column}.png" if column else "猫.png")
        for number, changes in enumerate(settings):
            recipe = {"name": "gatys", "scales": [0.5, 1.0]} | changes
            studio.result(content, style, f"rgb(9,{number},{column})", recipe_hash=f"{number:064}", total_loss=20.0,
                          seconds=2.0, details=DETAILS | {"recipe": recipe})
            result_id = column * len(settings) + number + 1
            entries.append(entry_of(studio, content, style, result_id, by_scale=(2, 2)))
    return Report(group(entries), "now", "0.1.0", None, {"tolerance": 0.0})


def test_the_headings_of_many_settings_and_the_lines_of_their_plot_say_what_differs(
    studio: Studio, tmp_path: Path
) -> None:
    report = sweep(studio, [{"style_weight": 100.0}, {"style_weight": 1000.0, "tolerance": 0.1}])
    text = write_report(report, tmp_path / "out").read_text()
    title = "gatys, 512 px, 300 steps"
    assert [line for line in text.splitlines() if line.startswith("## ")] == [
        "## Settings", f"## 1. {title}: style weight 100, tolerance 0",
        f"## 2. {title}: style weight 1000, tolerance 0.1"]
    assert f"| 2 | {title}: style weight 1000, tolerance 0.1 | 1 |  | 20.000% | 2.0 |" in text
    assert "](curves/pair-1-2.png)" in text
    assert (tmp_path / "out/curves/pair-1-2.svg").is_file()
    ((plot,), others) = of_pairs(report)
    assert (plot.title, others, plot.scales) == (f"кошка.png x image 2: {title}", 0, (0.5, 1.0))
    assert [curve.name for curve in plot.curves] == [
        "1: style weight 100\ntolerance 0", "2: style weight 1000\ntolerance 0.1"]
    first, second = json.loads((tmp_path / "out/report.json").read_text())["batches"]
    assert first["differences"] == ["style weight 100", "tolerance 0"]
    assert second["differences"] == ["style weight 1000", "tolerance 0.1"]
    write_report(report, tmp_path / "out")      # and all of it is known as ours


def test_recipes_of_other_names_are_told_apart_by_these(studio: Studio) -> None:
    report = sweep(studio, [{"style_weight": 1.0}, {"style_weight": 2.0}])
    second = report.batches[1].entries[0]
    other = replace(second, result=replace(second.result, record=replace(second.result.record, recipe="tutorial")))
    report = replace(report, batches=(report.batches[0], *group([other])))
    ((plot,), _) = of_pairs(report)
    assert [curve.name for curve in plot.curves] == ["1: gatys, 512 px, 300 steps", "2: tutorial, 512 px, 300 steps"]


def test_more_pairs_than_lines_that_look_different_have_several_plots(studio: Studio) -> None:
    report = sweep(studio, [{}, {"pooling": "avg"}], styles=MOST_LINES + 2)
    plots = of_setting(1, report.batches[0], report.words[0])
    assert [(plot.name, len(plot.curves)) for plot in plots] == [("batch-1", MOST_LINES), ("batch-1-part-2", 2)]
    names = [curve.name for plot in plots for curve in plot.curves]
    assert len(set(names)) == MOST_LINES + 2
    assert names[:2] == ["1: кошка.png\nx image 2", "3: кошка.png\nx 1.png"]
    shown, others = of_pairs(report)
    assert (len(shown), others) == (MOST_PAIRS, MOST_LINES + 2 - MOST_PAIRS)
    text = markdown(report)
    assert f"{others} more pairs were made by several settings" in text
    assert "](curves/batch-2-part-2.png)" in text
    assert "curves/" not in markdown(report, with_curves=False)


def test_a_report_by_the_name_of_another_kind_of_file_is_refused_before_it_is_made(tmp_path: Path) -> None:
    for name in ("rep.pdf", "report.html", "r.v2"):
        with pytest.raises(OutputRefused, match="a report is a folder, or one file"):
            check_target(tmp_path / name)
    (tmp_path / "r.v2").mkdir()
    for name in ("r.v2", "2026.11", "report", "r.md", "r.JSON"):
        check_target(tmp_path / name)
