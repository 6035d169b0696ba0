"""The page's sentences: one package per language, all with the same names (a test holds them together)."""

from types import ModuleType

from . import en, zh

Texts = ModuleType  # a language's package, handed to whatever draws

LANGUAGES: dict[str, Texts] = {"en": en, "zh": zh}
FIRST = next(iter(LANGUAGES))  # its page is at the address itself, every other one at its code: /zh
