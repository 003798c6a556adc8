/* Posts to the server and tells what came of it; shows one note above the composer. */
const notes = document.querySelector('[data-js="notes"]');

const newKey = () =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (n) => n.toString(16).padStart(2, '0')).join('');

const fragment = (html) => {
  const holder = document.createElement('template');
  holder.innerHTML = html;
  return holder.content;
};

/* A node, the name of one of the page's notes, or nothing to clear it. */
function tell(what) {
  const named = typeof what === 'string' && document.querySelector(`template[data-note="${what}"]`);
  notes.replaceChildren(...[named ? named.content.cloneNode(true) : what].filter(Boolean));
}

/* Whoever signed in again elsewhere, or came back after weeks, needs another token. */
async function renewToken() {
  const page = await fetch(location.href, { redirect: 'manual' });
  if (!page.ok) return page;
  const token = fragment(await page.text()).querySelector('[name="csrfmiddlewaretoken"]').value;
  for (const field of document.getElementsByName('csrfmiddlewaretoken')) field.value = token;
  return null;
}

const PROBLEMS = { 401: 'signed-out', 404: 'gone', 413: 'too-big', 502: 'unreachable', 504: 'unreachable' };

/* Gives {ok, parts, problem}: `parts` is the answer as nodes, `problem` what to tell of. */
async function post(url, fields = {}, mayRenew = true) {
  try {
    const [{ value }] = document.getElementsByName('csrfmiddlewaretoken');
    let answer = await fetch(url, {
      method: 'POST',
      redirect: 'manual',
      headers: { 'X-CSRFToken': value },
      body: new URLSearchParams(fields),
    });
    if (answer.status === 403 && mayRenew) {
      answer = (await renewToken()) ?? answer;
      if (answer.status === 403) return post(url, fields, false);
    }
    if (answer.type === 'opaqueredirect') return { problem: 'signed-out' };
    if (answer.headers.has('HX-Refresh')) location.reload();
    const parts = fragment(await answer.text());
    const note = parts.querySelector('[data-note]');
    return { ok: answer.ok, parts, problem: answer.ok ? '' : (note ?? PROBLEMS[answer.status] ?? 'not-sent') };
  } catch {
    return { problem: navigator.onLine ? 'unreachable' : 'offline' };
  }
}
