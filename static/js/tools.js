/* What can be done with a message: other versions, going on, copying, answering a tool; by keys too. */
{
  const TRIES = 3;
  let busy = false;
  let tries = 0;

  const act = async (button, fields) => {
    if (busy || isWriting()) return;
    busy = true;
    const { act: name } = button.dataset;
    const answer = await post(button.dataset.post ?? button.action, { ...fields, send_key: newKey(), head: head() });
    busy = false;
    tell(answer.problem);
    if (!answer.parts) return;
    const held = log.contains(document.activeElement);
    place(answer.parts, answer.ok);
    /* Focus stays with the same control, or with its neighbours, or with the log. */
    if (held && !log.contains(document.activeElement)) {
      const bar = log.querySelector('.msg:last-of-type [role="toolbar"]');
      const heir = bar?.querySelector(`[data-act="${name}"]:enabled`) ?? bar?.querySelector('button:enabled') ?? log;
      log.toggleAttribute('data-held', heir === log);
      heir.focus({ preventScroll: true });
    }
    if (name === 'next' || name === 'previous') speak(log.querySelector('.msg:last-of-type .pager')?.ariaLabel);
  };

  /* Nobody chose to go to the log, so no ring is drawn around it until somebody does. */
  log.addEventListener('blur', () => log.removeAttribute('data-held'));

  const copy = async (button) => {
    const prose = button.closest('.msg').querySelector('.prose');
    const text = [...prose.children].map((p) => p.textContent).join('\n\n');
    const signed = `${text}\n\n${button.dataset.sign}`;
    try {
      await navigator.clipboard.writeText(signed);
    } catch { /* without TLS there is no clipboard: the old way */
      const paper = document.createElement('textarea');
      paper.value = signed;
      button.after(paper);
      paper.select();
      document.execCommand('copy');
      paper.remove();
      button.focus();
    }
    speak(button.dataset.said);
    button.dataset.done = '';
    setTimeout(() => delete button.dataset.done, 1500);
  };

  log.addEventListener('click', ({ target }) => {
    const button = target.closest('button');
    if (button?.dataset.post) act(button);
    else if (button?.dataset.act === 'copy') copy(button);
  });
  log.addEventListener('submit', (event) => {
    if (!event.target.matches('[data-js="answer"]')) return;
    event.preventDefault();
    act(event.target, Object.fromEntries(new FormData(event.target)));
  });

  /* A busy model is asked again by itself, three times at most. */
  const countDown = (line) => {
    const words = line.querySelector('span');
    const idle = () => {
      clearInterval(timer);
      words.textContent = line.dataset.idle;
      line.querySelector('[data-js="never-mind"]').remove();
    };
    let left = Number(line.dataset.countdown);
    const timer = setInterval(() => {
      if (!line.isConnected) return clearInterval(timer);
      if (!line.closest('.msg:last-of-type')) return idle();
      left -= 1;
      words.textContent = words.textContent.replace(/\d+/, left);
      if (left > 0) return;
      clearInterval(timer);
      tries += 1;
      line.querySelector('[data-js="again"]').click();
    }, 1000);
    line.querySelector('[data-js="never-mind"]').onclick = idle;
    if (tries >= TRIES) idle();
  };

  /* One stop for Tab in each toolbar; arrows go on inside. */
  const controls = (bar) => [...bar.querySelectorAll('a, button:enabled')].filter((one) => one.checkVisibility({ visibilityProperty: true }));
  const arrive = (article) => {
    const line = article.querySelector('[data-countdown]');
    if (line) countDown(line);
    const bar = article.querySelector('[role="toolbar"]');
    if (bar) controls(bar).forEach((one, place) => (one.tabIndex = place ? -1 : 0));
  };
  log.addEventListener('arrived', ({ detail }) => arrive(detail));
  for (const article of log.querySelectorAll('.msg')) arrive(article);

  const moveIn = (bar, step) => {
    const all = controls(bar);
    const to = all[(all.indexOf(document.activeElement) + step + all.length) % all.length];
    for (const one of all) one.tabIndex = one === to ? 0 : -1;
    to.focus();
  };
  const press = (name) => () => [...log.querySelectorAll(`[data-act="${name}"]`)].at(-1)?.click();
  const walk = (step) => () => {
    const all = [...log.querySelectorAll('.msg')];
    const at = all.indexOf(document.activeElement.closest('.msg'));
    all.at(at < 0 ? -1 : Math.min(Math.max(at + step, 0), all.length - 1))?.focus();
  };
  const KEYS = {
    j: walk(1), k: walk(-1), r: press('again'), c: press('continue'), i: press('sent'),
    ArrowLeft: press('previous'), ArrowRight: press('next'), '/': () => box.focus(),
  };
  log.addEventListener('keydown', (event) => {
    if (event.target.matches('input, textarea') || event.ctrlKey || event.metaKey || event.altKey) return;
    const bar = event.target.closest('[role="toolbar"]');
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const run = bar && step ? () => moveIn(bar, step) : KEYS[event.key];
    if (!run) return;
    event.preventDefault();
    run();
  });
}
