"""The Batch tab: many pictures, a table of what was found, and files to take along."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import gradio as gr

from .. import batch as judging
from .. import batch_tables
from ..analyse import Analyser
from ..archive import ArchiveLimits
from . import batch_report, batch_table
from .batch_files import BatchFiles, Upload, collect
from .batch_store import Batch, Batches
from .events import HIDDEN
from .links import Links
from .settings import Settings
from .texts import Texts
from .uploads import new_folder, times
from .viewer import alert

SCRIPT = Path(__file__).with_name("batch.js")
EVERY = 0.7  # seconds between two looks at a running batch: the page redraws its table each time


def build(texts: Texts, analyser: Analyser, settings: Settings, links: Links) -> None:
    """Adds the tab's components to the page that is being built."""
    own = texts.batch
    largest = analyser.limits.max_bytes
    batches, limits = Batches(age=times(settings.keep).keep), ArchiveLimits(member_bytes=largest)
    note = own.NOTE.format(most=settings.max_batch, megabytes=largest / 1e6, minutes=settings.keep)
    gr.HTML(f'<h2>{own.TITLE}</h2><p class="dd-note">{note}</p>', padding=False)
    with gr.Row():
        files = BatchFiles(file_count="multiple", label=own.FILES, height=190, elem_id="batch-files")
        folder = BatchFiles(file_count="directory", label=own.FOLDER, height=190, elem_id="batch-folder")
    files.texts = folder.texts = texts
    check = gr.Checkbox(True, label=own.CHECK, info=own.CHECK_INFO, elem_id="batch-check")
    with gr.Row():
        start = gr.Button(own.START, variant="primary", min_width=120, elem_id="batch-start")
        cancel = gr.Button(own.CANCEL, interactive=False, min_width=120, elem_id="batch-cancel")
    # Not gr.State: that would keep a connection open for each visitor.
    token = gr.Textbox(visible=False)
    progress = gr.HTML("", padding=False, elem_id="batch-progress")
    with gr.Column(visible=False, elem_id="batch-downloads") as downloads:
        gr.HTML(f'<h3>{own.DOWNLOADS}</h3><p class="dd-note">{own.DOWNLOADS_NOTE}</p>', padding=False)
        with gr.Row():
            titles = (own.GET_PREDICTION, own.GET_FULL, own.GET_JSON, own.GET_REPORT)
            buttons = [gr.DownloadButton(title, size="sm", min_width=150) for title in titles]
    table = gr.HTML(
        "",
        # While a batch runs, its HTML only ever grows, and gradio then sends no more than what was added.
        html_template="${value}" + batch_table.CLOSING,
        js_on_load=SCRIPT.read_text(encoding="utf-8"),
        apply_default_css=False,
        padding=False,
        elem_id="batch-table",
    )
    outputs = [token, progress, table, start, cancel, downloads, *buttons]
    nothing = [gr.skip()] * (1 + len(buttons))  # downloads and their buttons
    waiting = gr.update(interactive=True), gr.update(interactive=False), gr.update(visible=False), *nothing[1:]
    reading = gr.update(interactive=False), *waiting[1:]
    running = gr.update(interactive=False), gr.update(interactive=True), gr.update(visible=False), *nothing[1:]

    def run(files: list[Upload], folder: list[Upload], checked: bool) -> Iterator[Sequence[Any]]:
        """Judges all, and gives the page something new to show now and then."""
        if not files and not folder:
            yield "", alert(own.NOTHING), "", *waiting
            return
        yield "", f"<p>{own.UNPACKING}</p>", "", *reading
        entries, ignored = collect(texts, files, folder, limits)
        if not entries or len(entries) > settings.max_batch:
            said = own.TOO_MANY.format(count=len(entries), most=settings.max_batch) if entries else own.NO_PICTURES
            yield "", alert(said), "", *waiting
            return
        secret, batch = batches.new(len(entries), bool(checked), ignored)
        shown = batch_table.opening(texts, analyser.labels, batch.checked)
        yield secret, _progress(texts, batch), shown, *running
        looked = time.monotonic()
        for row in judging.judge(analyser, entries, batch.checked):
            if not batch.add(row):
                break
            shown += batch_table.row_html(texts, analyser.labels, len(batch.rows) - 1, row)
            if time.monotonic() - looked > EVERY:
                yield secret, _progress(texts, batch), shown, *[gr.skip()] * (3 + len(buttons))
                looked = time.monotonic()
        ended = gr.update(interactive=True), gr.update(interactive=False), gr.update(visible=bool(batch.rows))
        written = _write(texts, analyser, batch) if batch.rows else [None] * len(buttons)
        yield secret, _summary(texts, batch), shown, *ended, *written

    def stop(secret: str) -> None:
        """The batch ends itself after its picture: were it broken off, late news might overwrite its end."""
        if batch := batches.get(secret):
            batch.stop()

    def open_row(secret: str, event: gr.EventData) -> tuple[Any, Any]:
        """Opens a row of the visitor's own batch in Inspect; what comes from the page is a number and a secret."""
        batch, index = batches.get(secret), (event._data or {}).get("index")
        if batch is None:
            raise gr.Error(own.GONE)
        if type(index) is not int or not 0 <= index < len(batch.rows) or batch.rows[index].answer is None:
            return gr.skip(), gr.skip()
        path = batch.rows[index].entry.path
        if not path.is_file():
            raise gr.Error(own.PICTURE_GONE)
        return str(path), gr.Tabs(selected="inspect")

    # One batch at a time, so that single pictures, which have a queue of their own, are not kept waiting.
    start.click(run, [files, folder, check], outputs, concurrency_limit=1, concurrency_id="batch", **HIDDEN)
    cancel.click(stop, token, queue=False, **HIDDEN)
    table.select(open_row, token, [links.picture, links.tabs], **HIDDEN)


def _progress(texts: Texts, batch: Batch) -> str:
    own, done = texts.batch, len(batch.rows)
    said = [own.PROGRESS.format(done=done, total=batch.total)]
    if done and batch.seconds > 0:
        rate = done / batch.seconds
        left = round((batch.total - done) / rate)
        said.append(own.RATE.format(rate=rate))
        short = left < 60
        said.append(
            own.LEFT_SECONDS.format(seconds=left)
            if short
            else own.LEFT_MINUTES.format(minutes=left // 60, seconds=left % 60)
        )
    share = 100 * done / max(batch.total, 1)
    bar = (
        f'<div class="dd-bar" role="progressbar" aria-label="{own.TABLE}" aria-valuemin="0" aria-valuenow="{done}" '
        f'aria-valuemax="{batch.total}"><span style="width:{share:.1f}%"></span></div>'
    )
    return f'<div class="dd-batch-progress">{bar}<p>{" · ".join(said)}</p></div>'


def _summary(texts: Texts, batch: Batch) -> str:
    own, done = texts.batch, len(batch.rows)
    said = [
        own.STOPPED.format(done=done, total=batch.total)
        if batch.stopped
        else own.DONE.format(total=batch.total, seconds=batch.seconds),
        batch_report.counts(texts, batch.rows),
    ]
    if batch.ignored:
        said.append(own.IGNORED.format(count=batch.ignored))
    lines = "".join(f"<p>{line}</p>" for line in said if line)
    return f'<div class="dd-batch-progress" role="status">{lines}</div>'


def _write(texts: Texts, analyser: Analyser, batch: Batch) -> list[str]:
    """The four files, in the folder of uploads, so that they are deleted with them."""
    now, model, labels, rows = datetime.now(UTC), analyser.identity, analyser.labels, batch.rows
    limits = analyser.verdicts, analyser.classifier.header.calibration
    contents = {
        "prediction.csv": batch_tables.prediction(rows),
        "batch.csv": "\ufeff" + batch_tables.full(rows, labels, batch.checked),  # spreadsheets then read UTF-8
        "batch.json": batch_tables.as_json(rows, model, batch.checked, batch.total, now),
        "batch.html": batch_report.report(texts, rows, labels, model, *limits, batch.checked, batch.total, now),
    }
    folder = new_folder()
    for name, content in contents.items():
        (folder / name).write_text(content, encoding="utf-8", newline="")
    return [str(folder / name) for name in contents]
