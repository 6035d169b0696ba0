"""Where the faces of a label list's pictures are, and which parts they have: found once, and kept in a file.

Finding them takes longer than forging, and each process that loads pictures would have to find them all.
"""

from __future__ import annotations

import os
import zipfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from . import faces, parts
from .atomic import replacing
from .data import Example
from .dataset import Region, region_of
from .distributed import ALONE, Team
from .images import load

KEYS = ("names", "bytes", "boxes", "parts")


def regions(examples: Sequence[Example], path: str | Path, team: Team = ALONE) -> dict[str, Region]:
    """By the pictures' names, of those that forging or masks ask for: the real ones, and composites with known parts.

    Read from `path` (.npz) as far as it has them; the others are found, each process of `team` its share, and the file
    is written anew. A picture that has another size in bytes than it had is found again. Raises ValueError for a file
    that is none of ours, PictureError for a picture that can't be read.
    """
    path = Path(path)
    wanted = {example.name: example for example in examples if not example.target or example.edited}
    kept = _read(path) if path.is_file() else {}
    known = {name: kept[name] for name in wanted if name in kept and kept[name][0] == _bytes(wanted[name])}
    missing = [example for name, example in wanted.items() if name not in known]
    ours = missing[team.rank :: team.size]
    for found in team.gather(_find(ours) if ours else {}):
        known |= found
    if missing and team.rank == 0:
        _write(path, kept | known)  # what it holds of other lists stays
    return {name: region for name, (_, region) in known.items()}


def _find(examples: Sequence[Example]) -> dict[str, tuple[int, Region]]:
    parser = parts.load()

    def one(example: Example) -> tuple[str, tuple[int, Region]]:
        return example.name, (_bytes(example), region_of(load(example.path).pixels, parser))

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return dict(pool.map(one, examples))


def _bytes(example: Example) -> int:
    return example.path.stat().st_size


def _read(path: Path) -> dict[str, tuple[int, Region]]:
    try:
        with np.load(path, allow_pickle=False) as file:
            names, sizes, boxes, coarse = (file[key] for key in KEYS)
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise ValueError(f"{path} holds no found faces ({error}); delete it, or give another --found") from error
    boxed = (faces.Box(*map(int, box)) for box in boxes)
    return {
        str(name): (int(size), (box, each)) for name, size, box, each in zip(names, sizes, boxed, coarse, strict=True)
    }


def _write(path: Path, known: dict[str, tuple[int, Region]]) -> None:
    sizes, found = zip(*known.values(), strict=True)
    boxes, coarse = zip(*found, strict=True)
    columns = ([*known], sizes, [(box.x, box.y, box.width, box.height) for box in boxes], coarse)
    with replacing(path) as partial, partial.open("wb") as file:
        np.savez_compressed(file, **dict(zip(KEYS, map(np.asarray, columns), strict=True)))
