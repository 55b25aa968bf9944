"""Colours brought together before anything is painted: the style's to the content's, or the content's to the style's.

Four ways keep the content's colours, so that a style gives its strokes and not its palette; one gives them up first, so
that what is left to paint are strokes.

Invariant: pure functions of pixels [B, 3, H, W] in 0..255 of RGB, and every result is finite whatever the pictures
are: of one colour, grey, or a single pixel.
"""

import numpy as np
import torch
from torch import Tensor

from stylizer.pictures.luma import luma
from stylizer.recipe.model import Colour

_Values = np.ndarray[tuple[int, ...], np.dtype[np.float64]]

# A direction that varies less holds only the rounding to 8 bits (variance 1/12): to stretch it would show noise.
_ROUNDING = 0.1
# Added to all variances of colours of which those of one picture are given to another: what hardly varies is grain.
_GRAIN = 1.0
_MOST_GAIN = 5.0        # a picture that is nearly grey has noise for colours


def match_colours(style: Tensor, content: Tensor, colour: Colour) -> Tensor:
    """The style picture as it is looked at beside this content; pixels [1, 3, h, w] in 0..255."""
    match colour:
        case Colour.NONE:
            return style
        case Colour.LUMINANCE:
            return match_luma(style, content).clamp(0, 255)
        case Colour.MATCH:
            return match_moments(style, content).clamp(0, 255)
        case Colour.HISTOGRAM:
            return match_histogram(style, content)


def match_luma(style: Tensor, content: Tensor) -> Tensor:
    """The style in grey with the mean and deviation of the content's luma (Gatys et al. 2017, section 6, eq. 10)."""
    given, wanted = luma(style), luma(content)
    spread = given.std(correction=0)
    gain = wanted.std(correction=0) / spread if spread.square() > _ROUNDING else torch.zeros_like(spread)
    return (gain * (given - given.mean()) + wanted.mean()).expand_as(style)


def recolour(pixels: Tensor, content: Tensor) -> Tensor:
    """Pixels with their own luma and the content's chroma (Gatys et al. 2017, section 6: luminance-only transfer).

    Where such a colour does not exist in RGB its chroma is lessened until it does: the luma is kept, and hue too.
    """
    light = luma(pixels).clamp(0, 255)
    chroma = content - luma(content)
    room = torch.where(chroma > 0, 255 - light, light) / chroma.abs().clamp(min=1e-6)
    recoloured: Tensor = light + chroma * room.amin(1, keepdim=True).clamp(max=1)
    return recoloured


def match_moments(style: Tensor, content: Tensor) -> Tensor:
    """The style moved linearly to the mean colour and the covariance of the content; may leave 0..255.

    Of the maps that do so this is the symmetric positive one, which moves colours least: A = S^-1/2 (S^1/2 C S^1/2)^1/2
    S^-1/2 with the covariances S and C (Pitie and Kokaram, The linear Monge-Kantorovitch linear colour mapping, 2007).
    Directions in which the style does not vary stay so.
    """
    mean, covariance = _moments(style)
    wanted_mean, wanted_covariance = _moments(content)
    values, vectors = torch.linalg.eigh(covariance)
    varies = values > _ROUNDING
    root = (vectors * values.clamp(min=0).sqrt()) @ vectors.mT
    inverse = (vectors * torch.where(varies, values.clamp(min=_ROUNDING).rsqrt(), 0)) @ vectors.mT
    matrix = inverse @ _root(root @ wanted_covariance @ root) @ inverse
    flat = style[0].flatten(1).to(matrix.dtype)
    moved: Tensor = matrix @ (flat - mean[:, None]) + wanted_mean[:, None]
    return moved.view_as(style).to(style)


def colour_moments(pixels: Tensor, regions: Tensor | None = None) -> Tensor:
    """Second and first raw moments of the colours of each region, [R, 4, 4] in float64 on the CPU; [1, 4, 4] of all.

    Such matrices [[E x x^T, E x], [E x^T, 1]] may be averaged. `regions` are shares of pixels [1, R, H, W].
    """
    flat = pixels[0].flatten(1).cpu().double()
    flat = torch.cat((flat, torch.ones_like(flat[:1])))
    if regions is None:
        return (flat @ flat.mT / flat.shape[1])[None]
    shares = regions[0].flatten(1).cpu().double()
    return torch.stack([(flat * share) @ flat.mT / share.sum().clamp(min=1e-6) for share in shares])


def recoloured(pixels: Tensor, styles: Tensor, share: float, regions: Tensor | None = None) -> Tensor:
    """Pixels [1, 3, H, W] moved linearly to the mean colour and the covariance of a style, or by a share of the way.

    `styles` are `colour_moments`, of as many regions as there are here. Between normal distributions this is the
    transport that moves colours least, and so is every share of it.
    """
    moved = torch.zeros_like(pixels)
    for region, (own, style) in enumerate(zip(colour_moments(pixels, regions), styles, strict=True)):
        (mean, covariance), (wanted_mean, wanted_covariance) = map(_of_raw, (own, style))
        matrix = _between(covariance, wanted_covariance)
        flat = pixels[0].flatten(1).to(matrix)
        colours = (matrix @ (flat - mean[:, None]) + wanted_mean[:, None]).view(pixels.shape).to(pixels).clamp(0, 255)
        moved = moved + (colours if regions is None else colours * regions[:, region, None].to(pixels))
    return (pixels + share * (moved - pixels)).clamp(0, 255)


def _of_raw(moments: Tensor) -> tuple[Tensor, Tensor]:
    """Mean [3] and covariance [3, 3] from raw moments [4, 4], with some grain."""
    mean = moments[:3, 3]
    return mean, moments[:3, :3] - mean[:, None] * mean + _GRAIN * torch.eye(3).to(moments)


def _between(covariance: Tensor, wanted: Tensor) -> Tensor:
    """The symmetric positive map of `match_moments`, between covariances that all directions have."""
    values, vectors = torch.linalg.eigh(covariance)
    root = (vectors * values.sqrt()) @ vectors.mT
    inverse = (vectors * values.rsqrt()) @ vectors.mT
    gains, vectors = torch.linalg.eigh(inverse @ _root(root @ wanted @ root) @ inverse)
    matrix: Tensor = (vectors * gains.clamp(max=_MOST_GAIN)) @ vectors.mT
    return matrix


def match_histogram(style: Tensor, content: Tensor) -> Tensor:
    """The style with each channel's distribution of values that of the content (Gonzalez and Woods, section 3.3).

    A value becomes the one below which as large a share of the content's lies, read between its values.
    """
    channels = [
        _match_channel(given, wanted)
        for given, wanted in zip(style[0].cpu().double().numpy(), content[0].cpu().double().numpy(), strict=True)
    ]
    return torch.from_numpy(np.stack(channels))[None].to(style)


def _match_channel(given: _Values, wanted: _Values) -> _Values:
    _, which, counts = np.unique(given, return_inverse=True, return_counts=True)
    values, wanted_counts = np.unique(wanted, return_counts=True)
    # A value stands for the middle of its share, so that equal pictures map onto themselves.
    share = (np.cumsum(counts) - counts / 2) / given.size
    wanted_share = (np.cumsum(wanted_counts) - wanted_counts / 2) / wanted.size
    matched: _Values = np.interp(share, wanted_share, values)[which].reshape(given.shape)
    return matched


def _moments(pixels: Tensor) -> tuple[Tensor, Tensor]:
    """Mean [3] and covariance [3, 3] of one picture's colours, in float64 on the CPU."""
    flat = pixels[0].flatten(1).cpu().double()
    mean = flat.mean(1)
    centred = flat - mean[:, None]
    return mean, centred @ centred.mT / flat.shape[1]


def _root(matrix: Tensor) -> Tensor:
    values, vectors = torch.linalg.eigh((matrix + matrix.mT) / 2)
    root: Tensor = (vectors * values.clamp(min=0).sqrt()) @ vectors.mT
    return root
