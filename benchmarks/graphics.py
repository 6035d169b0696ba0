"""Pictures with something drawn over them, as people share them: are real ones taken for manipulated?

    python -m benchmarks.graphics --labels faces.csv --split val

Captions, stickers, watermarks, round frames and covered eyes deceive nobody. How many of the real photos reach the
limit for manipulated by the network alone, as `scan` ranks them; what the page answers, which also judges other
deliveries and the scope; and in how many of them each artifact stands out. Training draws things of its own over
pictures (detector/drawing.py); sunglasses, snow and a flag are of no kind that it knows.
"""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont
from sklearn.metrics import roc_auc_score
from tqdm import tqdm

from benchmarks.deliveries import encoded, parser_for
from detector.analyse import Analyser
from detector.data import read_labels
from detector.images import load
from detector.sentences import standing_out
from detector.verdict import Answer


def captioned(image: Image.Image) -> Image.Image:
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(image.width / 9)
    for words, at in (("WHEN YOU SEE", 0.02), ("THE BILL", 0.85)):
        place, stroke = (image.width / 2, at * image.height), max(1, image.width // 120)
        draw.text(place, words, "white", font, "ma", stroke_width=stroke, stroke_fill="black")
    return image


def with_sticker(image: Image.Image) -> Image.Image:
    """A yellow smiling face in the upper left corner, a quarter of the picture wide."""
    draw, w = ImageDraw.Draw(image), image.width
    draw.ellipse((0.05 * w, 0.05 * w, 0.3 * w, 0.3 * w), (255, 210, 40), "black", 2)
    for eye in (0.13, 0.22):
        draw.ellipse((eye * w - 0.02 * w, 0.12 * w, eye * w + 0.02 * w, 0.16 * w), "black")
    draw.arc((0.1 * w, 0.12 * w, 0.25 * w, 0.25 * w), 20, 160, "black", 3)
    return image


def watermarked(image: Image.Image) -> Image.Image:
    layer = Image.new("RGBA", image.size, (0, 0, 0, 0))
    draw, font = ImageDraw.Draw(layer), ImageFont.load_default(image.width / 10)
    for y in range(-image.height, 2 * image.height, image.height // 4):
        for x in range(-image.width, 2 * image.width, image.width // 2):
            draw.text((x + y // 3, y), "stock photo", (255, 255, 255, 90), font)
    return Image.alpha_composite(image.convert("RGBA"), layer.rotate(30)).convert("RGB")


def rounded(image: Image.Image) -> Image.Image:
    mask = Image.new("L", image.size, 0)
    ImageDraw.Draw(mask).ellipse((0, 0, image.width - 1, image.height - 1), 255)
    return Image.composite(image, Image.new("RGB", image.size, "white"), mask)


def eyes_covered(image: Image.Image) -> Image.Image:
    width, height = image.size
    ImageDraw.Draw(image).rectangle((0.25 * width, 0.38 * height, 0.75 * width, 0.47 * height), "black")
    return image


def with_sunglasses(image: Image.Image) -> Image.Image:
    draw, (w, h) = ImageDraw.Draw(image), image.size
    for left in (0.27, 0.53):
        draw.ellipse((left * w, 0.36 * h, (left + 0.2) * w, 0.5 * h), (25, 20, 30), (200, 30, 90), max(2, w // 60))
    draw.line((0.47 * w, 0.41 * h, 0.53 * w, 0.41 * h), (200, 30, 90), max(2, w // 50))
    return image


def snowed_on(image: Image.Image) -> Image.Image:
    """Soft white flakes of several sizes, as camera apps let them fall."""
    rng, layer = np.random.default_rng(0), Image.new("L", image.size, 0)
    draw = ImageDraw.Draw(layer)
    for x, y, size in rng.uniform((0, 0, 0.004), (1, 1, 0.02), (120, 3)) * image.width:
        draw.ellipse((x - size, y - size, x + size, y + size), 230)
    return Image.composite(Image.new("RGB", image.size, "white"), image, layer.filter(ImageFilter.GaussianBlur(1)))


def under_a_flag(image: Image.Image) -> Image.Image:
    """Three see-through stripes over all of the picture, as profile pictures show support."""
    flag, (w, h) = Image.new("RGB", image.size, "white"), image.size
    for row, colour in ((0, (0, 85, 164)), (2, (239, 65, 53))):
        ImageDraw.Draw(flag).rectangle((0, row * h / 3, w, (row + 1) * h / 3), colour)
    return Image.blend(image, flag, 0.35)


WAYS: dict[str, Callable[[Image.Image], Image.Image]] = {
    "as it is": lambda image: image,
    "caption": captioned,
    "sticker": with_sticker,
    "watermark": watermarked,
    "round frame": rounded,
    "eyes covered": eyes_covered,
    "sunglasses": with_sunglasses,
    "snow": snowed_on,
    "flag": under_a_flag,
}


def main() -> None:
    parser = parser_for(__doc__)
    parser.add_argument("--pictures", type=int, default=300, help="of each class (default: 300)")
    parser.add_argument("--checked", type=int, default=60, help="real photos judged as the page does (default: 60)")
    args = parser.parse_args()
    examples, rng = read_labels(Path(args.labels), args.images, args.split), np.random.default_rng(0)
    real, fake = ([e for e in examples if e.target == kind] for kind in (0, 1))
    real, fake = ([of[i] for i in rng.permutation(len(of))[: args.pictures]] for of in (real, fake))
    analyser = Analyser(args.checkpoint)
    print("| drawn | AUC | real past the limit | fakes past it | page, of real | stands out, in real |")
    print("|---|---|---|---|---|---|")
    for name, draw in WAYS.items():
        logits, stands, answers = [], Counter(), Counter()
        for number, example in enumerate(tqdm(real + fake, desc=name, leave=False)):
            drawn = draw(Image.fromarray(load(example.path).pixels))
            checked = number < min(args.checked, len(real))
            found = analyser.prepare(encoded(drawn, "JPEG", quality=88))
            [analysis] = analyser.judge([found], "gradcam" if checked else None)
            logits.append(max(face.logit for face in analysis.faces))
            if number < len(real):
                stands.update({label for face in analysis.faces for label in standing_out(face.probabilities)})
            if checked:
                answers[analysis.answer] += 1
        past = np.array(logits) >= analyser.verdicts.upper
        auc = roc_auc_score([example.target for example in real + fake], logits)
        said = ", ".join(f"{answers[kind]} {kind}" for kind in Answer if answers[kind])
        named = ", ".join(f"{count} {label}" for label, count in stands.most_common())
        shares = f"{past[: len(real)].mean():.1%} | {past[len(real) :].mean():.1%}"
        print(f"| {name} | {auc:.3f} | {shares} | {said} | {named} |", flush=True)


if __name__ == "__main__":
    main()
