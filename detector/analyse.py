"""THE path: a picture goes in, an Analysis comes out. Page, command line, training and tests all call it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from . import __version__, cues, explain, faces, parts, regions, sentences, traces
from .artifacts import FAKE
from .cues import Cue
from .explain import Heatmap
from .faces import Box
from .images import DEFAULT_LIMITS, FileFacts, Limits, Picture, Source
from .images import load as load_picture
from .model import Classifier
from .model import load as load_model
from .regions import Regions
from .traces import EvidenceCrop, Share

MAX_FACES = 16  # of a crowd the largest are judged; the Analysis says so

NO_FACE = (
    "No face was found, so the whole picture was judged. "
    "The detector learned from face portraits; trust this answer less."
)


@dataclass(frozen=True)
class Evidence:
    """What stands beside a face's maps.

    `shares` and `crops`: label → where the map's evidence lies, and its hottest places; `cues`: measurements that do
    not use the classifier, one for each artifact; `sentences`: what was found, in words.
    """

    regions: Regions
    shares: dict[str, tuple[Share, ...]]
    crops: dict[str, tuple[EvidenceCrop, ...]]
    cues: tuple[Cue, ...]
    sentences: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready, without pictures."""
        names = (*regions.REGIONS, "face_edge")
        return {
            "regions": {name: self.regions.area(name) for name in names},
            "regions_certainty": self.regions.certainty,
            "regions_sure": self.regions.sure,
            "shares": {label: [asdict(s) | {"ratio": s.ratio} for s in found] for label, found in self.shares.items()},
            "crops": {label: [asdict(crop) for crop in found] for label, found in self.crops.items()},
            "cues": [
                {key: getattr(cue, key) for key in ("artifact", "value", "unit", "percentile", "text", "details")}
                for cue in self.cues
            ],
            "sentences": list(self.sentences),
        }


@dataclass(frozen=True)
class FaceVerdict:
    """One face, or the whole picture where none was found (`box` is None).

    `probabilities`: label → 0…1, for each label the checkpoint knows; `crop`: the square that was judged.
    """

    box: Box | None
    crop: Box
    probabilities: dict[str, float]
    heatmaps: tuple[Heatmap, ...] = ()
    evidence: Evidence | None = None


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
                "evidence": verdict.evidence.to_dict() if verdict.evidence else None,
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

    @cached_property
    def parser(self) -> parts.Parser:
        """The part parser; a scan, which asks for no maps, does without."""
        return parts.load()

    @property
    def labels(self) -> tuple[str, ...]:
        return self.classifier.labels

    def analyse(self, source: Source, method: str | None = "gradcam") -> Analysis:
        """Judges one picture; `method` None leaves heatmaps and evidence out. Raises PictureError for a bad picture."""
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

    def judge(self, found: Sequence[Found], method: str | None = None, evidence: bool = True) -> list[Analysis]:
        """Judges prepared pictures in one batch; `timings` of the shared steps are each picture's share.

        `evidence` False leaves out what stands beside the maps, for those who only measure them.
        """
        started = time.perf_counter()
        output = self.classifier.run(np.concatenate([one.inputs for one in found]))
        ran = time.perf_counter()
        maps = explain.evidence(self.classifier, output.features, method) if method else None
        mapped = time.perf_counter()
        share = {"classify": (ran - started) * 1e3 / len(found), "explain": (mapped - ran) * 1e3 / len(found)}
        analyses, first = [], 0
        for one in found:
            rows = slice(first, first + len(one.crops))
            first = rows.stop
            timings = one.timings | share
            probabilities = [dict(zip(self.labels, map(float, row), strict=True)) for row in output.probabilities[rows]]
            verdicts = tuple(map(FaceVerdict, one.boxes, one.crops, probabilities))
            if maps is not None:
                verdicts = tuple(map(self._mapped, verdicts, maps[rows]))
                if evidence:
                    before = time.perf_counter()
                    verdicts = self._explained(verdicts, one.picture)
                    timings["evidence"] = (time.perf_counter() - before) * 1e3
            analyses.append(self._analysis(one, verdicts, method, timings))
        return analyses

    def _mapped(self, verdict: FaceVerdict, maps: np.ndarray) -> FaceVerdict:
        pairs = zip(self.labels, maps, strict=True)
        return replace(verdict, heatmaps=tuple(Heatmap(label, values, verdict.crop) for label, values in pairs))

    def _explained(self, verdicts: Sequence[FaceVerdict], picture: Picture) -> tuple[FaceVerdict, ...]:
        facts = picture.facts
        cuts = [verdict.crop.cut(picture.pixels) for verdict in verdicts]
        explained = []
        for verdict, region, cut in zip(verdicts, regions.find(self.parser, cuts), cuts, strict=True):
            shares = {heatmap.label: traces.shares(heatmap, region) for heatmap in verdict.heatmaps}
            hot = {heatmap.label: traces.hottest(heatmap, facts.width, facts.height) for heatmap in verdict.heatmaps}
            measured = cues.measure(cut, region, facts.quality)
            said = sentences.explain(verdict.probabilities, shares, measured, region.sure)
            explained.append(replace(verdict, evidence=Evidence(region, shares, hot, measured, said)))
        return tuple(explained)

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
