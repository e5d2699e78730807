#!/bin/bash
# SPDX-License-Identifier: MPL-2.0
# Debian's own programs, dynamically linked, at their work. What it prints must be the same on Linux and on Keel.
export PATH=/usr/bin:/bin LC_ALL=C HOME=/root
cd /tmp
echo "bash ${BASH_VERSION%%.*}"
declare -A table=([a]=1 [b]=2); for k in "${!table[@]}"; do echo "$k=${table[$k]}"; done | sort
diff <(seq 5) <(seq 2 6); echo "diff $?"
coproc CAT { cat; }; echo through >&"${CAT[1]}"; read -r line <&"${CAT[0]}"; echo "$line"; eval "exec ${CAT[1]}>&-"; wait
mapfile -t lines < <(printf '%s\n' one two three); echo "${#lines[@]} ${lines[2]}"
for i in {1..20}; do (exit $((i % 3))) & done; wait; echo waited
trap 'echo got USR1' USR1; kill -USR1 $$; trap - USR1
timeout 0.1 sleep 5; echo "timeout $?"
ls -la --time-style=+ /proc/self/ | wc -l | awk '{ print ($1 > 20) }'
stat -c '%a %U %F' /tmp
seq 100000 | sort -R | sort -n | sha256sum
dd if=/dev/zero bs=64k count=64 2>/dev/null | md5sum
mkdir -p t/a/b; touch t/a/b/{x,y,z}; find t | sort; du -a t | cut -f2 | sort; rm -r t
ln -s loop loop; cat loop; rm loop
mkfifo p; (seq 3 > p &); cat p; rm p
split -n 3 /etc/passwd part. && cat part.* | cmp - /etc/passwd && echo split
shred -n 1 -u part.aa && ls part.*
nproc --all | awk '{ print ($1 >= 1) }'
df /tmp | tail -n 1 | awk '{ print $6 }'
stdbuf -o0 echo unbuffered
nice -n 3 nice
id -un; whoami; pwd -P
head -c 100 /dev/urandom | wc -c
python3 -c 'print(sum(range(10**5)))'
python3 - <<'PY'
import os, sys, subprocess, threading, socket, select, tempfile, mmap, signal, time, multiprocessing
print(sys.version_info.major, os.getcwd())
print(subprocess.run(["echo", "from python"], capture_output=True, text=True).stdout.strip())
total = []
threads = [threading.Thread(target=lambda i=i: total.append(i)) for i in range(10)]
[t.start() for t in threads]; [t.join() for t in threads]
print(sorted(total))
a, b = socket.socketpair(); a.send(b"hello"); print(b.recv(9))
s = socket.socket(socket.AF_UNIX); s.bind("/tmp/sock"); s.listen(1)
c = socket.socket(socket.AF_UNIX); c.connect("/tmp/sock"); d, _ = s.accept(); c.sendall(b"x" * 100000); c.close()
n = 0
while True:
    data = d.recv(65536)
    if not data: break
    n += len(data)
print(n)
e = select.epoll(); r, w = os.pipe(); e.register(r, select.EPOLLIN); os.write(w, b"1"); print(e.poll(1) == [(r, 1)])
with tempfile.NamedTemporaryFile() as f:
    f.write(b"abc" * 5000); f.flush()
    m = mmap.mmap(f.fileno(), 0); print(m[3000:3006], len(m)); m.close()
signal.signal(signal.SIGALRM, lambda *a: print("alarm")); signal.setitimer(signal.ITIMER_REAL, 0.01); signal.pause()
pid = os.fork()
if pid == 0: os._exit(9)
print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
with multiprocessing.get_context("fork").Pool(3) as p: print(p.map(abs, range(-3, 3)))
try: open("/none")
except OSError as x: print(x.errno, x.strerror)
PY
/progs/musl-static; /progs/musl-dynamic; /progs/go; echo "go $?"
for m in inet tcp udp raw unix netlink; do busybox insmod /progs/${m}_diag.ko 2>/dev/null; done
/ss.py
for o in "" -i -k -S; do echo "\$ ethtool $o"; /usr/sbin/ethtool $o lo 2>&1; echo "ethtool $?"; done
