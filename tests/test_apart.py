"""HEIC and AVIF: right pixels and facts, and whatever such a file asks for, no more than it is granted."""

import io
import os
import signal
import sys
from concurrent.futures import ThreadPoolExecutor

import formats
import numpy as np
import pytest
from hostile import HERE, resized_container
from PIL import Image
from test_images import rgb_profile
from test_metadata import signed

from detector import apart, metadata
from detector.images import Limits, PictureError, load

# formats.scene() turned by EXIF 6, with a maker and a program in EXIF and XMP; Pillow-Heif, 4:4:4, quality 90.
HEIC = (HERE / "scene.heic").read_bytes()
BOMB = (HERE / "bomb.avif").read_bytes()
XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><a CreatorTool="Tool"/></x:xmpmeta>'


def avif(image=None, **options):
    return formats.encoded("AVIF", image or formats.scene(), quality=95, subsampling="4:4:4", **options)


def turned():
    exif = Image.Exif()
    exif.update({0x010F: "Maker", 0x0131: "Software", 0x0112: 6})
    return exif


def refusal(data, *limits):
    with pytest.raises(PictureError) as caught:
        load(data, *limits)
    assert str(caught.value).endswith(".") and "\n" not in str(caught.value)
    return str(caught.value)


def replaced(monkeypatch, tmp_path, code):
    """Lets `code` run in the process apart."""
    script = tmp_path / "other.py"
    script.write_text(code)
    monkeypatch.setattr(apart, "CHILD", script)


@pytest.mark.parametrize("kind, data", [("AVIF", avif(exif=turned())), ("HEIF", HEIC)])
def test_pixels_upright(kind, data):
    picture = load(data)
    expected = np.asarray(formats.scene().rotate(-90, expand=True)).astype(int)
    assert picture.pixels.shape == (48, 32, 3) and np.abs(picture.pixels - expected).mean() < 3
    facts = picture.facts
    assert (facts.format, facts.width, facts.height, facts.frames, facts.bytes) == (kind, 32, 48, 1, len(data))


def test_transparent_and_animated():
    clear = Image.new("RGBA", (40, 40), (255, 0, 0, 0))
    frames = load(avif(clear, save_all=True, append_images=[Image.new("RGBA", (40, 40), "blue")] * 2))
    assert frames.facts.frames == 3 and frames.pixels.min() > 250  # the first one, on white


def test_a_profile_is_applied():
    picture = load(avif(icc_profile=rgb_profile("swapped", r="g", g="r")))
    red, green, blue = np.moveaxis(np.asarray(formats.scene()).astype(int), 2, 0)
    assert picture.facts.icc == "swapped"
    assert np.abs(picture.pixels - np.stack([green, red, blue], -1)).mean() < 3


@pytest.mark.parametrize("data", [avif(exif=turned(), xmp=XMP), HEIC], ids=["AVIF", "HEIC"])
def test_notes(data):
    found = metadata.read(data)
    assert (found.exif.make, found.exif.software, found.xmp.creator_tool) == ("Maker", "Software", "Tool")
    assert found.unreadable == {} and found.credentials.state == "absent"


MIF1 = avif().replace(b"ftypavif", b"ftypmif1", 1)  # its first brand is that of both formats


@pytest.mark.parametrize(
    "data, kind",
    [(avif(), "image/avif"), (MIF1, "image/avif"), (HEIC, "image/heic")],
    ids=["AVIF", "AVIF by its second brand", "HEIC"],
)
def test_content_credentials(data, kind):
    pytest.importorskip("c2pa")
    whole = signed(data, kind)
    assert load(whole).pixels.shape == load(data).pixels.shape
    assert metadata.read(whole).credentials.state == "valid"


def test_many_at_once():
    sources = [avif(), HEIC] * 4
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda data: load(data).pixels.tobytes(), sources))
    assert len(set(found[::2])) == len(set(found[1::2])) == 1


# ---- what is refused


@pytest.mark.parametrize("data", [avif(), HEIC], ids=["AVIF", "HEIC"])
def test_cut_off(data):
    for share in (0.05, 0.3, 0.6, 0.9):
        assert "is damaged or cut off" in refusal(data[: int(len(data) * share)])
        metadata.read(data[: int(len(data) * share)])


@pytest.mark.parametrize("data", [avif(), HEIC], ids=["AVIF", "HEIC"])
def test_too_many_pixels(data):
    assert "more than the 0.001 megapixels allowed" in refusal(data, Limits(max_pixels=1000))


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere memory can't be bounded")
def test_a_size_that_lies():
    """20,000 × 10,000 pixels in a container that tells 64 × 64: decoding them takes 600 MB and more."""
    assert load(resized_container(avif(), 64)).pixels.shape == (64, 64, 3)  # a small lie is scaled away by libavif
    assert Image.open(io.BytesIO(BOMB)).size == (64, 64)
    assert "is damaged" in refusal(BOMB)


def test_what_takes_too_long(monkeypatch):
    monkeypatch.setattr(apart, "WAIT", 0.001)
    assert "takes more memory or time" in refusal(HEIC)


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_one_that_dies_takes_nothing_with_it(monkeypatch, tmp_path):
    replaced(monkeypatch, tmp_path, f"import os; os.kill(os.getpid(), {int(signal.SIGKILL)})")
    assert "takes more memory or time" in refusal(HEIC)


def test_a_fault_of_ours_is_not_blamed_on_memory(monkeypatch, tmp_path):
    replaced(monkeypatch, tmp_path, "raise OSError('no room for a process')")
    assert "no room for a process" in refusal(HEIC)


def test_without_the_package(monkeypatch, tmp_path):
    (tmp_path / "pi_heif.py").write_text("raise ModuleNotFoundError(name='pi-heif')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert refusal(HEIC) == "The picture needs the package pi-heif to be read; install it, or save the picture as JPEG."
    assert load(avif()).pixels.shape == (32, 48, 3)


def test_videos_are_no_pictures():
    assert refusal(b"\0\0\0\x18ftypisom").startswith("The picture is a video")
