"""How a JPEG was coded, and what that tells of the program that wrote it last."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from PIL import JpegPresets
from PIL.JpegImagePlugin import JpegImageFile

from ..messages import message

# The example tables of Annex K of the JPEG standard (ITU-T T.81), luma and chroma, row by row: libjpeg's quality 50.
LUMA = np.array(
    [
        *(16, 11, 10, 16, 24, 40, 51, 61),
        *(12, 12, 14, 19, 26, 58, 60, 55),
        *(14, 13, 16, 24, 40, 57, 69, 56),
        *(14, 17, 22, 29, 51, 87, 80, 62),
        *(18, 22, 37, 56, 68, 109, 103, 77),
        *(24, 35, 55, 64, 81, 104, 113, 92),
        *(49, 64, 78, 87, 103, 121, 120, 101),
        *(72, 92, 95, 98, 112, 100, 103, 99),
    ]
)
CHROMA = np.full((8, 8), 99)
CHROMA[:4, :4] = [[17, 18, 24, 47], [18, 21, 26, 66], [24, 26, 56, 99], [47, 66, 99, 99]]
CHROMA = CHROMA.ravel()

LIBJPEG = message("libjpeg, which most programs and web sites save with")
PHOTOSHOP = message("Adobe Photoshop, or a program that borrowed its tables")
ADOBE = message("an Adobe program, or one that writes Adobe's marker")
SUBSAMPLING = {(1, 1): "4:4:4", (2, 1): "4:2:2", (2, 2): "4:2:0", (1, 2): "4:4:0", (4, 1): "4:1:1", (4, 2): "4:1:0"}


@dataclass(frozen=True)
class JpegCoding:
    """`quality` 1…100 on libjpeg's scale: the setting itself where `standard`, or else the nearest one.

    `standard`: the tables are exactly those that libjpeg makes for that quality. `software`: a guess from the tables
    and markers, None where they fit too many. `subsampling`: of the colour, as "4:2:0"; "grey" without colour.
    """

    quality: int
    standard: bool
    software: str | None
    subsampling: str
    progressive: bool


def coding(image: JpegImageFile) -> JpegCoding:
    """Of a JPEG whose headers are read. Raises ValueError where it has no tables."""
    layers = image.layer  # each: name, horizontal and vertical sampling, number of its table
    tables = [image.quantization.get(layer[3]) for layer in layers]
    if not tables or any(table is None for table in tables):
        raise ValueError(message("its quantisation tables are missing"))
    luma, chroma = np.array(tables[0]), [np.array(table) for table in tables[1:]]
    all_luma, all_chroma = _libjpeg()
    distance = np.abs(all_luma - luma).sum(1)
    quality = 100 - int(distance[::-1].argmin())
    standard = bool(distance[quality - 1] == 0) and all((all_chroma[quality - 1] == table).all() for table in chroma)
    return JpegCoding(
        quality=quality,
        standard=standard,
        software=_software(image, standard, luma, chroma),
        subsampling=_subsampling(layers),
        progressive=bool(image.info.get("progressive")),
    )


@lru_cache(maxsize=1)
def _libjpeg() -> tuple[np.ndarray, np.ndarray]:
    """Luma and chroma tables of the qualities 1…100, each int (100, 64)."""
    quality = np.arange(1, 101)[:, None]
    percent = np.where(quality < 50, 5000 // quality, 200 - 2 * quality)
    return tuple(np.clip((table * percent + 50) // 100, 1, 255) for table in (LUMA, CHROMA))


def _software(image: JpegImageFile, standard: bool, luma: np.ndarray, chroma: list[np.ndarray]) -> str | None:
    if standard:
        return LIBJPEG
    for preset in JpegPresets.presets.values():
        of_luma, of_chroma = preset["quantization"]
        if (luma == of_luma).all() and all((table == of_chroma).all() for table in chroma):
            return PHOTOSHOP
    ducky = any(name == "APP12" and body.startswith(b"Ducky") for name, body in image.applist)  # "save for web"
    return ADOBE if ducky or "adobe" in image.info else None


def _subsampling(layers: list[tuple[int, int, int, int]]) -> str:
    if len(layers) < 3:
        return message("grey")
    (_, across, down, _), (_, across_chroma, down_chroma, _) = layers[:2]
    if not across_chroma or not down_chroma:
        return message("unknown")
    ratio = across / across_chroma, down / down_chroma
    return SUBSAMPLING.get(ratio, f"{ratio[0]:g}×{ratio[1]:g}")
