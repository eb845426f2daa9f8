#!/usr/bin/env python3
"""Completion in the shells themselves, the manual page, and that both follow the command line.

Usage: completion_test.py COMMAND SOURCE_FOLDER [unittest arguments]

A shell that is not installed is skipped, and said so.
"""

import fcntl
import os
import pathlib
import pty
import re
import select
import shutil
import struct
import subprocess
import sys
import tempfile
import termios
import unittest

COMMAND = pathlib.Path()
# Options that take any text: the names of their values. A new name that is not in
# tools/completion.cpp either fails ValueTest.
ANY_TEXT = {"TEXT", "N", "MIB", "I", "TIME", "K/N"}
# Verbs whose values are looked at without a run: this argument ends them early.
NOTHING = "no-such-thing"
GIVE_UP_SECONDS = 60


def run(*arguments):
    return subprocess.run([COMMAND, *arguments], capture_output=True, text=True, timeout=120,
                          stdin=subprocess.DEVNULL, check=False)


def candidates(*words):
    """("words" or "files PREFIX", [word])."""
    done = run("completion", "candidates", "--", *words)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    return lines[0], [line.split("\t")[0] for line in lines[1:]]


def verbs():
    listed = run("--help").stdout.split("\nVerbs:\n")[1].split("\n\n")[0]
    return re.findall(r"^  (\S+)", listed, re.M)


def options_of(verb):
    """{name: value name or ""} from the verb's help; of several names the first long one."""
    text = run(verb, "--help").stdout
    block = re.search(r"\nOptions:\n(.*?)(\n\n|$)", text, re.S)[1]
    found = {}
    for names, value in re.findall(r"^  ((?:-\w,)?--\S+|-\w)(?: ([A-Z][A-Z/=]*)(?= |$))?",
                                     block, re.M):
        found[next(name for name in names.split(",") if name.startswith("--"))] = value
    return found


def required_of(verb):
    return {"explain": ["--held", "R", "--operation", "read"]}.get(verb, [])


class ValueTest(unittest.TestCase):
    """Without a shell: what the program offers is what it takes."""

    def test_verbs(self):
        self.assertGreater(len(verbs()), 5)
        self.assertEqual(candidates("")[1], verbs())
        for verb in verbs():
            self.assertIn(verb, candidates(verb[:2])[1])

    def test_every_option_of_every_verb_is_offered(self):
        for verb in verbs():
            with self.subTest(verb=verb):
                self.assertEqual(sorted(candidates(verb, "-")[1]), sorted(options_of(verb)))

    def test_every_value_name_is_known(self):
        for verb in verbs():
            for option, value in options_of(verb).items():
                if not value or value in ANY_TEXT:
                    continue
                kind, words = candidates(verb, option, "")
                self.assertTrue(words or kind == "files",
                                f"{verb} {option}: nothing completes {value}; name the value in "
                                "tools/completion.cpp, or in ANY_TEXT of this test")

    def test_offered_values_are_taken(self):
        """And what an error lists as possible is offered."""
        looked_at = 0
        for verb in ("run", "conform", "explain", "lint"):
            for option, value in options_of(verb).items():
                kind, words = candidates(verb, option, "")
                if not value or kind == "files" or value in ("SCENARIO", *ANY_TEXT):
                    continue
                for word in words[:20]:
                    if word.endswith("="):
                        word = (candidates(verb, option, word)[1] or [word + "unused"])[0]
                    done = run(verb, *required_of(verb), option, word,
                               *([] if verb == "explain" else [NOTHING]))
                    self.assertNotIn(f"'{word.split('=')[0]}'", done.stderr)
                    looked_at += 1
                refused = run(verb, *required_of(verb), option, "@@@=@@@", NOTHING).stderr
                for listed in re.findall(r"it is one of (.*)", refused):
                    offered = {word.removesuffix("=") for word in words}
                    self.assertLessEqual(set(listed.split(", ")), offered)
                    looked_at += 1
        self.assertGreater(looked_at, 50)

    def test_words_before_the_cursor_count(self):
        self.assertEqual(candidates("run", "--report", "")[1][:1], ["json="])
        self.assertEqual(candidates("run", "--report", "json=out")[0], "files json=")
        self.assertEqual(candidates("run", "--report=json=out")[0], "files --report=json=")
        self.assertEqual(candidates("run", "--color=al"), ("words", ["--color=always"]))
        self.assertEqual(candidates("run", "--colou"), ("words", ["--colour"]))
        self.assertEqual(candidates("explain", "--held", "R,RH")[1], ["R,RH"])
        self.assertEqual(candidates("run", "--", "-")[0], "files")
        self.assertNotIn("--trace", candidates("run", "--trace", "x", "--")[1])
        self.assertIn("--report", candidates("run", "--report", "json=x", "--")[1])
        self.assertEqual(candidates("rules", "BRK-NO-TIMEOU")[1], ["BRK-NO-TIMEOUT"])
        self.assertEqual(candidates("rules", "P01", "P")[1], [])
        self.assertEqual(candidates("nonsense", "")[1], [])
        self.assertEqual(candidates("run", "--nonsense=")[1], [])
        self.assertEqual(candidates()[1], [])

    def test_switches_in_two_steps(self):
        names = candidates("run", "--switch", "lock_vs")[1]
        self.assertEqual(names, ["lock_vs_rwh_waits="])
        self.assertEqual(candidates("run", "--switch", names[0])[1],
                         ["lock_vs_rwh_waits=false", "lock_vs_rwh_waits=true"])

    def test_bad_usage(self):
        self.assertEqual(run("completion").returncode, 2)
        self.assertIn("did you mean 'zsh'?", run("completion", "csh").stderr)
        self.assertEqual(run("completion", "bash", "word").returncode, 2)


class Terminal:
    """An interactive shell on a terminal of its own. Its prompt is READY, behind a marker."""

    def __init__(self, arguments, folder):
        environment = {"PATH": f"{COMMAND.parent}:{os.environ['PATH']}", "HOME": folder,
                       "TERM": "xterm", "LC_ALL": "C.UTF-8"}
        self.process, self.terminal = pty.fork()
        if self.process == 0:
            os.chdir(folder)
            os.execve(shutil.which(arguments[0]), arguments, environment)
        fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 300, 0, 0))
        self.output = ""

    def send(self, text):
        os.write(self.terminal, text.encode())

    def wait_for(self, pattern):
        """The match, and what comes before it is forgotten."""
        while not (found := re.search(pattern, self.output)):
            ready, _, _ = select.select([self.terminal], [], [], GIVE_UP_SECONDS)
            if not ready:
                raise AssertionError(f"{pattern!r} never came, but: {self.output!r}")
            try:
                self.output += os.read(self.terminal, 65536).decode(errors="replace")
            except OSError:   # the shell has gone
                raise AssertionError(f"the shell ended: {self.output!r}") from None
        self.output = self.output[found.end():]
        return found

    def command(self, text):
        self.send(text + "\n")
        self.send("printf '%s%s\\n' RE ADY\n")
        self.wait_for("READY\r?\n")

    def close(self):
        os.close(self.terminal)
        try:
            os.waitpid(self.process, 0)
        except ChildProcessError:
            pass


# What is typed, with tabs, and the words that the command then gets.
TYPED = [
    ("expla\t--operation set_end\t", ["explain", "--operation", "set_end_of_file"]),
    ("run --profile m\t--fail\t", ["run", "--profile", "ms-fsa", "--fail-fast"]),
    ("run --switch lock_vs\tt\t", ["run", "--switch", "lock_vs_rwh_waits=true"]),
    ("run --color=al\t", ["run", "--color=always"]),
    ("run --report ju\tresul\t", ["run", "--report", "junit=results of mine.xml"]),
    ("run only\t", ["run", "only one.yaml"]),
    ("check --json only\t", ["check", "--json", "only one.yaml"]),
    ("rules BRK-NO-TIMEOU\t", ["rules", "BRK-NO-TIMEOUT"]),
    ("explain --access 'R|FILE_READ_E\t", ["explain", "--access", "R|FILE_READ_EA"]),
]


class ShellTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="oplocksim-completion-")
        self.addCleanup(shutil.rmtree, self.folder)
        pathlib.Path(self.folder, "only one.yaml").touch()
        pathlib.Path(self.folder, "results of mine.xml").touch()

    def shell(self, name):
        if shutil.which(name) is None:
            self.skipTest(f"{name} is not installed")
        script = pathlib.Path(self.folder, f"oplocksim.{name}")
        script.write_text(run("completion", name).stdout, encoding="utf-8")
        return script

    def typed(self, terminal, keys):
        """The words that `oplocksim` gets after these keys."""
        terminal.send("oplocksim " + keys)
        terminal.send("\n")
        answer = terminal.wait_for(r"GOT((?:<[^<>]*>)+)END")[1]
        terminal.command("")
        return re.findall("<([^<>]*)>", answer)

    def check_typed(self, terminal):
        # A function stands in for the program where it is called; the script asks the real one.
        terminal.command("oplocksim() { printf '%s%s' GO T; printf '<%s>' \"$@\"; echo END; }")
        for keys, words in TYPED:
            with self.subTest(keys=keys):
                self.assertEqual([word.rstrip() for word in self.typed(terminal, keys)], words)

    def test_bash(self):
        script = self.shell("bash")
        terminal = Terminal(["bash", "--norc", "--noprofile", "-i"], self.folder)
        self.addCleanup(terminal.close)
        terminal.command("bind 'set enable-bracketed-paste off'; bind 'set bell-style none'")
        terminal.command(f"source {script}")
        self.check_typed(terminal)

    def test_zsh(self):
        script = self.shell("zsh")
        terminal = Terminal(["zsh", "-f", "-i"], self.folder)
        self.addCleanup(terminal.close)
        terminal.command("unset zle_bracketed_paste; unsetopt beep; autoload -Uz compinit; "
                         "compinit -u -D")
        terminal.command(f"source {script}")
        self.check_typed(terminal)

    def test_zsh_from_a_folder_of_functions(self):
        script = self.shell("zsh")
        shutil.copy(script, pathlib.Path(self.folder, "_oplocksim"))
        terminal = Terminal(["zsh", "-f", "-i"], self.folder)
        self.addCleanup(terminal.close)
        terminal.command("unset zle_bracketed_paste; unsetopt beep; fpath=($PWD $fpath); "
                         "autoload -Uz compinit; compinit -u -D")
        self.check_typed(terminal)

    def test_fish(self):
        script = self.shell("fish")
        environment = {**os.environ, "PATH": f"{COMMAND.parent}:{os.environ['PATH']}",
                       "HOME": self.folder, "XDG_CONFIG_HOME": self.folder}

        def complete(line):
            done = subprocess.run(
                ["fish", "--no-config", "-c", f"source {script}; complete -C '{line}'"],
                cwd=self.folder, env=environment, capture_output=True, text=True, timeout=60,
                check=False)
            self.assertEqual(done.stderr, "")
            return [row.split("\t")[0] for row in done.stdout.splitlines()]

        self.assertEqual(complete("oplocksim expla"), ["explain"])
        self.assertEqual(complete("oplocksim run --profile m"), ["ms-fsa"])
        self.assertEqual(sorted(complete("oplocksim run --switch lock_vs_rwh_waits=")),
                         ["lock_vs_rwh_waits=false", "lock_vs_rwh_waits=true"])
        self.assertEqual(complete("oplocksim run --color=al"), ["--color=always"])
        self.assertEqual(complete("oplocksim run --report junit=resul"), ["junit=results of mine.xml"])
        self.assertEqual(complete("oplocksim run onl"), ["only one.yaml"])
        self.assertEqual(complete("oplocksim rules BRK-NO-TIMEOU"), ["BRK-NO-TIMEOUT"])
        self.assertEqual(sorted(complete("oplocksim ")), sorted(verbs()))
        self.assertEqual(complete("oplocksim schema "), [])


class ManualPageTest(unittest.TestCase):
    def setUp(self):
        self.page = run("man").stdout

    def test_everything_is_in_it(self):
        plain = re.sub(r"\\f[BIR]|\\&", "", self.page).replace("\\-", "-")
        for verb in verbs():
            self.assertIn(f"\n.SS oplocksim {verb}\n", plain)
            for option in options_of(verb):
                self.assertRegex(plain, rf"(?m)^(-\w, |--\w+, )*{option}\b")

    def lint(self, program, *arguments):
        if shutil.which(program) is None:
            self.skipTest(f"{program} is not installed")
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "oplocksim.1")
            path.write_text(self.page, encoding="utf-8")
            done = subprocess.run([program, *arguments, path], capture_output=True, text=True,
                                  timeout=60, check=False,
                                  env={**os.environ, "LC_ALL": "C.UTF-8", "MANWIDTH": "80"})
        return done

    def test_mandoc_has_nothing_against_it(self):
        done = self.lint("mandoc", "-T", "lint", "-W", "warning")
        # The page has no date: a version has its editions (SOURCES), and a build no clock.
        problems = [line for line in done.stdout.splitlines() if "missing date" not in line]
        self.assertEqual(problems, [])

    def test_man_shows_it_without_warnings(self):
        done = self.lint("man", "--warnings", "-l")
        if "This system has been minimized" in done.stdout + done.stderr:
            self.skipTest("man is switched off here")
        self.assertEqual(done.stderr, "")
        self.assertIn("oplocksim conform", done.stdout)


class InstallTest(unittest.TestCase):
    """`cmake --install` of the build that this program is from."""

    def test_everything_is_where_shells_and_man_look(self):
        build = COMMAND.parent.parent
        if not (build / "tools/printed/oplocksim.1").is_file():
            self.skipTest("only the program is built, not what is installed beside it")
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run(["cmake", "--install", build, "--prefix", folder], check=True,
                           capture_output=True, timeout=120)
            share = pathlib.Path(folder, "share")
            for path, text in (
                    ("man/man1/oplocksim.1", run("man").stdout),
                    ("bash-completion/completions/oplocksim", run("completion", "bash").stdout),
                    ("zsh/site-functions/_oplocksim", run("completion", "zsh").stdout),
                    ("fish/vendor_completions.d/oplocksim.fish",
                     run("completion", "fish").stdout)):
                self.assertEqual((share / path).read_text(encoding="utf-8"), text, path)
            self.assertTrue((share / "doc/oplocksim/docs/tutorial.md").is_file())
            installed = subprocess.run([pathlib.Path(folder, "bin/oplocksim"), "--version"],
                                       capture_output=True, text=True, timeout=60, check=True)
            self.assertEqual(installed.stdout, run("--version").stdout)


if __name__ == "__main__":
    COMMAND = pathlib.Path(sys.argv[1]).resolve()
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]])
