"""The boxes and the dropped rows: exact areas, and places as likely as each other."""

import pytest
import torch
from corruption_kit import generator, make, near


class TestOcclusion:
    @pytest.mark.parametrize(("level", "area"), [(0.25, 7 * 5), (0.5, 14 * 10), (1.0, 28 * 20)])
    def test_area_is_exact_in_every_image(self, level, area):
        x = torch.ones(50, 3, 28, 20)
        hidden = make("occlusion", level=level).mask(x, generator())
        assert set(hidden.sum((1, 2, 3)).tolist()) == {area}

    def test_it_is_one_box(self):
        hidden = make("occlusion", level=0.5).mask(torch.ones(50, 1, 9, 9), generator())[:, 0]
        tall, wide = hidden.any(2), hidden.any(1)
        assert torch.equal(hidden, tall[:, :, None] & wide[:, None, :])
        for lines in (tall, wide):
            assert ((lines.int().diff(dim=1) == 1).sum(1) <= 1).all()
            assert (lines.sum(1) == 4).all()

    def test_every_place_is_as_likely(self):
        hidden = make("occlusion", level=0.5).mask(torch.ones(6000, 1, 8, 8), generator())
        first = hidden[:, 0].any(2).int().argmax(1)
        for place in range(5):
            assert near((first == place).double().mean(), 0.2, (0.16 / 6000) ** 0.5)


class TestCentreHole:
    @pytest.mark.parametrize(("level", "tall", "wide"), [(0.25, 7, 5), (0.5, 14, 10), (1, 28, 20)])
    def test_it_is_one_box_in_the_middle_of_every_image(self, level, tall, wide):
        hidden = make("centre_hole", level=level).mask(torch.ones(5, 3, 28, 20), generator())
        expected = torch.zeros(28, 20, dtype=torch.bool)
        up, left = (28 - tall) // 2, (20 - wide) // 2
        expected[up : up + tall, left : left + wide] = True
        assert torch.equal(hidden, expected.expand(5, 1, 28, 20))

    def test_where_it_cannot_be_exact_it_lies_half_a_pixel_up(self):
        hidden = make("centre_hole", level=0.4).mask(torch.ones(1, 1, 5, 5), generator())[0, 0]
        assert hidden.any(1).tolist() == hidden.any(0).tolist() == [False, True, True, False, False]


class TestDroppedRows:
    @pytest.mark.parametrize(("level", "rows"), [(0.3, 3), (0.5, 5), (1.0, 10)])
    def test_number_of_rows_is_exact_and_each_is_dropped_whole(self, level, rows):
        taken = make("dropped_rows", level=level).mask(torch.ones(40, 3, 10, 7), generator())
        assert torch.equal(taken.any(3), taken.all(3))
        assert set(taken[:, 0, :, 0].sum(1).tolist()) == {rows}

    def test_every_row_is_as_likely(self):
        taken = make("dropped_rows", level=0.25).mask(torch.ones(6000, 1, 8, 2), generator())
        shares = taken[:, 0, :, 0].double().mean(0)
        assert all(near(share, 0.25, (0.25 * 0.75 / 6000) ** 0.5) for share in shares)
