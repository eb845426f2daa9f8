#!/usr/bin/env python3
"""The HTML report as its readers meet it, in a real headless Chromium.

Usage: browser_test.py COMMAND SOURCE_FOLDER [unittest arguments]
"""

import base64
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest
import urllib.parse

from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException, TimeoutException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

COMMAND = ""
SOURCE = pathlib.Path()
PATIENCE = 20   # seconds until a page that does not answer is an error

FAILING = r"""scenario: Broken to the wrong level
covers: [BRK-NTFS-BATCH-BEFORE-SHARING]
volume:
  - file: \data.bin
steps:
  - A.create: {as: a, file: \data.bin, access: R, share: []}
  - A.oplock: {on: a, request: BATCH, as: held}
  - B.create: {as: b, file: \data.bin, access: W}
    expect: {b: blocks}
    breaks: {held: {to: NONE, ack: required}}
  - A.ack: a
    completes: {b: STATUS_SHARING_VIOLATION}
"""
FAILING_LINE = 10
# B's create goes on after 35 seconds, without an acknowledgment.
IMPATIENT = r"""{"format":"oplocksim-trace","version":1}
{"time":0,"event":"issue","process":1,"thread":1,"irp":1,"request":"create","path":"\\data.bin","access":3,"share":7,"disposition":"FILE_OPEN","options":0}
{"time":0,"event":"complete","process":1,"thread":1,"irp":1,"request":"create","status":"STATUS_SUCCESS","information":1,"handle":1}
{"time":0,"event":"issue","process":1,"thread":1,"irp":2,"request":"oplock_fsctl","handle":1,"code":"FSCTL_REQUEST_OPLOCK","level":7,"flags":1}
{"time":0,"event":"pend","process":1,"thread":1,"irp":2,"request":"oplock_fsctl","blocked":false}
{"time":0,"event":"issue","process":2,"thread":2,"irp":3,"request":"create","path":"\\data.bin","access":1,"share":7,"disposition":"FILE_OPEN","options":0}
{"time":0,"event":"complete","process":1,"thread":1,"irp":2,"request":"oplock_fsctl","status":"STATUS_SUCCESS","information":24,"output":{"version":1,"original_level":7,"new_level":3,"flags":1,"access_mode":0,"share_mode":0},"handle":1}
{"time":0,"event":"pend","process":2,"thread":2,"irp":3,"request":"create","blocked":true}
{"time":350000000,"event":"advance"}
{"time":350000000,"event":"complete","process":2,"thread":2,"irp":3,"request":"create","status":"STATUS_SUCCESS","information":1,"handle":2}
"""
# A waits for the acknowledgment that it owes itself, in most orders.
DEADLOCK = r"""scenario: "A waits for itself </script><script>window.owned=7</script>"
volume:
  - file: \data.bin
programs:
  A:
    - create: {as: a, file: \data.bin, access: RW}
    - oplock: {on: a, request: RWH, as: held}
    - create: {as: again, file: \data.bin, access: R}
  B:
    - create: {as: b, file: \data.bin, access: R}
"""
PASSING = FAILING.replace("NONE", "LEVEL_2").replace("wrong level", "right level")
# Text that would run if it were markup, or that would deceive if it were shown as it is.
HOSTILE = ("</script><script>window.owned=1</script><img src=x onerror='window.owned=2'>\\\" & "
           "\\u202egnp.exe \\u0007 \\u200b ]]> {{7*7}} {{constructor}} ")
HOSTILE_CASE = "</script><script>window.owned=4</script>"


def yaml_quoted(text):
    return '"' + text + '"'


class Browser:
    """One Chromium for all tests; it may ask nothing of any network."""

    def __init__(self, scripts=True):
        options = webdriver.ChromeOptions()
        options.binary_location = "/usr/bin/chromium"
        # A container has no user name spaces for the browser's own sandbox.
        for argument in ("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
                         "--disable-background-networking", "--disable-component-update",
                         "--disable-sync", "--disable-dev-shm-usage", "--window-size=1280,900"):
            options.add_argument(argument)
        if not scripts:
            options.add_experimental_option("prefs", {"profile.managed_default_content_settings.javascript": 2})
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        self.driver = webdriver.Chrome(service=Service("/usr/bin/chromedriver"), options=options)

    def wait(self, condition):
        # A page that is being replaced is not an error.
        return WebDriverWait(self.driver, PATIENCE, 0.02,
                             ignored_exceptions=[StaleElementReferenceException]).until(condition)


class BrowserTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        (cls.folder / "fails.yaml").write_text(FAILING)
        (cls.folder / "passes.yaml").write_text(PASSING)
        hostile = FAILING.replace("Broken to the wrong level", yaml_quoted(HOSTILE))
        hostile = hostile.replace("volume:", f"description: {yaml_quoted('x' * 20000)}\nvolume:")
        (cls.folder / "hostile.yaml").write_text(
            hostile + f"matrix: {{text: [{yaml_quoted(HOSTILE_CASE)}]}}\n")
        (cls.folder / "invalid.yaml").write_bytes(b"scenario: \xff\xfe </script><script>window.owned=5</script>\n")
        cls.report = cls.folder / "run.html"
        done = subprocess.run([COMMAND, "run", "fails.yaml", "passes.yaml", "hostile.yaml", "invalid.yaml", "--report", f"html={cls.report}"], cwd=cls.folder,
                              capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 2, done.stdout + done.stderr   # one file is no scenario
        cls.suite = cls.folder / "conform.html"
        done = subprocess.run([COMMAND, "conform", "write", "break/RWH", "grant/RW", "rules", "--report",
                               f"html={cls.suite}"], capture_output=True, text=True, timeout=300, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        cls.judged = {}
        for verb, name, text in (("check", "impatient.jsonl", IMPATIENT), ("explore", "deadlock.yaml", DEADLOCK)):
            (cls.folder / name).write_text(text)
            cls.judged[verb] = cls.folder / f"{verb}.html"
            done = subprocess.run([COMMAND, verb, name, "--report", f"html={cls.judged[verb]}"], cwd=cls.folder,
                                  capture_output=True, text=True, timeout=60, check=False)
            assert done.returncode == 1, done.stdout + done.stderr
        later = cls.folder / "later"
        later.mkdir()
        (later / "fails.yaml").write_text(FAILING.replace("NONE", "LEVEL_2"))
        (later / "passes.yaml").write_text(PASSING)
        cls.repaired = cls.folder / "repaired.html"
        subprocess.run([COMMAND, "run", "fails.yaml", "passes.yaml", "--profile", "ms-fsa", "--report",
                        f"html={cls.repaired}"], cwd=later, check=True, capture_output=True, timeout=60)
        cls.walk = cls.folder / "walk.html"
        subprocess.run([COMMAND, "explore", "deadlock.yaml", "--html", str(cls.walk)], cwd=cls.folder,
                       capture_output=True, timeout=60, check=False)
        cls.judged["fuzz"] = cls.folder / "fuzz.html"
        subprocess.run([COMMAND, "fuzz", "--seed", "1", "--runs", "200", "--report", f"html={cls.judged['fuzz']}"],
                       capture_output=True, timeout=120, check=False)
        cls.explorer = cls.folder / "explorer.html"
        subprocess.run([pathlib.Path(COMMAND).with_name("reports_tests"),
                        "--gtest_filter=ExplorerPage.IsWrittenForTheBrowser"], check=True, timeout=60,
                       capture_output=True, env={**os.environ, "TEST_TMPDIR": str(cls.folder)})
        cls.browser = Browser()
        cls.addClassCleanup(cls.browser.driver.quit)

    def setUp(self):
        self.driver = self.browser.driver
        self.driver.get_log("browser")
        self.colours("light")

    def tearDown(self):
        # No error in the console, and nothing from outside was run.
        self.assertEqual(self.driver.get_log("browser"), [])
        self.assertIsNone(self.driver.execute_script("return window.owned ?? null"))

    def colours(self, scheme, media="screen"):
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {
            "media": media, "features": [{"name": "prefers-color-scheme", "value": scheme}]})

    def open(self, report, link=""):
        self.driver.get("about:blank")
        self.driver.get(report.as_uri() + link)
        return self.browser.wait(lambda driver: driver.find_elements(By.CSS_SELECTOR, "main h1"))[0]

    def refresh(self):
        self.driver.refresh()
        self.browser.wait(lambda driver: driver.find_elements(By.CSS_SELECTOR, "main h1"))

    def all(self, selector):
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def one(self, selector):
        found = self.all(selector)
        self.assertTrue(found, selector)
        return found[0]

    def shows(self, text, selector):
        """Waits until the first element of `selector` contains `text`: pages are drawn after their address changes."""
        try:
            self.browser.wait(lambda driver: any(text in element.text for element in self.all(selector)[:1]))
        except TimeoutException:
            self.assertIn(text, self.one(selector).text)

    def text(self, selector):
        return [element.text for element in self.all(selector)]

    def press(self, *keys):
        webdriver.ActionChains(self.driver).send_keys(*keys).perform()

    def background(self):
        return self.driver.execute_script("return getComputedStyle(document.documentElement).backgroundColor")

    # ------------------------------------------------------------ the tests

    def test_overview_says_what_fails_and_where_it_is_written(self):
        self.assertEqual(self.open(self.report).text, "oplocksim run: does not conform")
        self.assertIn("BRK-NTFS-BATCH-BEFORE-SHARING", " ".join(self.text(".failures li")))
        self.one(".failures a[href*='scenario/fails']").click()
        self.browser.wait(lambda driver: self.all(".verdict-box"))
        box = self.one(".verdict-box").text
        self.assertIn("broken to NONE", box)
        self.assertIn("FILE_OPLOCK_BROKEN_TO_LEVEL_2", box)
        self.assertIn("Batch and Filter break before the share access check", box)
        marked = self.one("ol.source li.failed")
        self.assertEqual(marked.get_attribute("data-line"), f"0:{FAILING_LINE}")
        self.assertIn("breaks: {held: {to: NONE", marked.text)
        self.shows("oplocksim run fails.yaml", ".command code")
        self.one(".command .copy").click()
        self.browser.wait(lambda driver: self.one(".command .copy").text == "Copied")

    def test_a_page_asks_nothing_of_a_network(self):
        for report in (self.report, self.suite):
            self.open(report)
            asked = self.driver.execute_script("return performance.getEntriesByType('resource').map(e => e.name)")
            self.assertEqual(asked, [])
            text = report.read_text(encoding="utf-8")   # and is valid UTF-8
            self.assertIn("default-src 'none'", text)
            self.assertNotIn("<link rel=\"stylesheet", text)
            self.assertNotIn(" src=\"", text)

    def test_search_and_filters_survive_a_reload(self):
        self.open(self.suite, "#/cases")
        everything = self.one("caption").text
        self.one("input[type=search]").send_keys("rwh write other-key")
        self.browser.wait(lambda driver: self.one("caption").text != everything)
        rows = self.text("table.cases tbody tr")
        self.assertTrue(rows)
        for row in rows:
            self.assertIn("RWH", row)
        self.refresh()
        self.assertEqual(self.text("table.cases tbody tr"), rows)
        self.open(self.report, "#/cases?verdict=fail")
        verdicts = set(self.text("table.cases tbody .badge"))
        self.assertEqual(verdicts, {"✗ fail"})
        self.open(self.report, "#/cases?verdict=pass")
        self.assertEqual(len(self.text("table.cases tbody tr")), 1)

    def test_walking_through_a_diagram_with_the_keyboard(self):
        self.open(self.report, "#/scenario/passes")
        diagram = self.one(".diagram-scroll")
        self.driver.execute_script("arguments[0].focus()", diagram)
        self.press(Keys.HOME)
        self.shows("Event 1 of", ".event-heading")
        self.shows("No oplock is held", ".event-state")
        self.press(Keys.ARROW_DOWN)
        self.shows("Event 2 of", ".event-heading")
        self.shows("Batch", ".event-state")
        bands = self.all("svg .band")
        self.assertEqual([i for i, band in enumerate(bands) if "current" in band.get_attribute("class")], [1])
        self.assertIn("Batch", self.driver.execute_script("return document.getElementById('live').textContent"))
        self.assertEqual(urllib.parse.urlparse(self.driver.current_url).fragment, "/scenario/passes?at=2")
        self.refresh()
        self.shows("Event 2 of", ".event-heading")
        states = set()
        self.driver.execute_script("arguments[0].focus()", self.one(".diagram-scroll"))
        for _ in bands:
            self.press(Keys.ARROW_DOWN)
            states.add(self.one(".event-state").text)
        self.assertTrue(any("Batch → Level 2" in state for state in states), states)
        self.press(Keys.END)
        self.shows(f"Event {len(bands)} of {len(bands)}", ".event-heading")

    def test_a_failure_opens_at_the_event_that_fails(self):
        self.open(self.report, "#/scenario/fails")
        self.shows("Observed", ".event-details")
        self.assertEqual(len(self.all("svg .band.failed.current")), 1)
        # The text alternative has as many lines as the drawing has events.
        self.assertEqual(len(self.all("ol.events > li")), len(self.all("svg .band")))

    def test_hover_says_more(self):
        self.open(self.report, "#/scenario/fails")
        body = self.one("svg.lanes-body")
        self.driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", body)
        webdriver.ActionChains(self.driver).move_to_element(body).perform()
        self.browser.wait(lambda driver: self.all(".tip") and self.one(".tip").text)

    def test_hostile_text_is_text(self):
        self.open(self.report)
        self.open(self.report, "#/cases?q=owned")
        self.assertIn("<script>window.owned=1</script>", " ".join(self.text("td.case")))
        self.one("td.case a[href*='hostile']").click()
        self.browser.wait(lambda driver: "<script>window.owned=1</script>" in self.one("h1").text)
        title = self.one("h1").text
        self.assertIn("\\u{202e}gnp.exe", title)   # shown by its number
        self.assertIn("\\u{7}", title)
        self.assertNotIn("\u202e", self.driver.page_source.split("<main", 1)[1])
        self.shows("show all 20,000 characters", ".about")
        self.assertEqual(self.all("main img, main script, main iframe"), [])
        self.open(self.report, "#/file/invalid.yaml")
        self.shows("window.owned=5", ".verdict-box")
        self.open(self.report, "#/<img src=x onerror=window.owned=6>")
        self.assertEqual(self.one("h1").text, "Not found")

    def test_clauses_and_drill_down(self):
        self.open(self.suite, "#/clauses?q=WRITE-EXCLUSIVE-ACK")
        self.one("table.clauses a.clause").click()
        self.browser.wait(lambda driver: self.one("h1").text == "WRITE-EXCLUSIVE-ACK")
        self.shows("acknowledg", ".lead")
        self.one("table.cases a[href*='break/']").click()
        self.browser.wait(lambda driver: self.all("svg.lanes-body"))
        self.driver.back()
        self.browser.wait(lambda driver: self.one("h1").text == "WRITE-EXCLUSIVE-ACK")
        self.open(self.suite, "#/clauses?level=should")
        self.assertEqual(set(self.text("table.clauses td .obligation")), {"SHOULD"})

    def test_decision_tables(self):
        self.open(self.suite, "#/tables/break")
        heads = self.text("table.decision thead th")
        self.assertIn("RWH", heads)
        row = next(row for row in self.all("table.decision tbody tr")
                   if row.find_element(By.TAG_NAME, "th").text == "write")
        cell = row.find_elements(By.TAG_NAME, "td")[heads.index("RWH")]
        self.assertIn("NONE ack waits", cell.text)
        cell.find_element(By.TAG_NAME, "a").click()
        self.browser.wait(lambda driver: "write" in self.one("h1").text)
        self.assertTrue(self.all("svg.lanes-body"))

    def test_coverage_changes_with_the_key_relation(self):
        self.open(self.suite, "#/coverage")
        other = self.text("table.heatmap td")
        self.open(self.suite, "#/coverage?key=same")
        self.assertNotEqual(self.text("table.heatmap td"), other)

    def test_light_dark_and_print(self):
        self.open(self.report)
        light = self.background()
        self.colours("dark")
        dark = self.background()
        self.assertNotEqual(light, dark)
        toggle = self.one("#theme")
        toggle.click()   # light, whatever the system says
        self.assertEqual(self.background(), light)
        toggle.click()
        self.colours("light")
        self.assertEqual(self.background(), dark)
        self.colours("dark", "print")
        self.assertEqual(self.background(), "rgb(255, 255, 255)")
        self.assertFalse(self.one("header nav").is_displayed())
        self.colours("light")
        pdf = base64.b64decode(self.driver.execute_cdp_cmd("Page.printToPDF", {})["data"])
        self.assertTrue(pdf.startswith(b"%PDF"))
        toggle.click()   # as it was

    def test_landmarks_headings_and_contrast(self):
        for report, link in ((self.report, ""), (self.report, "#/scenario/fails"), (self.suite, "#/cases"),
                             (self.suite, "#/clauses"), (self.suite, "#/tables/break"), (self.suite, "#/coverage")):
            self.open(report, link)
            self.assertEqual(len(self.all("main")), 1)
            self.assertEqual(len(self.all("h1")), 1)
            self.assertEqual(self.all("table:not(:has(th))"), [])
            # Every control has a name.
            self.assertEqual(self.driver.execute_script(NAMELESS), [])
            for scheme in ("light", "dark"):
                self.colours(scheme)
                self.assertEqual(self.driver.execute_script(CONTRAST), [], f"{link} {scheme}")
            self.colours("light")

    def test_a_report_that_was_cut_off_shows_what_it_has(self):
        text = self.report.read_text(encoding="utf-8")
        part = self.folder / "part.html"
        end = text.index('data-kind="end"')
        part.write_text(text[:end], encoding="utf-8")
        self.assertIn("incomplete", self.open(part).text)
        self.open(part, "#/scenario/fails")
        self.assertTrue(self.all("svg.lanes-body"))

    def test_reports_are_compared(self):
        self.open(self.report, "#/compare")
        self.assertFalse(self.one(".filters").is_displayed())
        self.one("input[type=file]").send_keys(f"{self.folder / 'fails.yaml'}")
        self.browser.wait(lambda driver: self.one("[role=alert]").text == "fails.yaml is not such a report")
        self.open(self.report, "#/compare")
        self.one("input[type=file]").send_keys(str(self.repaired))
        self.browser.wait(lambda driver: self.all("table.compare"))
        self.assertEqual(self.one("[role=alert]").text, "")
        self.assertIn("repaired.html: run, ms-fsa", self.text("table.compare thead th")[2])
        rows = self.text("table.compare tbody tr")
        self.assertEqual(len(rows), 1, rows)   # what passes in both is not shown
        self.assertIn("fails", rows[0])
        self.assertIn("✗ fail", rows[0])
        self.assertIn("✓ pass", rows[0])
        self.driver.execute_script("const s = document.querySelector('select[name=show]'); s.value = 'missing';"
                                   "s.dispatchEvent(new Event('input', {bubbles: true}))")
        missing = " ".join(self.text("table.compare tbody tr"))
        self.assertIn("<script>window.owned=4</script>", missing)   # the hostile case is in one of them
        self.assertIn("not in it", missing)
        self.assertEqual(self.driver.execute_script(NAMELESS), [])
        for scheme in ("light", "dark"):
            self.colours(scheme)
            self.assertEqual(self.driver.execute_script(CONTRAST), [])

    def test_from_case_to_case(self):
        self.open(self.suite, "#/cases")
        everything = self.one("caption").text
        self.one("input[type=search]").send_keys("break/rwh write other-key")
        self.browser.wait(lambda driver: self.one("caption").text != everything)
        names = self.text("td.case .id")
        self.all("td.case a")[0].click()
        self.browser.wait(lambda driver: self.all(".neighbours"))
        self.shows(f"1 of {len(names)} of those listed", ".neighbours")
        self.press("n")
        self.browser.wait(lambda driver: f"2 of {len(names)}" in self.one(".neighbours").text)
        self.assertEqual(self.one(".crumbs .id").text, names[1])
        self.one(".neighbours a").click()   # previous
        self.browser.wait(lambda driver: f"1 of {len(names)}" in self.one(".neighbours").text)

    def test_a_trace_shows_who_waits_and_what_the_clause_says(self):
        self.assertEqual(self.open(self.judged["check"]).text, "oplocksim check: does not conform")
        self.one(".failures a[href*='trace/impatient']").click()
        self.browser.wait(lambda driver: self.all(".violation"))
        box = self.one(".verdict-box").text
        self.assertIn("time-alone (line 10)", box)
        self.assertIn("it waits, without a timeout, until the break is acknowledged", box)
        self.assertIn("Who waits: create \\data.bin by process 2 (IRP 3) waits for", box)
        self.assertIn("There is no timeout", box)
        # The drawing stands at the event that is wrong.
        self.shows("completes STATUS_SUCCESS", ".event-text")
        self.shows("oplocksim check impatient.jsonl", ".command code")
        self.open(self.judged["check"], "#/cases?kind=rule&verdict=idle")
        self.assertTrue(self.all("table.cases tbody tr"))   # not exercised is not a pass
        self.open(self.judged["check"], "#/coverage")
        self.assertTrue(self.all("table.heatmap"))

    def test_a_finding_of_explore_is_drawn_and_linked(self):
        self.open(self.judged["explore"], "#/explored/deadlock.yaml")
        self.shows("<script>window.owned=7</script>", "h1")
        self.shows("transitions", ".facts-list")
        self.one("#findings + ul a").click()
        self.browser.wait(lambda driver: self.all("svg.lanes-body"))
        self.shows("deadlock", ".verdict-box")
        self.shows("again waits for the acknowledgment of", ".verdict-box")
        self.shows("A.create: {as: again", "ol.source")
        self.assertEqual(self.driver.execute_script(NAMELESS), [])
        self.assertEqual(self.driver.execute_script(CONTRAST), [])

    def test_the_explorer_draws_the_path(self):
        self.open(self.walk)
        self.assertEqual(self.all("svg.lanes-body"), [])   # nothing has happened yet
        rows = 0
        for _ in range(20):
            choices = [choice for choice in self.all(".choice") if "A." in choice.text] or self.all(".choice")
            if not choices:
                break
            number = len(self.all(".path li"))
            choices[0].click()
            self.browser.wait(lambda driver: len(self.all(".path li")) > number)
            drawn = len(self.all("svg.lanes-body .band"))
            self.assertGreater(drawn, rows)   # what went before stays
            rows = drawn
        # A waits for itself: its oplock request pended until the notice, its second create blocks to the end.
        self.assertEqual([head.text for head in self.all("svg .lane-name")], ["A", "B", "file system"])
        self.assertEqual(len(self.all("svg .span.pends")), 1)
        self.assertGreaterEqual(len(self.all("svg .span.blocks")), 1)
        self.driver.execute_script("document.querySelector('.as-text').open = true")
        self.assertTrue(any("A: again" in line for line in self.text("ol.events > li")))
        self.shows("Nobody can go on, and somebody waits.", ".state-card.violation")
        self.assertEqual(len(self.all("ol.events > li")), rows)
        self.assertEqual(self.driver.execute_script(NAMELESS), [])
        for scheme in ("light", "dark"):
            self.colours(scheme)
            self.assertEqual(self.driver.execute_script(CONTRAST), [])

    def test_ten_thousand_cases_and_texts_without_end(self):
        values = ", ".join(str(i) for i in range(100))
        (self.folder / "large.yaml").write_text(
            "scenario: Large\nvolume:\n  - file: \\f\nmatrix:\n"
            f"  a: [{values}]\n  b: [{values}]\nsteps:\n  - A.create: {{as: a, file: \\f}}\n"
            "  - A.read: {on: a, offset: '${a}', length: '1${b}'}\n")
        (self.folder / "endless.yaml").write_text(
            f"scenario: Endless\ndescription: '{'</script>' * 100000}'\nvolume: []\nsteps:\n  - advance: 1 s\n")
        page = self.folder / "large.html"
        subprocess.run([COMMAND, "run", "large.yaml", "endless.yaml", "--report", f"html={page}"], cwd=self.folder,
                       check=True, capture_output=True, timeout=120)
        self.open(page, "#/cases")
        self.shows("10,001 cases", "caption")
        self.assertEqual(len(self.all("table.cases tbody tr")), 100)   # what is shown stays small
        self.one("input[type=search]").send_keys("a=77, b=7")
        self.browser.wait(lambda driver: "10,001" not in self.one("caption").text)
        self.assertEqual(len(self.all("table.cases tbody tr")), 11)   # 7 and 70 to 79
        self.open(page, "#/scenario/endless")
        self.shows("show all 900,000 characters", ".about")
        next(button for button in self.all(".about button") if "show all" in button.text).click()
        shown = self.driver.execute_script("return document.querySelector('.about').textContent")
        self.assertEqual(shown.count("</script>"), 100000)

    def test_without_scripts_the_page_says_so(self):
        driver = Browser(scripts=False).driver
        self.addCleanup(driver.quit)
        for page in (self.report, self.walk):
            driver.get(page.as_uri())
            message = driver.find_element(By.TAG_NAME, "noscript")
            self.assertIn("allow scripts for this file", message.get_property("textContent"))
            self.assertGreater(message.size["height"], 0)   # and it is seen
            self.assertEqual(driver.find_elements(By.CSS_SELECTOR, "main"), [])

    def test_random_runs_have_rules_and_coverage(self):
        self.open(self.judged["fuzz"])
        self.shows("Seed 1: 200 runs", "main")
        self.open(self.judged["fuzz"], "#/cases?kind=rule")
        self.assertTrue(any("judged" in row for row in self.text("table.cases tbody tr")))
        self.open(self.judged["fuzz"], "#/coverage")
        counts = [int(cell.replace(",", "")) for cell in self.text("table.heatmap td.heat")]
        self.assertGreater(sum(counts), 200)

    def path(self):
        return urllib.parse.urlparse(self.driver.current_url).fragment

    def test_the_explorer_is_walked_by_keyboard_and_link(self):
        self.open(self.explorer)
        self.shows("<script>window.owned=1</script>", ".crumbs")
        self.shows("Batch", ".state-card")
        self.press("0")
        self.browser.wait(lambda driver: self.path() == "/0")
        self.shows("Batch → Level 2", ".state-card")
        self.shows("b waits for the acknowledgment of a", ".state-card")
        self.press(Keys.ARROW_DOWN, Keys.ARROW_DOWN, Keys.ENTER)   # the second choice leads back
        self.browser.wait(lambda driver: self.path() == "/0/1")
        self.shows("State 0", "#state")
        self.press(Keys.ARROW_LEFT)
        self.browser.wait(lambda driver: self.path() == "/0")
        self.refresh()
        self.shows("State 1", "#state")
        self.press("v")
        self.browser.wait(lambda driver: self.path() == "/0/0/0")
        self.shows("b completed before a acknowledged", ".state-card.violation")
        next(button for button in self.all("button") if button.text == "Shortest path to a deadlock").click()
        self.browser.wait(lambda driver: self.path() == "/1/1")
        self.assertTrue(self.all(".state-card.deadlock"))
        self.driver.back()
        self.browser.wait(lambda driver: self.path() == "/0/0/0")
        self.open(self.explorer, "#/0/9")
        self.shows('"9", which is no choice here', "main")
        for scheme in ("light", "dark"):
            self.colours(scheme)
            self.assertEqual(self.driver.execute_script(CONTRAST), [])


NAMELESS = """
return [...document.querySelectorAll('button, a, select, input')].filter((e) => !e.textContent.trim() &&
  !e.getAttribute('aria-label') && !(e.labels && e.labels.length)).map((e) => e.outerHTML);
"""

# The texts whose contrast with what is behind them is below 4.5 to 1 (large ones: 3 to 1).
CONTRAST = """
const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
const rgb = (colour) => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
  return canvas.getImageData(0, 0, 1, 1).data; };
const light = ([r, g, b]) => [r, g, b].map((v) => v / 255).map((v) => v <= .03928 ? v / 12.92
  : ((v + .055) / 1.055) ** 2.4).reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
const behind = (e) => { for (; e; e = e.parentElement) { const c = rgb(getComputedStyle(e).backgroundColor);
  if (c[3] === 255) return c; } return [255, 255, 255]; };
const found = new Set();
const seen = new Set();
for (const e of document.querySelectorAll('body *')) {
  if (e.closest('svg, script, style, noscript') || ![...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim())) continue;
  const style = getComputedStyle(e);
  const back = behind(e);
  const key = style.color + back.join();
  if (seen.has(key) || e.disabled) continue;
  seen.add(key);
  const [a, b] = [light(rgb(style.color)), light(back)].sort((x, y) => y - x);
  if ((a + .05) / (b + .05) < (parseFloat(style.fontSize) >= 24 ? 3 : 4.5)) {
    found.add(`${e.tagName}.${e.className}: ${style.color} on ${back}: ${e.textContent.slice(0, 40)}`);
  }
}
return [...found];
"""


if __name__ == "__main__":
    COMMAND = os.path.abspath(sys.argv.pop(1))
    SOURCE = pathlib.Path(sys.argv.pop(1)).resolve()
    unittest.main()
