"""A stranger's ZIP: pictures come out as numbered files, and whatever is wrong is refused with its reason."""

import io
import stat
import struct
import zipfile

import pytest

from detector.archive import ArchiveLimits, Member, Refusal, extract

LIMITS = ArchiveLimits(members=20, member_bytes=50_000, total_bytes=100_000, ratio=100)
NOISE = bytes(i * i * 7919 >> 8 & 255 for i in range(9000))  # hardly packs


@pytest.fixture
def folder(tmp_path):
    """The place to unpack to, one level below what a traversal would reach."""
    place = tmp_path / "inside" / "unpacked"
    place.mkdir(parents=True)
    return place


def packed(tmp_path, *members, method=zipfile.ZIP_DEFLATED):
    """`members`: (name or ZipInfo, bytes)."""
    path = tmp_path / "sent.zip"
    with zipfile.ZipFile(path, "w", method) as file:
        for name, data in members:
            file.writestr(name, data)
    return path


def refusals(members):
    return {member.name: member.refusal for member in members}


def test_names_never_become_paths(tmp_path, folder):
    names = ["../../evil.jpg", "/etc/evil.png", "a\\..\\..\\b.jpg", "deep/er/c.JPG", "plain", "x.jpg/../../y.webp"]
    path = packed(tmp_path, *((name, name.encode()) for name in names))
    members, ignored = extract(path, "sent.zip", folder, LIMITS)
    assert ignored == 0 and [member.name for member in members] == names
    assert [member.path.name for member in members] == [
        *("0000.jpg", "0001.png", "0002.jpg", "0003.jpg", "0004", "0005.webp")
    ]
    assert [member.path.read_bytes().decode() for member in members] == names
    everything = {file for file in tmp_path.rglob("*") if file.is_file()}
    assert everything == {path, *(member.path for member in members)}
    assert all(member.path.parent == folder for member in members)


def test_equal_names_are_two_pictures(tmp_path, folder):
    with pytest.warns(UserWarning, match="Duplicate"):
        path = packed(tmp_path, ("a.jpg", b"one"), ("a.jpg", b"two"))
    members, _ = extract(path, "sent.zip", folder, LIMITS)
    assert [(member.name, member.path.read_bytes()) for member in members] == [("a.jpg", b"one"), ("a.jpg", b"two")]


def test_what_is_no_picture_is_counted_and_hidden_files_too(tmp_path, folder):
    names = ("notes.txt", "__MACOSX/._a.jpg", ".DS_Store", "run.exe", "a.jpg", "__MACOSX/._b.zip")
    path = packed(tmp_path, ("pictures/", b""), *((name, b"x") for name in names))
    members, ignored = extract(path, "sent.zip", folder, LIMITS)
    assert [member.name for member in members] == ["a.jpg"] and ignored == 5


def test_bombs(tmp_path, folder):
    limits = ArchiveLimits(member_bytes=50_000, total_bytes=10**9, ratio=100)
    path = packed(tmp_path, ("dense.jpg", bytes(40_000)), ("large.jpg", NOISE * 6), ("fine.jpg", NOISE))
    members, _ = extract(path, "sent.zip", folder, limits)
    # 40,000 zeros pack into some 60 bytes: six times more than the ratio allows
    assert refusals(members) == {"dense.jpg": Refusal.DENSE, "large.jpg": Refusal.LARGE, "fine.jpg": None}
    assert [file.read_bytes() for file in folder.iterdir()] == [NOISE]


def test_all_together_are_bounded_and_the_rest_is_listed(tmp_path, folder):
    path = packed(tmp_path, *((f"{i}.jpg", NOISE * 3) for i in range(5)), method=zipfile.ZIP_STORED)  # 27,000 bytes
    members, _ = extract(path, "sent.zip", folder, LIMITS)
    assert [member.refusal for member in members] == [None] * 3 + [Refusal.TOTAL] * 2
    assert sum(file.stat().st_size for file in folder.iterdir()) == 81_000 <= LIMITS.total_bytes


def test_bytes_of_refused_members_count_too(tmp_path, folder):
    """Else two thousand members, each refused at the last byte, would cost two thousand times the limit."""
    limits = ArchiveLimits(member_bytes=20_000, total_bytes=100_000, ratio=10_000)
    path = packed(tmp_path, *((f"{i}.jpg", bytes(90_000)) for i in range(4)))
    members, _ = extract(path, "sent.zip", folder, limits)
    # 64 KiB are unpacked before the first is refused; the second then passes what is left
    assert members[0].refusal == Refusal.LARGE
    assert [member.refusal for member in members[2:]] == [Refusal.TOTAL] * 2


def test_a_header_that_lies_about_the_size_gains_nothing(tmp_path, folder):
    path = packed(tmp_path, ("liar.jpg", bytes(1_000_000)))
    data = path.read_bytes()
    honest, lie = struct.pack("<L", 1_000_000), struct.pack("<L", 10)
    assert data.count(honest) == 2  # beside the member, and in the table of contents
    path.write_bytes(data.replace(honest, lie))
    members, _ = extract(path, "sent.zip", folder, LIMITS)
    assert members == [Member("liar.jpg", None, Refusal.DAMAGED)] and not list(folder.iterdir())


def test_archives_links_and_devices_in_the_archive(tmp_path, folder):
    link, pipe = zipfile.ZipInfo("link.jpg"), zipfile.ZipInfo("pipe.jpg")
    link.external_attr, pipe.external_attr = (stat.S_IFLNK | 0o777) << 16, (stat.S_IFIFO | 0o644) << 16
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as file:
        file.writestr("a.jpg", b"x")
    path = packed(tmp_path, (link, "/etc/passwd"), (pipe, b""), ("inner.ZIP", inner.getvalue()), ("ok.jpg", b"x"))
    members, _ = extract(path, "sent.zip", folder, LIMITS)
    assert refusals(members) == {
        "link.jpg": Refusal.LINK,
        "pipe.jpg": Refusal.LINK,
        "inner.ZIP": Refusal.NESTED,
        "ok.jpg": None,
    }
    assert len(list(folder.iterdir())) == 1


def test_encrypted_and_rarely_packed(tmp_path, folder):
    path = packed(tmp_path, ("secret.jpg", b"x"))
    data = bytearray(path.read_bytes())
    for start, flags in ((data.index(b"PK\x03\x04"), 6), (data.index(b"PK\x01\x02"), 8)):
        data[start + flags] |= 1
    path.write_bytes(data)
    assert refusals(extract(path, "sent.zip", folder, LIMITS)[0]) == {"secret.jpg": Refusal.ENCRYPTED}
    path = packed(tmp_path, ("rare.jpg", b"x"), method=zipfile.ZIP_LZMA)
    assert refusals(extract(path, "sent.zip", folder, LIMITS)[0]) == {"rare.jpg": Refusal.METHOD}


def test_damage_costs_one_member_or_the_archive(tmp_path, folder):
    path = packed(tmp_path, ("bad.jpg", NOISE), ("good.jpg", b"good"), method=zipfile.ZIP_STORED)
    data = path.read_bytes()
    path.write_bytes(data.replace(NOISE, NOISE[::-1]))  # its checksum is wrong now
    assert refusals(extract(path, "sent.zip", folder, LIMITS)[0]) == {"bad.jpg": Refusal.DAMAGED, "good.jpg": None}
    for content in (b"", b"no archive", data[: len(data) // 2]):
        path.write_bytes(content)
        assert extract(path, "sent.zip", folder, LIMITS) == ([Member("sent.zip", None, Refusal.DAMAGED)], 0)


def test_too_many_members_are_refused_before_the_archive_is_opened(tmp_path, folder, monkeypatch):
    path = packed(tmp_path, *((f"{i}.txt", b"") for i in range(21)))
    monkeypatch.setattr("detector.archive.zipfile.ZipFile", None)
    assert extract(path, "sent.zip", folder, LIMITS) == ([Member("sent.zip", None, Refusal.CROWDED)], 0)
