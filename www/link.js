'use strict';

// The Secret stands in the fragment: 16 or 32 bytes of base64, perhaps with what a messaging app
// glued to it. Read as repairFragment() in common/share_url.cpp reads it, spare bits of the last
// character included, so that the page never praises a link that a wallet would refuse.
const secretIn = (fragment) => {
  let text = fragment.replace(/^#/, '');
  try {
    text = decodeURIComponent(text);
  } catch (error) {
    return '';
  }
  text = text.replace(/[^A-Za-z0-9+/_-]+$/, '').replace(/ /g, '+');
  return /^([A-Za-z0-9+/_-]{21}[AQgw]|[A-Za-z0-9+/_-]{42}[AEIMQUYcgkosw048])$/.test(text) ? text : '';
};
