"""What snapshots of points hold, and that it leaves and enters an archive."""

import pytest
import torch
from runs_kit import finished

from aecore.datasets import open_data
from aecore.datasets.scaling import in_units
from aecore.runs.archive_tensors import take_snapshots
from aecore.runs.files import pack, unpack
from aecore.runs.inference import load_model
from aecore.samples import to_float
from aecore.training.outline import CURVE, SIDE, outline
from tests.kit import build, open_small
from ui.live import fixed, snapshot
from ui.points import points


def same(points):
    return points


class Reads:
    """A model whose code is the point itself, or its first number, and its decoder the identity."""

    label_size = 0

    def __init__(self, codes):
        self.codes = codes

    def __call__(self, x):
        return x + 1

    def decode(self, z):
        return torch.nn.functional.pad(z, (0, 2 - z.shape[1])).view(-1, 1, 1, 2)


def of_codes(codes):
    sample = torch.zeros(len(codes), 1, 1, 2)
    return outline(Reads(codes), sample, codes, lambda points: 10 * points)


def test_one_number_gives_a_curve_from_its_lowest_to_its_highest():
    found = of_codes(torch.tensor([[3.0], [-1.0], [2.0]]))
    assert found.decoded.shape == (1, CURVE, 2)
    torch.testing.assert_close(found.decoded[0, :, 0], 10 * torch.linspace(-1, 3, CURVE))
    assert torch.equal(found.made, torch.full((3, 1, 1, 2), 10.0))


def test_two_numbers_give_a_net_over_their_box():
    found = of_codes(torch.tensor([[0.0, 5.0], [4.0, 1.0]]))
    assert found.decoded.shape == (SIDE, SIDE, 2)
    torch.testing.assert_close(found.decoded[0, 0], torch.tensor([0.0, 10.0]))
    torch.testing.assert_close(found.decoded[-1, 0], torch.tensor([40.0, 10.0]))
    torch.testing.assert_close(found.decoded[0, -1], torch.tensor([0.0, 50.0]))


def test_codes_on_the_unit_circle_give_the_circle():
    angle = torch.linspace(0, 3, 20)
    found = of_codes(torch.stack([angle.cos(), angle.sin()], 1))
    assert found.decoded.shape == (1, CURVE, 2)
    torch.testing.assert_close(found.decoded[0].norm(dim=1), torch.full((CURVE,), 10.0))


@pytest.mark.parametrize("numbers", [3, 16])
def test_more_numbers_give_no_outline(numbers):
    assert of_codes(torch.randn(9, numbers)).decoded.shape[:2] == (0, 0)


def test_who_is_told_a_label_has_no_outline():
    data = open_small("toy_plane")
    knobs = {"latent_dim": 1, "classes": 2}
    model = build("conditional_vae", "mlp", data.shape, model_knobs=knobs).eval()
    sample = data.part("test", 5)
    with torch.inference_mode():
        codes = model.encode(sample)
    assert outline(model, sample, codes, same).decoded.shape == (0, 0, 2)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AECORE_HOME", str(tmp_path_factory.mktemp("home")))
        yield finished(
            dataset="toy_plane", variant="autoencoder", latent_dim=1, width=16, epochs=2,
            point_count=300,
        )  # fmt: skip


def last_of(run):
    paths = sorted(run.snapshots.glob("step-*.safetensors"))
    return paths[-1], unpack(paths[-1].read_bytes(), "last")


def test_the_last_snapshot_is_what_the_model_makes_of_the_points(run):
    data = open_data(run.spec.dataset, run.spec.source)
    kept = unpack((run.snapshots / "fixed.safetensors").read_bytes(), "fixed")
    sample = data.part("test", 500)
    torch.testing.assert_close(kept["places"], in_units(sample, data.columns))
    rows = data.splits["test"]
    assert torch.equal(kept["along"], data.metadata["angle"][rows])
    _, last = last_of(run)
    with torch.inference_mode():
        made = load_model(run).model(to_float(sample))
    torch.testing.assert_close(last["made"], in_units(made, data.columns), atol=1e-4, rtol=1e-4)
    assert last["decoded"].shape == (1, CURVE, 2)


def test_the_live_view_and_the_page_are_told_the_same(run):
    path, _ = last_of(run)
    assert b'"axes": ["x", "y"], "along": "angle"' in fixed(run)
    assert b'"decoded"' in snapshot(run, int(path.stem.removeprefix("step-")))
    assert b'"axes": ["x", "y"], "along": "angle"' in points(run, {})


def test_an_archive_keeps_them_where_they_fit(run):
    before = {path.name for path in run.snapshots.iterdir()}
    made = finished(dataset="toy_plane", variant="autoencoder", latent_dim=1, epochs=1)
    assert take_snapshots(run, made, run.spec) == []
    assert before <= {path.name for path in made.snapshots.iterdir()}
    path, tensors = last_of(run)
    whole = path.read_bytes()
    wrong = {
        "made": [tensors["made"].double(), tensors["made"][..., :1].clone()],
        "decoded": [tensors["decoded"][0].clone(), tensors["decoded"][..., :1].clone()],
    }
    try:
        for name, others in wrong.items():
            for other in others:
                path.write_bytes(pack({**tensors, name: other}))
                (note,) = take_snapshots(run, made, run.spec)
                assert note.endswith("does not fit the samples of its run.")
    finally:
        path.write_bytes(whole)
