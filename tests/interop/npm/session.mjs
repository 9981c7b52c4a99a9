// npm's webdav against one share: node session.mjs COLLECTION NEW_FILE STEP. Throws if anything is not as it should be.

import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import {createClient} from 'webdav';

const [collection, newFile, step] = process.argv.slice(2);
const client = createClient(collection);
const file = '/share.json';
const next = readFileSync(newFile);
const refused = (status) => (error) => error.status === status;

const steps = {
  async session() {
    assert.deepEqual((await client.getDAVCompliance('/')).compliance, ['1', '2']);
    assert.deepEqual((await client.getDirectoryContents('/')).map((entry) => entry.basename), ['share.json']);
    assert(await client.exists(file));
    assert(!(await client.exists('/other.json')));
    const first = await client.getFileContents(file);
    const about = await client.stat(file);
    assert.equal(about.type, 'file');
    assert.equal(about.size, first.length);
    assert.equal(about.mime, 'application/json');
    assert.equal(await client.getQuota(), null);
    assert.equal(await client.putFileContents(file, next, {overwrite: false}), false);
    assert.equal(await client.putFileContents(file, next), true);
    assert.deepEqual(await client.getFileContents(file), next);
  },
  async lock() {
    const {token, serverTimeout} = await client.lock(file, {timeout: 'Second-300'});
    assert.equal(serverTimeout, 'Second-300');
    await assert.rejects(client.putFileContents(file, next), refused(423));
    await assert.rejects(client.deleteFile(file), refused(423));
    await client.putFileContents(file, next, {headers: {If: `(<${token}>)`}});
    console.log(token);
  },
  async unlock() {
    const {token} = await client.lock(file);
    await client.unlock(file, token);
    await client.putFileContents(file, next);
  },
  async delete() {
    await client.deleteFile(file);
    assert(!(await client.exists(file)));
  },
};

await steps[step]();
