"""croissant.json: the corpus described for machines, as Croissant 1.0 has it (mlcommons.org/croissant/1.0).

Every shard is named with its SHA-256, and each split is a record set of the rows' columns.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from corpora.files import sha256_file
from corpora.records import example_schema

if TYPE_CHECKING:
    import pyarrow as pa

ARROW_STREAM = "application/vnd.apache.arrow.stream"

COLUMNS = {
    "example_id": "Keyed hash of the session, the target's turns and the kind: the same turn keeps it in every build.",
    "session_id": "Pseudonymous id of the session.",
    "client_id": "Pseudonymous id of the client.",
    "group_id": "What is kept together in one split: the client, else the question, else the row.",
    "source": "The source that the row comes from.",
    "prompt": "An optional system message, then the turns before the target, ending with the client's.",
    "completion": "The therapist's turn: the only text that is trained on.",
    "response_words": "White-space separated words of the completion.",
    "context_turns": "Turns of the prompt.",
    "kind": "transcript, paraphrase, synthetic or qa.",
    "symptoms": "What the client comes with, where it is known.",
    "topic": "What the session is about, where it is known.",
    "emotion": "The client's emotion, where it is known.",
    "age_range": "The client's age range, where it is known.",
    "gender": "The client's gender, where it is known.",
    "approach": "The school of therapy, where it is known.",
    "modality": "spoken, chat or forum.",
    "language": "Language of the session, as an ISO 639-1 code.",
    "session_no": "Number of the session among the client's.",
    "quality": "Rating of the session or turn by its source.",
    "license": "Licence of the row, as its source states it.",
    "flags": "Risks that the row speaks of, and what was done to it.",
    "provenance": "Keyed hash of the source, turn ranges, stages with their versions; who wrote it, where a model did.",
}
"""What each column of the shards is."""


def describe(folder: Path, splits: Sequence[str], about: Mapping[str, Any]) -> dict[str, Any]:
    """The whole document.

    Args:
        folder: the corpus with its shards.
        splits: the splits that are there.
        about: what stands of the data set as a whole: `name`, `description`, `license`, and other properties.
    """
    shards = {split: sorted((folder / split).glob("*.arrow")) for split in splits}
    files = [
        {
            "@type": "cr:FileObject",
            "@id": path.relative_to(folder).as_posix(),
            "name": path.relative_to(folder).as_posix(),
            "contentUrl": path.relative_to(folder).as_posix(),
            "contentSize": f"{path.stat().st_size} B",
            "encodingFormat": ARROW_STREAM,
            "sha256": sha256_file(path),
        }
        for split in splits
        for path in shards[split]
    ]
    sets = [_file_set(split) for split in splits if len(shards[split]) > 1]
    return {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        **about,
        "distribution": [*files, *sets],
        "recordSet": [_splits(splits), *(_rows(split, _source(folder, split, shards[split])) for split in splits)],
    }


def _file_set(split: str) -> dict[str, Any]:
    return {
        "@type": "cr:FileSet",
        "@id": f"{split}-shards",
        "name": f"{split}-shards",
        "encodingFormat": ARROW_STREAM,
        "includes": f"{split}/*.arrow",
    }


def _source(folder: Path, split: str, shards: Sequence[Path]) -> dict[str, Any]:
    """Where a split's rows are read from: its one shard, or the set of them."""
    if len(shards) > 1:
        return {"fileSet": {"@id": f"{split}-shards"}}
    return {"fileObject": {"@id": shards[0].relative_to(folder).as_posix()}}


def _splits(splits: Sequence[str]) -> dict[str, Any]:
    name = {"@type": "cr:Field", "@id": "splits/name", "name": "name", "dataType": "sc:Text"}
    return {
        "@type": "cr:RecordSet",
        "@id": "splits",
        "name": "splits",
        "description": "The splits; no client stands in two of them.",
        "dataType": "cr:Split",
        "key": {"@id": "splits/name"},
        "field": [name],
        "data": [{"splits/name": split} for split in splits],
    }


def _rows(split: str, source: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "@type": "cr:RecordSet",
        "@id": split,
        "name": split,
        "description": f"The rows of the split {split}.",
        "key": {"@id": f"{split}/example_id"},
        "field": [
            {**_field(split, column.name, column.type, source), "description": COLUMNS[column.name]}
            for column in example_schema()
        ],
    }


def _field(above: str, name: str, kind: pa.DataType, source: Mapping[str, Any], column: str = "") -> dict[str, Any]:
    """A field of a record; a struct's parts are its sub-fields, reached through the column they stand in."""
    import pyarrow as pa

    repeated = pa.types.is_list(kind)
    inner = kind.value_type if repeated else kind
    field: dict[str, Any] = {"@type": "cr:Field", "@id": f"{above}/{name}", "name": name}
    field |= {"repeated": True} if repeated else {}
    extract = {"column": column, "transform": {"jsonPath": name}} if column else {"column": name}
    if pa.types.is_struct(inner):
        field["subField"] = [_field(f"{above}/{name}", part.name, part.type, source, column or name) for part in inner]
        return field
    transform = {"transform": extract.pop("transform")} if column else {}
    return field | {
        "dataType": "sc:Integer" if pa.types.is_integer(inner) else "sc:Text",
        "source": {**source, "extract": extract, **transform},
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
