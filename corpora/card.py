"""The documents that go with the shards: the dataset card (README.md) and croissant.json.

Both hold only what the same inputs, recipe, key and versions make again, so that SHA256SUMS can cover them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from corpora.files import sha256_file
from corpora.records import example_schema
from corpora.shards import splits_in

_SIZES = (
    (1_000, "n<1K"),
    (10_000, "1K<n<10K"),
    (100_000, "10K<n<100K"),
    (1_000_000, "100K<n<1M"),
    (10_000_000, "1M<n<10M"),
)


def write_documents(folder: Path, facts: Mapping[str, Any]) -> None:
    """Write the dataset card and croissant.json beside the shards that are already in `folder`.

    Args:
        folder: the output folder with its `dataset_dict.json`.
        facts: the manifest's facts (no times).
    """
    splits = splits_in(folder)
    (folder / "README.md").write_text(_card(facts, splits), encoding="utf-8")
    document = json.dumps(_croissant(folder, facts, splits), indent=2, ensure_ascii=False)
    (folder / "croissant.json").write_text(document + "\n", encoding="utf-8")


def _card(facts: Mapping[str, Any], splits: list[str]) -> str:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    loader = FileSystemLoader(Path(__file__).parent / "templates")
    environment = Environment(loader=loader, undefined=StrictUndefined, keep_trailing_newline=True, autoescape=False)  # noqa: S701 - Markdown of our own numbers and names
    stages = {stage["use"]: stage for stage in facts["recipe"]}
    return environment.get_template("card.md.jinja2").render(
        facts=facts,
        splits=splits,
        licenses=sorted({terms["license"] for terms in facts["sources"].values()}),
        size=next((name for bound, name in _SIZES if facts["examples"]["total"] < bound), "n>10M"),
        style=stages.get("deidentify", {}).get("style"),
        windows=_window_sentence(stages.get("windows")),
        reasons=lambda found: ", ".join(f"{reason} {count}" for reason, count in found.items()) or "0",
        parameters=lambda stage: ", ".join(
            f"{k} = {v}" for k, v in stage.items() if k not in ("use", "version") and v is not None
        ),
    )


def _window_sentence(windows: Mapping[str, Any] | None) -> str:
    if not windows:
        return ""
    return (
        f"Every therapist turn of {windows['min_words']} words or more became one example, with up to "
        f"{windows['context_turns']} merged turns ({windows['context_words']} words) before it as its context."
    )


def _croissant(folder: Path, facts: Mapping[str, Any], splits: list[str]) -> dict[str, Any]:
    """Croissant 1.0 metadata: every shard with its SHA-256, and the columns of the rows."""
    shards = [path for split in splits for path in sorted((folder / split).glob("*.arrow"))]
    files = [
        {
            "@type": "cr:FileObject",
            "@id": path.relative_to(folder).as_posix(),
            "name": path.relative_to(folder).as_posix(),
            "contentUrl": path.relative_to(folder).as_posix(),
            "encodingFormat": "application/vnd.apache.arrow.stream",
            "sha256": sha256_file(path),
        }
        for path in shards
    ]
    return {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "name": "therapy-dialogue-windows",
        "description": "De-identified windows of therapy dialogue: a therapist's turn and the turns before it.",
        "version": facts["version"],
        "license": "; ".join(sorted({terms["license"] for terms in facts["sources"].values()})),
        "distribution": files,
        "recordSet": [_record_set(split, files) for split in splits],
    }


def _record_set(split: str, files: list[dict[str, Any]]) -> dict[str, Any]:
    first = next(file["@id"] for file in files if file["@id"].startswith(f"{split}/"))
    return {
        "@type": "cr:RecordSet",
        "@id": split,
        "name": split,
        "field": [
            {
                "@type": "cr:Field",
                "@id": f"{split}/{column.name}",
                "name": column.name,
                "dataType": "sc:Integer" if str(column.type).startswith("int") else "sc:Text",
                "source": {"fileObject": {"@id": first}, "extract": {"column": column.name}},
            }
            for column in example_schema()
        ],
    }


_CONTEXT = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataBiases": "cr:dataBiases",
    "dataCollection": "cr:dataCollection",
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "fileProperty": "cr:fileProperty",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "personalSensitiveInformation": "cr:personalSensitiveInformation",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
"""The JSON-LD context that the Croissant 1.0 specification gives."""
