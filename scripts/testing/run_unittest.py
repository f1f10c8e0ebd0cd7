"""Runs the unittest tests of a folder and writes what became of them to a JSON file.

Usage: python run_unittest.py FOLDER FILE
The file is an object: "passed" is a number, "failed" and "skipped" are lists of [test, reason].
"""

from __future__ import annotations

import faulthandler
import json
import sys
import unittest
from pathlib import Path

# A test that hangs ends the run, with every thread's stack on standard error.
TEST_TIMEOUT_SECONDS = 60


class CountingResult(unittest.TextTestResult):
    """Counts the passed tests, which unittest itself does not, and lets none hang."""

    passed = 0

    def startTest(self, test: unittest.TestCase) -> None:
        faulthandler.dump_traceback_later(TEST_TIMEOUT_SECONDS, exit=True)
        super().startTest(test)

    def stopTest(self, test: unittest.TestCase) -> None:
        super().stopTest(test)
        faulthandler.cancel_dump_traceback_later()

    def addSuccess(self, test: unittest.TestCase) -> None:
        super().addSuccess(test)
        self.passed += 1

    def addExpectedFailure(self, test: unittest.TestCase, err: object) -> None:
        super().addExpectedFailure(test, err)  # type: ignore[arg-type]
        self.passed += 1


def main(folder: Path, output: Path) -> None:
    top = folder.parent if (folder / "__init__.py").exists() else folder
    sys.path.insert(0, str(folder.parent))
    suite = unittest.defaultTestLoader.discover(str(folder), top_level_dir=str(top))
    result = unittest.TextTestRunner(resultclass=CountingResult, verbosity=0).run(suite)
    assert isinstance(result, CountingResult)
    failed = [(test.id(), "") for test, _ in result.failures + result.errors]
    failed += [(test.id(), "passed, which was not expected") for test in result.unexpectedSuccesses]
    skipped = [(test.id(), reason) for test, reason in result.skipped]
    output.write_text(json.dumps({"passed": result.passed, "failed": failed, "skipped": skipped}))


main(Path(sys.argv[1]).resolve(), Path(sys.argv[2]))
