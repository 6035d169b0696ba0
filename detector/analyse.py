"""THE path: a picture goes in, an Analysis comes out. Page, command line, training and tests all call it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from . import __version__, explain, faces
from .artifacts import FAKE
from .explain import Heatmap
from .faces import Box
from .images import DEFAULT_LIMITS, FileFacts, Limits, Picture, Source
from .images import load as load_picture
from .model import Classifier
from .model import load as load_model

MAX_FACES = 16  # of a crowd the largest are judged; the Analysis says so

NO_FACE = (
    "No face was found, so the whole picture was judged. "
    "The detector learned from face portraits; trust this answer less."
)


@dataclass(frozen=True)
class FaceVerdict:
    """One face, or the whole picture where none was found (`box` is None).

    `probabilities`: label → 0…1, for each label the checkpoint knows; `crop`: the square that was judged.
    """

    box: Box | None
    crop: Box
    probabilities: dict[str, float]
    heatmaps: tuple[Heatmap, ...] = ()


@dataclass(frozen=True)
class ModelIdentity:
    """Which weights gave the answer: architecture, SHA-256 of the weights, input side in px, device."""

    architecture: str
    sha256: str
    size: int
    device: str
    version: str


@dataclass(frozen=True)
class Analysis:
    """All that is said of one picture.

    `probability` of fake in 0…1 and `artifacts` (label → 0…1) are the highest of any face. `timings` in
    milliseconds; `face_count` counts the faces found, of which at most MAX_FACES were judged.
    """

    probability: float
    artifacts: dict[str, float]
    faces: tuple[FaceVerdict, ...]
    face_count: int
    warnings: tuple[str, ...]
    file: FileFacts
    model: ModelIdentity
    method: str | None
    timings: dict[str, float]

    def heatmap(self, label: str = FAKE, face: int | None = None) -> np.ndarray:
        """The map of `label` in logits, float32 (picture's height, width); of one face, or of all together."""
        chosen = self.faces if face is None else self.faces[face : face + 1]
        maps = [heatmap for verdict in chosen for heatmap in verdict.heatmaps if heatmap.label == label]
        if not maps:
            raise KeyError(f"no map for {label!r}: the checkpoint does not know it, or maps were not asked for")
        return explain.on_picture(maps, self.file.width, self.file.height)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready. Of each map its size and range; the values are in `explain`'s maps.npz."""
        verdicts = [
            {
                "box": asdict(verdict.box) if verdict.box else None,
                "crop": asdict(verdict.crop),
                "probabilities": verdict.probabilities,
                "heatmaps": {
                    heatmap.label: {
                        "rows": heatmap.values.shape[0],
                        "columns": heatmap.values.shape[1],
                        "least": float(heatmap.values.min()),
                        "most": float(heatmap.values.max()),
                    }
                    for heatmap in verdict.heatmaps
                },
            }
            for verdict in self.faces
        ]
        rest = {name: getattr(self, name) for name in ("probability", "artifacts", "face_count", "method", "timings")}
        return {
            **rest,
            "warnings": list(self.warnings),
            "faces": verdicts,
            "file": asdict(self.file),
            "model": asdict(self.model),
        }


@dataclass(frozen=True)
class Found:
    """A picture with the squares to judge: what can be prepared while the classifier is busy with others."""

    picture: Picture
    boxes: tuple[Box | None, ...]
    crops: tuple[Box, ...]
    inputs: np.ndarray  # uint8 (crops, size, size, 3)
    face_count: int
    timings: dict[str, float]


class Analyser:
    """Holds one model; share it between threads."""

    def __init__(self, checkpoint: str | None = None, device: str = "auto", limits: Limits = DEFAULT_LIMITS):
        self.classifier: Classifier = load_model(checkpoint, device)
        self.limits = limits

    @property
    def labels(self) -> tuple[str, ...]:
        return self.classifier.labels

    def analyse(self, source: Source, method: str | None = "gradcam") -> Analysis:
        """Judges one picture; `method` None leaves the heatmaps out. Raises PictureError for a bad picture."""
        return self.judge([self.prepare(source)], method)[0]

    def prepare(self, source: Source) -> Found:
        """Loads a picture, finds its faces and cuts their crops. Raises PictureError."""
        started = time.perf_counter()
        picture = load_picture(source, self.limits)
        loaded = time.perf_counter()
        height, width = picture.pixels.shape[:2]
        found = faces.find(picture.pixels)
        boxes: tuple[Box | None, ...] = tuple(face.box for face in found[:MAX_FACES]) or (None,)
        crops = tuple(faces.crop_box(box, width, height) if box else Box(0, 0, width, height) for box in boxes)
        inputs = self.classifier.prepare([crop.cut(picture.pixels) for crop in crops])
        done = time.perf_counter()
        timings = {"load": (loaded - started) * 1e3, "faces": (done - loaded) * 1e3}
        return Found(picture, boxes, crops, inputs, len(found), timings)

    def judge(self, found: Sequence[Found], method: str | None = None) -> list[Analysis]:
        """Judges prepared pictures in one batch; `timings` of the shared steps are each picture's share."""
        started = time.perf_counter()
        output = self.classifier.run(np.concatenate([one.inputs for one in found]))
        ran = time.perf_counter()
        maps = explain.evidence(self.classifier, output.features, method) if method else None
        mapped = time.perf_counter()
        share = {"classify": (ran - started) * 1e3 / len(found), "explain": (mapped - ran) * 1e3 / len(found)}
        analyses, first = [], 0
        for one in found:
            rows = range(first, first + len(one.crops))
            first = rows.stop
            verdicts = tuple(
                self._verdict(box, crop, output.probabilities[row], None if maps is None else maps[row])
                for box, crop, row in zip(one.boxes, one.crops, rows, strict=True)
            )
            analyses.append(self._analysis(one, verdicts, method, one.timings | share))
        return analyses

    def _verdict(self, box: Box | None, crop: Box, row: np.ndarray, maps: np.ndarray | None) -> FaceVerdict:
        probabilities = {label: float(value) for label, value in zip(self.labels, row, strict=True)}
        if maps is None:
            return FaceVerdict(box, crop, probabilities)
        heatmaps = tuple(Heatmap(label, values, crop) for label, values in zip(self.labels, maps, strict=True))
        return FaceVerdict(box, crop, probabilities, heatmaps)

    def _analysis(
        self, one: Found, verdicts: tuple[FaceVerdict, ...], method: str | None, timings: dict[str, float]
    ) -> Analysis:
        highest = {label: max(v.probabilities[label] for v in verdicts) for label in self.labels}
        warnings = []
        if one.boxes == (None,):
            warnings.append(NO_FACE)
        if one.face_count > MAX_FACES:
            warnings.append(f"{one.face_count} faces were found; the {MAX_FACES} largest were judged.")
        return Analysis(
            probability=highest.pop(FAKE),
            artifacts=highest,
            faces=verdicts,
            face_count=one.face_count,
            warnings=tuple(warnings),
            file=one.picture.facts,
            model=self.identity,
            method=method,
            timings={name: round(value, 2) for name, value in timings.items()},
        )

    @property
    def identity(self) -> ModelIdentity:
        header = self.classifier.header
        size, device = header.preprocessing.size, str(self.classifier.device)
        return ModelIdentity(header.architecture.name, header.sha256, size, device, __version__)
