from anonymize.proof.review import ELSEWHERE, Review, draw_passages, masked_text
from anonymize.spans import Span

FILL = "I went there and it was good, and then we talked about it. It was fine, and so I left."


def masked(*turns):
    """Turns and what is masked in them: `[...]` marks a name."""
    plain, spans = [], []
    for turn in turns:
        text, found = "", []
        for piece in turn.split("["):
            name, closed, rest = piece.partition("]")
            if closed:
                found.append(Span(len(text), len(text) + len(name), "NAME", "test"))
            text += name + rest
        plain.append(text)
        spans.append(found)
    return plain, spans


def findings(*sessions):
    review = Review()
    for session in sessions:
        review.add(*masked(FILL, *session))
    return review.findings()


def test_suspicious_words_left_are_listed_with_counts_and_short_windows():
    (found,) = findings(["So I told [Marisol] and Quillfeather about it."], ["And Quillfeather left."])
    assert (found.kind, found.token, found.count, found.sessions) == ("left", "Quillfeather", 2, 2)
    assert found.contexts == (
        "... So I told [NAME] and >Quillfeather< about it. ...",
        "... And >Quillfeather< left. ...",
    )


def test_what_is_masked_is_never_shown_around_a_word():
    shown = " ".join(
        context for f in findings(["[Marisol] saw Quillfeather with [hope] and [Khoa]."]) for context in f.contexts
    )
    assert "Marisol" not in shown
    assert "Khoa" not in shown


def test_a_name_that_is_masked_elsewhere_is_listed():
    sessions = (["we saw [Oluchi] then"], ["and it said oluchi on it"])
    assert [(f.token, f.why) for f in findings(*sessions) if f.kind == "left"] in (
        [("oluchi", ELSEWHERE)],
        [("oluchi", "in no dictionary")],
    )


def test_words_that_are_masked_here_and_left_there_are_doubted():
    (found,) = findings(["I was [ready] to go."], ["she is ready now, and [Khoa] too"])
    assert (found.kind, found.token, found.count) == ("masked", "ready", 1)
    assert found.contexts == ("... I was >ready< to go. ...",)


def test_a_clean_session_has_no_findings():
    assert findings(["So I told [Marisol] about it."]) == []


def test_masked_text_shows_classes():
    assert masked_text("a b c", [Span(2, 3, "ORG", "x")]) == "a [ORG] c"


def test_a_sample_is_drawn_without_replacement_and_the_same_again():
    turns = [5, 0, 20, 3]
    drawn = draw_passages(turns, 10, seed=1)
    assert len(set(drawn)) == 10
    assert all(turn < turns[session] for session, turn in drawn)
    assert drawn == draw_passages(turns, 10, seed=1) != draw_passages(turns, 10, seed=2)
    assert len(draw_passages(turns, 100)) == 28
