# SPDX-License-Identifier: MPL-2.0
"""Fifty connections at a time to an echo server of asyncio, over both families."""
import asyncio


async def echo(reader, writer):
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    writer.close()


async def client(address, port, n):
    reader, writer = await asyncio.open_connection(address, port)
    writer.write(b"x" * n)
    writer.write_eof()
    data = await reader.read(-1)
    writer.close()
    await writer.wait_closed()
    return len(data)


async def main():
    for address in ("127.0.0.1", "::1"):
        server = await asyncio.start_server(echo, address, 0)
        port = server.sockets[0].getsockname()[1]
        print(sum(await asyncio.gather(*[client(address, port, 1000 * i) for i in range(50)])))
        server.close()


asyncio.run(main())
