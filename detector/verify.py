"""Does an analysis.json hold? The picture is judged again, and whatever differs is named.

Two numbers count as the same within 0.02 plus one percent of the recorded one. That is for arithmetic, which is not
the same to the last bit on every machine. Measured on the embedded weights, four example pictures: other kernels and
another number of threads moved logits and maps by less than 0.00001; half precision, in which a GPU works, moved
logits by up to 0.007, probabilities by 0.001 and the ends of maps by 0.018. So 0.02 covers it, and is too little to
turn one verdict into another. A changed file and other weights are found by their SHA-256, however little they change.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from os import PathLike
from pathlib import Path
from typing import Any

from . import provenance
from .analyse import Analyser
from .explain import METHODS
from .verdict import Targets

ABSOLUTE, RELATIVE = 0.02, 0.01
MAX_BYTES = 20_000_000  # a real one has some ten thousand; a crowd's has less than a million
REQUIRED = ("file.sha256", "model.sha256", "reproduce.pixels", "reproduce.preprocessing.sha256", "integrity")
APART = {"timings", "integrity", "model", "reproduce"}  # judged by themselves, or different in every run
NUMBER = re.compile(r"\d+(?:\.(\d+))?")
AGAIN = "write it again with python -m detector explain"


class VerifyError(ValueError):
    """The analysis.json can't be used; the message says why and what to do."""


@dataclass(frozen=True)
class Verification:
    """`differences`: what is not the same, one a line; `notes`: other circumstances, which are no failure."""

    differences: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def same(self) -> bool:
        return not self.differences


def read(path: str | PathLike) -> dict[str, Any]:
    """The content of an analysis.json that `explain` wrote. Raises VerifyError for anything else."""
    path = Path(path)
    try:
        if path.stat().st_size > MAX_BYTES:
            raise VerifyError(f"{path} is too large for an analysis.json; give the one that explain wrote")
        content = json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=_once)
    except OSError as error:
        raise VerifyError(f"{path} can't be read ({error.strerror}); give explain's analysis.json") from error
    except VerifyError:
        raise
    except (ValueError, RecursionError) as error:
        raise VerifyError(f"{path} is no JSON ({error}); {AGAIN}") from error
    for name in REQUIRED:
        value = content
        for key in name.split("."):
            value = value.get(key) if isinstance(value, dict) else None
        if not isinstance(value, str):
            raise VerifyError(f"{path} has no {name}, so it is not what this version's explain writes; {AGAIN}")
    method = content.get("method")
    if method is not None and not (isinstance(method, str) and method in METHODS):
        raise VerifyError(f"{path} names a heatmap method that this version does not have; {AGAIN}")
    return content


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Two values of one name would be read by one program this way, by another that way."""
    content = dict(pairs)
    if len(content) < len(pairs):
        raise ValueError("a name occurs twice in one object")
    return content


def targets(recorded: dict[str, Any]) -> Targets:
    """The error rates that the recorded answer was to keep. Raises VerifyError."""
    try:
        return Targets(**recorded["limits"]["targets"])
    except (KeyError, TypeError, ValueError) as error:
        raise VerifyError(f"the analysis.json has no usable limits.targets ({error}); {AGAIN}") from error


def verify(recorded: dict[str, Any], analyser: Analyser, image: str | PathLike) -> Verification:
    """Judges `image` again as `recorded` says, which `read` gave. Raises PictureError for a picture it can't read.

    `analyser` must have the checkpoint to check against and the recorded `targets`.
    """
    method = recorded.get("method")
    found = analyser.prepare(image)
    analysis = analyser.judge([found], method)[0]
    own = provenance.facts(analyser.classifier, analyser.limits, found.picture, method)
    fresh = json.loads(json.dumps(analysis.to_dict() | {"reproduce": asdict(own)}))
    figures = compare(_figures(recorded), _figures(fresh))
    differences = (*_seal(recorded), *_file(recorded, fresh), *_checkpoint(recorded, fresh), *figures)
    return Verification(differences, tuple(_notes(recorded, fresh)))


def _figures(content: dict[str, Any]) -> dict[str, Any]:
    kept = {key: value for key, value in content.items() if key not in APART}
    kept["file"] = {key: value for key, value in content["file"].items() if key not in ("name", "sha256")}
    return kept


def _seal(recorded: dict[str, Any]) -> Iterator[str]:
    if provenance.seal(recorded) != recorded["integrity"]:
        yield "the JSON was edited after it was written: its content does not fit its own SHA-256"
    noted = recorded["reproduce"]["preprocessing"]
    if provenance.digest({key: value for key, value in noted.items() if key != "sha256"}) != noted["sha256"]:
        yield "the JSON was edited after it was written: its preprocessing does not fit its own SHA-256"


def _file(recorded: dict[str, Any], fresh: dict[str, Any]) -> Iterator[str]:
    if recorded["file"]["sha256"] == fresh["file"]["sha256"]:
        return
    kept = recorded["reproduce"]["pixels"] == fresh["reproduce"]["pixels"]
    what = "the same pixels, stored again" if kept else "other pixels"
    yield f"another file, with {what}: SHA-256 {_changed(recorded['file']['sha256'], fresh['file']['sha256'])}"


def _checkpoint(recorded: dict[str, Any], fresh: dict[str, Any]) -> Iterator[str]:
    before, now = recorded["model"], fresh["model"]
    for key, name in (("sha256", "another checkpoint: SHA-256 of the weights"), ("architecture", "architecture")):
        if before.get(key) != now[key]:
            yield f"{name} {_changed(before.get(key), now[key])}"
    if before.get("calibration") != now["calibration"]:
        yield f"another calibration: SHA-256 {_changed(before.get('calibration'), now['calibration'])}"
    before, now = recorded["reproduce"]["preprocessing"], fresh["reproduce"]["preprocessing"]
    if before != now:
        parts = [f"{key} {_changed(before.get(key), now[key])}" for key in now if before.get(key) != now[key]]
        yield f"other preprocessing: {', '.join(parts)}"


def _notes(recorded: dict[str, Any], fresh: dict[str, Any]) -> Iterator[str]:
    for group in ("versions", "settings"):
        before, now = recorded["reproduce"].get(group), fresh["reproduce"][group]
        before = before if isinstance(before, dict) else {}
        for name in sorted(now.keys() | before.keys()):
            if before.get(name) != now.get(name):
                yield f"{group}: {name} {_changed(before.get(name), now.get(name))}"
    if recorded["file"].get("name") != fresh["file"]["name"]:
        yield f"the file's name: {_changed(recorded['file'].get('name'), fresh['file']['name'])}"
    same_file = recorded["file"]["sha256"] == fresh["file"]["sha256"]
    if same_file and recorded["reproduce"]["pixels"] != fresh["reproduce"]["pixels"]:
        yield "the same file was decoded to other pixels, as another version of Pillow may do"


def compare(recorded: Any, fresh: Any, place: str = "") -> Iterator[str]:
    """What differs between two JSON values, one line for each place, as "faces[0].logit: was 1.0, is 2.0"."""
    if isinstance(recorded, dict) and isinstance(fresh, dict):
        for key in [*recorded, *(key for key in fresh if key not in recorded)]:
            inside = f"{place}.{key}" if place else str(key)
            if key not in fresh:
                yield f"{_plain(inside)}: only in the JSON"
            elif key not in recorded:
                yield f"{_plain(inside)}: missing in the JSON"
            else:
                yield from compare(recorded[key], fresh[key], inside)
    elif isinstance(recorded, list) and isinstance(fresh, list) and len(recorded) == len(fresh):
        for number, pair in enumerate(zip(recorded, fresh, strict=True)):
            yield from compare(*pair, f"{place}[{number}]")
    elif not _alike(recorded, fresh):
        yield f"{_plain(place)}: {_changed(recorded, fresh)}"


def _alike(recorded: Any, fresh: Any) -> bool:
    numbers = all(isinstance(value, int | float) and not isinstance(value, bool) for value in (recorded, fresh))
    if numbers and (isinstance(recorded, float) or isinstance(fresh, float)):
        return recorded == fresh or abs(recorded - fresh) <= ABSOLUTE + RELATIVE * abs(recorded)
    if isinstance(recorded, str) and isinstance(fresh, str) and " " in recorded:
        return _say_the_same(recorded, fresh)
    return type(recorded) is type(fresh) and recorded == fresh


def _say_the_same(recorded: str, fresh: str) -> bool:
    """Sentences hold rounded numbers: one step of the last digit is added to the tolerance."""
    if NUMBER.sub("#", recorded) != NUMBER.sub("#", fresh):
        return False
    for before, now in zip(NUMBER.finditer(recorded), NUMBER.finditer(fresh), strict=True):
        step = 10.0 ** -len(before[1] or "")
        if abs(float(before[0]) - float(now[0])) > step + RELATIVE * float(before[0]) + 1e-9:
            return False
    return True


def _changed(before: Any, now: Any) -> str:
    return f"was {_short(before)}, is {_short(now)}"


def _short(value: Any) -> str:
    said = ascii(value)
    return said if len(said) <= 70 else f"{said[:60]}…"


def _plain(place: str) -> str:
    """Control characters of a foreign file must not reach the terminal."""
    return ascii(place)[1:-1]
