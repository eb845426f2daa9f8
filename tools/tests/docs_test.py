#!/usr/bin/env python3
"""tools/docs can fail: each kind of untruth in a page is found, and a true page passes.

Usage: docs_test.py COMMAND SOURCE_FOLDER [unittest arguments]
"""

import pathlib
import subprocess
import sys
import tempfile
import unittest

COMMAND = ""
SOURCE = pathlib.Path()

SCENARIO = """\
<!-- file: one.yaml -->
```yaml
scenario: One client opens a file
volume:
  - file: \\data.bin
steps:
  - A.create: {as: a, file: \\data.bin}
```
"""
TRUE_PAGE = SCENARIO + """
```console
$ echo first \\
>   second
first second
$ oplocksim run one.yaml
PASS  one                                                                  1 run
...
$ oplocksim run two.yaml
...
$ echo $?
2

```

Now `- file: \\data` becomes `- file: \\text`.

<!-- replace: one.yaml: - file: \\data -> - file: \\text -->

```console
$ oplocksim lint one.yaml >/dev/null; grep -c text one.yaml
1
```

<!-- scripts -->
```
tools/test     # a script
cmake --preset release
```

```yaml
scenario: Not a file, but run
volume:
  - file: \\data.bin
steps:
  - A.create: {as: a, file: \\data.bin}
```

## A heading of its own

See [it](#a-heading-of-its-own) and [the rules](docs/rules.md#time-alone).
"""


def console(*lines):
    return "\n".join(["```console", *lines, "```", ""])


# What is untrue or unknown, and what tools/docs says of it.
UNTRUE = {
    "other output": (console("$ echo one", "two"), "prints something else"),
    "output is missing": (console("$ echo one"), "prints something else"),
    "output is not there": (console("$ true", "one"), "prints something else"),
    "elision too short": (console("$ printf 'a\\nb\\nc\\n'", "a", "...", "b"), "something else"),
    "elision out of order": (console("$ printf 'a\\nb\\nc\\n'", "...", "c", "...", "b", "..."),
                             "something else"),
    "a failure nobody speaks of": (console("$ false"), "ends with 1"),
    "the wrong status": (console("$ false", "$ echo $?", "2"), "something else"),
    "no such verb": (console("$ oplocksim nonsense 2>/dev/null"), "ends with 2"),
    "no command": (console("one"), "begins with a command"),
    "no end": ("```console\n$ true\n", "no end"),
    "no language": ("```\n$ true\n```\n", "a block of language ''"),
    "a command where none is run": ("```text\n$ rm -rf /\n```\n", "belong in a console block"),
    "yaml": ("```yaml\na: [1\n```\n", "not yaml"),
    "json": ("```json\n{]\n```\n", "not json"),
    "sh": ("```sh\nif true\n```\n", "syntax error"),
    "a script of a job": ("```yaml\njob:\n  script:\n    - true\n    - if true\n```\n",
                          "syntax error"),
    "groovy": ("```groovy\nsteps { sh 'if true' }\n```\n", "syntax error"),
    "half of groovy": ("```groovy\nsteps { sh 'true'\n```\n", "other half"),
    "a scenario that fails": (
        "```yaml\nscenario: s\nvolume:\n  - file: \\a\nsteps:\n"
        "  - A.create: {as: a, file: \\b}\n```\n", "does not pass"),
    "an unknown marker": ("<!-- flie: a -->\n```yaml\na: 1\n```\n", "nobody knows this marker"),
    "a marker of nothing": ("<!-- file: a -->\n\ntext\n", "no block follows"),
    "nothing to replace": (SCENARIO + "\n`x` and `y`\n\n<!-- replace: one.yaml: x -> y -->\n",
                           "0 times, not once"),
    "a replacement kept secret": (SCENARIO + "\n<!-- replace: one.yaml: One -> Two -->\n",
                                  "does not say `Two`"),
    "no such script": ("<!-- scripts -->\n```\ntools/nonsense\n```\n", "no script"),
    "a dead link": ("[x](nowhere.md)\n", "leads nowhere"),
    "a dead heading": ("[x](docs/rules.md#nonsense)\n", "no such heading"),
    "no such file": ("See `sim/nonsense.cpp`.\n", "no such file"),
    "no such function": ("See `sim/create.cpp` (`open_existing`,\n`nonsense`).\n",
                         "has no nonsense"),
    "stale": ("<!-- generated: verbs -->\n\n| `run` | sings |\n\n<!-- end of generated -->\n",
              "not up to date"),
    "nobody generates it": ("<!-- generated: songs -->\n<!-- end of generated -->\n",
                            "nobody generates"),
    "generated without end": ("<!-- generated: verbs -->\n", "has no"),
}


class DocsTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="oplocksim-docs-test-")
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        for name in ("conformance", "docs", "sim", "tools"):
            (self.root / name).symlink_to(SOURCE / name)
        self.page = self.root / "page.md"

    def check(self, text, *options):
        self.page.write_text(text, encoding="utf-8")
        return subprocess.run(
            [sys.executable, SOURCE / "tools/docs", "--command", COMMAND, "--root", self.root,
             *options, self.page], capture_output=True, text=True, timeout=120, check=False)

    def test_a_true_page_passes(self):
        done = self.check(TRUE_PAGE)
        self.assertEqual(done.stdout, "1 pages, 5 commands, 0 problems\n")
        self.assertEqual(done.returncode, 0)

    def test_untrue_pages_fail(self):
        for name, (text, message) in UNTRUE.items():
            with self.subTest(name):
                done = self.check("Text.\n\n" + text)
                self.assertIn(message, done.stdout + done.stderr)
                self.assertRegex(done.stdout, r"(?m)^page\.md:\d+: ")
                self.assertEqual(done.returncode, 1)

    def test_update_writes_what_is_printed(self):
        done = self.check("```console\n$ printf 'a\\nb\\n'\nc\n$ echo d\n```\n\n"
                          "<!-- generated: verbs -->\n<!-- end of generated -->\n", "--update")
        self.assertEqual(done.returncode, 0, done.stdout)
        text = self.page.read_text(encoding="utf-8")
        self.assertTrue(text.startswith("```console\n$ printf 'a\\nb\\n'\na\nb\n$ echo d\nd\n```"))
        self.assertIn("| `run` | ", text)

    def test_update_leaves_elisions_to_people(self):
        text = "```console\n$ printf 'a\\nb\\n'\nc\n...\n```\n"
        self.assertEqual(self.check(text, "--update").returncode, 1)
        self.assertEqual(self.page.read_text(encoding="utf-8"), text)

    def test_without_the_program_nothing_is_true(self):
        done = subprocess.run(
            [sys.executable, SOURCE / "tools/docs", "--command", self.root / "oplocksim"],
            capture_output=True, text=True, timeout=120, check=False)
        self.assertEqual(done.returncode, 2)


if __name__ == "__main__":
    COMMAND = pathlib.Path(sys.argv[1]).resolve()
    SOURCE = pathlib.Path(sys.argv[2]).resolve()
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]])
