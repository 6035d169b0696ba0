"""The vocabulary: what the detector can name. The same keys serve labels, model outputs, maps, page and reports."""

FAKE = "fake"

ARTIFACTS: dict[str, str] = {
    "face_edge": "blur, warp or a skin-tone step along the outline of the face",
    "lighting": "light on the face or hair that comes from another side than in the background",
    "background": "grid-like, patchy or melted background",
    "sharpness": "one patch razor-sharp, its neighbour blurred",
    "hair": "hair that does not fit the face: its texture, its edge, its age",
}

LABELS: tuple[str, ...] = (FAKE, *ARTIFACTS)
