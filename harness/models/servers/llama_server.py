"""The process that serves a GGUF model over HTTP: `python -m harness.models.servers.llama_server FILE --port N …`."""

from __future__ import annotations

import argparse
import sys
import threading


def main() -> None:
    """Serve until the process is ended."""
    parser = argparse.ArgumentParser(prog="llama_server", allow_abbrev=False)
    parser.add_argument("gguf")
    parser.add_argument("--host", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--slots", type=int, default=1, help="requests answered at the same time")
    parser.add_argument("--context", type=int, default=8192, help="tokens a slot")
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--gpu-layers", type=int, default=0, help="layers on the GPU, where llama.cpp was built for it")
    options = parser.parse_args()

    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = options.gguf
    params.hostnames = [options.host]
    params.port = options.port
    params.n_parallel = options.slots
    params.n_ctx = options.slots * options.context
    params.n_gpu_layers = options.gpu_layers
    params.cpuparams.n_threads = options.threads
    params.cpuparams_batch.n_threads = options.threads
    # On a CPU plain attention is the faster one: by half in generation with the small models served here.
    params.flash_attn_type = xllamacpp.llama_flash_attn_type.LLAMA_FLASH_ATTN_TYPE_DISABLED
    server = xllamacpp.Server(params)
    sys.stderr.write(f"{server.listening_address}: serves {options.gguf}\n")
    threading.Event().wait()


if __name__ == "__main__":
    main()
