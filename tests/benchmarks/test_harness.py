"""The harness on two real functions of different speed, and the generator's shape."""

import csv
import json
import operator
import time
from functools import partial

import pytest

from benchmarks import deid
from benchmarks.generate import COLUMNS, session_of, transcripts, write_csv
from benchmarks.harness import Run, Side, alternate, middle, ratio, result_line, run_once, same_work, table

QUICK = Side("quick", partial(operator.methodcaller, "count", "a"))
SLOW = Side("slow", partial(operator.methodcaller, "count", "b"), str)


def of_seconds(*seconds):
    return [Run(startup_s=1.0, seconds=each, memory_mb=100 * each, result=None) for each in seconds]


def test_runs_alternate_and_the_first_round_is_not_counted():
    runs = alternate([QUICK, SLOW], "banana", pairs=1)
    assert {name: [run.result for run in of] for name, of in runs.items()} == {"quick": [3], "slow": ["1"]}
    assert all(run.seconds > 0 and run.memory_mb > 1 for of in runs.values() for run in of)


def test_start_up_is_not_part_of_the_work():
    run = run_once(Side("sleeper", partial(partial, time.sleep)), 0.2)
    assert run.seconds >= 0.2
    sleeps_first = run_once(Side("late", partial(_after, 0.2)), "banana")
    assert sleeps_first.startup_s >= 0.2
    assert sleeps_first.seconds < sleeps_first.startup_s


def _after(seconds):
    time.sleep(seconds)
    return operator.methodcaller("count", "a")


def test_a_run_that_fails_is_an_error():
    with pytest.raises(RuntimeError, match="broken: the run ended without a result"):
        run_once(Side("broken", partial(operator.methodcaller, "no_such_method")), "banana")


def test_a_ratio_is_the_median_of_the_rounds_own_ratios():
    ours, theirs = of_seconds(1, 2, 4), of_seconds(3, 4, 40)
    assert ratio(ours, theirs) == 3
    assert ratio(theirs, ours) < 1
    assert ratio(ours, theirs, lambda run: run.startup_s) == 1
    assert middle(ours, lambda run: run.memory_mb) == 200


def test_unequal_work_is_no_comparison():
    same_work({"ours": {"rows": 5}, "theirs": {"rows": 5}})
    with pytest.raises(RuntimeError, match="rows is 5 for ours, 4 for theirs"):
        same_work({"ours": {"rows": 5}, "theirs": {"rows": 4}})
    with pytest.raises(RuntimeError, match="turns is None for ours"):
        same_work({"ours": {}, "theirs": {"turns": 4}})


def test_what_is_printed():
    assert (
        table(("", "words/s"), [("ours", 5), ("theirs", 1000)]) == "        words/s\nours          5\ntheirs     1000"
    )
    line = json.loads(result_line("deid", "peer 1.0", 3, {"speed": 2.0}, {"words_per_s": 2}, {"words_per_s": 1}))
    assert list(line) == ["benchmark", "peer", "pairs", "ratios", "ours", "theirs"]


def test_the_same_seed_makes_the_same_dialogue():
    assert transcripts(300, seed=1) == transcripts(300, seed=1)
    assert transcripts(300, seed=1) != transcripts(300, seed=2)


def test_the_generated_corpus_has_the_size_and_spread_of_annomi():
    made = transcripts()
    said = [utterance for transcript in made for utterance in transcript.utterances]
    lengths = {role: [len(each.text.split()) for each in said if each.role == role] for role in ("therapist", "client")}
    assert (len(made), len(said)) == (133, 9_700)
    assert 145_000 < sum(map(sum, lengths.values())) < 175_000
    assert 250 < sum(length >= 50 for length in lengths["therapist"]) < 450
    assert not [length for length in lengths["therapist"] if 46 < length < 54]
    assert {transcript.quality for transcript in made} == {"high", "low"}


def test_planted_identifiers_are_where_they_are_said_to_be():
    spans = [(u.text[p.start : p.end], p.type) for t in transcripts(2_000) for u in t.utterances for p in u.planted]
    assert len({kind for _, kind in spans}) == 13
    assert all("@example." in text for text, kind in spans if kind == "EMAIL")
    assert all(text.startswith("https://www.example.org/") for text, kind in spans if kind == "URL")
    assert all(text == text.strip() and text for text, _ in spans)


def test_a_session_of_so_many_words():
    assert 1_000 <= sum(len(turn.split()) for turn in session_of(1_000)) < 1_130


def test_the_csv_has_every_utterance_once(tmp_path):
    made = transcripts(300)
    write_csv(made, tmp_path, files=2)
    rows = []
    for path in sorted(tmp_path.glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file)
            rows += list(reader)
            assert tuple(reader.fieldnames) == COLUMNS
    assert len(rows) == 300
    assert sorted(row["utterance_text"] for row in rows) == sorted(turn for each in made for turn in each.turns)


def test_recall_counts_spans_masked_whole_and_the_words_masked_besides():
    made = transcripts(300)
    starts = [deid.line_starts(transcript.turns) for transcript in made]
    everything = [
        [(start + p.start, start + p.end) for start, u in zip(at, t.utterances, strict=True) for p in u.planted]
        for at, t in zip(starts, made, strict=True)
    ]
    planted, masked, others = deid.score(made, everything)
    assert planted == masked
    assert others == 0
    cut = [[(start, end - 1) for start, end in ranges] for ranges in everything]
    assert deid.score(made, cut)[1].total() == 0
    whole = [[(0, len("\n".join(transcript.turns)))] for transcript in made]
    words = sum(len(turn.split()) for transcript in made for turn in transcript.turns)
    assert words - 2 * planted.total() - 400 < deid.score(made, whole)[2] < words
