"""The FactorVAE: its discriminator measures total correlation, and learns from its term alone."""

import math

import pytest
import torch

from aecore.models.factor_vae import permute_dims
from tests.kit import build, noise_images, open_small, session_of


def model_with(latent_dim=4, **knobs):
    return build("factor_vae", "mlp", (1, 8, 8), model_knobs={"latent_dim": latent_dim, **knobs})


def correlated(count, rho):
    noise = torch.randn(count, 2)
    second = rho * noise[:, 0] + math.sqrt(1 - rho**2) * noise[:, 1]
    return torch.stack([noise[:, 0], second], 1)


def gradients(model, term):
    """Names of the parameters that a term of the loss moves."""
    x = noise_images((1, 8, 8), 32)
    torch.manual_seed(0)
    value = model.loss(x, x)[term]
    names, parameters = zip(*model.named_parameters(), strict=True)
    found = torch.autograd.grad(value, parameters, allow_unused=True)
    return {name for name, grad in zip(names, found, strict=True) if grad is not None}


@pytest.mark.parametrize("rho", [0.0, 0.8])
def test_the_discriminator_measures_the_total_correlation_of_a_gaussian(rho):
    """-½ log det R, which is -½ log(1 - ρ²) for two numbers."""
    torch.manual_seed(0)
    model = model_with(latent_dim=2)
    parameters = list(model.discriminator.parameters())
    optimizer = torch.optim.Adam(parameters, lr=3e-3)
    steps = 200
    for step in range(steps):
        optimizer.param_groups[0]["lr"] = 3e-3 * (1 - step / steps)
        optimizer.zero_grad()
        model.mistakes(correlated(400, rho)).backward()
        optimizer.step()
    with torch.no_grad():
        measured = float(model.total_correlation(correlated(20_000, rho)))
    expected = -0.5 * math.log(1 - rho**2)
    assert measured == pytest.approx(expected, rel=0.1, abs=0.02)


def test_shuffled_codes_keep_each_column_and_nothing_between_columns():
    torch.manual_seed(0)
    code = correlated(5000, 0.9)
    shuffled = permute_dims(code)
    assert torch.equal(shuffled.sort(0).values, code.sort(0).values)
    assert abs(float(torch.corrcoef(code.T)[0, 1])) > 0.85
    assert abs(float(torch.corrcoef(shuffled.T)[0, 1])) < 0.06


def test_a_blind_discriminator_makes_log_two_mistakes():
    model = model_with()
    with torch.no_grad():
        model.discriminator[-1].weight.zero_()
        model.discriminator[-1].bias.zero_()
        mistakes = float(model.mistakes(torch.randn(50, 4)))
    assert mistakes == pytest.approx(math.log(2))


def test_each_half_learns_from_its_own_terms():
    model = model_with()
    own = gradients(model, "discriminator")
    others = gradients(model, "total_correlation")
    assert own == {name for name, _ in model.named_parameters() if "discriminator" in name}
    assert others == {name for name, _ in model.named_parameters() if name.startswith("encoder")}


def test_the_term_is_gamma_times_the_measured_total_correlation():
    x = noise_images((1, 8, 8), 32)
    found = []
    for gamma in (0.0, 1.0, 7.0):
        torch.manual_seed(0)
        with torch.no_grad():
            found.append(float(model_with(gamma=gamma).loss(x, x)["total_correlation"]))
    model = model_with()
    torch.manual_seed(0)
    with torch.no_grad():
        code = model.posterior(x).sample()
        logits = model.discriminator(code).mean()
    assert found == pytest.approx([0.0, float(logits), 7 * float(logits)])


def test_the_discriminator_is_not_judged():
    session = session_of("factor_vae", "mlp", open_small("digits", train_limit=64), epochs=1)
    terms = session.validation.terms(session.model)
    judged = session.model.judged(terms)
    assert judged == pytest.approx(sum(terms.values()) - terms["discriminator"])
