"""The page under attack over plain HTTP: nonsense for every handler, overlong requests, files of the server."""

import contextlib
import socket
import time
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from browser import serving

from benchmarks import fuzz_page

WEB = httpx.Client(timeout=120)
FILE = {"_type": "gradio.FileData"}


@pytest.fixture(scope="module")
def served(tiny_checkpoint, tmp_path_factory):
    """With a Review tab, and with uploads of 200 kB at most: requests may then have 1.4 MB."""
    folder = tmp_path_factory.mktemp("attack")
    uploads = folder / "uploads"
    uploads.mkdir()
    options = ("--reviews", folder / "reviews.sqlite", "--max-mb", "0.2")
    with serving(tiny_checkpoint, folder, *options, environment={"GRADIO_TEMP_DIR": str(uploads)}) as (address, _):
        yield address, uploads


def held(folder):
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def test_nonsense_for_every_handler(served):
    address, _ = served
    count = len(fuzz_page.handlers(WEB.get(f"{address}/config").json()))
    ends, wrong = fuzz_page.attack(address, count, seed=1)
    assert wrong == [] and ends.total() == count > 40


def test_no_handler_reads_a_file_of_the_server(served, tmp_path):
    """Every input of every handler is given a path of the server; none of the secret comes back."""
    address, _ = served
    secret = tmp_path / "secret.jpg"
    secret.write_text("img_name,target\nthe-secret-word.jpg,1\n")
    config = WEB.get(f"{address}/config").json()
    kinds = {one["id"]: one["type"] for one in config["components"]}
    tried = 0
    with httpx.Client(base_url=address, timeout=60) as web:
        for one in config["dependencies"]:
            files = [kinds[number] for number in one["inputs"]]
            if not one["backend_fn"] or not {"image", "file", "picturefile", "batchfiles", "reviewfiles"} & set(files):
                continue
            given = {"path": str(secret), "orig_name": "a.jpg", "meta": FILE}
            for data in ([given] * len(files), [[given]] * len(files)):
                said = fuzz_page.call(web, one["id"], data)
                assert "secret-word" not in said and "Traceback" not in said
                tried += 1
    assert tried > 8


@pytest.mark.parametrize("path", ["queue/join", "run/predict", "call/scan"])
def test_overlong_requests_are_refused_unread(served, path):
    """Only the head of a request of 10 GB is sent: the answer comes all the same."""
    address = urlsplit(served[0])
    with socket.create_connection((address.hostname, address.port), timeout=10) as web:
        head = f"POST /gradio_api/{path} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
        web.sendall(f"{head}Content-Length: 10000000000\r\n\r\n".encode() + b'{"data":')
        began = time.monotonic()
        answer = ""
        while "allowed" not in answer and (piece := web.recv(4096)):
            answer += piece.decode()
    assert " 413 " in answer.splitlines()[0] and "1.4 MB allowed" in answer
    assert time.monotonic() - began < 5


def test_a_request_that_tells_no_length_is_cut_off(served):
    sent = 0

    def endless():
        nonlocal sent
        for _ in range(2000):
            sent += 65_536
            yield b" " * 65_536

    with contextlib.suppress(httpx.HTTPError):  # the connection may be closed under it
        assert WEB.post(f"{served[0]}/gradio_api/queue/join", content=endless()).status_code >= 400
    assert sent < 60_000_000
    assert WEB.get(f"{served[0]}/config").status_code == 200


def test_an_upload_that_is_too_large_leaves_nothing(served):
    address, uploads = served
    before = held(uploads)
    answer = WEB.post(f"{address}/gradio_api/upload", files={"files": ("a.jpg", bytes(20_000_000))})
    assert answer.status_code == 413 and "200000 bytes" in answer.text
    assert held(uploads) - before < 400_000


@pytest.mark.parametrize(
    "body", [b"", b"{", b"null", b"[" * 100_000, b'{"data":' * 50_000, b'{"data":"\xff"}', b"1" * 9999]
)
def test_json_that_is_none(served, body):
    address, _ = served
    answer = WEB.post(f"{address}/gradio_api/queue/join", content=body, headers={"content-type": "application/json"})
    assert answer.status_code >= 400 and not fuzz_page.LEAK.search(answer.text)
    assert str(Path(__file__).parents[1]) not in answer.text
    assert WEB.get(f"{address}/config").status_code == 200
