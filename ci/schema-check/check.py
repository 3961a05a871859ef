"""Validates JSON values against JSON Schemas of draft 4.

Each line of standard input is {"schema": …, "value": …}. For each line, prints a JSON array of
violations, "POINTER: MESSAGE".
"""

import json
import sys

from jsonschema_rs import Draft4Validator


def pointer(path):
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in path)


for line in sys.stdin:
    check = json.loads(line)
    validator = Draft4Validator(check["schema"], validate_formats=True, offline=True)
    violations = [
        f"{pointer(error.instance_path)}: {error.message}"
        for error in validator.iter_errors(check["value"])
    ]
    print(json.dumps(violations), flush=True)
