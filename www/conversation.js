'use strict';

// What a person sees of a session, as receiver and as sender: the messages, an answer, how it stands, what went wrong.
// One session for as long as the page is open; nothing of it is stored.
const conversation = (() => {
  const part = (name) => document.getElementById(`wallet-${name}`);
  const [note, messages, template, form] = ['note', 'messages', 'message', 'answer'].map(part);
  const [text, failure, status, retry] = ['text', 'failure', 'status', 'again'].map(part);
  const word = (name) => document.querySelector(`#wallet-words [data-word="${name}"]`).textContent;

  // What a person can do about a failure, by its code; the words are in conversation.html.
  const kFailures = {
    notFoundOrExpired: 'gone',
    takenByAnotherDevice: 'taken',
    overtaken: 'overtaken',
    wrongKeyOrAltered: 'key',
    replayed: 'tampered',
    reflected: 'tampered',
    messageMissing: 'tampered',
    forked: 'tampered',
    previewChanged: 'tampered',
    unmarked: 'tampered',
    slowDown: 'busy',
    answerLost: 'network',
    relayFailed: 'network',
    refusedByPolicy: 'refused',
    tooLarge: 'large',
    notAMessage: 'message',
  };
  const kPassing = ['network', 'busy'];

  let session = null;
  let view = null;
  let standing = 'listening';
  let stop = null; // what ends the listening
  let listening = Promise.resolve();
  let busy = false;

  const say = (name) => {
    status.textContent = name ? word(name) : '';
  };
  const excuse = () => {
    failure.hidden = true;
    failure.textContent = '';
    retry.hidden = true;
  };
  /// Says what went wrong. `again` is what the button to try again does, where that may help.
  const complain = (error, again = null) => {
    const name = kFailures[error.code] ?? 'browser';
    say('');
    failure.textContent = word(`failure.${name}`);
    failure.hidden = false;
    retry.hidden = !again || !kPassing.includes(name);
    retry.onclick = () => {
      excuse();
      again();
    };
  };

  const save = (written, number) => {
    const link = document.createElement('a');
    link.href = URL.createObjectURL(new Blob([`${written}\n`], {type: 'application/json'}));
    link.download = `provisioning-information-${number}.json`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  };

  const show = (whose, information) => {
    const written = tigress.indented(tigress.informationText(information));
    const message = template.content.cloneNode(true);
    const number = messages.childElementCount + 1;
    const heading = message.querySelector('h3');
    const button = message.querySelector('button');
    heading.textContent = word(whose);
    heading.id = `wallet-message-${number}`;
    message.querySelector('pre').textContent = written;
    button.setAttribute('aria-describedby', heading.id);
    button.addEventListener('click', () => save(written, number));
    messages.append(message);
    if (whose === 'theirs' && !text.value) {
      text.value = tigress.indented(tigress.informationText({format: information.format, content: '{}'}));
    }
    return heading;
  };

  // Browsers ask in words of their own; why, the note on the page says.
  const warn = (event) => {
    event.preventDefault();
    event.returnValue = true;
  };
  const end = (name) => {
    if (!session) return;
    session = null;
    stop.abort();
    removeEventListener('beforeunload', warn);
    for (const element of [form, note, view.finish]) element.hidden = true;
    excuse();
    say(name);
  };

  const hear = async () => {
    stop = new AbortController();
    while (session) {
      say(standing);
      try {
        show('theirs', await session.receive(stop.signal));
        excuse();
        form.hidden = false;
      } catch (error) {
        if (error.code === 'stillWaiting' || !session) return;
        if (error.code === 'notFoundOrExpired') {
          end(await view.ending());
          return;
        }
        complain(error, listen);
        // After anything worse than a bad network the other device's messages cannot be trusted.
        if (retry.hidden) form.hidden = true;
        return;
      }
    }
  };
  const listen = () => {
    listening = hear();
  };
  // Does one thing at a time, and none of it while a message is awaited.
  const interrupting = async (deed) => {
    if (busy || !session) return;
    busy = true;
    stop.abort();
    await listening;
    excuse();
    let failed = null;
    if (session) failed = await deed().then(() => null, (error) => error);
    busy = false;
    if (!session) return;
    if (failed?.code === 'notFoundOrExpired') {
      end(await view.ending());
      return;
    }
    if (failed) complain(failed);
    // A message that may be on its way comes first: the button that sent it sends it again.
    if (!session.pending) listen();
    if (failed && !session.pending && failed.code !== 'overtaken') complain(failed);
  };

  let written = null;
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    if (!session?.pending) written = read(text);
    if (!written) return;
    interrupting(async () => {
      say('sending');
      try {
        await (session.pending ? session.resend() : session.send(written));
      } finally {
        text.readOnly = session.pending;
      }
      show('ours', written);
      text.value = '';
    });
  });

  /// The message in a text field; null, and said so, if it holds none.
  const read = (field) => {
    const information = tigress.parseInformation(field.value);
    field.setAttribute('aria-invalid', String(!information));
    if (information) {
      excuse();
    } else {
      complain({code: 'notAMessage'});
      field.focus();
    }
    return information;
  };

  return Object.freeze({
    say,
    excuse,
    complain,
    read,
    show,
    end,
    /// Goes on with an open session: `finish` is the button that removes the share, `ending()` the word for how it
    /// ended when it is gone.
    begin(opened, {finish, ending}) {
      session = opened;
      view = {finish, ending};
      note.hidden = false;
      finish.hidden = false;
      addEventListener('beforeunload', warn);
      finish.addEventListener('click', () => interrupting(async () => {
        await session.remove();
        end('removed');
      }));
      listen();
    },
    /// What to say while nothing happens.
    stand(name) {
      if (!session) return;
      standing = name;
      if (!busy && failure.hidden) say(name);
    },
    /// From now on the other device is there to be answered.
    meet() {
      form.hidden = !session;
    },
  });
})();
