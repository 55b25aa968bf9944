"""The answer of a run as Markdown: a table a section."""

from typing import Any


def tables(answer: dict[str, Any]) -> str:
    """Every section with its rows; what failed by its last line."""
    parts = ["# " + str(answer["machine"].get("device", "CPU")), ""]
    parts += [f"- {key}: {_said(value)}" for key, value in answer["machine"].items()]
    for name, section in answer["sections"].items():
        parts += ["", f"## {name}" + (f" ({section['seconds']:.1f} s)" if "seconds" in section else ""), ""]
        if "left_out" in section:
            parts.append(section["left_out"])
            continue
        rows = [{key: value for key, value in row.items() if key != "top"} for row in section["rows"]]
        parts += _table(rows)
        for row in section["rows"]:
            if "top" in row:
                parts += ["", f"{row['precision']}, {row['what']}:", "", *_table(row["top"])]
        if "error" in section:
            parts += ["", "failed: " + section["error"].strip().splitlines()[-1]]
    return "\n".join(parts) + "\n"


def _table(rows: list[dict[str, Any]]) -> list[str]:
    columns = list(dict.fromkeys(key for row in rows for key in row))
    if not columns:
        return ["nothing"]
    return [
        f"| {' | '.join(columns)} |", "|" + "---|" * len(columns),
        *(f"| {' | '.join(_said(row.get(column, '')) for column in columns)} |" for row in rows),
    ]


def _said(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, dict):
        return ", ".join(f"{key} {_said(inner)}" for key, inner in value.items())
    return str(value).replace("|", "\\|")
