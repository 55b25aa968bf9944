"""How this process becomes part of a Ray cluster, or starts one of its own.

Invariant: no cluster is joined over a network without Ray's token authentication, for whoever reaches a cluster without
it may run any program there. Nothing is sent to Ray's makers, and no dashboard is opened.
"""

import contextlib
import importlib.util
import io
import ipaddress
import logging
import os
import secrets
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any, TextIO, cast

from db.signals import handlers_kept
from stylizer.errors import EngineMissing, WorkersLost

AUTO = "auto"
CONNECT_S = 5.0
PROBE_S = 40.0
# Read when Ray is imported. The second keeps it from hiding GPUs from workers that ask for none, and from a warning.
_ENVIRONMENT = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0"}
# Says on stdout that it got in; that it was refused shows in what Ray writes.
_STRANGER = {"RAY_AUTH_MODE": "disabled"}
_PROBE = """
import sys
import ray
ray.init(address=sys.argv[1], log_to_driver=False)
print("in", flush=True)
"""


def require_ray() -> None:
    """Raises EngineMissing where Ray is not installed."""
    if importlib.util.find_spec("ray") is None:
        raise EngineMissing("--engine ray needs the package ray: run `pip install 'stylegram[cluster]'`")


def check_address(address: str | None) -> None:
    """Raises EngineMissing for a cluster on a network where this process is not set to use a token."""
    if address is None or _is_loopback(address) or os.environ.get("RAY_AUTH_MODE", "").lower() == "token":
        return
    raise EngineMissing(
        "a cluster that others can reach needs Ray's token authentication: set RAY_AUTH_MODE=token here and on all of "
        "its machines (docs/cluster.md)")


def join(address: str | None) -> None:
    """Joins the cluster at `address` (HOST:PORT, or "auto" for that of this machine), or starts one (None).

    Raises EngineMissing where it is not safe or not allowed, WorkersLost where nothing answers.
    """
    require_ray()
    check_address(address)
    for name, value in _ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    if address is None:
        # A token of this run's own: nothing is written into the user's home.
        os.environ["RAY_AUTH_MODE"] = "token"
        if not os.environ.get("RAY_AUTH_TOKEN_PATH"):
            os.environ.setdefault("RAY_AUTH_TOKEN", secrets.token_hex(32))
    else:
        _must_answer(address)
        if not _is_loopback(address):
            _must_refuse_strangers(address)
    _init("local" if address is None else address)


def leave() -> None:
    """The end of that; a cluster that was started for this process ends with it."""
    import ray

    with contextlib.redirect_stdout(io.StringIO()):     # there it says what it has held back so far
        ray.shutdown()
    if isinstance(sys.stdout, _WithoutRay):
        sys.stdout = sys.stdout.stream


class _WithoutRay:
    """Standard output without what Ray's own threads print there: it belongs to the command's answer."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream

    def write(self, text: str) -> int:
        return len(text) if threading.current_thread().name.startswith("ray_") else self.stream.write(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)


def _init(address: str) -> None:
    import ray

    sys.stdout = cast(TextIO, _WithoutRay(sys.stdout))
    try:
        # Its workers look for modules in the folder that it is begun in before all others: in the user's there may be
        # some of the same names as ours.
        with handlers_kept(), contextlib.chdir(Path(__file__).parents[2]):      # Ray takes SIGTERM for itself
            ray.init(
                address=address, log_to_driver=False, logging_level=logging.CRITICAL,
                include_dashboard=False if address == "local" else None,
            )
    except (ConnectionError, OSError, RuntimeError, ValueError, ray.exceptions.RayError) as error:
        if address == AUTO and "any running Ray" in str(error):
            raise WorkersLost("no Ray runs on this machine: start it with `ray start` (docs/cluster.md)") from error
        text = " ".join(str(error).split())[:300]
        raise EngineMissing(f"cannot join the Ray cluster at {address}: {text}") from error


def _must_answer(address: str) -> None:
    """Raises WorkersLost where nothing listens; Ray itself would try for minutes."""
    if address == AUTO:
        return
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), CONNECT_S).close()
    except OSError as error:
        raise WorkersLost(f"nothing answers at {address} ({error.strerror or error})") from error


def _must_refuse_strangers(address: str) -> None:
    """Raises EngineMissing unless the cluster turns away a process without a token."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("RAY_AUTH")}
    with subprocess.Popen(
        [sys.executable, "-P", "-c", _PROBE, address], env=environment | _STRANGER,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
    ) as probe:
        timer = threading.Timer(PROBE_S, probe.kill)
        timer.start()
        try:
            said = []
            for line in probe.stdout or ():
                said.append(line)
                if "Unauthenticated" in line or "InvalidAuthToken" in line:
                    return
                if line.strip() == "in":
                    raise EngineMissing(
                        f"the cluster at {address} lets anybody in: start it with RAY_AUTH_MODE=token (docs/cluster.md)"
                    )
                if "any running Ray" in line:
                    return      # as joining it will tell
        finally:
            timer.cancel()
            probe.kill()
    raise EngineMissing(f"the cluster at {address} does not say whether it asks for a token: {''.join(said)[-200:]!r}")


def _is_loopback(address: str) -> bool:
    host = address.rpartition(":")[0].strip("[]")
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
