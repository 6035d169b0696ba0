"""Every sentence of the page, in one place."""

from ..sentences import FAKE_FROM, REAL_BELOW

TITLE = "Face deepfake detector"
LEAD = "Drop a picture of a face. The page says how likely it was manipulated, and paints where it sees traces."
PRIVACY = "Pictures stay on this server, are never passed on, and are deleted within an hour."

PICTURE = "Picture"
DROP = "Drop a picture here, paste one, click to choose a file, or use the webcam"
EXAMPLES = (
    "Examples, untouched and with one forged trace each "
    "(Eileen Collins: NASA; Grace Hopper: US Navy; both public domain)"
)
WAITING = "The verdict appears here."

SHOW = "Show traces of"
FACE = "Face"
METHOD = "Heatmap method"
OPACITY = "Heatmap opacity"
DETAILS = "Heatmap method, and everything measured (JSON)"
DETAILS_BUTTON = "Show the analysis as JSON"
NO_PICTURE = "Choose a picture first."
GONE = "The picture is no longer on the server; choose it again."
NO_LINKS = "Links are not followed; send the picture itself."

LABELS = {
    "fake": "manipulation overall",
    "face_edge": "tampered face edge",
    "lighting": "inconsistent lighting",
    "background": "artificial background",
    "sharpness": "uneven sharpness",
    "hair": "hair that does not fit",
}

# From each probability on, in falling order. The middle stays undecided on purpose.
ANSWERS = (
    (FAKE_FROM, "manipulated", "Probably manipulated"),
    (REAL_BELOW, "unsure", "Cannot tell"),
    (0.0, "authentic", "Probably authentic"),
)
PROBABILITY = "Probability of manipulation"
FACES = {0: "no face found", 1: "1 face found"}
MANY_FACES = "{count} faces found; the answer is that of the most suspicious one"
ALL_FACES = "all faces"
FACE_NUMBER = "face {number}: {percent}"
REFUSED = "Not assessed"

MEANING = (
    "Warm places are where the network found traces that speak for manipulation; a colour means the same strength on "
    "every picture, so a clean picture stays cold. A warm place is a hint for your own eyes and no proof, and a cold "
    "picture is no proof of authenticity: kinds of fakes that the network never met leave it cold too."
)
LEGEND_COLD = "none"
LEGEND_HOT = "strong"
ALT_PICTURE = "The picture that was judged"
ALT_HEAT = "Heatmap: {label}"

FOUND = "What was found"
OF_FACE = ": face {number}"
HOTTEST = "Hottest places: {label}"
NO_HOT_PLACE = "No place of this map is warm enough to be worth a look."
CROP = "{number} · {side} px wide, at x {x}, y {y}"
ALT_CROP = "Hot place {number}, cut out of the picture"
SHARES = "Where this map's evidence lies"
SHARES_NOTE = "First number: share of the evidence. Second: share of the judged square that the region fills."
UNSURE_REGIONS = "The regions of this face could not be told apart with certainty, so nothing is built on them."
PLACES = {
    "face_edge": "face edge",
    "face": "face",
    "hair": "hair",
    "body": "neck and clothes",
    "background": "background",
}
CUES = "Measured without the network"
CUES_NOTE = (
    "Plain measurements on the pixels, compared with real photos of like size and quality. They never ask the network."
)
ALT_CUE = "Measurement: {label}"
REGIONS_TITLE = "Regions of the face"
REGIONS = "Face edge drawn in white. The region finder is {percent} certain of this face."
ALT_REGIONS = "The regions found"
