"""verify: the same file gives the same; a changed pixel, another checkpoint, an edited JSON are named."""

import json
from dataclasses import replace

import numpy as np
import pytest
from conftest import header_of, small_network
from PIL import Image

from detector import provenance, verify
from detector.cli import main
from detector.model import save

SAME = "same, within 0.02 plus one percent"
pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def picture(tmp_path_factory, collins):
    """A PNG, so that it can be stored again with other bytes and the same pixels."""
    path = tmp_path_factory.mktemp("picture") / "collins.png"
    Image.open(collins).resize((160, 160)).save(path)
    return path


@pytest.fixture(scope="module")
def written(tmp_path_factory, picture, tiny_checkpoint):
    """What explain wrote of it."""
    out = tmp_path_factory.mktemp("out")
    assert main(["explain", str(picture), "--out", str(out), "--checkpoint", str(tiny_checkpoint)]) == 0
    return out / "collins" / "analysis.json"


@pytest.fixture
def call(tiny_checkpoint, capsys):
    def run(analysis, image, checkpoint=tiny_checkpoint):
        status = main(["verify", str(analysis), str(image), "--checkpoint", str(checkpoint), "--device", "cpu"])
        output = capsys.readouterr()
        return status, output.out.splitlines(), output.err

    return run


def edited(written, tmp_path, change, sealed=False):
    content = json.loads(written.read_text())
    change(content)
    path = tmp_path / "edited.json"
    path.write_text(json.dumps(provenance.sealed(content) if sealed else content))
    return path


def test_the_same_picture_is_the_same(call, written, picture):
    assert call(written, picture) == (0, [SAME], "")


def test_what_is_recorded(written, tiny):
    content = json.loads(written.read_text())
    assert set(content["reproduce"]["versions"]) == {
        "detector", "python", "torch", "torchvision", "timm", "numpy", "opencv", "pillow", "pi-heif", "grad-cam"
    }  # fmt: skip
    assert content["reproduce"]["versions"]["numpy"] == np.__version__
    assert content["reproduce"]["preprocessing"]["size"] == 64
    assert content["reproduce"]["settings"] == {
        "method": "gradcam", "max_bytes": 25_000_000, "max_pixels": 50_000_000, "device": "cpu"
    }  # fmt: skip
    assert content["model"]["sha256"] == tiny.identity.sha256


def test_the_digest_is_that_of_the_plain_text():
    assert provenance.digest({"b": 1.5, "a": [None]}) == provenance.digest({"a": [None], "b": 1.5})
    # printf '{"a":1}' | sha256sum
    assert provenance.digest({"a": 1}) == "015abd7f5cc57a2dd94b7590f04ad8084273905ee33ec5cebeae62276a97f862"
    content = provenance.sealed({"a": (1, 2)})
    assert content["a"] == [1, 2] and provenance.seal(content) == content["integrity"]
    assert provenance.seal(content | {"a": [1, 3]}) != content["integrity"]


def test_one_changed_pixel(call, written, picture, tmp_path):
    pixels = np.array(Image.open(picture))
    pixels[3, 3, 0] ^= 1
    Image.fromarray(pixels).save(tmp_path / "collins.png")
    status, lines, _ = call(written, tmp_path / "collins.png")
    assert status == 1 and lines[1].startswith("  another file, with other pixels: SHA-256 was '")
    assert all("file" in line for line in lines[1:])  # a grey level in a corner changes no figure


def test_the_same_pixels_stored_again(call, written, picture, tmp_path):
    Image.open(picture).save(tmp_path / "again.png", compress_level=0)
    status, lines, _ = call(written, tmp_path / "again.png")
    assert status == 1 and lines[0] == "differences: 2"
    assert lines[1].startswith("  another file, with the same pixels, stored again: SHA-256 was '")
    assert lines[2].startswith("  file.bytes: was ")
    assert lines[3:] == ["  note: the file's name: was 'collins.png', is 'again.png'"]


def test_another_picture_changes_the_figures_too(call, written, hopper):
    status, lines, _ = call(written, hopper)
    assert status == 1 and "with other pixels" in lines[1]
    assert any(line.startswith("  faces[0].logit: was ") or line.startswith("  and ") for line in lines)


def test_another_checkpoint(call, written, picture, tmp_path):
    network = small_network(output_stride=16, seed=1)
    save(tmp_path / "other.safetensors", network, header_of(network, output_stride=16))
    status, lines, _ = call(written, picture, tmp_path / "other.safetensors")
    assert status == 1 and lines[1].startswith("  another checkpoint: SHA-256 of the weights was '")
    assert not any("edited" in line or "another file" in line for line in lines)


def test_the_same_weights_with_other_preprocessing(call, written, picture, tmp_path):
    network = small_network(output_stride=16)
    header = header_of(network, output_stride=16)
    other = replace(header.preprocessing, mean=(0.4, 0.4, 0.4))
    save(tmp_path / "other.safetensors", network, replace(header, preprocessing=other))
    status, lines, _ = call(written, picture, tmp_path / "other.safetensors")
    assert status == 1 and lines[1].startswith("  other preprocessing: mean was [0.5, 0.5, 0.5], is [0.4, 0.4, 0.4]")
    assert not any("checkpoint" in line for line in lines)


def test_an_edited_json(call, written, picture, tmp_path):
    def clear(content):
        content["probability"] = 1 - content["probability"]

    status, lines, _ = call(edited(written, tmp_path, clear), picture)
    assert status == 1 and len(lines) == 3 and "edited after it was written" in lines[1]
    assert lines[2].startswith("  probability: was ")
    status, lines, _ = call(edited(written, tmp_path, clear, sealed=True), picture)  # and sealed again
    assert status == 1 and len(lines) == 2 and lines[1].startswith("  probability: was ")


def test_a_slight_edit_is_found_by_the_seal_alone(call, written, picture, tmp_path):
    def nudge(content):
        content["probability"] += 0.001

    status, lines, _ = call(edited(written, tmp_path, nudge), picture)
    assert status == 1 and len(lines) == 2 and "edited after it was written" in lines[1]


def test_other_versions_are_no_failure(call, written, picture, tmp_path):
    def older(content):
        content["reproduce"]["versions"]["torch"] = "2.4.0"
        content["reproduce"]["settings"]["device"] = "cuda"

    status, lines, _ = call(edited(written, tmp_path, older, sealed=True), picture)
    assert status == 0 and lines[0] == SAME and len(lines) == 3
    assert lines[1].startswith("  note: versions: torch was '2.4.0', is ")
    assert lines[2] == "  note: settings: device was 'cuda', is 'cpu'"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "is no JSON"),
        ("[1]", "has no file.sha256"),
        ('{"a": 1, "a": 2}', "a name occurs twice"),
        ("[" * 100_000, "is no JSON"),
    ],
)
def test_what_is_no_analysis(call, picture, tmp_path, text, words):
    (tmp_path / "bad.json").write_text(text)
    status, lines, err = call(tmp_path / "bad.json", picture)
    assert status == 2 and not lines and words in err and "python -m detector explain" in err


def test_what_can_not_be_checked(call, written, picture, tmp_path):
    status, _, err = call(tmp_path / "gone.json", picture)
    assert status == 2 and "can't be read" in err
    for key, words in (("integrity", "has no integrity"), ("limits", "no usable limits.targets")):
        status, _, err = call(edited(written, tmp_path, lambda content, key=key: content.pop(key)), picture)
        assert status == 2 and words in err
    bad = edited(written, tmp_path, lambda content: content.update(method="\x1b[31mmagic"))
    status, _, err = call(bad, picture)
    assert status == 2 and "heatmap method" in err and "\x1b" not in err
    status, _, err = call(written, tmp_path / "gone.png")
    assert status == 2 and "does not exist" in err


def test_the_answer_is_judged_by_the_recorded_targets(written, tmp_path):
    path = edited(written, tmp_path, lambda content: content["limits"]["targets"].update(misses=0.2))
    assert verify.targets(verify.read(path)).misses == 0.2


@pytest.mark.parametrize(
    ("recorded", "fresh", "same"),
    [
        (0.5, 0.524, True),  # 0.02 + 0.005
        (0.5, 0.526, False),
        (-8.0, -8.09, True),  # 0.02 + 0.08
        (-8.0, -8.11, False),
        (1, 2, False),  # counts and pixels are exact
        (1, 1.0, True),
        (True, 1, False),
        (float("nan"), 0.5, False),
        ("a b: 62% of it", "a b: 63% of it", True),
        ("a b: 62% of it", "a b: 64% of it", False),
        ("1.5 times", "1.6 times", True),
        ("1.5 times", "1.7 times", False),
        ("1 or 2", "1 or", False),
        ("abc1", "abc2", False),  # no sentence: a name or a checksum
        ([1, 2], [1], False),
        ({"a": None}, {}, False),
        ({}, {"a": None}, False),
    ],
)
def test_the_tolerance(recorded, fresh, same):
    assert (list(verify.compare(recorded, fresh)) == []) == same


def test_places_are_named():
    found = list(verify.compare({"faces": [{"box": None}]}, {"faces": [{"box": 1}], "\x1b": 2}))
    assert found == ["faces[0].box: was None, is 1", "\\x1b: missing in the JSON"]
