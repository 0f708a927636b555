// <a data-key="c">: one key goes there, except while typing. "/" finds the page's own search field first, "?" opens
// <dialog id="shortcuts">, as [data-shortcuts-open] does. <body data-shortcuts="off">: the reader switched the keys off.
import { all, find } from "./dom";

const TYPING = "input, textarea, select, [contenteditable], dialog";

export function start(): void {
  const search = () => find<HTMLInputElement>("main input[type=search]");
  if (location.hash === "#search") search()?.focus();

  const dialog = document.getElementById("shortcuts") as HTMLDialogElement | null;
  for (const button of all("[data-shortcuts-open]")) {
    button.hidden = false;
    button.addEventListener("click", () => {
      // The menu closes first, so that the focus comes back to something that is still seen.
      const menu = button.closest("details");
      if (menu) menu.open = false;
      find("summary", menu ?? undefined)?.focus();
      dialog?.showModal();
    });
  }
  dialog?.addEventListener("click", (event) => event.target === dialog && dialog.close());

  if (document.body.dataset["shortcuts"] === "off") return;
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || event.defaultPrevented) return;
    if (event.target instanceof Element && event.target.closest(TYPING)) return;
    if (event.key === "?" && dialog) {
      event.preventDefault();
      return dialog.showModal();
    }
    const field = event.key === "/" ? search() : null;
    const target = field ?? find(`[data-key="${CSS.escape(event.key)}"]`);
    if (!target) return;
    event.preventDefault();
    if (field) field.focus();
    else target.click();
  });
}
