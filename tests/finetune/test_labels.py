"""Labels are exactly the therapist's words and the token that ends the turn; token by token beside TRL's."""

from pathlib import Path

import pytest
import trl

from corpora.errors import UsageError
from finetune.labels import IGNORED, Encoder, Unusable, _messages, counted, decoded
from tests.finetune.tiny import make_row, make_tokenizer

ROW = {
    "example_id": "e1",
    "prompt": [
        {"role": "system", "content": "Listen well."},
        {"role": "user", "content": "I feel tired."},
        {"role": "assistant", "content": "Since when?"},
        {"role": "user", "content": "The nights are long."},
    ],
    "completion": [{"role": "assistant", "content": "You carry a great deal alone."}],
}
GOLDEN = {
    "llama3": (
        (
            "<|begin_of_text|><|start_header_id|>system<|end_header_id|>\n\nListen well.<|eot_id|>"
            "<|start_header_id|>user<|end_header_id|>\n\nI feel tired.<|eot_id|>"
            "<|start_header_id|>assistant<|end_header_id|>\n\nSince when?<|eot_id|>"
            "<|start_header_id|>user<|end_header_id|>\n\nThe nights are long.<|eot_id|>"
            "<|start_header_id|>assistant<|end_header_id|>\n\n"
        ),
        "You carry a great deal alone.<|eot_id|>",
    ),
    "mistral": (
        "<s>[INST] Listen well.\n\nI feel tired. [/INST] Since when?</s>[INST] The nights are long. [/INST]",
        "You carry a great deal alone.</s>",
    ),
    "qwen2": (
        (
            "<|im_start|>system\nListen well.<|im_end|>\n<|im_start|>user\nI feel tired.<|im_end|>\n"
            "<|im_start|>assistant\nSince when?<|im_end|>\n<|im_start|>user\nThe nights are long.<|im_end|>\n"
            "<|im_start|>assistant\n"
        ),
        "You carry a great deal alone.<|im_end|>",
    ),
    "chatml": (
        (
            "<|im_start|>system\nListen well.<|im_end|>\n<|im_start|>user\nI feel tired.<|im_end|>\n"
            "<|im_start|>assistant\nSince when?<|im_end|>\n<|im_start|>user\nThe nights are long.<|im_end|>\n"
            "<|im_start|>assistant\n"
        ),
        "You carry a great deal alone.<|im_end|>",
    ),
    "none": (
        (
            "<|endoftext|>Listen well.\n\n### Client:\nI feel tired.\n\n### Therapist:\nSince when?<|endoftext|>\n\n"
            "### Client:\nThe nights are long.\n\n### Therapist:\n"
        ),
        "You carry a great deal alone.<|endoftext|>",
    ),
}


def encoder(family="llama3", source_max=512, target_max=256):
    return Encoder(make_tokenizer(family), source_max, target_max)


def only(results):
    (result,) = results
    return result


@pytest.mark.parametrize("family", GOLDEN)
def test_decoded_labels_are_the_response_and_its_terminator(family):
    coder = encoder(family)
    (prompt, no_loss), (response, loss) = decoded(only(coder.encode([ROW])), coder.tokenizer)
    assert (no_loss, loss) == (False, True)
    assert (prompt, response) == GOLDEN[family]


@pytest.mark.parametrize("family", ["llama3", "mistral", "qwen2", "chatml"])
def test_same_tokens_and_labels_as_trl_but_for_white_space_behind_the_terminator(family, tmp_path):
    from datasets import Dataset
    from transformers import LlamaConfig, LlamaForCausalLM
    from trl import SFTConfig, SFTTrainer

    rows = [make_row(number, context=1 + number % 3).row() for number in range(6)]
    tokenizer = make_tokenizer(family)
    config = LlamaConfig(
        vocab_size=len(tokenizer), hidden_size=16, intermediate_size=16, num_hidden_layers=1, num_attention_heads=2
    )
    trainer = SFTTrainer(
        model=LlamaForCausalLM(config),
        args=SFTConfig(
            output_dir=str(tmp_path), max_length=None, report_to="none", use_cpu=True, completion_only_loss=True
        ),
        train_dataset=Dataset.from_list([{name: row[name] for name in ("prompt", "completion")} for row in rows]),
        processing_class=tokenizer,
    )
    for ours, theirs in zip(encoder(family).encode(rows), trainer.train_dataset, strict=True):
        size = len(ours.ids)
        assert ours.ids == theirs["input_ids"][:size]
        assert ours.labels == theirs["labels"][:size]
        assert not tokenizer.decode(theirs["input_ids"][size:]).strip()


@pytest.mark.parametrize(
    ("name", "end"),
    [
        ("llama3", "<|eot_id|>"),
        ("llama3_1", "<|eot_id|>"),
        ("llama3_2", "<|eot_id|>"),
        ("qwen2_5", "<|im_end|>"),
        ("qwen2_5_training", "<|im_end|>"),
        ("qwen3_instruct_2507", "<|im_end|>"),
        ("gemma", "<end_of_turn>"),
        ("gemma3", "<end_of_turn>"),
        ("cohere", "<|END_OF_TURN_TOKEN|>"),
    ],
)
def test_published_templates_train_what_follows_their_generation_prompt(name, end):
    """Templates as TRL packages them; some mark a span that begins with the header before the response."""
    tokenizer = make_tokenizer("qwen2")
    tokenizer.chat_template = (Path(trl.__file__).parent / "chat_templates" / f"{name}.jinja").read_text()
    tokenizer.add_special_tokens({"additional_special_tokens": [end]})
    coder = Encoder(tokenizer, 512, 256)
    encoded = only(coder.encode([ROW]))
    (prompt, _), (response, _) = decoded(encoded, tokenizer)
    assert response == f"You carry a great deal alone.{end}"
    asked = tokenizer.apply_chat_template(
        _messages(ROW, fold_system=coder._system_refused)[:-1], add_generation_prompt=True, tokenize=False
    )
    assert prompt == asked


@pytest.mark.parametrize("name", ["llava_next", "smolvlm"])
def test_a_template_for_pictures_is_refused(name):
    tokenizer = make_tokenizer("qwen2")
    tokenizer.chat_template = (Path(trl.__file__).parent / "chat_templates" / f"{name}.jinja").read_text()
    with pytest.raises(UsageError, match="plain text"):
        Encoder(tokenizer, 512, 256)


def test_control_tokens_in_what_was_said_stay_words():
    coder = encoder("llama3")
    said = {**ROW, "completion": [{"role": "assistant", "content": "He typed <|eot_id|> and left."}]}
    encoded = only(coder.encode([said]))
    (end,) = coder.terminator
    assert encoded.ids[encoded.start :].count(end) == 1
    assert encoded.ids[-1] == end
    assert decoded(encoded, coder.tokenizer)[1][0] == "He typed <|eot_id|> and left.<|eot_id|>"


@pytest.mark.parametrize("family", GOLDEN)
@pytest.mark.parametrize("source_max", [120, 90])
def test_a_long_prompt_loses_its_oldest_words_and_nothing_else(family, source_max):
    full = encoder(family, source_max=4000)
    long = "They said so much about it and on and on it went. " * 30
    row = {**ROW, "prompt": [*ROW["prompt"][1:3], {"role": "user", "content": f"{long}The nights are long."}]}
    whole = only(full.encode([row]))
    cut = only(encoder(family, source_max=source_max).encode([row]))
    assert not whole.cut
    assert cut.cut
    assert cut.start <= source_max
    assert cut.ids[cut.start :] == whole.ids[whole.start :]
    prompt = decoded(cut, full.tokenizer)[0][0]
    assert "The nights are long." in prompt
    assert "Since when?" not in prompt
    head = GOLDEN[family][0].split("Listen well.")[0][:6] if family != "qwen2" else "<|im_s"
    assert prompt.startswith(head)


def test_rows_that_cannot_be_trained_on_are_left_out_with_a_reason():
    rows = [
        {**ROW, "example_id": "long", "completion": [{"role": "assistant", "content": "and so on " * 90}]},
        {**ROW, "example_id": "empty", "completion": [{"role": "assistant", "content": "  "}]},
        {**ROW, "example_id": "roles", "prompt": [*ROW["prompt"], {"role": "user", "content": "Twice."}]},
        {**ROW, "example_id": "two", "completion": ROW["completion"] * 2},
        {**ROW, "example_id": "none", "completion": []},
    ]
    results = list(encoder(target_max=40).encode([*rows, ROW]))
    assert [result.reason for result in results[:-1]] == [
        "response_too_long",
        "empty_response",
        "roles_do_not_alternate",
        "roles_do_not_alternate",
        "roles_do_not_alternate",
    ]
    assert not isinstance(results[-1], Unusable)
    kept, counts = counted(results)
    assert len(kept) == 1
    assert counts == {"response_too_long": 1, "empty_response": 1, "roles_do_not_alternate": 3}
    system = {**ROW, "prompt": [{"role": "system", "content": "Listen. " * 60}, ROW["prompt"][1]]}
    assert only(encoder(source_max=40).encode([system])).reason == "prompt_too_long"


def test_a_template_that_ends_turns_with_nothing_gets_the_eos_token():
    tokenizer = make_tokenizer("llama3")
    tokenizer.chat_template = "{% for m in messages %}{{ m['role'] + ': ' + m['content'] + '\n' }}{% endfor %}"
    coder = Encoder(tokenizer, 512, 64)
    assert only(coder.encode([ROW])).ids[-1] == tokenizer.eos_token_id
    assert any("eos" in notice for notice in coder.notices)
    tokenizer = make_tokenizer("llama3")
    tokenizer.chat_template = "{% for m in messages %}{{ m['content'] + '\n' }}{% endfor %}"
    tokenizer.eos_token = None
    with pytest.raises(UsageError, match="eos token"):
        Encoder(tokenizer, 512, 64)


def test_what_is_unusual_about_a_template_is_said():
    assert any("no chat template" in notice for notice in encoder("none").notices)
    assert any("system" in notice for notice in encoder("mistral").notices)
    assert not encoder("llama3").notices


def test_padding_that_is_the_eos_token_does_not_hide_the_terminator():
    tokenizer = make_tokenizer("llama3")
    tokenizer.pad_token = tokenizer.eos_token
    encoded = only(Encoder(tokenizer, 512, 64).encode([ROW]))
    assert encoded.labels[-1] == tokenizer.pad_token_id
    assert encoded.labels[: encoded.start] == [IGNORED] * encoded.start
