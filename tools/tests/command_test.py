#!/usr/bin/env python3
"""The command as its users meet it: exit statuses, messages, reports, interruptions.

Usage: command_test.py COMMAND SOURCE_FOLDER [unittest arguments]
"""

import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time
import unittest
import xml.etree.ElementTree

try:
    import jsonschema
except ImportError:   # optional: the shape of reports is then not checked
    jsonschema = None

COMMAND = ""
SOURCE = pathlib.Path()

GOOD = """\
scenario: A Batch oplock breaks before the sharing check
covers: [BRK-NTFS-BATCH-BEFORE-SHARING]
volume:
  - file: \\data.bin
steps:
  - A.create: {as: a, file: \\data.bin, access: [FILE_READ_DATA], share: []}
  - A.oplock: {on: a, request: BATCH, as: held}
  - B.create: {as: b, file: \\data.bin, access: W, options: [FILE_COMPLETE_IF_OPLOCKED]}
    expect: {status: STATUS_SHARING_VIOLATION, information: FILE_OPBATCH_BREAK_UNDERWAY}
    breaks: {held: {to: LEVEL_2, ack: required}}
"""
FAILING = GOOD.replace("to: LEVEL_2", "to: NONE")
INVALID = GOOD.replace("access: W", "acess: W")
MATRIX = """\
scenario: Two cases of which one fails
matrix:
  access: [R, W]
volume:
  - file: \\data.bin
steps:
  - A.create: {as: a, file: \\data.bin, access: R, share: [R]}
  - B.create: {as: b, file: \\data.bin, access: "${access}"}
"""


def run(*arguments, cwd=None, env=None, stdin=None):
    environment = {**os.environ, "LC_ALL": "C.UTF-8", **(env or {})}
    return subprocess.run([COMMAND, *arguments], cwd=cwd, env=environment, input=stdin,
                          capture_output=True, text=True, timeout=120, check=False)


class CommandTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def write(self, name, text):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return str(path)

    def expect(self, status, *arguments, **options):
        result = run(*arguments, **options)
        self.assertEqual(result.returncode, status, result.stdout[-3000:] + result.stderr[-3000:])
        return result

    def expect_error(self, status, message, *arguments):
        """One line on standard error, and it says `message`."""
        result = self.expect(status, *arguments)
        self.assertEqual(result.stderr, f"oplocksim: error: {message}\n")
        self.assertEqual(result.stdout, "")


class ExitStatus(CommandTest):
    def test_conforming_is_0(self):
        result = self.expect(0, "run", self.write("a.yaml", GOOD))
        self.assertIn("1 file, 1 run: 1 passed, 0 failed, 0 skipped, 0 errors  (profile docs)",
                      result.stdout)
        self.assertEqual(result.stderr, "")

    def test_a_failed_expectation_is_1(self):
        path = self.write("a.yaml", FAILING)
        result = self.expect(1, "run", path)
        for text in ("FAIL  A Batch oplock breaks before the sharing check", path + ":10\n",
                     "expected", "observed", "clause BRK-NTFS-BATCH-BEFORE-SHARING",
                     "reproduce: oplocksim run " + path, "1 failed"):
            self.assertIn(text, result.stdout)

    def test_an_invalid_file_is_2_and_the_others_run(self):
        self.write("a.yaml", INVALID)
        self.write("b.yaml", GOOD)
        result = self.expect(2, "run", str(self.folder))
        self.assertIn("unknown", result.stdout)
        self.assertIn("did you mean 'access'?", result.stdout)
        self.assertIn("1 passed", result.stdout)
        self.assertIn("1 file not valid", result.stdout)

    def test_usage_is_2(self):
        for arguments in ((), ("nothing",), ("run", "--nothing"), ("run", "--report"),
                          ("explain",), ("schema", "extra"), ("list", "--clauses", "--switches")):
            result = self.expect(2, *arguments)
            self.assertEqual(result.stdout, "")
            self.assertEqual(len(result.stderr.splitlines()), 1, result.stderr)

    def test_a_report_that_cannot_be_written_is_3(self):
        path = self.write("a.yaml", GOOD)
        self.expect_error(3, "cannot write '/no/such/report': No such file or directory",
                          "run", path, "--report", "json=/no/such/report")
        result = self.expect(3, "run", path, "--report", "junit=/dev/full")
        self.assertIn("cannot write '/dev/full': No space left on device", result.stderr)

    def test_a_full_standard_output_is_3(self):
        with open("/dev/full", "w", encoding="ascii") as full:
            done = subprocess.run([COMMAND, "list", "--clauses"], stdout=full,
                                  stderr=subprocess.PIPE, text=True, check=False)
        self.assertEqual(done.returncode, 3)
        self.assertIn("cannot write to standard output", done.stderr)

    def test_nothing_selected_is_2(self):
        self.expect_error(2, "no scenario matched", "run", "--filter", "no such scenario")
        self.expect_error(2, "no scenario matched", "run", "--case", "no such case",
                          self.write("a.yaml", GOOD))


class Messages(CommandTest):
    def test_misspelt_words_get_a_suggestion(self):
        for message, arguments in (
                ("'rnu' is not a verb; did you mean 'run'?", ("rnu",)),
                ("unknown option '--profle' of 'run'; did you mean '--profile'?",
                 ("run", "--profle", "docs")),
                ("'obsreved' is not a profile; did you mean 'observed'?",
                 ("run", "--profile", "obsreved")),
                ("'lock_vs_rwh_wait' is not a switch; did you mean 'lock_vs_rwh_waits'? "
                 "(see 'oplocksim list --switches')", ("run", "--switch", "lock_vs_rwh_wait=true")),
                ("'fals' is not a value of lock_vs_rwh_waits; did you mean 'false'?",
                 ("run", "--switch", "lock_vs_rwh_waits=fals")),
                ("'junti' is not a report format; did you mean 'junit'?",
                 ("run", "--report", "junti=x")),
                ("'sometimes' is not a choice for --color; it is one of auto, always, never",
                 ("run", "--color", "sometimes")),
                ("'wirte' is not an operation; did you mean 'write'? "
                 "(see 'oplocksim explain --help')",
                 ("explain", "--held", "R", "--operation", "wirte")),
                ("unknown access right 'FILE_READ_DAT'; did you mean 'FILE_READ_DATA'?",
                 ("explain", "--held", "R", "--operation", "create", "--access", "FILE_READ_DAT")),
                ("unknown share mode '0x10007'; it is one of READ, WRITE, DELETE, R, W, D, RW, "
                 "RWD, ALL, NONE",
                 ("explain", "--held", "R", "--operation", "create", "--share", "0x10007")),
                ("--switch takes NAME=VALUE, not 'x' (see 'oplocksim list --switches')",
                 ("run", "--switch", "x")),
                ("--switch takes NAME=VALUE, not 'lock_vs_rwh_wait'; did you mean "
                 "'lock_vs_rwh_waits=false'?", ("run", "--switch", "lock_vs_rwh_wait")),
                ("--switch lock_vs_rwh_waits is given twice",
                 ("run", "--switch", "lock_vs_rwh_waits=true", "--switch",
                  "lock_vs_rwh_waits=false")),
                ("--profile is given twice", ("run", "--profile", "docs", "--profile", "ms-fsa")),
                ("--held is given twice",
                 ("explain", "--held", "R", "--operation", "write", "--held", "RH")),
                ("--held takes at most 64 types",
                 ("explain", "--held", ",".join(["R"] * 65), "--operation", "write")),
                ("--profile needs a value", ("run", "--profile")),
                ("--held is required", ("explain", "--operation", "write"))):
            with self.subTest(message):
                self.expect_error(2, message, *arguments)

    def test_paths_that_cannot_be_read(self):
        missing = str(self.folder / "missing.yaml")
        self.expect_error(2, f"cannot read '{missing}': No such file or directory", "run", missing)
        self.expect_error(2, f"no scenario file (*.yaml) in the folder '{self.folder}'",
                          "run", str(self.folder))
        fifo = self.folder / "fifo.yaml"
        os.mkfifo(fifo)
        self.expect_error(2, f"'{fifo}' is not a regular file", "run", str(fifo))

    @unittest.skipIf(os.geteuid() == 0, "root reads everything")
    def test_files_without_permission(self):
        path = self.write("a.yaml", GOOD)
        os.chmod(path, 0)
        self.assertIn("Permission denied", self.expect(2, "run", path).stdout)

    def test_hostile_input_is_one_error_and_no_crash(self):
        for name, content in (("empty", b""), ("nul", b"\0" * 100), ("binary", bytes(range(256))),
                              ("deep", b"[" * 100_000), ("large", b"#" * (1 << 21)),
                              ("utf16", "scenario: x".encode("utf-16")),
                              ("bomb", b"a: &a [x,x]\n" + b"".join(
                                  b"%c: &%c [*%c,*%c,*%c,*%c,*%c,*%c,*%c,*%c,*%c]\n" %
                                  ((98 + i, 98 + i) + (97 + i,) * 9) for i in range(9)))):
            with self.subTest(name):
                path = self.folder / f"{name}.yaml"
                path.write_bytes(content)
                result = run("run", str(path))
                self.assertEqual(result.returncode, 2, result.stderr)
                self.assertIn(": error: ", result.stdout)
                self.assertNotRegex(result.stdout, "[\x00-\x08\x0b-\x1f\x7f-\x9f]")

    def test_colour_is_for_terminals(self):
        path = self.write("a.yaml", FAILING)
        self.assertNotIn("\x1b", run("run", path).stdout)
        self.assertIn("\x1b[31m", run("run", path, "--color", "always").stdout)
        self.assertNotIn("\x1b", run("run", path, "--color", "never").stdout)

    def test_every_verb_has_help_with_an_example(self):
        self.assertIn("Example:", self.expect(0, "--help").stdout)
        for verb in ("run", "list", "lint", "schema", "explain", "check", "rules", "conform",
                     "coverage"):
            text = self.expect(0, verb, "--help").stdout
            self.assertRegex(text, r"Examples?:\n(  .*\n)*?  oplocksim " + verb)
            self.assertIn("Usage: oplocksim " + verb, text)
        self.assertRegex(self.expect(0, "--version").stdout,
                         r"^oplocksim \d+\.\d+\.\d+\n\nWritten from\n  \[MS-FSA\].*\n      42\.0, ")

    def test_arguments_may_look_like_options(self):
        self.write("-dash.yaml", GOOD)
        done = run("run", "--", "-dash.yaml", cwd=self.folder)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.expect_error(2, "unknown option '-dash.yaml' of 'run' (see 'oplocksim run --help')",
                          "run", "-dash.yaml")


class Selection(CommandTest):
    def test_folders_are_read_recursively_in_order(self):
        self.write("b/2.yaml", GOOD)
        self.write("a/1.yml", GOOD)
        self.write("a/_shared.yaml", "volume: []\n")
        self.write("a/notes.txt", "no scenario")
        lines = self.expect(0, "run", str(self.folder)).stdout.splitlines()
        self.assertEqual(len(lines), 3)
        self.assertIn("a/1", lines[0])
        self.assertIn("b/2", lines[1])

    def test_a_link_to_a_folder_is_not_followed(self):
        self.write("a/1.yaml", GOOD)
        os.symlink(self.folder, self.folder / "a" / "loop")
        self.assertIn("1 file, 1 run", self.expect(0, "run", str(self.folder)).stdout)

    def test_filters_read_dots_and_slashes_alike(self):
        self.write("alpha/one.yaml", GOOD)
        self.write("beta/one.yaml", GOOD)
        for text in ("alpha.one", "alpha/one", "lpha"):
            self.assertIn("1 file, 1 run",
                          self.expect(0, "run", str(self.folder), "--filter", text).stdout)
        self.assertIn("2 files", self.expect(0, "run", str(self.folder), "--filter", "alpha",
                                             "--filter", "beta").stdout)

    def test_a_case_is_selected_and_reproduced_by_the_printed_command(self):
        path = self.write("m.yaml", MATRIX)
        result = self.expect(1, "run", path)
        self.assertIn("2 runs, 1 failed", result.stdout)
        command = re.search(r"reproduce: oplocksim (.*)", result.stdout).group(1)
        again = subprocess.run(f"'{COMMAND}' {command}", shell=True, capture_output=True, text=True,
                               check=False)
        self.assertEqual(again.returncode, 1)
        self.assertIn("1 run: 0 passed, 1 failed", again.stdout)
        self.expect(0, "run", path, "--case", "access=R")

    def test_fail_fast_stops_after_the_first_failure(self):
        self.write("a.yaml", FAILING)
        self.write("b.yaml", GOOD)
        result = self.expect(1, "run", str(self.folder), "--fail-fast")
        self.assertIn("1 file, 1 run: 0 passed, 1 failed", result.stdout)

    def test_verbose_shows_passes(self):
        text = self.expect(0, "run", "-v", self.write("a.yaml", GOOD)).stdout
        self.assertIn("PASS  A Batch oplock", text)
        self.assertIn("B.create", text)


class Reports(CommandTest):
    def test_json_fits_its_schema(self):
        self.write("a.yaml", FAILING)
        self.write("b.yaml", INVALID)
        self.write("c.yaml", GOOD)
        report = self.folder / "report.json"
        self.expect(2, "run", str(self.folder), "--report", f"json={report}")
        document = json.loads(report.read_text())
        self.assertEqual(document["summary"], {
            "files": 2, "invalid_files": 1, "runs": 2, "passed": 1, "failed": 1, "skipped": 0,
            "errors": 0, "interrupted": False})
        self.assertEqual(document["profile"], "docs")
        run_result = document["files"][0]["runs"][0]
        self.assertEqual(run_result["verdict"], "fail")
        failed = [check for step in run_result["steps"] for check in step["checks"]
                  if not check["passed"]]
        self.assertEqual(failed[0]["position"]["line"], 10)
        if jsonschema is not None:
            schema = json.loads((SOURCE / "reports" / "report.schema.json").read_text())
            jsonschema.Draft202012Validator(schema).validate(document)

    def test_junit_is_well_formed(self):
        self.write("a.yaml", FAILING.replace("scenario: A", 'scenario: "<]]>&\\"\\u202e A').replace(
            "check\n", 'check"\n', 1))
        self.write("b.yaml", INVALID)
        self.write("c.yaml", GOOD)
        report = self.folder / "report.xml"
        self.expect(2, "run", str(self.folder), "--report", f"junit={report}")
        root = xml.etree.ElementTree.parse(report).getroot()
        self.assertEqual(root.tag, "testsuites")
        self.assertEqual(len(root.findall(".//testcase")), 3)
        self.assertEqual(len(root.findall(".//failure")), 1)
        self.assertEqual(len(root.findall(".//error")), 1)

    def test_a_report_on_standard_output_has_it_alone(self):
        result = self.expect(0, "run", self.write("a.yaml", GOOD), "--report", "json=-")
        self.assertEqual(json.loads(result.stdout)["format"], "oplocksim-report")
        self.assertIn("1 passed", result.stderr)

    def test_an_old_report_stays_until_the_new_one_is_whole(self):
        report = self.folder / "report.json"
        report.write_text("old")
        self.expect(2, "run", "--report", f"json={report}", "/no/such/file")
        self.assertEqual(report.read_text(), "old")
        self.expect(0, "run", self.write("a.yaml", GOOD), "--report", f"json={report}")
        self.assertEqual(json.loads(report.read_text())["summary"]["runs"], 1)
        self.assertEqual(sorted(path.name for path in self.folder.iterdir()),
                         ["a.yaml", "report.json"])

    def test_the_trace_is_json_lines_and_the_same_twice(self):
        path = self.write("a.yaml", GOOD)
        for name in ("one", "two"):
            self.expect(0, "run", path, "--trace", str(self.folder / name))
        one = (self.folder / "one").read_bytes()
        self.assertEqual(one, (self.folder / "two").read_bytes())
        lines = [json.loads(line) for line in one.splitlines()]
        self.assertEqual(lines[1], {"format": "oplocksim-trace", "version": 1})
        self.assertEqual([line["event"] for line in lines[2:4]], ["volume", "issue"])

    def test_a_reader_that_goes_away_is_no_error(self):
        with subprocess.Popen([COMMAND, "list", "--clauses"], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE) as process:
            process.stdout.close()
            self.assertEqual(process.stderr.read(), b"")
        self.assertEqual(process.returncode, 0)


class Interruption(CommandTest):
    def long_folder(self):
        # Enough work that the signal comes while it is under way.
        text = MATRIX.replace("access: [R, W]", "access: [R]\n  n: [" +
                              ", ".join(map(str, range(2000))) + "]")
        for i in range(40):
            self.write(f"s/{i:03}.yaml", text)
        return str(self.folder / "s")

    def interrupt(self, number):
        report = self.folder / "report.json"
        with subprocess.Popen([COMMAND, "run", self.long_folder(), "--report", f"json={report}"],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            process.stdout.readline()
            process.send_signal(number)
            output, errors = process.communicate(timeout=60)
        self.assertEqual(errors, "")
        return process.returncode, output, report

    def test_sigint_is_130_and_keeps_what_was_found(self):
        status, output, report = self.interrupt(signal.SIGINT)
        self.assertEqual(status, 130)
        self.assertIn("interrupted", output)
        summary = json.loads(report.read_text())["summary"]
        self.assertTrue(summary["interrupted"])
        self.assertGreater(summary["runs"], 0)
        self.assertLess(summary["runs"], 80_000)

    def test_sigterm_is_143(self):
        status, _, report = self.interrupt(signal.SIGTERM)
        self.assertEqual(status, 143)
        self.assertTrue(json.loads(report.read_text())["summary"]["interrupted"])

    def test_a_kill_leaves_the_old_report_and_a_partial_one(self):
        report = self.folder / "report.json"
        report.write_text("old")
        with subprocess.Popen([COMMAND, "run", self.long_folder(), "--report", f"json={report}"],
                              stdout=subprocess.PIPE) as process:
            process.stdout.readline()
            process.stdout.readline()
            process.kill()
        self.assertEqual(report.read_text(), "old")
        self.assertIn('"verdict":"pass"', (self.folder / "report.json.partial").read_text())


DEADLOCK = """\
scenario: A client opens again what it holds
volume:
  - file: \\data.bin
programs:
  A:
    - create: {as: a, file: \\data.bin, access: RW}
    - oplock: {on: a, request: RWH, as: held}
    - create: {as: a2, file: \\data.bin, access: RW}
    - ack: {on: a, level: NONE}
  B:
    - create: {as: b, file: \\data.bin, access: R}
schedule: [A, B, A]
"""


# One file, and clients that all differ: more orders than any test waits for.
ENDLESS = """\
scenario: Eight clients open what they like
volume:
  - file: \\data.bin
programs:
""" + "".join(f"""\
  C{i}:
    - create: {{as: a{i}, file: \\data.bin, access: RW, key: k{i}}}
    - oplock: {{on: a{i}, request: {request}}}
    - write: {{on: a{i}, offset: {i}}}
    - lock: {{on: a{i}, offset: {100 * i}, length: {i + 1}}}
    - close: a{i}
""" for i, request in enumerate(("LEVEL_1", "LEVEL_2", "BATCH", "FILTER", "R", "RH", "RW", "RWH")))


class Exploration(CommandTest):
    def test_exit_statuses(self):
        good = self.write("good.yaml", GOOD)
        result = self.expect(0, "explore", good)
        self.assertIn("1 case: 1 pass, 0 fail, 0 unknown\n", result.stdout)
        self.assertEqual(result.stderr, "")
        deadlock = self.write("deadlock.yaml", DEADLOCK)
        result = self.expect(1, "explore", deadlock)
        self.assertIn("1 case: 0 pass, 1 fail, 0 unknown\n", result.stdout)
        self.assertRegex(result.stdout, "schedule: [AB] [AB] [AB] [AB]\n", "a shortest way")
        self.write("allowed.yaml", DEADLOCK + "deadlock: expected\n")
        self.expect(0, "explore", str(self.folder / "allowed.yaml"))
        self.expect(2, "explore", self.write("invalid.yaml", INVALID))
        self.expect(2, "explore", str(self.folder / "nowhere.yaml"))
        for arguments in ((), (good, "--order", "sideways"), (good, "--jobs", "many"),
                          (good, "--max-states", "-1"), (good, "--dot")):
            result = self.expect(2, "explore", *arguments)
            self.assertEqual(result.stdout, "")
        self.expect(2, "explore", self.write("matrix.yaml", MATRIX), "--dot",
                    str(self.folder / "graph.dot"))
        self.expect(3, "explore", good, "--dot", "/no/such/folder/graph.dot")

    def test_an_invalid_file_does_not_take_away_what_was_found_before(self):
        self.write("s/1.yaml", DEADLOCK)
        self.write("s/2.yaml", INVALID)
        result = self.expect(2, "explore", str(self.folder / "s"))
        self.assertIn("FAIL", result.stdout)
        self.assertIn("did you mean 'access'?", result.stderr)

    def test_the_number_of_workers_changes_no_byte(self):
        self.write("s/deadlock.yaml", DEADLOCK)
        self.write("s/endless.yaml", ENDLESS)
        inputs = (str(SOURCE / "scenarios" / "corpus" / "interleavings"), str(self.folder / "s"))
        for more in ((), ("--no-reduction",), ("--no-symmetry", "--first")):
            outputs = {run("explore", *inputs, "--max-states", "3000", "--jobs", jobs, *more).stdout
                       for jobs in ("1", "2", "4")}
            self.assertEqual(len(outputs), 1)
            self.assertIn("1 fail, 1 unknown", outputs.pop())

    def test_a_limit_is_unknown_and_never_a_pass(self):
        endless = self.write("endless.yaml", ENDLESS)
        for option, amount, what in (("--max-states", "500", "the limit of states"),
                                     ("--max-transitions", "500", "the limit of transitions"),
                                     ("--max-depth", "4", "the limit of depth"),
                                     ("--max-memory", "1", "the limit of memory")):
            result = self.expect(1, "explore", endless, option, amount)
            self.assertIn("UNKNOWN", result.stdout)
            self.assertIn(f"not everything was seen: {what}\n", result.stdout)
            self.assertIn("1 case: 0 pass, 0 fail, 1 unknown\n", result.stdout)
        # What is found before a limit is found.
        result = self.expect(1, "explore", self.write("deadlock.yaml", DEADLOCK),
                             "--max-depth", "4")
        self.assertIn("0 pass, 1 fail, 0 unknown", result.stdout)
        # And a limit that is not met changes nothing.
        good = self.write("good.yaml", GOOD)
        self.assertEqual(self.expect(0, "explore", good, "--max-states", "100000").stdout,
                         self.expect(0, "explore", good).stdout)

    def test_depth_first_sees_the_same(self):
        folder = str(SOURCE / "scenarios" / "corpus" / "interleavings")
        verdicts = [[line for line in self.expect(0, "explore", folder, "--order", order).stdout
                     .splitlines() if line.startswith(("PASS", "FAIL", "UNKNOWN"))]
                    for order in ("breadth-first", "depth-first")]
        self.assertEqual(*verdicts)
        self.assertGreater(len(verdicts[0]), 20)

    def test_an_interruption_keeps_what_was_found(self):
        self.write("s/1-deadlock.yaml", DEADLOCK)
        self.write("s/2-endless.yaml", ENDLESS)
        self.write("s/3-never.yaml", GOOD)
        for jobs in ("1", "2"):
            with subprocess.Popen([COMMAND, "explore", str(self.folder / "s"), "--jobs", jobs],
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                  text=True) as process:
                output = process.stdout.readline()   # the first case is over
                time.sleep(0.3)                      # and the second under way
                process.send_signal(signal.SIGINT)
                output += process.stdout.read()
                errors = process.stderr.read()
            self.assertEqual(process.returncode, 130, output + errors)
            self.assertEqual(errors, "")
            self.assertTrue(output.startswith("FAIL"), output)
            self.assertIn("      schedule: A", output)
            self.assertNotIn("PASS", output)
            self.assertNotIn("3-never", output)
            # The second case had begun, unless the machine was very busy.
            begun = "2-endless.yaml\n      not everything was seen: an interruption\n" in output
            cases = "2 cases: 0 pass, 1 fail, 1" if begun else "1 case: 0 pass, 1 fail, 0"
            self.assertTrue(output.endswith(cases + " unknown\n"), output)


class Findings(CommandTest):
    def saved(self):
        """What exploring writes: the scenario and the page, of one finding."""
        out = self.folder / "found"
        result = self.expect(1, "explore", self.write("deadlock.yaml", DEADLOCK),
                             "--out", str(out))
        files = sorted(out.iterdir())
        self.assertEqual([file.suffix for file in files], [".md", ".yaml"], files)
        self.assertIn(f"saved:    {files[1]}", result.stdout)
        return files

    def test_a_finding_is_replayed_linted_and_found_again(self):
        page, scenario = self.saved()
        result = self.expect(0, "replay", str(scenario))
        self.assertTrue(result.stdout.startswith("identical"), result.stdout)
        self.assertIn("deadlock: the finding is still there", result.stdout)
        self.expect(0, "lint", str(scenario))
        self.expect(0, "run", str(scenario))
        self.assertIn(f"oplocksim replay {scenario.name}", page.read_text(encoding="utf-8"))
        before = {file: file.read_bytes() for file in (page, scenario)}
        again = self.expect(1, "explore", str(self.folder / "deadlock.yaml"),
                            "--out", str(page.parent))
        self.assertIn(f"known:    {scenario}", again.stdout)
        self.assertEqual({file: file.read_bytes() for file in (page, scenario)}, before)

    def test_a_violated_statement_is_saved_as_it_was_found(self):
        """Programs and steps, named and unnamed operations, and each kind of statement."""
        programs = """\
scenario: An exclusive open and another
volume:
  - file: \\data.bin
programs:
  A:
    - create: {as: a, file: \\data.bin, share: []}
    - close: a
  B:
    - create: {as: b, file: \\data.bin}
    - read: b
"""
        steps = programs.split("programs:")[0] + """\
steps:
  - A.create: {as: a, file: \\data.bin, share: []}
  - A.close: a
  - B.create: {as: b, file: \\data.bin}
"""
        expected = programs.replace("    - read: b", "    - read: b\n      expect: STATUS_PENDING")
        wrong = "{status: STATUS_SHARING_VIOLATION, win32: 32}"
        for number, (text, rule, line) in enumerate((
                (programs + f"never: {{b: {wrong}}}\n", "never b", f"never: {{b: {wrong}}}"),
                (programs + "always: {b: succeeds}\n", "always b", "always: {b: succeeds}"),
                (programs + "eventually: {b: {information: FILE_OPENED}}\n", "eventually b",
                 "eventually: {b: {information: FILE_OPENED}}"),
                (steps + "always: {b: STATUS_SUCCESS}\n", "always b", "always: {b: STATUS_SUCCESS}"),
                (expected, "always subject", "always: {subject: pends}"))):
            out = self.folder / f"found{number}"
            path = self.write(f"{number}.yaml", text)
            result = self.expect(1, "explore", path, "--out", str(out))
            page, scenario = sorted(out.iterdir())
            self.assertIn(f"saved:    {scenario}", result.stdout)
            self.assertTrue(scenario.name.startswith(rule.replace(" ", "-")), scenario.name)
            self.assertIn(rule, page.read_text(encoding="utf-8"))
            saved = scenario.read_text(encoding="utf-8")
            self.assertIn(f"\n{line}\n", saved)
            self.assertEqual(f"# {rule} breaks here:" in saved, not rule.startswith("eventually"))
            self.expect(0, "lint", str(scenario))
            self.expect(1, "run", str(scenario))   # the statement does not hold in this run
            replayed = self.expect(0, "replay", str(scenario)).stdout
            self.assertTrue(replayed.startswith("identical"), replayed)
            self.assertIn(f"{rule}: the finding is still there", replayed)
            again = self.expect(1, "explore", path, "--out", str(out)).stdout
            self.assertIn(f"known:    {scenario}", again)

    def test_what_no_run_does_is_not_saved(self):
        text = DEADLOCK.replace("    - create: {as: a2", "    - read: {on: a}\n    - create: {as: a2")
        text = text[:text.index("schedule")].replace("RWH", "R") + "deadlock: expected\n"
        out = self.folder / "found"
        result = self.expect(1, "explore", self.write("a.yaml", text), "--out", str(out))
        self.assertIn("observed: none does", result.stdout)
        self.assertFalse(out.exists() and any(out.iterdir()))

    def test_pages_have_the_same_bytes_twice(self):
        trace = self.folder / "trace.jsonl"
        self.expect(0, "run", self.write("good.yaml", GOOD), "--trace", str(trace))
        deadlock = self.write("deadlock.yaml", DEADLOCK)
        for status, arguments in ((0, ["run", str(self.folder / "good.yaml")]),
                                  (0, ["conform", "write", "break/RH", "rules"]),
                                  (0, ["check", str(trace)]), (1, ["explore", deadlock]),
                                  (1, ["explore", deadlock, "--jobs", "2"]),
                                  (None, ["fuzz", "--seed", "3", "--runs", "100"])):
            pages = []
            for name in ("one.html", "two.html"):
                result = run(*arguments, "--report", f"html={self.folder / name}")
                self.assertIn(result.returncode, (0, 1) if status is None else (status,))
                pages.append((self.folder / name).read_bytes())
            self.assertEqual(pages[0], pages[1], arguments)
            self.assertTrue(pages[0].endswith(b"</html>\n"))

    def test_a_page_has_the_text_of_a_file_once(self):
        path = self.write("many.yaml", "scenario: many\ndescription: a needle in it\nvolume:\n"
                          "  - file: \\f\nmatrix: {a: [1, 2, 3, 4]}\nsteps:\n"
                          "  - A.create: {as: a, file: \\f}\n")
        page = self.folder / "many.html"
        self.expect(0, "explore", path, "--report", f"html={page}")
        self.assertEqual(page.read_text(encoding="utf-8").count("a needle in it"), 1)

    def test_what_a_page_cannot_be(self):
        path = self.write("deadlock.yaml", DEADLOCK)
        self.expect_error(2, "'junit' is not a report format of this verb; it is one of html",
                          "explore", path, "--report", "junit=x.xml")
        self.expect_error(2, "this report needs a file, not '-'",
                          "fuzz", "--runs", "1", "--report", "html=-")
        self.expect_error(2, "--report takes html=PATH, not 'page.html'",
                          "check", path, "--report", "page.html")
        self.expect(3, "explore", path, "--report", "html=/dev/null/x.html")

    def test_a_difference_is_placed(self):
        _, scenario = self.saved()
        text = scenario.read_text(encoding="utf-8")
        changed = text.replace('"new_level":1', '"new_level":3').replace('"0.1.0"', '"0.0.9"')
        self.assertNotEqual(changed, text)
        scenario.write_text(changed, encoding="utf-8")
        result = self.expect(1, "replay", str(scenario))
        self.assertTrue(result.stdout.startswith("different"), result.stdout)
        self.assertIn("recorded by version 0.0.9", result.stdout)
        self.assertIn("differs at step 3 (A.create as a2: \\data.bin)", result.stdout)
        self.assertIn("output.new_level: recorded 3, now 1", result.stdout)

    def test_without_a_recording_a_run_is_judged(self):
        self.expect(0, "replay", self.write("deadlock.yaml", DEADLOCK))
        stuck = DEADLOCK.replace("[A, B, A]", "[A, A, A]")
        result = self.expect(1, "replay", self.write("stuck.yaml", stuck))
        self.assertTrue(result.stdout.startswith("wrong"), result.stdout)
        result = self.expect(1, "replay", self.write("failing.yaml", FAILING))
        self.assertTrue(result.stdout.startswith("wrong"), result.stdout)

    def test_what_cannot_be_replayed_is_2(self):
        path = self.write("two.yaml", MATRIX)
        self.expect_error(2, f"{path}: a scenario with several runs cannot be replayed",
                          "replay", path)
        path = self.write("bad.yaml", GOOD + "recorded: {version: 1}\n")
        result = self.expect(2, "replay", path)
        self.assertIn("trace", result.stderr)
        self.expect(2, "replay", str(self.folder / "nowhere.yaml"))

    def test_a_folder_that_cannot_be_written_is_3(self):
        self.expect(3, "explore", self.write("deadlock.yaml", DEADLOCK), "--out", "/dev/null/x")


class OtherVerbs(CommandTest):
    def test_the_corpus_conforms_from_any_directory(self):
        result = self.expect(0, "run", cwd=self.folder)
        self.assertRegex(result.stdout.splitlines()[-1],
                         r"^\d+ files, \d+ runs: \d+ passed, 0 failed, \d+ skipped, 0 errors")

    def test_a_shipped_scenario_is_run_by_its_path(self):
        first = json.loads(self.expect(0, "list", "--json").stdout)["scenarios"][0]
        result = self.expect(0, "run", first["path"], cwd=self.folder)
        self.assertIn("1 file", result.stdout)

    def test_lint_counts_every_error(self):
        text = INVALID.replace("request: BATCH", "request: BTACH")
        result = self.expect(2, "lint", self.write("a.yaml", text))
        self.assertIn("1 file, 2 errors", result.stdout)
        self.expect(0, "lint", self.write("b.yaml", GOOD))
        document = json.loads(self.expect(2, "lint", "--json", str(self.folder)).stdout)
        self.assertEqual(document["files"], 2)
        self.assertEqual(len(document["diagnostics"]), 2)

    def test_lint_warns_of_unknown_clauses_only(self):
        text = GOOD.replace("BEFORE-SHARING]", "BEFORE-SHARIN, MY-OWN]")
        path = self.write("a.yaml", text)
        result = self.expect(0, "lint", path)
        self.assertIn(f"{path}:2:10: warning: no clause 'BRK-NTFS-BATCH-BEFORE-SHARIN' in the "
                      "catalogue\n", result.stdout)
        self.assertIn("did you mean 'BRK-NTFS-BATCH-BEFORE-SHARING'?", result.stdout)
        self.assertIn("1 file, 0 errors, 2 warnings\n", result.stdout)
        document = json.loads(self.expect(0, "lint", "--json", path).stdout)
        self.assertEqual(document["diagnostics"], [])
        self.assertEqual(len(document["warnings"]), 2)
        self.assertIn("\x1b[33mno clause", self.expect(0, "lint", "--color", "always", path).stdout)
        self.assertNotIn("warning", self.expect(0, "run", path).stdout)

    def test_an_include_that_cannot_be_read_says_why(self):
        for name, reason in (("missing.yaml", "No such file or directory"),
                             ("folder", "Is a directory")):
            (self.folder / "folder").mkdir(exist_ok=True)
            path = self.write("a.yaml", f"include: {name}\n" + GOOD)
            self.assertIn(f"cannot read the included file '{self.folder}/{name}': {reason}\n",
                          self.expect(2, "run", path).stdout)

    def test_equal_holders_are_told_together(self):
        text = self.expect(0, "explain", "--held", ",".join(["R"] * 20), "--operation",
                           "write").stdout
        self.assertIn("20 x Read break to None, no acknowledgment; the operation completes", text)
        self.assertIn("held: 20 x Read\n", text)
        self.assertRegex(text, r"holders\n  20 x Read +told:")

    def test_list_knows_clauses_switches_and_profiles(self):
        clauses = json.loads(self.expect(0, "list", "--clauses", "--json").stdout)["clauses"]
        self.assertIn("BRK-NTFS-BATCH-BEFORE-SHARING", [clause["id"] for clause in clauses])
        switches = json.loads(self.expect(0, "list", "--switches", "--json").stdout)["switches"]
        profiles = json.loads(self.expect(0, "list", "--profiles", "--json").stdout)["profiles"]
        self.assertEqual([profile["name"] for profile in profiles], ["docs", "ms-fsa", "observed"])
        self.assertEqual(len(profiles[0]["switches"]), len(switches))
        self.assertIn("lock_vs_rwh_waits  SC-029", self.expect(0, "list", "--switches").stdout)

    def test_the_schema_accepts_and_refuses(self):
        schema = json.loads(self.expect(0, "schema").stdout)
        if jsonschema is not None:
            validator = jsonschema.Draft202012Validator(schema)
            self.assertTrue(validator.is_valid({"scenario": "x", "steps": [{"A.close": "a"}]}))
            self.assertFalse(validator.is_valid({"scenario": "x", "stps": []}))

    def test_explain_names_decision_clause_and_switch(self):
        text = self.expect(0, "explain", "--held", "RWH", "--operation", "lock").stdout
        for part in ("Read-Write-Handle breaks to None, acknowledgment required", "LOCK-RWH-ACK",
                     "acknowledge None (offered)", "lock_vs_rwh_waits=false (SC-029)"):
            self.assertIn(part, text)
        result = self.expect(0, "explain", "--held", "batch", "--operation", "create",
                             "--owner-share", "none", "--access", "W", "--json")
        document = json.loads(result.stdout)
        self.assertTrue(document["answer"]["waits"])
        self.assertTrue(document["answer"]["thread_blocked"])
        final = document["answer"]["operation_after_acknowledgments"]["status"]
        self.assertEqual(final["name"], "STATUS_SHARING_VIOLATION")
        self.expect_error(2, "the request for Read-Write is answered with "
                          "STATUS_OPLOCK_NOT_GRANTED: it cannot be held here",
                          "explain", "--held", "RW,R", "--operation", "write")

    def test_export_draws_one_run(self):
        path = self.write("a.yaml", GOOD)
        trace = str(self.folder / "trace.jsonl")
        self.expect(0, "run", path, "--trace", trace)
        diagram = self.expect(0, "export", trace, "--format", "mermaid").stdout
        self.assertTrue(diagram.startswith("sequenceDiagram\n"), diagram)
        document = json.loads(self.expect(0, "export", trace, "--format", "perfetto").stdout)
        self.assertTrue(document["traceEvents"])
        lanes = self.expect(0, "export", trace, "--format", "timeline", "--run", "1").stdout
        self.assertIn("file system", lanes)
        target = self.folder / "trace.json"
        self.expect(0, "export", trace, "--format", "perfetto", "-o", str(target))
        self.assertEqual(json.loads(target.read_text(encoding="utf-8")), document)
        self.expect_error(2, "'svg' is not a format; it is one of timeline, mermaid, perfetto",
                          "export", trace, "--format", "svg")
        self.expect_error(2, f"{trace}: none of its 1 run is '7'",
                          "export", trace, "--format", "mermaid", "--run", "7")
        self.expect_error(2, "nowhere: No such file or directory",
                          "export", "nowhere", "--format", "mermaid")
        text = pathlib.Path(trace).read_text(encoding="utf-8")
        twice = self.write("twice.jsonl", text + text)
        self.expect_error(2, f"{twice}: 2 runs are in it; choose one with --run NUMBER, or with a "
                          "part of its name and case", "export", twice, "--format", "mermaid")

    def test_random_runs_have_traces_that_can_be_judged_and_drawn(self):
        trace = str(self.folder / "random.jsonl")
        status = run("fuzz", "--seed", "5", "--runs", "20", "--trace", trace).returncode
        self.assertIn(status, (0, 1))
        text = pathlib.Path(trace).read_text(encoding="utf-8")
        self.assertEqual(text.count('{"run":'), 20)
        self.assertIn(run("check", trace).returncode, (0, 1))
        self.expect(0, "export", trace, "--format", "timeline", "--run", "20")
        # Run 7 alone is run 7, whatever the number of workers.
        alone = str(self.folder / "alone.jsonl")
        run("fuzz", "--seed", "5", "--run", "7", "--jobs", "3", "--trace", alone)
        self.assertIn(pathlib.Path(alone).read_text(encoding="utf-8"), text)
        self.expect_error(2, "--trace needs --runs or --run",
                          "fuzz", "--time", "1s", "--trace", trace)
        self.expect(3, "fuzz", "--runs", "1", "--trace", "/no/such/folder/x")

    def test_two_traces_part_at_a_step(self):
        trace = self.folder / "trace.jsonl"
        self.expect(0, "run", self.write("1.yaml", GOOD), self.write("2.yaml", GOOD),
                    "--trace", str(trace))

        def compare(text):
            other = self.write("other.jsonl", text)
            result = subprocess.run([SOURCE / "tools" / "same-traces", trace, other],
                                    capture_output=True, text=True, timeout=60, check=False)
            self.assertEqual(result.stderr, "")
            return result.returncode, result.stdout

        text = trace.read_text(encoding="utf-8")
        self.assertEqual(compare(text), (0, ""))
        first, second = text[:text.rindex('{"run":')], text[text.rindex('{"run":'):]
        changed = second.replace("STATUS_SHARING_VIOLATION", "STATUS_SUCCESS")
        status, output = compare(first + changed)
        self.assertEqual(status, 1)
        self.assertRegex(output, "part at line [0-9]+, run .*2, step 3\n")
        self.assertIn('  status: "STATUS_SHARING_VIOLATION" and "STATUS_SUCCESS"\n', output)
        status, output = compare(first)
        self.assertEqual(status, 1)
        self.assertIn("the second trace ends here", output)

    def test_a_number_chooses_a_run_by_its_place_only(self):
        trace = str(self.folder / "trace.jsonl")
        self.expect(0, "run", self.write("2/1.yaml", GOOD), self.write("2/2.yaml", GOOD),
                    "--trace", trace)
        for number in ("1", "2"):   # every name has a 2
            diagram = self.expect(0, "export", trace, "--format", "mermaid", "--run", number).stdout
            self.assertIn(f"2/{number}\n", diagram)
        self.expect_error(2, f"{trace}: none of its 2 runs is '3'",
                          "export", trace, "--format", "mermaid", "--run", "3")
        self.expect(0, "export", trace, "--format", "mermaid", "--run", "2/1")

    def test_the_first_result_comes_at_once(self):
        path = self.write("a.yaml", GOOD)
        times = []
        for _ in range(10):
            start = time.monotonic()
            self.expect(0, "run", path)
            times.append(time.monotonic() - start)
        # Far above the 20 ms it is meant to take: a loaded machine or a sanitizer is no failure.
        self.assertLess(min(times), 1.0)


# A write that waits for a Read-Write owner, for traces to plant faults in.
TRACE_SCENARIO = """\
scenario: A create waits for a Read-Write owner
covers: [CREATE-RW-ACK]
volume:
  - file: \\data.bin
steps:
  - A.create: {as: a, file: \\data.bin, access: RW}
  - A.oplock: {on: a, request: RW, as: held}
  - B.create: {as: b, file: \\data.bin, access: W}
    expect: pends
  - A.ack: {on: a, level: NONE}
  - B.write: {on: b}
"""


class Check(CommandTest):
    def setUp(self):
        super().setUp()
        path = self.write("s.yaml", TRACE_SCENARIO)
        self.trace = self.folder / "t.jsonl"
        self.expect(0, "run", path, "--trace", str(self.trace))
        self.lines = self.trace.read_text(encoding="utf-8").splitlines()

    def planted(self, lines):
        return self.write("planted.jsonl", "\n".join(lines) + "\n")

    def number_of(self, **wanted):
        """Of the first line with these members, from 0."""
        for number, line in enumerate(self.lines):
            members = json.loads(line)
            if all(members.get(key) == value for key, value in wanted.items()):
                return number
        raise AssertionError(f"no event with {wanted}")

    def waiting(self):
        """The IRP of B's create, and the line that completes it."""
        irp = json.loads(self.lines[self.number_of(event="wait")])["irp"]
        return irp, self.number_of(event="complete", irp=irp)

    def early(self):
        """B's create completes as soon as it waits: nobody has acknowledged."""
        lines = list(self.lines)
        completion = lines.pop(self.waiting()[1])
        lines.insert(self.number_of(event="wait") + 1, completion)
        return lines

    def test_a_recorded_trace_conforms(self):
        result = self.expect(0, "check", str(self.trace))
        self.assertRegex(result.stdout,
                         r"^1 run, \d+ events: 0 violations; \d+ of \d+ rules exercised\n$")
        self.assertEqual(result.stderr, "")

    def test_standard_input(self):
        text = self.trace.read_text(encoding="utf-8")
        self.assertIn("1 run, ", self.expect(0, "check", "-", stdin=text).stdout)
        self.assertIn("no trace in it", self.expect(2, "check", "-", stdin="").stderr)

    def test_a_planted_early_completion_is_found(self):
        result = self.expect(1, "check", self.planted(self.early()))
        for part in ("VIOLATION  waits-for-acknowledgments (P03)", "observed: ", "required: ",
                     "clause:   "):
            self.assertIn(part, result.stdout)
        self.assertNotIn(" 0 violations", result.stdout)

    def test_a_planted_second_completion_is_found(self):
        at = self.waiting()[1]
        lines = self.lines[:at + 1] + self.lines[at:]
        self.assertIn("completes-once", self.expect(1, "check", self.planted(lines)).stdout)

    def test_a_forgotten_waiter_is_found(self):
        lines = self.lines[:self.waiting()[1]]
        self.assertIn("nobody-is-forgotten", self.expect(1, "check", self.planted(lines)).stdout)

    def test_json_names_lines_of_the_file(self):
        lines = self.early()
        document = json.loads(self.expect(1, "check", "--json", self.planted(lines)).stdout)
        found = [one for one in document["runs"][0]["violations"]
                 if one["rule"] == "waits-for-acknowledgments"]
        at = json.loads(lines[found[0]["line"] - 1])
        self.assertEqual((at["event"], at["irp"]), ("complete", self.waiting()[0]))

    def test_a_truncated_trace_is_one_error_with_a_place(self):
        text = self.trace.read_text(encoding="utf-8")
        for cut in range(1, len(text) - 1, 97):
            path = self.write("cut.jsonl", text[:cut])
            result = run("check", path)
            # At the end of a line it is a shorter trace, which may or may not conform.
            self.assertIn(result.returncode, (0, 1, 2), result.stderr)
            self.assertLessEqual(len(result.stderr.splitlines()), 1)
            if text[cut - 1] != "\n" and text[cut] != "\n":
                self.assertEqual(result.returncode, 2, text[:cut][-60:])
                self.assertIn(f"{path}: line ", result.stderr)

    def test_bad_traces_are_one_error(self):
        event = json.loads(self.lines[self.number_of(event="issue")])
        head = "\n".join(self.lines[:self.number_of(event="issue")]) + "\n"
        for name, text in {
                "empty": "", "blank": "\n\n", "no json": "hello\n", "a list": "[]\n",
                "a number": "17\n", "nul": "\x00\x01\n", "deep": "[" * 100_000 + "\n",
                "another format": '{"format": "other", "version": 1}\n',
                "another version": '{"format": "oplocksim-trace", "version": 99}\n',
                "an unknown event": head + '{"event": "explode", "time": 0}\n',
                "a huge number": head + json.dumps({**event, "irp": 10 ** 30}) + "\n",
                "a negative number": head + json.dumps({**event, "irp": -1}) + "\n",
                "a fraction": head + json.dumps({**event, "irp": 1.5}) + "\n",
                "a text for a number": head + json.dumps({**event, "irp": "seven"}) + "\n",
                }.items():
            with self.subTest(name):
                path = self.write("bad.jsonl", text)
                result = self.expect(2, "check", path)
                self.assertEqual(len(result.stderr.splitlines()), 1, result.stderr)
                self.assertTrue(result.stderr.startswith(f"oplocksim: error: {path}: "))

    def test_what_is_no_file(self):
        self.assertIn("No such file or directory", self.expect(2, "check", "/no/such").stderr)
        self.assertIn("is a folder", self.expect(2, "check", str(self.folder)).stderr)
        self.assertIn("is required", self.expect(2, "check").stderr)

    def test_hostile_strings_show_as_text(self):
        hostile = "<script>\x1b[31m\u202e'\"\\" + "x" * 300
        lines = self.early()
        header = json.loads(lines[0])
        self.assertIn("run", header)
        lines[0] = json.dumps({**header, "run": hostile})
        path = self.planted(lines)
        text = self.expect(1, "check", path).stdout
        document = self.expect(1, "check", "--json", path).stdout
        for output in (text, document):
            self.assertNotIn("\x1b", output)
            self.assertNotIn("\u202e", output)
        self.assertEqual(json.loads(document)["runs"][0]["run"], hostile)

    def test_good_files_are_judged_beside_a_bad_one(self):
        bad = self.write("bad.jsonl", "hello\n")
        result = self.expect(2, "check", bad, str(self.trace))
        self.assertIn("1 run, ", result.stdout)
        self.assertIn(bad, result.stderr)


class Rules(CommandTest):
    def validated(self, *arguments):
        document = json.loads(self.expect(0, "rules", *arguments).stdout)
        if jsonschema is not None:
            schema = json.loads((SOURCE / "reports" / "rules.schema.json").read_text())
            jsonschema.Draft202012Validator.check_schema(schema)
            jsonschema.Draft202012Validator(schema).validate(document)
        return document

    def test_a_clause_shows_its_places_and_who_checks_it(self):
        text = self.expect(0, "rules", "WRITE-L2-ALWAYS").stdout
        for part in ("WRITE-L2-ALWAYS  (must)", "Checking the Oplock State of an IRP_MJ_WRITE",
                     "[MS-FSA] 2.1.4.12", "decision    SC-001", "break/write", "write/level-2"):
            self.assertIn(part, text)
        self.assertIn("checked by  nobody: ",
                      self.expect(0, "rules", "FSA-SIS-COPYFILE-NO-KEY").stdout)
        self.assertIn("switch lock_vs_rwh_waits", self.expect(0, "rules", "LOCK-RWH-ACK").stdout)

    def test_a_rule_shows_its_clauses(self):
        text = self.expect(0, "rules", "time-alone").stdout
        self.assertIn("time-alone  (P01, must)", text)
        self.assertIn("BRK-NO-TIMEOUT", text)
        self.assertIn("level-of-the-table", self.expect(0, "rules", "P12").stdout)

    def test_lists_are_filtered(self):
        self.assertGreater(len(self.validated("--clauses", "--json")["clauses"]), 500)
        section = self.validated("--source", "2.1.5.1", "--json")["clauses"]
        self.assertTrue(section)
        for clause in section:
            self.assertTrue(any(re.match(r"2\.1\.5\.1(\.|$)", one["section"])
                                for one in clause["sources"]), clause["id"])
        for clause in self.validated("--source", "MS-FSA", "--format", "json")["clauses"]:
            self.assertIn("ms-fsa", [one["document"] for one in clause["sources"]])
        unchecked = self.validated("--status", "unchecked", "--json")["clauses"]
        self.assertTrue(unchecked and all(clause["unchecked"] for clause in unchecked))
        tables = self.validated("--status", "table", "--source", "ms-fsa", "--json")["clauses"]
        self.assertTrue(tables and all(clause["tables"] for clause in tables))
        text = self.expect(0, "rules", "--source", "Breaking Oplocks").stdout
        self.assertRegex(text.splitlines()[-1], r"^\d+ clauses$")

    def test_json_fits_its_schema(self):
        rules = self.validated("--json")["rules"]
        self.assertIn("waits-for-acknowledgments", [rule["id"] for rule in rules])
        one = self.validated("BRK-NO-TIMEOUT", "--format", "json")
        self.assertEqual(one["rules"], [])
        self.assertIn("time-alone", one["clauses"][0]["rules"])
        self.assertEqual(self.expect(0, "rules", "--json").stdout,
                         self.expect(0, "rules", "--format", "json").stdout)

    def test_unknown_ids_get_the_nearest(self):
        self.expect_error(2, "'time-alon' is not a rule, a property or a clause; did you mean "
                          "'time-alone'?", "rules", "time-alon")
        self.assertIn("'BRK-NO-TIMEOUT'", self.expect(2, "rules", "brk-no").stderr)
        for hostile in ("\x1b[31mred", "\u202e", "x" * 10_000, "'\"\\", " "):
            result = self.expect(2, "rules", hostile)
            self.assertEqual(len(result.stderr.splitlines()), 1)
            self.assertNotIn("\x1b", result.stderr)
        self.assertIn("is no document or section",
                      self.expect(2, "rules", "--source", "9.9").stderr)
        self.expect_error(2, "'scenari' is not a status; did you mean 'scenario'?",
                          "rules", "--status", "scenari")
        self.expect_error(2, "--clauses, --source and --status are for lists; they have no meaning "
                          "with 'P12'", "rules", "P12", "--clauses")


class Coverage(CommandTest):
    def gathered(self, name, text=GOOD, times=1):
        path = str(self.folder / name)
        for _ in range(times):
            self.expect(0, "run", self.write("c.yaml", text), "--coverage", path)
        return path

    def test_a_file_fits_its_schema_and_adds_up(self):
        path = pathlib.Path(self.gathered("one.json"))
        document = json.loads(path.read_text())
        if jsonschema is not None:
            schema = json.loads((SOURCE / "reports" / "coverage.schema.json").read_text())
            jsonschema.Draft202012Validator.check_schema(schema)
            jsonschema.Draft202012Validator(schema).validate(document)
        self.assertEqual(document["runs"], 1)
        self.assertEqual(document["clauses"], {"BRK-NTFS-BATCH-BEFORE-SHARING": 1})
        self.assertIn({"state": "BATCH", "operation": "create", "own_handle": 0, "same_key": 0,
                       "other_key": 1}, document["cells"])
        self.gathered("one.json", times=2)
        again = json.loads(path.read_text())
        self.assertEqual(again["runs"], 3)
        self.assertEqual(again["clauses"], {"BRK-NTFS-BATCH-BEFORE-SHARING": 3})

    def test_merging_knows_no_order(self):
        one = self.gathered("one.json")
        two = self.gathered("two.json", TRACE_SCENARIO, times=2)
        three = self.gathered("three.json", times=3)
        half = str(self.folder / "half")
        self.expect(0, "coverage", one, two, "--output", half)
        written = set()
        for paths in ((one, two, three), (three, one, two), (half, three)):
            output = self.folder / "all"
            self.expect(0, "coverage", *paths, "--output", str(output))
            written.add(output.read_bytes())
        self.assertEqual(len(written), 1)
        self.assertEqual(json.loads(written.pop())["runs"], 6)

    def test_gaps_are_named(self):
        path = self.gathered("one.json")
        text = self.expect(0, "coverage", path).stdout
        for part in ("BATCH", "not met: ", "cannot be met: any state x create x own-handle",
                     "1 run, ", "not exercised: "):
            self.assertIn(part, text)
        self.assertIn("other key", self.expect(0, "coverage", "-v", path).stdout)
        document = json.loads(self.expect(0, "coverage", path, "--json").stdout)
        self.assertIn({"state": "RH", "operation": "write", "relation": "own-handle"},
                      document["gaps"])
        self.assertTrue(all(one["reason"] for one in document["impossible"]))

    def test_what_is_no_coverage_is_refused_and_stays(self):
        good = self.gathered("g.json")
        cut = pathlib.Path(good).read_text()[:-30]
        for name, text in (("notes.txt", "my notes\n"), ("report.json", '{"format": "x"}'),
                           ("cut.json", cut)):
            path = self.write(name, text)
            for arguments in (("run", self.write("d.yaml", GOOD), "--coverage", path),
                              ("conform", "break/RWH/write", "--coverage", path),
                              ("coverage", path), ("coverage", good, "--output", path)):
                result = self.expect(2, *arguments)
                self.assertEqual(len(result.stderr.splitlines()), 1, result.stderr)
                self.assertEqual(result.stdout, "")
                self.assertEqual(pathlib.Path(path).read_text(), text)
            self.assertFalse(pathlib.Path(path + ".partial").exists())

    def test_files_that_cannot_be_read_or_written(self):
        good = self.write("a.yaml", GOOD)
        self.assertIn("No such file or directory", self.expect(2, "coverage", "/no/such").stderr)
        for path in ("/no/such/folder/c.json", str(self.folder), "/dev/full"):
            self.assertEqual(len(self.expect(3, "run", good, "--coverage", path)
                                 .stderr.splitlines()), 1)
        self.assertIn("is required", self.expect(2, "coverage").stderr)

    def test_conform_and_run_add_to_one_file(self):
        path = pathlib.Path(self.gathered("one.json"))
        self.expect(0, "conform", "break/RWH/write/other-key", "--coverage", str(path))
        document = json.loads(path.read_text())
        self.assertGreater(document["runs"], 1)
        self.assertIn("RWH", [cell["state"] for cell in document["cells"]])

    def test_counts_end_at_the_ceiling(self):
        path = pathlib.Path(self.gathered("one.json"))
        document = json.loads(path.read_text())
        path.write_text(json.dumps({**document, "runs": 2 ** 53 - 1}))
        self.expect(0, "coverage", str(path), str(path), "--output", str(path))
        self.assertEqual(json.loads(path.read_text())["runs"], 2 ** 53 - 1)


if __name__ == "__main__":
    COMMAND = str(pathlib.Path(sys.argv[1]).resolve())
    SOURCE = pathlib.Path(sys.argv[2]).resolve()
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]])
