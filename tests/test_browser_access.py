"""Usable by all: axe-core on every tab, the keyboard alone, every width, both themes."""

import re

import pytest
from browser import UPLOAD, judge, missing, serving

WIDTHS = (360, 390, 768, 1440, 2560)
SEVERE = ("serious", "critical")
THEMES = ("light", "dark")


@pytest.fixture(scope="module")
def address(tiny_checkpoint, tmp_path_factory):
    """Every tab, the Review tab too."""
    folder = tmp_path_factory.mktemp("access")
    with serving(tiny_checkpoint, folder, "--reviews", folder / "reviews.sqlite") as (address, _):
        yield address


@pytest.fixture(scope="module")
def axe():
    try:
        from axe_playwright_python.sync_playwright import Axe
    except ImportError as error:
        return missing(f"axe-playwright-python is not installed ({error})")
    return Axe()


@pytest.fixture(scope="module", params=THEMES)
def visit(request, browser, address):
    """A page in one of the themes, at an address below the server's."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, color_scheme=request.param)
    page = context.new_page()
    page.set_default_timeout(60_000)

    def visit(path=""):
        page.goto(address + path)
        page.wait_for_selector("#verdict .dd-card")
        page.wait_for_selector(UPLOAD, state="attached")
        return page

    yield visit
    context.close()


def languages(page):
    """The page's own address and those of its links to other languages."""
    links = page.locator(".dd-languages a").all()
    return ["", *(link.get_attribute("href").rstrip("/") for link in links)]


def tabs(page):
    return page.locator("#tabs > .tab-wrapper [role=tab], #tabs > div > [role=tablist] > [role=tab]").all()


def open_tab(page, tab):
    tab.click()
    page.wait_for_function("tab => tab.getAttribute('aria-selected') === 'true'", arg=tab.element_handle())
    page.wait_for_load_state("networkidle")
    page.wait_for_function("!document.querySelector('.pending, .generating, .eta-bar, .progress-text')")
    page.wait_for_timeout(300)  # what was pending fades in


def severe(axe, page):
    """What axe-core 4 calls serious or critical, one line for each place."""
    violations = axe.run(page).response["violations"]
    return [
        f"{found['id']}: {node['html'][:160]} {node['target']}: {node.get('failureSummary', '')[:300]}"
        for found in violations
        if found["impact"] in SEVERE
        for node in found["nodes"]
    ]


def test_axe_finds_no_serious_issue(visit, axe, collins):
    issues = {}
    for path in languages(visit()):
        page = visit(path)
        judge(page, collins)
        for details in page.locator("#file button, #details button.label-wrap, #accusation button").all():
            details.click()
        all_tabs = tabs(page)
        assert len(all_tabs) == 5
        for tab in all_tabs:
            open_tab(page, tab)
            if found := severe(axe, page):
                issues[path or "/", tab.inner_text()] = found
    assert issues == {}, "\n".join(line for lines in issues.values() for line in lines)


@pytest.mark.parametrize("width", WIDTHS)
def test_the_layout_holds(browser, address, collins, width):
    context = browser.new_context(viewport={"width": width, "height": 900})
    page = context.new_page()
    page.set_default_timeout(60_000)
    page.goto(address)
    paths = languages(page)
    for path in paths:
        page.goto(address + path)
        page.wait_for_selector(UPLOAD, state="attached")
        judge(page, collins)
        # On a phone gradio puts the last tabs into a menu; each is opened the way a visitor would
        for name in page.locator("#tabs [role=tab]").evaluate_all("all => all.map(tab => tab.textContent.trim())"):
            page.evaluate(
                """name => [...document.querySelectorAll("#tabs [role=tab], #tabs .overflow-dropdown button")]
                    .find(tab => tab.textContent.trim() === name)?.click()""",
                name,
            )
            page.wait_for_load_state("networkidle")
            too_wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert too_wide <= 0, f"{name} of {path or '/'} is {too_wide} px too wide at {width}"
    context.close()


def test_by_keyboard_alone(page):
    """Choose an example, read the verdict, show another trace, open the details: no mouse."""
    press = page.keyboard.press

    def tab_to(selector, presses=120):
        for _ in range(presses):
            press("Tab")
            if page.evaluate("selector => !!document.activeElement?.closest(selector)", selector):
                return
        raise AssertionError(f"Tab never comes to {selector}")

    tab_to("#examples button")
    assert re.search("collins|hopper", page.evaluate("document.activeElement.querySelector('img').alt"))
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none", "where is the focus?"
    press("Enter")
    page.wait_for_selector("#stage .dd-heat:not([hidden])")
    assert page.locator("#verdict h2").inner_text() != ""
    seen = "#stage .dd-heat:not([hidden])"
    before = page.locator(seen).get_attribute("alt")
    page.wait_for_selector("#verdict [aria-busy=false]")
    tab_to("#stage .dd-labels input")
    press("ArrowRight")
    assert page.locator(seen).get_attribute("alt") != before
    tab_to("#details button")
    press("Enter")
    page.wait_for_selector("#method", state="visible")
