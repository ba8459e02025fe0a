# SPDX-License-Identifier: MIT
"""What the sections of the benchmark share: processes on chosen CPUs, one measurement, the verdicts."""
import json
import os
import shutil
import signal
import statistics
import subprocess
import tempfile

SIZES = {"64x64": (64, 64), "720p": (1280, 720), "1080p": (1920, 1080), "4K": (3840, 2160)}
DAMAGES = ("pixel", "256x256", "full")
GAP = 8  # between the tiles of libframelend-server's layout
WARM_UP = 32  # frames, as in bench.h


class Skip(Exception):
    """Something cannot be measured here, and why."""


def damage_of(name, size):
    if name == "full":
        return (size[0], size[1], 0, 0)
    side = 1 if name == "pixel" else int(name.split("x")[0])
    return (side, side, (size[0] - side) // 2, (size[1] - side) // 2)


def text_of(size):
    return "%dx%d" % size[:2] + ("+%d+%d" % size[2:] if len(size) == 4 else "")


class Bench:
    def __init__(self, programs, quick):
        self.programs = programs
        self.double = os.path.join(programs, "..", "tests", "fake-drm", "fake-drm.so")
        self.quick = quick
        self.folder = tempfile.mkdtemp(prefix="framelend-bench-")
        self.environment = dict(os.environ, XDG_RUNTIME_DIR=self.folder)
        for name in ("WAYLAND_DISPLAY", "WAYLAND_DEBUG", "LEND_DISPLAY", "MALLOC_PERTURB_"):
            self.environment.pop(name, None)
        cpus = sorted(os.sched_getaffinity(0))
        self.cpus = (cpus[0], cpus[-1])
        self.running = []
        self.sockets = 0

    # ---- processes ----

    def start(self, command, cpu, trace=None, extra=None, **options):
        """The process, whose pid is the program's own even when it is traced."""
        command = [str(word) for word in command]
        if trace:
            command = ["strace", "-D", "-c", "-o", trace] + command
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, env=dict(self.environment, **(extra or {})), text=True,
            preexec_fn=lambda: os.sched_setaffinity(0, {cpu}),
            **{"stdout": subprocess.PIPE, **options})
        self.running.append(process)
        return process

    def end(self, process):
        if process in self.running:
            self.running.remove(process)
        if process.poll() is None:
            process.terminate()
        return process.communicate()[0] or ""

    def program(self, name):
        return os.path.join(self.programs, name)

    def socket(self):
        self.sockets += 1
        return "bench-%d" % self.sockets

    def start_server(self, kind, size, layout="full", refresh=0, cpu=None, trace=None, extra=None):
        socket = self.socket()
        command = [self.program("empty"), socket, text_of(size)]
        if kind != "empty":
            command = [self.program("server"), socket, layout,
                       "kms" if kind == "display" else text_of(size), refresh]
        server = self.start(command, self.cpus[0] if cpu is None else cpu, trace, extra)
        if server.stdout.readline().strip() != "ready":
            self.end(server)
            raise Skip("the server %s does not start" % kind)
        server.socket = socket
        return server

    def start_client(self, client, server, size, damage, frames, cpu=None, trace=None):
        command = {"library": [self.program("client")], "raw": [self.program("raw"), "lent"],
                   "shm": [self.program("raw"), "shm"],
                   "fullscreen": [self.program("raw"), "fullscreen"]}[client]
        command += [server.socket, text_of(size), text_of(damage), frames, server.pid]
        process = self.start(command, self.cpus[0] if cpu is None else cpu, trace)
        line = process.stdout.readline()
        if not line:
            self.end(process)
            raise Skip("the client %s does not run" % client)
        process.result = json.loads(line)
        return process

    def clean(self):
        for process in list(self.running):
            self.end(process)
        shutil.rmtree(self.folder, ignore_errors=True)

    # ---- one measurement ----

    def frame(self, server="framelend", client="library", size=(64, 64), damage="pixel", path="scanout",
              frames=1000, refresh=0, two_cpus=False):
        """CPU microseconds of a frame; for our server also what it says of its path."""
        signal.alarm(60)
        wanted = damage_of(damage, size)
        layout, output, neighbour = "full", size, None
        if path == "copy":
            layout, output = "tile", (2 * size[0] + 3 * GAP, size[1] + 2 * GAP)
        process = self.start_server(server, output, layout, refresh)
        try:
            if path == "copy":
                neighbour = self.start_client("raw", process, size, wanted, 1)
            measured = self.start_client(client, process, size, wanted, frames,
                                         self.cpus[1] if two_cpus else None)
            result = measured.result
            process.terminate()
            said = self.end(process)
            if server == "framelend":
                result["said"] = json.loads(said)
            self.end(measured)
        finally:
            self.end(process)
            if neighbour:
                self.end(neighbour)
        return result

    def frames_for(self, damage, size):
        pixels = size[0] * size[1] if damage == "full" else 65536 if damage == "256x256" else 1
        frames = 4000 if pixels == 1 else 200_000_000 // pixels
        return max(20, min(4000, frames) // (4 if self.quick else 1))

    def rounds(self):
        return 3 if self.quick else 9

    def measure(self, cases, again=1):
        """All cases in turns, so that what disturbs the machine disturbs all; the median of each."""
        found = {name: [] for name in cases}
        for _ in range(max(1, self.rounds() // again)):
            for name, case in cases.items():
                found[name].append(self.frame(**case))
        return {name: self.median(results) for name, results in found.items()}

    @staticmethod
    def median(results):
        merged = dict(results[-1])
        for key in ("client", "server", "wall"):
            merged[key] = statistics.median(result[key] for result in results)
        merged["same"] = all(result["hash"] == result["said"]["hash"]
                             for result in results if "said" in result)
        return merged

    def memcpy(self, size, damage):
        command = [self.program("copy"), text_of(size), text_of(damage_of(damage, size)),
                   self.frames_for(damage, size)]
        process = self.start(command, self.cpus[0])
        return json.loads(process.communicate()[0])["copy"]


# ---- the checks ---------------------------------------------------------------------------------

class Checks:
    def __init__(self):
        self.lines = []
        self.over = 0

    def most(self, what, value, limit, form="%.2f"):
        within = value <= limit
        self.over += not within
        self.lines.append("  %-5s %s: %s (limit %s)" % ("ok" if within else "over", what, form % value,
                                                       form % limit))

    def is_true(self, what, truth):
        self.over += not truth
        self.lines.append("  %-5s %s" % ("ok" if truth else "over", what))

    def skip(self, what, reason):
        self.lines.append("  skip  %s: %s" % (what, reason))


def heading(text):
    print("\n%s" % text, flush=True)


def row(*cells, first=26):
    print("  " + str(cells[0]).ljust(first) + "".join(
        ("%.2f" % cell if isinstance(cell, float) else str(cell)).rjust(13) for cell in cells[1:]),
          flush=True)
