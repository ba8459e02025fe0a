#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A library exports what its header declares and its map lists, and needs only what it may.

check_library.py LIBRARY HEADER[,HEADER]... MAP NEEDED...
NEEDED are the libraries it may depend on besides the C library, without ".so" and version.
"""
import re
import subprocess
import sys

LIBC = {"libc", "ld-linux-x86-64", "ld-linux-aarch64", "ld-linux-armhf", "ld-linux", "ld64"}


def run(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def exported(library):
    lines = run("nm", "-D", "--defined-only", library).splitlines()
    names = (line.split()[-1] for line in lines if line.split()[-2] != "A")
    # Sanitizers and coverage add symbols of their own.
    return {n.split("@")[0] for n in names if not re.match(r"__|_init$|_fini$", n)}


def declared(header):
    with open(header, encoding="utf-8") as file:
        text = re.sub(r"/\*.*?\*/", "", file.read(), flags=re.DOTALL)
    statements = re.findall(r"^LEND_EXPORT\b([^;]*);", text, flags=re.MULTILINE)
    return {re.search(r"(\w+)\s*\(", s).group(1) for s in statements}


def mapped(path):
    with open(path, encoding="utf-8") as file:
        text = re.sub(r"/\*.*?\*/", "", file.read(), flags=re.DOTALL)
    public = "".join(re.findall(r"global:(.*?)(?:local:|\})", text, flags=re.DOTALL))
    return set(re.findall(r"[\w*?]+", public))


def needed(library):
    sonames = re.findall(r"\(NEEDED\).*\[(.*)\]", run("readelf", "-dW", library))
    return {name.split(".so")[0] for name in sonames}


def differences(what, expected, found):
    return [f"{what}: missing {name}" for name in sorted(expected - found)] + [
        f"{what}: too many {name}" for name in sorted(found - expected)
    ]


def main():
    library, headers, map_path, *allowed = sys.argv[1:]
    names = set().union(*(declared(header) for header in headers.split(",")))
    problems = differences("the map lists", names, mapped(map_path))
    problems += differences("the library exports", names, exported(library))
    sanitizers = {n for n in needed(library) if re.match(r"lib(asan|ubsan|tsan|lsan|gcc_s)$", n)}
    extra = needed(library) - LIBC - set(allowed) - sanitizers
    problems += [f"the library needs {name}" for name in sorted(extra)]
    if not names:
        problems.append(f"{headers} declare nothing")
    print("\n".join(problems) if problems else f"{len(names)} functions, as declared")
    return 1 if problems else 0


sys.exit(main())
