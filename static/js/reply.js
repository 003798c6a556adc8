/* A reply that is being written: reads its events, survives lost lines and proxies that hold them
   back, and hands over to the finished message without touching the words. */
const SLOW = 8000;
const SILENCE = 5000;
const POLL = 2000;

class Reply {
  constructor(article) {
    this.article = article;
    this.prose = article.querySelector('.prose');
    this.text = this.prose.dataset.raw;
    this.after = Number(article.dataset.after);
    this.failures = 0;
    this.hasLanguage = this.text;
    this.pen = new Pen(new Writer(this.prose), log.dataset.pace, () => this.written());
    this.pen.restart(this.text);
    if (!this.text) this.slow = setTimeout(() => this.hint(), SLOW);
    this.paragraphs = 0;
    this.onShow = () => {
      this.failures = 0;
      this.listen();
    };
    document.addEventListener('visibilitychange', this.onShow);
    addEventListener('online', this.onShow);
    speak(log.dataset.writes);
    this.listen();
  }

  /* A hidden page holds no line: a browser has six of them for all its tabs. */
  listen() {
    this.close();
    if (this.over || this.lost || document.hidden) return;
    if (this.failures >= 3) return this.poll();
    const source = (this.source = new EventSource(`${this.article.dataset.events}?after=${this.after}`));
    const on = (kind, act) => source.addEventListener(kind, (event) => {
      this.failures = 0;
      this.after = Number(event.lastEventId) || this.after;
      this.watch();
      act(JSON.parse(event.data || '{}'));
    });
    on('message', ({ t }) => this.add(t));
    on('replace', ({ t }) => this.rewrite(t));
    on('wait', ({ seconds, kind }) => this.hint(log.dataset[kind === 'rate_limited' ? 'busy' : 'again'].replace('{seconds}', Math.round(seconds))));
    on('moved', () => this.listen());
    on('end', () => this.finish());
    source.onerror = () => {
      this.failures += 1;
      if (source.readyState === EventSource.CLOSED || this.failures >= 3) this.poll();
    };
    this.watch();
  }

  close() {
    this.source?.close();
    clearTimeout(this.timer);
  }

  /* Nothing for a while: look whether the server has more than the line brought. */
  watch() {
    clearTimeout(this.timer);
    this.timer = setTimeout(async () => {
      if (await this.look()) this.poll();
      else if (!this.over && !this.lost) this.watch();
    }, SILENCE);
  }

  async poll() {
    this.close();
    await this.look();
    if (!this.over && !this.lost && !document.hidden) this.timer = setTimeout(() => this.poll(), POLL);
  }

  /* Take in the stored text; true if it was ahead of what is shown. */
  async look() {
    const fresh = await this.fetch();
    if (!fresh || this.over) return false;
    if (!fresh.dataset.events) return this.finish(fresh);
    const { raw } = fresh.querySelector('.prose').dataset;
    if (this.text.startsWith(raw)) return false;
    this.after = Number(fresh.dataset.after);
    if (raw.startsWith(this.text)) this.add(raw.slice(this.text.length));
    else this.rewrite(raw);
    return true;
  }

  async fetch() {
    try {
      const answer = await fetch(this.article.dataset.reply, { redirect: 'manual' });
      this.lost = { opaqueredirect: 'signed-out' }[answer.type] ?? { 404: 'gone' }[answer.status];
      if (this.lost) tell(this.lost);
      return answer.ok ? fragment(await answer.text()).querySelector('.msg') : null;
    } catch {
      return null;
    }
  }

  add(text) {
    this.text += text;
    this.setLanguage();
    this.pen.feed(text);
  }

  /* Once, by the first letters, before any of them stands: another font would move them. */
  setLanguage() {
    if (this.hasLanguage) return;
    const [, cjk, latin] = /([\u3000-\u9fff\uff00-\uffef])|([a-z])/i.exec(this.text) ?? [];
    if (cjk) this.prose.lang = 'zh-Hans';
    else if (latin) this.prose.lang = 'en';
    this.hasLanguage = cjk || latin;
  }

  rewrite(text) {
    this.text = text;
    this.setLanguage();
    this.pen.restart(text);
  }

  written() {
    if (!this.begun) {
      this.begun = true;
      this.article.dataset.state = 'streaming';
      clearTimeout(this.slow);
      for (const line of this.article.querySelectorAll('[data-js="waiting"], [data-js="slow"]')) line.remove();
    }
    following.stick();
    if (log.dataset.announce !== 'paragraph') return;
    const { length } = this.prose.children;
    for (; this.paragraphs < length - 1; this.paragraphs += 1) speak(this.prose.children[this.paragraphs].textContent);
  }

  hint(words) {
    const line = this.article.querySelector('[data-js="slow"]');
    if (!line) return;
    if (words) line.textContent = words;
    line.hidden = false;
    following.stick();
  }

  async finish(fresh) {
    if (this.over) return true;
    this.over = true;
    this.close();
    clearTimeout(this.slow);
    document.removeEventListener('visibilitychange', this.onShow);
    removeEventListener('online', this.onShow);
    let message = fresh;
    for (let wait = 500; !(message ??= await this.fetch()); wait *= 2) {
      if (this.lost) return true;
      await new Promise((resolve) => setTimeout(resolve, Math.min(wait, 15000)));
    }
    await this.pen.finish();
    this.handOver(message);
    return true;
  }

  /* The chat's row beside it shows the last words and their time, as a reload would. */
  tellList(text, fresh) {
    const row = document.querySelector('.row[aria-current]');
    const words = row?.querySelector('.row__sub > span');
    if (!words) return;
    words.removeAttribute('class');
    words.lang = fresh.querySelector('.prose').lang;
    words.replaceChildren(text.length > 80 ? `${text.slice(0, 80)}…` : text);
    const [shown, said] = [row.querySelector('time'), fresh.querySelector('time')];
    if (shown && said) shown.replaceWith(said.cloneNode(true));
  }

  /* The words stay as they are; all around them comes from the finished message. */
  handOver(fresh) {
    const { article, prose } = this;
    const words = fresh.querySelector('.prose');
    if (prose.innerHTML.trim() !== words.innerHTML.trim()) prose.replaceChildren(...words.childNodes);
    prose.removeAttribute('data-raw');
    for (const { name } of [...article.attributes]) if (!fresh.hasAttribute(name)) article.removeAttribute(name);
    for (const { name, value } of fresh.attributes) article.setAttribute(name, value);
    if (!fresh.querySelector('.ai')) article.querySelector('.ai')?.remove();
    while (prose.nextSibling) prose.nextSibling.remove();
    while (words.nextSibling) prose.parentNode.append(words.nextSibling);
    const line = article.querySelector('.state-line')?.innerText ?? '';
    const text = [...prose.children].slice(this.paragraphs).map((p) => p.textContent).join('\n');
    speak(`${text}\n${line}`.trim());
    if (text) this.tellList(text, fresh);
    following.stick();
    log.dispatchEvent(new CustomEvent('arrived', { detail: article }));
  }
}

{
  const follow = (article) => article.dataset.events && new Reply(article);
  log.addEventListener('arrived', ({ detail }) => follow(detail));
  for (const article of log.querySelectorAll('[data-events]')) follow(article);
}
