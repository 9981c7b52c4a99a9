(() => {
  const find = (id) => document.getElementById(id);
  const incomplete = find('incomplete');
  // A link for the wallet: Android takes an intent, iOS a universal link on a host other than this one.
  const walletLink = (button, secret) => {
    const address = location.host + location.pathname + location.search;
    const {android, host} = button.dataset;
    if (android && /Android/.test(navigator.userAgent)) {
      return `intent://${address}#${secret}#Intent;scheme=https;package=${android};end`;
    }
    if (host && /iPhone|iPad|iPod/.test(navigator.userAgent)) {
      return `https://${host}${location.pathname}${location.search}#${secret}`;
    }
    return '';
  };

  const open = find('open');
  const copy = find('copy');
  const status = find('status');

  const showLink = () => {
    const secret = secretIn(location.hash);
    incomplete.hidden = Boolean(secret);
    find('complete').hidden = !secret;
    const link = secret && walletLink(open, secret);
    open.hidden = !link;
    if (link) open.href = link;
    copy.hidden = !secret;
    copy.classList.toggle('first', !link);
    status.textContent = '';
  };

  copy.addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(location.href);
      status.textContent = copy.dataset.done;
    } catch (error) {
      status.textContent = copy.dataset.failed;
    }
  });

  const expires = find('expires');
  const when = new Date(expires.dateTime);
  expires.textContent = new Intl.DateTimeFormat(document.documentElement.lang, {
    weekday: 'long', day: 'numeric', month: 'long', hour: 'numeric', minute: '2-digit', timeZoneName: 'short',
  }).format(when);

  addEventListener('hashchange', showLink);
  showLink();
})();
