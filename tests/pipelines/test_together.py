"""Stages that generate and stages over all examples: what they add and leave out, and that the accounts add up."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import polars as pl
import pyarrow as pa
import pytest

from corpora.errors import UsageError
from corpora.records import Example, Message, Provenance
from pipelines import Pipeline
from pipelines.recipe import RECIPES, load_recipe
from pipelines.stages import CorpusStage, Duplicates, Expect, GenerateStage, Split
from pipelines.stages.base import stage
from pipelines.stages.read import SAMPLE

pytestmark = pytest.mark.integration

ANSWER = "It sounds as if the evenings are the hardest part of the day for you just now, and that makes sense to me. "


@stage
class Invented(GenerateStage):
    """Dialogues made of a template, for these tests."""

    name: ClassVar[str] = "invented"
    version: ClassVar[str] = "1"

    size: int = 6
    same_id: bool = False
    number: str = ""

    def generate(self, work: Path, progress) -> Iterator[Example]:
        (work / "ledger").write_text("kept")
        for index in range(self.size):
            progress(self.name, index, self.size)
            name = "one" if self.same_id else f"config:{index}"
            question = f"I have slept badly for {index + 2} weeks. {self.number}"
            answer = ANSWER * 3 + f"What do you notice first, on night {index}?"
            yield Example(
                example_id=name,
                session_id=name,
                client_id=name,
                group_id=name,
                source="",
                prompt=(Message("user", question.strip()),),
                completion=(Message("assistant", answer),),
                response_words=len(answer.split()),
                context_turns=1,
                kind="synthetic",
                provenance=Provenance("config", 0, 1, 2, (), "prompt", "model"),
            )

    def facts(self, work: Path):
        return {"letters": {"ledger": (work / "ledger").read_text()}}


@stage
class Thin(CorpusStage):
    """Marks answers over a bound, and takes out silently those under another."""

    name: ClassVar[str] = "thin"
    version: ClassVar[str] = "1"

    most: int
    least: int = 0

    def apply(self, frame: pl.LazyFrame) -> pl.LazyFrame:
        long = pl.col("response_words") > self.most
        return frame.filter(pl.col("response_words") >= self.least).with_columns(
            pl.when(long).then(pl.lit("too_long")).otherwise("dropped").alias("dropped")
        )

    def findings(self, before, after):
        size = pl.len()
        return {"thinned": [[frame.select(size).collect().item() for frame in (before, after)]]}


def rows_of(out):
    shards = sorted(out.glob("*/*.arrow"))
    return [row for path in shards for row in pa.ipc.open_stream(path).read_all().to_pylist()]


def balanced(accounting):
    outcomes = ("kept", "dropped", "quarantined")
    return all(e["seen"] == sum(sum(e[outcome].values()) for outcome in outcomes) for e in accounting.values())


def with_stages(*extra):
    recipe = load_recipe(RECIPES / "build.toml", {"windows": {"min_words": 20}})
    stages = [stage for stage in recipe.stages if not isinstance(stage, Duplicates)]
    at = next(n for n, stage in enumerate(stages) if isinstance(stage, Split))
    return [*stages[:at], *extra, *stages[at:]]


def test_what_a_stage_writes_is_published_alone_under_keyed_ids(tmp_path, key_file, published):
    built = Pipeline([Invented(), Split(), Expect()]).run(tmp_path / "out", key_file=key_file)
    rows = rows_of(built.out)
    assert len(rows) == 6
    assert {row["source"] for row in rows} == {"invented"}
    assert not any("config" in str(row) for row in rows)
    assert built.manifest["accounting"]["examples"] == {
        "seen": 6,
        "kept": {"kept": 6},
        "dropped": {},
        "quarantined": {},
    }
    assert built.manifest["sources"]["invented"]["consent"]
    assert built.manifest["letters"] == {"ledger": "kept"}
    again = Pipeline([Invented(), Split(), Expect()]).run(tmp_path / "again", key_file=key_file)
    assert published(again.out) == published(built.out)


def test_it_joins_the_rows_of_a_source(tmp_path, key_file):
    built = Pipeline(with_stages(Invented())).run(tmp_path / "out", engine="serial", key_file=key_file)
    assert built.manifest["examples"]["by_source"]["invented"] == 6
    assert built.manifest["examples"]["by_kind"]["transcript"] > 100
    assert balanced(built.manifest["accounting"])


def test_own_folds_place_the_sources_clients_and_the_hash_all_others(tmp_path, key_file):
    (tmp_path / "clients.csv").write_text("session_id,client_id\nst-204,a\nst-205,b\n")
    (tmp_path / "folds.csv").write_text("client_id,split\na,train\nb,test\n204,train\n")
    folder = tmp_path / "in"
    folder.mkdir()
    for name in ("st-204.txt", "st-205.txt"):
        (folder / name).write_bytes((SAMPLE / name).read_bytes())
    read = {"input": folder, "clients": tmp_path / "clients.csv"}
    recipe = load_recipe(RECIPES / "build.toml", {"read": read, "split": {"folds": tmp_path / "folds.csv"}})
    at = next(n for n, stage in enumerate(recipe.stages) if isinstance(stage, Split))
    stages = [*recipe.stages[:at], Invented(), *recipe.stages[at:]]
    built = Pipeline([stage for stage in stages if not isinstance(stage, Duplicates)])
    manifest = built.run(tmp_path / "out", engine="serial", key_file=key_file).manifest
    assert manifest["examples"]["by_source"]["invented"] == 6
    sources = {row["client_id"]: row["source"] for row in rows_of(tmp_path / "out")}
    assert list(sources.values()).count("invented") == 6
    assert set(sources.values()) == {"alexander-street", "invented"}


def test_a_written_identifier_is_left_out_and_two_equal_ids_are_refused(tmp_path, key_file):
    stages = [Invented(number="Call me on (212) 555-0142."), Invented(), Split(), Expect()]
    built = Pipeline(stages).run(tmp_path / "out", key_file=key_file)
    assert built.manifest["accounting"]["examples"]["dropped"] == {"residual_identifier": 6}
    with pytest.raises(UsageError, match="two examples the id 'one'"):
        Pipeline([Invented(same_id=True), Split(), Expect()]).run(tmp_path / "twice", key_file=key_file)


def expected_turns(parts, kept):
    """Every turn that an example holds, and how it ends, the slow way."""
    fates = defaultdict(set)
    for path in parts:
        for row in pl.read_ipc(path).iter_rows(named=True):
            origin = row["provenance"]
            for turn in range(origin["context_start"], origin["turn_end"]):
                use = "target" if turn >= origin["turn_start"] else "context"
                fates[row["session_id"], turn].add((row["example_id"] in kept, use))
    ends = Counter()
    for seen in fates.values():
        ends["target" if (True, "target") in seen else "context" if (True, "context") in seen else "gone"] += 1
    return ends


def test_what_a_stage_leaves_out_is_carried_back_to_turns_sessions_and_files(tmp_path, key_file):
    whole = Pipeline(with_stages()).run(tmp_path / "whole", engine="serial", key_file=key_file).manifest
    out = tmp_path / "out"
    thinned = Pipeline(with_stages(Thin(most=110, least=90), Thin(most=97)))
    manifest = thinned.run(out, engine="serial", key_file=key_file).manifest
    accounting, before = manifest["accounting"], whole["accounting"]
    kept = {row["example_id"] for row in rows_of(out)}
    assert balanced(accounting)
    assert accounting["examples"]["seen"] == before["examples"]["seen"] == whole["examples"]["total"]
    assert set(accounting["examples"]["dropped"]) == {"too_long", "thin"}
    assert accounting["examples"]["kept"] == {"kept": len(kept)}
    ends = expected_turns(out.with_name("out.work").glob("examples/*.arrow"), kept)
    assert accounting["turns"]["kept"] == {name: ends[name] for name in ("context", "target")}
    assert accounting["turns"]["dropped"]["thin"] + accounting["turns"]["dropped"]["too_long"] == ends["gone"]
    assert accounting["sessions"]["kept"]["kept"] == len({row["session_id"] for row in rows_of(out)})
    assert accounting["files"]["dropped"]["no_session_kept"] > 0
    assert len(manifest["thinned"]) == 2
    assert manifest["thinned"][0][0] == whole["examples"]["total"]
