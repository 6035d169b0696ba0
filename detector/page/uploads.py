"""Uploaded pictures: how they come in, where they lie, and how they go away again."""

from __future__ import annotations

import contextlib
import os
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr

from .texts import LANGUAGES, Texts

KEEP = 1800  # seconds that an uploaded picture stays on disk
EVERY = 600  # seconds between two looks for old ones
KEEP_LOST = 2700  # later than KEEP, so that gradio meets its own files first and forgets their names


class PictureFile(gr.Image):
    """An image input that hands on the path of the bytes as they came.

    `gr.Image` opens the file itself before the page's code runs: outside the limits of `detector.images`, and a bad
    file ends in an error with the server's paths in it. It also downloads whatever link an API caller sends.
    """

    texts: Texts = next(iter(LANGUAGES.values()))  # of what is said to its visitor; set it after making one
    is_template = True  # in the browser it is gradio's own (which also writes an uploads.pyi here, for editors)

    def preprocess(self, payload: Any) -> str | None:
        if payload is None:
            return None
        if not payload.path or not os.path.exists(payload.path):
            raise gr.Error(self.texts.GONE)
        return payload.path

    async def async_move_resource_to_block_cache(self, url_or_file_path: str | Path | None) -> str | None:
        if str(url_or_file_path).lower().startswith(("http:", "https:")):
            raise gr.Error(self.texts.NO_LINKS)
        return await super().async_move_resource_to_block_cache(url_or_file_path)


@contextlib.contextmanager
def upload_folder() -> Iterator[Path]:
    """Inside, gradio puts uploads into a folder of our own, which is swept while the page runs and removed after.

    Gradio's `delete_cache` alone would keep uploads that broke off half-way, folders named after the pictures'
    checksums, and everything when the server is ended by a signal.
    """
    given = os.environ.get("GRADIO_TEMP_DIR")
    with tempfile.TemporaryDirectory(prefix="uploads-", dir=given, ignore_cleanup_errors=True) as name:
        os.environ["GRADIO_TEMP_DIR"] = name
        done = threading.Event()
        threading.Thread(target=_sweep_often, args=(Path(name), done), daemon=True).start()
        try:
            yield Path(name)
        finally:
            done.set()
            if given is None:
                del os.environ["GRADIO_TEMP_DIR"]
            else:
                os.environ["GRADIO_TEMP_DIR"] = given


def sweep(folder: Path, now: float, age: float = KEEP_LOST) -> None:
    """Removes what has lain in `folder` for more than `age` seconds, and old folders that are empty."""
    for path in sorted(folder.rglob("*"), reverse=True):  # a folder's contents before the folder
        with contextlib.suppress(OSError):  # gone already, or a folder that is not empty
            if now - path.lstat().st_ctime > age:
                path.rmdir() if path.is_dir() else path.unlink()


def _sweep_often(folder: Path, done: threading.Event) -> None:
    while not done.wait(EVERY):
        sweep(folder, time.time())
