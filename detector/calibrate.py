"""Makes probabilities mean what they say, on held-out labelled pictures, and keeps what is needed in the checkpoint."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

import numpy as np
import torch
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import StratifiedGroupKFold

from . import metrics
from .artifacts import ARTIFACTS, FAKE
from .model import Header, Network
from .necks import UNHEARD
from .verdict import LEAST_LEVEL, Calibration

DIGITS = 3  # of the logits kept; more would only make the checkpoint larger
LEAST = 20  # pictures of a class below which a calibration would be a guess
STANDS_OUT = 0.01  # share of real pictures in which a named artifact stands out, each of them alone
ENOUGH = 0.0005  # share of real pictures in which an artifact is enough to call them manipulated, each of them alone
TAIL = 0.05  # share of real pictures by whose logits it is told what fewer of them reach
# Light that falls oddly proves nothing: hard shadows and coloured lamps do that, too.
CONVICTING = tuple(artifact for artifact in ARTIFACTS if artifact != "lighting")


@dataclass(frozen=True)
class Fit:
    """How well a way to calibrate did on pictures that it was not fitted to; `ece` 0…1, `log_loss` in nats."""

    name: str
    log_loss: float
    ece: float


def fitted(
    network: Network,
    header: Header,
    seen: Sequence[np.ndarray],
    target: Sequence[int],
    data: str,
    ways: Sequence[Sequence[np.ndarray]] = (),
    damaged: bool = False,
) -> tuple[Header, np.ndarray]:
    """The header with a calibration by held-out pictures, and the logits of fake (n,) that it was fitted to.

    The network's artifacts are heard and levelled, in place, where there are pictures enough; else they stay as they
    are. `seen`: of each picture its faces' logits (faces, labels), from a network that was `deaf`; `target` (n,): 0
    real / 1 fake; `data`, `damaged`: as in Calibration; `ways`: `seen` for real pictures alone, in each of the ways in
    which they may arrive. Without them nothing is heard anew: a trace that pictures as they are never show may be in
    every third WebP. Raises ValueError as `fit` does; the network is then as it was.
    """
    target, fake = np.asarray(target, int), header.labels.index(FAKE)
    real = [faces for faces, kind in zip(seen, target, strict=True) if not kind]
    logits, probe = highest(seen)[:, fake], network.probe
    if probe is not None:
        before = probe.levels.clone(), probe.height.clone()
        if ways:
            hear(network, header.labels, [highest(way) for way in ways])
        with torch.no_grad():
            heard = (probe.heard(torch.from_numpy(faces).float()) for faces in seen)
            logits = np.array([float(faces[:, fake].max()) for faces in heard])
    try:
        calibration = fit(logits, target, data, damaged)
    except ValueError:
        if probe is not None:
            probe.levels.copy_(before[0])
            probe.height.copy_(before[1])
        raise
    known = header.calibration is not None and header.calibration.levels
    if not level(network, header.labels, highest(real)):
        calibration = replace(calibration, levelled=known)
    return replace(header, calibration=calibration), logits


def highest(seen: Sequence[np.ndarray]) -> np.ndarray:
    """Of pictures whose faces' logits are (faces, labels), the highest of any face: (n, labels)."""
    return np.array([faces.max(0) for faces in seen], float).reshape(len(seen), -1)


@contextmanager
def deaf(network: Network) -> Iterator[None]:
    """While it lasts, fake is what the whole picture says; afterwards the artifacts are heard as before."""
    if network.probe is None:
        yield
        return
    levels = network.probe.levels.clone()
    network.probe.levels.fill_(UNHEARD)
    try:
        yield
    finally:
        network.probe.levels.copy_(levels)


def hear(network: Network, labels: Sequence[str], ways: Sequence[np.ndarray]) -> None:
    """Lets each of CONVICTING be enough for fake, in place, where no more than ENOUGH of the real pictures get.

    A local forgery leaves most of a picture as it was, and the probe, which reads the whole of it, outvotes the trace.
    No such number of real pictures is at hand: beyond the last TAIL of them the logits are taken to thin out
    exponentially (peaks over threshold: Davison & Smith, J. R. Stat. Soc. B 1990). `ways`: logits (n, labels) of real
    pictures in each way in which they may arrive; the loudest way counts. With one of fewer than LEAST_LEVEL nothing
    is heard. The network has a probe.
    """
    if min(map(len, ways)) < LEAST_LEVEL:
        return
    enough = np.max([_rare(real) for real in ways], axis=0)
    network.probe.height.fill_(float(enough[labels.index(FAKE)]))
    for index, label in enumerate(labels):
        network.probe.levels[index] = float(enough[index]) if label in CONVICTING else UNHEARD


def _rare(real: np.ndarray) -> np.ndarray:
    """What ENOUGH of the real pictures (n, labels) reach: (labels,)."""
    start = np.quantile(real, 1 - TAIL, axis=0)
    excess = [(of[of > begin] - begin).mean() for of, begin in zip(real.T, start, strict=True)]
    return start + np.array(excess) * np.log(TAIL / ENOUGH)


def level(network: Network, labels: Sequence[str], real: np.ndarray) -> dict[str, float]:
    """Moves the artifacts' biases, in place, until STANDS_OUT of the real pictures reach a logit of 0; label → by what.

    A head's zero follows from how often training showed its artifact, and then the commonest would be on top of the
    others wherever in doubt. `real`: logits (n, labels) of real pictures; of fewer than LEAST_LEVEL nothing is moved.
    """
    moved = {}
    if len(real) >= LEAST_LEVEL:
        for index, label in enumerate(labels):
            if label != FAKE:
                moved[label] = -float(np.quantile(real[:, index], 1 - STANDS_OUT))
                with torch.no_grad():
                    network.head.bias[index] += moved[label]
                if network.probe is not None:
                    network.probe.levels[index] += moved[label]
    return moved


def fit(logits: Sequence[float], target: Sequence[int], data: str, damaged: bool = False) -> Calibration:
    """Beta calibration of logits (n,) with targets (n,) 0 real / 1 fake; both classes weigh the same.

    `data`, `damaged`: as in Calibration.

    On held-out folds of our `val` it is as good as isotonic regression, whose steps would tie pictures that the network
    ranks, and better than Platt's or temperature scaling (`compare`). Raises ValueError with fewer than LEAST pictures
    of a class, or when the logits rank the classes the wrong way.
    """
    logits, target = _checked(logits, target)
    a, b, c = _beta_parameters(logits, target)
    if a + b <= 0:
        raise ValueError(
            "real pictures get higher scores than manipulated ones; is 1 fake? If so, train the checkpoint first"
        )
    kept = [tuple(np.sort(logits[target == kind]).round(DIGITS).tolist()) for kind in (0, 1)]
    return Calibration(data, a, b, c, *kept, damaged)


def compare(logits: Sequence[float], target: Sequence[int], groups: Sequence[str] | None = None) -> list[Fit]:
    """How well each way does on pictures that it was not fitted to, in five folds that keep groups whole.

    None, temperature (Guo et al., ICML 2017), Platt (1999), beta, and isotonic regression.
    """
    logits, target = _checked(logits, target)
    groups = np.arange(target.size) if groups is None else np.asarray(groups)
    folds = list(StratifiedGroupKFold(5, shuffle=True, random_state=0).split(logits, target, groups))
    results = []
    for name, way in WAYS.items():
        held = np.zeros(target.size)
        for train, test in folds:
            held[test] = way(logits[train], target[train])(logits[test])
        weight = metrics.even(target)
        loss = log_loss(target, held.clip(0.01, 0.99), sample_weight=weight)  # as shown: 1 % to 99 %
        results.append(Fit(name, float(loss), metrics.ece(target, held, weight=weight)))
    return results


def _sigmoid(logits: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-logits))


def _logistic(intercept: bool) -> Callable:
    def way(logits: np.ndarray, target: np.ndarray) -> Callable:
        model = LogisticRegression(C=1e6, fit_intercept=intercept, class_weight="balanced")
        model.fit(logits[:, None], target)
        return lambda new: model.predict_proba(new[:, None])[:, 1]

    return way


def _beta_parameters(logits: np.ndarray, target: np.ndarray) -> tuple[float, float, float]:
    """a, b, c of verdict.Calibration; a or b is 0 where it would be negative, as the order must stay (the paper's)."""
    inputs = np.stack([-np.logaddexp(0, -logits), np.logaddexp(0, logits)], 1)
    model = LogisticRegression(C=1e6, class_weight="balanced", max_iter=1000)
    used = np.array([True, True])
    model.fit(inputs, target)
    if model.coef_.min() < 0 < model.coef_.max():
        used = model.coef_[0] > 0
        model.fit(inputs[:, used], target)
    weights = np.zeros(2)
    weights[used] = model.coef_[0]
    return float(weights[0]), float(weights[1]), float(model.intercept_[0])


def _beta(logits: np.ndarray, target: np.ndarray) -> Callable:
    return Calibration("", *_beta_parameters(logits, target), (), ()).probability


def _isotonic(logits: np.ndarray, target: np.ndarray) -> Callable:
    return IsotonicRegression(out_of_bounds="clip").fit(logits, target, metrics.even(target)).predict


WAYS: dict[str, Callable] = {
    "none": lambda logits, target: _sigmoid,
    "temperature": _logistic(False),
    "Platt": _logistic(True),
    "beta": _beta,
    "isotonic": _isotonic,
}


def _checked(logits: Sequence[float], target: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
    logits, target = np.asarray(logits, float), np.asarray(target, int)
    counts = np.bincount(target, minlength=2)
    if counts.min() < LEAST:
        raise ValueError(
            f"{counts[0]} real and {counts[1]} manipulated pictures are too few to calibrate; give {LEAST} of each"
        )
    return logits, target
