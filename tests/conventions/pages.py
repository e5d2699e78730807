# SPDX-License-Identifier: MPL-2.0
"""Whether the pages (*.md) are true: what they name exists, what they list is complete, and what
they have a reader write compiles."""
import os
import re
import subprocess

# Pages that a tool makes.
GENERATED = ("docs/syscalls.md", "docs/safe-c-nodes.md")
# Files and functions that the guides have the reader make.
EXAMPLES = {
    "docs/new-syscall.md": {"kernel/proc/kcmp.c", "tests/abi/proc/kcmp_tells_what_is_shared.c"},
    "docs/new-driver.md": {"kernel/drivers/firmware/fw_cfg.c"},
    "docs/new-filesystem.md": {"kernel/fs/letters/letters.c", "letters_init"},
}
# What the guides' files need and the guides put into other files.
ELSEWHERE = {
    "sys_kcmp": "s64 sys_kcmp(struct thread *, s32, s32, s32, u64, u64);",
    "letters_init": "void letters_init(void);",
}
COMMON = ["-std=gnu11", "-fsyntax-only", "-Wall", "-Wextra", "-Werror", "-Wno-unused-parameter"]
SERVICE = ["-ffreestanding", "-DSAFE_C", "-Wno-attributes", "-Iframe/include",
           "-Iarch/riscv64/frame/include", "-Ikernel/include", "-Iarch/riscv64/abi/include",
           "-include", "kernel/include/kernel/syscall.h"]
PATH = re.compile(r"`([\w./*-]+\.(?:c|h|S|cc|py|mk|dts|lds|md|pml))`")


def pages(files):
    return [f for f in files if f.endswith(".md") and f not in GENERATED]


def without_blocks(text):
    """Markdown without its blocks of code."""
    blank = lambda m: re.sub(r"[^\n]", "", m[0])
    return re.sub(r"^( *)```.*?^\1```$", blank, text, flags=re.S | re.M)


def lines_of(files, read):
    """(page, number, line) of all prose and tables."""
    for page in pages(files):
        for n, line in enumerate(without_blocks(read(page)).split("\n"), 1):
            yield page, n, line


def names_exist(root, files, read):
    """Each `folder/file.c` and each `function()` of a page is in the tree."""
    code = [f for f in files if f.endswith((".c", ".h", ".S", ".cc", ".py")) or
            os.access(os.path.join(root, f), os.X_OK)]
    functions = {name for f in code for name in re.findall(r"\b(\w+)\(", read(f))}
    tree = "\n" + "\n".join(files) + "\n"

    def is_file(path):
        # A and NAME stand for any, and a path may begin within the tree.
        pattern = re.escape(path).replace(r"\*", "[^/\n]*")
        pattern = re.sub(r"/(A|NAME)/", "/[^/\n]*/", pattern)
        return path.startswith("build/") or re.search(r"[\n/]%s\n" % pattern, tree)
    found = []
    for page, n, line in lines_of(files, read):
        missing = [f for f in re.findall(r"`(\w+)\(\)`", line) if f not in functions]
        missing += [p for p in PATH.findall(line) if not is_file(p)]
        found += ["%s:%d: %s" % (page, n, m) for m in missing if m not in EXAMPLES.get(page, ())]
    assert not found, "not in the tree: " + ", ".join(found)


def words_are_used(files, read):
    """Each name with an underscore in the pages on the frame is one in the sources. The order of an
    operation is written without the bits of its word (`_add_full`), and two names are C11's."""
    code = "\n".join(files)
    for f in files:
        if re.match(r"(frame|kernel|arch|tests|tools)/.*(\.([chS]|cc)|/run)$", f):
            code += read(f)
    used = set(re.findall(r"\w+", code))
    found = []
    for page, n, line in lines_of(files, read):
        if page not in ("docs/entry-state.md", "docs/memory-order.md", "docs/proofs.md",
                        "docs/safe-c.md", "docs/trusted.md", "docs/architecture.md"):
            continue
        for span in re.findall(r"`([^`]*)`", line):
            for name in re.findall(r"(?<![\w.*])\w*_\w+(?![\w*])", span):
                if name not in used and not re.fullmatch(
                        r"_(add|or|and|swap|cas)(_if)?_\w+|atomic_thread_fence|seq_cst|ACQ_REL",
                        name):
                    found.append("%s:%d: %s" % (page, n, name))
    assert not found, "in no source: " + ", ".join(found)


def steps_are_there(files, read):
    """The ways through the kernel (docs/architecture.md): the functions of a step stand in a file
    that its section has named so far."""
    found = []
    for section in re.split(r"^## ", read("docs/architecture.md"), flags=re.M)[1:]:
        text = ""
        for step in re.split(r"^(?=\d+\. |\| \d+ \|)", section, flags=re.M)[1:]:
            for path in re.findall(r"`([\w./]+\.[chS])`", step):
                text += "".join(read(f) for f in files if f == path or f.endswith("/" + path))
            found += ["%s: %s" % (section.split("\n")[0], name)
                      for name in re.findall(r"`(\w+)\(\)`", step)
                      if not re.search(r"\b%s(\(|:)" % name, text)]
    assert not found, "in none of the files that stand before it: " + ", ".join(found)


def all_options(files, read, without_comments):
    """docs/command-line.md names the options that the sources look for, and no others."""
    used = set()
    for path in files:
        if not re.match(r"(frame|kernel(?!/test)|arch/[^/]+/(frame|abi))/.*\.[ch]$", path):
            continue
        text = without_comments(read(path))
        # Calls, and calls of functions that hand their parameter on.
        names = re.findall(r"^static \w+ (\w+)\(struct lit name\b(?:(?!^\}).)*boot_option\(name,",
                           text, re.S | re.M)
        for name in ["boot_option"] + names:
            used |= set(re.findall(r"\b%s\(LIT\(\"([^\"]+)\"\)" % name, text))
    known = set(re.findall(r"\{ LIT\(\"([^\"]+)\"\) \}", read("kernel/init/cmdline.c")))
    page = read("docs/command-line.md")
    rows = set(re.findall(r"^\| `([\w.]+)(?:=\w+)?` \|", page, re.M))
    assert len(used) > 5 and rows == used, ", ".join(sorted(rows ^ used))
    idle = re.search(r"^Accepted for the sake.*?without effect: (.*?)\.", page, re.S | re.M)[1]
    idle = set(re.findall(r"`(\w+)`", idle))
    assert idle == known - used, "without effect: " + ", ".join(sorted(known - used))


def links_lead_somewhere(root, files, read):
    """Each link to a file, and to a heading of a page, has its target."""
    def anchors(path):
        heads = re.findall(r"^#+ (.*)$", without_blocks(read(path)), re.M)
        heads = [re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", h).lower() for h in heads]
        return {re.sub(r"[^\w\- ]", "", h).replace(" ", "-") for h in heads}
    found = []
    for page, n, line in lines_of(files, read):
        if page.startswith("docs/site/"):
            continue  # stands in the root of the site
        for target, anchor in re.findall(r"\]\(([^)\s#:]*)(?:#([^)\s]*))?\)", line):
            path = os.path.normpath(os.path.join(os.path.dirname(page), target))
            path = path if target else page
            there = os.path.exists(os.path.join(root, path))
            if not there or anchor and path.endswith(".md") and anchor not in anchors(path):
                found.append("%s:%d: %s%s" % (page, n, target, anchor and "#" + anchor))
    assert not found, "dead links: " + ", ".join(found)


def sections_exist(files, read):
    """Sources that refer to a page's section ('page.md, "Section"') name a heading of it."""
    found = []
    for path in files:
        if not path.endswith((".c", ".h", ".S", ".lds", ".mk")):
            continue
        text = re.sub(r"\n[\s*#]*", " ", read(path))
        for page, section in re.findall(r'([\w./-]+\.md), "([^"]+)"', text):
            heads = [re.findall(r"^#+ (.*)$", read(f), re.M) for f in files
                     if f == page or f.endswith("/" + page)]
            if not any(section in h for h in heads):
                found.append('%s: %s, "%s"' % (path, page, section))
    assert not found, "no such section: " + "; ".join(found)


# The operations of frame/order.h. Not here: where they are defined, the words of services, and what
# only kernels with self-tests have.
ORDERED = re.compile(r"\b(?:(?:load|store)_once|load_acquire|store_release|(?:set|clear)_bits|"
                     r"_(?:add|or|and|swap|cas)(?:32|64)(?:_if)?_"
                     r"(?:relaxed|acquire|release|acq_rel|full)|memory_barrier)\(")
NO_ORDER = ("frame/include/frame/order.h", "frame/include/frame/atomic.h", "frame/lib/ktest.c",
            "frame/mm/audit.c", "frame/dev/audit.c")


def first_argument(text, at):
    end, depth = at, 0
    while depth or text[end] not in ",)":
        depth += (text[end] in "([") - (text[end] in ")]")
        end += 1
    return text[at:end]


def ordered_word(text, at, argument):
    """The name of the word that is accessed: a field or a variable; of an access through a pointer
    to a plain word, and of a barrier, the function."""
    before = None
    while before != argument:
        before, argument = argument, re.sub(r"\[[^\[\]]*\]", "", argument)
    field = re.search(r"(?:->|\.)(\w+)$", argument)
    plain = re.match(r"&?(\w+)$", argument)
    if field:
        return field[1]
    if plain and re.search(r"^\s*(?:static|extern) [^(){}\n]*\b%s\b" % plain[1], text, re.M):
        return plain[1]
    heads = re.findall(r"^\w[^;{}=]*?\b(\w+)\([^;{}]*\)\s*\{", text[:at], re.M)
    return heads[-1]


def all_ordered_words(files, read, without_comments):
    """docs/memory-order.md names each word of the frame that order.h's operations access."""
    names = re.findall(r"`([^`]*)`", read("docs/memory-order.md"))
    words = set(re.findall(r"\w+", " ".join(names)))
    count, found = 0, []
    for path in files:
        if not re.match(r"(frame|arch/[^/]+/frame)/.*\.[ch]$", path) or path in NO_ORDER or \
                path.endswith("/frame_arch/order.h"):
            continue
        text = without_comments(read(path))
        for m in ORDERED.finditer(text):
            count += 1
            name = ordered_word(text, m.start(), first_argument(text, m.end()))
            if name not in words:
                found.append("%s: %s (%s)" % (path, name, m[0][:-1]))
    assert count > 250, "only %d accesses" % count
    assert not found, "docs/memory-order.md has no row for: " + "; ".join(found)


def contract_is_whole(files, read):
    """docs/safe-c.md has each flag of tools/safe-c.mk and no other, and each public macro with
    parameters."""
    page = read("docs/safe-c.md")
    make = " ".join(re.findall(r"^(?!#).*$", read("tools/safe-c.mk"), re.M))
    flags = {m for m in re.findall(r"(?<!\S)-[\w=,-]+", make)}
    section = page.split("## What the compiler does")[1].split("\n## ")[0]
    first = " ".join(re.findall(r"^\| (`-.*?) \|", section, re.M))
    named = re.search(r"`-Werror=` (.*?);", first)[1]
    listed = {f for code in re.findall(r"`([^`]*)`", first) for f in code.split()} - {"-Werror="}
    listed |= {"-Werror=" + f for f in named.split(", ")}
    assert flags == listed, "flags: " + ", ".join(sorted(flags ^ listed))

    table = page.split("### The trusted macros")[1].split("\n## ")[0]
    table = " ".join(re.findall(r"`([\w*]+)(?:\([^`]*)?`", table)).split()
    macros = set()
    for path in files:
        if re.match(r"(frame|arch/[^/]+/frame)/include/.*\.h$", path) and \
                not path.endswith("/private.h"):
            macros |= set(re.findall(r"^#define ([A-Za-z]\w*)\(", read(path), re.M))
    missing = [m for m in sorted(macros)
               if not any(re.fullmatch(t.replace("*", r"\w*"), m) for t in table)]
    assert len(macros) > 30 and not missing, "public macros without a row: " + ", ".join(missing)


def guides_compile(root, files, read, gcc):
    """The C files that the guides have the reader write are right with today's headers."""
    count = 0
    for page in pages(files):
        for text in re.findall(r"^```c\n(// SPDX.*?)^```$", read(page), re.S | re.M):
            if "#include" not in text:
                continue
            head = "".join(line + "\n" for name, line in ELSEWHERE.items() if name in text)
            flags = ["-Itests/abi/proc"] if "../lib/t.h" in text else SERVICE
            p = subprocess.run([gcc, *COMMON, *flags, "-x", "c", "-"], cwd=root, input=head + text,
                               capture_output=True, text=True)
            assert not p.returncode, "%s: %s" % (page, p.stderr[:1500])
            count += 1
    assert count >= 4, "only %d files in the guides" % count


def are_narrow(files, read):
    """100 columns, but in tables and code."""
    found = ["%s:%d" % (page, n) for page, n, line in lines_of(files, read)
             if len(line) > 100 and not line.startswith("|")]
    assert not found, "more than 100 columns: " + ", ".join(found)
