"""A plugin of pytest: the fixtures of gunicorn's ASGI suite, but for the servers that its own start in containers."""

from __future__ import annotations

from collections import Counter
from typing import Any, Dict, Generator, NoReturn

import pytest

# The suite's clients are fixtures of its conftest, which is not loaded as one because it would win over this plugin.
from asgi_compliance.conftest import *  # noqa: F403


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds the option that names the server."""
    parser.addoption("--url", required=True, help="where the suite's app is served, without a slash at the end")


@pytest.fixture(scope="session")
def docker_services(request: pytest.FixtureRequest) -> Dict[str, str]:
    """The one server there is."""
    return {"gunicorn_http": request.config.getoption("--url")}


@pytest.fixture
def gunicorn_ssl_url() -> NoReturn:
    """Skips what needs TLS between the client and the server."""
    pytest.skip("TLS comes later")


@pytest.fixture
def nginx_url() -> NoReturn:
    """Skips what asks through a proxy."""
    pytest.skip("needs nginx in front")


@pytest.fixture
def nginx_ssl_url() -> NoReturn:
    """Skips what asks through a proxy with TLS, most of HTTP/2 among it."""
    pytest.skip("needs nginx with TLS in front")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(call: pytest.CallInfo[Any]) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Fails a test that skips itself: the suite does so where the server answers 404 or refuses a WebSocket."""
    report = yield
    if report.skipped and call.when == "call":
        report.outcome = "failed"
        report.longrepr = f"skipped itself: {call.excinfo}"
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Says what was skipped, a line for each reason."""
    reasons = Counter(report.longrepr[2].removeprefix("Skipped: ") for report in terminalreporter.stats.get("skipped", []))
    for reason, count in reasons.most_common():
        terminalreporter.write_line(f"{count} {reason}")
