"""The page in another language, in a real browser: nothing of what is judged, shown or written is left in English."""

import re

import pytest
from browser import UPLOAD, judge
from PIL import Image

from detector.page.texts import en, zh

SENTENCE = re.compile(r"(?:[A-Za-z]+[ ,;:]+){3}[A-Za-z]+")  # four English words in a row
# Names of people; and gradio's own line while something is under way.
ALLOWED = re.compile(r"Eileen Collins|Grace Hopper|processing \|[^\n]*")


def english(text):
    """English sentences in what a visitor reads."""
    return SENTENCE.findall(ALLOWED.sub("", text))


def heard(page, place):
    """What a screen reader says of the pictures and figures there."""
    return "\n".join(page.locator(f"{place} [alt], {place} [aria-label]").evaluate_all(
        "all => all.map(one => one.getAttribute('alt') ?? one.getAttribute('aria-label'))"
    ))  # fmt: skip


@pytest.fixture
def chinese(page):
    """The first page, left by its link to the other language."""
    page.click(f".dd-languages a:text-is('{zh.LANGUAGE}')")
    page.wait_for_url("**/zh*")
    page.wait_for_function("document.documentElement.lang === 'zh'")
    page.wait_for_selector(UPLOAD, state="attached")
    return page


def test_a_sentence_would_be_found():
    assert english(en.LEAD) and english(en.CUES_NOTE) and not english(zh.LEAD)


def test_the_language_is_a_link_away_and_back(chinese):
    assert chinese.inner_text("h1") == chinese.title() == zh.TITLE
    assert chinese.locator("nav").count() == 0
    assert chinese.inner_text("#verdict").strip() == zh.WAITING
    chinese.click(f".dd-languages a:text-is('{en.LANGUAGE}')")
    chinese.wait_for_function("document.documentElement.lang === 'en'")
    assert chinese.inner_text("h1") == chinese.title() == en.TITLE


def test_a_judged_picture_is_told_in_chinese(chinese, collins):
    judge(chinese, collins)
    card = chinese.inner_text("#verdict [role=status]")
    assert re.search(rf"{zh.PROBABILITY}：\d+% · {zh.FACES[1]}", card)
    for summary in chinese.locator("#findings summary, #proof summary").all():
        summary.click()
    for part in ("#file", "#accusation", "#details"):
        chinese.click(f"{part} button.label-wrap")
    chinese.wait_for_selector("#file .dd-facts")
    proof = chinese.inner_text("#findings") + chinese.inner_text("#proof")
    assert zh.CUES in proof and zh.MESSAGES["mirrored"] in proof and zh.REGIONS_TITLE in proof
    assert zh.MESSAGES["Noise"] in chinese.inner_text("#file")
    assert english(chinese.inner_text("body")) == []
    assert english(heard(chinese, "#proof") + heard(chinese, "#file") + heard(chinese, "#stage")) == []


def test_the_report_is_in_chinese(chinese, collins, tmp_path):
    judge(chinese, collins)
    chinese.click("#report")
    chinese.wait_for_selector("#get-report")
    with chinese.expect_download() as download:
        chinese.click("#get-report")
    page = download.value.path().read_text(encoding="utf-8")
    assert '<html lang="zh">' in page and zh.REPORT_TITLE.format(name="example-collins.jpg") in page
    visible = re.sub(r"<style>.*?</style>|<[^>]*>", "\n", page, flags=re.DOTALL)
    assert english(visible) == [] and zh.REPORT_LIMITS in visible


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"no picture", "“file.jpg”是无法识别的图片格式；请另存为"),
        (b"", "“file.jpg”是空文件（0 字节）；请换一个文件。"),
        (b"%PDF-1.4", "“file.jpg”是 PDF 文档；请另存为"),
    ],
)
def test_what_is_wrong_with_a_file_is_said_in_chinese(chinese, tmp_path, content, says):
    (tmp_path / "file.jpg").write_bytes(content)
    chinese.set_input_files(UPLOAD, tmp_path / "file.jpg")
    chinese.wait_for_selector("#verdict [role=alert]")
    card = chinese.inner_text("#verdict")
    assert card.startswith(zh.REFUSED) and says in card and english(card) == []


def test_why_there_is_no_score_is_said_in_chinese(chinese, collins, tmp_path):
    with Image.open(collins) as image:
        image.resize((96, 96)).save(tmp_path / "small.png")
    chinese.set_input_files(UPLOAD, tmp_path / "small.png")
    chinese.wait_for_selector("#verdict [role=alert]")
    card = chinese.inner_text("#verdict")
    assert card.startswith(zh.REFUSED) and "像素" in card and english(card) == []


def test_the_lab_forges_in_chinese(chinese):
    chinese.get_by_role("tab", name=zh.TAB_LAB).click()
    chinese.wait_for_selector("#lab-result figure img")
    result = chinese.inner_text("#lab-result")
    assert zh.LAB_CURVE in result and any(name in result for name in zh.VARIANTS.values())
    assert english(result + heard(chinese, "#lab-result")) == []
