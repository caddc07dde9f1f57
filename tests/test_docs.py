"""The documentation as a site: built without a network, with no broken link, loading nothing from elsewhere."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import fields
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from pipelines.cli import corpora
from pipelines.stages import STAGES

ROOT = Path(__file__).parents[1]
LOADED = {"script": "src", "img": "src", "iframe": "src", "source": "src", "link": "href", "object": "data"}
CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")


class Page(HTMLParser):
    """What a page links to, what a browser loads with it, and the places in it that links can name."""

    def __init__(self, path):
        super().__init__()
        self.links, self.loaded, self.places = [], [], {""}
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        self.places |= {found[name] for name in ("id", "name") if found.get(name)}
        if tag == "a" and found.get("href"):
            self.links.append(found["href"])
        if found.get(LOADED.get(tag)) and found.get("rel") != "canonical":
            self.loaded.append(found[LOADED[tag]])


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The built site; a warning of the builder fails it, and so does a connection."""
    folder = tmp_path_factory.mktemp("docs")
    command = [sys.executable, "-m", "mkdocs", "build", "--quiet", "--strict", "--site-dir", str(folder / "site")]
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT / "tests" / "network"),
        "CORPORA_TEST_EGRESS_LOG": str(folder / "egress.log"),
    }
    built = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    assert not (folder / "egress.log").exists()
    return folder / "site"


@pytest.fixture(scope="module")
def pages(site):
    return {path: Page(path) for path in site.rglob("*.html") if path.name != "404.html"}


@pytest.mark.integration
def test_every_link_of_the_site_leads_to_a_place_in_it(site, pages):
    broken = []
    for path, page in pages.items():
        for link in page.links + page.loaded:
            parts = urlsplit(link)
            if parts.scheme in ("http", "https", "mailto"):
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            places = pages[target].places if target in pages else {""}
            if not target.is_file() or (target in pages and unquote(parts.fragment) not in places):
                broken.append(f"{path.relative_to(site)}: {link}")
    assert broken == []


@pytest.mark.integration
def test_no_page_loads_anything_from_elsewhere(site, pages):
    assert len(pages) > 40
    assert [link for page in pages.values() for link in page.loaded if urlsplit(link).netloc] == []
    sheets = [path.read_text(encoding="utf-8") for path in site.rglob("*.css")]
    assert sheets
    assert not any(re.search(r"url\(['\"]?(https?:)?//|@import", sheet) for sheet in sheets)


@pytest.mark.integration
def test_the_reference_holds_every_command_option_and_stage(pages, site):
    commands = (site / "reference" / "cli.html").read_text(encoding="utf-8")
    for name, command in corpora.commands.items():
        assert name in pages[site / "reference" / "cli.html"].places
        flags = [flag for parameter in command.params for flag in parameter.opts if flag.startswith("-")]
        assert [flag for flag in flags if flag not in commands] == []
    stages = pages[site / "reference" / "pipelines.html"].places
    assert {f"{stage.__module__}.{stage.__name__}" for stage in STAGES.values()} <= stages
    assert "pipelines.stages.windows.Windows.min_words" in stages


@pytest.mark.integration
def test_a_list_under_a_sentence_is_shown_as_one(pages):
    glued = [
        path.name for path in pages if re.search(r"<p>[^<]*(<(?!/p>)[^<]*)*\n- ", path.read_text(encoding="utf-8"))
    ]
    assert glued == []


def test_every_test_that_a_page_names_is_there():
    pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")]
    named = {name for page in pages for name in re.findall(r"`(tests/[\w./*-]+)`", page.read_text(encoding="utf-8"))}
    assert len(named) > 20
    assert [name for name in named if not any(ROOT.glob(name.rstrip("/")))] == []


def test_the_page_of_recipes_names_every_stage_and_parameter():
    table = (ROOT / "docs" / "recipes.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `(\w+)` \| (.*)$", table, re.MULTILINE))
    assert set(STAGES) <= set(rows)
    elsewhere = {"paraphrase", "synth"}  # their rows point to pages of their own
    missing = {
        name: [field.name for field in fields(stage) if f"`{field.name}" not in rows[name]]
        for name, stage in STAGES.items()
        if name not in elsewhere
    }
    assert {name: fields for name, fields in missing.items() if fields} == {}


@pytest.mark.slow
@pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="chromium and chromedriver are not installed")
def test_the_site_searches_from_the_disk_and_asks_for_nothing_else(site, tmp_path):
    webdriver = pytest.importorskip("selenium.webdriver")
    from selenium.webdriver.support.wait import WebDriverWait

    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for switch in ("headless", "no-sandbox", "disable-gpu", "disable-background-networking"):
        options.add_argument(f"--{switch}")
    options.add_argument(f"--user-data-dir={tmp_path}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    browser = webdriver.Chrome(options=options, service=webdriver.ChromeService(executable_path=DRIVER))
    try:
        for name in ("reference/cli.html", "recipes.html", "index.html?q=paraphrase"):
            browser.get(f"{site.as_uri()}/{name}")
        found = WebDriverWait(browser, 30).until(
            lambda page: page.find_elements("css selector", ".md-search-result__item a[href*='paraphrase.html']")
        )
        assert found
        messages = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
        asked = {m["params"]["request"]["url"] for m in messages if m["method"] == "Network.requestWillBeSent"}
        assert any(url.endswith("/search/search_index.js") for url in asked)
        assert {url for url in asked if urlsplit(url).netloc and urlsplit(url).scheme != "chrome"} == set()
        assert [entry for entry in browser.get_log("browser") if entry["level"] == "SEVERE"] == []
    finally:
        browser.quit()
