// <div data-tagbox> around a comma list (input) or a list of lines (textarea) becomes tags with suggestions.
// The original control stays in the form, hidden, and always holds the list, so the server sees one format.

import { announce, icon, make, whenever } from "./page.js";

let boxes = 0;

const fold = (text) => text.normalize("NFKC").toLowerCase().normalize("NFKC");
const clean = (text) => text.normalize("NFC").trim().replace(/\s+/g, " ");

class TagBox {
  constructor(box) {
    const control = box.querySelector("input, textarea");
    this.box = box;
    this.noun = box.dataset.noun || "tag";
    this.lines = control instanceof HTMLTextAreaElement;
    this.store = make("input", { type: "hidden", name: control.name, value: control.value });
    this.entry = this.makeEntry(control);
    this.list = make("ul", { className: "suggest", id: `suggest-${boxes++}`, hidden: true });
    this.list.setAttribute("role", "listbox");
    this.list.setAttribute("aria-label", "Suggestions");
    this.entry.setAttribute("aria-controls", this.list.id);
    this.tags = this.split(control.value);
    control.replaceWith(this.store, this.entry, this.list);
    box.dataset.on = "";
    this.draw();
    this.listen();
  }

  makeEntry(control) {
    const entry = make("input", { id: control.id, type: "text", placeholder: this.box.dataset.placeholder || "", autocomplete: "off", spellcheck: false });
    for (const name of ["aria-describedby", "aria-invalid", "aria-label", "autofocus"]) {
      if (control.hasAttribute(name)) entry.setAttribute(name, control.getAttribute(name));
    }
    entry.setAttribute("autocapitalize", "off");
    if (this.box.dataset.suggestUrl) {
      entry.setAttribute("role", "combobox");
      entry.setAttribute("aria-autocomplete", "list");
      entry.setAttribute("aria-expanded", "false");
    }
    return entry;
  }

  split(text) {
    const found = [];
    for (const part of text.split(this.lines ? /\r?\n/ : /[,\n\r]/)) {
      const tag = clean(part);
      if (tag && !found.some((other) => fold(other) === fold(tag))) found.push(tag);
    }
    return found;
  }

  // What is typed but not yet added is sent too: pressing Save at once must not lose it.
  sync() {
    const pending = this.split(this.entry.value).filter((tag) => !this.has(tag));
    const value = [...this.tags, ...pending].join(this.lines ? "\n" : ", ");
    if (value === this.store.value) return;
    this.store.value = value;
    this.store.dispatchEvent(new Event("change", { bubbles: true }));
  }

  has(tag) {
    return this.tags.some((other) => fold(other) === fold(tag));
  }

  draw() {
    this.box.querySelectorAll(":scope > .tag").forEach((old) => old.remove());
    this.tags.forEach((tag, index) => {
      const remove = make("button", { type: "button" }, icon("x"));
      remove.setAttribute("aria-label", `Remove ${this.noun} ${tag}`);
      remove.addEventListener("click", () => this.remove(index, true));
      this.entry.before(make("span", { className: "tag", textContent: tag }, remove));
    });
  }

  add(text) {
    const fresh = this.split(text);
    const added = fresh.filter((tag) => !this.has(tag));
    const twin = fresh.find((tag) => this.has(tag));
    this.tags.push(...added);
    this.entry.value = "";
    this.close();
    if (added.length) {
      this.draw();
      announce(`${added.join(", ")} added`);
    } else if (twin) {
      const index = this.tags.findIndex((tag) => fold(tag) === fold(twin));
      const shown = this.box.querySelectorAll(":scope > .tag")[index];
      shown?.classList.add("twin");
      setTimeout(() => shown?.classList.remove("twin"), 1200);
      announce(`${this.tags[index]} is in the list already`);
    }
    this.sync();
  }

  remove(index, byButton) {
    const [gone] = this.tags.splice(index, 1);
    if (gone === undefined) return;
    this.draw();
    this.sync();
    announce(`${gone} removed`);
    const next = byButton ? this.box.querySelectorAll(":scope > .tag button")[index] : null;
    (next ?? this.entry).focus();
  }

  listen() {
    const { entry } = this;
    entry.addEventListener("keydown", (event) => this.key(event));
    entry.addEventListener("input", (event) => {
      if (event.isComposing) return;
      if (!this.lines && entry.value.includes(",")) {
        const parts = entry.value.split(",");
        const rest = parts.pop();
        this.add(parts.join(","));
        entry.value = rest.trimStart();
      }
      this.sync();
      this.suggestSoon();
    });
    entry.addEventListener("paste", (event) => {
      const text = event.clipboardData?.getData("text") ?? "";
      if (!(this.lines ? /\n/ : /[,\n]/).test(text.trim())) return;
      event.preventDefault();
      this.add(`${entry.value}${text}`);
    });
    entry.addEventListener("blur", () => {
      this.close();
      if (entry.value.trim()) this.add(entry.value);
    });
    this.box.addEventListener("click", (event) => { if (event.target === this.box) entry.focus(); });
    // Pointer down would take the focus from the entry and close the list before the click arrives.
    this.list.addEventListener("pointerdown", (event) => event.preventDefault());
    this.list.addEventListener("click", (event) => {
      const option = event.target.closest("[role=option]");
      if (option) this.add(option.dataset.name);
    });
  }

  key(event) {
    if (event.isComposing || event.keyCode === 229) return;
    const { entry } = this;
    const chosen = this.list.querySelector("[aria-selected=true]");
    if (event.key === "Enter" && (chosen || entry.value.trim())) {
      event.preventDefault();
      this.add(chosen ? chosen.dataset.name : entry.value);
    } else if (event.key === "Backspace" && entry.value === "" && this.tags.length) {
      event.preventDefault();
      this.remove(this.tags.length - 1, false);
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if (!this.box.dataset.suggestUrl) return;
      event.preventDefault();
      if (this.list.hidden) this.suggest();
      else this.move(event.key === "ArrowDown" ? 1 : -1);
    } else if (event.key === "Escape" && !this.list.hidden) {
      event.preventDefault();
      event.stopPropagation(); // Escape closes one level.
      this.close();
    }
  }

  move(step) {
    const options = [...this.list.children];
    if (!options.length) return;
    const at = options.findIndex((option) => option.getAttribute("aria-selected") === "true");
    const next = at < 0 ? (step > 0 ? 0 : options.length - 1) : (at + step + options.length) % options.length;
    options.forEach((option, index) => option.setAttribute("aria-selected", String(index === next)));
    options[next].scrollIntoView({ block: "nearest" });
    this.entry.setAttribute("aria-activedescendant", options[next].id);
  }

  close() {
    clearTimeout(this.timer);
    this.asking?.abort();
    this.list.hidden = true;
    this.list.replaceChildren();
    this.entry.removeAttribute("aria-activedescendant");
    if (this.entry.hasAttribute("role")) this.entry.setAttribute("aria-expanded", "false");
  }

  suggestSoon() {
    clearTimeout(this.timer);
    if (!this.box.dataset.suggestUrl) return;
    if (this.entry.value.trim()) this.timer = setTimeout(() => this.suggest(), 150);
    else this.close();
  }

  async suggest() {
    this.asking?.abort();
    this.asking = new AbortController();
    const url = new URL(this.box.dataset.suggestUrl, location.href);
    url.searchParams.set("q", clean(this.entry.value));
    let found;
    try {
      const answer = await fetch(url, { signal: this.asking.signal, headers: { Accept: "application/json" } });
      found = answer.ok ? await answer.json() : [];
    } catch {
      return; // Aborted, or no connection: typing goes on without suggestions.
    }
    if (document.activeElement === this.entry) this.open(found.filter(({ name }) => !this.has(name)).slice(0, 8));
  }

  open(found) {
    if (!found.length) {
      this.close();
      return;
    }
    this.list.replaceChildren(...found.map(({ name, count, alias }, index) => {
      const text = alias ? `${name}, for ${alias}` : name;
      const option = make("li", { id: `${this.list.id}-${index}` }, make("span", { className: "cut", textContent: text }));
      option.setAttribute("role", "option");
      option.setAttribute("aria-selected", "false");
      option.dataset.name = name;
      if (count !== undefined) option.append(make("span", { className: "num", textContent: Number(count).toLocaleString("en") }));
      return option;
    }));
    this.list.hidden = false;
    this.entry.setAttribute("aria-expanded", "true");
    this.entry.removeAttribute("aria-activedescendant");
    announce(`${found.length} ${found.length === 1 ? "suggestion" : "suggestions"}`);
  }
}

whenever("[data-tagbox]", (box) => { if (box.querySelector("input, textarea")) new TagBox(box); });
