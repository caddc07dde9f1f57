"""Answers of a tiny model: the same alone and in a batch, ended where the turn ends, kept when killed."""

import json

import pytest
import torch

from corpora.errors import CorporaError, UsageError
from finetune.evaluate.respond import Generation, Replies, Reply, answered, encoded, load_model, load_run

TALKS = [
    [{"role": "user", "content": "I feel tired and the nights are long."}],
    [{"role": "user", "content": "My sister thinks that I should rest more, but work does not wait. " * 3}],
    [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "The garden helped."}],
]
SHORT = Generation(max_new_tokens=12, batch=8)


@pytest.fixture(scope="module")
def pair(run):
    return load_run(run, SHORT, 256, bits=16)


def test_padding_changes_no_answer(pair):
    """The greedy answer in a batch is the one found token by token, alone, without a cache."""
    tuned, _ = pair
    prompts, _ = encoded(tuned.encoder, TALKS)
    found = dict(tuned.respond(prompts))
    for at, prompt in enumerate(prompts):
        ids, ends = list(prompt), set(tuned._ends())
        while len(ids) < len(prompt) + 12:
            with torch.no_grad():
                token = int(tuned._model(torch.tensor([ids])).logits[0, -1].argmax())
            if token in ends:
                break
            ids.append(token)
        said = ids[len(prompt) :]
        assert found[at].text == tuned.encoder.tokenizer.decode(said, skip_special_tokens=True).strip()
        assert found[at].tokens == len(said)
        assert found[at].finish == ("length" if len(said) == 12 else "stop")


def test_the_prompt_ends_where_the_therapist_begins(pair):
    tuned, _ = pair
    prompts, notes = encoded(tuned.encoder, TALKS)
    text = tuned.encoder.tokenizer.decode(prompts[0])
    assert text.endswith("<|start_header_id|>assistant<|end_header_id|>\n\n")
    assert notes == 0
    longest = max(map(len, prompts))
    tuned.encoder.source_max, before = longest - 1, tuned.encoder.source_max
    try:
        shorter, notes = encoded(tuned.encoder, TALKS)
    finally:
        tuned.encoder.source_max = before
    assert notes == 1
    assert max(map(len, shorter)) < longest
    assert shorter[0] == prompts[0]


def test_the_base_answers_without_the_adapter(pair, llama):
    _, base = pair
    alone = load_model(str(llama), SHORT, 256, bits=16)
    prompts, _ = encoded(base.encoder, TALKS)
    assert dict(base.respond(prompts)) == dict(alone.respond(prompts))
    assert base.identity != pair[0].identity


def test_a_model_that_ends_its_turn_at_once_is_empty_and_not_cut(pair):
    tuned, _ = pair
    end = tuned.encoder.terminator[-1]
    assert tuned._reply([end, end], 12) == Reply("", "stop", 0)
    assert tuned._reply([70] * 12, 12).finish == "length"


def test_answers_are_kept_and_equal_prompts_asked_once(pair, tmp_path):
    tuned, _ = pair
    prompts, _ = encoded(tuned.encoder, [*TALKS, TALKS[0]])
    path, seen = tmp_path / "answers.jsonl", []
    first = answered(tuned, prompts, Replies(path), seen.append)
    assert len(path.read_text().splitlines()) == 3
    assert sum(seen) == 4
    assert path.stat().st_mode & 0o077 == 0
    path.write_text(path.read_text()[:-20])  # killed while the last one was written

    class Watched:
        encoder, identity, asked = tuned.encoder, tuned.identity, 0

        def respond(self, asked):
            Watched.asked += len(asked)
            return tuned.respond(asked)

    again = answered(Watched(), prompts, Replies(path), seen.append)
    assert again == first
    assert Watched.asked == 1
    assert len([json.loads(line) for line in path.read_text().splitlines()]) == 3


def test_too_little_memory_halves_the_batch(pair, monkeypatch):
    tuned, _ = pair
    prompts, _ = encoded(tuned.encoder, TALKS)
    whole, sizes = dict(tuned.respond(prompts)), []
    real = tuned._batch

    def small(some):
        sizes.append(len(some))
        if len(some) > 1:
            raise torch.OutOfMemoryError
        return real(some)

    monkeypatch.setattr(tuned, "_batch", small)
    assert dict(tuned.respond(prompts)) == whole
    assert sizes == [3, 3, 3, 1, 1, 1] or sizes[-3:] == [1, 1, 1]


def test_what_cannot_be_answered_is_refused(pair, run, tmp_path):
    tuned, _ = pair
    assert encoded(tuned.encoder, [[{"role": "assistant", "content": "Hello."}]]) == (["roles_do_not_alternate"], 0)
    with pytest.raises(CorporaError, match="lower --source-max"):
        list(tuned.respond([[5] * 600]))
    with pytest.raises(UsageError, match="not a run"):
        load_run(tmp_path, SHORT, 256, bits=16)
    document = json.loads((run / "run.json").read_text())
    (tmp_path / "run.json").write_text(json.dumps({**document, "status": "running"}))
    with pytest.raises(UsageError, match="is not finished"):
        load_run(tmp_path, SHORT, 256, bits=16)
