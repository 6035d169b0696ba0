"""Fine-tunes a timm classifier that tells manipulated face pictures from real ones. Reads from top to bottom:
arguments, model, data, train, evaluate, submit.

The course's path, on Kaggle's lists (pictures in trainset/, valset/, testset/ beside them):

    python train.py --labels trainset_label.txt --val-labels valset_label.txt \
        --model resnet18 --pretrained --submit testset

Own pictures in DIR/real and DIR/fake, a tenth of them held out for validation:

    python train.py --labels DIR --model resnet18 --pretrained

A list with split and source columns, forgeries made on the way, backbone weights from a file:

    python train.py --labels faces.csv --weights mobilenetv2_100_imagenet.safetensors \
        --model mobilenetv2_100 --model-kwargs pad_type=same --forged 0.33

On several GPUs or machines (--out then lies where all of them read it; --batch-size is that of all together):

    torchrun --nproc-per-node 8 train.py --labels faces.csv --model resnet18 --pretrained

Everything is written to --out (default: run/). Killed at any moment, the same command with --resume goes on and ends
with the same weights as an unbroken run. One sigmoid logit for fake is the course's two-class softmax with one
of its two redundant logits left out.
"""

import argparse
import ast
import csv
import hashlib
import math
import sys
import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import numpy as np
import timm
import torch
import torch.nn.functional as F
from safetensors import SafetensorError
from safetensors.torch import load_file
from timm.utils import ModelEmaV3
from torch.utils.data import DataLoader
from torch.utils.tensorboard import SummaryWriter

from detector import data, dataset, distributed, edits, found, heap, model, plots, transforms
from detector.analyse import Analyser
from detector.artifacts import LABELS
from detector.atomic import replacing
from detector.calibrate import fitted
from detector.classifier import pick_device
from detector.distributed import ALONE, Team
from detector.evaluate import evaluate, logits, summary
from detector.metrics import binary
from detector.scan import scan
from detector.sharpness_aware import uphill

# --- arguments -------------------------------------------------------------------------------------------------------


def arguments(argv: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__.split("\n\n")[0], formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    add = parser.add_argument
    # fmt: off
    add("--labels", required=True, help="list with img_name,target (and perhaps source, group, split), or a folder with real/ and fake/")
    add("--images", help="folder of the pictures, when they do not lie beside the list")
    add("--val-labels", help="validation list; without it the list's split column, else a tenth of the groups")
    add("--val-images", help="folder of the validation pictures")
    add("--skip-broken", action="store_true", help="train without the pictures that are missing or can't be read")
    add("--out", default="run", help="folder for checkpoint, state, logs and plots")
    add("--resume", action="store_true", help="go on from the state in --out")
    add("--model", default="resnet18", help="any timm architecture")
    add("--model-kwargs", nargs="*", default=[], metavar="KEY=VALUE", help="passed to timm.create_model, as output_stride=16")
    add("--pretrained", action="store_true", help="start from timm's ImageNet weights (from the Hugging Face hub)")
    add("--weights", help="start from this file: timm backbone weights, or a checkpoint of this project")
    add("--pool", default="lse", choices=model.POOLS, help="how evidence becomes a logit: log-mean-exp or mean")
    add("--neck", type=int, default=0, metavar="CHANNELS", help="bring the last map to --stride by a feature pyramid of so many channels; 0: none")
    add("--stride", type=int, default=8, help="of the feature pyramid's map, px")
    add("--residual", action="store_true", help="three more input channels hold the picture's finest detail")
    add("--full-size", type=int, default=256, help="side of the input in use, px")
    add("--size", type=int, default=224, help="side of a training crop, px")
    add("--forged", type=float, default=0.0, help="share of the real pictures that become forgeries, of all five artifacts")
    add("--composites", type=float, default=0.0, help="share of the real pictures that get eyes, nose or mouth of another person")
    add("--drawn", type=float, default=0.0, help="share of the pictures, of both classes, that get words, stickers, frames and the like drawn over them")
    add("--found", metavar="FILE", help="keep here where faces and their parts are (.npz); without it each worker finds them anew")
    add("--generated", nargs="*", default=[], metavar="SOURCE", help="sources whose fakes were generated as a whole: every place of them is taught as fake")
    add("--fake-share", type=float, default=0.5, help="share of fakes among the pictures drawn, before forging")
    add("--epochs", type=int, default=10)
    add("--epoch-size", type=int, help="pictures an epoch; default: as many as the list has")
    add("--batch-size", type=int, default=32, help="pictures a step, of all processes together")
    add("--workers", type=int, default=2, help="processes that load pictures")
    add("--timeout", type=float, default=300, help="seconds to wait for a worker before giving up")
    add("--pin-memory", action=argparse.BooleanOptionalAction, default=torch.cuda.is_available())
    add("--drop-last", action=argparse.BooleanOptionalAction, default=True, help="leave out an epoch's last, smaller batch")
    add("--optimizer", default="adamw", choices=("adamw", "sgd"))
    add("--lr", type=float, default=3e-4, help="peak learning rate of the backbone")
    add("--freeze", action="store_true", help="leave the backbone as it is, and train neck and heads alone")
    add("--head-lr", type=float, default=1e-3, help="peak learning rate of neck and heads")
    add("--weight-decay", type=float, default=0.02)
    add("--warmup", type=float, default=0.05, help="share of the steps over which the rate rises; then a cosine")
    add("--sam", type=float, default=0.0, metavar="RADIUS", help="sharpness-aware: gradients of the weights so far uphill (0.05, say); twice the work")
    add("--smoothing", type=float, default=0.02, help="label smoothing")
    add("--map-loss", type=float, default=1.0, help="weight of the maps' loss against the forgeries' masks")
    add("--overlap-loss", type=float, default=0.0, help="weight of how little the maps overlap the forgeries' masks")
    add("--clip", type=float, default=5.0, help="largest gradient norm")
    add("--ema", type=float, default=0.999, help="decay of the weights' moving average; 0 turns it off")
    add("--patience", type=int, default=0, help="stop after so many epochs without a better val AUC; 0: never")
    add("--compile", action="store_true", help="torch.compile the network; slow to start, and needs a C++ compiler")
    add("--amp", default="auto", choices=("auto", "off", "fp16", "bf16"), help="auto: fp16 on CUDA, off elsewhere")
    add("--device", default="auto", help="auto, cpu, cuda, mps")
    add("--save-every", type=int, default=100, help="steps between saved states and log lines")
    add("--licence", default="", help="notice that the checkpoint carries, such as the terms of the data")
    add("--seed", type=int, default=0)
    add("--submit", metavar="DIR", help="at the end write prediction.csv (img_name,y_pred) for these pictures")
    # fmt: on
    return parser.parse_args(argv)


# --- model -----------------------------------------------------------------------------------------------------------


def build(args: argparse.Namespace, labels: tuple[str, ...]) -> tuple[model.Network, model.Header]:
    architecture = model.Architecture(
        args.model, dict(map(_key_value, args.model_kwargs)), args.pool, args.neck, args.stride, args.residual
    )
    try:
        network = model.Network(architecture, labels, pretrained=args.pretrained)
    except (RuntimeError, TypeError) as error:  # an argument that the architecture does not know
        raise ValueError(f"--model {args.model} can't be built: {error}") from error
    if args.weights:
        try:
            _load_weights(network, labels, args.weights)
        except (RuntimeError, SafetensorError) as error:  # other shapes, or no safetensors file
            raise ValueError(f"{args.weights} does not fit --model {args.model}: {error}") from error
    preprocessing = model.default_preprocessing(network, args.full_size)
    return network, model.Header(architecture, preprocessing, labels, licence=args.licence)


def _key_value(text: str) -> tuple[str, object]:
    key, _, value = text.partition("=")
    try:
        return key, ast.literal_eval(value)
    except (ValueError, SyntaxError):
        return key, value


def _load_weights(network: model.Network, labels: tuple[str, ...], path: str) -> None:
    try:
        start, header = model.read(path)
    except model.CheckpointError:
        tensors = load_file(path)
        if any(name.startswith("backbone.") for name in tensors):  # ours, but damaged
            raise
        _load_backbone(network, tensors, path)
        return
    _load_backbone(network, start.backbone.state_dict(), path)
    if network.neck is not None and start.neck is not None:
        network.neck.load_state_dict(start.neck.state_dict())
    if network.head.in_channels != start.head.in_channels:
        return
    with torch.no_grad():  # heads that both know go on; new ones start at zero
        for i, label in enumerate(labels):
            if label in header.labels:
                j = header.labels.index(label)
                network.head.weight[i], network.head.bias[i] = start.head.weight[j], start.head.bias[j]


def _load_backbone(network: model.Network, tensors: dict[str, torch.Tensor], path: str) -> None:
    ours = network.backbone.state_dict()
    for name, value in tensors.items():  # a stem that was trained without the residual knows nothing of it yet
        if name in ours and value.ndim == 4 and ours[name].shape[1] == 2 * value.shape[1] == 6:
            tensors = tensors | {name: torch.cat([value, torch.zeros_like(value)], 1)}
    missing, unexpected = network.backbone.load_state_dict(tensors, strict=False)
    # A feature pyramid does without what comes after the last stage.
    extra = (
        [name for name in unexpected if not name.startswith(("classifier", "fc", "head"))] if not network.neck else []
    )
    if missing or extra:
        raise ValueError(f"{path} does not fit --model: it lacks {missing[:3]}, and has besides {extra[:3]}") from None


# --- data ------------------------------------------------------------------------------------------------------------


def examples_of(args: argparse.Namespace, team: Team = ALONE) -> tuple[list[data.Example], list[data.Example]]:
    everything = data.read_labels(args.labels, args.images)
    splits = {example.split for example in everything}
    # Of a list with splits the train rows only: its test rows stay unseen.
    ours = [e for e in everything if e.split == "train"] if "train" in splits else everything
    if args.val_labels:
        train, val = ours, data.read_labels(args.val_labels, args.val_images)
    elif {"train", "val"} <= splits:
        train, val = ours, [e for e in everything if e.split == "val"]
    else:
        train, val = [], []
        for e in ours:  # by a hash of the group, so that it does not depend on the list's order
            held_out = hashlib.sha256((e.group or e.name).encode()).digest()[0] < 26
            (val if held_out else train).append(e)
    broken = {}
    for seen in team.gather(data.find_problems((train + val)[team.rank :: team.size])):
        broken |= seen
    if broken and not args.skip_broken:
        _refuse(args, broken, len(train + val), team)
    train, val = ([e for e in part if e.path not in broken] for part in (train, val))
    for name, part in (("training", train), ("validation", val)):
        if {e.target for e in part} != {0, 1}:
            raise ValueError(
                f"the {name} part needs real (0) and fake (1) pictures, and has {len(part)} of one kind or none"
            )
    return train, val


def _refuse(args: argparse.Namespace, broken: dict[Path, str], total: int, team: Team) -> None:
    table = Path(args.out) / "problems.csv"
    if team.rank == 0:
        with table.open("w", newline="") as file:
            csv.writer(file).writerows([("path", "reason"), *broken.items()])
    shown = "\n".join(f"  {path}: {reason}" for path, reason in list(broken.items())[:20])
    raise data.LabelError(
        f"{len(broken)} of {total} pictures are missing or can't be read:\n{shown}\n"
        f"All of them are in {table}. Mend the list, or go on without them: --skip-broken"
    )


def loss_of(network: model.Network, features: torch.Tensor, targets: torch.Tensor, mask: torch.Tensor,
            smoothing: float, map_weight: float, overlap_weight: float = 0.0,
            total: Callable[[torch.Tensor], torch.Tensor] = ALONE.total) -> tuple[torch.Tensor, torch.Tensor]:  # fmt: skip
    """Cross-entropy of the pooled logits plus that of the maps against the masks; unknown targets count nothing.

    `overlap_weight`: of the maps' Dice loss, for each label that has a place in the picture (Milletari et al., 3DV
    2016): the cross-entropy of a place asks how sure, and not how far the trace reaches.
    `total` sums a count over the processes that share the batch; their losses then add up to the batch's.
    """
    evidence = network.head(features)
    logits = network.pool(evidence)
    known = ~targets.isnan()
    soft = targets.nan_to_num() * (1 - smoothing) + smoothing / 2
    pooled = F.binary_cross_entropy_with_logits(logits, soft, reduction="none") * known
    loss = pooled.sum() / total(known.sum()).clamp(min=1)  # crops of composites may all have missed what was changed
    if map_weight or overlap_weight:
        grid = evidence.shape[2:]
        place_known = F.adaptive_max_pool2d((mask == edits.UNKNOWN).float(), grid) == 0
        generated = F.adaptive_max_pool2d((mask == edits.GENERATED).float(), grid)
        changed = (F.adaptive_avg_pool2d((mask == edits.CHANGED).float(), grid) > 0.25).float()
        cells = torch.maximum(changed, generated) * (targets.nan_to_num() == 1)[:, :, None, None]
        # Most places are clean, so changed ones count thrice; a generated one may show no trace, so it counts less.
        weight = (place_known & known[:, :, None, None]) * torch.where(
            cells > 0, torch.where(generated > 0, 0.3, 3.0), 1.0
        )
        map_loss = F.binary_cross_entropy_with_logits(evidence, cells, reduction="none") * weight
        loss = loss + map_weight * map_loss.sum() / total(weight.sum()).clamp(min=1)
        if overlap_weight:
            marked = cells * (generated == 0)
            shown = evidence.sigmoid() * place_known
            overlap = 2 * (shown * marked).sum((2, 3)) / (shown + marked).sum((2, 3)).clamp(min=1e-3)
            there = marked.amax((2, 3))
            loss = loss + overlap_weight * ((1 - overlap) * there).sum() / total(there.sum()).clamp(min=1)
    return loss, logits


# --- train -----------------------------------------------------------------------------------------------------------


def learning_rate(step: int, steps: int, warmup: float) -> float:
    """Factor on the peak rate: a linear rise, then half a cosine down to zero."""
    rise = max(1, round(steps * warmup))
    return (step + 1) / rise if step < rise else 0.5 * (1 + math.cos(math.pi * (step - rise) / max(1, steps - rise)))


def train(
    args: argparse.Namespace, team: Team, device: torch.device
) -> tuple[Path, list[data.Example], list[data.Example]]:
    """Gives the best checkpoint, and the pictures that it was trained on and validated with."""
    out = Path(args.out)
    out.mkdir(parents=True, exist_ok=True)
    state_path, best_path = out / "state.pt", out / "best.safetensors"
    if args.resume and not state_path.is_file():
        raise ValueError(f"nothing to resume: {state_path} does not exist; leave out --resume to start")
    if not args.resume and state_path.is_file():
        raise ValueError(f"{out} holds a run already; go on with --resume, or choose another --out")
    if args.submit and not Path(args.submit).exists():
        raise ValueError(f"{args.submit} does not exist; give --submit the folder of the pictures to judge")
    if args.batch_size % team.size:
        raise ValueError(
            f"--batch-size {args.batch_size} can't be split evenly over {team.size} processes; change either"
        )
    chief = team.rank == 0  # writes and speaks for all
    torch.manual_seed(args.seed)
    torch.use_deterministic_algorithms(True, warn_only=True)
    labels = LABELS if args.forged else LABELS[:1]
    network, header = build(args, labels)
    network = distributed.prepared(network, team, device)
    layout = torch.contiguous_format if args.compile else torch.channels_last  # the compiler arranges memory itself
    network.to(device, memory_format=layout)
    features_of = torch.compile(network.features) if args.compile else network.features
    average = ModelEmaV3(network, decay=args.ema, use_warmup=True) if args.ema else None

    train_list, val_list = examples_of(args, team)
    sources = {example.source for example in train_list if example.target} - {""}
    if unknown := sorted(set(args.generated) - sources):
        there = ", ".join(sorted(sources)) or "no column source"
        raise ValueError(f"--generated {' '.join(unknown)}: no fake of the list has that source; it has {there}")
    sampler = dataset.BalancedSampler(train_list, args.seed, args.fake_share, args.epoch_size, team.rank, team.size)
    loading = dict(batch_size=args.batch_size // team.size, num_workers=args.workers, pin_memory=args.pin_memory,
                   timeout=args.timeout if args.workers else 0, persistent_workers=args.workers > 0)  # fmt: skip
    views = transforms.train_transform(args.size, header.preprocessing, args.drawn)
    regions = found.regions(train_list, args.found, team) if args.found else None
    train_set = dataset.FaceData(train_list, views, labels, args.forged, args.generated, args.composites, regions)
    # A generator of its own: the loader's draws then leave the training's random numbers alone.
    loader = DataLoader(train_set, sampler=sampler, drop_last=args.drop_last, generator=torch.Generator(), **loading)
    our_val = val_list[team.rank :: team.size]
    val_loader = DataLoader(
        dataset.FaceData(our_val, transforms.eval_transform(header.preprocessing), labels), **loading
    )

    new = ("head.", "neck.")
    heads = [p for name, p in network.named_parameters() if name.startswith(new)]
    rest = [p for name, p in network.named_parameters() if not name.startswith(new)]
    if args.freeze:
        network.backbone.requires_grad_(False)
    groups = [
        {"params": rest, "lr": args.lr, "peak": args.lr},
        {"params": heads, "lr": args.head_lr, "peak": args.head_lr},
    ]
    if args.optimizer == "sgd":
        optimizer = torch.optim.SGD(groups, momentum=0.9, nesterov=True, weight_decay=args.weight_decay)
    else:
        optimizer = torch.optim.AdamW(groups, weight_decay=args.weight_decay)
    amp = {"auto": "fp16" if device.type == "cuda" else "off"}.get(args.amp, args.amp)
    half = (
        torch.autocast(device.type, {"fp16": torch.float16, "bf16": torch.bfloat16}[amp])
        if amp != "off"
        else nullcontext()
    )
    scaler = torch.amp.GradScaler(device.type, enabled=amp == "fp16")

    step, best, stale, log, seconds = 0, -1.0, 0, [], 0.0
    if args.resume:
        state = torch.load(state_path, map_location=device, weights_only=True)
        _same_run(state["arguments"], _portable(args))
        step, best, stale, log, seconds = (state[key] for key in ("step", "best", "stale", "log", "seconds"))
        network.load_state_dict(state["network"])
        optimizer.load_state_dict(state["optimizer"])
        scaler.load_state_dict(state["scaler"])
        if average:
            average.module.load_state_dict(state["average"])

    epoch_steps = len(loader)
    steps = epoch_steps * args.epochs
    if not steps:
        raise ValueError(
            f"{len(train_list)} pictures do not fill one batch of {args.batch_size}; use --no-drop-last or a smaller batch"
        )
    board = SummaryWriter(out / "tensorboard", purge_step=step) if chief else None

    def save_state() -> None:
        if not chief:
            return
        state = dict(arguments=_portable(args), step=step, best=best, stale=stale, log=log, seconds=seconds, network=network.state_dict(),
                     optimizer=optimizer.state_dict(), scaler=scaler.state_dict(),
                     average=average.module.state_dict() if average else None)  # fmt: skip
        # The state last: a kill between the two would leave a finished run without its log's last row.
        _write_atomically(out / "log.csv", lambda path: _write_log(path, log))
        _write_atomically(state_path, lambda path: torch.save(state, path))

    def say(line: str) -> None:
        if chief:
            print(line, flush=True)

    def backward(images: torch.Tensor, targets: torch.Tensor, mask: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Leaves the gradients, of all processes' pictures, and gives their loss and our logits."""
        with half:
            features = features_of(images)
        loss, logits = loss_of(network, features.float(), targets, mask, args.smoothing, args.map_loss,
                               args.overlap_loss, team.total)  # fmt: skip
        scaler.scale(loss).backward()
        loss = loss.detach()
        team.sum(loss, *[p.grad for p in network.parameters() if p.grad is not None])
        return loss, logits.detach()

    where = f"{team.size} × {device.type}" if team.size > 1 else device
    say(f"{args.model} on {where}: {len(train_list)} pictures to train on, {len(val_list)} to validate, {steps} steps")
    if distributed.split_batch_norm(network, team, device):
        say(
            f"batch norm sees {args.batch_size // team.size} pictures at a time here, so one process would learn a little otherwise"
        )
    first, began, spent = step, time.monotonic(), seconds
    while step < steps and not (args.patience and stale >= args.patience):
        sampler.epoch, sampler.start = step // epoch_steps, step % epoch_steps * args.batch_size
        network.train()
        network.backbone.train(not args.freeze)  # its batch norms, too
        losses, scores, truths = [], [], []
        for images, targets, mask in loader:
            # Dropout and the like: a function of the step, so nothing to restore; another one on each process.
            torch.manual_seed(args.seed + step + (team.rank << 32))
            for group in optimizer.param_groups:
                group["lr"] = group["peak"] * learning_rate(step, steps, args.warmup)
            images = images.to(device, memory_format=layout, non_blocking=True)
            targets, mask = targets.to(device, non_blocking=True), mask.to(device, non_blocking=True)
            loss, logits = backward(images, targets, mask)
            if args.sam:
                with uphill(network, args.sam):
                    backward(images, targets, mask)
            team.average_statistics(network)
            scaler.unscale_(optimizer)
            torch.nn.utils.clip_grad_norm_(network.parameters(), args.clip)
            scaler.step(optimizer)
            scaler.update()
            optimizer.zero_grad(set_to_none=True)
            step += 1
            if average:
                average.update(network, step=step)
            losses.append(float(loss))
            known = ~targets[:, 0].isnan()  # of a crop beside a composite's parts nobody knows
            scores.append(logits[known, 0].sigmoid().cpu())
            truths.append(targets[known, 0].cpu())
            if not math.isfinite(losses[-1]):
                raise ValueError(
                    f"the loss became {losses[-1]} at step {step}; lower --lr, and --resume from the last state"
                )
            if step % args.save_every == 0 or step % epoch_steps == 0:
                seconds = spent + time.monotonic() - began
                truth, score = map(torch.cat, zip(*team.gather((torch.cat(truths), torch.cat(scores))), strict=True))
                row = dict(step=step, epoch=(step - 1) // epoch_steps, lr=optimizer.param_groups[0]["lr"], loss=float(np.mean(losses)),
                           train_auc=_auc(truth, score), val_loss=None, val_auc=None, seconds=seconds)  # fmt: skip
                rate = (step - first) * args.batch_size / (time.monotonic() - began)
                left = time.strftime("%H:%M:%S", time.gmtime((steps - step) * args.batch_size / rate))
                say(
                    f"step {step}/{steps}  loss {row['loss']:.4f}  auc {row['train_auc'] or math.nan:.4f}  {rate:.1f} pictures/s  {left} left"
                )
                log.append(row)
                losses, scores, truths = [], [], []
                if step % epoch_steps:
                    save_state()
        judged = average.module if average else network
        result = validate(judged, val_loader, device, team)
        log[-1].update(val_loss=result["loss"], val_auc=result["auc"])
        say(f"epoch {step // epoch_steps}/{args.epochs}  val loss {result['loss']:.4f}  val auc {result['auc']:.4f}")
        stale = 0 if result["auc"] > best else stale + 1
        if result["auc"] > best:
            best = result["auc"]
            facts = dict(arguments=_portable(args), step=step, pictures_seen=step * args.batch_size, val_auc=best,
                           train_pictures=len(train_list), timm=timm.__version__, torch=torch.__version__)  # fmt: skip
            if chief:
                model.save(best_path, judged, replace(header, training=facts))
        for row in (r for r in log if chief and r["step"] > step - epoch_steps):
            for key in ("lr", "loss", "train_auc", "val_loss", "val_auc"):
                if row[key] is not None:
                    board.add_scalar(key, row[key], row["step"])
        seconds = spent + time.monotonic() - began
        save_state()
    if chief:
        board.close()
        plots.training_curve(out / "log.csv", out / "curve.png")
    return best_path, train_list, val_list


def validate(network: model.Network, loader: DataLoader, device: torch.device, team: Team = ALONE) -> dict:
    """Loss and AUC of all processes' pictures; each `loader` holds its own share of them, which may be none."""
    network.eval()
    scores, truths = [torch.empty(0)], [torch.empty(0)]
    with torch.no_grad():
        for images, targets, _ in loader:
            images = images.to(device, memory_format=torch.channels_last)
            scores.append(network(images)[:, 0].cpu())
            truths.append(targets[:, 0])
    logits, truth = map(torch.cat, zip(*team.gather((torch.cat(scores), torch.cat(truths))), strict=True))
    loss = float(F.binary_cross_entropy_with_logits(logits, truth))
    return {"loss": loss, "auc": _auc(truth, logits.sigmoid())}


def _auc(truth: torch.Tensor, score: torch.Tensor) -> float | None:
    return binary(truth.numpy().astype(int), score.numpy().astype(float))["auc"]


def _portable(args: argparse.Namespace) -> dict:
    """The arguments, less what says something of this machine's folders."""
    return {key: Path(value).name if key in {"labels", "images", "val_labels", "val_images", "weights", "out", "found", "submit"} and value else value
            for key, value in vars(args).items() if key not in {"resume", "licence"}}  # fmt: skip


def _same_run(before: dict, now: dict) -> None:
    # These change no result.
    free = {"out", "found", "submit", "workers", "timeout", "pin_memory", "save_every", "device"}
    changed = [
        f"--{key.replace('_', '-')} {before[key]}" for key in before if key not in free and before[key] != now[key]
    ]
    if changed:
        raise ValueError(f"the run to resume was started with other arguments; give {', '.join(changed)}")


def _write_atomically(path: Path, write) -> None:
    try:
        with replacing(path) as partial:
            write(partial)
    except RuntimeError as error:  # torch's own word for a full disk
        raise OSError(f"cannot write {path}: {error}; make room, and go on with --resume") from error


def _write_log(path: Path, log: list[dict]) -> None:
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, ["step", "epoch", "lr", "loss", "train_auc", "val_loss", "val_auc", "seconds"])
        writer.writeheader()
        writer.writerows(log)


# --- evaluate, submit ------------------------------------------------------------------------------------------------


def finish(
    args: argparse.Namespace, best_path: Path, train_list: list[data.Example], val_list: list[data.Example]
) -> None:
    """Judges the best checkpoint as its users will: through the same path as page and command line."""
    analyser = calibrated(args, best_path, val_list)
    result = evaluate(analyser, val_list, Path(args.out) / "evaluation", null_examples=train_list)
    print(summary(result))
    print(f"checkpoint: {best_path}")
    if args.submit:
        out = Path(args.out) / "prediction.csv"
        out.unlink(missing_ok=True)  # an earlier one may be of other pictures with the same names
        done = scan(analyser, [args.submit], out)
        print(f"submission: {out}, {done.judged} pictures, {done.errors} unreadable")


def calibrated(args: argparse.Namespace, best_path: Path, val_list: list[data.Example]) -> Analyser:
    """The best checkpoint, its probabilities and answers fitted to the validation pictures and kept in its file."""
    analyser = Analyser(str(best_path), args.device)
    seen, kept = logits(analyser, val_list, args.batch_size)
    name = Path(args.val_labels or args.labels).name
    try:
        network, header = analyser.classifier.network, analyser.classifier.header
        header, _ = fitted(network, header, seen, [example.target for example in kept], name)
    except ValueError as error:  # too few pictures
        print(f"not calibrated, so it answers nothing but a probability: {error}")
        return analyser
    model.save(best_path, network, header)
    return Analyser(str(best_path), args.device)


def main(argv: list[str] | None = None) -> int:
    args = arguments(argv)
    heap.keep_freed()
    try:
        team, device = distributed.join(pick_device(args.device))
        trained = train(args, team, device)
        distributed.leave()
        if team.rank == 0:
            finish(args, *trained)
    except (ValueError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"\nstopped; --resume goes on from {Path(args.out) / 'state.pt'}", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
