"""A chat-completions server on loopback that answers what a test tells it to."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Stub:
    """Holds the answers to give, (status, body, headers) each, and the requests that came."""

    def __init__(self) -> None:
        self.answers: list[tuple[int, object, dict[str, str]]] = []
        self.requests: list[dict[str, object]] = []
        self.models: list[str] | None = None
        """What `/models` lists; `None`: there is no such page."""
        self.key: str | None = None
        """What it wants to be shown; `None`: nothing."""
        self.url = ""

    def will(self, status: int, body: object, **headers: str) -> Stub:
        """Give this answer next; the last one is given for ever."""
        self.answers.append((status, body, {name.replace("_", "-"): value for name, value in headers.items()}))
        return self


def answer(text: str | None, *calls: tuple[str, str]) -> dict[str, object]:
    """The JSON of a completion with a text and tool calls (name, arguments)."""
    made = [
        {"id": f"c{number}", "type": "function", "function": {"name": name, "arguments": arguments}}
        for number, (name, arguments) in enumerate(calls)
    ]
    message: dict[str, object] = {"role": "assistant", "content": text}
    if made:
        message["tool_calls"] = made
    return {
        "id": "x",
        "object": "chat.completion",
        "created": 1,
        "model": "stub",
        "choices": [{"index": 0, "finish_reason": "stop", "message": message}],
        "usage": {"prompt_tokens": 11, "completion_tokens": 3, "total_tokens": 14},
    }


@contextmanager
def serve_stub() -> Iterator[Stub]:
    """A stub that listens while the scope lasts."""
    stub = Stub()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            listed = {"object": "list", "data": [{"id": name} for name in stub.models or ()]}
            right = stub.key is None or self.headers["authorization"] == f"Bearer {stub.key}"
            self._reply(401 if not right else 404 if stub.models is None else 200, listed, {})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            stub.requests.append(json.loads(body))
            self._reply(*(stub.answers.pop(0) if len(stub.answers) > 1 else stub.answers[0]))

        def _reply(self, status: int, reply: object, headers: dict[str, str]) -> None:
            data = reply.encode() if isinstance(reply, str) else json.dumps(reply).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(data)))
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's name
            """Keeps quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=lambda: server.serve_forever(0.02), daemon=True)
    thread.start()
    stub.url = f"http://127.0.0.1:{server.server_port}/v1"
    try:
        yield stub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
