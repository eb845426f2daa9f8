"""The parts of the documentation that are made from the program's own data (see tools/docs).

Whatever the catalogue or the command learns appears here by itself: nothing is listed by hand.
"""

import json
import re
import subprocess

import yaml

BEGIN = re.compile(r"<!-- generated: ([\w-]+) -->$")
END = "<!-- end of generated -->"
CLAUSE_KEYS = ("id", "document", "source", "section", "obligation", "applies_to", "text",
               "decision", "also", "unchecked")


class NotGenerated(Exception):
    pass


def filled_in(lines, generators):
    """The page, with everything between the markers made anew."""
    result, at = [], 0
    while at < len(lines):
        result.append(lines[at])
        begin = BEGIN.match(lines[at])
        at += 1
        if begin:
            try:
                at = lines.index(END, at)
            except ValueError:
                raise NotGenerated(f"'{begin[1]}' has no '{END}'") from None
            result += ["", *generators.lines_of(begin[1]), ""]
    return result


def cell(text):
    """Text in a cell of a Markdown table."""
    return re.sub(r"([|<>*\[\]])", r"\\\1", " ".join(text.split()))


def anchor(text):
    return re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-")


def counted(number, word):
    return f"{number} {word}{'' if number == 1 else 's'}"


class Generators:
    def __init__(self, command, root):
        self.command = command
        self.root = root
        self.cache = {}

    def lines_of(self, name):
        makers = {"rules": self.rules, "clauses": self.clauses, "clause-documents": self.documents,
                  "verbs": self.verbs, "profiles": self.profiles}
        if name not in makers:
            raise NotGenerated(f"nobody generates '{name}'")
        return makers[name]()

    def output(self, *arguments):
        if arguments not in self.cache:
            done = subprocess.run([self.command, *arguments], capture_output=True, text=True,
                                  timeout=120, check=True)
            self.cache[arguments] = done.stdout
        return self.cache[arguments]

    def data(self, *arguments):
        return json.loads(self.output(*arguments, "--json"))

    # The rules

    def rules(self):
        lines = []
        for rule in self.data("rules")["rules"]:
            cited = ", ".join(f"[{one}](clauses.md#{one.lower()})" for one in rule["clauses"])
            lines += [f"### {rule['id']}", "",
                      f"**{cell(rule['summary'])}.** Property {rule['property']}, "
                      f"{rule['obligation']}.", "", cell(rule["documentation"]), "",
                      f"Clauses: {cited}.", ""]
        return lines[:-1]

    # The clauses

    def checkers(self):
        """{clause: [what checks it]}."""
        found = {}
        for rule in self.data("rules")["rules"]:
            for clause in rule["clauses"]:
                found.setdefault(clause, []).append(f"rule [{rule['id']}](rules.md#{rule['id']})")
        for path in sorted((self.root / "conformance/tables").glob("*.yaml")):
            for clause, count in counts_of_clauses(path).items():
                found.setdefault(clause, []).append(
                    f"{counted(count, 'row')} of the {path.stem} table")
        pinned = {}
        for scenario in self.data("list")["scenarios"]:
            for clause in scenario["clauses"]:
                pinned.setdefault(clause, []).append(scenario["id"])
        for clause, names in pinned.items():
            more = f" and {len(names) - 1} more" if len(names) > 1 else ""
            found.setdefault(clause, []).append(f"scenario `{names[0]}`{more}")
        return found

    def by_document(self):
        found = {}
        for clause in self.data("list", "--clauses")["clauses"]:
            found.setdefault(clause["source"], []).append(clause)
        return sorted(found.items())

    def documents(self):
        lines = ["| document | clauses |", "|---|---|"]
        for source, clauses in self.by_document():
            lines.append(f"| [{cell(source)}](#{anchor(source)}) | {len(clauses)} |")
        return lines

    def clauses(self):
        checkers = self.checkers()
        lines = []
        for source, clauses in self.by_document():
            lines += [f"### {source}", "", "| clause | | for | says | checked by |",
                      "|---|---|---|---|---|"]
            for clause in clauses:
                lines.append(clause_row(clause, checkers.get(clause["id"], [])))
            lines.append("")
        return lines[:-1]

    # The command

    def verbs(self):
        """From the list of verbs in --help: two blanks, the verb, its sentence."""
        listed = self.output("--help").split("\nVerbs:\n")[1].split("\n\n")[0]
        lines = ["| verb | does |", "|---|---|"]
        for name, does in re.findall(r"^  (\S+) +(\S.*(?:\n {4,}\S.*)*)", listed, re.M):
            lines.append(f"| `{name}` | {cell(does)} |")
        return lines

    def profiles(self):
        profiles = self.data("list", "--profiles")["profiles"]
        names = [profile["name"] for profile in profiles]
        lines = ["| switch | decides | " + " | ".join(f"`{name}`" for name in names) + " |",
                 "|---|---|" + "---|" * len(names)]
        for switch in self.data("list", "--switches")["switches"]:
            values = [profile["switches"][switch["name"]] for profile in profiles]
            lines.append(f"| `{switch['name']}` ({switch['decision']}) | "
                         f"{cell(switch['summary'])} | " + " | ".join(values) + " |")
        return lines


def clause_row(clause, checked):
    where = ", ".join(filter(None, (clause.get("section"), clause.get("decision"))))
    where = "; ".join(filter(None, (where, *(f"also {one}" for one in clause.get("also", [])))))
    if "unchecked" in clause:
        checked = [*checked, f"nobody: {cell(clause['unchecked'])}"]
    says = cell(clause["text"]) + (f" ({cell(where)})" if where else "")
    for key, value in clause.items():   # what the catalogue learns to say
        if key not in CLAUSE_KEYS and value:
            text = value if isinstance(value, str) else json.dumps(value, sort_keys=True)
            checked = [*checked, f"{key.replace('_', ' ')}: {cell(text)}"]
    name = clause["id"]
    return (f"| <a id=\"{name.lower()}\"></a>`{name}` | {clause['obligation']} | "
            f"{cell(clause['applies_to'])} | {says} | {'; '.join(checked)} |")


def counts_of_clauses(path):
    """How often each clause is named in a table, however deep."""
    counts = {}

    def count(node):
        if isinstance(node, dict):
            for key, value in node.items():
                named = [value] if isinstance(value, str) else value
                if key in ("clause", "clauses") and isinstance(named, list):
                    for one in named:
                        counts[one] = counts.get(one, 0) + 1
                else:
                    count(value)
        elif isinstance(node, list):
            for one in node:
                count(one)

    count(yaml.safe_load(path.read_text(encoding="utf-8")))
    return counts
