"""The Batch tab as a visitor meets it. Browser and page: `tests/browser.py`."""

import csv
import io
import json
import re
import shutil
import zipfile

import pytest
from browser import visiting
from PIL import Image

from detector.page.texts.en import batch as own


@pytest.fixture(scope="module")
def sent(tmp_path_factory, collins, hopper, forgeries):
    """Two portraits and a forgery, one file that is no picture, and one too small to judge."""
    folder = tmp_path_factory.mktemp("sent")
    for path in (collins, hopper, forgeries[collins]):
        shutil.copy(path, folder)
    (folder / "broken.jpg").write_bytes(b"no picture")
    with Image.open(collins) as image:
        image.resize((96, 96)).save(folder / "small.png")
    return folder


def start(page, paths, checked=False):
    page.get_by_role("tab", name=own.TAB).click()
    page.locator("#batch-check input").set_checked(checked)
    page.set_input_files("#batch-files input[type=file]", paths)
    page.wait_for_function(
        "count => document.querySelectorAll('#batch-files tr.file').length === count", arg=len(paths)
    )
    page.click("#batch-start")


def finished(page):
    page.wait_for_selector("#batch-progress [role=status]", timeout=60_000)
    page.wait_for_selector("#batch-downloads button >> nth=3")
    return page.inner_text("#batch-progress")


def shown(page):
    return page.locator("#batch-table tbody tr:visible bdi").all_inner_texts()


def download(page, number):
    with page.expect_download() as found:
        page.locator("#batch-downloads button").nth(number).click()
    with open(found.value.path(), encoding="utf-8-sig", newline="") as file:
        return file.read()


def test_batch_with_a_broken_file(page, sent, tiny, collins):
    start(page, sorted(sent.iterdir()))
    said = finished(page)
    assert re.search(r"Done: 5 pictures in \d+ s\.", said) and "Not assessed: 1" in said and "Not read: 1" in said
    names = ["broken.jpg", "example-collins-face-edge.jpg", "example-collins.jpg", "example-hopper.jpg", "small.png"]
    assert shown(page) == names
    rows = page.locator("#batch-table tbody tr")
    assert '"broken.jpg" is not a picture' in rows.nth(0).inner_text() and "%" not in rows.nth(0).inner_text()
    assert "96 px, less than" in rows.nth(4).inner_text() and "%" not in rows.nth(4).inner_text()
    drawn = page.locator("#batch-table img").evaluate_all("all => all.map(one => one.complete && one.naturalWidth > 0)")
    assert drawn == [True] * 4

    table = list(csv.reader(io.StringIO(download(page, 0))))
    assert table[0] == ["img_name", "y_pred"] and [name for name, _ in table[1:]] == names[1:4]
    assert float(table[2][1]) == pytest.approx(tiny.analyse(collins, None).probability, abs=1e-5)
    whole = list(csv.DictReader(io.StringIO(download(page, 1))))
    assert [line["img_name"] for line in whole] == names
    assert "is not a picture" in whole[0]["error"] and whole[4]["answer"] == "not assessed"
    assert {line["checked"] for line in whole} == {"", "false"}
    pictures = json.loads(download(page, 2))["pictures"]
    assert [one["name"] for one in pictures] == names and pictures[4]["probability"] is None
    report = download(page, 3)
    assert all(name in report for name in names) and report.count("data:image/webp") == 4


def test_sorting_and_filtering_need_no_server(page, sent):
    start(page, sorted(sent.iterdir()))
    finished(page)
    page.wait_for_load_state("networkidle")
    requests = []
    page.on("request", lambda request: requests.append(request.url))
    values = page.locator("#batch-table tbody tr").evaluate_all(
        "rows => rows.map(row => [row.dataset.name, row.dataset.p])"
    )
    scores = {name: float(p) for name, p in values if p is not None}
    assert len(scores) == 3
    head = page.locator("#batch-table th[data-key=p]")
    assert head.get_attribute("aria-sort") == "none"
    head.locator("button").focus()
    page.keyboard.press("Enter")
    assert head.get_attribute("aria-sort") == "descending"
    assert shown(page)[:3] == sorted(scores, key=scores.get, reverse=True)
    page.keyboard.press("Enter")
    assert head.get_attribute("aria-sort") == "ascending"
    assert shown(page)[:3] == sorted(scores, key=scores.get)
    assert set(shown(page)[3:]) == {"broken.jpg", "small.png"}  # what has no score stays at the end
    page.click("#batch-table th[data-key=name] button")
    assert head.get_attribute("aria-sort") == "none" and shown(page) == sorted(shown(page))

    page.select_option("[data-filter=answer]", "unread")
    assert shown(page) == ["broken.jpg"]
    assert page.inner_text(".dd-batch-shown") == own.SHOWN.format(shown=1, total=5)
    page.select_option("[data-filter=answer]", "")
    least = sorted(scores.values())[1]
    page.fill("[data-filter=least]", str(100 * least - 0.001))
    assert set(shown(page)) == {name for name, score in scores.items() if score >= least - 1e-5}
    page.fill("[data-filter=least]", "0")
    edges = page.locator("#batch-table tbody tr").evaluate_all(
        "rows => rows.filter(row => Number(row.dataset.face_edge) >= 0.5).map(row => row.dataset.name)"
    )
    page.select_option("[data-filter=artifact]", "face_edge")
    assert shown(page) == edges
    page.wait_for_timeout(300)
    assert requests == []


def test_a_click_opens_inspect(page, sent):
    start(page, sorted(sent.iterdir()))
    finished(page)
    page.get_by_role("button", name=own.OPEN.format(name="example-hopper.jpg")).focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("#stage .dd-heat:not([hidden])")
    assert page.locator("#picture img").first.is_visible()
    src = page.locator("#picture img").first.get_attribute("src")
    assert src.endswith("example-hopper.jpg")
    page.get_by_role("tab", name=own.TAB).click()
    assert len(shown(page)) == 5  # the batch is still there


def test_cancel_keeps_what_is_done(page, tmp_path, collins):
    for number in range(160):  # forty are done within a second, before anybody can cancel
        shutil.copy(collins, tmp_path / f"{number:03d}.jpg")
    start(page, sorted(tmp_path.iterdir()), checked=True)
    page.wait_for_selector("#batch-table tbody tr")
    page.wait_for_function("document.querySelector('#batch-progress').innerText.includes('left')")
    page.click("#batch-cancel")
    said = finished(page)
    done = int(re.search(r"Stopped after (\d+) of 160", said)[1])
    assert 0 < done < 160 and len(shown(page)) == done
    page.wait_for_timeout(1500)
    assert len(shown(page)) == done
    assert len(list(csv.reader(io.StringIO(download(page, 0))))) == done + 1
    assert json.loads(download(page, 2))["total"] == 160
    page.locator("[data-open]").last.click()
    page.wait_for_selector("#stage .dd-heat:not([hidden])")


def test_zip(page, tmp_path, hopper):
    with zipfile.ZipFile(tmp_path / "sent.zip", "w", zipfile.ZIP_DEFLATED) as file:
        file.write(hopper, "../../escaped.jpg")
        file.writestr("bomb.png", bytes(5_000_000))
        file.writestr("<img src=x onerror=alert(1)>.jpg", b"no picture")
        file.writestr("notes.txt", b"no picture")
    start(page, [tmp_path / "sent.zip"])
    said = finished(page)
    assert "Not read: 2" in said and own.IGNORED.format(count=1) in said
    assert shown(page) == ["../../escaped.jpg", "bomb.png", "<img src=x onerror=alert(1)>.jpg"]
    assert "unpacks to more than 200 times" in page.locator("#batch-table tbody tr").nth(1).inner_text()
    page.locator("[data-open]").first.click()
    page.wait_for_selector("#stage .dd-heat:not([hidden])")


def test_folder(page, sent):
    page.get_by_role("tab", name=own.TAB).click()
    page.uncheck("#batch-check input")
    page.set_input_files("#batch-folder input[type=file]", sent)
    page.wait_for_selector("#batch-folder tr.file >> nth=4")
    page.click("#batch-start")
    finished(page)
    assert sorted(shown(page)) == sorted(path.name for path in sent.iterdir())


def forging(token, index):
    """Changes what a page sends when its first row is opened; None leaves its own secret."""

    def change(route):
        body = json.loads(route.request.post_data)
        if (body.get("event_data") or {}).get("index") == 0:
            body["event_data"]["index"] = index
            body["data"] = body["data"] if token is None else [token]
        route.continue_(post_data=json.dumps(body))

    return change


def test_a_stranger_opens_nothing(browser, address, page, sent, collins):
    """A second visitor sends what a page never would: no secret, a wrong one, numbers of no row, a path."""
    start(page, sorted(sent.iterdir()))
    finished(page)
    with visiting(browser, address) as stranger:
        start(stranger, [collins])
        finished(stranger)
        for token, index in (("", 0), ("x" * 32, 0), (None, 1), (None, -1), (None, "../broken.jpg"), (None, [0])):
            stranger.route("**/queue/join*", forging(token, index))
            with stranger.expect_response("**/queue/join*") as answer:
                stranger.locator("[data-open]").first.click()
            assert answer.value.ok
            if token is not None:
                stranger.get_by_text(own.GONE).first.wait_for()
                stranger.locator(".toast-close").first.click()
            stranger.wait_for_timeout(300)
            assert stranger.locator("#batch-table").is_visible() and not stranger.locator("#stage .dd-heat").count()
            stranger.unroute("**/queue/join*")
        stranger.locator("[data-open]").first.click()  # his own opens
        stranger.wait_for_selector("#stage .dd-heat:not([hidden])")


def test_nothing_chosen(page):
    page.get_by_role("tab", name=own.TAB).click()
    page.click("#batch-start")
    page.wait_for_selector("#batch-progress [role=alert]")
    assert page.inner_text("#batch-progress") == own.NOTHING


def test_phone(page, sent):
    page.set_viewport_size({"width": 360, "height": 780})
    start(page, sorted(sent.iterdir()))
    finished(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    table = page.locator(".dd-batch-scroll")
    assert table.evaluate("table => table.scrollWidth > table.clientWidth")  # it scrolls by itself
