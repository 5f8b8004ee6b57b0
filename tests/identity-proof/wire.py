"""A listening post between till and gateway: it ends TLS on both sides with the
gateway's own server certificate, passes every byte on as it comes, and keeps
what was said. Only so can be judged what the gateway's book does not keep: the
requests for certificates, the compliance documents, and every secret."""
import base64
import json
import os
import select
import socket
import ssl
import threading

PAUSE = 0.05  # seconds that a record of TLS without content may hold up the other way


class Exchange:
    """A request and its answer."""

    def __init__(self, method, target, headers, body):
        self.method, self.target, self.headers, self.body = method, target, headers, body
        self.status, self.answer = None, b""

    def is_one_of(self, *calls):
        """Whether it is one of these, such as `POST /compliance`, in any environment."""
        return "%s /%s" % (self.method, self.target.split("/", 3)[3]) in calls


def messages(data):
    """(first line, headers, body) of each whole message."""
    while True:
        head, mark, rest = data.partition(b"\r\n\r\n")
        if not mark:
            return
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        length = int(headers.get("content-length", "0"))
        if len(rest) < length:
            return
        yield first, headers, rest[:length]
        data = rest[length:]


class Wire:
    def __init__(self, gateway):
        certs = os.path.join(gateway.folder, "certs")
        self.server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.server.load_cert_chain(os.path.join(certs, "server.pem"), os.path.join(certs, "server.key"))
        self.server.set_alpn_protocols(["http/1.1"])
        self.client = ssl.create_default_context(cafile=gateway.ca_file)
        host, _, port = gateway.listen.rpartition(":")
        self.behind = (host, int(port))
        self.listener = socket.create_server(("127.0.0.1", 0))
        here = "127.0.0.1:%d" % self.listener.getsockname()[1]
        self.bases = {env: base.replace(gateway.listen, here) for env, base in gateway.bases.items()}
        self.said, self.lock = [], threading.Lock()
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.pass_on, args=(near,), daemon=True).start()

    def pass_on(self, near):
        try:
            near = self.server.wrap_socket(near, server_side=True)
            far = self.client.wrap_socket(socket.create_connection(self.behind), server_hostname="localhost")
        except OSError:
            near.close()
            return
        words = (bytearray(), bytearray())
        with self.lock:
            self.said.append(words)
        ends = {near: (far, words[0]), far: (near, words[1])}
        for end in ends:
            end.settimeout(PAUSE)
        try:
            while all(self.pump(end, *ends[end]) for end in self.ready(ends)):
                pass
        except OSError:
            pass
        near.close()
        far.close()

    @staticmethod
    def ready(ends):
        """Ends with something to read; TLS may hold back what the socket no longer shows."""
        held = [end for end in ends if end.pending()]
        return held or select.select(list(ends), [], [])[0]

    @staticmethod
    def pump(source, target, kept):
        """Passes on what is there; False at the end. One thread does both ways: a TLS session is not to be shared."""
        try:
            chunk = source.recv(65536)
        except TimeoutError:
            return True
        kept += chunk
        target.settimeout(None)
        target.sendall(chunk)
        target.settimeout(PAUSE)
        return bool(chunk)

    def exchanges(self):
        """All requests so far, by connection, with their answers."""
        found = []
        with self.lock:
            said = [(bytes(there), bytes(back)) for there, back in self.said]
        for there, back in said:
            answers = messages(back)
            for first, headers, body in messages(there):
                method, target, _ = first.split(" ")
                exchange = Exchange(method, target, headers, body)
                line, _, exchange.answer = next(answers, ("HTTP/1.1 0", {}, b""))
                exchange.status = int(line.split(" ")[1])
                found.append(exchange)
        return found

    def forget(self):
        with self.lock:
            self.said.clear()

    def requests(self):
        """The certificate requests as PEM, in order."""
        return [base64.b64decode(json.loads(e.body)["csr"], validate=True) for e in self.exchanges()
                if e.is_one_of("POST /compliance", "PATCH /production/csids")]

    def documents(self):
        """The compliance documents as XML, in order."""
        return [base64.b64decode(json.loads(e.body)["invoice"], validate=True)
                for e in self.exchanges() if e.is_one_of("POST /compliance/invoices")]

    def secrets(self):
        """Every secret and pair of credentials that went over the wire. The token alone is
        the certificate, which stands in every document."""
        found = set()
        for e in self.exchanges():
            found.update(filter(None, [e.headers.get("authorization", "").partition(" ")[2]]))
            try:
                told = json.loads(e.answer)
            except ValueError:
                continue
            told = told.get("value", told) if isinstance(told, dict) else {}
            if isinstance(told.get("secret"), str):
                found.add(told["secret"])
        return found

    def close(self):
        self.listener.close()
