// "Find a tag" in the rail: what is typed there outlives the rail, which every answer of the list replaces.

let sought = "";

document.addEventListener("input", (event) => {
  if (event.target.id === "tagfind") sought = event.target.value;
});
document.addEventListener("click", (event) => {
  if (event.target.closest?.("#tag-list a")) sought = ""; // Found.
});

document.addEventListener("htmx:after:swap", (event) => {
  const field = document.getElementById("tagfind");
  if (!field || !sought || event.detail.ctx?.sourceElement === field) return;
  if (field.value !== sought) field.value = sought;
  // The tags of the new result, narrowed to what is sought.
  setTimeout(() => field.dispatchEvent(new Event("again")));
});
