// Reads a URL with one HTTP library, as its first example does: node fetch.mjs LIBRARY URL.

const readers = {
  'fetch': async (url) => fetch(url),
  'undici': async (url) => (await import('undici')).request(url),
  'axios': async (url) => (await import('axios')).default.get(url),
  'got': async (url) => (await import('got')).default(url),
  'got as JSON': async (url) => (await import('got')).default(url).json(),
  'node-fetch': async (url) => (await import('node-fetch')).default(url),
  'http': (url) => new Promise((done) => import('node:http').then(({get}) => get(url, (answer) => done(answer.resume())))),
};

const [library, url] = process.argv.slice(2);
await readers[library](url);
