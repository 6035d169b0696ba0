"""Fits a probe beside a trained network, and writes a checkpoint that holds both.

    python -m detector.probe_training --labels faces.csv --checkpoint run/best.safetensors \
        --backbone mobilenetv2_100_imagenet.safetensors --backbone-input 0.5 0.5 --out probed.safetensors

It learns from the list's split `train` and weighs on `val`. Calibrate what comes out: `python -m detector calibrate`.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch.utils.data import DataLoader, Dataset
from tqdm import tqdm

from . import data, dataset, model, necks, probe, probe_fitting, transforms
from .classifier import pick_device

MORE = 2  # times as many shrunk pictures as usual ones


def parser(name: str, doc: str, checkpoint: str) -> argparse.ArgumentParser:
    """Of a command that fits something beside a trained network; `checkpoint`: which one it takes."""
    shared = argparse.ArgumentParser(
        prog=f"python -m detector.{name}",
        description=doc.split("\n\n")[0],
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add = shared.add_argument
    add("--labels", required=True, help="CSV with img_name,target,split (train and val)")
    add("--images", help="folder of the pictures, when they do not lie beside the list")
    add("--checkpoint", required=True, help=checkpoint)
    add("--out", required=True, help="checkpoint to write")
    add("--batch-size", type=int, default=32)
    add("--workers", type=int, default=2, help="processes that load pictures")
    add("--device", default="auto", help="auto, cpu, cuda, mps")
    add("--seed", type=int, default=0)
    return shared


def arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    ours = parser("probe_training", __doc__, "what train.py wrote; its calibration is dropped")
    add = ours.add_argument
    add(
        "--backbone", default="pretrained", help="weights of the same backbone before it saw a fake; pretrained: timm's"
    )
    add("--backbone-input", nargs=2, type=float, metavar=("MEAN", "STD"),
        help="of channels in 0…1, which those weights were trained with; None: the checkpoint's own")  # fmt: skip
    # Far more of them, and the read-outs learn the sources by heart: weights/tried.md.
    add("--pictures", type=int, help="drawn from train as they usually arrive; None: as many as there are")
    add("--fake-share", type=float, default=0.5, help="share of fakes among them")
    return ours.parse_args(argv)


def untouched(architecture: model.Architecture, weights: str) -> torch.nn.Module:
    """The backbone, with `weights` (a file, or "pretrained": from the hub). Raises ValueError."""
    start = necks.untouched(architecture.name, architecture.kwargs, weights == "pretrained")
    if weights != "pretrained":
        try:
            tensors, own = load_file(weights), start.state_dict()
            start.load_state_dict({name: value for name, value in tensors.items() if name in own})
        except (RuntimeError, SafetensorError) as error:
            raise ValueError(f"{weights} does not fit {architecture.name}: {str(error).splitlines()[0]}") from error
    return start


def main(argv: Sequence[str] | None = None) -> int:
    return guarded(_run, arguments(argv))


def guarded(run: Callable[[argparse.Namespace], int], args: argparse.Namespace) -> int:
    """The exit status of `run`; what the user can mend is printed, as one line."""
    try:
        return run(args)
    except (ValueError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2


def given(args: argparse.Namespace) -> tuple[list[data.Example], list[data.Example], model.Network, model.Header]:
    """The lists `train` and `val`, and the checkpoint. Raises ValueError where --out would be written over."""
    if Path(args.out).exists():
        raise ValueError(f"{args.out} exists; give another --out")
    train, val = (data.read_labels(args.labels, args.images, split) for split in ("train", "val"))
    return train, val, *model.read(args.checkpoint)


def reads(
    args: argparse.Namespace, network: model.Network, size: int, sets: Sequence[tuple[Dataset, Iterable | None]]
) -> list[probe.Read]:
    """What the probe sees of each data set, in the order of its sampler (None: as they stand)."""
    device, loading = pick_device(args.device), dict(batch_size=args.batch_size, num_workers=args.workers)
    loaders = (DataLoader(part, sampler=order, **loading) for part, order in sets)
    return [probe.read(network, tqdm(loader, unit="batch"), device, size) for loader in loaders]


def _run(args: argparse.Namespace) -> int:
    train, val, network, header = given(args)
    if header.architecture.probe:
        raise ValueError(f"{args.checkpoint} has a probe already; give what train.py wrote")
    process, labels = header.preprocessing, header.labels
    mean, std = ([value] * 3 for value in args.backbone_input) if args.backbone_input else (process.mean, process.std)
    network, header = probe.attached(network, header, untouched(header.architecture, args.backbone), mean, std)
    torch.manual_seed(args.seed)

    draws = dataset.BalancedSampler(train, args.seed, args.fake_share, args.pictures)
    more = dataset.BalancedSampler(train, args.seed + 1, args.fake_share, MORE * len(draws))
    sets = [
        (dataset.FaceData(train, transforms.whole_transform(process), labels), draws),
        (dataset.FaceData(train, transforms.shrunk_transform(process), labels), more),
        (dataset.FaceData(val, transforms.eval_transform(process), labels), None),
        (dataset.FaceData(val, transforms.damaged_transform(process), labels), None),
    ]
    seen = reads(args, network, process.size, sets)
    of = probe_fitting.fit(network.cpu(), *seen, args.seed)
    print("AUC on val: head  trained  untouched  together    factors")
    for name, one in (("usual", of.usual), ("shrunk", of.shrunk)):
        factors = "  ".join(f"{factor:.3g}" for factor in one.factors)
        print(
            f"{name:>10} {one.head:.4f}   {one.trained:.4f}     {one.untouched:.4f}    {one.together:.4f}    {factors}"
        )
    print(f"floor {of.floor:g}")
    facts = dict(pictures=len(draws), shrunk=len(more), backbone=Path(args.backbone).name, seed=args.seed)
    facts["fake_share"] = args.fake_share
    model.save(args.out, network, replace(header, training=header.training | {"probe": facts}, calibration=None))
    print(f"→ {args.out}; now calibrate it: python -m detector calibrate")
    return 0


if __name__ == "__main__":
    sys.exit(main())
