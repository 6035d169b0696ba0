"""What other programs may ask of the page, beside Inspect's own /inspect: many pictures at once."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gradio as gr

from ..analyse import Analyser
from ..stream import Job, Result, run
from .uploads import PictureFiles, Sent

MOST = 100  # pictures in one request, so that nobody holds the queue for long
BATCH = 8  # pictures a batch, of which `stream.run` has about two under way


def build(analyser: Analyser) -> None:
    """Adds the endpoint /scan to the page that is being built; nothing of it is seen there."""

    def scan(pictures: list[tuple[str, str]]) -> list[dict[str, Any]]:
        """Judges many pictures quickly, without heatmaps and without checking scope and stability.

        Gives a list with one entry for each picture, in order: img_name, y_pred (the calibrated probability of a
        fake, 0 to 1), answer (manipulated, authentic or undecided), artifacts (probability of each named trace) and
        warnings; or img_name and error where a picture cannot be read. At most 100 pictures a request.
        """
        if len(pictures) > MOST:
            raise gr.Error(f"{len(pictures)} pictures are more than {MOST}; send them in several requests.")
        return listed(analyser, pictures)

    # gr.api would need no components, but it takes no files.
    files = PictureFiles(file_count="multiple", label="pictures", visible=False)
    files.data_model = Sent
    result = gr.JSON(label="predictions", visible=False)
    gr.Button(visible=False).click(scan, files, result, api_name="scan")


def listed(analyser: Analyser, pictures: Sequence[tuple[str, str]]) -> list[dict[str, Any]]:
    """One entry for each (name, path), as /scan gives it."""
    jobs = [Job(name, Path(path)) for name, path in pictures]
    return [_entry(result) for result in run(analyser, jobs, BATCH)]


def _entry(result: Result) -> dict[str, Any]:
    if result.analysis is None:
        return {"img_name": result.job.name, "error": result.error}
    analysis = result.analysis
    return {
        "img_name": result.job.name,
        "y_pred": analysis.probability,
        "answer": analysis.answer.value,
        "artifacts": analysis.artifacts,
        "warnings": list(analysis.warnings),
    }
