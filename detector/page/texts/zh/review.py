"""Sentences of the Review tab."""

TAB = "复核"
TITLE = "复核"
