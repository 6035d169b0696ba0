"""Sentences of the Learn tab."""

TAB = "Learn"
TITLE = "Learn"
