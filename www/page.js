(() => {
  const find = (id) => document.getElementById(id);
  const incomplete = find('incomplete');
  const complete = find('complete');
  const open = find('open');
  const show = find('show');
  const copy = find('copy');
  const status = find('status');
  const code = find('code');

  const systems = {android: /Android/, ios: /iPhone|iPad|iPod/};
  const system = Object.keys(systems).find((name) => systems[name].test(navigator.userAgent));

  // A link for the wallet: Android takes an intent, iOS a universal link on a host other than this one.
  const walletLink = (secret) => {
    const {android, host} = open.dataset;
    const place = location.pathname + location.search + '#' + secret;
    if (system === 'android' && android) {
      return `intent://${location.host}${place}#Intent;scheme=https;package=${android};end`;
    }
    return system === 'ios' && host ? `https://${host}${place}` : '';
  };

  const showCode = (shown) => {
    show.setAttribute('aria-expanded', shown);
    code.hidden = !shown;
    if (!shown) return;
    const rows = qrCode(location.href);
    const margin = 4;
    const side = rows.length + 2 * margin;
    const svg = code.querySelector('svg');
    svg.setAttribute('viewBox', `${-margin} ${-margin} ${side} ${side}`);
    svg.querySelector('path').setAttribute('d', rows.map((row, y) =>
      row.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : '')).join('')).join(''));
    code.scrollIntoView({block: 'nearest'});
  };

  // What the page offers depends on the fragment, which may change while it is open.
  const showLink = () => {
    const secret = secretIn(location.hash);
    incomplete.hidden = Boolean(secret);
    complete.hidden = !secret;
    const link = secret && walletLink(secret);
    open.hidden = !link;
    if (link) open.href = link;
    show.hidden = location.href.length > kLongestQrText;
    copy.hidden = false;
    // One main thing to do: the first that is there.
    const actions = [...complete.querySelectorAll('.button:not([hidden])')];
    for (const action of actions) action.classList.toggle('first', action === actions[0]);
    showCode(false);
    status.textContent = '';
  };

  show.addEventListener('click', () => showCode(code.hidden));

  copy.addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(location.href);
      status.textContent = copy.dataset.done;
    } catch (error) {
      status.textContent = copy.dataset.failed;
    }
  });

  // A computer shows the link to a phone; a phone that has no wallet passes it on.
  if (system) show.before(copy);

  // Of several app stores, a phone has use for one.
  for (const store of document.querySelectorAll('.store')) {
    store.hidden = Boolean(system) && store.dataset.system !== system;
  }

  const expires = find('expires');
  expires.textContent = new Intl.DateTimeFormat(document.documentElement.lang, {
    weekday: 'long', day: 'numeric', month: 'long', hour: 'numeric', minute: '2-digit', timeZoneName: 'short',
  }).format(new Date(expires.dateTime));

  addEventListener('hashchange', showLink);
  showLink();
})();
