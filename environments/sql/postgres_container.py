"""A PostgreSQL server in a container: the option `dsn = "docker:IMAGE"`, for an image like the official `postgres`.

The port is published on this machine's loopback alone, the password is made up, and nothing in the container waits for
the disk. It ends with the harness; one that a killed harness left is removed by the next that starts one. Anybody finds
it by its label: `docker rm --force $(docker ps --quiet --filter label=parley)`.
"""

from __future__ import annotations

import atexit
import os
import secrets
import socket
import time
from contextlib import suppress
from typing import TYPE_CHECKING

import psycopg
from psycopg.conninfo import make_conninfo

from environments.sql.postgres_embedded import SETTINGS
from harness.core.errors import InputError

if TYPE_CHECKING:
    from docker import DockerClient
    from docker.models.containers import Container

PREFIX = "docker:"
_LABEL, _OWNER = "parley", "parley.process"
_READY_S = 90.0
"""The official image makes its files at its first start."""
_MEMORY = "4g"
_PROCESSES = 1_000


def start(image: str) -> str:
    """Start a container of that image, and tell how to reach the server in it.

    Raises:
        InputError: no engine answers, there is no such image, or no server comes up in it.
    """
    import docker
    from docker.errors import DockerException, ImageNotFound

    if not image:
        raise InputError("option 'dsn': no image after 'docker:'", hint="docker:postgres:16, for example")
    try:
        client = docker.from_env()
        client.ping()
    except DockerException as error:
        raise InputError(
            f"option 'dsn' ({PREFIX}{image}): no Docker engine answers: {str(error).splitlines()[0]}",
            hint="start it, set DOCKER_HOST, or leave the option out to use the embedded server",
        ) from None
    _remove_leftovers(client)
    password = secrets.token_hex(16)
    try:
        container = client.containers.run(
            image,
            [part for name, value in SETTINGS.items() for part in ("-c", f"{name}={value}")],
            detach=True,
            environment={"POSTGRES_PASSWORD": password},
            labels={_LABEL: "postgres", _OWNER: _process(os.getpid())},
            ports={"5432/tcp": ("127.0.0.1", 0)},
            shm_size="256m",
            mem_limit=_MEMORY,
            pids_limit=_PROCESSES,
        )
    except ImageNotFound as error:
        raise InputError(f"option 'dsn': there is no image {image!r}: {error.explanation or error}") from None
    except DockerException as error:
        raise InputError(f"option 'dsn': no container of {image!r} can be started: {error}") from None
    atexit.register(_remove, container)
    return _reached(container, image, password)


def _reached(container: Container, image: str, password: str) -> str:
    """The address, when the server answers."""
    until = time.monotonic() + _READY_S
    said = ""
    while time.monotonic() < until:
        container.reload()
        if container.status not in ("created", "running"):
            break
        if ports := container.ports.get("5432/tcp"):
            dsn = make_conninfo(
                host="127.0.0.1", port=ports[0]["HostPort"], user="postgres", password=password, dbname="postgres"
            )
            try:
                psycopg.connect(dsn, connect_timeout=5).close()
            except psycopg.Error as error:
                said = str(error).strip()
            else:
                return dsn
        time.sleep(0.2)
    log = container.logs(tail=5).decode(errors="replace").strip()
    _remove(container)
    raise InputError(f"option 'dsn': no server comes up in a container of {image!r}: {log or said}")


def _remove_leftovers(client: DockerClient) -> None:
    """Containers whose harness, on this machine, is no more."""
    for container in client.containers.list(all=True, filters={"label": _LABEL}):
        machine, _, pid = container.labels.get(_OWNER, "").rpartition(":")
        if machine == socket.gethostname() and pid.isdigit() and not _alive(int(pid)):
            _remove(container)


def _remove(container: Container) -> None:
    from docker.errors import DockerException

    with suppress(DockerException, OSError):
        container.remove(force=True, v=True)


def _process(pid: int) -> str:
    return f"{socket.gethostname()}:{pid}"


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
