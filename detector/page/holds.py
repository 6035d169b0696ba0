"""Does the verdict hold? The views of the stability check, as HTML."""

from __future__ import annotations

import html

from PIL import Image

from ..analysis import Analysis, FaceVerdict
from ..verdict import Calibration, Limits, probability
from .texts import Texts
from .viewer import address, percent, shrunk

VIEW_SIDE = 128  # px


def views(texts: Texts, analysis: Analysis, face: FaceVerdict) -> str:
    """Each delivery of the picture with its probability on one scale, and the limits of the answers."""
    held = face.stability
    if held is None:
        return ""
    rows = "".join(
        f'<figure><img src="{address(shrunk(Image.fromarray(view.picture), VIEW_SIDE), "JPEG", quality=80)}" '
        f'alt="{html.escape(texts.ALT_VIEW.format(name=texts.say(view.name)))}">'
        f"<figcaption>{html.escape(texts.say(view.name))}<br><strong>{percent(view.probability)}</strong> "
        f"{texts.SHORT[view.answer]}</figcaption></figure>"
        for view in held.views
    )
    return (
        f"<details><summary>{texts.VIEWS}</summary><p>{limits(texts, analysis.limits, analysis.calibration)}</p>"
        f'<div class="dd-figures dd-small">{rows}</div></details>'
    )


def limits(texts: Texts, bounds: Limits, calibration: Calibration | None) -> str:
    """Where the answers begin, and the error rates that this keeps."""
    if calibration is None or not abs(bounds.upper) < float("inf"):
        return texts.NO_LIMITS
    lower, upper = (probability(calibration, logit) for logit in (bounds.lower, bounds.upper))
    said = texts.LIMITS.format(
        upper=percent(upper),
        lower=percent(lower),
        false_alarms=bounds.targets.false_alarms,
        misses=bounds.targets.misses,
        undecided=bounds.undecided.value,
        data=html.escape(texts.say(calibration.pictures)),
    )
    return f"{said} {texts.LIMITS_SHARED.format(faces=bounds.faces)}" if bounds.faces > 1 else said
