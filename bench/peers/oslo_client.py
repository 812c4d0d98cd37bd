"""Hosts, or the publisher, of one point, as OpenStack's services talk to each other.

Orders come as lines of JSON on standard input and news leave as such on standard output; messages.ts says which.
"""

import ctypes
import json
import os
import signal
import sys
import threading
import time
import traceback

import oslo_messaging
from oslo_config import cfg

PAYLOAD_BYTES = 512
# More servers than that in one process miss messages: its threads take turns at one interpreter.
SERVERS_PER_PROCESS = 10
STARTING_AT_ONCE = 4
# The library's 64 are for a host; here one machine has a thousand of them.
THREADS_PER_SERVER = 4
REPORT_SECONDS = 0.5
PR_SET_PDEATHSIG = 1


def now_ms():
    return time.monotonic_ns() / 1e6


def tell(news):
    # In one call, so that the lines of several processes do not mix.
    os.write(1, (json.dumps(news) + "\n").encode())


def tell_failure():
    tell({"kind": "failed", "reason": traceback.format_exc()})


def decode(text):
    entry = json.loads(text)
    if len(text) != PAYLOAD_BYTES:
        raise ValueError("not a whole payload")
    return entry["multicast"]


class Receipts:
    """Which servers of this process have which multicast."""

    def __init__(self, part, servers):
        self.part = part
        self.servers = servers
        self.lock = threading.Lock()
        self.tallies = {}

    def add(self, multicast, host):
        at_ms = now_ms()
        with self.lock:
            tally = self.tallies.setdefault(multicast, {"times": {}, "duplicates": 0})
            tally["changed"] = True
            if host in tally["times"]:
                tally["duplicates"] += 1
                return
            tally["times"][host] = at_ms
            if len(tally["times"]) == self.servers:
                self.tell(multicast, tally)

    def report(self):
        with self.lock:
            for multicast, tally in self.tallies.items():
                if tally["changed"]:
                    self.tell(multicast, tally)

    def tell(self, multicast, tally):
        times = tally["times"].values()
        tally["changed"] = False
        tell(
            {
                "kind": "received",
                "received": {
                    "multicast": multicast,
                    "part": self.part,
                    "hosts": len(times),
                    "duplicates": tally["duplicates"],
                    "firstAtMs": min(times),
                    "sumOfMs": sum(times),
                    "lastAtMs": max(times),
                },
            }
        )


class Endpoint:
    def __init__(self, host, receipts):
        self.host = host
        self.receipts = receipts

    def update(self, context, payload):
        try:
            self.receipts.add(decode(payload), self.host)
        except Exception:
            tell_failure()


def serve(part, indexes, target, ready):
    """One process of servers; does not return."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    receipts = Receipts(part, len(indexes))
    transport = oslo_messaging.get_rpc_transport(cfg.CONF, url=target["url"])
    for host in indexes:
        server = oslo_messaging.get_rpc_server(
            transport,
            oslo_messaging.Target(topic=target["topic"], server=f"host-{host}"),
            [Endpoint(host, receipts)],
            executor="threading",  # the default is still another one
        )
        server.start(override_pool_size=THREADS_PER_SERVER)
    os.write(ready, b".")
    os.close(ready)
    while True:
        time.sleep(REPORT_SECONDS)
        receipts.report()


def start_hosts(indexes, target):
    parts = [indexes[n : n + SERVERS_PER_PROCESS] for n in range(0, len(indexes), SERVERS_PER_PROCESS)]
    pids = []
    starting = []
    for part, own in enumerate(parts):
        if len(starting) == STARTING_AT_ONCE:
            until_ready(starting.pop(0))
        reading, writing = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(reading)
            try:
                serve(part, own, target, writing)
            except BaseException:
                tell_failure()
            os._exit(1)
        os.close(writing)
        pids.append(pid)
        starting.append(reading)
    for reading in starting:
        until_ready(reading)
    return pids


def until_ready(reading):
    if os.read(reading, 1) == b"":
        raise RuntimeError("a process of servers ended while it started")
    os.close(reading)


def main():
    cfg.CONF([], project="bench")
    children = []
    client = None
    for line in sys.stdin:
        order = json.loads(line)
        if order["kind"] == "publish":
            sent_at_ms = now_ms()
            client.cast({}, "update", payload=order["payload"])
            published = {"kind": "published", "multicast": order["multicast"], "sentAtMs": sent_at_ms}
            tell({**published, "confirmedAtMs": now_ms()})
            continue
        start = order["start"]
        target = start["target"]
        if start["role"]["kind"] == "hosts":
            children = start_hosts(start["role"]["indexes"], target)
        else:
            transport = oslo_messaging.get_rpc_transport(cfg.CONF, url=target["url"])
            everybody = oslo_messaging.Target(topic=target["topic"], fanout=True)
            client = oslo_messaging.get_rpc_client(transport, everybody)
        tell({"kind": "started", "pids": [os.getpid(), *children]})
    # Nobody gives orders any more. The servers' connections end with them.
    for pid in children:
        os.kill(pid, signal.SIGKILL)


try:
    main()
except Exception:
    tell_failure()
finally:
    os._exit(0)
