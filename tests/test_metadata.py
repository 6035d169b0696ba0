"""What a file says about itself, read from made files; whatever the bytes are, reading never raises."""

import datetime
import html
import io
import json
import random
import re
import struct
import sys
import time
import zlib
from functools import lru_cache

import numpy as np
import pytest
from PIL import ExifTags, Image, JpegPresets, PngImagePlugin

from detector import images
from detector.metadata import credentials, jpeg, plain, read
from detector.page.file_facts import file_facts
from detector.page.texts import en as texts

HOSTILE = '<img src=x onerror="alert(1)">\x00\x1b\u202e & "more"'
SAFE = '<img src=x onerror="alert(1)"> & "more"'
GENERATED = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"


def scene(width=160, height=120):
    x, y = np.meshgrid(np.linspace(0, 255, width), np.linspace(0, 255, height))
    return Image.fromarray(np.stack([x, y, 128 + 100 * np.sin(x / 9)], -1).astype(np.uint8))


def encode(image, format="JPEG", **options):
    file = io.BytesIO()
    image.save(file, format, **options)
    return file.getvalue()


def exif_block(fields=None, inner=None, place=None, thumbnail=None):
    """An EXIF block as PIL writes it, and behind it a second directory with a thumbnail."""
    exif = Image.Exif()
    exif.update(fields or {})
    exif.get_ifd(ExifTags.IFD.Exif).update(inner or {})
    exif.get_ifd(ExifTags.IFD.GPSInfo).update(place or {})
    block = bytearray(exif.tobytes())
    if thumbnail:
        tiff, order = memoryview(block)[6:], "<" if block[6:8] == b"II" else ">"
        last = 10 + 12 * struct.unpack_from(order + "H", tiff, 8)[0]
        at = len(tiff) + len(tiff) % 2
        struct.pack_into(order + "I", tiff, last, at)
        tiff.release()
        block += b"\0" * (at + 6 - len(block))
        entries = ((0x0201, at + 30), (0x0202, len(thumbnail)))
        block += struct.pack(order + "H", 2)
        block += b"".join(struct.pack(order + "HHII", tag, 4, 1, value) for tag, value in entries) + b"\0" * 4
        block += thumbnail
    return bytes(block)


def xmp(body):
    names = "".join(f' xmlns:{name}="urn:{name}"' for name in ("x", "rdf", "xmp", "xmpMM", "stEvt", "ext", "dc", "ps"))
    return f"<x:xmpmeta{names}><rdf:RDF><rdf:Description {body}</rdf:Description></rdf:RDF></x:xmpmeta>".encode()


def png(texts=(), **options):
    info = PngImagePlugin.PngInfo()
    for key, value in dict(texts).items():
        info.add_itxt(key, value, zip=len(value) > 1000)
    return encode(scene(), "PNG", pnginfo=info, **options)


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


# ---- EXIF and XMP


def test_exif():
    block = exif_block(
        {0x010F: "ACME", 0x0110: "Zoom 3", 0x0131: "F__to 2.1", 0x0132: "2024:05:06 07:08:09", 0x0112: 6},
        {0x9003: "2024:01:02 03:04:05", 0x9004: "2024:01:02 03:04:06", 0xA434: "50 mm f/1.8"},
    ).replace(b"F__to", "Föto".encode())  # PIL writes ASCII alone
    for data in (encode(scene(), exif=block), encode(scene(), "PNG", exif=block), encode(scene(), "WEBP", exif=block)):
        found = read(data).exif
        assert (found.make, found.model, found.lens, found.software) == ("ACME", "Zoom 3", "50 mm f/1.8", "Föto 2.1")
        assert (found.original, found.digitised) == ("2024:01:02 03:04:05", "2024:01:02 03:04:06")
        assert (found.modified, found.orientation, found.gps) == ("2024:05:06 07:08:09", 6, False)


def test_exif_of_a_tiff():
    assert read(encode(scene(), "TIFF", tiffinfo={271: "ACME"})).exif.make == "ACME"


def test_a_place_is_named_but_never_told():
    place = {1: "N", 2: (48.0, 51.0, 29.6171), 3: "E", 4: (2.0, 17.0, 40.2023), 29: "2024:01:02"}
    metadata = read(encode(scene(), exif=exif_block({0x010F: "ACME"}, place=place)))
    assert metadata.exif.gps
    said = json.dumps(metadata.to_dict()) + file_facts(texts, metadata, np.asarray(scene()))
    assert texts.GPS_SAID[True] in said
    assert "29.6" not in said and "40.2" not in said and "48" not in re.sub(r"data:image/\S+", "", said)
    version_alone = exif_block({0x010F: "ACME"}, place={0: b"\2\3\0\0"})  # what many cameras write without a place
    assert not read(encode(scene(), exif=version_alone)).exif.gps


def test_no_metadata():
    metadata = read(encode(scene(), "PNG"))
    assert (metadata.exif, metadata.xmp, metadata.jpeg, metadata.thumbnail) == (None,) * 4
    assert metadata.credentials.state == "absent" and metadata.signs == () and metadata.unreadable == {}
    page = file_facts(texts, metadata, np.asarray(scene()))
    assert "their absence proves nothing" in page and page.count(texts.NOT_THERE) == 4 and page.count("<figure>") == 3


def test_xmp():
    packet = xmp(
        'xmp:CreatorTool="Editor &amp; Co 9" ext:DigitalSourceType="http://x/digitalCapture"><xmpMM:History><rdf:Seq>'
        '<rdf:li stEvt:softwareAgent="Camera Raw"/><rdf:li stEvt:softwareAgent="Editor 9"/>'
        "<rdf:li><stEvt:softwareAgent>Editor &amp; 9</stEvt:softwareAgent></rdf:li>"
        '<rdf:li stEvt:softwareAgent="Camera Raw"/></rdf:Seq></xmpMM:History><ps:Credit>Me</ps:Credit>'
    )
    text = PngImagePlugin.PngInfo()
    text.add_itxt("XML:com.adobe.xmp", packet.decode())
    ways = ({"format": "JPEG", "xmp": packet}, {"format": "WEBP", "xmp": packet}, {"format": "PNG", "pnginfo": text})
    for way in ways:
        found = read(encode(scene(), **way)).xmp
        assert (found.creator_tool, found.credit, found.source) == ("Editor & Co 9", "Me", "http://x/digitalCapture")
        assert found.history == ("Camera Raw", "Editor 9", "Editor & 9") and found.remote_credentials is None


def test_values_are_short_plain_lines():
    assert plain.text(HOSTILE) == SAFE
    assert plain.text("a\n\t b\u200b") == "a b" and plain.text(" \0\n") is None and plain.text(None) is None
    assert plain.text("x" * 300) == "x" * 300 and plain.text("x" * 301) == "x" * 299 + "…"
    assert plain.text(" " * 5000 + "x") is None and len(plain.text("x" + " " * 5000 + "y")) == 2
    assert plain.text("Ã¶") == "ö" and plain.text(b"\xff") == "ÿ"
    assert plain.reason(ValueError()) == "ValueError"


def test_markup_is_escaped_on_the_page():
    block = exif_block({0x010F: HOSTILE, 0x0131: "Midjourney " + HOSTILE})
    packet = xmp(f'xmp:CreatorTool="{html.escape("Midjourney " + SAFE)}" ext:CreatorTool="x">')
    metadata = read(encode(scene(), exif=block, xmp=packet, comment=f"Job ID: 01234567-0123-{SAFE}".encode()))
    assert metadata.exif.make.startswith('<img src=x onerror="alert(1)">')
    assert metadata.xmp.creator_tool == "Midjourney " + SAFE and len(metadata.signs) == 3
    page = file_facts(texts, metadata, np.asarray(scene()))
    assert page.count("&lt;img src=x onerror=&quot;alert(1)&quot;&gt;") == 6 and "<img src=x" not in page


# ---- JPEG


def test_every_quality_of_libjpeg_is_told():
    image = Image.new("RGB", (8, 8), (200, 30, 90))
    for quality in range(1, 101):
        found = read(encode(image, quality=quality)).jpeg
        assert (found.quality, found.standard, found.software) == (quality, True, jpeg.LIBJPEG)
    assert read(encode(image.convert("L"), quality=63)).jpeg.quality == 63


def test_other_tables():
    image = scene()
    tables = [np.clip(table * 3 // 10, 1, 255).tolist() for table in (jpeg.LUMA, jpeg.CHROMA)]
    tables[0][5] += 1
    own = encode(image, qtables=tables)
    found = read(own).jpeg
    assert (found.quality, found.standard, found.software) == (85, False, None)
    adobe = own[:2] + b"\xff\xee\0\x0eAdobe\0\x64\0\0\0\0\1" + own[2:]
    assert read(adobe).jpeg.software == jpeg.ADOBE
    swapped = [jpeg.LUMA.tolist(), jpeg.LUMA.tolist()]  # the colour's table is not the one that belongs to it
    assert not read(encode(image, qtables=swapped)).jpeg.standard
    for name in JpegPresets.presets:
        assert read(encode(image, quality=name)).jpeg.software == jpeg.PHOTOSHOP, name


def test_subsampling_and_order():
    for name in ("4:4:4", "4:2:2", "4:2:0"):
        found = read(encode(scene(), subsampling=name)).jpeg
        assert (found.subsampling, found.progressive) == (name, False)
    assert read(encode(scene(), progressive=True)).jpeg.progressive
    assert read(encode(scene().convert("L"))).jpeg.subsampling == "grey"


# ---- the thumbnail


def with_thumbnail(picture, small, **options):
    return read(encode(picture, exif=exif_block({0x010F: "ACME"}, thumbnail=encode(small, **options)), quality=90))


def test_thumbnail_of_the_same_picture():
    picture = scene(1200, 900)
    for small in (picture.resize((160, 120), Image.Resampling.LANCZOS), picture.resize((160, 120))):
        found = with_thumbnail(picture, small, quality=60).thumbnail
        assert (found.width, found.height) == (160, 120) and not found.differs
        assert found.stretch == 0 and found.mean < 3 and found.place < 8


def test_thumbnail_with_the_black_bars_of_a_camera():
    picture, framed = scene(1200, 800), Image.new("RGB", (160, 120))
    framed.paste(picture.resize((160, 107)), (0, 6))
    found = with_thumbnail(picture, framed).thumbnail
    assert not found.differs and found.stretch < 0.01


def test_thumbnail_that_differs():
    picture = scene(1200, 900)
    small = picture.resize((160, 120))
    patched = small.copy()
    patched.paste(Image.new("RGB", (40, 40), "white"), (20, 30))  # a face's worth of it
    found = with_thumbnail(picture, patched).thumbnail
    assert found.differs and found.place > 100 and found.mean < 15 and found.stretch == 0
    assert with_thumbnail(picture, Image.eval(small, lambda value: value // 2)).thumbnail.mean > 30
    cropped = with_thumbnail(picture, picture.crop((0, 0, 1200, 600)).resize((160, 80))).thumbnail
    assert cropped.differs and cropped.stretch == pytest.approx(0.5, abs=0.01)
    metadata = with_thumbnail(picture, patched)
    assert metadata.to_dict()["thumbnail"]["differs"] is True
    assert "160×120 px; differs from the picture" in file_facts(texts, metadata, np.asarray(picture))


def test_thumbnail_elsewhere_and_broken():
    block = exif_block({0x010F: "ACME"}, thumbnail=encode(scene(16, 12)))
    assert read(encode(scene(), "PNG", exif=block)).thumbnail.differs is None
    broken = read(encode(scene(), exif=exif_block({0x010F: "ACME"}, thumbnail=b"\xff\xd8\xff\xe0 nothing")))
    assert broken.thumbnail is None and "thumbnail" in broken.unreadable and broken.exif.make == "ACME"
    assert "could not be read: " in file_facts(texts, broken, np.asarray(scene()))


# ---- content credentials


@lru_cache(maxsize=1)
def certificates():
    """A root and a signer made out to "Test Newsroom": chain, signer's key and root, all PEM."""
    x509 = pytest.importorskip("cryptography.x509")
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    now = datetime.datetime.now(datetime.UTC)
    uses = ["digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement"]
    uses += ["key_cert_sign", "crl_sign", "encipher_only", "decipher_only"]
    root, signer = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))

    def certificate(key, who, authority):
        organisation = x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, "Test Newsroom")
        common = (x509.NameAttribute(x509.NameOID.COMMON_NAME, called) for called in (who, "Root"))
        name, above = (x509.Name([called, organisation]) for called in common)
        allowed = {"key_cert_sign", "crl_sign"} if authority else {"digital_signature"}
        public = key.public_key()
        built = x509.CertificateBuilder(above, name, public, x509.random_serial_number())
        built = built.not_valid_before(now - datetime.timedelta(1)).not_valid_after(now + datetime.timedelta(1))
        built = built.add_extension(x509.BasicConstraints(authority, None), True)
        built = built.add_extension(x509.KeyUsage(**{use: use in allowed for use in uses}), True)
        built = built.add_extension(x509.SubjectKeyIdentifier.from_public_key(public), False)
        above_key = x509.AuthorityKeyIdentifier.from_issuer_public_key(root.public_key())
        built = built.add_extension(above_key, False)
        if not authority:
            built = built.add_extension(x509.ExtendedKeyUsage([x509.ExtendedKeyUsageOID.EMAIL_PROTECTION]), False)
        return built.sign(root, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    plain_key = (serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    private = signer.private_bytes(serialization.Encoding.PEM, *plain_key)
    top = certificate(root, "Root", True)
    return certificate(signer, "Signer", False) + top, private, top


def signed(data, kind="image/jpeg", address=None):
    c2pa = pytest.importorskip("c2pa")
    chain, key, _ = certificates()
    made = {"action": "c2pa.created", "digitalSourceType": GENERATED}
    manifest = {
        "claim_generator_info": [{"name": "Paint <b>Machine</b>", "version": "1.2"}],
        "assertions": [{"label": "c2pa.actions", "data": {"actions": [made]}}],
    }
    signer = c2pa.Signer.from_info(c2pa.C2paSignerInfo(b"es256", chain, key, None))
    target = io.BytesIO()
    with c2pa.Builder(manifest) as builder:
        if address:
            builder.set_no_embed()
            builder.set_remote_url(address)
        builder.sign(signer, kind, io.BytesIO(data), target)
    return target.getvalue()


@pytest.mark.parametrize(("format", "kind"), [("JPEG", "image/jpeg"), ("PNG", "image/png")])
def test_signed(format, kind):
    metadata = read(signed(encode(scene(), format), kind))
    found = metadata.credentials
    assert (found.state, found.issuer, found.generator) == ("valid", "Test Newsroom", "Paint <b>Machine</b> 1.2")
    assert (found.sources, found.problems) == (("trainedAlgorithmicMedia",), ())
    page = file_facts(texts, metadata, np.asarray(scene()))
    assert "Paint &lt;b&gt;Machine&lt;/b&gt; 1.2" in page and "made by a trained model (AI)" in page
    assert "Who signed is not confirmed" in page


def test_changed_after_signing():
    data = bytearray(signed(encode(scene())))
    data[-200] ^= 1
    metadata = read(bytes(data))
    assert metadata.credentials.state == "altered" and metadata.credentials.issuer == "Test Newsroom"
    assert any("dataHash.mismatch" in problem for problem in metadata.credentials.problems)
    assert "NOT valid: the file was changed after it was signed" in file_facts(texts, metadata, np.asarray(scene()))


def test_a_signer_on_the_list_is_trusted(monkeypatch):
    data = signed(encode(scene()))
    trusting = credentials.SETTINGS | {"trust": {"trust_anchors": certificates()[2].decode()}}
    monkeypatch.setattr(credentials, "SETTINGS", trusting)
    assert read(data).credentials.state == "trusted"


def test_credentials_elsewhere_are_not_fetched():
    metadata = read(signed(encode(scene()), address="http://127.0.0.1:9/store.c2pa"))
    assert metadata.credentials.state == "elsewhere" and metadata.unreadable == {}
    assert metadata.xmp.remote_credentials == "http://127.0.0.1:9/store.c2pa"


def test_cut_credentials_are_a_stated_fact():
    data = signed(encode(scene()))
    at = data.index(b"c2pa")
    metadata = read(data[: at + 40] + bytes(200) + data[at + 240 :])
    assert metadata.credentials is None and metadata.unreadable["credentials"]


def test_without_the_library(monkeypatch):
    data = signed(encode(scene()))
    monkeypatch.setitem(sys.modules, "c2pa", None)
    assert read(encode(scene())).credentials.state == "absent"  # without loading anything
    metadata = read(data)
    assert (metadata.credentials.state, metadata.unreadable) == ("unchecked", {})
    assert "c2pa-python is not installed" in file_facts(texts, metadata, np.asarray(scene()))


# ---- generators

PROMPT = "a portrait\nNegative prompt: hands\nSteps: 20, Sampler: Euler a, CFG scale: 7, Seed: 1, Size: 512x512"
GRAPH = json.dumps({"3": {"class_type": "KSampler", "inputs": {"seed": 5}}})


@pytest.mark.parametrize(
    ("data", "tool"),
    [
        (lambda: png({"parameters": PROMPT}), "Stable Diffusion (web UI)"),
        (lambda: encode(scene(), exif=exif_block(inner={0x9286: b"UNICODE\0" + PROMPT.encode("utf-16-be")})), "web UI"),
        (lambda: encode(scene(), exif=exif_block(inner={0x9286: b"UNICODE\0" + PROMPT.encode("utf-16-le")})), "web UI"),
        (lambda: encode(scene(), exif=exif_block(inner={0x9286: b"ASCII\0\0\0" + PROMPT.encode()})), "web UI"),
        (lambda: encode(scene(), comment=PROMPT.encode()), "web UI"),
        (lambda: png({"prompt": GRAPH}), "ComfyUI"),
        (lambda: png({"workflow": '{"last_node_id": 9, "nodes": []}' + " " * 5000}), "ComfyUI"),
        (lambda: png({"invokeai_metadata": "{}x"}), "InvokeAI"),
        (lambda: png({"Software": "NovelAI"}), "NovelAI"),
        (lambda: png({"Description": "a cat --v 6 Job ID: 0a1b2c3d-aaaa-bbbb-cccc-0123456789ab"}), "Midjourney"),
        (lambda: encode(scene(), exif=exif_block({0x0131: "DALL-E 3"})), "DALL·E"),
        (lambda: encode(scene(), xmp=xmp('xmp:CreatorTool="Adobe Firefly 1.0">')), "Adobe Firefly"),
        (lambda: encode(scene(), xmp=xmp('ps:Credit="Made with Google AI">')), "Google AI"),
        (lambda: encode(scene(), xmp=xmp(f'ext:DigitalSourceType="{GENERATED}">')), "a trained model"),
        (
            lambda: encode(scene(), xmp=xmp('ext:DigitalSourceType="x/compositeWithTrainedAlgorithmicMedia">')),
            "parts by",
        ),
    ],
)
def test_generators(data, tool):
    signs = read(data()).signs
    assert len(signs) == 1 and tool in signs[0].tool and 0 < len(signs[0].quote) <= 300


def test_a_sign_says_where_and_quotes():
    (sign,) = read(png({"parameters": "x" * 5000 + " " + PROMPT})).signs
    assert sign.place == "text parameters" and sign.quote.startswith("Steps: 20, Sampler: Euler a")
    (sign,) = read(png({"parameters": PROMPT + "y" * 900})).signs
    assert sign.quote.startswith("a portrait Negative prompt") and len(sign.quote) == 300


def test_people_s_words_are_no_signs():
    block = exif_block({0x010F: "ACME", 0x0131: "GIMP 2.10", 0x010E: "At the Midjourney office. Next steps: 3"})
    packet = xmp('xmp:CreatorTool="Adobe Photoshop 25"><dc:description>DALL-E and ComfyUI explained</dc:description>')
    assert read(encode(scene(), exif=block, xmp=packet, comment=b"my prompt")).signs == ()
    assert read(png({"prompt": "hello", "Title": "workflow"})).signs == ()


# ---- hostile files


def check(metadata):
    """Whatever was read is short and can be written as JSON and as a page."""
    said = json.dumps(metadata.to_dict())
    assert len(said) < 20_000
    assert all(len(reason) <= 120 for reason in metadata.unreadable.values())


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("format", ["JPEG", "PNG"])
def test_damage_never_raises(format):
    block = exif_block(
        {0x010F: "ACME", 0x0131: "Tool"}, {0x9003: "2024:01:02 03:04:05"}, {2: (1.0, 2.0, 3.0)}, encode(scene(16, 12))
    )
    packet = xmp('xmp:CreatorTool="Tool"><ps:Credit>Me</ps:Credit>')
    info = PngImagePlugin.PngInfo()
    info.add_itxt("XML:com.adobe.xmp", packet.decode())
    info.add_text("parameters", PROMPT, zip=True)
    options = {"xmp": packet, "comment": b"hi"} if format == "JPEG" else {"pnginfo": info}
    data = encode(scene(32, 24), format, exif=block, **options)
    whole = read(data)
    assert whole.exif and whole.xmp and whole.thumbnail and not whole.unreadable
    chance = random.Random(4)
    stated = 0
    for _ in range(500):
        broken = bytearray(data)
        for _ in range(chance.randint(1, 8)):
            broken[chance.randrange(len(data))] = chance.randrange(256)
        metadata = read(bytes(broken[: chance.randrange(len(data))] if chance.random() < 0.3 else broken))
        check(metadata)
        stated += bool(metadata.unreadable)
    assert stated > 20


def test_damaged_credentials_never_raise():
    data = signed(encode(scene(32, 24)))
    first, last = data.index(b"c2pa") - 30, data.index(b"\xff\xdb")
    chance = random.Random(5)
    states = set()
    for _ in range(100):
        broken = bytearray(data)
        for _ in range(chance.randint(1, 4)):
            broken[chance.randrange(first, last)] ^= 1 << chance.randrange(8)
        metadata = read(bytes(broken))
        check(metadata)
        states.add(metadata.credentials and metadata.credentials.state)
    assert None in states and not states & {"trusted"}


@pytest.mark.filterwarnings("ignore")  # PIL's, of a TIFF that ends too early
def test_no_picture_at_all():
    chance = random.Random(6)
    for data in (b"", b"GIF", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"%PDF", b"II*\0", b"RIFF\0\0\0\0WEBP"):
        for tail in (b"", chance.randbytes(200)):
            metadata = read(data + tail)
            check(metadata)
            assert metadata.exif is None and metadata.signs == ()
    page = file_facts(texts, read(b"nonsense"), np.asarray(scene()))
    assert "could not be read: " in page and page.count(texts.NOT_THERE) == 1  # the credentials alone were looked for


def exif_bomb():
    """3,000 entries that all point to the same half megabyte: 1.5 GB once it is read."""
    entries = b"".join(struct.pack("<HHII", 1000 + i, 7, 500_000, 8) for i in range(3000))
    return b"II*\0\x08\0\0\0" + struct.pack("<H", 3000) + entries + bytes(500_000)


def png_with(kind, *bodies):
    whole = png()
    return whole[:33] + b"".join(chunk(kind, body) for body in bodies) + whole[33:]


@pytest.mark.parametrize(
    ("data", "part"),
    [
        (lambda: png_with(b"eXIf", exif_bomb()), "exif"),
        (lambda: png_with(b"zTXt", *[b"parameters\0\0" + zlib.compress(bytes(20_000_000))] * 100), None),
        (lambda: png_with(b"tEXt", *[b"a\0b"] * 150_000), "file"),
        (lambda: png_with(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + b"<a>" * 80_000), "xmp"),
        (lambda: encode(scene(), xmp=b'<!DOCTYPE a [<!ENTITY b "ccc">]><a>&b;</a>'), "xmp"),
        (lambda: png_with(b"tEXt", b"parameters\0" + b"steps: 1, " * 26_000), None),
        (lambda: b"\xff\xd8" + b"\xff\xe1\0\2" * 500_000, "file"),
        (lambda: encode(scene()) + b"c2pa" * 100_000, None),
    ],
    ids=["exif", "text", "chunks", "deep xmp", "entities", "slow pattern", "markers", "c2pa"],
)
def test_bombs(data, part):
    data = data()
    start = time.thread_time()
    metadata = read(data)
    assert time.thread_time() - start < 2
    check(metadata)
    assert part is None or part in metadata.unreadable


# ---- the way in and out


def test_pictures_keep_their_bytes(tmp_path):
    data = encode(scene())
    path = tmp_path / "a.jpg"
    path.write_bytes(data)
    assert images.load(path).data == images.load(data).data == images.load(io.BytesIO(data)).data == data
    assert images.load(scene()).data is None and images.load(np.asarray(scene())).data is None


def test_a_picture_without_a_file():
    page = file_facts(texts, None, np.asarray(scene()))
    assert texts.NO_FILE in page and "<table" not in page and page.count("<figure>") == 3
