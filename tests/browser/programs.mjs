// The programs under test, for the tests of this folder: a running relay, and the command line that talks to it.
//   node tests/browser/SOME_test.mjs --relay build/debug/bin/tigress-relay --tigress build/debug/bin/tigress

import assert from 'node:assert/strict';
import {execFile, spawn} from 'node:child_process';
import {once} from 'node:events';
import {createInterface} from 'node:readline';
import {after} from 'node:test';
import {parseArgs, promisify} from 'node:util';

/// The paths of both.
export const {values: programs} = parseArgs({options: {relay: {type: 'string'}, tigress: {type: 'string'}}});
if (!programs.relay || !programs.tigress) throw new Error('expected --relay PROGRAM and --tigress PROGRAM');

/// The origin of a relay on plain HTTP and a free port of loopback, which browsers trust as they trust HTTPS. It ends
/// with the file's last test, and its shares with it.
export const startRelay = async (settings = {}) => {
  const rows = {'listen.port': '0', 'store.url': 'memory:', 'limits.rate': 'off', 'log.level': 'warning', ...settings};
  const definitions = Object.entries(rows).flatMap(([key, value]) => ['-D', `${key}=${value}`]);
  const relay = spawn(programs.relay, definitions, {stdio: ['ignore', 'pipe', 'inherit']});
  after(async () => {
    const ended = once(relay, 'exit');
    relay.kill();
    assert.equal((await ended)[0], 0, 'the relay ends cleanly');
  });
  for await (const line of createInterface(relay.stdout)) {
    const ready = /^tigress-relay listening on http:\/\/127\.0\.0\.1:(\d+)$/.exec(line);
    if (ready) return `http://localhost:${ready[1]}`;  // as it calls itself in links
  }
  throw new Error('the relay did not start');
};

/// What `tigress` prints to stdout. Fails unless it exits with 0.
export const tigress = async (...words) => (await promisify(execFile)(programs.tigress, words)).stdout.trim();

/// `tigress exchange`, one line at a time.
export class Exchange {
  #process;
  #lines;
  #ended;
  constructor(...words) {
    this.#process = spawn(programs.tigress, ['exchange', ...words], {stdio: ['pipe', 'pipe', 'ignore']});
    this.#lines = createInterface(this.#process.stdout)[Symbol.asyncIterator]();
    this.#ended = once(this.#process, 'exit');
  }
  say(information) {
    this.#process.stdin.write(JSON.stringify(information) + '\n');
  }
  async hear() {
    return (await this.#lines.next()).value;
  }
  /// Has nothing more to say.
  finish() {
    this.#process.stdin.end();
  }
  async exitStatus() {
    return (await this.#ended)[0];
  }
}
