// The push services of tests/push in one server: a Web Push service, Apple's, Google's with its sign-in, and a
// webhook's receiver. Each is as strict as its protocol lets it be, and judges with other people's libraries.
//
//     node services.mjs CERTIFICATE KEY EXPECTED.json
//
// EXPECTED.json: what the relay is set to, {vapidKey, contact, apnsKey (public PEM), apnsKeyId, apnsTeam, apnsTopic,
// fcmKey (public PEM), fcmEmail, fcmProject}; fcmKey and such may be absent. Prints one JSON object a line: first
// {port, tokens: {type: {name: tokenData}}}, then {type, name, text} for each push it took and {type, fault} for
// each it had to refuse. Takes lines on stdin: {type, name, status, headers} is what the next pushes to that name
// get; {type, name} alone ends that.

import crypto from "node:crypto";
import fs from "node:fs";
import http2 from "node:http2";
import readline from "node:readline";
import ece from "http_ece";
import * as jose from "jose";
import { Webhook } from "standardwebhooks";

const [certificate, key, expectedFile] = process.argv.slice(2);
const expected = () => JSON.parse(fs.readFileSync(expectedFile, "utf8"));
const names = ["sender", "receiver"];
const say = (line) => process.stdout.write(JSON.stringify(line) + "\n");
const answers = new Map(); // "type name" -> {status, headers}
const messages = new Set(); // webhook ids that were taken

class Fault extends Error {
  constructor(status, why, body = "") {
    super(why);
    this.status = status;
    this.body = body;
  }
}

function must(good, status, why, body) {
  if (!good) throw new Fault(status, why, body);
}

const browsers = Object.fromEntries(names.map((name) => {
  const ecdh = crypto.createECDH("prime256v1");
  ecdh.generateKeys();
  return [name, { ecdh, secret: crypto.randomBytes(16) }];
}));
const devices = Object.fromEntries(names.map((name) => [name, crypto.randomBytes(32).toString("hex")]));
const apps = Object.fromEntries(names.map((name) => [name, `${name}:${crypto.randomBytes(60).toString("base64url")}`]));
const secrets = Object.fromEntries(names.map((name) => [name, "whsec_" + crypto.randomBytes(32).toString("base64")]));
const accessTokens = new Set();

async function webPush(request, body, name) {
  const headers = request.headers;
  must(/^\d+$/.test(headers.ttl ?? ""), 400, "no TTL (RFC 8030 section 5.2)");
  must(headers.urgency === undefined || /^(very-low|low|normal|high)$/.test(headers.urgency), 400, "Urgency");
  must(headers.topic === undefined || /^[A-Za-z0-9_-]{1,32}$/.test(headers.topic), 400, "Topic (RFC 8030 section 5.4)");
  must(headers["content-encoding"] === "aes128gcm", 400, "no aes128gcm (RFC 8291 section 4)");
  const credentials = /^vapid t=([^,\s]+), k=([^,\s]+)$/.exec(headers.authorization ?? "");
  must(credentials, 401, "no VAPID (RFC 8292 section 3)");
  const { vapidKey, contact } = expected();
  must(credentials[2] === vapidKey, 403, "not the key of the subscription");
  const point = Buffer.from(credentials[2], "base64url");
  const jwk = { kty: "EC", crv: "P-256", x: point.subarray(1, 33).toString("base64url"), y: point.subarray(33).toString("base64url") };
  const { payload } = await jose.jwtVerify(credentials[1], await jose.importJWK(jwk, "ES256"),
                                           { algorithms: ["ES256"], audience: `https://localhost:${port}` });
  must(payload.exp <= Date.now() / 1000 + 86400, 403, "VAPID token for more than a day");
  must(payload.sub === contact, 403, "VAPID without its contact");
  const { ecdh, secret } = browsers[name];
  must(body.length <= 4096, 413, "too long");
  return [201, ece.decrypt(body, { version: "aes128gcm", privateKey: ecdh, authSecret: secret.toString("base64url") }).toString()];
}

async function apns(request, body, name) {
  const refuse = (status, reason) => [status, reason, JSON.stringify({ reason })];
  must(request.httpVersion === "2.0", 505, "not HTTP/2");
  const { apnsKey, apnsKeyId, apnsTeam, apnsTopic } = expected();
  const [scheme, token] = (request.headers.authorization ?? "").split(" ");
  must(scheme === "bearer", ...refuse(403, "MissingProviderToken"));
  try {
    const { payload, protectedHeader } =
      await jose.jwtVerify(token, await jose.importSPKI(apnsKey, "ES256"), { algorithms: ["ES256"], issuer: apnsTeam });
    must(protectedHeader.kid === apnsKeyId && Math.abs(Date.now() / 1000 - payload.iat) < 3600, ...refuse(403, "InvalidProviderToken"));
  } catch (error) {
    throw error instanceof Fault ? error : new Fault(...refuse(403, "InvalidProviderToken"));
  }
  const headers = request.headers;
  must(headers["apns-topic"] === apnsTopic, ...refuse(400, "BadTopic"));
  must(headers["apns-push-type"] === "background" && headers["apns-priority"] === "5", ...refuse(400, "BadPriority"));
  must(/^\d+$/.test(headers["apns-expiration"]), ...refuse(400, "BadExpirationDate"));
  must((headers["apns-collapse-id"] ?? "").length <= 64, ...refuse(400, "BadCollapseId"));
  must(name, ...refuse(400, "BadDeviceToken"));
  const payload = JSON.parse(body);
  must(payload.aps["content-available"] === 1 && Object.keys(payload.aps).length === 1, ...refuse(400, "PayloadEmpty"));
  return [200, JSON.stringify(payload)];
}

async function signIn(body) {
  const { fcmKey, fcmEmail } = expected();
  const form = new URLSearchParams(body.toString());
  must(form.get("grant_type") === "urn:ietf:params:oauth:grant-type:jwt-bearer", 400, "grant_type (RFC 7523)");
  const { payload } = await jose.jwtVerify(form.get("assertion"), await jose.importSPKI(fcmKey, "RS256"), {
    algorithms: ["RS256"], audience: `https://localhost:${port}/token`, issuer: fcmEmail });
  must(payload.scope === "https://www.googleapis.com/auth/firebase.messaging", 400, "scope");
  must(payload.exp - payload.iat <= 3600, 400, "an assertion for more than an hour");
  const token = crypto.randomBytes(24).toString("base64url");
  accessTokens.add(token);
  return token;
}

function fcm(request, body) {
  const [scheme, token] = (request.headers.authorization ?? "").split(" ");
  must(scheme === "Bearer" && accessTokens.has(token), 401, "not signed in");
  const { message } = JSON.parse(body);
  must(Object.values(message.data).every((value) => typeof value === "string"), 400, "data that is no text");
  const name = names.find((one) => apps[one] === message.token);
  must(name, 404, "unknown app", JSON.stringify({ error: { code: 404, details: [{ errorCode: "UNREGISTERED" }] } }));
  must(/^\d+s$/.test(message.android.ttl) && message.android.priority === "HIGH", 400, "android");
  return [name, 200, JSON.stringify(message.data)];
}

function webhook(request, body, name) {
  const event = new Webhook(secrets[name]).verify(body.toString(), request.headers);
  if (event.type === "challenge") return [200, "challenge", JSON.stringify({ challenge: event.data.challenge })];
  must(!messages.has(request.headers["webhook-id"]), 200, "a repeat of what was taken");
  messages.add(request.headers["webhook-id"]);
  return [204, JSON.stringify(event.data) === "{}" ? event.type : JSON.stringify(event)];
}

async function answer(request, body) {
  const [, service, name] = request.url.split("/");
  if (request.url === "/token") {
    const token = await signIn(body);
    say({ type: "com.google.fcm", name: "", text: "signed in" });
    return { status: 200, body: JSON.stringify({ access_token: token, expires_in: 3600, token_type: "Bearer" }) };
  }
  let [type, who, status, text, reply] = ["", name, 404, "", ""];
  if (service === "webpush") [type, status, text] = ["webpush", ...await webPush(request, body, name)];
  else if (service === "hook") [type, status, text, reply = ""] = ["webhook", ...webhook(request, body, name)];
  else if (service === "v1") [type, who, status, text] = ["com.google.fcm", ...fcm(request, body)];
  else if (service === "3") {
    who = names.find((one) => devices[one] === request.url.split("/")[3]);
    [type, status, text] = ["com.apple.apns", ...await apns(request, body, who)];
  } else throw new Fault(404, `nothing is at ${request.url}`);
  const told = text === "challenge" ? undefined : answers.get(`${type} ${who}`);
  if (told) messages.delete(request.headers["webhook-id"]); // it was not taken
  say({ type, name: who, text, status: told?.status ?? status });
  return told ? { status: told.status, headers: told.headers, body: told.body ?? "" } : { status, body: reply };
}

const server = http2.createSecureServer({ cert: fs.readFileSync(certificate), key: fs.readFileSync(key), allowHTTP1: true });
server.on("request", async (request, response) => {
  const parts = [];
  for await (const part of request) parts.push(part);
  let result;
  try {
    result = await answer(request, Buffer.concat(parts));
  } catch (error) {
    say({ fault: `${request.url.split("/")[1]}: ${error.message}` });
    result = { status: error.status ?? 400, body: error.body ?? "" };
  }
  response.writeHead(result.status, { "content-type": "application/json", ...result.headers });
  response.end(result.body);
});

let port = 0;
server.listen(0, "127.0.0.1", () => {
  port = server.address().port;
  const encode = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const each = (make) => Object.fromEntries(names.map((name) => [name, make(name)]));
  say({
    port,
    tokens: {
      webpush: each((name) => encode({
        endpoint: `https://localhost:${port}/webpush/${name}`, expirationTime: null,
        keys: { p256dh: browsers[name].ecdh.getPublicKey("base64url"), auth: browsers[name].secret.toString("base64url") } })),
      "com.apple.apns": each((name) => devices[name]),
      "com.google.fcm": each((name) => apps[name]),
      webhook: each((name) => encode({ url: `https://localhost:${port}/hook/${name}`, secret: secrets[name] })),
    },
  });
});

readline.createInterface({ input: process.stdin }).on("line", (line) => {
  const { type, name, ...told } = JSON.parse(line);
  if (told.status) answers.set(`${type} ${name}`, told);
  else answers.delete(`${type} ${name}`);
  say({ told: true });
}).on("close", () => process.exit(0));
