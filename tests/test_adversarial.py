"""The adversarial autoencoder: whose gradients go where, and that the prior is reached."""

import math

import pytest
import torch

from aecore.errors import InputError
from aecore.models.adversarial import LENGTH, THICKNESS, TURNS, swiss_roll
from aecore.models.mmd import imq_kernel, mmd_u
from tests.kit import build, noise_images, open_small, play, session_of


def adversarial(**knobs):
    return build("adversarial", "mlp", (1, 8, 8), model_knobs={"latent_dim": 2, **knobs})


def touched(model, term):
    """Which of the three networks one term has gradients for."""
    x = noise_images((1, 8, 8), 6)
    torch.manual_seed(0)
    model.zero_grad()
    model.loss(x, x)[term].backward()
    parts = {"encoder": model.encoder, "decoder": model.decoder, "judge": model.discriminator}
    return {
        name for name, part in parts.items() if any(p.grad is not None for p in part.parameters())
    }


def test_each_term_trains_its_own_networks_and_no_other():
    model = adversarial()
    assert touched(model, "reconstruction") == {"encoder", "decoder"}
    assert touched(model, "adversarial") == {"encoder"}
    assert touched(model, "discriminator") == {"judge"}


def test_a_discriminator_that_cannot_tell_loses_log_four_and_the_encoder_log_two():
    model, x = adversarial(adversarial_weight=3.0), noise_images((1, 8, 8), 6)
    torch.nn.init.zeros_(model.discriminator[-1].weight)
    torch.nn.init.zeros_(model.discriminator[-1].bias)
    with torch.no_grad():
        terms = model.loss(x, x)
    assert float(terms["discriminator"]) == pytest.approx(math.log(4))
    assert float(terms["adversarial"]) == pytest.approx(3 * math.log(2))


def test_the_terms_are_those_of_the_paper():
    """Codes and draws are equal here, so that the discriminator's two halves are known."""
    model = adversarial().double()
    x = noise_images((1, 8, 8), 6).double()
    torch.manual_seed(0)
    noise = torch.randn(6, 2, dtype=torch.float64)
    with torch.no_grad():
        of_prior = model.discriminator(noise).sigmoid()
        of_codes = model.discriminator(model.encode(x)).sigmoid()
        torch.manual_seed(0)
        terms = model.loss(x, x)
    judge = -of_prior.log().mean() - (1 - of_codes).log().mean()
    torch.testing.assert_close(terms["discriminator"], judge)
    torch.testing.assert_close(terms["adversarial"], -of_codes.log().mean())


def test_the_encoder_still_learns_where_the_discriminator_is_sure():
    """The other form, log(1 - D), has next to no gradient there."""
    model, x = adversarial(), noise_images((1, 8, 8), 6)
    with torch.no_grad():
        model.discriminator[-1].weight.mul_(10)
        model.discriminator[-1].bias.fill_(-30)
    z = model.encode(x)
    model.encode = lambda _: z
    (gradient,) = torch.autograd.grad(model.loss(x, x)["adversarial"], z)
    logit = model.discriminator(z)
    (full,) = torch.autograd.grad(-logit.mean(), z)
    torch.testing.assert_close(gradient, full)


def test_the_discriminator_alone_ends_at_log_four_where_codes_are_as_the_prior():
    model = adversarial(discriminator_width=16)
    optimizer = torch.optim.Adam(model.discriminator.parameters(), 1e-2)
    torch.manual_seed(0)
    model.encode = lambda x: torch.randn(len(x), 2)
    x, seen = torch.zeros(1000, 1, 8, 8), []
    for _ in range(200):
        loss = model.loss(x, x)["discriminator"]
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        seen.append(loss.detach())
    assert float(torch.stack(seen[-50:]).mean()) == pytest.approx(math.log(4), abs=0.01)


def test_its_own_term_is_not_judged():
    model = adversarial()
    assert model.judged({"reconstruction": 1.0, "adversarial": 2.0, "discriminator": 4.0}) == 3


def test_the_roll_is_a_spiral_filled_evenly():
    torch.manual_seed(0)
    noise = torch.randn(20_000, 2)
    points = swiss_roll(noise)
    along = torch.special.ndtr(noise[:, 0]).sqrt()
    angle = 2 * math.pi * TURNS * along
    out = torch.stack([angle.cos(), angle.sin()], 1)
    off = (points * out).sum(1) - LENGTH * along
    assert float(off.std()) == pytest.approx(THICKNESS, rel=0.03)
    assert (points - out * (points * out).sum(1, keepdim=True)).abs().max() < 1e-4
    # A spiral's length up to a radius grows with its square, as do the draws.
    assert float((along < 0.5).float().mean()) == pytest.approx(0.25, abs=0.02)


def test_the_roll_is_for_codes_of_two_numbers():
    with pytest.raises(InputError, match="the code size is 3; choose a code size of 2"):
        adversarial(latent_dim=3, prior="swiss_roll")


@pytest.mark.parametrize(("prior", "epochs"), [("normal", 60), ("swiss_roll", 100)])
def test_training_reaches_the_prior(prior, epochs):
    data = open_small("digits")
    x = data.part("train") / 255
    torch.manual_seed(0)
    draw = swiss_roll if prior == "swiss_roll" else torch.Tensor.clone
    draws = [draw(torch.randn(len(x), 2)) for _ in range(41)]
    null = [mmd_u(a, b, imq_kernel) for a, b in zip(draws[0:40:2], draws[1:40:2], strict=True)]
    session = session_of(
        "adversarial",
        "mlp",
        data,
        epochs=epochs,
        optimizer="rmsprop",
        learning_rate=1e-3,
        model_knobs={"latent_dim": 2, "prior": prior, "adversarial_weight": 5.0},
        network_knobs={"width": 64},
    )
    model = session.model.eval()
    before = mmd_u(model.encode(x), draws[-1], imq_kernel)
    play(session)
    with torch.no_grad():
        after = mmd_u(model.eval().encode(x), draws[-1], imq_kernel)
        error = (model(x) - x).square().mean()
    allowed = 2 * torch.stack(null).quantile(0.95)
    assert after < allowed < before
    assert error < 0.75 * (x - data.mean).square().mean()
