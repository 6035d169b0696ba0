"""What is said of one picture: an Analysis, with a verdict and its evidence for each face."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from . import explain, regions
from .artifacts import FAKE
from .causal import CausalCheck
from .cues import Cue
from .explain import Heatmap
from .faces import Box
from .images import FileFacts
from .metadata import Metadata
from .regions import Regions
from .scope import Reason
from .stability import Stability
from .traces import EvidenceCrop, Outline, Share
from .verdict import Answer, Calibration, Limits


@dataclass(frozen=True)
class Evidence:
    """What stands beside a face's maps.

    `shares` and `crops`: label → where the map's evidence lies, and its hottest places; `outlines`: how far the trace
    reaches, of each label that stands out; `cues`: measurements that do not use the classifier, one for each artifact;
    `sentences`: what was found, in words.
    """

    regions: Regions
    shares: dict[str, tuple[Share, ...]]
    crops: dict[str, tuple[EvidenceCrop, ...]]
    outlines: dict[str, Outline]
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
            # Their corners are rounded to pixels, which another machine may round the other way.
            "outlines": {label: {"area": found.area} for label, found in self.outlines.items()},
            "cues": [
                {key: getattr(cue, key) for key in ("artifact", "value", "unit", "percentile", "text", "details")}
                for cue in self.cues
            ],
            "sentences": list(self.sentences),
        }


@dataclass(frozen=True)
class FaceVerdict:
    """One face, or the whole picture where none was found (`box` is None).

    `probabilities`: label → 0…1, for each label the checkpoint knows, that of fake calibrated; `logit`: the network's
    own, of fake; `crop`: the square that was judged; `stability` and `causal` (of the map of fake): None where they
    were not checked; `looks`: one of necks.LOOKS → how much it looks like that, 0…1, where half is what one real photo
    in two hundred reaches; empty where the checkpoint can't tell; `enough`: the named artifacts of which each alone
    brings the logit to where it is called manipulated.
    """

    box: Box | None
    crop: Box
    probabilities: dict[str, float]
    logit: float
    answer: Answer
    heatmaps: tuple[Heatmap, ...] = ()
    evidence: Evidence | None = None
    stability: Stability | None = None
    causal: CausalCheck | None = None
    looks: Mapping[str, float] = field(default_factory=dict)
    enough: tuple[str, ...] = ()


@dataclass(frozen=True)
class ModelIdentity:
    """Which weights gave the answer: architecture, SHA-256 of the weights, input side in px, device.

    `calibration`: SHA-256 of what turns logits into answers; None where the checkpoint has nothing of the kind.
    """

    architecture: str
    sha256: str
    size: int
    device: str
    version: str
    calibration: str | None = None


@dataclass(frozen=True)
class Analysis:
    """All that is said of one picture.

    `answer` is that of the most suspicious face; `reasons` say why it stays open; `scope`: what speaks against judging
    this picture at all, None where that was not asked (a scan asks only for scores). `probability` of fake in 0…1 and
    `artifacts` (label → 0…1) are the highest of any face; `limits`: where the answers begin; `calibration`: what they
    and the probability rest on. `metadata`: what the file says of itself, which never enters the answer; None without
    a file, or where no evidence was asked for. `timings` in milliseconds; `face_count` counts the faces found, of which
    at most analyse.MAX_FACES were judged.
    """

    answer: Answer
    reasons: tuple[str, ...]
    scope: tuple[Reason, ...] | None
    probability: float
    artifacts: dict[str, float]
    faces: tuple[FaceVerdict, ...]
    face_count: int
    warnings: tuple[str, ...]
    limits: Limits
    calibration: Calibration | None
    file: FileFacts
    metadata: Metadata | None
    model: ModelIdentity
    method: str | None
    timings: dict[str, float]

    @property
    def most_suspicious(self) -> int:
        """Index of the face with the highest logit of fake."""
        return max(range(len(self.faces)), key=lambda i: self.faces[i].logit)

    @property
    def logit(self) -> float:
        """The network's own, of fake: the highest of any face."""
        return self.faces[self.most_suspicious].logit

    def heatmap(self, label: str = FAKE, face: int | None = None) -> np.ndarray:
        """The map of `label` in logits, float32 (picture's height, width); of one face, or of all together."""
        chosen = self.faces if face is None else self.faces[face : face + 1]
        maps = [heatmap for verdict in chosen for heatmap in verdict.heatmaps if heatmap.label == label]
        if not maps:
            raise KeyError(f"no map for {label!r}: the checkpoint does not know it, or maps were not asked for")
        return explain.on_picture(maps, self.file.width, self.file.height)

    def outlines(self, label: str = FAKE) -> tuple[Outline, ...]:
        """Of the map of `label`, one for each face in which it stands out."""
        evidence = [face.evidence for face in self.faces if face.evidence]
        return tuple(found.outlines[label] for found in evidence if label in found.outlines)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready. Of each map its size and range; the values are in `explain`'s maps.npz."""
        verdicts = [
            {
                "box": asdict(face.box) if face.box else None,
                "crop": asdict(face.crop),
                "answer": face.answer,
                "probabilities": face.probabilities,
                "logit": face.logit,
                "looks": dict(face.looks),
                "enough": list(face.enough),
                "heatmaps": {
                    heatmap.label: {
                        "rows": heatmap.values.shape[0],
                        "columns": heatmap.values.shape[1],
                        "least": float(heatmap.values.min()),
                        "most": float(heatmap.values.max()),
                    }
                    for heatmap in face.heatmaps
                },
                "stability": face.stability.to_dict() if face.stability else None,
                "causal": asdict(face.causal) if face.causal else None,
                "evidence": face.evidence.to_dict() if face.evidence else None,
            }
            for face in self.faces
        ]
        plain = ("answer", "probability", "artifacts", "face_count", "method", "timings")
        return {
            **{name: getattr(self, name) for name in plain},
            "reasons": list(self.reasons),
            "scope": None if self.scope is None else [asdict(reason) for reason in self.scope],
            "warnings": list(self.warnings),
            "limits": self.limits.to_dict(),
            "faces": verdicts,
            "file": asdict(self.file),
            "metadata": self.metadata.to_dict() if self.metadata else None,
            "model": asdict(self.model),
        }
