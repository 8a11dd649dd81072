"""A few hundred files that chance has damaged; `python -m tests.fuzz_uploads` feeds thousands."""

from fuzz_uploads import case, fuzz, good_files

from aecore.intake import intakes
from aecore.paths import home


def test_damaged_files_lead_to_nothing_but_refusals():
    done = fuzz(300, seed=1)
    assert done["wrong"] == []
    taken = [done["ended"].get(f"{name} took it", 0) for name in ("images", "arrays")]
    assert min(taken) > 5  # some damage does not matter, so both sides are tried
    refused = [done["ended"][f"{name} refused it"] for name in intakes]
    assert min(refused) > 50
    assert done["grown_mb"] < 50
    assert not home().exists() or list(home().rglob("*.safetensors")) == []


def test_the_same_seed_makes_the_same_files():
    good = good_files()
    assert [case(n, 3, good) for n in range(9)] == [case(n, 3, good) for n in range(9)]
    assert case(0, 3, good) != case(0, 4, good)
