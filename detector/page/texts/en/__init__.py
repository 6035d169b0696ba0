"""Every sentence of the page in English; the larger tabs have files of their own beside this."""

from ....messages import translated
from ....verdict import Answer
from . import batch, inspect, learn, review

__all__ = ["batch", "inspect", "learn", "review"]

CODE = "en"
LANGUAGE = "English"
COLON = ": "
BREAK = "; "  # between the items of a list


def say(sentence: str | Exception) -> str:
    """A sentence made below the page, or what an exception says."""
    return translated(sentence, {})


TITLE = "Face deepfake detector"
LEAD = "Drop a picture of a face. The page says how likely it was manipulated, and paints where it sees traces."
PRIVACY = "Pictures stay on this server, are never passed on, and are deleted within {minutes} minutes."

PICTURE = "Picture"
DROP = "Drop a picture here, paste one, click to choose a file, or use the webcam"
EXAMPLES = (
    "Examples, untouched and with one forged trace each "
    "(Eileen Collins: NASA; Grace Hopper: US Navy; both public domain)"
)
WAITING = "The verdict appears here."

METHOD = "Heatmap method"
OPACITY = "Heatmap opacity"
FILE = "The file: camera, programs, credentials, and forensic views"
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

ANSWERS = {
    Answer.MANIPULATED: "Likely manipulated",
    Answer.AUTHENTIC: "Likely authentic",
    Answer.UNDECIDED: "Cannot tell",
    Answer.NOT_ASSESSED: "Not assessed",
}
# What an answer does not mean, said beside it.
CAUTION = {
    Answer.MANIPULATED: "Now and then a real photo gets this answer. Look at the evidence before you act on it.",
    Answer.AUTHENTIC: "No known trace was found. Kinds of fakes that the network never met often get this answer too.",
    Answer.UNDECIDED: "Neither answer keeps the error rates that were asked for.",
}
SHORT = {
    Answer.MANIPULATED: "manipulated",
    Answer.AUTHENTIC: "authentic",
    Answer.UNDECIDED: "open",
    Answer.NOT_ASSESSED: "not assessed",
}
PROBABILITY = "Probability of manipulation"
CALIBRATED = "Calibrated on {data}, as if half of all pictures were manipulated."
LEVELLED = "The numbers of the named traces are no probabilities: 50% is what one real photo in a hundred reaches."
FACES = {0: "no face found", 1: "1 face found"}
MANY_FACES = "{count} faces found; the answer is that of the most suspicious one"
REFUSED = "Not assessed"

MEANING = (
    "Warm places are where the network found traces that speak for manipulation; a colour means the same strength on "
    "every picture, so a clean one stays cold, but for small places. An outline shows about how far a trace that "
    "stands out reaches. A warm place is a hint for your own eyes and no proof, and a cold picture is no proof of "
    "authenticity: kinds of fakes that the network never met leave it cold too."
)
LEGEND_COLD = "none"
LEGEND_HOT = "strong"
ALT_PICTURE = "The picture that was judged"
ALT_HEAT = "Heatmap: {label}"

HOLDS = "It holds in {count} other deliveries of the same picture ({low} to {high})."
SPREAD = "In {count} other deliveries of the same picture it runs from {low} to {high}."
VIEWS = "Does it hold? The picture re-encoded, resized, cropped, mirrored"
ALT_VIEW = "The picture as judged after: {name}"
LIMITS = (
    "Called manipulated from {upper} on, authentic up to {lower}. On {data}, these limits keep false alarms at or "
    "below {false_alarms:.1%} and misses at or below {misses:.1%} of what is answered; {undecided:.0%} stays open. "
    "Pictures of another origin may fare worse."
)
LIMITS_SHARED = "With {faces} faces in the picture each gets its part of the false alarms, so an accusation takes more."
NO_LIMITS = "This checkpoint has no limits for its answers."

ACCUSATION = "If you act on the answer: how many of the accused are innocent?"
PREVALENCE = "Of 100 pictures that you check, how many are manipulated?"
ACCUSED = (
    "Where {percent:g}% of the pictures are manipulated, {wrong:.0f} of 100 pictures called manipulated are real "
    "photos (between {low:.0f} and {high:.0f})."
)
ACCUSED_LEGEND = ("real photo, wrongly accused", "perhaps, within the interval", "manipulated")
ACCUSED_RATES = "On held-out pictures {found} of the manipulated and {alarmed} of the real ones are called manipulated."
ACCUSED_NOTE = (
    "The check of other deliveries is not counted in; kinds of fakes never met in training are found less often."
)
ACCUSED_OPEN = "This checkpoint is not calibrated, so its error rates are not known."
RATE = "{value:.1%} (95% interval {low:.1%} to {high:.1%})"

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

# Is the heatmap true? The stamps of detector/causal.py: a sign that needs no colour, and words.
STAMPS = {
    "supported": ("✓", "Heatmap supported"),
    "weak": ("~", "Heatmap weakly supported"),
    "not supported": ("✗", "Heatmap not supported"),
    "not applicable": ("–", "Nothing to check"),
}

# File facts: what detector/metadata found, and the views of detector/forensics.py.
FILE_FACTS = "What the file says about itself"
FILE_FACTS_NOTE = (
    "These facts stand beside the verdict and are no part of it. Anyone can change or remove them: most web sites "
    "strip them from real photos, so their absence proves nothing, and only signed credentials are hard to forge."
)
NO_FILE = "There are no bytes of a file to look at."
NOT_THERE = "not in the file"
UNREADABLE = "could not be read: {reason}"
PARTS = {
    "file": "File",
    "exif": "EXIF",
    "xmp": "XMP",
    "jpeg": "JPEG coding",
    "thumbnail": "Embedded thumbnail",
    "credentials": "Content credentials (C2PA)",
    "signs": "Signs of AI generators",
}
EXIF_FIELDS = {
    "make": "Camera maker",
    "model": "Camera model",
    "lens": "Lens",
    "software": "Software (EXIF)",
    "original": "Taken",
    "digitised": "Digitised",
    "modified": "Changed",
}
EXIF_ORIENTATION = "Orientation"
GPS = "Place (GPS)"
GPS_SAID = {True: "coordinates are in the file; they are not read out here", False: NOT_THERE}
XMP_FIELDS = {
    "creator_tool": "Creator tool (XMP)",
    "source": "Digital source type (IPTC)",
    "credit": "Credit line",
    "remote_credentials": "Credentials are said to lie at",
}
XMP_HISTORY = "Programs in the editing history"
JPEG_EXACT = "quality {quality}, with exactly libjpeg's tables"
JPEG_OTHER = "tables of its own, near libjpeg's quality {quality}"
JPEG_CODING = "{tables}; colour {subsampling}; {order}"
JPEG_ORDER = {True: "progressive", False: "baseline"}
JPEG_SOFTWARE = "Last saved by (likely)"
JPEG_UNKNOWN = "cannot be told: cameras, phones and many programs have tables of their own"
THUMBNAIL_SAME = "{size}; shows the same picture (largest difference in one place: {place:.0f} of 255 grey levels)"
THUMBNAIL_DIFFERS = (
    "{size}; differs from the picture: shape by {stretch:.0%}, grey levels by {mean:.0f} on average and by {place:.0f} "
    "in one place. The picture may have been cropped or edited by a program that kept the old thumbnail; some cameras "
    "and phones also write one that is cropped or toned otherwise."
)
THUMBNAIL_ALONE = "{size}; not compared, which is done for JPEG only"
CREDENTIALS = {
    "absent": NOT_THERE,
    "trusted": "valid, and the signer is on the list of trusted ones",
    "valid": "intact: the file was not changed since it was signed. Who signed is not confirmed, as no list of trusted "
    "signers is at hand and anyone can make a certificate in any name",
    "altered": "NOT valid: the file was changed after it was signed",
    "invalid": "NOT valid: the signature, the certificate or the form of the credentials fails the check",
    "elsewhere": "the file only names an address where they should lie; no address is followed",
    "unchecked": "not checked",
}
CREDENTIALS_FIELDS = {"issuer": "Signed in the name of", "generator": "Signed by the program", "signed": "Signed at"}
SOURCES = "They say of this picture's making"
INGREDIENT_SOURCES = "They say of what went into it"
SOURCE_TYPES = {
    "trainedAlgorithmicMedia": "made by a trained model (AI)",
    "compositeWithTrainedAlgorithmicMedia": "composed, with parts by a trained model (AI)",
    "digitalCapture": "captured by a digital camera",
    "computationalCapture": "computed from several captures of a camera",
}
PROBLEMS = "What failed"
SIGN = "{place} speaks for {tool}: “{quote}”"
NO_SIGNS = "none of the known ones; they are easily removed"
FORENSICS = "Forensic views of the pixels"
FORENSICS_NOTE = "For trained eyes. None of them tells real from fake alone, and the verdict does not use them."
ALT_FORENSIC = "{name} of the picture"
FORENSIC = "{name}. {reading} Caution: {misleading}"

# Is the picture in scope?
SCOPE_REFUSED = "No score is shown: it would not mean anything for this picture."
SCOPE_WARNED = "Judge with care"
SCOPE_CARE = "The detector is less reliable on pictures like this one; the score below counts for less."

# The report: one HTML file of an analysis.
REPORT = "Make a report of this picture"
REPORT_GET = "Download the report (HTML)"
REPORT_TITLE = "What the detector says of {name}"
REPORT_FACTS = "How this was made"
REPORT_DECISIONS = "What reviewers decided"
REPORT_REVISED = "{blind}; after seeing the detector's answer: {final}"
REPORT_WHEN = "Made at"
REPORT_FILE = "File"
REPORT_PIXELS = "SHA-256 of the pixels"
REPORT_MODEL = "Model"
REPORT_CALIBRATION = "Calibration"
REPORT_SETTINGS = "Settings"
REPORT_VERSIONS = "Versions"
REPORT_LIMITS = (
    "A hint for a person who looks, and no proof: the detector accuses wrongly and misses, at the rates that its card "
    "gives, and what it has never seen it may call authentic."
)

# The tabs, and the Lab.
TAB_INSPECT = "Inspect"
TAB_LAB = "Lab"
LAB_PICTURE = "Portrait to forge"
LAB_ARTIFACT = "Trace to forge into it"
LAB_STRENGTH = "Strength of the forgery"
LAB_ANOTHER = "Forge it another way"
LAB_NOTE = (
    "Make a forgery and see whether it is found. These are the traces that the network was trained on, made by the "
    "same program; what real forgers make is another matter."
)
LAB_WAITING = "The forgery appears here."
LAB_NO_DONOR = "Hair is taken from one of the examples, and there are none."
LAB_FORGED = "Forged ({variant})"
VARIANTS = {
    "ellipse": "ellipse",
    "outline": "outline",
    "ramp": "ramp",
    "mirror": "mirror",
    "ball": "ball",
    "checkerboard": "checkerboard",
    "waves": "waves",
    "blocks": "blocks",
    "tiles": "tiles",
    "molten": "molten",
    "blur": "blur",
    "sharpen": "sharpen",
    "resample": "resample",
    "median": "median",
    "swap": "swap",
    "fill": "fill",
    "part": "part",
}
LAB_MASK = "What was changed"
LAB_UNKNOWN = "This checkpoint has no map for {label}; the map of manipulation overall is shown."
LAB_CURVE = "Where does the detector stop seeing it?"
