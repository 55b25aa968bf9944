"""Reads exports as others do, with `datasets`, `webdataset` and `mlcroissant`, in a process that nothing of ours is in.

Usage: reading.py FOLDER; every folder in it is an export. Prints what was read as JSON.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

FOLDER = Path(sys.argv[1])
os.environ.update(
    HF_HOME=str(FOLDER / ".cache"), HF_HUB_OFFLINE="1", HF_HUB_DISABLE_TELEMETRY="1",
    HF_DATASETS_DISABLE_PROGRESS_BARS="1")

import datasets  # noqa: E402 - it reads the environment when it is loaded
import mlcroissant  # noqa: E402
import webdataset  # noqa: E402


def plain(row: dict[str, Any]) -> dict[str, Any]:
    """Pictures as their sizes and modes."""
    return {name: [*value.size, value.mode] if hasattr(value, "mode") else value for name, value in row.items()}


def by_datasets(loaded: Any) -> dict[str, Any]:
    return {
        split: {
            "columns": {name: str(kind) for name, kind in rows.features.items()},
            "rows": [plain(row) for row in rows],
        }
        for split, rows in loaded.items()
    }


def main() -> None:
    found: dict[str, Any] = {}
    for folder in sorted(path for path in FOLDER.iterdir() if not path.name.startswith(".")):
        told = found[folder.name] = {"datasets": by_datasets(datasets.load_dataset(str(folder)))}
        form = folder.name.partition("-")[0]
        if form != "csv":
            told["by form"] = by_datasets(datasets.load_dataset(form, data_dir=str(folder)))
        if form == "webdataset":
            told["webdataset"] = [
                plain(sample) for shard in sorted(folder.glob("data/*.tar"))
                for sample in webdataset.WebDataset(str(shard), shardshuffle=False).decode("pil")]
        described = mlcroissant.Dataset(jsonld=folder / "croissant.json")
        issues = described.metadata.issues
        told["croissant"] = {
            "errors": sorted(issues.errors), "warnings": sorted(issues.warnings),
            "rows": {
                record_set.id: sum(1 for _ in described.records(record_set.id))
                for record_set in described.metadata.record_sets
            },
        }
    json.dump(found, sys.stdout, default=str)


main()
