"""The vocabulary: what the detector can name. The same keys serve labels, model outputs, maps, page and reports."""

from collections.abc import Iterable

FAKE = "fake"

ARTIFACTS: dict[str, str] = {
    "face_edge": "blur, warp or a skin-tone step along the outline of the face",
    "lighting": "light on the face or hair that comes from another side than in the background",
    "background": "grid-like, patchy or melted background",
    "sharpness": "one patch razor-sharp, its neighbour blurred",
    "hair": "hair that does not fit the face: its texture, its edge, its age",
}

LABELS: tuple[str, ...] = (FAKE, *ARTIFACTS)


def artifacts_of(labels: Iterable[str]) -> list[str]:
    """Those of a checkpoint's labels that name an artifact, in their order."""
    return [label for label in labels if label != FAKE]
