/* The list of messages: where new ones go, staying at the end, earlier ones, what is read aloud. */
const log = document.querySelector('[data-js="log"]');
const NEAR = 80;

/* The message this page ends with, as every act must say. */
const head = () =>
  [...log.querySelectorAll('.msg')].at(-1)?.dataset.pk ?? document.getElementsByName('head')[0].value;

const isWriting = () => log.querySelector('.msg[aria-busy="true"]');

/* Put messages where they belong: one that has a sibling replaces it and all that followed. */
function place(parts, follow) {
  if (follow) following.now = true;
  for (const article of parts.querySelectorAll('.msg')) {
    const list = log.firstElementChild;
    const old = list.querySelector(`.msg[data-parent="${article.dataset.parent}"]`);
    const after = [...list.querySelectorAll('.msg')].at(-1);
    (old ?? after ?? list.lastElementChild)?.[old ? 'before' : 'after'](article);
    for (let next = old; next; ) {
      const gone = next;
      next = next.nextElementSibling;
      if (!gone.matches('.starters')) gone.remove();
    }
    log.dispatchEvent(new CustomEvent('arrived', { detail: article }));
  }
  following.stick();
}

const following = {
  now: true,
  stick() {
    if (this.now) log.scrollTop = log.scrollHeight;
    else jump.hidden = false;
  },
};

const jump = document.querySelector('[data-js="jump"]');
{
  let last = 0;
  log.addEventListener('scroll', () => {
    const gap = log.scrollHeight - log.scrollTop - log.clientHeight;
    /* Any way up lets go; coming down near the end takes hold again. */
    if (log.scrollTop < last && gap > 2) following.now = false;
    else if (gap < NEAR) following.now = true;
    last = log.scrollTop;
    if (following.now) jump.hidden = true;
  }, { passive: true });
  jump.addEventListener('click', () => {
    following.now = true;
    following.stick();
  });
  new ResizeObserver(() => following.now && following.stick()).observe(log);
  if (!location.hash && log.querySelector('.msg--me')) following.stick();
  else following.now = false;
}

/* Earlier messages load above; what is being read stays where it is. */
const earlier = new IntersectionObserver(async ([{ isIntersecting, target }]) => {
  if (!isIntersecting || target.ariaBusy) return;
  target.ariaBusy = 'true';
  const answer = await fetch(target.href, { redirect: 'manual' }).catch(() => ({}));
  if (!answer.ok) return void (target.ariaBusy = null);
  const parts = fragment(await answer.text());
  const known = target.nextElementSibling;
  if (known.dataset.day === [...parts.querySelectorAll('.day')].at(-1)?.dataset.day) known.remove();
  /* Browsers hold on to what is read, but not at the very top; Safari never does. */
  const below = log.scrollHeight - log.scrollTop;
  if (!log.scrollTop) log.scrollTop = 1;
  target.replaceWith(parts);
  if (!CSS.supports('overflow-anchor', 'auto')) log.scrollTop = log.scrollHeight - below;
  watchEarlier();
}, { root: log, rootMargin: '400px' });
const watchEarlier = () => {
  const link = log.querySelector('[data-js="earlier"]');
  if (link) earlier.observe(link);
};
watchEarlier();

/* Reads aloud for screen readers, at most once a second. */
const speaker = document.querySelector('[data-js="speaker"]');
function speak(words) {
  if (log.dataset.announce === 'off' || !words) return;
  speak.waiting = [speak.waiting, words].filter(Boolean).join('\n');
  speak.timer ??= setTimeout(() => {
    speaker.textContent = speak.waiting;
    speak.timer = speak.waiting = null;
  }, 1000);
}
