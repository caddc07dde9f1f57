import re
from datetime import timedelta
from html.parser import HTMLParser

import pytest

from corpora.errors import CorporaError
from expectations.datadocs import write_docs
from expectations.gate import run_gate
from expectations.outcome import GateResult, Outcome

HOSTILE = '<script>alert("x")</script><img src=x onerror=alert(1)>'


def outcome(name, *, passed, suite="structure"):
    return Outcome(
        suite, name, f"About {name}.", "critical", passed, "1 of 9 against it", "A reason.", "A rule.", ("e1",)
    )


class _Tags(HTMLParser):
    """The elements and attributes a browser would see."""

    def __init__(self, html):
        super().__init__()
        self.seen = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.seen.append((tag, dict(attrs)))


def links(page):
    return [attrs["href"] for tag, attrs in _Tags(page.read_text()).seen if tag == "a" and "href" in attrs]


def test_a_real_run_makes_pages_that_hold_together(metrics, thresholds, run_time, tmp_path):
    docs = tmp_path / "report" / "data-docs"
    run_gate(metrics, thresholds, docs, "build", run_time)
    pages = sorted(docs.rglob("*.html"))
    assert [page.relative_to(docs).as_posix() for page in pages] == [
        "expectations/balance.html",
        "expectations/privacy.html",
        "expectations/quality.html",
        "expectations/splits.html",
        "expectations/structure.html",
        "expectations/synthetic.html",
        "index.html",
        "validations/20250601T120000Z-build.html",
    ]
    for page in pages:
        for link in links(page):
            target = (page.parent / link).resolve()
            assert link.startswith("#") or target.is_file() or target == (docs / "../index.html").resolve(), link
        assert not re.search(r"https?://|//[a-z]", page.read_text())
    assert "If kind == transcript, then response_words values" in (docs / "expectations/structure.html").read_text()


def test_earlier_runs_stay_and_newest_comes_first(run_time, tmp_path):
    first = GateResult(passed=False, results=(outcome("schema", passed=False),))
    second = GateResult(passed=True, results=(outcome("schema", passed=True), outcome("new", passed=True)))
    write_docs(tmp_path, first, "one", run_time)
    write_docs(tmp_path, second, "two", run_time + timedelta(days=1))
    runs = [link for link in links(tmp_path / "index.html") if link.startswith("validations")]
    assert runs == ["validations/20250602T120000Z-two.html", "validations/20250601T120000Z-one.html"]
    index = (tmp_path / "index.html").read_text()
    assert index.index("2 of 2") < index.index("0 of 1")
    suite = (tmp_path / "expectations" / "structure.html").read_text()
    assert suite.count(">failed<") == 1
    assert suite.count(">not run<") == 1


def test_the_same_run_again_replaces_itself(run_time, tmp_path):
    for passed in (False, True):
        write_docs(tmp_path, GateResult(passed, (outcome("schema", passed=passed),)), "build", run_time)
    assert len(list((tmp_path / "validations").glob("*.json"))) == 1
    assert ">passed<" in (tmp_path / "index.html").read_text()


def test_hostile_names_are_text_and_cannot_leave_the_folder(run_time, tmp_path):
    docs = tmp_path / "docs"
    hostile = Outcome(
        "../../" + HOSTILE,
        HOSTILE,
        HOSTILE,
        "critical",
        passed=False,
        observed=HOSTILE,
        reason=HOSTILE,
        rule=HOSTILE,
        rows=(HOSTILE,),
    )
    write_docs(docs, GateResult(passed=False, results=(hostile,)), "../" + HOSTILE, run_time)
    assert [path.name for path in tmp_path.iterdir()] == ["docs"]
    for page in docs.rglob("*.html"):
        for tag, attrs in _Tags(page.read_text()).seen:
            assert tag not in ("script", "img"), page.name
            assert not any(name.startswith("on") for name in attrs), page.name
        assert "&lt;script&gt;" in page.read_text()


@pytest.mark.parametrize("content", ["", "{", "[]", '{"run_name": "x"}'])
def test_a_record_that_is_none_is_named(run_time, tmp_path, content):
    (tmp_path / "validations").mkdir()
    (tmp_path / "validations" / "20240101T000000Z-x.json").write_text(content)
    with pytest.raises(CorporaError, match=r"20240101T000000Z-x\.json is not the record of a run"):
        write_docs(tmp_path, GateResult(passed=True, results=(outcome("schema", passed=True),)), "build", run_time)
