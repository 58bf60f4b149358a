// Niceties alone: every page works without them.
document.addEventListener("click", (event) => {
  for (const open of document.querySelectorAll("details.who[open], details.menu[open]")) {
    if (!open.contains(event.target)) open.open = false;
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    for (const open of document.querySelectorAll("details[open]")) open.open = false;
  }
});
document.addEventListener("change", (event) => {
  const all = event.target.closest("[data-checks]");
  if (!all) return;
  for (const one of document.querySelectorAll(`input[name="${all.dataset.checks}"]`)) {
    one.checked = all.checked;
  }
});
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) window.print();
});
