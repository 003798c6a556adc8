/* What every page does: fits the phone's keyboard, grows text fields, closes notices, finds the search. */
const fitToKeyboard = () => {
  document.documentElement.style.setProperty('--vvh', `${visualViewport.height}px`);
};
/* Other browsers resize the page for the keyboard; iOS only tells visualViewport. */
if (window.visualViewport && /iP(hone|ad|od)/.test(navigator.userAgent)) {
  visualViewport.addEventListener('resize', fitToKeyboard);
  fitToKeyboard();
}

if (!CSS.supports('field-sizing', 'content')) {
  document.addEventListener('input', ({ target }) => {
    if (!target.matches('textarea')) return;
    target.style.height = 'auto';
    target.style.height = `${target.scrollHeight}px`;
  });
}

document.addEventListener('click', ({ target }) => {
  target.closest('[data-js="dismiss"]')?.closest('.toast, dialog')?.remove();
  const opener = target.closest('[data-opens]');
  if (opener) document.getElementById(opener.dataset.opens)?.showModal();
});

document.addEventListener('keydown', (event) => {
  if (event.key !== 'k' || !(event.ctrlKey || event.metaKey)) return;
  const search = document.querySelector('[data-js="search"]');
  if (!search) return;
  event.preventDefault();
  search.focus();
});

/* A dialog that must be seen opens itself: <dialog data-js="now">. */
document.querySelector('dialog[data-js="now"]')?.showModal();
