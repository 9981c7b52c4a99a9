'use strict';

// "Send a test share": the relay's own page takes the place of the owner's wallet.
(() => {
  const kBetweenLooks = 3; // seconds
  const find = (id) => document.getElementById(id);
  const form = find('send-form');
  const link = find('send-link');
  const copy = find('send-copy');

  const shown = (id) => find(id).value.trim() || undefined;
  let busy = false;

  // Whether somebody has claimed the share; what comes after that, the conversation hears.
  const watch = async (session) => {
    for (;;) {
      let state;
      try {
        state = await session.state();
      } catch {
        state = 'waiting';
      }
      conversation.stand(`state.${state}`);
      if (state !== 'waiting') break;
      await tigress.browser.pause(kBetweenLooks);
    }
    conversation.meet();
  };

  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const information = conversation.read(find('send-text'));
    if (busy || !information) return;
    busy = true;
    conversation.say('sending');
    try {
      const display = {title: shown('send-title'), description: shown('send-description')};
      const session = await tigress.Session.create({information, display, vertical: find('send-kind').value});
      form.hidden = true;
      find('send-share').hidden = false;
      link.value = session.revealLink();
      link.focus();
      link.select();
      const ending = () => session.state().then((state) => `state.${state}`, () => 'ended');
      conversation.stand('state.waiting');
      conversation.begin(session, {finish: find('send-cancel'), ending});
      watch(session);
    } catch (error) {
      conversation.complain(error);
    }
    busy = false;
  });

  copy.addEventListener('click', async () => {
    const copied = find('send-copied');
    try {
      await navigator.clipboard.writeText(link.value);
      copied.textContent = copy.dataset.done;
    } catch {
      link.select();
      copied.textContent = copy.dataset.failed;
    }
  });

  find('send').hidden = !globalThis.crypto?.subtle;
})();
