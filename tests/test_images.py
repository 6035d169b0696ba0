"""Every picture enters through detector.images: exact colours, exact facts, and no error but PictureError."""

import dataclasses
import hashlib
import io
import json
import os
import pathlib
import random
import struct
import time
import zlib
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image, ImageCms

from detector.images import FRAME_CAP, Limits, PictureError, load

RED, GREEN, BLUE, WHITE, BLACK = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255), (0, 0, 0)
FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "TIFF", "GIF")
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))


def encode(image, format="PNG", **options):
    file = io.BytesIO()
    image.save(file, format, **options)
    return file.getvalue()


def scene(width=40, height=24):
    """A smooth picture, so that lossy formats come back close."""
    x, y = np.meshgrid(np.linspace(0, 255, width), np.linspace(0, 255, height))
    return Image.fromarray(np.stack([x, y, 255 - x], -1).astype(np.uint8))


def encoded(format):
    return encode(scene(), format, **({"lossless": True} if format == "WEBP" else {}))


def chunk(kind, data=b""):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width, height, depth, colour, rows, *extra):
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))
    body = chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND")
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(extra) + body


def pixel(picture, x=0, y=0):
    return tuple(int(v) for v in picture.pixels[y, x])


def error_of(source, *limits):
    with pytest.raises(PictureError) as caught:
        load(source, *limits)
    return str(caught.value)


# ---- colour profiles written by hand


def icc(space, tags, kind=b"mntr", pcs=b"XYZ "):
    """An ICC v2 profile of tag data blocks."""
    table, body, at = b"", b"", 128 + 4 + 12 * len(tags)
    for name, data in tags.items():
        data += b"\0" * (-len(data) % 4)
        table += name + struct.pack(">II", at + len(body), len(data))
        body += data
    head = struct.pack(">I4sI4s4s4s12s4s", at + len(body), b"\0" * 4, 0x02100000, kind, space, pcs, b"\0" * 12, b"acsp")
    head += b"\0" * 28 + struct.pack(">3i", 63190, 65536, 54061)
    return head.ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + body


def described(name):
    text = name.encode() + b"\0"
    return b"desc" + b"\0" * 4 + struct.pack(">I", len(text)) + text + b"\0" * 78


def xyz(*values):
    return b"XYZ " + b"\0" * 4 + struct.pack(">3i", *(round(v * 65536) for v in values))


def gamma(value):
    return b"curv" + b"\0" * 4 + struct.pack(">IH", 1, round(value * 256))


# The primaries of sRGB, adapted to D50.
PRIMARIES = {
    "r": (0.43607, 0.22249, 0.01392),
    "g": (0.38515, 0.71687, 0.09708),
    "b": (0.14307, 0.06061, 0.71410),
}


def rgb_profile(name, r="r", g="g", b="b", curve=2.2):
    tags = {b"desc": described(name), b"wtpt": xyz(0.9642, 1, 0.8249)}
    tags |= {f"{k}XYZ".encode(): xyz(*PRIMARIES[v]) for k, v in (("r", r), ("g", g), ("b", b))}
    return icc(b"RGB ", tags | {f"{k}TRC".encode(): gamma(curve) for k in "rgb"})


def cmyk_profile():
    """A press whose cyan ink is red and whose other inks are black: unlike any rule of thumb."""
    lab = {(0, 0, 0, 0): (255, 128, 128), (1, 0, 0, 0): (round(54.29 * 2.55), 128 + 81, 128 + 70)}
    inks = [(c, m, y, k) for c in (0, 1) for m in (0, 1) for y in (0, 1) for k in (0, 1)]
    grid = bytes(v for ink in inks for v in lab.get(ink, (0, 128, 128)))
    straight = bytes(range(256))
    matrix = struct.pack(">9i", *(65536 * v for v in (1, 0, 0, 0, 1, 0, 0, 0, 1)))
    lut = b"mft1" + b"\0" * 4 + bytes([4, 3, 2, 0]) + matrix + straight * 4 + grid + straight * 3
    tags = {b"desc": described("odd press"), b"wtpt": xyz(0.9642, 1, 0.8249), b"A2B0": lut}
    return icc(b"CMYK", tags, b"prtr", b"Lab ")


# ---- sources and facts


def test_every_source_gives_the_same_pixels(tmp_path):
    data, wanted = encoded("PNG"), np.asarray(scene())
    path = tmp_path / "a b.png"
    path.write_bytes(data)
    sources = [
        path,
        str(path),
        pathlib.PurePath(path),
        data,
        bytearray(data),
        memoryview(data),
    ]
    for source in [
        *sources,
        io.BytesIO(data),
        path.open("rb"),
        Image.open(path),
        scene(),
        wanted,
        wanted[:, ::-1][:, ::-1],
    ]:
        picture = load(source)
        assert np.array_equal(picture.pixels, wanted)
        assert picture.pixels.dtype == np.uint8 and picture.pixels.flags.c_contiguous
        assert not picture.pixels.flags.writeable
        assert (picture.facts.width, picture.facts.height) == (40, 24)


def test_facts_of_a_file(tmp_path):
    path = tmp_path / "face.jpg"
    tables = [[2] * 64, [3] * 32 + [4] * 32]
    scene().save(path, qtables=tables)
    facts = load(path).facts
    data = path.read_bytes()
    assert dataclasses.asdict(facts) == {
        "name": "face.jpg",
        "bytes": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
        "format": "JPEG",
        "mode": "RGB",
        "width": 40,
        "height": 24,
        "orientation": 1,
        "frames": 1,
        "icc": None,
        "quantisation": (2.0, 3.5),
    }
    assert json.loads(json.dumps(dataclasses.asdict(facts)))["quantisation"] == [2.0, 3.5]
    assert load(data).facts == dataclasses.replace(facts, name=None)
    with path.open("rb") as file:
        assert load(file).facts == facts


def test_facts_of_pixels():
    array = np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3)
    facts = load(array).facts
    assert facts == load(Image.fromarray(array)).facts
    assert (facts.name, facts.bytes, facts.format, facts.mode, facts.frames) == (None, None, None, "RGB", 1)
    assert facts.sha256 == hashlib.sha256(b"3x2\n" + array.tobytes()).hexdigest()


def test_the_caller_keeps_its_array():
    array = np.zeros((4, 4, 3), np.uint8)
    picture = load(array)
    array[:] = 9
    assert picture.pixels.max() == 0 and array.flags.writeable


@pytest.mark.parametrize("format", FORMATS)
def test_formats(format):
    picture = load(encoded(format))
    assert picture.facts.format == format and picture.facts.frames == 1
    assert bool(picture.facts.quantisation) == (format == "JPEG")
    far = np.abs(picture.pixels.astype(int) - np.asarray(scene())).max()
    assert far <= {"JPEG": 12, "GIF": 60}.get(format, 0)  # the others are lossless


# ---- orientation


@pytest.mark.parametrize("format", ["PNG", "TIFF", "WEBP", "JPEG"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation(format, orientation):
    upright = np.asarray(Image.fromarray(np.uint8([[0, 50, 100], [150, 200, 250]])).resize((48, 32), 0).convert("RGB"))
    # What a camera stores: the inverse of the turn its tag asks for (EXIF 2.3, tag 0x0112).
    stored = {
        1: upright,
        2: upright[:, ::-1],
        3: upright[::-1, ::-1],
        4: upright[::-1],
        5: upright.swapaxes(0, 1),
        6: np.rot90(upright, 1),
        7: np.rot90(upright, 2).swapaxes(0, 1),
        8: np.rot90(upright, -1),
    }[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encode(Image.fromarray(np.ascontiguousarray(stored)), format, exif=exif, quality=100, lossless=True)
    for source in (data, Image.open(io.BytesIO(data))):
        picture = load(source)
        assert np.abs(picture.pixels.astype(int) - upright).max() <= (3 if format == "JPEG" else 0)
        facts = picture.facts
        assert (facts.width, facts.height, facts.orientation) == (48, 32, orientation)


@pytest.mark.parametrize("value", [0, 9, 65535])
def test_absurd_orientation_is_none(value):
    exif = Image.Exif()
    exif[0x0112] = value
    picture = load(encode(scene(), exif=exif))
    assert picture.facts.orientation == 1 and np.array_equal(picture.pixels, scene())


@pytest.mark.parametrize("way", ["eXIf", "raw profile", "TIFF"])
def test_directories_that_point_to_the_same_bytes_again_and_again_cost_nothing(way):
    """2,000 entries of 1 MB each in a file of 1 MB: read one by one they would take minutes and gigabytes."""
    count, size = (4000, 200_000) if way == "raw profile" else (2000, 1_000_000)
    entries = b"".join(struct.pack("<HHII", 1000 + i, 7, size, 8) for i in range(count))
    block = b"II*\0\x08\0\0\0" + struct.pack("<H", count) + entries + bytes(4 + size)
    hexadecimal = zlib.compress(b"\nexif\n%8d\n" % len(block) + block.hex().encode())
    data = {
        "eXIf": lambda: png(8, 8, 8, 0, b"\0" * 72, chunk(b"eXIf", block)),
        "raw profile": lambda: png(8, 8, 8, 0, b"\0" * 72, chunk(b"zTXt", b"Raw profile type exif\0\0" + hexadecimal)),
        "TIFF": lambda: block,
    }[way]()
    began = time.process_time()
    if way == "TIFF":
        with pytest.raises(PictureError, match="again and again"):
            load(data)
    else:
        assert load(data).facts.orientation == 1
    assert time.process_time() - began < 2


@pytest.mark.filterwarnings("ignore")
def test_broken_exif_is_ignored():
    picture = load(encode(scene(), "JPEG", exif=b"Exif\0\0MM\0*\xff\xff\xff\xff" + b"\x01" * 30))
    assert picture.facts.orientation == 1 and picture.pixels.shape == (24, 40, 3)


# ---- modes


def test_alpha_over_white():
    colours, alphas = np.meshgrid(np.arange(256), np.arange(256))
    rgba = np.stack([colours, 255 - colours, colours // 2, alphas], -1).astype(np.uint8)
    wanted = np.floor((rgba[..., :3] * alphas[..., None] + 255.0 * (255 - alphas[..., None])) / 255 + 0.5)
    for source in (rgba, encode(Image.fromarray(rgba)), encode(Image.fromarray(rgba), "TIFF")):
        assert np.array_equal(load(source).pixels, wanted)
    grey = np.stack([colours, alphas], -1).astype(np.uint8)
    for source in (grey, encode(Image.fromarray(grey))):
        assert np.array_equal(load(source).pixels, wanted[..., :1].repeat(3, -1))


@pytest.mark.parametrize("format", ["PNG", "GIF"])
def test_palette_transparency(format):
    image = Image.fromarray(np.uint8([[0, 1, 2]]))
    image.putpalette([*RED, *GREEN, *BLUE])
    assert np.array_equal(load(encode(image, format)).pixels, [[RED, GREEN, BLUE]])
    assert np.array_equal(load(encode(image, format, transparency=1)).pixels, [[RED, WHITE, BLUE]])


def test_palette_with_many_alphas():
    image = Image.fromarray(np.uint8([[0, 1, 2]]))
    image.putpalette([*RED, *GREEN, *BLACK])
    assert np.array_equal(load(encode(image, transparency=bytes([255, 0, 51]))).pixels, [[RED, WHITE, (204,) * 3]])


def test_png_transparent_colour():
    assert np.array_equal(load(encode(Image.fromarray(np.uint8([[7, 8]])), transparency=8)).pixels[0], [[7] * 3, WHITE])
    rgb = Image.fromarray(np.uint8([[RED, BLUE]]))
    assert np.array_equal(load(encode(rgb, transparency=BLUE)).pixels, [[RED, WHITE]])
    deep = load(png(2, 1, 16, 0, b"\0" + struct.pack(">2H", 0, 515), chunk(b"tRNS", struct.pack(">H", 515))))
    assert np.array_equal(deep.pixels, [[BLACK, WHITE]])


def test_one_bit_and_grey():
    bits = np.array([[True, False, True]])
    for source in (bits, encode(Image.fromarray(bits)), encode(Image.fromarray(bits), "TIFF")):
        assert np.array_equal(load(source).pixels, [[WHITE, BLACK, WHITE]])
    assert load(encode(Image.fromarray(bits))).facts.mode == "1"
    grey = np.arange(256, dtype=np.uint8).reshape(16, 16)
    for source in (
        grey,
        grey[..., None],
        encode(Image.fromarray(grey)),
        encode(Image.fromarray(grey), "BMP"),
    ):
        assert np.array_equal(load(source).pixels, grey[..., None].repeat(3, -1))


def test_sixteen_bit_grey_is_scaled_not_clipped():
    ramp = np.arange(65536, dtype=np.uint16).reshape(256, 256)
    wanted = np.floor(ramp / 257 + 0.5)[..., None].repeat(3, -1)
    image = Image.fromarray(ramp)
    assert image.mode == "I;16"
    big = Image.frombytes("I;16B", image.size, ramp.astype(">u2").tobytes())
    sources = [ramp, ramp.astype(">u2"), image, big, Image.fromarray(ramp.astype(np.int32))]
    for source in [*sources, encode(image), encode(image, "TIFF"), encode(big, "TIFF")]:
        assert np.array_equal(load(source).pixels, wanted)
    assert load(encode(image)).facts.mode == "I;16"


def test_sixteen_bit_colour():
    rows = b"\0" + struct.pack(">6H", 65535, 0, 0x8080, 0x4040, 257, 0)
    assert np.array_equal(load(png(2, 1, 16, 2, rows)).pixels, [[(255, 0, 128), (64, 1, 0)]])
    assert np.array_equal(load(np.uint16([[[65535, 0, 0x8080]]])).pixels, [[(255, 0, 128)]])


@pytest.mark.parametrize("top", [1, 255, 65535])
def test_float_tiff(top):
    values = np.float32([[0, 0.2, 1]]) * top
    assert np.array_equal(load(encode(Image.fromarray(values), "TIFF")).pixels[0, :, 0], [0, 51, 255])


@pytest.mark.parametrize("bad", [np.nan, np.inf, -1.0, 1e9])
def test_float_tiff_out_of_range(bad):
    assert "save it as 8 or 16 bit" in error_of(encode(Image.fromarray(np.float32([[0, bad]])), "TIFF"))


def test_integers_beyond_sixteen_bits():
    assert "from 0 to 65536" in error_of(Image.fromarray(np.int32([[0, 65536]])))


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_float_arrays(dtype):
    assert np.array_equal(load(np.array([[[0, 0.5, 1.0005]]], dtype)).pixels, [[(0, 128, 255)]])


@pytest.mark.parametrize("format", ["JPEG", "TIFF"])
def test_cmyk(format):
    for ink, colour in (((0, 0, 0, 0), WHITE), ((0, 255, 255, 0), RED), ((0, 0, 0, 255), BLACK)):
        picture = load(encode(Image.new("CMYK", (16, 16), ink), format))
        assert picture.facts.mode == "CMYK" and pixel(picture) == colour


def test_lab_tiff():
    lab = ImageCms.buildTransform(SRGB, ImageCms.createProfile("LAB"), "RGB", "LAB")
    picture = load(encode(ImageCms.applyTransform(Image.new("RGB", (4, 4), (200, 60, 30)), lab), "TIFF"))
    assert picture.facts.mode == "LAB" and np.abs(picture.pixels[0, 0] - [200.0, 60, 30]).max() <= 3


# ---- colour profiles


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_swapped_profile_swaps_colours(format):
    image = Image.new("RGB", (16, 16), RED)
    picture = load(encode(image, format, icc_profile=rgb_profile("swapped", r="g", g="r"), quality=100, lossless=True))
    assert picture.facts.icc == "swapped"
    assert np.abs(np.subtract(pixel(picture), GREEN)).max() <= 3


def test_profile_curve():
    picture = load(encode(Image.new("RGB", (4, 4), (128,) * 3), icc_profile=rgb_profile("linear", curve=1)))
    linear = 128 / 255
    assert abs(pixel(picture)[0] - 255 * (1.055 * linear ** (1 / 2.4) - 0.055)) <= 1  # 188, by the sRGB formula


def test_profile_and_alpha():
    image = Image.new("RGBA", (4, 4), (*RED, 102))
    picture = load(encode(image, icc_profile=rgb_profile("swapped", r="g", g="r")))
    assert np.abs(np.subtract(pixel(picture), (153, 255, 153))).max() <= 2


def test_srgb_profile_changes_nothing():
    picture = load(encode(scene(), icc_profile=SRGB.tobytes()))
    assert np.array_equal(picture.pixels, scene()) and picture.facts.icc.startswith("sRGB")


def test_grey_profile():
    tags = {b"desc": described("linear grey"), b"wtpt": xyz(0.9642, 1, 0.8249), b"kTRC": gamma(1)}
    picture = load(encode(Image.new("L", (4, 4), 128), icc_profile=icc(b"GRAY", tags)))
    assert picture.facts.icc == "linear grey" and np.abs(np.subtract(pixel(picture), 188)).max() <= 1
    wrong = load(encode(Image.new("RGB", (4, 4), RED), icc_profile=icc(b"GRAY", tags)))
    assert wrong.facts.icc == "linear grey (ignored: a profile for GRAY)" and pixel(wrong) == RED
    of_rgb = load(encode(Image.new("L", (4, 4), 128), icc_profile=rgb_profile("linear", curve=1)))
    assert of_rgb.facts.icc == "linear" and abs(pixel(of_rgb)[0] - 188) <= 1


@pytest.mark.parametrize("format", ["JPEG", "TIFF"])
def test_cmyk_profile(format):
    for ink, colour in (((255, 0, 0, 0), RED), ((0, 0, 0, 0), WHITE), ((0, 255, 0, 0), BLACK)):
        picture = load(encode(Image.new("CMYK", (16, 16), ink), format, icc_profile=cmyk_profile()))
        assert picture.facts.icc == "odd press" and np.abs(np.subtract(pixel(picture), colour)).max() <= 6


@pytest.mark.parametrize("profile", [b"rubbish", SRGB.tobytes()[:200], b"\0" * 500])
def test_broken_profile_is_ignored(profile):
    picture = load(encode(scene(), icc_profile=profile))
    assert "ignored" in picture.facts.icc and np.array_equal(picture.pixels, scene())


# ---- several frames


@pytest.mark.parametrize("format", ["GIF", "WEBP", "PNG", "TIFF"])
def test_first_frame(format):
    first, *rest = (Image.new("RGB", (8, 8), colour) for colour in (RED, GREEN, BLUE))
    picture = load(encode(first, format, save_all=True, append_images=rest, lossless=True))
    assert picture.facts.frames == 3 and (picture.pixels == RED).all()


def test_mpo():
    data = encode(
        Image.new("RGB", (16, 16), RED),
        "MPO",
        save_all=True,
        append_images=[Image.new("RGB", (16, 16), BLUE)],
    )
    picture = load(data)
    assert (picture.facts.format, picture.facts.frames, pixel(picture)) == ("MPO", 2, (254, 0, 0))


@pytest.mark.parametrize("format", ["GIF", "TIFF"])
def test_frames_are_counted_up_to_a_cap(format):
    frames = [Image.new("L", (2, 2), i) for i in range(FRAME_CAP + 20)]
    assert load(encode(frames[0], format, save_all=True, append_images=frames[1:])).facts.frames == FRAME_CAP


def test_gif_that_does_not_end():
    data = encode(Image.new("L", (2, 2)), "GIF")[:-1] + b"!\xfe" + b"\x01x" * 5_000_000
    start = time.perf_counter()
    assert load(data).facts.frames == 1
    assert time.perf_counter() - start < 1


# ---- limits


def test_bytes_are_checked_before_reading(tmp_path, monkeypatch):
    path = tmp_path / "huge.png"
    with path.open("wb") as file:
        file.truncate(10**11)  # a hole, it takes no room
    monkeypatch.setattr("builtins.open", lambda *_args, **_options: pytest.fail("opened"))
    assert error_of(path) == '"huge.png" is larger than the 25 MB allowed; save it smaller.'


def test_byte_limit_is_exact():
    data = encoded("PNG")
    for source in (data, io.BytesIO(data)):
        assert load(source, Limits(max_bytes=len(data))).facts.bytes == len(data)
        if source is not data:
            source.seek(0)
        assert "larger than" in error_of(source, Limits(max_bytes=len(data) - 1))


def test_endless_stream():
    class Zeros(io.RawIOBase):
        given = 0

        def read(self, size=-1):
            self.given += 7
            return bytes(7)

    zeros = Zeros()
    assert "larger than" in error_of(zeros, Limits(max_bytes=1000)) and zeros.given <= 1007


def test_pixel_limit_is_exact():
    for source in (encoded("PNG"), scene(), np.asarray(scene())):
        assert load(source, Limits(max_pixels=960)).pixels.shape == (24, 40, 3)
        assert "has 40×24 pixels, more than the 0.000959 megapixels" in error_of(source, Limits(max_pixels=959))


@pytest.mark.parametrize("width, height", [(100_000, 100_000), (2**31 - 1, 2**31 - 1), (50_000_001, 1), (0, 5)])
def test_bomb_header(width, height):
    start = time.perf_counter()
    message = error_of(png(width, height, 8, 2, bytes(100)))
    assert ("megapixels" in message or width == 0) and time.perf_counter() - start < 0.2


def test_limit_above_that_of_pil(monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    for format in ("JPEG", "PNG", "WEBP", "BMP", "GIF"):
        assert load(encoded(format)).pixels.shape == (24, 40, 3)


@pytest.mark.parametrize(
    "data",
    [
        png(1, 1, 8, 0, b"\0\0", *[chunk(b"tEXt", b"a\0b")] * 100_000),
        png(1, 1, 8, 0, b"\0\0", *[chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(3_000_000)))] * 3),
        b"GIF89a\1\0\1\0\0\0\0!\xfe" + (b"\xff" + b"x" * 255) * 80_000,
        b"\xff\xd8" + b"\xff\xe1\0\2" * 1_000_000,
    ],
    ids=["png chunks", "png text", "gif comment", "jpeg markers"],
)
def test_files_of_a_million_pieces(data):
    start = time.perf_counter()
    assert "is damaged or cut off" in error_of(data)
    assert time.perf_counter() - start < 2


def test_jpeg_of_a_thousand_scans():
    data = encode(Image.new("L", (2000, 2000)), "JPEG", progressive=True)
    last = data.rindex(b"\xff\xda")
    message = error_of(data[:-2] + data[last:-2] * 1000 + data[-2:])
    assert "scans" in message


# ---- what is refused, and in which words


def test_messages(tmp_path):
    (tmp_path / "empty.jpg").touch()
    (tmp_path / "note.txt").write_text("hello")
    os.mkfifo(tmp_path / "pipe")
    for name, words in {
        "none.jpg": "does not exist",
        "empty.jpg": "is empty (0 bytes)",
        "note.txt": "is not a picture in a known format; save it as JPEG",
        "pipe": "is not an ordinary file",
        "x" * 300: "cannot be read",
        "a\0b": "cannot be read",
    }.items():
        message = error_of(tmp_path / name)
        assert message.startswith(f'"{name}" {words}'), message
    assert error_of(tmp_path).endswith("is a folder; choose a picture inside it.")
    for odd in (None, 3, [1], object()):
        assert "cannot be a" in error_of(odd)
    assert "opened as text" in error_of(io.StringIO("hello"))
    closed = io.BytesIO(b"x")
    closed.close()
    assert "cannot be read" in error_of(closed)


def test_no_permission(tmp_path, monkeypatch):
    path = tmp_path / "mine.png"
    path.write_bytes(encoded("PNG"))

    def refuse(*_args, **_options):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("builtins.open", refuse)  # a chmod would not stop root
    assert error_of(path) == '"mine.png" may not be read; change its permissions.'


def test_a_name_that_is_not_utf8(tmp_path):
    path = os.path.join(os.fsencode(tmp_path), b"\xff.png")
    try:
        with open(path, "wb") as file:
            file.write(encoded("PNG"))
    except OSError:
        pytest.skip("this file system takes only UTF-8 names")
    assert load(pathlib.Path(os.fsdecode(path))).facts.name == "?.png"


@pytest.mark.parametrize(
    "data, what",
    [
        (b"\0\0\0\x18ftypisom", "a video"),
        (b"%PDF-1.4", "a PDF document"),
        (b'<?xml version="1.0"?>\n<svg>', "an SVG drawing"),
        (b" <!DOCTYPE html>", "a web page"),
        (b"8BPS\0\1", "a Photoshop (PSD) file"),
        (b"version https://git-lfs.github.com/spec/v1", "a Git LFS pointer"),
        (b"%!PS-Adobe-3.0 EPSF-3.0", "a PostScript file"),
    ],
)
def test_other_formats_are_named(data, what):
    assert error_of(data).startswith(f"The picture is {what}")


@pytest.mark.parametrize(
    "array, words",
    [
        (np.zeros(5, np.uint8), "shape (5,)"),
        (np.zeros((2, 2, 5), np.uint8), "shape (2, 2, 5)"),
        (np.zeros((1, 2, 2, 3), np.uint8), "shape (1, 2, 2, 3)"),
        (np.zeros((0, 5, 3), np.uint8), "is empty (5×0 pixels)"),
        (np.zeros((2, 2), np.int64), "array of int64"),
        (np.zeros((2, 2), object), "array of object"),
        (np.full((2, 2), np.nan), "without NaN"),
        (np.full((2, 2, 3), 255.0), "from 255 to 255; scale it to 0..1"),
        (np.full((2, 2), -0.5), "from -0.5"),
    ],
)
def test_arrays_that_are_refused(array, words):
    assert words in error_of(array)


# ---- damage


def attempt(data):
    """The pixels, or None for a PictureError; anything else fails the test."""
    try:
        return load(data).pixels
    except PictureError as error:
        assert 20 < len(str(error)) < 300
        return None


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", [*FORMATS, "LZW", "progressive", "JPEG in EXIF"])
def test_truncation(kind):
    """Cut anywhere, a file is either refused or whole: half a face must never pass for a picture."""
    exif = Image.Exif()
    exif[0x010E] = "x" * 500
    data = {
        "LZW": lambda: encode(scene(), "TIFF", compression="tiff_lzw"),
        "progressive": lambda: encode(scene(), "JPEG", progressive=True),
        "JPEG in EXIF": lambda: encode(scene(), "JPEG", exif=exif, icc_profile=SRGB.tobytes()),
    }.get(kind, lambda: encoded(kind))()
    whole = load(data).pixels
    step = max(1, len(data) // 400)
    for length in {*range(0, len(data), step), *range(len(data) - 40, len(data))}:
        pixels = attempt(data[:length])
        assert pixels is None or np.array_equal(pixels, whole), length
    assert attempt(data[: len(data) // 2]) is None


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("format", FORMATS)
def test_flipped_bits(format):
    random_ = random.Random(7)
    data = encode(
        scene(),
        format,
        **({} if format in ("GIF", "BMP") else {"icc_profile": rgb_profile("linear", curve=1)}),
    )
    for _ in range(150):
        broken = bytearray(data)
        for _ in range(random_.randint(1, 4)):
            broken[random_.randrange(min(len(data), random_.choice((64, 10**9))))] ^= 1 << random_.randrange(8)
        pixels = attempt(bytes(broken))
        assert pixels is None or (pixels.dtype == np.uint8 and pixels.shape[2] == 3)


@pytest.mark.filterwarnings("ignore")
def test_random_bytes():
    random_ = random.Random(11)
    starts = (
        b"",
        b"\xff\xd8\xff",
        b"\x89PNG\r\n\x1a\n",
        b"GIF89a",
        b"BM",
        b"II*\0\x08\0\0\0",
        b"RIFF\x40\0\0\0WEBPVP8 ",
    )
    for start in starts:
        for _ in range(60):
            assert attempt(start + random_.randbytes(random_.randrange(300))) is None


def test_threads_agree():
    sources = [encoded(format) for format in FORMATS]
    sources.append(encode(scene(), icc_profile=rgb_profile("swapped", r="g", g="r")))
    alone = [load(source) for source in sources]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(load, sources * 20))
    for i, picture in enumerate(together):
        wanted = alone[i % len(sources)]
        assert picture.facts == wanted.facts and np.array_equal(picture.pixels, wanted.pixels)


@pytest.mark.parametrize("quality", [20, 50, 75, 87, 95])
def test_jpeg_quality_from_the_quantisation(quality):
    file = io.BytesIO()
    Image.new("RGB", (16, 16)).save(file, "JPEG", quality=quality)
    assert load(file.getvalue()).facts.quality == pytest.approx(quality, abs=1)
    assert load(np.zeros((8, 8, 3), np.uint8)).facts.quality is None
