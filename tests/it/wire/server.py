"""Servers for the wire tests: python3 server.py MODE [CHAIN KEY]. It says "ACCEPT HOST:PORT" when it listens."""

import base64
import select
import socket
import ssl
import struct
import sys
import threading
import time

mode = sys.argv[1]
chain = sys.argv[2:4]


def line(connection):
    """A line, octet by octet: what follows may be TLS."""
    got = b""
    while not got.endswith(b"\n"):
        octet = connection.recv(1)
        if not octet:
            raise EOFError
        got += octet
    return got.strip()


def exactly(connection, count):
    got = b""
    while len(got) < count:
        piece = connection.recv(count - len(got))
        if not piece:
            raise EOFError
        got += piece
    return got


def tls(connection):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*chain)
    if mode == "sni":
        context.sni_callback = lambda _, name, __: None if name == "inner.example" else ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME
    wrapped = context.wrap_socket(connection, server_side=True)
    wrapped.recv(1)


def smtp(connection):
    connection.sendall(b"220-mail.example ESMTP\r\n220 ready\r\n")
    assert line(connection).startswith(b"EHLO ")
    connection.sendall(b"250-mail.example\r\n250-SIZE 1000\r\n250 STARTTLS\r\n")
    assert line(connection) == b"STARTTLS"
    connection.sendall(b"220 go ahead\r\n")
    tls(connection)


def smtp_without(connection):
    connection.sendall(b"220 mail.example ESMTP\r\n")
    line(connection)
    connection.sendall(b"250 mail.example\r\n")
    line(connection)
    connection.sendall(b"502 5.5.2 \x1b[31mcommand not recognized\r\n")
    connection.recv(1)


def imap(connection):
    connection.sendall(b"* OK [CAPABILITY IMAP4rev1 STARTTLS] ready\r\n")
    tag, command = line(connection).split()
    if command == b"CAPABILITY":
        connection.sendall(b"* CAPABILITY IMAP4rev1 STARTTLS\r\n" + tag + b" OK done\r\n")
        tag, command = line(connection).split()
    assert command == b"STARTTLS"
    connection.sendall(b"* CAPABILITY IMAP4rev1\r\n" + tag + b" OK begin\r\n")
    tls(connection)


def pop3(connection):
    connection.sendall(b"+OK POP3 ready\r\n")
    assert line(connection) == b"STLS"
    connection.sendall(b"+OK begin\r\n")
    tls(connection)


def ftp(connection):
    connection.sendall(b"220-Welcome\r\n to the\r\n220 FTP server\r\n")
    command = line(connection)
    if command == b"FEAT":
        connection.sendall(b"211-Features:\r\n AUTH TLS\r\n211 End\r\n")
        command = line(connection)
    assert command == b"AUTH TLS"
    connection.sendall(b"234 AUTH TLS successful\r\n")
    tls(connection)


def ldap(connection):
    request = exactly(connection, 31)
    assert request == bytes.fromhex("301d02010177188016") + b"1.3.6.1.4.1.1466.20037", request
    # Lengths of four octets, as Active Directory writes them.
    code = 52 if mode == "ldap-without" else 0
    result = bytes([0x0A, 1, code]) + b"\x04\x00" + b"\x04\x09no TLS..."
    response = b"\x02\x01\x01\x78\x84" + struct.pack(">I", len(result)) + result
    connection.sendall(b"\x30\x84" + struct.pack(">I", len(response)) + response)
    tls(connection)


def postgres(connection):
    length, code = struct.unpack(">II", exactly(connection, 8))
    if (length, code) != (8, 80877103):
        return
    connection.sendall(b"N" if mode == "postgres-without" else b"S")
    tls(connection)


def mysql(connection):
    capabilities = 0xF7FF if mode == "mysql-without" else 0xFFFF
    payload = b"\x0a8.0.36\x00" + b"\x01\0\0\0" + b"12345678" + b"\0" + struct.pack("<H", capabilities)
    payload += b"\x21\x02\0\xff\xc1\x15" + b"\0" * 10 + b"123456789012\0" + b"caching_sha2_password\0"
    connection.sendall(struct.pack("<I", len(payload))[:3] + b"\0" + payload)
    head = exactly(connection, 4)
    assert head == b"\x20\0\0\x01", head
    request = exactly(connection, 32)
    assert struct.unpack("<I", request[:4])[0] & 0x800
    tls(connection)


def proxy(connection):
    request = line(connection)
    headers = []
    while True:
        header = line(connection)
        if not header:
            break
        headers.append(header)
    if mode == "proxy-auth":
        wanted = b"Proxy-Authorization: Basic " + base64.b64encode(b"someone:p@ss")
        if wanted not in headers:
            connection.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
            return
    method, target, _ = request.split()
    assert method == b"CONNECT"
    host, port = target.decode().rsplit(":", 1)
    # The name of the tests' own, which no resolver knows.
    host = "127.0.0.1" if host == "inner.example" else host.strip("[]")
    try:
        server = socket.create_connection((host, int(port)))
    except OSError:
        connection.sendall(b"HTTP/1.1 502 Bad Gateway\r\n\r\n")
        return
    connection.sendall(b"HTTP/1.1 200 Connection established\r\nVia: tests\r\n\r\n")
    pair = {connection: server, server: connection}
    while True:
        for ready in select.select(list(pair), [], [])[0]:
            piece = ready.recv(65536)
            if not piece:
                return
            pair[ready].sendall(piece)


def http(connection):
    """As those do that read a line first."""
    line(connection)
    connection.sendall(b"HTTP/1.0 400 Bad Request\r\n\r\n")


def http_at_once(connection):
    connection.recv(1)
    connection.sendall(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")


def banner(words):
    def talk(connection):
        connection.sendall(words)
        connection.recv(4096)
        time.sleep(0.2)

    return talk


def silent(connection):
    while connection.recv(4096):
        pass
    time.sleep(60)


def slow(connection):
    time.sleep(2)
    tls(connection)


def drip(connection):
    """The head of a record, then an octet now and then."""
    connection.sendall(b"\x16\x03\x03\x40\x00")
    while True:
        connection.sendall(b"\x02")
        time.sleep(0.1)


def flood(connection):
    connection.recv(4096)
    while True:
        connection.sendall(b"\x16\x03\x03\x40\x00" + b"\x0b\x0f\xff\xff" * 4096)


def garbage(connection):
    connection.recv(4096)
    connection.sendall(b"\x16\x03\x03\x00\x20" + b"\xa5" * 32)
    time.sleep(0.2)


def close(connection):
    connection.recv(4096)


def endless_line(connection):
    while True:
        connection.sendall(b"220-" + b"x" * 60000)


def alert(number):
    def talk(connection):
        connection.recv(4096)
        connection.sendall(b"\x15\x03\x03\x00\x02\x02" + bytes([number]))
        time.sleep(0.2)

    return talk


modes = {
    "tls": tls,
    "sni": tls,
    "smtp": smtp,
    "smtp-without": smtp_without,
    "imap": imap,
    "pop3": pop3,
    "ftp": ftp,
    "ldap": ldap,
    "ldap-without": ldap,
    "postgres": postgres,
    "postgres-without": postgres,
    "mysql": mysql,
    "mysql-without": mysql,
    "proxy": proxy,
    "proxy-auth": proxy,
    "http": http,
    "http-at-once": http_at_once,
    "ssh": banner(b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n"),
    "echo": banner(b"hello, who are you?\r\n"),
    "escape": banner(b"\x1b[2J\x1b[31mowned\r\n"),
    "silent": silent,
    "slow": slow,
    "drip": drip,
    "flood": flood,
    "garbage": garbage,
    "close": close,
    "endless-line": endless_line,
    "alert-handshake-failure": alert(40),
    "alert-unrecognized-name": alert(112),
    "v6": tls,
}


def serve(connection):
    try:
        modes[mode](connection)
    except (OSError, EOFError, ssl.SSLError):
        pass
    finally:
        connection.close()


family = socket.AF_INET6 if mode == "v6" else socket.AF_INET
listener = socket.socket(family)
listener.bind(("::1" if mode == "v6" else "127.0.0.1", 0))
listener.listen(50)
print(f"ACCEPT x:{listener.getsockname()[1]}", flush=True)
while True:
    accepted, _ = listener.accept()
    threading.Thread(target=serve, args=(accepted,), daemon=True).start()
