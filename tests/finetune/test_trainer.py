"""The trainer on a tiny Llama: what it learns from, that it survives, what it leaves behind."""

import json
import math
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from anonymize.keys import key_id
from corpora.errors import CorporaError, UsageError
from corpora.files import sha256_file
from corpora.shards import splits_in
from finetune import checkpoints
from finetune.labels import IGNORED
from finetune.model import load_tokenizer, place, summed_loss, trained
from finetune.outputs import Ledger, read_metrics
from finetune.presets import Preset
from finetune.rows import Rows
from finetune.tokens import collate
from finetune.trainer import Job, epoch_steps, evaluate, learn, learning_rate, prepare, train
from pipelines.decisions import record
from pipelines.versions import TOOL
from tests.finetune.tiny import make_corpus, make_llama, make_row

KERNELS = """
import socket


def get_kernel(*_arguments, **_settings):
    socket.create_connection(("kernels.invalid", 443))
"""
NETWORK = Path(__file__).parents[1] / "network"
SMALL = Preset(
    r=4, lr=5e-3, micro_batch=4, accumulation=2, source_max=200, target_max=200, bits=16, dropout=0.1, warmup_ratio=0.0
)


def ready(job):
    """A run as it stands before its first step."""
    placement = place(job.preset)
    ledger = Ledger.open(job, placement, splits_in(job.corpus), lambda _notice: None)
    return prepare(job, ledger, placement, load_tokenizer(job.model))


@pytest.fixture
def job(corpus, llama, tmp_path):
    def make(name="run", **changes):
        return Job(corpus, str(llama), tmp_path / name, SMALL.changed(changes))

    return make


def gradients(run):
    return {name: parameter.grad.clone() for name, parameter in trained(run.model).items()}


# ------------------------------------------------------------------------------------------------ what it learns from


def test_the_loss_is_the_models_own_on_every_row_whatever_the_padding(job):
    run = ready(job())
    rows = [0, 5, 9, 22]
    assert len({run.train.lengths_at(at) for at in rows}) > 2
    run.model.eval()
    own = 0.0
    for at in rows:
        ids, labels = collate(run.train, [at], run.placement.device)
        own += float(run.model(input_ids=ids, labels=labels).loss.detach()) * int((labels != IGNORED).sum())
    ours = summed_loss(run.model, *collate(run.train, rows, run.placement.device))
    assert float(ours.detach()) == pytest.approx(own, rel=1e-5)


def test_every_labelled_token_of_a_step_weighs_the_same(job):
    """One batch of eight rows, or eight of one: the same gradient, though their lengths differ."""
    rows = list(range(8))
    whole, single = (ready(job(name, dropout=0.0)) for name in ("whole", "single"))
    learn(whole, [rows])
    learn(single, [[at] for at in rows])
    for name, gradient in gradients(whole).items():
        torch.testing.assert_close(gradients(single)[name], gradient, rtol=1e-3, atol=1e-6)


def test_an_epoch_holds_every_row_once_in_batches_of_like_length():
    lengths = np.random.default_rng(0).integers(20, 900, 1000)
    padding = {}
    for grouped in (True, False):
        preset = SMALL.changed({"group_by_length": grouped})
        steps = epoch_steps(lengths, preset, 0)
        batches = [rows for step in steps for rows in step]
        assert sorted(at for rows in batches for at in rows) == list(range(1000))
        assert steps == epoch_steps(lengths, preset, 0)
        assert steps != epoch_steps(lengths, preset, 1)
        padding[grouped] = 1 - lengths.sum() / sum(len(rows) * lengths[rows].max() for rows in batches)
    assert padding[True] < 0.03
    assert padding[False] > 0.2


def test_schedules_warm_up_and_fall():
    constant = SMALL.changed({"lr": 1.0, "warmup_ratio": 0.1})
    assert [learning_rate(constant, step, 40) for step in (0, 1, 3, 4, 39)] == [0.25, 0.5, 1.0, 1.0, 1.0]
    cosine = constant.changed({"schedule": "cosine", "warmup_steps": 10})
    assert learning_rate(cosine, 9, 110) == pytest.approx(1.0)
    assert learning_rate(cosine, 60, 110) == pytest.approx(0.5)
    assert learning_rate(cosine, 109, 110) == pytest.approx(0.5 * (1 + math.cos(math.pi * 0.99)))
    assert learning_rate(constant.changed({"schedule": "linear"}), 22, 40) == pytest.approx(0.5)


def test_it_learns_an_answer_and_to_stop_after_it(tmp_path):
    import pyarrow as pa
    from peft import PeftModel
    from transformers import AutoModelForCausalLM, AutoTokenizer

    from corpora.records import example_schema
    from corpora.shards import write_dataset_dict, write_split

    corpus, said = tmp_path / "corpus", "You carry a great deal alone."
    corpus.mkdir()
    rows = [{**make_row(at).row(), "completion": [{"role": "assistant", "content": said}]} for at in range(16)]
    write_split(corpus, "train", pa.Table.from_pylist(rows, schema=example_schema()))
    write_dataset_dict(corpus, ["train"])
    llama = make_llama(tmp_path / "llama", "qwen2")
    preset = SMALL.changed({"lr": 1e-2, "epochs": 30, "dropout": 0.0, "load_best": True, "train_embeddings": True})
    document = train(Job(corpus, str(llama), tmp_path / "run", preset))
    assert document["train_loss"] < 0.2
    assert any("no validation split" in notice for notice in document["notices"])
    tokenizer = AutoTokenizer.from_pretrained(tmp_path / "run")
    model = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(llama), tmp_path / "run")
    inputs = tokenizer.apply_chat_template(rows[3]["prompt"], add_generation_prompt=True, return_tensors="pt")
    answer = model.generate(**inputs, max_new_tokens=60, do_sample=False)[0, inputs["input_ids"].shape[1] :]
    assert tokenizer.decode(answer) == f"{said}<|im_end|>"


def test_a_batch_without_labels_is_refused(job):
    run = ready(job())
    run.train.starts[7] = run.train.lengths_at(7)
    with pytest.raises(CorporaError, match="without a single label: rows e0007"):
        collate(run.train, [7], run.placement.device)


# -------------------------------------------------------------------------------------------------------- survival


def losses(folder):
    return [(line["step"], line.get("loss"), line.get("eval_loss")) for line in read_metrics(folder)]


@pytest.mark.slow
def test_killed_and_started_again_it_ends_with_the_same_bits(job, tmp_path):
    changes = {"epochs": 2, "save_every": 3, "eval_every": 4}
    whole, killed = job("whole", **changes), job("killed", **changes)
    train(whole)
    settings = [f"--set={key}={json.dumps(value)}" for key, value in killed.preset.document().items()]
    arguments = ["finetune", killed.corpus, "--model", killed.model, "--out", killed.out, *settings]
    command = [sys.executable, "-m", "pipelines.cli", *map(str, arguments)]
    process = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.DEVNULL)
    while checkpoints.latest(killed.work / "checkpoints") is None:
        assert process.poll() is None
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not (killed.out / "adapter_model.safetensors").exists()
    done = train(killed)
    assert losses(killed.out) == losses(whole.out)
    adapters = [(run.out / "adapter_model.safetensors").read_bytes() for run in (whole, killed)]
    assert adapters[0] == adapters[1]
    assert train(killed) == json.loads((killed.out / "run.json").read_text()) == done
    with pytest.raises(UsageError, match="another preset"):
        train(job("killed", **changes, seed=5))


def test_out_of_memory_halves_the_micro_batch_and_changes_nothing_else(job):
    """The hook stands for a device with room for two rows; with one row's room the run stops and says what to do."""
    full, tight = (ready(job(name, dropout=0.0)) for name in ("full", "tight"))
    room = 2

    def no_room(_module, arguments, keywords):
        if len(keywords.get("input_ids", arguments[0] if arguments else ())) > room:
            raise torch.OutOfMemoryError("CUDA out of memory")

    tight.model.get_base_model().model.register_forward_pre_hook(no_room, with_kwargs=True)
    steps = [[[0, 1, 2, 3], [4, 5, 6, 7, 8]], [[9, 10, 11]]]
    for step in steps:
        expected, found = learn(full, step), learn(tight, step)
        assert found["loss"] == pytest.approx(expected["loss"], rel=1e-5)
    assert tight.state.rows_at_once == 2
    assert any("from here on 2 rows at once" in notice for notice in tight.ledger.notices)
    for name, parameter in trained(full.model).items():
        torch.testing.assert_close(trained(tight.model)[name], parameter, rtol=1e-3, atol=1e-5)
    room = 1
    assert evaluate(tight) == pytest.approx(evaluate(full), rel=1e-3)
    assert tight.state.rows_at_once == 1
    room = 0
    with pytest.raises(CorporaError, match="lower source_max"):
        learn(tight, steps[0])


def test_a_loss_that_is_not_a_number_stops_with_the_rows_and_changes_nothing(job):
    run = ready(job())
    name, parameter = next(iter(trained(run.model).items()))
    with torch.no_grad():
        parameter[0, 0] = math.nan
    before = {name: parameter.clone() for name, parameter in trained(run.model).items()}
    with pytest.raises(CorporaError, match=r"step 1: the loss is not a number; rows e0003, e0011\."):
        learn(run, [[3, 11], [4]])
    for name, parameter in trained(run.model).items():
        torch.testing.assert_close(parameter, before[name], equal_nan=True)


@contextmanager
def largest_file(size):
    """As on a disk with room for `size` bytes more."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_checkpoint_that_does_not_fit_leaves_the_last_good_one(job):
    run = ready(job())
    folder = run.job.work / "checkpoints"
    learn(run, [[0, 1]])
    run.state.step = 1
    checkpoints.save(run)
    good = (folder / "step-00000001.pt").read_bytes()
    run.state.step = 2
    with largest_file(4096), pytest.raises(CorporaError, match=r"step-00000002.pt: .*last good one is step-00000001"):
        checkpoints.save(run)
    assert [path.name for path in folder.iterdir()] == ["step-00000001.pt"]
    assert checkpoints.latest(folder).read_bytes() == good
    (folder / "step-00000001.pt").write_bytes(good[:999])
    with pytest.raises(CorporaError, match="damaged"):
        checkpoints.load(folder / "step-00000001.pt")


def test_the_best_weights_are_taken_and_patience_ends_the_run(job):
    """A rate far too high: after a few steps the held-out loss rises."""
    run = job(
        lr=0.05,
        train_embeddings=True,
        epochs=4,
        eval_every=2,
        save_every=2,
        keep_checkpoints=2,
        load_best=True,
        patience_steps=6,
    )
    document = train(run)
    evaluations = {line["step"]: line["eval_loss"] for line in read_metrics(run.out) if "eval_loss" in line}
    best = min(evaluations, key=evaluations.get)
    assert document["weights_of_step"] == best
    assert document["steps"] == best + 6 < document["steps_planned"]
    assert document["eval_loss"] == evaluations[best]
    kept = sorted(path.name for path in (run.work / "checkpoints").iterdir())
    assert kept == ["best.pt", *(checkpoints.step_name(document["steps"] - back) for back in (2, 0))]


# ---------------------------------------------------------------------------------------------- four bits, embeddings


def test_four_bit_training_still_reaches_every_layer_after_an_evaluation(job):
    run = ready(job(bits=4, dropout=0.0, lr=1e-9))
    assert run.placement.quantised
    rows = [[0, 1, 2]]
    learn(run, rows)
    before = gradients(run)
    evaluate(run)
    learn(run, rows)
    for name, gradient in gradients(run).items():
        torch.testing.assert_close(gradient, before[name], rtol=1e-4, atol=1e-7)
    assert all(gradient.any() for name, gradient in before.items() if "lora_B" in name)


def test_added_tokens_are_trained_and_saved_with_their_embeddings(job):
    from peft import PeftModel
    from transformers import AutoModelForCausalLM, AutoTokenizer

    with pytest.raises(UsageError, match="train_embeddings"):
        job(special_tokens=["<pause>"])
    run = job(special_tokens=["<pause>"], train_embeddings=True, max_steps=2)
    document = train(run)
    tokenizer = AutoTokenizer.from_pretrained(run.out)
    assert tokenizer.convert_tokens_to_ids("<pause>") == len(tokenizer) - 1 == document["vocabulary"] - 1
    base = AutoModelForCausalLM.from_pretrained(run.model)
    base.resize_token_embeddings(document["vocabulary"])
    model = PeftModel.from_pretrained(base, run.out)
    assert {name for name, _ in model.named_parameters() if "modules_to_save" in name}


# ------------------------------------------------------------------------------------------------- what it leaves


def test_a_run_leaves_adapter_card_curve_and_hashes(corpora_command, corpus, llama, tmp_path):
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    settings = ["--preset", "mentalgpt", "--max-steps", 2, "--set", "micro_batch=4", "--set", "lr=1e-2"]
    stub = tmp_path / "stub" / "kernels"
    stub.mkdir(parents=True)
    (stub / "__init__.py").write_text(KERNELS)
    path = os.pathsep.join([str(tmp_path / "stub"), str(NETWORK)])
    done = corpora_command(
        "finetune", corpus, "--model", llama, "--out", "run", *settings, "--merge", env={"PYTHONPATH": path}, check=True
    )
    assert "2 steps" in done.stdout
    assert "note: paged AdamW" in done.stderr
    run = tmp_path / "run"
    document = json.loads((run / "run.json").read_text())
    assert document["identity"]["data"]["train"] == Rows(corpus, "train").digest()
    assert document["weights"] == "nf4, double quantised"
    assert document["identity"]["preset"]["r"] == 64
    assert all(len(document[name]) == 64 for name in ("config_sha256", "code_sha256", "corpus_sums_sha256"))
    assert [line["step"] for line in read_metrics(run)] == [1, 2, 2]
    assert (run / "loss.png").read_bytes().startswith(b"\x89PNG")
    card = (run / "README.md").read_text()
    assert f"({os.path.relpath(corpus / 'README.md', run)})" in card
    assert "Approval of the corpus: none; it is no build that could be approved." in card
    assert "## Limits" in card
    assert "Traceback" not in done.stderr
    assert oct((tmp_path / "run.work").stat().st_mode & 0o777) == "0o700"

    ids = torch.arange(20)[None]
    base = AutoModelForCausalLM.from_pretrained(llama)
    plain = base(ids).logits
    tuned = PeftModel.from_pretrained(base, run)(ids).logits
    whole = AutoModelForCausalLM.from_pretrained(run / "merged")(ids).logits
    torch.testing.assert_close(whole, tuned, rtol=1e-3, atol=1e-4)
    assert (tuned - plain).abs().max() > 1e-3


def test_nothing_is_fetched_where_nothing_is_quantised(corpora_command, corpus, llama, tmp_path):
    stub = tmp_path / "stub" / "kernels"
    stub.mkdir(parents=True)
    (stub / "__init__.py").write_text(KERNELS)
    path = os.pathsep.join([str(tmp_path / "stub"), str(NETWORK)])
    settings = ["--max-steps", 1, "--set", "bits=16", "--set", "micro_batch=2"]
    done = corpora_command(
        "finetune", corpus, "--model", llama, "--out", "run", *settings, env={"PYTHONPATH": path}, check=True
    )
    assert "kernels" not in done.stderr


def test_the_card_says_what_the_steward_decided(corpora_command, corpus, llama, tmp_path, key_file):
    build = shutil.copytree(corpus, tmp_path / "build")
    key = key_file.read_bytes()
    manifest = {"tool": TOOL, "key_id": key_id(key), "sums_sha256": sha256_file(build / "SHA256SUMS")}
    (build / "manifest.json").write_text(json.dumps(manifest))
    arguments = [
        "finetune",
        build,
        "--model",
        llama,
        "--max-steps",
        1,
        "--set",
        "micro_batch=2",
        "--key-file",
        key_file,
    ]
    done = corpora_command(*arguments, "--out", "before", check=True)
    assert "nobody approved it" in done.stderr
    assert "Approval of the corpus: not decided" in (tmp_path / "before" / "README.md").read_text()
    assert corpora_command(*arguments, "--out", "refused", "--require-approval").returncode == 3
    record(build, key, "approve", "M. Adeyemi")
    corpora_command(*arguments, "--out", "after", "--require-approval", check=True)
    assert "Approval of the corpus: approved by M. Adeyemi" in (tmp_path / "after" / "README.md").read_text()
    document = json.loads((tmp_path / "after" / "run.json").read_text())
    assert (document["corpus"], document["approval"][:12]) == ("../build", "approved by ")


def test_what_cannot_be_trained_is_refused_in_one_line(corpus, llama, tmp_path, job, monkeypatch):
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "mine.txt").write_text("mine")
    with pytest.raises(UsageError, match="stays untouched"):
        train(job("taken"))
    with pytest.raises(CorporaError, match="response_too_long"):
        train(job(target_max=2))
    with pytest.raises(UsageError, match="no layers named"):
        train(job("layers", targets=["nowhere"]))
    short = make_llama(tmp_path / "short", max_position_embeddings=64)
    with pytest.raises(UsageError, match="at most 64 tokens"):
        train(Job(corpus, str(short), tmp_path / "long", SMALL))
    with pytest.raises(UsageError, match="can be read there"):
        train(Job(corpus, str(tmp_path / "taken"), tmp_path / "other", SMALL))
    with pytest.raises(UsageError, match="not a built corpus"):
        train(Job(tmp_path, str(llama), tmp_path / "other", SMALL))
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    with pytest.raises(UsageError, match="pip install tensorboard"):
        train(replace(job("board"), tensorboard=True))
    empty = make_corpus(tmp_path / "empty", {"validation": 3})
    with pytest.raises(UsageError, match="no split 'train'"):
        train(Job(empty, str(llama), tmp_path / "other2", SMALL))


def test_a_corpus_split_otherwise_than_the_papers_is_said(job):
    assert not any("build --split" in notice for notice in ready(job("same", split=[0.8, 0.2])).ledger.notices)
    assert any("build --split 0.5,0.5,0" in notice for notice in ready(job(split=[0.5, 0.5])).ledger.notices)


def test_tensorboard_shows_what_the_metrics_say(job):
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    run = replace(job("board", epochs=1), tensorboard=True)
    train(run)
    events = accumulator.EventAccumulator(str(run.out / "tensorboard"))
    events.Reload()
    written = [line for line in read_metrics(run.out) if "loss" in line]
    shown = events.Scalars("loss")
    assert [event.step for event in shown] == [line["step"] for line in written]
    assert [event.value for event in shown] == pytest.approx([line["loss"] for line in written], rel=1e-5)


def test_a_sweep_compares_every_combination(corpora_command, corpus, llama, tmp_path):
    arguments = ["finetune", corpus, "--model", llama, "--out", "sweep", "--max-steps", 1, "--set", "micro_batch=2"]
    arguments += ["--preset", "mirror", "--sweep", "r=2,4", "--sweep", "lr=1e-3,1e-1"]
    results = json.loads(corpora_command(*arguments, "--json", check=True).stdout)
    shown = corpora_command(*arguments, check=True).stdout
    assert [line.split("|")[-2].split("]")[0].strip(" [") for line in shown.splitlines()[2:-1]] == [
        result["run"] for result in results
    ]
    assert {(result["r"], result["lr"]) for result in results} == {(2, 1e-3), (2, 1e-1), (4, 1e-3), (4, 1e-1)}
    assert [result["eval_loss"] for result in results] == sorted(result["eval_loss"] for result in results)
    table = (tmp_path / "sweep" / "README.md").read_text()
    assert all(f"({result['run']}/run.json)" in table for result in results)
    assert (tmp_path / "sweep" / "sweep.png").read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "sweep" / results[0]["run"] / "adapter_model.safetensors").is_file()
