"""Curves worked out by hand on a classifier that looks for white squares; the randomisation; the whole measurement."""

import json

import numpy as np
import pytest
import torch
from conftest import header_of, small_network
from PIL import Image
from test_causal import BEFORE, COLD, maps_of, picture, white_finder

from detector import faithfulness, plots
from detector.classifier import Classifier
from detector.cli import main
from detector.data import Example
from detector.explain import evidence
from detector.faithfulness import CURVES, FORGED, STEPS, area, curves, measure, table
from detector.model import Architecture, Network
from detector.randomise import STAGES, randomised, rank_correlation

pytestmark = pytest.mark.usefixtures("one_thread")

SEEN, GONE = 1 / (1 + np.exp(-BEFORE)), 1 / (1 + np.exp(-COLD))  # probability with the white place, and without


# --- curves


def test_area_by_hand():
    assert area(np.array([1.0, 0.5, 0.0])) == pytest.approx(0.5)
    assert area(np.array([[1.0, 0.0, 0.0], [0.2, 0.2, 0.2]])) == pytest.approx([0.25, 0.2])


def test_curves_by_hand():
    classifier, pixels = white_finder(), picture((6, 5))
    found = dict(zip(CURVES, curves(classifier, pixels, maps_of(classifier, pixels)[0], np.random.default_rng(0)),
                     strict=True))  # fmt: skip
    # 64 places, eight a step: the white one is the first to go and the first to come back.
    assert found["deletion"] == pytest.approx([SEEN] + [GONE] * STEPS, abs=1e-5)
    assert found["insertion"] == pytest.approx([GONE] + [SEEN] * STEPS, abs=1e-5)
    # Moved, the map calls another place hottest and the rest equally cold, so places go in reading order: the white
    # one is the 54th of 64 or a neighbour of that, within the seventh step.
    assert found["deletion_moved"] == pytest.approx([SEEN] * 7 + [GONE] * 2, abs=1e-5)
    assert found["insertion_moved"] == pytest.approx([GONE] * 7 + [SEEN] * 2, abs=1e-5)


def test_a_map_turned_round_does_worst():
    classifier, pixels = white_finder(), picture((6, 5))
    values = -maps_of(classifier, pixels)[0]
    found = dict(zip(CURVES, curves(classifier, pixels, values, np.random.default_rng(0)), strict=True))
    assert found["deletion"] == pytest.approx([SEEN] * STEPS + [GONE], abs=1e-5)  # the white place goes last


# --- randomised weights


def state(network):
    return {name: value.clone() for name, value in network.state_dict().items()}


def changed(before, after):
    return {name.split(".")[0] for name, value in before.items() if not torch.equal(value, after[name])}


def test_each_stage_randomises_its_part_of_a_copy():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = Network(Architecture("test_resnet", neck=8, stride=16), ("fake", "face_edge"))
        torch.nn.init.normal_(network.head.weight)
    classifier = Classifier(network, header_of(network))
    before = state(network)
    parts = {stage: changed(before, randomised(classifier, stage).network.state_dict()) for stage in STAGES}
    assert parts == {"heads": {"head"}, "neck": {"head", "neck"}, "everything": {"head", "neck", "backbone"}}
    assert not changed(before, network.state_dict())


def test_the_noise_has_each_tensors_size_and_repeats():
    classifier = Classifier(network := small_network(output_stride=16), header_of(network))
    other = randomised(classifier, "everything", seed=3)
    assert not changed(state(other.network), randomised(classifier, "everything", seed=3).network.state_dict())
    assert changed(state(other.network), randomised(classifier, "everything", seed=4).network.state_dict())
    for own, noise in zip(network.parameters(), other.network.parameters(), strict=True):
        if own.numel() > 1000:
            assert float(noise.norm()) == pytest.approx(float(own.norm()), rel=0.1)
            assert abs(np.corrcoef(own.flatten(), noise.flatten())[0, 1]) < 0.2


def test_rank_correlation_by_hand():
    values = np.array([[1.0, 2.0], [3.0, 9.0]])
    assert rank_correlation(values, values**3) == pytest.approx(1)  # only the order counts
    assert rank_correlation(values, -values) == pytest.approx(-1)
    # ranks 1 2 3 4 against 2 1 3 4: 1 - 6 (1 + 1) / (4 (16 - 1))
    assert rank_correlation(values, np.array([[2.0, 1.0], [3.0, 4.0]])) == pytest.approx(0.8)
    assert rank_correlation(values, np.zeros((2, 2))) == 0


def test_maps_survive_only_untouched_weights():
    classifier = Classifier(network := small_network(output_stride=16), header_of(network))
    pixels = np.random.default_rng(0).integers(0, 256, (4, 64, 64, 3), np.uint8)

    def maps(of):
        return evidence(of, of.run(pixels).features)[:, 0]

    own = maps(classifier)
    assert [rank_correlation(a, b) for a, b in zip(own, maps(classifier), strict=True)] == pytest.approx([1] * 4)
    for stage in STAGES:
        found = [rank_correlation(a, b) for seed in range(6)
                 for a, b in zip(own, maps(randomised(classifier, stage, seed)), strict=True)]  # fmt: skip
        assert abs(np.mean(found)) < 0.4


# --- all together


@pytest.fixture(scope="module")
def examples(forgeries, tmp_path_factory):
    """Two persons and a forgery of each, small, so that it is quick; and a fake that can't be read."""
    folder = tmp_path_factory.mktemp("faithful")
    found = []
    for path, forged in forgeries.items():
        for target, source in enumerate((path, forged)):
            image = Image.open(source).convert("RGB")
            image.thumbnail((200, 200))
            image.save(folder / f"{source.stem}.png")
            name = f"{source.stem}.png"
            found.append(Example(folder / name, name, target, ("", "self")[target], path.stem))
    (folder / "bad.png").write_bytes(b"?")
    return [*found, Example(folder / "bad.png", "bad.png", 1, "broken", "bad")]


def test_measure(tiny, examples, tmp_path):
    before = state(tiny.classifier.network)
    result = measure(tiny, examples, tmp_path / "out", limit=2, progress=False)
    assert not changed(before, tiny.classifier.network.state_dict())
    assert (result.pictures, result.unreadable) == (4, 1)  # two fakes of the list, two forged here
    assert {source: sum(of.values()) for source, of in result.stamps.items()} == {"all": 4, "self": 2, FORGED: 2}
    assert json.loads((tmp_path / "out" / "faithfulness.json").read_text()) == json.loads(json.dumps(result.to_dict()))
    for name, own in (("deletion", -1), ("insertion", 1)):
        curve, moved = result.curves[name], result.curves[f"{name}_moved"]
        assert len(curve) == STEPS + 1 and curve[0] == moved[0] and curve[-1] == moved[-1]
        assert result.areas[name].mean == pytest.approx(area(np.array(curve)))
        gain = own * (result.areas[name].mean - result.areas[f"{name}_moved"].mean)
        assert result.gain[name].mean == pytest.approx(gain)
    low, high = result.gain["deletion"].interval
    assert low <= result.gain["deletion"].mean <= high
    for stage in STAGES:
        assert abs(result.randomised[stage].mean) <= result.randomised_size[stage] < 1
    assert result == measure(tiny, examples, tmp_path / "again", limit=2, progress=False)
    with Image.open(tmp_path / "out" / "faithfulness.png") as figure:
        assert figure.format == "PNG"


def test_measure_needs_a_fake(tiny, examples, tmp_path):
    with pytest.raises(ValueError, match="no fake could be read"):
        measure(tiny, examples[-1:], tmp_path, progress=False)


def test_table_counts_only_maps_that_claim_something():
    stamps = {"supported": 2, "weak": 1, "not supported": 1, "not applicable": 4}
    figure = faithfulness.Figure(0.25, (0.2, 0.3))
    areas = dict.fromkeys(CURVES, figure)
    result = faithfulness.Faithfulness(
        "sha", 0, 8, 0, {"all": stamps, "t2i": stamps}, {}, areas, dict.fromkeys(("deletion", "insertion"), figure),
        dict.fromkeys(STAGES, figure), dict.fromkeys(STAGES, 0.3),
    )  # fmt: skip
    assert "of the 4 maps that claim something: 0.500" in table(result)


def test_the_figure_shows_every_curve(tmp_path):
    drawn = {name: np.linspace(place, 1, 3) for place, name in enumerate(CURVES)}
    figure = plots.faithfulness(drawn, dict.fromkeys(CURVES, 0.125), tmp_path / "f.png")
    lines = [line for axes in figure.axes for line in axes.lines]
    names = ("deletion", "deletion_moved", "insertion", "insertion_moved")
    assert [line.get_ydata().tolist() for line in lines] == [drawn[name].tolist() for name in names]
    assert all(line.get_xdata().tolist() == [0, 50, 100] and "0.125" in line.get_label() for line in lines)


def test_command_line(tiny_checkpoint, examples, tmp_path, capsys):
    labels = tmp_path / "list.csv"
    rows = [f"{e.name},{e.target},{e.source},{e.group}" for e in examples if e.target and e.source == "self"]
    labels.write_text("\n".join(["img_name,target,source,group", *rows]) + "\n")
    command = ["evaluate", "--labels", labels, "--images", examples[0].path.parent, "--faithful", "--limit", 1,
               "--out", tmp_path / "out", "--checkpoint", tiny_checkpoint, "--device", "cpu"]  # fmt: skip
    assert main([*map(str, command)]) == 0
    said = capsys.readouterr().out
    assert said.startswith("1 fakes, 0 unreadable") and "rank correlation" in said
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"faithfulness.json", "faithfulness.png"}
    command[command.index("--limit") + 1] = 0
    assert main([*map(str, command)]) == 2
