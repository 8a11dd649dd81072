"""Parametric UMAP: its cross-entropy, whom it compares, and its map beside umap-learn's."""

import pytest
import torch
from sklearn.manifold import trustworthiness
from sklearn.neighbors import KNeighborsClassifier

from aecore.models.moment import Moment
from aecore.models.parametric_umap import cross_entropy
from aecore.projections.fuzzy_graph import curve
from tests.kit import build, noise_images, open_small, play, same, session_of, weights_of

UMAP = {"train": 0.9852, "test": 0.9526, "trustworthiness": 0.9863}
"""umap-learn 0.5.12 on digits, as `figures` measures it: `UMAP(random_state=0)` fitted on the
pixels of the training split in [0, 1], `transform` of the test split; 21 November 2026."""


def parametric(**knobs):
    return build("parametric_umap", "mlp", (1, 8, 8), model_knobs={"latent_dim": 2, **knobs})


def test_the_cross_entropy_has_one_neighbour_and_five_strangers():
    heads, tails = torch.zeros(40, 2), torch.zeros(40, 2)
    tails[:, 0] = 3.0
    a, b = curve(0.1)
    q = torch.tensor(1 / (1 + a * 3.0 ** (2 * b)))
    near, far = cross_entropy(heads, tails, a, b)
    torch.testing.assert_close(near, -q.log())
    torch.testing.assert_close(far, -5 * (1 - q).log())


def test_strangers_are_the_ends_of_all_other_edges():
    heads, tails = noise_images((1, 1, 2), 7).view(7, 2), noise_images((1, 1, 2), 7, 1).view(7, 2)
    squared = [(heads[i] - tails[j]).square().sum() for i in range(7) for j in range(7) if i != j]
    far = torch.stack([torch.log1p(1 / (1.5 * each**0.9)) for each in squared]).mean()
    torch.testing.assert_close(cross_entropy(heads, tails, 1.5, 0.9)[1], 5 * far)


def test_neighbours_attract_and_strangers_push():
    """Each pair sits apart from the others by one step of a line."""
    line = torch.arange(30.0)[:, None]
    near, far = cross_entropy(line, line, 1.5, 0.9)
    assert near < 0.01
    assert near < cross_entropy(line, line + 0.5, 1.5, 0.9)[0]
    assert far < cross_entropy(0.1 * line, 0.1 * line, 1.5, 0.9)[1]


def test_codes_in_one_place_have_finite_gradients():
    codes = torch.zeros(30, 2, requires_grad=True)
    sum(cross_entropy(codes, codes + 0, 1.5, 0.9)).backward()
    assert codes.grad.isfinite().all()


def test_strangers_come_to_count_in_full_by_half_of_the_steps():
    model, x = parametric(), noise_images((1, 8, 8), 40)

    def term(progress):
        model.moment = Moment(progress)
        torch.manual_seed(0)
        return model.loss(x, x)["umap"].item()

    near, quarter, half, end = map(term, (0.0, 0.25, 0.5, 1.0))
    assert quarter - near == pytest.approx((half - near) / 2, rel=1e-4)
    assert half == end > 1.5 * near


def gradients_of_redrawing(redrawing):
    model, x = parametric(redrawing=redrawing), noise_images((1, 8, 8), 6)
    term = model.loss(x, x)["reconstruction"]
    halves = [list(model.encoder.parameters()), list(model.decoder.parameters())]
    return [torch.autograd.grad(term, half, retain_graph=True, allow_unused=True)
            for half in halves]  # fmt: skip


def test_redrawing_changes_codes_only_as_far_as_it_is_asked_to():
    none, decoder = gradients_of_redrawing(0.0)
    one, again = gradients_of_redrawing(1.0)
    twice, _ = gradients_of_redrawing(2.0)
    assert all(not gradient.any() for gradient in none)
    assert all(gradient.any() for gradient in decoder)
    assert same(decoder, again)
    for single, double in zip(one, twice, strict=True):
        torch.testing.assert_close(2 * single, double)


def test_training_draws_from_all_training_images_and_validation_from_the_batch():
    data = open_small("digits", train_limit=320)
    model = session_of("parametric_umap", "mlp", data).model
    x = data.part("validation", 50) / 255
    seen = []
    encode = model.encode
    model.encode = lambda images: (seen.append(images), encode(images))[1]
    model.train().loss(x, x)
    batch, drawn = seen
    assert torch.equal(batch, x)
    pool = {image.numpy().tobytes() for image in data.part("train")}
    drawn = [image.tobytes() for image in (drawn * 255).round().byte().numpy()]
    assert pool.issuperset(drawn)
    assert len(set(drawn)) > 100
    seen.clear()
    model.eval().loss(x, x)
    assert len(seen) == 1


def test_the_graph_is_the_same_again_and_random_numbers_are_left_alone():
    data = open_small("digits", train_limit=320)
    torch.manual_seed(3)
    before = torch.get_rng_state()
    made, again = (session_of("parametric_umap", "mlp", data, seed=2) for _ in range(2))
    assert torch.equal(before, torch.get_rng_state())
    assert same(made.model.graph, again.model.graph)
    assert same(weights_of(made.model), weights_of(build(
        "parametric_umap", "mlp", data.shape, seed=2, mean=data.mean)))  # fmt: skip


@pytest.mark.parametrize("count", [1, 2, 3])
def test_few_images_have_a_loss(count):
    model, x = parametric().eval(), noise_images((1, 8, 8), count)
    assert all(term.isfinite() for term in model.loss(x, x).values())


def figures(data, train, test):
    """5-NN accuracy of half of the training codes by the other half, that of the test codes by all
    training codes, and how many neighbours of a training code are its neighbours in pixels."""
    labels, halves = data.part_labels("train"), (slice(0, None, 2), slice(1, None, 2))
    seen, unseen = ((train[half], labels[half]) for half in halves)
    pixels = data.part("train").flatten(1)
    return {
        "train": KNeighborsClassifier(5).fit(*seen).score(*unseen),
        "test": KNeighborsClassifier(5).fit(train, labels).score(test, data.part_labels("test")),
        "trustworthiness": trustworthiness(pixels, train, n_neighbors=15),
    }


def test_the_map_of_the_training_images_is_within_two_points_of_umap_learns():
    """Test images are not: 3 points of accuracy are missing with these settings, hence the wider
    bound; it only guards against getting worse."""
    data = open_small("digits")
    session = session_of(
        "parametric_umap",
        "mlp",
        data,
        epochs=150,
        learning_rate=1e-2,
        model_knobs={"latent_dim": 2},
    )
    play(session)
    with torch.no_grad():
        encode = session.model.eval().encode
        found = figures(data, *(encode(data.part(part) / 255) for part in ("train", "test")))
    assert found["train"] > UMAP["train"] - 0.02
    assert found["trustworthiness"] > UMAP["trustworthiness"] - 0.02
    assert found["test"] > UMAP["test"] - 0.06
