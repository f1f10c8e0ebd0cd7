"""Runs functions of a client as a test asks for them: `run_calls.py MODULE URL`, with one call a line on standard input.

A line is a JSON list, `[function, argument, …]`; the function is called with the URL and the arguments. For each one a line
is written: `{"value": …}`, or `{"error": traceback}`. test/support/python-script.ts is the other end.
"""

import asyncio
import importlib
import json
import sys
import traceback

client = importlib.import_module(sys.argv[1])
url = sys.argv[2]

for line in sys.stdin:
    name, *arguments = json.loads(line)
    try:
        call = getattr(client, name)(url, *arguments)
        outcome = {'value': asyncio.run(asyncio.wait_for(call, 10))}
    except Exception:
        outcome = {'error': traceback.format_exc()}
    print(json.dumps(outcome), flush=True)
