"""Heatmaps: which places made the classifier say so.

All weightings come from pytorch-grad-cam; activations and gradients are handed to them directly. The library's usual
way hangs hooks on the shared model, which mixes up threads that explain at once.

With this project's heads (1×1 convolution, then mean or log-mean-exp) the Grad-CAM weights are the head's own weights
up to the number of places, so the map in logit units *is* the evidence that was pooled into the logit.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import torch

from .classifier import Classifier
from .faces import Box

# Our name → pytorch-grad-cam's, which is imported at the first map: it brings matplotlib, and that takes time.
METHODS = {
    "gradcam": "GradCAM",
    "gradcam++": "GradCAMPlusPlus",
    "layercam": "LayerCAM",
    "hirescam": "HiResCAM",
    "xgradcam": "XGradCAM",
    "elementwise": "GradCAMElementWise",
    "eigencam": "EigenCAM",
    "eigengradcam": "EigenGradCAM",
}

EVIDENCE = "gradcam"  # whose map is the evidence itself
SCALE = 4.0  # logits: the colour scale ends here, for every picture; +4 alone would mean a probability of 98 %
FAINT = 0.1  # logits: less than this is not painted
STEPS = 1000  # colours for each logit
FIXED = 1 << 15  # one, in the fixed-point sum of an overlay


@dataclass(frozen=True)
class Heatmap:
    """Evidence for one label on one crop. `values` float32 (rows, columns), logits: above 0 speaks for it."""

    label: str
    values: np.ndarray
    box: Box


def evidence(classifier: Classifier, features: torch.Tensor, method: str = "gradcam") -> np.ndarray:
    """Maps for n crops and every label of the classifier: float32 (n, labels, rows, columns), signed, in logits.

    `features` is `Output.features`. Grad-CAM's values are the classifier's evidence itself: pooled, they are the logit.
    Where a named artifact is enough for `fake` (necks.Probe.heard), the map of `fake` is that artifact's. Other methods
    have no unit of their own: theirs are scaled so that the peak equals the evidence's, so a clean picture stays cold.
    Raises ValueError for an unknown method.
    """
    if method not in METHODS:
        raise ValueError(f"unknown heatmap method {method!r}; choose one of {', '.join(METHODS)}")
    logits, grads = _gradients(classifier, features)
    plain = np.stack([_weigh("gradcam", classifier, features, grad) for grad in grads], axis=1)
    # Averaging the gradient over the places divides by their number; multiplying undoes it.
    plain *= plain.shape[2] * plain.shape[3]
    # What belongs to no place, such as a bias, lies evenly on all.
    plain += (logits - classifier.network.pool(torch.from_numpy(plain)).numpy())[:, :, None, None]
    if method == EVIDENCE:
        return plain.astype(np.float32)
    other = np.stack([_weigh(method, classifier, features, grad) for grad in grads], axis=1)
    if method.startswith("eigen"):  # a principal component has no sign: take the one that agrees with Grad-CAM
        centred = plain - plain.mean((2, 3), keepdims=True)
        other = other * np.where((other * centred).sum((2, 3), keepdims=True) < 0, -1, 1)
    return _same_peak(other, plain).astype(np.float32)


def _gradients(classifier: Classifier, features: torch.Tensor) -> tuple[np.ndarray, list[np.ndarray]]:
    """Logits (n, labels), and each label's with respect to the features; only the head is differentiated: quick."""
    with torch.enable_grad():
        leaf = features.detach().to(classifier.device).requires_grad_()  # which may have been left for the CPU
        logits = classifier.network.classify(leaf)
        count = logits.shape[1]
        grads = [
            torch.autograd.grad(logits[:, i].sum(), leaf, retain_graph=i + 1 < count)[0].cpu().numpy()
            for i in range(count)
        ]
    return logits.detach().cpu().numpy(), grads


def _weigh(method: str, classifier: Classifier, features: torch.Tensor, grad: np.ndarray) -> np.ndarray:
    import pytorch_grad_cam

    # No target layers: the library then hangs no hooks on the model, and keeps nothing between calls. It sets the
    # model to evaluation, module by module, which takes longer than the map; of the head alone it does not.
    cam = getattr(pytorch_grad_cam, METHODS[method])(classifier.network.head, [])
    return cam.get_cam_image(None, None, None, features.detach().cpu().numpy(), grad, False)


def _same_peak(maps: np.ndarray, reference: np.ndarray) -> np.ndarray:
    peak = maps.max((2, 3), keepdims=True)
    wanted = np.maximum(reference.max((2, 3), keepdims=True), 0)
    # A map without any hot place can't be scaled to have one: it stays empty.
    return maps * np.divide(wanted, peak, out=np.zeros_like(peak), where=peak > 1e-12)


def on_picture(heatmaps: Sequence[Heatmap], width: int, height: int) -> np.ndarray:
    """One label's maps of all faces, in the picture's own pixels: float32 (height, width), logits.

    Where crops overlap the strongest evidence counts; places outside every crop were not judged and are 0.
    """
    canvas = np.zeros((height, width), np.float32)
    judged = np.zeros((height, width), bool)
    for heatmap in heatmaps:
        box = heatmap.box
        fine = cv2.resize(heatmap.values, (box.width, box.height), interpolation=cv2.INTER_LINEAR)
        place, known = box.cut(canvas), box.cut(judged)
        np.copyto(place, np.where(known, np.maximum(place, fine), fine))
        known[:] = True
    return canvas


def colour(values: np.ndarray) -> np.ndarray:
    """A map in logits (h, w) as RGBA uint8 (h, w, 4): nothing below FAINT, purple to yellow up to +SCALE.

    Evidence against the label is a faint blue. Brightness rises with strength, so it also reads in grey and with
    any colour vision.
    """
    index = np.rint(values.clip(-SCALE, SCALE) * STEPS).astype(np.int16)  # below 0: counted from the table's end
    return _colours().view(np.uint32).take(index, mode="wrap").view(np.uint8).reshape(*values.shape, 4)


@functools.cache
def _colours() -> np.ndarray:
    """RGBA uint8 for 0, 1, 2 … and then … -2, -1 steps: looking up is quicker than computing."""
    half = round(SCALE * STEPS)
    values = np.concatenate([np.arange(half + 1), np.arange(-half, 0)]) / STEPS
    strength = values / SCALE
    ramp = cv2.applyColorMap(np.arange(256, dtype=np.uint8)[None], cv2.COLORMAP_INFERNO)[0, :, ::-1]
    warm = ramp[(70 + 180 * strength.clip(0, 1)).astype(np.uint8)]
    cold = np.array([70, 130, 200], np.uint8)
    rgba = np.empty((len(values), 4), np.uint8)
    rgba[:, :3] = np.where(strength[:, None] > 0, warm, cold)
    alpha = np.where(strength > 0, np.sqrt(strength.clip(0, 1)), -0.25 * strength.clip(-1, 0))
    rgba[:, 3] = np.where(np.abs(values) < FAINT, 0, 255 * alpha + 0.5).astype(np.uint8)
    return rgba


def overlay(pixels: np.ndarray, values: np.ndarray, opacity: float = 0.6) -> np.ndarray:
    """RGB pixels (h, w, 3) under a map in logits (h, w); uint8 (h, w, 3)."""
    rgba = colour(values)
    weight = np.rint(np.arange(256) * (opacity / 255) * FIXED).astype(np.int32)[rgba[..., 3], None]
    pixels = pixels.astype(np.int32)
    return (pixels + ((rgba[..., :3] - pixels) * weight + FIXED // 2) // FIXED).astype(np.uint8)
