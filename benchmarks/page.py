"""How quick is the page, and does it leak? python -m benchmarks.page [--pictures DIR]

Starts demo.py, sends --count pictures through upload and API, prints the median round trip and the server's memory
(Linux only: it reads /proc). Then, in a real browser (playwright and chromium): what a first visit loads, when it can
be used, and the times from upload to first look, heatmaps and checked answer, with a photo of about 2 MB.
"""

import argparse
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from gradio_client import Client, handle_file
from PIL import Image

ROOT = Path(__file__).parents[1]


def peak_mib(pid: int, key: str) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(re.search(rf"{key}:\s+(\d+)", status).group(1)) / 1024


@contextmanager
def serving(port: int, *options: str, **environment: str) -> Iterator[subprocess.Popen]:
    """demo.py in a process of its own; it is stopped at the end."""
    command = [sys.executable, "demo.py", "--port", str(port), *options]
    server = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, env={**os.environ, **environment})
    try:
        yield server
    finally:
        server.terminate()
        server.wait()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--pictures", help="folder to send; default: the examples in assets/")
    parser.add_argument("--port", type=int, default=7971)
    parser.add_argument("--count", type=int, default=200, help="pictures to send over the API")
    args = parser.parse_args()
    pictures = sorted(Path(args.pictures).glob("*.jpg") if args.pictures else (ROOT / "assets").glob("example-*.jpg"))
    started = time.perf_counter()
    with serving(args.port) as server:
        client = connect(args.port)
        print(f"page ready after                 {time.perf_counter() - started:8.1f} s")
        spent = []
        for i in range(args.count):
            picture = handle_file(str(pictures[i % len(pictures)]))
            began = time.perf_counter()
            client.predict(picture, "gradcam", api_name="/inspect")
            spent.append((time.perf_counter() - began) * 1e3)
            if i + 1 in (10, args.count):
                peak, now = peak_mib(server.pid, "VmHWM"), peak_mib(server.pid, "VmRSS")
                print(f"memory after {i + 1:3} pictures      peak {peak:6.0f} MiB, now {now:6.0f} MiB")
        print(f"API, upload to JSON, p50         {statistics.median(spent):8.1f} ms")
        with tempfile.TemporaryDirectory() as folder:
            in_browser(f"http://127.0.0.1:{args.port}", two_megabytes(Path(folder)), rounds=20)


def two_megabytes(folder: Path) -> Path:
    """A photo of 8 megapixels with a camera's noise, as a phone would send it."""
    with Image.open(ROOT / "assets" / "example-hopper.jpg") as image:
        large = np.asarray(image.resize((2640, round(2640 * image.height / image.width)), Image.Resampling.LANCZOS))
    noisy = large + np.random.default_rng(0).normal(0, 6, large.shape)
    path = folder / "large.jpg"
    Image.fromarray(noisy.clip(0, 255).astype(np.uint8)).save(path, quality=90)
    return path


STEPS = {
    "first look": "#verdict .dd-card[aria-busy]:has(strong)",
    "heatmaps": "#stage .dd-picture",
    "checked answer": "#verdict .dd-card[aria-busy=false]",
}


def in_browser(url: str, picture: Path, rounds: int) -> None:
    """Prints medians over fresh visits with an empty cache."""
    from playwright.sync_api import sync_playwright

    spent = {name: [] for name in ("usable", *STEPS)}
    print(f"the photo                        {picture.stat().st_size / 1e6:8.1f} MB")
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for number in range(rounds):
            page = browser.new_context().new_page()
            sizes = []
            page.on("requestfinished", lambda request, sizes=sizes: sizes.append(request.sizes()["responseBodySize"]))
            began = time.perf_counter()
            page.goto(url)
            page.wait_for_selector("#picture input[type=file]", state="attached")
            spent["usable"].append((time.perf_counter() - began) * 1e3)
            page.wait_for_load_state("networkidle")
            if number == 0:
                print(f"first visit loads                {sum(sizes) / 1e6:8.1f} MB in {len(sizes)} requests")
            began = time.perf_counter()
            page.locator("#picture input[type=file]").first.set_input_files(picture)
            for name, selector in STEPS.items():
                page.wait_for_selector(selector, state="attached")
                spent[name].append((time.perf_counter() - began) * 1e3)
            page.context.close()
        browser.close()
    print(f"browser, usable after, p50       {statistics.median(spent['usable']):8.1f} ms")
    for name in STEPS:
        print(f"browser, upload to {name + ', p50':20s}  {statistics.median(spent[name]):8.1f} ms")


def connect(port: int, patience: float = 5) -> Client:
    """`patience`: seconds that the client waits for the server's next word."""
    for _ in range(240):
        try:
            return Client(f"http://127.0.0.1:{port}", verbose=False, httpx_kwargs={"timeout": patience})
        except Exception:  # whatever the client raises while the server is not up yet
            time.sleep(0.25)
    raise SystemExit("the page did not come up within a minute")


if __name__ == "__main__":
    main()
