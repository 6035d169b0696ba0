"""Reads hostile bytes in a process of its own, so that a crash, a hang or a flood of memory is seen and survived."""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import os
import re
import resource
import shutil
import tempfile
import time
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

SECONDS = 5.0  # of processor time for one input
PATIENCE = 30.0  # by the clock: on a machine that does other things too, only a process that stands still takes so long
MEGABYTES = 1500  # one input's own; the largest sound picture, a WebP of 49 megapixels, takes up to 1150
ROOM = 4_000_000_000  # bytes of address space on top of what the process starts with: a wall, should all else fail
LINE = re.compile(r"[^\n\r\x00-\x08\x1b]{10,1200}")


class Fault(AssertionError):
    """Neither what was asked for nor a clear error."""


@dataclass(frozen=True)
class Outcome:
    """`kind`: read, refused, or a fault: error, crash, hang, slow, memory. `megabytes`: above what was taken before."""

    kind: str
    said: str
    seconds: float = 0.0
    megabytes: int = 0

    @property
    def fault(self) -> bool:
        return self.kind not in ("read", "refused")


# ---- in the process that reads


def sentence(error: Exception, ends: str = "") -> str:
    said = str(error)
    if not LINE.fullmatch(said) or not said.endswith(ends) or "Traceback" in said:
        raise Fault(f"no clear error: {said[:300]!r}")
    return said


def picture(data: bytes, folder: Path) -> str | None:
    from detector import metadata
    from detector.images import PictureError, load

    json.dumps(metadata.read(data).to_dict(), allow_nan=False)
    try:
        found = load(data)
    except PictureError as error:
        return sentence(error, ".")
    pixels, facts = found.pixels, found.facts
    if pixels.dtype != "uint8" or pixels.shape != (facts.height, facts.width, 3) or not 1 <= facts.frames <= 1000:
        raise Fault(f"no picture: {facts}")
    return None


def archive(data: bytes, folder: Path) -> str | None:
    from detector.archive import ArchiveLimits, extract

    inside, sent = folder / "a" / "b", folder / "sent.zip"
    inside.mkdir(parents=True)
    sent.write_bytes(data)
    members, _ = extract(sent, "sent.zip", inside, ArchiveLimits(total_bytes=50_000_000))
    written = {path for path in folder.rglob("*") if path.is_file()} - {sent}
    if written != {member.path for member in members if member.path} or any(path.parent != inside for path in written):
        raise Fault(f"files elsewhere: {written}")
    return ", ".join(str(member.refusal) for member in members if member.refusal) or None


def checkpoint(data: bytes, folder: Path) -> str | None:
    from detector import model

    path = folder / "sent.safetensors"
    path.write_bytes(data)
    try:
        model.read(path)
    except model.CheckpointError as error:
        return sentence(error)
    return None


def analysis(data: bytes, folder: Path) -> str | None:
    from detector import verify

    path = folder / "analysis.json"
    path.write_bytes(data)
    try:
        recorded = verify.read(path)
        verify.targets(recorded)
    except verify.VerifyError as error:
        return sentence(error)
    return None


def labels(data: bytes, folder: Path) -> str | None:
    from detector.data import LabelError, read_labels

    path = folder / "labels.csv"
    path.write_bytes(data)
    try:
        read_labels(path)
    except LabelError as error:
        return sentence(error)
    return None


TARGETS = {function.__name__: function for function in (picture, archive, checkpoint, analysis, labels)}


def _serve(pipe: Connection) -> None:
    """Answers (target, bytes) with an Outcome, until the pipe is closed."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # the decoders write about broken files
    import torch

    torch.set_num_threads(1)
    for read in TARGETS.values():  # what is imported at the first call is no part of it
        with tempfile.TemporaryDirectory() as folder:
            read(b"II*\0", Path(folder))
    most = _kilobytes("VmSize") * 1024 + ROOM
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    with contextlib.suppress(EOFError):
        pipe.send(None)
        while True:
            pipe.send(_tried(*pipe.recv()))


def _tried(target: str, data: bytes) -> Outcome:
    folder = Path(tempfile.mkdtemp())
    Path("/proc/self/clear_refs").write_text("5")  # the peak is that of this input
    before, began = _kilobytes("VmRSS"), time.process_time()
    try:
        said = TARGETS[target](data, folder)
        kind = "read" if said is None else "refused"
    except BaseException as error:  # whatever comes here should have been a clear error
        kind, said = "error", f"{type(error).__name__}: {error}"[:500]
    finally:
        shutil.rmtree(folder)
    seconds, megabytes = time.process_time() - began, (_kilobytes("VmHWM") - before) // 1000
    if kind != "error" and seconds > SECONDS:
        kind = "slow"
    elif kind != "error" and megabytes > MEGABYTES:
        kind = "memory"
    return Outcome(kind, said or "", seconds, megabytes)


def _kilobytes(name: str) -> int:
    return int(re.search(rf"{name}:\s+(\d+)", Path("/proc/self/status").read_text())[1])


# ---- in the process that asks


class Worker:
    """Started when it is first needed, and again after a crash or a hang. To be closed."""

    def __init__(self) -> None:
        self.pipe: Connection | None = None

    def read(self, target: str, data: bytes) -> Outcome:
        if self.pipe is None:
            self._start()
        try:
            self.pipe.send((target, data))
            if self.pipe.poll(PATIENCE):
                return self.pipe.recv()
            said = Outcome("hang", f"no answer within {PATIENCE:g} s", PATIENCE)
        except (EOFError, OSError):
            self.process.join(5)
            said = Outcome("crash", f"the process ended with {self.process.exitcode}")
        self.close()
        return said

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=_serve, args=(theirs,), daemon=True)
        self.process.start()
        theirs.close()
        if not self.pipe.poll(300):
            raise RuntimeError("the worker does not start")
        self.pipe.recv()

    def close(self) -> None:
        if self.pipe is not None:
            self.process.kill()
            self.process.join()
            self.pipe.close()
            self.pipe = None
