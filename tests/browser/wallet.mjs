// www/wallet.js for the tests of this folder, as a page loads it: a classic script whose one name is `tigress`.

import {webcrypto} from 'node:crypto';
import {readFileSync} from 'node:fs';
import vm from 'node:vm';

globalThis.crypto ??= webcrypto;  // Node 18 has it under this name only

const script = new URL('../../www/wallet.js', import.meta.url);
vm.runInThisContext(readFileSync(script, 'utf8'), {filename: script.pathname});

export const tigress = vm.runInThisContext('tigress');
