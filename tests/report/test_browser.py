"""The page in a real browser, headless Chromium: it opens without a complaint, steps, filters, prints, stays fast.

Where there is no Chromium these tests are skipped; in CI (the variable CI is set) they fail.
"""

from __future__ import annotations

import base64
import itertools
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.report.failures import failure, report

from askance.report.html import write

pytestmark = pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning")
OPTIONS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --disable-dev-shm-usage"
)
FAILURE = "#failure-0-D2"


def found(*names: str) -> str:
    """The program's path; without one the test is skipped, or fails where CI must have it."""
    for name in names:
        if path := shutil.which(name):
            return path
    reason = f"there is no {names[0]} on PATH: install Debian's packages chromium and chromium-driver"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """One browser for all tests, with a profile of its own."""
    chromium, driver = found("chromium", "chromium-browser", "google-chrome"), found("chromedriver")
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for option in (*OPTIONS.split(), f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):
        options.add_argument(option)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    opened = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
    opened.set_page_load_timeout(30)
    yield opened
    opened.quit()


class Page:
    """An open page, and what the tests ask of it."""

    def __init__(self, browser: Any, file: Path, *, width: int = 1280, scheme: str = "light") -> None:
        self.browser = browser
        size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        media = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
        browser.get_log("browser")
        browser.get(file.as_uri())

    def ask(self, script: str, *arguments: Any) -> Any:
        """What a piece of JavaScript returns."""
        return self.browser.execute_script(script, *arguments)

    def at(self, selector: str = FAILURE) -> int:
        """Which event is the current one."""
        return int(self.ask("return document.querySelector(arguments[0]).dataset.at", selector))

    def text(self, selector: str) -> str:
        """The text of an element."""
        return str(self.ask("return document.querySelector(arguments[0]).textContent", selector))

    def press(self, key: str, selector: str) -> None:
        """A key, with the focus on that element."""
        self.ask("document.querySelector(arguments[0]).focus()", selector)
        self.browser.switch_to.active_element.send_keys(key)

    def click(self, selector: str) -> None:
        """A click, where the element is not disabled."""
        self.ask("document.querySelector(arguments[0]).click()", selector)

    def shown(self, selector: str) -> list[str]:
        """The clauses of those elements that are to be seen."""
        script = """return [...document.querySelectorAll(arguments[0])]
            .filter((one) => one.getClientRects().length).map((one) => one.dataset.clause)"""
        return list(self.ask(script, selector))


@pytest.fixture
def page(browser: Any, tmp_path: Path) -> Page:
    """The page of one report with a deadlock."""
    write([report()], tmp_path / "page.html")
    return Page(browser, tmp_path / "page.html")


def test_page_opens_without_a_complaint(page: Page) -> None:
    """From a file:// address the script runs to its end, and the console is empty."""
    assert page.ask("return document.documentElement.dataset.ready") == "yes"
    assert page.browser.get_log("browser") == []
    assert page.ask("return performance.getEntriesByType('resource').length") == 0


def test_diagram_shows_lanes_arrows_and_the_cycle(page: Page) -> None:
    """The picture has its lanes, the asks as arrows, the blocked loop hatched, and the cycle's two edges in red."""
    count = "return document.querySelectorAll(arguments[0]).length"
    assert page.ask(count, f"{FAILURE} .heads .title") == 3
    assert page.ask(count, f"{FAILURE} .tall .row:not(.bad) line.arrow") == 2
    assert page.ask(count, f"{FAILURE} .tall rect.blocked") == 2
    assert page.ask(count, f"{FAILURE} .tall .row.bad line.arrow") == 2


def test_keys_step_through_the_events(page: Page) -> None:
    """Arrow keys, j and k, Home and End move the current event, which is told in words."""
    from selenium.webdriver.common.keys import Keys

    scroll = f"{FAILURE} .scroll"
    page.press(Keys.HOME, scroll)
    assert page.at() == 0 and page.text(f"{FAILURE} .now p").startswith("c0 asks a with 10")
    for key, now in (("j", 1), (Keys.ARROW_RIGHT, 2), (Keys.ARROW_DOWN, 3), ("k", 2), (Keys.ARROW_LEFT, 1)):
        page.press(key, scroll)
        assert page.at() == now
    page.press(Keys.ARROW_UP, scroll)
    page.press(Keys.ARROW_UP, scroll)
    assert page.at() == 0
    page.press(Keys.END, scroll)
    assert page.text(f"{FAILURE} .position") == f"{page.at() + 1} of {page.at() + 1}"


def test_keys_typed_into_a_filter_do_not_step(page: Page) -> None:
    """A letter in the search field is text, not a step."""
    before = page.at()
    page.press("jk", "[name=text]")
    assert page.at() == before and page.ask("return document.querySelector('[name=text]').value") == "jk"


def test_buttons_step_and_are_disabled_at_the_ends(page: Page) -> None:
    """The buttons do as the keys do, and those that lead nowhere say so."""
    page.click(f"{FAILURE} [data-go=first]")
    assert page.at() == 0
    disabled = "return [...document.querySelectorAll('[data-go]')].map((one) => one.disabled)"
    assert page.ask(disabled) == [True, True, False, False]
    page.click(f"{FAILURE} [data-go=forward]")
    page.click(f"{FAILURE} [data-go=forward]")
    page.click(f"{FAILURE} [data-go=back]")
    assert page.at() == 1
    page.click(f"{FAILURE} [data-go=last]")
    assert page.ask(disabled) == [False, False, True, True]


def test_click_on_a_row_makes_it_the_current_one(page: Page) -> None:
    """The picture itself can be clicked, and the program's lines that an event concerns are marked."""
    ground = "document.querySelector('.tall [data-row=\"2\"] .ground')"
    page.ask(f"{ground}.dispatchEvent(new Event('click', {{bubbles: true}}))")
    assert page.at() == 2
    lines = "return [...document.querySelectorAll('.program .on')].map((one) => one.textContent[0])"
    assert page.ask(lines) == ["a", "b"]


def test_event_leads_to_its_source_line(page: Page) -> None:
    """An event's source is shown as file and line, and is a link to the file that is there."""
    at = next(n for n, event in enumerate(failure()["history"]) if event["kind"] == "wait")
    wait = failure()["history"][at]
    page.click(f"{FAILURE} [data-go=first]")
    for _ in range(20):
        if page.text(f"{FAILURE} .now p").startswith("a#1 waits for a#1.1"):
            break
        page.click(f"{FAILURE} [data-go=forward]")
    assert page.text(f"{FAILURE} .now a") == wait["source"]
    assert str(page.ask("return document.querySelector('.now a').href")).startswith("file:///")


@pytest.mark.parametrize(
    ("name", "value", "clauses", "failures"),
    [
        ("verdict", "pass", ["M1"], []),
        ("level", "MUST", ["A1", "M1", "D2", "L1"], ["D2"]),
        ("chapter", "D", ["D2"], ["D2"]),
        ("text", "ORDER THEY WERE", ["M1"], []),
        ("text", "d2 fell on", ["A1"], []),
    ],
)
def test_filters_choose_clauses_and_failures(
    page: Page, name: str, value: str, clauses: list[str], failures: list[str]
) -> None:
    """Each filter leaves the clauses that fit and their failures, says how many, and can be cleared."""
    script = """const field = document.querySelector(`[name=${arguments[0]}]`);
        field.value = arguments[1];
        field.dispatchEvent(new Event("input", {bubbles: true}))"""
    page.ask(script, name, value)
    assert page.shown(".matrix tbody tr") == clauses
    assert page.shown(".failure") == failures
    assert page.text(".filters output") == f"{len(clauses)} of 4 clauses"
    page.click(".filters [type=reset]")
    page.browser.execute_async_script("setTimeout(arguments[0])")
    assert len(page.shown(".matrix tbody tr")) == 4 and page.shown(".failure") == ["D2"]


CONTRAST = """
const light = (color) => {
  const [r, g, b] = color.match(/[\\d.]+/g).slice(0, 3).map((part) => part / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const ground = (one) => {
  for (; one; one = one.parentElement) {
    const color = getComputedStyle(one).backgroundColor;
    if (!/, 0\\)$/.test(color) && color !== "transparent") return color;
  }
  return "rgb(255, 255, 255)";
};
const bad = [];
for (const one of document.querySelectorAll("body *")) {
  const words = [...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
  if (!words || !one.getClientRects().length || one.closest(".later, .hidden, .skip, script")) continue;
  const style = getComputedStyle(one), svg = one instanceof SVGElement;
  const pair = [light(svg ? style.fill : style.color), light(ground(svg ? one.ownerSVGElement.parentElement : one))];
  const ratio = (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
  if (ratio < 4.5) bad.push(one.textContent.trim().slice(0, 30) + ": " + ratio.toFixed(2));
}
return bad;
"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_has_contrast(browser: Any, tmp_path: Path, scheme: str) -> None:
    """In light and in dark all text stands out 4.5 to 1 or more, and dark is dark."""
    write([report()], tmp_path / "page.html")
    page = Page(browser, tmp_path / "page.html", scheme=scheme)
    back = page.ask("return getComputedStyle(document.body).backgroundColor")
    assert back == {"light": "rgb(255, 255, 255)", "dark": "rgb(18, 22, 28)"}[scheme]
    assert page.ask(CONTRAST) == []


NAMELESS = """
return [...document.querySelectorAll("button, input, select, a, svg, [role], nav, section, form")]
  .filter((one) => one.ariaHidden !== "true" && !one.ariaLabel && !one.getAttribute("aria-labelledby"))
  .filter((one) => !one.closest("label") && (one.matches("svg, [role=group]") || !one.textContent.trim()))
  .filter((one) => !one.matches("output"))
  .map((one) => one.outerHTML.slice(0, 80));
"""


def test_everything_that_is_used_has_a_name(page: Page) -> None:
    """Fields, buttons, pictures and what scrolls have an accessible name; ids are unique, headings in order."""
    assert page.ask(NAMELESS) == []
    ids = page.ask("return [...document.querySelectorAll('[id]')].map((one) => one.id)")
    assert len(ids) == len(set(ids))
    levels = page.ask(
        "return [...document.querySelectorAll('h1, h2, h3')].map((one) => Number(one.tagName[1]))"
    )
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))


@pytest.mark.parametrize("width", [360, 800, 1600])
def test_page_is_never_wider_than_its_window(browser: Any, tmp_path: Path, width: int) -> None:
    """On a telephone as on a wide screen only the picture and the tables scroll sideways."""
    write([report(), report("a_package_with_a_long_name.and_a_long_module:adapter")], tmp_path / "page.html")
    page = Page(browser, tmp_path / "page.html", width=width)
    assert page.ask("return document.documentElement.scrollWidth") <= width


def test_page_prints_whole(page: Page) -> None:
    """On paper there are no buttons, and the diagram is not cut by its scroll box."""
    printed = page.browser.execute_cdp_cmd("Page.printToPDF", {"printBackground": True})
    assert base64.b64decode(printed["data"]).startswith(b"%PDF-")
    page.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print", "features": []})
    seen = "const one = document.querySelector(arguments[0]); return one.getClientRects().length"
    assert page.ask(seen, ".stepper") == 0 and page.ask(seen, ".picture svg") == 1
    assert page.ask("return getComputedStyle(document.querySelector('.scroll')).maxHeight") == "none"
    page.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "", "features": []})


def long_failure(events: int) -> dict[str, Any]:
    """A failure with that many events: asks that are answered, among eight actors."""
    history: list[dict[str, Any]] = []
    for number in range(events // 5):
        actor, ask = f"a{number % 8}", f"c0.{number}"
        turn = f"{actor}#{number}"
        for kind, more in (
            ("ask", {"who": "c0", "actor": actor, "message": ask, "op": ask, "value": number}),
            ("wait", {"who": "c0", "op": ask}),
            ("begin", {"who": turn, "actor": actor, "message": ask, "value": number, "loop": 0}),
            ("end", {"who": turn, "actor": actor, "outcome": {"kind": "value", "text": "1"}}),
            ("done", {"who": "c0", "op": ask, "outcome": {"kind": "value", "text": "1"}}),
        ):
            index = len(history)
            strand = "loop" if kind in ("begin", "end") else "c0"
            history.append(
                {"index": index, "kind": kind, "step": index, "time": 0.0, "strand": strand, **more}
            )
    return {**failure(), "history": history, "wait_for": None, "moment": None}


def test_ten_thousand_events_stay_usable(browser: Any, tmp_path: Path) -> None:
    """Of a long history only what is in view is drawn, at either end and after many steps."""
    from selenium.webdriver.common.keys import Keys

    write([report(told=long_failure(10_000))], tmp_path / "page.html")
    page = Page(browser, tmp_path / "page.html")
    drawn = "return document.querySelectorAll('.tall svg *').length"
    scroll = f"{FAILURE} .scroll"
    assert page.text(f"{FAILURE} .position") == "10000 of 10000"
    assert page.ask(drawn) < 1_000
    page.press(Keys.HOME, scroll)
    assert page.at() == 0 and page.ask("return document.querySelector('.scroll').scrollTop") == 0
    page.press("j" * 300, scroll)
    assert page.at() == 300 and page.ask(drawn) < 1_000
    visible = """const view = document.querySelector(".scroll").getBoundingClientRect();
        const row = document.querySelector(".tall .on .ground").getBoundingClientRect();
        return row.top >= view.top && row.bottom <= view.bottom"""
    assert page.ask(visible)
    page.press(Keys.END, scroll)
    assert page.at() == 9_999 and page.ask(visible)
    assert page.browser.get_log("browser") == []


@pytest.mark.parametrize("events", [300, 12_000])
def test_paper_says_what_it_leaves_out(browser: Any, tmp_path: Path, events: int) -> None:
    """A long history is printed in part, the event that is looked at among it, and says so; a short one is whole."""
    from selenium.webdriver.common.keys import Keys

    write([report(told=long_failure(events))], tmp_path / "page.html")
    page = Page(browser, tmp_path / "page.html")
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    paper = "return document.querySelector('.paper').innerText"
    drawn = """return [...document.querySelectorAll(".tall .ground")]
        .map((one) => Number(one.closest("g").dataset.row) + 1)"""
    try:
        page.ask("window.dispatchEvent(new Event('beforeprint'))")
        rows = page.ask(drawn)
        assert len(rows) == min(events, 400) and rows[-1] == events
        told = page.ask(paper)
        assert told == (
            "" if events == 300 else "Events 11601 to 12000 of 12000; the page itself has all of them."
        )
        page.ask("window.dispatchEvent(new Event('afterprint'))")
        page.press(Keys.HOME, f"{FAILURE} .scroll")
        page.ask("window.dispatchEvent(new Event('beforeprint'))")
        assert page.ask(drawn)[0] == 1
    finally:
        page.ask("window.dispatchEvent(new Event('afterprint'))")
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
    assert page.ask(paper) == ""
