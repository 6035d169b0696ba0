"""Figures for reports: ROC, reliability diagram, training curve, confusion matrix, faithfulness and robustness curves.

Drawn through matplotlib's object API on an Agg canvas, never pyplot: no global state, so safe in any thread.
Each function writes a PNG at 120 dpi and returns the Figure.
"""

import csv

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from sklearn.metrics import roc_auc_score, roc_curve

from detector.metrics import checked, ece, eer, tpr_at_fpr

# Okabe & Ito 2008, told apart by colour-blind eyes as well.
BLUE, ORANGE, GREY = "#0072B2", "#D55E00", "#767676"
LOG_START = 1e-3
LOG_COLUMNS = ("step", "loss", "val_loss", "train_auc", "val_auc")


def roc(target, score, path, title="ROC"):
    """The ROC twice: linear, and from a false positive rate of 0.001 on a log axis, where screening happens.

    target (n,) 0 real / 1 fake, score (n,) 0..1. The grey band of the log panel marks rates below one false
    alarm, which this many real pictures cannot resolve. Raises ValueError with one class only.
    """
    target, score = checked(target, score)
    found_at_percent = tpr_at_fpr(target, score, 0.01)
    fpr, tpr, _ = roc_curve(target, score, drop_intermediate=False)
    reals = int((target == 0).sum())
    figure = _figure(9.6, 4.6)
    linear, log = figure.subplots(1, 2, sharey=True)
    chance = np.geomspace(LOG_START, 1, 200)

    linear.plot(fpr, tpr, color=BLUE, lw=2, label=f"AUC {roc_auc_score(target, score):.3f}")
    linear.plot([0, 1], [0, 1], color=GREY, ls="--", lw=1, label="chance")
    rate = eer(target, score)
    linear.plot([rate], [1 - rate], "o", color=ORANGE, label=f"EER {rate:.3f}")
    linear.set(xlim=(0, 1), ylim=(0, 1.01), ylabel="true positive rate")
    linear.set_xlabel("false positive rate")

    # A step, not a slope: between two thresholds only the lower rate can be had. FPR 0 has no place on a log
    # axis, so it is drawn as a run-up from left of the edge.
    log.step(np.maximum(fpr, LOG_START / 10), tpr, where="post", color=BLUE, lw=2)
    log.plot(chance, chance, color=GREY, ls="--", lw=1)
    log.plot([0.01], [found_at_percent], "o", color=ORANGE, label=f"TPR {found_at_percent:.3f} at FPR 0.01")
    if 1 / reals > LOG_START:
        label = f"below 1 of {reals} reals"
        log.axvspan(LOG_START, min(1, 1 / reals), color=GREY, alpha=0.15, lw=0, label=label)
    log.set(xscale="log", xlim=(LOG_START, 1))
    log.set_xlabel("false positive rate (log)")
    for axes, place in ((linear, "lower right"), (log, "best")):
        _tidy(axes)
        axes.legend(loc=place, framealpha=0.9, edgecolor="none")
    figure.suptitle(f"{title}  ·  {reals} real, {target.size - reals} fake")
    return _saved(figure, path)


def reliability(target, score, path, bins=15):
    """Share of fakes against mean score in equal-width bins, and how many pictures each bin holds.

    target (n,) 0 real / 1 fake, score (n,) 0..1. Points on the diagonal are calibrated; the title gives the
    ECE.
    """
    target, score = checked(target, score)
    edges = np.linspace(0, 1, bins + 1)
    member = np.minimum((score * bins).astype(int), bins - 1)  # the bins of metrics.ece
    count = np.bincount(member, minlength=bins)
    filled = count > 0
    mean_score, share = (np.bincount(member, v, bins)[filled] / count[filled] for v in (score, target))
    figure = _figure(5.6, 6.2)
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))

    upper.plot([0, 1], [0, 1], color=GREY, ls="--", lw=1, label="calibrated")
    upper.vlines(mean_score, mean_score, share, color=ORANGE, lw=1.5)
    upper.plot(mean_score, share, "o-", color=BLUE, lw=1, ms=6, label="measured")
    upper.set(xlim=(-0.01, 1.01), ylim=(-0.02, 1.02), ylabel="share of fakes")
    upper.legend(loc="upper left", frameon=False)
    upper.set_title(f"Reliability  ·  ECE {ece(target, score, bins):.3f}  ·  {target.size} pictures")
    lower.bar(edges[:-1], count, width=1 / bins, align="edge", color=BLUE, edgecolor="white")
    lower.set(yscale="log", ylim=(0.7, count.max() * 2))
    lower.set(xlabel="probability of fake", ylabel="pictures (log)")
    for axes in (upper, lower):
        _tidy(axes)
    return _saved(figure, path)


def training_curve(csv_path, path):
    """Loss and AUC over steps from a training log, a CSV with the columns LOG_COLUMNS at least.

    Empty cells (no evaluation at that step) are skipped. Raises ValueError for a missing column or an empty
    log.
    """
    log = _read_log(csv_path)
    figure = _figure(9.6, 4.2)
    panels = figure.subplots(1, 2)
    curves = (("loss", "loss", "val_loss", np.nanargmin), ("AUC", "train_auc", "val_auc", np.nanargmax))
    for axes, (name, training, val, best_of) in zip(panels, curves, strict=True):
        for column, label, colour in ((training, "training", BLUE), (val, "val", ORANGE)):
            known = ~np.isnan(log[column])
            # Sparse evaluations get a dot each; a dense running loss would drown in them.
            style = "o-" if known.sum() <= 60 else "-"
            axes.plot(log["step"][known], log[column][known], style, color=colour, lw=1.6, ms=4, label=label)
        axes.set(xlabel="step", ylabel=name)
        _tidy(axes)
        axes.legend(frameon=False)
        if not np.isnan(log[val]).all():
            best = best_of(log[val])
            axes.set_title(f"best val {name} {log[val][best]:.3f} at step {log['step'][best]:.0f}")
    return _saved(figure, path)


def confusion(counts, labels, path):
    """Which label came out on top (columns) for which true one (rows): counts (k, k), shaded by share of the row."""
    counts = np.asarray(counts)
    share = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    figure = _figure(1.6 + 0.9 * len(labels), 1.4 + 0.8 * len(labels))
    axes = figure.subplots()
    axes.imshow(share, cmap="Blues", vmin=0, vmax=1)
    for row, column in np.ndindex(counts.shape):
        colour = "white" if share[row, column] > 0.5 else "black"
        axes.text(column, row, str(counts[row, column]), ha="center", va="center", color=colour)
    axes.set_xticks(range(len(labels)), labels, rotation=30, ha="right")
    axes.set_yticks(range(len(labels)), labels)
    axes.set(xlabel="highest probability", ylabel="forged", title="Confusion between artifacts")
    return _saved(figure, path)


def faithfulness(curves, areas, path):
    """Deletion and insertion curves (Petsiuk et al., BMVC 2018): the map's order against that of the map moved.

    curves: "deletion", "deletion_moved", "insertion", "insertion_moved" -> mean probability of fake (steps + 1,);
    areas: the same names -> mean area under them, for the legends.
    """
    figure = _figure(9.6, 4.4)
    panels = figure.subplots(1, 2, sharey=True)
    for axes, name, of in zip(panels, ("deletion", "insertion"), ("replaced", "brought back"), strict=True):
        for key, label, colour, style in ((name, "map", BLUE, "o-"), (f"{name}_moved", "map moved", GREY, "o--")):
            share = np.linspace(0, 100, len(curves[key]))
            axes.plot(share, curves[key], style, color=colour, lw=2, ms=4, label=f"{label}, area {areas[key]:.3f}")
        axes.set(xlim=(0, 100), ylim=(0, 1.01), xlabel=f"% of the crop {of}, hottest first", title=name.capitalize())
        _tidy(axes)
        axes.legend(loc="best", framealpha=0.9, edgecolor="none")
    panels[0].set_ylabel("mean probability of fake")
    return _saved(figure, path)


def robustness(as_stored, kinds, path):
    """How detection falls with damage, one panel a kind, from mild to strong.

    as_stored: the figures of the undamaged pictures; kinds: name -> {"unit", "levels": [figures]}. Figures hold "auc",
    "tpr", "undecided" (0..1 or None) and "interval" {"auc": [low, high] or None}; those of a level also "level".
    """
    rows = -(-len(kinds) // 3)
    figure = _figure(10.5, 0.6 + 2.9 * rows)
    panels = figure.subplots(rows, 3, sharey=True, squeeze=False)
    curves = (("auc", "AUC", BLUE), ("tpr", "found at 1 % false alarms", ORANGE), ("undecided", "cannot tell", GREY))
    for axes, (name, kind) in zip(panels.flat, kinds.items(), strict=False):
        levels = kind["levels"]
        places = np.arange(len(levels))
        for key, label, colour in curves:
            if as_stored[key] is not None:
                axes.axhline(as_stored[key], color=colour, ls=":", lw=1)
                axes.plot(places, [level[key] for level in levels], "o-", color=colour, lw=1.8, ms=4, label=label)
        if as_stored["auc"] is not None:
            low, high = zip(*(level["interval"]["auc"] for level in levels), strict=True)
            axes.fill_between(places, low, high, color=BLUE, alpha=0.15, lw=0)
        axes.set_xticks(places, [f"{level['level']:g}" for level in levels])
        title = "JPEG" if name == "jpeg" else name.capitalize()
        axes.set(title=title, xlabel=kind["unit"], ylim=(0, 1.01))
        _tidy(axes)
    for axes in list(panels.flat)[len(kinds) :]:
        axes.set_visible(False)
    figure.legend(*panels[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=3, frameon=False)
    return _saved(figure, path)


def _read_log(csv_path):
    """A training log as {column: float array (rows,)}, NaN where a cell is empty."""
    with open(csv_path, newline="") as file:
        reader = csv.DictReader(file)
        missing = set(LOG_COLUMNS) - set(reader.fieldnames or ())
        if missing:
            raise ValueError(f"{csv_path} lacks the columns {sorted(missing)}; is it a training log?")
        rows = list(reader)
    if not rows:
        raise ValueError(f"{csv_path} has no rows yet; draw it after the first logged step.")
    return {name: np.array([float(row[name] or "nan") for row in rows]) for name in LOG_COLUMNS}


def _figure(width, height):
    """An empty Figure of width x height inches, laid out without overlaps, on an Agg canvas."""
    figure = Figure(figsize=(width, height), dpi=120, layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def _tidy(axes):
    """A light grid behind the data, no frame on top and right."""
    axes.grid(True, color="#DDDDDD", lw=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)


def _saved(figure, path):
    figure.savefig(path, format="png")
    return figure
