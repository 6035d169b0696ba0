"""A real browser on the page in a process of its own, for the tests that meet it as a visitor does.

Without playwright and chromium these tests are skipped; REQUIRE_BROWSER=1 makes that a failure.
"""

import contextlib
import functools
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from PIL import Image

DEMO = Path(__file__).parents[1] / "demo.py"
# A browser of the system, or playwright's own where there is none.
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
QUIET = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
    *("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"),  # a webcam that shows a test picture
]
UPLOAD = "#picture input[type=file]"


@pytest.fixture(scope="module")
def browser():
    try:
        from playwright.sync_api import Error, sync_playwright
    except ImportError as error:
        return missing(f"playwright is not installed ({error})")
    with sync_playwright() as playwright:
        try:
            chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        except Error as error:
            return missing(f"chromium does not start ({str(error).splitlines()[0]})")
        yield chromium
        chromium.close()


def missing(reason):
    if os.environ.get("REQUIRE_BROWSER") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


@contextlib.contextmanager
def serving(checkpoint, folder, *options, environment=None):
    """demo.py in a process of its own, as a visitor's server runs it; gives its address and its process."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    log = folder / "log"
    command = [sys.executable, DEMO, "--port", str(port), "--checkpoint", checkpoint, "--device", "cpu", *options]
    variables = {**os.environ, "PYTHONFAULTHANDLER": "1", **(environment or {})}
    started = dict(stdout=log.open("w"), stderr=subprocess.STDOUT, env=variables)
    with started["stdout"], subprocess.Popen(command, **started) as process:
        try:
            for _ in range(1500):
                if process.poll() is not None or "Running on local URL" in log.read_text():
                    break
                time.sleep(0.2)
            assert "Running on local URL" in log.read_text(), log.read_text()
            yield f"http://127.0.0.1:{port}", process
        finally:
            end(process, log)


def end(process, log):
    """Asks the page to stop; one that does not is made to say where it hangs, and fails the test."""
    process.terminate()
    try:
        process.wait(60)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGABRT)  # the fault handler writes every thread's stack into the log
        try:
            process.wait(10)
        finally:
            process.kill()
        pytest.fail(f"the page did not stop when asked to:\n{log.read_text()}")


@pytest.fixture(scope="module")
def address(tiny_checkpoint, tmp_path_factory):
    with serving(tiny_checkpoint, tmp_path_factory.mktemp("demo")) as (address, _):
        yield address


@pytest.fixture(scope="module")
def pictures(tmp_path_factory, collins, hopper):
    folder = tmp_path_factory.mktemp("pictures")
    with Image.open(collins) as left, Image.open(hopper) as right:
        both = Image.new("RGB", (1024, 512))
        both.paste(left.resize((512, 512)), (0, 0))
        both.paste(right.resize((437, 512)), (512, 0))
    both.save(folder / "two.jpg", quality=90)
    (folder / "text.jpg").write_text("no picture")
    (folder / "empty.jpg").write_bytes(b"")
    (folder / "notes.pdf").write_bytes(b"%PDF-1.4")
    (folder / "large.jpg").write_bytes(collins.read_bytes() + bytes(25_000_000))
    # < and > are gradio's to strip; what it leaves must still appear as text
    (folder / "<img src=x onerror=alert(1)>&amp;.jpg").write_bytes(collins.read_bytes()[:300])
    return folder


@contextlib.contextmanager
def visiting(browser, address):
    """A fresh visit that may talk to this machine alone; fails if it tries another, or opens a dialog."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.set_default_timeout(30_000)
    # By default it looks once a frame, and a page that chromium holds to be hidden has none.
    page.wait_for_function = functools.partial(page.wait_for_function, polling=50)
    forbidden = []
    page.on("dialog", lambda dialog: (forbidden.append(dialog.message), dialog.dismiss()))

    def guard(route):
        if route.request.url.startswith((address, "data:", "blob:")):
            return route.continue_()
        forbidden.append(route.request.url)
        return route.abort()

    page.route("**/*", guard)
    page.goto(address)
    page.wait_for_selector("#verdict .dd-card")
    page.wait_for_selector(UPLOAD, state="attached")
    page.wait_for_load_state("networkidle")  # what the page asks for at its start has been answered
    yield page
    context.close()
    assert forbidden == []


@pytest.fixture
def page(browser, address):
    with visiting(browser, address) as page:
        yield page


def judge(page, path):
    """Uploads a picture into Inspect and waits for its checked answer."""
    page.evaluate("document.querySelector('#verdict .dd-card')?.classList.add('old')")
    page.set_input_files(UPLOAD, path)
    page.wait_for_selector("#verdict .dd-card[aria-busy=false]:not(.old)")
    page.wait_for_selector("#stage .dd-picture")
