"""What the training loop offers to variants: phases, labels, the training images, norms."""

import pytest
import torch

from aecore.errors import InputError
from aecore.models import Autoencoder
from aecore.models.autoencoder import PlainAutoencoder
from aecore.models.moment import Moment, Phase
from aecore.networks import networks
from aecore.training import Logged, TrainConfig, TrainingSession, capture, restore
from aecore.training.parallel import Parallel
from tests.kit import corruption_for, logged, open_small, play, same, weights_of

HALF = 0.5


class TwoParts(PlainAutoencoder):
    """Trains its decoder alone for half of the steps, then everything; keeps its code small."""

    def prepare(self, images, classes, seed):
        self.seen = (images.shape, classes.shape, seed)

    def phases(self):
        return (Phase("decoder", 0.0), Phase("everything", HALF))

    def enter(self, phase):
        self.entered = [*getattr(self, "entered", []), phase]
        self.encoder.requires_grad_(phase == 1)

    def after_step(self):
        self.encoder[-1].bias.fill_(1.0)

    def loss(self, x, target):
        self.moments = [*getattr(self, "moments", []), self.moment]
        return super().loss(x, target)

    by_hand = Autoencoder.by_hand


class Judged(PlainAutoencoder):
    """Has a helper whose loss says nothing of the autoencoder."""

    aside = frozenset({"helper"})

    def loss(self, x, target):
        terms = super().loss(x, target)
        return {**terms, "helper": 100 + 0 * terms["reconstruction"]}

    by_hand = Autoencoder.by_hand


def session_with(kind, **settings):
    data = open_small("digits", train_limit=320)
    network = networks["mlp"](networks["mlp"].Config(), data.shape)
    torch.manual_seed(0)
    model = kind(kind.Config(), network, data.mean)
    config = TrainConfig(**{"device": "cpu", "epochs": 4, "batch_size": 32, **settings})
    return TrainingSession(model, data, corruption_for("autoencoder"), config)


def test_the_model_sees_the_training_images_once_before_the_first_step():
    session = session_with(TwoParts, seed=3)
    count = len(session.batches.images)
    assert session.model.seen == ((count, 1, 8, 8), (count,), 3)


def test_each_phase_trains_what_it_should_and_begins_with_a_fresh_optimiser():
    session = session_with(TwoParts)
    frozen = [p.detach().clone() for p in session.model.encoder.parameters()]
    decoder = weights_of(session.model.decoder)
    half = session.total_steps // 2
    play(session, until=half)
    first = session.learner.optimizer
    assert same(frozen[:-1], list(session.model.encoder.parameters())[:-1])
    assert not same(decoder, weights_of(session.model.decoder))
    play(session)
    assert session.model.entered == [0, 1]
    assert session.learner.optimizer is not first
    assert not same(frozen[:-1], list(session.model.encoder.parameters())[:-1])


def test_losses_of_two_phases_are_never_averaged_together():
    session = session_with(TwoParts, epochs=10)
    session._log_every = 10_000
    steps = [row.step for row in logged(play(session)) if row.split == "train"]
    assert session.total_steps // 2 in steps


@pytest.mark.parametrize("stop", [7, 20, 21], ids=["before", "at the boundary", "after"])
def test_a_run_in_phases_goes_on_bit_by_bit(stop):
    whole = session_with(TwoParts)
    assert whole.total_steps == 40
    play(whole)
    first = session_with(TwoParts)
    play(first, until=stop)
    again = session_with(TwoParts)
    restore(again, capture(first))
    play(again)
    assert same(weights_of(whole.model), weights_of(again.model))


def test_weights_are_put_right_after_each_step():
    session = session_with(TwoParts)
    play(session, until=3)
    assert torch.equal(session.model.encoder[-1].bias, torch.ones(16))


def test_the_loss_knows_the_labels_of_its_batch_and_how_far_training_is():
    session = session_with(TwoParts)
    play(session, until=5)
    data, moments = session.batches.images, session.model.moments
    assert [m.progress for m in moments[:5]] == [step / session.total_steps for step in range(5)]
    for moment in moments[:5]:
        assert torch.equal(moment.labels, session.classes[moment.rows])
        assert len(moment.rows) == 32
    assert len({int(row) for m in moments[:5] for row in m.rows}) == 5 * 32 <= len(data)


def test_validation_knows_its_labels_and_measures_the_end_of_training():
    session = session_with(TwoParts)
    session.validation.terms(session.model)
    moments = session.model.moments
    assert {m.progress for m in moments} == {1.0}
    labels = torch.cat([m.labels for m in moments])
    assert torch.equal(labels, session.validation.classes)


def test_images_of_unknown_origin_have_no_labels():
    assert Moment().labels is None
    moment = Moment(0.5, torch.tensor([7, 8, 9]), torch.tensor([2, 0, 1]))
    assert moment.labels.tolist() == [9, 7, 8]
    assert moment.part(slice(1, 3)).labels.tolist() == [7, 8]


def test_what_trains_a_helper_is_told_and_not_judged():
    session = session_with(Judged, epochs=1)
    events = play(session)
    (told,) = [e for e in events if isinstance(e, Logged) and e.split == "validation"]
    assert told.terms["helper"] == 100
    assert session.position.best == pytest.approx(told.terms["reconstruction"])


def test_what_needs_the_whole_batch_is_not_split():
    class Whole(PlainAutoencoder):
        whole_batch = True

    data = open_small("digits", train_limit=320)
    network = networks["mlp"](networks["mlp"].Config(), data.shape)
    model = Whole(Whole.Config(), network, data.mean)
    with pytest.raises(InputError, match="cannot be split over 2 processes"):
        TrainingSession(
            model, data, corruption_for("autoencoder"), TrainConfig(), parallel=Parallel(0, 2)
        )
