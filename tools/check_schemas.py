#!/usr/bin/env python3
"""Validates the corpus against the JSON Schema that the command prints, and a report of the
corpus against reports/report.schema.json. Usage: check_schemas.py COMMAND"""

import json
import pathlib
import subprocess
import sys

import jsonschema
import yaml

ROOT = pathlib.Path(__file__).resolve().parent.parent


class Loader(yaml.CSafeLoader if hasattr(yaml, "CSafeLoader") else yaml.SafeLoader):
    """YAML as the scenario loader reads it: words such as `on` and `no` are text."""


# YAML 1.1 reads `on`, `yes` and dates as other things than text; scenario files do not.
Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers
            if tag not in ("tag:yaml.org,2002:bool", "tag:yaml.org,2002:timestamp")]
    for first, resolvers in Loader.yaml_implicit_resolvers.items()
}


def booleans(value):
    """`true` and `false` are booleans where the schema asks for one; as keys they are text."""
    if isinstance(value, dict):
        return {str(key): booleans(item) for key, item in value.items()}
    if isinstance(value, list):
        return [booleans(item) for item in value]
    return {"true": True, "false": False}.get(value, value) if isinstance(value, str) else value


def check(name, validator, document):
    errors = sorted(validator.iter_errors(document), key=lambda error: list(map(str, error.path)))
    for error in errors[:5]:
        where = "/".join(map(str, error.absolute_path))
        print(f"{name}: {where}: {error.message[:300]}")
    return not errors


def main():
    command = sys.argv[1]
    schema = json.loads(subprocess.run([command, "schema"], check=True, capture_output=True).stdout)
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    corpus = ROOT / "scenarios" / "corpus"
    files = sorted(corpus.rglob("*.yaml"))
    good = bool(files)
    for path in files:
        document = booleans(yaml.load(path.read_text(encoding="utf-8"), Loader))
        good = check(path.relative_to(ROOT), validator, document) and good
    report_schema = json.loads((ROOT / "reports" / "report.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(report_schema)
    report = subprocess.run([command, "run", "--report", "json=-"],
                            capture_output=True, check=False)
    good = check("report", jsonschema.Draft202012Validator(report_schema),
                 json.loads(report.stdout)) and good
    print(f"{len(files)} scenario files and one report checked")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
