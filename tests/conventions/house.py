# SPDX-License-Identifier: MPL-2.0
"""How the kernel's folders stand to each other, and how its files look: the arrows, and the figures.

Arrows are read from the objects (a symbol that one folder defines and another one uses) and from
includes of a folder's own headers ("../proc/proc.h"). Self-tests may use everything; naming a type
(its OBJ_TYPE) is no arrow. tests/conventions/arrows lists those that are allowed.
"""
import collections
import os
import re
import subprocess

TABLE = "tests/conventions/arrows"
LARGEST_CYCLE = 5
# Where the figures stand: they may only get better. Lines with comments are in a hundred, of the .c
# files of kernel/ (without the self-tests) and of each folder in it.
AT_MOST = {"files over 500 lines of code": 0, "functions over 60 lines": 0, "bare prototypes": 0, "errors that callers may drop": 0,
           "names of static functions in two files": 0}
COMMENTS_IN_A_FOLDER = 10
COMMENTS_IN = {"kernel": 12}


def folder(path):
    return os.path.dirname(path)[len("kernel/"):]


def arrows(root, files, nm):
    """{folder: {folder: {reason}}} of what is built in build/riscv64."""
    found = collections.defaultdict(lambda: collections.defaultdict(set))
    sources = [f for f in files if f.startswith("kernel/") and f.endswith(".c") and folder(f) != "test"]
    defined, used = {}, {}
    out = subprocess.run([nm, "-A", *["build/riscv64/%s.o" % f for f in sources]], cwd=root, capture_output=True, text=True, check=True).stdout
    for line in out.splitlines():
        where, _, rest = line.partition(":")
        f, word = where[len("build/riscv64/"):-len(".o")], rest.split()
        if len(word) == 2 and word[0] == "U":
            used.setdefault(f, set()).add(word[1])
        elif len(word) == 3 and word[1].isupper():
            defined[word[2]] = f
    for f, names in used.items():
        for name in names:
            if name in defined and not name.endswith("_obj_type") and folder(defined[name]) != folder(f):
                found[folder(f)][folder(defined[name])].add("%s uses %s of %s" % (f, name, defined[name]))
    for f in files:
        if f.startswith("kernel/") and f.endswith((".c", ".h")) and "/include/" not in f and folder(f) != "test":
            with open(os.path.join(root, f), encoding="utf-8") as text:
                for name in re.findall(r'^#include "(.*)"', text.read(), re.M):
                    there = os.path.normpath(os.path.join(os.path.dirname(f), name))
                    if folder(there) != folder(f):
                        found[folder(f)][folder(there)].add("%s includes %s" % (f, there))
    return found


def allowed(root):
    rows = {}
    with open(os.path.join(root, TABLE)) as f:
        for line in f:
            line = line.split("#")[0].strip()
            if line:
                name, _, targets = line.partition(":")
                rows[name.strip()] = set(targets.split())
    return rows


def cycles(graph):
    """The sets of folders that reach each other, the largest first."""
    def reach(start):
        seen, todo = set(), [start]
        while todo:
            for to in graph.get(todo.pop(), ()):
                if to not in seen:
                    seen.add(to)
                    todo.append(to)
        return seen
    reached = {name: reach(name) for name in graph}
    sets = {frozenset(o for o in reached[n] if n in reached.get(o, ())) | {n} for n in graph}
    return sorted((sorted(s) for s in sets), key=len, reverse=True)


def check_arrows(root, files, nm):
    env = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MAKEOVERRIDES", "MFLAGS", "DEBUG", "ARCH", "KTEST")}
    subprocess.run(["make", "-s", "ARCH=riscv64"], cwd=root, env=env, check=True)
    found, rows = arrows(root, files, nm), allowed(root)
    wrong = []
    for a in sorted(found):
        for b in sorted(found[a]):
            if b not in rows.get(a, ()):
                wrong.append("%s -> %s is not in %s: %s" % (a, b, TABLE, sorted(found[a][b])[0]))
    for a in sorted(rows):
        for b in sorted(rows[a]):
            if b not in found.get(a, ()):
                wrong.append("%s -> %s is in %s and nothing needs it" % (a, b, TABLE))
    assert not wrong, "\n" + "\n".join(wrong)
    largest = cycles(found)[0]
    print("        folders in the largest cycle: %d (%s)" % (len(largest), ", ".join(largest)))
    assert len(largest) <= LARGEST_CYCLE, "%d folders are one cycle" % len(largest)


def functions(text):
    """(name, lines) of each function of a formatted file."""
    lines = text.split("\n")
    for i, line in enumerate(lines):
        if line == "{":
            end = next((j for j in range(i, len(lines)) if lines[j] == "}"), i)
            head = next((lines[j] for j in range(i - 1, max(i - 6, -1), -1) if re.match(r"\w.*\(", lines[j])), "?")
            yield re.sub(r".*?(\w+)\(.*", r"\1", head), end - i + 1


def bare_prototypes(text):
    """Prototypes of a header with no comment above them or beside them, nor above the group they are in."""
    bare, covered = [], False
    for line in re.sub(r"/\*.*?\*/", lambda m: "/*" + "\n" * m[0].count("\n") + "*/", text, flags=re.S).split("\n"):
        if "/*" in line or "//" in line or line.rstrip().endswith("*/"):
            covered = True
        elif not line.strip():
            covered = False
        elif re.match(r"(?!static inline|struct \w+;|typedef|#|return)[a-z][\w \*]*\b\w+\(.*;$", line) and not covered:
            bare.append(line)
    return bare


def shared_statics(texts):
    """Static functions whose name stands in two files and that are no operation of a table: a backtrace does not tell which it was."""
    code = {f: re.sub(r"/\*.*?\*/|//[^\n]*", " ", t, flags=re.S) for f, t in texts.items() if f.endswith(".c") and not f.startswith("kernel/test/")}
    where = collections.defaultdict(set)
    for f, t in code.items():
        for m in re.finditer(r"^static (?!inline|always_inline)[\w \*]*?\b(\w+)\([^;{]*\)\n\{", t, re.M):
            where[m[1]].add(f)

    def is_operation(name, f):
        return re.search(r"[=,{(]\s*&?%s\s*[,};)]" % name, code[f])
    return sorted(n for n, fs in where.items() if len({re.sub(r"^arch/[^/]+", "arch", f) for f in fs}) > 1 and not all(is_operation(n, f) for f in fs))


def unchecked(path, text):
    """Functions of a header of kernel/ whose result may be an error, and that do not make callers look at it."""
    if re.search(r"^kernel/test/|/calls/|/uapi/", path) or not re.match(r"kernel/.*\.h$", path):
        return []
    return ["%s: %s" % (path, m[1]) for m in re.finditer(r"^(?:static (?:always_)?inline )?(?:int|s64|ssize_t) (?!must_check)(\w+)\(", text, re.M)]


def check_errors(files, read):
    """An error has one type and is not dropped in silence: int for 0 or -Exxx; ignore_error() has its reason beside it or above it."""
    wrong = []
    for f in files:
        if not f.startswith("kernel/") or not f.endswith((".c", ".h")) or "/uapi/" in f:
            continue
        lines = read(f).split("\n")
        for n, line in enumerate(lines):
            if re.search(r"\b(s32|long) \*?(err|error)( =|;|\))", line):
                wrong.append("%s:%d: an error is an int" % (f, n + 1))
            if "ignore_error(" in line and not f.startswith("kernel/test/"):
                near = "\n".join(lines[max(n - 2, 0):n + 1])
                if "/*" not in near and "*/" not in near:
                    wrong.append("%s:%d: ignore_error without a reason" % (f, n + 1))
    assert not wrong, "\n" + "\n".join(wrong)


def figures(root, files, read):
    """Prints how far the house is from its marks, and holds what has been reached."""
    sources = [f for f in files if re.match(r"(kernel|frame|arch/[^/]+/(frame|abi))/", f) and f.endswith((".c", ".h"))]
    texts = {f: read(f) for f in sources}
    # Comments count for nothing here: they are wanted.
    code = {f: sum(1 for line in re.sub(r"/\*.*?\*/|//[^\n]*", "", t, flags=re.S).split("\n") if line.strip()) for f, t in texts.items()}
    long_files = sorted((n, f) for f, n in code.items() if n > 500)
    long_functions = sorted((n, "%s:%s" % (f, name)) for f, t in texts.items() if f.endswith(".c") for name, n in functions(t) if n > 60)
    print("        files over 500 lines of code: %d; the longest: %s" % (len(long_files), ", ".join("%s %d" % (f, n) for n, f in long_files[:-4:-1])))
    print("        functions over 60 lines: %d%s" % (len(long_functions), "".join("; %s %d" % (f, n) for n, f in long_functions[:-4:-1])))
    share = collections.defaultdict(lambda: [0, 0])
    for f, t in texts.items():
        comments = sum(len([l for l in c.split("\n") if l.strip(" */\t")]) for c in re.findall(r"/\*.*?\*/|//[^\n]*", t, re.S))
        top = f.split("/")[0] + ("/include" if "/include/" in f else "/*.h" if f.startswith("kernel/") and f.endswith(".h") else "")
        top += "/test" if top == "kernel" and f.startswith("kernel/test/") else ""
        share[top][0] += comments
        share[top][1] += sum(1 for l in t.split("\n") if l.strip())
        if f.startswith("kernel/") and f.endswith(".c") and "/test/" not in f:
            share["kernel/" + f.split("/")[1]][0] += comments
            share["kernel/" + f.split("/")[1]][1] += sum(1 for l in t.split("\n") if l.strip())
    print("        lines with comments, in a hundred: " + ", ".join("%s %.0f" % (k, 100 * a / b) for k, (a, b) in sorted(share.items()) if b))
    bare = [(f, p) for f, t in texts.items() if re.match(r"(kernel/include/kernel/(?!calls)|frame/include/)", f) for p in bare_prototypes(t)]
    print("        prototypes of public headers without a contract: %d%s" % (len(bare), "; the first: %s: %s" % bare[0] if bare else ""))
    dropped = [line for f, t in texts.items() for line in unchecked(f, t)]
    print("        functions of headers that return an error and are not must_check: %d%s" % (len(dropped), "; the first: " + dropped[0] if dropped else ""))
    shared = shared_statics(texts)
    print("        static functions with one name in two files: %d names" % len(shared))
    now = {"files over 500 lines of code": len(long_files), "functions over 60 lines": len(long_functions), "bare prototypes": len(bare),
           "errors that callers may drop": len(dropped), "names of static functions in two files": len(shared)}
    worse = ["%s: %d, were at most %d" % (k, now[k], n) for k, n in AT_MOST.items() if now[k] > n]
    least = {k: COMMENTS_IN_A_FOLDER for k in share if re.match(r"kernel/\w+$", k) and k != "kernel/include"}
    for k, n in {**least, **COMMENTS_IN}.items():
        comments, lines = share[k]
        if 100 * comments < n * lines:
            worse.append("%.2f lines in a hundred of %s have comments, were at least %.1f" % (100 * comments / lines, k, n))
    assert not worse, "; ".join(worse)


def check_format(root, files):
    """clang-format changes nothing, and no comment stands beyond column 100."""
    sources = [f for f in files if f.endswith((".c", ".h"))]
    p = subprocess.run(["clang-format-19", "--dry-run", *sources], cwd=root, capture_output=True, text=True)
    different = sorted({m[1] for m in re.finditer(r"^(\S+?):\d+:\d+: warning: code should be clang-formatted", p.stderr, re.M)})
    print("        files that clang-format would change: %d" % len(different))
    assert not p.returncode and not different, "clang-format-19 -i " + " ".join(different) + p.stderr[-500:] * (not different)
