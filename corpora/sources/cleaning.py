"""What a transcriber adds to speech, and taking it out: time stamps, non-verbal marks, spelling marks.

A mark is bracketed; it goes when it is a time or names a sound, a gesture or the recording, and stays when it stands
for words: a publisher's redaction such as `[name]` or `(client's employer)`, or anything not known.
"""

from __future__ import annotations

import re
from functools import lru_cache

TIME = r"\d{1,3}:\d{2}(?::\d{2})?(?:[.,]\d{1,3})?"
_RANGE = rf"{TIME}(?:\s*(?:-+>?|–|—|to)\s*{TIME})?"
BRACKETED_TIME = rf"[\[({{<]\s*{_RANGE}\s*[\])}}>]"
BARE_TIME = r"(?<![\d:.])(?:\d{1,2}:\d{2}:\d{2}[.,]\d{1,3}|\d{1,2}:\d{2}\.\d|0\d?:\d{2}:\d{2})(?![\d:])"
"""A time outside brackets is a stamp only where nobody would say it so: with tenths, or with hours from 0."""

_MAX_MARK_WORDS = 7
_MARK = re.compile(r"[(\[{<*]{1,3}\s{0,3}([^()\[\]{}<>*]{1,80})[)\]}>*]{1,3}")
_STAMP, _TIME = re.compile(BARE_TIME), re.compile(TIME)
_TIMES = re.compile(rf"(?:\b(?:at|time|timestamp|timecode)\b:?\s*)?{TIME}")
_GAP = "\0"  # decoding refuses it, so no text holds one
_GAP_BEFORE_PUNCTUATION = re.compile(r"(?<![ \0]) ?+\0[ \0]*+(?=[.,;:?!])")
_ONLY_PUNCTUATION = re.compile(r"[\s.,;:?!\0]*+\Z")
_NOISE = re.compile(
    r"""\b(?:
      laugh\w* | chuckl\w* | giggl\w* | snicker\w* | snort\w* | scoff\w* | guffaw\w* | smil(?:es|ing) | grin(?:s|ning)
    | cr(?:ying|ies) | cry\s*$ | sob(?:s|bing)? | weep(?:s|ing) | tear(?:s|y|ful|fully|ing\ up) | whimper\w* | wail\w*
    | sigh\w* | exhal\w* | inhal\w* | breath\w* | gasp\w* | groan\w* | moan\w* | grunt\w* | yawn\w* | whistl\w* | hums?
    | cough\w* | snif+\w* | sneez\w* | clear(?:s|ing)?\s(?:\w+\s)?throat | blow(?:s|ing)\s(?:\w+\s)?nose | hiccup\w*
    | swallow(?:s|ing) | lip[\ -]?smack\w* | smack(?:s|ing) | tsk | clicks?\stongue
    | pause[sd]? | pausing | silen(?:ce|t) | (?:long|short|brief)\sbeat | beat\s*$
    | cross[\ -]?talk\w* | over[\ -]?talk\w* | overlap\w* | talking\s(?:over|at\sonce|simultaneously) | simultaneous\w*
    | (?:speak|talk)(?:s|ing)\s(?:over|at|together|simultaneously|in|softly|quietly|loudly|to)
    | inaud\w* | unintel\w* | unclear | indistinct | indiscern\w* | undeciph\w* | indeciph\w* | garbled | muffled
    | mumbl\w*
    | (?:foreign|native|other)\slanguage | non[\ -]?verbal\w* | off[\ -]?mic\w*
    | whisper\w* | mutter\w* | shout(?:s|ing) | yell(?:s|ing) | sings?\s*$ | singing | imitat(?:es|ing)
    | nod(?:s|ding)?\s*$ | nod(?:s|ding)\s(?:\w+)?$ | shak(?:es|ing)\s(?:\w+\s)?head | shrug\w* | gestur(?:es|ing)
    | snap(?:s|ping)\s(?:\w+\s)?fingers | clap(?:s|ping)? | applau\w* | knock(?:s|ing)\b | tap(?:s|ping)\b
    | (?:phone|telephone|bell|alarm|cell|timer|siren)s?\s(?:ring|buzz|vibrat|go|chim|beep|sound)\w* | ringing | beep\w*
    | (?:door|chair)s?\s(?:open|clos|slam|creak|scrap)\w* | footsteps | rustl\w* | shuffl\w* | static | noise\w* | music
    | papers?\s(?:rustl|shuffl|tear)\w* | (?:background|ambient)\s\w+ | interruption | interrupts | interrupting
    | (?:tape|recording|audio|video|session|side|transcript)\s(?:\w+\s)?
      (?:off|on|stop\w*|start\w*|end\w*|resum\w*|paus\w*|break\w*|cut\w*|gap|skip\w*|begin\w*|continu\w*|blank
        |change\w*)
    | (?:end|start|beginning|break|gap|blank)\s(?:of|in)\s(?:the\s)?(?:tape|recording|audio|video|side|session|file)\w*
    | applause | audio\sdistortion | technical\sdifficult\w*
    )""",
    re.VERBOSE,
)
_SPOKEN_AWAY = re.compile(
    r"(?:(?:in)?to|on|off) (?:the |his |her |a )?"
    r"(?:phone|telephone|cell|speaker|mic|self|dog|cat|baby|child|wife|husband)"
    r"|(?:in)?to (?:him|her|them)sel(?:f|ves)|under (?:his|her) breath|[a-z]{3,}ly"
)
_DOING = re.compile(
    r"(?:[\w'’-]+ )?(?!(?:\w*thing|morning|evening|ceiling|building|wedding|meeting|sibling|spring|string|during|being"
    r"|according|king|ring|wing|housing|clothing|earring)s?\b)[a-z]{3,}ing(?: [\w'’-]+){0,4}"
)
_SPELLING = re.compile(r"(?:ph|sp|sic|phonetic(?:ally)?|spelling|spelled phonetically|guess|\?+)(?:onetic)?[.?!\s]*")
_WORDS_KEPT = re.compile(
    r"\b(?:i|i'm|he|she|we|they|my|you|me|name\w*|redact\w*|remov\w*|delet\w*|omit\w*|withheld|employer"
    r"|address|city|town)\b"
)


def seconds(stamp: str) -> float | None:
    """Seconds of the first time in `stamp` (`h:mm:ss.f`, `mm:ss`), or None without one."""
    if not (found := _TIME.search(stamp)):
        return None
    total = 0.0
    for part in found[0].replace(",", ".").split(":"):
        total = total * 60 + float(part)
    return total


def clean(text: str, *, keep_marks: bool = False) -> str:
    """The words of a turn: time stamps and non-verbal marks out, white space folded; empty if nothing was said.

    `keep_marks` keeps sounds and gestures such as `(laughter)`; times and spelling marks go all the same.
    """
    marked = text
    if "(" in text or "[" in text or "{" in text or "<" in text or "*" in text:
        marked = _MARK.sub(_untimed if keep_marks else _unmarked, text)
    if ":" in marked:
        marked = _STAMP.sub(_GAP, marked)
    if _GAP not in marked:
        return " ".join(text.split())
    if _ONLY_PUNCTUATION.match(marked):
        return ""
    folded = " ".join(marked.split())
    return " ".join(_GAP_BEFORE_PUNCTUATION.sub("", folded).replace(_GAP, " ").split())


def _unmarked(mark: re.Match[str]) -> str:
    return _GAP if is_noise(mark[1], starred=mark[0].startswith("*")) else mark[0]


def _untimed(mark: re.Match[str]) -> str:
    content = _bare(mark[1])
    if (not content and _TIMES.search(mark[1])) or _SPELLING.fullmatch(content):
        return _GAP
    return mark[0].replace(mark[1], _TIMES.sub(" ", mark[1]).strip())


def _bare(mark: str) -> str:
    """The content of a mark without the times in it."""
    return _TIMES.sub(" ", mark.casefold().replace("’", "'")).strip(" .,;:-–—!*_")


@lru_cache(maxsize=4096)
def is_noise(mark: str, *, starred: bool = False) -> bool:
    """Whether the content of a mark is a time, a sound, a gesture or a spelling mark, not words.

    Between stars (`*laughs*`, `*really*`) only what surely is a sound or a gesture counts: they also mean stress.
    """
    content = _bare(mark)
    if not content:
        return _TIMES.search(mark) is not None
    if _SPELLING.fullmatch(content):
        return True
    words = len(content.split())
    if words > _MAX_MARK_WORDS or _WORDS_KEPT.search(content):
        return False
    if _NOISE.search(content) or starred:
        return bool(_NOISE.search(content))
    return bool(_SPOKEN_AWAY.fullmatch(content) or _DOING.fullmatch(content))
