"""A scan on one machine or a cluster, on Ray Data: python -m detector.ray_scan SOURCE... --out RESULTS

A source is a folder, a file or a URL that fsspec knows (s3://, gs://, https://…): pictures, tar files of pictures
(WebDataset shards) or Parquet with a column of encoded pictures. The work is cut into shares: a tar or Parquet file, or
so many loose pictures. Each share becomes one part in RESULTS, which appears under its name once it is whole; a share
whose part is there is done. So a share that dies with its worker is simply done again, and nothing is written twice.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import logging
import os
import sys
import tarfile
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import fsspec
from tqdm import tqdm

from . import csv_text, heap
from .analyse import Analyser
from .scan import ScanError, is_picture, writeable
from .stream import Job, Result, run

COLUMNS = ("img_name", "y_pred", "error", "sha256")
FORMATS = ("parquet", "csv")
RETRIES = 3  # of a share whose worker died, before it is left for --resume


@dataclass(frozen=True)
class Share:
    """Files of one file system, as URLs, that one worker judges in one go; `root` is what names are relative to."""

    root: str
    files: tuple[str, ...]

    @property
    def part(self) -> str:
        """Name of its part, without ending."""
        return "part-" + hashlib.sha256("\n".join(self.files).encode()).hexdigest()[:20]


class Remote:
    """A file that is fetched whole, in one request, by the thread that first reads it."""

    def __init__(self, url: str):
        self.name, self._url = PurePosixPath(url).name, url

    def read(self, size: int) -> bytes:
        url, self._url = self._url, ""
        if not url:
            return b""
        files, path = fsspec.core.url_to_fs(url)
        return files.cat_file(path, end=size)


# --- what is scanned -------------------------------------------------------------------------------------------------


def find_shares(sources: Sequence[str], per_share: int = 256) -> list[Share]:
    """Everything under `sources`, in a fixed order. Raises ScanError where there is nothing."""
    shares = []
    for source in sources:
        files, root = fsspec.core.url_to_fs(source)
        paths = sorted(files.find(root)) if files.isdir(root) else [root] if files.exists(root) else []
        above = root if files.isdir(root) else os.path.dirname(root)
        kept = [path for path in paths if is_shard(path) or is_picture(PurePosixPath(path[len(above) :].lstrip("/")))]
        if not kept:
            raise ScanError(f"no pictures, tar or Parquet files at {source}; check the address")
        urls = [files.unstrip_protocol(path) for path in kept]
        above = files.unstrip_protocol(above)
        loose = [url for url in urls if not is_shard(url)]
        shares += [Share(above, (url,)) for url in urls if is_shard(url)]
        shares += [Share(above, tuple(loose[i : i + per_share])) for i in range(0, len(loose), per_share)]
    if len(set(shares)) != len(shares):
        raise ScanError("a source is named twice; name each once")
    return shares


def is_shard(path: str) -> bool:
    return path.lower().endswith((".tar", ".parquet"))


def jobs_of(share: Share, max_bytes: int) -> Iterator[Job]:
    """The pictures of a share. Raises OSError, ValueError or tarfile.TarError where a tar or Parquet file is broken."""
    for url in share.files:
        name = writeable(url[len(share.root) :].lstrip("/"))
        if url.lower().endswith(".tar"):
            yield from _of_tar(url, name, max_bytes)
        elif url.lower().endswith(".parquet"):
            yield from _of_parquet(url, name)
        else:
            yield Job(name, Remote(url))


def _of_tar(url: str, name: str, max_bytes: int) -> Iterator[Job]:
    with fsspec.open(url) as file, tarfile.open(fileobj=file, mode="r|*") as tar:  # read once, from front to back
        for member in tar:
            if member.isfile() and PurePosixPath(member.name).suffix and is_picture(PurePosixPath(member.name)):
                data = tar.extractfile(member).read(max_bytes + 1)  # too large a picture is refused by its bytes
                yield Job(f"{name}/{writeable(member.name)}", data)


def _of_parquet(url: str, name: str) -> Iterator[Job]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    with fsspec.open(url) as file:
        table = pq.ParquetFile(file)
        wanted = None
        for field in table.schema_arrow:  # bytes, or as Hugging Face stores a picture: a struct that holds them
            if pa.types.is_struct(field.type) and field.type.get_field_index("bytes") >= 0:
                wanted = wanted or f"{field.name}.bytes"
            elif pa.types.is_binary(field.type) or pa.types.is_large_binary(field.type):
                wanted = wanted or field.name
        if wanted is None:
            raise ValueError("it has no column of encoded pictures (binary, or a struct with bytes)")
        row = 0
        for batch in table.iter_batches(batch_size=32, columns=[wanted]):
            for value in batch.column(0).to_pylist():
                data = value["bytes"] if isinstance(value, dict) else value
                yield Job(f"{name}/{row}", data or b"")
                row += 1


# --- judging and writing ---------------------------------------------------------------------------------------------


class Scorer:
    """One worker: holds one model, judges one share after another and writes each one's part."""

    def __init__(self, checkpoint: str | None, device: str, out: str, form: str):
        heap.keep_freed()  # a worker is a process of its own
        self.analyser, self.out, self.form = Analyser(checkpoint, device), out, form

    def __call__(self, batch: dict[str, Any]) -> dict[str, list]:
        counts = [self.share(share) for share in batch["item"]]
        return {"judged": [judged for judged, _ in counts], "errors": [errors for _, errors in counts]}

    def share(self, share: Share) -> tuple[int, int]:
        """Writes the part of a share; gives how many pictures were judged, and how many could not be."""
        rows = list(self._rows(share))
        files, folder = fsspec.core.url_to_fs(self.out)
        partial = f"{folder}/.{share.part}.{uuid.uuid4().hex}.partial"
        files.pipe_file(partial, table(rows, self.form))
        files.mv(partial, f"{folder}/{share.part}.{self.form}")
        failed = sum(row[1] is None for row in rows)
        return len(rows) - failed, failed

    def _rows(self, share: Share) -> Iterator[tuple[str, float | None, str, str]]:
        broken: list[str] = []

        def jobs() -> Iterator[Job]:
            try:
                yield from jobs_of(share, self.analyser.limits.max_bytes)
            except (OSError, ValueError, tarfile.TarError) as error:  # what came before the break is kept
                broken.append(f"{PurePosixPath(share.files[0]).name} can't be read to its end ({error}); get it again.")

        for result in run(self.analyser, jobs()):
            yield row_of(result)
        for reason in broken:
            yield share.files[0][len(share.root) :].lstrip("/"), None, reason, ""


def row_of(result: Result) -> tuple[str, float | None, str, str]:
    """img_name, y_pred (0…1, None where there is an error), error, sha256 of the picture's bytes."""
    if result.analysis is None:
        return result.job.name, None, result.error, ""
    return result.job.name, round(result.analysis.probability, 6), "", result.analysis.file.sha256


def table(rows: Sequence[tuple], form: str) -> bytes:
    """Rows of COLUMNS as a file's bytes."""
    if form == "csv":
        return csv_text.exact([COLUMNS, *rows]).encode()
    import pyarrow as pa
    import pyarrow.parquet as pq

    types = (pa.string(), pa.float64(), pa.string(), pa.string())
    columns = zip(*rows, strict=True) if rows else [()] * 4
    file = io.BytesIO()
    arrays = [pa.array(list(column), kind) for column, kind in zip(columns, types, strict=True)]
    pq.write_table(pa.Table.from_arrays(arrays, COLUMNS), file)
    return file.getvalue()


# --- the run ---------------------------------------------------------------------------------------------------------


def todo(shares: Sequence[Share], out: str, form: str, resume: bool, checkpoint_sha256: str) -> list[Share]:
    """The shares that have no part yet. Raises ScanError for an `out` that holds another scan, or one unasked for."""
    files, folder = fsspec.core.url_to_fs(out)
    there = _names(files, folder)
    if there and not resume:
        raise ScanError(f"{out} holds something already; go on with it by --resume, or give another --out")
    facts = _facts(shares, form, checkpoint_sha256)
    if there and ("scan.json" not in there or files.cat_file(f"{folder}/scan.json") != facts):
        raise ScanError(f"{out} was begun with other inputs, checkpoint or --format; give another --out")
    return [share for share in shares if f"{share.part}.{form}" not in there]


def begin(shares: Sequence[Share], out: str, form: str, checkpoint_sha256: str) -> None:
    """Notes in `out` which scan it holds, and sweeps it. Raises OSError."""
    files, folder = fsspec.core.url_to_fs(out)
    files.makedirs(folder, exist_ok=True)
    files.pipe_file(f"{folder}/scan.json", _facts(shares, form, checkpoint_sha256))
    sweep(out)


def sweep(out: str) -> None:
    """Removes from `out` what workers that died have left half-written. Raises OSError."""
    files, folder = fsspec.core.url_to_fs(out)
    for name in _names(files, folder):
        if name.endswith(".partial"):
            files.rm_file(f"{folder}/{name}")


def _facts(shares: Sequence[Share], form: str, checkpoint_sha256: str) -> bytes:
    listed = hashlib.sha256("\n".join(share.part for share in shares).encode()).hexdigest()
    return json.dumps({"inputs": listed, "checkpoint": checkpoint_sha256, "format": form}).encode()


def _names(files: fsspec.AbstractFileSystem, folder: str) -> set[str]:
    paths = files.ls(folder, detail=False, refresh=True) if files.exists(folder) else []
    return {PurePosixPath(path).name for path in paths}


def scan(
    shares: Sequence[Share], worker: type[Scorer], arguments: tuple, workers: int, gpus: float = 0
) -> tuple[int, int]:
    """Judges `shares` on the Ray that runs; counts of pictures judged and unreadable. Shares may be left undone."""
    import ray

    context = ray.data.DataContext.get_current()
    context.max_errored_blocks = -1  # a share that kills its worker again and again must not stop the others
    logging.getLogger("ray.data").setLevel(logging.WARNING)
    context.enable_progress_bars = False  # its own counts blocks; ours counts shares
    pool = dict(max_restarts=-1, max_task_retries=RETRIES, num_cpus=0 if gpus else 1, num_gpus=gpus or None,
                compute=ray.data.ActorPoolStrategy(size=workers))  # fmt: skip
    data = ray.data.from_items([{"item": share} for share in shares], override_num_blocks=len(shares))
    data = data.map_batches(worker, fn_constructor_args=arguments, batch_size=1, **pool)
    judged = errors = 0
    for row in tqdm(data.iter_rows(), "scan", len(shares), unit="share"):
        judged, errors = judged + row["judged"], errors + row["errors"]
    return judged, errors


def arguments(argv: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m detector.ray_scan", description=__doc__.split("\n\n")[0])
    add = parser.add_argument
    add("sources", nargs="+", metavar="SOURCE", help="folder, file or URL of pictures, tar or Parquet files")
    add("--out", required=True, help="folder or URL for the parts: img_name, y_pred, error, sha256")
    add("--format", default="parquet", choices=FORMATS)
    add("--resume", action="store_true", help="go on with an --out that was stopped")
    add("--address", help="of a Ray cluster, or auto; default: this machine alone")
    add(
        "--workers",
        type=int,
        default=max(1, (os.cpu_count() or 2) // 2),
        help="models in memory (default: %(default)s)",
    )
    add("--gpus", type=float, default=0, help="of each worker; 0.5 lets two share one (default: the CPU)")
    add("--per-share", type=int, default=256, help="loose pictures in a share (default: %(default)s)")
    add("--checkpoint", help="a file that every worker can read; default: the embedded one")
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> int:
    """0: all judged, 1: some pictures are unreadable or shares undone, 2: it could not start."""
    args = arguments(argv)
    try:
        import ray
    except ImportError:
        print('error: this needs Ray: pip install "ray[data]"', file=sys.stderr)
        return 2
    out = args.out if "://" in args.out else str(Path(args.out).absolute())
    try:
        identity = Analyser(args.checkpoint, "cpu").identity  # a checkpoint that can't be used is found out here
        shares = find_shares(args.sources, args.per_share)
        left = todo(shares, out, args.format, args.resume, identity.sha256)
    except (ValueError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    judged = errors = 0
    if left:
        package = {"py_modules": [str(Path(__file__).parent)]} if args.address else None
        try:
            ray.init(args.address, runtime_env=package, logging_level=logging.WARNING)
        except ConnectionError as error:  # before the folder is begun, so that the next try needs no --resume
            print(f"error: {error}; is it running? Where it wants a token, set RAY_AUTH_MODE=token", file=sys.stderr)
            return 2
        model = (args.checkpoint, "cuda" if args.gpus else "cpu")
        try:
            begin(shares, out, args.format, identity.sha256)
            judged, errors = scan(left, Scorer, (*model, out, args.format), args.workers, args.gpus)
            sweep(out)
        except OSError as error:  # --out can't be written
            print(f"error: {error}", file=sys.stderr)
            return 2
        finally:
            ray.shutdown()
    undone = len(todo(shares, out, args.format, True, identity.sha256))
    print(
        f"{judged} judged, {errors} unreadable, {len(shares) - len(left)} of {len(shares)} shares done before → {out}"
    )
    if undone:
        print(f"{undone} shares were left undone since their workers died; try them again by --resume", file=sys.stderr)
    return 1 if errors or undone else 0


if __name__ == "__main__":
    sys.exit(main())
