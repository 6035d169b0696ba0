"""`lighting`: from where the face is lit, from where the rest is, and how sure both are.

A part that is lit from the left gets darker to the right, so the direction is that in which a plane fitted to the
logarithm of its brightness rises (after Johnson & Farid, "Exposing digital forgeries by detecting inconsistencies in
lighting", 2005, with a plane in place of their surface normals, which a part map does not give).
"""

from __future__ import annotations

from contextlib import suppress

import cv2
import numpy as np

from ..messages import Message, message
from ..parts import BACKGROUND, BODY, FACE, HAIR
from .base import CannotAssess, Frame, Measurement

GRID = 44  # cells a side on which brightness is averaged: texture is gone, light stays
BLOCK = 4  # cells a side of a block that the bootstrap draws as one: neighbouring cells are not independent
DRAWS = 100
UNSURE = 60.0  # degrees: above this spread nothing is said of an angle
SIDES = (
    message("right"),
    message("upper right"),
    message("top"),
    message("upper left"),
    message("left"),
    message("lower left"),
    message("bottom"),
    message("lower right"),
)  # counter-clockwise, as _direction counts
PARTS = {"hair": HAIR, "background": BACKGROUND, "body": BODY}


def measure(frame: Frame) -> Measurement:
    """Value: how strongly the face is lit against the rest, plus the vertical rise of its light; log per face width.

    The rise is added because photographed faces are seldom lit from below or steeply from above. Directions in the
    background depend on what stands there, so the angle alone, in `details`, separates little.
    """
    rows, columns = np.nonzero(frame.mask(FACE))
    height, width = frame.shape
    face_width = frame.face_width / width * GRID
    x = (np.arange(GRID) + 0.5 - columns.mean() / width * GRID) / face_width
    y = (np.arange(GRID) + 0.5 - rows.mean() / height * GRID) / face_width
    places = np.stack(np.meshgrid(x, y), 2)
    brightness = np.log(np.clip(frame.luma, 10, 255))
    face = _light(frame, brightness, places, [FACE], message("the face"))
    scene = _light(frame, brightness, places, list(PARTS.values()), message("hair, body and background"))
    (on_face, faces), (on_scene, scenes) = face, scene
    angle = _between(on_face, on_scene)
    turn_face, turn_scene = _spread(on_face, faces), _spread(on_scene, scenes)
    spread = float(np.hypot(turn_face, turn_scene))
    if spread > UNSURE:
        even = message("face") if turn_face > turn_scene else message("surroundings")
        said = message(
            "the light on the {even} is too even to tell its direction (±{spread:.0f}°)",
            even=even,
            spread=min(spread, 180),
        )
        raise CannotAssess(said)
    against = [_opposition(on_face, on_scene)]
    with suppress(CannotAssess):  # hair counts twice where there is enough of it: it is lit by the same lamp
        against.append(_opposition(on_face, _light(frame, brightness, places, [HAIR], message("hair"))[0]))
    value = float(np.mean(against)) + abs(float(on_face[1]))
    details = {
        "angle": angle,
        "uncertainty": spread,
        "face_direction": _direction(on_face),
        "scene_direction": _direction(on_scene),
        "face_strength": float(np.hypot(*on_face)),
        "scene_strength": float(np.hypot(*on_scene)),
        "vertical_rise": float(on_face[1]),
    }
    # The conflict is another number than the angle, and the percentile is the conflict's.
    sentence = message(
        "The face is brightest towards the {side}, hair, body and background towards the "
        "{other}: {angle:.0f}° apart, ±{spread:.0f}° (conflict {value:.2f})",
        side=_side(on_face),
        other=_side(on_scene),
        angle=angle,
        spread=spread,
        value=value,
    )
    picture = _painted(frame, (float(columns.mean()), float(rows.mean())), details)
    return Measurement(value, sentence, picture, details)


def _light(
    frame: Frame, brightness: np.ndarray, places: np.ndarray, parts: list[tuple[int, ...]], what: Message
) -> tuple[np.ndarray, np.ndarray]:
    """Rise of log brightness per face width (x, y), y downwards, common to the parts, and DRAWS bootstrap copies.

    Each part has a level of its own: dark hair beside a bright wall is no shadow.
    """
    design, target, block = [], [], []
    for level, classes in enumerate(parts):
        mask = frame.mask(classes).astype(np.float32)
        share = cv2.resize(mask, (GRID, GRID), interpolation=cv2.INTER_AREA)
        mean = cv2.resize(mask * brightness, (GRID, GRID), interpolation=cv2.INTER_AREA)
        rows, columns = np.nonzero(share > 0.5)
        if len(rows) < 8:
            continue
        own = np.zeros((len(rows), len(parts)))
        own[:, level] = 1
        design.append(np.column_stack([places[rows, columns], own]))
        target.append(mean[rows, columns] / share[rows, columns])
        block.append(rows // BLOCK * GRID + columns // BLOCK)
    if not design or sum(map(len, target)) < 24:
        raise CannotAssess(message("too little of {what} is visible", what=what))
    design, target, block = np.concatenate(design), np.concatenate(target), np.concatenate(block)
    weight = np.ones(len(target))
    for _ in range(4):  # Huber's weights: a white collar or a dark eye must not turn the plane
        moments, right = _moments(design, target, weight)
        residual = np.abs(target - design @ np.linalg.solve(moments, right))
        weight = 1 / np.maximum(1, residual / (1.5 * 1.48 * np.median(residual) + 1e-3))
    moments, right = _moments(design, target, weight)
    rise = np.linalg.solve(moments, right)[:2]
    return rise, _bootstrap(design, target, weight, block)


def _moments(design: np.ndarray, target: np.ndarray, weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    weighted = design * weight[:, None]
    return weighted.T @ design + 1e-6 * np.eye(design.shape[1]), weighted.T @ target


def _bootstrap(design: np.ndarray, target: np.ndarray, weight: np.ndarray, block: np.ndarray) -> np.ndarray:
    """The rise over DRAWS random choices of blocks, (DRAWS, 2); the same picture always gives the same."""
    names, index = np.unique(block, return_inverse=True)
    size = design.shape[1]
    products = np.einsum("n,ni,nj->nij", weight, design, design).reshape(len(target), -1)
    each = np.column_stack([products, design * (weight * target)[:, None]])
    sums = np.zeros((len(names), each.shape[1]))
    np.add.at(sums, index, each)
    counts = np.random.default_rng(0).multinomial(len(names), np.full(len(names), 1 / len(names)), DRAWS)
    drawn = counts @ sums
    moments = drawn[:, : size * size].reshape(-1, size, size) + 1e-4 * np.eye(size)
    return np.linalg.solve(moments, drawn[:, size * size :, None])[:, :2, 0]


def _between(first: np.ndarray, second: np.ndarray) -> float:
    """Angle between two directions, 0…180 degrees."""
    turn = np.arctan2(first[1], first[0]) - np.arctan2(second[1], second[0])
    return float(np.degrees(np.abs((turn + np.pi) % (2 * np.pi) - np.pi)))


def _opposition(face: np.ndarray, other: np.ndarray) -> float:
    """Share of the face's rise that runs against the other's; near 0 where the other is even."""
    return float(-(face @ other) / (np.hypot(*other) + 0.1))


def _spread(rise: np.ndarray, draws: np.ndarray) -> float:
    """Root mean square turn of the draws against the estimate, degrees."""
    turn = np.arctan2(draws[:, 1], draws[:, 0]) - np.arctan2(rise[1], rise[0])
    turn = (turn + np.pi) % (2 * np.pi) - np.pi
    return float(np.degrees(np.sqrt((turn**2).mean())))


def _direction(rise: np.ndarray) -> float:
    """Degrees, counter-clockwise from the picture's right: 90 is light from above."""
    return float(np.degrees(np.arctan2(-rise[1], rise[0])))


def _side(rise: np.ndarray) -> Message:
    return SIDES[round(_direction(rise) / 45) % 8]


def _painted(frame: Frame, centre: tuple[float, float], details: dict[str, float]) -> np.ndarray:
    """Arrows towards the light: yellow the face's, blue the rest's."""
    picture = (frame.pixels * 0.75).astype(np.uint8)
    start = tuple(round(v) for v in centre)
    for name, colour, share in (("scene", (90, 180, 255), 0.75), ("face", (255, 210, 0), 0.55)):
        turn = np.radians(details[f"{name}_direction"])
        tip = np.array(centre) + share * frame.face_width * np.array([np.cos(turn), -np.sin(turn)])
        cv2.arrowedLine(picture, start, tuple(np.round(tip).astype(int).tolist()), colour, 2 * frame.line(),
                        cv2.LINE_AA, tipLength=0.25)  # fmt: skip
    return picture
