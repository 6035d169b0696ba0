"""The Learn tab in a real browser: its chapters, the sliders, and the practice game by keyboard alone."""

import re

import pytest
from browser import visiting

from detector.page.texts import en

texts = en.learn
CUT = "stage => stage.style.getPropertyValue('--dd-cut')"


@pytest.fixture
def learn(page):
    page.get_by_role("tab", name=texts.TAB).click()
    page.wait_for_selector("#learn-chapter h2")
    return page


def open_chapter(page, key):
    page.check(f"#learn-chapters input[value={key}]", force=True)  # the radio itself is drawn as its label
    page.wait_for_function(
        "title => document.querySelector('#learn-chapter h2')?.innerText === title", arg=texts.CHAPTERS[key]
    )


def decided(page, rounds):
    page.wait_for_selector("#game-feedback [role=status]")
    page.wait_for_function("n => document.querySelector('#game-score').innerText.includes(n)", arg=f"{rounds} decided")


def test_nothing_travels_before_the_tab_is_opened(page):
    assert page.locator("#learn-chapter h2").count() == 0


def test_every_chapter_opens(learn):
    for key in texts.CHAPTERS:
        open_chapter(learn, key)
        drawn = learn.locator("#learn-chapter img").evaluate_all("all => all.map(one => one.naturalWidth > 0)")
        assert drawn == [True] * (10 if key == "clues" else 0)
        wide = learn.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0


def test_chapters_by_keyboard(learn):
    learn.focus("#learn-chapters input[value=what]")
    learn.keyboard.press("Tab")
    learn.keyboard.press("Space")
    learn.wait_for_selector(f"#learn-chapter h2:text-is('{texts.CHAPTERS['families']}')")
    learn.focus("#learn-next")
    learn.keyboard.press("Enter")
    learn.wait_for_selector(f"#learn-chapter h2:text-is('{texts.CHAPTERS['clues']}')")
    assert learn.is_checked("#learn-chapters input[value=clues]")


def test_the_slider_moves_the_line_without_the_server(learn):
    open_chapter(learn, "clues")
    learn.wait_for_timeout(500)
    learn.wait_for_load_state("networkidle")
    requests = []
    learn.on("request", lambda request: requests.append(request.url))
    pair, slider = learn.locator(".dd-compare").first, learn.locator(".dd-compare input[type=range]").first
    clip = "after => getComputedStyle(after).clipPath"
    assert pair.evaluate(CUT) == "50%" and "50%" in pair.locator(".dd-after").evaluate(clip)
    slider.focus()
    for _ in range(3):
        learn.keyboard.press("ArrowRight")
    assert pair.evaluate(CUT) == "53%" and "53%" in pair.locator(".dd-after").evaluate(clip)
    assert learn.locator(".dd-compare").nth(1).evaluate(CUT) == "50%"  # the others stay
    outline = pair.locator(".dd-outline")
    assert outline.evaluate("one => getComputedStyle(one).opacity") == "0"
    learn.keyboard.press("Tab")
    learn.keyboard.press("Space")
    assert outline.evaluate("one => getComputedStyle(one).opacity") == "1"
    learn.wait_for_timeout(300)
    assert requests == []


def test_the_game_by_keyboard(learn):
    learn.focus("#learn-chapters input[value=finetune]")
    learn.keyboard.press("Tab")
    learn.keyboard.press("Space")
    learn.wait_for_selector("#game-picture fieldset")
    assert "before" not in learn.inner_html("#game-picture")
    learn.focus("#game-fake")
    learn.keyboard.press("Enter")
    learn.wait_for_selector("#game-feedback [role=alert]")  # without a mark it asks for one
    learn.focus("#game-picture fieldset input >> nth=0")
    for key in ("ArrowDown", "ArrowDown", "ArrowRight"):
        learn.keyboard.press(key)
    assert learn.locator("#game-picture input:checked").get_attribute("aria-label") == texts.CELL.format(
        row=3, column=2
    )
    learn.keyboard.press("Tab")
    learn.keyboard.press("Tab")
    assert learn.evaluate("document.activeElement.id") == "game-fake"
    learn.keyboard.press("Enter")
    decided(learn, 1)
    assert re.search(rf"({texts.WAS_REAL}|manipulated: )", learn.inner_text("#game-feedback"))
    assert learn.locator("#game-picture path.dd-you").count() == 1
    assert not learn.locator("#game-fake").is_visible()
    learn.wait_for_function("document.activeElement.id === 'game-another'")
    learn.keyboard.press("Enter")
    learn.wait_for_selector("#game-picture fieldset")
    learn.focus("#game-real")
    learn.keyboard.press("Enter")
    decided(learn, 2)
    rows = learn.locator(".dd-score tbody tr").all_inner_texts()
    for row in rows:
        right, wrong, left_open = map(int, re.findall(r"\d+", row)[:3])
        assert right + wrong + left_open == 2


def test_two_visitors_have_scores_of_their_own(browser, address, learn):
    open_chapter(learn, "practice")
    learn.wait_for_selector("#game-picture fieldset")
    learn.click("#game-real")
    decided(learn, 1)
    with visiting(browser, address) as other:
        other.get_by_role("tab", name=texts.TAB).click()
        other.wait_for_selector("#learn-chapter h2")
        open_chapter(other, "practice")
        other.wait_for_selector("#game-picture fieldset")
        assert texts.SCORE_EMPTY in other.inner_text("#game-score")


def test_on_a_phone_nothing_sticks_out(learn):
    learn.set_viewport_size({"width": 360, "height": 740})
    for key in texts.CHAPTERS:
        open_chapter(learn, key)
        wide = learn.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, key
