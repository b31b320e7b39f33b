"""LocalStack for the tests that deploy: empty, since the templates make what is in it."""

import shutil
import subprocess
import warnings

import pytest


@pytest.fixture(scope="session")
def localstack():
    """The URL of a fresh LocalStack; without Docker the test is skipped."""
    docker = shutil.which("docker")
    if docker is None or subprocess.run([docker, "version"], capture_output=True, check=False).returncode:  # noqa: S603  ours
        pytest.skip("there is no Docker engine: what needs LocalStack is not tried")
    from testcontainers.community.localstack import LocalStackContainer

    container = LocalStackContainer("localstack/localstack:4.14.0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # testcontainers warns of its own call
        container.start()
    try:
        yield container.get_url()
    finally:
        container.stop()
