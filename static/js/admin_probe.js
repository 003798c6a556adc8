// Shows the five steps of a connection test as they come: the answer is one list item a line.
// Without this script the form is answered by a page with all five.
for (const form of document.querySelectorAll("[data-js=probe]")) {
  const list = form.parentElement.querySelector("[data-js=steps]");
  const button = form.querySelector("button");

  const show = (line) => {
    const holder = document.createElement("template");
    holder.innerHTML = line;
    const item = holder.content.firstElementChild;
    list.querySelector(`[data-step="${item.dataset.step}"]`).replaceWith(item);
    const next = item.dataset.state === "failed" ? null : item.nextElementSibling;
    if (next) next.setAttribute("aria-busy", "true");
  };

  const read = async (body) => {
    const reader = body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      const lines = (rest + part.value).split("\n");
      rest = lines.pop();
      lines.forEach(show);
    }
  };

  const start = () => {
    for (const item of list.children) {
      item.dataset.state = "pending";
      item.querySelector("use").setAttribute("href", "#p-pending");
      for (const told of item.querySelectorAll("p, small")) told.replaceChildren();
    }
    list.firstElementChild.setAttribute("aria-busy", "true");
  };

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    button.disabled = true;
    form.querySelector("[role=alert]")?.remove();
    start();
    try {
      const answer = await fetch(form.action, {
        method: "POST",
        body: new FormData(form),
        headers: { Accept: "text/html+steps" },
      });
      if (!answer.ok) throw new Error(String(answer.status));
      await read(answer.body);
    } catch {
      const note = document.createElement("p");
      note.setAttribute("role", "alert");
      note.textContent = form.dataset.lost;
      form.append(note);
    } finally {
      button.disabled = false;
      for (const item of list.children) item.removeAttribute("aria-busy");
    }
  });
}
