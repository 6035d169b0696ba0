"""A network with its weights randomised from the heads down, and how much a map is like the one it draws.

The sanity check of Adebayo et al. (NeurIPS 2018): a map that stays the same shows the picture, not what was learned.
"""

from __future__ import annotations

import copy

import numpy as np
import torch
from scipy.stats import spearmanr

from .classifier import Classifier

STAGES = ("heads", "neck", "everything")  # what is randomised, each with all before it


def randomised(classifier: Classifier, stage: str, seed: int = 0) -> Classifier:
    """A copy whose weights up to `stage`, one of STAGES, are noise; the classifier given is not touched.

    Each tensor's noise has that tensor's own size (root mean square), so that activations neither vanish nor
    overflow; running statistics of norms stay. A network without a neck has its last block there.
    """
    network = copy.deepcopy(classifier.network)
    heads = [network.head] + ([network.probe.usual, network.probe.shrunk] if network.probe else [])
    parts = {"heads": heads, "neck": [*heads, network.neck], "everything": [network]}[stage]
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for value in (value for part in parts if part is not None for value in part.parameters()):
            noise = torch.randn(value.shape, generator=generator).to(value.device)
            value.copy_(noise * value.square().mean().sqrt())
    return Classifier(network, classifier.header, classifier.device)


def rank_correlation(values: np.ndarray, others: np.ndarray) -> float:
    """Spearman's correlation of two maps (h, w) over their places, -1…1; 0 where one of them is constant."""
    if np.ptp(values) == 0 or np.ptp(others) == 0:
        return 0.0
    return float(spearmanr(values, others, axis=None).statistic)
