"""A module proxy on loopback that answers slowly, and writes down when it was asked and when it had answered.

usage: slow_proxy.py SECONDS COUNT LOG. It serves modules example.com/dep0 to depN-1 at v1.0.0, each of which needs the next;
prints its port; appends [path, begin, end] to LOG, a line for each request, in seconds of CLOCK_MONOTONIC; and ends when its
standard input does, which is when whoever started it is gone.
"""

import http.server
import io
import json
import sys
import threading
import time
import zipfile


def go_mod(number, count):
    need = f"\nrequire example.com/dep{number + 1} v1.0.0\n" if number + 1 < count else ""
    return f"module example.com/dep{number}\n\ngo 1.21\n{need}".encode()


def source(number, count):
    if number + 1 == count:
        return f"package dep{number}\n\nfunc F() int {{ return 1 }}\n".encode()
    after = number + 1
    text = f'package dep{number}\n\nimport "example.com/dep{after}"\n\nfunc F() int {{ return dep{after}.F() }}\n'
    return text.encode()


def zip_file(number, count):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        folder = f"example.com/dep{number}@v1.0.0"
        archive.writestr(f"{folder}/go.mod", go_mod(number, count))
        archive.writestr(f"{folder}/dep.go", source(number, count))
    return buffer.getvalue()


def answer(path, count):
    """The file that a path of the proxy's protocol names; None where there is none."""
    start, end = "/example.com/dep", "/@v/v1.0.0."
    if not path.startswith(start) or end not in path:
        return None
    number, kind = path[len(start):].split(end)
    if not number.isdigit() or int(number) >= count:
        return None
    match kind:
        case "mod":
            return go_mod(int(number), count)
        case "info":
            return json.dumps({"Version": "v1.0.0", "Time": "2020-01-01T00:00:00Z"}).encode()
        case "zip":
            return zip_file(int(number), count)
    return None


def handler(latency, count, log):
    lock = threading.Lock()

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Head and body in one packet: in two, the second waits 40 ms for the acknowledgement of the first.
        wbufsize = -1

        def log_message(self, *_):
            pass

        def do_GET(self):
            begin = time.monotonic()
            time.sleep(latency)
            body = answer(self.path, count)
            self.send_response(200 if body is not None else 404)
            self.send_header("Content-Length", str(len(body or b"")))
            self.end_headers()
            self.wfile.write(body or b"")
            self.wfile.flush()
            with lock:
                log.write(json.dumps([self.path, begin, time.monotonic()]) + "\n")
                log.flush()

    return Handler


def main():
    latency, count, path = float(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    with open(path, "a", encoding="utf-8") as log:
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler(latency, count, log))
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        print(server.server_address[1], flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
