"""Sentences of the Review tab."""

TAB = "Review"
TITLE = "Review"
