"""Pictures of one's own: what is learned from them, what stays, and that nobody is fooled about it."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from PIL import Image
from test_probe import probed

from detector import adapt, model, shortcut
from detector.adapt import FOLDS, MORE
from detector.analyse import Analyser
from detector.calibrate import LEAST, deaf
from detector.cli import main
from detector.data import read_labels
from detector.evaluate import logits
from detector.necks import UNHEARD
from detector.verdict import limits


def portraits(folder, paths, count, target, soft=False):
    """`count` crops and shades of the portraits, stored as PNG; lines of a label list. `soft`: the fakes are."""
    rng, lines = np.random.default_rng(target), []
    for number in range(count):
        picture = np.asarray(Image.open(paths[number % len(paths)]).convert("RGB").resize((200, 200))).astype(float)
        left, top = rng.integers(0, 12, 2)
        picture = picture[top : top + 188, left : left + 188] * rng.uniform(0.85, 1.1)
        if soft and target:
            picture = cv2.GaussianBlur(picture, (0, 0), 1.2)
        Image.fromarray(picture.clip(0, 255).astype(np.uint8)).save(folder / f"{target}_{number}.png")
        lines.append(f"{target}_{number}.png,{target}")
    return lines


def listed(folder, lines):
    (folder / "own.csv").write_text("img_name,target\n" + "\n".join(lines) + "\n")
    return str(folder / "own.csv")


@pytest.fixture(scope="module")
def own(tmp_path_factory, collins, hopper):
    """A list of real portraits, and of slightly blurred ones as fakes, which the network takes for the more real."""
    folder = tmp_path_factory.mktemp("own")
    lines = [line for target in (0, 1) for line in portraits(folder, (collins, hopper), LEAST + 2, target, True)]
    return listed(folder, lines)


def test_command(own, tmp_path, capsys):
    out = tmp_path / "own.safetensors"
    call = ["adapt", "--labels", own, "--out", str(out), "--device", "cpu"]
    assert main(call) == 0
    said = capsys.readouterr().out
    before, after = (float(word) for word in said.split("AUC on them: ")[1].split()[:3:2])
    assert before < 0.5 and after > 0.9 and f"{LEAST + 2} real and {LEAST + 2} fake pictures, 0 unreadable" in said
    assert "warning" not in said  # the files are all alike
    shipped, old = model.read(model.EMBEDDED)
    network, header = model.read(out)
    assert header.training["adapted"] == {"pictures": 2 * LEAST + 4, "name": "own.csv", "alone": False, "seed": 0}
    assert header.calibration.data == f"{old.calibration.data}, own.csv" and header.calibration.damaged
    assert len(header.calibration.real) == len(old.calibration.real) + LEAST + 2 and header.calibration.levels
    # What follows from a thousand photos of other sources is not given up for two dozen of this one.
    assert limits(header.calibration).upper > limits(old.calibration).upper - 0.5
    # Maps and named artifacts stay to the bit; so do looks, and what no fake has touched.
    changed = {name for name, value in network.state_dict().items() if (value != shipped.state_dict()[name]).any()}
    assert changed and all(name.startswith(("probe.usual.", "probe.shrunk.")) for name in changed)
    assert all(name.endswith(("weight", "bias")) for name in changed)
    reals, fakes = ([e for e in read_labels(own) if e.target == target] for target in (0, 1))
    judge = Analyser(str(out), "cpu")
    score = [np.mean([judge.analyse(e.path, None).probability for e in of]) for of in (reals, fakes)]
    assert score[0] < 0.35 and score[1] > 0.65
    assert main(call) == 2 and "give another --out" in capsys.readouterr().err


def test_the_same_seed_teaches_the_same_and_the_analyser_stays(own):
    analyser, examples = Analyser(None, "cpu"), read_labels(own)
    first, again = (adapt.adapt(analyser, examples, "own", alone=True) for _ in range(2))
    assert first.after == again.after and first.header == again.header
    of = first.header.calibration
    assert (of.data, len(of.real), len(of.fake)) == ("own", LEAST + 2, LEAST + 2)
    assert of.levels  # on many pictures, before
    for name, value in first.network.state_dict().items():
        assert torch.equal(value, again.network.state_dict()[name])
    shipped = model.read(model.EMBEDDED)[0].state_dict()
    assert all(torch.equal(value, shipped[name]) for name, value in analyser.classifier.network.state_dict().items())


def test_labels_that_nothing_shows_are_not_learned(tmp_path, collins, hopper):
    """Judged by what others taught: read-outs could learn so few by heart, and would look good on them."""
    lines = [line for target in (0, 1) for line in portraits(tmp_path, (collins, hopper), LEAST + 4, target)]
    try:
        found = adapt.adapt(Analyser(None, "cpu"), read_labels(listed(tmp_path, lines)), "chance").after
    except ValueError as error:  # by chance the real ones even score higher
        found = 0.5 if "real pictures get higher scores" in str(error) else 1.0
    assert found < 0.75


def test_what_is_calibrated_on_is_what_the_network_says(tmp_path, collins, hopper):
    """A picture's logit moves by just what the read-outs now say of it, whichever pair is believed, over any floor."""
    network, header = probed()
    network.probe.floor.fill_(-0.5)
    path = tmp_path / "tiny.safetensors"
    model.save(path, network, header)
    lines = []
    for number, side in enumerate((64, 150, 42, 30)):  # crops of as much detail as the input shows, and of less
        pixels = cv2.resize(np.asarray(Image.open((collins, hopper)[number % 2])), (side, side))
        Image.fromarray(pixels).save(tmp_path / f"{number}.png")
        lines.append(f"{number}.png,{number % 2}")
    analyser, examples = Analyser(str(path), "cpu"), read_labels(listed(tmp_path, lines))
    seen = adapt.read(analyser, examples, 0, [])
    assert seen.head.shape == (4, 1 + 2 * MORE) and seen.shrunk.max() > 0 and seen.shrunk.min() == 0
    taught = adapt.taught(analyser.classifier.network, seen, 0)
    with torch.no_grad():  # so few pictures hardly change a thing
        for pair in (taught.probe.usual, taught.probe.shrunk):
            pair.trained.out.weight *= 2
    moved = adapt.said(taught, seen) - adapt.said(network, seen)
    model.save(tmp_path / "taught.safetensors", taught, header)
    says = []
    for one in (analyser, Analyser(str(tmp_path / "taught.safetensors"), "cpu")):
        with deaf(one.classifier.network):
            says.append(np.array([faces[0, 0] for faces in logits(one, examples)[0]]))
    assert np.abs(moved).max() > 0.05
    assert says[1] - says[0] == pytest.approx(moved, abs=1e-3)


def test_what_can_not_teach_is_refused(own, tmp_path, tiny, collins):
    analyser, examples = Analyser(None, "cpu"), read_labels(own)
    assert analyser.classifier.network.probe.levels.min() < UNHEARD
    with pytest.raises(ValueError, match=f"give {LEAST} of each"):
        adapt.adapt(analyser, examples[: LEAST + 3], "few")
    with pytest.raises(ValueError, match=f"of 1 groups; give {FOLDS} of each"):
        adapt.adapt(analyser, [replace(e, group=str(e.target)) for e in examples], "two")
    assert analyser.classifier.network.probe.levels.min() < UNHEARD  # heard again, whatever happened
    with pytest.raises(ValueError, match="has no probe to teach"):
        adapt.adapt(tiny, examples, "tiny")


def test_file_facts_that_tell_are_warned_of_and_what_can_not_be_read_is_counted(own, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(shortcut, "cross_validated_auc", lambda facts, target, groups: 0.97)
    (Path(own).parent / "broken.png").write_bytes(b"no picture")
    with_broken = Path(own).with_name("broken.csv")
    with_broken.write_text(Path(own).read_text() + "broken.png,0\n")
    assert main(["adapt", "--labels", str(with_broken), "--out", str(tmp_path / "a"), "--device", "cpu"]) == 1
    said = capsys.readouterr().out
    assert "1 unreadable" in said and "may have learned the files, not the faces" in said
