"""An Analysis as a folder of files: what `python -m detector explain` writes."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
from PIL import Image

from . import explain, provenance, regions, traces
from .analysis import Analysis
from .artifacts import FAKE
from .provenance import Reproduction


def write(folder: Path, pixels: np.ndarray, analysis: Analysis, reproduce: Reproduction) -> None:
    """Writes, for a picture's RGB pixels (h, w, 3), its Analysis with maps and what reproduces it:

    - `analysis.json`: every number and sentence, sealed, for `python -m detector verify`;
    - `maps.npz`: for each label float32 (h, w), in logits;
    - `overlay.png` for fake and `overlay-<artifact>.png`: the maps over the picture, outlined where one stands out;
    - `regions.png`: face, hair, body and background of each face, and the face edge;
    - `cues/<artifact>.png`: the measurements that do not use the classifier;
    - `crops/<label>-<number>.png`: the hottest places at full resolution, and `crops/<label>.png`: where they are.

    With several faces the names of the last two begin with `face-<number>-`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    content = provenance.sealed(analysis.to_dict() | {"reproduce": asdict(reproduce)})
    (folder / "analysis.json").write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    maps = {label: analysis.heatmap(label) for label in (FAKE, *analysis.artifacts)}
    np.savez_compressed(folder / "maps.npz", **maps)
    for label, values in maps.items():
        name = "overlay.png" if label == FAKE else f"overlay-{label}.png"
        over = traces.drawn(explain.overlay(pixels, values), analysis.outlines(label))
        Image.fromarray(over).save(folder / name)
    drawn = pixels.copy()
    for number, verdict in enumerate(analysis.faces, 1):
        start = f"face-{number}-" if len(analysis.faces) > 1 else ""
        evidence = verdict.evidence
        verdict.crop.cut(drawn)[:] = regions.draw(verdict.crop.cut(pixels), evidence.regions)
        for cue in evidence.cues:
            _save(cue.picture, folder / "cues" / f"{start}{cue.artifact}.png")
        for label, crops in evidence.crops.items():
            if crops:
                _save(traces.frame(pixels, crops), folder / "crops" / f"{start}{label}.png")
            for place, crop in enumerate(crops, 1):
                _save(crop.box.cut(pixels), folder / "crops" / f"{start}{label}-{place}.png")
    Image.fromarray(drawn).save(folder / "regions.png")


def _save(pixels: np.ndarray, path: Path) -> None:
    path.parent.mkdir(exist_ok=True)
    Image.fromarray(np.ascontiguousarray(pixels)).save(path)
