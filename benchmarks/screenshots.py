"""Draws the README's two pictures of the page: assets/screenshot.png and assets/tabs.jpg.

    python -m benchmarks.screenshots

Needs requirements-dev.txt, chromium, and a font with Chinese characters (Debian: fonts-noto-cjk).
"""

import io
import shutil

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.page import ROOT, STEPS, connect, serving
from detector.page.texts import zh

ASSETS = ROOT / "assets"
PORT = 7974
TALL, WIDE = {"width": 1200, "height": 1500}, {"width": 1200, "height": 1100}
TAB, GAP = (600, 550), 10  # px: of each of the four tabs in one picture, and between them


def opened(browser: Browser, path: str, **context: object) -> Page:
    page = browser.new_context(**context).new_page()
    page.goto(f"http://127.0.0.1:{PORT}{path}")
    page.wait_for_selector("#picture input[type=file]", state="attached")
    page.wait_for_load_state("networkidle")
    return page


def taken(page: Page) -> Image.Image:
    page.wait_for_load_state("networkidle")
    page.evaluate("() => scrollTo(0, 0)")
    page.mouse.move(0, 0)
    page.wait_for_timeout(1000)  # what fades in has done so
    return Image.open(io.BytesIO(page.screenshot())).convert("RGB")


def inspected(page: Page, name: str) -> Image.Image:
    page.set_input_files("#picture input[type=file]", ASSETS / name)
    page.wait_for_selector(STEPS["checked answer"])
    return taken(page)


def tabs(page: Page) -> list[Image.Image]:
    """Inspect, Batch, Lab and Learn, each at work."""
    pictures = [inspected(page, "example-collins-hair.jpg")]
    page.get_by_role("tab", name=zh.batch.TAB).click()
    names = ("example-collins.jpg", "example-hopper.jpg", "example-collins-background.jpg")
    page.set_input_files("#batch-files input[type=file]", [ASSETS / name for name in names])
    page.wait_for_selector(f"#batch-files tr.file >> nth={len(names) - 1}")
    page.click("#batch-start")
    page.wait_for_selector("#batch-downloads button >> nth=3")
    pictures.append(taken(page))
    page.get_by_role("tab", name=zh.TAB_LAB).click()
    page.wait_for_selector("#lab-result figure img")
    pictures.append(taken(page))
    page.get_by_role("tab", name=zh.learn.TAB).click()
    pictures.append(taken(page))
    return pictures


def main() -> None:
    with serving(PORT), sync_playwright() as play:
        connect(PORT)
        browser = play.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = opened(browser, "/", viewport=TALL)
        inspected(page, "example-collins-background.jpg").quantize(256, dither=0).save(ASSETS / "screenshot.png")
        pictures = tabs(opened(browser, "/zh", viewport=WIDE, color_scheme="dark"))
        browser.close()
    together = Image.new("RGB", [2 * side + GAP for side in TAB], "white")
    for number, picture in enumerate(pictures):
        place = [(side + GAP) * at for side, at in zip(TAB, (number % 2, number // 2), strict=True)]
        together.paste(picture.resize(TAB, Image.Resampling.LANCZOS), place)
    together.save(ASSETS / "tabs.jpg", quality=85)


if __name__ == "__main__":
    main()
