"""A container is healthy while its worker gives signs of life."""

import os
import time

from avesa.health import STALE_AFTER, Pulse, healthy


def test_before_a_worker_starts_nothing_is_healthy(tmp_path):
    """The verdict says what is missing."""
    verdict = healthy(tmp_path)
    assert not verdict.fine
    assert "No worker has started here" in verdict.reason


def test_a_beat_is_a_sign_of_life(tmp_path):
    """The folder is made if it is not there."""
    Pulse(tmp_path / "scratch").beat()
    assert healthy(tmp_path / "scratch").fine


def test_a_loop_that_hangs_is_not_healthy(tmp_path):
    """ECS replaces it."""
    Pulse(tmp_path).beat()
    past = time.time() - STALE_AFTER - 1
    os.utime(tmp_path / "heartbeat", (past, past))
    verdict = healthy(tmp_path)
    assert not verdict.fine
    assert "gave no sign of life" in verdict.reason


def test_a_beat_revives(tmp_path):
    """A long poll, a renewal and progress all beat."""
    pulse = Pulse(tmp_path)
    pulse.beat()
    os.utime(tmp_path / "heartbeat", (0, 0))
    pulse.beat()
    assert healthy(tmp_path).fine
