"""Stock WebDAV servers, each on a free loopback port with its own configuration and files in one folder.

tests/interop/folders.py shares through them, tests/bench/compare measures against them.
"""

import dataclasses
import hashlib
import os
import pathlib
import pwd
import shutil
import socket
import subprocess
import time

TICK = os.sysconf("SC_CLK_TCK")
REALM = "shares"
NPM = pathlib.Path(__file__).parent / "npm"


@dataclasses.dataclass
class Account:
    """Who may use a server, and how it asks: "basic", "digest" or "bearer" (then `password` is the token)."""

    scheme: str
    user: str = "anna"
    password: str = "correct horse: battery"


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
    """One running server. `root` is the folder it serves, if it serves one as it is."""

    def __init__(self, pid, port, stop, root=None):
        self.pid = pid
        self.port = port
        self.stop = stop
        self.root = root

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
        raise RuntimeError(f"{name} is not installed; run scripts/install-packages servers")
    return found


def spawn(command, port, folder, root=None, environment=None):
    """Starts a server in the foreground and waits until it listens."""
    log = (folder / "log").open("wb")
    process = subprocess.Popen([str(word) for word in command], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                               cwd=folder, env={**os.environ, **(environment or {})})

    def stop():
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    for _ in range(1500):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return Server(process.pid, port, stop, root)
        if process.poll() is not None:
            break
        time.sleep(0.02)
    stop()
    raise RuntimeError(f"{command[0]} did not start: {(folder / 'log').read_text(errors='replace')[-500:]}")


def document_root(folder):
    """Its subfolder v1 is what benchmarks use."""
    root = folder / "root"
    (root / "v1").mkdir(parents=True)
    return root


def digest_of(account, algorithm):
    text = f"{account.user}:{REALM}:{account.password}"
    return hashlib.new(algorithm, text.encode()).hexdigest()


def password_line(account):
    hashed = subprocess.run(["openssl", "passwd", "-apr1", "-stdin"], input=account.password.encode(), check=True,
                            capture_output=True).stdout.decode()
    return f"{account.user}:{hashed}"


def start_nginx(folder, certificate=None, account=None, locks=True):
    port = free_port()
    root = document_root(folder)
    user = f"user {pwd.getpwuid(os.getuid()).pw_name};" if os.getuid() == 0 else ""
    tls = (f"ssl_certificate {certificate.file}; ssl_certificate_key {certificate.key};"
           "ssl_protocols TLSv1.2 TLSv1.3; ssl_session_cache shared:tls:10m;" if certificate else "")
    paths = " ".join(f"{name}_temp_path {folder}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    guard = ""
    if account and account.scheme == "basic":
        (folder / "users").write_text(password_line(account))
        guard = f'auth_basic "{REALM}"; auth_basic_user_file {folder}/users;'
    elif account and account.scheme == "bearer":
        guard = (f"add_header WWW-Authenticate 'Bearer realm=\"{REALM}\"' always;"
                 f'if ($http_authorization != "Bearer {account.password}") {{ return 401; }}')
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
  {'dav_ext_lock_zone zone=locks:64m;' if locks else ''}
  server {{
    listen 127.0.0.1:{port} {'ssl' if certificate else ''};
    {tls}
    root {root};
    location / {{
      {guard}
      dav_methods PUT DELETE MKCOL COPY MOVE;
      dav_ext_methods PROPFIND OPTIONS {'LOCK UNLOCK' if locks else ''};
      {'dav_ext_lock zone=locks;' if locks else ''}
    }}
  }}
}}
""")
    return spawn([program("nginx"), "-c", folder / "nginx.conf", "-e", folder / "error.log"], port, folder, root)


def start_rclone(folder, certificate=None, account=None):
    port = free_port()
    root = document_root(folder)
    more = ["--cert", certificate.file, "--key", certificate.key] if certificate else []
    if account:
        more += ["--user", account.user, "--pass", account.password]
    return spawn([program("rclone"), "serve", "webdav", "--config", "/dev/null", "--log-level", "ERROR", *more,
                  "--addr", f"127.0.0.1:{port}", root], port, folder, root)


def start_apache(folder, certificate=None, account=None, locks=True):
    port = free_port()
    root = document_root(folder)
    modules = ["mpm_event", "authz_core", "dav", "dav_fs", "mime"] + (["ssl"] if certificate else [])
    guard = "Require all granted"
    if account:
        modules += ["authn_core", "authn_file", "authz_user", f"auth_{account.scheme}"]
        if account.scheme == "digest":
            users = f"{account.user}:{REALM}:{digest_of(account, 'md5')}\n"
        else:
            users = password_line(account)
        (folder / "users").write_text(users)
        guard = (f'AuthType {account.scheme}\nAuthName "{REALM}"\nAuth{account.scheme}Provider file\n'
                 f"AuthUserFile {folder}/users\nRequire valid-user")
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
{f'DavLockDB {folder}/locks' if locks else ''}
MaxKeepAliveRequests 0
{tls}
<Directory {root}>
  Dav On
  {guard}
</Directory>
""")
    return spawn([program("apache2"), "-DFOREGROUND", "-f", folder / "apache.conf"], port, folder, root)


def start_lighttpd(folder, certificate=None, account=None):
    port = free_port()
    root = document_root(folder)
    tls = (f'server.modules += ("mod_openssl")\nssl.engine = "enable"\nssl.pemfile = "{certificate.file}"\n'
           f'ssl.privkey = "{certificate.key}"\n' if certificate else "")
    guard = ""
    if account:
        (folder / "users").write_text(f"{account.user}:{REALM}:{digest_of(account, 'sha256')}\n"
                                      if account.scheme == "digest" else f"{account.user}:{account.password}\n")
        backend = "htdigest" if account.scheme == "digest" else "plain"
        algorithm = '"algorithm" => "SHA-256", ' if account.scheme == "digest" else ""
        guard = (f'server.modules += ("mod_auth", "mod_authn_file")\nauth.backend = "{backend}"\n'
                 f'auth.backend.{backend}.userfile = "{folder}/users"\n'
                 f'auth.require = ("/" => ("method" => "{account.scheme}", {algorithm}"realm" => "{REALM}", '
                 f'"require" => "valid-user"))\n')
    (folder / "lighttpd.conf").write_text(f"""
{guard}
server.modules += ("mod_webdav")
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
    return spawn([program("lighttpd"), "-D", "-f", folder / "lighttpd.conf"], port, folder, root)


def start_webdav_server(folder, certificate=None, account=None):
    """npm's webdav-server, over a folder of files."""
    assert not certificate
    port = free_port()
    root = document_root(folder)
    environment = {"PORT": str(port), "ROOT": str(root), "REALM": REALM}
    if account:
        environment |= {"SCHEME": account.scheme, "NAME": account.user, "PASSWORD": account.password}
    return spawn([program("node"), NPM / "dav_server.cjs"], port, folder, root, environment)


def start_radicale(folder, certificate=None, account=None):
    port = free_port()
    storage = folder / "storage"
    (storage / "collection-root" / "anna").mkdir(parents=True)
    (folder / "rights").write_text("[all]\nuser: .*\ncollection: .*\npermissions: RrWw\n")
    (folder / "radicale.conf").write_text(f"""
[server]
hosts = 127.0.0.1:{port}
[auth]
type = none
[rights]
type = from_file
file = {folder}/rights
[storage]
filesystem_folder = {storage}
""")
    assert not certificate and not account
    return spawn([program("radicale"), "--config", folder / "radicale.conf"], port, folder)
