"""The linear probe: its arithmetic by hand, what it learns, and how it travels."""

import csv

import numpy as np
import pytest
import torch
from conftest import small_network
from PIL import Image
from safetensors.torch import save_file

from detector import model, necks, probe, probe_training
from detector.explain import evidence
from detector.model import Architecture, Classifier, Header, Network
from detector.randomise import randomised

NAME = "test_efficientnet"
LABELS = ("fake", "hair")


def probed(pool="lse", seed=0, neck=24):
    """A network with a probe, all its heads random."""
    architecture = Architecture(NAME, {}, pool, neck, 8, bool(neck), probe=True)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        network = Network(architecture, LABELS).eval()
        for head in (network.head, network.probe.trained_head, network.probe.untouched_head):
            torch.nn.init.normal_(head.weight, std=0.2)
    process = model.default_preprocessing(network, 64)
    return network, Header(architecture, process, LABELS, licence="CC0-1.0")


def pictures(count, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (count, 64, 64, 3), dtype=np.uint8)


@pytest.mark.parametrize(("pool", "neck"), [("lse", 24), ("mean", 24), ("lse", 0)])
def test_the_logit_is_the_heads_and_what_the_statistics_add(pool, neck):
    network, _ = probed(pool, neck=neck)
    network.probe.gain.fill_(2.0)
    network.probe.shift.fill_(0.25)
    x = torch.randn(2, 3, 64, 64)
    with torch.no_grad():
        y, last = network.maps(x)
        other = network.probe.untouched(2 * x + 0.25)[-1]
        assert other.shape[2:] == (4, 4)  # stride 16
        expected = network.pool(network.head(y))
        for map, head in ((last, network.probe.trained_head), (other, network.probe.untouched_head)):
            statistics = torch.cat([map.mean((2, 3)), (map**2).mean((2, 3))], 1)
            expected = expected + statistics @ head.weight.T
        assert torch.allclose(network(x), expected + network.probe.trained_head.bias, atol=1e-4)


def test_gradcam_is_the_evidence_the_probes_too():
    network, header = probed()
    classifier = Classifier(network, header)
    output = classifier.run(pictures(3))
    maps = evidence(classifier, output.features)
    with torch.no_grad():
        assert maps == pytest.approx(network.evidence(output.features).numpy(), abs=1e-4)
        alone, said = network.head(output.features[:, :-2]).numpy(), output.features[:, -2:].numpy()
    assert np.ptp(said, axis=(2, 3)).max() == 0  # of the whole picture, so every place has the same
    assert np.abs(said).min() > 1e-3
    assert output.logits == pytest.approx(network.pool(torch.from_numpy(alone)).numpy() + said[:, :, 0, 0], abs=1e-4)


def test_a_new_probe_changes_nothing():
    plain = small_network(NAME, labels=LABELS)
    header = Header(Architecture(NAME), model.default_preprocessing(plain, 64), LABELS)
    network, header = probe.attached(plain, header, necks.untouched(NAME, {}), (0.5,) * 3, (0.5, 0.25, 0.5))
    assert header.architecture.probe
    x = torch.randn(2, 3, 64, 64)
    with torch.no_grad():
        assert torch.allclose(network(x), plain(x), atol=1e-5)
    mean, std = (torch.tensor(v).view(3, 1, 1) for v in (header.preprocessing.mean, header.preprocessing.std))
    back = x * std + mean  # channels in 0…1
    wanted = (back - 0.5) / torch.tensor([0.5, 0.25, 0.5]).view(3, 1, 1)
    assert torch.allclose(x * network.probe.gain + network.probe.shift, wanted, atol=1e-5)


def test_the_untouched_backbone_is_the_one_given_and_is_never_trained():
    whole = necks.timm.create_model(NAME, features_only=True)
    start = necks.untouched(NAME, {})
    assert start.feature_info.reduction() == [16]
    start.load_state_dict({k: v for k, v in whole.state_dict().items() if k in start.state_dict()})
    x = torch.randn(1, 3, 64, 64)
    with torch.no_grad():
        maps = dict(zip(whole.feature_info.reduction(), whole.eval()(x), strict=True))
        assert torch.equal(start.eval()(x)[-1], maps[16])
    assert sum(p.numel() for p in start.parameters()) < sum(p.numel() for p in whole.parameters())
    assert not any(p.requires_grad for p in start.parameters())
    with pytest.raises(ValueError, match="no map of stride 16"):
        necks.untouched("convmixer_768_32", {})


def test_it_travels_with_the_checkpoint(tmp_path):
    network, header = probed()
    model.save(tmp_path / "a.safetensors", network, header)
    again, read = model.read(tmp_path / "a.safetensors")
    assert read.architecture == header.architecture
    x = torch.randn(1, 3, 64, 64)
    assert torch.allclose(again(x), network(x), atol=0.1)  # stored in half precision


def test_randomising_the_heads_reaches_the_probes():
    network, header = probed()
    other = randomised(Classifier(network, header), "heads").network
    assert not torch.equal(other.probe.trained_head.weight, network.probe.trained_head.weight)
    assert torch.equal(next(other.probe.untouched.parameters()), next(network.probe.untouched.parameters()))


def test_what_the_probe_takes_away_has_a_floor():
    network, _ = probed()
    x = torch.randn(2, 3, 64, 64)
    with torch.no_grad():
        last = network.maps(x)[1]
        before = network.probe(x, last)
        network.probe.floor[0] = before[:, 0].mean()
        assert torch.equal(network.probe(x, last)[:, 1], before[:, 1])
        bent = torch.logaddexp(before[:, 0], network.probe.floor[0])
        assert torch.allclose(network.probe(x, last)[:, 0], bent, atol=1e-4)
        network.probe.trained_head.bias[0] -= 60
        assert network.probe(x, last)[:, 0].tolist() == pytest.approx([network.probe.floor[0].item()] * 2, abs=1e-4)


# --- fitting


def drawn(count, useful, rng, noise=1.0):
    """Pictures of which the head sees `useful[0]`, the statistics `useful[1]` and `useful[2]` of the truth."""
    target = np.arange(count) % 2
    sign = 2.0 * target - 1

    def seen(share, width):
        return share * sign[:, None] * (np.arange(width) == min(1, width - 1)) + noise * rng.normal(size=(count, width))

    evidence = np.repeat(seen(useful[0], 1)[:, :, None, None], 2, 1) + np.zeros((1, 1, 4, 4))
    targets = np.stack([target.astype(float), np.full(count, np.nan)], 1)  # of hair nobody knows anything
    return probe.Read(targets, evidence.astype(np.float32), 5 + seen(useful[1], 6), 7 * seen(useful[2], 4))


def test_each_gets_the_weight_it_deserves():
    network, _ = probed(neck=0)
    network.probe = necks.Probe(NAME, {}, 3, 2)
    network.probe.untouched_head = torch.nn.Linear(4, 2, bias=False)
    torch.nn.init.zeros_(network.probe.untouched_head.weight)
    before = network.head.weight.clone()
    rng = np.random.default_rng(0)
    useful = (1.0, 1.2, 0.0)
    train, held_out = drawn(800, useful, rng), drawn(400, useful, rng)
    [found] = probe.fit(network, LABELS, train, held_out, held_out)
    assert found.label == "fake"
    assert found.together > found.trained > found.head > 0.6 and abs(found.untouched - 0.5) < 0.15
    assert found.factors[0] > 0 and found.factors[1] > 0 and found.factors[2] == 0
    weight = network.probe.trained_head.weight[0].flatten().detach()
    assert weight.argmax() == 1 and weight[1] > 3 * weight.abs().median()
    assert network.probe.untouched_head.weight[0].abs().max() == 0
    assert torch.equal(network.head.weight[1], before[1])  # hair stays as it was
    assert network.probe.trained_head.weight[1].abs().max() == 0
    # What was written into the network is what was measured: fresh pictures, logits put together by hand.
    fresh = drawn(400, useful, rng)
    logits = found.factors[0] * fresh.evidence[:, 0, 0, 0] + fresh.trained @ weight.numpy()
    logits += fresh.untouched @ network.probe.untouched_head.weight[0].flatten().detach().numpy()
    calibrated = logits.mean()  # both classes are even, so the middle lies near 0 once the bias is added
    assert abs(calibrated + network.probe.trained_head.bias[0].item()) < 0.6
    assert network.probe.floor[0] == found.floor and network.probe.floor[1] == necks.NO_FLOOR


@pytest.mark.parametrize(("real", "fake", "floor"), [(-6, 3, -0.5), (-2.5, -1.5, -4.0), (-9, -8, necks.NO_FLOOR)])
def test_the_floor_is_as_high_as_it_is_cheap(real, fake, floor):
    """The head only guesses; what the probe says tells the kinds apart, unless the floor levels it."""
    rng, target = np.random.default_rng(0), np.arange(2000) % 2

    def seen(real, fake):
        said = np.where(target == 1, fake, real) + rng.normal(0, 0.05, 2000)
        return rng.normal(0, 0.19, 2000), said

    first, easy = seen(real, fake), seen(-6, 3)
    assert probe._floor([first, easy], target) == probe._floor([easy, first], target) == floor


def test_without_examples_of_both_kinds_nothing_changes():
    network, _ = probed(neck=0)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    rng = np.random.default_rng(0)
    train, held_out = drawn(60, (1, 1, 1), rng), drawn(30, (1, 1, 1), rng)
    assert probe.fit(network, LABELS, train, held_out, held_out) == []  # 15 of each
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())


@pytest.fixture
def shared_list(tmp_path):
    """Grey noise; the fakes' is coarser, which whole-picture statistics show."""
    rng, rows = np.random.default_rng(0), [("img_name", "target", "split")]
    for number in range(160):
        fake = number % 2
        noise = rng.integers(0, 256, (64 >> fake, 64 >> fake, 3), dtype=np.uint8)
        Image.fromarray(noise).resize((64, 64), Image.Resampling.NEAREST).save(tmp_path / f"{number}.png")
        rows.append((f"{number}.png", fake, "train" if number < 80 else "val"))
    with (tmp_path / "list.csv").open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    return tmp_path


def test_command(shared_list, capsys):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = Network(Architecture(NAME, {}, "lse", 24, 8), ("fake",)).eval()
        torch.nn.init.normal_(network.head.weight)  # it knows nothing
    header = Header(Architecture(NAME, {}, "lse", 24, 8), model.default_preprocessing(network, 64), ("fake",))
    start, out = shared_list / "start.safetensors", shared_list / "out.safetensors"
    model.save(start, network, header)
    save_file(necks.timm.create_model(NAME).state_dict(), shared_list / "bare.safetensors")
    call = ["--labels", shared_list / "list.csv", "--images", shared_list, "--checkpoint", start, "--out", out,
            "--backbone", shared_list / "bare.safetensors", "--pictures", 200]  # fmt: skip
    call += ["--workers", 0, "--device", "cpu"]
    call = list(map(str, call))
    assert probe_training.main(call) == 0
    printed = capsys.readouterr().out
    assert "fake" in printed and "now calibrate it" in printed
    _, header = model.read(out)
    assert header.architecture.probe and header.training["probe"]["pictures"] == 200
    rows = list(csv.DictReader((shared_list / "list.csv").open()))[80:]
    seen = [np.asarray(Image.open(shared_list / row["img_name"])) for row in rows]
    fake = np.array([row["target"] == "1" for row in rows])

    def auc(checkpoint):
        classifier = Classifier(*model.read(checkpoint))
        logits = classifier.run(classifier.prepare(seen)).logits[:, 0]
        return np.mean(logits[fake][:, None] > logits[~fake][None])

    assert auc(out) > auc(start) + 0.1
    refused = {
        "give another --out": call,
        "has a probe already": [*call[:5], str(out), *call[6:7], str(shared_list / "b"), *call[8:]],
        "does not fit": [*call[:7], str(shared_list / "c"), "--backbone", str(start), *call[10:]],
    }
    for message, argv in refused.items():
        assert probe_training.main(argv) == 2
        assert message in capsys.readouterr().err
