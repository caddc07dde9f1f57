import re
from collections import Counter
from pathlib import Path

import pytest

from anonymize.ner import book
from anonymize.ner.fill import LABELS, Example, Filler
from anonymize.spans import SPAN_TYPES
from corpora.errors import UsageError


@pytest.fixture(scope="module")
def utterances():
    return list(book.read_book())


def test_every_line_of_the_book_is_an_utterance_whose_marks_name_somebody_or_something(utterances):
    written = {
        folder: [line for path in sorted(folder.glob("*.txt")) for line in path.read_text("utf-8").splitlines()]
        for folder in (book.BOOK, book.WHOLE)
    }
    assert len(utterances) == sum(map(len, written.values()))
    for folder, lines in written.items():
        assert len(list(book.utterances(folder))) == len(lines)
    lines, marked = written[book.WHOLE], list(book.utterances(book.WHOLE))
    assert all(line.count("[[") == len(example.spans) for line, example in zip(lines, marked, strict=True))
    assert {label for example in marked for *_, label in example.spans} >= {*SPAN_TYPES}
    for line, example in zip(written[book.BOOK], utterances, strict=False):
        assert example.text
        assert not re.search(r"[\[\]{}<>|]", example.text)
        assert line.count("[[") == line.count("]]") == len(example.spans), "a mark of another class"
        assert line == line.strip()


def test_no_utterance_stands_twice(utterances):
    assert [text for text, times in Counter(example.text.lower() for example in utterances).items() if times > 1] == []


def test_the_book_has_each_class_and_as_much_that_is_none(utterances):
    labels = Counter(label for example in utterances for *_, label in example.spans)
    assert labels.keys() == set(LABELS)
    assert min(labels.values()) > 300
    assert 0.3 < sum(not example.spans for example in utterances) / len(utterances) < 0.7


@pytest.mark.parametrize("mark", ["[[NAME|Grace]", "[[NAME|]]", "[[PERSON|Grace]]"])
def test_a_broken_line_is_named(tmp_path, monkeypatch, mark):
    (tmp_path / "a.txt").write_text(f"Fine so far.\nI saw {mark} there.\n", encoding="utf-8")
    monkeypatch.setattr(book, "BOOK", tmp_path)
    with pytest.raises(UsageError, match=r"a\.txt:2: ") as error:
        list(book.read_book())
    assert "Grace" not in str(error.value)


def test_turns_are_read_with_names_places_and_organisations_alone(tmp_path):
    marked = "I told [[NAME|Grace]] on [[DATE|May 4]] <<(sighs)>> that {{Grace}} Kelly"
    (tmp_path / "a.gold").write_text(f"@turn CLIENT:| {marked}\n@cont left [[LOCATION|Lodi]].\n", encoding="utf-8")
    (turn,) = book.read_transcripts([tmp_path])
    assert turn.text == "I told Grace on May 4 that Grace Kelly left Lodi."
    assert [(turn.text[a:b], label) for a, b, label in turn.spans] == [("Grace", "PERSON"), ("Lodi", "LOCATION")]
    with pytest.raises(UsageError, match=r"no \*\.gold files"):
        list(book.read_transcripts([tmp_path / "none"]))


def test_no_held_out_transcript_is_trained_on(utterances):
    trained = {example.text for example in [*utterances, *book.read_transcripts()]}
    held_out = [example.text for example in book.read_transcripts(book.HELD_OUT)]
    assert len(held_out) > 1000
    assert not [text for text in held_out if text in trained and len(text.split()) > 6]
    assert not {path.name for folder in book.HELD_OUT for path in Path(folder).glob("*.gold")} & {
        path.name for folder in book.TRAINED_ON for path in Path(folder).glob("*.gold")
    }


def test_utterances_are_drawn_with_other_names_half_of_the_time_but_words_that_are_names_stay():
    written = Example(
        "So Oksana Kowalczyk met Hope near Tacoma.", [(3, 19, "PERSON"), (24, 28, "PERSON"), (34, 40, "LOCATION")]
    )
    filler = Filler(11, [written])
    texts = [filler.example().text.lower() for _ in range(1500)]
    drawn = [match.groups() for text in texts if (match := re.match(r"so (\S+ \S+) met (\S+) near (\w+)", text))]
    own = sum(name == "oksana kowalczyk" for name, _, _ in drawn)
    assert 0.4 < own / len(drawn) < 0.6
    assert sum(place == "tacoma" for _, _, place in drawn) == own
    assert {word for _, word, _ in drawn} == {"hope"}
    assert len({name for name, _, _ in drawn}) > len(drawn) / 4
