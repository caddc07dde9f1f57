"""`corpora export`: what the terms or the steward do not allow stays here."""

import json

import pytest

from pipelines.stages.read import Read


@pytest.fixture
def corpus(tmp_path):
    import pyarrow as pa

    from corpora.records import Example, Message, Provenance, example_schema
    from corpora.shards import write_dataset_dict, write_split, write_sums

    def make(licence):
        row = Example(
            example_id="e",
            session_id="s",
            client_id="c",
            group_id="c",
            source="annomi",
            prompt=(Message("user", "It rains."),),
            completion=(Message("assistant", "And what does the rain do?"),),
            response_words=6,
            context_turns=1,
            kind="transcript",
            provenance=Provenance("h", 0, 1, 2, ("read/2",)),
            meta={"license": licence},
        ).row()
        out = tmp_path / "out"
        write_split(out, "train", pa.Table.from_pylist([row], schema=example_schema()))
        write_dataset_dict(out, ["train"])
        write_sums(out)
        return out

    return make


def test_bound_terms_are_named_and_refused_until_accepted(corpus, corpora_command, tmp_path):
    out = corpus("do not redistribute")
    refused = corpora_command("export", out, "--format", "trl")
    assert refused.returncode == 4
    assert "annomi (licence: do not redistribute)" in refused.stderr
    assert "--accept-terms annomi" in refused.stderr
    assert not (tmp_path / "out-trl").exists()
    corpora_command("export", out, "--format", "trl", "--accept-terms", "annomi", check=True)
    assert "do not redistribute" in (tmp_path / "out-trl" / "README.md").read_text()
    wrong = corpora_command("export", out, "--format", "trl", "--accept-terms", "anomi")
    assert (wrong.returncode, "here are annomi" in wrong.stderr) == (2, True)


def test_free_terms_need_no_word_but_an_approval_may_be_asked_for(corpus, corpora_command, tmp_path):
    out = corpus("MIT")
    refused = corpora_command("export", out, "--format", "sharegpt", "--require-approval")
    assert refused.returncode == 3
    done = corpora_command(
        "export", out, "--format", "sharegpt", "--names", "human=client", "--system", "Listen.", "--json", check=True
    )
    assert json.loads(done.stdout)["rows"] == {"train": 1}
    turns = json.loads((tmp_path / "out-sharegpt" / "train.jsonl").read_text())["conversations"]
    assert [turn["from"] for turn in turns] == ["system", "client", "gpt"]
    assert str(tmp_path) not in (tmp_path / "out-sharegpt" / "README.md").read_text()
    assert corpora_command("export", out, "--format", "trl", "--names", "a").returncode == 2


def test_the_packaged_sample_is_ours_to_hand_on():
    assert Read(source="alexander-street").terms["license"].startswith("Apache-2.0")
    assert "redistribution" in Read(source="alexander-street", input=__file__).terms["license"]
