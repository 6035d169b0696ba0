"""Content credentials (C2PA), read and validated by the public library `c2pa-python`. Never asks the network."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from .. import apart
from ..messages import message
from . import plain

ABSENT, TRUSTED, VALID, ALTERED, INVALID = "absent", "trusted", "valid", "altered", "invalid"
ELSEWHERE, UNCHECKED = "elsewhere", "unchecked"
STATES = {"Trusted": TRUSTED, "Valid": VALID, "Invalid": INVALID}  # the library's words
MISSING = message("the library c2pa-python is not installed; run `pip install -r requirements.txt`")

SETTINGS = {
    "verify": {"remote_manifest_fetch": False, "ocsp_fetch": False},
    "core": {"max_decompressed_manifest_size_in_mb": 16},
}
FORMATS = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG", "image/png"),
    (b"GIF8", "image/gif"),
    (b"RIFF", "image/webp"),
    (b"II", "image/tiff"),
    (b"MM", "image/tiff"),
)
CONTAINED = "image/heic"  # said of AVIF, too: the library reads both the same way, whatever the brands are
LABEL = b"c2pa"  # the box of a manifest store bears it in clear
MOST_JSON = 8_000_000  # characters of the library's report
MOST_FOUND = 8  # digital source types, and failures, that are kept
UNTRUSTED = "signingCredential.untrusted"  # said by the state already
CHANGED = re.compile(r"assertion\.(dataHash|boxesHash|bmffHash|hashedURI)\.mismatch")


@dataclass(frozen=True)
class Credentials:
    """`state`: "absent"; "trusted", or "valid" (intact, but the signer is on no list of ours); "altered" after
    signing, or "invalid" for another reason; "elsewhere" (the file only names an address); "unchecked": see `problems`.

    `issuer` is who the certificate was made out to, `generator` the program, `signed` the time, where given. `sources`:
    IPTC digital source types of the picture, without their address; `ingredient_sources`: of what went into it.
    `problems`: what failed, as the library says it.
    """

    state: str
    issuer: str | None = None
    generator: str | None = None
    signed: str | None = None
    sources: tuple[str, ...] = ()
    ingredient_sources: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


def _kind(data: bytes) -> str | None:
    if apart.knows(data):
        return CONTAINED
    return next((name for start, name in FORMATS if data.startswith(start)), None)


def check(data: bytes, address: str | None) -> Credentials:
    """Of the whole file; `address`: where its XMP says that credentials lie.

    Raises the library's error where what the file holds cannot be read.
    """
    outside = Credentials(ELSEWHERE if address else ABSENT)
    kind = _kind(data)
    if kind is None or LABEL not in data:  # spares most files the half second that loading the library takes
        return outside
    try:
        import c2pa
    except ImportError:
        return Credentials(UNCHECKED, problems=(MISSING,))
    with c2pa.Context.from_dict(SETTINGS) as context:
        try:
            reader = c2pa.Reader(kind, io.BytesIO(data), context=context)
        except c2pa.C2paError as error:
            if str(error).startswith(("ManifestNotFound", "Remote")):  # the latter: it would have to be fetched
                return outside
            raise
        with reader:
            return _reported(reader.json())


def _reported(report: str) -> Credentials:
    if len(report) > MOST_JSON:
        raise ValueError(message("its report is too long"))
    store = json.loads(report)
    manifests = store.get("manifests", {})
    active = manifests.get(store.get("active_manifest"), {})
    others = [manifest for manifest in manifests.values() if manifest is not active]
    signature, programs = active.get("signature_info") or {}, active.get("claim_generator_info") or [{}]
    program = " ".join(str(programs[0][key]) for key in ("name", "version") if programs[0].get(key))
    problems, state = _problems(store), STATES[store["validation_state"]]
    return Credentials(
        state=ALTERED if state == INVALID and any(map(CHANGED.match, problems)) else state,
        issuer=plain.text(signature.get("issuer")),
        generator=plain.text(program or active.get("claim_generator")),
        signed=plain.text(signature.get("time")),
        sources=_sources(active.get("assertions", ())),
        ingredient_sources=_sources([manifest.get("assertions", ()) for manifest in others]),
        problems=problems,
    )


def _sources(tree: Any) -> tuple[str, ...]:
    found = (plain.text(value.rpartition("/")[2]) for key, value in _leaves(tree) if key == "digitalSourceType")
    return tuple(dict.fromkeys(source for source in found if source))[:MOST_FOUND]


def _leaves(tree: Any) -> Iterator[tuple[str, str]]:
    """Key and text of every string in a JSON tree; the key without its namespace."""
    waiting = [("", tree)]
    while waiting:
        key, value = waiting.pop()
        if isinstance(value, dict):
            waiting += ((name.rpartition(":")[2], below) for name, below in reversed(value.items()))
        elif isinstance(value, list | tuple):
            waiting += ((key, below) for below in reversed(value))
        elif isinstance(value, str):
            yield key, value


def _problems(store: dict[str, Any]) -> tuple[str, ...]:
    failed = [
        f"{status.get('code')}: {status.get('explanation')}"
        for status in store.get("validation_status") or ()
        if status.get("code") != UNTRUSTED
    ]
    return tuple(filter(None, (plain.text(problem) for problem in dict.fromkeys(failed))))[:MOST_FOUND]
