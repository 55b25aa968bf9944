import math

import pytest
import torch

from stylizer.optim.preconditioner import InverseFrequency


@pytest.mark.parametrize(("height", "width"), [(6, 8), (5, 7), (1, 4)])
def test_the_filter_is_a_symmetric_positive_definite_matrix(height: int, width: int) -> None:
    n = 2 * height * width
    columns = InverseFrequency(torch.zeros(1, 2, height, width))(torch.eye(n))
    torch.testing.assert_close(columns, columns.T)
    assert torch.linalg.eigvalsh(columns).min() > 0


def test_half_the_frequency_weighs_twice() -> None:
    apply = InverseFrequency(torch.zeros(1, 1, 4, 64))
    x = (torch.arange(64) + 0.5) * math.pi / 64
    slow, fast = (torch.cos(k * x).repeat(4, 1).reshape(1, -1) for k in (4, 8))
    ratio = apply(slow).norm() / slow.norm() / (apply(fast).norm() / fast.norm())
    assert ratio.item() == pytest.approx(2.0, rel=1e-5)


def test_rows_are_filtered_each_for_itself() -> None:
    apply = InverseFrequency(torch.zeros(1, 3, 4, 5))
    rows = torch.rand(2, 60)
    torch.testing.assert_close(apply(rows)[1:], apply(rows[1:]))


def test_what_is_drawn_along_one_edge_does_not_show_at_the_opposite_one() -> None:
    impulse = torch.zeros(1, 1, 16, 24)
    impulse[0, 0, 0, 12] = 1.0
    answer = InverseFrequency(impulse)(impulse.flatten(1)).view(16, 24)
    away = answer[:, 12].abs()
    assert (away[1:] < away[0] / 3).all()
    assert away[-1] < 0.02 * away[0]


def test_a_lattice_weighs_a_tenth_and_all_else_as_ever() -> None:
    shape = torch.zeros(1, 1, 32, 64)
    plain, free = InverseFrequency(shape), InverseFrequency(shape, lattices=0.1)
    x, y = ((torch.arange(count) + 0.5) * math.pi / count for count in (64, 32))

    def left(k: int, j: int) -> float:
        wave = (torch.cos(j * y)[:, None] * torch.cos(k * x)).reshape(1, -1)
        return (free(wave).norm() / plain(wave).norm()).item()

    assert [left(40, 0), left(0, 20)] == pytest.approx([0.1, 0.1], rel=1e-3)       # columns, and rows
    assert left(40, 20) == pytest.approx(1, rel=1e-3)       # as fine, aslant
    assert left(16, 0) == pytest.approx(1, rel=1e-3)        # along an axis, and wide
    n = torch.eye(32 * 64)[:, ::97]
    assert (n.mT @ free(n.mT).mT).diagonal().min() > 0


def test_the_border_moves_less_and_the_inside_as_ever() -> None:
    shape = torch.zeros(1, 1, 20, 24)
    n = torch.eye(20 * 24)
    plain, bordered = (InverseFrequency(shape, border=border)(n) for border in (1.0, 0.3))
    torch.testing.assert_close(bordered, bordered.T)
    share = (bordered.diagonal() / plain.diagonal()).sqrt().view(20, 24)
    assert share[0].tolist() == pytest.approx([0.3] * 24)
    assert share[:, 1].max().item() == pytest.approx(0.4)
    assert share[7:-7, 7:-7].flatten().tolist() == pytest.approx([1] * 60)
