"""A customer's answer to the satisfaction survey (SR8)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SurveyAnswer:
    """A score from 1 (poor) to 5 (excellent), with the customer's comment."""

    score: int
    comment: str = ""
