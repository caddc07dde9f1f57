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


def test_a_tokenizers_lengths_are_those_of_the_trainer(corpora_command, corpus, llama, tmp_path):
    (tmp_path / "short.toml").write_text("source_max = 40\ntarget_max = 24\n")
    arguments = ["inspect", corpus, "--tokenizer", llama, "--preset", tmp_path / "short.toml"]
    found = json.loads(corpora_command(*arguments, "--json", check=True).stdout)
    lines = corpora_command("inspect", corpus, "--mask", *arguments[2:], "--rows", 64, "--json", check=True).stdout
    masked = [json.loads(line) for line in lines.splitlines()]
    lines = corpora_command("inspect", corpus, "--mask", *arguments[2:4], "--rows", 64, "--json", check=True).stdout
    whole = [len(json.loads(line)["input_ids"]) for line in lines.splitlines()]
    train = json.loads(corpora_command(*arguments, "--split", "train", "--json", check=True).stdout)
    assert (found["rows"], train["rows"]) == (80, len(masked)) == (80, 64)
    assert train["whole"] | {"median": 0, "p95": 0} == {
        "least": min(whole), "median": 0, "p95": 0, "most": max(whole), "sum": sum(whole),
    }  # fmt: skip
    left_out = sum(row.get("left_out") == "response_too_long" for row in masked)
    assert train["responses_left_out"] == {"rows": left_out, "share": round(left_out / 64, 4)}
    assert 0 < left_out < 64
    assert train["prompts_cut"]["rows"] >= sum(row.get("prompt_cut", False) for row in masked) > 0
    shown = corpora_command(*arguments, check=True).stdout
    assert "prompts by tokens: median" in shown
    assert "responses over 24, left out" in shown


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
