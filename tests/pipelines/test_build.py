"""Whole builds as a user runs them: the sample, real input, what is published and what is not."""

import csv
import hashlib
import json
import re
import shutil
import stat

import pytest

from corpora.records import example_schema
from corpora.shards import verify_sums
from pipelines.stages.read import SAMPLE

pytestmark = pytest.mark.integration

ANNOMI = "annomi/AnnoMI-simple.csv"


def balanced(accounting):
    return all(
        entry["seen"] == sum(sum(entry[outcome].values()) for outcome in ("kept", "dropped", "quarantined"))
        for entry in accounting.values()
    )


@pytest.fixture(scope="module")
def sample_build(tmp_path_factory, key_file):
    from pipelines import Pipeline
    from pipelines.recipe import RECIPES, load_recipe

    out = tmp_path_factory.mktemp("sample") / "out"
    recipe = load_recipe(RECIPES / "build.toml")
    return Pipeline(recipe.stages, recipe.name).run(out, engine="serial", key_file=key_file)


def test_datasets_loads_the_three_splits_both_ways_with_the_declared_schema(sample_build, tmp_path):
    from datasets import load_dataset, load_from_disk

    loaded = load_from_disk(str(sample_build.out))
    again = load_dataset(str(sample_build.out), cache_dir=str(tmp_path))
    assert set(loaded) == set(again) == {"train", "validation", "test"}
    for split, rows in loaded.items():
        assert rows.to_list() == again[split].to_list()
        assert rows.data.schema.names == example_schema().names
        assert len(rows) == sample_build.manifest["examples"]["by_split"][split]["examples"]


def test_every_row_is_a_dialogue_with_a_long_answer(sample_build):
    from datasets import load_from_disk

    for rows in load_from_disk(str(sample_build.out)).values():
        for row in rows:
            roles = [message["role"] for message in row["prompt"]]
            assert roles == (["user", "assistant"] * len(roles))[: len(roles)]
            assert roles[-1] == "user"
            assert [message["role"] for message in row["completion"]] == ["assistant"]
            assert len(row["completion"][0]["content"].split()) == row["response_words"] >= 50
            assert len(roles) == row["context_turns"] <= 8


def test_no_client_stands_in_two_splits_and_ids_are_pseudonymous(sample_build):
    from datasets import load_from_disk

    seen = {split: set(rows["client_id"]) for split, rows in load_from_disk(str(sample_build.out)).items()}
    assert not seen["train"] & seen["test"]
    assert not seen["train"] & seen["validation"]
    assert not seen["validation"] & seen["test"]
    text = (sample_build.out / "train" / "data-00000-of-00001.arrow").read_bytes()
    assert b"st-101" not in text
    assert b".txt" not in text


def test_the_manifest_adds_up_and_the_sums_hold(sample_build):
    assert balanced(sample_build.manifest["accounting"])
    assert list(verify_sums(sample_build.out)) == []
    assert sample_build.manifest["sample"]
    assert sample_build.manifest["gate"]["passed"]


def test_a_name_found_in_one_session_is_masked_in_all_of_the_clients(sample_build):
    """No name that the gold marks in the sample's own hand stands in what was published (ordinary words aside)."""
    privacy = sample_build.manifest["privacy"]
    assert (privacy["roster_hits"], privacy["caller_hits"], privacy["structured_hits"]) == (0, 0, 0)


def test_nothing_published_names_a_path_or_a_source_file(sample_build):
    pages = [path for path in sample_build.out.rglob("*") if path.suffix in (".html", ".json", ".md")]
    assert len(pages) > 5
    for page in pages:
        text = page.read_text(encoding="utf-8")
        assert "st-101" not in text
        assert str(sample_build.out.parent) not in text


def test_croissant_is_valid_and_its_sums_and_record_sets_are_right(sample_build):
    import mlcroissant

    dataset = mlcroissant.Dataset(jsonld=str(sample_build.out / "croissant.json"))
    assert not dataset.metadata.ctx.issues.errors
    for file in dataset.metadata.distribution:
        assert file.sha256 == hashlib.sha256((sample_build.out / file.content_url).read_bytes()).hexdigest()
    splits = set(sample_build.manifest["examples"]["by_split"])
    sets = {record.name: record for record in dataset.metadata.record_sets}
    assert {row["splits/name"].decode() if isinstance(row["splits/name"], bytes) else row["splits/name"]
            for row in dataset.records("splits")} == splits  # fmt: skip
    for split in splits:
        assert [field.name for field in sets[split].fields] == example_schema().names
        assert {field.source.uuid for field in sets[split].fields if field.source.uuid} <= {
            file.id for file in dataset.metadata.distribution if file.id.startswith(f"{split}/")
        }


def test_the_card_says_what_the_hub_asks_and_agrees_with_the_rows(sample_build):
    from huggingface_hub import DatasetCard

    text = (sample_build.out / "README.md").read_text()
    data = DatasetCard(text).data.to_dict()
    assert (data["license"], data["language"], data["size_categories"]) == ("apache-2.0", ["en"], ["n<1K"])
    assert {"annotations_creators", "language_creators", "multilinguality", "task_categories", "tags"} <= set(data)
    info = data["dataset_info"]
    assert [column["name"] for column in info["features"]] == example_schema().names
    rows = {split["name"]: split["num_examples"] for split in info["splits"]}
    assert rows == {name: entry["examples"] for name, entry in sample_build.manifest["examples"]["by_split"].items()}
    cited = set(map(int, re.findall(r"\[(\d+)\]", text[text.index("## Methods") : text.index("## References")])))
    listed = set(map(int, re.findall(r"^(\d+)\. ", text[text.index("## References") :], re.MULTILINE)))
    assert cited == listed


def test_what_was_left_out_is_named_by_ids_that_lead_back(sample_build, corpora_command):
    manifest, out = sample_build.manifest, sample_build.out
    reasons = manifest["accounting"]["turns"]["dropped"]
    assert set(manifest["left_out"]["turns"]["dropped"]) == set(reasons)
    session = manifest["left_out"]["turns"]["dropped"]["below_min_words"][0]
    assert session in (out / "report" / "index.html").read_text()
    traced = json.loads(corpora_command("inspect", out, "--example", session, "--json", check=True).stdout)
    raw = SAMPLE / traced["session"]["path"].rsplit("/", 1)[1]
    assert (traced["session"]["start"], traced["session"]["end"]) == (0, raw.stat().st_size)
    assert traced["session"]["bytes"] == "unchanged"


def test_an_example_is_traced_to_its_bytes_and_without_the_work_folder_says_so(sample_build, corpora_command, tmp_path):
    from datasets import load_from_disk

    row = load_from_disk(str(sample_build.out))["test"][0]
    found = json.loads(
        corpora_command("inspect", sample_build.out, "--example", row["example_id"], "--json", check=True).stdout
    )
    assert found["row"] == row
    assert (found["split"], found["at"]) == ("test", 0)
    assert found["session"]["id"] == row["session_id"]
    shown = corpora_command("inspect", sample_build.out, "--example", row["example_id"], check=True).stdout
    assert f"0 to {found['session']['end']} (unchanged since the build)" in " ".join(shown.replace("│", " ").split())
    alone = tmp_path / "alone"
    shutil.copytree(sample_build.out, alone)
    shown = corpora_command("inspect", alone, "--example", row["example_id"], check=True).stdout
    assert "the work folder, which alone names it" in " ".join(shown.replace("│", " ").split())
    unknown = corpora_command("inspect", alone, "--example", "f" * 32)
    assert unknown.returncode == 2
    assert "is no example, session or file" in unknown.stderr


def test_a_corpus_at_a_glance(sample_build, corpora_command):
    shown = corpora_command("inspect", sample_build.out, check=True).stdout
    for split, entry in sample_build.manifest["examples"]["by_split"].items():
        assert re.search(rf"{split} +│ {entry['examples']} ", shown)
    for expected in ("responses by words", "context by turns", "clients by sessions", "flags", "nobody approved it"):
        assert expected in shown


def test_raw_text_and_rosters_are_their_owners_alone(sample_build):
    work = sample_build.out.with_name("out.work")
    for path in work.rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path.name


def test_engines_give_the_same_bytes(sample_build, corpora_command, key_file, published, tmp_path):
    pool = ("--engine", "local", "--workers", 2, "--encoder", "auto")
    corpora_command("build", *pool, "--out", tmp_path / "out", "--key-file", key_file, check=True)
    assert published(tmp_path / "out") == published(sample_build.out)


def test_another_key_gives_other_ids_and_surrogates(sample_build, corpora_command, published, tmp_path):
    corpora_command("build", "--out", tmp_path / "out", "--key-file", tmp_path / "key", check=True)
    assert published(tmp_path / "out") != published(sample_build.out)


def test_placeholders_and_no_word_bound(corpora_command, key_file, tmp_path):
    from datasets import load_from_disk

    out = tmp_path / "out"
    corpora_command(
        "build", "--style", "placeholder", "--min-words", 0, "--out", out, "--key-file", key_file, check=True
    )
    rows = load_from_disk(str(out))["train"]
    assert min(rows["response_words"]) < 5
    assert any("[NAME" in message["content"] for row in rows for message in row["prompt"])


def test_the_command_says_where_things_are_and_explains_the_sum(corpora_command, tmp_path):
    built = corpora_command("build", check=True)
    assert "packaged sample" in built.stderr
    assert "shards: " in built.stdout
    assert (tmp_path / "corpora-out/alexander-street/report/index.html").is_file()
    explained = corpora_command("explain", "corpora-out/alexander-street", check=True)
    assert "turns: 1810 seen = " in explained.stdout
    assert corpora_command("verify", "corpora-out/alexander-street", check=True).stdout


def test_a_failed_gate_publishes_nothing_and_exits_3(corpora_command, tmp_path):
    recipe = tmp_path / "strict.toml"
    corpora = corpora_command("build", "--dry-run", "--json", check=True)
    stages = [stage for stage in json.loads(corpora.stdout)["stages"] if stage["use"] != "expect"]
    tables = [
        "\n".join(["[[stage]]", *(f"{k} = {json.dumps(v)}" for k, v in s.items() if k != "version" and v is not None)])
        for s in stages
    ]
    recipe.write_text("\n".join([*tables, '[[stage]]\nuse = "expect"\nmax_words = 60\n']))
    result = corpora_command("run", recipe, "--out", "out")
    assert result.returncode == 3
    assert "nothing was published" in result.stderr
    assert not (tmp_path / "out").exists()
    assert "60" in (tmp_path / "out.work/report/index.html").read_text(encoding="utf-8")
    assert corpora_command("explain", "out").returncode == 0


def test_annomi_gives_264_examples_and_explains_every_utterance(shared, corpora_command, key_file):
    arguments = ("build", "--source", "annomi", "--input", shared / "data" / ANNOMI, "--min-words", 50, "--json")
    manifest = json.loads(corpora_command(*arguments, "--key-file", key_file, check=True).stdout)
    assert abs(manifest["examples"]["total"] - 264) <= 6
    assert manifest["accounting"]["turns"]["seen"] == 9699
    assert manifest["accounting"]["sessions"]["seen"] == 133
    assert balanced(manifest["accounting"])
    assert manifest["accounting"]["turns"]["dropped"]["low_quality"] > 0
    kept = json.loads(corpora_command(*arguments, "--keep-low-quality", "--key-file", key_file, check=True).stdout)
    assert abs(kept["examples"]["total"] - 323) <= 6


def write_annomi(path, sessions, turns):
    columns = [
        "transcript_id",
        "mi_quality",
        "video_title",
        "video_url",
        "topic",
        "utterance_id",
        "interlocutor",
        "timestamp",
        "utterance_text",
    ]
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(columns)
        for number in range(sessions):
            for turn in range(turns):
                who = "client" if turn % 2 == 0 else "therapist"
                text = " ".join(f'the thing we talked about here was number {turn}, "so" it\nis' for _ in range(6))
                rows.writerow(
                    [
                        number,
                        "high",
                        f"v{number}",
                        f"https://example.org/{number}",
                        "sleep",
                        turn,
                        who,
                        "00:00:01",
                        text,
                    ]
                )


def test_places_stay_when_data_are_added(corpora_command, key_file, tmp_path):
    from datasets import load_from_disk

    source, out = tmp_path / "a.csv", tmp_path / "out"
    arguments = ("build", "--source", "annomi", "--input", source, "--out", out, "--key-file", key_file)
    places = []
    for sessions in (3, 12):
        write_annomi(source, sessions, 6)
        corpora_command(*arguments, check=True)
        places.append(
            {client: split for split, rows in load_from_disk(str(out)).items() for client in rows["client_id"]}
        )
    assert set(places[0].values()) == {"train", "validation", "test"}
    assert not [client for client in places[0] if places[0][client] == "test" and places[1][client] == "train"]
    assert (tmp_path / "out.previous").is_dir()


def test_own_clients_and_folds(corpora_command, key_file, tmp_path):
    from datasets import load_from_disk

    write_annomi(tmp_path / "a.csv", 4, 6)
    (tmp_path / "clients.csv").write_text(
        "session_id,client_id\n" + "".join(f"annomi-{n},c{n // 2}\n" for n in range(4))
    )
    (tmp_path / "folds.csv").write_text("client_id,split\nc0,train\nc1,test\n")
    arguments = ("build", "--source", "annomi", "--input", "a.csv", "--out", "out", "--key-file", key_file)
    corpora_command(*arguments, "--clients", "clients.csv", "--folds", "folds.csv", check=True)
    loaded = load_from_disk(str(tmp_path / "out"))
    assert {split: len(set(rows["client_id"])) for split, rows in loaded.items()} == {"train": 1, "test": 1}


def test_where_nothing_is_kept_the_error_says_what_became_of_it(corpora_command, tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.txt").write_text("Prose without any speaker, only one paragraph of it.\n")
    result = corpora_command("build", "--source", "alexander-street", "--input", folder, "--engine", "serial")
    assert result.returncode == 3
    assert "files: 1 no_speaker_labels" in result.stderr
