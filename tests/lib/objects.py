# SPDX-License-Identifier: MPL-2.0
"""Programs of host tests, from object files that are made once however many programs share them.

    objects = Objects(folder, flags)                the compiler's flags for all of them
    objects.program(out, sources, more_flags)       compiles what is not there yet, and links

Only one run knows an object: the next one makes it anew, because headers may have changed.
"""
import hashlib
import multiprocessing.pool
import os
import subprocess

from machine import ROOT


class Objects:
    def __init__(self, folder, flags):
        self.folder, self.flags, self.made = folder, list(flags), {}
        os.makedirs(folder, exist_ok=True)

    def gcc(self, *args):
        subprocess.run(["gcc", *self.flags, *args], check=True, cwd=ROOT)

    def compile(self, source, flags):
        word = hashlib.sha256(repr((source, flags)).encode()).hexdigest()[:12]
        out = os.path.join(self.folder, "%s-%s.o" % (os.path.basename(source)[:-2], word))
        self.gcc(*flags, "-c", "-o", out, source)
        self.made[source, flags] = out

    def program(self, out, sources, flags=()):
        """@sources: paths from the root of the tree."""
        flags = tuple(flags)
        missing = [s for s in sources if (s, flags) not in self.made]
        with multiprocessing.pool.ThreadPool() as pool:
            pool.map(lambda s: self.compile(s, flags), missing)
        self.gcc(*flags, "-o", out, *[self.made[s, flags] for s in sources])
        return out
