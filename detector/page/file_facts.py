"""File facts beside the verdict: what the file says about itself as a table, and the forensic views of its pixels.

Every value comes from a stranger's file, so all of them are escaped in one place, `viewer.facts`.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from PIL import Image

from .. import forensics
from ..metadata import Credentials, Exif, JpegCoding, Metadata, Sign, Thumbnail, Xmp
from .proof import figure
from .texts import Texts
from .viewer import facts

Rows = Iterator[tuple[str, str]]


def file_facts(texts: Texts, metadata: Metadata | None, pixels: np.ndarray) -> str:
    """HTML; `metadata` None: the picture came without a file. `pixels`: uint8 RGB (h, w, 3)."""
    table = f"<p>{texts.NO_FILE}</p>" if metadata is None else facts(_rows(texts, metadata))
    return (
        f'<section class="dd-proof"><h3>{texts.FILE_FACTS}</h3><p class="dd-note">{texts.FILE_FACTS_NOTE}</p>{table}'
        f'<h3>{texts.FORENSICS}</h3><p class="dd-note">{texts.FORENSICS_NOTE}</p>{_views(texts, pixels)}</section>'
    )


def _rows(texts: Texts, metadata: Metadata) -> Rows:
    for part, reason in metadata.unreadable.items():
        yield texts.PARTS[part], texts.UNREADABLE.format(reason=texts.say(reason))
    if metadata.credentials:
        yield from _credentials(texts, metadata.credentials)
    yield from _signs(texts, metadata.signs)
    yield from _exif(texts, metadata.exif) if metadata.exif else _absent(texts, "exif", metadata)
    yield from _xmp(texts, metadata.xmp) if metadata.xmp else _absent(texts, "xmp", metadata)
    if metadata.jpeg:
        yield from _jpeg(texts, metadata.jpeg)
    yield from _thumbnail(texts, metadata.thumbnail) if metadata.thumbnail else _absent(texts, "thumbnail", metadata)


def _absent(texts: Texts, part: str, metadata: Metadata) -> Rows:
    """What was not reached, as the file or what it stands in could not be read, is not called absent."""
    around = {"thumbnail": {"thumbnail", "exif", "file"}}.get(part, {part, "file"})
    if not around & metadata.unreadable.keys():
        yield texts.PARTS[part], texts.NOT_THERE


def _credentials(texts: Texts, found: Credentials) -> Rows:
    yield texts.PARTS["credentials"], texts.CREDENTIALS[found.state]
    for field, name in texts.CREDENTIALS_FIELDS.items():
        if value := getattr(found, field):
            yield name, value
    for name, sources in ((texts.SOURCES, found.sources), (texts.INGREDIENT_SOURCES, found.ingredient_sources)):
        if sources:
            yield name, texts.BREAK.join(texts.SOURCE_TYPES.get(source, source) for source in sources)
    if found.problems:
        yield texts.PROBLEMS, texts.BREAK.join(map(texts.say, found.problems))


def _signs(texts: Texts, signs: tuple[Sign, ...]) -> Rows:
    for sign in signs:
        tool = texts.say(sign.tool)
        yield texts.PARTS["signs"], texts.SIGN.format(place=sign.place, tool=tool, quote=sign.quote)
    if not signs:
        yield texts.PARTS["signs"], texts.NO_SIGNS


def _exif(texts: Texts, exif: Exif) -> Rows:
    for field, name in texts.EXIF_FIELDS.items():
        if value := getattr(exif, field):
            yield name, value
    if exif.orientation:
        yield texts.EXIF_ORIENTATION, str(exif.orientation)
    yield texts.GPS, texts.GPS_SAID[exif.gps]


def _xmp(texts: Texts, xmp: Xmp) -> Rows:
    for field, name in texts.XMP_FIELDS.items():
        if value := getattr(xmp, field):
            yield name, value
    if xmp.history:
        yield texts.XMP_HISTORY, ", ".join(xmp.history)


def _jpeg(texts: Texts, jpeg: JpegCoding) -> Rows:
    tables = (texts.JPEG_EXACT if jpeg.standard else texts.JPEG_OTHER).format(quality=jpeg.quality)
    colour, order = texts.say(jpeg.subsampling), texts.JPEG_ORDER[jpeg.progressive]
    yield texts.PARTS["jpeg"], texts.JPEG_CODING.format(tables=tables, subsampling=colour, order=order)
    yield texts.JPEG_SOFTWARE, texts.say(jpeg.software) if jpeg.software else texts.JPEG_UNKNOWN


def _thumbnail(texts: Texts, found: Thumbnail) -> Rows:
    said = {None: texts.THUMBNAIL_ALONE, False: texts.THUMBNAIL_SAME, True: texts.THUMBNAIL_DIFFERS}[found.differs]
    size = f"{found.width}×{found.height} px"
    yield (
        texts.PARTS["thumbnail"],
        said.format(size=size, stretch=found.stretch, mean=found.mean, place=found.place),
    )


def _views(texts: Texts, pixels: np.ndarray) -> str:
    figures = ""
    for view in forensics.views(pixels):
        name, reading, misleading = map(texts.say, (view.name, view.reading, view.misleading))
        caption = texts.FORENSIC.format(name=name, reading=reading, misleading=misleading)
        alt = texts.ALT_FORENSIC.format(name=name)
        figures += figure(Image.fromarray(view.picture), forensics.SHOWN_SIDE, alt, caption)
    return f'<div class="dd-figures dd-wide">{figures}</div>'
