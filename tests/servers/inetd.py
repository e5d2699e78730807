# SPDX-License-Identifier: MPL-2.0
"""An HTTP server for one connection, on its standard input and output: QEMU starts it for each that the guest opens to 10.0.2.100.

    GET /big             some megabytes that are always the same
    PUT /sum             says the SHA-256 of what was sent
    GET /debian/FILE     the file of the folder that is the first argument
"""
import hashlib
import os
import socket
import sys
from http.server import BaseHTTPRequestHandler

BIG = hashlib.shake_128(b"keel").digest(3 << 20)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, data, status=200):
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def do_GET(self):
        path = os.path.join(sys.argv[1], os.path.basename(self.path))
        if self.path == "/big":
            self.answer(BIG)
        elif self.path.startswith("/debian/") and os.path.isfile(path):
            with open(path, "rb") as f:
                self.answer(f.read())
        else:
            self.answer(b"", 404)
    do_HEAD = do_GET

    def body(self):
        if self.headers.get("Transfer-Encoding") != "chunked":
            yield self.rfile.read(int(self.headers["Content-Length"]))
            return
        while n := int(self.rfile.readline(), 16):
            yield self.rfile.read(n)
            self.rfile.readline()
        self.rfile.readline()

    def do_PUT(self):
        if self.headers.get("Expect") == "100-continue":
            self.send_response_only(100)
            self.end_headers()
        digest = hashlib.sha256()
        for part in self.body():
            digest.update(part)
        self.answer(digest.hexdigest().encode() + b"\n")

    def log_message(self, *args):
        pass


Handler(socket.socket(fileno=0), ("guest", 0), None)
