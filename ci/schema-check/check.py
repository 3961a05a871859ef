"""Validates JSON values against JSON Schemas of draft 4.

Each line of standard input is {"schema": …, "value": …}. For each line, prints a JSON array of
violations, "POINTER: MESSAGE".
"""

import json
import sys

from jsonschema_rs import Draft4Validator

for line in sys.stdin:
    check = json.loads(line)
    validator = Draft4Validator(check["schema"], validate_formats=True, offline=True)
    violations = [
        "".join(f"/{step}" for step in error.instance_path) + f": {error.message}"
        for error in validator.iter_errors(check["value"])
    ]
    print(json.dumps(violations), flush=True)
