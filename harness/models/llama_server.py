"""The child process that serves a GGUF model over HTTP: `python -m harness.models.llama_server FILE …`.

Prints its address as one line of JSON when it listens on it. Lives exactly as long as its standard input is
open: the parent holds the other end of that pipe, so the server ends with its parent, however that ends.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import threading


def main() -> None:
    """Serve until standard input ends."""
    parser = argparse.ArgumentParser()
    parser.add_argument("gguf")
    parser.add_argument("--slots", type=int, required=True, help="requests answered at the same time")
    parser.add_argument("--context", type=int, required=True, help="tokens a slot")
    parser.add_argument("--threads", type=int, required=True)
    options = parser.parse_args()
    threading.Thread(target=_end_with_input, daemon=True).start()

    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = options.gguf
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.n_parallel = options.slots
    params.n_ctx = options.slots * options.context
    params.cpuparams.n_threads = options.threads
    params.cpuparams_batch.n_threads = options.threads
    # On a CPU plain attention is the faster one: by half in generation with the small models served here.
    params.flash_attn_type = xllamacpp.llama_flash_attn_type.LLAMA_FLASH_ATTN_TYPE_DISABLED
    server = xllamacpp.Server(params)
    sys.stdout.write(json.dumps({"address": server.listening_address, "engine": xllamacpp.__version__}) + "\n")
    sys.stdout.flush()
    # Nobody reads standard output from here on: what a library prints there goes to the log.
    os.dup2(2, 1)
    threading.Event().wait()


def _end_with_input() -> None:
    while sys.stdin.buffer.read(1):
        pass
    os._exit(0)


if __name__ == "__main__":
    main()
