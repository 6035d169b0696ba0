"""Real photos delivered in twelve ways: how many are called manipulated in one delivery and authentic in another?

    python -m benchmarks.deliveries --labels faces.csv --split val --pictures 300

Once by the answer of each delivery alone, once with the check of stability. The check can only open an answer, so
nothing but the photos that change without it is judged again.
"""

import argparse
import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image
from tqdm import tqdm

from detector.analyse import Analyser
from detector.data import read_labels
from detector.images import load
from detector.verdict import Answer, Rate


def encoded(image: Image.Image, kind: str, **options) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def scaled(image: Image.Image, factor: float) -> Image.Image:
    return image.resize([max(1, round(side * factor)) for side in image.size], Image.Resampling.LANCZOS)


def cropped(image: Image.Image, share: float) -> Image.Image:
    width, height = image.size
    return image.crop((round(share * width), round(share * height / 2), width, height - round(share * height / 2)))


# Other numbers than those of the check itself, so that it has not seen these very deliveries.
DELIVERIES: dict[str, Callable[[Image.Image], bytes]] = {
    "as it is": lambda image: encoded(image, "PNG"),
    "JPEG 90": lambda image: encoded(image, "JPEG", quality=90),
    "JPEG 70": lambda image: encoded(image, "JPEG", quality=70),
    "JPEG 55": lambda image: encoded(image, "JPEG", quality=55),
    "WebP 70": lambda image: encoded(image, "WEBP", quality=70),
    "twice JPEG": lambda image: encoded(
        Image.open(io.BytesIO(encoded(scaled(image, 0.9), "JPEG", quality=75))), "JPEG", quality=80
    ),
    "85% of the size": lambda image: encoded(scaled(image, 0.85), "PNG"),
    "60% of the size": lambda image: encoded(scaled(image, 0.6), "PNG"),
    "60% of the size, JPEG 80": lambda image: encoded(scaled(image, 0.6), "JPEG", quality=80),
    "130% of the size": lambda image: encoded(scaled(image, 1.3), "PNG"),
    "cropped": lambda image: encoded(cropped(image, 0.08), "PNG"),
    "mirrored, JPEG 85": lambda image: encoded(
        image.transpose(Image.Transpose.FLIP_LEFT_RIGHT), "JPEG", quality=85
    ),
}  # fmt: skip


def contradicts(answers: list[Answer]) -> bool:
    return {Answer.MANIPULATED, Answer.AUTHENTIC} <= set(answers)


def parser_for(about: str) -> argparse.ArgumentParser:
    """Of a benchmark that judges the pictures of a label list; `about`: its docstring."""
    parser = argparse.ArgumentParser(description=about.split("\n\n")[0])
    parser.add_argument("--labels", required=True)
    parser.add_argument("--images")
    parser.add_argument("--split")
    parser.add_argument("--checkpoint")
    return parser


def main() -> None:
    parser = parser_for(__doc__)
    parser.add_argument("--pictures", type=int, default=300)
    args = parser.parse_args()
    reals = [e for e in read_labels(Path(args.labels), args.images, args.split) if not e.target]
    chosen = np.random.default_rng(0).permutation(len(reals))[: args.pictures]
    analyser = Analyser(args.checkpoint)
    without = with_check = accused = 0
    for index in tqdm(chosen, unit="photo"):
        image = Image.fromarray(load(reals[index].path).pixels)
        found = [analyser.prepare(deliver(image)) for deliver in DELIVERIES.values()]
        answers = [analysis.answer for analysis in analyser.judge(found)]
        accused += Answer.MANIPULATED in answers
        if contradicts(answers):
            without += 1
            with_check += contradicts([analyser.judge([one], "gradcam", evidence=False)[0].answer for one in found])
    for name, count in (
        ("change between authentic and manipulated, without the check", without),
        ("the same with the check", with_check),
        ("called manipulated in any delivery, without the check", accused),
    ):
        rate = Rate.measured(count, len(chosen))
        print(f"{name:<60} {count}/{len(chosen)}  {rate.value:.2%} [{rate.low:.2%}, {rate.high:.2%}]")


if __name__ == "__main__":
    main()
