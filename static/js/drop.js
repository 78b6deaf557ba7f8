// <form data-drop>: files dropped anywhere on the page go to its file input; data-drop="submit" also sends the form.

import { announce, make, whenever } from "./page.js";

function show(form) {
  const input = form.querySelector("input[type=file]");
  const names = [...input.files].map((file) => file.name);
  const place = form.querySelector("[data-drop-names]");
  const clear = form.querySelector("[data-drop-clear]");
  if (clear) clear.hidden = !names.length;
  if (!place) return;
  place.dataset.empty ??= place.textContent.trim();
  const total = `${names.length} ${names.length === 1 ? "file" : "files"}`;
  if (names.length) place.replaceChildren(make("b", { textContent: total }), " ", make("span", { className: "soft mono sm", textContent: names.join(", ") }));
  else place.replaceChildren(make("span", { className: "soft", textContent: place.dataset.empty }));
}

function take(form) {
  const { files } = form.querySelector("input[type=file]");
  show(form);
  if (!files.length) return;
  announce(`${files.length} ${files.length === 1 ? "file" : "files"} chosen`);
  if (form.dataset.drop === "submit") form.requestSubmit();
}

whenever("form[data-drop]", (form) => {
  const input = form.querySelector("input[type=file]");
  if (!input) return;
  input.addEventListener("change", () => take(form));
  form.querySelector("[data-drop-clear]")?.addEventListener("click", () => {
    input.value = "";
    show(form);
    input.focus();
  });
  if (input.files.length) show(form); // The browser kept the choice over a reload.
});

const wanted = (event) => event.dataTransfer?.types.includes("Files") && document.querySelector("form[data-drop]");
let depth = 0;

function leave() {
  depth = 0;
  document.documentElement.classList.remove("dropping");
}

document.addEventListener("dragenter", (event) => {
  if (!wanted(event)) return;
  depth += 1;
  document.documentElement.classList.add("dropping");
});
document.addEventListener("dragleave", (event) => {
  if (wanted(event) && --depth <= 0) leave();
});
document.addEventListener("dragover", (event) => {
  if (!wanted(event)) return;
  event.preventDefault();
  event.dataTransfer.dropEffect = "copy";
});
document.addEventListener("drop", (event) => {
  const form = wanted(event);
  if (!form) return;
  event.preventDefault();
  leave();
  if (!event.dataTransfer.files.length) return;
  const input = form.querySelector("input[type=file]");
  input.files = event.dataTransfer.files;
  take(form);
});
