"""Sentences of the Review tab."""

TAB = "Review"
TITLE = "Review"
NOTE = (
    "Decide first, then see what the detector says, then keep or change your decision. Pictures in this queue, unlike "
    "those of the other tabs, stay in the file of reviews until whoever runs this page deletes it; everyone who can "
    "open this page can review them, and export all decisions."
)

NAME = "Your name"
NAME_INFO = "It goes into the log. Use the same one each time."
NEXT = "Next picture (N)"
BLUR = "Blur pictures until clicked"
COUNTS = "{waiting} waiting · {held} in someone's hands · {done} done · {total} in all"
EMPTY = "No picture is free for you now. Add some, or come back later: others may hold the rest."
ONLY_ONE = "No other picture is free for you now; this one stays with you."
START = "Give your name and take the next picture."
ALT = "The picture to judge"
UNVEIL = "Blurred. Click to see it (B)"

STEP_BLIND = "1 · Decide blind"
STEP_BLIND_NOTE = "Neither score nor map has been sent to your browser."
STEP_FINAL = "2 · Keep your decision or change it"
STEP_FINAL_NOTE = "Your blind decision is logged: {decision}. The detector can be wrong; so can you."
DECISION = "What is it?"
DECISIONS = {"authentic": "Authentic", "manipulated": "Manipulated", "unsure": "Unsure"}
KEY = "{name} ({key})"
ARTIFACTS = "What did you see?"
REMARK = "Note"
SUBMIT = {"blind": "Log my decision (S)", "final": "Log my final decision (S)"}
INSPECT = "Open in Inspect"
ASKING = "Logged. Asking the detector …"
SAVED = "Logged as entry {id}. Press N for the next picture."

ADD = "Add pictures to the queue"
ADD_FILES = "Pictures"
ADDED = "{added} added, {there} there already."
REFUSED = "Left out:"
ADD_ONE = "Add to review"
ADDED_ONE = "Added to the review queue, where it stays until the file of reviews is deleted."
THERE_ONE = "It is in the review queue already."

FIGURES = "Agreement, reliance, export"
FIGURES_SHOW = "Compute from the log"
FIGURES_CAUTION = "On a short queue these figures can give an open picture away; look at them after your own decisions."
CHAIN = "All {count} log entries hold. Last hash: {head}. Noted elsewhere, it shows later if an end is missing."
CHAIN_BROKEN = "The log does not hold: {problem}."
COUNTED = "Reviews: {reviews} · pictures: {pictures} · reviewers: {reviewers}"
ALPHA = "Agreement of blind decisions (Krippendorff's alpha; 1: full, 0: as by chance)"
KAPPA = "{first} and {second}: Cohen's kappa on {pictures} pictures of both"
BLIND_WITH_MODEL = "Blind decisions that equal the detector's answer"
FINAL_WITH_MODEL = "Final decisions that equal the detector's answer"
SWITCHED = "Contradicted by the detector, then changed to its answer"
OVER = "Over-reliance: right, but given up for a wrong detector"
UNDER = "Under-reliance: wrong, but kept against a right detector"
TRUTH = (
    "Who was right is not known here. The last two rates take what most other reviewers, at least two, said blind for "
    "the truth; where fewer looked, nothing counts. With known labels: python -m detector reviews agreement --truth."
)
UNDEFINED = "not defined yet"
NO_CASE = "no such case yet"
RATE = "{count} of {of} ({value:.0%}; 95% interval {low:.0%} to {high:.0%})"
EXPORT = "Prepare export files"
GET_CSV = "Download reviews (CSV)"
GET_JSON = "Download log (JSON)"

KEYS_TITLE = "Keys"
KEYS = (
    ("N", "next picture"),
    ("1 2 3", "authentic, manipulated, unsure"),
    ("4 … 8", "tick what you saw"),
    ("S, Enter", "log the decision"),
    ("B", "blur or show the picture"),
)
KEYS_NOTE = "They rest while you type."

NO_NAME = "Give a name of 1 to 64 characters first."
NO_DECISION = "Choose one of the three decisions first."
LOST = "The time ran out and this picture went to someone else. Your note is still in its field."
NOT_DUE = "This step is done already, or another one comes first. Reload the page to go on where the log stands."
FULL = "The queue is full. Ask whoever runs this page to go on in another file."
FAILED = "That did not work: {reason}"
BLIND_FIRST = "Decide first; then the picture opens in Inspect."
