/* The settings page: what is chosen shows at once; what could not be saved goes back to what it was. */
const form = document.querySelector('[data-js="preferences"]');
const root = document.documentElement;
const shown = { theme: 'theme', text_size: 'text', reading_font: 'read' };
const saved = new Map();

const show = (name, value) => {
  if (name in shown) root.dataset[shown[name]] = value;
};
const remember = () => {
  for (const input of form.querySelectorAll('input:checked')) saved.set(input.name, input.value);
};
const goBack = () => {
  for (const [name, value] of saved) {
    form.querySelector(`input[name="${name}"][value="${value}"]`).checked = true;
    show(name, value);
  }
  document.getElementById('saved').textContent = form.dataset.failed;
};

remember();
form.addEventListener('change', ({ target }) => show(target.name, target.value));
form.addEventListener('htmx:afterRequest', ({ detail }) => (detail.successful ? remember() : goBack()));
