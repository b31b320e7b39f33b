"""Task protection, spoken with a small ECS agent."""

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from avesa.edges.aws import protection as module
from avesa.edges.aws.protection import protection
from avesa.settings import Settings


class Agent:
    """An ECS agent that remembers what it was asked, and answers as told."""

    def __init__(self, status=200, answer=None):
        asked = self.asked = []

        class Handler(BaseHTTPRequestHandler):
            def do_PUT(self):
                wanted = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                asked.append((self.path, wanted))
                default = {"protection": {"ProtectionEnabled": wanted["ProtectionEnabled"], "TaskArn": "arn:aws:ecs:x"}}
                body = answer if isinstance(answer, bytes) else json.dumps(answer or default).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                """Say nothing."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/api/0f0f"

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


async def test_a_task_is_protected_for_minutes_and_released():
    """One request while it works, one when nothing runs, to the path of its own agent."""
    with Agent() as agent:
        async with protection(agent.url) as guard:
            assert await guard.hold()
            assert await guard.hold()
            await guard.release()
            await guard.release()
    path = "/api/0f0f/task-protection/v1/state"
    assert agent.asked == [
        (path, {"ProtectionEnabled": True, "ExpiresInMinutes": 10}),
        (path, {"ProtectionEnabled": False}),
    ]


async def test_a_long_work_renews_its_protection(monkeypatch):
    """A protection that would run out is asked for again."""
    monkeypatch.setattr(module, "_RENEW_AFTER", 0.0)
    with Agent() as agent:
        async with protection(agent.url) as guard:
            await guard.hold()
            await guard.hold()
    assert [wanted["ProtectionEnabled"] for _, wanted in agent.asked] == [True, True, False]


async def test_it_is_released_when_the_worker_ends():
    """A task that stops working early does not stay protected."""
    with Agent() as agent:
        async with protection(agent.url) as guard:
            await guard.hold()
    assert agent.asked[-1][1] == {"ProtectionEnabled": False}


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        (200, {"failure": {"Arn": "arn:aws:ecs:x", "Reason": "DEPLOYMENT_BLOCKED", "Detail": None}}),
        (400, {"error": {"Code": "AccessDeniedException", "Message": "no"}}),
        (500, b"not json"),
        (200, {"protection": {"ProtectionEnabled": False}}),
    ],
)
async def test_a_refusal_means_no_work(status, answer, capsys):
    """Whatever ECS answers but yes, the worker takes nothing, and a line says why."""
    with Agent(status, answer) as agent:
        async with protection(agent.url) as guard:
            assert not await guard.hold()
    assert "task is not protected" in "".join(capsys.readouterr())


async def test_an_agent_that_is_not_there_means_no_work():
    """A task that cannot ask is not protected."""
    async with protection("http://127.0.0.1:1") as guard:
        assert not await guard.hold()


async def test_outside_ecs_there_is_no_guard():
    """A laptop has no agent."""
    async with protection(None) as guard:
        assert guard is None


@pytest.mark.parametrize("name", ["ECS_AGENT_URI", "AVESA_ECS_AGENT_URI"])
def test_the_agent_is_where_ecs_says(monkeypatch, name):
    """ECS sets the variable; ours stands before it."""
    monkeypatch.setenv("ECS_AGENT_URI", "http://ecs")
    monkeypatch.setenv(name, "http://here")
    assert Settings().ecs_agent_uri == "http://here"
