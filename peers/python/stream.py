#!/usr/bin/env python3
"""A byte stream as a Python programmer writes it: sockets and nothing else.

    stream.py server ADDRESS FRAMING COUNT   prints "got: TEXT" per message
    stream.py echo ADDRESS FRAMING COUNT     the same, and answers each with "echo:" and the text
    stream.py client ADDRESS FRAMING TEXT..  sends each TEXT
    stream.py call ADDRESS FRAMING TEXT..    sends each TEXT and prints the answer

ADDRESS is one of
    pipe:NAME    the Unix socket where .NET puts a named pipe
    unix:PATH    a Unix socket; @NAME is an abstract one
    tcp:PORT     on the loopback address; a server given port 0 prints "port N"

FRAMING says where a message ends
    length   a u32, little-endian, then that many bytes
    line     a line feed
    eof      the end of the connection: one connection per message
    header   "Content-Length: N", an empty line, then N bytes

COUNT is how many connections a server takes, one after the other, before it ends. A server prints
"ready" once it listens.
"""
import os
import socket
import struct
import sys

ANSWER_SECONDS = 5


def encode(framing, payload):
    if framing == "length":
        return struct.pack("<I", len(payload)) + payload
    if framing == "line":
        return payload + b"\n"
    if framing == "header":
        return b"Content-Length: %d\r\n\r\n" % len(payload) + payload
    return payload


def read_message(framing, stream):
    """The next payload, or None at the end of the connection."""
    if framing == "length":
        head = stream.read(4)
        return stream.read(struct.unpack("<I", head)[0]) if len(head) == 4 else None
    if framing == "line":
        line = stream.readline()
        return line.rstrip(b"\r\n") if line else None
    if framing == "header":
        return read_header_message(stream)
    return stream.read() or None


def read_header_message(stream):
    length = None
    while (line := stream.readline().rstrip(b"\r\n")):
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length":
            length = int(value)
    return None if length is None else stream.read(length)


def resolve(address):
    """The socket family and the address that the kernel wants."""
    scheme, _, rest = address.partition(":")
    if scheme == "pipe":
        directory = os.environ.get("TMPDIR") or "/tmp"
        return socket.AF_UNIX, rest if rest.startswith("/") else os.path.join(directory, "CoreFxPipe_" + rest)
    if scheme == "unix":
        return socket.AF_UNIX, "\0" + rest[1:] if rest.startswith("@") else rest
    if scheme == "tcp":
        return socket.AF_INET, ("127.0.0.1", int(rest))
    sys.exit(f"unknown address {address}: use pipe:NAME, unix:PATH or tcp:PORT")


def listen(address):
    family, where = resolve(address)
    listener = socket.socket(family, socket.SOCK_STREAM)
    if family == socket.AF_INET:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(where)
    listener.listen(64)
    if address == "tcp:0":
        print("port", listener.getsockname()[1], flush=True)
    print("ready", flush=True)
    return listener


def serve(address, framing, count, echo):
    listener = listen(address)
    for _ in range(count):
        connection, _ = listener.accept()
        with connection, connection.makefile("rb") as stream:
            while (payload := read_message(framing, stream)) is not None:
                print("got:", payload.decode().rstrip("\r\n"), flush=True)
                if echo:
                    connection.sendall(encode(framing, b"echo:" + payload))
    listener.close()
    remove(address)


def remove(address):
    family, where = resolve(address)
    if family == socket.AF_UNIX and not where.startswith("\0") and os.path.exists(where):
        os.unlink(where)


def connect(address):
    family, where = resolve(address)
    connection = socket.socket(family, socket.SOCK_STREAM)
    connection.settimeout(ANSWER_SECONDS)
    connection.connect(where)
    return connection


def send(address, framing, texts, want_answer):
    # With `eof` a connection carries one message, with the others it carries all of them.
    batches = [[text] for text in texts] if framing == "eof" else [texts]
    for batch in batches:
        with connect(address) as connection, connection.makefile("rb") as answers:
            for text in batch:
                connection.sendall(encode(framing, text.encode()))
                if framing == "eof":
                    connection.shutdown(socket.SHUT_WR)
                if want_answer:
                    print_answer(read_message(framing, answers))


def print_answer(payload):
    if payload is None:
        sys.exit("the server closed without an answer")
    print(payload.decode().rstrip("\r\n"), flush=True)


def main(arguments):
    if len(arguments) < 4 or arguments[2] not in ("length", "line", "eof", "header"):
        sys.exit(__doc__)
    role, address, framing, *rest = arguments
    if role in ("server", "echo"):
        serve(address, framing, int(rest[0]), role == "echo")
    elif role in ("client", "call"):
        send(address, framing, rest, role == "call")
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
