# SPDX-License-Identifier: MIT
"""Our server beside others that people run: weston, sway, Xvfb; all composite on the CPU (pixman).

The same client (load.c; load_x11.c for Xvfb) brings wl_shm buffers of the same sizes to each, in
turns. Its window is the whole picture of weston and sway. Ours would show such a buffer without
composing anything, so there the window is a tile, of the same size, which is composited.
"""
import functools
import json
import os
import shutil
import signal
import statistics
import subprocess
import tempfile
import time

from harness import GAP, SIZES, Skip, damage_of, heading, row, text_of

CASES = (("720p", "full"), ("1080p", "full"), ("4K", "full"), ("1080p", "256x256"), ("1080p", "16x16"))
NOBODY = 65534
SWAY_CONFIG = """
output HEADLESS-1 mode --custom %dx%d@%dHz
output HEADLESS-1 position 0 0
default_border none
default_floating_border none
focus_follows_mouse no
xwayland disable
"""


# ---- servers ------------------------------------------------------------------------------------

def wait_for_socket(server, path):
    for _ in range(200):
        if os.path.exists(path) or server.poll() is not None:
            break
        time.sleep(0.05)
    if server.poll() is not None or not os.path.exists(path):
        raise Skip("%s does not start here" % server.args[0])
    server.socket = path


def start_framelend(bench, size, refresh):
    return bench.start_server("framelend", (size[0] + 2 * GAP, size[1] + 2 * GAP), "tile", refresh * 1000)


def start_whole(bench, size, refresh):
    return bench.start_server("framelend", size, "full", refresh * 1000)


def start_weston(bench, size, refresh):
    """It keeps 60 Hz, whatever it is asked for."""
    name = bench.socket()
    server = bench.start(
        ["weston", "--backend=headless-backend.so", "--use-pixman", "--no-config", "--idle-time=0",
         "--shell=desktop-shell.so", "--width=%d" % size[0], "--height=%d" % size[1],
         "--socket=" + name, "--log=" + os.path.join(bench.folder, "weston.log")], bench.cpus[0],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_for_socket(server, os.path.join(bench.folder, name))
    time.sleep(1)  # its panel and background draw themselves first
    return server


def start_sway(bench, size, refresh):
    """It refuses to run as root, and root has nobody to be instead."""
    folder = tempfile.mkdtemp(prefix="framelend-bench-sway-")
    config = os.path.join(folder, "config")
    with open(config, "w") as file:
        file.write(SWAY_CONFIG % (*size, refresh))
    options = {}
    if os.getuid() == 0:
        os.chown(folder, NOBODY, NOBODY)
        os.chown(config, NOBODY, NOBODY)
        options = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
    server = bench.start(
        ["sway", "-c", config], bench.cpus[0], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        extra={"XDG_RUNTIME_DIR": folder, "HOME": folder, "WLR_BACKENDS": "headless",
               "WLR_RENDERER": "pixman", "WLR_LIBINPUT_NO_DEVICES": "1", "LIBSEAT_BACKEND": "noop"},
        **options)
    server.folder = folder
    wait_for_socket(server, os.path.join(folder, "wayland-1"))
    time.sleep(0.5)
    return server


SERVERS = {"framelend": start_framelend, "whole": start_whole, "weston": start_weston,
           "sway": start_sway}
PROGRAMS = {"weston": "weston", "sway": "sway"}


def end_server(bench, server):
    said = bench.end(server)
    if hasattr(server, "folder"):
        shutil.rmtree(server.folder, ignore_errors=True)
    return said


# ---- one measurement ----------------------------------------------------------------------------

def run_load(bench, server, size, damage, frames, clients=1, pace="at-once", cpu=0):
    load = bench.start([bench.program("load"), server.socket, text_of(size),
                        text_of(damage_of(damage, size)), frames, server.pid, clients, pace],
                       bench.cpus[cpu])
    lines = [load.stdout.readline() for _ in range(2)]
    if not lines[1]:
        bench.end(load)
        raise Skip("the load does not run")
    load.result = {**json.loads(lines[0]), **json.loads(lines[1])}
    return load


def measure(bench, kind, size, damage, frames, refresh, pace="at-once"):
    signal.alarm(60)
    server = SERVERS[kind](bench, size, refresh)
    try:
        if pace == "at-once" and kind == "weston":
            pace = "fullscreen"  # no panel
        load = run_load(bench, server, size, damage, frames, pace=pace)
        said = end_server(bench, server)
        if kind in ("framelend", "whole"):
            load.result["said"] = json.loads(said)
        bench.end(load)
        return load.result
    finally:
        end_server(bench, server)


def in_turns(bench, cases):
    """{name: results}, of those that run here; what a server cannot is said once."""
    found = {name: [] for name in cases}
    missing = {}
    for kind, program in PROGRAMS.items():
        if not shutil.which(program):
            missing[kind] = "%s is not installed" % program
    for _ in range(1 if bench.quick else 3):
        for name, case in cases.items():
            if case["kind"] in missing:
                continue
            try:
                found[name].append(measure(bench, **case))
            except Skip as reason:
                missing[case["kind"]] = str(reason)
    for reason in missing.values():
        print("  skip: %s" % reason)
    return {name: {key: statistics.median(result[key] for result in results)
                   for key in ("client", "server", "wall", "callback", "display")} |
            {"said": [result["said"] for result in results if "said" in result]}
            for name, results in found.items() if results}


# ---- the sections -------------------------------------------------------------------------------

def compare_cost(bench, checks, refresh, kinds):
    heading("Compositors, %d Hz, wl_shm, pixman: server CPU us a frame (ratio: ours to theirs)" % refresh)
    frames = 60 if bench.quick or refresh > 60 else 120
    cases = {(size, damage, kind): dict(kind=kind, size=SIZES[size], damage=damage, frames=frames,
                                        refresh=refresh)
             for size, damage in CASES for kind in kinds}
    found = in_turns(bench, cases)
    row("size, damage", *kinds, *("to " + kind for kind in kinds if kind in PROGRAMS))
    for size, damage in CASES:
        cost = {kind: found[size, damage, kind]["server"] for kind in kinds
                if (size, damage, kind) in found}
        ratios = {kind: cost["framelend"] / cost[kind] for kind in cost if kind in PROGRAMS}
        row("%s, %s" % (size, damage), *(cost.get(kind, "-") for kind in kinds), *ratios.values())
        for kind, ratio in ratios.items():
            checks.most("%s, %s, %d Hz, composited: server CPU against %s" % (size, damage, refresh, kind),
                        ratio, 0.5)
    checks.is_true("%d Hz: ours composited every frame" % refresh,
                   all(said["path"] == "copy" and said["copied"] > 0
                       for name, result in found.items() if name[2] == "framelend"
                       for said in result["said"]))


def compare_latency(bench, checks):
    heading("Compositors, 60 Hz, 1080p, 256x256: us from commit until shown (the server's clock), callback")
    frames = 60 if bench.quick else 240
    kinds = ("framelend", "weston", "sway")
    paces = {"at-once": "after the callback", "later": "at any moment"}
    cases = {(pace, kind): dict(kind=kind, size=SIZES["1080p"], damage="256x256", frames=frames,
                                refresh=60, pace=pace) for pace in paces for kind in kinds}
    found = in_turns(bench, cases)
    row("commits", "shown", "callback")
    for (pace, kind), result in found.items():
        row("%s, %s" % (paces[pace], kind), *("%d" % result[key] if result[key] >= 0 else "-"
                                              for key in ("display", "callback")), first=36)
    for pace, words in paces.items():
        for kind in kinds[1:]:
            for what, key in (("shown", "display"), ("callback", "callback")):
                if found.get((pace, kind), {}).get(key, -1) < 0:
                    checks.skip("commit to %s against %s" % (what, kind), "it does not say")
                    continue
                checks.most("commits %s, 60 Hz: commit to %s against %s" % (words, what, kind),
                            found[pace, "framelend"][key] / found[pace, kind][key], 1.02)


def measure_compositors(bench, checks):
    compare_cost(bench, checks, 60, ("framelend", "whole", "weston", "sway"))
    if not bench.quick:
        compare_cost(bench, checks, 1000, ("framelend", "sway"))
    compare_latency(bench, checks)


def small_on_framelend(bench, frames, clients, pace, cpu):
    server = bench.start_server("framelend", SIZES["1080p"], "tile", 60000)
    try:
        load = run_load(bench, server, SIZES["64x64"], "full", frames, clients, pace, cpu)
        bench.end(server)
        bench.end(load)
        return load.result
    finally:
        bench.end(server)


def small_on_xvfb(bench, start_xvfb, frames, clients, pace, cpu):
    server = start_xvfb(bench, "-maxclients", 256)
    try:
        load = bench.start([bench.program("load-x11"), server.socket, "64x64", "64x64+0+0", frames,
                            server.pid, clients, pace], bench.cpus[cpu])
        line = load.stdout.readline()
        bench.end(load)
        if not line:
            raise Skip("the X11 load does not run")
        return json.loads(line)
    finally:
        bench.end(server)


def measure_small_windows(bench, checks, start_xvfb):
    """Spread: each client has a 60 Hz clock of its own. In step: all draw at one moment."""
    clients, frames = 100, 60 if bench.quick else 180
    heading("%d clients, 64x64 at 60 Hz: CPU us a frame of one" % clients)
    if bench.cpus[0] == bench.cpus[1]:
        print("  two CPUs: this process may use one only")
    runs = {}
    for cpus in (1, 2) if bench.cpus[0] != bench.cpus[1] else (1,):
        for pace in ("spread", "in step"):
            x11_pace = pace.replace(" ", "-")
            pace_here = "spread" if pace == "spread" else "at-once"
            where = (pace, "%d CPU%s" % (cpus, "s" if cpus > 1 else ""))
            runs["framelend", *where] = functools.partial(
                small_on_framelend, bench, frames, clients, pace_here, cpus - 1)
            runs["Xvfb", *where] = functools.partial(
                small_on_xvfb, bench, start_xvfb, frames, clients, x11_pace, cpus - 1)
    found = {name: [] for name in runs}
    try:
        if not os.path.exists(bench.program("load-x11")):
            raise Skip("the programs were built without X11")
        for _ in range(1 if bench.quick else 3):
            for name, run in runs.items():
                signal.alarm(60)
                found[name].append(run())
    except Skip as reason:
        checks.skip("%d clients" % clients, reason)
        return
    row("server", "client", "server", "frames/s")
    cost = {}
    for name, results in found.items():
        middle = {key: statistics.median(result[key] for result in results)
                  for key in ("client", "server", "wall")}
        rate = 1e6 / middle["wall"] / clients
        cost[name] = (middle["server"], rate)
        row(", ".join(name), middle["client"], middle["server"], "%.1f" % rate)
    for (kind, *where), (ours, rate) in cost.items():
        if kind != "framelend":
            continue
        what = "%d clients, 64x64, 60 Hz, %s: server CPU against Xvfb" % (clients, ", ".join(where))
        theirs, their_rate = cost["Xvfb", *where]
        if min(rate, their_rate) < 55:
            checks.skip(what, "the machine is too busy: %.0f and %.0f frames a second" % (rate, their_rate))
        else:
            checks.most(what, ours / theirs, 0.7)
