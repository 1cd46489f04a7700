"""What an engine is told: the command line of one server, and what clients must know of it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Engine:
    """A kind of server, ready to serve one model."""

    name: str
    """`vllm` or `llama.cpp`."""
    served: str
    """What the server calls the model."""
    program: tuple[str, ...]
    """The command up to the arguments that matter."""
    arguments: tuple[str, ...]
    """Those that matter: they go into the run's manifest."""
    native_tools: bool
    """Whether it takes tools by its interface, as it is started."""
    gpus_each: int = 0
    """GPUs of a replica; 0: none is assigned."""
    version: str | None = None
    """Where it is known before a server is asked."""
    max_output_tokens: int | None = None
    """Where neither caller nor settings set a limit."""

    def command(self, port: int) -> list[str]:
        """To serve on this port of the loopback interface."""
        return [*self.program, "--host", "127.0.0.1", "--port", str(port), *self.arguments]
