/* The grammar of a story, written into the page as it arrives: text nodes and spans are added at
   the end, and nothing already written is touched. The same machine as
   roleplay/conversations/prose.py; tests/prose_vectors.json holds both to one behaviour. */
const SPEECH = { '「': '」', '『': '』', '“': '”', '"': '"' };
const ASIDE = { '(': ')', '（': '）' };
const TOKEN = /\*+|\(+|（+|\)+|）+|[\n\r]|[ \t\u00a0\u3000]+|[「」『』“”"]|[^*(（)）\n\r \t\u00a0\u3000「」『』“”"]+/g;
const BLANK = /^[ \t\u00a0\u3000]/;
const END = /^[\n\r]/;
const UNFINISHED = /(\*+|\(+|（+|\)+|）+)$/;

class Writer {
  constructor(root) {
    this.root = root;
    this.caret = document.createElement('span');
    this.caret.className = 'caret';
    this.clear();
  }

  clear() {
    this.root.replaceChildren();
    this.hold = '';
    this.closeParagraph();
  }

  /* A run of marks at the end waits: it counts by its length and by what comes after it. */
  push(chunk) {
    const text = this.hold + chunk;
    this.hold = UNFINISHED.exec(text)?.[0] ?? '';
    this.readAll(text, text.length - this.hold.length);
  }

  end() {
    this.readAll(this.hold, this.hold.length);
    this.hold = '';
    this.caret.remove();
  }

  readAll(text, until) {
    for (const { 0: token, index } of text.matchAll(TOKEN)) {
      if (index >= until) return;
      this.read(token, text[index + token.length] ?? '\n');
    }
  }

  read(token, following) {
    const mark = token[0];
    if (END.test(mark)) this.closeParagraph();
    else if (BLANK.test(mark) && !this.into) this.indent += token;
    else if (this.ooc) this.readInAside(token);
    else if (mark === '*') this.readStars(token, BLANK.test(following) || END.test(following));
    else if (mark === this.say) this.endSpeech(mark);
    else {
      this.openFor(token);
      this.write(token);
    }
  }

  openFor(token) {
    if (this.say || this.act) return;
    if (SPEECH[token]) this.say = SPEECH[token];
    else if (token.length > 1 && ASIDE[token[0]]) this.ooc = ASIDE[token[0]];
  }

  readInAside(token) {
    this.write(token);
    if (token.length > 1 && token[0] === this.ooc) {
      this.ooc = '';
      this.spans = [];
    }
  }

  readStars(token, beforeBlank) {
    const count = token.length;
    if (count > 3 || (beforeBlank && !this.act && !this.strong)) return this.write(token);
    if (count > 1) this.strong = !this.strong;
    if (count !== 2) this.turnAct();
  }

  turnAct() {
    if (this.spans.at(-1)?.className === 'act') this.spans.pop();
    this.act = !this.act;
  }

  endSpeech(mark) {
    if (this.act) this.turnAct();
    this.write(mark);
    this.say = '';
    this.spans = [];
  }

  closeParagraph() {
    this.into = null;
    this.indent = this.say = this.ooc = '';
    this.act = this.strong = false;
    this.spans = [];
  }

  write(text) {
    if (!this.into) {
      this.into = this.root.appendChild(document.createElement('p'));
      this.into.append(this.caret);
      text = this.indent + text;
    }
    const open = [this.ooc && 'ooc', this.say && 'say', this.act && 'act'].filter(Boolean);
    for (const kind of open.slice(this.spans.length)) {
      const span = document.createElement('span');
      span.className = kind;
      if (kind === 'ooc') span.setAttribute('role', 'note');
      this.add(span);
      this.spans.push(span);
    }
    const inner = this.spans.at(-1);
    const last = inner ? inner.lastChild : this.caret.previousSibling;
    if (last instanceof Text) last.appendData(text);
    else this.add(document.createTextNode(text));
  }

  add(node) {
    const inner = this.spans.at(-1);
    if (inner) inner.append(node);
    else this.into.insertBefore(node, this.caret);
  }
}
