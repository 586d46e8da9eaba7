"""Errors that people read: a sentence with places and what fills them, so that it can be told in another language."""

from __future__ import annotations


class SentenceError(ValueError):
    """``sentence`` in English, with ``{places}``; ``values`` fill them. As text: the English sentence, filled."""

    def __init__(self, sentence: str, **values: object) -> None:
        super().__init__(sentence.format(**values) if values else sentence)
        self.sentence = sentence
        self.values = values
