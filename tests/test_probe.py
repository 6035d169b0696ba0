"""The probe: its arithmetic by hand, what it learns, and how it travels."""

import csv
from dataclasses import replace

import numpy as np
import pytest
import torch
from conftest import small_network
from PIL import Image
from safetensors.torch import save_file
from sklearn.metrics import roc_auc_score

from detector import model, necks, probe, probe_fitting, probe_training
from detector.classifier import Classifier
from detector.explain import evidence
from detector.model import Architecture, Header, Network
from detector.randomise import randomised

NAME = "test_efficientnet"
LABELS = ("fake", "hair")


def probed(pool="lse", seed=0, neck=24):
    """A network with a probe, all its heads random."""
    architecture = Architecture(NAME, {}, pool, neck, 8, bool(neck), probe=True)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        network = Network(architecture, LABELS).eval()
        readers = [reader for pair in (network.probe.usual, network.probe.shrunk) for reader in pair.children()]
        readers += network.probe.looks.values()
        for head in (network.head, *(reader.out for reader in readers)):
            torch.nn.init.normal_(head.weight, std=0.2)
    process = model.default_preprocessing(network, 64)
    return network, Header(architecture, process, LABELS, licence="CC0-1.0")


def pictures(count, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (count, 64, 64, 3), dtype=np.uint8)


def test_a_read_out_by_hand():
    reader = necks.Reader(2, 2)
    reader.mean.copy_(torch.tensor([1.0, 0.0]))
    reader.scale.copy_(torch.tensor([2.0, 1.0]))
    with torch.no_grad():
        reader.hidden.weight.copy_(torch.tensor([[1.0, 0.5], [-1.0, 0.0]]))
        reader.hidden.bias.copy_(torch.tensor([0.0, 3.0]))
        reader.out.weight.copy_(torch.tensor([[2.0, -1.0]]))
        reader.out.bias.fill_(0.25)
        # (2 - 1) · 2 = 2 and 4: 2 + 4/2 = 4, and 3 - 2 = 1; the other one's 199 · 2 counts as FAR.
        said = reader(torch.tensor([[2.0, 4.0], [200.0, -4.0]]))
    assert said.tolist() == [2 * 4 - 1 + 0.25, 2 * (necks.FAR - 2) - 0 + 0.25]


def test_what_is_pooled_by_hand():
    coarse, fine = torch.zeros(1, 1, 2, 2), torch.zeros(1, 2, 4, 4)
    coarse[0, 0] = torch.tensor([[1.0, 3.0], [0.0, 0.0]])
    fine[0, 1, 1:3, 2] = -2.0
    assert necks.pooled([coarse, fine])[0].tolist() == [1, 10 / 4, 0, -1 / 4, 0, 1 / 2]


@pytest.mark.parametrize(("pool", "neck"), [("lse", 24), ("mean", 24), ("lse", 0)])
def test_the_logit_is_the_heads_and_what_the_statistics_add(pool, neck):
    network, _ = probed(pool, neck=neck)
    network.probe.gain.fill_(2.0)
    network.probe.shift.fill_(0.25)
    x = torch.randn(2, 3, 64, 64, generator=torch.Generator().manual_seed(0))  # on which the two pairs differ
    with torch.no_grad():
        y, coarse = network.maps(x)
        other = network.probe.untouched(2 * x + 0.25)
        assert [map.shape[2] for map in other] == [4, 2]  # strides 16 and 32
        assert [map.shape[2] for map in coarse] == ([4, 2] if neck else [2])
        head, seen = network.pool(network.head(y)), (necks.pooled(coarse), necks.pooled(other))
        said = [pair.trained(seen[0]) + pair.untouched(seen[1]) for pair in (network.probe.usual, network.probe.shrunk)]
        assert (said[0] - said[1]).abs().min() > 1e-2
        for share in (torch.tensor([0.0, 0.0]), torch.tensor([1.0, 0.25])):
            expected = head.clone()
            expected[:, 0] += (1 - share) * said[0] + share * said[1]
            found = network.classify(network.chosen(network.features(x), share))
            assert torch.allclose(found, expected, atol=1e-4)
        assert torch.allclose(network(x), network.classify(network.chosen(network.features(x), torch.zeros(2))))


def test_gradcam_is_the_evidence_the_probes_too():
    network, header = probed()
    classifier = Classifier(network, header)
    output = classifier.run(pictures(3))
    maps = evidence(classifier, output.features)
    with torch.no_grad():
        assert maps == pytest.approx(network.evidence(output.features).numpy(), abs=1e-4)
        own, evident, _ = output.features.split([24, len(LABELS), len(necks.LOOKS)], 1)
        alone, said = network.head(own).numpy(), evident.numpy()
    assert np.ptp(said, axis=(2, 3)).max() == 0  # of the whole picture, so every place has the same
    assert np.abs(said[:, 0]).min() > 1e-3 and not said[:, 1].any()  # of hair it says nothing
    assert output.logits == pytest.approx(network.pool(torch.from_numpy(alone)).numpy() + said[:, :, 0, 0], abs=1e-4)


def listening(level, height=3.0, labels=("fake", "hair")):
    """A probe that takes hair from `level` on for enough."""
    architecture = Architecture(NAME, {}, "lse", 24, 8, True, probe=True)
    network = Network(architecture, labels).eval()
    network.probe.levels[1] = level
    network.probe.height.fill_(height)
    return network


def test_odds_add_up_by_hand():
    heard = listening(2.0).probe.heard
    logits = torch.tensor([[-1.0, 2.0], [-1.0, 7.0], [4.0, -9.0]])
    # At its level: 3 + 0 - ln 2; five above: 3 + 5 - ln(1 + e^-20); eleven below: a gate of e^-44 shuts it out.
    odds = np.exp([[-1, 3 - np.log(2)], [-1, 8], [4, -100]]).sum(1)
    assert heard(logits)[:, 0].tolist() == pytest.approx(np.log(odds), abs=1e-5)
    assert torch.equal(heard(logits)[:, 1], logits[:, 1])
    assert torch.equal(listening(necks.UNHEARD).probe.heard(logits), logits)  # to the bit


def test_where_an_artifact_is_enough_the_map_of_fake_is_its_own():
    network, header = probed()
    classifier = Classifier(network, header)
    seen = pictures(2)
    before = classifier.run(seen)
    quiet, loud = before.logits[:, 1].min(), before.logits[:, 1].max()
    assert loud > quiet
    network.probe.levels[1] = -40  # far below both
    network.probe.height.fill_(30)
    output = classifier.run(seen)
    assert output.logits[:, 0] == pytest.approx(before.logits[:, 1] + 70, abs=1e-3)
    fake, hair = evidence(classifier, output.features).transpose(1, 0, 2, 3)
    assert fake - hair == pytest.approx(np.full_like(hair, 70), abs=1e-3)
    assert network.pool(torch.from_numpy(fake[:, None]))[:, 0].numpy() == pytest.approx(output.logits[:, 0], abs=1e-4)
    network.probe.levels[1] = float(loud + quiet) / 2
    limit = 30 - np.log(2)  # what an artifact at its level brings
    assert {classifier.enough(logits, limit) for logits in classifier.run(seen).logits} == {("hair",), ()}
    assert classifier.enough(output.logits[0], 100.0) == ()  # though fake itself is louder
    assert Classifier(small_network(), header).enough(np.array([9.0, 9.0]), 0.0) == ()


def test_how_a_picture_looks_is_read_from_both_backbones():
    network, header = probed()
    seen = pictures(3)
    with torch.no_grad():
        for line in network.probe.looks.values():
            line.out.bias.zero_()
    output = Classifier(network, header).run(seen)
    process = header.preprocessing
    x = (torch.from_numpy(seen).permute(0, 3, 1, 2) / 255 - torch.tensor(process.mean).view(3, 1, 1)) / torch.tensor(
        process.std
    ).view(3, 1, 1)
    with torch.no_grad():
        both = torch.cat(network.probe.statistics(x, network.maps(x)[1]), 1)
        expected = torch.stack([network.probe.looks[look](both) for look in necks.LOOKS], 1).sigmoid().numpy()
    assert output.looks == pytest.approx(expected, abs=1e-4) and np.ptp(output.looks, axis=0).min() > 1e-3
    plain = small_network(NAME, labels=LABELS)
    header = Header(Architecture(NAME), process, LABELS)
    assert Classifier(plain, header).run(seen).looks.shape == (3, 0)  # it can't tell


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
    assert start.feature_info.reduction() == [16, 32]
    start.load_state_dict({k: v for k, v in whole.state_dict().items() if k in start.state_dict()})
    x = torch.randn(1, 3, 64, 64)
    with torch.no_grad():
        maps = dict(zip(whole.feature_info.reduction(), whole.eval()(x), strict=True))
        assert all(torch.equal(found, maps[stride]) for found, stride in zip(start.eval()(x), (16, 32), strict=True))
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
    for pair in ("usual", "shrunk"):
        now, before = (getattr(of.probe, pair).trained.out.weight for of in (other, network))
        assert not torch.equal(now, before)
    assert torch.equal(next(other.probe.untouched.parameters()), next(network.probe.untouched.parameters()))


def test_what_the_probe_takes_away_has_a_floor():
    network, _ = probed()
    x = torch.randn(2, 3, 64, 64)
    with torch.no_grad():
        coarse = network.maps(x)[1]
        before = network.probe(x, coarse)
        network.probe.floor[0] = before[:, 0].mean()
        bent = torch.logaddexp(before[:, 0], network.probe.floor[0])
        assert torch.allclose(network.probe(x, coarse)[:, 0], bent, atol=1e-4)
        network.probe.usual.trained.out.bias[0] -= 60
        assert network.probe(x, coarse)[:, 0].tolist() == pytest.approx([network.probe.floor[0].item()] * 2, abs=1e-4)


# --- fitting


def drawn(count, useful, rng, noise=1.0):
    """Pictures of which the head sees `useful[0]`, the statistics `useful[1]` and `useful[2]` of the truth.

    The trained ones' is bent: whether two of them have the same sign.
    """
    target = np.arange(count) % 2
    sign = 2.0 * target - 1

    def seen(share, width):
        return share * sign[:, None] * (np.arange(width) == min(1, width - 1)) + noise * rng.normal(size=(count, width))

    evidence = np.repeat(seen(useful[0], 1)[:, :, None], 4, 1) + np.zeros((1, 1, 4))
    trained = rng.normal(size=(count, 6))
    trained[:, 1] = (
        np.abs(trained[:, 1]) * np.sign(trained[:, 0]) * np.where(rng.random(count) < useful[1], sign, -sign)
    )
    columns = target, evidence, 5 + 3 * trained, 7 * seen(useful[2], 4)
    return probe.Read(*(column.astype(np.float32) for column in columns))


def readable():
    network, _ = probed(neck=0)
    network.probe.usual, network.probe.shrunk = necks.Pair(6, 4), necks.Pair(6, 4)
    return network


def far(read):
    """The same pictures, shrunk: their statistics lie elsewhere, and show the truth the other way round."""
    return replace(read, trained=read.trained + 40, untouched=60 - read.untouched)


def test_each_gets_the_weight_it_deserves():
    network = readable()
    before = network.head.weight.clone()
    rng = np.random.default_rng(0)
    useful = (1.0, 0.95, 0.0)
    train, held_out, fresh = (drawn(count, useful, rng) for count in (2000, 600, 600))
    fitted = probe_fitting.fit(network, train, far(train), held_out, far(held_out))
    found = fitted.usual
    assert found.together > found.trained > 0.8 and abs(found.untouched - 0.5) < 0.15  # no line tells the trained ones
    assert found.together > found.head > 0.6
    assert found.factors[0] > 0 and found.factors[1] > 0 and found.factors[2] == 0
    assert network.probe.usual.untouched(torch.from_numpy(fresh.untouched)).abs().max() == 0
    assert torch.equal(network.head.weight[1], before[1])  # hair stays as it was
    # What was written into the network is what was measured: fresh pictures, logits put together by hand.
    with torch.no_grad():
        said = network.probe.usual.trained(torch.from_numpy(fresh.trained)).numpy()
    logits = found.factors[0] * fresh.evidence[:, 0, 0] + np.logaddexp(said, fitted.floor)
    assert roc_auc_score(fresh.target, logits) == pytest.approx(found.together, abs=0.04)
    assert abs(logits.mean()) < 0.6  # both classes are even
    assert network.probe.floor.tolist() == [fitted.floor]


def test_shrunk_pictures_have_read_outs_of_their_own():
    network, rng = readable(), np.random.default_rng(0)
    train, held_out, fresh = (drawn(count, (0.3, 0.95, 2), rng) for count in (2000, 600, 600))
    fitted = probe_fitting.fit(network, train, far(train), held_out, far(held_out))
    assert fitted.shrunk.factors[0] == fitted.usual.factors[0]
    statistics = torch.from_numpy(far(fresh).trained), torch.from_numpy(far(fresh).untouched)
    with torch.no_grad():
        said = [pair(*statistics) for pair in (network.probe.usual, network.probe.shrunk)]
    usual, shrunk = (roc_auc_score(fresh.target, one) for one in said)
    assert shrunk > 0.9 and usual < 0.5


def test_a_crop_much_smaller_than_the_input_is_read_as_shrunk():
    network, header = probed()
    classifier = Classifier(network, header)  # 64 px
    sides = (20, 38, 42, 45, 64, 300)
    crops = [np.random.default_rng(side).integers(0, 256, (side, side, 3), dtype=np.uint8) for side in sides]
    shrunk = classifier.shrunk(crops)
    assert shrunk.dtype == np.float32
    assert shrunk.tolist() == pytest.approx([1, 1, (0.7 - 42 / 64) / 0.1, 0, 0, 0], abs=1e-6)
    inputs = classifier.prepare(crops)
    usual, own = classifier.run(inputs).logits, classifier.run(inputs, shrunk).logits
    assert (np.abs(usual - own)[:, 0] > 1e-4).tolist() == [True, True, True, False, False, False]
    assert np.array_equal(usual[:, 1], own[:, 1])  # of hair the probe says nothing
    apart = [classifier.run(inputs[i : i + 1], shrunk[i : i + 1]).logits[0] for i in range(6)]
    assert np.stack(apart) == pytest.approx(own, abs=1e-4)


def test_both_backbones_weigh_the_same_but_for_what_being_louder_may_cost():
    network, rng = readable(), np.random.default_rng(0)
    train, held_out = drawn(2000, (1, 0.9, 1), rng), drawn(600, (1, 0.9, 1), rng)
    found = probe_fitting.fit(network, train, far(train), held_out, far(held_out)).usual
    with torch.no_grad():
        head = network.pool(torch.from_numpy(held_out.evidence[:, None]) * found.factors[0])[:, 0].numpy()
        trained = network.probe.usual.trained(torch.from_numpy(held_out.trained)).numpy()
        other = network.probe.usual.untouched(torch.from_numpy(held_out.untouched)).numpy()
    assert trained.std() / head.std() == pytest.approx(1, abs=0.01)
    loud = float(other.std() / head.std() / 2)
    kept = min(probe_fitting.LOUDER, key=lambda louder: abs(louder - loud))
    assert loud == pytest.approx(kept, abs=0.01)
    aucs = {
        louder: roc_auc_score(held_out.target, head + trained + other * (louder / kept))
        for louder in probe_fitting.LOUDER
    }
    cheap = [louder for louder, auc in aucs.items() if auc >= aucs[1.0] - probe_fitting.LOUD_PRICE]
    assert kept == cheap[-1] and len(cheap) < len(aucs)  # a louder one yet would cost more


def test_the_same_seed_teaches_the_same():
    rng = np.random.default_rng(0)
    sets = [drawn(200, (1, 0.9, 1), rng) for _ in range(4)]
    networks = [readable() for _ in range(3)]
    for network, seed in zip(networks, (0, 0, 1), strict=True):
        torch.rand(seed)  # what was drawn before plays no part
        state = torch.get_rng_state()
        probe_fitting.fit(network, *sets, seed)
        assert torch.equal(torch.get_rng_state(), state)
    weights = [network.probe.shrunk.untouched.hidden.weight for network in networks]
    assert torch.equal(weights[0], weights[1]) and not torch.equal(weights[0], weights[2])


@pytest.mark.parametrize(("real", "fake", "floor"), [(-6, 3, -0.5), (-2.5, -1.5, -4.0), (-9, -8, necks.NO_FLOOR)])
def test_the_floor_is_as_high_as_it_is_cheap(real, fake, floor):
    """The head only guesses; what the probe says tells the kinds apart, unless the floor levels it."""
    rng, target = np.random.default_rng(0), np.arange(2000) % 2

    def seen(real, fake):
        said = np.where(target == 1, fake, real) + rng.normal(0, 0.05, 2000)
        return rng.normal(0, 0.19, 2000), said

    first, easy = seen(real, fake), seen(-6, 3)
    assert probe_fitting._floor([first, easy], target) == probe_fitting._floor([easy, first], target) == floor


def test_too_few_examples_are_refused():
    network = readable()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    rng = np.random.default_rng(0)
    many, few = drawn(60, (1, 1, 1), rng), drawn(30, (1, 1, 1), rng)  # 15 of each
    for sets, name in (((many, many, few, few), "held-out"), ((few, many, many, many), "training")):
        with pytest.raises(ValueError, match=f"15 real and 15 fake {name} pictures are too few"):
            probe_fitting.fit(network, *sets)
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
    assert "AUC on val" in printed and "now calibrate it" in printed
    _, header = model.read(out)
    assert header.architecture.probe
    assert [header.training["probe"][name] for name in ("pictures", "shrunk")] == [200, 400]
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
