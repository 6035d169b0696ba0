"""Sentences of the Learn tab."""

TAB = "学习"
TITLE = "学习"
