"""Sentences of the Batch tab."""

TAB = "Batch"
TITLE = "Many pictures at once"
NOTE = (
    "At most {most} pictures a batch, each up to {megabytes:g} MB; a ZIP may be as large, and a folder of any size. "
    "Pictures and results are deleted within {minutes} minutes, so download what you want to keep."
)

FILES = "Pictures, or a ZIP of pictures"
FOLDER = "Or a folder"
CHECK = "Check each answer in other deliveries of its picture"
CHECK_INFO = (
    "As the Inspect tab does: an answer that does not hold becomes “cannot tell”. Without it a batch is much "
    "faster, and some answers will differ from Inspect's."
)
START = "Start"
CANCEL = "Cancel"

NOTHING = "Choose pictures, a ZIP or a folder first."
NO_PICTURES = "There are no pictures among these files."
TOO_MANY = "These are {count} pictures, and a batch takes at most {most}. Choose fewer, and send the rest afterwards."
UNPACKING = "Reading the files…"
ELSEWHERE = "The file does not lie where uploads belong; choose it again."
GONE = "This batch is no longer on the server; start it again."
PICTURE_GONE = "This picture is no longer on the server; start the batch again."

PROGRESS = "{done} of {total}"
RATE = "{rate:.1f} pictures a second"
LEFT_SECONDS = "about {seconds} s left"
LEFT_MINUTES = "about {minutes} min {seconds} s left"
DONE = "Done: {total} pictures in {seconds:.0f} s."
STOPPED = "Stopped after {done} of {total}; what was judged is kept."
COUNT = "{answer}: {count}"
IGNORED = "Files left out, as they are no pictures: {count}."

REFUSALS = {
    "damaged": "The archive, or this file in it, is damaged or no ZIP; make or download it again.",
    "crowded": "The archive holds too many files (more than {members}); split it.",
    "nested": "An archive inside an archive is not opened; unpack it first.",
    "encrypted": "It is protected by a password; pack it without one.",
    "link": "It is a link or a device and no picture; pack the picture itself.",
    "method": "It is packed in a rare way; pack the ZIP anew with the usual method (Deflate).",
    "large": "It is larger than the {megabytes:g} MB allowed; save it smaller.",
    "dense": "It unpacks to more than {ratio} times its size, which pictures do not; send the picture itself.",
    "total": "The archive unpacks to more than {total:g} MB; split it.",
}

TABLE = "Results"
TABLE_NOTE = "Choose a picture's name to open it in Inspect. Choose a heading to sort by it."
PICTURE = "Picture"
ANSWER = "Answer"
CHECKED = {True: "checked in other deliveries", False: "at first sight, not checked"}
PROBABILITY = "Probability"
FACES = "Faces"
NOT_READ = "Not read"
NO_VALUE = "–"
OPEN = "Open {name} in Inspect"

FILTER_ANSWER = "Answer"
FILTER_ARTIFACT = "Trace found"
FILTER_LEAST = "Probability at least (%)"
ALL = "all"
SHOWN = "{shown} of {total} shown"

DOWNLOADS = "Download"
GET_PREDICTION = "prediction.csv"
GET_FULL = "All as CSV"
GET_JSON = "All as JSON"
GET_REPORT = "Report (HTML)"
DOWNLOADS_NOTE = (
    "prediction.csv (img_name,y_pred) holds the pictures that have a score. The others list every picture; those "
    "without a score come with the reason."
)

REPORT_TITLE = "What the detector says of {count} pictures"
REPORT_STOPPED = "The batch was stopped: {done} of {total} pictures were judged."
