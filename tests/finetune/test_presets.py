"""Presets hold the papers' numbers; a wrong key or value is refused by name."""

import pytest

from corpora.errors import UsageError
from finetune.presets import PRESETS, Preset, load_preset, parse_values, swept


def test_presets_are_the_papers():
    mentalgpt = load_preset("mentalgpt").preset
    assert (mentalgpt.r, mentalgpt.alpha, mentalgpt.dropout, mentalgpt.targets) == (64, 16, 0.1, "all-linear")
    assert (mentalgpt.lr, mentalgpt.weight_decay, mentalgpt.max_grad_norm, mentalgpt.epochs) == (2e-4, 0.01, 0.3, 5)
    assert (mentalgpt.optimizer, mentalgpt.schedule, mentalgpt.warmup_ratio) == ("paged_adamw_32bit", "constant", 0.03)
    assert mentalgpt.micro_batch * mentalgpt.accumulation == 64
    assert (mentalgpt.source_max, mentalgpt.target_max, mentalgpt.bits) == (512, 1024, 4)
    berkeley = load_preset("berkeley").preset
    assert (berkeley.r, berkeley.alpha, berkeley.dropout, berkeley.bits) == (8, 16, 0.1, 4)
    assert berkeley.targets == ("q_proj", "v_proj")
    nile = load_preset("nile").preset
    assert (nile.r, nile.dropout, nile.lr, nile.schedule, nile.warmup_steps) == (16, 0.1, 2e-4, "cosine", 100)
    assert (nile.micro_batch, nile.accumulation, nile.epochs, nile.weight_decay) == (2, 4, 2, 0.01)
    assert (nile.precision, nile.eval_every, nile.save_every, nile.keep_checkpoints) == ("fp16", 300, 300, 2)
    assert (nile.load_best, nile.patience_steps, nile.split) == (True, 500, (0.8, 0.2))
    mirror = load_preset("mirror")
    assert len(swept(mirror.preset, mirror.sweep)) == 12


def test_every_preset_is_listed_and_loads():
    assert {path.stem for path in PRESETS.glob("*.toml")} == {"mentalgpt", "berkeley", "nile", "mirror"}


def test_the_command_line_writes_values_as_toml_does():
    assert parse_values(["r=8,64", "targets=q_proj,v_proj", "schedule=linear", "load_best=true"], "--set") == {
        "r": [8, 64],
        "targets": ["q_proj", "v_proj"],
        "schedule": ["linear"],
        "load_best": [True],
    }
    assert swept(Preset(), {"r": [8, 16], "lr": [1]})["r16-lr1"] == Preset(r=16, lr=1.0)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"rank": 8}, "unknown preset key 'rank'"),
        ({"r": 0}, "r = 0"),
        ({"r": 2.5}, "r = 2.5: it must be int"),
        ({"r": True}, "it must be int"),
        ({"lr": 0}, "lr"),
        ({"dropout": 1.0}, "dropout"),
        ({"bits": 8}, "bits = 8: choose one of 4, 16"),
        ({"schedule": "wavy"}, "constant, cosine, linear"),
        ({"special_tokens": ["<x>"]}, "train_embeddings"),
        ({"max_steps": -1}, "cannot be negative"),
    ],
)
def test_impossible_values_are_refused(changes, said):
    with pytest.raises(UsageError, match=said):
        Preset().changed(changes)


def test_a_preset_file_that_is_wrong_is_named(tmp_path):
    path = tmp_path / "mine.toml"
    for text, said in (("r = ", "not valid TOML"), ("rank = 3", "rank"), ("[sweep]\nr = [0]", "at least 1")):
        path.write_text(text)
        with pytest.raises(UsageError, match=f"mine.toml: .*{said}"):
            load_preset(str(path))
    path.write_text("r = 3")
    assert load_preset(str(path)).preset.r == 3
    with pytest.raises(UsageError, match="berkeley, mentalgpt, mirror, nile"):
        load_preset("llama")
    with pytest.raises(UsageError, match="key=value"):
        parse_values(["r"], "--set")
