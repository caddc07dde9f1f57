import json

import pytest

from anonymize import Deidentifier
from anonymize.proof.evaluate import GoldSession, evaluate, read_gold_sessions, score_session, summarise
from anonymize.proof.evaluate_plot import plot_evaluation
from anonymize.proof.gold import GoldSpan, render_folder
from anonymize.spans import Span
from corpora.errors import UsageError

TEXT = "Then Oluchi and Zbigniew went to Peoria in May."
GOLD = """\
@turn T:| Hello, how was it with [[NAME|Oluchi]]?
@turn C:| We met at {{may}} time in [[LOCATION|Peoria]]. Call me at [[PHONE|614-555-0142]].
"""


def mark(kind, what):
    at = TEXT.index(what)
    return GoldSpan(kind, at, at + len(what), what)


SESSION = GoldSession(
    "a", [(TEXT, [mark("NAME", "Oluchi"), mark("NAME", "Zbigniew"), mark("LOCATION", "Peoria"), mark("KEEP", "May")])]
)


def finder(*surfaces):
    def find(turns):
        low = [turn.lower() for turn in turns]
        return [sorted(Span(t.index(s), t.index(s) + len(s), "NAME", "test") for s in surfaces if s in t) for t in low]

    return find


def test_an_identifier_is_caught_when_all_of_it_is_masked():
    score = score_session(SESSION, finder("oluchi", "zbig"))
    assert score.total == {"NAME": 2, "LOCATION": 1}
    assert +score.caught == {"NAME": 1}
    assert score.origin_caught == {"west african": 1, "polish": 0}
    assert (score.masked, score.rightly) == (2, 2)
    assert (score.look_alikes, score.kept) == (1, 1)


def test_other_words_and_look_alikes_that_are_masked_count_against_it():
    result = summarise([score_session(SESSION, finder("oluchi", "then", "may"))])
    assert result["word_precision"]["rate"] == pytest.approx(1 / 3, abs=1e-4)
    assert result["look_alikes_kept"]["rate"] == 0
    assert result["other_words_masked"]["hits"] == 2
    assert result["clean_sessions"] == {"rate": 0.0, "low": 0.0, "high": 0.7935, "hits": 0, "of": 1}
    assert result["leaks"] == 2


def test_the_second_reader_points_at_leaks_in_what_is_left():
    result = summarise([score_session(SESSION, finder("oluchi"))])
    second = result["second_reader"]
    assert second["leaks_it_points_at"]["hits"] >= 1
    assert second["recapture"]["words"]["first"] == 1
    all_found = summarise([score_session(SESSION, finder("oluchi", "zbigniew", "peoria"))])
    assert all_found["second_reader"]["leaks_it_points_at"]["of"] == 0
    assert all_found["second_reader"]["recapture"]["words"]["missed_by_both"] == 0


def test_authored_and_rendered_gold_are_the_same(tmp_path):
    (tmp_path / "a.gold").write_text(GOLD, encoding="utf-8")
    render_folder(tmp_path, tmp_path / "out")
    authored = read_gold_sessions(tmp_path)
    assert authored == read_gold_sessions(tmp_path / "out") == read_gold_sessions(tmp_path / "a.gold")
    assert [len(marks) for _, marks in authored[0].turns] == [1, 3]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (
            '{"turns": [{"text": "a b", "spans": [{"type": "NAME", "start": 0, "end": 1, "text": "b"}]}]}',
            "does not stand",
        ),
        (
            '{"turns": [{"text": "a b", "spans": [{"type": "PET", "start": 0, "end": 1, "text": "a"}]}]}',
            "unknown class",
        ),
        ('{"turns": 7}', "not a rendered gold"),
        ("[", "not a rendered gold"),
    ],
)
def test_bad_gold_is_named_without_its_text(tmp_path, content, why):
    (tmp_path / "x.json").write_text(content)
    with pytest.raises(UsageError, match=why):
        read_gold_sessions(tmp_path)


def test_no_gold_is_a_usage_error(tmp_path):
    with pytest.raises(UsageError, match="no gold here"):
        read_gold_sessions(tmp_path)


def test_the_whole_evaluation_holds_no_text_and_is_the_same_again(tmp_path):
    (tmp_path / "a.gold").write_text(GOLD, encoding="utf-8")
    detector = Deidentifier(bytes(32))
    sessions = read_gold_sessions(tmp_path)
    seen = []
    result = evaluate(sessions, detector.find, seen.append)
    assert seen == [1, 2, 3]
    assert list(result["cases"]) == ["cased", "lower", "UPPER"]
    assert result["identifiers"] == 3
    assert result["cases"]["cased"]["recall"]["rate"] == 1
    text = json.dumps(result)
    assert result == evaluate(sessions, detector.find)
    for word in ("Oluchi", "Peoria", "0142", "a.gold"):
        assert word not in text


@pytest.mark.parametrize("suffix", [".svg", ".png"])
def test_the_plot(tmp_path, suffix):
    result = evaluate([SESSION], finder("oluchi"))
    plot_evaluation(result, tmp_path / f"p{suffix}")
    assert (tmp_path / f"p{suffix}").stat().st_size > 1000
    with pytest.raises(UsageError, match="must end in"):
        plot_evaluation(result, tmp_path / "p.gif")


def test_the_command(corpora_command, tmp_path):
    (tmp_path / "gold").mkdir()
    (tmp_path / "gold" / "a.gold").write_text(GOLD, encoding="utf-8")
    told = corpora_command("anonymize-eval", "gold", "--out", "eval", "--plot", "p.svg", check=True)
    assert "3 identifiers" in told.stdout
    assert "Wilson" in told.stdout
    assert "Oluchi" not in told.stdout
    printed = json.loads(corpora_command("anonymize-eval", "gold", "--json", check=True).stdout)
    assert printed == json.loads((tmp_path / "eval/evaluation.json").read_text())
    assert (tmp_path / "p.svg").read_text().startswith("<?xml")
    assert (tmp_path / "eval/evaluation.svg").exists()
    missing = corpora_command("anonymize-eval", tmp_path)
    assert missing.returncode == 2
    assert "no gold here" in missing.stderr
