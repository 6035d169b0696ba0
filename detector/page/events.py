"""The options that the page's own events share: no other program may call them."""

QUIET = {"api_visibility": "private", "show_progress": "minimal"}
HIDDEN = QUIET | {"show_progress": "hidden"}  # for what shows its own progress
