"""Calibration: against logits whose true probabilities are known."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from conftest import header_of, small_network
from PIL import Image

from detector import model, necks
from detector.calibrate import CONVICTING, ENOUGH, LEAST, STANDS_OUT, TAIL, compare, deaf, fit, fitted, hear, level
from detector.classifier import load
from detector.cli import main
from detector.degrade import SENT, OneWay, Sent
from detector.model import Architecture, Header, Network
from detector.verdict import LEAST_LEVEL, limits


def made(n, scale, shift, prevalence=0.5, seed=0):
    """Logits and targets of pictures for which sigmoid(scale · logit + shift) is the truth at equal frequency."""
    rng = np.random.default_rng(seed)
    true = rng.normal(0, 2.5, 8 * n)
    target = rng.random(8 * n) < 1 / (1 + np.exp(-true))
    kept = np.concatenate(
        [
            rng.permutation(np.flatnonzero(target))[: round(n * prevalence)],
            rng.permutation(np.flatnonzero(~target))[: n - round(n * prevalence)],
        ]
    )
    return (true[kept] - shift) / scale, target[kept].astype(int)


@pytest.mark.parametrize("prevalence", [0.5, 0.2])
def test_fit_finds_the_truth_whatever_the_mix(prevalence):
    # With a = b the beta map is sigmoid(a · logit + c), which is how these were made.
    calibration = fit(*made(6000, 1.7, 0.6, prevalence), "made")
    for logit in (-2.0, -0.5, 0.0, 1.0, 2.0):
        truth = 1 / (1 + np.exp(-(1.7 * logit + 0.6)))
        assert calibration.probability(logit) == pytest.approx(truth, abs=0.03)
    assert len(calibration.fake) == round(6000 * prevalence) and list(calibration.real) == sorted(calibration.real)


def test_the_order_stays_where_the_best_fit_would_turn_it():
    """A few fakes look perfectly real: the unbound fit would call the lowest logits fake."""
    rng = np.random.default_rng(2)
    real, fake = rng.normal(0, 0.3, 300), np.concatenate([rng.normal(1.5, 0.3, 240), rng.normal(-4, 0.1, 60)])
    calibration = fit(np.concatenate([real, fake]), np.repeat([0, 1], 300), "made")
    assert (calibration.a, calibration.b > 0) == (0.0, True)
    assert (np.diff(calibration.probability(np.linspace(-8, 8, 50))) >= 0).all()


def test_compare_is_on_held_out_pictures():
    logits, target = made(3000, 0.4, 1.0)
    by_name = {way.name: way for way in compare(logits, target)}
    assert max(by_name["Platt"].ece, by_name["beta"].ece) < 0.03 < by_name["none"].ece
    assert by_name["Platt"].log_loss < by_name["temperature"].log_loss < by_name["none"].log_loss
    # Noise can't be calibrated: in its own sample isotonic would look better than chance.
    noise = np.random.default_rng(1).normal(size=400)
    assert {way.name: way for way in compare(noise, np.arange(400) % 2)}["isotonic"].log_loss > 0.69


def test_artifacts_stand_out_in_as_few_real_pictures_each():
    network = small_network(labels=("fake", "hair", "lighting"))
    before = network.head.bias.detach().clone()
    rng = np.random.default_rng(0)
    real = rng.normal((-1, -4, 2), (1, 0.5, 2), (1000, 3))
    moved = level(network, ("fake", "hair", "lighting"), real)
    shift = (network.head.bias - before).detach().numpy()
    assert shift[0] == 0 and moved == pytest.approx({"hair": shift[1], "lighting": shift[2]}, abs=1e-5)
    assert ((real + shift)[:, 1:] >= 0).mean(0) == pytest.approx(STANDS_OUT, abs=0.001)
    assert level(network, ("fake", "hair", "lighting"), real[: LEAST_LEVEL - 1]) == {}


def test_fitted_does_both_or_nothing():
    network = small_network()
    header, before = header_of(network), network.head.bias.detach().clone()
    values, target = made(900, 1.3, -0.2)
    both = np.stack([values, values - 3], 1)
    faces = [np.stack([of, of - 1]) for of in both]  # the second one less suspicious
    with pytest.raises(ValueError, match="train the checkpoint first"):
        fitted(network, header, [-of for of in faces], target, "made")
    assert (network.head.bias == before).all()
    expected = replace(header, calibration=fit(values, target, "made"))
    found, logits = fitted(network, header, faces, target, "made")
    assert found == expected and np.array_equal(logits, values)
    reached = both[target == 0, 1] + (network.head.bias - before)[1].item() >= 0
    assert reached.mean() == pytest.approx(STANDS_OUT, abs=0.003)


LABELS = ("fake", "hair", "lighting")


def with_probe():
    network = Network(Architecture("test_efficientnet", {}, "lse", 24, 8, probe=True), LABELS).eval()
    process = model.default_preprocessing(network, 64)
    return network, Header(Architecture("test_efficientnet", {}, "lse", 24, 8, probe=True), process, LABELS)


def thinning(scales, count=20000, seed=0):
    """Logits of real pictures that thin out exponentially: P(logit > x) = e^(-x / scale)."""
    return np.random.default_rng(seed).exponential(scales, (count, len(scales)))


def test_an_artifact_is_enough_where_hardly_a_real_picture_gets():
    network, _ = with_probe()
    hear(network, LABELS, [thinning((1, 0.5, 2)), thinning((2, 0.25, 1), seed=1)])
    rare = np.log(1 / ENOUGH)  # in units of the scale; the louder of the two ways counts
    assert network.probe.height.item() == pytest.approx(2 * rare, rel=0.05)
    assert network.probe.levels[1].item() == pytest.approx(0.5 * rare, rel=0.05)
    assert network.probe.levels[2].item() == necks.UNHEARD
    assert "lighting" not in CONVICTING  # hard shadows are honest
    assert ENOUGH < TAIL
    before = network.probe.levels.clone()
    hear(network, LABELS, [thinning((1, 1, 1)), thinning((1, 1, 1), LEAST_LEVEL - 1)])
    assert (network.probe.levels == before).all()
    with pytest.raises(OSError), deaf(network):
        assert (network.probe.levels == necks.UNHEARD).all()
        raise OSError
    assert (network.probe.levels == before).all()


def test_what_is_heard_is_what_is_fitted_and_moves_with_the_level():
    network, header = with_probe()
    values, target = made(900, 1.3, -0.2)
    hair = np.where(np.arange(900) % 9 == 0, 30.0, np.random.default_rng(0).exponential(1, 900))  # in some of both
    hair[target == 0] = np.random.default_rng(1).exponential(0.5, (target == 0).sum())
    seen = [np.array([row]) for row in np.stack([values, hair, values], 1)]
    real = [of for of, kind in zip(seen, target, strict=True) if not kind]
    header, logits = fitted(network, header, seen, target, "made", [real, real[:500] * 2])
    forged = (target == 1) & (hair == 30)
    assert (logits[forged] > values[forged] + 10).all() and header.calibration.fake[-1] > 20
    quiet = (target == 1) & (hair < 2)
    assert logits[quiet] == pytest.approx(values[quiet], abs=0.1)
    # The bias moved hair's logits, and the level with them: the network itself says of the moved ones the same.
    moved = np.stack([values, hair + network.head.bias[1].item(), values + network.head.bias[2].item()], 1)
    assert abs(network.head.bias[1].item()) > 0.5
    again = network.probe.heard(torch.from_numpy(moved).float())[:, 0].numpy()
    assert again == pytest.approx(logits, abs=1e-3)
    levels, height = network.probe.levels.clone(), network.probe.height.clone()
    with pytest.raises(ValueError, match="train the checkpoint first"):
        fitted(network, header, [-of for of in seen], target, "made", [[-of for of in real]])
    assert (network.probe.levels == levels).all() and network.probe.height == height and levels[1] < necks.UNHEARD


def test_few_pictures_or_pictures_as_they_are_change_no_level():
    """Who calibrates on some pictures of their own keeps what was found on many, in every way of delivery."""
    network, header = with_probe()
    hear(network, LABELS, [thinning((1, 1, 1))])
    values, target = made(2 * LEAST_LEVEL + 100, 1.3, -0.2)
    hair = np.random.default_rng(1).exponential(0.5, len(values))
    hair[np.flatnonzero(target)[:9]] = 30.0
    seen = [np.array([row]) for row in np.stack([values, hair, values], 1)]
    few = np.flatnonzero(target == 0)[LEAST_LEVEL - 1 :]
    kept = [index for index in range(len(values)) if index not in few]
    before = {name: value.clone() for name, value in network.state_dict().items()}
    for known in (False, True):
        old = replace(header, calibration=replace(fit(values, target, "many"), levelled=known, real=(0.0,)))
        found, logits = fitted(network, old, [seen[index] for index in kept], target[kept], "few")
        assert all((value == before[name]).all() for name, value in network.state_dict().items())
        assert found.calibration.levels is known and found.calibration.data == "few"
    assert logits[[hair[index] == 30 for index in kept]].min() > 15
    found, _ = fitted(network, old, seen, target, "enough, as they are")
    moved = network.head.bias - before["head.bias"]
    assert moved[1].abs() > 0.1 and network.probe.levels[1] == before["probe.levels"][1] + moved[1]
    assert network.probe.height == before["probe.height"] and found.calibration.levels


def test_too_few_or_the_wrong_way_round():
    logits, target = made(200, 1.0, 0.0)
    with pytest.raises(ValueError, match=f"give {LEAST} of each"):
        fit(logits[target == 1], target[target == 1], "made")
    with pytest.raises(ValueError, match="train the checkpoint first"):
        fit(-logits, target, "made")


def test_calibration_travels_in_the_checkpoint(tmp_path):
    network = small_network()
    calibration = fit(*made(200, 1.3, -0.2), "made, split val")
    path = tmp_path / "a.safetensors"
    model.save(path, network, replace(header_of(network), calibration=calibration))
    _, header = model.read(path)
    assert header.calibration == calibration and limits(header.calibration) == limits(calibration)
    others = replace(calibration, levelled=True)
    assert others.levels and others.sha256 != calibration.sha256
    other = tmp_path / "b.safetensors"
    model.save(other, network, replace(header_of(network), calibration=others))
    assert model.read(other)[1].calibration == others


def test_command(tmp_path, tiny_checkpoint, collins, capsys):
    rng, tiny = np.random.default_rng(0), load(tiny_checkpoint, "cpu")
    rows = ["img_name,target"]
    portrait = Image.open(collins).resize((96, 96))
    for number in range(2 * LEAST + 4):
        pixels = np.asarray(portrait).astype(int) + rng.integers(-60, 60, (96, 96, 3)) * (number % 3)
        Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(tmp_path / f"{number}.png")
    names = [f"{number}.png" for number in range(2 * LEAST + 4)]
    seen = [np.asarray(Image.open(tmp_path / name)) for name in names]
    order = np.argsort(tiny.run(tiny.prepare(seen)).logits[:, 0])
    # Labels that follow the score, with some on the wrong side.
    rows += [f"{names[i]},{int((place + 7 * (place % 5 == 0)) > LEAST + 2)}" for place, i in enumerate(order)]
    (tmp_path / "labels.csv").write_text("\n".join(rows) + "\n")
    out = tmp_path / "out.safetensors"
    call = ["calibrate", "--labels", tmp_path / "labels.csv", "--checkpoint", tiny_checkpoint, "--out", out]
    assert main([*map(str, call), "--device", "cpu"]) == 0
    said = capsys.readouterr().out
    assert "beta:" in said and f"kept as they were, for fewer than {LEAST_LEVEL}" in said
    header = model.read(out)[1]
    assert header.calibration.pictures == f"{2 * LEAST + 4} pictures of labels.csv"
    assert header.sha256 == tiny.header.sha256
    assert main(list(map(str, call))) == 2 and "give another --out" in capsys.readouterr().err
    call[-1] = tmp_path / "sent.safetensors"
    assert main([*map(str, call), "--sent", "--device", "cpu"]) == 0
    sent = model.read(call[-1])[1].calibration
    assert sent.data == "labels.csv" and sent.damaged and sent.pictures.endswith("damaged on the way")
    assert sorted(sent.real + sent.fake) != sorted(header.calibration.real + header.calibration.fake)


def test_pictures_as_they_are_sent(tmp_path, tiny, collins):
    """Each in one way of all, always the same one; one in so many as it is."""
    rng, same, shapes, ways = np.random.default_rng(0), 0, set(), [OneWay(tiny, way) for way in SENT]
    portrait = np.asarray(Image.open(collins).resize((96, 96))).astype(int)
    for number in range(40):
        path = tmp_path / f"{number}.png"
        Image.fromarray((portrait + rng.integers(-9, 9)).clip(0, 255).astype(np.uint8)).save(path)
        first, again = Sent(tiny).prepare(path), Sent(tiny).prepare(path)
        assert np.array_equal(first.picture.pixels, again.picture.pixels)
        shapes.add(first.picture.pixels.shape[:2])
        same += np.array_equal(first.picture.pixels, tiny.prepare(path).picture.pixels)
        assert any(np.array_equal(first.picture.pixels, way.prepare(path).picture.pixels) for way in ways)
    assert 1 <= same <= 16  # of nine ways one, so 4.4 are to be expected
    assert {(96, 96), (48, 48)} < shapes
    assert Sent(tiny).judge([first])[0].probability == tiny.judge([first])[0].probability
