"""THE path: a picture goes in, an Analysis comes out. Page, command line, training and tests all call it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property, partial

import numpy as np

from . import (
    __version__,
    answers,
    causal,
    collage,
    cues,
    explain,
    faces,
    metadata,
    parts,
    regions,
    scope,
    sentences,
    stability,
    traces,
    verdict,
)
from .analysis import Analysis, Evidence, FaceVerdict, ModelIdentity
from .artifacts import FAKE
from .classifier import Classifier
from .classifier import load as load_model
from .explain import Heatmap
from .faces import Box
from .images import DEFAULT_LIMITS, Limits, Picture, Source
from .images import load as load_picture
from .messages import message
from .necks import LOOKS
from .scope import Reason
from .traces import Outline
from .verdict import DEFAULT_TARGETS, Answer, Targets

MAX_FACES = 16  # of a crowd the largest are judged; the Analysis says so
MAX_CHECKED = 4  # faces whose verdict is checked, the most suspicious ones: they make the picture's answer

NO_FACE = message(scope.RULES["no_face"].text)

SEAMS = message("This looks like several photos side by side: each face beside a seam was judged within its own photo.")

NOT_CALIBRATED = message(
    "This checkpoint is not calibrated, so its probability is no error rate and the answer stays open. "
    "Calibrate it: python -m detector calibrate."
)


@dataclass(frozen=True)
class Found:
    """A picture with the squares to judge: what can be prepared while the classifier is busy with others."""

    picture: Picture
    boxes: tuple[Box | None, ...]
    crops: tuple[Box, ...]
    inputs: np.ndarray  # uint8 (crops, size, size, 3)
    shrunk: np.ndarray  # (crops,), as Classifier.shrunk gives it
    face_count: int
    seamed: bool  # whether a face's square ends at the seams of a collage
    limits: verdict.Limits
    timings: dict[str, float]


class Analyser:
    """Holds one model; share it between threads."""

    def __init__(
        self,
        checkpoint: str | None = None,
        device: str = "auto",
        limits: Limits = DEFAULT_LIMITS,
        targets: Targets = DEFAULT_TARGETS,
    ):
        self.classifier: Classifier = load_model(checkpoint, device)
        self.limits = limits
        self.verdicts = verdict.limits(self.classifier.header.calibration, targets)

    @cached_property
    def parser(self) -> parts.Parser:
        """The part parser; a scan, which asks for no maps, does without."""
        return parts.load()

    @property
    def labels(self) -> tuple[str, ...]:
        return self.classifier.labels

    def analyse(self, source: Source, method: str | None = "gradcam") -> Analysis:
        """Judges one picture; `method` None leaves heatmaps, evidence and checks out. Raises PictureError."""
        return self.judge([self.prepare(source)], method)[0]

    def prepare(self, source: Source) -> Found:
        """Loads a picture, finds its faces and cuts their crops. Raises PictureError."""
        started = time.perf_counter()
        picture = load_picture(source, self.limits)
        loaded = time.perf_counter()
        height, width = picture.pixels.shape[:2]
        found = faces.find(picture.pixels)
        boxes: tuple[Box | None, ...] = tuple(face.box for face in found[:MAX_FACES]) or (None,)
        squares = tuple(faces.crop_box(box, width, height) if box else Box(0, 0, width, height) for box in boxes)
        # One face alone is judged as in training and calibration, where pictures with a frame are no rarity.
        crops = (
            squares if len(boxes) == 1 else tuple(map(partial(collage.within_seams, picture.pixels), boxes, squares))
        )
        cuts = [crop.cut(picture.pixels) for crop in crops]
        inputs, shrunk = self.classifier.prepare(cuts), self.classifier.shrunk(cuts)
        done = time.perf_counter()
        timings = {"load": (loaded - started) * 1e3, "faces": (done - loaded) * 1e3}
        limits = self._limits(len(boxes))
        return Found(picture, boxes, crops, inputs, shrunk, len(found), crops != squares, limits, timings)

    def _limits(self, count: int) -> verdict.Limits:
        """Where the answers begin for a picture with so many faces."""
        if count == 1:
            return self.verdicts
        return verdict.limits(self.classifier.header.calibration, self.verdicts.targets, count)

    def judge(
        self, found: Sequence[Found], method: str | None = None, evidence: bool = True, checks: bool = True
    ) -> list[Analysis]:
        """Judges prepared pictures in one batch; `timings` of the shared steps are each picture's share.

        Without a `method` there are no maps, and nothing of what follows; `evidence` False leaves out what stands
        beside the maps, `checks` False the checks of the verdict: for those who measure one of these alone.
        """
        analyses = []
        for one, verdicts, timings in self._run(found, method):
            outside = None
            if method and checks:
                with _timed(timings, "scope"):
                    outside = scope.assess(one.picture, one.boxes)
                verdicts = answers.held_open(verdicts, outside)
            if method and evidence:
                with _timed(timings, "evidence"):
                    verdicts = self._explained(verdicts, one.picture, method)
            if method and checks:
                with _timed(timings, "checks"):
                    verdicts = self._checked(verdicts, one)
            read = metadata.read(one.picture.data) if method and evidence and one.picture.data else None
            analyses.append(self._analysis(one, verdicts, outside, read, method, timings))
        return analyses

    def steps(self, one: Found, method: str) -> Iterator[Analysis]:
        """One picture's Analysis as it grows, for those who wait: the bare answer, with its evidence, then checked.

        Until it is checked an answer may yet become open. What is out of scope has no more than the first step.
        """
        [(_, verdicts, timings)] = self._run([one], method)
        with _timed(timings, "scope"):
            outside = scope.assess(one.picture, one.boxes)
        verdicts = answers.held_open(verdicts, outside)
        read = metadata.read(one.picture.data) if one.picture.data else None
        yield self._analysis(one, verdicts, outside, read, method, timings)
        if scope.refused(outside):
            return
        with _timed(timings, "evidence"):
            verdicts = self._explained(verdicts, one.picture, method)
        yield self._analysis(one, verdicts, outside, read, method, timings)
        with _timed(timings, "checks"):
            verdicts = self._checked(verdicts, one)
        yield self._analysis(one, verdicts, outside, read, method, timings)

    def _run(
        self, found: Sequence[Found], method: str | None
    ) -> Iterator[tuple[Found, tuple[FaceVerdict, ...], dict[str, float]]]:
        """One batch through the classifier; for each picture its verdicts, with maps where there is a `method`."""
        started = time.perf_counter()
        inputs = np.concatenate([one.inputs for one in found])
        output = self.classifier.run(inputs, np.concatenate([one.shrunk for one in found]))
        ran = time.perf_counter()
        maps = explain.evidence(self.classifier, output.features, method) if method else None
        mapped = time.perf_counter()
        share = {"classify": (ran - started) * 1e3 / len(found), "explain": (mapped - ran) * 1e3 / len(found)}
        first = 0
        for one in found:
            rows = slice(first, first + len(one.crops))
            first = rows.stop
            each = (one.boxes, one.crops, output.probabilities[rows], output.logits[rows], output.looks[rows])
            verdicts = tuple(map(partial(self._face, one.limits), *each))
            if maps is not None:
                verdicts = tuple(map(self._mapped, verdicts, maps[rows]))
            yield one, verdicts, one.timings | share

    def _face(
        self,
        limits: verdict.Limits,
        box: Box | None,
        crop: Box,
        probabilities: np.ndarray,
        logits: np.ndarray,
        looks: np.ndarray,
    ) -> FaceVerdict:
        of = dict(zip(self.labels, map(float, probabilities), strict=True))
        logit = float(logits[self.labels.index(FAKE)])
        calibration = self.classifier.header.calibration
        of[FAKE] = verdict.probability(calibration, logit)
        answer = answers.of_face(limits, calibration, of, logit)
        enough = self.classifier.enough(logits, limits.upper)
        seen = dict(zip(LOOKS, map(float, looks), strict=False))
        return FaceVerdict(box, crop, of, logit, answer, looks=seen, enough=enough)

    def _checked(self, faces: Sequence[FaceVerdict], one: Found) -> tuple[FaceVerdict, ...]:
        """An answer that does not hold in another delivery of the same picture stays open; the map gets its stamp."""
        chosen = sorted(range(len(faces)), key=lambda i: -faces[i].logit)[:MAX_CHECKED]
        cuts = [faces[i].crop.cut(one.picture.pixels) for i in chosen]
        logits = np.array([faces[i].logit for i in chosen])
        calibration = self.classifier.header.calibration
        held = stability.check(self.classifier, cuts, logits, one.limits, calibration)
        maps = np.stack([faces[i].heatmaps[self.labels.index(FAKE)].values for i in chosen])
        inputs, shrunk = one.inputs[chosen], one.shrunk[chosen]
        stamped = causal.check(self.classifier, inputs, maps, logits=logits, shrunk=shrunk)
        checked = list(faces)
        for i, found, stamp in zip(chosen, held, stamped, strict=True):
            answer = faces[i].answer if found.holds else Answer.UNDECIDED
            checked[i] = _worded(replace(faces[i], stability=found, causal=stamp, answer=answer))
        return tuple(checked)

    def _mapped(self, face: FaceVerdict, maps: np.ndarray) -> FaceVerdict:
        pairs = zip(self.labels, maps, strict=True)
        return replace(face, heatmaps=tuple(Heatmap(label, values, face.crop) for label, values in pairs))

    def _explained(self, verdicts: Sequence[FaceVerdict], picture: Picture, method: str) -> tuple[FaceVerdict, ...]:
        facts = picture.facts
        cuts = [face.crop.cut(picture.pixels) for face in verdicts]
        explained = []
        for face, region, cut in zip(verdicts, regions.find(self.parser, cuts), cuts, strict=True):
            shares = {heatmap.label: traces.shares(heatmap, region) for heatmap in face.heatmaps}
            hot = {heatmap.label: traces.hottest(heatmap, facts.width, facts.height) for heatmap in face.heatmaps}
            # Other methods' maps are no evidence in logits: most have no place that speaks against the label.
            outlines = outlined(face) if method == explain.EVIDENCE else {}
            measured = cues.measure(cut, region, facts.quality)
            explained.append(_worded(replace(face, evidence=Evidence(region, shares, hot, outlines, measured, ()))))
        return tuple(explained)

    def _analysis(
        self,
        one: Found,
        verdicts: tuple[FaceVerdict, ...],
        outside: tuple[Reason, ...] | None,
        read: metadata.Metadata | None,
        method: str | None,
        timings: dict[str, float],
    ) -> Analysis:
        highest = {label: max(face.probabilities[label] for face in verdicts) for label in self.labels}
        warnings = []
        if outside is None and one.boxes == (None,):
            warnings.append(NO_FACE)
        if self.classifier.header.calibration is None:
            warnings.append(NOT_CALIBRATED)
        if one.face_count > MAX_FACES:
            counts = dict(count=one.face_count, most=MAX_FACES)
            warnings.append(message("{count} faces were found; the {most} largest were judged.", **counts))
        if one.seamed:
            warnings.append(SEAMS)
        analysis = Analysis(
            # These three are found by in_scope.
            answer=Answer.UNDECIDED,
            scope=None,
            reasons=(),
            probability=highest.pop(FAKE),
            artifacts=highest,
            faces=verdicts,
            face_count=one.face_count,
            warnings=tuple(warnings),
            limits=one.limits,
            calibration=self.classifier.header.calibration,
            file=one.picture.facts,
            metadata=read,
            model=self.identity,
            method=method,
            timings={name: round(value, 2) for name, value in timings.items()},
        )
        return answers.in_scope(analysis, outside)

    @property
    def identity(self) -> ModelIdentity:
        header = self.classifier.header
        size, device = header.preprocessing.size, self.classifier.where
        calibration = header.calibration.sha256 if header.calibration else None
        return ModelIdentity(header.architecture.name, header.sha256, size, device, __version__, calibration)


def outlined(face: FaceVerdict) -> dict[str, Outline]:
    """Of the labels that stand out in a face with Grad-CAM's maps."""
    found = (heatmap for heatmap in face.heatmaps if face.probabilities[heatmap.label] >= sentences.FOUND)
    return {heatmap.label: traces.outline(heatmap) for heatmap in found}


def _worded(face: FaceVerdict) -> FaceVerdict:
    """With sentences that fit its answer, where there is evidence to speak of."""
    if face.evidence is None:
        return face
    seen = face.evidence
    known = (seen.shares, seen.cues, seen.regions.sure, face.enough)
    said = sentences.explain(face.answer, face.probabilities, *known)
    return replace(face, evidence=replace(seen, sentences=said))


@contextmanager
def _timed(timings: dict[str, float], step: str) -> Iterator[None]:
    """Milliseconds of what is done inside."""
    started = time.perf_counter()
    yield
    timings[step] = (time.perf_counter() - started) * 1e3
