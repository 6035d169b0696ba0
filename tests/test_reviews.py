"""The file of reviews: who gets which picture, what survives, and what verify finds."""

import contextlib
import csv
import io
import json
import os
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from PIL import Image

from detector import review_export
from detector.cli import main
from detector.data import read_labels
from detector.images import PictureError
from detector.review_log import FIRST, Decision, Entry, ModelView, Phase, hashed, reviews
from detector.reviews import ReviewError, Reviews, reviewer_name
from detector.verdict import Answer

A, M, U = Decision.AUTHENTIC, Decision.MANIPULATED, Decision.UNSURE
MODEL = ModelView(Answer.MANIPULATED, 0.91, "c" * 64)


class Clock:
    """Unix time in seconds that stands still until it is moved."""

    now = 1_700_000_000.0  # 2023-11-14 22:13:20 UTC

    def __call__(self):
        return self.now


def png(shade):
    file = io.BytesIO()
    Image.new("RGB", (8, 8), (shade, 0, 0)).save(file, "PNG")
    return file.getvalue()


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def store(tmp_path, clock):
    """Three pictures, two reviewers each."""
    made = Reviews(tmp_path / "reviews.db", clock=clock)
    for shade in range(3):
        assert made.add(png(shade), f"{shade}.png")
    return made


def review(store, who, blind, final=None, note=""):
    held = store.claim(who)
    store.decide(held.token, Phase.BLIND, blind, ["hair"], note)
    store.shown(held.token, MODEL)
    store.decide(held.token, Phase.FINAL, final or blind, ["hair"], note)
    return held.picture


@contextlib.contextmanager
def opened(store):
    with contextlib.closing(sqlite3.connect(store.path)) as db, db:
        yield db


# ---- the queue


def test_add(store):
    assert not store.add(png(1), "another name.png")
    assert [picture.name for picture in store.pictures()] == ["0.png", "1.png", "2.png"]
    assert store.data(store.pictures()[2].sha256) == png(2)
    with pytest.raises(PictureError, match="known format"):
        store.add(b"no picture", "x.png")
    assert store.queue().total == 3


def test_nobody_gets_a_picture_that_someone_holds(store):
    given = [store.claim(f"reviewer {number}") for number in range(3)]
    assert len({held.picture for held in given}) == 3
    assert store.claim("one too many") is None
    assert (store.queue().waiting, store.queue().held) == (0, 3)
    store.release(given[1].token)
    assert store.claim("one too many").picture == given[1].picture


def test_a_lease_ends_and_is_renewed_by_activity(store, clock):
    first = store.claim("ann")
    clock.now += 599
    assert store.resume(first.token).picture == first.picture  # and holds it for another 600 s
    clock.now += 599
    assert store.claim("bob").picture != first.picture
    clock.now += 2
    assert store.claim("cai").picture == first.picture
    assert store.resume(first.token) is None
    with pytest.raises(ReviewError, match="no longer yours"):
        store.decide(first.token, Phase.BLIND, A)
    assert store.entries() == []


def test_a_late_decision_counts_while_nobody_else_took_the_picture(store, clock):
    held = store.claim("ann")
    clock.now += 3600
    assert store.decide(held.token, Phase.BLIND, A).seconds == 3600


def test_two_reviewers_a_picture_and_never_the_same_twice(store):
    for who in ("ann", "bob"):
        assert len({review(store, who, A) for _ in range(3)}) == 3
        assert store.claim(who) is None
    assert store.claim(" ANN ") is None  # the same person
    assert store.claim("cai") is None and store.queue().done == 3


def test_leaving_after_the_blind_decision(store, clock):
    held = store.claim("ann")
    store.decide(held.token, Phase.BLIND, M)
    store.shown(held.token, MODEL)
    clock.now += 601
    assert held.picture not in {store.claim("ann").picture, store.claim("ann").picture}
    [one] = reviews(store.entries())
    assert (one.decision, one.final, one.model) == (M, None, MODEL)


@pytest.mark.parametrize("start", ["threads", "processes"])
def test_rivals_never_hold_the_same_picture(tmp_path, start):
    path = tmp_path / "reviews.db"
    store = Reviews(path, reviewers=1)
    for shade in range(24):
        store.add(png(shade), f"{shade}.png")
    if start == "threads":
        given = []

        def take(who):
            given.extend(iter(lambda: (held := store.claim(who)) and held.picture, None))

        rivals = [threading.Thread(target=take, args=(f"r{number}",)) for number in range(4)]
        for rival in rivals:
            rival.start()
        for rival in rivals:
            rival.join()
    else:
        code = (
            "import sys; from detector.reviews import Reviews; store = Reviews(sys.argv[1], reviewers=1)\n"
            "while held := store.claim(sys.argv[2]): print(held.picture)"
        )
        rivals = [
            subprocess.Popen([sys.executable, "-c", code, path, f"r{number}"], stdout=subprocess.PIPE, text=True)
            for number in range(2)
        ]
        given = [line for rival in rivals for line in rival.communicate(timeout=60)[0].split()]
    assert len(given) == 24 and len(set(given)) == 24


# ---- decisions


def test_what_is_logged(store, clock):
    held = store.claim("Ann  Lee")
    clock.now += 12.34
    store.decide(held.token, Phase.BLIND, M, ["hair", "face_edge"], " blurred <b>rim</b>\n")
    clock.now += 1
    store.shown(held.token, MODEL)
    clock.now += 4
    store.decide(held.token, Phase.FINAL, U, [], "")
    blind, shown, final = store.entries()
    assert (blind.id, blind.time, blind.reviewer) == (1, "2023-11-14T22:13:32.340+00:00", "ann lee")
    assert (blind.phase, blind.decision, blind.seconds, blind.model) == (Phase.BLIND, M, 12.3, None)
    assert (blind.artifacts, blind.note) == (("face_edge", "hair"), "blurred <b>rim</b>")
    assert (shown.phase, shown.decision, shown.model) == (Phase.SHOWN, None, MODEL)
    assert (final.phase, final.decision, final.seconds, final.picture) == (Phase.FINAL, U, 5.0, held.picture)
    assert blind.previous == FIRST and shown.previous == hashed(blind.to_json())
    assert store.resume(held.token) is None


def test_order_and_values_are_kept(store):
    held = store.claim("ann")
    with pytest.raises(ReviewError, match="the blind decision is due"):
        store.shown(held.token, MODEL)
    with pytest.raises(ReviewError, match="the blind decision is due"):
        store.decide(held.token, Phase.FINAL, A)
    with pytest.raises(ReviewError, match="no longer yours"):
        store.decide("guessed", Phase.BLIND, A)
    with pytest.raises(ReviewError, match="unknown artifact 'fake'"):
        store.decide(held.token, Phase.BLIND, A, ["fake"])
    with pytest.raises(ReviewError, match="2001 characters"):
        store.decide(held.token, Phase.BLIND, A, note="x" * 2001)
    with pytest.raises(ValueError, match="perhaps"):
        store.decide(held.token, Phase.BLIND, "perhaps")
    assert store.entries() == []
    store.decide(held.token, Phase.BLIND, A)
    with pytest.raises(ReviewError, match="the final decision is due"):  # a second click
        store.decide(held.token, Phase.BLIND, M)
    assert [entry.decision for entry in store.entries()] == [A]


@pytest.mark.parametrize("name", ["", "  ", "x" * 65, "a\x00b"])
def test_a_reviewer_needs_a_name(name):
    with pytest.raises(ReviewError, match="needs a name"):
        reviewer_name(name)


# ---- survives


LIVES = """
import os, signal, sys
from detector.review_log import Phase
from detector.reviews import Reviews

def work(number, acknowledged):
    while True:
        held, number = store.claim(f"r{number}"), number + 1
        for phase, decision in ((Phase.BLIND, "authentic"), (Phase.FINAL, "manipulated")):
            entry = store.decide(held.token, phase, decision)
            os.write(acknowledged, b"%08d" % entry.id)

store, last = Reviews(sys.argv[1], reviewers=10**9, lease=0), 0
for life in range(25):
    read, write = os.pipe()
    child = os.fork()
    if not child:
        work(1000 * life, write)
    os.close(write)
    for _ in range(3 + life % 4):  # so that the kill falls between two decisions, or into the next one
        last = int(os.read(read, 8))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    while more := os.read(read, 8):  # acknowledged before the kill came
        last = int(more)
    os.close(read)
    found = store.verify()
    assert found.holds and found.count >= last, (found, last)
print(last, found.count)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this test forks")
def test_kill_loses_nothing_that_was_acknowledged(tmp_path):
    path = tmp_path / "reviews.db"
    Reviews(path).add(png(0), "0.png")
    done = subprocess.run([sys.executable, "-c", LIVES, path], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    acknowledged, logged = map(int, done.stdout.split())
    assert 25 * 3 <= acknowledged <= logged == Reviews(path).verify().count


# ---- the chain


def tampered(store, *statements):
    with opened(store) as db:
        for trigger in ("log_keeps", "log_stays", "log_grows"):
            db.execute(f"DROP TRIGGER {trigger}")
        for statement in statements:
            db.execute(statement)
    return store.verify()


def test_the_chain_holds(store):
    for who in ("ann", "bob"):
        review(store, who, A)
    found = store.verify()
    assert found.holds and found.count == 6 and found.head == hashed(store.entries()[-1].to_json())
    second = store.entries()[2].previous
    assert store.verify(second).since == 4 and store.verify(found.head).since == 0


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE log SET hash = ''",
        "DELETE FROM log WHERE id = 3",
        "INSERT OR REPLACE INTO log (id, entry, hash) VALUES (3, '{}', '')",
    ],
)
def test_the_log_refuses_to_be_changed(store, statement):
    review(store, "ann", A)
    with pytest.raises(sqlite3.DatabaseError, match="append-only"), opened(store) as db:
        db.execute(statement)
    assert store.verify().holds


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("UPDATE log SET entry = replace(entry, 'authentic', 'unsure') WHERE id = 3", "entry 3 was changed"),
        ("DELETE FROM log WHERE id = 4", "entry 4 is missing"),
        ("DELETE FROM log WHERE id > 4", "entries 5 to 6 were cut off"),
        ("UPDATE log SET entry = '[]' WHERE id = 2", "entry 2 was changed"),
        ("UPDATE pictures SET data = x'00' WHERE name = '0.png'", "was changed"),
        ("DELETE FROM pictures WHERE name = '0.png'", "the picture of entry 1 is missing"),
    ],
)
def test_tampering_is_found(store, statement, says):
    for who in ("ann", "bob"):
        review(store, who, A)
    found = tampered(store, statement)
    assert not found.holds and says in found.problem


def test_a_changed_entry_with_a_new_hash_breaks_the_next(store):
    review(store, "ann", A)
    first = store.entries()[0]
    forged = Entry(**{**vars(first), "decision": M}).to_json()
    found = tampered(store, f"UPDATE log SET entry = '{forged}', hash = '{hashed(forged)}' WHERE id = 1")
    assert "entry 2 does not follow entry 1" in found.problem and found.count == 1


def test_a_log_written_anew_shows_only_against_a_hash_noted_elsewhere(store):
    review(store, "ann", A)
    noted = store.verify().head
    last = store.entries()[-1]
    forged = Entry(**{**vars(last), "decision": M}).to_json()
    statement = f"UPDATE log SET entry = '{forged}', hash = '{hashed(forged)}' WHERE id = 3"
    assert tampered(store, statement).holds
    assert f"no entry has the expected hash {noted}" in store.verify(noted).problem


# ---- files that are something else


def test_no_database(tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("no database " * 100)
    with pytest.raises(ReviewError, match=r"notes\.txt holds no reviews"):
        Reviews(path)
    assert path.read_text() == "no database " * 100


def test_another_programs_database(tmp_path):
    path = tmp_path / "other.db"
    with contextlib.closing(sqlite3.connect(path)) as db, db:
        db.execute("CREATE TABLE log (x)")
    before = path.read_bytes()
    with pytest.raises(ReviewError, match="another program's database"):
        Reviews(path)
    assert path.read_bytes() == before


def test_another_version(store):
    with opened(store) as db:
        db.execute("PRAGMA user_version = 2")
    with pytest.raises(ReviewError, match="version 2, and this program reads version 1"):
        Reviews(store.path)


def test_no_such_place(tmp_path):
    with pytest.raises(ReviewError, match="unable to open"):
        Reviews(tmp_path / "none" / "reviews.db")
    with pytest.raises(ReviewError, match="there are no reviews at"):
        Reviews(tmp_path / "reviews.db", create=False)
    assert not (tmp_path / "reviews.db").exists()


# ---- export


def test_csv_and_json(store):
    review(store, "=ann", M, A, note='=HYPERLINK("http://x")')
    [row] = csv.DictReader(io.StringIO(review_export.as_csv(store)))
    assert row["reviewer"] == "'=ann" and row["note"] == '\'=HYPERLINK("http://x")' and row["img_name"] == "0.png"
    assert (row["blind"], row["final"], row["artifacts"]) == ("manipulated", "authentic", "hair")
    assert (row["model_answer"], row["model_probability"]) == ("manipulated", "0.91")
    written = json.loads(review_export.as_json(store))
    assert written["head"] == store.verify().head
    assert [entry["phase"] for entry in written["log"]] == ["blind", "shown", "final"]
    assert written["log"][0]["note"] == '=HYPERLINK("http://x")'  # JSON is no spreadsheet


def test_labels_are_the_majority_of_final_decisions(tmp_path, clock):
    store = Reviews(tmp_path / "reviews.db", reviewers=3, clock=clock)
    for shade in range(6):
        store.add(png(shade), f"../{shade}.png")
    votes = {"ann": [A, M, A, U, A], "bob": [A, M, M, U, M], "cai": [M, M, U, A]}
    for who, decisions in votes.items():
        for decision in decisions:
            review(store, who, A if decision == M else M, decision)
    done = review_export.write_labels(store, tmp_path / "out")
    assert (done.real, done.fake, done.left_out) == (1, 1, 4)
    listed = read_labels(tmp_path / "out" / "labels.csv")  # as train.py reads it
    assert [(one.path.read_bytes(), one.target) for one in listed] == [(png(0), 0), (png(1), 1)]
    with (tmp_path / "out" / "left_out.csv").open(newline="") as file:
        reasons = [row["reason"] for row in csv.DictReader(file)]
    assert reasons == [
        "no majority: authentic 1, manipulated 1, unsure 1",
        "the majority is unsure: authentic 1, unsure 2",
        "no majority: authentic 1, manipulated 1",
        "nobody reviewed it",
    ]
    with pytest.raises(ReviewError, match="not empty"):
        review_export.write_labels(store, tmp_path / "out")


# ---- the commands


def test_commands(tmp_path, capsys):
    pictures, file = tmp_path / "pictures", str(tmp_path / "reviews.db")
    pictures.mkdir()
    for shade in range(2):
        (pictures / f"{shade}.png").write_bytes(png(shade))
    (pictures / "bad.png").write_bytes(b"?")
    assert main(["reviews", "add", file, str(pictures)]) == 1
    output = capsys.readouterr()
    assert output.out == f"2 added, 0 there already, 1 unreadable → {file}\n" and '"bad.png"' in output.err
    store = Reviews(file)
    review(store, "ann", A, M)
    review(store, "bob", A, A)
    assert main(["reviews", "verify", file]) == 0
    head = store.verify().head
    assert capsys.readouterr().out.startswith(f"6 entries hold; the last hash is {head}\n")
    assert main(["reviews", "verify", file, "--expect", head]) == 0
    assert "0 entries came after it" in capsys.readouterr().out
    (tmp_path / "truth.csv").write_text("img_name,target\n0.png,0\n1.png,1\n")
    options = ["--truth", str(tmp_path / "truth.csv"), "--images", str(pictures)]
    assert main(["reviews", "agreement", file, *options]) == 0
    said = capsys.readouterr().out
    assert "contradicted by the model, then changed to its answer: 1 of 2 (50%" in said
    assert "given up for a wrong model (over-reliance): 1 of 2" in said
    out = [str(tmp_path / name) for name in ("log.csv", "log.json", "labels")]
    assert main(["reviews", "export", file, "--csv", out[0], "--json", out[1], "--labels", out[2]]) == 0
    assert "0 real, 0 fake, 2 left out" in capsys.readouterr().out
    assert all(Path(name).exists() for name in out)
    assert main(["reviews", "export", file, "--csv", out[0]]) == 2
    assert "exists; give another name" in capsys.readouterr().err
    assert main(["reviews", "export", file]) == 2
    assert main(["reviews", "verify", str(tmp_path / "none.db")]) == 2
    capsys.readouterr()
    tampered(store, "UPDATE log SET entry = replace(entry, 'ann', 'eve') WHERE id = 1")
    assert main(["reviews", "verify", file]) == 1
    assert "does not hold: entry 1 was changed" in capsys.readouterr().out
    assert main(["reviews", "export", file, "--labels", str(tmp_path / "more")]) == 2
    assert "does not hold" in capsys.readouterr().err and not (tmp_path / "more").exists()
