"""Pictures in, results out, in order: what scans, evaluations and the page's API for many pictures share."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice

import torch
from threadpoolctl import threadpool_limits

from .analyse import Analyser, Found
from .analysis import Analysis
from .classifier import this_thread
from .images import PictureError, Source
from .quick import AT_ONCE


@dataclass(frozen=True)
class Job:
    name: str
    path: Source  # a scan's own are paths; whatever images.load takes will do


@dataclass(frozen=True)
class Result:
    """What became of one picture: `analysis`, or the reason why there is none."""

    job: Job
    analysis: Analysis | None
    error: str = ""


def run(analyser: Analyser, jobs: Iterable[Job], batch_size: int = 32, method: str | None = None) -> Iterator[Result]:
    """Judges pictures in order; about two batches of `batch_size` are under way or wait to be taken.

    On a CPU as many threads as PyTorch would use take pictures of their own from file to answer. Elsewhere one batch
    is judged while the next is read.
    """
    pool, way = _threads(analyser)
    try:
        yield from way(analyser, iter(jobs), pool, batch_size, method)
    finally:
        pool.shutdown(cancel_futures=True)


def _threads(analyser: Analyser) -> tuple[ThreadPoolExecutor, Callable]:
    if analyser.classifier.where == "cpu":
        return ThreadPoolExecutor(torch.get_num_threads(), initializer=_alone), _side_by_side
    return ThreadPoolExecutor(max(2, (os.cpu_count() or 2) // 2)), _batched


def _alone() -> None:
    # PyTorch's own threads wait for each other whenever one of them has to share its core with a reader; and another
    # number of threads may add in another order.
    torch.get_num_threads()  # PyTorch sets the number of its threads at its first use in a thread
    threadpool_limits(1, user_api="openmp")  # of this thread alone, unlike torch.set_num_threads
    this_thread.steady = True


def _side_by_side(
    analyser: Analyser, jobs: Iterator[Job], pool: ThreadPoolExecutor, batch_size: int, method: str | None
) -> Iterator[Result]:
    def whole(some: Sequence[Job]) -> list[Result]:
        return _judged(analyser, [(job, _prepared(analyser, job)) for job in some], method)

    share = min(AT_ONCE, batch_size)
    ahead: deque[Future] = deque()
    while True:
        while len(ahead) * share < 2 * batch_size and (some := list(islice(jobs, share))):
            ahead.append(pool.submit(whole, some))
        if not ahead:
            return
        yield from ahead.popleft().result()


def _batched(
    analyser: Analyser, jobs: Iterator[Job], pool: ThreadPoolExecutor, batch_size: int, method: str | None
) -> Iterator[Result]:
    # Two batches ahead: enough to keep the classifier fed, few enough to keep memory flat.
    ahead: deque[tuple[Job, Future]] = deque()
    while True:
        while len(ahead) < 2 * batch_size and (job := next(jobs, None)) is not None:
            ahead.append((job, pool.submit(_prepared, analyser, job)))
        if not ahead:
            return
        batch, crops = [], 0
        while ahead and crops < batch_size:  # crops, not pictures: each of a crowd's faces takes memory
            job, future = ahead.popleft()
            found = future.result()
            batch.append((job, found))
            crops += 1 if isinstance(found, str) else len(found.crops)
        yield from _judged(analyser, batch, method)


def _prepared(analyser: Analyser, job: Job) -> Found | str:
    """Or why it can't be judged."""
    try:
        return analyser.prepare(job.path)
    except PictureError as error:
        return str(error)


def _judged(analyser: Analyser, batch: Sequence[tuple[Job, Found | str]], method: str | None) -> list[Result]:
    readable = [found for _, found in batch if not isinstance(found, str)]
    analyses = iter(analyser.judge(readable, method) if readable else ())
    return [Result(job, None, found) if isinstance(found, str) else Result(job, next(analyses)) for job, found in batch]
