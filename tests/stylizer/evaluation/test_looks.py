"""The measures that are taken when a picture is made: their ends, their formulas, and pictures that have none."""

import dataclasses
import math
from collections.abc import Callable

import pytest
import torch
from skimage import data
from torch import Tensor
from torch.distributions import MultivariateNormal, kl_divergence

from stylizer.errors import WeightsMissing
from stylizer.evaluation import at_once, coherence, effectiveness, measures, palette, strength
from stylizer.evaluation.at_once import PairObserver
from stylizer.evaluation.border import border
from stylizer.evaluation.lattice import axis_energy
from stylizer.evaluation.looks import Looks, Observer, both
from stylizer.evaluation.moments import Moments
from stylizer.loss.targets import stretch
from stylizer.network.vgg import Weights

Blobs = Callable[[int, int, int], Tensor]


@pytest.fixture(scope="module")
def observer(weights: Weights) -> Observer:
    return Observer(weights)


@pytest.fixture(scope="module")
def photographs() -> tuple[Tensor, Tensor]:
    """Two of scikit-image, [1, 3, 96, 128] each."""
    found = (torch.from_numpy(pixels).permute(2, 0, 1)[None].float() for pixels in (data.chelsea(), data.coffee()))
    one, other = (stretch(pixels, 96, 128).round() for pixels in found)
    return one, other


def looks(observer: Observer, picture: Tensor, content: Tensor, style: Tensor) -> Looks:
    return observer.compare(*(observer.see(pixels) for pixels in (picture, content, style)))


def test_either_image_of_the_pair_has_all_of_one_and_scores_nearly_nothing(
    observer: Observer, photographs: tuple[Tensor, Tensor]
) -> None:
    content, style = photographs
    photograph, painting = looks(observer, content, content, style), looks(observer, style, content, style)
    assert (photograph.score, photograph.coherence, photograph.strength, photograph.palette) == (0, 1, 0, 1)
    assert (painting.strength, painting.palette, painting.lattice) == (1, 0, 1)
    assert painting.effectiveness > photograph.effectiveness + 5
    assert painting.coherence < 0.5
    assert painting.score < 0.35


def test_a_photograph_that_was_hardly_changed_comes_last_of_those_that_have_both(
    observer: Observer, photographs: tuple[Tensor, Tensor]
) -> None:
    content, style = photographs
    mixed = {share: looks(observer, torch.lerp(content, style, share), content, style) for share in (0.03, 0.1, 0.5)}
    assert mixed[0.03].score < mixed[0.1].score < mixed[0.5].score
    assert mixed[0.03].score < 0.1
    for name, direction in {"effectiveness": 1, "coherence": -1, "palette": -1}.items():
        values = [direction * getattr(mixed[share], name) for share in mixed]
        assert values == sorted(set(values)), name


def test_the_score_counts_the_style_twice_and_is_nothing_without_either() -> None:
    assert both(0.5, 0.5) == pytest.approx(0.5)
    assert both(0.8, 0.2) == pytest.approx(5 * 0.16 / (4 * 0.2 + 0.8))
    assert both(0.2, 0.8) < both(0.8, 0.2)
    assert [both(0, 1), both(1, 0), both(0, 0), both(None, 1), both(1, None)] == [0, 0, 0, None, None]


def test_effectiveness_is_the_divergence_of_normal_distributions_along_the_contents_axes() -> None:
    generator = torch.Generator().manual_seed(1)

    def of(seed: int) -> dict[str, Moments]:
        return {name: Moments.of(torch.randn(200, 20, 30, generator=generator) * seed + seed)
                for name in effectiveness.AXES}

    picture, style, content = of(1), of(2), of(3)
    expected = []
    for name, kept in effectiveness.AXES.items():
        axes = torch.linalg.eigh(content[name].covariance)[1][:, -kept:].double()

        def normal(moments: Moments, axes: Tensor = axes) -> MultivariateNormal:
            covariance = axes.T @ moments.covariance.double() @ axes
            floor = 1e-3 * covariance.diagonal().mean() * torch.eye(len(covariance))
            return MultivariateNormal(axes.T @ moments.mean.double(), covariance + floor)

        expected.append(-kl_divergence(normal(picture[name]), normal(style[name])).log().item())
    assert effectiveness.effectiveness(picture, style, content) == pytest.approx(sum(expected) / 5, rel=1e-4)


def test_half_of_the_way_to_the_style_is_a_quarter_of_the_divergence() -> None:
    assert effectiveness.share(math.log(4) - 3, -3.0) == pytest.approx(0.5)
    assert effectiveness.share(-4.0, -3.0) == effectiveness.share(-3.0, -3.0) == 0
    assert effectiveness.share(None, -3.0) is None


def test_strength_is_the_share_of_the_distance_of_moments_that_is_gone() -> None:
    generator = torch.Generator().manual_seed(2)
    picture, style, content = (
        {name: Moments.of(torch.randn(8, 9, 9, generator=generator) + shift) for name in strength.LAYERS}
        for shift in (1, 2, 5))

    def distance(one: dict[str, Moments]) -> float:
        parts = [
            ((a - b).square().sum() / (a.square().sum() + b.square().sum())).item()
            for name in strength.LAYERS
            for a, b in ((one[name].mean, style[name].mean), (one[name].covariance, style[name].covariance))
        ]
        return sum(parts) / len(parts)

    assert strength.strength(picture, style, content) == pytest.approx(1 - distance(picture) / distance(content))
    assert strength.strength(style, style, content) == 1


def test_the_f_score_of_contours_is_that_of_the_best_threshold() -> None:
    drawn = torch.tensor([9.0, 8, 0, 0, 0, 0, 0, 0, 0, 0])
    assert coherence.f_score(drawn, drawn) == 1
    # one hit at the top, the second after two others: 2/(1 + 2), or 4/(4 + 2)
    assert coherence.f_score(torch.tensor([9.0, 6, 8, 7, 0, 0, 0, 0, 0, 0]), drawn) == pytest.approx(2 / 3)
    assert coherence.f_score(torch.arange(10.0), drawn) == pytest.approx(coherence.CHANCE)
    assert coherence.f_score(drawn, drawn * 0) is None
    assert coherence.share(coherence.CHANCE) == 0
    assert coherence.share(1.0) == 1


def test_contours_stand_where_features_change() -> None:
    features = torch.zeros(2, 6, 8)
    features[0, :, :4] = 1
    features[1, :, 4:] = 1
    down, right = coherence.contours(features).split([3 * 6, 4 * 5])
    assert down.abs().max() < 1e-6
    assert right.view(4, 5)[:, 2].min() > 1.9
    assert right.sum() == pytest.approx(right.view(4, 5)[:, 2].sum().item())


def test_the_palette_distance_of_shifted_colours_is_the_shift() -> None:
    noise = torch.rand(3, 128, 128, generator=torch.Generator().manual_seed(3)) * 100
    shifted = noise + torch.tensor([30.0, 0, 0]).view(3, 1, 1)
    expected = 30 * palette._directions()[0].abs().mean().item()
    found = palette.distance(palette.distribution(noise), palette.distribution(shifted))
    assert found == pytest.approx(expected, rel=0.01)


def test_a_screen_of_lines_shows_as_a_lattice_and_beads_as_a_border(blobs: Blobs) -> None:
    grain = torch.rand(3, 90, 120, generator=torch.Generator().manual_seed(4)) * 40
    screen = grain.clone()
    screen[:, :, ::3] += 30
    assert axis_energy(grain) == pytest.approx(1, abs=0.3)
    assert axis_energy(screen) > 3 * axis_energy(grain)
    beads = grain.clone()
    beads[:, -4:, ::4] += 120
    assert border(grain) == pytest.approx(1, abs=0.2)
    assert border(beads) > 1.5


def test_clipped_is_the_share_of_values_at_the_ends() -> None:
    assert measures.clipped(torch.tensor([[[0.0, 254.6]], [[9, 254]], [[1, 0.4]]])) == pytest.approx(3 / 6)


@pytest.mark.parametrize("colour", [0.0, 200.0])
def test_what_has_no_features_has_no_measures_and_never_a_nan(observer: Observer, blobs: Blobs, colour: float) -> None:
    flat, other = torch.full((1, 3, 48, 64), colour), blobs(2, 48, 64)
    for pair in ((flat, flat, flat), (other, flat, flat), (flat, other, other), (other, flat, other),
                 (blobs(1, 16, 16), blobs(2, 16, 16), blobs(3, 20, 16))):
        found = dataclasses.asdict(looks(observer, *pair))
        assert all(value is None or math.isfinite(value) for value in found.values())
    assert looks(observer, other, other, flat).palette is not None
    assert looks(observer, flat, other, flat).lattice is None


def test_measures_are_kept_as_json_and_nothing_else_is_taken_for_them() -> None:
    whole = Looks(0.123456789, -3.5, 0.5, None, 0.25, 1.5, 1.0, 0.0)
    kept = whole.as_json()
    assert kept["score"] == 0.123457
    assert Looks.from_json(kept) == dataclasses.replace(whole, score=0.123457)
    for other in (None, {}, [], kept | {"more": 1}, kept | {"border": "1"}, kept | {"clipped": None},
                  kept | {"lattice": math.nan}, kept | {"score": True}):
        assert Looks.from_json(other) is None


def test_an_original_is_looked_at_once_and_a_missing_measure_fails_nothing(
    blobs: Blobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = list[str]()

    def original(name: str, seed: int) -> tuple[str, Callable[[], Tensor]]:
        def pixels() -> Tensor:
            read.append(name)
            return blobs(seed, 48, 64)
        return name, pixels

    own = PairObserver("cpu")
    first = own.look(blobs(3, 48, 64)[0], original("a", 1), original("b", 2))
    second = own.look(blobs(4, 48, 64)[0], original("a", 1), original("b", 2))
    assert first is not None
    assert second is not None
    assert (read, first == second) == (["a", "b"], False)
    other = own.look(blobs(5, 64, 40)[0], ("upright", lambda: blobs(6, 64, 40)), original("b", 2))
    assert other is not None
    assert read == ["a", "b"]       # a style is no other one beside a content of another shape
    assert own.look(blobs(3, 8, 8)[0], original("a", 1), original("b", 2)) is None

    def missing(source: str) -> Weights:
        raise WeightsMissing("none")

    monkeypatch.setattr(at_once, "load_weights", missing)
    assert PairObserver("cpu").look(blobs(3, 48, 64)[0], original("a", 1), original("b", 2)) is None
