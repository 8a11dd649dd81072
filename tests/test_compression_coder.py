"""The range coder: what was written is read again, at the size that its frequencies allow."""

import numpy as np
import pytest
from runs_kit import is_sentence

from aecore.compression.coder import decode, encode
from aecore.errors import InputError

SKEWED = [10**6, 1000, 30, 1, 1]
ALPHABETS = {
    "even": [7] * 256,
    "skewed": SKEWED,
    "one symbol that is nearly sure": [1, 4_000_000_000],
    "only one symbol": [5],
    "gaps": [0, 3, 0, 0, 9, 0],
    "4,096 symbols": list(range(1, 4097)),
}


def columns(*rows):
    """Counts of several alphabets, the shorter ones filled up with zeros."""
    levels = max(map(len, rows))
    return np.array([[*row, *[0] * (levels - len(row))] for row in rows], np.uint32)


def drawn(counts, rows, seed, *, even=False):
    """Symbols as frequent as their counts, or all that can occur alike."""
    generator = np.random.default_rng(seed)
    weights = (counts > 0) * 1.0 if even else counts * 1.0
    shares = weights / weights.sum(1, keepdims=True)
    found = [generator.choice(counts.shape[1], rows, p=share) for share in shares]
    return np.stack(found, 1).astype(np.int64)


def ideal(symbols, counts):
    """Bytes by Shannon: the sum of −log2 of the share of each symbol, over 8."""
    shares = counts / counts.sum(1, keepdims=True, dtype=np.float64)
    return -np.log2(shares[np.arange(len(counts)), symbols]).sum() / 8


@pytest.mark.parametrize("name", ALPHABETS)
@pytest.mark.parametrize("rows", [0, 1, 2, 500])
@pytest.mark.parametrize("even", [False, True])
def test_what_was_written_is_read_again_at_the_ideal_size(name, rows, even):
    counts = columns(ALPHABETS[name], SKEWED)
    for seed in range(20):
        symbols = drawn(counts, rows, seed, even=even)
        content = encode(symbols, counts)
        assert np.array_equal(decode(content, rows, counts), symbols)
        assert len(content) <= 1.001 * ideal(symbols, counts) + 1
        assert len(content) >= ideal(symbols, counts) - 1


def test_random_alphabets_go_through_carries_and_all():
    generator = np.random.default_rng(0)
    for _ in range(400):
        levels, numbers, rows = (int(generator.integers(1, most)) for most in (40, 8, 60))
        counts = generator.integers(0, 10 ** generator.integers(1, 7), (numbers, levels))
        counts[:, generator.integers(levels)] += 1
        symbols = drawn(counts.astype(np.uint32), rows, int(generator.integers(10**6)), even=True)
        content = encode(symbols, counts.astype(np.uint32))
        assert np.array_equal(decode(content, rows, counts.astype(np.uint32)), symbols)


def test_what_is_sure_takes_no_room():
    counts = columns([5], [9])
    assert encode(np.zeros((1000, 2), np.int64), counts) == b""
    assert np.array_equal(decode(b"", 1000, counts), np.zeros((1000, 2)))


@pytest.mark.parametrize("symbol", [-1, 3, 2, 10**9])
def test_a_symbol_without_a_frequency_is_refused(symbol):
    with pytest.raises(InputError, match="no frequency") as caught:
        encode(np.array([[symbol]]), columns([1, 1, 0]))
    assert is_sentence(caught.value)


def test_frequencies_that_are_none_are_refused():
    for counts in (columns([0, 0]), columns([4_000_000_000, 4_000_000_000])):
        with pytest.raises(InputError, match="Frequencies"):
            encode(np.zeros((1, 1), np.int64), counts)


def test_bytes_that_no_message_has_are_refused():
    """The line is shared out in whole parts; what is left over at its end stands for nothing."""
    with pytest.raises(InputError, match="damaged") as caught:
        decode(b"\xff" * 7, 1, columns([3, 1, 7]))
    assert is_sentence(caught.value)


def test_any_other_bytes_read_as_some_message():
    generator, counts = np.random.default_rng(0), columns([3, 0, 5])
    for length in range(50):
        assert set(np.unique(decode(generator.bytes(length), 40, counts))) <= {0, 2}
