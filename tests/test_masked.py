"""The masked autoencoder: who sees which patch, and what the loss asks for."""

import pytest
import torch

from aecore.errors import InputError
from aecore.models.masked import spread, take
from aecore.models.patches import patches_of
from tests.kit import build, noise_images, open_small, play, session_of

SHAPES = [(1, 8, 8), (3, 16, 12), (1, 28, 28), (2, 13, 7), (3, 33, 2)]


def masked(shape=(1, 8, 8), **knobs):
    return build("masked", "mlp", shape, model_knobs={"token_width": 16, "latent_dim": 5, **knobs})


def fixed_mask(model, monkeypatch, count):
    """The visible and the hidden places of `count` images, which every loss now uses."""
    torch.manual_seed(0)
    drawn = model.mask(torch.zeros(count, model.patches.count, 1))
    monkeypatch.setattr(model, "mask", lambda tokens: drawn)
    return drawn


def reached(gradient, patches):
    """Whether a gradient of images touches each patch: (n, patches)."""
    return patches.cut(gradient).abs().sum(2) > 0


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_patches_join_to_what_they_were_cut_from(shape):
    patches, x = patches_of(shape), noise_images(shape, 3)
    cut = patches.cut(x)
    assert cut.shape == (3, patches.count, patches.size)
    assert torch.equal(patches.join(cut), x)


def test_a_patch_is_a_square_of_the_picture():
    patches, x = patches_of((3, 16, 12)), noise_images((3, 16, 12), 2)
    assert (patches.edge, patches.rows, patches.columns) == (2, 8, 6)
    assert torch.equal(patches.cut(x)[1, 6 * 3 + 4].view(3, 2, 2), x[1, :, 6:8, 8:10])


@pytest.mark.parametrize(("side", "edge", "count"), [(8, 2, 16), (28, 4, 49), (32, 4, 64)])
def test_the_size_of_the_patches_suits_that_of_the_image(side, edge, count):
    patches = patches_of((1, side, side))
    assert (patches.edge, patches.count) == (edge, count)


def test_an_image_of_one_patch_is_refused():
    with pytest.raises(InputError, match="2×2 pixels are a single patch"):
        masked((1, 2, 2))


def test_what_is_spread_comes_back_to_its_place():
    rows = torch.rand(4, 9, 3)
    order = torch.rand(4, 9).argsort(1)
    assert torch.equal(spread(take(rows, order), order, 9), rows)
    some = order[:, :4]
    back = spread(take(rows, some), some, 9)
    assert torch.equal(take(back, some), take(rows, some))
    assert not take(back, order[:, 4:]).any()


@pytest.mark.parametrize(("ratio", "hidden"), [(0.75, 12), (0.5, 8), (0.05, 1), (0.95, 15)])
def test_the_hidden_share_is_exact_and_the_places_are_each_images_own(ratio, hidden):
    model = masked(mask_ratio=ratio)
    torch.manual_seed(0)
    visible, hid = model.mask(torch.zeros(2000, 16, 1))
    assert hid.shape == (2000, hidden)
    everything = torch.cat([visible, hid], 1).sort(1).values
    assert torch.equal(everything, torch.arange(16).expand(2000, -1))
    often = torch.bincount(hid.flatten(), minlength=16) / 2000
    assert (often - hidden / 16).abs().max() < 4 * (hidden / 16 * (1 - hidden / 16) / 2000) ** 0.5


def test_the_largest_shares_leave_a_patch_on_either_side():
    assert masked((1, 2, 4), mask_ratio=0.95).hidden == 1
    assert masked((1, 2, 4), mask_ratio=0.05).hidden == 1


@pytest.mark.parametrize("likelihood", ["mse", "bce"])
def test_the_loss_asks_for_hidden_patches_only(likelihood, monkeypatch):
    model = masked(likelihood=likelihood)
    x, target = noise_images((1, 8, 8), 6), noise_images((1, 8, 8), 6, seed=1).requires_grad_()
    visible, hidden = fixed_mask(model, monkeypatch, 6)
    (gradient,) = torch.autograd.grad(sum(model.loss(x, target).values()), target)
    touched = reached(gradient, model.patches)
    assert not touched.gather(1, visible).any()
    assert touched.gather(1, hidden).all()


def test_the_encoder_sees_visible_patches_only(monkeypatch):
    model = masked()
    x = noise_images((1, 8, 8), 6).requires_grad_()
    visible, hidden = fixed_mask(model, monkeypatch, 6)
    (gradient,) = torch.autograd.grad(sum(model.loss(x, x.detach()).values()), x)
    touched = reached(gradient, model.patches)
    assert touched.gather(1, visible).all()
    assert not touched.gather(1, hidden).any()


def test_the_loss_is_the_squared_error_of_the_hidden_patches(monkeypatch):
    model, x = masked(), noise_images((1, 8, 8), 6)
    visible, hidden = fixed_mask(model, monkeypatch, 6)
    with torch.no_grad():
        made = model.decode(model.code_of(take(model._tokens(x), visible), visible))
        error = model.patches.cut((made - x).square()).sum(2)
        (term,) = model.loss(x, x).values()
    torch.testing.assert_close(term, error.gather(1, hidden).sum(1).mean())


def test_the_order_of_the_patches_means_nothing_and_their_place_does():
    model, x = masked().eval(), noise_images((1, 8, 8), 6)
    with torch.no_grad():
        tokens = model._tokens(x)
        places = torch.rand(6, 16).argsort(1)[:, :5]
        code = model.code_of(take(tokens, places), places)
        turned = places.flip(1)
        torch.testing.assert_close(model.code_of(take(tokens, turned), turned), code)
        mirrored = model.encode(x.flip(3))
    assert (mirrored - model.encode(x)).abs().min(0).values.max() > 1e-3


def test_alike_patches_are_told_apart_by_their_positions_in_both_halves():
    model = masked()
    with torch.no_grad():
        seen = model._tokens(model.mean.expand(1, 1, 8, 8))[0]
        drawn = model._drawn(torch.zeros(1, 5))[0]
    assert torch.cdist(seen, seen).fill_diagonal_(1).min() > 0.1
    assert torch.cdist(drawn, drawn).fill_diagonal_(1).min() > 1e-4


def test_outside_of_the_loss_nothing_is_hidden():
    model = masked().eval()
    x = noise_images((1, 8, 8), 3).requires_grad_()
    (gradient,) = torch.autograd.grad(model(x).square().sum(), x)
    assert reached(gradient, model.patches).all()
    assert torch.equal(model.encode(x), model.encode(x))


def test_it_learns_to_draw_what_it_does_not_see():
    data = open_small("digits")
    session = session_of(
        "masked", "mlp", data, epochs=12, model_knobs={"token_width": 32, "latent_dim": 32}
    )
    blind = 0.75 * float((data.part("validation") / 255 - data.mean).square().sum((1, 2, 3)).mean())
    play(session)
    assert session.validation.terms(session.model)["hidden_patches"] < 0.85 * blind
    x = data.part("test") / 255
    with torch.no_grad():
        error = (session.model.eval()(x) - x).square().mean()
    assert error < 0.7 * (x - data.mean).square().mean()
