"""Vector quantisation against k-means, against arithmetic, and in training."""

import pytest
import torch
from sklearn.cluster import KMeans

from aecore.models.vector_quantiser import (
    PATIENCE,
    SMOOTHING,
    VectorQuantiser,
    perplexity,
    tally_by_index,
    tally_by_product,
)
from aecore.models.vq_vae import straight_through
from tests.kit import build, noise_images, open_small, play, same, session_of, weights_of


def points(count=600, size=3, seed=0):
    return torch.randn(count, size, generator=torch.Generator().manual_seed(seed))


def book_of(vectors, decay=0.99):
    torch.manual_seed(0)
    quantiser = VectorQuantiser(len(vectors), vectors.shape[1], decay)
    quantiser.lay_out(vectors, torch.Generator().manual_seed(0))
    quantiser.book.copy_(vectors)
    quantiser.sums.copy_(vectors)
    return quantiser


def test_every_entry_is_the_nearest_to_itself_however_close_the_others():
    close = points(300) * 1e-3 + 5
    assert torch.equal(book_of(close).nearest(close), torch.arange(300))


def test_the_nearest_entry_is_that_of_all_distances():
    book, vectors = points(40, seed=1), points(5000)
    expected = (vectors[:, None] - book).square().sum(2).argmin(1)
    assert torch.equal(book_of(book).nearest(vectors), expected)


@pytest.mark.parametrize("tally", [tally_by_index, tally_by_product])
def test_vectors_are_counted_and_added_up_by_entry_on_every_device(tally):
    vectors, chosen = points(5000), torch.arange(5000) * 7 % 11
    counts, sums = tally(vectors, chosen, 13)  # nothing chooses the last two
    for entry in range(13):
        mine = vectors[chosen == entry]
        assert counts[entry] == len(mine)
        torch.testing.assert_close(sums[entry], mine.sum(0), rtol=1e-4, atol=1e-4)


def test_without_memory_the_book_takes_one_step_of_k_means():
    vectors, first = points(), points(8, seed=1)
    quantiser = book_of(first, decay=0.0)
    quantiser.follow(vectors, quantiser.nearest(vectors))
    kmeans = KMeans(8, init=first.numpy(), n_init=1, max_iter=1).fit(vectors.numpy())
    expected = torch.from_numpy(kmeans.cluster_centers_)
    torch.testing.assert_close(quantiser.book, expected, rtol=1e-4, atol=1e-5)


def test_the_book_follows_by_moving_averages_as_written_in_the_paper():
    quantiser = book_of(points(5, seed=1), decay=0.9)
    counts, sums = torch.ones(5, dtype=torch.float64), quantiser.book.double()
    for seed in range(4):
        vectors = points(50, seed=seed)
        chosen = quantiser.nearest(vectors)
        for i in range(5):
            mine = vectors[chosen == i].double()
            counts[i] = 0.9 * counts[i] + 0.1 * len(mine)
            sums[i] = 0.9 * sums[i] + 0.1 * mine.sum(0)
        smoothed = (counts + SMOOTHING) / (counts.sum() + 5 * SMOOTHING) * counts.sum()
        quantiser.follow(vectors, chosen)
        torch.testing.assert_close(quantiser.book.double(), sums / smoothed[:, None])


def test_an_entry_that_nothing_is_near_to_starts_again_among_the_codes():
    book = points(4, seed=1)
    book[3] = 1000.0
    quantiser = book_of(book)
    vectors = points(100)
    for _ in range(PATIENCE - 1):
        quantiser.follow(vectors, quantiser.nearest(vectors))
    assert quantiser.book[3].min() > 900
    assert quantiser.idle.tolist() == [0, 0, 0, PATIENCE - 1]
    quantiser.follow(vectors, quantiser.nearest(vectors))
    assert (quantiser.book[3] == vectors).all(1).any()
    assert (quantiser.counts[3], quantiser.idle[3]) == (1, 0)
    assert (quantiser.nearest(vectors) == 3).any()


def test_it_is_laid_out_where_the_vectors_are():
    vectors = 100 + points()
    quantiser = VectorQuantiser(30, 3, 0.99)
    quantiser.lay_out(vectors, torch.Generator().manual_seed(0))
    chosen = quantiser.nearest(vectors)
    assert len(chosen.unique()) == 30
    for entry in range(30):  # k-means: each is near the mean of its own
        assert (quantiser.book[entry] - vectors[chosen == entry].mean(0)).norm() < 0.3
    assert (vectors - quantiser.book[chosen]).square().mean() < 0.2 * vectors.var()


def test_few_vectors_fill_a_large_book():
    vectors, quantiser = 5 + points(5), VectorQuantiser(16, 3, 0.99)
    quantiser.lay_out(vectors, torch.Generator().manual_seed(0))
    apart = torch.cdist(quantiser.book, vectors)
    assert apart.min(0).values.max() < 1e-3  # an entry for each vector
    assert apart.min(1).values.max() < 1e-3  # and none elsewhere


def test_perplexity_counts_the_entries_in_use():
    assert float(perplexity(torch.full((64,), 7.0))) == pytest.approx(64)
    assert float(perplexity(torch.tensor([0, 12.0, 0]))) == pytest.approx(1)
    assert float(perplexity(torch.tensor([3.0, 3.0, 0, 0]))) == pytest.approx(2)
    assert 1 < float(perplexity(torch.arange(10.0))) < 10


def test_the_gradient_goes_straight_through():
    vectors = points().requires_grad_()
    entries = points(seed=1)
    passed = straight_through(vectors, entries)
    assert torch.equal(passed, entries)
    weight = points(seed=2)
    (passed * weight).sum().backward()
    assert torch.equal(vectors.grad, weight)


def vq(**knobs):
    return build("vq_vae", "mlp", (1, 8, 8), model_knobs={"latent_dim": 8, **knobs})


def test_the_encoder_learns_from_the_decoder_as_if_the_code_were_its_own():
    """And the commitment adds 2β (z − e) / n, with nothing from the book."""
    model, x = vq(commitment=0.5), noise_images((1, 8, 8), 6)
    model.eval()
    z = model.vectors(x)
    entries = model.encode(x).view_as(z)
    terms = model.loss(x, x)
    parameters = list(model.encoder.parameters())
    got = torch.autograd.grad(sum(terms.values()), parameters)
    code = entries.clone().requires_grad_()
    raw = model.decode_raw(code.flatten(1))
    (of_code,) = torch.autograd.grad(model.reconstruction(raw, x), code)
    wanted = torch.autograd.grad(z, parameters, of_code + 2 * 0.5 * (z - entries).detach() / 6)
    for one, other in zip(got, wanted, strict=True):
        torch.testing.assert_close(one, other)
    with torch.no_grad():
        expected = 0.5 * (z - entries).square().sum((1, 2)).mean()
    torch.testing.assert_close(terms["commitment"].detach(), expected)


def test_the_code_is_made_of_entries():
    model, x = vq(), noise_images((1, 8, 8), 6)
    indices = model.indices(x)
    assert indices.shape == (6, 2)
    assert torch.equal(model.encode(x), model.quantiser.book[indices].flatten(1))
    assert torch.equal(model.quantiser.nearest(model.encode(x).view(-1, 4)), indices.flatten())
    assert model.bits == 2 * 8


@pytest.mark.parametrize(("code", "vector"), [(64, 4), (6, 3), (7, 1), (3, 3), (1, 1), (10, 2)])
def test_the_code_is_cut_into_equal_vectors(code, vector):
    model = vq(latent_dim=code)
    assert (model.vector_size, model.places * model.vector_size) == (vector, code)
    assert model.encode(noise_images((1, 8, 8), 2)).shape == (2, code)


def test_only_training_moves_the_book():
    model, x = vq(), noise_images((1, 8, 8), 6)
    model.eval()
    before = weights_of(model)
    model.loss(x, x)
    assert same(before, weights_of(model))
    model.train()
    model.loss(x, x)
    assert not same(before, weights_of(model))


def test_the_book_is_laid_out_before_the_first_step_and_random_numbers_are_left_alone():
    data = open_small("digits", train_limit=320)
    torch.manual_seed(3)
    before = torch.get_rng_state()
    made, again = (session_of("vq_vae", "mlp", data, seed=2) for _ in range(2))
    assert torch.equal(before, torch.get_rng_state())
    assert same(weights_of(made.model), weights_of(again.model))
    new = build("vq_vae", "mlp", data.shape, seed=2, mean=data.mean)
    assert not torch.equal(new.quantiser.book, made.model.quantiser.book)
    assert same(weights_of(new.encoder), weights_of(made.model.encoder))
    assert made.model.training


def test_training_uses_most_of_the_book():
    data = open_small("digits")
    session = session_of(
        "vq_vae", "mlp", data, epochs=30, model_knobs={"latent_dim": 32, "book_size": 64}
    )
    play(session)
    model = session.model.eval()
    chosen = model.indices(data.part("test") / 255)
    used = perplexity(torch.bincount(chosen.flatten(), minlength=64).float())
    assert used > 32
    x = data.part("test") / 255
    assert (model(x) - x).square().mean() < 0.3 * (x - data.mean).square().mean()
