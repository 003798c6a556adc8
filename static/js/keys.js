/* A new key is copied with one press, and a form that was sent once is not sent twice.
   Without scripts the button stays hidden, and the key is there to be selected. */
for (const button of document.querySelectorAll('[data-copies]')) {
  const field = document.getElementById(button.dataset.copies);
  const words = button.querySelector('span');
  const status = button.parentElement.querySelector('[role="status"]');
  const idle = words.textContent;
  button.hidden = false;
  button.addEventListener('click', async () => {
    let copied = true;
    field.select();
    try {
      await navigator.clipboard.writeText(field.value);
    } catch { /* without TLS there is no clipboard: the old way, and else the key stays selected */
      copied = document.execCommand('copy');
    }
    if (!copied) return;
    words.textContent = status.textContent = button.dataset.said;
    setTimeout(() => {
      words.textContent = idle;
      status.textContent = '';
    }, 1500);
  });
}

for (const form of document.querySelectorAll('[data-js="once"]')) {
  form.addEventListener('submit', (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = 'yes';
  });
}
addEventListener('pageshow', () => document.querySelectorAll('[data-js="once"]').forEach((form) => delete form.dataset.sent));
