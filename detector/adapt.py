"""Teaches a checkpoint's probe labelled pictures of one's own, and calibrates it on them; its heads stay as they are.

Kinds of fakes that it never met get middling scores, though what its two backbones see of them mostly tells them well.
So the read-outs go on learning from where they are, on as few as a hundred pictures, in seconds. What the result is
worth is told by pictures that had no part in it: a fifth of them at a time is judged by read-outs fitted to the others,
and on these judgements it is calibrated.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedGroupKFold
from torch import Tensor
from torchvision import tv_tensors
from tqdm import tqdm

from . import metrics, probe, transforms
from .analyse import Analyser
from .artifacts import FAKE
from .calibrate import LEAST, deaf, fitted
from .data import Example
from .evaluate import logits, null_auc
from .images import FileFacts
from .model import Header, Network
from .necks import Pair
from .probe_fitting import DROPPED, SMOOTHING
from .verdict import Calibration

MORE = 2  # random deliveries of each picture, of either kind
STEPS, BATCH, RATE = 100, 32, 3e-4  # more of either, and it forgets what it knew of other sources (weights/tried.md)
FOLDS = 5
NOTHING = torch.zeros(1)


@dataclass(frozen=True)
class Adapted:
    """`before`, `after`: AUC on the pictures, 0…1, the latter by read-outs that had not seen them; `null`: of file
    facts alone, None where that can't be measured; `real`, `fake`: how many; `unread`: pictures that can't be read.
    """

    network: Network
    header: Header
    before: float
    after: float
    null: float | None
    real: int
    fake: int
    unread: int


@dataclass(frozen=True)
class Seen:
    """Of n pictures' largest faces: `target` (n,), `shrunk` (n,) as Classifier.shrunk gives it, and the head's logits
    (n, views) and both statistics (n, views, features): of the picture as it is, then as usual, then badly delivered.
    """

    target: np.ndarray
    shrunk: np.ndarray
    head: Tensor
    trained: Tensor
    untouched: Tensor

    def at(self, places: np.ndarray) -> Seen:
        """Of some of the pictures."""
        return Seen(*(of[places] for of in vars(self).values()))


def adapt(
    analyser: Analyser,
    examples: Sequence[Example],
    name: str,
    alone: bool = False,
    seed: int = 0,
    batch_size: int = 32,
) -> Adapted:
    """From labelled pictures, of which the largest face counts. The analyser's own network is left as it is.

    `name` of the list, for the calibration; `alone`: as `learn` takes it. Raises ValueError without a probe, for fewer
    than LEAST pictures or FOLDS groups of a class, and where none can be read.
    """
    network, header = analyser.classifier.network, analyser.classifier.header
    if network.probe is None:
        raise ValueError("the checkpoint has no probe to teach; fine-tune it by train.py, then detector.probe_training")
    with deaf(network):
        judged, kept = logits(analyser, examples, batch_size)
    groups = np.array([example.group or example.name for example in kept])
    target = np.array([example.target for example in kept])
    if min(counts := np.bincount(target, minlength=2)) < LEAST:
        raise ValueError(f"{counts[0]} real and {counts[1]} fake pictures are too few; give {LEAST} of each")
    if (least := min(len(set(groups[target == kind])) for kind in (0, 1))) < FOLDS:
        raise ValueError(f"those of a class are of {least} groups; give {FOLDS} of each, to judge some by the others")
    facts: list[FileFacts] = []
    seen, largest = read(analyser, kept, seed, facts), np.array([faces[0] for faces in judged])
    network, header, held_out = learn(copy.deepcopy(network).cpu(), header, seen, largest, groups, name, alone, seed)
    aucs = (float(roc_auc_score(target, of[:, header.labels.index(FAKE)])) for of in (largest, held_out))
    null = null_auc(facts, kept, groups)
    return Adapted(network, header, *aucs, null, *counts.tolist(), len(examples) - len(kept))


def learn(
    network: Network,
    header: Header,
    seen: Seen,
    largest: np.ndarray,
    groups: np.ndarray,
    name: str,
    alone: bool = False,
    seed: int = 0,
) -> tuple[Network, Header, np.ndarray]:
    """A copy that learned from n pictures, calibrated; and their logits (n, labels) by what others of them taught.

    `largest`: the logits (n, labels) of their largest faces as they were, deaf; `groups` (n,): pictures that are not to
    judge each other. Probabilities are fitted to these pictures; where the answers begin follows from them and from
    those of the calibration before, for whom nothing else speaks here: by these `alone`, one real photo in ten of other
    sources was called manipulated (weights/tried.md). The network is on the CPU. Raises ValueError as `fitted` does.
    """
    place, held_out, target = header.labels.index(FAKE), largest.copy(), seen.target.astype(int)
    for train, test in StratifiedGroupKFold(FOLDS, shuffle=True, random_state=seed).split(target, target, groups):
        others, these = seen.at(train), seen.at(test)
        held_out[test, place] += said(taught(network, others, seed), these) - said(network, these)
    network = taught(network, seen, seed)
    training = header.training | {"adapted": dict(pictures=len(target), name=name, alone=alone, seed=seed)}
    new, _ = fitted(network, replace(header, training=training), list(held_out[:, None]), target, name)
    if header.calibration and not alone:
        new = replace(new, calibration=_with(header.calibration, new.calibration))
    return network, new, held_out


def _with(old: Calibration, new: Calibration) -> Calibration:
    real, fake = (tuple(sorted(of + more)) for of, more in ((old.real, new.real), (old.fake, new.fake)))
    return replace(new, real=real, fake=fake, data=f"{old.data}, {new.data}", damaged=old.damaged)


def read(analyser: Analyser, examples: Sequence[Example], seed: int, facts: list[FileFacts]) -> Seen:
    """What the probe sees of the largest faces, cut as they are when they are judged; fills `facts` of the files."""
    process, network = analyser.classifier.header.preprocessing, analyser.classifier.network
    views = [transforms.eval_transform(process)]
    views += [transforms.whole_transform(process)] * MORE + [transforms.shrunk_transform(process)] * MORE
    shrunk, labels = [], len(analyser.labels)

    def batches() -> Iterator[tuple[Tensor, Tensor, Tensor]]:
        for number, example in enumerate(tqdm(examples, "read", unit="picture")):
            found = analyser.prepare(example.path)
            facts.append(found.picture.facts)
            shrunk.append(found.shrunk[0])
            square = Image.fromarray(found.crops[0].cut(found.picture.pixels))
            mask = tv_tensors.Mask(torch.zeros(1, *square.size[::-1], dtype=torch.uint8))
            with torch.random.fork_rng(devices=[]):
                torch.default_generator.manual_seed(seed + number)
                images = [view(square, mask)[0].as_subclass(Tensor) for view in views]
            yield torch.stack(images), torch.full((len(views), labels), float(example.target)), NOTHING

    found = probe.read(network, batches(), analyser.classifier.device, process.size)
    shape = (len(examples), len(views))
    head = network.pool(torch.from_numpy(found.evidence[:, None]))[:, 0].reshape(shape)
    of = (torch.from_numpy(each).reshape(*shape, -1) for each in (found.trained, found.untouched))
    return Seen(found.target.reshape(shape)[:, 0], np.array(shrunk), head, *of)


def taught(network: Network, seen: Seen, seed: int) -> Network:
    """A copy whose read-outs went on learning from these pictures."""
    network = copy.deepcopy(network)
    usual, delivered = slice(0, 1 + MORE), slice(1, None)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        for pair, views in ((network.probe.usual, usual), (network.probe.shrunk, delivered)):
            _teach(network, pair, seen, views)
    return network.requires_grad_(False)


def _teach(network: Network, pair: Pair, seen: Seen, views: slice) -> None:
    head, trained, untouched = (each[:, views].flatten(0, 1) for each in (seen.head, seen.trained, seen.untouched))
    target = torch.from_numpy(seen.target).repeat_interleave(len(head) // len(seen.target))
    weight = torch.from_numpy(metrics.even(target.numpy())).float()
    soft = target * (1 - SMOOTHING) + SMOOTHING / 2
    optimizer = torch.optim.AdamW(pair.requires_grad_(True).parameters(), RATE, weight_decay=0)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, STEPS)
    rounds = math.ceil(STEPS * BATCH / len(target))
    order = torch.cat([torch.randperm(len(target)) for _ in range(rounds)])[: STEPS * BATCH]
    for some in order.split(BATCH):
        logit = head[some] + network.probe.floored(pair(trained[some], untouched[some], DROPPED))
        F.binary_cross_entropy_with_logits(logit, soft[some], weight[some]).backward()
        optimizer.step()
        optimizer.zero_grad()
        schedule.step()


def said(network: Network, seen: Seen) -> np.ndarray:
    """What the probe says of pictures as they are, (n,), logits; which pair is believed follows from their size."""
    of, pairs = (seen.trained[:, 0], seen.untouched[:, 0]), (network.probe.usual, network.probe.shrunk)
    with torch.no_grad():
        usual, shrunk = (network.probe.floored(pair(*of)) for pair in pairs)
        return torch.lerp(usual, shrunk, torch.from_numpy(seen.shrunk)).numpy()
