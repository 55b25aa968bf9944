"""Samples are few, small, whole or absent; nothing that lies among them stops a reader."""

import gzip
import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from db import samples as of
from db.errors import StorageFailed
from db.samples import Samples
from tests.conftest import Journal


@pytest.fixture
def samples(tmp_path: Path) -> Samples:
    return Samples(tmp_path)


def names(samples: Samples) -> list[str]:
    return [str(sample.content["name"]) for sample in samples.all()]


def test_the_newest_sample_of_a_thing_takes_the_place_of_the_one_before(samples: Samples) -> None:
    samples.keep("post", "-Abc_1", {"name": "old"})
    samples.keep("profile", "ana", {"name": "ana"})
    samples.keep("post", "-Abc_1", {"name": "new"})
    assert sorted(names(samples)) == ["ana", "new"]
    assert not list(samples.folder.glob("*.partial"))


def test_the_oldest_samples_go_when_there_are_too_many(samples: Samples) -> None:
    for number in range(of.MOST_SAMPLES + 5):
        path = samples.keep("post", f"code{number}", {"name": str(number)})
        assert path is not None
        os.utime(path, ns=(number, number))
    assert names(samples) == [str(number) for number in range(5, of.MOST_SAMPLES + 5)]


def test_what_is_too_large_or_has_no_safe_name_is_not_kept(samples: Samples) -> None:
    assert samples.keep("post", "large", {"name": "x" * 8 * 2**20}) is None
    assert samples.keep("post", "dense", {"name": os.urandom(5 * 2**19).hex()}) is None     # 5 MiB, half of that packed
    assert samples.keep("post", "../../outside", {"name": "x"}) is None
    assert names(samples) == []
    assert samples.keep("post", "less", {"name": "x" * 7 * 2**20}) is not None
    assert len(names(samples)[0]) == 7 * 2**20


def test_a_sample_of_no_use_any_more_is_removed_and_the_others_stay(samples: Samples) -> None:
    for name in ("ana", "ben"):
        samples.keep("profile", name, {"name": name})
    samples.remove(next(sample for sample in samples.all() if sample.content["name"] == "ana"))
    assert names(samples) == ["ben"]


def test_a_full_disk_leaves_nothing_half_written(samples: Samples, full_disk: Callable[..., Any]) -> None:
    with full_disk(10_000), pytest.raises(StorageFailed):
        samples.keep("profile", "ana", {"name": os.urandom(50_000).hex()})
    assert list(samples.folder.iterdir()) == []


def test_broken_foreign_and_bloated_files_among_them_are_passed_over(
    samples: Samples, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = samples.keep("profile", "ana", {"name": "ana"})
    assert good is not None
    monkeypatch.setattr(of, "LARGEST_BYTES", 100_000)
    for name, data in {
        "cut": good.read_bytes()[:-9], "text": b"no gzip", "list": gzip.compress(b"[1]"), "json": gzip.compress(b"{"),
        "bomb": gzip.compress(json.dumps({"name": "0" * 10**6}).encode()),
    }.items():
        (samples.folder / f"{name}.json.gz").write_bytes(data)
    (samples.folder / "link.json.gz").symlink_to(good)
    (samples.folder / "folder.json.gz").mkdir()
    assert names(samples) == ["ana"]


def test_what_a_killed_run_left_half_written_goes_in_time_and_is_never_read(samples: Samples) -> None:
    samples.keep("profile", "ana", {"name": "ana"})
    (samples.folder / "fresh.partial").write_bytes(b"1")
    stale = samples.folder / "stale.partial"
    stale.write_bytes(b"1")
    os.utime(stale, (time.time() - 90_000,) * 2)
    samples.keep("profile", "ben", {"name": "ben"})
    assert sorted(names(samples)) == ["ana", "ben"]
    assert [path.name for path in samples.folder.glob("*.partial")] == ["fresh.partial"]


def test_samples_are_found_by_any_name_or_id_in_them(samples: Samples) -> None:
    samples.keep("profile", "ana", {"name": "ana"})
    samples.keep("post", "Cabc1", {"name": "Cabc1", "owner": {"pk": "5550001", "username": "ana"}})
    samples.keep("post", "Cabc2", {"name": "Cabc2", "owner": None, "documents": [{"a": [{"id": "39000_5550001"}]}]})
    samples.keep("post", "Cabc3", {"name": "Cabc3", "owner": None, "documents": [{"by": 5550001}, None, "anabel"]})
    samples.keep("post", "Cabc4", {"name": "Cabc4", "owner": None})

    def found(*wanted: str) -> list[str]:
        return [sample.content["name"] for sample in samples.naming(wanted)]

    assert found("ana") == ["ana", "Cabc1"]
    assert found("5550001") == ["Cabc1", "Cabc2", "Cabc3"]
    assert found("39000", "Cabc4") == ["Cabc2", "Cabc4"]
    assert found("an", "Cabc") == []


def test_a_place_that_cannot_be_written_is_said_so(samples: Samples, tmp_path: Path) -> None:
    samples.folder.symlink_to("/proc/self/fd/none")
    with pytest.raises((StorageFailed, FileExistsError)):
        samples.keep("profile", "ana", {"name": "ana"})


def test_a_sample_is_durable_before_it_takes_the_place_of_the_old_one(samples: Samples, journal: Journal) -> None:
    for name in ("old", "new"):
        path = samples.keep("profile", "ana", {"name": name})
        assert path is not None
        assert journal.missing(path) == []
