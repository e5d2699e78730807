# SPDX-License-Identifier: MPL-2.0
"""A name server that knows one answer, 192.0.2.1 or 2001:db8::1, over UDP and TCP."""
import socket, struct, threading
def answer(q):
    i = 12
    while q[i]: i += q[i] + 1
    end = i + 5; t = struct.unpack(">H", q[i + 1:i + 3])[0]
    rr = b"\xc0\x0c" + struct.pack(">HHIH", t, 1, 60, 4 if t == 1 else 16) + (bytes([192, 0, 2, 1]) if t == 1 else socket.inet_pton(socket.AF_INET6, "2001:db8::1"))
    ok = t in (1, 28)
    return q[:2] + b"\x85\x80\0\1" + struct.pack(">HHH", ok, 0, 0) + q[12:end] + (rr if ok else b"")
u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); u.bind(("127.0.0.1", 53))
l = socket.create_server(("127.0.0.1", 53))
def tcp():
    while True:
        c, _ = l.accept()
        try:
            n = struct.unpack(">H", c.recv(2))[0]; a = answer(c.recv(n)); c.sendall(struct.pack(">H", len(a)) + a)
        except Exception: pass
        c.close()
threading.Thread(target=tcp, daemon=True).start()
while True:
    q, a = u.recvfrom(512); u.sendto(answer(q), a)
