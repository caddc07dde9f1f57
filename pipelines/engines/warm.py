"""What every worker needs, loaded once, in the process that workers are forked from, by `warm_rules` or `warm_encoder`.

Only what leaves no thread behind is loaded, for a thread does not survive a fork. No work begins before all is loaded,
so nothing is collected meanwhile, and libraries come without the parts of them that are slow to import and never used.
"""

import gc
import threading

SAID = (
    "My name is Jordan Willow; call me at (212) 555-0143, or write to jordan@example.org, whenever you find the time.",
    "we decided on cypress landing, and then we met willow at the harbour, and that was about all there was to it.",
)
"""Fiction that every detector has something to say about."""

WEB_ADDRESSES = "presidio_analyzer.predefined_recognizers.generic.url_recognizer"
COMMAND_LINE = "spacy.cli.info"
"""The first compiles a pattern of all top-level domains, which takes longer than the rest of Presidio (the audit has a
pattern of its own); the other takes along web clients and templates."""


def load(encoder: str) -> None:
    """Load stages, word lists, recognizers and the language model, by working through a session of two turns.

    Args:
        encoder: "on" or "off", as the build has it.
    """
    gc.disable()
    languages = threading.Thread(target=_load_languages)
    languages.start()  # they are unpacked while all else is imported
    import pipelines.units  # noqa: F401
    from anonymize import Deidentifier
    from anonymize.proof.audit import audit_turns
    from anonymize.roster import build_roster
    from corpora.lean import HEAVY, standing_in, without
    from corpora.records import Origin, Session, Turn

    with without(*HEAVY), standing_in(WEB_ADDRESSES, "UrlRecognizer"), standing_in(COMMAND_LINE, "info"):
        import presidio_analyzer  # noqa: F401

        if encoder == "off":
            import spacy  # noqa: F401
    turns = [Turn(at, "client", "client", text) for at, text in enumerate(SAID)]
    session = Session("warm", "warm", "warm", turns, {}, Origin(""))
    detector = Deidentifier(key=bytes(32), encoder=encoder)
    roster = build_roster("warm", [detector.survey(session)])
    detector.apply(session, roster)
    audit_turns(list(SAID), [[] for _ in SAID], roster)
    languages.join()
    gc.enable()
    gc.collect()
    gc.freeze()  # so that looking for cycles does not copy the pages that all share


def _load_languages() -> None:
    from py3langid import classify

    classify(SAID[0])
