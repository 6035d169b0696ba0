"""The shipped weights give one answer, however the sum is added up. Tolerances are in logits; a percent is about 0.04.

What was measured on the example pictures stands in benchmarks/README.md; the bounds here leave room above it, for other
processors add in another order.
"""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from PIL import Image

from detector import model, stream
from detector.classifier import load

EXACT = 5e-5  # full precision, in another order
HALF = 0.05  # half precision, as on a GPU
BRAIN = 0.8  # bfloat16, which has eight bits for the number


@pytest.fixture(scope="module")
def classifier():
    return load(None, "cpu")


@pytest.fixture(scope="module")
def batch(classifier, assets):
    """Eight portraits."""
    pictures = [np.asarray(Image.open(path).convert("RGB")) for path in sorted(assets.glob("example-*.jpg"))]
    return classifier.prepare(pictures)


@pytest.fixture(scope="module")
def logits(classifier, batch):
    return classifier.run(batch).logits


def test_one_thread_and_many(classifier, batch, logits):
    before = torch.get_num_threads()
    try:
        for threads in (1, 4):
            torch.set_num_threads(threads)
            np.testing.assert_allclose(classifier.run(batch).logits, logits, rtol=0, atol=EXACT)
    finally:
        torch.set_num_threads(before)


def test_where_scans_judge_the_size_of_the_batch_changes_not_a_bit(classifier, batch):
    with ThreadPoolExecutor(1, initializer=stream._alone) as pool:
        whole = pool.submit(classifier.run, batch).result()
        for size in (1, 2, 3, 5):
            parts = list(pool.map(classifier.run, [batch[i : i + size] for i in range(0, len(batch), size)]))
            assert np.array_equal(np.concatenate([part.logits for part in parts]), whole.logits)
            assert np.array_equal(np.concatenate([part.looks for part in parts]), whole.looks)
            assert torch.equal(torch.cat([part.features for part in parts]), whole.features)


def test_batch_of_1_and_of_64(classifier, batch, logits):
    alone = np.concatenate([classifier.run(batch[i : i + 1]).logits for i in range(len(batch))])
    np.testing.assert_allclose(alone, logits, rtol=0, atol=EXACT)
    many = classifier.run(np.concatenate([batch] * 8)).logits
    np.testing.assert_allclose(many, np.concatenate([logits] * 8), rtol=0, atol=EXACT)


def test_the_same_run_is_the_same_to_the_bit(classifier, batch, logits):
    assert np.array_equal(classifier.run(batch).logits, logits)


def test_memory_layout(classifier, batch, logits):
    x = torch.from_numpy(batch).permute(0, 3, 1, 2).float().contiguous()
    network, _ = model.read(model.EMBEDDED)  # as it comes, not channels_last
    with torch.no_grad():
        plain = network((x - classifier._place.mean) / classifier._place.std)
    np.testing.assert_allclose(plain.numpy(), logits, rtol=0, atol=EXACT)


@pytest.mark.parametrize("kind, tolerance", [(torch.float16, HALF), (torch.bfloat16, BRAIN)])
def test_half_precision(classifier, batch, logits, kind, tolerance):
    x = torch.from_numpy(batch).permute(0, 3, 1, 2).float()
    with torch.no_grad(), torch.autocast("cpu", kind):
        features = classifier.network.features((x - classifier._place.mean) / classifier._place.std)
    with torch.no_grad():
        half = classifier.network.classify(classifier.network.chosen(features.float())).numpy()
    assert not np.array_equal(half, logits)  # it was half precision indeed
    np.testing.assert_allclose(half, logits, rtol=0, atol=tolerance)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU here")
def test_gpu_and_cpu(batch, logits):
    np.testing.assert_allclose(load(None, "cuda").run(batch).logits, logits, rtol=0, atol=HALF)
