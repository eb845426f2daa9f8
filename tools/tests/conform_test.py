#!/usr/bin/env python3
"""oplocksim conform as its users meet it: selection, known failures, reports.

Usage: conform_test.py COMMAND SOURCE_FOLDER [unittest arguments]
"""

import json
import pathlib
import shlex
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree

try:
    import jsonschema
except ImportError:   # optional: the shape of reports is then not checked
    jsonschema = None

COMMAND = ""
SOURCE = pathlib.Path()
CELL = "break/RWH/write/other-key"


def run(*arguments):
    return subprocess.run([COMMAND, "conform", *map(str, arguments)], capture_output=True, text=True,
                          timeout=120, check=False)


class ConformTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def test_selection(self):
        listed = run("break/RWH/write", "--dry-run")
        self.assertEqual(listed.returncode, 0)
        self.assertIn(CELL, listed.stdout.splitlines())
        self.assertIn("corpus/create/", run("create.batch", "--dry-run").stdout)
        nothing = run("nix.nada")
        self.assertEqual(nothing.returncode, 2)
        self.assertIn("'nix.nada' selects nothing", nothing.stderr)
        self.assertEqual(run(CELL, "--gate", "shall").returncode, 2)
        self.assertEqual(run(CELL, "--report", "pdf=x").returncode, 2)

    def test_reports(self):
        paths = {kind: self.folder / kind for kind in ("json", "junit", "tap", "markdown")}
        done = run(CELL, *(f"--report={kind}={path}" for kind, path in paths.items()))
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        report = json.loads(paths["json"].read_text())
        schema = json.loads((SOURCE / "reports" / "conform.schema.json").read_text())
        if jsonschema is not None:
            jsonschema.Draft202012Validator.check_schema(schema)
            jsonschema.Draft202012Validator(schema).validate(report)
        self.assertEqual([one["id"] for one in report["cases"]][0], CELL)
        xml.etree.ElementTree.parse(paths["junit"])
        self.assertTrue(paths["tap"].read_text().startswith("TAP version 14\n1.."))
        self.assertIn("conforms", paths["markdown"].read_text())
        self.assertEqual(run(CELL, "--report", f"json={self.folder}/no/x").returncode, 3)
        self.assertEqual(json.loads(run(CELL, "--report", "json=-").stdout)["profile"], "docs")

    def test_the_same_bytes(self):
        texts = []
        for name in ("first", "second"):
            path = self.folder / name
            run("--report", f"json={path}")
            texts.append(path.read_bytes())
        self.assertEqual(texts[0], texts[1])
        if jsonschema is not None:
            schema = json.loads((SOURCE / "reports" / "conform.schema.json").read_text())
            jsonschema.Draft202012Validator(schema).validate(json.loads(texts[0]))

    def test_known_failures(self):
        known = self.folder / "known.yaml"
        known.write_text(f"expected:\n  - {{id: {CELL}, reason: wrong}}\n")
        passes = run(CELL, "--expected", known)
        self.assertEqual(passes.returncode, 1)
        self.assertIn("UNEXPECTED PASS", passes.stdout)
        known.write_text(f"expected:\n  - {{id: {CELL}, reason: old, expires: 2001-01-01}}\n")
        expired = run(CELL, "--expected", known)
        self.assertEqual(expired.returncode, 0)
        self.assertIn("EXPIRED", expired.stdout)
        known.write_text("expected:\n  - {id: no/such/cell, reason: gone}\n")
        self.assertIn("STALE  no/such/cell", run("--expected", known).stdout)
        known.write_text("expected: {}x")
        self.assertEqual(run(CELL, "--expected", known).returncode, 2)
        self.assertEqual(run(CELL, "--expected", self.folder / "none").returncode, 2)

    def test_the_printed_command_runs_the_same_case_under_the_same_switches(self):
        known = self.folder / "known.yaml"
        given = ("--profile", "observed", "--switch", "close_completion_status=always_success")
        for case, select in ((CELL, CELL),
                             ("corpus/win32/own-close-803 [current=RH, "
                              "close_completion_status=always_success]", "win32/own-close-803")):
            known.write_text(f"expected:\n  - {{id: '{case}', reason: wrong}}\n")
            printed = run(select, "--expected", known, *given).stdout
            self.assertIn(f"UNEXPECTED PASS (must)  {case}", printed)
            command, *arguments = shlex.split(
                next(line for line in printed.splitlines() if line.startswith("    oplocksim ")))
            self.assertEqual(command, "oplocksim")
            self.assertIn("close_completion_status=always_success", arguments)
            again = subprocess.run([COMMAND, *arguments], capture_output=True, text=True,
                                   cwd=SOURCE, timeout=120, check=False)
            self.assertEqual(again.returncode, 0, again.stdout + again.stderr)
            self.assertIn("(profile observed close_completion_status=always_success",
                          again.stdout.replace("\n", " "))

    def test_update(self):
        known = self.folder / "known.yaml"
        refused = run(CELL, "--update-expected", known)
        self.assertEqual(refused.returncode, 2)
        self.assertIn("a run of everything", refused.stderr)
        self.assertFalse(known.exists())
        self.assertEqual(run("--profile", "observed", "--update-expected", known).returncode, 0)
        self.assertTrue(known.read_text().startswith("expected:"))
        again = run("--profile", "observed", "--expected", known)
        self.assertEqual(again.returncode, 0, again.stdout)


if __name__ == "__main__":
    COMMAND = str(pathlib.Path(sys.argv[1]).resolve())
    SOURCE = pathlib.Path(sys.argv[2])
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]])
