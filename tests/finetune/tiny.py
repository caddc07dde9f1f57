"""Tiny tokenizers in the forms of four model families, a tiny Llama, and a small corpus, all made here."""

import numpy as np

from corpora.records import Example, Message, Provenance

WORDS = (
    "I feel tired and the nights are long. My sister thinks that I should rest more, but work does not wait. "
    "It sounds as though you carry a great deal alone. What would it be like to put some of that weight down? "
    "When did you first notice that sleep would not come? You said that the garden helped you breathe again. "
)
LLAMA3 = (
    "{{- bos_token }}{%- for m in messages %}"
    "{{- '<|start_header_id|>' + m['role'] + '<|end_header_id|>\n\n' + m['content'] | trim + '<|eot_id|>' }}"
    "{%- endfor %}{%- if add_generation_prompt %}{{- '<|start_header_id|>assistant<|end_header_id|>\n\n' }}{%- endif %}"
)
MISTRAL = (
    "{{- bos_token }}{%- for m in messages %}{%- if m['role'] == 'user' %}{{- '[INST] ' + m['content'] + ' [/INST]' }}"
    "{%- elif m['role'] == 'assistant' %}{{- ' ' + m['content'] + eos_token }}"
    "{%- else %}{{- raise_exception('only user and assistant') }}{%- endif %}{%- endfor %}"
)
QWEN2 = (
    "{%- if messages[0]['role'] != 'system' %}{{- '<|im_start|>system\nBe kind.<|im_end|>\n' }}{%- endif %}"
    "{%- for m in messages %}{{- '<|im_start|>' + m['role'] + '\n' + m['content'] + '<|im_end|>\n' }}{%- endfor %}"
    "{%- if add_generation_prompt %}{{- '<|im_start|>assistant\n' }}{%- endif %}"
)
CHATML = (  # marks what is generated, but not its terminator
    "{%- for m in messages %}{{- '<|im_start|>' + m['role'] + '\n' }}"
    "{%- if m['role'] == 'assistant' %}{% generation %}{{- m['content'] }}{% endgeneration %}"
    "{%- else %}{{- m['content'] }}{%- endif %}{{- '<|im_end|>\n' }}{%- endfor %}"
    "{%- if add_generation_prompt %}{{- '<|im_start|>assistant\n' }}{%- endif %}"
)
UNKNOWN = "<unk>"
FAMILIES = {
    "llama3": (LLAMA3, ["<|begin_of_text|>", "<|eot_id|>", "<|start_header_id|>", "<|end_header_id|>"]),
    "mistral": (MISTRAL, ["<s>", "</s>", "[INST]", "[/INST]"]),
    "qwen2": (QWEN2, ["<|endoftext|>", "<|im_end|>", "<|im_start|>"]),
    "chatml": (CHATML, ["<|endoftext|>", "<|im_end|>", "<|im_start|>"]),
    "none": (None, ["<|endoftext|>", "<|endoftext|>"]),
}


def make_tokenizer(family, vocabulary=400):
    """A byte-level BPE (Mistral's: pieces with a marked space and single bytes) trained on a few sentences of ours."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    template, special = FAMILIES[family]
    if family == "mistral":
        tokenizer = Tokenizer(models.BPE(byte_fallback=True, unk_token=UNKNOWN, fuse_unk=True))
        tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first", split=False)
        tokenizer.decoder = decoders.Sequence(
            [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
        )
        pieces = [UNKNOWN, *dict.fromkeys(special), *(f"<0x{byte:02X}>" for byte in range(256))]
        trainer = trainers.BpeTrainer(vocab_size=vocabulary + 200, special_tokens=pieces)
    else:
        tokenizer = Tokenizer(models.BPE())
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        tokenizer.decoder = decoders.ByteLevel()
        alphabet = pre_tokenizers.ByteLevel.alphabet()
        trainer = trainers.BpeTrainer(
            vocab_size=vocabulary, special_tokens=list(dict.fromkeys(special)), initial_alphabet=alphabet
        )
    tokenizer.train_from_iterator([WORDS], trainer)
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token=special[0],
        eos_token=special[1],
        unk_token=UNKNOWN if family == "mistral" else None,
        additional_special_tokens=special[2:],
        clean_up_tokenization_spaces=False,
    )
    fast.chat_template = template
    return fast


def make_row(number, response_words=12, context=1, system=None):
    """One training row of fiction; every row's words differ."""
    words = WORDS.split()
    rng = np.random.default_rng(number)
    say = lambda count: " ".join(rng.choice(words, count))  # noqa: E731
    prompt = [Message("system", system)] if system else []
    sides = ("user", "assistant") * context
    prompt += [Message(side, say(int(rng.integers(4, 20)))) for side in sides[:-1]]
    return Example(
        example_id=f"e{number:04d}",
        session_id=f"s{number // 4}",
        client_id=f"c{number // 8}",
        group_id=f"c{number // 8}",
        source="fiction",
        prompt=tuple(prompt),
        completion=(Message("assistant", say(response_words)),),
        response_words=response_words,
        context_turns=len(prompt),
        kind="transcript",
        provenance=Provenance("h", 0, 1, 2, ("read/1",)),
    )


def make_corpus(folder, sizes, system=None):
    """A corpus in the published layout: split -> number of rows."""
    import pyarrow as pa

    from corpora.records import example_schema
    from corpora.shards import write_dataset_dict, write_split, write_sums

    folder.mkdir()
    first = 0
    for split, size in sizes.items():
        rows = [make_row(first + at, 4 + (first + at) % 23, 1 + at % 3, system).row() for at in range(size)]
        write_split(folder, split, pa.Table.from_pylist(rows, schema=example_schema()))
        first += size
    write_dataset_dict(folder, list(sizes))
    write_sums(folder)
    return folder


def make_llama(folder, family="llama3", seed=0, **overrides):
    """A two-layer Llama with random weights and its tokenizer, saved as a checkpoint."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    tokenizer = make_tokenizer(family)
    torch.manual_seed(seed)
    settings = {
        "vocab_size": len(tokenizer),
        "hidden_size": 64,
        "intermediate_size": 128,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "max_position_embeddings": 512,
        "bos_token_id": tokenizer.bos_token_id,
        "eos_token_id": tokenizer.eos_token_id,
        **overrides,
    }
    LlamaForCausalLM(LlamaConfig(**settings)).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
