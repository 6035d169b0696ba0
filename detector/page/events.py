"""The options that the page's own events share: no other program may call them."""

QUIET = {"api_visibility": "private", "show_progress": "minimal"}
HIDDEN = QUIET | {"show_progress": "hidden"}  # for what shows its own progress
# Inspect, its API and the Lab: two judgements at a time keep two cores busy, and more would only fill the memory.
JUDGING = {"concurrency_id": "judging", "concurrency_limit": 2}
