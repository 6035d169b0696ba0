"""The Review tab in a real browser: a queue, blind decisions, kills, keys."""

import contextlib
import csv
import json
import re
import signal

import pytest
from browser import serving, visiting

from detector.page.texts import en as texts
from detector.review_log import Decision, Phase
from detector.reviews import Reviews

own = texts.review
NAME = "#review-name :is(input, textarea)"
SEEN = "#review-stage img"
DECISION = "#review-decision input"


@pytest.fixture(scope="module")
def served(tiny_checkpoint, tmp_path_factory, assets):
    """A server with a queue of pictures that many may review: (its address, its file of reviews)."""
    folder = tmp_path_factory.mktemp("review")
    store = queue_of(folder, sorted(assets.glob("example-*.jpg")))
    with serving(tiny_checkpoint, folder, "--reviews", store.path, "--reviewers", "50") as (address, _):
        yield address, store


def queue_of(folder, paths):
    store = Reviews(folder / "reviews.db", reviewers=50)
    for path in paths:
        store.add(path.read_bytes(), path.name)
    return store


def entries_of(store, who):
    return [entry for entry in store.entries() if entry.reviewer == who]


def opened(page):
    page.get_by_role("tab", name=own.TAB).click()
    page.wait_for_function("document.querySelector('#review-counts').innerText.includes(' in all')")


def start(page, who="Ann"):
    opened(page)
    page.fill(NAME, who)
    page.click("#review-next")
    page.wait_for_selector(SEEN)
    page.wait_for_selector("#review-submit")


def decide(page, decision):
    page.check(f"{DECISION}[value={decision}]")
    page.click("#review-submit")


def revealed(page):
    with telling(page):
        page.wait_for_selector("#review-stage .dd-heat:not([hidden])")
        page.wait_for_selector("#review-verdict .dd-card")


def finished(page):
    with telling(page):
        page.wait_for_function("document.querySelector('#review-message').innerText.startsWith('Logged as entry')")


@contextlib.contextmanager
def telling(page):
    """What waits in vain says what the page showed instead."""
    try:
        yield
    except Exception as error:  # playwright.Error, which need not be installed
        said = {
            place: page.locator(place).all_inner_texts() for place in ("#review-message", "#review-step", ".toast-body")
        }
        ticked = page.locator(f"{DECISION}:checked").evaluate_all("all => all.map(one => one.value)")
        raise AssertionError(f"{said}, decided: {ticked}, stage: {page.inner_html('#review-stage')[:500]}") from error


def test_blind_then_revised(browser, served, tiny):
    """Nothing that the model says is in the page or in any answer of the server before the blind decision."""
    address, store = served
    with visiting(browser, address) as page:
        opened(page)
        page.wait_for_load_state("networkidle")
        requests = []
        page.on("requestfinished", lambda request: requests.append(request))
        start(page)
        assert page.get_attribute(SEEN, "alt") == own.ALT
        page.wait_for_timeout(2000)  # a stream of answers ends a while after them; one still open is not read here
        blind_page, bodies = page.inner_html("#review"), [request.response().text() for request in requests]
        assert bodies
        assert entries_of(store, "ann") == []
        page.locator("#review-artifacts").get_by_label(texts.LABELS["hair"]).check()
        page.fill("#review-note textarea", "<b>odd</b>")
        decide(page, "authentic")
        revealed(page)
        open_page = page.inner_html("#review")
        assert page.locator(f"{DECISION}:checked").get_attribute("value") == "authentic"
        decide(page, "manipulated")
        finished(page)
        assert not page.locator("#review-form").is_visible()
    blind, shown, final = entries_of(store, "ann")
    assert (blind.decision, blind.artifacts, blind.note) == (Decision.AUTHENTIC, ("hair",), "<b>odd</b>")
    said = tiny.analyse(store.data(blind.picture))
    assert shown.phase == Phase.SHOWN and shown.model.checkpoint == said.model.sha256
    assert shown.model.probability == pytest.approx(said.probability, abs=1e-4)
    assert final.decision == Decision.MANIPULATED and store.verify().holds
    name = store.listed(blind.picture).name
    telling = re.compile(rf"{texts.PROBABILITY}|dd-heat|dd-bars|{said.probability:.4f}|{re.escape(name)}")
    assert not telling.search(blind_page) and not any(map(telling.search, bodies))
    assert telling.search(open_page)


def test_two_people_never_have_the_same_picture(browser, served):
    address, _ = served
    with visiting(browser, address) as one, visiting(browser, address) as other:
        seen = []
        for page, who in ((one, "Bob"), (other, "Cai")):
            start(page, who)
            seen.append(page.get_attribute(SEEN, "src"))
        assert seen[0] != seen[1]


def test_queue_and_log_survive_a_kill(browser, tiny_checkpoint, tmp_path, collins, hopper):
    store = queue_of(tmp_path, [collins, hopper])
    options = ("--reviews", store.path, "--reviewers", "50")
    with contextlib.ExitStack() as stack:
        address, process = stack.enter_context(serving(tiny_checkpoint, tmp_path, *options))
        page = stack.enter_context(visiting(browser, address))
        start(page)
        decide(page, "unsure")
        revealed(page)
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert [entry.decision for entry in store.entries()] == [Decision.UNSURE, None]
        assert store.verify().holds and store.queue().held == 1
        again = tmp_path / "again"
        again.mkdir()
        port = address.rpartition(":")[2]
        stack.enter_context(serving(tiny_checkpoint, again, *options, "--port", port))
        page.reload()  # the browser still knows which picture it holds
        opened(page)
        revealed(page)
        assert page.locator(f"{DECISION}:checked").get_attribute("value") == "unsure"
        decide(page, "authentic")
        finished(page)
    assert [entry.phase for entry in store.entries()] == [Phase.BLIND, Phase.SHOWN, Phase.SHOWN, Phase.FINAL]
    assert store.verify().holds and store.queue().total == 2


def test_keys(browser, served):
    address, store = served
    with visiting(browser, address) as page:
        opened(page)
        page.fill(NAME, "n1s")  # typing is no command
        assert page.locator(SEEN).count() == 0
        page.locator(NAME).blur()
        page.keyboard.press("n")
        page.wait_for_selector(SEEN)
        page.wait_for_selector("#review-submit")
        page.wait_for_timeout(500)  # the picture moves the form while it is drawn
        page.click("#review-note textarea")
        page.keyboard.type("1 2 s")
        assert page.input_value("#review-note textarea") == "1 2 s"
        assert page.locator(f"{DECISION}:checked").count() == 0 and entries_of(store, "n1s") == []
        page.locator("#review-note textarea").blur()
        page.keyboard.press("2")
        page.keyboard.press("8")
        page.keyboard.press("s")
        revealed(page)
        page.keyboard.press("1")
        page.keyboard.press("Enter")
        finished(page)
        page.get_by_role("tab", name=texts.TAB_INSPECT).click()
        page.keyboard.press("n")
        page.wait_for_timeout(500)
    blind, _, final = entries_of(store, "n1s")
    assert (blind.decision, blind.artifacts, blind.note) == (Decision.MANIPULATED, ("hair",), "1 2 s")
    assert final.decision == Decision.AUTHENTIC


def test_blur(browser, served):
    address, _ = served

    def blurred(page):
        return page.locator("#review-stage .dd-stage").evaluate("stage => getComputedStyle(stage).filter") != "none"

    with visiting(browser, address) as page:
        start(page, "Dan")
        assert not blurred(page) and not page.locator(".dd-unveil").is_visible()
        page.check("#review-blur input")
        page.wait_for_selector(".dd-unveil")
        assert blurred(page)
        page.click(".dd-unveil")
        assert not blurred(page)
        first = page.get_attribute(SEEN, "src")
        page.click("#review-next")
        page.wait_for_function(f"old => document.querySelector('{SEEN}').src !== old", arg=first)
        assert blurred(page)
        page.locator("#review-next").blur()
        page.keyboard.press("b")
        assert not blurred(page)
        page.reload()
        opened(page)
        page.wait_for_selector(SEEN)
        assert blurred(page) and page.is_checked("#review-blur input")


def test_adding_figures_export_and_inspect(browser, served, pictures, tmp_path):
    address, store = served
    with visiting(browser, address) as page:
        page.goto(f"{address}/?view=regions")
        before = store.queue().total
        start(page, "Eve")
        decide(page, "authentic")
        revealed(page)
        assert page.locator("#review-stage .dd-viewer").get_attribute("data-view") == "overlay"  # it knows no regions
        page.click("#review-inspect")
        page.wait_for_selector("#verdict .dd-card[aria-busy=false]")
        opened(page)
        decide(page, "authentic")
        finished(page)
        page.get_by_text(own.ADD, exact=True).click()
        page.set_input_files("#review-files input[type=file]", [pictures / "two.jpg", pictures / "text.jpg"])
        page.wait_for_selector("#review-added [role=status]")
        assert "1 added, 0 there already." in page.inner_text("#review-added")
        assert "text.jpg" in page.inner_text("#review-added li")
        page.get_by_text(own.FIGURES, exact=True).click()
        page.click("#review-compute")
        page.wait_for_selector("#review-computed table")
        assert store.verify().head in page.inner_text("#review-computed")
        page.click("#review-export")
        files = {}
        for kind in ("csv", "json"):
            page.wait_for_selector(f"#review-{kind}")
            with page.expect_download() as download:
                page.click(f"#review-{kind}")
            files[kind] = tmp_path / f"out.{kind}"
            download.value.save_as(files[kind])
    with files["csv"].open(newline="") as file:
        [row] = [row for row in csv.DictReader(file) if row["reviewer"] == "eve"]
    assert row["picture"] == entries_of(store, "eve")[0].picture and row["final"] == "authentic"
    assert len(json.loads(files["json"].read_text())["log"]) == len(store.entries())
    assert store.queue().total == before + 1


def test_without_a_file_there_is_no_review_tab(page):
    assert page.get_by_role("tab", name=texts.TAB_INSPECT).is_visible()
    assert page.get_by_role("tab", name=own.TAB).count() == 0 and page.locator("#review-add-one").count() == 0


def test_phone(browser, served):
    address, _ = served
    with visiting(browser, address) as page:
        page.set_viewport_size({"width": 360, "height": 780})
        start(page, "Fay")
        decide(page, "unsure")
        revealed(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
