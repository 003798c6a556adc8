/* The pace of writing. Text is let out in units that a line cannot break inside (a Han character
   with its punctuation, a whole Latin word), once a frame; the last unit waits until the next one
   begins. So no glyph on the page ever moves. Paces: instant, calm, whole. */
const UNIT = (() => {
  const open = '*\\s「“『（(';
  const close = '*\\s，。！？、：；…—～」”』）),.!?:;%\'’';
  const han = `\\p{sc=Han}(?:"+\\p{sc=Han})*"*`;
  return new RegExp(`[${open}]*(?:${han}|[^\\p{sc=Han}${open}，。！？、：；…—～」”』）]+)[${close}]*|[\\s\\S]`, 'gu');
})();
const CALM = 28;

class Pen {
  constructor(writer, pace, onWrite) {
    Object.assign(this, { writer, pace, onWrite, ended: null });
    this.tick = this.tick.bind(this);
    this.restart('');
  }

  /* What was written before this page was opened stands there at once. */
  restart(text) {
    this.writer.clear();
    this.tail = '';
    this.units = [];
    this.debt = this.last = 0;
    this.feed(text);
    if (this.pace !== 'whole') this.write(this.units.length);
  }

  feed(text) {
    const units = (this.tail + text).match(UNIT) ?? [];
    this.tail = units.pop() ?? '';
    for (const unit of units) this.units.push(unit);
    this.wake();
  }

  /* Resolves when the last glyph stands. */
  finish() {
    if (this.tail) this.units.push(this.tail);
    this.tail = '';
    return new Promise((resolve) => {
      this.ended = resolve;
      this.wake();
    });
  }

  wake() {
    this.frame ||= requestAnimationFrame(this.tick);
  }

  tick(now) {
    const seconds = Math.min(0.1, (now - (this.last || now)) / 1000);
    this.last = now;
    this.frame = 0;
    const { length } = this.units;
    if (this.pace === 'calm') this.debt += seconds * Math.max(CALM, length * 3);
    else this.debt = this.pace === 'instant' || this.ended ? length : 0;
    this.write(Math.min(length, Math.floor(this.debt)));
    if (this.units.length && (this.pace === 'calm' || this.debt)) return this.wake();
    this.last = this.debt = 0;
    if (!this.ended || this.units.length) return;
    this.writer.end();
    this.ended();
  }

  write(count) {
    if (!count) return;
    this.writer.push(this.units.splice(0, count).join(''));
    this.debt -= count;
    this.onWrite?.();
  }
}
