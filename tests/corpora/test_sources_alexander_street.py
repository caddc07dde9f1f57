"""The reader on transcripts in many ugly forms; all of them fiction."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from corpora import Drop, Session, read_source

T, C, OTHER = "therapist", "client", "other"
TALK = [
    (T, "Come in. Sit anywhere you like."),
    (C, "Thanks. It's warm in here."),
    (T, "It is. What would you like to start with today?"),
    (C, "My sister called on Sunday and I didn't pick up."),
    (T, "You didn't pick up."),
    (C, "No. I watched it ring. Then I felt awful."),
    (T, "What was the awful like?"),
    (C, "Heavy. Like wet clothes."),
    (T, "Mm-hm. Is it there now?"),
    (C, "A little."),
]
SYNOPSIS = "Client 205: White female, 38 years of age, presented in therapy with grief. Client lives with her sister."


def read(tmp_path, text):
    path = tmp_path / "case.txt"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return list(read_source("alexander-street", path))


def sessions(tmp_path, text):
    return [item for item in read(tmp_path, text) if isinstance(item, Session)]


def said(tmp_path, text):
    return [(turn.role, turn.text) for session in sessions(tmp_path, text) for turn in session.turns]


def lines(therapist, client, talk=TALK):
    return [f"{therapist if role == T else client}{text}" for role, text in talk]


LABELS = [
    ("THERAPIST: ", "CLIENT: "),
    ("Therapist: ", "Client: "),
    ("therapist: ", "client: "),
    ("THERAPIST:", "CLIENT:"),
    ("T: ", "C: "),
    ("Th: ", "Cl: "),
    ("DR: ", "PT: "),
    ("T: ", "P: "),
    ("Q: ", "A: "),
    ("Q. ", "A. "),
    ("I: ", "R: "),
    ("COUNSELOR: ", "PATIENT: "),
    ("COUSELOR: ", "CLEINT: "),
    ("ANALYST: ", "RESPONDENT: "),
    ("Clinician : ", "Patient : "),
    ("INTERVIEWER: ", "INTERVIEWEE: "),
    ("FEMALE THERAPIST: ", "MALE CLIENT: "),
    ("THERAPIST: ", "MOTHER: "),
    ("Therapist 2: ", "Client 17: "),
    ("THERAPIST 3 ", "CLIENT 41 "),
    ("THERAPIST ", "CLIENT "),
    ("Therapist ", "Client "),
    ("Dr. C: ", "Client: "),
    ("DR. CARLSON: ", "ANNA: "),
    ("Carlson: ", "Anna: "),
    ("Miriam Berg: ", "Joel K.: "),
    ("MB: ", "JK: "),
    ("SPEAKER 1: ", "SPEAKER 2: "),
    ("Speaker B: ", "Speaker A: "),
    ("miriam: ", "joel: "),
    ("THERAPIST\t", "CLIENT\t"),
    ("T\t", "C\t"),
    ("Miriam\t", "Joel\t"),
    ("THERAPIST - ", "CLIENT - "),
    ("T – ", "C – "),
    ("THERAPIST; ", "CLIENT; "),
    ("THERAPIST：", "CLIENT："),
    ("[Therapist] ", "[Client] "),
    ("**Therapist:** ", "**Client:** "),
    ("THERAPIST:\n", "CLIENT:\n"),
    ("Therapist\n", "Client\n"),
    ("THERAPIST (DR. BERG): ", "CLIENT (ANNA): "),
    ("[00:12] THERAPIST: ", "[00:15] CLIENT: "),
    ("0:00:12.5 T: ", "0:00:15.1 C: "),
    ("Therapist (00:00:12): ", "Client (00:00:15): "),
    ("THERAPIST [00:00:12]: ", "CLIENT [00:00:15]: "),
    ("Speaker 1  00:12\n", "Speaker 2  00:15\n"),
    ("[00:00:12]\nT: ", "[00:00:15]\nC: "),
    ("[00:00:12 - 00:00:15] THERAPIST: ", "[00:00:15 --> 00:00:19] CLIENT: "),
    ("014 T: ", "015 C: "),
    ("3. Therapist: ", "4. Client: "),
]


@pytest.mark.parametrize(("therapist", "client"), LABELS)
@pytest.mark.parametrize("between", ["\n", "\n\n", "\r\n"])
def test_labels(tmp_path, therapist, client, between):
    assert said(tmp_path, between.join(lines(therapist, client)) + "\n") == TALK


@pytest.mark.parametrize(
    ("therapist", "client"), [pair for pair in LABELS if pair[0].endswith(": ") and pair[0][0].isalpha()]
)
def test_hard_wrapped_labels_in_mid_line(tmp_path, therapist, client):
    wrapped = textwrap.wrap(" ".join(lines(therapist, client)), 60, break_on_hyphens=False)
    assert said(tmp_path, "\n".join(wrapped)) == TALK


def test_numbered_turns(tmp_path):
    numbered = [f"{'T' if role == T else 'C'}{i // 2 + 1}: {text}" for i, (role, text) in enumerate(TALK)]
    [session] = sessions(tmp_path, "\n".join(numbered))
    assert [(turn.role, turn.text) for turn in session.turns] == TALK
    assert session.client_id is None


def test_speakers_are_kept_as_printed_and_turns_counted(tmp_path):
    [session] = sessions(tmp_path, "\n".join(lines("THERAPIST [00:01:05]: ", "Client 41: ")))
    assert [turn.index for turn in session.turns] == list(range(len(TALK)))
    assert {turn.speaker for turn in session.turns} == {"THERAPIST", "Client 41"}
    assert session.client_id == "41"
    assert [turn.start_s for turn in session.turns[:2]] == [65.0, None]


PAGES = [
    (["Counseling and Psychotherapy Transcripts"], []),
    (["Session 4 – Client 12", ""], ["", "- {p} -"]),
    (["Client: Anna B.   Session: 4"], []),
    (["SESSION 4", "", "PAGE {p}"], []),
    (["\fTranscript of Session 12 with a Client, Volume 1"], ["{p}"]),
    (["1/2/2024, 3:45 PM", "about:srcdoc", "Page {p} of 6"], []),
    (["3/12/2014          Session with A.          {p}/4"], ["https://search.example.com/view/12 {p}/4"]),
    (["Running head: GRIEF WORK      {p}"], ["iv"]),
    ([], ["© 2011 Example Press. All rights reserved.", "[{p}]"]),
    (["CLIENT 12, SESSION 4, {p}", "_________________________"], ["CONFIDENTIAL", "{p} of 9"]),
]


@pytest.mark.parametrize(("head", "foot"), PAGES)
@pytest.mark.parametrize("labels", [("THERAPIST: ", "CLIENT: "), ("T: ", "C: ")])
def test_page_furniture_and_wrapped_turns(tmp_path, head, foot, labels):
    printed = [part for line in lines(*labels) for part in textwrap.wrap(line, 30)]
    pages = [printed[start : start + 7] for start in range(0, len(printed), 7)]
    text = [line.format(p=p) for p, page in enumerate(pages, 1) for line in [*head, *page, *foot]]
    assert said(tmp_path, "\n".join(text)) == TALK


def test_header_states_the_session(tmp_path):
    header = f"""TRANSCRIPT OF AUDIO FILE:
        ____________________
        SESSION: 6
        PRESENTING PROBLEM: Anxiety; fatigue and sleep
        APPROACH: Cognitive-behavioral
        TOPIC: Driving
        {SYNOPSIS}
        ____________________

        BEGIN TRANSCRIPT:

        """
    [session] = sessions(
        tmp_path, textwrap.dedent(header) + "\n\n".join(lines("THERAPIST: ", "CLIENT: ")) + "\n\nEND TRANSCRIPT\n"
    )
    assert [(turn.role, turn.text) for turn in session.turns] == TALK
    assert session.client_id == "205"
    expected = {
        "session_no": 6,
        "gender": "female",
        "age_range": "30-39",
        "approach": "Cognitive-behavioral",
        "topic": "Driving",
    }
    assert session.meta == expected | {"symptoms": ["anxiety", "fatigue", "sleep"], "modality": "spoken"}


@pytest.mark.parametrize(
    "header",
    [
        f"Session Transcript\nINTRODUCTION: A client who is tired presents with sadness.\n{SYNOPSIS}\n\n",
        f"{SYNOPSIS}\n\nSession 3\n______________\n\n",
        "CLIENT: 205\nTHERAPIST: Dr. Jane Berg\nDATE: 3/4/2012\n____________\n\n",
        "Client 205\nTHERAPIST: Dr. Jane Berg\n____________\n\n",
        "Client: 205\nTherapist: Male, 52\n\n",
    ],
)
def test_headers_without_begin_are_no_turns(tmp_path, header):
    [session] = sessions(tmp_path, header.replace("Male, 52", "Berg") + "\n".join(lines("T: ", "C: ")))
    assert [(turn.role, turn.text) for turn in session.turns] == TALK
    assert session.client_id == "205"


@pytest.mark.parametrize(
    ("age", "band"), [("38", "30-39"), ("9", "0-9"), ("89", "80-89"), ("90", "90+"), ("104", "90+")]
)
def test_ages_become_bands_of_ten(tmp_path, age, band):
    [session] = sessions(
        tmp_path, f"Client 7: Male, {age} years of age.\nBEGIN TRANSCRIPT:\n" + "\n".join(lines("T: ", "C: "))
    )
    assert session.meta["age_range"] == band


def test_a_couples_header_keeps_both_numbers_and_no_single_gender(tmp_path):
    header = "Clients 118 and 119: Male, 41 years of age, and female, 57 years of age.\n\nBEGIN TRANSCRIPT:\n\n"
    [session] = sessions(tmp_path, header + "THERAPIST: Hello.\nWIFE: Hi.\nHUSBAND: Good morning.\nTHERAPIST: So.\n")
    assert [turn.role for turn in session.turns] == [T, C, C, T]
    assert session.client_id == "118-119"
    assert not {"gender", "age_range"} & set(session.meta)


BEGIN_END = [
    ("TRANSCRIPT OF AUDIO FILE:\n____________\nSESSION {n}\nBEGIN TRANSCRIPT:\n\n", "\n\nEND TRANSCRIPT\n\n"),
    ("SESSION {n}\n\nBEGIN OF TRANSCRIPT\n", "\nEND OF TRANSCRIPT\nPage 9 of 9\nabout:srcdoc\n"),
    ("Session {n}\n\n", "\n\n"),
    ("SESSION {n} - 3/4/2012\nBEGIN TRANSCRIPT: ", " END TRANSCRIPT\n"),
    ("session {n}\nbegin transcript\n", "\nend of transcript\n"),
    ("Client 204\nSession {n}\nBEGIN TRANSCRIPT:\n", "\n[END OF RECORDING]\nTranscribed by a typist\n\n"),
]


@pytest.mark.parametrize(("begin", "end"), BEGIN_END)
@pytest.mark.parametrize("labels", [("THERAPIST: ", "CLIENT: "), ("T: ", "C: ")])
def test_several_sessions_in_one_file(tmp_path, begin, end, labels):
    pieces = [begin.format(n=n) + "\n".join(lines(*labels)) + end for n in (4, 5, 6)]
    found = sessions(tmp_path, "".join(pieces))
    assert [session.session_id for session in found] == ["case", "case#2", "case#3"]
    assert [session.meta["session_no"] for session in found] == [4, 5, 6]
    data = (tmp_path / "case.txt").read_bytes()
    for session, piece in zip(found, pieces, strict=True):
        assert [(turn.role, turn.text) for turn in session.turns] == TALK
        assert data[session.origin.start : session.origin.end].decode().strip() in piece.strip()
    assert [found[0].origin.start, found[-1].origin.end] == [0, len(data)]
    assert [session.origin.end for session in found[:-1]] == [session.origin.start for session in found[1:]]


def test_a_begin_after_speech_opens_another_session(tmp_path):
    talk = "\n".join(lines("T: ", "C: "))
    found = sessions(tmp_path, f"{talk}\n\nBEGIN TRANSCRIPT:\n{talk}\nEND TRANSCRIPT\n")
    assert [[(turn.role, turn.text) for turn in session.turns] for session in found] == [TALK, TALK]


def test_words_that_look_like_labels_stay_speech(tmp_path):
    talk = [
        (T, "Okay. Homework: write it down. Note: not on your phone. Rule: one thing."),
        (
            C,
            'She said: no way. And the sign said Warning: deep water. So it was 3:45. He wrote "Client: fix me" there.',
        ),
        (T, "Remember the real end of the session for me. What did we begin session with last time?"),
        (C, "Question: what is it that I want? 1. Wash the car 2. Call mom: she waits. My therapist: she's you."),
    ]
    wrapped = [part for line in lines("T: ", "C: ", talk) for part in textwrap.wrap(line, 26, break_on_hyphens=False)]
    assert said(tmp_path, "\n".join(wrapped)) == talk


def test_an_answer_in_figures_is_no_page_number(tmp_path):
    assert said(tmp_path, "T:\nFrom one to ten?\nC:\n7\nT:\nSeven?\nC:\nYes.") == [
        (T, "From one to ten?"),
        (C, "7"),
        (T, "Seven?"),
        (C, "Yes."),
    ]


def test_words_broken_at_line_ends(tmp_path):
    text = (
        "THERAPIST: I was hop-\ning you'd tell me about your mother-in-\nlaw, she's forty-\n"
        "five. You were hoping too.\n"
        "CLIENT: It's a well-\nknown thing, well, known. I bare-\nly slept.\n"
    )
    assert said(tmp_path, text) == [
        (T, "I was hoping you'd tell me about your mother-in-law, she's forty-five. You were hoping too."),
        (C, "It's a well-known thing, well, known. I barely slept."),
    ]


def test_paragraph_markup_is_line_ends(tmp_path):
    text = "".join(
        f"<p class='x'><b>{line.replace(': ', ':</b> ').replace('&', '&amp;')}</p>"
        for line in lines("THERAPIST: ", "CLIENT: ")
    )
    assert said(tmp_path, text) == TALK


def test_bystanders_and_families(tmp_path):
    speakers = ["THERAPIST", "RECEPTIONIST", "CLIENT'S MOTHER", "CLIENT", "MOM", "THERAPIST"]
    text = "".join(f"{speaker}: Good day.\n" for speaker in speakers)
    assert [role for role, _ in said(tmp_path, text)] == [T, OTHER, C, C, C, T]


def test_the_header_says_who_is_who(tmp_path):
    text = (
        "Therapist: Dr. Jane Berg\nClient: Anna\n\nBERG: I hear you.\nANNA: Did you?\nBERG: Fine.\nANNA: Yes? You do?\n"
    )
    assert [role for role, _ in said(tmp_path, text)] == [T, C, T, C]


def test_turns_of_marks_only_are_counted_not_kept(tmp_path):
    drop, session = read(tmp_path, "T: Hello.\nC: (pause)\nT: [laughs] (crying).\nC: Yes.\nT: Well?\n")
    assert (drop.reason, drop.level, drop.count, drop.session_id) == ("empty_after_cleaning", "turn", 2, "case")
    assert [turn.index for turn in session.turns] == [0, 1, 2]


BAD = [
    ("blank.txt", b" \n\n", "blank_file", "file"),
    ("binary.txt", b"\x00\x01\x02\x03", "binary_file", "file"),
    ("pdf.txt", b"%PDF-1.4", "binary_file", "file"),
    ("half.txt", b"\xff\xfeT", "undecodable_bytes", "file"),
    ("essay.txt", b"There was once a man who said: go.\nNote: he went.\n", "no_speaker_labels", "file"),
    ("alone.txt", b"CLIENT: Hello.\nCLIENT: Is somebody there?\n", "one_sided", "session"),
    ("alike.txt", b"Anna: Yes.\nBella: No.\nAnna: Well.\nBella: Fine.\n", "roles_unclear", "session"),
    ("print.docx", b"PK\x03\x04", "damaged_document", "file"),
    ("old.doc", b"\xd0\xcf\x11\xe0", "unsupported_format", "file"),
]


@pytest.mark.parametrize(("name", "data", "reason", "level"), BAD)
def test_what_cannot_be_used_is_set_aside_with_advice(tmp_path, name, data, reason, level):
    (tmp_path / name).write_bytes(data)
    [drop] = read_source("alexander-street", tmp_path)
    assert isinstance(drop, Drop)
    assert (drop.reason, drop.level, drop.quarantined) == (reason, level, reason != "blank_file")
    assert drop.detail
    assert drop.origin.path == str(tmp_path / name)
    assert not any(word in drop.detail for word in ("Anna", "somebody", "once"))


@pytest.mark.parametrize(
    "filler",
    [
        "a" * 10**6,
        "(" * 10**6,
        "(ph)" * 250_000,
        "[ " * 500_000,
        "0:13:39.5" * 100_000,
        "Aa: " * 250_000,
        "ok. CLIENT: yes. " * 50_000,
        "\n" * 10**6 + "x",
        "_" * 10**6 + "x",
        "- " * 500_000,
        "abc-\n" * 100_000,
        "Session 1\n" * 50_000,
        "T: a\nC: b\n" * 50_000,
    ],
    ids=str.__len__,
)
def test_long_and_repetitive_input_ends(tmp_path, filler):
    assert sessions(tmp_path, "T: Hello.\nC: Hi.\nT: How are you?\nC: " + filler + "\n")


def test_development_gold():
    folder = Path(__file__).parents[2] / "../shared/data/gold-dev"
    if not folder.exists():
        pytest.skip("no development data here")
    import json

    gold = {path.stem: json.loads(path.read_text(encoding="utf-8"))["turns"] for path in folder.glob("gold/*.json")}
    found: dict[str, list[tuple[str, str]]] = {}
    for session in read_source("alexander-street", folder / "raw"):
        assert isinstance(session, Session)
        found.setdefault(Path(session.origin.path).stem, []).extend((turn.role, turn.text) for turn in session.turns)
    assert found == {
        name: [(turn["role"], turn["text"]) for turn in turns if turn["text"]] for name, turns in gold.items()
    }
