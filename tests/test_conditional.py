"""The conditional VAE: labels reach both halves, and what is drawn for a label shows it."""

import pytest
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier

from aecore.datasets import datasets
from aecore.errors import InputError
from aecore.models.moment import Moment
from aecore.runs import RunSpec
from tests.kit import build, noise_images, open_small, play, session_of

SHAPE = (1, 8, 8)


def model_with(classes=3, **knobs):
    knobs = {"latent_dim": 4, "classes": classes, **knobs}
    return build("conditional_vae", "mlp", SHAPE, model_knobs=knobs)


def pixels(split):
    data = open_small("digits")
    return data.part(split).float().div(255), data.part_labels(split).numpy()


@pytest.fixture(scope="module")
def trained():
    knobs = {"latent_dim": 8, "likelihood": "bce"}
    found = {}
    for variant in ("conditional_vae", "vae"):
        session = session_of(
            variant, "mlp", open_small("digits"), epochs=25, batch_size=64,
            learning_rate=4e-3, model_knobs=knobs,
        )  # fmt: skip
        play(session)
        session.model.moment = Moment()
        found[variant] = session.model.eval().requires_grad_(False)
    return found


def test_a_classifier_finds_the_label_in_what_was_drawn_for_it(trained):
    x, labels = pixels("train")
    judge = KNeighborsClassifier(3).fit(x.flatten(1).numpy(), labels)
    wanted = torch.arange(10).repeat_interleave(40)
    drawn = trained["conditional_vae"].sample(wanted, torch.Generator().manual_seed(0))
    assert drawn.shape == (400, *SHAPE)
    assert judge.score(drawn.flatten(1).numpy(), wanted.numpy()) > 0.95


def test_z_tells_less_of_the_label_than_that_of_a_vae(trained):
    scores = {}
    for variant, model in trained.items():
        halves = [model.encode(pixels(split)[0])[:, :8].numpy() for split in ("train", "test")]
        probe = LogisticRegression(max_iter=2000).fit(halves[0], pixels("train")[1])
        scores[variant] = probe.score(halves[1], pixels("test")[1])
    assert scores["conditional_vae"] < 0.6 < 0.85 < scores["vae"]


def test_without_labels_its_own_classifier_finds_them(trained):
    x, labels = pixels("test")
    model = trained["conditional_vae"]
    found = model.encode(x)[:, 8:]
    torch.testing.assert_close(found.sum(1), torch.ones(len(x)))
    assert float((found.argmax(1).numpy() == labels).mean()) > 0.93


def test_codes_never_depend_on_the_labels_of_the_last_batch():
    model, x = model_with(), noise_images(SHAPE, 5)
    plain = model.encode(x)
    model.moment = Moment(0.5, torch.tensor([2, 1, 0, 2, 1]), torch.arange(5))
    assert torch.equal(model.encode(x), plain)


def test_labels_reach_both_halves():
    model, x = model_with(), noise_images(SHAPE, 6)
    means, images = [], []
    for label in range(3):
        one_hot = torch.eye(3)[[label]].expand(6, -1)
        means.append(model.labelled(x, one_hot).cloud.mean)
        images.append(model.decode(torch.cat([torch.zeros(6, 4), one_hot], 1)))
    assert (means[0] - means[1]).abs().max() > 1e-3
    assert (images[0] - images[1]).abs().max() > 1e-3
    # a label weighs as much as the numbers of z
    assert float(model.as_code.detach().square().mean()) == pytest.approx(1, abs=0.4)


def test_the_loss_takes_the_true_label_and_the_classifier_learns_from_its_own_term():
    model, x = model_with(), noise_images(SHAPE, 6)
    labels = torch.tensor([0, 1, 2, 2, 1, 0])
    model.moment = Moment(0.5, labels, torch.arange(6))
    torch.manual_seed(0)
    terms = model.loss(x, x)
    torch.manual_seed(0)
    expected = model.bound(model.labelled(x, torch.eye(3)[labels]), x)
    assert all(torch.equal(terms[name], expected[name]) for name in expected)
    logits = model.classifier(x - model.mean)
    torch.testing.assert_close(terms["label"], torch.nn.functional.cross_entropy(logits, labels))
    own = list(model.classifier.parameters())
    without = terms["reconstruction"] + terms["kl"]
    grads = torch.autograd.grad(without, own, allow_unused=True, retain_graph=True)
    assert all(grad is None for grad in grads)
    assert all(grad.any() for grad in torch.autograd.grad(terms["label"], own))


def test_with_a_constant_label_it_is_the_vae():
    """Its label's share of both first layers is then a constant, which the VAE's bias takes."""
    ours = model_with(classes=1)
    theirs = build("vae", "mlp", SHAPE, model_knobs={"latent_dim": 4})
    with torch.no_grad():
        for name in ("encoder", "decoder"):
            mine, other = getattr(ours, name), getattr(theirs, name)
            first = next(i for i, layer in enumerate(mine) if hasattr(layer, "weight"))
            constant = ours.as_picture.weight.flatten() if name == "encoder" else ours.as_code[0]
            kept = other[first].weight.shape[1]
            other[first].weight.copy_(mine[first].weight[:, :kept])
            other[first].bias.copy_(mine[first].bias + mine[first].weight[:, kept:] @ constant)
            for left, right in list(zip(mine, other, strict=True))[first + 1 :]:
                right.load_state_dict(left.state_dict())
    x = noise_images(SHAPE, 7)
    torch.manual_seed(0)
    found = ours.loss(x, x)
    torch.manual_seed(0)
    for name, value in theirs.loss(x, x).items():
        torch.testing.assert_close(found[name], value, rtol=1e-5, atol=1e-5)


def test_too_many_classes_are_told_in_a_sentence():
    with pytest.raises(InputError, match=r"^The data have 10 classes and the model has room for 7"):
        session_of("conditional_vae", "mlp", open_small("digits"), model_knobs={"classes": 7})
    session_of("conditional_vae", "mlp", open_small("digits"), model_knobs={"classes": 12})


@pytest.mark.parametrize("dataset", datasets)
def test_every_data_set_finds_room_for_its_classes(dataset):
    spec = RunSpec.from_flat({"dataset": dataset, "variant": "conditional_vae"})
    assert spec.model.classes == len(spec.make_source().classes)


def test_the_prior_has_every_label():
    codes = model_with().sample_prior(3000, torch.Generator().manual_seed(0))
    assert codes.shape == (3000, 7)
    shares = codes[:, 4:].mean(0)
    assert set(codes[:, 4:].unique().tolist()) == {0.0, 1.0}
    torch.testing.assert_close(shares, torch.full((3,), 1 / 3), rtol=0, atol=0.04)
    assert codes[:, :4].std() == pytest.approx(1, abs=0.03)
