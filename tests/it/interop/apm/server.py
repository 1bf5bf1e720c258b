"""Stands in for APM Server: TLS with a certificate and a key, and answers where agents ask.

Usage: server.py CERTIFICATE KEY LOG ADDRESS. Prints its port; writes each intake request's path into LOG, a line each."""
import http.server
import json
import ssl
import sys

certificate, key, log, address = sys.argv[1:]


class Answers(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, document):
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def body(self):
        if self.headers.get("Transfer-Encoding") == "chunked":
            while size := int(self.rfile.readline(), 16):
                self.rfile.read(size + 2)
            self.rfile.readline()
        else:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def do_GET(self):
        self.answer(200, {} if self.path.startswith("/config/") else {"version": "9.0.0", "publish_ready": True})

    def do_POST(self):
        self.body()
        if self.path.startswith("/intake/"):
            with open(log, "a") as out:
                out.write(self.path + "\n")
            self.answer(202, {"accepted": 1})
        else:
            self.answer(200, {})

    def log_message(self, *arguments):
        pass


context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate, key)


class Server(http.server.ThreadingHTTPServer):
    # The handshake belongs to the connection's own thread, where its failure harms nobody.
    def finish_request(self, request, address):
        request.settimeout(20)
        with context.wrap_socket(request, server_side=True) as secure:
            super().finish_request(secure, address)

    def handle_error(self, request, address):
        pass


server = Server((address, 0), Answers)
print(server.server_address[1], flush=True)
server.serve_forever()
