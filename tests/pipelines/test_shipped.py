"""Every shipped recipe on a small input of our own fiction: it runs, its figures are the paper's, and it adds up."""

import csv
import json
import random

import pyarrow as pa
import pytest

from benchmarks.chat_server import ChatServer
from pipelines import Pipeline
from pipelines.recipe import RECIPES, load_recipe
from pipelines.stages.read import SAMPLE

pytestmark = pytest.mark.integration

WHO = ["my sister", "my husband", "my manager", "my neighbour", "my son", "my oldest friend", "the nurse", "my mother"]
DID = [
    "stopped answering when I call", "forgets what we agreed on", "laughs whenever I am serious",
    "wants to move away before the winter", "blames me for the trouble at home", "keeps asking for money",
    "does not sleep and neither do I", "talks about nothing but work", "left without a word on Sunday",
]  # fmt: skip
FELT = ["I cry in the car", "I am worn out", "I am furious", "I panic at night", "I feel empty", "I eat too much"]
ASK = ["What would you wish for", "What do you do then", "Who knows about it", "What did you feel in your body",
       "When was it last different", "What would you tell a friend"]  # fmt: skip


def dialogue(draw):
    """A question and an answer, both of a few sentences, hardly ever the same twice."""
    asked = [f"{draw.choice(WHO).capitalize()} {draw.choice(DID)} and {draw.choice(FELT)}." for _ in range(3)]
    answered = [f"{draw.choice(ASK)}, when {draw.choice(WHO)} {draw.choice(DID)}?" for _ in range(4)]
    return " ".join(asked), "Thank you for telling me this. " + " ".join(answered)


@pytest.fixture
def pairs():
    draw = random.Random(4)
    return [dialogue(draw) for _ in range(60)]


def write_csv(path, header, rows):
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([header, *rows])
    return path


def built(name, out, key_file, **overrides):
    recipe = load_recipe(RECIPES / f"{name}.toml", overrides)
    manifest = Pipeline(recipe.stages, recipe.name).run(out, engine="serial", key_file=key_file).manifest
    for level, entry in manifest["accounting"].items():
        ends = sum(sum(entry[outcome].values()) for outcome in ("kept", "dropped", "quarantined"))
        assert entry["seen"] == ends, level
    assert manifest["accounting"]["examples"]["kept"]["kept"] == manifest["examples"]["total"]
    return manifest


def rows_of(out):
    return [row for path in out.glob("*/*.arrow") for row in pa.ipc.open_stream(path).read_all().to_pylist()]


def test_all_recipes_are_shipped_and_each_fits_together():
    names = {path.stem for path in RECIPES.glob("*.toml")}
    papers = {
        "mirror",
        "illinois",
        "nile",
        "berkeley",
        "mentalgpt-interview",
        "mentalgpt-synthetic",
        "mentalgpt-hybrid",
        "mentalgpt-published",
        "mentalgpt-hybrid-published",
    }
    assert papers | {"build"} <= names
    for name in names:
        recipe = load_recipe(RECIPES / f"{name}.toml")
        assert recipe.name == name
        Pipeline(recipe.stages)


def test_illinois_takes_long_turns_with_context_and_labels_symptoms(tmp_path, key_file):
    manifest = built("illinois", tmp_path / "out", key_file)
    rows = rows_of(tmp_path / "out")
    assert min(row["response_words"] for row in rows) >= 50
    assert max(row["context_turns"] for row in rows) > 1
    filled = manifest["labels"]["symptoms"]
    assert filled["from_metadata"] + filled["from_keywords"] > filled["none"]
    assert any(row["symptoms"] for row in rows)


def test_mirror_reads_both_sets_and_makes_the_therapist_the_assistant(tmp_path, key_file, pairs):
    (tmp_path / "p.json").write_text(json.dumps([{"instruction": "i", "input": q, "output": a} for q, a in pairs[:20]]))
    talks = []
    for at in range(20, 50, 3):
        turns = [text for pair in pairs[at : at + 3] for text in pair]
        roles = ["user", "therapist"] * 3
        messages = [{"role": role, "content": text} for role, text in zip(roles, turns, strict=True)]
        talks.append({"conversations": messages})
    (tmp_path / "c.json").write_text(json.dumps([*talks, {"conversations": []}]))
    inputs = {"read:psych8k": {"input": tmp_path / "p.json"}, "read:chat": {"input": tmp_path / "c.json"}}
    manifest = built("mirror", tmp_path / "out", key_file, **inputs)
    assert manifest["examples"]["by_source"] == {"chat": 30, "psych8k": 20}
    assert {row["prompt"][-1]["role"] for row in rows_of(tmp_path / "out")} == {"user"}
    assert sum(manifest["accounting"]["sessions"]["quarantined"].values()) <= 1


def test_berkeley_joins_three_sets_without_their_copies_in_the_papers_shares(tmp_path, key_file, pairs):
    first = tmp_path / "a.json"
    first.write_text("\n".join(json.dumps({"Context": q, "Response": a}) for q, a in pairs[:30]))
    header = ["questionID", "questionTitle", "questionText", "topics", "answerText"]
    copies = [[n, "", q.replace("Sunday", "Monday"), "Anxiety", a] for n, (q, a) in enumerate(pairs[20:50])]
    second = write_csv(tmp_path / "b.csv", header, [*copies, [99, "", "Hello?", "", ""]])
    third = write_csv(tmp_path / "c.csv", ["text"], [[f"<HUMAN>: {q} <ASSISTANT>: {a}"] for q, a in pairs[50:]])
    names = ("mental-health-counseling", "mental-health-chat", "mental-health-chatbot")
    inputs = {f"read:{name}": {"input": path} for name, path in zip(names, (first, second, third), strict=True)}
    manifest = built("berkeley", tmp_path / "out", key_file, **inputs)
    assert manifest["examples"]["total"] == 60
    assert manifest["splits"]["ratios"] == [0.75, 0.125, 0.125]
    between = manifest["duplicates"]["between"]
    assert sum(pair["examples"] for pair in between) == 10
    assert all(pair["kept"] != pair["dropped"] for pair in between)


def test_nile_draws_its_sample_in_the_proportions_of_the_whole(tmp_path, key_file, pairs):
    feelings = ["anxious"] * 36 + ["sad"] * 18 + ["angry"] * 6
    table = [[q, a, feeling] for (q, a), feeling in zip(pairs, feelings, strict=True)]
    path = write_csv(tmp_path / "rows.csv", ["question", "answer", "emotion"], table)
    manifest = built("nile", tmp_path / "out", key_file, read={"input": path}, sample={"size": 20})
    assert manifest["examples"]["total"] == 20
    assert set(manifest["examples"]["by_split"]) == {"train", "validation"}
    audit = manifest["sampling"][0]["audit"]["emotion"]
    assert {row["value"]: row["after"] for row in audit} == {"anxious": 12, "sad": 6, "angry": 2}
    assert manifest["accounting"]["examples"]["dropped"] == {"not_sampled": 40}


def test_mentalgpt_synthetic_writes_messages_of_300_words_over_the_33_topics_and_answers_them(tmp_path, key_file):
    with ChatServer() as server:
        synth = {"model": "m", "endpoint": server.url, "n": 40}
        manifest = built("mentalgpt-synthetic", tmp_path / "out", key_file, synth=synth)
    assert manifest["examples"]["by_kind"] == {"synthetic": 40}
    assert set(manifest["synthetic"]["by_instructor"]) == {"query", "response"}
    assert len(manifest["synthetic"]["topics"]["target"]) == 33
    for row in rows_of(tmp_path / "out"):
        assert len(row["prompt"][0]["content"].split()) >= 300


def test_mentalgpt_published_reads_the_published_conversations(tmp_path, key_file, pairs):
    path = write_csv(tmp_path / "s.csv", ["instruction", "input", "output"], [["i", q, a] for q, a in pairs])
    manifest = built("mentalgpt-published", tmp_path / "out", key_file, read={"input": path})
    assert manifest["examples"]["by_kind"] == {"qa": 60}


@pytest.fixture(scope="module")
def lenient(tmp_path_factory):
    """A tiny model of noise, and checks that noise passes."""
    pytest.importorskip("llama_cpp")
    from benchmarks.random_model import write_model

    texts = [path.read_text(encoding="utf-8") for path in sorted(SAMPLE.glob("*.txt"))[:6]]
    model = write_model(tmp_path_factory.mktemp("model") / "tiny.gguf", texts)
    loose = {"copied_run": 100, "overlap": 0, "variety": 0, "inventions": "flag", "attempts": 1, "temperature": 1}
    return {"model": model, "max_words": 50, "parallel": 4, "threads": 1, **loose}


def some_transcripts(folder):
    folder.mkdir()
    for path in sorted(SAMPLE.glob("*.txt"))[:3]:
        (folder / path.name).write_bytes(path.read_bytes())
    return folder


@pytest.mark.slow
def test_mentalgpt_interview_holds_only_rounds_of_forty_words_a_side(tmp_path, key_file, lenient):
    read = {"input": some_transcripts(tmp_path / "in")}
    manifest = built("mentalgpt-interview", tmp_path / "out", key_file, read=read, paraphrase=lenient)
    assert set(manifest["examples"]["by_kind"]) == {"paraphrase"}
    for row in rows_of(tmp_path / "out"):
        assert [message["role"] for message in row["prompt"]] == ["user"]
        assert min(len(row["prompt"][0]["content"].split()), row["response_words"]) >= 40


@pytest.mark.slow
@pytest.mark.parametrize("name", ["mentalgpt-hybrid", "mentalgpt-hybrid-published"])
def test_mentalgpt_hybrid_mixes_both_in_the_papers_proportions(tmp_path, key_file, lenient, pairs, name):
    path = write_csv(tmp_path / "s.csv", ["instruction", "input", "output"], [["i", q, a] for q, a in pairs])
    given = {"read:alexander-street": {"input": some_transcripts(tmp_path / "in")}, "paraphrase": lenient}
    with ChatServer() as server:
        synth = {"model": "m", "endpoint": server.url, "n": 60}
        given |= {"synth": synth} if name == "mentalgpt-hybrid" else {"read:mentalchat16k": {"input": path}}
        manifest = built(name, tmp_path / "out", key_file, **given)
    kinds, other = manifest["examples"]["by_kind"], "synthetic" if name == "mentalgpt-hybrid" else "qa"
    assert set(kinds) == {"paraphrase", other}
    assert abs(kinds[other] / kinds["paraphrase"] - 9775 / 5695) < 0.2


def test_a_shipped_recipe_runs_by_its_name_and_each_source_gets_its_input(tmp_path, corpora_command, pairs):
    write_csv(tmp_path / "s.csv", ["instruction", "input", "output"], [["i", q, a] for q, a in pairs])
    plan = corpora_command("run", "mentalgpt-published", "--input", "s.csv", "--dry-run", "--json", check=True)
    assert json.loads(plan.stdout)["sessions"] == 60
    named = corpora_command("run", "mentalgpt-published", "--input", "mentalchat16k=s.csv", "--dry-run", check=True)
    assert "60 sessions" in named.stdout
    wrong = corpora_command("run", "berkeley", "--input", "s.csv", "--dry-run")
    assert (wrong.returncode, "say --input SOURCE=PATH for each" in wrong.stderr) == (2, True)
    unknown = corpora_command("run", "berkley", "--dry-run")
    assert (unknown.returncode, "berkeley" in unknown.stderr) == (2, True)
