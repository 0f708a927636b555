// <form data-module="pick">: many checkboxes named "pins", one [data-pick-all], and a .bulkbar that appears with the first.
//   [data-pick-count]  gets the number chosen      [data-pick-clear]  a button that clears the choice
// Rows (tr, .pin) of what is chosen get the class is-picked.
import { all, announce, around, find } from "./dom";

export default function pick(form: HTMLElement): void {
  const boxes = () => all<HTMLInputElement>('input[type=checkbox][name="pins"]', form);
  const whole = () => find<HTMLInputElement>("[data-pick-all]", form);

  const show = () => {
    const list = boxes();
    const chosen = list.filter((box) => box.checked).length;
    for (const box of list) box.closest("tr, .pin")?.classList.toggle("is-picked", box.checked);
    const every = whole();
    if (every) {
      every.checked = chosen > 0 && chosen === list.length;
      every.indeterminate = chosen > 0 && chosen < list.length;
    }
    const bar = find(".bulkbar", form);
    if (bar) {
      if (bar.hidden && chosen) announce("Actions for the selected Pins are at the end of the page.");
      bar.hidden = chosen === 0;
    }
    const count = find("[data-pick-count]", form);
    if (count) count.textContent = String(chosen);
  };

  form.addEventListener("change", (event) => {
    const every = around<HTMLInputElement>(event, "[data-pick-all]");
    if (every) for (const box of boxes()) box.checked = every.checked;
    show();
  });
  form.addEventListener("click", (event) => {
    if (!around(event, "[data-pick-clear]")) return;
    for (const box of boxes()) box.checked = false;
    show();
    boxes()[0]?.focus();
  });
  show();
}
