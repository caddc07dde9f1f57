"""The pages in a real browser, opened from the disk as a steward opens them."""

import json
import re
import shutil
from itertools import pairwise

import pytest

from expectations.gate import run_gate
from expectations.metrics import measure

webdriver = pytest.importorskip("selenium.webdriver")
CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="chromium and chromedriver are not installed"),
]

RATE = {"rate": 0.9, "low": 0.596, "high": 0.982, "hits": 9, "of": 10}
CONTRAST = """
const channel = c => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
const luminance = rgb => { const [r, g, b] = rgb.match(/[\\d.]+/g).map(Number).map(channel);
                           return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
const behind = e => { for (; e; e = e.parentElement) { const c = getComputedStyle(e).backgroundColor;
                      if (!/, 0\\)$/.test(c)) return c; } return getComputedStyle(document.body).backgroundColor; };
const texts = [...document.querySelectorAll("body *")].filter(e => e.offsetParent && !e.closest("svg, .skip") &&
  [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()));
return Math.min(...texts.map(e => { const [a, b] = [luminance(getComputedStyle(e).color), luminance(behind(e))];
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05); }));
"""


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    switches = ("headless", "no-sandbox", "disable-gpu", "disable-background-networking", "disable-component-update",
                "disable-sync", "no-first-run", f"user-data-dir={tmp_path_factory.mktemp('profile')}")  # fmt: skip
    for switch in switches:
        options.add_argument(f"--{switch}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(executable_path=DRIVER))
    yield driver
    driver.quit()


def _spoil(rows):
    rows[0].update(split="test", topic="<script>document.title='injected'</script>")
    rows[1].update(other_hits=99, topic="grief $x^2$")


@pytest.fixture
def report(tmp_path, manifest, examples, thresholds, run_time, report_page):
    """A refused report with its Data Docs: the page with most on it."""
    metrics = measure(examples(_spoil))
    manifest["canaries"] = {
        "of_each_class": 10, "overall": RATE, "by_class": {"NAME": RATE}, "leaked": 1, "leaked_but_pointed_at": 0,
    }  # fmt: skip
    hostile = "<img src=x onerror=document.title='injected'><script>document.title='injected'</script>"
    manifest["sources"][hostile] = {"modality": "spoken", "license": hostile, "consent": None}
    manifest["left_out"] = {"files": {"quarantined": {"no_speaker_label": [hostile, "f" * 32]}}}
    manifest["changes"] = {
        "since": "2025-05-31",
        "same": 39,
        "added": {"count": 1, "why": {hostile: 1}, "examples": []},
    }
    gate = run_gate(metrics, thresholds, tmp_path / "data-docs", hostile, run_time)
    return report_page(tmp_path, gate, manifest, metrics)


def emulate(browser, *, scheme="light", width=1200):
    feature = {"name": "prefers-color-scheme", "value": scheme}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})
    size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)


def pages(report):
    return [report, *sorted(report.parent.rglob("data-docs/**/*.html"))]


def requested(browser):
    """Addresses of everything that pages other than the browser's own asked for since the last call."""
    messages = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    asked = [m["params"] for m in messages if m["method"] == "Network.requestWillBeSent"]
    return [a["request"]["url"] for a in asked if not a["documentURL"].startswith("chrome://")]


def test_pages_open_offline_without_request_or_console_error(browser, report):
    requested(browser)
    for page in pages(report):
        browser.get(page.as_uri())
        assert requested(browser) == [page.as_uri()]
        assert browser.get_log("browser") == []
        assert browser.title != "injected"


def test_an_injected_script_or_style_does_not_run(browser, report):
    injected = "<script>document.title='injected'</script><style>body{color:red}</style><p style='color:red' id=p>x</p>"
    report.write_text(report.read_text().replace("</main>", injected + "</main>"))
    browser.get(report.as_uri())
    assert browser.title == "Audit report: refused"
    assert browser.execute_script("return getComputedStyle(document.body).color") != "rgb(255, 0, 0)"
    assert browser.execute_script("return getComputedStyle(document.getElementById('p')).color") != "rgb(255, 0, 0)"
    assert any("Content Security Policy" in entry["message"] for entry in browser.get_log("browser"))


def test_verdict_counts_and_links(browser, report, manifest):
    browser.get(report.as_uri())
    verdict = browser.find_element("css selector", ".verdict").text
    assert verdict.startswith("Refused")
    assert "No client stands in two splits." in verdict
    figures = re.findall(r"([\d,]+)\n", browser.find_element("css selector", ".figures").text + "\n")
    assert figures == ["40", "4", "1,236", "0"]
    rows = browser.find_elements("css selector", "#flow ~ .scroll tbody tr")
    sums = {row.find_element("css selector", "th").text.split("\n")[0]: row.text.split("\n")[-1] for row in rows[:2]}
    for level, entry in manifest["accounting"].items():
        counts = [sum(entry[end].values()) for end in ("kept", "dropped", "quarantined")]
        assert f"{counts[0]} {counts[1]} {counts[2]} {entry['seen']} adds up" in sums[level.capitalize()]
    for link in browser.find_elements("css selector", "nav a[href^='#']"):
        assert browser.find_elements("id", link.get_attribute("href").split("#")[1])
    browser.find_element("link text", "Data Docs").click()
    assert browser.find_element("css selector", "h1").text == "Data Docs"
    assert len(browser.find_elements("css selector", "tbody tr")) == 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1200])
def test_every_chart_is_seen_texts_have_contrast_and_nothing_is_cut(browser, report, scheme, width):
    emulate(browser, scheme=scheme, width=width)
    for page in pages(report):
        browser.get(page.as_uri())
        assert browser.execute_script("return document.documentElement.scrollWidth <= innerWidth"), page.name
        assert browser.execute_script(CONTRAST) >= 4.5, page.name  # WCAG 2.2, success criterion 1.4.3
    browser.get(report.as_uri())
    plots = browser.find_elements("css selector", "svg.plot")
    assert len(plots) == 10
    assert all(plot.size["width"] > 200 and plot.size["height"] > 40 for plot in plots)
    paper, bar = browser.execute_script(
        "return [getComputedStyle(document.body).backgroundColor,"
        " getComputedStyle(document.querySelector('[fill=\"#030303\"]')).fill]"
    )
    assert bar not in (paper, "rgb(3, 3, 3)")


def test_the_keyboard_reaches_the_content_first_and_every_wide_table(browser, report):
    emulate(browser, width=360)
    browser.get(report.as_uri())
    keys = browser.switch_to.active_element
    keys.send_keys("\ue004")
    assert browser.switch_to.active_element.get_attribute("class") == "skip"
    regions = browser.find_elements("css selector", ".scroll")
    assert regions
    assert all(region.get_attribute("tabindex") == "0" and region.get_attribute("aria-label") for region in regions)


def test_ids_open_by_key_and_are_shut_before(browser, report):
    emulate(browser)
    browser.get(report.as_uri())
    summary = browser.find_element("css selector", "details.ids summary")
    code = browser.find_element("css selector", "details.ids code")
    assert not code.is_displayed()
    browser.execute_script("arguments[0].focus()", summary)
    summary.send_keys("\ue007")
    assert code.is_displayed()
    assert code.text.startswith("<img src=x onerror")
    assert browser.title == "Audit report: refused"


def test_a_screen_reader_finds_landmarks_headings_in_order_and_named_tables(browser, report):
    emulate(browser)
    for page in pages(report):
        browser.get(page.as_uri())
        nodes = browser.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
        seen = [node for node in nodes if not node["ignored"]]
        roles = [node["role"]["value"] for node in seen]
        assert roles.count("main") == roles.count("banner") == 1, page.name
        levels = [p["value"]["value"] for n in seen if n["role"]["value"] == "heading"
                  for p in n["properties"] if p["name"] == "level"]  # fmt: skip
        assert levels[0] == 1
        assert levels.count(1) == 1
        assert all(after <= before + 1 for before, after in pairwise(levels)), page.name
        regions = [node["name"]["value"] for node in seen if node["role"]["value"] == "region"]
        assert all(regions), page.name
        assert roles.count("columnheader") >= 2
        assert browser.find_element("css selector", "html").get_attribute("lang") == "en"
    browser.get(report.as_uri())
    figures = browser.find_elements("css selector", "figure")
    assert all(figure.find_element("css selector", "figcaption").text for figure in figures)


def test_on_paper_everything_but_ids_is_open_and_dark(browser, report):
    emulate(browser)
    browser.get(report.as_uri())
    shut = "return [...document.querySelectorAll('details:not([open]) > .scroll')].map(e => e.checkVisibility())"
    assert not any(
        browser.execute_script(shut.replace("checkVisibility()", "checkVisibility({contentVisibilityAuto: true})"))
    )
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print", "features": []})
    visible = browser.execute_script(shut)
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "", "features": []})
    assert len(visible) > 3
    assert all(visible)
    assert len(browser.execute_cdp_cmd("Page.printToPDF", {})["data"]) > 10_000
