import base64
import hashlib
import re

import pytest

from expectations.distributions import distributions
from expectations.outcome import GateResult, Outcome
from expectations.report import write_report
from expectations.safe_harbor import CLASSES, replaced_counts


def outcome(description, severity, *, passed, observed):
    return Outcome("privacy", description, description, severity, passed, observed, "A reason.", "A rule.")


HELD = outcome("No name is left.", "critical", passed=True, observed="0 of 40 against it")
FAILED = outcome("No client stands in two splits.", "critical", passed=False, observed="7 of 40 against it")
WARNED = outcome("Few other finds.", "warning", passed=False, observed="3 of 3 against it")
PASSED = GateResult(passed=True, results=(HELD, WARNED))
REFUSED = GateResult(passed=False, results=(HELD, FAILED))


@pytest.fixture
def page(tmp_path, manifest, metrics, report_page):
    """The text of a report page."""

    def write(gate=PASSED, document=None, table=metrics):
        return report_page(tmp_path, gate, manifest if document is None else document, table).read_text()

    return write


def words(html):
    """What a reader sees: the text without style and tags."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", re.sub(r"<style>.*?</style>", "", html, flags=re.DOTALL)))


def test_the_verdict_comes_first_and_says_why(page):
    passed, refused = words(page()), words(page(REFUSED))
    assert passed.index("Publishable") < passed.index("What came in")
    assert "this warning before you decide: Few other finds. Seen: 3 of 3 against it." in passed
    assert "1 of 2 critical checks failed, so nothing was published: No client stands in two splits." in refused
    assert "Publishable" not in refused


def test_counts_are_the_manifests(page):
    text = words(page())
    for expected in (
        "Turns 40 as target, 70 as context 110 12 1 123 ✓ adds up".replace("✓ ", ""),
        "no speaker label files quarantined 2",
        "outside window turns dropped 8",
        "NAME 1,234",
        "identifiers removed 1,236",
        "3 of 4 clients are unknown",
        "Words looked at 4,321",
        "sample spoken CC0-1.0 not stated",
        "A. Names replaced 1,234",
        "train 20 2 2",
        "1 example carries the flag crisis",
        "windows min words 50",
        "split ratios 0.8, 0.1, 0.1",
        "Recipe hash " + "f00d" * 16,
        "12.3 s",
    ):
        assert expected in text, expected


def test_a_sum_that_does_not_add_up_is_said_in_the_verdict(page, manifest):
    manifest["accounting"]["turns"]["seen"] += 1
    text = words(page())
    assert "does not add up: something is unaccounted for" in text[: text.index("What came in, and")]


def test_texts_of_the_recipe_stay_out_unless_they_are_choices(page):
    html = page()
    assert "someone" not in html
    assert "names.txt" not in html
    assert "deidentify style surrogate" in words(html)


def test_shifted_dates_are_said_not_to_be_safe_harbor(page, manifest):
    assert "shifted dates are not Safe Harbor" not in words(page())
    manifest["recipe"][1]["dates"] = "shift"
    assert "shifted dates are not Safe Harbor" in words(page())


@pytest.mark.parametrize("rows", [0, 1, 40])
def test_an_empty_manifest_and_few_rows_break_nothing(page, metrics, rows):
    text = words(page(REFUSED, {}, metrics.head(rows)))
    assert f"{rows} examples" in text or f"examples {rows}" in text
    assert "What came in" not in text


def test_every_part_of_the_manifest_may_be_missing(page, manifest):
    for part in manifest:
        assert "Audit report" in page(document={key: value for key, value in manifest.items() if key != part})


def test_hostile_values_are_text(page, manifest):
    hostile = "<script>alert(1)</script><b onclick=x>"
    manifest["sources"] = {hostile: {"modality": hostile, "license": hostile, "consent": hostile}}
    manifest["accounting"]["files"]["quarantined"] = {hostile: 2}
    manifest["identifiers"]["by_rule"] = {hostile: 1}
    manifest["packages"] = {hostile: hostile}
    html = page()
    assert "<script" not in html
    assert "<b onclick" not in html
    assert html.count("&lt;script&gt;alert(1)") >= 6


def test_the_policy_allows_the_pages_own_style_and_nothing_else(page):
    html = page()
    style = re.search(r"<style>(.*?)</style>", html, re.DOTALL)[1]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', html)[1].replace("&#39;", "'")
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    assert not re.search(r"https?://|\ssrc=|style=|@import|url\((?!#)", html)
    assert html.count("<style>") == html.count("style>") // 2 == 1


def test_no_promise_is_made(page):
    text = words(page()).lower()
    assert "compliant" not in text
    assert "safe harbor met" not in text
    assert "what is not promised" in text


def test_the_eighteen_classes_are_all_there_and_use_every_span_type():
    from anonymize.spans import SPAN_TYPES

    assert "".join(c.letter for c in CLASSES) == "ABCDEFGHIJKLMNOPQR"
    assert {name for c in CLASSES for name in c.types} == set(SPAN_TYPES) - {"ORG"}  # ORG is ours, not the rule's
    counts = {c.letter: n for c, n in replaced_counts({"DATE": 3, "AGE90": 2, "ORG": 9})}
    assert counts["C"] == 5
    assert counts["Q"] is None
    assert counts["A"] == 0


def test_what_later_stages_count_is_shown_and_its_absence_breaks_nothing(page, manifest):
    counts = {
        "flags": {"policy": {"abuse": "route"}, "examples": {"crisis": 3, "abuse": 1}, "sessions": {"abuse": 1}},
        "duplicates": {
            "compared": 45, "near": 4, "exact": 1, "clusters": 2, "threshold": 0.7, "sizes": {"3": 1, "4": 1},
            "between": [{"kept": "sample", "dropped": "other", "examples": 5}],
            "largest": [{"kept": "e0001", "dropped": ["f1", "f2", "f3"]}],
        },
        "changes": {
            "since": "2025-05-01", "same": 28,
            "recipe": ["windows.min_words: 50 → 40"], "versions": [], "decisions": [],
            "added": {"count": 12, "why": {"recipe": 12}, "examples": ["e0002"]},
            "removed": {"count": 5, "why": {"decision: withdrawn": 5}, "examples": []},
            "changed": {"count": 0, "why": {}, "examples": []},
        },
    }  # fmt: skip
    text = words(page(document=manifest | counts))
    for expected in (
        "abuse 1 1 left out, for a reader",
        "4 near duplicates were left out, in 2 clusters; near means that 70 %",
        "sample other 5",
        "e0001 ids f1 f2 f3 3",
        "28 examples are the same",
        "added id: 1 of 12 e0002 12 12: recipe",
        "removed 5 5: decision: withdrawn",
        "windows.min_words: 50 → 40",
    ):
        assert expected in text, expected
    assert "What changed since the last build" not in words(page())
    assert "cannot be compared with it: another key" in words(
        page(document=manifest | {"changes": {"not_compared": "another key"}})
    )


def test_reasons_lead_to_ids(page, manifest):
    manifest["left_out"] = {
        "files": {"quarantined": {"no_speaker_label": ["f" * 32]}},
        "turns": {"dropped": {"outside_window": ["a" * 32, "b" * 32]}},
    }
    text = words(page())
    assert f"no speaker label id: 1 of 2 {'f' * 32} files quarantined 2" in text
    assert f"outside window ids {'a' * 32} {'b' * 32} turns dropped 8" in text


def test_every_risk_is_named_with_what_was_measured(page, manifest):
    assert "The detector overlooked an identifier look not measured" in words(page())
    rate = {"rate": 0.9, "low": 0.8, "high": 0.95, "hits": 9, "of": 10}
    manifest |= {
        "gold": {"sessions": 3, "overall": rate, "names": rate, "by_class": {"NAME": rate}},
        "quasi_identifiers": {
            "stories": {"place": 3, "place + rare event": 1},
            "metadata": {"columns": ["age_range"], "clients": 4, "combinations": 4, "smallest": 1, "alone": 4,
                         "in_small_groups": 4, "small": 5, "alone_by_column": {"age_range": 4}},
        },
        "reviewed_sample": {"read": 300, "leaks": 0, "at_most": 0.01, "same_rows": True},
    }  # fmt: skip
    text = words(page())
    for expected in (
        "A name that a client's sessions gave away is left none seen 0 in 4,321 words",
        "Something that looks like an identifier is left look 5, 1.16 per 1,000 words",
        "1 of 10 marked by hand were missed at 95 % confidence, at most 20.0 % of such are missed",
        "0 of 300 passages held one at 95 % confidence, at most 1.00 % of passages do",
        "1 of 4 sessions tell of a rare event",
        "4 of 4 clients stand alone by age range k = 1",
        "NAME 1,234 90.0 % (80.0 to 95.0) 9 of 10",
    ):
        assert expected.replace("'", "&#39;") in text, expected


def test_decisions_stand_in_the_page_and_say_which_rows_they_are_about(tmp_path, manifest, metrics):
    document = manifest | {"gate": PASSED.to_dict(), "distributions": distributions(metrics), "sums_sha256": "5" * 64}
    assert "Nobody has approved or rejected these rows yet." in words(write_report(tmp_path, document).read_text())
    said = {"by": "M. Adeyemi", "at": "2025-06-02", "note": "<b>read</b>"}
    log = [
        {"decision": "approve", "sums_sha256": "4" * 64, **said},
        {"decision": "reject", "sums_sha256": "5" * 64, **said},
    ]
    html = write_report(tmp_path, document, decisions=log).read_text()
    assert "approve M. Adeyemi 2025-06-02 &lt;b&gt;read&lt;/b&gt; other rows, so void for these" in words(html)
    assert "reject M. Adeyemi 2025-06-02 &lt;b&gt;read&lt;/b&gt; these rows" in words(html)
    refused = document | {"gate": REFUSED.to_dict()}
    assert "To sign or refuse" not in words(write_report(tmp_path, refused, decisions=log).read_text())


def test_samples_are_shown_only_where_they_are_given_and_as_text(tmp_path, manifest, metrics, report_page):
    rows = [{"example_id": "e1", "prompt": [{"role": "user", "content": "<script>x"}], "completion": []}]
    plain = report_page(tmp_path, PASSED)
    document = manifest | {"gate": PASSED.to_dict(), "distributions": distributions(metrics)}
    assert "De-identified samples" not in plain.read_text()
    html = write_report(tmp_path, document, rows).read_text()
    assert "De-identified samples" in html
    assert "&lt;script&gt;x" in html
    assert "<script" not in html


def test_every_reason_is_in_the_picture_of_the_flow(page, manifest):
    manifest["accounting"]["turns"]["dropped"] = {f"reason_{n}": n + 1 for n in range(12)}
    text = words(page())
    assert "all other reasons" in text
    assert "target 40" in text
