"""What every variant owes on every network; nothing here names one."""

from itertools import combinations
from typing import get_args

import pytest
import torch
from safetensors.torch import load_file, save_file

from aecore.config import knobs
from aecore.corruptions import corruptions
from aecore.datasets import datasets
from aecore.datasets.splits import SplitConfig
from aecore.models import empty_model, variants
from aecore.models.base import Family
from aecore.networks import networks
from aecore.training import TrainConfig
from tests.kit import build, noise_images, open_small, play, same, session_of, weights_of

PAIRS = [(variant, network) for variant in variants for network in networks]
SHAPES = [(1, 8, 8), (3, 16, 12), (1, 28, 28)]
CODE = 3

each_pair = pytest.mark.parametrize(("variant", "network"), PAIRS)
each_shape = pytest.mark.parametrize("shape", SHAPES, ids=str)
each_variant = pytest.mark.parametrize("variant", variants)

KINDS = {
    "training": [TrainConfig],
    "split": [SplitConfig],
    "variant": [kind.Config for kind in variants.values()],
    "network": [kind.Config for kind in networks.values()],
    "corruption": [kind.Config for kind in corruptions.values()],
    "data set": [kind.Config for kind in datasets.values()],
}


def make(variant, network, shape=(1, 8, 8), seed=0, **knob_values):
    return build(
        variant, network, shape, seed=seed, model_knobs={"latent_dim": CODE, **knob_values}
    )


def loss_of(model, x, target, seed=0):
    torch.manual_seed(seed)
    return model.loss(x, target)


def moved(model):
    """The model off its very start, where a last layer of zeros lets nothing through."""
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.02 * torch.randn(parameter.shape, generator=generator))
    return model


@each_pair
@each_shape
def test_shapes_of_code_and_reconstruction(variant, network, shape):
    model = moved(make(variant, network, shape)).eval()
    x = noise_images(shape, 5)
    code = model.encode(x)
    assert code.shape == (5, model.code_size)
    assert model.decode(code).shape == x.shape
    assert torch.equal(model(x), model.decode(code)) == variants[variant].has_code


@each_pair
@each_shape
def test_gradients_reach_every_parameter(variant, network, shape):
    model = moved(make(variant, network, shape))
    loss = sum(loss_of(model, noise_images(shape, 6), noise_images(shape, 6, seed=1)).values())
    loss.backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.isfinite().all(), name
        assert parameter.grad.count_nonzero() > 0, name


@each_variant
def test_every_loss_term_is_a_finite_scalar(variant):
    likelihoods = {knob.name: knob for knob in knobs(variants[variant].Config)}["likelihood"]
    x, target = noise_images((1, 8, 8), 6), noise_images((1, 8, 8), 6, seed=1)
    for likelihood in likelihoods.choices:
        terms = loss_of(make(variant, PAIRS[0][1], likelihood=likelihood), x, target)
        assert terms
        for name, value in terms.items():
            assert value.shape == (), name
            assert value.isfinite(), name


def drawn(model, x, draws=4):
    """Mean of each term over several draws, and its standard error: 0 where nothing is drawn."""
    with torch.inference_mode():
        terms = [loss_of(model, x, x, seed) for seed in range(draws)]
    values = torch.tensor([[float(value) for value in found.values()] for found in terms])
    means, errors = values.double().mean(0), values.double().std(0) / draws**0.5
    return dict(zip(terms[0], zip(means.tolist(), errors.tolist(), strict=True), strict=True))


@each_variant
def test_loss_is_a_mean_over_images(variant):
    model = make(variant, PAIRS[0][1]).eval()
    x = noise_images((1, 8, 8), 2000)
    half, whole = drawn(model, x[:1000]), drawn(model, x)
    assert half.keys() == whole.keys()
    for name, (expected, error) in whole.items():
        value, other_error = half[name]
        allowed = 0.05 * abs(expected) + 3 * (error + other_error)
        assert value == pytest.approx(expected, rel=0, abs=allowed), name


@each_pair
def test_seed_decides_weights_and_loss(variant, network):
    x = noise_images((1, 8, 8), 6)
    first, again = moved(make(variant, network)), moved(make(variant, network))
    other = moved(make(variant, network, seed=1))
    assert same(weights_of(first), weights_of(again))
    assert not same(list(first.parameters()), list(other.parameters()))
    terms, repeated = loss_of(first, x, x), loss_of(again, x, x)
    assert terms.keys() == repeated.keys()
    assert same(list(terms.values()), list(repeated.values()))
    assert not torch.equal(sum(terms.values()), sum(loss_of(other, x, x).values()))


@each_pair
def test_new_model_leaves_the_random_state_alone(variant, network):
    torch.manual_seed(5)
    before = torch.get_rng_state()
    make(variant, network, seed=1)
    assert torch.equal(torch.get_rng_state(), before)


@each_pair
def test_weights_survive_a_file(variant, network, tmp_path):
    model = moved(make(variant, network)).eval()
    save_file(model.state_dict(), tmp_path / "weights.safetensors")
    shape = (1, 8, 8)
    kind = networks[network]
    copy = empty_model(variant, model.config, kind(kind.Config(), shape), device="cpu").eval()
    x = noise_images(shape, 4)
    assert not torch.equal(copy(x), model(x))
    copy.load_state_dict(load_file(tmp_path / "weights.safetensors"))
    assert torch.equal(copy(x), model(x))


@each_pair
@each_shape
def test_an_empty_model_counts_the_same_without_memory(variant, network, shape):
    model = make(variant, network, shape)
    kind = networks[network]
    empty = empty_model(variant, model.config, kind(kind.Config(), shape))
    assert empty.parameter_count() == model.parameter_count() > 0
    assert all(tensor.is_meta for tensor in empty.state_dict().values())


@each_pair
@pytest.mark.parametrize("name", ["digits", "image_patches"])
def test_twenty_steps_lower_the_validation_loss(variant, network, name):
    data = open_small(name, train_limit=640)
    session = session_of(
        variant, network, data, epochs=2, batch_size=64, schedule="constant", warmup=0
    )
    before = session.validation.terms(session.model)
    assert session.total_steps == 20
    play(session)
    after = session.validation.terms(session.model)
    assert sum(after.values()) < sum(before.values())


@each_variant
def test_variant_describes_itself(variant):
    kind = variants[variant]
    assert all(text.strip() for text in (kind.title, kind.idea, kind.paper))
    assert 1900 < kind.year < 2100
    assert kind.family in get_args(Family)


@pytest.mark.parametrize(
    "config", [config for kind in KINDS.values() for config in kind], ids=lambda c: c.__qualname__
)
def test_config_survives_json(config):
    values = {}
    for knob in knobs(config):  # values other than the defaults, or the test could not fail
        others = {"bool": not knob.default, "choice": knob.choices and knob.choices[-1]}
        others["text"] = '=é,"&?#'
        values[knob.name] = others.get(knob.kind, knob.high)
    made = config(**values)
    assert config.model_validate_json(made.model_dump_json()) == made


def test_knob_names_do_not_collide():
    names = {
        kind: {knob.name for config in configs for knob in knobs(config)}
        for kind, configs in KINDS.items()
    }
    for left, right in combinations(names, 2):
        assert not names[left] & names[right], f"{left} and {right} share a knob's name"


@pytest.mark.parametrize("kind", [*variants.values(), *datasets.values()], ids=lambda k: k.name)
def test_suggested_values_are_knobs_and_within_bounds(kind):
    configs = [TrainConfig, SplitConfig, kind.Config]
    configs += [*KINDS["network"], *KINDS["corruption"], *KINDS["variant"]]
    registered = {"variant": variants, "network": networks, "corruption": corruptions}
    for name, value in kind.suggested.items():
        if name in registered:
            assert value in registered[name]
            continue
        config = next(config for config in configs if name in config.model_fields)
        assert getattr(config.parse({name: value}), name) == value
