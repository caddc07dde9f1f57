"""What every worker needs, loaded once, in the process that workers are forked from, by `warm_rules` or `warm_encoder`.

Only what starts no thread is loaded, for a thread does not survive a fork.
"""

import gc

SAID = (
    "My name is Jordan Willow; call me at (212) 555-0143, or write to jordan@example.org, whenever you find the time.",
    "we decided on cypress landing, and then we met willow at the harbour, and that was about all there was to it.",
)
"""Fiction that every detector has something to say about."""


def load(encoder: str) -> None:
    """Load stages, word lists, recognizers and the language model, by working through a session of two turns.

    Args:
        encoder: "on" or "off", as the build has it.
    """
    import pipelines.stages  # noqa: F401
    from anonymize import Deidentifier
    from anonymize.proof.audit import audit_turns
    from anonymize.roster import build_roster
    from corpora.records import Origin, Session, Turn
    from pipelines.stages.language import Language

    turns = [Turn(at, "client", "client", text) for at, text in enumerate(SAID)]
    session = Session("warm", "warm", "warm", turns, {}, Origin(""))
    Language().map(session)
    detector = Deidentifier(key=bytes(32), encoder=encoder)
    roster = build_roster("warm", [detector.survey(session)])
    detector.apply(session, roster)
    audit_turns(list(SAID), [[] for _ in SAID], roster)
    gc.collect()
    gc.freeze()  # so that looking for cycles does not copy the pages that all share
