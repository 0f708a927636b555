// <a data-key="c">: one key goes there, except while typing. "/" finds the page's own search field first.
import { find } from "./dom";

const TYPING = "input, textarea, select, [contenteditable], dialog";

export function start(): void {
  const search = () => find<HTMLInputElement>("main input[type=search]");
  if (location.hash === "#search") search()?.focus();
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    if (event.target instanceof Element && event.target.closest(TYPING)) return;
    const field = event.key === "/" ? search() : null;
    const target = field ?? find(`[data-key="${CSS.escape(event.key)}"]`);
    if (!target) return;
    event.preventDefault();
    if (field) field.focus();
    else target.click();
  });
}
