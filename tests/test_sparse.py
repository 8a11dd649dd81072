"""The sparse autoencoder: exactly k, penalties as in the papers, and parts that are found again."""

import math

import pytest
import torch
import torch.nn.functional as F

from aecore.errors import InputError
from aecore.models.sparse import DEAD_AFTER, bernoulli_kl, top_k
from aecore.training.optimizers import Adam
from aecore.training.parallel import Parallel
from tests.kit import build, noise_images, open_small, play, same, session_of, weights_of

SHAPE = (1, 8, 8)


def made(sparsity, **knobs):
    values = {"latent_dim": 32, "sparsity": sparsity, **knobs}
    return build("sparse", "mlp", SHAPE, model_knobs=values)


def trained(sparsity, **knobs):
    session = session_of(
        "sparse",
        "mlp",
        open_small("digits", train_limit=640),
        model_knobs={"latent_dim": 32, "sparsity": sparsity, **knobs},
        epochs=20,
        batch_size=64,
    )
    play(session)
    return session


@pytest.mark.parametrize("k", [1, 3, 7])
def test_exactly_k_stay_also_where_all_are_equal(k):
    mixed = torch.randn(50, 7, generator=torch.Generator().manual_seed(0)).round()
    for pre in (mixed, torch.ones(4, 7), -torch.ones(4, 7)):
        pre = torch.where(pre == 0, 0.5, pre)
        kept = top_k(pre, k)
        assert kept.count_nonzero(1).tolist() == [k] * len(pre)
        assert torch.equal(kept[kept != 0], pre[kept != 0])
        dropped = torch.where(kept == 0, pre, -math.inf).amax(1)
        assert (dropped <= torch.where(kept != 0, pre, math.inf).amin(1)).all()


def test_a_code_is_the_k_largest_by_value_and_never_negative():
    model = made("top_k", active=5)
    x = noise_images(SHAPE, 40)
    pre = model.encoder((x - model.mean).flatten(1))
    codes = model.encode(x)
    assert codes.count_nonzero(1).tolist() == [5] * 40
    assert torch.equal(codes.sort(1).values[:, -5:], pre.sort(1).values[:, -5:])
    with torch.no_grad():
        model.encoder.bias.fill_(-100.0)  # all below 0: by size these would be kept
    assert model.encode(x).count_nonzero() == 0


def test_no_gradient_reaches_a_dropped_number():
    pre = torch.randn(20, 16, generator=torch.Generator().manual_seed(0)).requires_grad_()
    kept = top_k(pre, 4)
    weights = torch.arange(1.0, 17.0)
    (gradient,) = torch.autograd.grad((kept * weights).sum(), pre)
    assert torch.equal(gradient, torch.where(kept != 0, weights.expand(20, -1), 0.0))
    assert gradient.count_nonzero(1).tolist() == [4] * 20


def test_a_code_smaller_than_k_is_used_whole():
    assert made("top_k", latent_dim=3, active=8).encode(noise_images(SHAPE, 4)).shape == (4, 3)


def test_the_divergence_is_zero_at_its_target_and_that_of_torch_elsewhere():
    rho = 0.05
    mean = torch.tensor([0.01, 0.05, 0.5, 0.99], dtype=torch.float64)
    found = bernoulli_kl(rho, mean)
    target, actual = (torch.distributions.Bernoulli(p) for p in (torch.full_like(mean, rho), mean))
    truth = torch.distributions.kl_divergence(target, actual)
    torch.testing.assert_close(found, truth, rtol=1e-6, atol=1e-9)
    assert abs(float(found[1])) < 1e-15
    assert (found[[0, 2, 3]] > 0.01).all()
    assert bernoulli_kl(rho, torch.tensor([0.0, 1.0])).isfinite().all()


def test_gradients_of_the_divergence_are_those_of_finite_differences():
    codes = torch.rand(6, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    assert torch.autograd.gradcheck(
        lambda z: bernoulli_kl(0.1, z.mean(0)).sum(), codes.requires_grad_()
    )


@pytest.mark.parametrize("sparsity", ["l1", "kl"])
def test_the_penalty_is_the_papers(sparsity):
    model = made(sparsity, sparsity_weight=0.7, activity=0.1)
    x = noise_images(SHAPE, 30)
    terms, codes = model.loss(x, x), model.encode(x)
    if sparsity == "l1":
        wanted = 0.7 * sum(codes[i].abs().sum() for i in range(30)) / 30
    else:
        assert (codes > 0).all()
        assert (codes < 1).all()
        means = [codes[:, j].sum() / 30 for j in range(32)]
        wanted = 0.7 * sum(0.1 * (0.1 / m).log() + 0.9 * (0.9 / (1 - m)).log() for m in means)
    torch.testing.assert_close(terms["sparsity"], wanted)
    raw = model.decode_raw(codes)
    torch.testing.assert_close(terms["reconstruction"], (raw - x).square().sum() / 30)


def test_kl_begins_as_rarely_on_as_asked_for_and_trains_to_it():
    model = made("kl", activity=0.1)
    assert model.encode(model.mean.expand(2, -1, -1, -1)).detach().mean() == pytest.approx(0.1)
    session = trained("kl", activity=0.1, sparsity_weight=10)
    x = session.batches.images / 255
    assert session.model.encode(x).mean(0).sub(0.1).abs().max() < 0.05


def test_only_kl_compares_the_images_of_a_batch():
    data = open_small("digits", train_limit=64)
    for sparsity in ("top_k", "l1"):
        assert not made(sparsity).whole_batch
    with pytest.raises(InputError, match="cannot be split"):
        session_of(
            "sparse", "mlp", data, model_knobs={"sparsity": "kl"}, parallel=Parallel(0, 2), epochs=1
        )


@pytest.mark.parametrize("sparsity", ["top_k", "l1", "kl"])
def test_columns_keep_length_one_in_training(sparsity):
    norms = trained(sparsity).model.decoder.weight.norm(dim=0)
    torch.testing.assert_close(norms, torch.ones(32))


def amounts(model, x):
    """(reconstruction, sparsity) of the loss as numbers."""
    with torch.no_grad():
        return [float(term) for term in model.loss(x, x).values()]


def test_scale_cannot_be_traded_for_a_smaller_penalty():
    """A smaller code with a larger decoder means the same for less; the next step undoes it."""
    session = trained("l1", sparsity_weight=0.3)
    model, x = session.model, session.batches.images / 255
    honest = amounts(model, x)
    with torch.no_grad():
        for part in model.encoder.parameters():
            part.div_(10)
        model.decoder.weight.mul_(10)
        gamed = amounts(model, x)
        model.after_step()
    assert gamed == pytest.approx([honest[0], honest[1] / 10], rel=1e-3)
    assert sum(gamed) < 0.9 * sum(honest)
    assert sum(amounts(model, x)) > 1.1 * sum(honest)


def test_planted_parts_are_found_again():
    """x = sum of 3 of 32 random directions: more than 90 % of them are learnt, |cos| > 0.95."""
    generator = torch.Generator().manual_seed(0)
    atoms = F.normalize(torch.randn(32, 32, generator=generator), dim=1)

    def batch(count):
        places = torch.rand(count, 32, generator=generator).topk(3, dim=1).indices
        amounts = 0.5 + torch.rand(count, 3, generator=generator)
        return (torch.zeros(count, 32).scatter(1, places, amounts) @ atoms).view(count, 1, 4, 8)

    knobs = {"latent_dim": 48, "active": 3}
    model = build("sparse", "mlp", (1, 4, 8), mean=batch(10_000).mean(0), model_knobs=knobs)
    optimizer = Adam(list(model.parameters()), 0.0)

    def found():
        learnt = F.normalize(model.decoder.weight.detach(), dim=0).T
        return float(((learnt @ atoms.T).abs().amax(0) > 0.95).float().mean())

    assert found() < 0.1
    for step in range(800):
        x = batch(256)
        gradients = torch.autograd.grad(sum(model.loss(x, x).values()), optimizer.parameters)
        with torch.no_grad():
            optimizer.step(list(gradients), 1e-2 * (1 - step / 800))
            model.after_step()
    assert found() > 0.9


def test_dead_numbers_are_counted_over_images():
    codes = torch.zeros(10, 4)
    codes[3, 1] = codes[7, 2] = 0.3
    assert made("top_k", latent_dim=4).dead_units(codes) == 2
    assert made("kl", latent_dim=4, activity=0.1).dead_units(codes + 0.05) == 2
    assert made("kl", latent_dim=4, activity=0.5).dead_units(codes + 0.05) == 4


def test_dead_numbers_are_counted_in_training_only_and_come_back():
    model = made("l1").train()
    with torch.no_grad():
        model.encoder.bias[:5] = -100.0  # never on
    x = noise_images(SHAPE, 1000)
    for count in range(1, 11):
        assert model.dead_in_training() == 0
        model.loss(x, x)
        assert model.idle.tolist()[:5] == [count * 1000] * 5
    assert model.idle.max() == DEAD_AFTER
    assert model.dead_in_training() == 5
    before = weights_of(model)
    model.eval().loss(x, x)
    assert same(before, weights_of(model))
    with torch.no_grad():
        model.encoder.bias[:5] = 100.0
    model.train().loss(x, x)
    assert model.dead_in_training() == 0


def test_centred_columns_of_length_one_keep_most_units_alive():
    """reference/methods.md 4.6: 132 of 256 dead without either, 12 with both."""
    session = session_of(
        "sparse", "mlp", open_small("digits"), model_knobs={"latent_dim": 256}, epochs=40
    )
    play(session)
    model = session.model
    x = session.shown.sample / 255
    assert model.encode(x).count_nonzero(1).max() <= 8
    assert model.dead_units(model.encode(x)) < 60
    assert model.dead_in_training() < 60
