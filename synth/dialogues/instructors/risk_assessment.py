"""Asking about danger by the rules of safe messaging: directly, calmly, without method, never without a referral."""

import re

from synth.dialogues.instructors.base import Bounds, Instructor
from synth.dialogues.safety import names_help
from synth.dialogues.turns import Turns, said_by

_DIRECT = re.compile(
    r"suicid|kill(?:ing)? yourself|end(?:ing)? your life|not (?:want(?:ing)? to|be(?:ing)?) (?:live|alive|here)|dying"
    r"|hurt(?:ing)? yourself|harm(?:ing)? yourself",
    re.IGNORECASE,
)


class RiskAssessment(Instructor):
    """The counsellor asks directly, and names help."""

    name: str = "risk_assessment"
    turns: Bounds = Bounds(6, 16)
    client_words: Bounds = Bounds(3, 180)
    therapist_words: Bounds = Bounds(3, 220)
    share: float = 0.04

    def fault(self, turns: Turns) -> str | None:
        """`no_direct_question` or `no_crisis_referral`, whatever the run's own rule about referrals."""
        said = said_by(turns, "assistant")
        if not any(_DIRECT.search(sentence) for sentence in re.findall(r"[^.!?]*\?", said)):
            return "no_direct_question"
        return None if names_help(said) else "no_crisis_referral"
