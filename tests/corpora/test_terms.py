"""Licences are read cautiously: what does not plainly allow handing on is for a person to accept."""

import pytest

from corpora.sources import get_source, source_names
from corpora.terms import NO_PERSON, OWN_FICTION, Terms


@pytest.mark.parametrize(
    "licence",
    ["MIT (the data's repository)", "Apache-2.0", "CC BY 4.0", "CC-BY-SA-4.0", "CC0 1.0", "OpenRAIL-D", OWN_FICTION],
)
def test_free_licences_pass(licence):
    assert Terms("x", licence, NO_PERSON).free


@pytest.mark.parametrize(
    ("licence", "consent"),
    [
        (None, "given"),
        ("", "given"),
        ("none declared by its publisher", "given"),
        ("the publisher's licence; no redistribution", "given"),
        ("published without a licence file; do not redistribute", "given"),
        ("CC BY-NC 4.0", "given"),
        ("CC-BY-NC-SA-4.0", "given"),
        ("CC BY-ND 4.0", "given"),
        ("CC BY 4.0; academic research only", "given"),
        ("MIT, access on request", "given"),
        ("permit from the admitting office", "given"),
        ("MIT", "none declared"),
        ("MIT", "published without consent"),
        ("MIT", "withdrawn"),
    ],
)
def test_everything_else_is_for_a_person(licence, consent):
    assert not Terms("x", licence, consent).free


def test_of_the_known_sources_only_plainly_free_ones_pass():
    readers = {name: get_source(name) for name in source_names()}
    free = {name for name, reader in readers.items() if Terms(name, reader.license, reader.consent).free}
    assert {"alexander-street", "annomi", "esconv", "psych8k", "mental-health-chat"}.isdisjoint(free)
    assert {"counsel-chat", "mental-health-chatbot"} <= free


def test_a_refusal_can_name_the_terms():
    shown = str(Terms("annomi", "do not redistribute", "demonstrations"))
    assert shown == "annomi (licence: do not redistribute; consent: demonstrations)"
    assert str(Terms("x", None)) == "x (licence: none stated)"
