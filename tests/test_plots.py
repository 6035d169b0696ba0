"""The figures are PNGs with something drawn, and say the numbers that the metrics say."""

import threading

import numpy as np
import pytest
from PIL import Image

from detector import metrics, plots

RNG = np.random.default_rng(0)
TARGET = np.repeat([0, 1], 200)
SCORE = 1 / (1 + np.exp(-(RNG.normal(size=400) + 2 * TARGET - 1)))
LOG = """step,epoch,lr,loss,train_auc,val_loss,val_auc,seconds
10,1,0.001,0.70,0.55,,,5
20,1,0.001,0.50,0.80,0.55,0.75,9
30,2,0.001,0.40,0.90,,,15
40,2,0.001,0.30,0.95,0.60,0.70,19
"""


def texts(figure):
    """Every word on the figure: titles, axis labels, legends."""
    words = [figure.get_suptitle()]
    for axes in figure.axes:
        words += [axes.get_title(), axes.get_xlabel(), axes.get_ylabel()]
        words += [text.get_text() for text in (axes.get_legend().get_texts() if axes.get_legend() else [])]
    return " | ".join(words)


def assert_drawn(path):
    with Image.open(path) as picture:
        assert picture.format == "PNG" and min(picture.size) > 400
        pixels = np.asarray(picture.convert("RGB")).reshape(-1, 3)
    blue = np.abs(pixels.astype(int) - (0x00, 0x72, 0xB2)).max(axis=1) < 30
    assert blue.sum() > 300  # the data's colour is on the canvas


def test_roc(tmp_path):
    figure = plots.roc(TARGET, SCORE, tmp_path / "roc.png", title="test split")
    assert_drawn(tmp_path / "roc.png")
    found = metrics.binary(TARGET, SCORE)
    words = texts(figure)
    for word in (
        f"AUC {found['auc']:.3f}",
        f"EER {found['eer']:.3f}",
        f"TPR {found['tpr_at_fpr']['0.01']:.3f} at FPR 0.01",
        "test split",
        "200 real, 200 fake",
        "false positive rate",
        "true positive rate",
    ):
        assert word in words
    linear, log = figure.axes
    assert linear.get_xscale() == "linear" and log.get_xscale() == "log"
    assert log.get_xlim() == (1e-3, 1)


def test_roc_needs_both_classes(tmp_path):
    with pytest.raises(ValueError, match="only one class"):
        plots.roc([0, 0], [0.1, 0.2], tmp_path / "roc.png")


def test_reliability(tmp_path):
    figure = plots.reliability([0, 1, 1, 1], [0.2, 0.4, 0.6, 0.9], tmp_path / "reliability.png", bins=2)
    assert_drawn(tmp_path / "reliability.png")
    assert "ECE 0.225" in texts(figure)  # worked out in test_metrics
    upper, lower = figure.axes
    measured = next(line for line in upper.lines if line.get_label() == "measured")
    assert measured.get_xydata() == pytest.approx(np.array([[0.3, 0.5], [0.75, 1.0]]))
    assert [bar.get_height() for bar in lower.patches] == [2, 2]


def test_reliability_leaves_empty_bins_out(tmp_path):
    figure = plots.reliability([0, 0, 0], [0.01, 0.02, 0.99], tmp_path / "reliability.png")
    measured = next(line for line in figure.axes[0].lines if line.get_label() == "measured")
    assert len(measured.get_xdata()) == 2


def test_training_curve_skips_empty_cells(tmp_path):
    (tmp_path / "log.csv").write_text(LOG)
    figure = plots.training_curve(tmp_path / "log.csv", tmp_path / "curve.png")
    assert_drawn(tmp_path / "curve.png")
    lines = {(axes.get_ylabel(), line.get_label()): line.get_xydata() for axes in figure.axes for line in axes.lines}
    assert lines["loss", "training"].tolist() == [[10, 0.7], [20, 0.5], [30, 0.4], [40, 0.3]]
    assert lines["loss", "val"].tolist() == [[20, 0.55], [40, 0.6]]
    assert lines["AUC", "val"].tolist() == [[20, 0.75], [40, 0.7]]
    assert "best val AUC 0.750 at step 20" in texts(figure)
    assert "best val loss 0.550 at step 20" in texts(figure)


def test_training_curve_before_the_first_evaluation(tmp_path):
    (tmp_path / "log.csv").write_text("\n".join(LOG.splitlines()[:2]))
    assert "best" not in texts(plots.training_curve(tmp_path / "log.csv", tmp_path / "curve.png"))


@pytest.mark.parametrize(("text", "message"), [("step,loss\n1,2\n", "lacks the columns"), (LOG[:52], "no rows")])
def test_training_curve_refuses_other_files(tmp_path, text, message):
    (tmp_path / "log.csv").write_text(text)
    with pytest.raises(ValueError, match=message):
        plots.training_curve(tmp_path / "log.csv", tmp_path / "curve.png")


def test_figures_can_be_drawn_in_threads(tmp_path):
    paths = [tmp_path / f"{k}.png" for k in range(4)]
    threads = [threading.Thread(target=plots.reliability, args=(TARGET, SCORE, path)) for path in paths]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({path.read_bytes() for path in paths}) == 1
