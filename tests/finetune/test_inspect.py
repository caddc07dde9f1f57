"""`corpora inspect`: what a person sees of a corpus, and of what would be trained on."""

import json


def test_mask_shows_context_and_what_is_trained_on(corpora_command, corpus, llama):
    shown = corpora_command("inspect", corpus, "--mask", "--model", llama, "--rows", 2, check=True).stdout
    assert shown.count("⟦") == shown.count("<|eot_id|>⟧") == 2
    lines = corpora_command("inspect", corpus, "--mask", "--model", llama, "--json", check=True).stdout.splitlines()
    rows = [json.loads(line) for line in lines]
    plain = [json.loads(line) for line in corpora_command("inspect", corpus, "--json", check=True).stdout.splitlines()]
    assert len(rows) == len(plain) == 3
    for row, source in zip(rows, plain, strict=True):
        assert row["trained_on"] == source["completion"][0]["content"] + "<|eot_id|>"
        assert source["prompt"][-1]["content"] in row["context"]
        assert [token for token in row["labels"] if token != -100] == row["input_ids"][row["labels"].count(-100) :]


def test_without_mask_it_shows_the_talk(corpora_command, corpus):
    shown = corpora_command("inspect", corpus, "--rows", 1, "--split", "validation", check=True).stdout
    assert shown.startswith("== e0064\nuser: ")
    assert "\nassistant: " in shown


def test_wrong_calls_get_one_line(corpora_command, corpus, tmp_path):
    (tmp_path / "empty").mkdir()
    for arguments, said in (
        (["inspect", corpus, "--mask"], "--model"),
        (["inspect", corpus, "--mask", "--model", tmp_path / "empty"], "no tokenizer can be read there"),
        (["inspect", corpus, "--split", "dev"], "train, validation"),
        (["inspect", tmp_path / "empty"], "not a built corpus"),
        (["inspect", corpus, "--mask", "--model", "x", "--preset", "nope"], "berkeley"),
    ):
        result = corpora_command(*arguments)
        assert result.returncode == 2, result.stderr
        assert said in result.stderr
        assert len(result.stderr.splitlines()) == 1
