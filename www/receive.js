'use strict';

// "Open here": the page takes the place of a wallet. Nothing is asked of the relay before a person's click: robots run
// scripts, too.
(() => {
  const find = (id) => document.getElementById(id);
  const section = find('receive');
  const button = find('receive-open');

  const linkHere = () => {
    try {
      return tigress.parseLink(location.origin + section.dataset.path + location.search + location.hash);
    } catch {
      return null; // the page says itself that its link is incomplete
    }
  };

  let session = null; // one for all attempts: the relay knows the device by it
  let busy = false;
  let opened = false;
  const showLink = () => {
    if (opened || busy) return;
    const link = linkHere();
    session = link && tigress.Session.join(link);
    section.hidden = !link;
    conversation.excuse();
  };

  button.addEventListener('click', async () => {
    if (busy) return;
    busy = true;
    conversation.excuse();
    conversation.say('opening');
    try {
      const information = await session.receive();
      opened = true;
      button.hidden = true;
      conversation.begin(session, {finish: find('receive-finish'), ending: () => 'ended'});
      conversation.show('theirs', information).focus();
      conversation.meet();
    } catch (error) {
      conversation.complain(error);
    }
    busy = false;
  });

  addEventListener('hashchange', showLink);
  showLink();
})();
