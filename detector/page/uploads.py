"""Uploaded pictures: how they come in, where they lie, and how they go away again."""

from __future__ import annotations

import contextlib
import os
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr
from gradio import mcp
from gradio.data_classes import FileData, GradioRootModel
from gradio.processing_utils import save_base64_to_cache

from ..images import PictureError
from .texts import FIRST, LANGUAGES, Texts


@dataclass(frozen=True)
class Times:
    """When what lies in the upload folder goes, in seconds; `lost` + `every` is less than the minutes promised.

    `every`: between two looks; `keep`: age at which gradio deletes a file that it knows; `lost`: age at which
    `sweep` deletes anything, later than `keep`, so that gradio meets its own files first and forgets their names.
    """

    every: int
    keep: int
    lost: int


def times(minutes: int) -> Times:
    """What keeps the promise that a picture is gone after `minutes`."""
    return Times(every=10 * minutes, keep=30 * minutes, lost=45 * minutes)


class PictureFile(gr.Image):
    """An image input that hands on the path of the bytes as they came, and follows no link.

    `gr.Image` opens the file itself before the page's code runs: outside the limits of `detector.images`, and a bad
    file ends in an error with the server's paths in it. It also downloads whatever link an API caller sends. Paths
    of the server need no care here: gradio itself refuses what lies outside the upload folder.
    """

    texts: Texts = LANGUAGES[FIRST]  # of what is said to its visitor; set it after making one
    is_template = True  # in the browser it is gradio's own (which also writes an uploads.pyi here, for editors)

    def preprocess(self, payload: Any) -> str | None:
        return None if payload is None else _present(self.texts, payload)

    async def async_move_resource_to_block_cache(self, url_or_file_path: str | Path | None) -> str | None:
        refuse_link(self.texts, url_or_file_path)
        return await super().async_move_resource_to_block_cache(url_or_file_path)


class Sent(GradioRootModel):
    """Files that were uploaded, or `data:` URLs: over MCP gradio cannot hand on a list of uploads."""

    root: list[FileData | str]


class PictureFiles(gr.File):
    """Many files, for `file_count="multiple"`: each as (the name that the sender gave it, path); follows no link.

    Set `data_model` to Sent after making one. An __init__(**kwargs) of our own would lose `visible`, for gradio reads
    from that signature what to tell the browser.
    """

    texts: Texts = LANGUAGES[FIRST]
    is_template = True

    def api_info(self) -> dict[str, Any]:
        return {"type": "array", "items": {"type": "string", "format": "a picture, as file or data: URL"}}

    def preprocess(self, payload: Sent | None) -> list[tuple[str, str]]:
        return [self._name_and_path(sent, number) for number, sent in enumerate(payload.root if payload else [], 1)]

    def _name_and_path(self, sent: FileData | str, number: int) -> tuple[str, str]:
        if isinstance(sent, FileData):
            path = _present(self.texts, sent)
            return Path(sent.orig_name or path).name, path
        if not sent.startswith("data:"):  # above all no path of the server
            raise gr.Error(self.texts.NO_LINKS)
        try:
            return f"picture {number}", save_base64_to_cache(sent, self.GRADIO_CACHE)
        except ValueError as error:
            raise gr.Error(self.texts.NO_LINKS) from error

    async def async_move_resource_to_block_cache(self, url_or_file_path: str | Path | None) -> str | None:
        refuse_link(self.texts, url_or_file_path)
        return await super().async_move_resource_to_block_cache(url_or_file_path)


def _present(texts: Texts, file: Any) -> str:
    if not file.path or not os.path.exists(file.path):
        raise gr.Error(texts.GONE)
    return file.path


def refuse_link(texts: Texts, address: str | Path | None) -> None:
    """Raises gr.Error: gradio's inputs would download what an API caller links to."""
    if str(address).lower().startswith(("http:", "https:")):
        raise gr.Error(texts.NO_LINKS)


@contextlib.contextmanager
def picture_errors(texts: Texts) -> Iterator[None]:
    """Inside, what is wrong with a picture is raised as gr.Error, which tells the visitor."""
    try:
        yield
    except PictureError as error:
        raise gr.Error(texts.say(error)) from error


@contextlib.contextmanager
def upload_folder(minutes: int = 60) -> Iterator[Path]:
    """Inside, gradio puts uploads into a folder of our own, which is swept while the page runs and removed after.

    Nothing in it gets older than `minutes`.

    Gradio's `delete_cache` alone would keep uploads that broke off half-way, folders named after the pictures'
    checksums, and everything when the server is ended by a signal.
    """
    given = os.environ.get("GRADIO_TEMP_DIR")
    with tempfile.TemporaryDirectory(prefix="uploads-", dir=given, ignore_cleanup_errors=True) as name:
        os.environ["GRADIO_TEMP_DIR"] = name
        mcp.DEFAULT_TEMP_DIR = name  # else pictures sent over MCP lie where nobody sweeps
        done = threading.Event()
        threading.Thread(target=_sweep_often, args=(Path(name), times(minutes), done), daemon=True).start()
        try:
            yield Path(name)
        finally:
            done.set()
            if given is None:
                del os.environ["GRADIO_TEMP_DIR"]
            else:
                os.environ["GRADIO_TEMP_DIR"] = given


def new_folder() -> Path:
    """An empty one among the uploads, so that it is swept with them."""
    return Path(tempfile.mkdtemp(dir=os.environ.get("GRADIO_TEMP_DIR")))


def sweep(folder: Path, now: float, age: float) -> None:
    """Removes what has lain in `folder` for more than `age` seconds, and old folders that are empty."""
    for path in sorted(folder.rglob("*"), reverse=True):  # a folder's contents before the folder
        with contextlib.suppress(OSError):  # gone already, or a folder that is not empty
            if now - path.lstat().st_ctime > age:
                path.rmdir() if path.is_dir() else path.unlink()


def _sweep_often(folder: Path, times: Times, done: threading.Event) -> None:
    while not done.wait(times.every):
        sweep(folder, time.time(), times.lost)
