"""Sentences of the Batch tab."""

TAB = "Batch"
TITLE = "Batch"
