"""Models that the user names with `--ner`: a spaCy pipeline, a Hugging Face token classifier or a GLiNER model.

Nothing is downloaded: a model is a folder, or a spaCy pipeline that is installed as a package. It reads the turns as
they are and its spans join ours; on overlap ours win, and what the policy keeps (states, drugs, known figures) stays.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.util
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from anonymize.spans import Span
from anonymize.words import context
from anonymize.words.tokens import NUMBER
from corpora.errors import UsageError
from corpora.files import sha256_file

if TYPE_CHECKING:
    from anonymize.naming.reading import Reading

Finder = Callable[[str], list[Span]]
"""Text of one piece -> spans in it."""

RULE = "model"
_WORDS = 150  # of a piece: fewer than 512 word pieces, the window of most token classifiers
_THRESHOLD = 0.5  # GLiNER's own default
_PIECE = re.compile(rf"(?:\S+\s*){{1,{_WORDS}}}")
_ASKED = ("person", "location", "organization")
_TYPES = {
    "NAME": "name per person persname patient doctor staff givenname firstname middlename lastname surname",
    "LOCATION": "location loc gpe fac city street streetaddress",
    "ORG": "org organization organisation hosp hospital company companyname",
}
_TYPE_OF = {label: span_type for span_type, labels in _TYPES.items() for label in labels.split()}
"""Labels of the usual models, in lower case without `B-` and punctuation -> our span types; others, such
as numbers and dates, are left to our own detectors."""


class PluggedModel:
    """A model of the user's as a finder of spans; it is loaded with the first text.

    Args:
        model: a folder, or the name of an installed spaCy pipeline.

    Raises:
        UsageError: there is no such model, or the library that reads it is not installed.
    """

    def __init__(self, model: Path) -> None:
        self.model = model
        self.load = _loader(model)

    @functools.cached_property
    def finder(self) -> Finder:
        """The loaded model."""
        return self.load()

    def find(self, turns: list[str]) -> list[list[Span]]:
        """The model's spans, turn by turn, sorted; long turns are read in pieces of whole words."""
        return [
            sorted(
                Span(piece.start() + span.start, piece.start() + span.end, span.type, span.rule)
                for piece in _PIECE.finditer(turn)
                for span in self.finder(piece.group())
            )
            for turn in turns
        ]

    def add_to(self, reading: Reading) -> None:
        """Mark the tokens that only the model has, and remember those that are no ordinary words."""
        tokens = reading.tokens
        for turn, spans in enumerate(self.find(reading.turns)):
            k, stop = tokens.first[turn], tokens.first[turn + 1]
            for span in spans:
                while k < stop and tokens.end[k] <= span.start:
                    k += 1
                inside = k
                while inside < stop and tokens.start[inside] < span.end:
                    inside += 1
                _mark(reading, k, inside, span.type)


def _mark(reading: Reading, a: int, b: int, kind: str) -> None:
    """Mark what is open of tokens a to b, with the small words between ("Bank of X"), not those around."""
    new = [k for k in range(a, b) if not reading.label[k] and not reading.barred(k)]
    for k in range(new[0], new[-1] + 1) if new else ():
        if k in new or (not reading.label[k] and reading.low[k] in context.FUNCTION):
            reading.label[k], reading.rule[k] = kind, RULE
    for k in new:
        if not reading.wordy(k) and reading.shape[k] != NUMBER:
            reading.memory.setdefault(reading.low[k], kind)


def model_digest(model: Path) -> str:
    """A hash over every file of the model (names and bytes): what a work key knows it by."""
    folder = _folder(model)
    files = sorted(path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    states = tuple((str(path), path.stat().st_size, path.stat().st_mtime_ns) for path in files)
    return _digest(folder, states)


@functools.cache
def _digest(folder: Path, files: tuple[tuple[str, int, int], ...]) -> str:
    names = (f"{Path(name).relative_to(folder).as_posix()} {sha256_file(Path(name))}\n" for name, *_ in files)
    return hashlib.sha256("".join(names).encode()).hexdigest()


def _folder(model: Path) -> Path:
    """The model's folder; a name that is no folder is looked up among the installed packages."""
    if model.is_dir():
        return model.resolve()
    spec = importlib.util.find_spec(model.name) if model.name.isidentifier() else None
    if spec is None or not spec.submodule_search_locations:
        raise UsageError(
            f"--ner {model}: neither a folder nor an installed spaCy pipeline; name a model's folder, or run: "
            f"pip install {model.name}"
        )
    return Path(spec.submodule_search_locations[0])


def _loader(model: Path) -> Callable[[], Finder]:
    folder = _folder(model)
    if not model.is_dir() or (folder / "config.cfg").is_file():
        _needs("spacy", model)
        import spacy  # noqa: F401  # whole, before our recognizer imports it without torch, which this model may need

        return lambda: _spacy(model.name if not model.is_dir() else folder)
    if (folder / "gliner_config.json").is_file():
        _needs("gliner", model)
        return lambda: _gliner(folder)
    if (folder / "config.json").is_file():
        _needs("transformers", model)
        _needs("torch", model)
        return lambda: _transformers(folder)
    raise UsageError(
        f"--ner {model}: the folder holds no model; expected config.cfg (spaCy), gliner_config.json (GLiNER) or "
        "config.json (a Hugging Face token classifier)"
    )


def _needs(library: str, model: Path) -> None:
    if importlib.util.find_spec(library) is None:
        raise UsageError(f"--ner {model}: {library} reads this model and is not installed; run: pip install {library}")


def span_type(label: str) -> str:
    """Our span type of a model's label, such as `PERSON`, `B-LOC` or `first_name`; "" where we have none."""
    return _TYPE_OF.get(re.sub(r"^[BILUES]-|[^A-Za-z]", "", label).lower(), "")


def _known(labels: Any, folder: Path | str) -> None:
    if not any(span_type(str(label)) for label in labels):
        raise UsageError(f"--ner {folder}: none of the model's labels is one of names, places or organisations")


def _spacy(model: Path | str) -> Finder:
    import spacy

    try:
        nlp = spacy.load(model)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(f"--ner {model}: spaCy cannot load it ({type(error).__name__})") from None
    if "ner" not in nlp.pipe_names and "entity_ruler" not in nlp.pipe_names:
        raise UsageError(f"--ner {model}: the pipeline has no `ner`; it has {', '.join(nlp.pipe_names) or 'no part'}")
    return lambda text: list(_spans((e.start_char, e.end_char, e.label_) for e in nlp(text).ents))


def _gliner(folder: Path) -> Finder:
    from gliner import GLiNER

    model = GLiNER.from_pretrained(str(folder), local_files_only=True)

    def find(text: str) -> list[Span]:
        found = model.predict_entities(text, list(_ASKED), threshold=_THRESHOLD)
        return list(_spans((e["start"], e["end"], e["label"]) for e in found))

    return find


def _transformers(folder: Path) -> Finder:
    os.environ["HF_HUB_OFFLINE"] = "1"
    from transformers import AutoModelForTokenClassification, AutoTokenizer, pipeline

    model = AutoModelForTokenClassification.from_pretrained(str(folder), local_files_only=True)
    _known(model.config.id2label.values(), folder)
    tokenizer = AutoTokenizer.from_pretrained(str(folder), local_files_only=True)
    tagger = pipeline("token-classification", model=model, tokenizer=tokenizer, aggregation_strategy="first")
    return lambda text: list(_spans((e["start"], e["end"], e["entity_group"]) for e in tagger(text)))


def _spans(found: Any) -> Iterator[Span]:
    for start, end, label in found:
        if kind := span_type(label):
            yield Span(int(start), int(end), kind, RULE)
