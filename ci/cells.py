# SPDX-License-Identifier: MPL-2.0
"""The cells of ci/matrix, and how one is run."""
import contextlib
import fnmatch
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from types import SimpleNamespace

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
CI = os.path.join(ROOT, "build/ci")
SUITES = {
    "abi": "tests/abi/run", "boot": "tests/boot/run", "stress": "tests/stress/run", "programs": "tests/programs/run", "console": "tests/console/run",
    "kernel": "tests/kernel/run", "stale": "tests/kernel/stale", "safe-c": "tests/safe-c/run", "codegen": "tests/safe-c/codegen", "stack": "tests/safe-c/stack", "generate": "tests/safe-c/generate", "mutate": "tests/safe-c/mutate", "unit": "tests/unit/run", "models": "tests/models/run", "conventions": "tests/conventions/run",
    "proofs": "tests/proofs/run", "board": "tests/board/run", "net": "tests/net/run", "servers": "tests/servers/run", "image": "tests/image/run", "vf2": "tests/vf2/run",
}
COLUMNS = ("suite", "arch", "build", "harts", "boot", "minutes", "quick")
COUNTS = re.compile(r"^(\d+) passed, (\d+) failed$", re.M)


def read_matrix():
    rows = []
    with open(os.path.join(ROOT, "ci/matrix")) as f:
        for n, line in enumerate(f, 1):
            words = line.split("#")[0].split()
            if not words:
                continue
            if len(words) != len(COLUMNS) or words[0] not in SUITES:
                sys.exit("ci/matrix:%d: not a cell: %s" % (n, line.strip()))
            rows.append(SimpleNamespace(**dict(zip(COLUMNS, words))))
    usual = {}
    for c in rows:
        usual.setdefault(c.arch, c.boot)
        parts = [c.arch, c.suite] + ["debug"] * (c.build == "debug") + [c.harts] * (c.harts != "-") + [c.boot] * (c.boot != usual[c.arch])
        c.name, c.minutes, c.quick = "-".join(parts), int(c.minutes), c.quick == "yes"
    names = [c.name for c in rows]
    twice = {n for n in names if names.count(n) > 1}
    if twice:
        sys.exit("ci/matrix: twice: " + ", ".join(sorted(twice)))
    return rows


def choose(patterns=(), arch=None, quick=False):
    """The cells that are asked for, the long ones first, so that two lanes end together."""
    cells = read_matrix()
    for p in patterns:
        if not any(fnmatch.fnmatchcase(c.name, p) for c in cells):
            sys.exit("no such cell: %s (there are: %s)" % (p, " ".join(c.name for c in cells)))
    cells = [c for c in cells if (not patterns or any(fnmatch.fnmatchcase(c.name, p) for p in patterns)) and (not quick or c.quick)
             and (not arch or c.arch in (arch, "host"))]
    return sorted(cells, key=lambda c: -c.minutes)


def builds(cells):
    """The kernels that cells need: [(arch, build)]."""
    return sorted({(c.arch, c.build) for c in cells if c.arch != "host"}, key=lambda b: (b[1] == "debug", b[0]))


def build(arch, kind):
    """ci/build; None, or what went wrong."""
    p = subprocess.run([os.path.join(ROOT, "ci/build"), arch, kind], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
    return None if p.returncode == 0 else "ci/build %s %s failed:\n%s" % (arch, kind, p.stdout[-3000:])


def environment(cell, logs):
    env = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MAKEOVERRIDES", "MFLAGS", "DEBUG", "ARCH", "HARTS", "BOOT", "SUBJECT")}
    env["LOGS"] = logs
    if cell.arch != "host":
        env.update(ARCH=cell.arch, BOOT=cell.boot, DEBUG="1" if cell.build == "debug" else "", HARTS="" if cell.harts == "-" else cell.harts)
    return env


RUNNING = set()


def stop(signum, frame):
    """Suites have sessions of their own, so that they can be ended with all they have started."""
    for pid in list(RUNNING):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)
    os._exit(128 + signum)


for s in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    signal.signal(s, stop)


def run(cell, show=lambda line: None):
    """Builds and runs a cell: (passed, failed, seconds, seconds of CPU). What it prints also goes to build/ci/NAME/output.txt. A cell that could not run has
    failed. Its build is in neither time."""
    logs = os.path.join(CI, cell.name)
    shutil.rmtree(logs, ignore_errors=True)
    os.makedirs(logs)
    with open(os.path.join(logs, "output.txt"), "w") as out:
        def say(line):
            out.write(line)
            out.flush()
            show(line)

        wrong = build(cell.arch, cell.build) if cell.arch != "host" else None
        if wrong:
            say(wrong + "\n")
            return 0, 1, 0, 0
        begin = time.monotonic()
        p = subprocess.Popen([os.path.join(ROOT, SUITES[cell.suite])], cwd=ROOT, env=environment(cell, logs), stdin=subprocess.DEVNULL,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", start_new_session=True)
        RUNNING.add(p.pid)
        late = []

        def end():
            late.append(1)
            os.killpg(p.pid, signal.SIGKILL)    # and the emulators that it started
        timer = threading.Timer(60 * cell.minutes, end)
        timer.start()
        text = ""
        for line in p.stdout:
            text += line
            say(line)
        # Not p.wait(): the usage is of all that the suite has started and waited for.
        _, status, usage = os.wait4(p.pid, 0)
        p.returncode = status = os.waitstatus_to_exitcode(status)
        RUNNING.discard(p.pid)
        timer.cancel()
        counts = COUNTS.findall(text)
        passed, failed = map(int, counts[-1]) if counts else (0, 0)
        if late:
            failed += 1
            say("  FAIL  the cell ran for more than %d minutes and was ended\n" % cell.minutes)
        elif not counts or (status and not failed) or not passed + failed:
            failed += 1
            say("  FAIL  the suite ended with status %d%s\n" % (status, "" if counts else " and no count"))
        return passed, failed, time.monotonic() - begin, usage.ru_utime + usage.ru_stime
