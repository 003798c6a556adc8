/* Writing: keys, quick marks, the draft, and sending so that no word is ever lost. */
const form = document.querySelector('[data-js="composer"]');
const box = form.elements.text;
{
  const store = `draft:${form.dataset.chat}`;
  const { draft: draftUrl } = form.dataset;
  const touch = matchMedia('(pointer: coarse)').matches;
  let key = form.elements.send_key.value;
  let tried = false; /* this text went out under this key, perhaps in vain */
  let sending = false;
  let pending = 0; /* the timer of the next try */
  let delay = 0;
  let saver = 0;
  let saving = Promise.resolve();

  const keep = (kept) => {
    try {
      if (box.value) localStorage.setItem(store, JSON.stringify({ text: box.value, key, kept }));
      else localStorage.removeItem(store);
    } catch { /* no room or not allowed: the server keeps the draft */ }
  };

  /* The draft of this device, unless it was sent, or changed on another device since. */
  const restore = () => {
    let here = null;
    try { here = JSON.parse(localStorage.getItem(store)); } catch { /* as if there were none */ }
    if (!here) return;
    const sent = log.querySelector(`.msg[data-key="${CSS.escape(here.key)}"]`);
    if (sent || (here.kept && here.text !== box.value)) return localStorage.removeItem(store);
    box.value = here.text;
    key = here.key;
    tried = true;
  };

  const saveSoon = () => {
    clearTimeout(saver);
    saver = setTimeout(() => {
      const text = box.value;
      saving = post(draftUrl, { text }).then(({ ok }) => ok && box.value === text && keep(true));
    }, 1000);
  };

  const setText = (text) => {
    box.value = text;
    box.dispatchEvent(new Event('input', { bubbles: true }));
  };

  const calm = () => {
    clearTimeout(pending);
    pending = delay = 0;
  };

  const sent = (text, parts) => {
    tried = false;
    key = newKey();
    calm();
    tell();
    if (box.value.startsWith(text)) setText(box.value.slice(text.length));
    clearTimeout(saver);
    if (box.value) saveSoon();
    place(parts, true);
  };

  const failed = ({ parts, problem }) => {
    keep();
    tell(problem);
    if (parts?.querySelector('.msg')) place(parts);
    if (problem !== 'offline' && problem !== 'unreachable') return;
    delay = Math.min(30000, delay * 2 || 2000);
    clearTimeout(pending);
    pending = setTimeout(send, delay);
  };

  const send = async () => {
    const text = box.value;
    if (sending || !text.trim()) return;
    if (isWriting()) return tell('still-writing');
    sending = tried = true;
    clearTimeout(saver);
    keep();
    await saving;
    const answer = await post(form.action, { text, send_key: key, head: head() });
    sending = false;
    if (answer.ok) sent(text, answer.parts);
    else failed(answer);
  };

  const stopWriting = async () => {
    const running = log.querySelector('[data-stop]');
    const answer = running && await post(running.dataset.stop);
    if (answer?.problem) tell(answer.problem);
  };

  const wrap = (marks) => {
    const [open, close] = marks.split(',');
    const { selectionStart: start, selectionEnd: end, value } = box;
    box.setRangeText(open + value.slice(start, end) + close, start, end, 'end');
    box.selectionEnd = box.selectionStart -= close.length;
    setText(box.value);
    box.focus();
  };
  const wrapBy = (place) => wrap(form.querySelectorAll('.ins')[place].dataset.wrap);

  restore();
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    calm();
    send();
  });
  box.addEventListener('input', () => {
    if (tried && !sending) key = newKey();
    tried = sending;
    calm();
    keep();
    saveSoon();
  });
  addEventListener('online', () => pending && send());
  addEventListener('offline', () => box.value && tell('offline'));

  /* Enter belongs to the input method while it composes; Safari only says so by 229. */
  box.addEventListener('keydown', (event) => {
    if (event.isComposing || event.keyCode === 229) return;
    const command = event.ctrlKey || event.metaKey;
    const plain = 'enterSends' in form.dataset && !touch && !event.shiftKey;
    const act = {
      Enter: (command || plain) && (() => form.requestSubmit()),
      KeyI: command && !event.shiftKey && (() => wrapBy(0)),
      Quote: command && event.shiftKey && (() => wrapBy(1)),
      Digit9: command && event.shiftKey && (() => wrapBy(2)),
    }[event.key === 'Enter' ? event.key : event.code];
    if (!act) return;
    event.preventDefault();
    act();
  });

  /* Esc stops the reply wherever focus is, unless something open takes it to close itself. */
  addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || event.isComposing || event.keyCode === 229 || event.defaultPrevented) return;
    if (!isWriting() || document.querySelector('dialog[open], :popover-open')) return;
    event.preventDefault();
    stopWriting();
  });

  /* Focus stays where it is: the phone's keyboard as well, and no button moves under the finger. */
  form.addEventListener('pointerdown', (event) => event.target.closest('.ins, .send, [data-js="stop"]') && event.preventDefault());
  form.addEventListener('click', ({ target }) => {
    const mark = target.closest('.ins');
    if (mark) wrap(mark.dataset.wrap);
    if (target.closest('[data-js="stop"]')) stopWriting();
  });
  log.addEventListener('click', ({ target }) => {
    if (!target.matches('[data-js="starter"]')) return;
    setText(box.value ? `${box.value}\n${target.textContent.trim()}` : target.textContent.trim());
    form.requestSubmit();
    ready();
  });
  /* A finger's keyboard would cover the page, so it opens only when asked for. */
  const ready = () => touch || box.focus({ preventScroll: true });
  document.addEventListener('htmx:afterRequest', ready); /* the notice before the first words is gone */
  ready();
}
