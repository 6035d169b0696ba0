"""The commands as a person calls them: exit status, one line for an error, and exactly the files promised."""

import csv
import json
import os
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from detector import __version__, traces
from detector.artifacts import ARTIFACTS
from detector.cli import main
from detector.explain import METHODS, overlay


@pytest.fixture
def call(tiny_checkpoint, capsys):
    """Runs a command with the tiny checkpoint; gives (exit status, stdout, stderr)."""

    def run(*arguments):
        status = main([*map(str, arguments), "--checkpoint", str(tiny_checkpoint), "--device", "cpu"])
        output = capsys.readouterr()
        return status, output.out, output.err

    return run


@pytest.fixture
def pictures(tmp_path):
    place = tmp_path / "pictures"
    place.mkdir()
    for number in range(3):
        Image.new("RGB", (60, 40), (80 * number, 50, 50)).save(place / f"{number}.png")
    return place


def one_line_error(result, *words):
    status, out, err = result
    assert status == 2 and out == ""
    assert err.startswith("error: ") and err.count("\n") == 1 and "Traceback" not in err
    for word in words:
        assert word in err


# --- scan


def test_scan(call, pictures, tmp_path, tiny):
    out = tmp_path / "out.csv"
    status, text, _ = call("scan", pictures, "--out", out)
    assert status == 0 and text == f"3 judged, 0 unreadable → {out}\n"
    with out.open(newline="") as file:
        rows = list(csv.reader(file))
    assert [row[0] for row in rows] == ["img_name", "0.png", "1.png", "2.png"]
    assert float(rows[1][1]) == pytest.approx(tiny.analyse(pictures / "0.png").probability, abs=2e-6)


def test_scan_with_an_unreadable_picture(call, pictures, tmp_path):
    (pictures / "bad.png").write_bytes(b"?")
    (pictures / "read.me").write_text("?")
    out = tmp_path / "out.csv"
    status, text, err = call("scan", pictures, "--out", out, "--details", tmp_path / "d.jsonl", "--batch-size", 1)
    assert status == 1 and text == f"3 judged, 1 unreadable, 1 other files left out → {out}\n"
    assert f"{out}.errors.csv" in err and "bad.png" in (tmp_path / "out.csv.errors.csv").read_text()
    assert len((tmp_path / "d.jsonl").read_text().splitlines()) == 3
    one_line_error(call("scan", pictures, "--out", out), "out.csv exists", "--resume")
    status, text, _ = call("scan", pictures, "--out", out, "--resume")
    assert status == 1 and text.startswith("0 judged, 1 unreadable, 3 done before,")


def test_scan_that_can_not_start(call, pictures, tmp_path):
    out = tmp_path / "out.csv"
    one_line_error(call("scan", tmp_path / "gone", "--out", out), "gone does not exist")
    for option, value in (("--max-mb", 0), ("--max-megapixels", -1), ("--batch-size", 0)):
        one_line_error(call("scan", pictures, "--out", out, option, value), "must be above 0")
    for value in ("inf", "nan"):
        one_line_error(call("scan", pictures, "--out", out, "--max-mb", value))
    assert not out.exists()


def test_limits_of_the_command_line_hold(call, pictures, tmp_path):
    status, text, _ = call("scan", pictures, "--out", tmp_path / "out.csv", "--max-megapixels", 0.002)
    assert status == 1 and text.startswith("0 judged, 3 unreadable")
    assert "has 60×40 pixels, more than the 0.002 megapixels" in (tmp_path / "out.csv.errors.csv").read_text()


def test_an_interruption_keeps_what_was_done(call, pictures, tmp_path, monkeypatch):
    from detector import stream

    judge = stream._judged

    def interrupted(analyser, batch, method):
        if batch[0][0].name == "1.png":
            raise KeyboardInterrupt
        return judge(analyser, batch, method)

    monkeypatch.setattr(stream, "_judged", interrupted)
    out = tmp_path / "out.csv"
    status, _, err = call("scan", pictures, "--out", out, "--batch-size", 1)
    assert status == 130 and err.endswith("\nstopped; what was done is kept; go on with --resume\n")
    assert out.read_text().count("\n") == 2


@pytest.mark.parametrize("command", [["scan", "x", "--out", "y"], ["explain", "x", "--out", "y"]])
def test_a_bad_checkpoint_or_device(command, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "text.safetensors").write_text("no weights")
    for more, word in (
        (["--checkpoint", "gone"], "no checkpoint at gone"),
        (["--checkpoint", "text.safetensors"], "no safetensors file"),
        (["--device", "tpu"], "choose auto"),
    ):
        status = main(command + more)
        output = capsys.readouterr()
        one_line_error((status, output.out, output.err), word)
    assert [path.name for path in tmp_path.iterdir()] == ["text.safetensors"]


# --- explain


def test_explain(call, collins, hopper, tmp_path, tiny):
    out = tmp_path / "out"
    status, text, err = call("explain", collins, hopper, "--out", out)
    assert status == 0 and err == ""
    analysis = tiny.analyse(hopper)
    assert f"{hopper}: {analysis.answer}, {analysis.probability:.0%} fake → {out / 'example-hopper'}\n" in text
    for name, shape in (("example-collins", (512, 512)), ("example-hopper", (600, 512))):
        written = {path.name for path in (out / name).iterdir()}
        files = {"analysis.json", "maps.npz", "overlay.png", "overlay-face_edge.png", "regions.png", "cues"}
        assert files <= written <= files | {"crops"}
        assert {path.stem for path in (out / name / "cues").iterdir()} == set(ARTIFACTS)
        with np.load(out / name / "maps.npz") as maps:
            assert set(maps) == {"fake", "face_edge"}
            assert all(maps[label].shape == shape and maps[label].dtype == np.float32 for label in maps)
            fake = maps["fake"]
    assert np.allclose(fake, analysis.heatmap("fake"), atol=1e-4)
    pixels = np.asarray(Image.open(hopper).convert("RGB"))
    painted = np.asarray(Image.open(out / "example-hopper" / "overlay.png"))
    assert np.array_equal(painted, traces.drawn(overlay(pixels, fake), analysis.outlines()))
    facts = json.loads((out / "example-hopper" / "analysis.json").read_text())
    assert facts["method"] == "gradcam" and facts["file"]["height"] == 600
    evidence, own = facts["faces"][0]["evidence"], analysis.faces[0].evidence
    assert evidence["sentences"] == list(own.sentences) and all(said in text for said in own.sentences)
    for label, crops in own.crops.items():
        for number, crop in enumerate(crops, 1):
            cut = np.asarray(Image.open(out / "example-hopper" / "crops" / f"{label}-{number}.png"))
            assert np.array_equal(cut, crop.box.cut(pixels))  # full resolution, to the bit
    assert facts["probability"] == pytest.approx(analysis.probability, abs=1e-5)


def test_explain_with_a_report(call, collins, tmp_path):
    assert call("explain", collins, "--out", tmp_path, "--report")[0] == 0
    page = (tmp_path / "example-collins" / "report.html").read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>") and "example-collins.jpg" in page and "<script" not in page


def test_explain_says_what_it_doubts_and_goes_on(call, pictures, tmp_path):
    (pictures / "bad.png").write_bytes(b"?")
    status, text, err = call("explain", pictures / "bad.png", pictures / "0.png", "--out", tmp_path / "out")
    assert status == 1 and err.startswith('error: "bad.png" is not a picture') and err.count("\n") == 1
    assert "No face was found" in text
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["0"]


def test_pictures_of_one_stem_do_not_overwrite_each_other(call, tmp_path):
    names = ["a.png", "a.jpg", "a-2.png", "a.bmp"]
    for width, name in enumerate(names, start=30):
        Image.new("RGB", (width, 40), "gray").save(tmp_path / name)
    assert call("explain", *(tmp_path / name for name in names), "--out", tmp_path / "out")[0] == 0
    widths = {path.parent.name: json.loads(path.read_text())["file"]["width"]
              for path in (tmp_path / "out").glob("*/analysis.json")}  # fmt: skip
    assert widths == {"a": 30, "a-2": 31, "a-2-2": 32, "a-3": 33}


def test_a_wrong_method_lists_all(call, collins, tmp_path):
    one_line_error(call("explain", collins, "--out", tmp_path / "out", "--method", "magic"), "magic", *METHODS)
    assert not (tmp_path / "out").exists()


# --- evaluate


def test_evaluate(call, pictures, tmp_path):
    labels = tmp_path / "labels.csv"
    labels.write_text("img_name,target,split\n0.png,0,test\n1.png,1,test\n2.png,1,test\ngone.png,0,other\n")
    arguments = ("evaluate", "--labels", labels, "--images", pictures, "--out", tmp_path / "out")
    status, text, _ = call(*arguments, "--split", "test")
    assert status == 0 and text.startswith("pictures               3 (1 real, 2 fake), 0 unreadable\n")
    written = ["metrics.json", "prediction.csv", "reliability.png", "roc.png"]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == written
    status, text, _ = call(*arguments)
    assert status == 1 and "1 unreadable" in text and "gone.png" in (tmp_path / "out" / "errors.csv").read_text()
    one_line_error(call(*arguments, "--split", "val"), "no rows of split 'val'", "other, test")
    one_line_error(call("evaluate", "--labels", tmp_path / "no.csv", "--out", tmp_path / "o"), "no label list")


# --- help


@pytest.mark.parametrize(
    ("command", "outputs"),
    [
        ("scan", ["img_name,y_pred", "OUT.errors.csv", "--resume", "JSONL"]),
        ("explain", ["analysis.json", "maps.npz", "overlay.png", "gradcam"]),
        ("evaluate", ["metrics.json", "prediction.csv", "img_name,target"]),
    ],
)
def test_help_names_what_is_written(command, outputs, capsys):
    with pytest.raises(SystemExit) as left:
        main([command, "--help"])
    text = " ".join(capsys.readouterr().out.split())
    assert left.value.code == 0
    for output in outputs:
        assert output in text


@pytest.mark.parametrize("arguments", [[], ["fly"], ["scan", "x"], ["scan", "--out", "y"]])
def test_a_wrong_call_exits_with_2(arguments, capsys):
    with pytest.raises(SystemExit) as left:
        main(arguments)
    assert left.value.code == 2 and "usage: python -m detector" in capsys.readouterr().err


def test_the_version_comes_without_torch():
    command = [sys.executable, "-X", "importtime", "-m", "detector", "--version"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == f"{__version__}\n"
    loaded = {line.split("|")[-1].strip() for line in done.stderr.splitlines()}
    assert "detector.cli" in loaded and not loaded & {"torch", "timm", "cv2"}


def test_a_console_without_the_arrow_still_gets_the_help():
    environment = os.environ | {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    command = [sys.executable, "-m", "detector", "--help"]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=True)
    assert "pictures and folders ? a table" in " ".join(done.stdout.split())
