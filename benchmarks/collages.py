"""Real photos, six on a sheet: how often is the sheet called manipulated, and one of its faces by itself?

    python -m benchmarks.collages --labels faces.csv --split val

With the check of other deliveries, as the page answers. Between the photos lie gaps of several widths: the square
around a face is wider than the photo that it comes from, so it reaches into its neighbours.
"""

from collections import Counter
from pathlib import Path

import numpy as np
from PIL import Image
from tqdm import tqdm

from benchmarks.deliveries import encoded, parser_for
from detector.analyse import Analyser
from detector.data import read_labels
from detector.images import load
from detector.verdict import Answer, Rate

TILE, COLUMNS, ROWS = 300, 3, 2  # px, photos
GROUND = (235, 235, 238)


def sheet(tiles: list[Image.Image], gap: int) -> Image.Image:
    """COLUMNS × ROWS photos of TILE px, with `gap` px around each."""
    step = TILE + gap
    page = Image.new("RGB", (gap + COLUMNS * step, gap + ROWS * step), GROUND)
    for place, tile in enumerate(tiles):
        page.paste(tile, (gap + place % COLUMNS * step, gap + place // COLUMNS * step))
    return page


def main() -> None:
    parser = parser_for(__doc__)
    parser.add_argument("--sheets", type=int, default=40)
    parser.add_argument("--gaps", type=int, nargs="+", default=[0, 10, 150], help="px (default: 0 10 150)")
    args = parser.parse_args()
    reals = [e for e in read_labels(Path(args.labels), args.images, args.split) if not e.target]
    order, each = np.random.default_rng(0).permutation(len(reals)), COLUMNS * ROWS
    analyser = Analyser(args.checkpoint)
    alone, faces = Counter(), Counter()
    said = {gap: Counter() for gap in args.gaps}
    for start in tqdm(range(0, args.sheets * each, each), unit="sheet"):
        photos = [Image.fromarray(load(reals[i].path).pixels) for i in order[start : start + each]]
        tiles = [photo.resize((TILE, TILE), Image.Resampling.BICUBIC) for photo in photos]
        judged = analyser.judge([analyser.prepare(encoded(tile, "JPEG", quality=90)) for tile in tiles])
        alone.update(one.faces[0].logit >= analyser.verdicts.upper for one in judged)
        for gap in args.gaps:
            found = analyser.analyse(encoded(sheet(tiles, gap), "JPEG", quality=90))
            said[gap][found.answer] += 1
            faces.update((gap, face.logit >= analyser.verdicts.upper) for face in found.faces)
    print(f"photos by themselves, at {TILE} px, past the limit: {_rate(alone[True], alone.total())}")
    for gap in args.gaps:
        past = _rate(faces[gap, True], faces[gap, True] + faces[gap, False])
        answers = ", ".join(f"{said[gap][kind]} {kind}" for kind in Answer if said[gap][kind])
        print(f"gap of {gap} px: faces past the limit of a single one: {past}; sheets: {answers}")


def _rate(count: int, of: int) -> str:
    rate = Rate.measured(count, of)
    return f"{count}/{of}  {rate.value:.1%} [{rate.low:.1%}, {rate.high:.1%}]"


if __name__ == "__main__":
    main()
