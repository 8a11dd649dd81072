"""Gradients written by hand are autograd's, for every variant that has them and every network."""

import pytest
import torch

from aecore.models import new_model, variants
from aecore.networks import networks
from aecore.networks.base import ACTIVATIONS
from aecore.networks.chain import BACKWARD, Chain

SHAPE = (2, 6, 5)
LIKELIHOODS = ("mse", "bce")


def made(variant, likelihood, **layers):
    kind = variants[variant]
    offered = kind.Config.model_fields["likelihood"].annotation.__args__
    if likelihood not in offered:
        return None
    network = networks["mlp"](networks["mlp"].Config(width=16, **layers), SHAPE)
    config = kind.Config(likelihood=likelihood)
    return new_model(variant, config, network, torch.rand(SHAPE), seed=0)


def images(count=7):
    generator = torch.Generator().manual_seed(1)
    return torch.rand(2, count, *SHAPE, generator=generator)


def handed():
    """The variants and losses that have a way by hand at all."""
    for variant in variants:
        for likelihood in LIKELIHOODS:
            model = made(variant, likelihood)
            if model is not None and model.by_hand(*images()) is not None:
                yield variant, likelihood


HANDED = list(handed())


def test_some_variants_have_a_way_by_hand():
    assert HANDED


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize(("variant", "likelihood"), HANDED)
@pytest.mark.parametrize("corrupted", [False, True])
def test_by_hand_equals_autograd(variant, likelihood, activation, corrupted):
    model = made(variant, likelihood, activation=activation, depth=3)
    x, clean = images()
    target = clean if corrupted else x
    terms, gradients = model.by_hand(x, target)
    wanted = model.loss(x, target)
    assert terms.keys() == wanted.keys()
    for name, value in wanted.items():
        torch.testing.assert_close(terms[name], value.detach(), rtol=1e-5, atol=1e-6)
    truth = torch.autograd.grad(sum(wanted.values()), list(model.parameters()))
    assert len(gradients) == len(truth)
    for ours, theirs in zip(gradients, truth, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(("variant", "likelihood"), HANDED)
@pytest.mark.parametrize("layers", [{"dropout": 0.5}, {"batch_norm": True}])
def test_what_it_cannot_do_it_leaves_to_autograd(variant, likelihood, layers):
    assert made(variant, likelihood, **layers).by_hand(*images()) is None


@pytest.mark.parametrize(("variant", "likelihood"), HANDED)
def test_it_leaves_its_input_alone(variant, likelihood):
    x, target = images()
    before = x.clone(), target.clone()
    made(variant, likelihood).by_hand(x, target)
    assert torch.equal(x, before[0])
    assert torch.equal(target, before[1])


def test_every_activation_has_its_backward():
    assert set(ACTIVATIONS.values()) == set(BACKWARD)


def test_a_chain_that_ends_in_an_activation_is_none():
    assert Chain(torch.nn.Linear(2, 2), torch.nn.ReLU()).links() is None
