// A form whose answer takes long says so: an upload and its check are half a minute for a large file.
for (const form of document.querySelectorAll("form[data-busy]")) {
  const busy = document.getElementById(form.dataset.busy);
  form.addEventListener("submit", () => {
    busy.hidden = false;
    busy.scrollIntoView({ block: "nearest" });
  });
  // Who goes back to the page finds it as it was.
  window.addEventListener("pageshow", () => {
    busy.hidden = true;
  });
}
