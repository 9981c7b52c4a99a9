// npm's webdav-server over the folder ROOT, on the loopback; tests/interop/dav_servers.py starts it.
const {v2} = require('webdav-server');

const {PORT, ROOT, REALM, SCHEME, NAME, PASSWORD} = process.env;
const options = {port: Number(PORT), hostname: '127.0.0.1', requireAuthentification: Boolean(SCHEME)};
if (SCHEME) {
  const users = new v2.SimpleUserManager();
  users.addUser(NAME, PASSWORD, true);
  const Authentication = SCHEME === 'digest' ? v2.HTTPDigestAuthentication : v2.HTTPBasicAuthentication;
  options.httpAuthentication = new Authentication(users, REALM);
}
const server = new v2.WebDAVServer(options);
server.setFileSystem('/', new v2.PhysicalFileSystem(ROOT), () => server.start());
