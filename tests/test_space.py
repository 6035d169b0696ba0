"""The repository is a Hugging Face Space: its head, its weights, and the hired GPU of ZeroGPU."""

import importlib
import pickle
import subprocess
import sys
import types
from pathlib import Path

import pytest
from huggingface_hub import SpaceCard
from packaging.requirements import Requirement
from packaging.version import Version

import demo
from detector import page
from detector.page import hosting

ROOT = Path(demo.__file__).parent
# What the hub takes for the colours of a Space's card.
COLOURS = {"red", "yellow", "green", "blue", "indigo", "purple", "pink", "gray"}


@pytest.fixture(scope="module")
def card():
    return SpaceCard.load(ROOT / "README.md").data


def requirements():
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    return {(one := Requirement(line)).name: one for line in lines if line and not line.startswith("#")}


def test_the_head_is_what_the_hub_reads(card):
    assert (card.sdk, card.app_file, card.license) == ("gradio", "demo.py", "apache-2.0")
    assert (ROOT / card.app_file).is_file()
    said = card.to_dict()
    assert {said["colorFrom"], said["colorTo"]} <= COLOURS
    assert len(said["emoji"]) == 1 and len(said["short_description"]) <= 60  # more is refused
    assert said["title"] == "Face deepfake detector"


def test_the_space_runs_the_gradio_and_the_python_that_we_ask_for(card):
    asked = requirements()["gradio"].specifier
    assert asked.contains(card.sdk_version)
    python = card.python_version
    assert isinstance(python, str), "unquoted, YAML reads 3.10 as 3.1"
    assert Version(python) >= Version("3.11")


def test_the_space_runs_the_gradio_that_was_tested(card):
    import gradio

    if Version(gradio.__version__).release[:2] != Version(card.sdk_version).release[:2]:
        pytest.skip(f"gradio {gradio.__version__} is installed")
    assert gradio.__version__ == card.sdk_version


def test_nothing_needs_lfs():
    """The hub takes files up to 10 MB without."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("not a git checkout")
    files = [ROOT / name for name in listed.stdout.split("\0") if name]
    assert ROOT / "detector/weights/detector.safetensors" in files
    assert [path.name for path in files if path.is_file() and path.stat().st_size >= 10_000_000] == []


def test_no_review_queue_unless_asked_for():
    assert page.Settings().reviews is None


# ---- ZeroGPU


@pytest.fixture
def zero_gpu(monkeypatch):
    """A `spaces` that does what ZeroGPU's does to arguments and results: they cross to another process and back."""
    calls = []

    def gpu(duration):
        def decorate(function):
            def hired(*args, **kwargs):
                calls.append((function.__name__, duration))
                args, kwargs = pickle.loads(pickle.dumps((args, kwargs)))
                return pickle.loads(pickle.dumps(function(*args, **kwargs)))

            return hired

        return decorate

    monkeypatch.setitem(sys.modules, "spaces", types.SimpleNamespace(GPU=gpu))
    importlib.reload(hosting)
    yield calls
    monkeypatch.undo()
    importlib.reload(hosting)


def test_elsewhere_the_analyser_is_left_alone(tiny, monkeypatch):
    monkeypatch.setattr(hosting, "spaces", None)
    assert hosting.hosted(tiny) is tiny


def test_on_a_space_with_hardware_of_its_own_too(tiny, monkeypatch):
    monkeypatch.setattr(hosting, "spaces", types.SimpleNamespace(GPU=lambda duration: lambda function: function))
    assert hosting.hosted(tiny) is tiny


def test_on_zero_gpu_the_network_runs_on_the_hired_gpu(tiny, collins, zero_gpu):
    lent = hosting.hosted(tiny)
    analysis = lent.analyse(collins)
    assert zero_gpu == [("judge", hosting.SECONDS)]
    plain = tiny.analyse(collins)
    assert zero_gpu == [("judge", hosting.SECONDS)], "the analyser that was handed in must stay as it was"
    assert analysis.probability == plain.probability
    assert (analysis.heatmap("fake") == plain.heatmap("fake")).all()
    assert "parser" in vars(tiny), "what a forked process loads is lost with it"
