"""The contractive autoencoder: its penalty against autograd, and no way around it by scale."""

import pytest
import torch

from aecore.errors import InputError
from aecore.metrics.jacobian import jacobian_rank
from aecore.models import variants
from aecore.models.spectral import LARGEST, SpectralCeiling
from aecore.networks import networks
from aecore.runs import RunSpec, check
from tests.kit import (
    build,
    layer_knobs,
    noise_images,
    open_small,
    play,
    same,
    session_of,
    weights_of,
)

SHAPE = (1, 8, 8)
LAYERS = {"width": 16, "activation": "tanh"}
NORMED = [name for name in networks if layer_knobs(name, batch_norm=True)]
FORMS = [("sigmoid", "mlp"), ("tanh", "mlp"), *(("network", name) for name in networks)]
each_form = pytest.mark.parametrize(("units", "network"), FORMS)


def made(units="network", network="mlp", **knobs):
    """A model of float64, so that a comparison says what it should."""
    values = {"latent_dim": 4, "units": units, "estimate": "exact", "contraction": 1.0, **knobs}
    return build(
        "contractive",
        network,
        SHAPE,
        model_knobs=values,
        network_knobs=layer_knobs(network, **LAYERS),
    ).double()


def images(count=6):
    return noise_images(SHAPE, count).double()


def true_norms(model, x):
    """||J||_F² of each image by torch.func, one image at a time."""
    rows = [torch.func.jacrev(model.encode)(image[None]) for image in x]
    return torch.stack([row.square().sum() for row in rows])


def penalty(model, x):
    return model.loss(x, x)["contraction"]


@each_form
def test_the_penalty_is_the_jacobians_norm(units, network):
    model, x = made(units, network), images()
    found, truth = penalty(model, x), true_norms(model, x).mean()
    assert truth > 1e-3
    torch.testing.assert_close(found, truth, rtol=1e-10, atol=0)
    heavier = made(units, network, contraction=2.5)
    torch.testing.assert_close(penalty(heavier, x), 2.5 * truth, rtol=1e-10, atol=0)


@pytest.mark.parametrize("network", networks)
def test_the_penalty_goes_through_all_layers(network):
    """A formula for the last layer alone is far off."""
    model, x = made(network=network), images()
    last = list(model.encoder.modules())[-1].weight.square().sum()
    assert abs(float(penalty(model, x).detach() / last.detach()) - 1) > 0.3


@each_form
def test_the_estimate_is_right_on_average(units, network):
    model, x = made(units, network, estimate="hutchinson", probes=64), images(2)
    torch.manual_seed(0)
    with torch.no_grad():
        found = torch.stack([penalty(model, x) for _ in range(40)])
        truth = true_norms(model, x).mean()
    if units == "network":
        assert found.std() > 1e-3 * truth  # it is an estimate
        assert abs(found.mean() - truth) < 3 * found.std() / 40**0.5
        assert found.std() < 0.2 * truth
    else:
        torch.testing.assert_close(found, truth.expand(40), rtol=1e-10, atol=0)


@each_form
def test_the_gradient_of_the_penalty_is_that_of_finite_differences(units, network):
    model, x = made(units, network), images(3)
    weight = next(p for p in model.parameters() if p.dim() > 1)
    (gradient,) = torch.autograd.grad(penalty(model, x), weight)
    direction = torch.randn(weight.shape, generator=torch.Generator().manual_seed(0)).double()
    ends = []
    with torch.no_grad():
        for step in (1e-5, -2e-5):
            weight.add_(direction, alpha=step)
            ends.append(float(penalty(model, x)))
    slope = (ends[0] - ends[1]) / 2e-5
    assert abs(slope) > 1e-3
    assert float((gradient * direction).sum()) == pytest.approx(slope, rel=1e-5)


@each_form
def test_the_penalty_needs_nobody_to_watch_gradients(units, network):
    model, x = made(units, network), images()
    wanted = penalty(model, x)
    assert wanted.requires_grad
    with torch.inference_mode():
        quiet = penalty(model, x.clone())
    assert not quiet.requires_grad
    torch.testing.assert_close(quiet, wanted.detach(), rtol=1e-12, atol=0)


def test_a_single_layer_shares_its_weights_with_the_decoder():
    model, z = made("sigmoid"), torch.rand(3, 4, dtype=torch.float64)
    wanted = (z @ model.layer.weight).view(3, *SHAPE) + model.mean
    torch.testing.assert_close(model.decode(z), wanted)
    assert model.parameter_count() == 64 * 4 + 4 + 64


@pytest.mark.parametrize("network", NORMED)
def test_batch_norm_is_refused_in_one_sentence(network):
    assert not variants["contractive"].takes_batch_norm
    flat = {"variant": "contractive", "network": network, "batch_norm": True}
    with pytest.raises(InputError, match="switch it off"):
        check(RunSpec.from_flat(flat))
    assert check(RunSpec.from_flat({**flat, "units": "tanh"}))


def largest_values(model):
    weights = [p.detach() for p in model.decoder.parameters() if p.dim() > 1]
    return [float(torch.linalg.matrix_norm(w.flatten(1), 2)) for w in weights]


@pytest.mark.parametrize("network", networks)
def test_no_weight_of_the_decoder_goes_through_the_ceiling(network):
    session = session_of(
        "contractive",
        network,
        open_small("digits", train_limit=320),
        model_knobs={"contraction": 10.0},
        epochs=6,
        batch_size=32,
        learning_rate=1e-2,
    )
    play(session)
    assert LARGEST * 0.9 < max(largest_values(session.model)) < LARGEST * 1.05


@pytest.mark.parametrize("network", networks)
def test_gradients_lie_in_memory_as_their_weights_do(network):
    """Else the fused optimisers would apply them to other weights; twice through a convolution."""
    data = open_small("digits", train_limit=64)
    session = session_of("contractive", network, data, batch_size=32)
    _, gradients = session.learner.gradients(*session.batches.get(0, 0), 0)
    for parameter, gradient in zip(session.model.parameters(), gradients, strict=True):
        assert gradient.stride() == parameter.stride()


def test_a_ceiling_leaves_alone_what_is_below_it():
    layers = torch.nn.Sequential(torch.nn.Linear(8, 8), torch.nn.ReLU(), torch.nn.Linear(8, 8))
    with torch.no_grad():
        for layer, scale in ((layers[0], 1.9), (layers[2], 30.0)):
            layer.weight.copy_(scale * torch.linalg.qr(layer.weight)[0])
    before = weights_of(layers)
    SpectralCeiling(layers)
    assert same(before[:2], weights_of(layers)[:2])
    torch.testing.assert_close(layers[2].weight, before[2] / 15)


@pytest.mark.parametrize(("units", "network"), FORMS[2:])
def test_scale_cannot_be_traded_for_a_smaller_penalty(units, network):
    """f / 10 with g(10 z) means the same for less; the next step undoes it."""
    model, x = made(units, network, latent_dim=8), images()
    last, first = list(model.encoder.modules())[-1], model.decoder[0]
    before = model.loss(x, x)
    with torch.no_grad():
        last.weight.div_(10)
        last.bias.div_(10)
        first.weight.mul_(10)
        gamed = model.loss(x, x)
        model.after_step()
    torch.testing.assert_close(gamed["reconstruction"], before["reconstruction"].detach())
    torch.testing.assert_close(gamed["contraction"], before["contraction"].detach() / 100)
    assert largest_values(model)[0] < LARGEST * 1.05


def test_rank_of_a_known_jacobian():
    model = build("linear", "mlp", SHAPE, model_knobs={"latent_dim": 8})
    random = torch.randn(64, 8, generator=torch.Generator().manual_seed(0))
    left, right = torch.linalg.qr(random[:8])[0], torch.linalg.qr(random)[0]
    x = noise_images(SHAPE, 40)
    for values in ([3.0] * 5 + [0.0] * 3, [2.0, 1.0] + [0.0] * 6, [0.0] * 8):
        s = torch.tensor(values)
        with torch.no_grad():
            model.encoder.weight.copy_(left @ (s[:, None] * right.T))
        wanted = float(s.square().sum() ** 2 / s.pow(4).sum().clamp_min(1e-30))
        found = jacobian_rank(model, x)
        torch.testing.assert_close(found, torch.full((40,), wanted).double(), rtol=1e-5, atol=0)
    assert jacobian_rank(model, x[:0]).shape == (0,)


def test_a_heavier_penalty_leaves_fewer_directions():
    """reference/methods.md 4.7: 28, 15 and 3.5 of 120 for weights 0, 0.1 and 1."""
    data = open_small("digits")
    ranks = []
    for weight in (0.001, 1.0):
        knobs = {"units": "sigmoid", "latent_dim": 60, "likelihood": "bce", "contraction": weight}
        session = session_of(
            "contractive", "mlp", data, model_knobs=knobs, epochs=20, learning_rate=5e-3
        )
        play(session)
        ranks.append(float(jacobian_rank(session.model, data.part("test", 50) / 255).mean()))
    assert ranks[0] > 8
    assert ranks[1] < 0.6 * ranks[0]
