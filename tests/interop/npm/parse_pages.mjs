// What a browser makes of pages: an array of HTML texts on stdin, for each an array of its elements on stdout, in the
// order of the document, as {name, attributes, text}; `text` is what stands in the element itself.

import {text} from 'node:stream/consumers';
import {parse} from 'parse5';

function* elements(node) {
  for (const child of node.childNodes ?? []) {
    if (child.tagName === undefined) continue;
    yield {
      name: child.tagName,
      attributes: Object.fromEntries(child.attrs.map(({name, value}) => [name, value])),
      text: child.childNodes.filter((inner) => inner.nodeName === '#text').map((inner) => inner.value).join(''),
    };
    yield* elements(child);
  }
}

const errors = [];
const pages = JSON.parse(await text(process.stdin));
const parsed = pages.map((page) => [...elements(parse(page, {onParseError: (error) => errors.push(error.code)}))]);
if (errors.length > 0) throw new Error(`not well-formed HTML: ${[...new Set(errors)]}`);
console.log(JSON.stringify(parsed));
