"""The documents that go with the shards: the dataset card (README.md) and croissant.json.

Both hold only what the same inputs, recipe, key and versions make again, so that SHA256SUMS can cover them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from corpora import croissant
from corpora.records import MADE, example_schema
from corpora.shards import splits_in
from corpora.terms import Terms

_SIZES = (
    (1_000, "n<1K"),
    (10_000, "1K<n<10K"),
    (100_000, "10K<n<100K"),
    (1_000_000, "100K<n<1M"),
    (10_000_000, "1M<n<10M"),
)
_HUB_LICENSES = {"MIT": "mit", "Apache-2.0": "apache-2.0", "CC0": "cc0-1.0", "CC BY 4.0": "cc-by-4.0"}
"""How licences begin that the hub has an id for; all others are `other`, with their text."""

TITLE = "Therapy dialogue windows"
REFERENCES = {
    "safe-harbor": "45 CFR 164.514(b)(2), Other requirements relating to uses and disclosures of protected health "
    "information: the Safe Harbor method of de-identification.",
    "surrogates": "Carrell, D., et al. (2013). Hiding in plain sight: use of realistic surrogates to reduce exposure "
    "of protected health information in clinical text. Journal of the American Medical Informatics Association 20(2), "
    "342-348.",
    "hmac": "Krawczyk, H., Bellare, M., Canetti, R. (1997). HMAC: Keyed-Hashing for Message Authentication. RFC 2104.",
    "minhash": "Broder, A. Z. (1997). On the resemblance and containment of documents. Compression and Complexity of "
    "Sequences, 21-29.",
    "wilson": "Wilson, E. B. (1927). Probable inference, the law of succession, and statistical inference. Journal of "
    "the American Statistical Association 22(158), 209-212.",
    "chapman": "Chapman, D. G. (1951). Some properties of the hypergeometric distribution with applications to "
    "zoological sample censuses. University of California Publications in Statistics 1(7), 131-160.",
    "k-anonymity": "Samarati, P., Sweeney, L. (1998). Protecting privacy when disclosing information: k-anonymity and "
    "its enforcement through generalization and suppression. SRI International, SRI-CSL-98-04.",
    "datasets": "Lhoest, Q., et al. (2021). Datasets: A Community Library for Natural Language Processing. EMNLP 2021: "
    "System Demonstrations, 175-184.",
}


def write_documents(folder: Path, facts: Mapping[str, Any]) -> None:
    """Write the dataset card and croissant.json beside the shards that are already in `folder`.

    Args:
        folder: the output folder with its `dataset_dict.json`.
        facts: the manifest's facts (no times).
    """
    splits = splits_in(folder)
    header = _header(folder, facts, splits)
    (folder / "README.md").write_text(f"---\n{header}---\n\n{_card(facts, splits)}", encoding="utf-8")
    document = croissant.describe(folder, splits, _about(facts))
    text = json.dumps(document, indent=2, ensure_ascii=False)
    (folder / "croissant.json").write_text(text + "\n", encoding="utf-8")


def _header(folder: Path, facts: Mapping[str, Any], splits: list[str]) -> str:
    """The card's metadata as the hub reads it (YAML): terms, language, task, size, columns, where the splits are."""
    from huggingface_hub import DatasetCardData

    total, kinds = facts["examples"]["total"], facts["examples"]["by_kind"]
    languages = sorted(facts["examples"].get("by_language", {"en": total}))
    found: dict[str, Any] = {
        "pretty_name": f"{TITLE} ({', '.join(facts['sources'])})",
        "language": languages,
        "multilinguality": ["multilingual" if len(languages) > 1 else "monolingual"],
        **_license(facts),
        "annotations_creators": ["machine-generated"],
        "language_creators": [
            *(["found"] if set(kinds) - set(MADE) else []),
            *(["machine-generated"] if set(kinds) & set(MADE) else []),
        ],
        "source_datasets": ["original"],
        "task_categories": ["text-generation"],
        "task_ids": ["dialogue-modeling"],
        "size_categories": [next((name for bound, name in _SIZES if total < bound), "n>10M")],
        "tags": ["psychotherapy", "counselling", "de-identified", *(kind for kind in MADE if kind in kinds)],
        "configs": [
            {
                "config_name": "default",
                "data_files": [{"split": split, "path": f"{split}/*.arrow"} for split in splits],
            }
        ],
        "dataset_info": _dataset_info(folder, facts, splits),
    }
    return f"{DatasetCardData(**found).to_yaml()}\n"


def _license(facts: Mapping[str, Any]) -> dict[str, str]:
    """One licence that the hub knows, where all sources have it and none is bound otherwise; else their own words."""
    stated = [Terms(name, terms["license"], terms["consent"]) for name, terms in facts["sources"].items()]
    known = {
        next((hub for ours, hub in _HUB_LICENSES.items() if (terms.license or "").startswith(ours)), "")
        for terms in stated
        if terms.free
    }
    if len(known) == 1 and all(known) and all(terms.free for terms in stated):
        return {"license": known.pop()}
    details = "; ".join(f"{terms.source}: {terms.license or 'none stated'}" for terms in stated)
    return {"license": "other", "license_name": "terms-of-the-sources", "license_details": details}


def _dataset_info(folder: Path, facts: Mapping[str, Any], splits: list[str]) -> dict[str, Any]:
    """Columns and sizes, so that a loader knows them before it reads a shard."""
    from datasets import Features

    sizes = {split: sum(path.stat().st_size for path in (folder / split).glob("*.arrow")) for split in splits}
    return {
        "features": Features.from_arrow_schema(example_schema())._to_yaml_list(),  # noqa: SLF001  there is no other
        "splits": [
            {
                "name": split,
                "num_bytes": sizes[split],
                "num_examples": facts["examples"]["by_split"][split]["examples"],
            }
            for split in splits
        ],
        "download_size": sum(sizes.values()),
        "dataset_size": sum(sizes.values()),
    }


def _card(facts: Mapping[str, Any], splits: list[str]) -> str:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    loader = FileSystemLoader(Path(__file__).parent / "templates")
    environment = Environment(loader=loader, undefined=StrictUndefined, keep_trailing_newline=True, autoescape=False)  # noqa: S701 - Markdown of our own numbers and names
    stages = {stage["use"]: stage for stage in facts["recipe"]}
    cited = [*REFERENCES] if "duplicates" in stages else [name for name in REFERENCES if name != "minhash"]
    return environment.get_template("card.md.jinja2").render(
        title=TITLE,
        facts=facts,
        splits=splits,
        duplicates=stages.get("duplicates"),
        gold=facts.get("gold"),
        canaries=facts.get("canaries"),
        style=stages.get("deidentify", {}).get("style"),
        windows=_window_sentence(stages.get("windows")),
        reasons=lambda found: ", ".join(f"{reason} {count}" for reason, count in found.items()) or "0",
        percent=_percent,
        parameters=lambda stage: ", ".join(
            f"{k} = {v}" for k, v in stage.items() if k not in ("use", "version") and v is not None
        ),
        references=[REFERENCES[name] for name in cited],
        cite={name: number for number, name in enumerate(cited, start=1)},
        bibtex=_bibtex(facts),
    )


def _percent(rate: Mapping[str, Any] | None) -> str:
    """A rate with its 95 % interval and what it was counted on."""
    if rate is None or rate["rate"] is None:
        return "not measured"
    low, middle, high = (f"{100 * rate[key]:.1f}" for key in ("low", "rate", "high"))
    return f"{middle} % (95 % interval {low} to {high}; {rate['hits']} of {rate['of']})"


def _window_sentence(windows: Mapping[str, Any] | None) -> str:
    if not windows:
        return ""
    return (
        f"Every therapist turn of {windows['min_words']} words or more became one example, with up to "
        f"{windows['context_turns']} merged turns ({windows['context_words']} words) before it as its context."
    )


def _bibtex(facts: Mapping[str, Any]) -> str:
    """An entry for whoever uses the corpus; no year, which the same inputs would not make again."""
    key = re.sub(r"[^a-z0-9]+", "-", facts["name"].lower()).strip("-")
    sources = ", ".join(facts["sources"])
    return (
        f"@misc{{therapy-corpora-{key}-{facts['recipe_hash'][:8]},\n"
        f"  title = {{{TITLE} ({sources})}},\n"
        f"  note = {{Made by therapy-corpora {facts['version']}, recipe {facts['name']} {facts['recipe_hash']}, "
        f"key id {facts['key_id']}}}\n}}"
    )


def _about(facts: Mapping[str, Any]) -> dict[str, Any]:
    """What croissant.json says of the data set as a whole."""
    total, privacy = facts["examples"]["total"], facts["privacy"]
    left = sum(privacy[name] for name in ("roster_hits", "caller_hits", "structured_hits"))
    return {
        "name": "therapy-dialogue-windows",
        "description": "De-identified windows of therapy dialogue: a therapist's turn and the turns before it.",
        "version": ".".join(re.findall(r"\d+", facts["version"])[:3]),
        "license": sorted({terms["license"] or "none stated" for terms in facts["sources"].values()}),
        "citeAs": _bibtex(facts),
        "inLanguage": sorted(facts["examples"].get("by_language", {"en": total})),
        "keywords": ["psychotherapy", "counselling", "de-identified", "dialogue"],
        "isLiveDataset": False,
        "rai:dataCollection": "; ".join(f"{name}: {terms['consent']}" for name, terms in facts["sources"].items()),
        "rai:dataPreprocessingProtocol": [f"{stage['use']}/{stage['version']}" for stage in facts["recipe"]],
        "rai:dataUseCases": ["Fine-tuning and evaluating language models on therapy dialogue, in research."],
        "rai:dataLimitations": [
            "No detector of identifiers finds everything, and what happened to a person can name them.",
            "Transcripts show what was said, not whether it helped.",
        ],
        "rai:personalSensitiveInformation": (
            f"Talk about mental health. Identifiers were replaced; a second detector found {left} certain ones left in "
            f"{privacy['words']} words."
        ),
    }
