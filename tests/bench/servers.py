"""The servers that tests/bench/compare compares: each on a free loopback port, with its files in one folder."""

import os
import pathlib
import pwd
import shutil
import socket
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "interop"))
from relay_process import RelayProcess  # noqa: E402

TICK = os.sysconf("SC_CLK_TCK")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def process_tree(root):
    """`root` and all its descendants, by process id."""
    children = {}
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
            children.setdefault(parent, []).append(int(entry.name))
    tree, todo = [], [root]
    while todo:
        process = todo.pop()
        tree.append(process)
        todo += children.get(process, [])
    return tree


class Server:
    """One running server."""

    def __init__(self, pid, port, stop):
        self.pid = pid
        self.port = port
        self.stop = stop

    def processor_seconds(self):
        """What all its processes have used so far."""
        total = 0
        for process in process_tree(self.pid):
            fields = pathlib.Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
            total += int(fields[11]) + int(fields[12])
        return total / TICK

    def resident_bytes(self):
        pages = (int(pathlib.Path(f"/proc/{process}/statm").read_text().split()[1]) for process in process_tree(self.pid))
        return sum(pages) * os.sysconf("SC_PAGE_SIZE")


def program(name):
    """Where Debian puts it: servers stand in /usr/sbin, which is not on everybody's path."""
    found = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin")
    if not found:
        raise RuntimeError(f"{name} is not installed; run scripts/install-packages bench")
    return found


def spawn(command, port, folder):
    """Starts a server in the foreground and waits until it listens."""
    log = (folder / "log").open("wb")
    process = subprocess.Popen([str(word) for word in command], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                               cwd=folder)

    def stop():
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    for _ in range(500):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return Server(process.pid, port, stop)
        if process.poll() is not None:
            break
        time.sleep(0.02)
    stop()
    raise RuntimeError(f"{command[0]} did not start: {(folder / 'log').read_text(errors='replace')[-500:]}")


def start_relay(binaries, folder, certificate, **settings):
    relay = RelayProcess(binaries / "tigress-relay", folder, certificate,
                         {"share.identifiers": "any", "log.level": "error", "limits.connections": "4096",
                          "limits.requests-per-connection": "1000000000",
                          **{key.replace("_", "."): value for key, value in settings.items()}})
    return Server(relay.pid, relay.port, relay.stop)


def start_floor(binaries, folder, certificate):
    if certificate:
        return None
    process = subprocess.Popen([str(binaries / "bench-floor")], stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)

    def stop():
        process.kill()
        process.stdout.close()
        process.wait()

    return Server(process.pid, int(process.stdout.readline()), stop)


def document_root(folder):
    root = folder / "root"
    (root / "v1").mkdir(parents=True)
    return root


def start_nginx(_, folder, certificate):
    port = free_port()
    root = document_root(folder)
    user = f"user {pwd.getpwuid(os.getuid()).pw_name};" if os.getuid() == 0 else ""
    tls = (f"ssl_certificate {certificate.file}; ssl_certificate_key {certificate.key};"
           "ssl_protocols TLSv1.2 TLSv1.3; ssl_session_cache shared:tls:10m;" if certificate else "")
    paths = " ".join(f"{name}_temp_path {folder}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    (folder / "nginx.conf").write_text(f"""
load_module /usr/lib/nginx/modules/ngx_http_dav_ext_module.so;
{user}
worker_processes auto;
daemon off;
pid {folder}/pid;
error_log {folder}/error.log crit;
events {{ worker_connections 4096; }}
http {{
  {paths}
  access_log off;
  sendfile on;
  tcp_nopush on;
  keepalive_requests 1000000000;
  client_body_buffer_size 64k;
  types {{ application/json json; }}
  dav_ext_lock_zone zone=locks:64m;
  server {{
    listen 127.0.0.1:{port} {'ssl' if certificate else ''};
    {tls}
    root {root};
    location / {{
      dav_methods PUT DELETE MKCOL COPY MOVE;
      dav_ext_methods PROPFIND OPTIONS LOCK UNLOCK;
      dav_ext_lock zone=locks;
    }}
  }}
}}
""")
    return spawn([program("nginx"), "-c", folder / "nginx.conf", "-e", folder / "error.log"], port, folder)


def start_rclone(_, folder, certificate):
    port = free_port()
    tls = ["--cert", certificate.file, "--key", certificate.key] if certificate else []
    return spawn([program("rclone"), "serve", "webdav", "--config", "/dev/null", "--log-level", "ERROR", *tls,
                  "--addr", f"127.0.0.1:{port}", document_root(folder)], port, folder)


def start_apache(_, folder, certificate):
    port = free_port()
    root = document_root(folder)
    modules = ["mpm_event", "authz_core", "dav", "dav_fs", "mime"] + (["ssl"] if certificate else [])
    tls = (f"SSLEngine on\nSSLCertificateFile {certificate.file}\nSSLCertificateKeyFile {certificate.key}"
           if certificate else "")
    user = ""
    if os.getuid() == 0:  # it does not serve as root
        user = "User www-data\nGroup www-data"
        for path in (folder.parent, folder):
            path.chmod(0o755)
        for path in (folder, root, root / "v1"):
            shutil.chown(path, "www-data", "www-data")
    (folder / "apache.conf").write_text("\n".join(
        f"LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so" for name in modules) + f"""
ServerRoot {folder}
ServerName localhost
PidFile {folder}/pid
DefaultRuntimeDir {folder}
ErrorLog {folder}/error.log
TypesConfig /dev/null
{user}
Listen 127.0.0.1:{port}
DocumentRoot {root}
DavLockDB {folder}/locks
MaxKeepAliveRequests 0
{tls}
<Directory {root}>
  Dav On
  Require all granted
</Directory>
""")
    return spawn([program("apache2"), "-DFOREGROUND", "-f", folder / "apache.conf"], port, folder)


def start_lighttpd(_, folder, certificate):
    port = free_port()
    root = document_root(folder)
    tls = (f'server.modules += ("mod_openssl")\nssl.engine = "enable"\nssl.pemfile = "{certificate.file}"\n'
           f'ssl.privkey = "{certificate.key}"\n' if certificate else "")
    (folder / "lighttpd.conf").write_text(f"""
server.modules = ("mod_webdav")
{tls}
server.bind = "127.0.0.1"
server.port = {port}
server.document-root = "{root}"
server.upload-dirs = ("{folder}")
server.max-keep-alive-requests = 1000000000
server.max-fds = 4096
mimetype.assign = (".json" => "application/json")
webdav.activate = "enable"
webdav.is-readonly = "disable"
webdav.sqlite-db-name = "{folder}/locks.db"
""")
    return spawn([program("lighttpd"), "-D", "-f", folder / "lighttpd.conf"], port, folder)


# Name, how it is started, and what it is asked: a plain file server knows no POST and has no pages.
RELAY_OS = "relay, durability os"
RELAY_FULL = "relay, durability full"
FLOOR = "bare floor"
NGINX = "nginx dav-ext"
DAV_WORKLOADS = {"transfer", "get", "put", "missing"}
SERVERS = {
    RELAY_OS: (lambda *a: start_relay(*a, store_durability="os"), DAV_WORKLOADS | {"page", "create"}),
    RELAY_FULL: (lambda *a: start_relay(*a, store_durability="full"), DAV_WORKLOADS | {"create"}),
    FLOOR: (start_floor, {"transfer", "get", "create"}),
    NGINX: (start_nginx, DAV_WORKLOADS),
    "rclone": (start_rclone, DAV_WORKLOADS),
    "lighttpd": (start_lighttpd, DAV_WORKLOADS),
    "Apache": (start_apache, DAV_WORKLOADS),
}
