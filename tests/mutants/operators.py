"""The register of mutation operators.

An operator changes a document in place and returns what it did, or None if the document has
nothing of its kind. Stages: `content` before signing, `stamp` after it, `bytes` on the finished
file. `neutral` operators change nothing that a judge may mind.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from ubl import Document

Change = Callable[[Document, random.Random], "str | None"]


@dataclass(frozen=True)
class Operator:
    name: str
    stage: str
    change: Change
    neutral: bool


REGISTER: dict[str, Operator] = {}


def operator(stage: str, *, neutral: bool = False) -> Callable[[Change], Change]:
    """Registers a function under its own name."""

    def register(change: Change) -> Change:
        name = "%s.%s" % (change.__module__.removesuffix("_ops"), change.__name__)
        if name in REGISTER:
            raise ValueError("two operators are called %s" % name)
        REGISTER[name] = Operator(name, stage, change, neutral)
        return change

    return register
