import random
import shutil

import polars as pl
import pytest

from corpora.shards import SPLITS
from pipelines import Pipeline
from pipelines.recipe import RECIPES, load_recipe
from pipelines.stages import Duplicates, Split
from pipelines.stages.read import SAMPLE

WORDS = [first + second + third for first in "bdfgk" for second in "aeiou" for third in ("l", "nt", "rs", "sh")]


def said(draw, size):
    return [draw.choice(WORDS) + draw.choice(WORDS) for _ in range(size)]


def changed(draw, words, share):
    return [draw.choice(WORDS) if draw.random() < share else word for word in words]


def runs(text, size=2):
    words = text.split()
    return {tuple(words[at : at + size]) for at in range(len(words) - size + 1)}


def alike(one, other):
    def jaccard(left, right):
        return len(left & right) / len(left | right)

    exchange = [runs(f"{row['prompt']} {row['answer']}") for row in (one, other)]
    return min(jaccard(*exchange), jaccard(runs(one["answer"]), runs(other["answer"])))


@pytest.fixture(scope="module")
def families():
    """Forty dialogues, each with copies that differ a little, some or much; ids in the order of the rule."""
    draw = random.Random(5)
    rows = []
    for _ in range(40):
        prompt, answer = said(draw, 30), said(draw, 60)
        rows += [
            {"prompt": changed(draw, prompt, share), "answer": changed(draw, answer, share)}
            for share in (0, 0.02, 0.05, 0.1, 0.2, 0.4)
        ]
    rows = [{side: " ".join(words) for side, words in row.items()} for row in rows]
    return [{**row, "id": f"{number:032x}", "session": f"{number:05}"} for number, row in enumerate(rows)]


def test_it_finds_what_comparing_every_pair_finds(families, frame_of, fates):
    kept, expected = [], {}
    for row in families:
        near = max(kept, key=lambda other: alike(row, other), default=None)
        if near and alike(row, near) >= 0.7:
            expected[row["id"]] = near["id"]
        else:
            kept.append(row)
            expected[row["id"]] = None
    frame = Duplicates().apply(frame_of(*families))
    assert fates(frame, "dropped_for") == expected
    assert 60 < sum(value is not None for value in expected.values()) < 160


def test_the_order_of_rows_does_not_matter(families, frame_of, fates):
    shuffled = random.Random(1).sample(families, len(families))
    assert fates(Duplicates().apply(frame_of(*shuffled))) == fates(Duplicates().apply(frame_of(*families)))


LONG = "it sounds as if the nights have been the hardest part of all this and you have carried it mostly on your own"


def test_a_standard_answer_to_another_question_is_no_duplicate_unless_answers_alone_decide(frame_of, fates):
    rows = [
        {"prompt": "my sister moved out and the house is so quiet that I keep the radio on all day", "answer": LONG},
        {"prompt": "since the new manager came I wake at four every morning and go over each mistake", "answer": LONG},
    ]
    assert set(fates(Duplicates().apply(frame_of(*rows))).values()) == {None}
    assert list(fates(Duplicates(on="response").apply(frame_of(*rows))).values()) == [None, "near_duplicate"]


def test_a_short_answer_is_one_only_where_everything_before_it_is_the_same(frame_of, fates):
    rows = [
        {"prompt": ["I slept badly.", "Since when?", "Since May."], "answer": "Go on."},
        {"prompt": ["I ate badly.", "Since when?", "Since May."], "answer": "Go on."},
        {"prompt": ["I ate badly!", "Since when?", "since  May"], "answer": "Go on ..."},
    ]
    assert list(fates(Duplicates().apply(frame_of(*rows))).values()) == [None, None, "exact_duplicate"]


def test_kept_is_the_preferred_source_then_peoples_own_words_then_the_fuller_session(frame_of, fates):
    def row(**other):
        return {"prompt": "I cannot sleep", "answer": LONG, **other}

    written = [row(kind="synthetic"), row(kind="transcript"), row(kind="paraphrase")]
    assert list(fates(Duplicates().apply(frame_of(*written))).values()) == ["exact_duplicate", None, "exact_duplicate"]
    sources = [row(source="a"), row(source="b"), row(source="c", kind="synthetic")]
    assert [*fates(Duplicates(prefer=("c",)).apply(frame_of(*sources))).values()].index(None) == 2
    fuller = [row(session="a"), row(session="b"), {"prompt": "Other", "answer": f"other {LONG[::-1]}", "session": "b"}]
    assert list(fates(Duplicates().apply(frame_of(*fuller))).values()) == ["exact_duplicate", None, None]


def test_between_sources_only_what_one_repeats_stays_and_is_counted(frame_of, fates):
    row = {"prompt": "I cannot sleep", "answer": LONG}
    near = {"prompt": "I cannot sleep", "answer": f"{LONG} now"}
    rows = [{**one, "source": source} for source in "ab" for one in (row, row, near)]
    frame, stage = frame_of(*rows), Duplicates(across="sources")
    marked = stage.apply(frame)
    assert list(fates(marked).values()) == [None, None, None, "exact_duplicate", "exact_duplicate", "exact_duplicate"]
    found = stage.findings(frame, marked)["duplicates"]
    assert (found["exact"], found["left_within_a_source"]) == (3, 2)


@pytest.mark.integration
def test_a_session_under_two_clients_stands_once_and_on_one_side_of_the_split(tmp_path, key_file):
    folder, clients = tmp_path / "in", ["session_id,client_id"]
    folder.mkdir()
    for path in sorted(SAMPLE.glob("*.txt"))[:8]:
        for copy in "ab":
            shutil.copy(path, folder / f"{path.stem}{copy}.txt")
            clients.append(f"{path.stem}{copy},{path.stem}{copy}")
    (tmp_path / "clients.csv").write_text("\n".join(clients) + "\n")
    read = {"input": folder, "clients": tmp_path / "clients.csv"}
    wanted = {"read": read, "windows": {"min_words": 20}, "duplicates": {"across": "all"}}
    stages = load_recipe(RECIPES / "build.toml", wanted).stages
    built = Pipeline(stages).run(tmp_path / "out", engine="serial", key_file=key_file)
    found, accounting = built.manifest["duplicates"], built.manifest["accounting"]
    kept = built.manifest["examples"]["total"]
    assert found["sizes"] == {"2": kept}
    assert found["exact"] + found["near"] == kept
    assert accounting["examples"]["seen"] == 2 * kept
    assert accounting["turns"]["seen"] == sum(
        sum(accounting["turns"][outcome].values()) for outcome in ("kept", "dropped", "quarantined")
    )
    assert set(built.manifest["examples"]["by_split"]) <= set(SPLITS)


def test_groups_that_shared_a_duplicate_go_to_one_split(frame_of):
    draw = random.Random(3)
    rows = []
    for number in range(30):
        shared = {"prompt": " ".join(said(draw, 20)), "answer": " ".join(said(draw, 40))}
        own = [{"prompt": "Own", "answer": " ".join(said(draw, 40))} for _ in "ab"]
        for client, row in zip((f"{number}a", f"{number}b"), own, strict=True):
            rows += [{**shared, "client": client, "session": client}, {**row, "client": client, "session": client}]
    frame = Split().apply(Duplicates().apply(frame_of(*rows)))
    splits = frame.group_by(pl.col("client_id").str.head(-1)).agg(pl.col("split").n_unique().alias("splits")).collect()
    assert set(splits["splits"]) == {1}
    assert frame.collect()["split"].n_unique() == 3
