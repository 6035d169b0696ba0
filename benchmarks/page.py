"""How quick is the page, and does it leak? python -m benchmarks.page [--pictures DIR]

Starts demo.py, sends 200 pictures through upload and API, prints the median round trip and the server's memory (Linux
only: it reads /proc); then times upload to verdict in a real browser, where playwright and chromium are there.
"""

import argparse
import re
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

from gradio_client import Client, handle_file

ROOT = Path(__file__).parents[1]


def peak_mib(pid: int, key: str) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(re.search(rf"{key}:\s+(\d+)", status).group(1)) / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--pictures", help="folder to send; default: the examples in assets/")
    parser.add_argument("--port", type=int, default=7971)
    args = parser.parse_args()
    pictures = sorted(Path(args.pictures).glob("*.jpg") if args.pictures else (ROOT / "assets").glob("example-*.jpg"))
    started = time.perf_counter()
    server = subprocess.Popen(
        [sys.executable, "demo.py", "--port", str(args.port)], cwd=ROOT, stdout=subprocess.DEVNULL
    )
    try:
        client = connect(args.port)
        print(f"page ready after                 {time.perf_counter() - started:8.1f} s")
        spent = []
        for i in range(200):
            picture = handle_file(str(pictures[i % len(pictures)]))
            began = time.perf_counter()
            client.predict(picture, "gradcam", api_name="/inspect")
            spent.append((time.perf_counter() - began) * 1e3)
            if i + 1 in (10, 50, 200):
                peak, now = peak_mib(server.pid, "VmHWM"), peak_mib(server.pid, "VmRSS")
                print(f"memory after {i + 1:3} pictures      peak {peak:6.0f} MiB, now {now:6.0f} MiB")
        print(f"API, upload to JSON, p50         {statistics.median(spent):8.1f} ms")
        spent = in_browser(f"http://127.0.0.1:{args.port}", pictures, rounds=20)
        print(f"browser, upload to verdict, p50  {statistics.median(spent):8.1f} ms")
    finally:
        server.terminate()
        server.wait()


def in_browser(url: str, pictures: list[Path], rounds: int) -> list[float]:
    """Milliseconds from handing a file to the page until its verdict and heatmap stand there."""
    from playwright.sync_api import sync_playwright

    spent = []
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for i in range(rounds):
            page = browser.new_page()
            page.goto(url)
            page.wait_for_selector("#picture input[type=file]", state="attached")
            page.wait_for_timeout(500)
            began = time.perf_counter()
            page.locator("#picture input[type=file]").first.set_input_files(pictures[i % len(pictures)])
            page.wait_for_selector("#stage .dd-heat")
            spent.append((time.perf_counter() - began) * 1e3)
            page.close()
        browser.close()
    return spent


def connect(port: int) -> Client:
    for _ in range(240):
        try:
            return Client(f"http://127.0.0.1:{port}", verbose=False)
        except Exception:  # whatever the client raises while the server is not up yet
            time.sleep(0.25)
    raise SystemExit("the page did not come up within a minute")


if __name__ == "__main__":
    main()
