"""Codes to whole numbers and back: where the cells are, what stands for one, what is counted."""

import numpy as np
import pytest
from runs_kit import is_sentence

from aecore.compression import book_codec, fit_codec, from_arrays
from aecore.compression.quantise import fit_grid
from aecore.errors import InputError


def gaussian(rows=4000, deviations=(1.0, 3.0, 0.2), seed=0):
    """Codes of independent numbers, (rows, k) float32."""
    noise = np.random.default_rng(seed).normal(size=(rows, len(deviations)))
    return (noise * deviations).astype(np.float32)


def test_cells_are_even_and_a_number_comes_back_as_the_mean_of_its_cell():
    codes = np.array([[0.0], [1], [1.5], [2.2], [8]], np.float32)
    grid = fit_grid(codes, 2)
    assert grid.symbols(codes).ravel().tolist() == [0, 0, 0, 1, 3]
    assert grid.values[0].tolist() == pytest.approx([2.5 / 3, 2.2, 5, 8])
    outside = np.array([[-9.0], [9], [4.1], [3.9]], np.float32)
    assert grid.symbols(outside).ravel().tolist() == [0, 3, 2, 1]


@pytest.mark.parametrize("bits", [1, 2, 5, 8, 12])
def test_agrees_with_cells_counted_by_numpys_histogram(bits):
    codes = gaussian()
    codec = fit_codec(codes, bits)
    for number in range(codes.shape[1]):
        counts, edges = np.histogram(codes[:, number], 2**bits)
        there = np.digitize(codes[:, number], edges[1:-1])
        same = codec.quantiser.symbols(codes)[:, number] == there
        assert same.mean() > 0.999  # on an edge, rounding decides
        assert abs(codec.counts[number].astype(int) - 1 - counts).sum() <= 2 * (~same).sum()


@pytest.mark.parametrize("bits", range(1, 13))
def test_what_comes_back_is_at_most_a_cell_away(bits):
    codes = gaussian()
    back = fit_codec(codes, bits).quantised(codes)
    cell = (codes.max(0) - codes.min(0)) / 2**bits
    assert (abs(back - codes).max(0) <= 1.001 * cell).all()


def test_one_bit_of_a_gaussian_keeps_what_theory_says():
    """Cut in the middle, the mean of each half: a distortion of 1 − 2/π (Max 1960)."""
    codes = gaussian(40_000, (1.0,))
    codes = np.concatenate([codes, -codes])  # the middle of the range is 0
    back = fit_codec(codes, 1).quantised(codes)
    assert np.square(back - codes).mean() == pytest.approx(1 - 2 / np.pi, rel=0.02)


def test_one_step_gives_axes_that_vary_less_fewer_cells_of_one_width():
    grid = fit_grid(gaussian(), 6, one_step=True)
    assert grid.step.tolist() == [grid.step[0]] * 3
    assert grid.cells[1] == 64
    assert grid.cells[2] < 10 < grid.cells[0] < 40
    assert grid.reachable.sum(1).tolist() == grid.cells.tolist()


def test_a_number_that_never_changes_costs_nothing():
    codes = gaussian()
    codes[:, 1] = 0.7
    codec = fit_codec(codes, 8)
    assert codec.quantised(codes)[:, 1].tolist() == pytest.approx([0.7] * len(codes))
    alone = fit_codec(codes[:, 1:2], 8)
    assert alone.pack(codes[:, 1:2]) == b""
    assert codec.unpack(codec.pack(codes[:5]), 5)[:, 1].tolist() == pytest.approx([0.7] * 5)


@pytest.mark.parametrize("bits", [1, 4, 8, 12])
@pytest.mark.parametrize("one_step", [False, True])
def test_packed_codes_come_back_exactly_at_the_size_of_their_entropy(bits, one_step):
    train, test = gaussian(seed=0), gaussian(600, seed=1)
    codec = fit_codec(train, bits, one_step=one_step)
    content = codec.pack(test)
    assert np.array_equal(codec.unpack(content, len(test)), codec.quantised(test))
    shares = codec.counts / codec.counts.sum(1, keepdims=True)
    there = shares[np.arange(3), codec.quantiser.symbols(test)]
    assert len(content) == pytest.approx(-np.log2(there).sum() / 8, abs=2, rel=0.001)


def test_entries_of_a_book_are_written_as_they_are():
    generator = np.random.default_rng(0)
    book = generator.normal(size=(32, 3)).astype(np.float32)
    chosen = generator.integers(0, 32, (200, 4))
    codes = book[chosen].reshape(200, 12)
    codec = book_codec(codes, book)
    assert codec.bits == 0
    assert np.array_equal(codec.quantiser.symbols(codes), chosen)
    assert np.array_equal(codec.unpack(codec.pack(codes), 200), codes)
    assert (codec.counts.sum(1) == 200 + 32).all()
    with pytest.raises(InputError, match="no entries") as caught:
        codec.pack(codes + 1)
    assert is_sentence(caught.value)


def test_a_codec_survives_as_arrays():
    codes = gaussian()
    for codec in (fit_codec(codes, 5, one_step=True), book_codec(codes, np.unique(codes, axis=0))):
        again = from_arrays(codec.arrays())
        assert again.fingerprint == codec.fingerprint
        assert again.pack(codes[:50]) == codec.pack(codes[:50])
        assert again.size == codec.size > codec.counts.nbytes


def test_another_frequency_is_another_codec():
    codes = gaussian()
    marks = {fit_codec(part, bits).fingerprint for part in (codes, codes[1:]) for bits in (4, 5)}
    assert len(marks) == 4


@pytest.mark.parametrize("bits", [0, 13])
def test_bits_that_do_not_fit_are_refused(bits):
    with pytest.raises(InputError, match="1 to 12") as caught:
        fit_grid(gaussian(), bits)
    assert is_sentence(caught.value)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_what_is_no_number_is_refused(value):
    codes = gaussian()
    codec = fit_codec(codes, 4)
    codes[7, 1] = value
    for refused in (lambda: fit_codec(codes, 4), lambda: codec.pack(codes)):
        with pytest.raises(InputError) as caught:
            refused()
        assert is_sentence(caught.value)
