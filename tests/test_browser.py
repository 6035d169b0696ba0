"""The page as a visitor meets it: in a real browser, and through its API.

Browser and page: `tests/browser.py`.
"""

import contextlib
import re
from pathlib import Path

import pytest
from browser import UPLOAD, judge
from PIL import Image

from detector.page.texts import en as texts
from detector.stability import WAYS

SEEN = ".dd-heat:not([hidden])"


def heat(page):
    return page.get_attribute(SEEN, "src")


def new_heat(page, old):
    page.wait_for_function("([seen, old]) => document.querySelector(seen)?.src !== old", arg=[SEEN, old])
    return heat(page)


def opacity(page):
    return page.locator(SEEN).first.evaluate("heat => Number(getComputedStyle(heat).opacity)")


@contextlib.contextmanager
def no_requests(page):
    """Fails if anything is asked of the server inside."""
    page.wait_for_load_state("networkidle")
    requests = []
    page.on("request", lambda request: requests.append(request.url))
    yield
    page.wait_for_timeout(300)
    assert [url for url in requests if not url.startswith("data:")] == []


def clear(page):
    page.click("#picture button[aria-label='Remove Image']")
    page.wait_for_selector("#stage .dd-heat", state="detached")


# ---- the picture and its verdict


def test_portrait(page, collins):
    judge(page, collins)
    card = page.inner_text("#verdict [role=status]")
    assert re.search(rf"{texts.PROBABILITY}: \d+% · 1 face found", card)
    assert page.locator(".dd-stage img").first.get_attribute("alt") == texts.ALT_PICTURE
    drawn = page.locator(".dd-stage img").evaluate_all("all => all.map(one => one.complete && one.naturalWidth > 0)")
    assert drawn == [True, True, True, True]  # the picture, a map for each label, the regions
    assert page.locator("#stage .dd-strip").count() == 0


def test_ways_in(page):
    for button in ("Upload file", "Capture from camera", "Paste from clipboard"):
        assert page.locator(f"#picture button[aria-label='{button}']").is_visible()


def test_example(page):
    page.click("#examples button >> nth=0")
    page.wait_for_selector("#stage .dd-heat:not([hidden])")
    page.wait_for_selector("#examples img[alt='collins face edge']")


def test_clear(page, pictures):
    judge(page, pictures / "two.jpg")
    clear(page)
    assert page.inner_text("#verdict").strip() == texts.WAITING
    assert page.locator("#stage img, #proof img, #findings img").count() == 0


def test_the_first_look_is_marked_as_such_until_it_is_checked(page, collins):
    page.evaluate("""() => {
      window.cards = [];
      const look = () => window.cards.push(document.querySelector('#verdict').innerText);
      new MutationObserver(look).observe(document.querySelector('#verdict'), {childList: true, subtree: true});
    }""")
    judge(page, collins)
    cards = page.evaluate("window.cards")
    first = next(i for i, card in enumerate(cards) if texts.inspect.CHECKING in card)
    assert any(texts.inspect.LOOKING in card for card in cards[:first])
    assert re.search(rf"{texts.PROBABILITY}: \d+%", cards[first])
    assert "deliveries" not in cards[first] and "deliveries" in cards[-1]


# ---- the controls


def test_who_has_to_wait_sees_the_place_in_the_queue(page, address, collins):
    others = [page.context.new_page() for _ in range(7)]
    for other in others:
        other.goto(address)
        other.wait_for_selector(UPLOAD, state="attached")
        other.wait_for_load_state("networkidle")
    for other in (*others, page):
        other.set_input_files(UPLOAD, collins)
    page.bring_to_front()
    page.wait_for_function(  # found and asked at one moment: the page draws it anew whenever the place changes
        """() => [...document.querySelectorAll('#verdict .progress-text')].some(text =>
          text.textContent.includes('queue') && getComputedStyle(text.parentElement).overflow === 'visible')"""
    )  # and not cut off
    page.wait_for_selector("#verdict .dd-card[aria-busy=false] strong")


def test_choices_on_the_stage_need_no_server_and_are_kept(page, collins, hopper):
    judge(page, collins)
    assert opacity(page) == 0.65
    page.check("#stage .dd-labels input[value=fake]")
    old = heat(page)
    with no_requests(page):
        page.get_by_label(texts.OPACITY).fill("20")
        assert opacity(page) == 0.2
        page.check("#stage .dd-labels input[value=face_edge]")
        new_heat(page, old)
        assert page.get_attribute(SEEN, "alt") == texts.ALT_HEAT.format(label=texts.LABELS["face_edge"])
        assert page.locator("#proof div[data-label=face_edge]").is_visible()
        assert not page.locator("#proof div[data-label=fake]").is_visible()
    judge(page, hopper)
    page.wait_for_function("document.querySelector('#stage .dd-labels input:checked').value === 'face_edge'")
    assert opacity(page) == 0.2 and page.get_by_label(texts.OPACITY).input_value() == "20"


def test_the_outline_is_that_of_the_chosen_trace(page, collins):
    judge(page, collins)
    page.evaluate(  # the small network need not find anything
        """() => document.querySelector('#stage svg').insertAdjacentHTML('beforeend',
          ['fake', 'face_edge'].map(label => `<g class="dd-outline" data-label="${label}" data-face="0" data-ours>
            <path d="M10,10 90,10 90,90z"/></g>`).join(''))"""
    )

    def seen():
        return page.eval_on_selector_all(
            "#stage g[data-ours]",
            "all => all.filter(one => getComputedStyle(one).display !== 'none').map(one => one.dataset.label)",
        )

    with no_requests(page):
        page.check("#stage .dd-labels input[value=fake]")  # whichever was seen first
        for label in ("face_edge", "fake"):
            page.check(f"#stage .dd-labels input[value={label}]")
            assert seen() == [label]
        page.check("#stage .dd-views input[value=original]")
        assert seen() == []


def test_views(page, collins):
    judge(page, collins)
    black = "getComputedStyle(document.querySelector('.dd-picture')).filter"
    with no_requests(page):
        page.check("#stage input[value=original]")
        assert page.locator(SEEN).count() == 0 and page.evaluate(black) == "none"
        page.check("#stage input[value=heat]")
        assert opacity(page) == 1 and page.evaluate(black) == "brightness(0)"
        page.check("#stage input[value=regions]")
        assert page.locator(SEEN).count() == 0 and page.locator(".dd-parts").is_visible()
        page.check("#stage input[value=overlay]")
        assert opacity(page) == 0.65 and not page.locator(".dd-parts").is_visible()


def test_magnifier_shows_the_place_under_the_pointer(page, collins):
    judge(page, collins)
    page.get_by_label(texts.inspect.MAGNIFIER).check()
    stage = page.locator(".dd-stage")
    stage.scroll_into_view_if_needed()
    box = stage.bounding_box()
    stage.hover(position={"x": box["width"] / 2, "y": box["height"] / 4})
    lens = page.locator(".dd-lens")
    assert lens.is_visible()
    left, top = map(float, lens.evaluate("one => getComputedStyle(one).backgroundPosition").replace("px", "").split())
    half = lens.bounding_box()["width"] / 2
    assert left == pytest.approx(half - 2.5 * box["width"] / 2, abs=3)
    assert top == pytest.approx(half - 2.5 * box["height"] / 4, abs=3)
    page.get_by_label(texts.inspect.MAGNIFIER).uncheck()
    stage.hover(position={"x": 20, "y": 20})
    assert not lens.is_visible()


def test_a_crop_leads_to_its_frame(page, collins):
    judge(page, collins)
    label = page.evaluate("document.querySelector('#proof .dd-place').dataset.label")
    page.check(f"#stage .dd-labels input[value={label}]")
    with no_requests(page):
        page.locator("#proof .dd-place:visible").first.click()
        chosen = page.locator("g.dd-chosen")
        assert chosen.count() == 1 and not chosen.evaluate("one => one.hasAttribute('hidden')")
        assert chosen.get_attribute("data-label") == label and chosen.get_attribute("data-place") == "1"


def test_paste_anywhere(page, collins):
    page.evaluate(
        """bytes => {
          const data = new DataTransfer();
          data.items.add(new File([new Uint8Array(bytes)], "pasted.jpg", {type: "image/jpeg"}));
          const event = new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true});
          document.body.dispatchEvent(event);
        }""",
        list(collins.read_bytes()),
    )
    page.wait_for_selector("#stage .dd-heat:not([hidden])")


def test_a_link_opens_the_same_settings(page, address, collins):
    page.goto(f"{address}/?method=layercam&label=face_edge&view=heat&opacity=30")
    page.wait_for_load_state("networkidle")
    judge(page, collins)
    assert page.locator("#stage .dd-labels input:checked").get_attribute("value") == "face_edge"
    assert page.get_attribute(".dd-viewer", "data-method") == "layercam"
    assert opacity(page) == 1 and page.get_by_label(texts.OPACITY).input_value() == "30"
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name=texts.inspect.LINK).click()
    page.get_by_text(texts.inspect.LINKED).wait_for()
    link = page.evaluate("navigator.clipboard.readText()")
    assert link == f"{address}/?method=layercam&label=face_edge&view=heat&opacity=30"


def test_label_by_keyboard(page, collins):
    judge(page, collins)
    page.check("#stage .dd-labels input[value=fake]")  # the small network's own first map may be the other one
    old = heat(page)
    page.focus("#stage .dd-labels input[value=fake]")
    page.keyboard.press("ArrowRight")
    new_heat(page, old)
    assert page.get_attribute(SEEN, "alt") == texts.ALT_HEAT.format(label=texts.LABELS["face_edge"])


def test_method(page, collins):
    judge(page, collins)
    old = heat(page)
    page.get_by_text(texts.DETAILS).click()
    page.click("#method input")
    page.get_by_role("option", name="eigencam", exact=True).click()
    new_heat(page, old)


def test_two_faces(page, pictures):
    judge(page, pictures / "two.jpg")
    choices = " ".join(page.locator("#stage .dd-strip label").all_inner_texts())
    assert re.fullmatch(r"all faces face 1: \d+% face 2: \d+%", choices)
    assert page.locator("g.dd-face").count() == page.locator(SEEN).count() == 2
    shown = page.locator("#findings section:not([hidden])")
    suspect = int(shown.get_attribute("data-face"))
    other = 1 - suspect
    page.check(f"#stage .dd-strip input[value='{other}']")
    assert page.locator(SEEN).get_attribute("data-face") == str(other) == shown.get_attribute("data-face")
    assert page.locator("g.dd-face:not([hidden])").count() == 1
    page.wait_for_selector(f"#proof section[data-face='{other}']")
    page.check("#stage .dd-strip input[value='-1']")
    page.wait_for_selector(f"#proof section[data-face='{suspect}']")
    assert page.locator(SEEN).count() == 2


def test_json_does_not_outlive_its_picture(page, collins):
    judge(page, collins)
    page.get_by_text(texts.DETAILS).click()
    page.get_by_role("button", name=texts.DETAILS_BUTTON).click()
    page.wait_for_function("document.querySelector('#details').innerText.includes('sha256')")
    clear(page)
    page.wait_for_function("!document.querySelector('#details').innerText.includes('sha256')")


# ---- what stands beside the verdict


def test_the_verdict_is_checked_and_its_views_are_shown(page, collins):
    judge(page, collins)
    page.get_by_text(texts.VIEWS).click()
    views = page.locator("#findings details[open] figure")
    assert views.count() == len(WAYS)
    assert re.search(r"mirrored\s+\d+%", views.last.inner_text())
    assert page.locator("#findings .dd-stamp").count() == 1


def test_prevalence_changes_how_many_are_innocent(page):
    page.get_by_text(texts.ACCUSATION).click()
    accused = page.locator("#accusation .dd-accused")
    before = accused.inner_text()
    assert "Where 10% of the pictures" in before and page.locator("#accusation svg circle").count() == 100
    # Right after the queue's test the first change was at times not heard, why is not known; the next one was.
    for percent in (20, 2):
        page.fill("#accusation input[type=number]", str(percent))
        page.press("#accusation input[type=number]", "Enter")
        page.wait_for_timeout(1000)
    page.wait_for_function("document.querySelector('#accusation .dd-accused').innerText.includes('Where 2% of')")
    # 0 of the 100 real pictures of the made calibration were accused, so the interval alone can grow.
    after = accused.inner_text()
    highest = [int(re.search(r"between \d+ and (\d+)", text)[1]) for text in (before, after)]
    assert page.locator("#accusation circle:not(.dd-fake)").count() == highest[1] > highest[0] > 0


def test_file_facts_come_after_the_verdict_and_are_text(page, collins, tmp_path):
    exif = Image.Exif()
    exif[271] = "<img src=x onerror=alert(1)> & Co"
    with Image.open(collins) as image:
        image.save(tmp_path / "marked.jpg", exif=exif)
    judge(page, tmp_path / "marked.jpg")
    page.get_by_text(texts.FILE).click()
    page.wait_for_selector("#file .dd-facts")
    assert "<img src=x onerror=alert(1)> & Co" in page.inner_text("#file .dd-facts")
    assert page.locator("#file figure").count() == 3


def test_the_report_opens_without_network(page, collins, tmp_path):
    assert not page.locator("#report").is_visible()
    judge(page, collins)
    page.click("#report")
    page.wait_for_selector("#get-report")
    with page.expect_download() as download:
        page.click("#get-report")
    path = tmp_path / "report.html"
    download.value.save_as(path)
    context = page.context.browser.new_context(offline=True)
    offline = context.new_page()
    asked = []
    offline.on("request", lambda request: asked.append(request.url))
    offline.goto(path.as_uri())
    assert offline.inner_text("h1") == texts.REPORT_TITLE.format(name="example-collins.jpg")
    drawn = offline.locator("img").evaluate_all("all => all.map(one => one.complete && one.naturalWidth > 0)")
    assert len(drawn) > 15 and all(drawn)
    assert all(url.startswith(("file:", "data:")) for url in asked)
    context.close()


def test_a_picture_out_of_scope_gets_a_reason_and_no_score(page, collins, tmp_path):
    judge(page, collins)
    with Image.open(collins) as image:
        image.resize((96, 96)).save(tmp_path / "small.png")
    page.set_input_files(UPLOAD, tmp_path / "small.png")
    page.wait_for_selector("#verdict [role=alert]")
    card = page.inner_text("#verdict")
    assert card.startswith(texts.REFUSED) and "px" in card and "%" not in card
    page.wait_for_selector("#stage .dd-heat", state="detached")


# ---- the Lab


def test_lab_forges_when_it_is_opened_and_again_when_something_changes(page):
    page.get_by_role("tab", name=texts.TAB_LAB).click()
    page.wait_for_selector("#lab-result figure img")
    first = page.locator("#lab-result img").first.get_attribute("src")
    assert page.locator("#lab-result img").count() == 3 and page.locator("#lab-result .dd-curve polyline").count() == 4
    page.get_by_label(texts.LABELS["background"]).last.check()
    page.wait_for_function("old => document.querySelector('#lab-result img').src !== old", arg=first)
    second = page.locator("#lab-result img").first.get_attribute("src")
    page.click("#lab-another")
    page.wait_for_function("old => document.querySelector('#lab-result img').src !== old", arg=second)


# ---- bad pictures


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("text.jpg", '"text.jpg" is not a picture in a known format; save it as'),
        ("empty.jpg", '"empty.jpg" is empty (0 bytes); choose another file.'),
        ("<img src=x onerror=alert(1)>&amp;.jpg", "onerror=alert(1)"),
    ],
)
def test_refusal(page, pictures, name, says):
    page.set_input_files(UPLOAD, pictures / name)
    page.wait_for_selector("#verdict [role=alert]")
    assert says in page.inner_text("#verdict [role=alert]")
    assert page.locator("#verdict img, #stage img, .toast-body").count() == 0


@pytest.mark.parametrize(
    ("name", "says"), [("large.jpg", "exceed the maximum allowed size"), ("notes.pdf", "Only image/* allowed")]
)
def test_refused_before_the_upload(page, pictures, name, says):
    page.set_input_files(UPLOAD, pictures / name)
    page.wait_for_selector(".toast-body")
    assert says in page.inner_text(".toast-body") and name in page.inner_text(".toast-body")


def test_a_picture_that_the_browser_cannot_decode_is_shown_as_the_server_did(page):
    page.set_input_files(UPLOAD, Path(__file__).parent / "collins.heic")  # NASA's portrait, as in assets/
    page.wait_for_selector("#stage .dd-heat", state="attached")
    page.wait_for_function("document.querySelector('#picture img').naturalWidth === 240")


def test_bad_picture_takes_the_old_verdict_away(page, collins, pictures):
    judge(page, collins)
    page.set_input_files(UPLOAD, pictures / "text.jpg")
    page.wait_for_selector("#verdict [role=alert]")
    page.wait_for_selector("#stage .dd-heat", state="detached")


def test_phone(page, pictures):
    page.set_viewport_size({"width": 390, "height": 844})
    judge(page, pictures / "two.jpg")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


# ---- the API


@pytest.fixture(scope="module")
def client(address):
    from gradio_client import Client

    return Client(address, verbose=False)


def test_api_gives_the_analysis(client, tiny, collins):
    from gradio_client import handle_file

    found = client.predict(handle_file(collins), "gradcam", api_name="/inspect")
    expected = tiny.analyse(str(collins), "gradcam").to_dict()
    assert found["probability"] == pytest.approx(expected["probability"], abs=1e-4)
    assert found["file"] == {**expected["file"], "quantisation": list(expected["file"]["quantisation"])}
    assert found["faces"][0]["crop"] == expected["faces"][0]["crop"]


def test_api_says_what_is_wrong(client, pictures):
    from gradio_client import handle_file

    with pytest.raises(Exception, match=r'"text\.jpg" is not a picture in a known format; save it as'):
        client.predict(handle_file(pictures / "text.jpg"), "gradcam", api_name="/inspect")
    with pytest.raises(Exception, match="not in the list of choices"):
        client.predict(handle_file(pictures / "two.jpg"), "nonsense", api_name="/inspect")
    with pytest.raises(Exception, match="Choose a picture first"):
        client.predict(None, "gradcam", api_name="/inspect")
