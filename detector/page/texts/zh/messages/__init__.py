"""Sentences made below the page, English template → Chinese. A test finds those that are missing or no longer made."""

from .files import FILES
from .verdicts import VERDICTS

MESSAGES = {**VERDICTS, **FILES}
