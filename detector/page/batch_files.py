"""What a visitor sends for a batch: files, a folder, archives; and the pictures in them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import gradio as gr

from .. import archive
from ..archive import ArchiveLimits, Member
from ..batch import Entry, distinct
from ..scan import is_picture
from .texts import FIRST, LANGUAGES, Texts
from .uploads import new_folder, refuse_link


@dataclass(frozen=True)
class Upload:
    """`name`: as its sender's disk had it, for display alone."""

    name: str
    path: Path


class BatchFiles(gr.File):
    """A file input that hands on names with paths, and follows no link, which `gr.File` would download."""

    texts: Texts = LANGUAGES[FIRST]  # of what is said to its visitor; set it after making one
    is_template = True  # in the browser it is gradio's own

    def preprocess(self, payload: Any) -> list[Upload]:
        if payload is None:
            return []
        uploads = [Upload(_base(file.orig_name or file.path), Path(file.path)) for file in payload]
        if not all(upload.path.is_file() for upload in uploads):
            raise gr.Error(self.texts.GONE)
        folder = Path(os.environ["GRADIO_TEMP_DIR"]).resolve()  # gradio has looked too; it also knows other folders
        if not all(upload.path.resolve().is_relative_to(folder) for upload in uploads):
            raise gr.Error(self.texts.batch.ELSEWHERE)
        return uploads

    async def async_move_resource_to_block_cache(self, url_or_file_path: str | Path | None) -> str | None:
        refuse_link(self.texts, url_or_file_path)
        return await super().async_move_resource_to_block_cache(url_or_file_path)


def collect(
    texts: Texts, files: Sequence[Upload], folder: Sequence[Upload], limits: ArchiveLimits
) -> tuple[list[Entry], int]:
    """The pictures in order, those refused too, and how many other files there were.

    What was chosen one by one is meant as a picture, whatever its ending; of a folder only what looks like one.
    """
    entries: list[Entry] = []
    ignored = 0
    for upload, chosen in [*((file, True) for file in files), *((file, False) for file in folder)]:
        name = PurePosixPath(upload.name)
        if name.suffix.lower() == archive.ENDING:
            # Not in the archive's own folder, which is named after its checksum: two visitors may send the same one.
            into = new_folder()
            members, others = archive.extract(upload.path, upload.name, into, limits)
            entries += [_entry(texts, member, limits) for member in members]
            ignored += others
        elif chosen or is_picture(name):
            entries.append(Entry(upload.name, upload.path))
        else:
            ignored += 1
    names = distinct([entry.name for entry in entries])
    return [Entry(name, entry.path, entry.error) for name, entry in zip(names, entries, strict=True)], ignored


def _entry(texts: Texts, member: Member, limits: ArchiveLimits) -> Entry:
    if member.refusal is None:
        return Entry(member.name, member.path)
    said = texts.batch.REFUSALS[member.refusal].format(
        members=limits.members,
        megabytes=limits.member_bytes / 1e6,
        total=limits.total_bytes / 1e6,
        ratio=limits.ratio,
    )
    return Entry(member.name, None, said)


def _base(name: str) -> str:
    return name.replace("\\", "/").rstrip("/").rsplit("/", 1)[-1] or "?"
