"""Border: the fine energy of a picture's outer pixels against that inside.

Invariant: 1 is alike; beads and lines along an edge make it larger. Of the four edges the strongest counts. None where
there is nothing inside, or nothing fine in it.
"""

from torch import Tensor

_WIDE_PX = 6


def border(pixels: Tensor) -> float | None:
    """The mean absolute Laplacian of the outer six pixels, of the edge where it is largest, over that of the inside."""
    grey = pixels.double().mean(0)
    inner = grey[1:-1, 1:-1]
    laplacian = (4 * inner - grey[:-2, 1:-1] - grey[2:, 1:-1] - grey[1:-1, :-2] - grey[1:-1, 2:]).abs()
    if min(laplacian.shape) <= 2 * _WIDE_PX:
        return None
    inside = laplacian[_WIDE_PX:-_WIDE_PX, _WIDE_PX:-_WIDE_PX].mean().item()
    edges = (laplacian[:_WIDE_PX], laplacian[-_WIDE_PX:], laplacian[:, :_WIDE_PX], laplacian[:, -_WIDE_PX:])
    return max(edge.mean().item() for edge in edges) / inside if inside > 0 else None
