"""How well are composites found, by how hard they are for people and by what was replaced?

    python -m benchmarks.composites --labels faces.csv --split val

The list needs the columns `source`, `difficulty` and `edited_parts` (any of left_eye, right_eye, nose, mouth). For each
kind of composite: AUC against the real pictures of the same source; the share of the fake map's positive evidence on a
part that was replaced and on one that was not (a little widened, as a seam lies around a part), and in brackets that
share over the part's share of the judged square.
"""

import argparse
import csv
import re
from collections import defaultdict
from pathlib import Path

import cv2
import numpy as np
from sklearn.metrics import roc_auc_score

from detector.analyse import Analyser
from detector.analysis import FaceVerdict
from detector.artifacts import FAKE
from detector.parts import SIZE

EYES, WIDER = ("left_eye", "right_eye"), 0.03  # of the square's side


def masks_of(verdict: FaceVerdict) -> dict[str, np.ndarray]:
    """bool (SIZE, SIZE) of each part. Which eye the list calls left is the list's own: both eyes are one part here."""
    kernel = np.ones((2 * round(WIDER * SIZE) + 1,) * 2, np.uint8)
    names = ("eyes", "nose", "mouth")
    return {name: cv2.dilate(verdict.evidence.regions.mask(name).astype(np.uint8), kernel) > 0 for name in names}


def heat_shares(verdict: FaceVerdict, edited: set[str]) -> list[tuple[bool, float, float]]:
    """For each part found: was it replaced, its share of the evidence, its share of the square."""
    heatmap = next(one for one in verdict.heatmaps if one.label == FAKE)
    hot = np.maximum(cv2.resize(heatmap.values, (SIZE, SIZE), interpolation=cv2.INTER_LINEAR), 0)
    if hot.sum() == 0:
        return []
    return [
        (name in edited, float(hot[mask].sum() / hot.sum()), float(mask.mean()))
        for name, mask in masks_of(verdict).items()
        if mask.any()
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--labels", type=Path, required=True)
    parser.add_argument("--split", default="val")
    parser.add_argument("--source", default="ciplab")
    parser.add_argument("--checkpoint")
    args = parser.parse_args()
    with args.labels.open(newline="", encoding="utf-8-sig") as file:
        rows = [r for r in csv.DictReader(file) if (r["split"], r["source"]) == (args.split, args.source)]
    analyser = Analyser(args.checkpoint)
    reals, fakes, heat = [], defaultdict(list), defaultdict(list)
    for row in rows:
        found = analyser.prepare(args.labels.parent / "images" / row["img_name"])
        analysis = analyser.judge([found], "gradcam", checks=False)[0]
        if row["target"] == "0":
            reals.append(analysis.probability)
            continue
        listed = set(re.findall("left_eye|right_eye|nose|mouth", row["edited_parts"]))
        edited = {"eyes" if part in EYES else part for part in listed}
        kinds = ["all", f"difficulty {row['difficulty']}", *(f"edited {part}" for part in sorted(edited))]
        for kind in [*kinds, f"{len(listed)} parts edited"]:
            fakes[kind].append(analysis.probability)
            heat[kind] += heat_shares(analysis.faces[0], edited)
    print(f"against {len(reals)} real pictures of {args.source}, {args.split}")
    print("| composites | pictures | AUC | heat on edited parts (× area) | heat on the other parts (× area) |")
    print("| --- | --- | --- | --- | --- |")
    for kind in sorted(fakes):
        scores = fakes[kind]
        auc = roc_auc_score([0] * len(reals) + [1] * len(scores), reals + scores)
        cells = []
        for wanted in (True, False):
            found = np.array([(share, area) for was, share, area in heat[kind] if was == wanted])
            share, area = found.mean(0) if len(found) else (0, 1)
            cells.append(f"{share:.1%} a part ({share / area:.1f})" if len(found) else "–")
        print(f"| {kind} | {len(scores)} | {auc:.3f} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
