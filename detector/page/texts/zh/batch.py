"""Sentences of the Batch tab."""

TAB = "批量"
TITLE = "批量"
