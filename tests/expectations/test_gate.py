import json
import os
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from corpora.errors import UsageError
from expectations.gate import run_gate
from expectations.metrics import measure
from expectations.outcome import GateResult
from expectations.thresholds import Thresholds

NETWORK = Path(__file__).parents[1] / "network"


@pytest.fixture
def gate(examples, thresholds, run_time, tmp_path):
    """Measure the examples and run the gate over them."""

    def run(spoil=lambda _: None, bounds=thresholds, table=None, **options):
        metrics = measure(examples(spoil) if table is None else table)
        return run_gate(metrics, bounds, tmp_path / "docs", "build", run_time, **options)

    return run


def failures(result):
    return {outcome.expectation for outcome in result.results if not outcome.passed}


def test_a_clean_table_passes_everything(gate):
    result = gate()
    assert result.passed
    assert failures(result) == set()
    assert [
        o.suite for o in result.results if o.expectation in ("schema", "no_roster_name", "client_in_one_split")
    ] == [
        "structure",
        "privacy",
        "splits",
    ]


def _short(rows):
    rows[0].update(response_words=3, completion=[{"role": "assistant", "content": "one two three"}])


def _long(rows):
    rows[0].update(response_words=2001, completion=[{"role": "assistant", "content": "word " * 2001}])


def _twice(rows):
    rows[1]["prompt"] = [{"role": role, "content": "a few words"} for role in ("user", "user")]


DEFECTS = {
    "some_examples": lambda rows: rows.clear(),
    "no_missing_value": lambda rows: rows[0].update(source=None),
    "unique_ids": lambda rows: rows[0].update(example_id=rows[1]["example_id"]),
    "no_empty_text": lambda rows: rows[3]["prompt"][1].update(content=" "),
    "role_order_ok": _twice,
    "starts_with_user": lambda rows: rows[1].update(prompt=rows[1]["prompt"][1:]),
    "ends_with_user": lambda rows: rows[1].update(prompt=rows[1]["prompt"][:-1]),
    "one_completion": lambda rows: rows[0].update(completion=[{**rows[0]["completion"][0], "role": "user"}]),
    "min_words_transcript": _short,
    "response_bounds": _long,
    "words_match": lambda rows: rows[0].update(response_words=60),
    "context_turns": lambda rows: rows[0].update(context_turns=9),
    "maker_named": lambda rows: rows[0].update(kind="synthetic"),
    "no_roster_name": lambda rows: rows[0].update(roster_hits=1),
    "no_caller_name": lambda rows: rows[0].update(caller_hits=1),
    "no_structured_identifier": lambda rows: rows[0].update(structured_hits=1),
    "known_split": lambda rows: [row.update(split="dev") for row in rows[:10]],
    "client_in_one_split": lambda rows: rows[0].update(split="test", group_id="g"),
    "group_in_one_split": lambda rows: rows[0].update(split="test", client_id="c"),
}


@pytest.mark.parametrize("name", DEFECTS)
def test_a_planted_defect_fails_its_expectation_alone_and_refuses(gate, name):
    result = gate(DEFECTS[name])
    assert failures(result) == {name}
    assert not result.passed


def test_a_wrong_schema_fails_its_expectation_alone_and_refuses(gate, examples):
    result = gate(table=examples().with_columns(pl.col("session_no").cast(pl.Int64)))
    assert failures(result) == {"schema"}
    assert not result.passed


def test_an_example_whose_residual_findings_were_not_counted_is_refused(gate):
    result = gate(lambda rows: rows[0].update(roster_hits=None))
    assert failures(result) == {"no_missing_value"}
    assert not result.passed


def test_each_kind_has_its_own_lower_bound(gate):
    def spoil(rows):
        for row in rows[:5]:
            row["kind"] = "qa"

    assert gate(spoil, bounds=Thresholds(min_words={"transcript": 55, "qa": 50})).passed
    assert failures(gate(spoil, bounds=Thresholds(min_words={"transcript": 50, "qa": 51}))) == {"min_words_qa"}
    assert gate(bounds=Thresholds(min_words={"synthetic": 80})).passed


def test_the_cap_on_context_words_is_checked_where_it_is_set(gate):
    assert failures(gate(bounds=Thresholds(max_context_words=34))) == {"context_words"}
    assert gate(bounds=Thresholds(max_context_words=35)).passed


@pytest.mark.parametrize(
    ("name", "spoil"),
    [
        ("other_hits_rate", lambda rows: rows[0].update(other_hits=50)),
        ("response_in_one_split", lambda rows: rows[39].update(rows[0] | _places(rows[39]))),
        ("largest_topic_share", lambda rows: [row.update(topic="grief") for row in rows]),
        ("characters_per_word", lambda rows: rows[0]["prompt"][0].update(content="x" * 2000)),
    ],
)
def test_a_warning_is_reported_and_refuses_nothing(gate, name, spoil):
    result = gate(spoil)
    assert [outcome.expectation for outcome in result.failures("warning")] == [name]
    assert result.passed


def _written(rows, **fields):
    """Rows as a model's, which say so."""
    for row in rows:
        row.update(kind="synthetic", provenance={**row["provenance"], "model": "m", "prompt_hash": "p"}, **fields)


def _same_words(rows):
    _written(rows[:2], completion=rows[0]["completion"], response_words=50)


def _same_openings(rows):
    for row in rows[:25]:
        content = " ".join(["It", "sounds", "like", *row["completion"][0]["content"].split()[3:]])
        _written([row], completion=[{"role": "assistant", "content": content}])


@pytest.mark.parametrize(
    ("name", "spoil", "bounds"),
    [
        ("made_once", _same_words, Thresholds(max_opener_share=1)),
        ("openers_vary", _same_openings, Thresholds()),
        ("made_share", lambda rows: _written(rows[:10]), Thresholds(max_made_share=0.2)),
    ],
)
def test_what_models_wrote_is_looked_at_and_refuses_nothing(gate, name, spoil, bounds):
    result = gate(spoil, bounds)
    assert [outcome.expectation for outcome in result.failures("warning")] == [name]
    assert result.passed


@pytest.mark.parametrize(
    ("name", "spoil"),
    [
        ("tested_on_people", lambda rows: _written(rows[30:])),
        ("shards_alike", lambda rows: [_grown(row) for row in rows[30:]]),
    ],
)
def test_a_note_only_tells(gate, name, spoil):
    result = gate(spoil, Thresholds())
    assert failures(result) == {name}
    assert [outcome.severity for outcome in result.results if not outcome.passed] == ["info"]


def _grown(row):
    content = 10 * (row["completion"][0]["content"] + " ")
    row.update(completion=[{"role": "assistant", "content": content.strip()}], response_words=len(content.split()))


def test_a_client_with_too_many_examples_is_a_warning(gate):
    found = gate(bounds=Thresholds(min_words={"transcript": 50}, max_client_share=0.2))
    assert [(o.expectation, o.observed) for o in found.failures("warning")] == [
        ("largest_client_share", "1 of 1 against it (value 0.25)")
    ]


def test_what_nobody_counted_is_left_out_and_named(gate):
    result = gate(unmeasured=("roster_hits", "other_hits_per_1000"))
    assert result.unmeasured == ("no_roster_name", "other_hits_rate")
    assert not {"no_roster_name", "other_hits_rate"} & {o.expectation for o in result.results}
    assert GateResult.from_dict(json.loads(json.dumps(result.to_dict()))) == result


def _places(row):
    return {key: row[key] for key in ("example_id", "session_id", "client_id", "group_id", "split")}


def test_a_failure_says_how_many_what_and_which(gate):
    result = gate(lambda rows: [rows[number].update(roster_hits=number) for number in (3, 5)])
    (failure,) = result.failures("critical")
    assert failure.observed == "2 of 40 against it (values such as 3, 5)"
    assert failure.rows == ("e0003", "e0005")
    assert "roster_hits values must be less than or equal to 0" in failure.rule
    assert failure.reason


def test_the_result_is_json(gate):
    document = json.loads(json.dumps(gate().to_dict()))
    assert document["passed"] is True
    assert {"suite", "expectation", "description", "severity", "passed", "observed"} <= document["expectations"][
        0
    ].keys()


def test_a_suite_of_the_users_own_runs_beside_ours(gate):
    def crisis(_):
        import great_expectations.expectations as gxe

        return [
            gxe.ExpectColumnSumToBeBetween(
                column="n_flags",
                max_value=0,
                description="No example carries a flag.",
                severity="info",
                notes="Flagged examples are read by a person first.",
                meta={"name": "no_flag"},
            )
        ]

    result = gate(suites={"flags": crisis})
    assert [(o.suite, o.expectation, o.passed, o.observed) for o in result.results] == [
        ("flags", "no_flag", False, "1")
    ]
    assert result.passed


def _unique(column, **meta):
    import great_expectations.expectations as gxe

    return [gxe.ExpectColumnValuesToBeUnique(column=column, severity="info", meta=meta)]


@pytest.mark.parametrize(
    ("suite", "message"),
    [
        (lambda _: _unique("exampel_id", name="ids"), "expectation ids: it could not be evaluated; .* 'exampel_id'"),
        (lambda _: [], "needs expectations"),
        (lambda _: _unique("split"), "each its own meta name"),
        (lambda _: 2 * _unique("split", name="splits"), "each its own meta name"),
        (lambda _: _unique("split", name="splits", table="rooms"), "no table rooms; there are examples, splits"),
    ],
)
def test_a_suite_that_cannot_be_evaluated_is_an_error_not_a_pass(gate, suite, message):
    with pytest.raises(UsageError, match=message):
        gate(suites={"mine": suite})


def test_an_expectation_without_description_is_described_by_its_rule(gate):
    (outcome,) = gate(suites={"mine": lambda _: _unique("example_id", name="ids")}).results
    assert outcome.passed
    assert outcome.description == outcome.rule == "example_id values must be unique."


def test_a_time_without_zone_is_refused(metrics, thresholds, run_time, tmp_path):
    with pytest.raises(UsageError, match="time zone"):
        run_gate(metrics, thresholds, tmp_path, "build", run_time.replace(tzinfo=None))


SCRIPT = """
import sys
from datetime import datetime, timezone
from pathlib import Path
import polars as pl
from expectations.distributions import distributions
from expectations.gate import run_gate
from expectations.report import write_report
from expectations.thresholds import Thresholds
metrics, folder = pl.read_parquet(sys.argv[1]), Path(sys.argv[2])
gate = run_gate(metrics, Thresholds(), folder / "data-docs", "build", datetime.now(timezone.utc))
write_report(folder, {"gate": gate.to_dict(), "distributions": distributions(metrics)})
"""


@pytest.mark.integration
def test_nothing_is_written_elsewhere_and_no_connection_is_tried(metrics, tmp_path):
    folders = {name: tmp_path / name for name in ("home", "temp", "work", "out")}
    for folder in folders.values():
        folder.mkdir()
    metrics.write_parquet(tmp_path / "metrics.parquet")
    egress = tmp_path / "egress.log"
    environment = {
        **{key: value for key, value in os.environ.items() if key != "GX_ANALYTICS_ENABLED"},
        "PYTHONPATH": os.pathsep.join([str(NETWORK), str(Path(__file__).parents[2])]),
        "CORPORA_TEST_EGRESS_LOG": str(egress),
        "TMPDIR": str(folders["temp"]),
        "HOME": str(folders["home"]),
    }
    command = [sys.executable, "-c", SCRIPT, str(tmp_path / "metrics.parquet"), str(folders["out"])]
    run = subprocess.run(command, env=environment, cwd=folders["work"], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert (folders["out"] / "index.html").is_file()
    assert not egress.exists()
    assert list(folders["temp"].iterdir()) == list(folders["work"].iterdir()) == []
    written = [path for path in folders["home"].rglob("*") if path.is_file() and "matplotlib" not in path.parts]
    assert written == []  # but for matplotlib's list of fonts
    assert (
        run.stdout == run.stderr.replace("Matplotlib is building the font cache; this may take a moment.\n", "") == ""
    )
