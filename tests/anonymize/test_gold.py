import json
from pathlib import Path

import pytest

from anonymize.proof.gold import main, read_gold, render_folder
from corpora.errors import UsageError

GOLD_DEV = Path(__file__).parents[2] / "../shared/data/gold-dev"

SAMPLE = """\
@file visit.txt
@meta client: 12
@blank
@raw SESSION 3 - [[DATE|11/08/2011]]

@turn T:| Hello, [[NAME|Ann]]. <<(pause)>> , you {{will}} <<[0:01:02]>>
@cont stay?
@inline C:| <<(laughter)>> Member [[HEALTH_PLAN|XQ 12]].
@turn NEIGHBOUR/client| Yes <<(ph)>>.
"""


def write(folder, text, name="a.gold"):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_the_raw_transcript_holds_the_noise_and_the_turns_do_not(tmp_path):
    gold = read_gold(write(tmp_path, SAMPLE))
    assert gold.name == "visit.txt"
    assert gold.meta == {"client": "12"}
    assert gold.raw == (
        "\nSESSION 3 - 11/08/2011\n"
        "T: Hello, Ann. (pause) , you will [0:01:02]\nstay? C: (laughter) Member XQ 12.\nNEIGHBOUR Yes (ph).\n"
    )
    assert [(t.role, t.text) for t in gold.turns] == [
        ("therapist", "Hello, Ann., you will stay?"),
        ("client", "Member XQ 12."),
        ("client", "Yes."),
    ]


def test_spans_point_at_their_text_in_both(tmp_path):
    gold = read_gold(write(tmp_path, SAMPLE))
    assert [s.type for s in gold.spans] == ["DATE", "NAME", "NOISE", "KEEP", "NOISE", "NOISE", "HEALTH_PLAN", "NOISE"]
    assert all(gold.raw[s.start : s.end] == s.text for s in gold.spans)
    assert [[s.type for s in t.spans] for t in gold.turns] == [["NAME", "KEEP"], ["HEALTH_PLAN"], []]
    assert all(t.text[s.start : s.end] == s.text for t in gold.turns for s in t.spans)


def test_a_folder_is_rendered_as_text_and_json(tmp_path):
    write(tmp_path, SAMPLE)
    assert main([str(tmp_path)]) == 0
    assert (tmp_path / "raw/visit.txt").read_text(encoding="utf-8").startswith("\nSESSION 3")
    truth = json.loads((tmp_path / "gold/visit.json").read_text(encoding="utf-8"))
    assert list(truth) == ["meta", "turns", "spans"]
    assert truth["turns"][0]["spans"][0] == {"type": "NAME", "start": 7, "end": 10, "text": "Ann"}


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("@trun T:| hello", "must start with"),
        ("@turn T: hello", r"no \|"),
        ("@turn T:| [[PLACE|here]]", "unknown type"),
        ("@turn T:| a [[NAME| Ann]]", "a mark holds nothing"),
        ("@turn T:| [[NAME|Ann", "not closed"),
        ("@turn T:| {{will}", "not closed"),
        ("@meta client 12", "KEY: VALUE"),
        ("@cont before any turn", "before any @turn"),
        ("@file ../a.txt", "plain name"),
        ("@file a.md", "plain name"),
    ],
)
def test_a_broken_line_is_named(tmp_path, line, problem):
    path = write(tmp_path, "@raw header\n" + line + "\n")
    with pytest.raises(UsageError, match=problem) as caught:
        read_gold(path)
    assert f"{path}:2: " in str(caught.value)


def test_a_folder_without_gold_or_with_clashing_names_is_refused(tmp_path, capsys):
    assert main([str(tmp_path)]) == 2
    assert "no *.gold files" in capsys.readouterr().err
    write(tmp_path, SAMPLE)
    write(tmp_path, SAMPLE, "b.gold")
    with pytest.raises(UsageError, match="give each its own name"):
        render_folder(tmp_path, tmp_path)
    assert main([]) == 2
    (tmp_path / "a.gold").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageError, match="UTF-8"):
        render_folder(tmp_path, tmp_path)


@pytest.mark.skipif(not GOLD_DEV.is_dir(), reason="the development gold is not here")
def test_the_development_gold_renders_byte_for_byte(tmp_path):
    golds = render_folder(GOLD_DEV, tmp_path)
    assert golds
    for folder in ("raw", "gold"):
        rendered = {path.name: path.read_bytes() for path in (tmp_path / folder).iterdir()}
        assert rendered == {path.name: path.read_bytes() for path in (GOLD_DEV / folder).iterdir()}
